/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A secret is read each time it is used: one that is changed is in force at once, and none lies in
 * memory for long.  What counts is the file that was opened, so that a link to it may be used.
 */
#include "tell/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(int err, char *why, size_t why_len, const char *path, const char *what)
{
	snprintf(why, why_len, "%s: %s", path, what);
	return err;
}

static int check_owner(int fd, const char *path, char *why, size_t why_len)
{
	struct stat found;

	if (fstat(fd, &found))
		return complain(-errno, why, why_len, path, strerror(errno));
	if (!S_ISREG(found.st_mode))
		return complain(-EINVAL, why, why_len, path, "no plain file; expected a secret");
	if (found.st_uid && found.st_uid != geteuid()) {
		snprintf(why, why_len, "%s: belongs to user %u, who could change it; expected root",
			 path, (unsigned)found.st_uid);
		return -EPERM;
	}
	if (found.st_mode & 077) {
		snprintf(why, why_len,
			 "%s: others can read or change it (mode %04o); run: chmod 600 %s", path,
			 (unsigned)found.st_mode & 07777, path);
		return -EPERM;
	}
	return 0;
}

/* The one line between white space, moved to the front.  0 or -EINVAL. */
static int trim(char secret[SECRET_LEN])
{
	size_t lead = strspn(secret, " \t\r\n"), len;

	memmove(secret, secret + lead, strlen(secret + lead) + 1);
	for (len = strlen(secret); len && strchr(" \t\r\n", secret[len - 1]); len--)
		secret[len - 1] = '\0';
	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)secret[i] < 0x20 || secret[i] == 0x7f)
			return -EINVAL;
	}
	return 0;
}

int secret_file__read(const char *path, char secret[SECRET_LEN], char *why, size_t why_len)
{
	char text[SECRET_LEN] = "";
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return complain(-errno, why, why_len, path, strerror(errno));
	err = check_owner(fd, path, why, why_len);
	if (err)
		goto out;
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0) {
		err = complain(-errno, why, why_len, path, strerror(errno));
		goto out;
	}
	if (len == sizeof(text) - 1 || strlen(text) != (size_t)len || trim(text)) {
		err = complain(-EINVAL, why, why_len, path, "expected one line, the secret");
		goto out;
	}
	memcpy(secret, text, sizeof(text));
out:
	explicit_bzero(text, sizeof(text));
	close(fd);
	return err;
}

void secret__forget(char secret[SECRET_LEN])
{
	explicit_bzero(secret, SECRET_LEN);
}
