/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three significant figures without an exponent, for what is neither huge nor tiny. */
static void figures(double value, const char *suffix, char text[QUANTITY_LEN])
{
	double size = fabs(value);
	int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;

	if (size >= 1e9)
		snprintf(text, QUANTITY_LEN, "%.3g%s", value, suffix);
	else
		snprintf(text, QUANTITY_LEN, "%.*f%s", decimals, value, suffix);
}

char *quantity_text(double value, const char *unit, char text[QUANTITY_LEN])
{
	if (!strcmp(unit, "s")) {
		if (fabs(value) >= 1)
			figures(value, " s", text);
		else if (fabs(value) >= 1e-3)
			figures(value * 1e3, " ms", text);
		else
			figures(value * 1e6, " us", text);
	} else if (!strcmp(unit, "1")) {
		figures(value * 100, " %", text);
	} else if (!strcmp(unit, "1/s")) {
		figures(value, "/s", text);
	} else if (!strcmp(unit, "B")) {
		figures(value, " bytes", text);
	} else if (value == rint(value) && fabs(value) < 1e9) {
		snprintf(text, QUANTITY_LEN, "%.0f", value);
	} else {
		figures(value, "", text);
	}
	return text;
}
