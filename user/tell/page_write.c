/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/page_write.h"

#include <math.h>
#include <string.h>

#include "tell/owners_json.h"
#include "tell/units.h"

#define HEAD_COLUMNS 14

/* At least this many nats lie between the verdict and what is ruled out: 50 to 1. */
#define RULED_OUT_NATS 3.9
/* A reading this weak rules nothing out. */
#define RULING_NATS 0.5
/* A figure that differs from normal by no more than this share of it is as usual. */
#define UNUSUAL_SHARE 0.2

/* Three digits that count, never an exponent. */
static void write_number(double value, const char *unit, char text[PAGE_VALUE_LEN])
{
	double size = fabs(value);

	if (size >= 99.95 || value == floor(value))
		snprintf(text, PAGE_VALUE_LEN, "%.0f%s", value, unit);
	else if (size >= 0.001)
		snprintf(text, PAGE_VALUE_LEN, "%.3g%s", value, unit);
	else
		snprintf(text, PAGE_VALUE_LEN, "%.6f%s", value, unit);
}

static void write_seconds(double value, bool japanese, char text[PAGE_VALUE_LEN])
{
	if (fabs(value) >= 120)
		write_span(value, japanese ? LANGUAGE_JA : LANGUAGE_EN, text);
	else if (fabs(value) >= 0.9995 || value == 0)
		write_number(value, japanese ? "秒" : " s", text);
	else if (fabs(value) >= 0.0009995)
		write_number(value * 1e3, japanese ? "ミリ秒" : " ms", text);
	else
		write_number(value * 1e6, japanese ? "マイクロ秒" : " us", text);
}

char *write_value(double value, const char *unit, enum config_language language,
		  char text[PAGE_VALUE_LEN])
{
	bool japanese = language == LANGUAGE_JA;
	char number[PAGE_VALUE_LEN], suffix[24];

	if (!strcmp(unit, "s")) {
		write_seconds(value, japanese, text);
	} else if (!strcmp(unit, "1")) {
		write_number(value * 100, japanese ? "%" : " %", text);
	} else if (!strcmp(unit, "%")) {
		write_number(value, japanese ? "%" : " %", text);
	} else if (!strcmp(unit, "1/s")) {
		write_number(value, japanese ? "回" : " a second", number);
		snprintf(text, PAGE_VALUE_LEN, "%s%.40s", japanese ? "毎秒" : "", number);
	} else {
		snprintf(suffix, sizeof(suffix), "%s%.20s", unit[0] ? " " : "", unit);
		write_number(value, suffix, text);
	}
	return text;
}

char *write_span(double seconds, enum config_language language, char text[PAGE_VALUE_LEN])
{
	static const struct {
		long long seconds;
		const char *words[2];
	} units[] = {{86400, {" d", "日"}},
		     {3600, {" h", "時間"}},
		     {60, {" min", "分"}},
		     {1, {" s", "秒"}}};
	bool japanese = language == LANGUAGE_JA;
	long long left = seconds > 0 && seconds < 1e12 ? llround(seconds) : 0;
	size_t len = 0, written = 0;

	for (size_t i = 0; i < 4 && written < 2; i++) {
		long long count = left / units[i].seconds;

		if (!count && !(i == 3 && !written))
			continue;
		left -= count * units[i].seconds;
		len += (size_t)snprintf(text + len, PAGE_VALUE_LEN - len, "%s%lld%s",
					written && !japanese ? " " : "", count,
					units[i].words[japanese]);
		written++;
	}
	return text;
}

char *write_when(struct timespec time, char text[PAGE_VALUE_LEN])
{
	char local[36] = "", universal[40] = "";
	struct tm here, there;

	if (!localtime_r(&time.tv_sec, &here) || !gmtime_r(&time.tv_sec, &there)) {
		snprintf(text, PAGE_VALUE_LEN, "?");
		return text;
	}
	strftime(local, sizeof(local), "%Y-%m-%d %H:%M:%S %Z", &here);
	if (!here.tm_gmtoff) {
		strftime(text, PAGE_VALUE_LEN, "%Y-%m-%d %H:%M:%S UTC", &there);
		return text;
	}
	/* The other day is said where it is another. */
	strftime(universal, sizeof(universal),
		 here.tm_mday == there.tm_mday ? "%H:%M:%S UTC" : "%Y-%m-%d %H:%M:%S UTC", &there);
	snprintf(text, PAGE_VALUE_LEN, "%s (%.24s)", local, universal);
	return text;
}

char *write_label(const struct page_writer *writer, const json_t *reading,
		  char text[PAGE_READING_LEN])
{
	const char *signal = json_text(reading, "signal"), *subject = json_text(reading, "subject");
	const char *words = signal_words(signal, writer->language);
	size_t more;

	words = words ? words : signal;
	/* The subject of the whole page need not be said again. */
	if (subject[0] && strcmp(subject, page_event__subject(writer->event, &more)) != 0)
		snprintf(text, PAGE_READING_LEN, "%.200s [%.64s]", words, subject);
	else
		snprintf(text, PAGE_READING_LEN, "%.300s", words);
	return text;
}

char *write_reading(const struct page_writer *writer, const json_t *reading,
		    char text[PAGE_READING_LEN])
{
	const json_t *value = json_object_get(reading, "value");
	const json_t *baseline = json_object_get(reading, "baseline");
	const struct page_words *words = writer->words;
	const char *unit = json_text(reading, "unit"), *sentence = json_text(reading, "text");
	char label[PAGE_READING_LEN], now[PAGE_VALUE_LEN] = "", normal[PAGE_VALUE_LEN] = "";

	if (sentence[0] && writer->language == writer->written_in) {
		snprintf(text, PAGE_READING_LEN, "%s", sentence);
		return text;
	}
	if (sentence[0] && translate_reading(reading, writer->written_in, writer->language, text))
		return text;
	write_label(writer, reading, label);
	if (!json_is_number(value)) {
		snprintf(text, PAGE_READING_LEN, "%s", label);
		return text;
	}
	write_value(json_number_value(value), unit, writer->language, now);
	if (json_is_number(baseline))
		write_value(json_number_value(baseline), unit, writer->language, normal);
	snprintf(text, PAGE_READING_LEN, "%.180s%s%.40s%s%s%.40s%s", label, words->colon, now,
		 normal[0] ? words->parenthesis[0] : "", normal[0] ? words->normal_brief : "",
		 normal, normal[0] ? words->parenthesis[1] : "");
	return text;
}

void write_names(const struct page_writer *writer, const json_t *names, size_t max)
{
	size_t count = json_array_size(names), shown = count > max ? max : count;

	for (size_t i = 0; i < shown; i++) {
		const char *name = json_string_value(json_array_get(names, i));

		fprintf(writer->out, "%s%s", i ? writer->words->listed : "", name ? name : "?");
	}
	if (count > shown) {
		fputc(' ', writer->out);
		fprintf(writer->out, writer->words->and_more, count - shown);
	}
}

void write_processes(const struct page_writer *writer)
{
	size_t count = json_array_size(writer->event->processes);

	for (size_t i = 0; i < count && i < 4; i++) {
		const json_t *process = json_array_get(writer->event->processes, i);
		char place[OWNER_TEXT_LEN];

		fprintf(writer->out, "%s%s[%" JSON_INTEGER_FORMAT "]%s",
			i ? writer->words->listed : "", json_text(process, "comm"),
			json_integer_value(json_object_get(process, "pid")),
			owner_text(process, place));
	}
	if (count > 4) {
		fputc(' ', writer->out);
		fprintf(writer->out, writer->words->and_more, count - 4);
	}
}

void write_head(const struct page_writer *writer, const char *label)
{
	size_t columns = text_columns(label) + text_columns(writer->words->colon);

	fprintf(writer->out, "%s%s", label, writer->words->colon);
	for (; columns < HEAD_COLUMNS; columns++)
		fputc(' ', writer->out);
}

void write_hit(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	const json_t *connections =
		json_object_get(json_object_get(event->clean, "impact"), "connections");
	const struct {
		const char *label;
		const json_t *names;
	} lists[] = {{words->links, event->links},
		     {words->devices, event->devices},
		     {words->peers, event->peers}};
	const char *between = "";

	for (size_t i = 0; i < 3; i++) {
		if (!json_array_size(lists[i].names))
			continue;
		fprintf(writer->out, "%s%s ", between, lists[i].label);
		write_names(writer, lists[i].names, 4);
		between = "; ";
	}
	if (json_is_integer(connections)) {
		fprintf(writer->out, "%s%s %" JSON_INTEGER_FORMAT, between, words->connections,
			json_integer_value(connections));
		between = "; ";
	}
	if (json_array_size(event->processes)) {
		fprintf(writer->out, "%s%s ", between, words->processes);
		write_processes(writer);
		between = "; ";
	}
	if (!between[0])
		fputs(event->host, writer->out);
}

bool write_others(const struct page_writer *writer)
{
	const char *text =
		json_text(json_object_get(writer->event->clean, "impact"), "other_links");
	unsigned normal, all;

	if (!text[0])
		return false;
	if (sscanf(text, "%u of %u others normal", &normal, &all) == 2)
		fprintf(writer->out, writer->words->others_normal, normal, all);
	else
		fputs(text, writer->out);
	return true;
}

bool is_unusual(const json_t *reading)
{
	const json_t *value = json_object_get(reading, "value");
	const json_t *baseline = json_object_get(reading, "baseline");
	double now = json_number_value(value), normal = json_number_value(baseline);

	if (!json_is_number(value) || now == 0)
		return false;
	return !json_is_number(baseline) || fabs(now - normal) > UNUSUAL_SHARE * fabs(normal);
}

bool is_symptom(const json_t *reading)
{
	const json_t *symptom = json_object_get(reading, "symptom");

	return symptom ? json_is_true(symptom) : is_unusual(reading);
}

bool is_prior(const json_t *reading)
{
	return !strcmp(json_text(reading, "signal"), "prior");
}

size_t find_symptoms(const struct page_event *event, const json_t **found, size_t max)
{
	const json_t *const lists[] = {event->evidence, event->against};
	json_t *reading;
	size_t count = 0, i;

	for (size_t list = 0; list < 2; list++) {
		json_array_foreach(lists[list], i, reading) {
			const json_t *weight = json_object_get(reading, "weight");

			/* What speaks against the verdict is said as that. */
			if (list &&
			    (!json_object_get(reading, "symptom") || json_number_value(weight) < 0))
				continue;
			if (count < max && is_symptom(reading))
				found[count++] = reading;
		}
	}
	return count;
}

/* ---- what is ruled out ------------------------------------------------------------------- */

struct place_sum {
	bool weighed;
	double sum, strongest; /* strongest: the lowest weight of a single reading */
	const json_t *reading;
};

static void add_weights(const json_t *readings, struct place_sum sums[PLACE_COUNT])
{
	json_t *reading, *weight;
	const char *key;
	size_t i;

	json_array_foreach(readings, i, reading) {
		json_object_foreach(json_object_get(reading, "weights"), key, weight) {
			const char *name = strchr(key, '/');
			enum place place = place_by_name(name ? name + 1 : key);
			struct place_sum *sum = &sums[place];

			sum->weighed = true;
			sum->sum += json_number_value(weight);
			if (json_number_value(weight) < sum->strongest && !is_prior(reading)) {
				sum->strongest = json_number_value(weight);
				sum->reading = reading;
			}
		}
	}
}

size_t find_ruled_out(const struct page_event *event, struct ruled_out found[RULED_OUT_MAX])
{
	struct place_sum sums[PLACE_COUNT] = {};
	size_t count = 0;

	add_weights(event->evidence, sums);
	add_weights(event->against, sums);
	while (count < RULED_OUT_MAX) {
		struct place_sum *lowest = NULL;

		for (int place = 0; place < PLACE_UNKNOWN; place++) {
			struct place_sum *sum = &sums[place];

			if (sum->weighed && place != (int)event->place && sum->reading &&
			    sum->strongest <= -RULING_NATS &&
			    sum->sum <= sums[event->place].sum - RULED_OUT_NATS &&
			    (!lowest || sum->sum < lowest->sum))
				lowest = sum;
		}
		if (!lowest)
			break;
		found[count++] = (struct ruled_out){(enum place)(lowest - sums), lowest->reading};
		lowest->weighed = false;
	}
	return count;
}
