/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite with fewer words: run a statement, walk over rows, and errors as errno.
 *
 * Arguments are bound by a string of types, one letter each: 's' a text (NULL: null), 'i' an
 * int64_t, 'd' a double (not a number: null), 'b' a pointer and a size_t.  Texts and blobs must
 * stay until the call returns.
 */
#ifndef FAULTLINE_SQL_H
#define FAULTLINE_SQL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Called for each row.  0 goes on; 1 ends without an error; -errno ends with it. */
typedef int sql_row(void *context, sqlite3_stmt *row);

/*
 * What SQLite's (extended) result code means as 0 or -errno: -EBADMSG the file is damaged, -EILSEQ
 * its tables are not those that the statement is for, -ENOSPC the disk is full, and so on.
 */
int sql_errno(int result);

/* Runs one statement and passes over its rows.  0 or -errno. */
int sql_run(sqlite3 *db, const char *sql, const char *types, ...);

/* The same with @each called for each row. */
int sql_rows(sqlite3 *db, const char *sql, sql_row *each, void *context, const char *types, ...);

/* The first column of the first row into *value, which stays as it is when there is none or null.
 */
int sql_number(sqlite3 *db, const char *sql, int64_t *value, const char *types, ...);

/* A column's text, "" for null; valid until the next row. */
const char *sql_text(sqlite3_stmt *row, int column);

#endif
