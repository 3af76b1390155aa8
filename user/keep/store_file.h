/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's file: opening it, and moving a damaged one out of the way.  The inside of the store.
 */
#ifndef FAULTLINE_STORE_FILE_H
#define FAULTLINE_STORE_FILE_H

#include <sqlite3.h>
#include <stddef.h>

/*
 * Opens and makes what is missing, brings an older file to this version, and looks over the tables
 * that must be whole.  0; -EBADMSG: the file is damaged; -EPROTO: it is of a newer version; another
 * -errno with a sentence in @why.
 */
int store_file_open(const char *path, sqlite3 **db, char *why, size_t why_len);

/* To read.  Errors as of store__open(). */
int store_file_open_to_read(const char *path, sqlite3 **db, char *why, size_t why_len);

/*
 * Renames a file and what belongs to it, so that @path is free; the oldest beyond
 * STORE_DAMAGED_MAX is removed.  @aside (PATH_MAX bytes) gets the new name.  0 or -errno.
 */
int store_file_move_aside(const char *path, char *aside);

#endif
