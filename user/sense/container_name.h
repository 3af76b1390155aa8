/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a cgroup is called by people: the container, its runtime, the pod, the systemd unit.
 */
#ifndef FAULTLINE_CONTAINER_NAME_H
#define FAULTLINE_CONTAINER_NAME_H

#include <stdbool.h>

#define CONTAINER_CGROUP_LEN 512

/* "" is not known, or not the case. */
struct container_name {
	char cgroup[CONTAINER_CGROUP_LEN]; /* the path that the rest was read from */
	char container[72];		   /* id or name: "3f2a…" (64 digits), "web" */
	char runtime[16];		   /* docker, containerd, cri-o, podman, lxc, nspawn */
	char pod[40];			   /* uid: "6d1c0b2e-…" */
	char unit[256];			   /* of systemd, inside the container if there is one */
};

/* From one path, such as "/system.slice/docker-3f2a….scope".  *name is set as a whole. */
void parse_container_path(const char *path, struct container_name *name);

/*
 * From the text of /proc/PID/cgroup: of its hierarchies the one that tells most.  False when the
 * text has no line of a cgroup; *name is "" then.
 */
bool parse_container(const char *text, struct container_name *name);

#endif
