/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges a recording with a part of the evidence table taken away, to see how much rests on it.
 *
 * A reading is a signal in a state: "process.stopped" raised, "rtt" normal.  A silent one has no
 * say at all, as if nobody had ever thought of it.  A coarse one loses what somebody may have
 * adjusted: each weight becomes the middle of its class on the scale of Kass and Raftery (Bayes
 * factors, 1995), in natural logarithms 0.5 under 1, 2 under 3, 4 under 5, and 6.  A blunt one
 * keeps only its directions: no weight is beyond 1.  Whatever else the judge does stays as it is,
 * also that it notices the trouble.  The sensor itself has no such switch: the linker puts
 * __wrap_evidence__speaking() of this file before the judge's own function (see the Makefile).
 *
 * Usage: rejudge [--silent READING | --coarse READING | --blunt READING]... FILE
 *        rejudge --table
 * The first prints events as `replay --json` does, the second every reading with its weights.
 * READING is SIGNAL+ (raised) or SIGNAL- (normal).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "judge/evidence.h"

#define BLUNT	 1.0F
#define ROWS_MAX 512

enum way {
	WAY_SILENT,
	WAY_COARSE,
	WAY_BLUNT,
	WAY_COUNT,
};

static const char *const options[WAY_COUNT] = {"--silent", "--coarse", "--blunt"};

/* By way, evidence and state: raised, normal. */
static bool taken[WAY_COUNT][EVIDENCE_COUNT][2];
static struct evidence_row made[WAY_COUNT][ROWS_MAX];

size_t __real_evidence__speaking(const struct scene *scene, const struct evidence_row **rows,
				 size_t room);
size_t __wrap_evidence__speaking(const struct scene *scene, const struct evidence_row **rows,
				 size_t room);

static bool of_state(const bool set[2], enum symptom_state state)
{
	return (state == SYMPTOM_RAISED && set[0]) || (state == SYMPTOM_NORMAL && set[1]);
}

size_t __wrap_evidence__speaking(const struct scene *scene, const struct evidence_row **rows,
				 size_t room)
{
	struct scene heard = *scene;
	size_t count;

	for (unsigned i = 0; i < EVIDENCE_COUNT; i++) {
		if (of_state(taken[WAY_SILENT][i], scene->finding[i].state))
			heard.finding[i].state = SYMPTOM_NOT_OBSERVED;
	}
	count = __real_evidence__speaking(&heard, rows, room);
	for (size_t i = 0; i < count; i++) {
		const struct evidence_row *row = rows[i];

		for (unsigned way = WAY_COARSE; way < WAY_COUNT; way++) {
			if (of_state(taken[way][row->evidence], row->state))
				rows[i] = &made[way][row - evidence_table];
		}
	}
	return count;
}

/* The middle of a class: hardly worth a word, positive, strong, very strong. */
static float coarse(float weight)
{
	float size = fabsf(weight);

	if (!weight)
		return 0;
	return copysignf(size < 1 ? 0.5F : size < 3 ? 2 : size < 5 ? 4 : 6, weight);
}

static int make_rows(void)
{
	if (evidence_table_rows > ROWS_MAX) {
		fprintf(stderr, "rejudge: more than %d rows\n", ROWS_MAX);
		return -1;
	}
	for (size_t i = 0; i < evidence_table_rows; i++) {
		made[WAY_COARSE][i] = made[WAY_BLUNT][i] = evidence_table[i];
		for (unsigned place = 0; place < PLACE_COUNT; place++) {
			float weight = evidence_table[i].weight[place];

			made[WAY_COARSE][i].weight[place] = coarse(weight);
			made[WAY_BLUNT][i].weight[place] = fmaxf(-BLUNT, fminf(BLUNT, weight));
		}
	}
	return 0;
}

/* Marks a reading; "prior" is none, for without it there is no verdict. */
static int mark(bool set[EVIDENCE_COUNT][2], const char *reading)
{
	size_t len = strlen(reading);
	char signal[64];
	unsigned evidence;

	if (len < 2 || len > sizeof(signal) || !strchr("+-", reading[len - 1]))
		return -1;
	memcpy(signal, reading, len - 1);
	signal[len - 1] = '\0';
	evidence = evidence_by_signal(signal);
	if (evidence == EVIDENCE_COUNT || evidence == EVIDENCE_OF_FATE(FATE_PRIOR))
		return -1;
	set[evidence][reading[len - 1] == '-'] = true;
	return 0;
}

static void print_table(void)
{
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];

		printf("{\"reading\": \"%s%c\", \"weights\": {", evidence_signal(row->evidence),
		       row->state == SYMPTOM_RAISED ? '+' : '-');
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
			printf("%s\"%s\": %g", place ? ", " : "", place_name(place),
			       (double)row->weight[place]);
		printf("}}\n");
	}
}

int main(int argc, char **argv)
{
	char *operands[1] = {NULL};
	struct cmd_arguments arguments = {.json = true, .operand_count = 1, .operands = operands};

	if (argc == 2 && !strcmp(argv[1], "--table")) {
		print_table();
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		unsigned way = 0;

		while (way < WAY_COUNT && strcmp(argv[i], options[way]) != 0)
			way++;
		if (way == WAY_COUNT) {
			operands[0] = argv[i];
		} else if (++i == argc || mark(taken[way], argv[i])) {
			fprintf(stderr, "rejudge: %s: no such reading\n", i < argc ? argv[i] : "");
			return 2;
		}
	}
	if (!operands[0]) {
		fprintf(stderr, "usage: rejudge [--silent READING]... FILE\n");
		return 2;
	}
	return make_rows() ? 1 : cmd_replay(&arguments);
}
