/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that do nothing, attached in the way the sensor attaches its own: the floor of what any
 * sensor costs on this kernel.
 *
 *   empty_hooks TRACEPOINT...   prints "ready"; at SIGTERM a line "TRACEPOINT RUNS NS_EACH" for
 * each
 *
 * NS_EACH is by the kernel's own statistics (kernel.bpf_stats_enabled) and so what these take
 * themselves; 0 without them.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOOKS_MAX 16

static void die(const char *what)
{
	fprintf(stderr, "empty_hooks: %s: %m\n", what);
	exit(1);
}

/* The descriptor of a program that returns at once, attached to the tracepoint. */
static int attach_empty(const struct btf *btf, const char *tracepoint)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);
	char name[128];
	int type, fd;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	type = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (type < 0)
		die(tracepoint);
	options.attach_btf_id = type;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "Dual BSD/GPL", nothing, 2, &options);
	if (fd < 0 || bpf_raw_tracepoint_open(NULL, fd) < 0)
		die(tracepoint);
	return fd;
}

static void print_cost(const char *tracepoint, int fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		die(tracepoint);
	printf("%s %llu %.1f\n", tracepoint, (unsigned long long)info.run_cnt,
	       info.run_cnt ? (double)info.run_time_ns / info.run_cnt : 0.0);
}

int main(int argc, char **argv)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int fd[HOOKS_MAX], signal_number;
	sigset_t end;

	if (argc < 2 || argc > HOOKS_MAX + 1) {
		fprintf(stderr, "usage: empty_hooks TRACEPOINT...\n");
		return 2;
	}
	if (!btf)
		die("the kernel's type information");
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	for (int i = 1; i < argc; i++)
		fd[i - 1] = attach_empty(btf, argv[i]);
	btf__free(btf);
	printf("ready\n");
	fflush(stdout);
	sigwait(&end, &signal_number);
	for (int i = 1; i < argc; i++)
		print_cost(argv[i], fd[i - 1]);
	return 0;
}
