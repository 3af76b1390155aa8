/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements are prepared anew at each call: some microseconds, beside a commit that waits for the
 * disk.  Whoever runs one a thousand times keeps a statement of his own.
 */
#include "keep/sql.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/json_memory.h"

int sql_errno(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_ERROR:
		return -EILSEQ;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static int bind_all(sqlite3_stmt *statement, const char *types, va_list arguments)
{
	int result = SQLITE_OK;

	for (int i = 1; *types && result == SQLITE_OK; types++, i++) {
		const void *blob;
		double number;

		switch (*types) {
		case 's':
			result = sqlite3_bind_text(statement, i, va_arg(arguments, const char *),
						   -1, SQLITE_STATIC);
			break;
		case 'i':
			result = sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
			break;
		case 'd':
			number = va_arg(arguments, double);
			result = isnan(number) ? sqlite3_bind_null(statement, i)
					       : sqlite3_bind_double(statement, i, number);
			break;
		case 'b':
			blob = va_arg(arguments, const void *);
			result = sqlite3_bind_blob64(statement, i, blob, va_arg(arguments, size_t),
						     SQLITE_STATIC);
			break;
		default:
			result = SQLITE_MISUSE;
		}
	}
	return result;
}

/* A text that SQLite could not hand out, or that could not be read as JSON, is no empty one. */
static bool lacked_memory(sqlite3 *db, uint64_t failures_before)
{
	return sqlite3_errcode(db) == SQLITE_NOMEM || json_memory_failures() != failures_before;
}

static int walk(sqlite3 *db, const char *sql, sql_row *each, void *context, const char *types,
		va_list arguments)
{
	sqlite3_stmt *statement = NULL;
	int result, err;

	if (!db)
		return -ENODEV;
	result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = bind_all(statement, types, arguments);
	err = sql_errno(result);
	while (!err && (result = sqlite3_step(statement)) == SQLITE_ROW) {
		uint64_t failures = json_memory_failures();

		err = each ? each(context, statement) : 0;
		if (err >= 0 && lacked_memory(db, failures))
			err = -ENOMEM;
		if (err > 0) {
			err = 0;
			break;
		}
	}
	if (!err)
		err = sql_errno(result);
	sqlite3_finalize(statement);
	return err;
}

int sql_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list arguments;
	int err;

	va_start(arguments, types);
	err = walk(db, sql, NULL, NULL, types, arguments);
	va_end(arguments);
	return err;
}

int sql_rows(sqlite3 *db, const char *sql, sql_row *each, void *context, const char *types, ...)
{
	va_list arguments;
	int err;

	va_start(arguments, types);
	err = walk(db, sql, each, context, types, arguments);
	va_end(arguments);
	return err;
}

static int take_number(void *context, sqlite3_stmt *row)
{
	if (sqlite3_column_type(row, 0) != SQLITE_NULL)
		*(int64_t *)context = sqlite3_column_int64(row, 0);
	return 1;
}

int sql_number(sqlite3 *db, const char *sql, int64_t *value, const char *types, ...)
{
	int64_t found = *value;
	va_list arguments;
	int err;

	va_start(arguments, types);
	err = walk(db, sql, take_number, &found, types, arguments);
	va_end(arguments);
	if (!err)
		*value = found;
	return err;
}

const char *sql_text(sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	return text ? (const char *)text : "";
}
