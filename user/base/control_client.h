/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking the running sensor.
 */
#ifndef FAULTLINE_CONTROL_CLIENT_H
#define FAULTLINE_CONTROL_CLIENT_H

#include <stddef.h>

/*
 * Sends @request (no newline) to the sensor that listens at @path and waits for the whole reply, at
 * most ten seconds without a byte.  0, and *reply of *len bytes with a NUL behind them, freed by
 * the caller.  -errno with a sentence in @why (@room bytes): -ENOENT or -ECONNREFUSED no sensor
 * runs, -EACCES the caller may not ask, -EPROTO the sensor answered with an error, which @why
 * quotes.
 */
int control_client__ask(const char *path, const char *request, char **reply, size_t *len, char *why,
			size_t room);

#endif
