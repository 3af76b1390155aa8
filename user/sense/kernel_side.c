/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel side at work: hooks attached and taken off, iterators run, tables and counts read.
 */
#include "sense/kernel_parts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "faultline.skel.h"
#include "sense/drop_reasons.h"

void kernel_parts__note_why(struct hook_status *status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status->why, sizeof(status->why), format, arguments);
	va_end(arguments);
}

const char *kernel_parts__program(const struct kernel_side *side, enum hook_id id)
{
	const struct hook_status *status = &side->status[id];

	return status->state == HOOK_IN_USE ? hook_table[id].variant[status->variant].program
					    : NULL;
}

/* The second program of a hook, for events inside the handling of another; NULL: it has none. */
static struct bpf_program *nested_program(const struct kernel_side *side, const char *first)
{
	char name[64];

	snprintf(name, sizeof(name), "%s" NESTED_SUFFIX, first);
	return bpf_object__find_program_by_name(side->skeleton->obj, name);
}

/* Tells the second program of a hook its first (bpf/nesting.bpf.h). */
static int tell_first(struct kernel_side *side, const struct hook *hook,
		      const struct bpf_program *first)
{
	int map = bpf_object__find_map_fd_by_name(side->skeleton->obj, hook->first);
	int program = bpf_program__fd(first);
	uint32_t zero = 0;

	return map < 0 ? map : bpf_map_update_elem(map, &zero, &program, BPF_ANY);
}

static void attach_one(struct kernel_side *side, enum hook_id id)
{
	const char *name = kernel_parts__program(side, id);
	struct bpf_program *program, *nested;

	if (!name || side->link[id])
		return;
	program = bpf_object__find_program_by_name(side->skeleton->obj, name);
	side->link[id] = bpf_program__attach(program);
	if (!side->link[id]) {
		side->status[id].state = HOOK_REFUSED;
		kernel_parts__note_why(&side->status[id], "%s loads, but does not attach: %s", name,
				       strerror(errno));
		return;
	}
	/* Without it a few events are lost, and counted as such. */
	nested = nested_program(side, name);
	if (nested && !tell_first(side, &hook_table[id], program))
		side->nested_link[id] = bpf_program__attach(nested);
}

/* Iterators are no hooks: attached, they wait to be read. */
void kernel_parts__attach(struct kernel_side *side, bool iterators)
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

int kernel_side__attach(struct kernel_side *side, char *why, size_t why_len)
{
	kernel_parts__attach(side, false);
	side->packets_since_ns = clock_monotonic_ns();
	return kernel_parts__check_required(side, why, why_len);
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

int kernel_side__refused_sockets_fd(const struct kernel_side *side)
{
	return bpf_map__fd(side->skeleton->maps.refused_sockets);
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

/*
 * Is an event that the kernel did not let into this program lost?  Those of rare things have a
 * second program; those of data have none, for none was missed in half a million requests.
 */
static bool loses_events(const struct kernel_side *side, enum hook_id id, const char *program)
{
	switch (id) {
	case HOOK_SK_DATA_READY:
	case HOOK_SOCK_SEND_LENGTH:
	case HOOK_SOCK_RECV_LENGTH:
	case HOOK_UDP_FAIL_QUEUE_RCV_SKB:
		return true;
	default:
		return nested_program(side, program);
	}
}

uint64_t kernel_side__events_missed(const struct kernel_side *side)
{
	struct sensor_counts counts;
	uint64_t missed = 0;

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const char *name = kernel_parts__program(side, i);
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);
		int fd;

		if (!name || !loses_events(side, i, name))
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
