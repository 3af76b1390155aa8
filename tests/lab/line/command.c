/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands, as a table that drives both running and help. Every command answers with one line,
 * so that a reader in any language knows when the answer is complete.
 */
#include "command.h"

#include <errno.h>
#include <string.h>

#include "packet_log.h"
#include "report.h"
#include "tun.h"
#include "wire.h"

static int run_rule(struct wire *wire, struct words *words, FILE *out)
{
	(void)out;
	return rule_set__put(wire__rules(wire), words, clock_ns());
}

static int run_remove(struct wire *wire, struct words *words, FILE *out)
{
	const char *name = words__take(words, "the rule's name");
	int err;

	(void)out;
	if (!name)
		return -EINVAL;
	err = words__end(words);
	if (!err && rule_set__remove(wire__rules(wire), name))
		err = words__fail(words, "\"%s\": there is no rule of that name", name);
	return err;
}

static int run_clear(struct wire *wire, struct words *words, FILE *out)
{
	int err = words__end(words);

	(void)out;
	if (!err)
		rule_set__clear(wire__rules(wire));
	return err;
}

static int run_list(struct wire *wire, struct words *words, FILE *out)
{
	int err = words__end(words);

	if (err)
		return err;
	report__print_rules(wire, out);
	return 0;
}

static int run_report(struct wire *wire, struct words *words, FILE *out)
{
	bool flows = words__accept(words, "flows");
	int err = words__end(words);

	if (err)
		return err;
	report__print(wire, flows, out);
	return 0;
}

static int run_reset(struct wire *wire, struct words *words, FILE *out)
{
	struct rule rule = {0};
	int err = rule__parse_reset(&rule, words);

	if (err)
		return err;
	fprintf(out, "{\"flows\":%u}", wire__reset(wire, &rule));
	return 0;
}

static int run_log(struct wire *wire, struct words *words, FILE *out)
{
	const char *path = words__take(words, "a file, or off");
	int err;

	(void)out;
	if (!path)
		return -EINVAL;
	err = words__end(words);
	if (err)
		return err;
	if (!strcmp(path, "off")) {
		packet_log__close(wire__log(wire));
		return 0;
	}
	err = packet_log__open(wire__log(wire), path);
	return err ? words__fail(words, "%s: cannot write: %s", path, strerror(-err)) : 0;
}

static int run_seed(struct wire *wire, struct words *words, FILE *out)
{
	__u64 seed = 0;
	int err = words__number(words, 0, ~0ull, &seed);

	(void)out;
	if (!err)
		err = words__end(words);
	if (!err)
		rule_set__seed(wire__rules(wire), seed);
	return err;
}

static int run_carrier(struct wire *wire, struct words *words, FILE *out)
{
	bool near = words__accept(words, "near"), on;
	int err;

	(void)out;
	if (!near && !words__accept(words, "far"))
		return words__fail(words, "expected near or far, then on or off");
	on = words__accept(words, "on");
	if (!on && !words__accept(words, "off"))
		return words__fail(words, "expected on or off");
	err = words__end(words);
	if (err)
		return err;
	err = tun__set_carrier(wire__end(wire, near ? OUT : IN), on);
	return err ? words__fail(words, "cannot set the carrier: %s", strerror(-err)) : 0;
}

static int run_quit(struct wire *wire, struct words *words, FILE *out)
{
	(void)wire;
	(void)out;
	return words__end(words) ? -EINVAL : 1;
}

static int run_help(struct wire *wire, struct words *words, FILE *out);

static const struct command {
	const char *name, *arguments, *about;
	int (*run)(struct wire *wire, struct words *words, FILE *out);
} commands[] = {
	{"rule", "NAME [out|in|both] [MATCH...] ACTION", "adds a rule, or replaces it in place",
	 run_rule},
	{"remove", "NAME", "removes a rule", run_remove},
	{"clear", "", "removes all rules", run_clear},
	{"list", "", "the rules with their counts", run_list},
	{"report", "[flows]", "what the line did, exactly", run_report},
	{"reset", "near|far|both [ttl N] [MATCH...]", "forges RSTs for all live matching flows",
	 run_reset},
	{"log", "FILE|off", "one line of text per packet", run_log},
	{"seed", "N", "restarts the random streams of all rules", run_seed},
	{"carrier", "near|far on|off", "sets the carrier of that end's device", run_carrier},
	{"quit", "", "ends the program", run_quit},
	{"help", "", "names the commands", run_help},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int run_help(struct wire *wire, struct words *words, FILE *out)
{
	(void)wire;
	if (words__end(words))
		return -EINVAL;
	for (unsigned int i = 0; i < COMMANDS; i++)
		fprintf(out, "%s%s", i ? " " : "ok: ", commands[i].name);
	return 0;
}

void command__help(FILE *out)
{
	fprintf(out, "COMMAND:\n");
	for (unsigned int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %-37s %s\n", commands[i].name, commands[i].arguments,
			commands[i].about);
	rule__help(out);
}

/* Errors quote the author's words, which may hold anything. */
static void print_error(const char *command, const char *error, FILE *out)
{
	fprintf(out, "error: %s%s", command, *command ? ": " : "");
	for (; *error; error++)
		fputc((unsigned char)*error < ' ' ? '?' : *error, out);
	fputc('\n', out);
}

int command__run(struct wire *wire, const char *text, FILE *out)
{
	struct words words;
	unsigned int i;
	long before;
	int err;

	if (strpbrk(text, "\"\\")) {
		print_error("", "quotes and backslashes have no meaning here", out);
		return -EINVAL;
	}
	err = words__split(&words, text);
	if (!err && !words.count)
		err = words__fail(&words, "empty command, see help");
	if (err) {
		print_error("", words.error, out);
		return err;
	}
	for (i = 0; i < COMMANDS && strcmp(commands[i].name, words.word[0]); i++)
		;
	if (i == COMMANDS) {
		words__fail(&words, "\"%.60s\": unknown command, see help", words.word[0]);
		print_error("", words.error, out);
		return -EINVAL;
	}
	words.at = 1;
	before = ftell(out);
	err = commands[i].run(wire, &words, out);
	if (err < 0)
		print_error(commands[i].name, words.error, out);
	else
		fprintf(out, "%s\n", ftell(out) == before ? "ok" : "");
	return err;
}
