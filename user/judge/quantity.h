/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as people read them: "21 ms", "1.15 s", "3.2 %".
 */
#ifndef FAULTLINE_QUANTITY_H
#define FAULTLINE_QUANTITY_H

#define QUANTITY_LEN 32

/*
 * @unit: "s", "1" (a share, shown in per cent), "1/s", "B", or "" (a bare number).  Three
 * significant figures.  Returns @text.
 */
char *quantity_text(double value, const char *unit, char text[QUANTITY_LEN]);

#endif
