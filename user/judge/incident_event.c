/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/incident_event.h"

const char *incident_change_name(enum incident_change change)
{
	static const char *const names[] = {
		[INCIDENT_OPEN] = "open",
		[INCIDENT_UPDATE] = "update",
		[INCIDENT_RESOLVE] = "resolve",
	};

	return names[change];
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_TICKET] = "ticket",
		[SEVERITY_PAGE] = "page",
	};

	return names[severity];
}
