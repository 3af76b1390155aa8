/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted for each share: k bad ones of n units of work.
 *
 * Units that go bad together are counted once.  Losses come as episodes from the kernel side.
 * Segments that arrive behind a hole come as many as fit into a round trip, and are divided by
 * that.  Where nothing better is known, a look in which something happened is the episode.
 */
#include <math.h>

#include "judge/detector.h"

#define UNKNOWN_RTT_NS 50e6
/* Of handshakes: a share that goes again above which a look is a bad one. */
#define SYN_AGAIN_SHARE 0.2
#define CUSTOMERS_LEAST 10 /* so many within a look, or their share says nothing */
#define CUSTOMERS_SHARE 0.9
#define SLICE_US	100000.0 /* time that is spent waiting is counted in such units */

static double count(const struct look *look, enum peer_counter counter)
{
	return (double)look->delta[counter];
}

/*
 * Connects whose SYN goes again are episodes as well.  A few are losses like any other; when many
 * connects need it nobody answers them, which is told by itself, and no segment of data was lost.
 */
static double of_connects(const struct look *look)
{
	double again = count(look, PEER_RETRANS_SYN);

	return again >= SYN_AGAIN_SHARE * (count(look, PEER_CONNECT_OK) + again) ? again : 0;
}

bool count_loss(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = fmax(0, count(look, PEER_EPISODES) - look->refuted - of_connects(look));
	*n = count(look, PEER_DATA_SEGMENTS_OUT);
	return counter_known(look, PEER_EPISODES) && counter_known(look, PEER_DATA_SEGMENTS_OUT);
}

bool count_loss_in(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	const struct time_normal *rtt = look->normal->time[TIMED_RTT];
	double rtt_s = (rtt && rtt->p50_ns > 0 ? rtt->p50_ns : UNKNOWN_RTT_NS) / 1e9, behind;

	(void)watch;
	*n = count(look, PEER_DATA_SEGMENTS_IN);
	behind = 1 + (look->elapsed_s > 0 ? *n / look->elapsed_s * rtt_s : 0);
	*k = count(look, PEER_OUT_OF_ORDER_IN) / behind;
	return counter_known(look, PEER_OUT_OF_ORDER_IN) &&
	       counter_known(look, PEER_DATA_SEGMENTS_IN);
}

bool count_checksum(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_BAD_CHECKSUMS);
	*n = count(look, PEER_SEGMENTS_IN) + count(look, PEER_DATAGRAMS_IN) + *k;
	return counter_known(look, PEER_BAD_CHECKSUMS);
}

bool count_stuck(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = look->link->total->backing_off;
	*n = look->link->total->alive;
	return true;
}

bool count_reorder(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	double again = count(look, PEER_DSACKS_IN) + count(look, PEER_EPISODES_SPURIOUS);

	(void)watch;
	*k = fmax(again, count(look, PEER_REORDERED));
	*n = count(look, PEER_DATA_SEGMENTS_OUT);
	return counter_known(look, PEER_DATA_SEGMENTS_OUT) && counter_known(look, PEER_REORDERED);
}

/* Time in which data waited for an acknowledgement is no denominator: an idle link has none. */
bool count_window_theirs(const struct link_watch *watch, const struct look *look, double *k,
			 double *n)
{
	double sockets = fmax(1, (double)look->link->sockets);

	*n = look->elapsed_s * 1e6 / SLICE_US;
	*k = fmin(count(look, PEER_RWND_LIMITED_US) / sockets / SLICE_US, *n);
	if (watch->no_room)
		*k = *n;
	if (!look->link->sockets)
		*n = 0;
	return counter_known(look, PEER_RWND_LIMITED_US);
}

bool count_window_ours(const struct link_watch *watch, const struct look *look, double *k,
		       double *n)
{
	(void)watch;
	*k = look->delta[PEER_ZERO_WINDOW_OURS] > 0;
	*n = look->delta[PEER_SEGMENTS_IN] > 0 || *k > 0;
	return counter_known(look, PEER_ZERO_WINDOW_OURS);
}

static double resets_in(const struct look *look)
{
	return fmax(0, count(look, PEER_RESETS_RECEIVED) - count(look, PEER_RESETS_REFUSED));
}

/*
 * Customers who abort do so for reasons of their own, at a rate of their own: of connections from
 * outside only nearly all of them being reset is a sign.
 */
bool count_resets_in(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = resets_in(look);
	*n = fmax(count(look, PEER_SOCKETS_CLOSED) - count(look, PEER_RESETS_REFUSED), *k);
	if (look->link->total->counter[PEER_ACCEPTED] > 0 &&
	    (*n < CUSTOMERS_LEAST || *k < CUSTOMERS_SHARE * *n))
		*k = 0;
	return counter_known(look, PEER_RESETS_RECEIVED);
}

bool count_resets_odd(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_RESETS_ODD_TTL);
	*n = *k;
	return counter_known(look, PEER_RESETS_ODD_TTL);
}

/*
 * Resets that our application meant (SO_LINGER) are its way to close; those that the kernel sends
 * since nobody read what was there are a fault of it.
 */
bool count_resets_out(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	bool told_apart = counter_known(look, PEER_CLOSED_UNREAD);

	(void)watch;
	*k = told_apart ? fmin(count(look, PEER_CLOSED_UNREAD), count(look, PEER_RESETS_SENT))
			: look->delta[PEER_RESETS_SENT] > 0;
	*n = fmax(count(look, PEER_SOCKETS_CLOSED), *k);
	return counter_known(look, PEER_RESETS_SENT);
}

static double given_up(const struct look *look)
{
	return count(look, PEER_CONNECT_TIMED_OUT) +
	       fmax(0, count(look, PEER_CONNECT_LOCAL_ERROR) - count(look, PEER_CONNECT_UNSENT));
}

/* Connects that came to an end. */
static double connects(const struct look *look)
{
	return count(look, PEER_CONNECT_OK) + count(look, PEER_CONNECT_REFUSED) +
	       count(look, PEER_CONNECT_TIMED_OUT) + count(look, PEER_CONNECT_UNREACHABLE) +
	       count(look, PEER_CONNECT_LOCAL_ERROR);
}

bool count_refused(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_CONNECT_REFUSED) + count(look, PEER_ICMP_PORT);
	*n = count(look, PEER_CONNECT_OK) + *k;
	return counter_known(look, PEER_CONNECT_REFUSED);
}

/*
 * A storm of logons overflows the far queue for a moment, and hundreds of SYNs go again together:
 * while some connects succeed, a look with many of them is one bad unit.
 */
bool count_unanswered(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	double ok = count(look, PEER_CONNECT_OK), none;

	(void)watch;
	none = given_up(look) + count(look, PEER_RETRANS_SYN);
	if (ok > 0) {
		*k = none >= SYN_AGAIN_SHARE * (ok + none);
		*n = 1 + *k;
	} else {
		*k = none;
		*n = none;
	}
	return counter_known(look, PEER_RETRANS_SYN) && counter_known(look, PEER_CONNECT_OK);
}

bool count_unreachable(const struct link_watch *watch, const struct look *look, double *k,
		       double *n)
{
	(void)watch;
	*k = count(look, PEER_CONNECT_UNREACHABLE);
	*n = count(look, PEER_CONNECT_OK) + *k;
	return counter_known(look, PEER_CONNECT_UNREACHABLE);
}

bool count_local_failure(const struct link_watch *watch, const struct look *look, double *k,
			 double *n)
{
	(void)watch;
	*k = count(look, PEER_CONNECT_UNSENT);
	*n = fmax(connects(look), *k);
	return counter_known(look, PEER_CONNECT_UNSENT);
}

bool count_no_descriptors(const struct link_watch *watch, const struct look *look, double *k,
			  double *n)
{
	(void)watch;
	*k = count(look, PEER_ERROR_EMFILE) + count(look, PEER_ERROR_ENFILE);
	*n = *k;
	return counter_known(look, PEER_ERROR_EMFILE);
}

bool count_no_ports(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_ERROR_EADDRNOTAVAIL);
	*n = *k;
	return counter_known(look, PEER_ERROR_EADDRNOTAVAIL);
}

bool count_no_route(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_ERROR_ENETUNREACH) + count(look, PEER_ERROR_ENETDOWN);
	*n = *k;
	return counter_known(look, PEER_ERROR_ENETUNREACH);
}

bool count_no_memory(const struct link_watch *watch, const struct look *look, double *k, double *n)
{
	(void)watch;
	*k = count(look, PEER_ERROR_ENOBUFS) + count(look, PEER_ERROR_ENOMEM);
	*n = *k;
	return counter_known(look, PEER_ERROR_ENOBUFS);
}

bool count_datagram_drops(const struct link_watch *watch, const struct look *look, double *k,
			  double *n)
{
	(void)watch;
	*k = count(look, PEER_DATAGRAMS_DROPPED);
	*n = count(look, PEER_DATAGRAMS_IN) + *k;
	return counter_known(look, PEER_DATAGRAMS_DROPPED);
}
