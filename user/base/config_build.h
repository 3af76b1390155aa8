/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the texts of the file to the configuration.
 */
#ifndef FAULTLINE_CONFIG_BUILD_H
#define FAULTLINE_CONFIG_BUILD_H

struct config;
struct pool;
struct raw_config;

/*
 * Fills the zeroed @config from @raw, with defaults for what was left out; everything it points to
 * is copied into @pool.  A value that cannot be read stays zero: config_walk() has reported it. The
 * order and number of all entries are those of @raw.  Returns 0 or -ENOMEM.
 */
int config_build(struct config *config, const struct raw_config *raw, struct pool *pool);

#endif
