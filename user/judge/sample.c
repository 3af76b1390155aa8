/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/sample.h"

#include <linux/if.h>

const char *operstate_name(uint8_t state)
{
	static const char *const names[] = {
		[IF_OPER_UNKNOWN] = "unknown", [IF_OPER_NOTPRESENT] = "notpresent",
		[IF_OPER_DOWN] = "down",       [IF_OPER_LOWERLAYERDOWN] = "lowerlayerdown",
		[IF_OPER_TESTING] = "testing", [IF_OPER_DORMANT] = "dormant",
		[IF_OPER_UP] = "up",
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "unknown";
}

const char *neighbour_state_name(enum neighbour_state state)
{
	static const char *const names[] = {
		[NEIGHBOUR_UNKNOWN] = "unknown",     [NEIGHBOUR_INCOMPLETE] = "incomplete",
		[NEIGHBOUR_REACHABLE] = "reachable", [NEIGHBOUR_STALE] = "stale",
		[NEIGHBOUR_DELAY] = "delay",	     [NEIGHBOUR_PROBE] = "probe",
		[NEIGHBOUR_FAILED] = "failed",	     [NEIGHBOUR_NOARP] = "noarp",
		[NEIGHBOUR_PERMANENT] = "permanent",
	};

	return names[state];
}

const char *device_state(const struct device_sample *device)
{
	switch (device->neighbour.state) {
	case NEIGHBOUR_REACHABLE:
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_DELAY:
	case NEIGHBOUR_PERMANENT:
	case NEIGHBOUR_NOARP:
		return "healthy";
	case NEIGHBOUR_PROBE:
	case NEIGHBOUR_INCOMPLETE:
		return "suspect";
	case NEIGHBOUR_FAILED:
		return "faulty";
	default:
		return "not observed";
	}
}
