/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge's sentences in the other language.
 *
 * An event carries them in the configuration's language alone.  The evidence table has each of them
 * in both: the row is found again by its signal and by the sentence it makes of the same figures.
 */
#include <stdlib.h>
#include <string.h>

#include "judge/evidence.h"
#include "tell/page_write.h"

static struct reading number_of(const json_t *number)
{
	return (struct reading){.known = json_is_number(number),
				.value = json_number_value(number)};
}

bool translate_reading(const json_t *reading, enum config_language from, enum config_language to,
		       char text[PAGE_READING_LEN])
{
	const char *sentence = json_text(reading, "text"), *signal = json_text(reading, "signal");
	struct scene *scene = calloc(1, sizeof(*scene));
	struct finding finding = {
		.value = number_of(json_object_get(reading, "value")),
		.baseline = number_of(json_object_get(reading, "baseline")),
		.subject = json_text(reading, "subject"),
	};
	bool found = false;

	for (size_t i = 0; scene && !found && i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];
		struct reason reason;

		if (strcmp(evidence_signal(row->evidence), signal) != 0)
			continue;
		scene->finding[row->evidence] = finding;
		evidence__reason(scene, row, from, &reason);
		found = !strcmp(reason.text, sentence);
		if (!found)
			continue;
		evidence__reason(scene, row, to, &reason);
		snprintf(text, PAGE_READING_LEN, "%s", reason.text);
	}
	free(scene);
	return found;
}
