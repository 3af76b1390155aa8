/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "judge/quantity.h"

static const char *const fate_signals[] = {
#define FATE_READING_SIGNAL(name, signal) [FATE_##name] = signal,
	FATE_READINGS(FATE_READING_SIGNAL)
#undef FATE_READING_SIGNAL
};

const char *evidence_signal(unsigned evidence)
{
	if (evidence < LINK_SYMPTOM_COUNT)
		return link_symptom_signal(evidence);
	evidence -= LINK_SYMPTOM_COUNT;
	if (evidence < HOST_SYMPTOM_COUNT)
		return host_symptom_signal(evidence);
	return fate_signals[evidence - HOST_SYMPTOM_COUNT];
}

unsigned evidence_by_signal(const char *signal)
{
	unsigned evidence = 0;

	while (evidence < EVIDENCE_COUNT && strcmp(evidence_signal(evidence), signal))
		evidence++;
	return evidence;
}

const char *evidence_unit(unsigned evidence)
{
	if (evidence < LINK_SYMPTOM_COUNT)
		return link_symptom_unit(evidence);
	evidence -= LINK_SYMPTOM_COUNT;
	if (evidence < HOST_SYMPTOM_COUNT)
		return host_symptom_unit(evidence);
	switch ((enum fate_reading)(evidence - HOST_SYMPTOM_COUNT)) {
	case FATE_ACKS:
	case FATE_DATA:
	case FATE_ECHO:
	case FATE_WHOLE:
		return "s";
	default:
		return "";
	}
}

enum trouble trouble_of_link(enum link_symptom symptom)
{
	switch (symptom) {
	case SYMPTOM_PENDING:
	case SYMPTOM_SILENCE:
	case SYMPTOM_ACK_MISSING:
	case SYMPTOM_STUCK_SOCKETS:
	case SYMPTOM_UNANSWERED:
	case SYMPTOM_LOSS_FULL:
		return TROUBLE_DARK;
	case SYMPTOM_RESETS_IN:
	case SYMPTOM_RESETS_ODD:
	case SYMPTOM_REFUSED:
	case SYMPTOM_UNREACHABLE:
		return TROUBLE_REFUSED;
	case SYMPTOM_LOSS:
	case SYMPTOM_LOSS_IN:
	case SYMPTOM_REORDER:
	case SYMPTOM_CHECKSUM:
		return TROUBLE_LOSSY;
	case SYMPTOM_RTT:
	case SYMPTOM_RESPONSE:
	case SYMPTOM_RESPONSE_TAIL:
	case SYMPTOM_CONNECT_TIME:
	case SYMPTOM_WINDOW_THEIRS:
		return TROUBLE_SLOW;
	case SYMPTOM_PICKUP:
	case SYMPTOM_UNREAD:
	case SYMPTOM_WINDOW_OURS:
	case SYMPTOM_ACCEPT_QUEUE:
	case SYMPTOM_DATAGRAM_DROPS:
		return TROUBLE_WAITING;
	case SYMPTOM_RESETS_OUT:
	case SYMPTOM_LOCAL_FAILURE:
	case SYMPTOM_NO_DESCRIPTORS:
	case SYMPTOM_NO_PORTS:
	case SYMPTOM_NO_ROUTE:
	case SYMPTOM_NO_MEMORY:
	case SYMPTOM_DROPS_OWN:
		return TROUBLE_LOCAL;
	default:
		return TROUBLE_COUNT;
	}
}

enum trouble trouble_of_host(enum host_symptom symptom)
{
	switch (symptom) {
	case HOST_SYMPTOM_CARRIER:
	case HOST_SYMPTOM_SWITCHED_OFF:
	case HOST_SYMPTOM_NEIGHBOUR:
		return TROUBLE_DARK;
	case HOST_SYMPTOM_STOPPED:
	case HOST_SYMPTOM_DISK_WAIT:
	case HOST_SYMPTOM_THROTTLED:
		return TROUBLE_WAITING;
	case HOST_SYMPTOM_SOCKETS_REFUSED:
		return TROUBLE_LOCAL;
	case HOST_SYMPTOM_NAMES_SILENT:
	case HOST_SYMPTOM_NAMES_FAIL:
	case HOST_SYMPTOM_NAMES_SLOW:
	case HOST_SYMPTOM_NAMES_RETRY:
		return TROUBLE_NAMES;
	default:
		return TROUBLE_COUNT;
	}
}

static double width(const struct evidence_row *row)
{
	double low = row->weight[0], high = row->weight[0];

	for (unsigned place = 1; place < PLACE_UNKNOWN; place++) {
		low = fmin(low, row->weight[place]);
		high = fmax(high, row->weight[place]);
	}
	return high - low;
}

static bool speaks(const struct scene *scene, const struct evidence_row *row)
{
	return scene->finding[row->evidence].state == row->state &&
	       (!row->when || row->when & scene->troubles);
}

/* The row of the same group that already speaks. */
static size_t of_group(const struct evidence_row **rows, size_t count, unsigned group)
{
	for (size_t i = 0; group && i < count; i++) {
		if (rows[i]->group == group)
			return i;
	}
	return SIZE_MAX;
}

size_t evidence__speaking(const struct scene *scene, const struct evidence_row **rows, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];
		size_t rival;

		if (!speaks(scene, row))
			continue;
		rival = of_group(rows, count, row->group);
		if (rival == SIZE_MAX && count < room)
			rows[count++] = row;
		else if (rival != SIZE_MAX && width(row) > width(rows[rival]))
			rows[rival] = row;
	}
	return count;
}

void evidence__sum(const struct evidence_row *const *rows, size_t count, double sum[PLACE_COUNT])
{
	for (unsigned place = 0; place < PLACE_COUNT; place++)
		sum[place] = 0;
	for (size_t i = 0; i < count; i++) {
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
			sum[place] += rows[i]->weight[place];
	}
}

/* Appends what fits. */
static size_t append(char *text, size_t room, size_t len, const char *what, size_t what_len)
{
	if (what_len > room - 1 - len)
		what_len = room - 1 - len;
	memcpy(text + len, what, what_len);
	text[len + what_len] = '\0';
	return len + what_len;
}

static const char *unknown_word(enum config_language language)
{
	return language == LANGUAGE_JA ? "不明" : "not known";
}

static void fill_in(const char *template, const struct reason *reason,
		    enum config_language language, char *text, size_t room)
{
	char value[QUANTITY_LEN], baseline[QUANTITY_LEN];
	const struct {
		const char *slot, *with;
	} slots[] = {
		{"{value}", reason->value.known
				    ? quantity_text(reason->value.value, reason->unit, value)
				    : unknown_word(language)},
		{"{baseline}", reason->baseline.known ? quantity_text(reason->baseline.value,
								      reason->unit, baseline)
						      : unknown_word(language)},
		{"{subject}", reason->subject},
	};
	size_t len = 0;

	text[0] = '\0';
	while (*template) {
		size_t i, plain = strcspn(template + 1, "{") + 1;

		for (i = 0; i < 3; i++) {
			if (!strncmp(template, slots[i].slot, strlen(slots[i].slot)))
				break;
		}
		if (i < 3) {
			len = append(text, room, len, slots[i].with, strlen(slots[i].with));
			template += strlen(slots[i].slot);
		} else {
			len = append(text, room, len, template, plain);
			template += plain;
		}
	}
}

void evidence__reason(const struct scene *scene, const struct evidence_row *row,
		      enum config_language language, struct reason *reason)
{
	const struct finding *finding = &scene->finding[row->evidence];

	*reason = (struct reason){
		.signal = evidence_signal(row->evidence),
		.subject = finding->subject,
		.value = finding->value,
		.baseline = finding->baseline,
		.unit = evidence_unit(row->evidence),
		.says = PLACE_PEER_APP,
		.symptom = row->state == SYMPTOM_RAISED &&
			   row->evidence < LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT,
	};
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		reason->weight[place] = row->weight[place];
		if (row->weight[place] > row->weight[reason->says])
			reason->says = place;
	}
	fill_in(language == LANGUAGE_JA ? row->ja : row->en, reason, language, reason->text,
		sizeof(reason->text));
}
