/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: one record, one line, one write to stderr.
 *
 * On a terminal or in a file a record reads "faultline: warning: what happened"; there is no time
 * in it, since whoever keeps the lines stamps them.  When stderr is the journal's own stream the
 * line begins with the syslog priority instead, which journald takes off again.  Control bytes
 * within a message become spaces, so that foreign text cannot forge a second record.  A message is
 * cut at about two kilobytes.  Not safe for use from several threads at once, and not from signal
 * handlers.
 */
#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clean_name.h"

#define RECORD_LEN	  2048
#define LIMIT_INTERVAL_NS 10000000000ull

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level log_get_level(void)
{
	return threshold;
}

/*
 * systemd puts device and inode of the journal's socket into JOURNAL_STREAM.  Only when they are
 * those of our stderr does the line go there: a child inherits the variable, but may be redirected.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;
	char rest;

	if (!stream || sscanf(stream, "%llu:%llu%c", &device, &inode, &rest) != 2)
		return false;
	if (fstat(STDERR_FILENO, &status) != 0)
		return false;
	return status.st_dev == device && status.st_ino == inode;
}

/* Writes all of it; a stderr that cannot be written to has nobody left to tell. */
static void write_record(const char *record, size_t len)
{
	while (len > 0) {
		ssize_t written = write(STDERR_FILENO, record, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		record += written;
		len -= written;
	}
}

void log_vwrite(enum log_level level, const char *format, va_list arguments)
{
	static const char cut[] = "...";
	int saved_errno = errno;
	char record[RECORD_LEN];
	size_t start, len;
	int printed;

	if (level > threshold)
		return;
	if (stderr_is_journal())
		printed = snprintf(record, sizeof(record), "<%d>", levels[level].priority);
	else
		printed = snprintf(record, sizeof(record), "faultline: %s: ", levels[level].name);
	start = len = printed;

	errno = saved_errno; /* for %m */
	printed = vsnprintf(record + len, sizeof(record) - len, format, arguments);
	if (printed >= 0 && len + printed >= sizeof(record)) {
		len = sizeof(record) - 1;
		memcpy(record + len - strlen(cut), cut, strlen(cut));
	} else if (printed >= 0) {
		len += printed;
	}
	for (size_t i = start; i < len; i++) {
		if ((unsigned char)record[i] < ' ' || record[i] == 0x7f)
			record[i] = ' ';
	}
	/* What is left to do harm: marks of direction, and what is no UTF-8. */
	record[len] = '\0';
	clean_name(record + start);
	len = start + strlen(record + start);
	record[len++] = '\n'; /* over the terminating zero byte: write_record() needs none */
	write_record(record, len);
	errno = saved_errno;
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(level, format, arguments);
	va_end(arguments);
}

static unsigned long long monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
	unsigned long long now_ns;
	unsigned long held_back;
	va_list arguments;

	if (level > threshold)
		return;
	now_ns = monotonic_ns();
	if (now_ns < limit->next_ns) {
		limit->held_back++;
		return;
	}
	held_back = limit->held_back;
	limit->held_back = 0;
	limit->next_ns = now_ns + LIMIT_INTERVAL_NS;

	va_start(arguments, format);
	log_vwrite(level, format, arguments);
	va_end(arguments);
	if (held_back > 0)
		log_write(level, "%lu more like the last line were held back before it", held_back);
}
