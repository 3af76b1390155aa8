/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: a table of options and a table of commands, which parse and explain themselves.
 *
 * Options may stand before or after the command.  An option that a command does not take is an
 * error, as is an operand too many: a typing error must not look like success.
 */
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/duration.h"
#include "base/json_memory.h"
#include "base/log.h"

enum option_id {
	OPTION_CONFIG,
	OPTION_JSON,
	OPTION_DURATION,
	OPTION_VERBOSE,
	OPTION_DENY_HOOK,
	OPTION_RECORD,
	OPTION_LINK,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_AT,
	OPTION_TURNED_OUT,
	OPTION_EVENT,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT
};

#define TAKES(option) (1u << OPTION_##option)
/* Every command takes these. */
#define TAKES_ALWAYS (TAKES(CONFIG) | TAKES(HELP) | TAKES(VERSION) | TAKES(VERBOSE))

struct option_row {
	const char *name;
	char letter;
	const char *argument; /* NULL: takes none */
	const char *help;     /* NULL: hidden */
	int (*apply)(struct cmd_arguments *arguments, const char *value);
};

struct command_row {
	const char *name;
	const char *operands; /* for the usage line; "" none */
	int operands_max;
	unsigned takes;	     /* options, beside TAKES_ALWAYS */
	const char *summary; /* NULL: hidden */
	const char *details;
	int (*run)(const struct cmd_arguments *arguments);
};

static int apply_config(struct cmd_arguments *arguments, const char *value)
{
	arguments->config = value;
	return 0;
}

static int apply_json(struct cmd_arguments *arguments, const char *value)
{
	(void)value;
	arguments->json = true;
	return 0;
}

static int apply_duration(struct cmd_arguments *arguments, const char *value)
{
	const char *why = "it would stop before it starts";
	uint64_t duration_ns = 0;

	if (parse_duration(value, &duration_ns, &why) || !duration_ns) {
		fprintf(stderr,
			"faultline: --duration: \"%s\": %s; expected a time such as 30s, 5m or "
			"1h\n",
			value, why);
		return -EINVAL;
	}
	arguments->duration_ns = duration_ns;
	return 0;
}

static int apply_verbose(struct cmd_arguments *arguments, const char *value)
{
	(void)value;
	arguments->verbose = true;
	return 0;
}

static int apply_deny_hook(struct cmd_arguments *arguments, const char *value)
{
	if (arguments->denied_hook_count == DENIED_HOOKS_MAX) {
		fprintf(stderr, "faultline: --deny-hook: more than %d times\n", DENIED_HOOKS_MAX);
		return -E2BIG;
	}
	arguments->denied_hooks[arguments->denied_hook_count++] = value;
	return 0;
}

static int apply_link(struct cmd_arguments *arguments, const char *value)
{
	arguments->link = value;
	return 0;
}

static int apply_since(struct cmd_arguments *arguments, const char *value)
{
	arguments->since = value;
	return 0;
}

static int apply_until(struct cmd_arguments *arguments, const char *value)
{
	arguments->until = value;
	return 0;
}

static int apply_at(struct cmd_arguments *arguments, const char *value)
{
	arguments->at = value;
	return 0;
}

static int apply_turned_out(struct cmd_arguments *arguments, const char *value)
{
	arguments->turned_out = value;
	return 0;
}

static int apply_event(struct cmd_arguments *arguments, const char *value)
{
	arguments->event = value;
	return 0;
}

static int apply_record(struct cmd_arguments *arguments, const char *value)
{
	arguments->record = value;
	return 0;
}

static const struct option_row option_table[OPTION_COUNT] = {
	[OPTION_CONFIG] = {"config", 'c', "FILE", "configuration (default " CONFIG_DEFAULT_FILE ")",
			   apply_config},
	[OPTION_JSON] = {"json", 'j', NULL, "machine-readable output", apply_json},
	[OPTION_DURATION] = {"duration", 'd', "TIME", "stop after this time (30s, 5m, 1h)",
			     apply_duration},
	[OPTION_VERBOSE] = {"verbose", 'v', NULL, "say more on stderr", apply_verbose},
	[OPTION_RECORD] = {"record", 'r', "FILE", "keep what is judged in a new file",
			   apply_record},
	[OPTION_DENY_HOOK] = {"deny-hook", 0, "NAME", NULL, apply_deny_hook},
	[OPTION_LINK] = {"link", 'l', "NAME", "only with this link or device in their scope",
			 apply_link},
	[OPTION_SINCE] = {"since", 's', "TIME", "from this time on (10:32, yesterday, 2h ago, …)",
			  apply_since},
	[OPTION_UNTIL] = {"until", 'u', "TIME", "up to this time", apply_until},
	[OPTION_AT] = {"at", 'a', "TIME", "at this time (10:32:15, yesterday 10:32, …)", apply_at},
	[OPTION_TURNED_OUT] = {"turned-out", 't', "VERDICT",
			       "what it turned out to be (SIDE/PLACE)", apply_turned_out},
	[OPTION_EVENT] = {"event", 'e', "FILE", "events from a file instead (-: standard input)",
			  apply_event},
	[OPTION_HELP] = {"help", 'h', NULL, "this text", NULL},
	[OPTION_VERSION] = {"version", 'V', NULL, "the version", NULL},
};

static const struct command_row command_table[] = {
	{"run", "", 0, TAKES(JSON) | TAKES(DURATION) | TAKES(RECORD) | TAKES(DENY_HOOK),
	 "run the sensor",
	 "Runs in the foreground and logs to stderr.  On a terminal it shows the links, renewed "
	 "each\n"
	 "tick; otherwise it prints them when it stops.  With --json, events go to stdout "
	 "instead,\n"
	 "one JSON object a line.  SIGHUP reads the configuration anew, SIGTERM and SIGINT stop.\n",
	 cmd_run},
	{"links", "", 0, TAKES(JSON), "every link now, from the running sensor",
	 "Asks the running sensor over its control socket.\n", cmd_links},
	{"incidents", "", 0, TAKES(JSON) | TAKES(SINCE) | TAKES(LINK), "past and open incidents",
	 "Each takes three lines: since when, how urgent, whose fault, of which links, how long "
	 "and\n"
	 "whether it is over; its name for \"faultline explain\"; what it is.  With --json, the "
	 "last\n"
	 "event of each, one object a line.\n",
	 cmd_incidents},
	{"explain", "[ID]", 1, TAKES(JSON) | TAKES(EVENT), "one incident in full",
	 "ID is the name of an incident, the beginning of one alone, or \"last\".  Shows the "
	 "verdict,\n"
	 "every reading with its weight for each place, the sums, what happened when, notes, "
	 "earlier\n"
	 "incidents like it and what they turned out to be, and the text for the other side's\n"
	 "ticket.  With --event, the incident of the last event in FILE, or the one named ID "
	 "there.\n",
	 cmd_explain},
	{"history", "NAME", 1, TAKES(JSON) | TAKES(AT) | TAKES(SINCE) | TAKES(UNTIL),
	 "what a link or device was like at a time",
	 "Minute by minute: the state, figures against what was normal, and incidents.  TIME is\n"
	 "10:32:15 (the last time it was that), \"yesterday 10:32\", \"2026-11-22 10:32\", all in "
	 "the\n"
	 "time zone here, 2026-11-22T10:32:15Z, or 2h (before now).\n",
	 cmd_history},
	{"note", "ID TEXT", 1000, TAKES(TURNED_OUT), "add what people found out to an incident",
	 "Goes into the incident log, through the running sensor when there is one.  What an "
	 "incident\n"
	 "turned out to be is shown with later ones like it.\n",
	 cmd_note},
	{"audit", "", 0, TAKES(JSON), "is the incident log as it was written?",
	 "Verifies the chain of hashes over every event and note.  Exit code 1 when it does not "
	 "hold.\n"
	 "Who can write the file can make a new chain: keep the last hash elsewhere, too.\n",
	 cmd_audit},
	{"top", "", 0, 0, "the same, live, in a terminal",
	 "Links, incidents, devices and the host of the running sensor, and where the fault lies.\n"
	 "The key ? says which keys there are.\n",
	 cmd_top},
	{"doctor", "", 0, TAKES(JSON) | TAKES(DENY_HOOK), "what this kernel lets the sensor see",
	 "Loads and attaches every hook, says what is in use and what is lost, and removes them\n"
	 "again.  Exit code 0 when the main job can run, 3 when it cannot.\n",
	 cmd_doctor},
	{"page-test", "", 0, 0, "send a test page through every configured pager",
	 "Sends one page that says it is a test through every pager, whatever its filters, and\n"
	 "prints what each answered.  Exit code 1 when any of them did not take it.\n",
	 cmd_page_test},
	{"record", "FILE", 1, TAKES(DURATION) | TAKES(DENY_HOOK), "keep the judge's whole input",
	 "Senses like run, also beside it, and judges nothing: what a judge would see goes into "
	 "FILE,\n"
	 "compressed, for replay.  FILE must not exist, or be a pipe; \"-\" is standard output.\n",
	 cmd_record},
	{"replay", "FILE", 1, TAKES(JSON), "judge a recording",
	 "Judges what record or run --record kept, by the recording's clock, and prints the "
	 "events;\n"
	 "the same recording and configuration give the same output, byte for byte.  Without "
	 "--config\n"
	 "the configuration in the recording is in force.  \"-\" is standard input.\n",
	 cmd_replay},
	{"check", "[FILE]", 1, 0, "is the configuration valid?",
	 "Prints every mistake as FILE:LINE:COL: what is wrong and what was expected.\n",
	 cmd_check},
	{"completion", "[KIND]", 1, 0, NULL,
	 "Prints what bash needs to complete command lines; with KIND (links, devices, incidents,\n"
	 "verdicts) the names that there are.\n",
	 cmd_completion},
};

#define COMMAND_COUNT (sizeof(command_table) / sizeof(*command_table))

static bool command_takes(const struct command_row *command, enum option_id id)
{
	return ((command ? command->takes : 0) | TAKES_ALWAYS) & (1u << id);
}

static void print_options(const struct command_row *command)
{
	printf("\nOptions:\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_table[i];
		char left[40];

		if (!option->help || !command_takes(command, i))
			continue;
		snprintf(left, sizeof(left), "-%c, --%s%s%s", option->letter, option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		printf("  %-24s %s\n", left, option->help);
	}
}

static int print_help(const struct command_row *command)
{
	if (command) {
		printf("Usage: faultline %s [OPTION]...%s%s\n\n%s", command->name,
		       command->operands[0] ? " " : "", command->operands, command->details);
	} else {
		printf("Usage: faultline COMMAND [OPTION]...\n\n"
		       "Is it us, the box in between, or them?\n\nCommands:\n");
		for (size_t i = 0; i < COMMAND_COUNT; i++) {
			if (command_table[i].summary)
				printf("  %-24s %s\n", command_table[i].name,
				       command_table[i].summary);
		}
	}
	print_options(command);
	printf("\nExit codes: 0 done; 1 failed; 2 the command line or configuration is wrong;\n"
	       "3 this kernel or these privileges do not allow the main job.\n");
	return EXIT_DONE;
}

static void print_option_words(const struct command_row *command, FILE *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_table[i];

		if (option->help && command_takes(command, i))
			fprintf(out, "--%s ", option->name);
	}
}

void cmd__print_tables(FILE *out)
{
	fputs("declare -ga _faultline_commands=(", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (command_table[i].summary)
			fprintf(out, " %s", command_table[i].name);
	}
	fputs(")\ndeclare -gA _faultline_options=(\n\t[,]='", out); /* of no command */
	print_option_words(NULL, out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fprintf(out, "'\n\t[%s]='", command_table[i].name);
		print_option_words(&command_table[i], out);
	}
	fputs("')\ndeclare -gA _faultline_operands=(", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (command_table[i].operands[0])
			fprintf(out, " [%s]='%s'", command_table[i].name,
				command_table[i].operands);
	}
	fputs(")\ndeclare -gA _faultline_arguments=(", out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_table[i];

		if (!option->argument)
			continue;
		fprintf(out, " [--%s]=%s", option->name, option->argument);
		if (option->letter)
			fprintf(out, " [-%c]=%s", option->letter, option->argument);
	}
	fputs(")\n", out);
}

static const struct command_row *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(command_table[i].name, name))
			return &command_table[i];
	}
	return NULL;
}

/* getopt's own tables, made from ours; @letters holds at least 2 * OPTION_COUNT + 1. */
static void make_getopt_tables(struct option *longs, char *letters)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_table[i];

		longs[i] = (struct option){option->name,
					   option->argument ? required_argument : no_argument, NULL,
					   256 + (int)i};
		if (!option->letter)
			continue;
		*letters++ = option->letter;
		if (option->argument)
			*letters++ = ':';
	}
	longs[OPTION_COUNT] = (struct option){};
	*letters = 0;
}

static enum option_id option_of(int code)
{
	if (code >= 256)
		return code - 256;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (option_table[i].letter == code)
			return i;
	}
	return OPTION_COUNT;
}

/* Options into @arguments, which ones into @given.  0 or an exit code; getopt has said why. */
static int parse_options(int argc, char **argv, struct cmd_arguments *arguments, unsigned *given)
{
	struct option longs[OPTION_COUNT + 1];
	char letters[2 * OPTION_COUNT + 1];
	int code;

	make_getopt_tables(longs, letters);
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		enum option_id id = option_of(code);

		if (id == OPTION_COUNT) {
			fprintf(stderr, "Try \"faultline --help\".\n");
			return EXIT_USAGE;
		}
		*given |= 1u << id;
		if (option_table[id].apply && option_table[id].apply(arguments, optarg))
			return EXIT_USAGE;
	}
	arguments->operands = argv + optind + 1;
	arguments->operand_count = argc - optind - 1;
	return 0;
}

/* Does the command take what it was given?  0 or an exit code. */
static int check_arguments(const struct command_row *command, const struct cmd_arguments *arguments,
			   unsigned given)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if ((given & (1u << i)) && !command_takes(command, i)) {
			fprintf(stderr,
				"faultline %s: takes no --%s; see \"faultline %s --help\"\n",
				command->name, option_table[i].name, command->name);
			return EXIT_USAGE;
		}
	}
	if (arguments->operand_count > command->operands_max) {
		fprintf(stderr, "faultline %s: \"%s\" is one argument too many\n", command->name,
			arguments->operands[command->operands_max]);
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_config_code(int err)
{
	bool lack = err == -ENOMEM || err == -EMFILE || err == -ENFILE;

	return !err ? EXIT_DONE : lack ? EXIT_FAILED : EXIT_USAGE;
}

int cmd_main(int argc, char **argv)
{
	struct cmd_arguments arguments = {};
	const struct command_row *command;
	unsigned given = 0;
	int code;

	code = parse_options(argc, argv, &arguments, &given);
	if (code)
		return code;
	if (given & TAKES(VERSION)) {
		printf("faultline %s\n", FAULTLINE_VERSION);
		return EXIT_DONE;
	}
	if (arguments.operand_count < 0) {
		if (given & TAKES(HELP))
			return print_help(NULL);
		fprintf(stderr, "faultline: no command given; try \"faultline --help\"\n");
		return EXIT_USAGE;
	}
	command = find_command(arguments.operands[-1]);
	if (!command) {
		fprintf(stderr, "faultline: \"%s\" is no command; try \"faultline --help\"\n",
			arguments.operands[-1]);
		return EXIT_USAGE;
	}
	if (given & TAKES(HELP))
		return print_help(command);
	code = check_arguments(command, &arguments, given);
	if (code)
		return code;
	log_set_level(arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	json_memory_watch();
	code = command->run(&arguments);
	/* The sensor has told it already, when it happened. */
	if (code || !json_memory_failures() || command->run == cmd_run ||
	    command->run == cmd_record)
		return code;
	fprintf(stderr, "faultline %s: memory ran out: what was said may lack something\n",
		command->name);
	return EXIT_FAILED;
}
