/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for mistakes in a configuration's tree before anything is built from it.
 */
#ifndef FAULTLINE_CONFIG_WALK_H
#define FAULTLINE_CONFIG_WALK_H

#include <cyaml/cyaml.h>
#include <stddef.h>
#include <yaml.h>

struct mistakes;

/*
 * Compares @document, which must have a root, with @schema and reports every difference: unknown
 * and repeated keys, missing ones, wrong types, words and numbers out of range; and every single
 * value that config_value.h finds wrong.
 *
 * Returns how many of the mistakes are of shape: with none, libcyaml can load the text, even when
 * single values in it are wrong.
 */
size_t config_walk(yaml_document_t *document, const cyaml_schema_value_t *schema,
		   struct mistakes *mistakes);

#endif
