/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links are few (hundreds), they come seldom, and only those of a namespace that is gone leave: a
 * sorted array of pointers for those who list them, and a table of names for those who look one up.
 *
 * The number of links is the number of values a label can have in somebody's database, hence the
 * limit: the last place belongs to "others", which takes every discovery that came too late.
 * Declared links are always there, even when they alone are more than the limit.
 */
#include "sense/link_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "base/hist_set.h"
#include "sense/link_match.h"

#define NETNS_NAME_LEN	    63
#define UNDECLARED	    " (undeclared)"
#define DISCOVERED_NAME_LEN (ENDPOINT_TEXT_LEN + 1 + NETNS_NAME_LEN + sizeof(UNDECLARED))

static void link__free(struct link *link)
{
	if (!link)
		return;
	hist_set__free(link->hists);
	free(link->name);
	free(link);
}

static struct link *link__new(const char *name, enum link_kind kind)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->kind = kind;
	link->name = strdup(name);
	link->hists = hist_set__new();
	if (!link->name || !link->hists) {
		link__free(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

static size_t place_of(const struct link_set *set, const char *name)
{
	size_t low = set->declared_count, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(set->links[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A new link at @place of the array.  NULL with errno. */
static struct link *add(struct link_set *set, const char *name, enum link_kind kind, size_t place)
{
	struct link *link = link__new(name, kind);
	struct link **links;
	int err;

	if (!link)
		return NULL;
	links = realloc(set->links, (set->count + 1) * sizeof(*links));
	if (!links) {
		err = -ENOMEM;
		goto out;
	}
	set->links = links;
	err = hash_table__insert(set->by_name, link);
	if (err)
		goto out;
	memmove(links + place + 1, links + place, (set->count - place) * sizeof(*links));
	links[place] = link;
	set->count++;
out:
	if (err) {
		link__free(link);
		errno = -err;
		return NULL;
	}
	return link;
}

struct link_set *link_set__new(const struct config *config,
			       const struct link_classifier *classifier, size_t limit)
{
	struct link_set *set = calloc(1, sizeof(*set));
	int err = ENOMEM;

	if (!set)
		return NULL;
	if (classifier)
		set->classifier = *classifier;
	set->limit = limit > config->link_count ? limit : config->link_count + 1;
	set->match = link_match__new(config);
	set->by_name = hash_table__new(HASH_TABLE_STRING, set->limit);
	if (!set->match || !set->by_name)
		goto out;
	for (size_t i = 0; i < config->link_count; i++) {
		const struct config_link *declared = &config->links[i];
		struct link *link = add(set, declared->name, declared->kind, i);

		if (!link) {
			err = errno;
			goto out;
		}
		link->config = declared;
		link->classified = true;
		set->declared_count++;
	}
	return set;
out:
	link_set__free(set);
	errno = err;
	return NULL;
}

void link_set__free(struct link_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		link__free(set->links[i]);
	free(set->links);
	hash_table__free(set->by_name);
	link_match__free(set->match);
	free(set);
}

/* The undeclared link of that name; a declared link that bears it by chance is left alone. */
static struct link *undeclared(struct link_set *set, char name[DISCOVERED_NAME_LEN])
{
	struct link *link = hash_table__find(set->by_name, name);

	if (!link || !link->config)
		return link;
	strcat(name, UNDECLARED);
	return hash_table__find(set->by_name, name);
}

static struct link *others(struct link_set *set)
{
	char name[DISCOVERED_NAME_LEN] = LINK_OTHERS;

	if (set->others)
		return set->others;
	set->others = undeclared(set, name);
	/* A mixture: nothing shows that its far ends are ours, so they are not called ours. */
	if (!set->others)
		set->others = add(set, name, LINK_EXTERNAL, place_of(set, name));
	if (set->others)
		set->others->classified = true;
	return set->others;
}

static bool has_room(const struct link_set *set)
{
	return set->count + (set->others ? 0 : 1) < set->limit;
}

void link_set__classify(struct link_set *set, struct link *link, const struct peer_key *key,
			const struct address *remote)
{
	const struct link_classifier *classifier = &set->classifier;

	if (link->classified)
		return;
	link->classified = key->direction == PEER_OUTGOING || !address_is_unspecified(remote);
	if (classifier->kind_of)
		link->kind = classifier->kind_of(classifier->context, key, remote);
}

static void discovered_name(const struct link_set *set, const struct peer_key *key,
			    char name[DISCOVERED_NAME_LEN])
{
	const struct link_classifier *classifier = &set->classifier;
	const char *netns = NULL;
	struct address address;
	char text[ENDPOINT_TEXT_LEN];

	if (classifier->netns_name)
		netns = classifier->netns_name(classifier->context, key->netns);
	memcpy(address.byte, key->address, sizeof(address.byte));
	if (key->direction == PEER_INCOMING)
		snprintf(text, sizeof(text), ":%u", (unsigned)key->port);
	else
		format_address_port(&address, key->port, text);
	if (netns)
		snprintf(name, DISCOVERED_NAME_LEN, "%s@%.*s", text, NETNS_NAME_LEN, netns);
	else
		snprintf(name, DISCOVERED_NAME_LEN, "%s", text);
}

struct link *link_set__bind(struct link_set *set, const struct peer_key *key,
			    const struct address *remote)
{
	char name[DISCOVERED_NAME_LEN];
	int declared = link_match__find(set->match, key);
	struct link *link;

	set->full = false;
	if (declared >= 0)
		return set->links[declared];
	if (peer_key_is_overflow(key))
		return others(set);
	discovered_name(set, key, name);
	link = undeclared(set, name);
	if (!link && !has_room(set)) {
		set->full = true;
		return others(set);
	}
	if (!link)
		link = add(set, name, LINK_EXTERNAL, place_of(set, name));
	if (link)
		link_set__classify(set, link, key, remote);
	return link;
}

struct link *link_set__keep(struct link_set *set, const char *name, enum link_kind kind)
{
	struct link *link = hash_table__find(set->by_name, name);

	set->full = false;
	if (link)
		return link;
	if (strcmp(name, LINK_OTHERS) == 0)
		return others(set);
	if (!has_room(set)) {
		set->full = true;
		return others(set);
	}
	return add(set, name, kind, place_of(set, name));
}

void link_set__remove(struct link_set *set, struct link *link)
{
	size_t place = place_of(set, link->name);

	memmove(set->links + place, set->links + place + 1,
		(set->count - place - 1) * sizeof(*set->links));
	set->count--;
	hash_table__remove(set->by_name, link->name);
	link__free(link);
}
