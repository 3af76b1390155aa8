/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the running sensor to the object that `faultline links` shows.
 */
#ifndef FAULTLINE_LINKS_REPORT_H
#define FAULTLINE_LINKS_REPORT_H

#include <jansson.h>

struct judge;
struct sensor;

/*
 * The object of links_json__new() for the sensor as of its last sweep, with states by the judge as
 * of its last sample (NULL: nobody judges).  The caller decrefs it.
 */
json_t *links_report__new(const struct sensor *sensor, const struct judge *judge, const char *host);

#endif
