/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for mistakes in a configuration's tree, beside the schema that libcyaml will use.
 *
 * libcyaml stops at the first mistake and has no position for most of them; here all are found,
 * with their place and the word that was probably meant.  It is also stricter: libcyaml takes any
 * word but a few for true, and reads 010 as eight.  The schema bounds the depth, so a tree with a
 * cycle ends in a mistake, and a budget of values bounds what aliases can multiply.
 */
#include "base/config_walk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_schema.h"
#include "base/config_value.h"
#include "base/mistakes.h"
#include "base/yaml_document.h"

#define VALUES_MAX 65536
#define PATH_LEN   256

struct walk {
	yaml_document_t *document;
	struct mistakes *mistakes;
	size_t of_shape; /* of the mistakes */
	size_t values;
	char path[PATH_LEN];
};

static void walk_value(struct walk *walk, const char *key, size_t index,
		       const cyaml_schema_value_t *schema, const yaml_node_t *node);

#define shape_mistake(walk, node, ...)                                                     \
	do {                                                                               \
		(walk)->of_shape++;                                                        \
		mistake((walk)->mistakes, place_of_node(node), (walk)->path, __VA_ARGS__); \
	} while (0)

/* Lengthens the path and returns the length that path_pop() takes to undo it. */
static size_t path_push_key(struct walk *walk, const char *key)
{
	size_t len = strlen(walk->path);

	snprintf(walk->path + len, PATH_LEN - len, "%s%s", len ? "." : "", key);
	return len;
}

static size_t path_push_index(struct walk *walk, size_t index)
{
	size_t len = strlen(walk->path);

	snprintf(walk->path + len, PATH_LEN - len, "[%zu]", index);
	return len;
}

static void path_pop(struct walk *walk, size_t len)
{
	walk->path[len] = '\0';
}

static const char *scalar_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static char *quote_node(const yaml_node_t *node, char quoted[QUOTED_LEN])
{
	return quote(scalar_text(node), node->data.scalar.length, quoted);
}

/* What a value of this type is called when something else stands in its place. */
static const char *type_name(const cyaml_schema_value_t *schema)
{
	switch (schema->type) {
	case CYAML_MAPPING:
		return "keys with values";
	case CYAML_SEQUENCE:
		return "a list";
	case CYAML_BOOL:
		return "true or false";
	case CYAML_UINT:
		return "a number";
	case CYAML_ENUM:
		return "a word";
	default:
		return "a text";
	}
}

/* What stands there, for the message; @quoted is room for it. */
static const char *node_name(const yaml_node_t *node, char quoted[QUOTED_LEN])
{
	if (node->type == YAML_MAPPING_NODE)
		return "keys with values";
	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (node_is_null(node))
		return "no value";
	return quote_node(node, quoted);
}

static void wrong_type(struct walk *walk, const cyaml_schema_value_t *schema,
		       const yaml_node_t *node)
{
	char quoted[QUOTED_LEN];

	shape_mistake(walk, node, "%s; expected %s", node_name(node, quoted), type_name(schema));
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (const cyaml_schema_field_t *field = fields; field->key; field++) {
		if (strcmp(field->key, key) == 0)
			return field;
	}
	return NULL;
}

static void unknown_key(struct walk *walk, const cyaml_schema_field_t *fields,
			const yaml_node_t *node)
{
	struct nearest nearest = {.wrong = scalar_text(node)};
	char quoted[QUOTED_LEN], hint[QUOTED_LEN], known[512];
	size_t len = 0;

	for (const cyaml_schema_field_t *field = fields; field->key; field++) {
		nearest_try(&nearest, field->key);
		len += snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "",
				field->key);
		if (len >= sizeof(known))
			len = sizeof(known) - 1;
	}
	if (nearest.best)
		shape_mistake(walk, node, "unknown key %s%s", quote_node(node, quoted),
			      nearest_hint(&nearest, hint));
	else
		shape_mistake(walk, node, "unknown key %s; expected one of %s",
			      quote_node(node, quoted), known);
}

/*
 * Looks at one key; returns its field when the value is to be looked at, or NULL.  @first holds
 * where each field was seen first.
 */
static const cyaml_schema_field_t *walk_key(struct walk *walk, const cyaml_schema_field_t *fields,
					    const yaml_node_t *key, const yaml_node_t **first)
{
	const cyaml_schema_field_t *field;
	char quoted[QUOTED_LEN];

	if (key->type != YAML_SCALAR_NODE) {
		shape_mistake(walk, key, "%s in place of a key; expected a word",
			      node_name(key, quoted));
		return NULL;
	}
	field = strlen(scalar_text(key)) == key->data.scalar.length
			? find_field(fields, scalar_text(key))
			: NULL;
	if (!field) {
		unknown_key(walk, fields, key);
		return NULL;
	}
	if (first[field - fields]) {
		shape_mistake(walk, key, "key %s again; it is already given in line %zu",
			      quote_node(key, quoted), place_of_node(first[field - fields]).line);
		return NULL;
	}
	first[field - fields] = key;
	return field;
}

static void walk_mapping(struct walk *walk, const cyaml_schema_value_t *schema,
			 const yaml_node_t *node)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields, *field;
	const yaml_node_t *first[SCHEMA_FIELDS_MAX] = {NULL};

	if (node->type != YAML_MAPPING_NODE) {
		wrong_type(walk, schema, node);
		return;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !mistakes_enough(walk->mistakes); pair++) {
		const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
		size_t len;

		field = walk_key(walk, fields, key, first);
		if (!field)
			continue;
		len = path_push_key(walk, field->key);
		walk_value(walk, field->key, 0, &field->value,
			   yaml_document_get_node(walk->document, pair->value));
		path_pop(walk, len);
	}
	for (field = fields; field->key; field++) {
		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) && !first[field - fields])
			shape_mistake(walk, node, "missing key \"%s\"; expected %s for it",
				      field->key, type_name(&field->value));
	}
}

static void walk_sequence(struct walk *walk, const char *key, const cyaml_schema_value_t *schema,
			  const yaml_node_t *node)
{
	size_t count;

	if (node->type != YAML_SEQUENCE_NODE) {
		wrong_type(walk, schema, node);
		return;
	}
	count = node->data.sequence.items.top - node->data.sequence.items.start;
	if (count < schema->sequence.min) {
		shape_mistake(walk, node, "an empty list; expected at least one entry");
		return;
	}
	if (count > schema->sequence.max) {
		shape_mistake(walk, node, "%zu entries; expected at most %u", count,
			      schema->sequence.max);
		return;
	}
	for (size_t i = 0; i < count && !mistakes_enough(walk->mistakes); i++) {
		size_t len = path_push_index(walk, i);

		walk_value(
			walk, key, i, schema->sequence.entry,
			yaml_document_get_node(walk->document, node->data.sequence.items.start[i]));
		path_pop(walk, len);
	}
}

static void walk_enum(struct walk *walk, const cyaml_schema_value_t *schema,
		      const yaml_node_t *node)
{
	struct nearest nearest = {.wrong = scalar_text(node)};
	char quoted[QUOTED_LEN], hint[QUOTED_LEN], known[512];
	size_t len = 0;

	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		const char *word = schema->enumeration.strings[i].str;

		if (strcmp(word, scalar_text(node)) == 0)
			return;
		nearest_try(&nearest, word);
		len += snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", word);
		if (len >= sizeof(known))
			len = sizeof(known) - 1;
	}
	shape_mistake(walk, node, "%s: expected one of %s%s", quote_node(node, quoted), known,
		      nearest_hint(&nearest, hint));
}

static void walk_bool(struct walk *walk, const yaml_node_t *node)
{
	char quoted[QUOTED_LEN];

	if (strcmp(scalar_text(node), "true") != 0 && strcmp(scalar_text(node), "false") != 0)
		shape_mistake(walk, node, "%s: expected true or false", quote_node(node, quoted));
}

/* The only numbers are ports; decimal, since libcyaml would read a zero in front as octal. */
static void walk_port(struct walk *walk, const yaml_node_t *node)
{
	const char *text = scalar_text(node);
	size_t len = strlen(text);
	char quoted[QUOTED_LEN];

	if (len == 0 || strspn(text, "0123456789") != len || (text[0] == '0' && len > 1))
		shape_mistake(walk, node, "%s: not a port; expected a number from 1 to 65535",
			      quote_node(node, quoted));
	else if (len > 5 || strtoul(text, NULL, 10) < 1 || strtoul(text, NULL, 10) > UINT16_MAX)
		shape_mistake(walk, node, "%s: port out of range; expected 1 to 65535",
			      quote_node(node, quoted));
}

/* The one kind of mistake that does not keep libcyaml from loading the text. */
static void walk_text_value(struct walk *walk, const char *key, size_t index,
			    const yaml_node_t *node)
{
	char quoted[QUOTED_LEN], why[VALUE_WHY_LEN];
	int err = check_config_value(key, index, scalar_text(node), why);

	if (err)
		mistake(walk->mistakes, place_of_node(node), walk->path, "%s: %s",
			err == -EPERM ? "value not shown" : quote_node(node, quoted), why);
}

static void walk_text(struct walk *walk, const char *key, size_t index,
		      const cyaml_schema_value_t *schema, const yaml_node_t *node)
{
	size_t len = node->data.scalar.length;
	char quoted[QUOTED_LEN];

	if (len < schema->string.min)
		shape_mistake(walk, node, "an empty text; expected at least one character");
	else if (len > schema->string.max)
		shape_mistake(walk, node, "%s: %zu bytes; expected at most %u",
			      quote_node(node, quoted), len, schema->string.max);
	else
		walk_text_value(walk, key, index, node);
}

static void walk_scalar(struct walk *walk, const char *key, size_t index,
			const cyaml_schema_value_t *schema, const yaml_node_t *node)
{
	char quoted[QUOTED_LEN];

	if (node->type != YAML_SCALAR_NODE || node_is_null(node)) {
		wrong_type(walk, schema, node);
		return;
	}
	if (has_control_character(scalar_text(node), node->data.scalar.length)) {
		shape_mistake(walk, node, "%s: control characters; expected one line of text",
			      quote_node(node, quoted));
		return;
	}
	switch (schema->type) {
	case CYAML_ENUM:
		walk_enum(walk, schema, node);
		break;
	case CYAML_BOOL:
		walk_bool(walk, node);
		break;
	case CYAML_UINT:
		walk_port(walk, node);
		break;
	default:
		walk_text(walk, key, index, schema, node);
	}
}

static void walk_value(struct walk *walk, const char *key, size_t index,
		       const cyaml_schema_value_t *schema, const yaml_node_t *node)
{
	if (++walk->values > VALUES_MAX) {
		if (walk->values == VALUES_MAX + 1)
			shape_mistake(walk, node, "too many values; expected at most %d in all",
				      VALUES_MAX);
		return;
	}
	/* A key whose entries are all commented out is an empty list. */
	if ((schema->flags & CYAML_FLAG_POINTER_NULL) == CYAML_FLAG_POINTER_NULL &&
	    node_is_null(node))
		return;
	if (schema->type == CYAML_MAPPING)
		walk_mapping(walk, schema, node);
	else if (schema->type == CYAML_SEQUENCE)
		walk_sequence(walk, key, schema, node);
	else
		walk_scalar(walk, key, index, schema, node);
}

size_t config_walk(yaml_document_t *document, const cyaml_schema_value_t *schema,
		   struct mistakes *mistakes)
{
	struct walk walk = {.document = document, .mistakes = mistakes};

	walk_value(&walk, "", 0, schema, yaml_document_get_root_node(document));
	return walk.of_shape;
}
