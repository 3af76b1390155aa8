/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of the cheapest system call: what does each pay for tracers that watch others?
 *
 * Prints the ns of one getppid(), the best of many short rounds, so that what else the machine does
 * counts little.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS_EACH 100000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, best = 0;
	uint64_t began = now_ns();

	while (now_ns() - began < seconds * 1e9) {
		uint64_t before = now_ns();
		double each;

		for (int i = 0; i < CALLS_EACH; i++)
			syscall(SYS_getppid);
		each = (now_ns() - before) / (double)CALLS_EACH;
		if (!best || each < best)
			best = each;
	}
	printf("%.1f\n", best);
	return 0;
}
