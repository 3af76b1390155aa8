/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of the configuration file: which keys there are, of which type, and where each lands.
 */
#ifndef FAULTLINE_CONFIG_SCHEMA_H
#define FAULTLINE_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What libcyaml fills: text as it stands in the file, NULL where a key was left out.  The words of
 * an enumeration are stored as their value plus one, so that 0 says that the key was left out.
 */
#define RAW_WORD(value)	    ((value) + 1)
#define RAW_VALUE(word)	    ((word)-1)
#define RAW_OR(word, other) ((word) ? RAW_VALUE(word) : (other))

struct raw_link {
	char *name;
	uint32_t kind; /* enum link_kind */
	char **endpoints;
	uint32_t endpoints_count;
	uint16_t *local_ports;
	uint32_t local_ports_count;
	char **via;
	uint32_t via_count;
	char *process;
	bool feed;
	char *silence_after;
	char *session;
	char *owner;
	char *contact;
};

struct raw_device {
	char *name;
	char *address;
	uint32_t side; /* enum side */
};

struct raw_only {
	char *owner;
	char *link;
	uint32_t side;	   /* enum side */
	uint32_t severity; /* index of severity_words */
};

struct raw_pager {
	uint32_t type; /* enum pager_type */
	char *url;
	char *url_file;
	char *routing_key_file;
	char *secret_file;
	char *api_key_file;
	char **command;
	uint32_t command_count;
	struct raw_only *only;
	uint32_t language; /* enum config_language */
};

struct raw_config {
	char *interval;
	uint32_t scope; /* enum config_scope */
	char *state_dir;
	char *control;
	char *control_group;
	char *listen;
	char *false_pages;
	uint32_t language; /* enum config_language */
	struct raw_link *links;
	uint32_t links_count;
	struct raw_device *devices;
	uint32_t devices_count;
	struct raw_pager *pagers;
	uint32_t pagers_count;
};

#define SCHEMA_FIELDS_MAX 32 /* keys that one mapping may have */

extern const cyaml_schema_value_t config_schema;

/* The word of a schema's enumeration for a stored value; the value must be one of them. */
const char *kind_word(uint32_t raw);
const char *side_word(uint32_t raw);
const char *severity_word(uint32_t raw);
const char *pager_type_word(uint32_t raw);

#endif
