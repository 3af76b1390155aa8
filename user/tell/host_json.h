/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was read of this host and its devices, as JSON.
 */
#ifndef FAULTLINE_HOST_JSON_H
#define FAULTLINE_HOST_JSON_H

#include <jansson.h>

struct device_sample;
struct sample;

/*
 * They follow the lists of sample.h; a reading that is not available is null.  The caller decrefs
 * the result.  NULL: no memory.
 */
json_t *host_json__new(const struct sample *sample);
/* @state_of: what a judge says, NULL for no opinion; may be NULL itself. */
json_t *devices_json__new(const struct sample *sample,
			  const char *(*state_of)(void *context,
						  const struct device_sample *device),
			  void *context);

/* Our own kernel's drops on a link (NULL: of the host), by reason; null when nobody tells. */
json_t *drops_json__new(const struct sample *sample, const char *link);

/* By which devices and interfaces the link of that name goes; JSON's null when it is not known. */
json_t *way_json__new(const struct sample *sample, const char *link);

#endif
