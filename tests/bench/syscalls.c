/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of the cheapest system call: what does each pay for tracers that watch others?
 *
 *   syscalls [SECONDS]
 *
 * Prints the ns of one getppid(): FIRST at the beginning, LAST at the end, and MEAN of all.  The
 * first two are the best of many short rounds, so that what else the machine does counts little.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS_EACH   1000
#define FIRST_ROUNDS 20
#define LAST_ROUNDS  1000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The ns of one call in one round. */
static double one_round(void)
{
	uint64_t before = now_ns();

	for (int i = 0; i < CALLS_EACH; i++)
		syscall(SYS_getppid);
	return (now_ns() - before) / (double)CALLS_EACH;
}

static double best_of(unsigned rounds)
{
	double best = one_round();

	while (--rounds) {
		double each = one_round();

		if (each < best)
			best = each;
	}
	return best;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, first, last;
	uint64_t began = now_ns(), rounds = FIRST_ROUNDS + LAST_ROUNDS;

	first = best_of(FIRST_ROUNDS);
	for (; now_ns() - began < seconds * 1e9; rounds++)
		one_round();
	last = best_of(LAST_ROUNDS);
	printf("%.1f %.1f %.1f\n", first, last, (now_ns() - began) / (double)(rounds * CALLS_EACH));
	return 0;
}
