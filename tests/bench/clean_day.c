/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Days of trading made of a minute of recorded clean traffic, judged at once: what is opened is a
 * false alarm.
 *
 * The recording is played again and again, each time from where the counters of the time before
 * ended.  What came between two samples is multiplied by the load of the hour, so that counters and
 * durations keep the proportions that were recorded.  The days are those of a week, beginning with
 * Monday (shapes[] below): ordinary ones with half the load at night, an open of ten to twenty
 * times the load for minutes and a close of five, a Monday whose open is the sharpest, a half day,
 * a quiet Friday, a weekend of a twentieth that ends with an early open.  Each day draws its own
 * figures. Gauges and the ages of things stay as they were recorded; facts and changes are left
 * out, and counters of the host begin anew with each round.  Durations do not grow with the load,
 * so this is a test of counting, learning and forgetting, and not of a host that is short of
 * anything.
 *
 * Usage: clean_day [--days N] [--seed N] [--open TIMES] RECORDING
 * --open makes every open that sharp.  Exit: 0 without a page, 1 with one.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "judge/judge.h"
#include "keep/recording.h"

#define LINKS_MAX   64
#define DEVICES_MAX 64
#define DAY_S	    86400
#define SECOND_NS   1000000000ULL
#define WALL_S	    1793577600LL /* Monday, 2 November 2026; sessions are by the wall clock */

struct shape {
	const char *name;
	double night, day;	   /* of the recorded load */
	double open_from, open_to; /* how many times it is at the open, drawn from … to */
	double close_times;
	double begin_h, open_h, end_h; /* of the busy hours, and when the open is */
};

static const struct shape shapes[7] = {
	{"Monday", 0.5, 1.2, 15, 20, 5, 7, 9, 18},     {"Tuesday", 0.5, 1, 10, 20, 5, 7, 9, 18},
	{"Wednesday", 0.5, 1, 10, 20, 5, 7, 9, 18},    {"half day", 0.5, 0.8, 10, 20, 3, 7, 9, 13},
	{"quiet Friday", 0.3, 0.3, 3, 6, 2, 8, 9, 17}, {"Saturday", 0.05, 0.05, 1, 1, 1, 7, 9, 8},
	{"Sunday", 0.05, 0.5, 2, 4, 1, 22, 22, 24},
};

/* A total that goes on over all rounds: what it was at the last sample, and what was made of it. */
struct total {
	double before, made;
};

struct day_link {
	char name[128];
	struct total counter[PEER_COUNTER_COUNT];
	struct total bucket[HIST_OPERATION_COUNT][HIST_BUCKETS];
	struct peer total;
	struct hist_set *hists;
	struct peer_sample peers[PEERS_SAMPLED];
};

struct day {
	struct config *config;
	struct judge *judge;
	struct day_link link[LINKS_MAX];
	size_t link_count;
	struct link_sample links[LINKS_MAX];
	struct device_sample devices[DEVICES_MAX];
	struct sample sample;
	uint64_t first_ns, last_ns, begin_ns, shift_ns; /* of the recording; of the days */
	const struct shape *shape;
	double open_times, open_s, load;
	double open_always; /* 0: as drawn */
	uint64_t seed, samples, pages, opened;
	bool first; /* of a round */
};

/* splitmix64 (Steele, Lea and Flood, 2014); in 0 ... 1. */
static double draw(struct day *day)
{
	uint64_t bits = day->seed += 0x9e3779b97f4a7c15ULL;

	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
	return (double)((bits ^ (bits >> 31)) >> 11) / 9007199254740992.0;
}

static void on_incident(void *context, const struct incident_event *event)
{
	struct day *day = context;

	if (event->change != INCIDENT_OPEN)
		return;
	day->opened++;
	day->pages += event->severity == SEVERITY_PAGE;
	printf("# after %.2f h at load %.1f: %s of severity %d\n",
	       (double)(day->sample.time_ns - day->begin_ns) / 3.6e12, day->load, event->id,
	       (int)event->severity);
}

/* Goes on by what came since the last sample, times @load; a round's first sample brings nothing.
 */
static double go_on(const struct day *day, struct total *total, double now, double load)
{
	if (!day->first && now > total->before)
		total->made += (now - total->before) * load;
	else if (!total->made)
		total->made = now;
	total->before = now;
	return floor(total->made);
}

static uint64_t moved(const struct day *day, uint64_t time_ns)
{
	return time_ns ? time_ns + day->shift_ns : 0;
}

static struct day_link *find_link(struct day *day, const char *name)
{
	struct day_link *link;

	for (size_t i = 0; i < day->link_count; i++) {
		if (!strcmp(day->link[i].name, name))
			return &day->link[i];
	}
	if (day->link_count == LINKS_MAX)
		return NULL;
	link = &day->link[day->link_count++];
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->hists = hist_set__new();
	return link->hists ? link : NULL;
}

static void make_hists(struct day *day, struct day_link *link, const struct hist_set *recorded)
{
	for (unsigned operation = 0; operation < HIST_OPERATION_COUNT; operation++) {
		const struct hist *from = hist_set__at(recorded, operation);
		struct hist *hist = from ? hist_set__use(link->hists, operation) : NULL;

		if (!hist)
			continue;
		hist->count = 0;
		for (unsigned i = 0; i < HIST_BUCKETS; i++) {
			hist->bucket[i] = (uint32_t)go_on(day, &link->bucket[operation][i],
							  from->bucket[i], day->load);
			hist->count += hist->bucket[i];
		}
		hist->sum_ns = from->sum_ns;
		hist->max_ns = from->max_ns;
	}
}

static int make_link(struct day *day, const struct link_sample *recorded, struct link_sample *made)
{
	struct day_link *link = find_link(day, recorded->name);
	struct peer *total;

	if (!link)
		return -1;
	*made = *recorded;
	total = &link->total;
	*total = *recorded->total;
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		total->counter[i] = (uint64_t)go_on(day, &link->counter[i],
						    (double)recorded->total->counter[i], day->load);
	total->first_seen_ns = moved(day, total->first_seen_ns);
	total->last_seen_ns = moved(day, total->last_seen_ns);
	total->last_data_ns = moved(day, total->last_data_ns);
	total->last_ack_ns = moved(day, total->last_ack_ns);
#define MOVE_FIELD(name, meaning) total->name = moved(day, total->name);
	PEER_OLDEST(MOVE_FIELD)
#undef MOVE_FIELD
	if (recorded->hists)
		make_hists(day, link, recorded->hists);
	for (size_t i = 0; i < recorded->peer_count && i < PEERS_SAMPLED; i++) {
		link->peers[i] = recorded->peers[i];
		link->peers[i].last_data_ns = moved(day, link->peers[i].last_data_ns);
		link->peers[i].last_ack_ns = moved(day, link->peers[i].last_ack_ns);
	}
	made->peers = link->peers;
	made->name = link->name;
	made->total = total;
	made->hists = recorded->hists ? link->hists : NULL;
	return 0;
}

/* How much more there is to do than when it was recorded, at @s seconds of a day. */
static double load_at(const struct day *day, double s)
{
	const struct shape *shape = day->shape;
	double hour = s / 3600, busy = shape->day * (1 + 0.5 * sin(hour));

	if (s >= shape->open_h * 3600 && s < shape->open_h * 3600 + day->open_s)
		return day->open_times;
	if (hour < shape->begin_h || hour >= shape->end_h)
		return shape->night;
	return hour >= shape->end_h - 0.05 ? shape->close_times : busy;
}

static int take(struct day *day, const struct sample *recorded)
{
	struct sample *sample = &day->sample;
	double s;

	if (!day->first_ns)
		day->begin_ns = day->first_ns = recorded->time_ns;
	day->last_ns = recorded->time_ns;
	*sample = *recorded;
	sample->time_ns += day->shift_ns;
	sample->census_ns = moved(day, sample->census_ns);
	s = (double)((sample->time_ns - day->begin_ns) / SECOND_NS % DAY_S);
	sample->wall.tv_sec = WALL_S + (time_t)((sample->time_ns - day->begin_ns) / SECOND_NS);
	day->load = load_at(day, s);
	if (recorded->link_count > LINKS_MAX || recorded->device_count > DEVICES_MAX)
		return -1;
	for (size_t i = 0; i < recorded->link_count; i++) {
		if (make_link(day, &recorded->links[i], &day->links[i]))
			return -1;
	}
	for (size_t i = 0; i < recorded->device_count; i++) {
		day->devices[i] = recorded->devices[i];
		day->devices[i].neighbour.since_ns = moved(day, day->devices[i].neighbour.since_ns);
		day->devices[i].neighbour.mac_changed_ns =
			moved(day, day->devices[i].neighbour.mac_changed_ns);
	}
	sample->links = day->links;
	sample->devices = day->devices;
	sample->fact_count = 0;
	sample->change_count = 0;
	day->first = false;
	day->samples++;
	return judge__take(day->judge, sample);
}

static int begin_judge(struct day *day, struct recording_reader *reader)
{
	struct judge_options options = {.host = "clean", .sink = on_incident, .context = day};
	const char *name, *text;
	size_t len;

	text = recording_reader__config(reader, &name, &len);
	if (config__parse(name, text, len, &day->config, stderr))
		return -1;
	options.config = day->config;
	day->judge = judge__new(&options);
	return day->judge ? 0 : -1;
}

/* The recording once more. */
static int play(struct day *day, const char *path)
{
	struct recording_reader *reader = NULL;
	enum recording_item item = RECORDING_END;
	FILE *in = fopen(path, "rb");
	char why[512] = "cannot be opened";
	int err = in ? recording_reader__new(in, &reader, why, sizeof(why)) : -1;

	day->first = true;
	while (!err) {
		err = recording_reader__next(reader, &item, why, sizeof(why));
		if (err || item == RECORDING_END)
			break;
		if (item == RECORDING_CONFIG)
			err = day->judge ? 0 : begin_judge(day, reader);
		else
			err = day->judge ? take(day, recording_reader__sample(reader)) : -1;
	}
	if (err)
		fprintf(stderr, "clean_day: %s: %s\n", path, why);
	recording_reader__free(reader);
	day->shift_ns += day->last_ns - day->first_ns + SECOND_NS;
	return err;
}

/* The next day, with figures of its own. */
static void begin_day(struct day *day, unsigned long number)
{
	const struct shape *shape = &shapes[number % (sizeof(shapes) / sizeof(*shapes))];

	day->shape = shape;
	day->open_times = shape->open_from + (shape->open_to - shape->open_from) * draw(day);
	day->open_s = 60 + 240 * draw(day);
	if (day->open_always && shape->open_from > 1)
		day->open_times = day->open_always;
	printf("# day %lu, %s: an open of %.1f times the load for %.0f s\n", number + 1,
	       shape->name, day->open_times, day->open_s);
}

static int read_options(int argc, char **argv, struct day *day, unsigned long *days)
{
	static const struct option options[] = {
		{"days", required_argument, NULL, 'd'},
		{"seed", required_argument, NULL, 's'},
		{"open", required_argument, NULL, 'o'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			*days = strtoul(optarg, NULL, 10);
		else if (option == 's')
			day->seed = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			day->open_always = strtod(optarg, NULL);
		else
			return -1;
	}
	return optind + 1 == argc && *days && *days <= 31 && day->open_always >= 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned long days = 1, today = 0;
	struct day *day = calloc(1, sizeof(*day));

	if (!day)
		return 1;
	day->seed = 1;
	if (read_options(argc, argv, day, &days)) {
		fprintf(stderr,
			"usage: clean_day [--days N] [--seed N] [--open TIMES] RECORDING\n");
		return 2;
	}
	printf("# seed %llu\n", (unsigned long long)day->seed);
	while (day->shift_ns < days * DAY_S * SECOND_NS) {
		if (!today || day->shift_ns >= today * DAY_S * SECOND_NS)
			begin_day(day, today++);
		if (play(day, argv[optind]))
			return 1;
	}
	printf("%lu days, %llu samples, %zu links: %llu opened, %llu pages\n", days,
	       (unsigned long long)day->samples, day->link_count, (unsigned long long)day->opened,
	       (unsigned long long)day->pages);
	judge__free(day->judge);
	config__free(day->config);
	for (size_t i = 0; i < day->link_count; i++)
		hist_set__free(day->link[i].hists);
	return day->pages ? 1 : 0;
}
