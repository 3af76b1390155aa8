/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several values of the configuration together make wrong.
 */
#ifndef FAULTLINE_CONFIG_CHECK_H
#define FAULTLINE_CONFIG_CHECK_H

#include <yaml.h>

#include "base/mistakes.h"

struct config;
struct pool;

struct config_check {
	const struct config *config;
	yaml_document_t *document; /* what the configuration was built from; may have no root */
	struct mistakes *mistakes;
};

/*
 * Reports each mistake between values with its place.  @pool is for scratch memory.  Returns 0,
 * also with mistakes, or -ENOMEM.
 */
int config_check(const struct config_check *check, struct pool *pool);

/* The part of it that looks at pagers: their keys by type, and whom they are for. */
void config_check_pagers(const struct config_check *check);

#define CHECK_PATH_LEN 128

/* A value of the configuration: how it is called, and where it stands. */
struct spot {
	char path[CHECK_PATH_LEN];
	struct place place;
};

/* The value that the path, made by the rules of printf(), leads to. */
struct spot spot_at(const struct config_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
