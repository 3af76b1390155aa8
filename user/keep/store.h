/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: one SQLite file in the state directory, and what happens when it cannot be written.
 *
 * A write is put (store__put) and waits in memory until store__flush() has committed it, together
 * with all that were put before it, in order, in one transaction.  When the disk is full, read-only
 * or gone, writes go on waiting, bounded by kind, and store__trouble() says what is wrong; they are
 * written when it is back.  A damaged file is moved aside and a new one begun, and what must be in
 * it is put again by those who asked to be told (store__on_renewed).  Nothing here ever stops the
 * sensor.
 */
#ifndef FAULTLINE_STORE_H
#define FAULTLINE_STORE_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_FILE	  "faultline.db"
#define STORE_DAMAGED_MAX 3 /* files moved aside that are kept */

struct store;

/* A sort of write; static and constant. */
struct store_kind {
	const char *name;
	size_t waiting_max; /* beyond it one that waits is given up, and counted */
	/* May it be given up before others of its kind?  NULL: the oldest goes. */
	bool (*dispensable)(const json_t *write);
	/* Writes it, within a transaction.  0 or -errno as of sql_run(); -EINVAL: it never will. */
	int (*apply)(sqlite3 *db, const json_t *write);
	/* It is on disk now.  NULL: nobody needs to know. */
	void (*committed)(void *context, const json_t *write);
};

/*
 * For the sensor, which has the lock of @state_dir.  A file that cannot be opened is trouble, not
 * an error, and is tried again at each flush.  0 or -ENOMEM.
 */
int store__new(const char *state_dir, struct store **store);

/*
 * For commands: to read, beside a running sensor.  0; -ENOENT there is no store; -EACCES;
 * -EPROTO it is of a newer version; -EBADMSG it is damaged; with a sentence in @why.
 */
int store__open(const char *state_dir, struct store **store, char *why, size_t why_len);

/* Flushes and closes.  NULL is fine. */
void store__free(struct store *store);

/*
 * Takes over the reference to @write, also when it fails.  @context goes to committed().  0, or
 * -ENOMEM: it is lost, and counted.
 */
int store__put(struct store *store, const struct store_kind *kind, void *context, json_t *write);

/*
 * Puts on disk what waits.  0: everything is there; -errno: it waits on, see store__trouble(). Call
 * it once a second, too: that is how the store comes back.
 */
int store__flush(struct store *store);

/* What is wrong with the store now, a sentence for people; NULL when nothing is. */
const char *store__trouble(const struct store *store);

/*
 * Something happened that does not last (a damaged file was moved aside, writes were given up): a
 * sentence, once; NULL when there is nothing.  Valid until the next call.
 */
const char *store__news(struct store *store);

size_t store__waiting(const struct store *store);    /* writes in memory */
uint64_t store__given_up(const struct store *store); /* writes lost since the start */

/* Is called when a new file took the place of a damaged one: it puts what must be in it. */
typedef void store_renewed(void *context);
void store__on_renewed(struct store *store, store_renewed *renewed, void *context);

/* For reading; NULL while there is no file.  Not kept over a call of store__flush(). */
sqlite3 *store__db(const struct store *store);

/*
 * Reading found @err, a result of sql_run() and the like.  When it is damage of the file, the next
 * flush moves the file aside.
 */
void store__report(struct store *store, int err);

#endif
