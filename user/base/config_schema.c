/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of the configuration file, written down once as a libcyaml schema.
 *
 * The same tables drive libcyaml, which fills the structures, and config_walk.c, which looks for
 * mistakes and tells the keys and words that are allowed.  The limits on numbers of entries are far
 * above what a host needs; they keep a broken file from costing memory without end.
 */
#include "base/config_schema.h"

#include "base/config.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define LINKS_MAX     1024
#define ENDPOINTS_MAX 1024
#define PORTS_MAX     1024
#define DEVICES_MAX   256
#define VIA_MAX	      16
#define PAGERS_MAX    64
#define COMMAND_MAX   64

#define NAME_MAX_BYTES	  63
#define TEXT_MAX_BYTES	  256
#define PATH_MAX_BYTES	  1024
#define PROCESS_MAX_BYTES 15 /* TASK_COMM_LEN without the zero byte */

#define OPTIONAL      CYAML_FLAG_OPTIONAL
#define OPTIONAL_LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL_STR)
#define OPTIONAL_WORD (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

#define TEXT(key, flags, type, min, max) CYAML_FIELD_STRING_PTR(#key, flags, type, key, min, max)
#define WORD(key, flags, type, words) \
	CYAML_FIELD_ENUM(#key, flags, type, key, words, COUNT_OF(words))
#define LIST(key, flags, type, entry, min, max) \
	CYAML_FIELD_SEQUENCE(#key, flags, type, key, &entry, min, max)

static const cyaml_strval_t scope_words[] = {
	{"host", RAW_WORD(SCOPE_HOST)},
	{"all", RAW_WORD(SCOPE_ALL)},
};

static const cyaml_strval_t language_words[] = {
	{"en", RAW_WORD(LANGUAGE_EN)},
	{"ja", RAW_WORD(LANGUAGE_JA)},
};

static const cyaml_strval_t kind_words[] = {
	{"external", RAW_WORD(LINK_EXTERNAL)},
	{"infra", RAW_WORD(LINK_INFRA)},
	{"internal", RAW_WORD(LINK_INTERNAL)},
};

/* A device is always someone's; only a verdict can be unknown. */
static const cyaml_strval_t device_side_words[] = {
	{"external", RAW_WORD(SIDE_EXTERNAL)},
	{"infra", RAW_WORD(SIDE_INFRA)},
	{"internal", RAW_WORD(SIDE_INTERNAL)},
};

static const cyaml_strval_t side_words[] = {
	{"external", RAW_WORD(SIDE_EXTERNAL)},
	{"infra", RAW_WORD(SIDE_INFRA)},
	{"internal", RAW_WORD(SIDE_INTERNAL)},
	{"unknown", RAW_WORD(SIDE_UNKNOWN)},
};

static const cyaml_strval_t severity_words[] = {
	{"page", RAW_WORD(0)},
	{"ticket", RAW_WORD(1)},
	{"info", RAW_WORD(2)},
};

static const cyaml_strval_t pager_type_words[] = {
	{"alertmanager", RAW_WORD(PAGER_ALERTMANAGER)},
	{"pagerduty", RAW_WORD(PAGER_PAGERDUTY)},
	{"slack", RAW_WORD(PAGER_SLACK)},
	{"webhook", RAW_WORD(PAGER_WEBHOOK)},
	{"exec", RAW_WORD(PAGER_EXEC)},
	{"syslog", RAW_WORD(PAGER_SYSLOG)},
	{"datadog", RAW_WORD(PAGER_DATADOG)},
};

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX_BYTES),
};

/* An argument of a command may be empty. */
static const cyaml_schema_value_t argument_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, PATH_MAX_BYTES),
};

static const cyaml_schema_value_t port_entry = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t),
};

static const cyaml_schema_field_t link_fields[] = {
	TEXT(name, CYAML_FLAG_DEFAULT, struct raw_link, 1, NAME_MAX_BYTES),
	WORD(kind, CYAML_FLAG_STRICT, struct raw_link, kind_words),
	LIST(endpoints, OPTIONAL | CYAML_FLAG_POINTER, struct raw_link, text_entry, 1,
	     ENDPOINTS_MAX),
	LIST(local_ports, OPTIONAL | CYAML_FLAG_POINTER, struct raw_link, port_entry, 1, PORTS_MAX),
	LIST(via, OPTIONAL | CYAML_FLAG_POINTER, struct raw_link, text_entry, 0, VIA_MAX),
	TEXT(process, OPTIONAL, struct raw_link, 1, PROCESS_MAX_BYTES),
	CYAML_FIELD_BOOL("feed", OPTIONAL, struct raw_link, feed),
	TEXT(silence_after, OPTIONAL, struct raw_link, 1, TEXT_MAX_BYTES),
	TEXT(session, OPTIONAL, struct raw_link, 1, TEXT_MAX_BYTES),
	TEXT(owner, OPTIONAL, struct raw_link, 1, NAME_MAX_BYTES),
	TEXT(contact, OPTIONAL, struct raw_link, 1, TEXT_MAX_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t link_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_link, link_fields),
};

static const cyaml_schema_field_t device_fields[] = {
	TEXT(name, CYAML_FLAG_DEFAULT, struct raw_device, 1, NAME_MAX_BYTES),
	TEXT(address, CYAML_FLAG_DEFAULT, struct raw_device, 1, TEXT_MAX_BYTES),
	WORD(side, OPTIONAL_WORD, struct raw_device, device_side_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t device_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_device, device_fields),
};

static const cyaml_schema_field_t only_fields[] = {
	TEXT(owner, OPTIONAL, struct raw_only, 1, NAME_MAX_BYTES),
	TEXT(link, OPTIONAL, struct raw_only, 1, TEXT_MAX_BYTES),
	WORD(side, OPTIONAL_WORD, struct raw_only, side_words),
	WORD(severity, OPTIONAL_WORD, struct raw_only, severity_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t pager_fields[] = {
	WORD(type, CYAML_FLAG_STRICT, struct raw_pager, pager_type_words),
	TEXT(url, OPTIONAL, struct raw_pager, 1, PATH_MAX_BYTES),
	TEXT(url_file, OPTIONAL, struct raw_pager, 1, PATH_MAX_BYTES),
	TEXT(routing_key_file, OPTIONAL, struct raw_pager, 1, PATH_MAX_BYTES),
	TEXT(secret_file, OPTIONAL, struct raw_pager, 1, PATH_MAX_BYTES),
	TEXT(api_key_file, OPTIONAL, struct raw_pager, 1, PATH_MAX_BYTES),
	LIST(command, OPTIONAL | CYAML_FLAG_POINTER, struct raw_pager, argument_entry, 1,
	     COMMAND_MAX),
	CYAML_FIELD_MAPPING_PTR("only", OPTIONAL, struct raw_pager, only, only_fields),
	WORD(language, OPTIONAL_WORD, struct raw_pager, language_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t pager_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_pager, pager_fields),
};

static const cyaml_schema_field_t config_fields[] = {
	TEXT(interval, OPTIONAL, struct raw_config, 1, TEXT_MAX_BYTES),
	WORD(scope, OPTIONAL_WORD, struct raw_config, scope_words),
	TEXT(state_dir, OPTIONAL, struct raw_config, 1, PATH_MAX_BYTES),
	TEXT(control, OPTIONAL, struct raw_config, 1, PATH_MAX_BYTES),
	TEXT(control_group, OPTIONAL, struct raw_config, 1, NAME_MAX_BYTES),
	TEXT(listen, OPTIONAL, struct raw_config, 0, TEXT_MAX_BYTES),
	TEXT(false_pages, OPTIONAL, struct raw_config, 1, TEXT_MAX_BYTES),
	WORD(language, OPTIONAL_WORD, struct raw_config, language_words),
	LIST(links, OPTIONAL_LIST, struct raw_config, link_entry, 0, LINKS_MAX),
	LIST(devices, OPTIONAL_LIST, struct raw_config, device_entry, 0, DEVICES_MAX),
	LIST(pagers, OPTIONAL_LIST, struct raw_config, pager_entry, 0, PAGERS_MAX),
	CYAML_FIELD_END,
};

_Static_assert(COUNT_OF(link_fields) <= SCHEMA_FIELDS_MAX, "config_walk() has no room for links");
_Static_assert(COUNT_OF(device_fields) <= SCHEMA_FIELDS_MAX, "nor for devices");
_Static_assert(COUNT_OF(pager_fields) <= SCHEMA_FIELDS_MAX, "nor for pagers");
_Static_assert(COUNT_OF(only_fields) <= SCHEMA_FIELDS_MAX, "nor for what they are limited to");
_Static_assert(COUNT_OF(config_fields) <= SCHEMA_FIELDS_MAX, "nor for the top");

const cyaml_schema_value_t config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, config_fields),
};

static const char *word_of(const cyaml_strval_t *words, size_t count, uint32_t raw)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i].val == raw)
			return words[i].str;
	}
	return NULL;
}

const char *kind_word(uint32_t raw)
{
	return word_of(kind_words, COUNT_OF(kind_words), raw);
}

const char *side_word(uint32_t raw)
{
	return word_of(side_words, COUNT_OF(side_words), raw);
}

const char *severity_word(uint32_t raw)
{
	return word_of(severity_words, COUNT_OF(severity_words), raw);
}

const char *pager_type_word(uint32_t raw)
{
	return word_of(pager_type_words, COUNT_OF(pager_type_words), raw);
}
