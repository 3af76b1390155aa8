/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One walk over all links for each link in trouble.
 *
 * A link is in the same trouble when it has a symptom of that kind that began at about the same
 * time, also when it is over already.  It is well only when it had traffic that would have shown
 * the trouble: something was heard from it since, or it sent so many segments that at the same
 * share of losses three would have been lost (then nothing is seen with a probability of 5 %).  All
 * others say nothing, and are not counted.
 */
#include "judge/shared_fate.h"

#include <math.h>
#include <string.h>

#define HOSTS_MAX	16 /* far hosts that are told apart */
#define LOSSES_EXPECTED 3.0
/* Of so many addresses in two families it is not likely that each host has two of them.  Only of
 * losses: when all is dark the next hop's own state says more. */
#define ADDRESSES_MANY 4
#define OF_LATE_S      5.0 /* in which a symptom's recent units fade out */

enum fate { FATE_UNKNOWN, FATE_SAME, FATE_WELL };

struct hosts {
	struct address address[HOSTS_MAX];
	bool inbound[HOSTS_MAX]; /* they connect to us */
	size_t count;
};

static size_t larger(size_t one, size_t other)
{
	return one > other ? one : other;
}

/*
 * A host that is reached over IPv4 and IPv6 has two addresses, and nothing tells that it is one:
 * only those of one family are surely different.  Who connects to us is not whom we connect to.
 * @self: the link that the others are counted beside.
 */
static size_t surely_different(const struct hosts *hosts, const struct link_view *self)
{
	size_t count[2][2] = {}; /* by direction and family */

	count[self->inbound][address_is_ipv4(&self->far)]++;
	for (size_t i = 0; i < hosts->count; i++)
		count[hosts->inbound[i]][address_is_ipv4(&hosts->address[i])]++;
	return larger(count[0][0], count[0][1]) + larger(count[1][0], count[1][1]) - 1;
}

struct tally {
	size_t same_host_same, same_host_well;
	struct hosts same, well;   /* other far hosts by the same gateway */
	size_t net_same, net_well; /* links to other hosts of the same far network */
	size_t ways_same, ways_well;
	double ways_expected, ways_lost; /* of losses, by those that say nothing each by itself */
	size_t process_same, process_well;
	size_t fresh;		 /* links by the gateway with connects that work since */
	size_t established_well; /* … and such as live on old connections */
	size_t established_dead; /* other far hosts' links that died with ours */
};

static void add_host(struct hosts *hosts, const struct link_view *link)
{
	const struct address *address = &link->far;

	for (size_t i = 0; i < hosts->count; i++) {
		if (!memcmp(&hosts->address[i], address, sizeof(*address)))
			return;
	}
	if (hosts->count == HOSTS_MAX)
		return;
	hosts->inbound[hosts->count] = link->inbound;
	hosts->address[hosts->count++] = *address;
}

static double share_lost(const struct link_view *link)
{
	static const enum link_symptom losses[] = {SYMPTOM_LOSS, SYMPTOM_LOSS_IN, SYMPTOM_CHECKSUM,
						   SYMPTOM_REORDER};
	double share = 0;

	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		const struct symptom *symptom = link->symptom[losses[i]];

		if (symptom->state == SYMPTOM_RAISED && symptom->value.value > 0 &&
		    (share <= 0 || symptom->value.value < share))
			share = symptom->value.value;
	}
	return share;
}

/*
 * Is there so little loss among so many segments that were sent since?  Of the units of late, a
 * share that grows with @since_s is of after the trouble began.  What raised a symptom was chosen
 * for being large: a quarter of it is expected elsewhere.
 */
static bool shows_no_loss(const struct symptom *symptom, double share, double since_s)
{
	double since = (double)symptom->units * (1 - exp(-since_s / OF_LATE_S));

	return symptom->state == SYMPTOM_NORMAL && share / 4 * since >= LOSSES_EXPECTED &&
	       symptom->value.known && symptom->value.value <= share / 8;
}

/* Damage shows on whatever is received, also on bare acknowledgements. */
static bool is_damage(const struct link_view *link)
{
	return link->symptom[SYMPTOM_CHECKSUM]->state == SYMPTOM_RAISED;
}

static bool would_show_loss(const struct link_view *link, const struct link_view *other,
			    double share, double since_s)
{
	const struct symptom *out = other->symptom[SYMPTOM_LOSS];
	const struct symptom *in = other->symptom[SYMPTOM_LOSS_IN];
	bool lost = (out->value.known && out->value.value > share / 4) ||
		    (in->value.known && in->value.value > share / 4);

	return !lost && (shows_no_loss(out, share, since_s) || shows_no_loss(in, share, since_s) ||
			 (is_damage(link) &&
			  shows_no_loss(other->symptom[SYMPTOM_CHECKSUM], share, since_s)));
}

/* What links by other ways would have lost together, and what they did. */
static void add_losses(const struct link_view *link, const struct link_view *other, double since_s,
		       struct tally *tally)
{
	static const enum link_symptom losses[] = {SYMPTOM_LOSS, SYMPTOM_LOSS_IN, SYMPTOM_CHECKSUM};
	double part = 1 - exp(-since_s / OF_LATE_S);

	for (size_t i = is_damage(link) ? 2 : 0; i < (is_damage(link) ? 3 : 2); i++) {
		const struct symptom *symptom = other->symptom[losses[i]];

		if (symptom->state != SYMPTOM_NORMAL || !symptom->value.known)
			continue;
		tally->ways_expected += share_lost(link) / 4 * (double)symptom->units * part;
		tally->ways_lost += symptom->value.value * (double)symptom->units;
	}
}

static bool normal(const struct link_view *link, enum link_symptom symptom)
{
	return link->symptom[symptom]->state == SYMPTOM_NORMAL;
}

/* Does @other show that it has no trouble of that kind? */
static bool is_well(const struct link_view *link, const struct link_view *other, enum trouble main,
		    uint64_t began_ns, uint64_t now_ns)
{
	double since_s = now_ns > began_ns ? (double)(now_ns - began_ns) / 1e9 : 0;

	switch (main) {
	case TROUBLE_DARK:
	case TROUBLE_REFUSED:
		return link_view__heard_since(other, began_ns);
	case TROUBLE_LOSSY:
		return would_show_loss(link, other, share_lost(link), since_s);
	case TROUBLE_SLOW:
		/* Of one that only receives, no round trip is measured any more. */
		return normal(other, SYMPTOM_CONNECT_TIME) ||
		       (normal(other, SYMPTOM_RTT) && normal(other, SYMPTOM_RESPONSE));
	default:
		return normal(other, SYMPTOM_PICKUP) || normal(other, SYMPTOM_UNREAD);
	}
}

/* Did @other come into a trouble of those kinds at about the same time, even if it is over? */
static bool began_together(const struct link_view *other, unsigned alike, uint64_t began_ns,
			   uint64_t window_ns)
{
	for (unsigned trouble = 0; trouble < TROUBLE_COUNT; trouble++) {
		uint64_t then_ns = other->past->began_ns[trouble];

		if (!(alike & TROUBLE_BIT(trouble)) || !then_ns)
			continue;
		if ((then_ns > began_ns ? then_ns - began_ns : began_ns - then_ns) <= window_ns)
			return true;
	}
	return false;
}

static enum fate fate_of(const struct link_view *link, const struct link_view *other,
			 enum trouble main, uint64_t began_ns, uint64_t now_ns)
{
	uint64_t window_ns = trouble_window_ns(main);
	const struct symptom *silence = other->symptom[SYMPTOM_SILENCE];
	unsigned alike = TROUBLE_BIT(main);

	/* What goes dark is refused as well when a router says so. */
	if (main == TROUBLE_DARK || main == TROUBLE_REFUSED)
		alike = TROUBLE_BIT(TROUBLE_DARK) | TROUBLE_BIT(TROUBLE_REFUSED);
	/* Answers come late for repetitions, before there are enough of these to be told. */
	if (main == TROUBLE_SLOW)
		alike |= TROUBLE_BIT(TROUBLE_LOSSY);
	/* Of one that speaks seldom, silence begins with its last word. */
	if (main == TROUBLE_DARK && silence->baseline.known && silence->baseline.value < 1)
		window_ns += (uint64_t)(silence->baseline.value * 1e9);
	if (began_together(other, alike, began_ns, window_ns))
		return FATE_SAME;
	return !(other->troubles & alike) && is_well(link, other, main, began_ns, now_ns)
		       ? FATE_WELL
		       : FATE_UNKNOWN;
}

static bool same_host(const struct link_view *link, const struct link_view *other)
{
	return !address_is_unspecified(&link->far) &&
	       !memcmp(&link->far, &other->far, sizeof(link->far));
}

/* Are both in one network, as networks are mostly cut: a /24 of IPv4, a /64 of IPv6? */
static bool same_net(const struct address *one, const struct address *other)
{
	size_t bytes = address_is_ipv4(one) ? 15 : 8;

	return address_is_ipv4(one) == address_is_ipv4(other) &&
	       !memcmp(one->byte, other->byte, bytes);
}

static void count_gateway(const struct link_view *link, const struct link_view *other,
			  enum fate fate, uint64_t began_ns, struct tally *tally)
{
	bool fresh = other->connected_ns > began_ns;

	if (fate == FATE_WELL && fresh)
		tally->fresh++;
	else if (fate == FATE_WELL)
		tally->established_well++;
	if (same_host(link, other)) {
		tally->same_host_same += fate == FATE_SAME;
		tally->same_host_well += fate == FATE_WELL;
		return;
	}
	if (address_is_unspecified(&other->far))
		return;
	if (same_net(&link->far, &other->far)) {
		tally->net_same += fate == FATE_SAME;
		tally->net_well += fate == FATE_WELL;
	}
	if (fate == FATE_SAME) {
		add_host(&tally->same, other);
		tally->established_dead += !fresh;
	} else if (fate == FATE_WELL) {
		add_host(&tally->well, other);
	}
}

/* By another way, over some network? */
static bool goes_elsewhere(const struct link_view *link, const struct link_view *other)
{
	return !(link->gateway == other->gateway && (link->gateway || same_host(link, other))) &&
	       (link->gateway || link->on_link) && (other->gateway || other->on_link) &&
	       !other->loopback;
}

static void count(const struct view *view, size_t index, enum trouble main, uint64_t began_ns,
		  struct tally *tally)
{
	const struct link_view *link = &view->links[index];
	uint64_t now_ns = view->sample->time_ns;
	double since_s = now_ns > began_ns ? (double)(now_ns - began_ns) / 1e9 : 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct link_view *other = &view->links[i];
		enum fate fate;

		if (i == index || !other->sample->observed)
			continue;
		fate = fate_of(link, other, main, began_ns, now_ns);
		if (fate == FATE_UNKNOWN) {
			if (main == TROUBLE_LOSSY && goes_elsewhere(link, other))
				add_losses(link, other, since_s, tally);
			continue;
		}
		if (link->pid && other->pid && link->pid != other->pid) {
			tally->process_same += fate == FATE_SAME;
			tally->process_well += fate == FATE_WELL;
		}
		if (link->gateway == other->gateway && (link->gateway || same_host(link, other))) {
			count_gateway(link, other, fate, began_ns, tally);
		} else if (goes_elsewhere(link, other)) {
			tally->ways_same += fate == FATE_SAME;
			tally->ways_well += fate == FATE_WELL;
		}
	}
}

/*
 * An address of the other family that went dark or was refused within seconds of ours, and nobody
 * else by this gateway did: that is the same host, by its other name.  The lower address names it.
 */
static void join_families(const struct link_view *link, enum trouble main, struct tally *tally,
			  struct address *name)
{
	if ((main != TROUBLE_DARK && main != TROUBLE_REFUSED) || tally->same.count != 1 ||
	    !tally->well.count || surely_different(&tally->same, link))
		return;
	if (memcmp(&tally->same.address[0], name, sizeof(*name)) < 0)
		*name = tally->same.address[0];
	tally->same_host_same++;
	tally->same.count = 0;
	tally->established_dead = 0;
}

static void put(struct scene *scene, enum fate_reading reading, enum symptom_state state,
		double value, const char *subject)
{
	struct finding *finding = &scene->finding[EVIDENCE_OF_FATE(reading)];

	finding->state = state;
	finding->value = reading_of(value);
	finding->subject = subject;
}

/* All of them, none of them; of a mixture, nothing. */
static void put_either(struct scene *scene, enum fate_reading reading, size_t same, size_t well)
{
	if (same && !well)
		put(scene, reading, SYMPTOM_RAISED, (double)same, "");
	else if (well && !same)
		put(scene, reading, SYMPTOM_NORMAL, (double)well, "");
}

void shared_fate__find(const struct view *view, size_t index, enum trouble main, uint64_t began_ns,
		       struct scene *scene)
{
	const struct link_view *link = &view->links[index];
	const char *gateway = link->gateway ? link->gateway->name : "";
	struct tally tally = {};
	size_t same;

	count(view, index, main, began_ns, &tally);
	if (!tally.ways_same && !tally.ways_well && tally.ways_expected >= LOSSES_EXPECTED &&
	    tally.ways_lost <= tally.ways_expected / 2)
		tally.ways_well = 1;
	scene->far = link->far;
	join_families(link, main, &tally, &scene->far);
	/* When others lose as well, that this host does says nothing of what they all have. */
	if (main != TROUBLE_LOSSY || !tally.same.count || tally.well.count || tally.same_host_well)
		put_either(scene, FATE_SAME_HOST, tally.same_host_same, tally.same_host_well);
	/* When one flow of a far host loses and another does not, it is not the way alone: bursts
	 * that overflow a short queue may do so anywhere, and flows without bursts say nothing. */
	if (main != TROUBLE_LOSSY || !tally.same_host_well || tally.ways_same)
		put_either(scene, FATE_OTHER_WAYS, tally.ways_same, tally.ways_well);
	put_either(scene, FATE_SAME_NET, tally.net_same, tally.net_well);
	put_either(scene, FATE_OTHER_PROCESSES, tally.process_same, tally.process_well);
	if (link->on_link)
		put(scene, FATE_ON_LINK, SYMPTOM_RAISED, 0, "");
	same = surely_different(&tally.same, link);
	if (tally.same.count)
		put(scene, FATE_TOGETHER, SYMPTOM_RAISED, (double)tally.same.count, gateway);
	if (same && tally.well.count)
		put(scene, FATE_GATEWAY_MIXED, SYMPTOM_RAISED, (double)same, gateway);
	else if (same > 1)
		put(scene, FATE_GATEWAY_ALL, SYMPTOM_RAISED, (double)same, gateway);
	else if (same && main == TROUBLE_LOSSY && tally.same.count + 1 >= ADDRESSES_MANY)
		put(scene, FATE_GATEWAY_LIKELY, SYMPTOM_RAISED, (double)tally.same.count, gateway);
	else if (same)
		put(scene, FATE_GATEWAY_SOME, SYMPTOM_RAISED, 1, gateway);
	else if (tally.well.count && !(main == TROUBLE_LOSSY && tally.same_host_well))
		put(scene, FATE_GATEWAY_ALL, SYMPTOM_NORMAL, (double)tally.well.count, gateway);
	if (main == TROUBLE_DARK && link->gateway && link->connected_ns <= began_ns &&
	    tally.fresh && tally.established_dead && !tally.established_well)
		put(scene, FATE_FRESH, SYMPTOM_RAISED, (double)tally.fresh, gateway);
}
