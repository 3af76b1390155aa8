/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that others choose, made harmless before they reach a person's screen.
 *
 * The name of a process is whatever that process calls itself, so that a page may carry bytes that
 * a terminal obeys, that turn the direction of writing, or that mean something to a chat.
 */
#ifndef FAULTLINE_SAFE_TEXT_H
#define FAULTLINE_SAFE_TEXT_H

#include <jansson.h>
#include <stddef.h>

/*
 * A copy of @text in which control characters, line and paragraph separators, and marks that turn
 * the direction of writing are question marks.  The caller frees it; NULL without memory.
 */
char *safe_text(const char *text);

/* A copy of a JSON value with every string and key like that.  The caller decrefs it; or NULL. */
json_t *safe_json(const json_t *value);

/*
 * @text as Slack's mrkdwn shows it literally: &, < and > as entities, and no fence of a code block
 * inside; cut at @room_characters characters with "…" at the end.  The caller frees it; or NULL.
 */
char *slack_text(const char *text, size_t room_characters);

/* Cuts UTF-8 in place to at most @room_characters characters, the last of them "…" if cut. */
char *cut_text(char *text, size_t room_characters);

#endif
