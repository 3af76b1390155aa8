/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML text as a tree whose nodes know their place.
 */
#ifndef FAULTLINE_YAML_DOCUMENT_H
#define FAULTLINE_YAML_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/mistakes.h"

/*
 * Parses @text into *document, which the caller ends with yaml_document_delete() after success.  A
 * text with nothing in it gives a document without a root.  Returns 0; -EINVAL with a mistake
 * reported; -ENOMEM, also reported.
 */
int parse_yaml(const char *text, size_t len, yaml_document_t *document, struct mistakes *mistakes);

/* The place at which a node begins. */
struct place place_of_node(const yaml_node_t *node);

/*
 * The place of the value that @path names, such as "links[2].via[0]"; where the path leads to
 * nothing, the place of the deepest value on its way.
 */
struct place place_of_path(yaml_document_t *document, const char *path);

/* Is this what YAML calls null: nothing at all, ~ or null, without quotes? */
bool node_is_null(const yaml_node_t *node);

#endif
