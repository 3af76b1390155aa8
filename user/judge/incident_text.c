/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How grave an incident is, and how it is put in one line.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"

/* So many losses are felt by whoever waits for what was lost behind them. */
#define LOSS_PAGE 0.003
/* Twice the usual and five milliseconds more is felt by people and programs; less is for the day.
 */
#define SLOW_PAGE   2.0
#define SLOW_PAGE_S 0.005

static bool raised(const struct link_view *link, enum link_symptom symptom)
{
	return link->symptom[symptom]->state == SYMPTOM_RAISED;
}

static bool much_slower(const struct link_view *link, enum link_symptom which)
{
	const struct symptom *symptom = link->symptom[which];

	return symptom->state == SYMPTOM_RAISED &&
	       (!symptom->baseline.known ||
		(symptom->value.value >= SLOW_PAGE * symptom->baseline.value &&
		 symptom->value.value >= symptom->baseline.value + SLOW_PAGE_S));
}

static bool loses_much(const struct link_view *link)
{
	static const enum link_symptom losses[] = {SYMPTOM_LOSS, SYMPTOM_LOSS_IN, SYMPTOM_CHECKSUM,
						   SYMPTOM_REORDER, SYMPTOM_LOSS_FULL};

	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		if (raised(link, losses[i]) && link->symptom[losses[i]]->value.value >= LOSS_PAGE)
			return true;
	}
	return false;
}

/* Customers who break off their own connections hurt nobody else. */
static bool only_they_broke_off(const struct link_view *link)
{
	return link->inbound && link->troubles == TROUBLE_BIT(TROUBLE_REFUSED);
}

/* Connections that our application threw away on purpose or not, while it goes on. */
static bool only_we_broke_off(const struct link_view *link)
{
	if (link->troubles != TROUBLE_BIT(TROUBLE_LOCAL))
		return false;
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		if (i != SYMPTOM_RESETS_OUT && raised(link, i))
			return false;
	}
	return raised(link, SYMPTOM_RESETS_OUT);
}

enum severity suspicion__severity(const struct view *view, const struct suspicion *suspicion)
{
	const struct link_view *link;
	unsigned grave = TROUBLE_BIT(TROUBLE_DARK) | TROUBLE_BIT(TROUBLE_REFUSED) |
			 TROUBLE_BIT(TROUBLE_WAITING) | TROUBLE_BIT(TROUBLE_LOCAL) |
			 TROUBLE_BIT(TROUBLE_NAMES);

	if (suspicion->of.link == SIZE_MAX)
		return SEVERITY_PAGE;
	link = &view->links[suspicion->of.link];
	if (!link->in_session || only_we_broke_off(link))
		return SEVERITY_TICKET;
	if (only_they_broke_off(link))
		return SEVERITY_INFO;
	if (suspicion->verdict.troubles & grave || loses_much(link) ||
	    much_slower(link, SYMPTOM_RESPONSE) || much_slower(link, SYMPTOM_RESPONSE_TAIL) ||
	    much_slower(link, SYMPTOM_RTT) || much_slower(link, SYMPTOM_CONNECT_TIME) ||
	    raised(link, SYMPTOM_WINDOW_THEIRS))
		return SEVERITY_PAGE;
	return SEVERITY_TICKET;
}

/* What is wrong, the strongest sign of it first; without one, whatever was read. */
static const struct reason *headline(const struct incident *incident)
{
	for (size_t i = 0; i < incident->reason_count; i++) {
		if (incident->reason[i].reason.symptom)
			return &incident->reason[i].reason;
	}
	for (size_t i = 0; i < incident->reason_count; i++) {
		if (strcmp(incident->reason[i].reason.signal, "prior"))
			return &incident->reason[i].reason;
	}
	return NULL;
}

// clang-format off
static const struct {
	const char *en, *ja;
} place_words[] = {
	[PLACE_PEER_APP] = {"far application", "相手先アプリ"},
	[PLACE_PEER_HOST] = {"far host", "相手先ホスト"},
	[PLACE_PATH] = {"the line", "回線・経路"},
	[PLACE_NAME] = {"names of the far end", "相手先の名前解決"},
	[PLACE_GATEWAY] = {"gateway", "ゲートウェイ"},
	[PLACE_NIC] = {"interface or cable", "NIC・ケーブル"},
	[PLACE_MIDDLEBOX] = {"a box in between", "中間装置"},
	[PLACE_RESOLVER] = {"DNS server", "DNSサーバー"},
	[PLACE_APP] = {"our application", "自社アプリ"},
	[PLACE_CPU] = {"our CPU", "自ホストのCPU"},
	[PLACE_MEMORY] = {"our memory", "自ホストのメモリ"},
	[PLACE_DISK] = {"our disk", "自ホストのディスク"},
	[PLACE_KERNEL_NET] = {"our kernel or its rules", "自ホストのカーネル・設定"},
	[PLACE_CAPACITY] = {"our capacity", "自ホストの処理能力"},
	[PLACE_UNKNOWN] = {"not known whose fault", "責任箇所は不明"},
}, side_words[] = {
	[SIDE_UNKNOWN] = {"unknown", "不明"},
	[SIDE_EXTERNAL] = {"external", "社外"},
	[SIDE_INFRA] = {"infra", "中間設備"},
	[SIDE_INTERNAL] = {"internal", "自社"},
};
// clang-format on

/* The bytes of the character at @text, and how many columns it takes on a screen. */
static size_t character(const char *text, size_t *columns)
{
	size_t len = 1;

	while (((unsigned char)text[len] & 0xc0) == 0x80)
		len++;
	*columns = (unsigned char)*text >= 0xe2 ? 2 : 1;
	return len;
}

static size_t columns_of(const char *text)
{
	size_t all = 0, columns;

	for (; *text; all += columns)
		text += character(text, &columns);
	return all;
}

/* Appends what fits of a text into @room columns of its own; what is left out shows as dots. */
static void append(char summary[INCIDENT_SUMMARY_LEN], const char *text, size_t room)
{
	size_t len = strlen(summary), left = INCIDENT_SUMMARY_LEN - 1 - len, columns;
	bool all = columns_of(text) <= room && strlen(text) <= left;

	if (!all && (room < 3 || left < 3))
		return;
	room -= all ? 0 : 3;
	left -= all ? 0 : 3;
	while (*text) {
		size_t bytes = character(text, &columns);

		if (columns > room || bytes > left)
			break;
		memcpy(summary + len, text, bytes);
		len += bytes;
		left -= bytes;
		room -= columns;
		text += bytes;
	}
	memcpy(summary + len, all ? "" : "...", all ? 1 : 4);
}

/* Whose fault, since when; of one that is over, for how long it was. */
static void write_verdict(const struct incident *incident, bool ja, enum incident_change change,
			  struct timespec time, char *text, size_t room)
{
	double sure = incident->confidence * 100;
	const char *place = ja ? place_words[incident->place].ja : place_words[incident->place].en;
	const char *side = ja ? side_words[incident->side].ja : side_words[incident->side].en;
	long long lasted_s = (long long)(time.tv_sec - incident->began.tv_sec);
	char whose[128], clock[16];
	struct tm utc;

	/* Nothing is told as certain. */
	if (incident->place == PLACE_UNKNOWN)
		snprintf(whose, sizeof(whose), "%s", place);
	else
		snprintf(whose, sizeof(whose), ja ? "%s（%s、%.0f%%）" : "%s (%s, %.0f %%)", place,
			 side, sure > 99 ? 99 : sure);
	if (change == INCIDENT_RESOLVE) {
		snprintf(text, room, ja ? "復旧、継続 %lld 秒。%s" : "over after %lld s: %s",
			 lasted_s > 0 ? lasted_s : 0, whose);
		return;
	}
	gmtime_r(&incident->began.tv_sec, &utc);
	strftime(clock, sizeof(clock), "%H:%M", &utc);
	snprintf(text, room, ja ? "%s、%s UTC から" : "%s since %s UTC", whose, clock);
}

/* What the incident is about: a gateway's name before the links behind it. */
static void write_subject(const struct incident *incident, bool ja, char *text, size_t room)
{
	bool device = incident->devices.count &&
		      (!incident->links.count || incident->place == PLACE_GATEWAY);
	const struct names *names = device ? &incident->devices : &incident->links;
	size_t more = incident->links.count - (device ? 0 : 1);
	const char *format = device ? (ja ? "%.64s（接続 %zu 本）" : "%.64s (%zu links)")
				    : (ja ? "%.64s 他%zu" : "%.64s +%zu");

	if (!names->count)
		snprintf(text, room, "%s", ja ? "自ホスト" : "host");
	else if (more)
		snprintf(text, room, format, names->name[0], more);
	else
		snprintf(text, room, "%.64s", names->name[0]);
}

/*
 * Whom to call: as many parts of the contact, as commas divide it, as fit.  A telephone number is
 * whole, or it is not there.
 */
static void write_call(const char *contact, bool ja, size_t columns, char *text, size_t room)
{
	char *comma;

	if (*contact)
		snprintf(text, room, "%s%s", ja ? "、連絡先 " : ", call ", contact);
	while (columns_of(text) > columns) {
		comma = strrchr(text, ',');
		*(comma ? comma : text) = '\0';
	}
}

/* So much of a line is for what is wrong. */
#define READING_COLUMNS 18

void incident__summary(const struct incident *incident, enum config_language language,
		       enum incident_change change, struct timespec time,
		       char summary[INCIDENT_SUMMARY_LEN])
{
	bool ja = language == LANGUAGE_JA, over = change == INCIDENT_RESOLVE;
	const struct reason *reason = over ? NULL : headline(incident);
	char subject[128], verdict[192], call[192] = "";
	size_t used;

	write_subject(incident, ja, subject, sizeof(subject));
	write_verdict(incident, ja, change, time, verdict, sizeof(verdict));
	summary[0] = '\0';
	append(summary, subject, 36);
	append(summary, ": ", 2);
	append(summary, verdict, 72);
	used = columns_of(summary) + (reason ? READING_COLUMNS + 2 : 0);
	if (!over && incident->side == SIDE_EXTERNAL && used < SUMMARY_COLUMNS)
		write_call(incident->contact, ja, SUMMARY_COLUMNS - used, call, sizeof(call));
	used = columns_of(summary) + columns_of(call) + 2;
	if (reason && used < SUMMARY_COLUMNS) {
		append(summary, ": ", 2);
		append(summary, reason->text, SUMMARY_COLUMNS - used);
	}
	append(summary, call, SUMMARY_COLUMNS);
}

/* Letters and digits of a name, for an id. */
static void slug(const char *name, char *text, size_t room)
{
	size_t len = 0;

	for (; *name && len + 1 < room; name++) {
		if (isalnum((unsigned char)*name) || *name == '_')
			text[len++] = *name;
		else if (len && text[len - 1] != '-')
			text[len++] = '-';
	}
	while (len && text[len - 1] == '-')
		len--;
	text[len] = '\0';
}

void incident__name(struct incident *incident, struct timespec time, unsigned number)
{
	char when[32], name[48];
	struct tm utc;

	gmtime_r(&time.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &utc);
	slug(incident->lead, name, sizeof(name));
	snprintf(incident->id, sizeof(incident->id), "%s-%s-%u", when, *name ? name : "host",
		 number);
}
