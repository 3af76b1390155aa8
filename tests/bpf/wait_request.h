/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the near side of the tests of waiting asks of the far side.
 */
#ifndef WAIT_REQUEST_H
#define WAIT_REQUEST_H

#include <stdint.h>

struct request {
	uint32_t delay_us; /* from its arrival to the first piece of the answer */
	uint32_t pieces;
	uint32_t gap_us; /* between pieces */
	uint32_t bytes;	 /* of each piece */
	uint32_t pad[4];
};

#endif
