/* SPDX-License-Identifier: BSD-2-Clause */
#include "keep/chain.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

int chain_hash(const void *previous, const void *body, size_t len, unsigned char *hash)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char made[EVP_MAX_MD_SIZE];
	int done = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) &&
		   EVP_DigestUpdate(digest, previous, CHAIN_HASH_LEN) &&
		   EVP_DigestUpdate(digest, body, len) && EVP_DigestFinal_ex(digest, made, NULL);

	EVP_MD_CTX_free(digest);
	if (!done)
		return -ENOMEM;
	for (size_t i = 0; i < CHAIN_HASH_LEN; i++)
		hash[i] = made[i];
	return 0;
}

char *chain_text(const void *hash, char text[CHAIN_TEXT_LEN])
{
	const unsigned char *bytes = hash;

	for (size_t i = 0; i < CHAIN_HASH_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}
