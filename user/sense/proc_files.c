/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every file is opened, read and closed once a tick: most are made by the kernel while they are
 * read, so that keeping them open would save little, and a file that appears later is found.  A
 * file that cannot be read costs its reading and no more; it stands in a list, from which health
 * events are made, each of them once.
 */
#include "sense/proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM 16384

struct missing {
	char *path;
	int error;
};

struct proc_files {
	char *root;
	char *text;
	size_t room;
	struct missing missing[PROC_FILES_MISSING_MAX];
	size_t missing_count;
};

struct proc_files *proc_files__new(const char *root)
{
	struct proc_files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->root = strdup(root);
	files->text = malloc(FIRST_ROOM);
	files->room = FIRST_ROOM;
	if (!files->root || !files->text) {
		proc_files__free(files);
		errno = ENOMEM;
		return NULL;
	}
	return files;
}

void proc_files__free(struct proc_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->missing_count; i++)
		free(files->missing[i].path);
	free(files->root);
	free(files->text);
	free(files);
}

char *proc_files__path(const struct proc_files *files, const char *path, char full[PROC_PATH_LEN])
{
	snprintf(full, PROC_PATH_LEN, "%s%s", files->root, path);
	return full;
}

static int grow(struct proc_files *files)
{
	char *text = realloc(files->text, files->room * 2);

	if (!text)
		return -ENOMEM;
	files->text = text;
	files->room *= 2;
	return 0;
}

static int read_all(struct proc_files *files, int fd)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = read(fd, files->text + len, files->room - len - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		len += got;
		files->text[len] = '\0';
		if (got == 0 || len >= PROC_FILE_MAX)
			return 0;
		if (len + 1 == files->room && grow(files))
			return -ENOMEM;
	}
}

int proc_files__try(struct proc_files *files, const char *path, char **text)
{
	char full[PROC_PATH_LEN];
	int fd, err;

	fd = open(proc_files__path(files, path, full), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_all(files, fd);
	close(fd);
	if (!err)
		*text = files->text;
	return err;
}

void proc_files__note(struct proc_files *files, const char *path, int err)
{
	size_t i;

	for (i = 0; i < files->missing_count; i++) {
		if (!strcmp(files->missing[i].path, path))
			break;
	}
	if (i < files->missing_count && !err) {
		free(files->missing[i].path);
		files->missing[i] = files->missing[--files->missing_count];
	} else if (i < files->missing_count) {
		files->missing[i].error = -err;
	} else if (err && files->missing_count < PROC_FILES_MISSING_MAX) {
		files->missing[i].path = strdup(path);
		files->missing[i].error = -err;
		files->missing_count += files->missing[i].path != NULL;
	}
}

int proc_files__read(struct proc_files *files, const char *path, char **text)
{
	int err = proc_files__try(files, path, text);

	/* What lacks of memory is no fault of the file. */
	if (err != -ENOMEM)
		proc_files__note(files, path, err);
	return err;
}

struct reading proc_files__number(struct proc_files *files, const char *path)
{
	char *text, *end;
	double value;

	if (proc_files__read(files, path, &text))
		return READING_NOT_AVAILABLE;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): without an error there is a text. */
	value = (double)strtoull(text, &end, 10);
	if (end == text) {
		proc_files__note(files, path, -EINVAL);
		return READING_NOT_AVAILABLE;
	}
	return reading_of(value);
}

size_t proc_files__missing(const struct proc_files *files)
{
	return files->missing_count;
}

const char *proc_files__missing_path(const struct proc_files *files, size_t index)
{
	return files->missing[index].path;
}

int proc_files__missing_error(const struct proc_files *files, size_t index)
{
	return files->missing[index].error;
}
