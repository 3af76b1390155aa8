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
#include "sense/kernel_side.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "faultline.skel.h"
#include "sense/drop_reasons.h"

#define NESTED_SUFFIX "_nested"

struct kernel_side {
	struct drop_reasons *drop_reasons;
	struct faultline_bpf *skeleton;
	struct bpf_link *link[HOOK_COUNT];
	uint64_t packets_since_ns; /* since when packets are traced; 0: they are not */
	struct bpf_link *nested_link[HOOK_COUNT]; /* of the second program, where there is one */
	struct hook_status status[HOOK_COUNT];
	bool slots_in_hash;
	uint32_t census_number;
	char *reset_reason[PEER_RESET_REASONS];
};

/* What libbpf said about the program it could not load; it has no other way to tell. */
static struct {
	char program[64];
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
	static char message[65536];
	char *quote, *end;
	size_t len;

	vsnprintf(message, sizeof(message), format, arguments);
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
	/* libbpf's warnings are our debug messages: what matters of them is in hook_status. */
	if (level != LIBBPF_DEBUG)
		log_debug("libbpf: %.400s", message);
	return 0;
}

static bool has_capability(cap_t caps, cap_value_t value)
{
	cap_flag_value_t flag = CAP_CLEAR;

	return !cap_get_flag(caps, value, CAP_EFFECTIVE, &flag) && flag == CAP_SET;
}

static int check_privileges(char *why, size_t why_len)
{
	cap_t caps = cap_get_proc();
	bool enough;

	if (!caps)
		return 0; /* let the kernel decide */
	enough = has_capability(caps, CAP_SYS_ADMIN) ||
		 (has_capability(caps, CAP_BPF) && has_capability(caps, CAP_PERFMON));
	cap_free(caps);
	if (enough)
		return 0;
	snprintf(why, why_len,
		 "not permitted to load BPF programs: run as root (sudo faultline ...), or with "
		 "CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
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

static void note_why(struct hook_status *status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note_why(struct hook_status *status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status->why, sizeof(status->why), format, arguments);
	va_end(arguments);
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

		if (variant->function ? arguments == variant->arguments
				      : arguments >= variant->arguments) {
			status->state = HOOK_IN_USE;
			status->variant = i;
			return;
		}
		if (variant->function)
			note_why(status, "this kernel has no function %s of %d arguments",
				 variant->function, variant->arguments);
		else if (arguments < 0)
			note_why(status, "this kernel has no tracepoint %s", name);
		else
			note_why(status, "the tracepoint passes %d arguments, not %d", arguments,
				 variant->arguments);
		if (status->state != HOOK_REFUSED)
			status->state = HOOK_ABSENT;
	}
	if (status->state == HOOK_IN_USE)
		status->state = HOOK_REFUSED;
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
		if (!hook) {
			snprintf(why, why_len, "--deny-hook %s: there is no such hook",
				 options->denied[i]);
			return -EINVAL;
		}
		side->status[hook->id].state = HOOK_DENIED;
		note_why(&side->status[hook->id], "denied on the command line");
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

static const char *program_in_use(const struct kernel_side *side, enum hook_id id)
{
	const struct hook_status *status = &side->status[id];

	return status->state == HOOK_IN_USE ? hook_table[id].variant[status->variant].program
					    : NULL;
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
		const char *program = program_in_use(side, i);

		if (program && names_program(name, program))
			break;
	}
	return i;
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
	bpf_object__for_each_program(program, skeleton->obj) bpf_program__set_autoload(
		program, hook_of_program(side, bpf_program__name(program)) != HOOK_COUNT);
	skeleton->rodata->only_netns = only_netns;
	skeleton->rodata->jiffy_ns = jiffy_length_ns();
	drop_reasons__mark_normal(side->drop_reasons, skeleton->rodata->drop_is_normal);
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

/* After a failed load: gives way somewhere, so that the next try differs.  False: nothing left. */
static bool give_way(struct kernel_side *side, const struct btf *btf)
{
	enum hook_id id = hook_of_program(side, refusal.program);
	struct hook_status *status;

	if (id == HOOK_COUNT)
		return false;
	status = &side->status[id];
	if (hook_table[id].required && !side->slots_in_hash) {
		log_debug("%s was refused (%s): trying without socket storage", hook_table[id].name,
			  refusal.reason);
		side->slots_in_hash = true;
		return true;
	}
	note_why(status, "the kernel refused %s: %.100s", refusal.program, refusal.reason);
	status->state = HOOK_REFUSED;
	choose_variant(status, &hook_table[id], btf, status->variant + 1);
	return true;
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
		if (!err)
			return 0;
		faultline_bpf__destroy(side->skeleton);
		side->skeleton = NULL;
		if (!give_way(side, btf))
			break;
	}
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

static int check_required(const struct kernel_side *side, char *why, size_t why_len)
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

/* The second program of a hook, for events inside the handling of another; NULL: it has none. */
static struct bpf_program *nested_program(const struct kernel_side *side, const char *first)
{
	char name[64];

	snprintf(name, sizeof(name), "%s" NESTED_SUFFIX, first);
	return bpf_object__find_program_by_name(side->skeleton->obj, name);
}

static void attach_one(struct kernel_side *side, enum hook_id id)
{
	const char *name = program_in_use(side, id);
	struct bpf_program *program;

	if (!name || side->link[id])
		return;
	program = bpf_object__find_program_by_name(side->skeleton->obj, name);
	side->link[id] = bpf_program__attach(program);
	if (!side->link[id]) {
		side->status[id].state = HOOK_REFUSED;
		note_why(&side->status[id], "%s loads, but does not attach: %s", name,
			 strerror(errno));
		return;
	}
	/* Without it a few events are lost, and counted as such. */
	program = nested_program(side, name);
	if (program)
		side->nested_link[id] = bpf_program__attach(program);
}

/* Iterators are no hooks: attached, they wait to be read. */
static void attach(struct kernel_side *side, bool iterators)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const struct hook_variant *variant =
			&hook_table[i].variant[side->status[i].variant];

		if (!hook_table[i].calls && iterators == !variant->arguments)
			attach_one(side, i);
	}
}

int kernel_side__trace_calls(struct kernel_side *side, bool on)
{
	if (!on)
		side->skeleton->bss->calls_traced = false;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (!hook_table[i].calls)
			continue;
		if (on)
			attach_one(side, i);
		else {
			bpf_link__destroy(side->link[i]);
			side->link[i] = NULL;
		}
	}
	if (on)
		side->skeleton->bss->calls_traced = kernel_side__in_use(side, HOOK_SYS_ENTER);
	return on && !kernel_side__in_use(side, HOOK_SYS_ENTER) ? -ENOTSUP : 0;
}

void kernel_side__trace_packets(struct kernel_side *side, bool on)
{
	static const enum hook_id hooks[] = {HOOK_NET_DEV_QUEUE, HOOK_NETIF_RECEIVE_SKB};

	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		if (on) {
			attach_one(side, hooks[i]);
		} else {
			bpf_link__destroy(side->link[hooks[i]]);
			side->link[hooks[i]] = NULL;
		}
	}
	side->packets_since_ns = on ? clock_monotonic_ns() : 0;
}

uint64_t kernel_side__packets_traced_since_ns(const struct kernel_side *side)
{
	return side->packets_since_ns;
}

bool kernel_side__calls_traced(const struct kernel_side *side)
{
	return side->skeleton->bss->calls_traced;
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
		attach(side, true);
		err = check_required(side, why, why_len);
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

int kernel_side__attach(struct kernel_side *side, char *why, size_t why_len)
{
	attach(side, false);
	side->packets_since_ns = clock_monotonic_ns();
	return check_required(side, why, why_len);
}

const struct hook_status *kernel_side__status(const struct kernel_side *side, enum hook_id id)
{
	return &side->status[id];
}

bool kernel_side__in_use(const struct kernel_side *side, enum hook_id id)
{
	return side->status[id].state == HOOK_IN_USE;
}

bool kernel_side__uses_socket_storage(const struct kernel_side *side)
{
	return !side->slots_in_hash;
}

bool kernel_side__traces_orphan_resets(const struct kernel_side *side)
{
	return kernel_side__in_use(side, HOOK_TCP_SEND_RESET) &&
	       side->status[HOOK_TCP_SEND_RESET].variant == 0;
}

int kernel_side__peers_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.peers);
}

int kernel_side__overflow_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.overflow);
}

int kernel_side__hists_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.hists);
}

int kernel_side__facts_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.facts);
}

/* Reading an iterator runs it; our programs write nothing. */
static int run_iterator(struct kernel_side *side, enum hook_id id)
{
	char nothing[64];
	ssize_t len;
	int fd, err;

	if (!side->link[id])
		return -ENOTSUP;
	fd = bpf_iter_create(bpf_link__fd(side->link[id]));
	if (fd < 0)
		return fd;
	do {
		len = read(fd, nothing, sizeof(nothing));
	} while (len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR)));
	err = len < 0 ? -errno : 0;
	close(fd);
	return err;
}

void kernel_side__begin_census(struct kernel_side *side)
{
	side->census_number++;
}

uint32_t kernel_side__census_number(const struct kernel_side *side)
{
	return side->census_number;
}

int kernel_side__census(struct kernel_side *side, bool listeners_only)
{
	side->skeleton->bss->census_listeners_only = listeners_only;
	side->skeleton->bss->census_number = side->census_number;
	return run_iterator(side, HOOK_ITER_TCP);
}

int kernel_side__find_owners(struct kernel_side *side)
{
	return run_iterator(side, HOOK_ITER_TASK_FILE);
}

int kernel_side__counts(const struct kernel_side *side, struct sensor_counts *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct sensor_counts *each;
	uint32_t zero = 0;
	int err;

	if (cpus < 0)
		return cpus;
	each = calloc(cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(side->skeleton->maps.sensor), &zero, each);
	if (err)
		goto out;
	memset(sum, 0, sizeof(*sum));
	for (int i = 0; i < cpus; i++) {
		sum->events += each[i].events;
		sum->facts_refused += each[i].facts_refused;
		sum->facts_lost += each[i].facts_lost;
		sum->peers_overflowed += each[i].peers_overflowed;
		sum->sockets_untracked += each[i].sockets_untracked;
		sum->hists_refused += each[i].hists_refused;
		sum->resets_sent_unattributed += each[i].resets_sent_unattributed;
		sum->retrans_unattributed += each[i].retrans_unattributed;
		sum->nested += each[i].nested;
		sum->calls += each[i].calls;
	}
out:
	free(each);
	return err;
}

/* What the kernel counted for our programs: the sums over those in use. */
static int sum_program_infos(const struct kernel_side *side, struct bpf_prog_info *sum)
{
	struct bpf_program *program;

	memset(sum, 0, sizeof(*sum));
	bpf_object__for_each_program(program, side->skeleton->obj)
	{
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (bpf_program__fd(program) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
			return -errno;
		sum->run_time_ns += info.run_time_ns;
		sum->run_cnt += info.run_cnt;
	}
	return 0;
}

uint64_t kernel_side__events_missed(const struct kernel_side *side)
{
	struct sensor_counts counts;
	uint64_t missed = 0;

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const char *name = program_in_use(side, i);
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);
		int fd;

		if (!name || !nested_program(side, name))
			continue;
		fd = bpf_program__fd(bpf_object__find_program_by_name(side->skeleton->obj, name));
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			missed += info.recursion_misses;
	}
	if (kernel_side__counts(side, &counts))
		return missed;
	return missed > counts.nested ? missed - counts.nested : 0;
}

int kernel_side__run_time_ns(const struct kernel_side *side, uint64_t *run_time_ns)
{
	struct bpf_prog_info sum;
	int err = sum_program_infos(side, &sum);

	if (err)
		return err;
	if (!sum.run_cnt)
		return -ENODATA;
	*run_time_ns = sum.run_time_ns;
	return 0;
}

int kernel_side__drops_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.drops);
}

uint64_t kernel_side__drops_lost(const struct kernel_side *side)
{
	return side->skeleton->bss->drops_lost;
}

const char *kernel_side__drop_reason(const struct kernel_side *side, unsigned reason)
{
	return drop_reasons__name(side->drop_reasons, reason);
}

void kernel_side__end_dns_wait(struct kernel_side *side, uint64_t now_ns, uint64_t patience_ns)
{
	volatile __u64 *asked_ns = &side->skeleton->bss->dns_asked_ns;
	uint64_t before_ns = *asked_ns;

	if (!side->skeleton->bss->dns_waiting || now_ns < before_ns + patience_ns)
		return;
	side->skeleton->bss->dns_waiting = false;
	__sync_synchronize();
	/* A query went out between the two: its answer is awaited all the same. */
	if (*asked_ns != before_ns)
		side->skeleton->bss->dns_waiting = true;
}

int kernel_side__resolvers_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.resolvers);
}

const char *kernel_side__reset_reason(const struct kernel_side *side, unsigned reason)
{
	return reason < PEER_RESET_REASONS ? side->reset_reason[reason] : NULL;
}
