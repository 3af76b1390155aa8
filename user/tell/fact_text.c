/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/fact_text.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"

/* By the kernel's numbers, from one on. */
static const char *const tcp_state_name[] = {
	"?",	 "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",    "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT",	"LAST_ACK", "LISTEN",	"CLOSING",   "NEW_SYN_RECV",
};

static const char *state_name(unsigned state)
{
	return state < sizeof(tcp_state_name) / sizeof(*tcp_state_name) ? tcp_state_name[state]
									: "?";
}

static void format_end(const struct fact *fact, char end[ENDPOINT_TEXT_LEN])
{
	struct address remote;

	memcpy(remote.byte, fact->remote, sizeof(remote.byte));
	format_address_port(&remote, fact->remote_port, end);
}

char *fact_text(const struct fact *fact, const char *link,
		const char *(*reset_reason)(const void *context, unsigned reason),
		const void *context, char text[FACT_TEXT_LEN])
{
	const char *reason = NULL;
	char end[ENDPOINT_TEXT_LEN];
	char what[128];

	format_end(fact, end);
	switch (fact->kind) {
	case FACT_RESET_RECEIVED:
		snprintf(what, sizeof(what), "reset received from %s in %s", end,
			 state_name(fact->tcp_state));
		break;
	case FACT_RESET_SENT:
		reason = reset_reason ? reset_reason(context, fact->error) : NULL;
		snprintf(what, sizeof(what), "reset sent to %s in %s%s%s", end,
			 state_name(fact->tcp_state), reason ? ": " : "", reason ? reason : "");
		break;
	case FACT_CONNECT_FAILED:
		snprintf(what, sizeof(what), "connect to %s failed: %s", end,
			 fact->error ? strerror(fact->error) : "given up by the application");
		break;
	default:
		snprintf(what, sizeof(what), "fact %u of %s", fact->kind, end);
	}
	snprintf(text, FACT_TEXT_LEN, "%s (%s, process %u)", what, link ? link : "a new link",
		 fact->owner_tgid);
	return text;
}
