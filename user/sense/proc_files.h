/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of /proc and /sys, below a root that tests can move, and a list of those that are missing.
 */
#ifndef FAULTLINE_PROC_FILES_H
#define FAULTLINE_PROC_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "judge/sample.h"

#define PROC_FILE_MAX	       (1 << 20) /* bytes of one file; what is beyond is not read */
#define PROC_FILES_MISSING_MAX 64
#define PROC_PATH_LEN	       512

struct proc_files;

/* @root stands before every path: "" for the host's own files.  It is copied.  NULL with errno. */
struct proc_files *proc_files__new(const char *root);
void proc_files__free(struct proc_files *files);

/*
 * Reads a file as a whole.  The text ends with a NUL, belongs to @files and is valid until the next
 * read.  0 or -errno, and then the file stands in the list of missing ones until it can be read.
 */
int proc_files__read(struct proc_files *files, const char *path, char **text);

/* The same for a file that may well be absent: it is never listed. */
int proc_files__try(struct proc_files *files, const char *path, char **text);

/* A file that holds one number. */
struct reading proc_files__number(struct proc_files *files, const char *path);

/* The path with the root before it, for calls other than read; returns @full. */
char *proc_files__path(const struct proc_files *files, const char *path, char full[PROC_PATH_LEN]);

/* States that a file could be read, but not what is in it (-errno), or that it could (0). */
void proc_files__note(struct proc_files *files, const char *path, int err);

size_t proc_files__missing(const struct proc_files *files);
const char *proc_files__missing_path(const struct proc_files *files, size_t index);
int proc_files__missing_error(const struct proc_files *files, size_t index); /* a positive errno */

#endif
