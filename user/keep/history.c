/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures stand in a row as 32-bit floating point numbers, three for each (mean, most, normal), not
 * a number for what is not available.  Which is which stands once, in history_shape, so that a file
 * outlives a change of the list of figures.
 */
#include "keep/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "keep/sql.h"
#include "keep/store.h"

#define PARTS	    3 /* mean, most, normal */
#define NAME_LEN    256
#define KEY_LEN	    (NAME_LEN + 16)
#define WAITING_MAX 60 /* minutes, while the disk is away */
#define ROW_FLOATS  (PARTS * HISTORY_FIGURES_MAX)

struct subject {
	const char *key; /* "link NAME": points into text */
	char text[KEY_LEN];
	const struct history_shape *shape;
	const char *name;
	int state; /* the worst; -1: none was said */
	struct {
		double sum, most, normal;
		unsigned count;
	} figure[HISTORY_FIGURES_MAX];
};

struct history {
	struct store *store;
	struct hash_table *subjects; /* of this minute */
	uint64_t left_out;
};

struct history *history__new(struct store *store)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->store = store;
	history->subjects = hash_table__new(HASH_TABLE_STRING, HISTORY_SUBJECTS_MAX);
	if (!history->subjects) {
		free(history);
		errno = ENOMEM;
		return NULL;
	}
	return history;
}

void history__free(struct history *history)
{
	struct subject *subject;
	size_t cursor = 0;

	if (!history)
		return;
	while ((subject = hash_table__next(history->subjects, &cursor)))
		free(subject);
	hash_table__free(history->subjects);
	free(history);
}

/* ---- a minute as it goes on --------------------------------------------------------------- */

static void clear(struct subject *subject)
{
	subject->state = -1;
	memset(subject->figure, 0, sizeof(subject->figure));
}

static struct subject *subject_of(struct history *history, const struct history_shape *shape,
				  const char *name)
{
	char key[KEY_LEN];
	struct subject *subject;

	snprintf(key, sizeof(key), "%s %s", shape->kind, name);
	subject = hash_table__find(history->subjects, key);
	if (subject)
		return subject;
	subject = calloc(1, sizeof(*subject));
	if (subject) {
		strcpy(subject->text, key);
		subject->key = subject->text;
		subject->name = subject->text + strlen(shape->kind) + 1;
		subject->shape = shape;
		clear(subject);
	}
	if (!subject || hash_table__insert(history->subjects, subject)) {
		free(subject);
		history->left_out++;
		return NULL;
	}
	return subject;
}

/* The worse of two states is what a minute is remembered by. */
static int rank(enum link_state state)
{
	static const int ranks[] = {
		[LINK_STATE_NOT_OBSERVED] = 0, [LINK_STATE_LEARNING] = 1, [LINK_STATE_HEALTHY] = 2,
		[LINK_STATE_SUSPECT] = 3,      [LINK_STATE_FAULTY] = 4,
	};

	return ranks[state];
}

void history__state(struct history *history, const struct history_shape *shape, const char *name,
		    enum link_state state)
{
	struct subject *subject = subject_of(history, shape, name);

	if (subject && (subject->state < 0 || rank(state) > rank((enum link_state)subject->state)))
		subject->state = (int)state;
}

void history__figures(struct history *history, const struct history_shape *shape, const char *name,
		      const struct figure *figures)
{
	struct subject *subject = subject_of(history, shape, name);

	for (size_t i = 0; subject && i < shape->count; i++) {
		double now = figures[i].now.value;

		if (figures[i].normal.known)
			subject->figure[i].normal = figures[i].normal.value;
		else if (!subject->figure[i].count)
			subject->figure[i].normal = NAN;
		if (!figures[i].now.known)
			continue;
		if (!subject->figure[i].count || now > subject->figure[i].most)
			subject->figure[i].most = now;
		subject->figure[i].sum += now;
		subject->figure[i].count++;
	}
}

/* ---- onto the disk ------------------------------------------------------------------------ */

/* As hexadecimal, for JSON holds no bytes. */
static void write_floats(const struct subject *subject, char *text)
{
	for (size_t i = 0; i < subject->shape->count; i++) {
		unsigned count = subject->figure[i].count;
		float parts[PARTS] = {NAN, NAN, NAN};

		if (count) {
			parts[0] = (float)(subject->figure[i].sum / count);
			parts[1] = (float)subject->figure[i].most;
			parts[2] = (float)subject->figure[i].normal;
		}
		for (size_t j = 0; j < sizeof(parts); j++)
			/* NOLINTNEXTLINE(clang-analyzer-core.*): every byte of the three is set. */
			text += sprintf(text, "%02x", ((unsigned char *)parts)[j]);
	}
}

static json_t *row_json(const struct subject *subject)
{
	char floats[ROW_FLOATS * 2 * sizeof(float) + 1] = "";

	write_floats(subject, floats);
	return json_pack("[s, s, s, s, s]", subject->shape->kind, subject->name,
			 subject->state < 0 ? "" : link_state_name((enum link_state)subject->state),
			 subject->shape->keys, floats);
}

static size_t read_hex(const char *text, unsigned char *bytes, size_t room)
{
	size_t len = 0;
	unsigned byte;

	for (; len < room && sscanf(text + 2 * len, "%2x", &byte) == 1; len++)
		bytes[len] = (unsigned char)byte;
	return len;
}

static int apply_row(sqlite3 *db, int64_t minute, const json_t *row)
{
	unsigned char figures[ROW_FLOATS * sizeof(float)];
	const char *column[5];
	size_t len;
	int err;

	for (size_t i = 0; i < 5; i++) {
		column[i] = json_string_value(json_array_get(row, i));
		if (!column[i])
			return -EINVAL;
	}
	len = read_hex(column[4], figures, sizeof(figures));
	err = sql_run(db, "INSERT OR IGNORE INTO history_subject (kind, name) VALUES (?, ?)", "ss",
		      column[0], column[1]);
	if (!err)
		err = sql_run(db, "INSERT OR IGNORE INTO history_shape (keys) VALUES (?)", "s",
			      column[3]);
	if (!err)
		err = sql_run(db,
			      "INSERT OR REPLACE INTO history (minute, subject, state, shape,"
			      " figures) SELECT ?, history_subject.id, ?, history_shape.id, ?"
			      " FROM history_subject, history_shape WHERE kind = ? AND name = ?"
			      " AND keys = ?",
			      "isbsss", minute, column[2], figures, len, column[0], column[1],
			      column[3]);
	return err;
}

static int apply(sqlite3 *db, const json_t *write)
{
	int64_t minute = json_integer_value(json_object_get(write, "minute"));
	const json_t *row;
	size_t i;
	int err = 0;

	json_array_foreach(json_object_get(write, "rows"), i, row) {
		err = apply_row(db, minute, row);
		if (err)
			break;
	}
	return err;
}

static const struct store_kind kind = {"history", WAITING_MAX, NULL, apply, NULL};

int history__end_minute(struct history *history, int64_t minute)
{
	json_t *rows = json_array();
	struct subject *subject;
	size_t cursor = 0;

	while (rows && (subject = hash_table__next(history->subjects, &cursor))) {
		if (json_array_append_new(rows, row_json(subject)))
			history->left_out++;
	}
	/* A subject that is gone in the next minute has no row there. */
	while ((cursor = 0, subject = hash_table__next(history->subjects, &cursor)))
		free(hash_table__remove(history->subjects, subject->key));
	if (!rows)
		return -ENOMEM;
	return store__put(history->store, &kind, NULL,
			  json_pack("{s:I, s:o}", "minute", (json_int_t)minute, "rows", rows));
}

uint64_t history__left_out(const struct history *history)
{
	return history->left_out;
}
