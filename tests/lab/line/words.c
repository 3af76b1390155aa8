/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading commands: words and quantities with their units. A quantity needs its unit where more
 * than one is in use (times, rates, percentages), so that 3 can never be meant as 300 %.
 */
#include "words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int words__fail(struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words->error, sizeof(words->error), format, args);
	va_end(args);
	return -EINVAL;
}

int words__split(struct words *words, const char *text)
{
	char *rest, *word;

	memset(words, 0, offsetof(struct words, text));
	if (strlen(text) >= sizeof(words->text))
		return words__fail(words, "longer than %zu bytes", sizeof(words->text) - 1);
	strcpy(words->text, text);
	for (word = strtok_r(words->text, " \t\r\n", &rest); word;
	     word = strtok_r(NULL, " \t\r\n", &rest)) {
		if (words->count == WORDS_MAX)
			return words__fail(words, "more than %d words", WORDS_MAX);
		words->word[words->count++] = word;
	}
	return 0;
}

const char *words__peek(const struct words *words)
{
	return words->at < words->count ? words->word[words->at] : NULL;
}

bool words__accept(struct words *words, const char *word)
{
	const char *next = words__peek(words);

	if (!next || strcmp(next, word))
		return false;
	words->at++;
	return true;
}

const char *words__take(struct words *words, const char *expected)
{
	const char *next = words__peek(words);

	if (!next)
		words__fail(words, "expected %s at the end", expected);
	else
		words->at++;
	return next;
}

int words__end(struct words *words)
{
	const char *next = words__peek(words);

	return next ? words__fail(words, "\"%s\": expected nothing more", next) : 0;
}

static int not_a(struct words *words, const char *word, const char *expected)
{
	return words__fail(words, "\"%s\": expected %s", word, expected);
}

int words__number(struct words *words, __u64 min, __u64 max, __u64 *out)
{
	char expected[80], *end;
	const char *word;
	__u64 value;

	snprintf(expected, sizeof(expected), "a number from %llu to %llu", min, max);
	word = words__take(words, expected);
	if (!word)
		return -EINVAL;
	errno = 0;
	value = strtoull(word, &end, 0);
	if (*end || end == word || word[0] == '-' || errno || value < min || value > max)
		return not_a(words, word, expected);
	*out = value;
	return 0;
}

struct unit {
	const char *name;
	double factor;
};

/* A decimal number and one of @units, which end with a NULL name. */
static int take_quantity(struct words *words, const struct unit *units, const char *expected,
			 double max, double *out)
{
	const char *word = words__take(words, expected);
	double value;
	char *end;

	if (!word)
		return -EINVAL;
	if (word[0] < '0' || word[0] > '9')
		return not_a(words, word, expected);
	value = strtod(word, &end);
	for (; units->name; units++) {
		if (strcmp(end, units->name))
			continue;
		value *= units->factor;
		if (!(value >= 0 && value <= max))
			break;
		*out = value;
		return 0;
	}
	return not_a(words, word, expected);
}

int words__fraction(struct words *words, double *out)
{
	static const struct unit units[] = {{"%", 0.01}, {NULL, 0}};

	return take_quantity(words, units, "a percentage such as 3% or 0.5%, at most 100%", 1.0,
			     out);
}

int words__time(struct words *words, __u64 *out_ns)
{
	static const struct unit units[] = {
		{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {NULL, 0}};
	double value = 0;
	int err = take_quantity(words, units, "a time such as 20ms, 500us or 1.5s, at most 1h",
				3.6e12, &value);

	if (!err)
		*out_ns = (__u64)(value + 0.5);
	return err;
}

int words__bit_rate(struct words *words, __u64 *out_bps)
{
	static const struct unit units[] = {
		{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
	double value = 0;
	int err = take_quantity(words, units, "a rate such as 10mbit or 512kbit, at least 1kbit",
				1e12, &value);

	if (err)
		return err;
	if (value < 1e3)
		return words__fail(words, "\"%s\": expected a rate of at least 1kbit",
				   words->word[words->at - 1]);
	*out_bps = (__u64)(value + 0.5);
	return 0;
}

int words__bytes(struct words *words, __u64 *out)
{
	static const struct unit units[] = {
		{"", 1}, {"k", 1024}, {"m", 1048576}, {"g", 1073741824}, {NULL, 0}};
	double value = 0;
	int err = take_quantity(words, units, "a size in bytes such as 1500, 64k or 1m", 1e12,
				&value);

	if (!err)
		*out = (__u64)(value + 0.5);
	return err;
}

int prefix__parse(struct prefix *prefix, const char *text)
{
	char addr[64], *slash, *end;
	struct prefix out = {.len = 128};
	unsigned long len;
	struct in_addr v4;
	unsigned int base = 0;

	if (strlen(text) >= sizeof(addr))
		return -EINVAL;
	strcpy(addr, text);
	slash = strchr(addr, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, addr, &v4) == 1) {
		base = 96;
		out.addr.s6_addr[10] = out.addr.s6_addr[11] = 0xff;
		memcpy(out.addr.s6_addr + 12, &v4, 4);
	} else if (inet_pton(AF_INET6, addr, &out.addr) != 1) {
		return -EINVAL;
	}
	if (slash) {
		len = strtoul(slash, &end, 10);
		if (*end || end == slash || *slash == '-' || len > 128 - base)
			return -EINVAL;
		out.len = base + (unsigned int)len;
	}
	*prefix = out;
	return 0;
}

bool prefix__covers(const struct prefix *prefix, const struct in6_addr *addr)
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;
	const __u8 *a = prefix->addr.s6_addr, *b = addr->s6_addr;

	return !memcmp(a, b, bytes) && (!bits || !((a[bytes] ^ b[bytes]) >> (8 - bits)));
}

int words__prefix(struct words *words, struct prefix *out)
{
	const char *expected = "an address or prefix such as 203.0.113.0/24 or 2001:db8::/64";
	const char *word = words__take(words, expected);

	if (!word)
		return -EINVAL;
	return prefix__parse(out, word) ? not_a(words, word, expected) : 0;
}

int words__ports(struct words *words, __u16 *first, __u16 *last)
{
	const char *expected = "a port or port range such as 7001 or 7000-7010";
	const char *word = words__take(words, expected);
	unsigned long low, high;
	char *end;

	if (!word)
		return -EINVAL;
	if (*word < '0' || *word > '9')
		return not_a(words, word, expected);
	low = high = strtoul(word, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		high = strtoul(end + 1, &end, 10);
	if (*end || low > 65535 || high > 65535 || low > high)
		return not_a(words, word, expected);
	*first = (__u16)low;
	*last = (__u16)high;
	return 0;
}
