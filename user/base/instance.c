/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock is a flock on a file: the kernel lets go of it however the sensor ends, so there is no
 * stale lock to clean up.  The file holds the process id, for the message alone.
 */
#include "base/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_directories(const char *path)
{
	char partial[PATH_MAX];

	if (snprintf(partial, sizeof(partial), "%s", path) >= (int)sizeof(partial))
		return -ENAMETOOLONG;
	for (char *slash = partial + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		if (mkdir(partial, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(partial, 0700) && errno != EEXIST ? -errno : 0;
}

static void say_who(int fd, const char *state_dir, char *why, size_t why_len)
{
	char pid[16] = "";
	ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[len > 0 ? strspn(pid, "0123456789") : 0] = 0;
	snprintf(why, why_len,
		 "another faultline runs already (process %s) and keeps its state in %s; stop it, "
		 "or "
		 "give this one a state_dir of its own",
		 pid[0] ? pid : "unknown", state_dir);
}

int instance_lock(const char *state_dir, char *why, size_t why_len)
{
	char path[PATH_MAX];
	int fd, err;

	err = make_directories(state_dir);
	if (err) {
		snprintf(why, why_len, "state_dir: %s: cannot be made: %s", state_dir,
			 strerror(-err));
		return err;
	}
	if (snprintf(path, sizeof(path), "%s/lock", state_dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = -errno;
		snprintf(why, why_len, "%s: cannot be opened: %s", path, strerror(-err));
		return err;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (err == -EBUSY)
			say_who(fd, state_dir, why, why_len);
		else
			snprintf(why, why_len, "%s: cannot be locked: %s", path, strerror(-err));
		close(fd);
		return err;
	}
	/* A full disk takes the process id out of a message, not the sensor out of service. */
	if (!ftruncate(fd, 0) && dprintf(fd, "%d\n", getpid()) < 0)
		errno = 0;
	return fd;
}
