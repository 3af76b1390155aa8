/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary text to every parser of one word: addresses, endpoints, durations, times,
 * sessions, verdicts; and to what makes text harmless.
 *
 * Beside not crashing, what is taken must read back as what is written of it, what is refused must
 * have a reason, and text that was made harmless must stay as it is when it is made so again.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/config.h"
#include "base/duration.h"
#include "base/mistakes.h"
#include "base/session.h"
#include "base/time_text.h"
#include "keep/note_request.h"
#include "target.h"
#include "tell/safe_text.h"

#define CUT 12

static void check_addresses(const char *text)
{
	char address_text[ADDRESS_TEXT_LEN], endpoint_text[ENDPOINT_TEXT_LEN];
	struct endpoint endpoint, again;
	struct address address, same;
	const char *why = NULL;

	if (!parse_address(text, &address)) {
		format_address(&address, address_text);
		demand(!parse_address(address_text, &same) &&
			       !memcmp(&address, &same, sizeof(same)),
		       "an address reads back");
	}
	if (parse_endpoint(text, &endpoint, &why)) {
		demand(why && *why, "an endpoint is refused for a reason");
		return;
	}
	demand(endpoint.prefix_bits <= 128 && endpoint.port_low <= endpoint.port_high,
	       "an endpoint is within its bounds");
	format_endpoint(&endpoint, endpoint_text);
	demand(!parse_endpoint(endpoint_text, &again, &why) &&
		       !memcmp(&endpoint.prefix, &again.prefix, sizeof(again.prefix)) &&
		       endpoint.prefix_bits == again.prefix_bits &&
		       endpoint.port_low == again.port_low && endpoint.port_high == again.port_high,
	       "an endpoint reads back");
}

static void check_times(const char *text)
{
	const int64_t now_ms = 1795300000000;
	char local[LOCAL_TIME_LEN], *copy = strdup(text);
	struct session_window window;
	const char *why = NULL;
	uint64_t duration_ns;
	int64_t time_ms = 0;

	if (!copy)
		return;
	demand(!parse_duration(text, &duration_ns, &why) || why,
	       "a duration is refused for a reason");
	why = NULL;
	if (!parse_rfc3339(text, &time_ms))
		format_local_time(time_ms, true, local);
	if (!parse_time(text, now_ms, &time_ms, &why)) {
		format_local_time(time_ms, true, local);
		format_span(now_ms - time_ms, local);
	} else {
		demand(why && *why, "a time is refused for a reason");
	}
	why = NULL;
	if (!parse_session(copy, &window, &why))
		demand(window.days && window.days < 128 && window.begin_minute < 1440 &&
			       window.end_minute <= 1440,
		       "a session is within a week");
	else
		demand(why && *why, "a session is refused for a reason");
	free(copy);
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void check_texts(const char *text)
{
	char side[32] = "", place[32] = "", why[256] = "";
	char *safe = safe_text(text), *again = safe ? safe_text(safe) : NULL;
	char *slack = slack_text(text, CUT), *cut = strdup(text);

	if (safe && again && cut) {
		demand(!has_control_character(safe, strlen(safe)), "it is harmless");
		demand(!strcmp(safe, again), "it stays as it is");
		demand(!slack || !strpbrk(slack, "<>"), "no mark of a chat is left");
		/* What is no UTF-8 has no characters to count. */
		free(cut);
		cut = strdup(safe);
		if (cut) {
			json_t *valid = json_string(cut);

			cut_text(cut, CUT);
			demand(!valid || characters(cut) <= CUT, "it was cut");
			json_decref(valid);
		}
	}
	demand(!parse_verdict(text, side, place, why, sizeof(why)) || *why,
	       "a verdict is refused for a reason");
	free(cut);
	free(slack);
	free(again);
	free(safe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_addresses(text);
	check_times(text);
	check_texts(text);
	free(text);
	return 0;
}

#include "replay.h"
