/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter of system calls: what a sensor that has started may still ask of the kernel.
 */
#ifndef FAULTLINE_SECCOMP_H
#define FAULTLINE_SECCOMP_H

#include <stdbool.h>

/*
 * From here on, for this process and its threads, for ever: the calls of the list in seccomp.c are
 * answered, others are told that this kernel does not know them, and those that only an intruder
 * makes end the process.  @all_namespaces: network namespaces may be entered.
 *
 * The caller has set "no new privileges".  0; -ENOTSUP in a build with sanitizers, whose checks
 * at the exit need other calls; another -errno when the kernel refused.
 */
int seccomp_confine(bool all_namespaces);

#endif
