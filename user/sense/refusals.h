/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that a process asked for and did not get.
 */
#ifndef FAULTLINE_REFUSALS_H
#define FAULTLINE_REFUSALS_H

struct kernel_side;
struct processes;

/* Has the processes watched that were refused a socket, whoever else uses the same peer. */
void refusals_watch(const struct kernel_side *kernel, struct processes *processes);

/* Sets PROCESS_SOCKETS_REFUSED of each; not available while no system call is traced. */
void refusals_read(const struct kernel_side *kernel, struct processes *processes);

#endif
