/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root of /proc, /sys and /etc of a test's own, gone with the test.
 */
#ifndef HOST_ROOT_H
#define HOST_ROOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/proc_files.h"

#define PATH_ROOM 512

struct fixture {
	char root[64];
	struct proc_files *files;
};

static inline int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->root, "/tmp/faultline-host-XXXXXX");
	assert_non_null(mkdtemp(fixture->root));
	fixture->files = proc_files__new(fixture->root);
	assert_non_null(fixture->files);
	*state = fixture;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
			     struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	nftw(fixture->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	proc_files__free(fixture->files);
	free(fixture);
	return 0;
}

/* Writes a file below the root, with the directories it needs. */
static inline void put(const struct fixture *fixture, const char *path, const char *text)
{
	char full[PATH_ROOM];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", fixture->root, path);
	for (char *at = full + strlen(fixture->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void take_away(const struct fixture *fixture, const char *path)
{
	char full[PATH_ROOM];

	snprintf(full, sizeof(full), "%s%s", fixture->root, path);
	assert_int_equal(unlink(full), 0);
}

static inline void assert_reading(struct reading reading, double value)
{
	assert_true(reading.known);
	assert_true(fabs(reading.value - value) < 1e-6);
}

static inline void assert_not_available(struct reading reading)
{
	assert_false(reading.known);
	assert_true(reading.value == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
