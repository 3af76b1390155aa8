/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small DNS server over UDP that answers from a table, and can fail zone by zone.
 *
 *     resolver --listen 10.77.0.53:53 --names api.broker.example=198.51.100.2,db.example=10.77.0.20
 *
 * `zone NAME servfail`, `zone NAME slow`, `zone NAME silent`, `zone NAME ok` say what happens to
 * every name that ends in NAME ("." is every name); slow answers come slow_ms late. A slow answer
 * is not sent before its time and does not hold up others. Only A questions have answers, as many
 * as ANSWERS_MAX may wait.
 */
#include "lib/workload.h"

#define NAMES_MAX      64
#define ZONES_MAX      16
#define ANSWERS_MAX    256
#define FIXED_FDS      2
#define QUESTION_MAX   300
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3

enum zone_state { ZONE_OK, ZONE_SERVFAIL, ZONE_SLOW, ZONE_SILENT };

struct answer {
	__u64 due_ns; /* 0: free */
	struct sockaddr_storage to;
	socklen_t to_len;
	size_t bytes;
	unsigned char packet[QUESTION_MAX + 16];
};

static long slow_ms = 1500;
static const char *listen_text, *names_text = "";

static struct {
	char name[128];
	struct in_addr address;
} names[NAMES_MAX];
static struct {
	char name[128];
	enum zone_state state;
} zones[ZONES_MAX];
static struct answer answers[ANSWERS_MAX];
static int dns_fd = -1;

static struct {
	unsigned long questions, answered, servfail, unknown, silent, slow, dropped;
} seen;

static const struct knob knobs[] = {
	{"slow_ms", &slow_ms, "how late an answer of a slow zone is"},
	{0},
};

static const struct text_option texts[] = {
	{"listen", &listen_text, "ADDRESS:PORT"},
	{"names", &names_text, "NAME=ADDRESS,NAME=ADDRESS..."},
	{0},
};

static struct workload workload;

static void tell_truth(FILE *out)
{
	fprintf(out,
		",\"questions\":%lu,\"answered\":%lu,\"servfail\":%lu,\"unknown\":%lu,\"silent\":%"
		"lu"
		",\"slow\":%lu,\"dropped\":%lu",
		seen.questions, seen.answered, seen.servfail, seen.unknown, seen.silent, seen.slow,
		seen.dropped);
}

static int set_zone(const char *name, const char *state)
{
	static const char *const states[] = {"ok", "servfail", "slow", "silent"};
	int chosen = -1;

	for (int i = 0; i < 4; i++)
		chosen = strcmp(state, states[i]) ? chosen : i;
	if (chosen < 0 || !*name || strlen(name) >= sizeof(zones[0].name))
		return -EINVAL;
	for (int i = 0; i < ZONES_MAX; i++) {
		if (!zones[i].name[0] || !strcmp(zones[i].name, name)) {
			snprintf(zones[i].name, sizeof(zones[i].name), "%s", name);
			zones[i].state = (enum zone_state)chosen;
			return 0;
		}
	}
	return -ENOSPC;
}

static int command(const char *word, const char *rest)
{
	char name[128];
	char state[16];

	if (strcmp(word, "zone") || sscanf(rest, "%127s %15s", name, state) != 2)
		return -EINVAL;
	return set_zone(name, state);
}

/* The state of the longest zone that `name` ends in. */
static enum zone_state zone_of(const char *name)
{
	enum zone_state state = ZONE_OK;
	size_t name_len = strlen(name);
	size_t best = 0;

	for (int i = 0; i < ZONES_MAX && zones[i].name[0]; i++) {
		size_t len = strcmp(zones[i].name, ".") ? strlen(zones[i].name) : 0;

		if (len > name_len || len < best ||
		    strcasecmp(name + name_len - len, len ? zones[i].name : ""))
			continue;
		best = len;
		state = zones[i].state;
	}
	return state;
}

/* Reads NAME=ADDRESS,... Returns 0 or -EINVAL. */
static int read_names(void)
{
	const char *at = names_text;

	for (int i = 0; *at; i++) {
		char address[32];
		int used = 0;

		if (i == NAMES_MAX ||
		    sscanf(at, "%127[^=,]=%31[^,]%n", names[i].name, address, &used) != 2 ||
		    inet_pton(AF_INET, address, &names[i].address) != 1)
			return -EINVAL;
		at += used;
		at += *at == ',';
	}
	return 0;
}

/* The question's name with dots into `name`; returns the bytes of header and question, or 0. */
static size_t read_question(const unsigned char *packet, size_t bytes, char *name, size_t name_size)
{
	size_t at = 12;
	size_t used = 0;

	while (at < bytes && packet[at]) {
		size_t label = packet[at];

		if (label > 63 || at + 1 + label >= bytes || used + label + 2 > name_size)
			return 0;
		memcpy(name + used, packet + at + 1, label);
		used += label;
		name[used++] = '.';
		at += label + 1;
	}
	name[used ? used - 1 : 0] = '\0';
	return at + 5 <= bytes ? at + 5 : 0;
}

/* Makes the question in `answer` into its answer. */
static void fill_answer(struct answer *answer, size_t question_bytes, int rcode,
			const struct in_addr *address)
{
	unsigned char *packet = answer->packet;
	static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4};

	packet[2] = 0x85;
	packet[3] = (unsigned char)(0x80 | rcode);
	memset(packet + 6, 0, 6);
	answer->bytes = question_bytes;
	if (!address)
		return;
	packet[7] = 1;
	memcpy(packet + question_bytes, record, sizeof(record));
	memcpy(packet + question_bytes + sizeof(record), address, 4);
	answer->bytes += sizeof(record) + 4;
}

static struct answer *free_answer(void)
{
	for (int i = 0; i < ANSWERS_MAX; i++) {
		if (!answers[i].due_ns)
			return &answers[i];
	}
	return NULL;
}

/* Decides what becomes of the question that lies in `answer`. */
static void judge_question(struct answer *answer, ssize_t got)
{
	struct in_addr *address = NULL;
	enum zone_state state;
	size_t question_bytes;
	char name[256];
	bool is_a;

	question_bytes =
		got > 12 ? read_question(answer->packet, (size_t)got, name, sizeof(name)) : 0;
	if (!question_bytes)
		return;
	seen.questions++;
	is_a = answer->packet[question_bytes - 3] == 1 && answer->packet[question_bytes - 4] == 0;
	state = zone_of(name);
	for (int i = 0; i < NAMES_MAX && is_a; i++) {
		if (names[i].name[0] && !strcasecmp(names[i].name, name))
			address = &names[i].address;
	}
	if (state == ZONE_SILENT) {
		seen.silent++;
		return;
	}
	answer->due_ns = now_ns() + (state == ZONE_SLOW ? (__u64)slow_ms * NSEC_PER_MSEC : 0);
	seen.slow += state == ZONE_SLOW;
	if (state == ZONE_SERVFAIL) {
		seen.servfail++;
		fill_answer(answer, question_bytes, RCODE_SERVFAIL, NULL);
		return;
	}
	*(address ? &seen.answered : &seen.unknown) += 1;
	fill_answer(answer, question_bytes, address || !is_a ? 0 : RCODE_NXDOMAIN, address);
}

static void read_questions(void)
{
	for (int i = 0; i < 64; i++) {
		struct answer *answer = free_answer();
		static struct answer spare;
		ssize_t got;

		if (!answer)
			seen.dropped++;
		answer = answer ? answer : &spare;
		answer->to_len = sizeof(answer->to);
		got = recvfrom(dns_fd, answer->packet, QUESTION_MAX, 0,
			       (struct sockaddr *)&answer->to, &answer->to_len);
		if (got < 0)
			return;
		if (answer != &spare)
			judge_question(answer, got);
	}
}

/* Sends what is due; returns when the next answer is. */
static __u64 send_answers(__u64 now)
{
	__u64 next_ns = now + NSEC_PER_SEC;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		struct answer *answer = &answers[i];

		if (answer->due_ns && answer->due_ns <= now) {
			sendto(dns_fd, answer->packet, answer->bytes, 0,
			       (struct sockaddr *)&answer->to, answer->to_len);
			answer->due_ns = 0;
		} else if (answer->due_ns && answer->due_ns < next_ns) {
			next_ns = answer->due_ns;
		}
	}
	return next_ns;
}

static struct workload workload = {
	.program = "resolver",
	.knobs = knobs,
	.texts = texts,
	.command = command,
	.truth = tell_truth,
};

int main(int argc, char **argv)
{
	struct sockaddr_storage address;
	int address_len;

	if (workload__start(&workload, argc, argv))
		return 2;
	address_len = listen_text ? parse_endpoint(listen_text, &address) : -EINVAL;
	if (address_len < 0 || read_names()) {
		fprintf(stderr,
			"resolver: expected --listen ADDRESS:PORT and --names NAME=ADDRESS,...\n");
		return 2;
	}
	dns_fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dns_fd < 0 || bind(dns_fd, (struct sockaddr *)&address, (socklen_t)address_len)) {
		fprintf(stderr, "resolver: %s: cannot bind: %s\n", listen_text, strerror(errno));
		return 1;
	}
	workload__ready(&workload);
	for (;;) {
		struct pollfd fds[FIXED_FDS + 1] = {0};
		__u64 until_ns = send_answers(now_ns());

		fds[FIXED_FDS] = (struct pollfd){.fd = dns_fd, .events = POLLIN};
		if (!workload__wait(&workload, fds, FIXED_FDS + 1, until_ns))
			break;
		if (fds[FIXED_FDS].revents)
			read_questions();
	}
	workload__tell_truth(&workload);
	return 0;
}
