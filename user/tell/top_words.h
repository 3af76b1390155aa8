/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of `faultline top`, by the English ones.
 */
#ifndef FAULTLINE_TOP_WORDS_H
#define FAULTLINE_TOP_WORDS_H

#include <stddef.h>

#include "base/config.h"

struct top_word_pair {
	const char *en, *ja;
};

/* A printf format has the same conversions in both languages. */
extern const struct top_word_pair top_words[];
extern const size_t top_words_count;

/* @english itself when the language is English, or the table does not have it. */
const char *top_word(enum config_language language, const char *english);

#endif
