/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config__parse() with a limit on allocations, so that a test can make each of them fail.
 */
#ifndef FAULTLINE_CONFIG_PARSE_H
#define FAULTLINE_CONFIG_PARSE_H

#include <stddef.h>
#include <stdio.h>

struct config;

/* As config__parse(), and -ENOMEM after @allocation_limit allocations; libyaml's do not count. */
int config_parse_limited(const char *name, const char *text, size_t len,
			 unsigned long allocation_limit, struct config **config, FILE *errors);

#endif
