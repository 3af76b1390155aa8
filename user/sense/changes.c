/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last changes of links, neighbours, routes, processes and the clock, with their time.  A storm
 * of them pushes out older ones; the total says how many there were.
 */
#include "sense/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void changes__add(struct changes *changes, enum change_kind kind, const char *format, ...)
{
	struct change *change;
	va_list arguments;

	if (changes->count == CHANGES_KEPT)
		memmove(changes->kept, changes->kept + 1,
			(--changes->count) * sizeof(*changes->kept));
	change = &changes->kept[changes->count++];
	change->time_ns = clock_monotonic_ns();
	change->kind = kind;
	va_start(arguments, format);
	vsnprintf(change->text, sizeof(change->text), format, arguments);
	va_end(arguments);
	changes->total++;
	if (changes->on_change)
		changes->on_change(changes->context, change);
}
