/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash chain of the incident log: each entry's hash covers the entry and the hash before it, so
 * that nothing can be changed, put in or taken out between two entries without a trace.
 */
#ifndef FAULTLINE_CHAIN_H
#define FAULTLINE_CHAIN_H

#include <stddef.h>

#define CHAIN_HASH_LEN 32
#define CHAIN_TEXT_LEN (2 * CHAIN_HASH_LEN + 1)

/* SHA-256 of @previous (CHAIN_HASH_LEN bytes) followed by @body.  0 or -ENOMEM. */
int chain_hash(const void *previous, const void *body, size_t len, unsigned char *hash);

/* As people write it, in hexadecimal; returns @text. */
char *chain_text(const void *hash, char text[CHAIN_TEXT_LEN]);

#endif
