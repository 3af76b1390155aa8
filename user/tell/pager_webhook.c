/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic webhook: the object of the event as it is.  With a secret it is signed: the hexadecimal
 * HMAC-SHA256 of timestamp, a full stop, and the body.  The receiver compares it, and turns away
 * what is too old.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tell/pager.h"
#include "tell/secret_file.h"

static int sign(const char *secret, const struct delivery *delivery, long long timestamp,
		char hex[2 * EVP_MAX_MD_SIZE + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	char *message = NULL;
	int len = asprintf(&message, "%lld.%s", timestamp, delivery->body);
	bool signed_;

	if (len < 0)
		return -ENOMEM;
	signed_ = HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)message,
		       (size_t)len, digest, &digest_len) != NULL;
	free(message);
	if (!signed_)
		return -ENOMEM;
	for (unsigned i = 0; i < digest_len; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	return 0;
}

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	char secret[SECRET_LEN], hex[2 * EVP_MAX_MD_SIZE + 1] = "";
	int err = delivery__json(delivery, json_incref((json_t *)page->object));

	if (!err)
		err = delivery__url(delivery, pager->url, "");
	if (!err)
		err = delivery__line(delivery, "X-Faultline-Timestamp: %lld",
				     (long long)page->now.tv_sec);
	if (err || !pager->secret_file)
		return err;
	err = secret_file__read(pager->secret_file, secret, why, PAGER_WHY_LEN);
	if (!err) {
		err = sign(secret, delivery, page->now.tv_sec, hex);
		secret__forget(secret);
	}
	return err ? err : delivery__line(delivery, "X-Faultline-Signature: sha256=%s", hex);
}

const struct pager_kind pager_webhook = {
	.name = "webhook",
	.prepare = prepare,
};
