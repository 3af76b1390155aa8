/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline doctor: hook by hook, what this kernel and this host let the sensor see.
 *
 * It does what the sensor does at its start, on the same code, and takes everything down again; so
 * what it says holds, also while a sensor runs.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/privileges.h"
#include "cmd.h"
#include "sense/kernel_side.h"

static const char *const state_name[] = {
	[HOOK_IN_USE] = "in use", [HOOK_ABSENT] = "absent", [HOOK_REFUSED] = "refused",
	[HOOK_DENIED] = "denied", [HOOK_IDLE] = "idle",
};

/* A reading has come down from its best: what it does not show now; NULL when it shows all. */
static const char *loss(const struct hook *hook, const struct hook_status *status)
{
	return status->state == HOOK_IN_USE ? hook->variant[status->variant].shortfall : hook->lost;
}

static json_t *hook_json(const struct hook *hook, const struct hook_status *status)
{
	bool in_use = status->state == HOOK_IN_USE;
	json_t *object = json_pack("{s:s, s:s, s:b, s:s}", "name", hook->name, "state",
				   state_name[status->state], "required", hook->required, "sees",
				   hook->sees);

	if (hook->needs)
		json_object_set_new(object, "needs", json_string(hook->needs));
	if (in_use)
		json_object_set_new(object, "way", json_string(hook->variant[status->variant].way));
	if (in_use && hook->variant[status->variant].cost)
		json_object_set_new(object, "cost",
				    json_string(hook->variant[status->variant].cost));
	if (loss(hook, status))
		json_object_set_new(object, "lost", json_string(loss(hook, status)));
	if (status->why[0])
		json_object_set_new(object, "why", json_string(status->why));
	return object;
}

/* What the sensor is allowed to do, before anything is dropped. */
static json_t *capabilities_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *row = &privilege_table[i];
		bool held = privilege_held(row->capability);
		json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "name", row->name, "state",
					   held ? "present" : "missing", "needed",
					   privilege_use_name(row->use), "for", row->reason);

		if (!held)
			json_object_set_new(object, "lost", json_string(row->lost));
		json_array_append_new(list, object);
	}
	return list;
}

static void print_capabilities(void)
{
	printf("\ncapabilities\n");
	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *row = &privilege_table[i];
		bool held = privilege_held(row->capability);

		printf("  %-24s %-8s needed: %s\n", row->name, held ? "present" : "missing",
		       privilege_use_name(row->use));
		printf("  %-24s %-8s for: %s\n", "", "", row->reason);
		if (!held)
			printf("  %-24s %-8s lost: %s\n", "", "", row->lost);
	}
}

static void print_json(const struct kernel_side *side, const char *why)
{
	struct utsname kernel;
	json_t *hooks = json_array(), *object;

	uname(&kernel);
	object = json_pack("{s:s, s:s, s:b}", "schema", "faultline.doctor/1", "kernel",
			   kernel.release, "main_job", !why);
	if (why)
		json_object_set_new(object, "why", json_string(why));
	if (side) {
		json_object_set_new(object, "socket_storage",
				    json_boolean(kernel_side__uses_socket_storage(side)));
		for (size_t i = 0; i < HOOK_COUNT; i++)
			json_array_append_new(
				hooks, hook_json(&hook_table[i], kernel_side__status(side, i)));
	}
	json_object_set_new(object, "hooks", hooks);
	json_object_set_new(object, "capabilities", capabilities_json());
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

static void print_hook(const struct hook *hook, const struct hook_status *status)
{
	bool in_use = status->state == HOOK_IN_USE;

	printf("  %-24s %-8s %s\n", hook->name, state_name[status->state],
	       in_use ? hook->variant[status->variant].way : status->why);
	printf("  %-24s %-8s sees: %s\n", "", "", hook->sees);
	if (in_use && hook->variant[status->variant].cost)
		printf("  %-24s %-8s costs: %s\n", "", "", hook->variant[status->variant].cost);
	if (loss(hook, status))
		printf("  %-24s %-8s lost: %s\n", "", "", loss(hook, status));
	if (in_use && status->why[0])
		printf("  %-24s %-8s because: %s\n", "", "", status->why);
}

static void print_text(const struct kernel_side *side, const char *why)
{
	struct utsname kernel;
	unsigned lacking = 0;

	uname(&kernel);
	printf("kernel %s\n", kernel.release);
	if (side) {
		printf("\nhooks\n");
		for (size_t i = 0; i < HOOK_COUNT; i++) {
			const struct hook_status *status = kernel_side__status(side, i);

			print_hook(&hook_table[i], status);
			lacking += loss(&hook_table[i], status) != NULL;
		}
		printf("  %-24s %-8s %s\n", "socket_storage",
		       kernel_side__uses_socket_storage(side) ? "in use" : "absent",
		       kernel_side__uses_socket_storage(side)
			       ? "socket storage"
			       : "a hash of sockets: the process of accepted connections is the "
				 "last one that served the port");
	}
	print_capabilities();
	if (why)
		printf("\nThe main job cannot run: %s.\n", why);
	else if (lacking)
		printf("\nThe main job can run; %u of %d hooks give less than they could.\n",
		       lacking, HOOK_COUNT);
	else
		printf("\nThe main job can run, and nothing is missing.\n");
}

int cmd_doctor(const struct cmd_arguments *arguments)
{
	struct kernel_side_options options = {
		.denied = arguments->denied_hooks,
		.denied_count = arguments->denied_hook_count,
	};
	struct kernel_side *side = NULL;
	char why[512] = "";
	int err;

	err = kernel_side__load(&options, &side, why, sizeof(why));
	if (err == -EINVAL) {
		fprintf(stderr, "faultline doctor: %s\n", why);
		return EXIT_USAGE;
	}
	if (!err)
		err = kernel_side__attach(side, why, sizeof(why));
	if (arguments->json)
		print_json(side, err ? why : NULL);
	else
		print_text(side, err ? why : NULL);
	kernel_side__free(side);
	return err ? EXIT_UNSUPPORTED : EXIT_DONE;
}
