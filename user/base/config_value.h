/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What single values of the configuration must look like, whatever stands around them.
 */
#ifndef FAULTLINE_CONFIG_VALUE_H
#define FAULTLINE_CONFIG_VALUE_H

#include <stddef.h>

#define VALUE_WHY_LEN 256

/*
 * Checks the text of one value of the key @key; for a list, of one of its entries, of which this is
 * number @index.  Returns 0, or what is wrong and what was expected in @why with -EINVAL, or with
 * -EPERM when the value holds a secret, so that a message must not show it.
 */
int check_config_value(const char *key, size_t index, const char *text, char why[VALUE_WHY_LEN]);

#endif
