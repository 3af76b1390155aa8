/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtimes put a container into a cgroup that bears its id, each in its own way:
 *
 *   Docker            /docker/ID                          /system.slice/docker-ID.scope
 *   Podman            /libpod_parent/libpod-ID            /machine.slice/libpod-ID.scope/container
 *   Kubernetes with   /kubepods/burstable/podUID/ID /kubepods.slice/…-podUID.slice/PREFIX-ID.scope
 *     containerd      …/ID, or SLICE:cri-containerd:ID    PREFIX cri-containerd
 *     CRI-O           …/crio-ID                           PREFIX crio
 *   LXC, nspawn       /lxc/NAME, /lxc.payload.NAME /machine.slice/systemd-nspawn@NAME.service
 *
 * Where one container is inside another the innermost is meant.  The monitors that runtimes keep
 * beside a container (crio-conmon-ID, libpod-conmon-ID) are not in it.  What looks like nothing of
 * this is a unit of systemd, or a path and no more.
 *
 * Names are what others chose: they may hold any byte but a newline and a slash.
 */
#include "sense/container_name.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clean_name.h"

#define ID_DIGITS 64

/* A part of a path: no copy, no end. */
struct part {
	const char *text;
	size_t len;
};

static bool starts(struct part part, const char *prefix)
{
	size_t len = strlen(prefix);

	return part.len > len && !memcmp(part.text, prefix, len);
}

static bool ends(struct part part, const char *suffix)
{
	size_t len = strlen(suffix);

	return part.len > len && !memcmp(part.text + part.len - len, suffix, len);
}

static bool is(struct part part, const char *text)
{
	return part.len == strlen(text) && !memcmp(part.text, text, part.len);
}

static struct part without(struct part part, size_t head, size_t tail)
{
	return (struct part){part.text + head, part.len - head - tail};
}

static bool is_id(struct part part)
{
	for (size_t i = 0; i < part.len; i++) {
		if (!isxdigit((unsigned char)part.text[i]))
			return false;
	}
	return part.len == ID_DIGITS;
}

/* What does not fit is left out: a name that is cut off would be another's. */
static void put(char *to, size_t room, struct part part)
{
	if (part.len >= room)
		part.len = 0;
	memcpy(to, part.text, part.len);
	to[part.len] = '\0';
	clean_name(to);
}

static void put_container(struct container_name *name, struct part container, const char *runtime)
{
	put(name->container, sizeof(name->container), container);
	snprintf(name->runtime, sizeof(name->runtime), "%s", runtime);
	/* A unit that stands further out is the container's own, or the runtime's. */
	name->unit[0] = '\0';
}

/* "docker-ID", with or without ".scope", and "SLICE:cri-containerd:ID". */
static bool take_prefixed(struct part part, struct container_name *name)
{
	static const struct {
		const char *prefix, *runtime;
	} runtimes[] = {
		{"docker-", "docker"},	    {"cri-containerd-", "containerd"},
		{"crio-", "cri-o"},	    {"libpod-", "podman"},
		{"nerdctl-", "containerd"}, {"cri-containerd:", "containerd"},
		{"crio:", "cri-o"},	    {"docker:", "docker"},
		{"podman:", "podman"},	    {"libpod:", "podman"},
	};
	const char *colon = memchr(part.text, ':', part.len);

	if (ends(part, ".scope"))
		part = without(part, 0, strlen(".scope"));
	if (colon && colon < part.text + part.len &&
	    memchr(colon + 1, ':', (size_t)(part.text + part.len - colon - 1)))
		part = without(part, (size_t)(colon + 1 - part.text), 0);
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++) {
		struct part id;

		if (!starts(part, runtimes[i].prefix))
			continue;
		id = without(part, strlen(runtimes[i].prefix), 0);
		if (!is_id(id))
			continue;
		put_container(name, id, runtimes[i].runtime);
		return true;
	}
	return false;
}

/* Containers that have a name of their own, or nothing but an id. */
static bool take_bare(struct part part, struct part parent, struct container_name *name)
{
	if (is_id(part)) {
		put_container(name, part, is(parent, "docker") ? "docker" : "");
		return true;
	}
	if (starts(part, "lxc.payload.")) {
		put_container(name, without(part, strlen("lxc.payload."), 0), "lxc");
		return true;
	}
	if (is(parent, "lxc") || is(parent, "lxc.payload")) {
		put_container(name, part, "lxc");
		return true;
	}
	if (starts(part, "systemd-nspawn@") && ends(part, ".service")) {
		put_container(name, without(part, strlen("systemd-nspawn@"), strlen(".service")),
			      "nspawn");
		return true;
	}
	return false;
}

/* "podUID" and "kubepods-burstable-podUID.slice", where systemd wants "_" for "-". */
static void take_pod(struct part part, struct container_name *name)
{
	struct part uid = part;

	if (ends(uid, ".slice"))
		uid = without(uid, 0, strlen(".slice"));
	/* "SLICE:cri-containerd:ID" begins with the slice. */
	else if (memmem(uid.text, uid.len, ".slice:", strlen(".slice:")))
		uid.len = (size_t)((const char *)memmem(uid.text, uid.len,
							".slice:", strlen(".slice:")) -
				   uid.text);
	if (starts(uid, "kubepods")) {
		const char *pod = memmem(uid.text, uid.len, "-pod", strlen("-pod"));

		if (!pod)
			return;
		uid = without(uid, (size_t)(pod + 1 - uid.text), 0);
	}
	if (!starts(uid, "pod"))
		return;
	uid = without(uid, strlen("pod"), 0);
	/* With dashes, or without for a pod that no server knows of. */
	if (uid.len != 36 && uid.len != 32)
		return;
	for (size_t i = 0; i < uid.len; i++) {
		if (!isxdigit((unsigned char)uid.text[i]) && uid.text[i] != '-' &&
		    uid.text[i] != '_')
			return;
	}
	put(name->pod, sizeof(name->pod), uid);
	for (char *at = name->pod; *at; at++) {
		if (*at == '_')
			*at = '-';
	}
}

static void take(struct part part, struct part parent, struct container_name *name)
{
	take_pod(part, name);
	if (take_prefixed(part, name) || take_bare(part, parent, name))
		return;
	if (ends(part, ".service") || ends(part, ".scope"))
		put(name->unit, sizeof(name->unit), part);
}

static void parse_part(struct part path, struct container_name *name)
{
	struct part parent = {"", 0};
	const char *at = path.text, *end = path.text + path.len;

	memset(name, 0, sizeof(*name));
	put(name->cgroup, sizeof(name->cgroup), path);
	while (at < end) {
		struct part part = {at, 0};

		while (at < end && *at != '/')
			at++;
		part.len = (size_t)(at - part.text);
		at++;
		if (!part.len)
			continue;
		take(part, parent, name);
		parent = part;
	}
}

void parse_container_path(const char *path, struct container_name *name)
{
	parse_part((struct part){path, strlen(path)}, name);
}

/* How much a hierarchy tells; of two that tell as much, version 2 and then systemd's own. */
static int worth(const struct container_name *name, struct part controllers)
{
	int worth = 0;

	if (name->container[0])
		worth += 16;
	if (name->unit[0])
		worth += 8;
	if (name->cgroup[0] && strcmp(name->cgroup, "/") != 0)
		worth += 4;
	if (!controllers.len)
		worth += 2;
	else if (is(controllers, "name=systemd"))
		worth += 1;
	return worth;
}

bool parse_container(const char *text, struct container_name *name)
{
	int best = -1;

	memset(name, 0, sizeof(*name));
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		const char *first = memchr(text, ':', len), *second;
		struct container_name found;
		struct part controllers;

		second = first ? memchr(first + 1, ':', len - (size_t)(first + 1 - text)) : NULL;
		if (second) {
			controllers = (struct part){first + 1, (size_t)(second - first - 1)};
			parse_part((struct part){second + 1, len - (size_t)(second + 1 - text)},
				   &found);
			if (worth(&found, controllers) > best) {
				best = worth(&found, controllers);
				*name = found;
			}
		}
		text += len;
		text += *text == '\n';
	}
	return best >= 0;
}
