/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock that never jumps.
 */
#ifndef FAULTLINE_CLOCK_H
#define FAULTLINE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in ns: the same clock as bpf_ktime_get_ns(). */
uint64_t clock_monotonic_ns(void);

/* Processor time of the calling thread, in us. */
double clock_thread_us(void);

#endif
