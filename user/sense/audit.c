/* SPDX-License-Identifier: BSD-2-Clause */
#include "sense/audit.h"

#include "sense/snmp.h"

static const char *const counter_name[AUDIT_COUNTERS] = {
	[AUDIT_RETRANSMITS] = "RetransSegs",
	[AUDIT_RESETS_SENT] = "OutRsts",
};

void audit__begin(struct audit *audit)
{
	for (int i = 0; i < AUDIT_COUNTERS; i++) {
		audit->counter[i].known =
			!snmp_read("Tcp", counter_name[i], &audit->counter[i].baseline);
		audit->counter[i].total = audit->counter[i].baseline;
	}
}

void audit__read(struct audit *audit)
{
	for (int i = 0; i < AUDIT_COUNTERS; i++) {
		uint64_t total;

		if (audit->counter[i].known && !snmp_read("Tcp", counter_name[i], &total))
			audit->counter[i].total = total;
	}
}

void audit__compare(struct audit *audit, enum audit_counter id, uint64_t ours)
{
	uint64_t theirs = audit->counter[id].total - audit->counter[id].baseline;

	if (audit->counter[id].known && theirs > ours && theirs - ours > audit->counter[id].missing)
		audit->counter[id].missing = theirs - ours;
}

uint64_t audit__missing(const struct audit *audit, enum audit_counter id)
{
	return audit->counter[id].missing;
}
