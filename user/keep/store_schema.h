/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of the store, and how an older file becomes a newer one.
 */
#ifndef FAULTLINE_STORE_SCHEMA_H
#define FAULTLINE_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

/* The version that this program writes; stands in the file's user_version. */
int store_schema_version(void);

/*
 * Brings a file to this version, each step in one transaction.  0; -EPROTO when the file is of a
 * newer program, and then it is left as it is; another -errno.
 */
int store_schema__migrate(sqlite3 *db);

/*
 * Are the tables and indices those that this version makes?  Others beside them do no harm.  0;
 * -EBADMSG when they are not: the file is damaged, or somebody changed them; another -errno.
 */
int store_schema__check(sqlite3 *db);

/* store_schema__migrate(), but to @version at most: for tests of a migration. */
int store_schema__migrate_to(sqlite3 *db, int version);

#endif
