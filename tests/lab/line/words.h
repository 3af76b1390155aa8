/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command as words, taken one after the other, with the first error in words for its author.
 * Each `words__` reader takes one word, returns 0 and sets its output; or sets the error, which
 * quotes the offending word and says what was expected, and returns -EINVAL.
 */
#ifndef LAB_LINE_WORDS_H
#define LAB_LINE_WORDS_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 64 };

struct words {
	char *word[WORDS_MAX];
	unsigned int count, at;
	char error[256];
	char text[1024];
};

struct prefix {
	struct in6_addr addr; /* IPv4-mapped for IPv4 */
	unsigned int len;     /* of 128 */
};

/* Splits a copy of @text at blanks. -EINVAL when it is too long. */
int words__split(struct words *words, const char *text);

/* The next word without taking it; NULL at the end. */
const char *words__peek(const struct words *words);

/* Takes the next word if it is @word. */
bool words__accept(struct words *words, const char *word);

/* Takes the next word, whatever it is; @expected is named in the error when there is none. */
const char *words__take(struct words *words, const char *expected);

/* -EINVAL with an error when words are left. */
int words__end(struct words *words);

/* Sets the error; returns -EINVAL. */
int words__fail(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

int words__number(struct words *words, __u64 min, __u64 max, __u64 *out);
int words__fraction(struct words *words, double *out);	  /* 3% → 0.03 */
int words__time(struct words *words, __u64 *out_ns);	  /* 20ms, 500us, 1.5s, 10ns */
int words__bit_rate(struct words *words, __u64 *out_bps); /* 10mbit, 512kbit, 1gbit, 9600bit */
int words__bytes(struct words *words, __u64 *out);	  /* 1500, 64k, 1m */
int words__prefix(struct words *words, struct prefix *out);
int words__ports(struct words *words, __u16 *first, __u16 *last);

/* Reads one prefix or address without words around it. */
int prefix__parse(struct prefix *prefix, const char *text);
bool prefix__covers(const struct prefix *prefix, const struct in6_addr *addr);

#endif
