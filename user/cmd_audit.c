/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline audit: is the incident log as it was written?
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/time_text.h"
#include "cmd.h"
#include "cmd_store.h"
#include "keep/log_audit.h"

static void print_json(const struct log_audit *audit)
{
	json_t *object =
		json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:s, s:I}", "schema", "faultline.audit/1",
			  "whole", !audit->mistakes, "events", (json_int_t)audit->events, "notes",
			  (json_int_t)audit->notes, "first", (json_int_t)audit->first_n, "last",
			  (json_int_t)audit->last_n, "last_hash", audit->last_hash, "mistakes",
			  (json_int_t)audit->mistakes);

	if (audit->mistakes) {
		json_object_set_new(object, "first_mistake", json_integer(audit->mistake_n));
		json_object_set_new(object, "what", json_string(audit->mistake));
	}
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void print_text(const struct log_audit *audit)
{
	char first[LOCAL_TIME_LEN], last[LOCAL_TIME_LEN];

	if (audit->events || audit->notes)
		printf("%llu events and %llu notes, entries %lld to %lld\n"
		       "from %s to %s\n",
		       (unsigned long long)audit->events, (unsigned long long)audit->notes,
		       (long long)audit->first_n, (long long)audit->last_n,
		       format_local_time(audit->first_ms, true, first),
		       format_local_time(audit->last_ms, true, last));
	else
		puts("the log is empty");
	if (audit->first_n > 1)
		printf("entries before %lld were removed for their age; the chain goes on from "
		       "them\n",
		       (long long)audit->first_n);
	if (audit->mistakes)
		printf("THE LOG IS NOT AS IT WAS WRITTEN, in %llu places.\n"
		       "The first is entry %lld: %s.\n",
		       (unsigned long long)audit->mistakes, (long long)audit->mistake_n,
		       audit->mistake);
	else
		printf("The log is as it was written.\n"
		       "last hash %s\n",
		       audit->last_hash);
}

int cmd_audit(const struct cmd_arguments *arguments)
{
	struct log_audit audit = {};
	struct cmd_store opened;
	int err, code = cmd_store__open(arguments, "audit", &opened);

	if (code)
		return code;
	err = log_audit__run(opened.store, &audit);
	if (err)
		code = cmd_store__failed(&opened, err);
	else if (arguments->json)
		print_json(&audit);
	else
		print_text(&audit);
	cmd_store__close(&opened);
	return audit.mistakes ? EXIT_FAILED : code;
}
