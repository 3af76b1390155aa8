/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence table: its rows are whole, all of them can speak, and they add up.
 */
#include "blame_stage.h"

#include <math.h>

#include "judge/confidence.h"

/* ---- the table ------------------------------------------------------------------------------- */

static void test_rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];
		bool says = false;

		assert_true(row->evidence < EVIDENCE_COUNT);
		assert_true(row->state == SYMPTOM_RAISED || row->state == SYMPTOM_NORMAL);
		assert_true(row->en && *row->en && row->ja && *row->ja);
		assert_true(row->weight[PLACE_UNKNOWN] == 0);
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
			assert_true(isfinite(row->weight[place]));
			assert_true(fabsf(row->weight[place]) <= 10);
			says |= row->weight[place] != 0;
		}
		assert_true(says);
		for (size_t j = 0; j < i; j++)
			assert_false(evidence_table[j].evidence == row->evidence &&
				     evidence_table[j].state == row->state &&
				     (!row->when || !evidence_table[j].when ||
				      row->when & evidence_table[j].when));
	}
}

/* Each symptom has a row, or it would be watched for nothing. */
static void test_every_reading_has_a_row(void **state)
{
	(void)state;
	for (unsigned evidence = 0; evidence < LINK_SYMPTOM_COUNT; evidence++) {
		bool found = false;

		for (size_t i = 0; i < evidence_table_rows; i++)
			found |= evidence_table[i].evidence == evidence &&
				 evidence_table[i].state == SYMPTOM_RAISED;
		if (!found)
			fail_msg("no row for %s", evidence_signal(evidence));
	}
}

/* Every row speaks in a scene made for it, and its text has no slot left. */
static void test_every_row_can_speak(void **state)
{
	(void)state;
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i], *spoken[EVIDENCE_ROWS_MAX];
		struct reason reason;
		struct scene scene;

		memset(&scene, 0, sizeof(scene));
		for (unsigned j = 0; j < EVIDENCE_COUNT; j++)
			scene.finding[j].subject = "it";
		scene.troubles = row->when ? row->when : TROUBLE_BIT(TROUBLE_DARK);
		scene.finding[row->evidence].state = row->state;
		scene.finding[row->evidence].value = reading_of(0.25);
		assert_int_equal(evidence__speaking(&scene, spoken, EVIDENCE_ROWS_MAX), 1);
		assert_ptr_equal(spoken[0], row);
		for (unsigned language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
			evidence__reason(&scene, row, language, &reason);
			assert_null(strchr(reason.text, '{'));
			assert_true(*reason.text);
		}
	}
}

/* An auditor who adds up the weights of an event gets the shares that were stated. */
static void test_weights_add_up(void **state)
{
	struct world *world = *state;
	const struct evidence_row *rows[EVIDENCE_ROWS_MAX];
	double sum[PLACE_COUNT] = {}, share[PLACE_COUNT], total = 0;
	struct verdict verdict;
	struct scene scene;
	size_t count;

	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.02, 0);
	verdict = blamed(world, ORDERS, &scene);
	count = evidence__speaking(&scene, rows, EVIDENCE_ROWS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct reason reason;

		evidence__reason(&scene, rows[i], LANGUAGE_EN, &reason);
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
			sum[place] += reason.weight[place];
	}
	confidence__shares(sum, share);
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		assert_true(fabs(share[place] - verdict.share[place]) < 1e-9);
		total += share[place];
	}
	assert_true(fabs(total - 1) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_every_reading_has_a_row),
		cmocka_unit_test(test_every_row_can_speak),
		TEST(test_weights_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
