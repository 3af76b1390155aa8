/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket is bound with a mask that lets its owner alone connect, then handed to the group, then
 * opened to it: at no moment is it open to more than in the end.  Whether a socket found under the
 * name is stale is asked by connecting to it, for nothing else tells.  Two sensors that start at
 * the same moment are kept apart by the lock of the state directory, not here.
 */
#include "base/control_listen.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privileges.h"

#define GROUPS_MAX     4096
#define GROUP_TEXT_LEN 16384
#define SUN_PATH_MAX   (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

int control_address(const char *path, struct sockaddr_un *address)
{
	size_t len = strlen(path);

	if (!len || len > SUN_PATH_MAX)
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len);
	return 0;
}

int control_group_id(const char *group, gid_t *gid, char *why, size_t room)
{
	char text[GROUP_TEXT_LEN];
	struct group entry, *found = NULL;
	int err = getgrnam_r(group, &entry, text, sizeof(text), &found);

	if (found) {
		*gid = found->gr_gid;
		return 0;
	}
	snprintf(why, room, "control_group %s: %s", group,
		 err ? strerror(err) : "there is no such group");
	return err ? -err : -ENOENT;
}

/* Owning the socket, we may give it to a group that we are in; to any other with CAP_CHOWN. */
static bool may_give_to(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (gid == getegid() || privilege_held(CAP_CHOWN))
		return true;
	for (int i = 0; i < count; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

gid_t control_usual_group(const char *group)
{
	char why[128];
	gid_t gid;

	/* NOLINTNEXTLINE(clang-analyzer-core.*): without an error there is a group. */
	if (control_group_id(group, &gid, why, sizeof(why)) || !may_give_to(gid))
		return (gid_t)-1;
	return gid;
}

/* Makes way for a new socket.  0 when the name is free. */
static int remove_stale(const struct sockaddr_un *address, char *why, size_t room)
{
	const char *path = address->sun_path;
	struct stat status;
	int fd, err = 0;

	if (lstat(path, &status) < 0) {
		if (errno == ENOENT)
			return 0;
		err = -errno;
		snprintf(why, room, "control socket %s: %s", path, strerror(errno));
		return err;
	}
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(why, room, "control socket %s: something that is no socket has this name",
			 path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A full queue (EAGAIN) and a success both mean that somebody listens. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED) {
		err = -EADDRINUSE;
		snprintf(why, room, "control socket %s: a sensor is running there already", path);
	} else if (unlink(path) < 0) {
		err = -errno;
		snprintf(why, room, "control socket %s: cannot remove the old one: %s", path,
			 strerror(errno));
	}
	close(fd);
	return err;
}

static int open_to_group(const char *path, gid_t gid)
{
	if (gid == (gid_t)-1)
		return 0;
	if (lchown(path, (uid_t)-1, gid) < 0 || chmod(path, 0660) < 0)
		return -errno;
	return 0;
}

int control_listen(const char *path, gid_t gid, int backlog, char *why, size_t room)
{
	struct sockaddr_un address;
	int fd, err = control_address(path, &address);
	mode_t mask;

	if (err) {
		snprintf(why, room, "control socket %s: the path has %zu bytes, the most is %zu",
			 path, strlen(path), SUN_PATH_MAX);
		return err;
	}
	err = remove_stale(&address, why, room);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		snprintf(why, room, "control socket %s: %s", path, strerror(-err));
		return err;
	}
	mask = umask(0177);
	err = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (err)
		goto out;
	err = open_to_group(path, gid);
	if (!err && listen(fd, backlog) < 0)
		err = -errno;
	if (err)
		unlink(path);
out:
	if (err) {
		snprintf(why, room, "control socket %s: %s", path, strerror(-err));
		close(fd);
		return err;
	}
	return fd;
}

bool control_peer_allowed(int fd, gid_t gid)
{
	static gid_t groups[GROUPS_MAX];
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	if (gid == (gid_t)-1)
		return false;
	if (peer.gid == gid)
		return true;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}
