/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes as the file of the store: to the commands that read it, and to the sensor,
 * which must move a damaged one aside and begin a new one.
 *
 * Beside not crashing, the sensor's store must take a write whatever the file held, or say what is
 * wrong.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keep/history.h"
#include "keep/incident_log.h"
#include "keep/incident_read.h"
#include "keep/judge_memory.h"
#include "keep/log_audit.h"
#include "keep/store.h"
#include "target.h"

/* Removes the files below the directory. */
static void empty(const char *directory)
{
	DIR *open = opendir(directory);
	const struct dirent *entry;

	demand(open != NULL, "there is a directory");
	while ((entry = readdir(open))) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(open), entry->d_name, 0);
	}
	closedir(open);
}

static void put_file(const char *directory, const uint8_t *data, size_t size)
{
	char path[128];
	FILE *file;

	empty(directory);
	snprintf(path, sizeof(path), "%s/" STORE_FILE, directory);
	file = fopen(path, "wb");
	demand(file && fwrite(data, 1, size, file) == size, "the file is written");
	fclose(file);
}

static void read_it(const char *directory)
{
	char why[512] = "", id[INCIDENT_NAME_LEN];
	struct incident_filter filter = {.link = "rates-feed"};
	struct log_audit audit;
	struct store *store;
	json_t *found = NULL;

	if (store__open(directory, &store, why, sizeof(why))) {
		demand(*why, "what is wrong has words");
		return;
	}
	log_audit__run(store, &audit);
	if (!incident_read__list(store, &filter, &found))
		json_decref(found);
	if (!incident_read__find(store, "last", id, sizeof(id), why, sizeof(why)) &&
	    !incident_read__whole(store, id, &found))
		json_decref(found);
	if (!history_read(store, "rates-feed", 0, INT64_MAX / 2, &found))
		json_decref(found);
	if (!history_subjects(store, &found))
		json_decref(found);
	store__free(store);
}

static void take_over(const char *directory)
{
	struct incident_log *log;
	struct store *store;

	if (store__new(directory, &store))
		return;
	json_decref(judge_memory__get(store));
	log = incident_log__new(store);
	if (log) {
		json_t *orphans = incident_log__orphans(log, NULL);

		incident_log__note(log, "20241118-011400-rates-feed-1", "fuzz", "text", NULL, NULL);
		json_decref(orphans);
	}
	demand(!store__flush(store) || store__trouble(store), "what is wrong has words");
	store__free(store);
	incident_log__free(log);
}

static char directory[] = "/dev/shm/faultline-fuzz-XXXXXX";

static void remove_all(void)
{
	empty(directory);
	rmdir(directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int begun;

	if (!begun++) {
		log_set_level(LOG_LEVEL_ERROR);
		demand(mkdtemp(directory) != NULL, "there is a directory");
		atexit(remove_all);
	}
	put_file(directory, data, size);
	read_it(directory);
	take_over(directory);
	return 0;
}

#include "replay.h"
