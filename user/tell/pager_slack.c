/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slack, incoming webhook: the summary as the text of the notification, then the page, the ticket
 * and the notice, each in a block that can be copied.  The address itself is the secret.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tell/page_words.h"
#include "tell/pager.h"
#include "tell/safe_text.h"
#include "tell/secret_file.h"

/* A section's text may have 3000 characters; the fences and the title take some. */
#define SECTION_CHARACTERS 2800
#define TEXT_CHARACTERS	   3000

static json_t *section(const char *format, const char *title, const char *text)
{
	char *escaped = slack_text(text, SECTION_CHARACTERS);
	json_t *block = NULL;

	if (escaped)
		block = json_pack("{s:s, s:{s:s, s:o}}", "type", "section", "text", "type",
				  "mrkdwn", "text", json_sprintf(format, title, escaped));
	free(escaped);
	return block;
}

static json_t *blocks_of(const struct page *page)
{
	const struct page_words *words = page_words(page->language);
	json_t *blocks = json_array();
	int bad;

	if (!blocks)
		return NULL;
	bad = json_array_append_new(blocks, section("*%s%s*", "", page->text->summary));
	bad |= json_array_append_new(blocks, section("%s```\n%s```", "", page->text->page));
	if (page->text->ticket[0])
		bad |= json_array_append_new(
			blocks, section("*%s*\n```\n%s```", words->ticket, page->text->ticket));
	bad |= json_array_append_new(
		blocks, section("*%s*\n```\n%s```", words->notice, page->text->notice));
	if (!bad)
		return blocks;
	json_decref(blocks);
	return NULL;
}

static int read_url(const struct config_pager *pager, struct delivery *delivery,
		    char why[PAGER_WHY_LEN])
{
	char url[SECRET_LEN];
	int err = secret_file__read(pager->url_file, url, why, PAGER_WHY_LEN);

	if (err)
		return err;
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) {
		snprintf(why, PAGER_WHY_LEN,
			 "%.160s: expected an address that begins with https://", pager->url_file);
		err = -EINVAL;
	} else {
		delivery->url = strdup(url);
		err = delivery->url ? 0 : -ENOMEM;
	}
	secret__forget(url);
	return err;
}

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	int err = read_url(pager, delivery, why);
	char *text;

	if (err)
		return err;
	text = slack_text(page->text->summary, TEXT_CHARACTERS);
	err = text ? delivery__json(delivery, json_pack("{s:s, s:o}", "text", text, "blocks",
							blocks_of(page)))
		   : -ENOMEM;
	free(text);
	return err;
}

/* The answer to a message that was taken is "ok"; a page of a proxy is not. */
static enum answer judge(long status, const char *body)
{
	if (status < 200 || status > 299)
		return judge_status(status);
	return status == 200 && !strncmp(body, "ok", 2) && !body[2 + strspn(body + 2, "\r\n ")]
		       ? ANSWER_DELIVERED
		       : ANSWER_AGAIN;
}

const struct pager_kind pager_slack = {
	.name = "slack",
	.prepare = prepare,
	.judge = judge,
};
