/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every write takes the same way: into the list of what waits, and from there to the disk.  So a
 * disk that fails in the middle changes nothing but how long the list is.
 *
 * A flush commits at most BATCH writes in one transaction: after a long outage the loop is not held
 * up for seconds.  Cost of one: a wait for the disk, a few milliseconds on most.
 */
#include "keep/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/sql.h"
#include "keep/store_file.h"

#define BATCH	      256
#define LISTENERS_MAX 4

struct waiting {
	struct waiting *next;
	const struct store_kind *kind;
	void *context;
	json_t *write;
};

struct listener {
	store_renewed *renewed;
	void *context;
};

struct store {
	char path[PATH_MAX];
	sqlite3 *db;
	bool damaged;
	bool reading; /* opened by a command */
	struct waiting *first, **end;
	size_t waiting;
	uint64_t given_up;
	uint64_t given_up_said;
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	char trouble[512]; /* "" none */
	char news[2 * PATH_MAX + 256];
	char said[2 * PATH_MAX + 256];
};

/* ---- what waits -------------------------------------------------------------------------- */

static void free_waiting(struct waiting *waiting)
{
	json_decref(waiting->write);
	free(waiting);
}

static struct waiting *take_out(struct store *store, struct waiting **at)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is one, by the caller. */
	struct waiting *out = *at;

	*at = out->next;
	if (!*at)
		store->end = at;
	store->waiting--;
	return out;
}

static void give_up(struct store *store, struct waiting **at)
{
	free_waiting(take_out(store, at));
	store->given_up++;
}

/* Keeps a kind within its bound. */
static void make_room(struct store *store, const struct store_kind *kind)
{
	struct waiting **oldest = NULL, **dispensable = NULL;
	size_t count = 0;

	for (struct waiting **at = &store->first; *at; at = &(*at)->next) {
		if ((*at)->kind != kind)
			continue;
		count++;
		if (!oldest)
			oldest = at;
		if (!dispensable && kind->dispensable && kind->dispensable((*at)->write))
			dispensable = at;
	}
	if (count >= kind->waiting_max)
		give_up(store, dispensable ? dispensable : oldest);
}

int store__put(struct store *store, const struct store_kind *kind, void *context, json_t *write)
{
	struct waiting *new = write ? calloc(1, sizeof(*new)) : NULL;

	if (!new) {
		json_decref(write);
		store->given_up++;
		return -ENOMEM;
	}
	if (store->waiting >= kind->waiting_max)
		make_room(store, kind);
	*new = (struct waiting){.kind = kind, .context = context, .write = write};
	*store->end = new;
	store->end = &new->next;
	store->waiting++;
	return 0;
}

/* ---- the file ---------------------------------------------------------------------------- */

static void set_trouble(struct store *store, int err)
{
	const char *what = strerror(-err);

	if (err == -ENOSPC)
		what = "the disk is full";
	else if (err == -EROFS)
		what = "the disk is read-only";
	else if (err == -EBUSY)
		what = "another process keeps it locked";
	else if (err == -EIO && store->db)
		what = sqlite3_errmsg(store->db);
	snprintf(store->trouble, sizeof(store->trouble), "%.300s: cannot be written: %.100s",
		 store->path, what);
}

static void close_file(struct store *store)
{
	sqlite3_close(store->db);
	store->db = NULL;
}

/* What must be in a new file comes before what waits already. */
static void renew(struct store *store)
{
	struct waiting *first = store->first, **end = store->end;

	store->first = NULL;
	store->end = &store->first;
	for (size_t i = 0; i < store->listener_count; i++)
		store->listeners[i].renewed(store->listeners[i].context);
	*store->end = first;
	if (first)
		store->end = end;
}

/* Somebody removed or replaced the file while it was open: what is written goes nowhere. */
static bool is_moved(const struct store *store)
{
	int moved = 0;

	return store->db &&
	       !sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) && moved;
}

static int move_aside(struct store *store)
{
	char aside[PATH_MAX];
	int err;

	close_file(store);
	err = store_file_move_aside(store->path, aside);
	if (err && err != -ENOENT) {
		snprintf(store->trouble, sizeof(store->trouble),
			 "%.300s: the file is damaged and cannot be moved aside: %s", store->path,
			 strerror(-err));
		return err;
	}
	store->damaged = false;
	snprintf(store->news, sizeof(store->news),
		 "%s was damaged: it is kept as %s, and a new one begun; incidents from before are "
		 "in the old file alone",
		 store->path, err ? "nothing (it was gone)" : aside);
	renew(store);
	return 0;
}

static int open_file(struct store *store)
{
	char why[512] = "";
	int err = 0;

	if (is_moved(store)) {
		close_file(store);
		snprintf(store->news, sizeof(store->news),
			 "%s was removed: a new one is begun; incidents from before are lost",
			 store->path);
		renew(store);
	}
	/* Twice: once the file that is there, and once the one that takes its place. */
	for (int attempt = 0; attempt < 2; attempt++) {
		if (store->damaged)
			err = move_aside(store);
		if (!err && !store->db)
			err = store_file_open(store->path, &store->db, why, sizeof(why));
		if (err != -EBADMSG)
			break;
		store->damaged = true;
		err = 0;
	}
	if (!err && store->damaged)
		err = -EBADMSG;
	if (err && why[0])
		snprintf(store->trouble, sizeof(store->trouble), "%.500s", why);
	return err;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* One transaction over the first @count that wait; takes out what never can be written. */
static int write_batch(struct store *store, size_t *count)
{
	struct waiting **at = &store->first;
	size_t done = 0;
	int err = sql_run(store->db, "BEGIN IMMEDIATE", "");

	if (err)
		return err;
	while (!err && *at && done < BATCH) {
		err = (*at)->kind->apply(store->db, (*at)->write);
		if (err == -EINVAL) {
			give_up(store, at);
			err = 0;
			continue;
		}
		at = &(*at)->next;
		done++;
	}
	if (!err)
		err = sql_run(store->db, "COMMIT", "");
	/* A full disk or an I/O error may have ended the transaction already. */
	if (err && !sqlite3_get_autocommit(store->db))
		sql_run(store->db, "ROLLBACK", "");
	*count = done;
	return err;
}

static void take_written(struct store *store, size_t count)
{
	while (count--) {
		struct waiting *written = take_out(store, &store->first);

		if (written->kind->committed)
			written->kind->committed(written->context, written->write);
		free_waiting(written);
	}
}

int store__flush(struct store *store)
{
	size_t count = 0;
	int err = open_file(store);

	if (err)
		return err;
	while (store->first) {
		err = write_batch(store, &count);
		if (err == -EBADMSG) {
			/* At the next flush: a file that cannot be replaced must not be tried for
			 * ever. */
			store->damaged = true;
		}
		if (err) {
			set_trouble(store, err);
			/* Opened anew it is looked over, and a disk that came back is found. */
			if (err == -EIO || err == -EILSEQ)
				close_file(store);
			return err;
		}
		take_written(store, count);
		if (count == BATCH)
			break;
	}
	store->trouble[0] = '\0';
	return store->first ? -EAGAIN : 0;
}

/* ---- start, stop, questions -------------------------------------------------------------- */

static struct store *make(const char *state_dir)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	snprintf(store->path, sizeof(store->path), "%.*s/" STORE_FILE, PATH_MAX - 32, state_dir);
	store->end = &store->first;
	return store;
}

int store__new(const char *state_dir, struct store **store)
{
	struct store *new = make(state_dir);

	if (!new)
		return -ENOMEM;
	open_file(new);
	*store = new;
	return 0;
}

int store__open(const char *state_dir, struct store **store, char *why, size_t why_len)
{
	struct store *new = make(state_dir);
	int err;

	if (!new) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	new->reading = true;
	err = store_file_open_to_read(new->path, &new->db, why, why_len);
	if (err) {
		free(new);
		return err;
	}
	*store = new;
	return 0;
}

void store__free(struct store *store)
{
	if (!store)
		return;
	if (!store->reading)
		while (store->first && store__flush(store) == -EAGAIN)
			;
	while (store->first)
		free_waiting(take_out(store, &store->first));
	close_file(store);
	free(store);
}

const char *store__trouble(const struct store *store)
{
	return store->trouble[0] ? store->trouble : NULL;
}

const char *store__news(struct store *store)
{
	uint64_t lost = store->given_up - store->given_up_said;

	if (!store->news[0] && !lost)
		return NULL;
	if (store->news[0])
		memcpy(store->said, store->news, sizeof(store->said));
	else
		snprintf(store->said, sizeof(store->said),
			 "%s: %llu writes were given up: more waited than there is room for",
			 store->path, (unsigned long long)lost);
	if (!store->news[0])
		store->given_up_said = store->given_up;
	store->news[0] = '\0';
	return store->said;
}

size_t store__waiting(const struct store *store)
{
	return store->waiting;
}

uint64_t store__given_up(const struct store *store)
{
	return store->given_up;
}

void store__on_renewed(struct store *store, store_renewed *renewed, void *context)
{
	if (store->listener_count < LISTENERS_MAX)
		store->listeners[store->listener_count++] = (struct listener){renewed, context};
}

sqlite3 *store__db(const struct store *store)
{
	return store->db;
}

void store__report(struct store *store, int err)
{
	if (err == -EBADMSG && !store->reading)
		store->damaged = true;
}
