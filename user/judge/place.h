/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places: where a fault can be, and whose it then is.
 */
#ifndef FAULTLINE_PLACE_H
#define FAULTLINE_PLACE_H

#include "base/config.h"

/* X(NAME, name, side) */
#define PLACES(X)                                  \
	X(PEER_APP, "peer-app", SIDE_EXTERNAL)     \
	X(PEER_HOST, "peer-host", SIDE_EXTERNAL)   \
	X(PATH, "path", SIDE_EXTERNAL)             \
	X(NAME, "name", SIDE_EXTERNAL)             \
	X(GATEWAY, "gateway", SIDE_INFRA)          \
	X(NIC, "nic", SIDE_INFRA)                  \
	X(MIDDLEBOX, "middlebox", SIDE_INFRA)      \
	X(RESOLVER, "resolver", SIDE_INFRA)        \
	X(APP, "app", SIDE_INTERNAL)               \
	X(CPU, "cpu", SIDE_INTERNAL)               \
	X(MEMORY, "memory", SIDE_INTERNAL)         \
	X(DISK, "disk", SIDE_INTERNAL)             \
	X(KERNEL_NET, "kernel-net", SIDE_INTERNAL) \
	X(CAPACITY, "capacity", SIDE_INTERNAL)     \
	X(UNKNOWN, "unknown", SIDE_UNKNOWN)

enum place {
#define PLACE_ENUM(NAME, name, side) PLACE_##NAME,
	PLACES(PLACE_ENUM)
#undef PLACE_ENUM
		PLACE_COUNT
};

const char *place_name(enum place place); /* "peer-app" */

/* PLACE_UNKNOWN for a name that is none. */
enum place place_by_name(const char *name);

/*
 * Whose fault it is: the place's own side, but the link's kind where the far end itself is at
 * fault (peer-app, peer-host): of a link of kind internal it is internal, of infra it is infra.
 * What a device is at fault for is the device's side, and that is left to the caller, who knows it.
 */
enum side place_side(enum place place, enum link_kind kind);

#endif
