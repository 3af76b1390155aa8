/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How grave an incident is, and how it is put in one line.
 */
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"
#include "judge/quantity.h"

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

/* The strongest reading of which there is a number to tell. */
static const struct reason *headline(const struct incident *incident)
{
	for (size_t i = 0; i < incident->reason_count; i++) {
		const struct reason *reason = &incident->reason[i].reason;

		if (reason->value.known && *reason->unit && strncmp(reason->signal, "fate.", 5) &&
		    (reason->says == incident->place || incident->place == PLACE_UNKNOWN))
			return reason;
	}
	for (size_t i = 0; i < incident->reason_count; i++) {
		if (strcmp(incident->reason[i].reason.signal, "prior"))
			return &incident->reason[i].reason;
	}
	return NULL;
}

/* Cuts at @room bytes without leaving part of a character. */
static void cut(char *text, size_t room)
{
	size_t len = strlen(text);

	if (len < room)
		return;
	len = room - 1;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	text[len] = '\0';
}

#define SUMMARY_BYTES 140

void incident__summary(const struct incident *incident, enum config_language language,
		       char summary[INCIDENT_SUMMARY_LEN])
{
	bool ja = language == LANGUAGE_JA;
	const char *first = incident->links.count     ? incident->links.name[0]
			    : incident->devices.count ? incident->devices.name[0]
						      : "";
	const struct reason *reason = headline(incident);
	char more[32] = "", text[512];

	if (incident->place == PLACE_GATEWAY && incident->devices.count)
		first = incident->devices.name[0];
	if (incident->links.count > 1)
		snprintf(more, sizeof(more), ja ? " 他%zu" : " +%zu",
			 incident->links.count - (first == incident->links.name[0]));
	snprintf(text, sizeof(text),
		 incident->place == PLACE_UNKNOWN ? "%s%s: %s, %s"
						  : "%s%s: %s, %s (%.0f %%)%s%s%s%s",
		 first, more,
		 incident->place == PLACE_UNKNOWN
			 ? (ja ? "責任箇所は不明" : "not known whose fault")
			 : side_name(incident->side),
		 incident->place == PLACE_UNKNOWN ? (reason ? reason->text : "")
						  : place_name(incident->place),
		 incident->confidence * 100, reason ? ": " : "", reason ? reason->text : "",
		 *incident->contact && incident->side == SIDE_EXTERNAL
			 ? (ja ? "、連絡先 " : ", call ")
			 : "",
		 incident->side == SIDE_EXTERNAL ? incident->contact : "");
	cut(text, SUMMARY_BYTES);
	snprintf(summary, INCIDENT_SUMMARY_LEN, "%s", text);
}
