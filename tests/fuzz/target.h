/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuzz target has: the function that a fuzzer calls, and what it may demand.
 */
#ifndef FAULTLINE_FUZZ_TARGET_H
#define FAULTLINE_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, as a fuzzer wants it of a finding, unless @what holds. */
static inline void demand(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

#endif
