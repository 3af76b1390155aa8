/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline completion: what a shell needs to complete our command lines.
 *
 * Without an operand, a script for bash: the tables of cmd.c, then scripts/completion.bash, which
 * the assembler takes in as it is.  With one, names of a kind, one a line, for that script.  The
 * command stands in no help: `make install` calls it, and the script.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/control_client.h"
#include "cmd.h"
#include "cmd_store.h"
#include "judge/place.h"
#include "keep/incident_read.h"

#define INCIDENTS_SHOWN 50

extern const char completion_bash_begin[], completion_bash_end[];
__asm__(".pushsection .rodata\n"
	".global completion_bash_begin, completion_bash_end\n"
	".hidden completion_bash_begin\n.hidden completion_bash_end\n"
	"completion_bash_begin:\n.incbin \"scripts/completion.bash\"\n"
	"completion_bash_end:\n.byte 0\n.popsection\n");

/* A name that would break the list into pieces is left out. */
static void print_name(const char *name)
{
	if (name && name[0] && !strpbrk(name, "\n\r\t"))
		puts(name);
}

/* The names of the running sensor under @key, which are those of the configuration, too. */
static int print_running(const struct config *config, const char *key)
{
	char *reply = NULL, why[512];
	json_t *links, *object;
	size_t len = 0, i;

	if (control_client__ask(config->control, "links", &reply, &len, why, sizeof(why)))
		return -1;
	links = json_loadb(reply, len, 0, NULL);
	free(reply);
	json_array_foreach(json_object_get(links, key), i, object)
		print_name(json_string_value(json_object_get(object, "name")));
	json_decref(links);
	return links ? 0 : -1;
}

static int print_named(const struct cmd_arguments *arguments, bool links)
{
	struct config *config;

	if (config__load(arguments->config, &config, stderr))
		return EXIT_USAGE;
	if (print_running(config, links ? "links" : "devices")) {
		for (size_t i = 0; links && i < config->link_count; i++)
			print_name(config->links[i].name);
		for (size_t i = 0; !links && i < config->device_count; i++)
			print_name(config->devices[i].name);
	}
	config__free(config);
	return EXIT_DONE;
}

static int print_links(const struct cmd_arguments *arguments)
{
	return print_named(arguments, true);
}

static int print_devices(const struct cmd_arguments *arguments)
{
	return print_named(arguments, false);
}

static int print_incidents(const struct cmd_arguments *arguments)
{
	struct incident_filter filter = {.limit = INCIDENTS_SHOWN};
	json_t *incidents = NULL, *incident;
	struct cmd_store opened;
	size_t i;
	int err, code = cmd_store__open(arguments, "completion", &opened);

	if (code)
		return code;
	err = incident_read__list(opened.store, &filter, &incidents);
	if (err)
		code = cmd_store__failed(&opened, err);
	json_array_foreach(incidents, i, incident)
		print_name(json_string_value(json_object_get(incident, "id")));
	json_decref(incidents);
	cmd_store__close(&opened);
	return code;
}

static int print_verdicts(const struct cmd_arguments *arguments)
{
	(void)arguments;
	for (enum place place = 0; place < PLACE_COUNT; place++)
		printf("%s/%s\n", side_name(place_side(place, LINK_EXTERNAL)), place_name(place));
	return EXIT_DONE;
}

static int print_script(void)
{
	puts("# bash completion for faultline, made by \"faultline completion\".");
	cmd__print_tables(stdout);
	/* cppcheck-suppress comparePointers ; both are marks in the one file that is between them */
	fwrite(completion_bash_begin, 1, (size_t)(completion_bash_end - completion_bash_begin),
	       stdout);
	return EXIT_DONE;
}

int cmd_completion(const struct cmd_arguments *arguments)
{
	static const struct {
		const char *name;
		int (*print)(const struct cmd_arguments *arguments);
	} kinds[] = {
		{"links", print_links},
		{"devices", print_devices},
		{"incidents", print_incidents},
		{"verdicts", print_verdicts},
	};

	if (!arguments->operand_count)
		return print_script();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(arguments->operands[0], kinds[i].name))
			return kinds[i].print(arguments);
	}
	fprintf(stderr,
		"faultline completion: \"%s\": expected links, devices, incidents or "
		"verdicts\n",
		arguments->operands[0]);
	return EXIT_USAGE;
}
