/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WAL, so that commands read while the sensor writes, and synchronous=FULL, so that what was
 * committed is still there after a power cut.
 *
 * At the start only the small tables are looked over: history may be hundreds of megabytes.  Damage
 * there is found when it is read or written.
 */
#include "keep/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utc.h"
#include "keep/sql.h"
#include "keep/store.h"
#include "keep/store_schema.h"

/* A reader never stands in a writer's way; only another writer can, and not for long. */
#define BUSY_MS 100

#define WAL_BYTES "4194304"

static int take_word(void *context, sqlite3_stmt *row)
{
	snprintf(context, 32, "%s", sql_text(row, 0));
	return 1;
}

static int look_over(sqlite3 *db)
{
	static const char *const checks[] = {
		"PRAGMA quick_check(event)",	  "PRAGMA quick_check(incident)",
		"PRAGMA quick_check(page_queue)", "PRAGMA quick_check(memory)",
		"PRAGMA quick_check(chain)",
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		char word[32] = "";
		int err = sql_rows(db, checks[i], take_word, word, "");

		if (err)
			return err;
		if (strcmp(word, "ok") != 0)
			return -EBADMSG;
	}
	return 0;
}

static int set_up(sqlite3 *db)
{
	char word[32] = "";
	int err;

	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_extended_result_codes(db, 1);
	err = sql_rows(db, "PRAGMA journal_mode = WAL", take_word, word, "");
	if (!err && strcmp(word, "wal") != 0)
		err = -EROFS;
	if (!err)
		err = sql_run(db, "PRAGMA synchronous = FULL", "");
	if (!err)
		err = sql_run(db, "PRAGMA journal_size_limit = " WAL_BYTES, "");
	/* Small: what is written goes by, and what is read is read by other processes. */
	if (!err)
		err = sql_run(db, "PRAGMA cache_size = -512", "");
	return err;
}

static void say_why(const char *path, sqlite3 *db, int err, char *why, size_t why_len)
{
	if (err == -EPROTO)
		snprintf(why, why_len, "%s: it was written by a newer version of faultline", path);
	else if (err == -EBADMSG)
		snprintf(why, why_len, "%s: the file is damaged", path);
	else if (err == -EACCES)
		snprintf(why, why_len, "%s: permission denied", path);
	else
		snprintf(why, why_len, "%s: %s", path, db ? sqlite3_errmsg(db) : strerror(-err));
}

/* SQLite would let everybody read it; what belongs to the file gets the file's mode. */
static void make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		close(fd);
}

int store_file_open(const char *path, sqlite3 **db, char *why, size_t why_len)
{
	sqlite3 *opened = NULL;
	int err;

	make_private(path);
	err = sql_errno(sqlite3_open_v2(path, &opened,
					SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
						SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE,
					NULL));
	if (!err)
		err = set_up(opened);
	if (!err)
		err = store_schema__migrate(opened);
	if (!err)
		err = store_schema__check(opened);
	if (!err)
		err = look_over(opened);
	/* Its version is ours, and its tables are not. */
	if (err == -EILSEQ)
		err = -EBADMSG;
	if (err) {
		say_why(path, opened, err, why, why_len);
		sqlite3_close(opened);
		return err;
	}
	*db = opened;
	return 0;
}

static int open_read_only(const char *path, const char *more, sqlite3 **db)
{
	char uri[PATH_MAX + 64];
	sqlite3 *opened = NULL;
	int64_t version = 0;
	int err;

	/* A path with these is not spelled as it is in a URI; nobody names a directory so. */
	if (strpbrk(path, "?#%"))
		more = NULL;
	snprintf(uri, sizeof(uri), "%s%s%s", more ? "file:" : "", path, more ? more : "");
	err = sql_errno(
		sqlite3_open_v2(uri, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL));
	if (opened) /* without memory it is NULL */
		sqlite3_busy_timeout(opened, 10 * BUSY_MS);
	if (!err)
		err = sql_number(opened, "PRAGMA user_version", &version, "");
	if (!err && version > store_schema_version())
		err = -EPROTO;
	/* It is there and holds no tables yet, or an older form: the sensor brings it up to date.
	 */
	if (!err && version < store_schema_version())
		err = -ENODATA;
	if (err == -EILSEQ)
		err = -EBADMSG;
	if (err) {
		sqlite3_close(opened);
		return err;
	}
	*db = opened;
	return 0;
}

int store_file_open_to_read(const char *path, sqlite3 **db, char *why, size_t why_len)
{
	char wal[PATH_MAX + 8];
	int err;

	if (access(path, R_OK) < 0) {
		err = -errno;
		if (err == -ENOENT)
			snprintf(why, why_len,
				 "%s: there is no store (faultline run makes one; state_dir: in "
				 "the configuration says where)",
				 path);
		else
			snprintf(why, why_len, "%s: %s%s", path, strerror(-err),
				 geteuid() ? "; run as root (sudo faultline …)" : "");
		return err;
	}
	err = open_read_only(path, "", db);
	/* On a read-only disk no index of the log can be made; without a log none is needed. */
	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (err && err != -EBADMSG && err != -EPROTO && err != -ENODATA && access(wal, F_OK) < 0)
		err = open_read_only(path, "?immutable=1", db);
	if (err == -ENODATA)
		snprintf(why, why_len,
			 "%s: it is of an older version; faultline run brings it up to date", path);
	else if (err)
		say_why(path, NULL, err, why, why_len);
	return err;
}

/* The names of files moved aside begin with the time, so they sort by it. */
static void remove_oldest(const char *path)
{
	char pattern[PATH_MAX + 32];
	glob_t found = {};

	snprintf(pattern, sizeof(pattern), "%s.damaged-*Z", path);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i + STORE_DAMAGED_MAX < found.gl_pathc; i++) {
			char beside[PATH_MAX + 64];

			unlink(found.gl_pathv[i]);
			snprintf(beside, sizeof(beside), "%s-wal", found.gl_pathv[i]);
			unlink(beside);
		}
		globfree(&found);
	}
}

int store_file_move_aside(const char *path, char *aside)
{
	char time_text[UTC_TEXT_LEN], from[PATH_MAX + 8], to[PATH_MAX + 8];

	if (snprintf(aside, PATH_MAX, "%s.damaged-%s", path, utc_now(time_text)) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (rename(path, aside) < 0)
		return -errno;
	snprintf(from, sizeof(from), "%s-wal", path);
	snprintf(to, sizeof(to), "%s-wal", aside);
	if (rename(from, to) < 0 && errno != ENOENT && unlink(from) < 0)
		return -errno;
	snprintf(from, sizeof(from), "%s-shm", path);
	if (unlink(from) < 0 && errno != ENOENT)
		return -errno;
	remove_oldest(path);
	return 0;
}
