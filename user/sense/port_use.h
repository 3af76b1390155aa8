/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many ephemeral ports are left towards the destination that uses most of them.
 */
#ifndef FAULTLINE_PORT_USE_H
#define FAULTLINE_PORT_USE_H

#include "judge/sample.h"

struct link_table;
struct port_use;
struct sock_diag;

/* NULL with errno. */
struct port_use *port_use__new(void);
void port_use__free(struct port_use *use);

struct port_use_sources {
	const struct link_table *links;
	struct sock_diag *diag;	  /* may be NULL: TIME_WAIT is then not seen */
	uint32_t netns;		  /* our own; 0: take all */
	struct reading ports;	  /* in the range */
	struct reading time_wait; /* sockets in it */
	bool reuse;		  /* the kernel takes ports in TIME_WAIT again */
};

/* Not available when the range is not; else what is left for the worst destination. */
struct reading port_use__left(struct port_use *use, const struct port_use_sources *sources);

#endif
