/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as the rest of the program sees it: parsed, checked, with defaults filled in.
 */
#ifndef FAULTLINE_CONFIG_H
#define FAULTLINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/address.h"

#define CONFIG_DEFAULT_FILE "/etc/faultline/faultline.yaml"
#define CONFIG_CONTROL_NAME "/control.sock" /* behind state_dir, unless control: says where */

enum config_scope { SCOPE_HOST, SCOPE_ALL };
enum config_language { LANGUAGE_EN, LANGUAGE_JA };
enum link_kind { LINK_EXTERNAL, LINK_INFRA, LINK_INTERNAL };
enum side { SIDE_UNKNOWN, SIDE_EXTERNAL, SIDE_INFRA, SIDE_INTERNAL };
enum pager_type {
	PAGER_ALERTMANAGER,
	PAGER_PAGERDUTY,
	PAGER_SLACK,
	PAGER_WEBHOOK,
	PAGER_EXEC,
	PAGER_SYSLOG,
	PAGER_DATADOG,
};

/* A weekly window of local time, as "Mon-Fri 22:30-05:00 Asia/Tokyo". */
struct session_window {
	uint8_t days;	       /* bit 0: Monday … bit 6: Sunday, the days on which it begins */
	uint16_t begin_minute; /* of the day, 0 … 1439 */
	uint16_t end_minute;   /* at or before begin_minute: of the next day */
	char *zone;	       /* IANA name */
};

/*
 * What belongs to a link: connections to its endpoints and connections from outside to its local
 * ports.  It has at least one of either; with both it is the union.
 */
struct config_link {
	char *name;
	enum link_kind kind;
	struct endpoint *endpoints;
	size_t endpoint_count;
	uint16_t *local_ports; /* host order; links that customers connect to */
	size_t local_port_count;
	char **via; /* names of devices, nearest first */
	size_t via_count;
	char *process; /* NULL: any */
	bool feed;
	uint64_t silence_after_ns;	/* of a feed; 0: learned */
	struct session_window *session; /* NULL: always in session */
	char *owner;			/* NULL: none */
	char *contact;			/* NULL: none */
};

struct config_device {
	char *name;
	struct address address;
	enum side side; /* SIDE_INFRA unless said */
};

struct config_pager {
	enum pager_type type;
	char *url;	/* NULL unless the type has one */
	char *url_file; /* a secret is never in the configuration itself */
	char *routing_key_file;
	char *secret_file;
	char *api_key_file;
	char **command; /* exec: NULL-terminated argument vector */
	struct {
		char *owner, *link, *severity; /* NULL: any; severity: "page", "ticket" or "info" */
		bool side_set;
		enum side side;
	} only;
	bool language_set;
	enum config_language language;
};

struct config {
	uint64_t interval_ns;
	enum config_scope scope;
	char *state_dir;
	char *control;	     /* path of the control socket */
	char *control_group; /* group that may open it; NULL: root alone */
	char *listen;	     /* one address and port for parse_endpoint(); "": no HTTP server */
	double false_pages_per_day;
	enum config_language language;
	struct config_link *links;
	size_t link_count;
	struct config_device *devices;
	size_t device_count;
	struct config_pager *pagers;
	size_t pager_count;
};

/*
 * Reads and checks @path.  Every mistake found is written to @errors, one line each, as
 * "FILE:LINE:COL: what is wrong and what was expected".  @path NULL means the default file, and
 * the defaults alone when that does not exist.
 *
 * Returns 0 and a configuration in *config that the caller frees with config__free(); -EINVAL when
 * the content is wrong; another -errno when the file cannot be read (also said on @errors).
 */
int config__load(const char *path, struct config **config, FILE *errors);

/*
 * The same, and the file's content in *text, @len bytes and a NUL, which the caller frees; an empty
 * one when there is no file.
 */
int config__load_text(const char *path, struct config **config, char **text, size_t *len,
		      FILE *errors);

/* The same from memory; @name stands for the file in messages. */
int config__parse(const char *name, const char *text, size_t len, struct config **config,
		  FILE *errors);

void config__free(struct config *config);

const char *link_kind_name(enum link_kind kind); /* "external", "infra", "internal" */
const char *side_name(enum side side);		 /* "external", … "unknown" */

#endif
