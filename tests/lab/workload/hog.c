/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes what others need: --what cpu spins on one processor (in slices, so that a real-time hog
 * leaves the machine alive), --what disk writes and syncs files. One thread; start several for
 * more.
 *
 * With --fifo N it spins with SCHED_FIFO priority N, with --nice N with that nice value.
 */
#include "lib/workload.h"

#include <sched.h>
#include <sys/resource.h>

#define FIXED_FDS 2

static long busy_ms = 20, idle_ms = 5, fifo, nice_value, cpu = -1, block_bytes = 262144;
static const char *what = "cpu", *directory_text = ".";

static struct {
	unsigned long slices, blocks;
	struct error_counts errors;
	struct spread sync;
} seen;

static const struct knob knobs[] = {
	{"busy_ms", &busy_ms, "spins so long"},
	{"idle_ms", &idle_ms, "then sleeps so long"},
	{"cpu", &cpu, "only on this processor; -1: any"},
	{"fifo", &fifo, "SCHED_FIFO priority; 0: an ordinary process"},
	{"nice", &nice_value, "nice value of an ordinary process"},
	{"block_bytes", &block_bytes, "disk: written before each sync, at most 1 MiB"},
	{0},
};

static const struct text_option texts[] = {
	{"what", &what, "cpu or disk"},
	{"directory", &directory_text, "disk: write here"},
	{0},
};

static void tell_truth(FILE *out)
{
	fprintf(out, ",\"slices\":%lu,\"blocks\":%lu", seen.slices, seen.blocks);
	spread__tell(&seen.sync, "sync_us", out);
	error_counts__tell(&seen.errors, out);
}

static struct workload workload = {
	.program = "hog",
	.knobs = knobs,
	.texts = texts,
	.truth = tell_truth,
};

/* Takes the scheduling class, nice value and processor that were asked for. Returns 0 or -errno. */
static int take_place(void)
{
	struct sched_param param = {.sched_priority = (int)fifo};
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0) {
		CPU_SET((size_t)cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return -errno;
	}
	if (nice_value && setpriority(PRIO_PROCESS, 0, (int)nice_value))
		return -errno;
	return fifo && sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : 0;
}

static void spin_slice(void)
{
	__u64 until_ns = now_ns() + (__u64)busy_ms * NSEC_PER_MSEC;

	while (now_ns() < until_ns)
		;
	seen.slices++;
}

/* Rewrites 64 blocks of one file in turn, so that the disk does not fill up. */
static void write_slice(int fd)
{
	static char block[1 << 20];
	size_t bytes = (size_t)block_bytes < sizeof(block) ? (size_t)block_bytes : sizeof(block);
	__u64 until_ns = now_ns() + (__u64)busy_ms * NSEC_PER_MSEC;

	while (now_ns() < until_ns) {
		__u64 began_ns = now_ns();

		memset(block, (int)random_next(&workload.random_state), bytes);
		if (pwrite(fd, block, bytes, (off_t)(seen.blocks % 64) * (off_t)bytes) < 0 ||
		    fsync(fd))
			error_counts__add(&seen.errors, errno);
		spread__add(&seen.sync, now_ns() - began_ns);
		seen.blocks++;
	}
}

int main(int argc, char **argv)
{
	bool disk;
	int fd = -1;
	int err;

	if (workload__start(&workload, argc, argv))
		return 2;
	disk = !strcmp(what, "disk");
	err = take_place();
	if (!err && disk) {
		fd = open(directory_text, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		err = fd < 0 ? -errno : 0;
	}
	if (err) {
		fprintf(stderr, "hog: %s: %s\n", what, strerror(-err));
		return 1;
	}
	workload__ready(&workload);
	for (;;) {
		struct pollfd fds[FIXED_FDS];

		if (!workload__wait(&workload, fds, FIXED_FDS,
				    now_ns() + (__u64)idle_ms * NSEC_PER_MSEC))
			break;
		if (disk)
			write_slice(fd);
		else
			spin_slice();
	}
	workload__tell_truth(&workload);
	return 0;
}
