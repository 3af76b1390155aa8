/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "keep/history.h"
#include "keep/sql.h"
#include "keep/store.h"

#define MS_PER_MINUTE 60000
#define PARTS	      3

static void set_number(json_t *object, const char *key, float value)
{
	char text[32];

	if (!isfinite(value))
		return;
	/* A float has about seven digits; more would be noise. */
	snprintf(text, sizeof(text), "%.6g", (double)value);
	json_object_set_new(object, key, json_real(strtod(text, NULL)));
}

/* @keys is "rtt_p50:s response_p50:s …"; @floats has PARTS for each. */
static json_t *figures_json(const char *keys, const float *floats, size_t count)
{
	json_t *figures = json_object();
	char key[64], unit[16];
	int len;

	for (size_t i = 0; i + PARTS <= count; i += PARTS, keys += len) {
		json_t *figure;

		unit[0] = '\0';
		if (sscanf(keys, " %63[^: ]:%15[^ ]%n", key, unit, &len) < 2)
			break;
		figure = json_pack("{s:s}", "unit", unit);
		set_number(figure, "mean", floats[i]);
		set_number(figure, "most", floats[i + 1]);
		set_number(figure, "normal", floats[i + 2]);
		if (json_object_get(figure, "mean"))
			json_object_set(figures, key, figure);
		json_decref(figure);
	}
	return figures;
}

/* Columns: minute, state, keys, figures. */
static int add_row(void *context, sqlite3_stmt *row)
{
	float floats[PARTS * HISTORY_FIGURES_MAX];
	size_t len = (size_t)sqlite3_column_bytes(row, 3);

	if (len > sizeof(floats))
		len = sizeof(floats);
	if (len)
		memcpy(floats, sqlite3_column_blob(row, 3), len);
	return json_array_append_new(
		       context,
		       json_pack("{s:I, s:s, s:o}", "minute_ms",
				 sqlite3_column_int64(row, 0) * MS_PER_MINUTE, "state",
				 sql_text(row, 1), "figures",
				 figures_json(sql_text(row, 2), floats, len / sizeof(float))))
		       ? -ENOMEM
		       : 0;
}

int history_read(const struct store *store, const char *name, int64_t since_ms, int64_t until_ms,
		 json_t **rows)
{
	sqlite3 *db = store__db(store);
	int64_t subject = 0;
	json_t *found;
	int err;

	/* A link and a device of one name: the link. */
	err = sql_number(db,
			 "SELECT id FROM history_subject WHERE name = ?"
			 " ORDER BY kind <> 'link', kind LIMIT 1",
			 &subject, "s", name);
	if (!err && !subject)
		err = -ENOENT;
	if (err)
		return err;
	found = json_array();
	err = sql_rows(db,
		       "SELECT minute, state, keys, figures FROM history JOIN history_shape"
		       " ON history_shape.id = shape WHERE minute BETWEEN ? AND ? AND subject = ?"
		       " ORDER BY minute",
		       add_row, found, "iii", since_ms / MS_PER_MINUTE, until_ms / MS_PER_MINUTE,
		       subject);
	if (err)
		json_decref(found);
	else
		*rows = found;
	return err;
}

static int add_subject(void *context, sqlite3_stmt *row)
{
	return json_array_append_new(context, json_pack("{s:s, s:s}", "kind", sql_text(row, 0),
							"name", sql_text(row, 1)))
		       ? -ENOMEM
		       : 0;
}

int history_subjects(const struct store *store, json_t **subjects)
{
	json_t *found = json_array();
	int err = sql_rows(store__db(store),
			   "SELECT kind, name FROM history_subject"
			   " ORDER BY kind <> 'link', kind, name",
			   add_subject, found, "");

	if (err)
		json_decref(found);
	else
		*subjects = found;
	return err;
}
