/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Response time on a TCP socket: from a send to the first byte that comes after the far kernel
 * acknowledged the request.
 *
 * TCP has no requests, so what a socket does is watched (enum turn_mode): with one request at a
 * time the first byte back is its answer and further pieces are not; with several in flight answers
 * are paired in order once the socket has shown that it gets one for each; a request that goes out
 * in several sends begins with the last.  Data that comes unasked, after a pause, is a push, and an
 * answer that may as well be a push is no sample.  What cannot be paired is counted, not timed.
 *
 * Limits: answers of different sizes to several requests in flight are not timed, for what comes in
 * one packet may be more than one of them; an application that keeps more than SENT_FAR requests in
 * flight has no response times.
 */
#ifndef RESPONSE_BPF_H
#define RESPONSE_BPF_H

#include "samples.bpf.h"

#define SENT_SHIFT 8
/* Data that follows this close on other data is a piece of it. */
#define PIECE_GAP_NS 1000000ULL
/* A pause this many times the usual response ends what was in flight. */
#define PAUSE_RESPONSES 8
#define PAUSE_LEAST_NS	20000000ULL
/* An answer is told from pushes when they come this many times more slowly. */
#define PUSH_RESPONSES 8
/* Sends so close together, measured by the wait, have one and the same response time. */
#define TRAIN_SHARE 16
/* So many turns have to show the same. */
#define PIPELINE_TURNS 2
#define PARTS_TURNS    3
/* So many answers in a row came as usual after the newest request. */
#define USUAL_TURNS 8
/* As many answers as sends in one turn: fewer may be the parts of one and the pieces of the other.
 */
#define BURST_LEAST 4
/* More than these in one packet are not told apart. */
#define ANSWERS_AT_ONCE SAMPLES_ROOM
#define NO_RESPONSE	(~0ULL)

static __always_inline bool seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

static __always_inline __u32 waits__limit(const struct waits *waits)
{
	return waits->far ? SENT_FAR : SENT_NEAR;
}

static __always_inline struct sent *sent_at(struct sock *sk, struct waits *waits, __u32 number)
{
	struct sent_far *far;

	/* The far ones are in socket storage, which a kernel with slots in a hash does not have. */
	if (!waits->far || slots_in_hash)
		return &waits->sent[number & (SENT_NEAR - 1)];
	far = bpf_sk_storage_get(&requests_far, sk, NULL, 0);
	if (!far)
		return NULL;
	asm volatile("" : "+r"(far)); /* the compiler would add the index before the test */
	return &far->sent[number & (SENT_FAR - 1)];
}

/* More requests in flight than the slot has room for: most sockets never come here. */
static __noinline bool waits__grow(struct sock *sk, struct slot *slot)
{
	struct sent_far *far;
	struct waits *waits;
	__u32 i;

	if (!sk || !slot || slots_in_hash)
		return false;
	waits = &slot->waits;
	far = bpf_sk_storage_get(&requests_far, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!far)
		return false;
	for (i = 0; i < SENT_NEAR; i++)
		far->sent[(waits->head + i) & (SENT_FAR - 1)] =
			waits->sent[(waits->head + i) & (SENT_NEAR - 1)];
	waits->far = 1;
	return true;
}

static __always_inline void waits__forget_requests(struct waits *waits)
{
	waits->unpaired += waits->tail - waits->head;
	waits->head = waits->tail;
}

/*
 * Where the totals of the socket stood when its slot was made: what came and went since is the
 * first that is seen.
 */
static __always_inline void waits__make_ready(struct slot *slot, const struct tcp_sock *tp)
{
	struct waits *waits = &slot->waits;
	__u64 sent = tp->bytes_sent - tp->bytes_retrans - slot->bytes_sent;

	if (waits->ready)
		return;
	waits->rcv_seq = tp->rcv_nxt - (__u32)(tp->bytes_received - slot->bytes_received);
	waits->sent_seq = tp->snd_nxt - (__u32)sent;
	waits->ready = 1;
}

/* Could this answer as well be one of the pushes that this socket gets? */
static __always_inline bool maybe_push(const struct waits *waits, __u64 now_ns, __u64 response_ns)
{
	__u64 gap_ns = (__u64)waits->push_gap_us * 1000;

	if (!waits->push_gap_us)
		return false;
	if (now_ns - waits->push_ns > gap_ns)
		gap_ns = now_ns - waits->push_ns;
	return response_ns * PUSH_RESPONSES > gap_ns;
}

/* There is room for the sample. */
static __always_inline void put_response(struct slot *slot, __u64 now_ns, __u64 response_ns)
{
	struct waits *waits = &slot->waits;
	__u32 us = response_ns / 1000;

	if (maybe_push(waits, now_ns, response_ns)) {
		waits->unpaired++;
		return;
	}
	waits->response_us = waits->response_us
				     ? waits->response_us - (waits->response_us >> 3) + (us >> 3)
				     : us;
	sample_put(slot, SAMPLED_RESPONSE, response_ns, now_ns);
}

static __always_inline void take_response(struct slot *slot, __u64 now_ns, __u64 response_ns)
{
	samples__make_room(slot, SAMPLED_RESPONSE, 1);
	put_response(slot, now_ns, response_ns);
}

/*
 * The first send after we heard something: what did the turn before show?  A pipeline leaves as
 * many requests without an answer as the turn before did, or fewer, or answers a burst of them one
 * by one; a request in parts leaves all of its sends but one.  A few turns have to agree.
 */
static __noinline int waits__judge_turn(struct slot *slot)
{
	__u32 left, before, sends, answers;
	struct waits *waits;

	if (!slot)
		return 0;
	waits = &slot->waits;
	left = waits->tail - waits->head;
	before = waits->left_before;
	sends = waits->turn_sends;
	answers = waits->turn_answers;
	if (left ? left <= before && !waits->usual_turns
		 : sends >= BURST_LEAST && answers == before + sends) {
		waits->pipeline_turns += left ? 1 : PIPELINE_TURNS;
		waits->parts_turns = 0;
	} else if (sends > 1 && (left ? left - before == sends - 1 && answers == 1
				      : sends < BURST_LEAST || answers < sends)) {
		waits->pipeline_turns = 0;
		waits->parts_turns++;
	} else {
		waits->pipeline_turns = 0;
		waits->parts_turns = 0;
	}
	if (waits->mode == TURN_UNKNOWN && waits->pipeline_turns >= PIPELINE_TURNS &&
	    !waits->uneven) {
		waits->mode = TURN_PIPELINE;
	} else if (waits->mode == TURN_UNKNOWN && waits->parts_turns >= PARTS_TURNS) {
		waits->mode = TURN_PARTS;
		waits->head = waits->tail; /* they were no requests */
	}
	return 0;
}

/* With one request at a time there is nothing to judge. */
static __always_inline void waits__begin_turn(struct slot *slot)
{
	struct waits *waits = &slot->waits;

	if (waits->left_before + waits->turn_sends > 1)
		waits__judge_turn(slot);
	waits->left_before = waits->tail - waits->head;
	waits->turn_sends = 0;
	waits->turn_answers = 0;
}

/* Nothing came or went for long: what is still without an answer never was a request. */
static __always_inline void waits__end_pause(struct waits *waits, __u64 now_ns)
{
	__u64 pause_ns = (__u64)waits->response_us * 1000 * PAUSE_RESPONSES + PAUSE_LEAST_NS;

	if (now_ns - waits->data_ns < pause_ns || now_ns - waits->sent_ns < pause_ns)
		return;
	waits__forget_requests(waits);
	waits->mode = TURN_UNKNOWN;
	waits->pipeline_turns = 0;
	waits->parts_turns = 0;
	waits->left_before = 0;
}

/*
 * The application has read what was never seen to arrive: the kernel skips a hook that interrupts
 * itself.  It may have been an answer, and pairing goes on from here.
 */
static __always_inline void waits__notice_missed(struct waits *waits, const struct tcp_sock *tp)
{
	__u32 copied_seq = tp->copied_seq;

	/* A FIN that was read is one ahead. */
	if (!seq_before(waits->rcv_seq + 1, copied_seq))
		return;
	waits__forget_requests(waits);
	waits->pickups_unpaired++;
	waits->rcv_seq = copied_seq;
	waits->unread_ns = 0;
	waits->later_ns = 0;
	waits->left_before = 0;
	waits->turn_sends = 0;
	waits->turn_answers = 0;
}

/* A send has handed its last byte to TCP, and TCP may have passed it on. */
static __always_inline void waits__sent(struct sock *sk, struct slot *slot,
					const struct tcp_sock *tp)
{
	struct waits *waits = &slot->waits;
	__u32 seq = tp->write_seq, tail;
	struct sent *sent;
	__u64 now_ns;

	waits__make_ready(slot, tp);
	if (seq == waits->sent_seq)
		return; /* its answer was here before us */
	waits->sent_seq = seq;
	now_ns = tp->snd_nxt == seq ? tcp_last_clock_ns(tp) : bpf_ktime_get_ns();
	waits__notice_missed(waits, tp);
	if (waits->tail != waits->head || waits->mode == TURN_BLIND) {
		if (waits->turn_answers || waits->mode == TURN_BLIND)
			waits__end_pause(waits, now_ns);
	}
	if (waits->turn_answers)
		waits__begin_turn(slot);
	waits->turn_sends++;
	waits->sent_ns = now_ns;
	if (waits->mode == TURN_BLIND) {
		waits->unpaired++;
		return;
	}
	tail = waits->tail;
	if (tail == waits->head) {
		waits->answer_len = 0;
		waits->uneven = 0;
	}
	if (tail - waits->head >= waits__limit(waits) && (waits->far || !waits__grow(sk, slot))) {
		waits__forget_requests(waits);
		waits->unpaired++;
		waits->mode = TURN_BLIND;
		return;
	}
	sent = sent_at(sk, waits, tail);
	if (!sent)
		return;
	sent->when = now_ns >> SENT_SHIFT;
	sent->seq = seq;
	waits->tail = tail + 1;
}

static __always_inline __u64 since_ns(__u64 now_ns, __u32 when)
{
	return (__u64)((__u32)(now_ns >> SENT_SHIFT) - when) << SENT_SHIFT;
}

/* Answers of a pipeline are even: so many came together, and each is that of one request. */
static __always_inline void answer_in_order(struct sock *sk, struct slot *slot, __u32 snd_una,
					    __u64 now_ns)
{
	struct waits *waits = &slot->waits;
	const struct sent *oldest;
	__u32 i;

	/* Made once: a loop that may empty the slot each time is followed by the verifier each
	 * time. */
	samples__make_room(slot, SAMPLED_RESPONSE,
			   waits->answers < ANSWERS_AT_ONCE ? waits->answers : ANSWERS_AT_ONCE);
	for (i = 0; i < ANSWERS_AT_ONCE; i++) {
		if (i >= waits->answers || waits->head == waits->tail)
			break;
		oldest = sent_at(sk, waits, waits->head);
		if (!oldest || seq_before(snd_una, oldest->seq))
			break;
		waits->head++;
		put_response(slot, now_ns, since_ns(now_ns, oldest->when));
	}
}

/*
 * One send, one answer, and older requests without any: were they answered together with another,
 * or not meant to be, or is each answer that of an older request?  In the first case the answers
 * come as long after the newest request as they used to before; in the other only by chance, and
 * not time and again.
 */
static __noinline bool answers_newest(struct slot *slot, __u64 from_newest_ns)
{
	struct waits *waits;
	__u64 usual_ns;

	if (!slot)
		return false;
	waits = &slot->waits;
	usual_ns = (__u64)waits->response_us * 1000;
	if (waits->turn_sends == 1 && waits->turn_answers > 1)
		return false; /* a further piece */
	if (!usual_ns || waits->turn_sends != 1 || from_newest_ns * 2 < usual_ns ||
	    from_newest_ns > usual_ns * 2) {
		waits->usual_turns = 0;
		return false;
	}
	if (waits->usual_turns < USUAL_TURNS)
		waits->usual_turns++;
	return waits->usual_turns == USUAL_TURNS;
}

/* The newest request is the only one that waits, and it was answered now. */
static __always_inline void waits__begin_anew(struct waits *waits)
{
	waits->head = waits->tail;
	waits->mode = TURN_UNKNOWN;
	waits->pipeline_turns = 0;
	waits->parts_turns = 0;
	waits->usual_turns = 0;
	waits->uneven = 0;
	waits->answer_len = 0;
}

/* More than one request may be meant: does one of them get a time from what came now? */
static __noinline __u64 answer_one_of(struct sock *sk, struct slot *slot, __u32 oldest_when,
				      __u32 snd_una, __u64 now_ns)
{
	__u64 from_newest, from_oldest = since_ns(now_ns, oldest_when);
	const struct sent *newest;
	struct waits *waits;
	__u32 taken;

	if (!sk || !slot)
		return NO_RESPONSE;
	waits = &slot->waits;
	if (waits->mode == TURN_PIPELINE) {
		answer_in_order(sk, slot, snd_una, now_ns);
		return NO_RESPONSE;
	}
	newest = sent_at(sk, waits, waits->tail - 1);
	if (!newest)
		return NO_RESPONSE;
	from_newest = since_ns(now_ns, newest->when);
	if (waits->mode == TURN_PARTS) {
		if (seq_before(snd_una, newest->seq))
			return NO_RESPONSE;
		waits->head = waits->tail;
		return from_newest;
	}
	taken = waits->tail - waits->head;
	if (waits->left_before && answers_newest(slot, from_newest)) {
		waits->unpaired += taken - 1;
		waits__begin_anew(waits);
		return from_newest;
	}
	if (taken > waits->answers)
		taken = waits->answers;
	waits->head += taken;
	/* The first answer to sends so close together that it hardly matters which of them it is.
	 */
	if (waits->turn_answers == waits->answers && !waits->left_before &&
	    from_oldest - from_newest <= from_newest / TRAIN_SHARE) {
		waits->unpaired += taken - 1;
		return from_oldest;
	}
	waits->unpaired += taken;
	return NO_RESPONSE;
}

/*
 * How many answers came at once?  Small ones may come in one packet, and then the requests behind
 * them must not be paired with the wrong answers: only answers of one and the same size can be told
 * apart.  A pipeline whose answers turn out to differ is not timed until all is quiet.
 */
static __noinline int waits__count_answers(struct slot *slot, __u32 len_bytes)
{
	struct waits *waits;
	__u32 first;

	if (!slot)
		return 0;
	waits = &slot->waits;
	first = waits->answer_len;
	if (first && len_bytes % first == 0) {
		waits->answers = len_bytes / first;
		return 0;
	}
	waits->uneven = 1;
	if (waits->mode == TURN_PIPELINE) {
		waits__forget_requests(waits);
		waits->mode = TURN_BLIND;
	}
	return 0;
}

/* Data that no request waits for: another piece of an answer, or a push. */
static __noinline int waits__unasked(struct slot *slot, __u64 now_ns, __u64 before_ns)
{
	struct waits *waits;
	__u64 gap_us, piece_ns;

	if (!slot)
		return 0;
	waits = &slot->waits;
	piece_ns = PIECE_GAP_NS + (__u64)waits->response_us * 1000;
	if (!before_ns || now_ns - before_ns < piece_ns) {
		/* Pieces behind several answers: which were pieces, and which answers? */
		if (waits->mode == TURN_PIPELINE && waits->turn_sends > 1) {
			waits->mode = TURN_UNKNOWN;
			waits->pipeline_turns = 0;
		}
		return 0;
	}
	waits->pushes++;
	if (waits->push_ns) {
		hist_add(&slot->key, HIST_GAP, now_ns - waits->push_ns);
		gap_us = (now_ns - waits->push_ns) / 1000;
		if (gap_us > 0xffffffff)
			gap_us = 0xffffffff;
		waits->push_gap_us =
			waits->push_gap_us
				? waits->push_gap_us - (waits->push_gap_us >> 3) + (gap_us >> 3)
				: gap_us;
	}
	waits->push_ns = now_ns;
	return 0;
}

/* The response time that the data gives which came now, or NO_RESPONSE. */
static __always_inline __u64 waits__answered(struct sock *sk, struct slot *slot,
					     const struct tcp_sock *tp, __u64 now_ns,
					     __u64 before_ns, __u32 len_bytes)
{
	struct waits *waits = &slot->waits;
	__u32 snd_una = tp->snd_una, write_seq = tp->write_seq;
	struct sent *oldest;
	__u64 response_ns;

	if (waits->mode == TURN_BLIND) {
		waits->turn_answers++;
		if (answers_newest(slot, now_ns - waits->sent_ns))
			waits__begin_anew(waits); /* it was counted as unpaired when it was sent */
		return NO_RESPONSE;
	}
	waits->answers = 1;
	if (!waits->answer_len)
		waits->answer_len = len_bytes;
	else if (waits->answer_len != len_bytes)
		waits__count_answers(slot, len_bytes);
	waits->turn_answers += waits->answers;
	if (waits->tail == waits->head) {
		/* On loopback an answer may outrun the hook of its request: RACK has the time. */
		if (write_seq != waits->sent_seq && snd_una == write_seq) {
			waits->sent_seq = write_seq;
			response_ns = now_ns - tp->rack.mstamp * 1000;
			waits->turn_sends++;
			waits->sent_ns = now_ns;
			return response_ns >> 63 ? 0 : response_ns;
		}
		waits__unasked(slot, now_ns, before_ns);
		return NO_RESPONSE;
	}
	oldest = sent_at(sk, waits, waits->head);
	if (!oldest)
		return NO_RESPONSE;
	if (seq_before(snd_una, oldest->seq)) {
		waits__unasked(slot, now_ns, before_ns); /* it cannot know of the request yet */
		return NO_RESPONSE;
	}
	if (waits->tail - waits->head > 1 || waits->turn_sends + waits->left_before > 1)
		return answer_one_of(sk, slot, oldest->when, snd_una, now_ns);
	waits->head++;
	return since_ns(now_ns, oldest->when);
}

#endif
