/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML text as a tree whose nodes know their place, on libyaml's document interface.
 *
 * libcyaml fills structures but forgets where a value stood, so the text is parsed twice: once here
 * for places and messages, once there for the values.  An alias shares its node, so that the tree
 * may be a graph, and even one with a cycle, and its place is that of the anchor.  libyaml's time
 * grows with the square of the nesting and of the number of anchors; both are limited before.
 */
#include "base/yaml_document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX   32 /* the schema needs six */
#define ANCHORS_MAX 256

static struct place place_of_mark(const yaml_mark_t *mark)
{
	return (struct place){.line = mark->line + 1, .column = mark->column + 1};
}

/* For bytes that are no characters libyaml says only how far it had read. */
static struct place place_of_offset(const char *text, size_t len, size_t offset)
{
	struct place place = {.line = 1, .column = 1};

	for (size_t i = 0; i < offset && i < len; i++) {
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

static int report_parser(const yaml_parser_t *parser, const char *text, size_t len,
			 struct mistakes *mistakes)
{
	const char *problem = parser->problem ? parser->problem : "cannot be parsed";

	/* Where memory ends libyaml (0.2.5) does not always say so, but it always says the rest. */
	if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR) {
		mistake(mistakes, (struct place){1, 1}, "", "not enough memory to read the file");
		return -ENOMEM;
	}
	if (parser->error == YAML_READER_ERROR) {
		mistake(mistakes, place_of_offset(text, len, parser->problem_offset), "",
			"%s; expected text in UTF-8", problem);
		return -EINVAL;
	}
	mistake(mistakes, place_of_mark(&parser->problem_mark), "", "not YAML: %s%s%s", problem,
		parser->context ? ", " : "", parser->context ? parser->context : "");
	return -EINVAL;
}

/* What one event adds to the depth of nesting. */
static int depth_of_event(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return -1;
	default:
		return 0;
	}
}

static bool has_anchor(const yaml_event_t *event)
{
	return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
	       (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
	       (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
}

/*
 * Goes over the events up to the first mistake of any kind, which is left to the parse proper, or
 * to the end.  -EINVAL, reported, when the parse proper would take time without end.
 */
static int limit_effort(const char *text, size_t len, struct mistakes *mistakes)
{
	int depth = 0, anchors = 0, err = 0;
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return 0; /* the parse proper says it */
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!err && !end && yaml_parser_parse(&parser, &event)) {
		depth += depth_of_event(&event);
		anchors += has_anchor(&event);
		end = event.type == YAML_STREAM_END_EVENT;
		if (depth > DEPTH_MAX || anchors > ANCHORS_MAX) {
			mistake(mistakes, place_of_mark(&event.start_mark), "",
				"too many %s; expected at most %d",
				depth > DEPTH_MAX ? "levels of nesting" : "anchors",
				depth > DEPTH_MAX ? DEPTH_MAX : ANCHORS_MAX);
			err = -EINVAL;
		}
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err;
}

/* Behind the one document there must be nothing. */
static int refuse_second(yaml_parser_t *parser, const char *text, size_t len,
			 struct mistakes *mistakes)
{
	yaml_document_t second;
	yaml_node_t *root;
	int err = 0;

	if (!yaml_parser_load(parser, &second))
		return report_parser(parser, text, len, mistakes);
	root = yaml_document_get_root_node(&second);
	if (root) {
		mistake(mistakes, place_of_mark(&second.start_mark), "",
			"a second document in the file; expected one");
		err = -EINVAL;
	}
	yaml_document_delete(&second);
	return err;
}

int parse_yaml(const char *text, size_t len, yaml_document_t *document, struct mistakes *mistakes)
{
	yaml_parser_t parser;
	int err;

	err = limit_effort(text, len, mistakes);
	if (err)
		return err;
	if (!yaml_parser_initialize(&parser)) {
		mistake(mistakes, (struct place){1, 1}, "", "not enough memory to read the file");
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, document)) {
		err = report_parser(&parser, text, len, mistakes);
		goto out;
	}
	if (!yaml_document_get_root_node(document))
		goto out;
	err = refuse_second(&parser, text, len, mistakes);
	if (err)
		yaml_document_delete(document);
out:
	yaml_parser_delete(&parser);
	return err;
}

struct place place_of_node(const yaml_node_t *node)
{
	return place_of_mark(&node->start_mark);
}

bool node_is_null(const yaml_node_t *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp((const char *)node->data.scalar.value, words[i]) == 0)
			return true;
	}
	return false;
}

/* The value of the key that is the first @len bytes of @key, or NULL. */
static yaml_node_t *find_key(yaml_document_t *document, const yaml_node_t *mapping, const char *key,
			     size_t len)
{
	if (mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = yaml_document_get_node(document, pair->key);

		if (node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == len &&
		    memcmp(node->data.scalar.value, key, len) == 0)
			return yaml_document_get_node(document, pair->value);
	}
	return NULL;
}

static yaml_node_t *find_item(yaml_document_t *document, const yaml_node_t *sequence, size_t index)
{
	if (sequence->type != YAML_SEQUENCE_NODE)
		return NULL;
	if (index >=
	    (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(document, sequence->data.sequence.items.start[index]);
}

struct place place_of_path(yaml_document_t *document, const char *path)
{
	yaml_node_t *node = yaml_document_get_root_node(document);
	yaml_node_t *next = node;

	while (next && *path) {
		node = next;
		if (*path == '[') {
			next = find_item(document, node, strtoul(path + 1, NULL, 10));
			path += strcspn(path, "]");
			path += *path == ']';
		} else {
			size_t len;

			path += *path == '.';
			len = strcspn(path, ".[");
			next = find_key(document, node, path, len);
			path += len;
		}
	}
	if (next)
		node = next;
	return node ? place_of_node(node) : (struct place){1, 1};
}
