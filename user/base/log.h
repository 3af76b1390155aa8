/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: what the sensor says about itself, to stderr.  Incidents never pass through it.
 */
#ifndef FAULTLINE_LOG_H
#define FAULTLINE_LOG_H

#include <stdarg.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* One line; no newline at the end of @format.  Under systemd the level is prefixed as "<3>". */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vwrite(enum log_level level, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The same sentence at most once in ten seconds at each place; how many were held back is said. */
#define log_warning_limited(...)                                                                   \
	do {                                                                                       \
		static struct log_limit limit_;                                                    \
		log_limited(&limit_, LOG_LEVEL_WARNING, __VA_ARGS__);                              \
	} while (0)

struct log_limit {
	unsigned long long next_ns;
	unsigned long held_back;
};

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
