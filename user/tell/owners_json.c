/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/owners_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "sense/link_table.h"
#include "sense/owners.h"

/* Of an id so much is shown to people, as runtimes do. */
#define ID_SHOWN 12

/* The processes of one link, each once. */
struct pids {
	uint32_t *list;
	size_t count, room;
};

static void add_pid(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct pids *pids = context;

	(void)key;
	if (peer->owner_tgid && pids->count < pids->room)
		pids->list[pids->count++] = peer->owner_tgid;
}

static int compare_pids(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static int put_name(json_t *object, const char *key, const char *name)
{
	return name[0] && json_object_set_new(object, key, json_name(name)) ? -ENOMEM : 0;
}

static int put_owner(json_t *object, const struct owner *owner)
{
	int err = put_name(object, "cgroup", owner->name.cgroup);

	err |= put_name(object, "container", owner->name.container);
	err |= put_name(object, "runtime", owner->name.runtime);
	err |= put_name(object, "pod", owner->name.pod);
	err |= put_name(object, "unit", owner->name.unit);
	return err ? -ENOMEM : 0;
}

static json_t *owner_json(const struct owners *owners, uint32_t pid)
{
	const struct owner *owner = owners__find(owners, pid);
	json_t *object = json_pack("{s:I}", "pid", (json_int_t)pid);

	if (!object || !owner)
		return object;
	if (!put_name(object, "comm", owner->comm) && !put_owner(object, owner))
		return object;
	json_decref(object);
	return NULL;
}

json_t *owners_json__new(const struct owners *owners, const struct link_table *table, size_t index,
			 size_t *total)
{
	size_t room = link_table__at(table, index).peer_count, distinct = 0;
	struct pids pids = {.list = calloc(room ? room : 1, sizeof(uint32_t)), .room = room};
	json_t *list = json_array();
	bool failed = !pids.list || !list;

	if (!failed) {
		link_table__each_peer(table, index, add_pid, &pids);
		qsort(pids.list, pids.count, sizeof(*pids.list), compare_pids);
	}
	for (size_t i = 0; !failed && i < pids.count; i++) {
		if (i && pids.list[i] == pids.list[i - 1])
			continue;
		if (distinct++ < OWNERS_LISTED)
			failed = json_array_append_new(list, owner_json(owners, pids.list[i]));
	}
	free(pids.list);
	if (failed) {
		json_decref(list);
		return NULL;
	}
	*total = distinct;
	return list;
}

int owners_json__complete(const struct owners *owners, json_t *event)
{
	json_t *processes = json_object_get(json_object_get(event, "impact"), "processes");
	json_t *process;
	int err = 0;
	size_t i;

	json_array_foreach(processes, i, process) {
		json_int_t pid = json_integer_value(json_object_get(process, "pid"));
		const struct owner *owner = owners__find(owners, (uint32_t)pid);

		/* A pid that is used again is another process. */
		if (owner && !strcmp(owner->comm, json_text(process, "comm")))
			err |= put_owner(process, owner);
	}
	return err ? -ENOMEM : 0;
}

const char *owner_text(const json_t *process, char text[OWNER_TEXT_LEN])
{
	const char *container = json_text(process, "container"), *unit = json_text(process, "unit");
	const char *runtime = json_text(process, "runtime");
	size_t len = strlen(container);
	bool is_id = strspn(container, "0123456789abcdefABCDEF") == len;

	text[0] = '\0';
	if (len)
		snprintf(text, OWNER_TEXT_LEN, " (%.15s %.*s)", runtime[0] ? runtime : "container",
			 is_id ? ID_SHOWN : 72, container);
	else if (unit[0])
		snprintf(text, OWNER_TEXT_LEN, " (%.100s)", unit);
	return text;
}
