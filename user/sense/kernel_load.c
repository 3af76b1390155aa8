/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading, hook by hook.
 *
 * A kernel that lacks a tracepoint, or whose verifier turns one program down, must cost that one
 * reading and no more.  libbpf loads an object as a whole, so the object is opened again without
 * the program that was refused until it loads; on a kernel that takes everything this is one
 * round.  Which tracepoints exist, and with how many arguments, is read from the kernel's BTF
 * beforehand.
 */
#include "sense/kernel_parts.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/privileges.h"
#include "faultline.skel.h"
#include "sense/drop_reasons.h"

#define START_MIB 64u /* of address space are enough for the start, with all that is linked */

/* What libbpf said about the program or map it could not load; it has no other way to tell. */
static struct {
	char program[64];
	char map[32];
	char reason[128];
} refusal;

/* The last line of a verifier log that says something. */
static void note_verifier_reason(const char *message)
{
	const char *log = strstr(message, "BEGIN PROG LOAD LOG");
	const char *line;

	if (!log || !(line = strchr(log, '\n')))
		return;
	while (*++line) {
		size_t len = strcspn(line, "\n");

		if (len && strncmp(line, "processed ", 10) && strncmp(line, "-- END", 6))
			snprintf(refusal.reason, sizeof(refusal.reason), "%.*s", (int)len, line);
		line += len;
		if (!*line)
			break;
	}
}

static int on_libbpf_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *message, *quote, *end;
	size_t len;

	/* A verifier's log may be megabytes, and what it says stands at its end. */
	if (vasprintf(&message, format, arguments) < 0)
		return 0;
	len = strlen(message);
	if (len && message[len - 1] == '\n')
		message[len - 1] = 0;
	if (level == LIBBPF_WARN) {
		quote = strstr(message, "prog '");
		end = quote ? strchr(quote + 6, '\'') : NULL;
		if (end) {
			snprintf(refusal.program, sizeof(refusal.program), "%.*s",
				 (int)(end - quote - 6), quote + 6);
			if (!strstr(message, "BEGIN PROG LOAD LOG") && !refusal.reason[0])
				snprintf(refusal.reason, sizeof(refusal.reason), "%s",
					 end[1] == ':' ? end + 3 : end + 1);
		}
		note_verifier_reason(message);
	}
	if (level == LIBBPF_WARN && strstr(message, "': failed to create: ") &&
	    (quote = strstr(message, "map '")) && (end = strchr(quote + 5, '\'')))
		snprintf(refusal.map, sizeof(refusal.map), "%.*s", (int)(end - quote - 5),
			 quote + 5);
	/* libbpf's warnings are our debug messages: what matters of them is in hook_status. */
	if (level != LIBBPF_DEBUG)
		log_debug("libbpf: %.400s", message);
	free(message);
	return 0;
}

static int check_privileges(char *why, size_t why_len)
{
	const struct privilege *missing = privileges_missing_to_load();

	if (!missing)
		return 0;
	snprintf(why, why_len,
		 "not permitted to load BPF programs, %s is missing: run as root (sudo faultline "
		 "...), or with CAP_BPF, CAP_PERFMON and what else \"faultline doctor\" lists",
		 missing->name);
	return -EPERM;
}

/* How many arguments a typed tracepoint passes; -1 when the kernel has none of that name. */
static int tracepoint_arguments(const struct btf *btf, const char *name)
{
	const struct btf_type *type;
	char typedef_name[96];
	int id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_ptr(type))
		return -1;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type))
		return -1;
	return btf_vlen(type) - 1; /* the first is the tracepoint's own */
}

/* How many arguments a kernel function takes; -1 when the kernel has none of that name. */
static int function_arguments(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);

	if (id < 0)
		return -1;
	return btf_vlen(btf__type_by_id(btf, btf__type_by_id(btf, id)->type));
}

/* Moves a hook on to its next variant that this kernel has, or marks it as not to be had. */
static void choose_variant(struct hook_status *status, const struct hook *hook,
			   const struct btf *btf, size_t from)
{
	for (size_t i = from; i < HOOK_VARIANTS_MAX && hook->variant[i].program; i++) {
		const struct hook_variant *variant = &hook->variant[i];
		const char *name = variant->tracepoint ? variant->tracepoint : hook->name;
		int arguments = variant->function    ? function_arguments(btf, variant->function)
				: variant->arguments ? tracepoint_arguments(btf, name)
						     : 0;

		if (status->denied_variants & 1u << i) {
			kernel_parts__note_why(status, "%s is denied on the command line",
					       variant->way);
			if (status->state != HOOK_REFUSED)
				status->state = HOOK_DENIED;
			continue;
		}
		if (variant->function ? arguments == variant->arguments
				      : arguments >= variant->arguments) {
			status->state = HOOK_IN_USE;
			status->variant = i;
			return;
		}
		if (variant->function)
			kernel_parts__note_why(status,
					       "this kernel has no function %s of %d arguments",
					       variant->function, variant->arguments);
		else if (arguments < 0)
			kernel_parts__note_why(status, "this kernel has no tracepoint %s", name);
		else
			kernel_parts__note_why(status, "the tracepoint passes %d arguments, not %d",
					       arguments, variant->arguments);
		if (status->state != HOOK_REFUSED)
			status->state = HOOK_ABSENT;
	}
	if (status->state == HOOK_IN_USE)
		status->state = HOOK_REFUSED;
}

/* Denies one variant of a hook, by the name of its program; false: there is none. */
static bool deny_variant(struct kernel_side *side, const char *program)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		for (size_t j = 0; j < HOOK_VARIANTS_MAX && hook_table[i].variant[j].program; j++) {
			if (strcmp(hook_table[i].variant[j].program, program))
				continue;
			side->status[i].denied_variants |= 1u << j;
			return true;
		}
	}
	return false;
}

static int deny_hooks(struct kernel_side *side, const struct kernel_side_options *options,
		      char *why, size_t why_len)
{
	for (size_t i = 0; i < options->denied_count; i++) {
		const struct hook *hook = hook_table__find(options->denied[i]);

		if (!strcmp(options->denied[i], "socket_storage")) {
			side->slots_in_hash = true;
			continue;
		}
		if (!hook && deny_variant(side, options->denied[i]))
			continue;
		if (!hook) {
			snprintf(why, why_len, "--deny-hook %s: there is no such hook",
				 options->denied[i]);
			return -EINVAL;
		}
		side->status[hook->id].state = HOOK_DENIED;
		kernel_parts__note_why(&side->status[hook->id], "denied on the command line");
	}
	return 0;
}

static void choose_variants(struct kernel_side *side, const struct btf *btf)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (side->status[i].state != HOOK_DENIED)
			choose_variant(&side->status[i], &hook_table[i], btf, 0);
	}
}

/*
 * Is @name the program @program, or its second one for events inside the handling of another
 * (bpf/nesting.bpf.h)?
 */
static bool names_program(const char *name, const char *program)
{
	size_t len = strlen(program);

	return !strncmp(name, program, len) && (!name[len] || !strcmp(name + len, NESTED_SUFFIX));
}

/* The hook that a program works for, or HOOK_COUNT when it is not in use. */
static enum hook_id hook_of_program(const struct kernel_side *side, const char *name)
{
	size_t i;

	for (i = 0; i < HOOK_COUNT; i++) {
		const char *program = kernel_parts__program(side, i);

		if (program && names_program(name, program))
			break;
	}
	return i;
}

/* A hook that needs another goes with it. */
static void idle_dependents(struct kernel_side *side)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const struct hook *needed;

		if (!hook_table[i].needs || side->status[i].state != HOOK_IN_USE)
			continue;
		needed = hook_table__find(hook_table[i].needs);
		if (kernel_side__in_use(side, needed->id))
			continue;
		side->status[i].state = HOOK_IDLE;
		kernel_parts__note_why(&side->status[i], "of no use without %s", needed->name);
	}
}

static uint32_t jiffy_length_ns(void)
{
	struct timespec resolution;

	/* The coarse clocks advance once a jiffy. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution))
		return 4000000;
	return resolution.tv_nsec;
}

/* Opens the object with the variants chosen so far; 0 or -errno. */
static int open_object(struct kernel_side *side, uint32_t only_netns)
{
	struct faultline_bpf *skeleton = faultline_bpf__open();
	struct bpf_program *program;
	bool by_first;

	if (!skeleton)
		return -errno;
	idle_dependents(side);
	bpf_object__for_each_program(program, skeleton->obj) bpf_program__set_autoload(
		program, hook_of_program(side, bpf_program__name(program)) != HOOK_COUNT);
	skeleton->rodata->only_netns = only_netns;
	skeleton->rodata->jiffy_ns = jiffy_length_ns();
	drop_reasons__mark_normal(side->drop_reasons, skeleton->rodata->drop_is_normal);
	drop_reasons__mark_damage(side->drop_reasons, skeleton->rodata->drop_is_damage);
	skeleton->rodata->slots_in_hash = side->slots_in_hash;
	by_first = side->status[HOOK_TCP_RETRANSMIT_SKB].variant == 0;
	skeleton->rodata->retransmits_untraced =
		!kernel_side__in_use(side, HOOK_TCP_RETRANSMIT_SKB);
	skeleton->rodata->retransmit_failures_untraced = !by_first;
	skeleton->rodata->synacks_untraced = !kernel_side__in_use(side, HOOK_TCP_RETRANSMIT_SYNACK);
	skeleton->rodata->resets_from_errors = !kernel_side__in_use(side, HOOK_TCP_RECEIVE_RESET);
	skeleton->rodata->calls_recorded = kernel_side__in_use(side, HOOK_SYS_ENTER);
	bpf_map__set_autocreate(skeleton->maps.calls, kernel_side__in_use(side, HOOK_SYS_ENTER));
	bpf_map__set_autocreate(
		side->slots_in_hash ? skeleton->maps.slots : skeleton->maps.slot_hash, false);
	side->skeleton = skeleton;
	return 0;
}

/* A map that this kernel has no type for goes with the one hook that needs it. */
static bool give_map_up(struct kernel_side *side)
{
	struct hook_status *status = &side->status[HOOK_SYS_ENTER];

	if (!strcmp(refusal.map, "slots") && !side->slots_in_hash) {
		side->slots_in_hash = true;
		return true;
	}
	if (strcmp(refusal.map, "calls") || status->state != HOOK_IN_USE)
		return false;
	status->state = HOOK_REFUSED;
	kernel_parts__note_why(status, "this kernel has no storage for tasks (since 5.11)");
	return true;
}

/* After a failed load: gives way somewhere, so that the next try differs.  False: nothing left. */
static bool give_way(struct kernel_side *side, const struct btf *btf)
{
	enum hook_id id = hook_of_program(side, refusal.program);
	struct hook_status *status;

	if (refusal.map[0])
		return give_map_up(side);
	if (id == HOOK_COUNT)
		return false;
	status = &side->status[id];
	if ((hook_table[id].required || strstr(refusal.reason, "bpf_sk_storage_get")) &&
	    !side->slots_in_hash) {
		log_debug("%s was refused (%s): trying without socket storage", hook_table[id].name,
			  refusal.reason);
		side->slots_in_hash = true;
		return true;
	}
	kernel_parts__note_why(status, "the kernel refused %s: %.100s", refusal.program,
			       refusal.reason);
	status->state = HOOK_REFUSED;
	choose_variant(status, &hook_table[id], btf, status->variant + 1);
	return true;
}

static bool types_are_there(void)
{
	struct stat status;

	return !stat("/sys/kernel/btf/vmlinux", &status) && status.st_size > 0 &&
	       !access("/sys/kernel/btf/vmlinux", R_OK);
}

/* libbpf passes over what it cannot map, and then says that there are no types (ESRCH). */
static int say_memory_short(char *why, size_t why_len)
{
	snprintf(why, why_len,
		 "out of memory while the programs were loaded: the start takes some %u MiB of "
		 "address space; is a limit lower (ulimit -v, MemoryMax=)?",
		 START_MIB);
	return -ENOMEM;
}

/*
 * libbpf tries whether the kernel knows global data; when that attempt fails for want of memory it
 * goes on without them.
 */
static bool has_globals(const struct faultline_bpf *skeleton)
{
	return skeleton->bss && skeleton->rodata;
}

static int load_object(struct kernel_side *side, const struct btf *btf, uint32_t only_netns,
		       char *why, size_t why_len)
{
	int err;

	for (;;) {
		memset(&refusal, 0, sizeof(refusal));
		err = open_object(side, only_netns);
		if (err)
			break;
		err = faultline_bpf__load(side->skeleton);
		if (!err && has_globals(side->skeleton))
			return 0;
		err = err ? err : -ENOMEM;
		faultline_bpf__destroy(side->skeleton);
		side->skeleton = NULL;
		if (!give_way(side, btf))
			break;
	}
	if (err == -ENOMEM || (err == -ESRCH && !refusal.reason[0]))
		return say_memory_short(why, why_len);
	snprintf(why, why_len, "the kernel did not load the BPF object: %s%s%s", strerror(-err),
		 refusal.reason[0] ? ": " : "", refusal.reason);
	return err == -EPERM ? -EPERM : -ENOTSUP;
}

static void read_reset_reasons(struct kernel_side *side, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "sk_rst_reason", BTF_KIND_ENUM);
	const struct btf_type *type;
	const struct btf_enum *value;

	if (id < 0)
		return;
	type = btf__type_by_id(btf, id);
	value = btf_enum(type);
	for (int i = 0; i < btf_vlen(type); i++, value++) {
		if (value->val >= 0 && value->val < PEER_RESET_REASONS &&
		    !side->reset_reason[value->val])
			side->reset_reason[value->val] =
				strdup(btf__name_by_offset(btf, value->name_off));
	}
}

int kernel_parts__check_required(const struct kernel_side *side, char *why, size_t why_len)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (!hook_table[i].required || side->status[i].state == HOOK_IN_USE)
			continue;
		snprintf(why, why_len,
			 "the hook %s is required and cannot be used: %s; a kernel from 5.10 on "
			 "with CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF has it",
			 hook_table[i].name, side->status[i].why);
		return -ENOTSUP;
	}
	return 0;
}

int kernel_side__load(const struct kernel_side_options *options, struct kernel_side **result,
		      char *why, size_t why_len)
{
	struct kernel_side *side = NULL;
	struct btf *btf = NULL;
	int err;

	libbpf_set_print(on_libbpf_message);
	err = check_privileges(why, why_len);
	if (err)
		return err;
	side = calloc(1, sizeof(*side));
	if (!side) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	err = deny_hooks(side, options, why, why_len);
	if (err)
		goto out;
	btf = btf__load_vmlinux_btf();
	if (!btf && types_are_there()) {
		err = say_memory_short(why, why_len);
		goto out;
	}
	if (!btf) {
		snprintf(why, why_len,
			 "this kernel carries no type information (/sys/kernel/btf/vmlinux: %s): "
			 "it needs CONFIG_DEBUG_INFO_BTF, which distribution kernels have",
			 strerror(errno));
		err = -ENOTSUP;
		goto out;
	}
	side->drop_reasons = drop_reasons__new(btf);
	if (!side->drop_reasons) {
		snprintf(why, why_len, "out of memory");
		err = -ENOMEM;
		goto out;
	}
	choose_variants(side, btf);
	err = load_object(side, btf, options->only_netns, why, why_len);
	if (!err) {
		kernel_parts__attach(side, true);
		err = kernel_parts__check_required(side, why, why_len);
	}
	read_reset_reasons(side, btf);
	if (!err || err == -ENOTSUP) {
		*result = side;
		side = NULL;
	}
out:
	kernel_side__free(side);
	btf__free(btf);
	malloc_trim(0); /* the kernel's types were some ten megabytes */
	return err;
}

void kernel_side__free(struct kernel_side *side)
{
	if (!side)
		return;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		bpf_link__destroy(side->link[i]);
		bpf_link__destroy(side->nested_link[i]);
	}
	faultline_bpf__destroy(side->skeleton);
	drop_reasons__free(side->drop_reasons);
	for (size_t i = 0; i < PEER_RESET_REASONS; i++)
		free(side->reset_reason[i]);
	free(side);
}
