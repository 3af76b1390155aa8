/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system's log: the journal with fields where there is one, else a line to /dev/log.
 *
 * The line is written here and not by syslog(3), which waits for a daemon that is stuck and says
 * nothing of one that is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "tell/pager.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define LOG_SOCKET     "/dev/log"
#define MESSAGE_ID     "b7f0a2a1f5f5472c9b6c0c8d4f2f8a31" /* of a page of Faultline's */
#define FIELDS_MAX     16

static int priority_of(const struct page_event *event)
{
	if (event->change == INCIDENT_RESOLVE)
		return LOG_NOTICE;
	return event->severity == SEVERITY_PAGE	    ? LOG_CRIT
	       : event->severity == SEVERITY_TICKET ? LOG_WARNING
						    : LOG_INFO;
}

struct fields {
	struct iovec field[FIELDS_MAX];
	int count;
	bool failed;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
	char *text = NULL;
	int len = asprintf(&text, "%s=%s", name, value);

	if (len < 0 || fields->count == FIELDS_MAX) {
		if (len >= 0)
			free(text);
		fields->failed = true;
		return;
	}
	fields->field[fields->count++] = (struct iovec){text, (size_t)len};
}

static int tell_journal(const struct page *page)
{
	const struct page_event *event = page->event;
	struct fields fields = {};
	char number[32];
	size_t more;
	int err;

	add_field(&fields, "MESSAGE", page->text->summary);
	add_field(&fields, "MESSAGE_ID", MESSAGE_ID);
	snprintf(number, sizeof(number), "%d", priority_of(event));
	add_field(&fields, "PRIORITY", number);
	add_field(&fields, "SYSLOG_IDENTIFIER", "faultline");
	add_field(&fields, "FAULTLINE_INCIDENT", event->id);
	add_field(&fields, "FAULTLINE_EVENT", incident_change_name(event->change));
	add_field(&fields, "FAULTLINE_SEVERITY", severity_name(event->severity));
	add_field(&fields, "FAULTLINE_SIDE", side_name(event->side));
	add_field(&fields, "FAULTLINE_PLACE", place_name(event->place));
	add_field(&fields, "FAULTLINE_SUBJECT", page_event__subject(event, &more));
	snprintf(number, sizeof(number), "%.3f", event->confidence);
	add_field(&fields, "FAULTLINE_CONFIDENCE", number);
	add_field(&fields, "FAULTLINE_OWNER", event->owner);
	add_field(&fields, "FAULTLINE_CONTACT", event->contact);
	add_field(&fields, "FAULTLINE_PAGE", page->text->page);
	err = fields.failed ? -ENOMEM : sd_journal_sendv(fields.field, fields.count);
	for (int i = 0; i < fields.count; i++)
		free(fields.field[i].iov_base);
	return err;
}

static int send_line(const char *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_SOCKET};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (sendto(fd, line, strlen(line), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   sizeof(address)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int tell_syslog(const struct page *page)
{
	const struct page_event *event = page->event;
	char *line = NULL, when[32] = "";
	struct tm here;
	size_t more;
	int err;

	/* The names of the months are those of the C locale, which nothing here changes. */
	if (localtime_r(&page->now.tv_sec, &here))
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &here);
	if (asprintf(&line,
		     "<%d>%s faultline[%d]: %s [incident=%s event=%s severity=%s side=%s "
		     "place=%s subject=%s owner=%s contact=\"%s\"]",
		     LOG_DAEMON | priority_of(event), when, (int)getpid(), page->text->summary,
		     event->id, incident_change_name(event->change), severity_name(event->severity),
		     side_name(event->side), place_name(event->place),
		     page_event__subject(event, &more), event->owner, event->contact) < 0)
		return -ENOMEM;
	err = send_line(line);
	free(line);
	return err;
}

static enum answer tell(const struct page *page, char why[PAGER_WHY_LEN])
{
	bool journal = access(JOURNAL_SOCKET, F_OK) == 0;
	int err = journal ? tell_journal(page) : tell_syslog(page);

	if (!err)
		return ANSWER_DELIVERED;
	snprintf(why, PAGER_WHY_LEN, "%s: %s", journal ? JOURNAL_SOCKET : LOG_SOCKET,
		 strerror(-err));
	return ANSWER_AGAIN;
}

const struct pager_kind pager_syslog = {
	.name = "syslog",
	.tell = tell,
};
