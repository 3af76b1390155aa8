/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can this terminal be drawn on?
 */
#ifndef FAULTLINE_TOP_TERMINAL_H
#define FAULTLINE_TOP_TERMINAL_H

#include <stddef.h>

/* 0; or -ENOTTY with a sentence in @why. */
int top_terminal__check(char *why, size_t why_len);

#endif
