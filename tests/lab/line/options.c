/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line. Options that do something to packets are turned into the commands that do the
 * same at run time, so there is one reader for both.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct option long_options[] = {
	{"a", required_argument, NULL, 'a'},
	{"b", required_argument, NULL, 'b'},
	{"tap", no_argument, NULL, 't'},
	{"mtu", required_argument, NULL, 'm'},
	{"seed", required_argument, NULL, 's'},
	{"control", required_argument, NULL, 'c'},
	{"stdin", no_argument, NULL, 'i'},
	{"log", required_argument, NULL, 'l'},
	{"hold", required_argument, NULL, 'h'},
	{"flows", required_argument, NULL, 'f'},
	{"realtime", required_argument, NULL, 'r'},
	{"rule", required_argument, NULL, 'R'},
	{"loss", required_argument, NULL, 'L'},
	{"delay", required_argument, NULL, 'D'},
	{"rate", required_argument, NULL, 'T'},
	{"help", no_argument, NULL, 'H'},
	{NULL, 0, NULL, 0},
};

static void print_help(void)
{
	printf("line --a NS:DEV[:ADDR/LEN[,...]] --b NS:DEV[:ADDR/LEN[,...]] [OPTION...]\n"
	       "line ctl SOCKET COMMAND...\n\n"
	       "A wire between two network namespaces. `out` is from a, the near end, to b, the\n"
	       "far end; `in` is the other way. Prints \"ready\" when both ends are up.\n\n"
	       "  --tap           carry Ethernet frames instead of IP packets\n"
	       "  --mtu N         of both devices (1500)\n"
	       "  --seed N        of all random decisions (1)\n"
	       "  --control PATH  take commands on this Unix socket\n"
	       "  --stdin         take commands on standard input; its end ends the program\n"
	       "  --log FILE      one line of text per packet\n"
	       "  --hold BYTES    memory for packets that wait (64m)\n"
	       "  --flows N       how many flows are known at a time (16384)\n"
	       "  --realtime N    run with real-time priority N\n"
	       "  --rule RULE     as the command rule\n"
	       "  --loss P%%       a rule called loss, both ways\n"
	       "  --delay TIME    a rule called delay, both ways\n"
	       "  --rate BITS     a rule called rate with a queue of 256k, both ways\n\n");
	command__help(stdout);
}

static int fail(const char *option, const char *error)
{
	fprintf(stderr, "line: %s: %s\n", option, error);
	return -EINVAL;
}

static int add_command(struct options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int add_command(struct options *options, const char *format, ...)
{
	va_list args;
	int len;

	if (options->command_count == OPTIONS_COMMANDS_MAX)
		return fail("--rule", "too many");
	va_start(args, format);
	len = vasprintf(&options->command[options->command_count], format, args);
	va_end(args);
	if (len < 0)
		return fail("--rule", "out of memory");
	options->command_count++;
	return 0;
}

static int parse_number(const char *option, const char *text, __u64 min, __u64 max, __u64 *out)
{
	struct words words;
	int err = words__split(&words, text);

	if (!err)
		err = strcmp(option, "--hold") ? words__number(&words, min, max, out)
					       : words__bytes(&words, out);
	return err ? fail(option, words.error) : 0;
}

static int parse_end(struct tun_spec *spec, const char *option)
{
	char error[200];

	return tun_spec__parse(spec, optarg, error, sizeof(error)) ? fail(option, error) : 0;
}

static int parse_small(const char *option, unsigned int min, unsigned int max, unsigned int *out)
{
	__u64 value = 0;
	int err = parse_number(option, optarg, min, max, &value);

	*out = (unsigned int)value;
	return err;
}

/* Options that become commands. */
static int parse_effect(struct options *options, int option)
{
	switch (option) {
	case 'l':
		return add_command(options, "log %s", optarg);
	case 'R':
		return add_command(options, "rule %s", optarg);
	case 'L':
		return add_command(options, "rule loss loss %s", optarg);
	case 'D':
		return add_command(options, "rule delay delay %s", optarg);
	case 'T':
		return add_command(options, "rule rate rate %s queue 256k", optarg);
	default:
		return -EINVAL;
	}
}

static int parse_option(struct options *options, int option)
{
	switch (option) {
	case 'a':
		return parse_end(&options->near, "--a");
	case 'b':
		return parse_end(&options->far, "--b");
	case 't':
		options->tap = true;
		return 0;
	case 'i':
		options->standard_input = true;
		return 0;
	case 'c':
		options->control = optarg;
		return 0;
	case 'm':
		return parse_small("--mtu", 68, 65535, &options->mtu);
	case 'f':
		return parse_small("--flows", 1, 1000000, &options->flows);
	case 'r':
		return parse_small("--realtime", 1, 99, &options->realtime);
	case 's':
		return parse_number("--seed", optarg, 0, ~0ull, &options->seed);
	case 'h':
		return parse_number("--hold", optarg, 0, ~0ull, &options->hold_bytes);
	case 'H':
		print_help();
		return 1;
	default:
		return parse_effect(options, option);
	}
}

static int parse_ask(struct options *options, int argc, char **argv)
{
	char text[1024] = "";

	if (argc < 4)
		return fail("ctl", "expected SOCKET COMMAND...");
	options->ask = argv[2];
	for (int i = 3; i < argc; i++) {
		if (strlen(text) + strlen(argv[i]) + 2 > sizeof(text))
			return fail("ctl", "the command is too long");
		strcat(text, i > 3 ? " " : "");
		strcat(text, argv[i]);
	}
	return add_command(options, "%s", text);
}

int options__parse(struct options *options, int argc, char **argv)
{
	int option, err = 0;

	memset(options, 0, sizeof(*options));
	options->mtu = 1500;
	options->seed = 1;
	options->flows = 16384;
	options->hold_bytes = 64 << 20;
	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return parse_ask(options, argc, argv);
	while (!err && (option = getopt_long(argc, argv, "", long_options, NULL)) >= 0)
		err = parse_option(options, option);
	if (!err && optind < argc)
		err = fail(argv[optind], "expected an option, see --help");
	if (!err && (!options->near.device[0] || !options->far.device[0]))
		err = fail("--a, --b", "both ends have to be given, see --help");
	if (err)
		options__free(options);
	return err;
}

void options__free(struct options *options)
{
	while (options->command_count)
		free(options->command[--options->command_count]);
}
