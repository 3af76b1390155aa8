/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes down what links, devices and the host are like, from samples and from the judge, for the
 * history.
 */
#ifndef FAULTLINE_DIARY_H
#define FAULTLINE_DIARY_H

struct diary;
struct judge;
struct sample;
struct store;

/* NULL with errno. */
struct diary *diary__new(struct store *store, const char *host);
void diary__free(struct diary *diary);

/* Once a tick, after the sample was judged. */
void diary__tick(struct diary *diary, const struct sample *sample, const struct judge *judge);

#endif
