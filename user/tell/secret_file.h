/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets that stand in files of their own.
 */
#ifndef FAULTLINE_SECRET_FILE_H
#define FAULTLINE_SECRET_FILE_H

#include <stddef.h>

#define SECRET_LEN 4096

/*
 * Reads the one line of a file that nobody but its owner can read, who is root or we ourselves.
 * White space around it is cut off.  0; or -errno with a sentence in @why that names the file, and
 * never what stands in it: -EPERM for a file that others can read or own, -EINVAL for one that is
 * empty, no plain file, too long or not one line.  The caller forgets @secret when it is used.
 */
int secret_file__read(const char *path, char secret[SECRET_LEN], char *why, size_t why_len);

/* Overwrites it. */
void secret__forget(char secret[SECRET_LEN]);

#endif
