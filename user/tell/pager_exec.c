/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command of the operator's: the object of the event is on its standard input, and exit code 0
 * means that it was told.
 */
#include <string.h>

#include "tell/pager.h"

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	const struct page_event *event = page->event;
	int err = delivery__json(delivery, json_incref((json_t *)page->object));

	(void)pager, (void)why;
	if (err)
		return err;
	/* That line is a header; a command gets an environment instead. */
	delivery__drop_lines(delivery);
	err = delivery__line(delivery, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
				       "/sbin:/bin");
	if (!err)
		err = delivery__line(delivery, "LANG=C.UTF-8");
	if (!err)
		err = delivery__line(delivery, "FAULTLINE_INCIDENT=%s", event->id);
	if (!err)
		err = delivery__line(delivery, "FAULTLINE_EVENT=%s",
				     incident_change_name(event->change));
	if (!err)
		err = delivery__line(delivery, "FAULTLINE_SEVERITY=%s",
				     severity_name(event->severity));
	if (!err)
		err = delivery__line(delivery, "FAULTLINE_SUMMARY=%s", page->text->summary);
	return err;
}

const struct pager_kind pager_exec = {
	.name = "exec",
	.prepare = prepare,
};
