/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence table: everything that is believed about where a fault is, one reading a row.
 *
 * Weights are natural logarithms of likelihood ratios: 1 makes a place 2.7 times as likely as it
 * was, 2.3 ten times, 4.6 a hundred times; negative ones as much less.  They come from what packets
 * and kernels can and can't do, which stands beside each block; where a reading has nothing to say
 * of a place the weight is 0.  A raised reading that a place can't cause has a weight of -1 or less
 * there: what a verdict leaves unexplained is looked at again as a second fault.
 *
 * The columns are in the order of PLACES:
 *   PA far application  PH far host  PT path  NM their names | GW gateway  NI interface, cable
 *   MB middlebox  RS resolver | AP our application  CP processor  ME memory  DK disk
 *   KN our kernel's network  CA capacity
 */
#include "judge/evidence.h"

enum group {
	GROUP_NONE,
	GROUP_DARK,	   /* nothing comes */
	GROUP_NO_ACKS,	   /* nothing is acknowledged */
	GROUP_LOSS,	   /* segments get lost */
	GROUP_DAMAGE,	   /* segments come damaged */
	GROUP_ROUND_TRIP,  /* the way takes longer */
	GROUP_PROMPT,	   /* the way takes no longer */
	GROUP_RESPONSE,	   /* answers come late */
	GROUP_UNREAD,	   /* what came waits for us */
	GROUP_READ,	   /* what came is read at once */
	GROUP_PROCESSOR,   /* our process waits for a processor */
	GROUP_NO_WAIT,	   /* it does not */
	GROUP_MEMORY,	   /* it waits for memory */
	GROUP_MEMORY_FREE, /* it does not */
	GROUP_DISK,	   /* it waits for a disk */
	GROUP_QUEUE,	   /* our own queue is long */
	GROUP_NAMES,	   /* names are not found */
	GROUP_REFUSED,	   /* somebody turns us down */
	GROUP_SAME_HOST,   /* the same far host is well */
	GROUP_MANY,	   /* how many others are in the same trouble */
};

#define LINK(name) EVIDENCE_OF_LINK(SYMPTOM_##name)
#define HOST(name) EVIDENCE_OF_HOST(HOST_SYMPTOM_##name)
#define FATE(name) EVIDENCE_OF_FATE(FATE_##name)

#define DARK	TROUBLE_BIT(TROUBLE_DARK)
#define REFUSED TROUBLE_BIT(TROUBLE_REFUSED)
#define LOSSY	TROUBLE_BIT(TROUBLE_LOSSY)
#define SLOW	TROUBLE_BIT(TROUBLE_SLOW)
#define WAITING TROUBLE_BIT(TROUBLE_WAITING)
#define LOCAL	TROUBLE_BIT(TROUBLE_LOCAL)
#define NAMES	TROUBLE_BIT(TROUBLE_NAMES)
#define OUTSIDE (DARK | REFUSED | LOSSY | SLOW)
#define ALWAYS	0

#define WEIGHTS(pa, ph, pt, nm, gw, ni, mb, rs, ap, cp, me, dk, kn, ca)                            \
	{                                                                                          \
		[PLACE_PEER_APP] = pa, [PLACE_PEER_HOST] = ph, [PLACE_PATH] = pt,                  \
		[PLACE_NAME] = nm, [PLACE_GATEWAY] = gw, [PLACE_NIC] = ni, [PLACE_MIDDLEBOX] = mb, \
		[PLACE_RESOLVER] = rs, [PLACE_APP] = ap, [PLACE_CPU] = cp, [PLACE_MEMORY] = me,    \
		[PLACE_DISK] = dk, [PLACE_KERNEL_NET] = kn, [PLACE_CAPACITY] = ca                  \
	}

#define RAISED(what, when, group, weights, en, ja) \
	{what, SYMPTOM_RAISED, when, GROUP_##group, weights, en, ja},
#define NORMAL(what, when, group, weights, en, ja) \
	{what, SYMPTOM_NORMAL, when, GROUP_##group, weights, en, ja},

// clang-format off
const struct evidence_row evidence_table[] = {
/* How often each place is at fault at all, before anything is known: lines and far applications
 * lead the incident books, names and memory are rarely behind trouble that a link shows. */
RAISED(FATE(PRIOR), ALWAYS, NONE,
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
	WEIGHTS( 0.0, -1.0,  0.0, -4.0, -0.7, -1.0, -1.0, -4.0, -0.5, -1.0, -2.0, -2.0, -1.0, -3.0),
	"how often each place is at fault at all", "場所ごとの一般的な故障頻度")

/*
 * Nothing comes.  Anybody between the far application and our card can stop what would come; our
 * own application can't, but for the window that it closes.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(SILENCE), ALWAYS, DARK,
	WEIGHTS( 1.0,  1.0,  1.0, -1.0,  1.0,  1.0,  0.7, -1.0, -0.8, -0.8, -0.8, -0.8,  0.5, -0.8),
	"no data for {value} (usual gap {baseline})", "{value} 間データなし(通常の間隔 {baseline})")
RAISED(LINK(PENDING), ALWAYS, DARK,
	WEIGHTS( 1.5,  1.0,  1.0, -1.0,  0.8,  0.8,  0.7, -1.0, -0.8, -0.5, -0.5, -0.8,  0.5, -0.5),
	"a request has waited {value} for its answer (usually {baseline})",
	"要求への応答が {value} 来ない(通常 {baseline})")
/* A SYN is answered by the far kernel, or turned away by a full queue of its application. */
RAISED(LINK(UNANSWERED), ALWAYS, DARK,
	WEIGHTS( 1.0,  1.2,  1.0, -2.0,  1.0,  0.8,  1.3, -2.0, -1.5, -0.8, -0.8, -2.0,  0.5, -0.5),
	"connects get no answer: {value} (usually {baseline})",
	"接続要求に応答なし: {value}(通常 {baseline})")
/* The far kernel acknowledges whatever its application does: an acknowledgement that is missing
 * clears the application, one that comes clears the way and the host. */
RAISED(LINK(ACK_MISSING), ALWAYS, NO_ACKS,
	WEIGHTS(-3.0,  1.5,  1.5, -2.0,  1.2,  1.2,  1.2, -2.0, -3.0, -0.8, -0.8, -3.0,  0.7, -0.8),
	"the far kernel has not acknowledged for {value}", "相手カーネルの ACK が {value} ない")
RAISED(LINK(STUCK_SOCKETS), ALWAYS, NO_ACKS,
	WEIGHTS(-3.0,  1.5,  1.5, -2.0,  1.2,  1.2,  1.2, -2.0, -3.0, -0.8, -0.8, -3.0,  0.7, -0.8),
	"{value} of the sockets send again and again without an answer",
	"ソケットの {value} が応答なしで再送を続けている")
RAISED(FATE(ACKS), DARK, NONE,
	WEIGHTS( 2.5, -4.0, -3.0,  0.0, -4.0, -4.0, -2.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.0,  0.0),
	"the far kernel still acknowledges, last {value} ago", "相手カーネルは ACK を返している(最後は {value} 前)")
RAISED(FATE(DATA), DARK, NONE,
	WEIGHTS( 0.5, -2.0, -1.0,  0.0, -2.0, -3.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"some data still comes, last {value} ago", "一部のデータは届いている(最後は {value} 前)")
RAISED(FATE(TAKEN), DARK, NONE,
	WEIGHTS( 2.5, -3.0, -2.0,  0.0, -2.5, -3.0, -1.0,  0.0,  0.0,  0.0,  0.0,  0.0, -1.0,  0.0),
	"{value} connections that the far kernel took, and whose requests it acknowledged, stand without an answer",
	"相手カーネルが受けた接続 {value} 本が、要求の ACK 後も応答なし")
/* Only a limit of the size of packets on the way treats long ones and short ones differently. */
RAISED(LINK(LOSS_FULL), ALWAYS, NONE,
	WEIGHTS(-3.0, -2.0,  2.5, -4.0,  0.3, -0.5,  4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -0.5, -4.0),
	"full-sized segments are lost while small ones pass", "大きなパケットだけが失われている")

/*
 * Segments are lost.  A far or our own application loses no segment; a starved processor may, when
 * queues run over; so may any box that forwards.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(LOSS), ALWAYS, LOSS,
	WEIGHTS(-3.0, -0.5,  2.0, -4.0,  1.5,  1.2,  0.5, -4.0, -3.0, -0.5, -0.8, -3.0,  0.8,  0.0),
	"{value} of segments sent are lost (usually {baseline})",
	"送信セグメントの {value} が損失(通常 {baseline})")
RAISED(LINK(LOSS_IN), ALWAYS, LOSS,
	WEIGHTS(-3.0, -1.5,  2.0, -4.0,  1.5,  1.2,  0.3, -4.0, -3.0, -0.5, -0.8, -3.0,  0.8,  0.0),
	"{value} of segments come out of order (usually {baseline})",
	"受信セグメントの {value} が順序外(通常 {baseline})")
RAISED(LINK(REORDER), ALWAYS, NONE,
	WEIGHTS(-3.0, -1.5,  2.0, -4.0,  0.7, -0.5,  0.3, -4.0, -3.0, -0.3, -2.0, -3.0, -0.5, -1.0),
	"{value} of segments are out of order or repeated for nothing",
	"セグメントの {value} が順序入替え・不要な再送")
/* A checksum is wrong when bits changed on a wire, seldom in a box's memory: a box that forwards
 * checks each frame and throws damaged ones away. */
RAISED(LINK(CHECKSUM), ALWAYS, DAMAGE,
	WEIGHTS(-4.0, -1.0,  2.0, -4.0, -1.0,  2.3, -0.5, -4.0, -4.0, -4.0, -2.0, -4.0, -2.0, -4.0),
	"{value} of segments received are damaged", "受信セグメントの {value} が破損")

/*
 * What comes, comes late.  The round trip is between the kernels: applications are not in it, but
 * for an acknowledgement that waits for the answer, and that is told apart (rtt.with_answer).
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(RTT), ALWAYS, ROUND_TRIP,
	WEIGHTS(-2.5,  0.2,  2.5, -4.0,  1.0,  0.3,  0.3, -4.0, -2.5,  0.5,  0.0, -3.0,  0.7,  0.3),
	"round trips take {value} (usually {baseline})", "往復時間 {value}(通常 {baseline})")
RAISED(LINK(CONNECT_TIME), ALWAYS, ROUND_TRIP,
	WEIGHTS(-1.5,  0.3,  1.7, -4.0,  0.8,  0.3,  0.5, -4.0, -2.5,  0.5,  0.0, -3.0,  0.5,  0.3),
	"connects take {value} (usually {baseline})", "接続確立に {value}(通常 {baseline})")
/* The far kernel waits some forty milliseconds for an answer that its acknowledgement can ride
 * on: a slow application and a slow way then look alike in round trips. */
RAISED(FATE(ECHO), ALWAYS, NONE,
	WEIGHTS( 0.3,  0.0,  0.3,  0.0,  0.0, -0.5,  0.0,  0.0, -0.5,  0.0,  0.0,  0.0,  0.0,  0.0),
	"round trips take {value} (usually {baseline}), as an acknowledgement that waits for an answer would",
	"往復時間 {value}(通常 {baseline})。応答待ちの ACK とも区別できない")
RAISED(FATE(WHOLE), ALWAYS, NONE,
	WEIGHTS(-0.7,  0.0,  1.2,  0.0,  0.4,  0.0,  0.0,  0.0, -0.5,  0.2,  0.0,  0.0,  0.3,  0.0),
	"round trips take {value} (usually {baseline}), longer by as much as answers do",
	"往復時間 {value}(通常 {baseline})、応答の遅れと同じだけ延びている")
NORMAL(LINK(RTT), SLOW, PROMPT,
	WEIGHTS( 1.5,  0.0, -3.0,  0.0, -3.0, -3.0, -1.0,  0.0,  0.0, -2.0,  0.0,  0.0, -2.5, -0.5),
	"round trips are as usual, {value}", "往復時間は通常どおり {value}")
NORMAL(LINK(CONNECT_TIME), SLOW, PROMPT,
	WEIGHTS( 1.2,  0.0, -2.5,  0.0, -2.5, -2.5, -0.5,  0.0,  0.0, -1.5,  0.0,  0.0, -2.0, -0.5),
	"connects are as fast as usual, {value}", "接続確立は通常どおり {value}")
RAISED(LINK(RESPONSE), ALWAYS, RESPONSE,
	WEIGHTS( 2.0,  0.8,  1.0, -2.0,  0.7,  0.2,  0.3, -2.0, -1.5,  0.6,  0.0, -2.0,  0.5,  0.3),
	"answers take {value} (usually {baseline})", "応答時間 {value}(通常 {baseline})")
RAISED(LINK(RESPONSE_TAIL), ALWAYS, RESPONSE,
	WEIGHTS( 1.5,  0.6,  1.0, -2.0,  0.7,  0.3,  0.3, -2.0, -1.5,  0.6,  0.0, -2.0,  0.5,  0.3),
	"the slowest answers take {value} (usually {baseline})",
	"遅い応答が {value}(通常 {baseline})")
/* A window closes when an application does not read. */
RAISED(LINK(WINDOW_THEIRS), ALWAYS, NONE,
	WEIGHTS( 4.0,  0.5, -2.0, -4.0, -3.0, -4.0, -1.0, -4.0, -3.0, -3.0, -3.0, -3.0, -2.5, -3.0),
	"the far side's window held us back for {value} of the time",
	"相手の受信窓により {value} の時間待たされた")

/*
 * What came waits for us.  Nobody outside of this host can make our process read late.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(PICKUP), ALWAYS, UNREAD,
	WEIGHTS(-3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0,  2.0,  2.0,  0.7,  1.5, -1.5,  1.0),
	"bytes wait {value} for our process (usually {baseline})",
	"受信データを自プロセスが読むまで {value}(通常 {baseline})")
RAISED(LINK(UNREAD), ALWAYS, UNREAD,
	WEIGHTS(-3.5, -3.5, -3.5, -3.5, -3.5, -3.5, -3.5, -3.5,  2.5,  1.5,  0.7,  1.5, -1.5,  0.5),
	"bytes have waited {value} unread in our socket", "自ソケットに未読データが {value} 滞留")
RAISED(LINK(WINDOW_OURS), ALWAYS, UNREAD,
	WEIGHTS(-3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0,  2.5,  1.2,  0.5,  1.0,  0.0,  0.5),
	"we closed our window, {value}", "自側の受信窓が閉じた({value})")
RAISED(LINK(ACCEPT_QUEUE), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0,  4.0,  1.0,  0.0,  0.5, -1.0,  1.5),
	"our accept queue is {value} full", "自側の accept キューが {value} 埋まっている")
RAISED(LINK(DATAGRAM_DROPS), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0,  3.0,  1.5,  0.0,  0.5,  0.0,  1.0),
	"{value} of datagrams found our receive buffer full", "データグラムの {value} が受信バッファ溢れ")
NORMAL(LINK(PICKUP), OUTSIDE, READ,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.0, -1.0, -0.5, -2.0,  0.0, -0.5),
	"our process reads at once, within {value}", "自プロセスは {value} 以内に読んでいる")
NORMAL(LINK(UNREAD), OUTSIDE, READ,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.0, -1.0, -0.5, -1.5,  0.0, -0.5),
	"no bytes wait unread in our socket", "自ソケットに未読データなし")

/*
 * Somebody turns us down.  A refusal is a far kernel without a listener; a reset of a live
 * connection is the far application, or a box that pretends to be it, and then its hop limit has
 * come another way.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(REFUSED), ALWAYS, REFUSED,
	WEIGHTS( 4.5, -1.0, -4.0, -4.0, -3.0, -4.0,  0.0, -4.0, -4.0, -4.0, -4.0, -4.0, -3.0, -4.0),
	"{value} of connects are refused", "接続の {value} が拒否された")
RAISED(LINK(RESETS_IN), ALWAYS, REFUSED,
	WEIGHTS( 2.5,  0.0, -0.8, -4.0, -0.8, -4.0,  1.2, -4.0, -0.8, -3.0, -2.0, -3.0, -2.0, -1.0),
	"{value} of connections were reset by the far side", "接続の {value} が相手側からリセットされた")
RAISED(LINK(RESETS_ODD), ALWAYS, NONE,
	WEIGHTS(-3.0, -3.0,  0.0, -4.0,  1.5, -4.0,  6.0, -4.0, -4.0, -4.0, -4.0, -4.0, -3.0, -4.0),
	"resets come with a hop limit that is not the peer's", "リセットの TTL が相手の通常値と異なる")
NORMAL(LINK(RESETS_ODD), REFUSED, NONE,
	WEIGHTS( 1.0,  0.3,  0.0,  0.0, -0.5,  0.0, -2.5,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"the resets' hop limit is the peer's own", "リセットの TTL は相手の通常値と同じ")
/* A rule answers at once, and with words made for it; a last router that finds no host answers
 * after seconds, and a line that is gone mostly not at all. */
RAISED(LINK(UNREACHABLE), ALWAYS, NONE,
	WEIGHTS(-4.0,  2.0,  0.0, -4.0,  1.0, -0.5,  3.5, -4.0, -4.0, -4.0, -4.0, -4.0, -0.5, -4.0),
	"{value} of connects are turned down by a box on the way", "接続の {value} が途中の機器に拒否された")

/*
 * Our own host refuses, and nothing is sent: nobody else has a part in it.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(LINK(RESETS_OUT), ALWAYS, NONE,
	WEIGHTS(-2.0, -3.0, -3.0, -4.0, -3.0, -4.0, -2.0, -4.0,  4.0, -1.0, -0.5, -2.0, -0.5, -0.5),
	"{value} of connections were reset by our side", "接続の {value} を自側がリセットした")
RAISED(LINK(LOCAL_FAILURE), ALWAYS, NONE,
	WEIGHTS(-3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0,  1.0, -1.0,  0.5, -2.0,  1.5,  0.0),
	"{value} of connects never left this host", "接続の {value} が自ホストから出ていない")
RAISED(LINK(NO_DESCRIPTORS), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0,  6.0, -4.0, -3.0, -4.0, -1.0,  0.5),
	"our process has no descriptors left", "自プロセスのファイル記述子が枯渇")
RAISED(LINK(NO_PORTS), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0,  0.0, -4.0, -4.0, -4.0,  6.0,  1.0),
	"no local port is left for a connection", "ローカルポートが枯渇")
RAISED(LINK(NO_ROUTE), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -3.0, -1.5, -4.0, -4.0, -2.0, -4.0, -4.0, -4.0,  7.0, -4.0),
	"this host has no route to the far end", "相手への経路が自ホストにない")
RAISED(LINK(NO_MEMORY), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -3.0, -4.0, -4.0, -0.5, -3.0,  1.0, -4.0,  4.0,  0.5),
	"our kernel has no memory for sockets", "ソケット用メモリが不足")
RAISED(LINK(DROPS_OWN), ALWAYS, NONE,
	WEIGHTS(-3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -0.8, -0.8, -0.5, -3.0,  6.0,  0.0),
	"our own kernel drops packets of this link, {value}", "自カーネルがこの接続のパケットを破棄({value})")
NORMAL(LINK(DROPS_OWN), (DARK | LOSSY), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.0,  0.0),
	"our own kernel drops nothing of this link", "自カーネルによる破棄なし")

/*
 * Who else is in the same trouble.  One cause that reaches many has to be where their ways meet.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(FATE(SAME_HOST), OUTSIDE, NONE,
	WEIGHTS(-2.5,  1.0,  0.7,  0.0,  0.3,  0.3, -1.0,  0.0, -1.0,  0.0,  0.0, -0.5, -0.3,  0.0),
	"{value} other links to the same far host are in the same trouble",
	"同じ相手ホストへの他の接続 {value} 本も同じ状態")
NORMAL(FATE(SAME_HOST), (DARK | REFUSED), SAME_HOST,
	WEIGHTS( 2.0, -4.0, -2.0,  0.0, -3.0, -4.0,  0.7,  0.0,  0.0, -0.5, -0.5,  0.0,  0.0,  0.0),
	"other links to the same far host are well ({value})", "同じ相手ホストへの他の接続は正常({value} 本)")
/* Of what is slow less: a circuit may have a queue for each service. */
NORMAL(FATE(SAME_HOST), SLOW, SAME_HOST,
	WEIGHTS( 1.5, -3.0, -1.0,  0.0, -2.0, -3.0,  0.3,  0.0,  0.0, -0.5, -0.5,  0.0,  0.0,  0.0),
	"other links to the same far host are as fast as usual ({value})",
	"同じ相手ホストへの他の接続は通常の速さ({value} 本)")
/* Of losses less: equal-cost lines share flows out, and one of them may be the bad one; or a queue
 * anywhere on the way is too short for the bursts of this one. */
NORMAL(FATE(SAME_HOST), LOSSY, SAME_HOST,
	WEIGHTS( 0.0, -2.0, -0.7,  0.0, -0.5, -0.5,  0.3,  0.0,  0.0, -0.5, -0.5,  0.0,  0.3,  0.0),
	"other links to the same far host lose nothing ({value})", "同じ相手ホストへの他の接続に損失なし({value} 本)")
/* A line ends at a network: of what is dark behind it, others there would be dark as well. */
NORMAL(FATE(SAME_NET), DARK, NONE,
	WEIGHTS( 0.3,  1.0, -1.5,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"other hosts in the same far network are well ({value})",
	"同じ相手ネットワークの他のホストは正常({value} 本)")
RAISED(FATE(GATEWAY_ALL), OUTSIDE, MANY,
	WEIGHTS(-4.0, -4.0, -0.5, -1.0,  2.5,  1.0,  0.5,  0.0, -0.8,  0.8,  0.8, -0.8,  0.8,  0.5),
	"all {value} other far hosts by {subject} are in the same trouble",
	"{subject} 経由の他の相手ホスト {value} 台すべてが同じ状態")
RAISED(FATE(GATEWAY_SOME), OUTSIDE, MANY,
	WEIGHTS(-3.0, -3.0,  0.3, -1.0,  1.0,  0.5,  0.3,  0.0, -0.8,  0.5,  0.5, -0.8,  0.5,  0.3),
	"the only other far host by {subject} is in the same trouble",
	"{subject} 経由の他の相手ホスト(1 台のみ)も同じ状態")
/* Half of the way between the two rows above: ln(e^a/2 + e^b/2). */
RAISED(FATE(GATEWAY_LIKELY), OUTSIDE, MANY,
	WEIGHTS(-3.4, -3.4,  0.0, -1.0,  2.0,  0.8,  0.4,  0.0, -0.8,  0.7,  0.7, -0.8,  0.7,  0.4),
	"all {value} other far addresses by {subject} are in the same trouble",
	"{subject} 経由の他の相手アドレス {value} 個すべてが同じ状態")
RAISED(FATE(GATEWAY_MIXED), OUTSIDE, MANY,
	WEIGHTS(-2.5, -2.5,  1.2, -1.0, -1.5, -2.0, -0.5,  0.0, -0.5, -0.8, -0.8, -0.5, -0.5, -0.5),
	"{value} other far hosts by {subject} are in the same trouble, but not all",
	"{subject} 経由の他の相手ホスト {value} 台が同じ状態、他は正常")
NORMAL(FATE(GATEWAY_ALL), OUTSIDE, MANY,
	WEIGHTS( 0.5,  0.5,  0.5,  0.0, -3.0, -4.0,  0.0,  0.0,  0.3, -1.5, -1.5,  0.0, -0.8, -1.0),
	"{value} other far hosts by {subject} are well", "{subject} 経由の他の相手ホスト {value} 台は正常")
RAISED(FATE(OTHER_WAYS), OUTSIDE, NONE,
	WEIGHTS(-4.0, -4.0, -3.0, -1.0, -3.0,  2.5, -2.0,  0.0, -0.5,  2.5,  2.0,  0.0,  2.0,  1.5),
	"{value} links that do not use this gateway are in the same trouble",
	"このゲートウェイを通らない接続 {value} 本も同じ状態")
NORMAL(FATE(OTHER_WAYS), OUTSIDE, NONE,
	WEIGHTS( 0.0,  0.0,  0.3,  0.0,  0.5, -4.0,  0.3,  0.0,  0.0, -1.5, -1.5,  0.0, -0.5, -1.0),
	"{value} links that do not use this gateway are well",
	"このゲートウェイを通らない接続 {value} 本は正常")
RAISED(FATE(ON_LINK), ALWAYS, NONE,
	WEIGHTS( 0.0,  0.0, -1.0,  0.0, -8.0,  0.3, -2.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"the far end is on our own network: no gateway is in between", "相手は同一ネットワーク上でゲートウェイを介さない")
/* What never leaves this host meets no line, no box and no cable, and the far host is ours. */
RAISED(FATE(WITHIN), ALWAYS, NONE,
	WEIGHTS( 0.0, -8.0, -8.0, -2.0, -8.0, -8.0, -8.0,  0.0,  0.0,  0.5,  0.0,  0.0,  0.5,  0.0),
	"both ends are on this host: nothing is in between", "両端とも自ホスト上にあり、間に機器はない")
RAISED(FATE(OTHER_PROCESSES), (WAITING | LOCAL), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.5,  1.5,  1.5,  0.7,  0.7,  1.0),
	"{value} links of our other processes are in the same trouble",
	"他プロセスの接続 {value} 本も同じ状態")
NORMAL(FATE(OTHER_PROCESSES), (WAITING | LOCAL), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  1.0, -1.5, -1.0,  0.0, -0.3, -0.5),
	"{value} links of our other processes are well", "他プロセスの接続 {value} 本は正常")
/* What already stands, and began before, is the likelier cause for those who come later. */
RAISED(FATE(OPEN_GATEWAY), OUTSIDE, NONE,
	WEIGHTS(-1.0, -1.0, -1.0,  0.0,  3.0,  0.0,  0.5,  0.0, -1.0, -0.5, -0.5, -1.0, -0.5, -0.5),
	"{subject}, which is on the way, has an open incident", "経路上の {subject} で障害が継続中")
RAISED(FATE(OPEN_NIC), (OUTSIDE | NAMES), NONE,
	WEIGHTS(-1.5, -1.5, -1.5, -2.0, -1.0,  3.5, -1.0, -2.0, -1.0, -0.5, -0.5, -1.0, -0.5, -0.5),
	"our interface {subject} has an open incident", "自インタフェース {subject} で障害が継続中")
/* Two faults that begin within seconds of each other are one but for a rare chance (one a day each:
 * e^-8); what a link shows of its own has to be able to say otherwise. */
RAISED(FATE(OPEN_LINE), OUTSIDE, NONE,
	WEIGHTS(-1.0, -0.5,  2.5,  0.0,  0.5,  0.0,  0.3,  0.0, -1.0, -0.5, -0.5, -1.0, -0.5, -0.5),
	"a line by {subject} has an incident that began just now", "{subject} 経由の回線で障害が始まったところ")
RAISED(FATE(OPEN_CPU), (OUTSIDE | WAITING | NAMES), NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5,  3.5,  0.5,  0.0,  0.5,  0.5),
	"this host's processors have an incident that began just now", "自ホストの CPU で障害が始まったところ")
RAISED(FATE(OPEN_KERNEL), (OUTSIDE | WAITING | NAMES), NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0,  0.0,  0.5, -0.5,  4.5,  0.3),
	"this host's network has an incident that began just now", "自ホストのネットワークで障害が始まったところ")
/* A box that keeps the state of flows lets new ones in when it lost the old ones. */
RAISED(FATE(FRESH), OUTSIDE, NONE,
	WEIGHTS(-4.0, -4.0, -3.0, -4.0, -1.0, -4.0,  5.0, -4.0, -4.0, -4.0, -4.0, -4.0, -0.5, -4.0),
	"what was connected before is dead, fresh connections by {subject} work",
	"既存の接続だけが途絶し、{subject} 経由の新規接続は成功")

/*
 * Our interface and the next hop.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
/* Without a carrier nothing passes: no other fault could be felt. */
RAISED(HOST(CARRIER), ALWAYS, NONE,
	WEIGHTS(-6.0, -6.0, -6.0, -3.0, -6.0, 10.0, -6.0, -3.0, -4.0, -4.0, -4.0, -4.0, -3.0, -4.0),
	"interface {subject} has had no carrier for {value}", "インタフェース {subject} のキャリア断 {value}")
/* A cable that goes dark loses its carrier; a bad one that damages a few frames does not. */
NORMAL(HOST(CARRIER), DARK, NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0, -2.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"the carrier of {subject} is steady", "{subject} のキャリアは正常")
/* The cable is well: somebody gave the command on this host. */
RAISED(HOST(SWITCHED_OFF), ALWAYS, NONE,
	WEIGHTS(-3.0, -3.0, -3.0, -3.0, -3.0,  2.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0,  7.0, -3.0),
	"interface {subject} is switched off", "インタフェース {subject} が停止されている")
/* Of what is lost elsewhere at the same time, some comes damaged: a box that forwards would have
 * thrown it away, and no queue damages anything. */
RAISED(HOST(HOST_CHECKSUM), LOSSY, DAMAGE,
	WEIGHTS(-1.0, -0.5,  0.7,  0.0, -1.5,  1.0, -0.5,  0.0, -1.0, -1.0, -0.5, -1.0, -1.0, -1.5),
	"this host receives damaged segments, {value}", "自ホストが破損セグメントを受信({value})")
RAISED(HOST(RX_ERRORS), ALWAYS, NONE,
	WEIGHTS(-3.0, -3.0, -1.5, -3.0, -1.5,  4.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -1.5, -3.0),
	"interface {subject} counts damaged frames, {value}", "{subject} で破損フレーム {value}")
RAISED(HOST(RX_MISSED), ALWAYS, NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0,  1.0, -1.0, -1.0, -0.5,  1.5,  0.0,  0.0,  2.0,  1.5),
	"interface {subject} had no room for frames, {value}", "{subject} の受信溢れ {value}")
RAISED(HOST(NEIGHBOUR), ALWAYS, NONE,
	WEIGHTS(-5.0, -5.0, -5.0, -5.0,  6.0,  1.0, -2.0, -3.0, -4.0, -3.0, -3.0, -4.0, -1.0, -3.0),
	"{subject} does not answer on our own network, for {value}",
	"{subject} が同一ネットワーク上で {value} 応答しない")
NORMAL(HOST(NEIGHBOUR), DARK, NONE,
	WEIGHTS( 0.3,  0.3,  0.5,  0.0, -3.0, -4.0,  0.3,  0.0,  0.0,  0.0,  0.0,  0.0, -0.5,  0.0),
	"{subject} answered {value} ago, after the trouble began", "{subject} は障害発生後も応答({value} 前)")
RAISED(HOST(MAC_CHANGED), (DARK | LOSSY | REFUSED), NONE,
	WEIGHTS(-0.5, -0.5, -0.5,  0.0,  2.0,  0.0,  0.7,  0.0,  0.0,  0.0,  0.0,  0.0,  0.3,  0.0),
	"the address of {subject} went to another machine within the last minute",
	"{subject} の MAC アドレスが直前に変わった")

/*
 * Our own queue, kernel and host.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(HOST(QUEUE_DROPS), (OUTSIDE | NAMES), QUEUE,
	WEIGHTS(-2.0, -2.0, -2.0, -1.0, -2.0, -1.0, -1.0, -1.0, -1.0, -0.5,  0.0, -1.0,  4.0,  1.0),
	"the queue of our own {subject} drops packets, {value}", "自 {subject} の送信キューが破棄({value})")
RAISED(HOST(QUEUE_DELAY), (OUTSIDE | NAMES), QUEUE,
	WEIGHTS(-2.5, -2.5, -2.5, -3.0, -2.5, -1.5, -2.0, -3.0, -1.5, -0.5,  0.0, -1.0,  6.0,  1.0),
	"packets wait {value} in the queue of our own {subject}", "自 {subject} の送信キューで {value} 待ち")
NORMAL(HOST(QUEUE_DELAY), (SLOW | LOSSY), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -1.0,  0.0),
	"the queue of our own {subject} is short", "自 {subject} の送信キューは空いている")
RAISED(HOST(TCP_MEMORY), ALWAYS, NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -0.5,  0.7, -0.5,  3.5,  0.5),
	"our kernel throws data away for want of socket memory, {value}",
	"ソケットメモリ不足で自カーネルがデータを破棄({value})")
RAISED(HOST(CONNTRACK_FULL), OUTSIDE, NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -1.0,  5.0,  1.0),
	"our table of tracked connections is full", "自ホストの conntrack 表が満杯")
RAISED(HOST(PORTS_LOW), (DARK | REFUSED | LOCAL), NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0,  0.0, -1.0, -1.0, -1.0,  3.0,  1.0),
	"{value} of our local ports are in use", "ローカルポートの {value} を使用中")
RAISED(HOST(SOFTNET_DROPS), (LOSSY | SLOW | DARK), NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -1.0, -1.0, -0.5,  2.0,  0.0, -1.0,  2.5,  1.5),
	"our processors' packet queues run over, {value}", "自 CPU の受信待ち行列が溢れ({value})")
/* Packets are handled by threads that wait: round trips, answers and names come late.  Whatever is
 * lost for that is lost in a queue that tells. */
RAISED(HOST(PACKET_WAIT), (SLOW | NAMES), NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -0.7, -1.0, -1.0, -0.5,  5.0,  0.0,  0.0,  0.0,  1.0),
	"the kernel's threads for packets wait {value} of the time for a processor (usually {baseline})",
	"パケット処理スレッドが CPU 待ち {value}(通常 {baseline})")
RAISED(HOST(FILES_FULL), ALWAYS, NONE,
	WEIGHTS(-1.0, -1.0, -1.0, -0.5, -1.0, -1.0, -1.0, -0.5,  3.0, -0.5, -0.5, -0.5,  0.0,  0.7),
	"our process uses {value} of its descriptors", "自プロセスがファイル記述子の {value} を使用")

/*
 * Our processes.  A process that is stopped reads nothing; one that waits for a processor, a disk
 * or memory waits for it first.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(HOST(STOPPED), ALWAYS, NONE,
	WEIGHTS(-2.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0,  9.0, -2.0, -2.0, -2.0, -2.0, -2.0),
	"our process {subject} is stopped, for {value}", "自プロセス {subject} が停止中({value})")
NORMAL(HOST(STOPPED), (WAITING | SLOW | DARK), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -0.3,  0.0,  0.0,  0.0,  0.0,  0.0),
	"our process {subject} is not stopped", "自プロセス {subject} は停止していない")
RAISED(HOST(RUN_WAIT), (WAITING | SLOW | DARK | LOCAL), PROCESSOR,
	WEIGHTS(-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -1.5,  3.5,  0.0,  0.0, -0.5,  1.0),
	"our process waits {value} of its time for a processor (usually {baseline})",
	"自プロセスが CPU 待ち {value}(通常 {baseline})")
RAISED(HOST(CPU_PRESSURE), WAITING, PROCESSOR,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  1.2,  0.0,  0.0,  0.0,  0.7),
	"some task of this host waits for a processor {value} of the time (usually {baseline})",
	"自ホストの CPU 待ち {value}(通常 {baseline})")
RAISED(HOST(THROTTLED), ALWAYS, PROCESSOR,
	WEIGHTS(-0.7, -0.7, -0.7, -0.7, -0.7, -0.7, -0.7, -0.7, -1.5,  5.0,  0.0,  0.0, -0.5,  0.5),
	"the quota of its control group holds our process back, {value} of the time",
	"cgroup の CPU 制限で自プロセスが {value} の時間止められている")
NORMAL(HOST(RUN_WAIT), (WAITING | SLOW), NO_WAIT,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.3, -2.5,  0.0,  0.0,  0.0, -0.5),
	"our process gets a processor when it wants one", "自プロセスの CPU 待ちは通常どおり")
RAISED(HOST(SOCKETS_REFUSED), ALWAYS, NONE,
	WEIGHTS(-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0,  6.0, -4.0, -3.0, -4.0, -1.0,  0.5),
	"our process {subject} gets no sockets: it has no descriptors left",
	"自プロセス {subject} がソケットを得られない: ファイル記述子が枯渇")
RAISED(HOST(DISK_WAIT), ALWAYS, DISK,
	WEIGHTS(-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -0.5, -0.3,  6.0, -1.0,  0.3),
	"our process {subject} waits for a disk, {value} of the time",
	"自プロセス {subject} がディスク待ち({value})")
NORMAL(HOST(DISK_WAIT), (WAITING | SLOW), NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.5,  0.0,  0.0),
	"our process does not wait for a disk", "自プロセスのディスク待ちなし")
/* Of whom it is not told; but that it is far above what is usual just when ours waits is no chance. */
RAISED(HOST(IO_PRESSURE), WAITING, DISK,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -0.5,  0.0,  0.0,  3.5,  0.0,  0.0),
	"some task of this host waits for a disk {value} of the time", "自ホストのディスク待ち {value}")
RAISED(HOST(MEMORY_WAIT), (WAITING | SLOW | DARK), MEMORY,
	WEIGHTS(-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -1.0, -0.5,  5.0,  0.0,  0.0,  0.5),
	"our process waits for memory {value} of the time", "自プロセスがメモリ待ち({value})")
RAISED(HOST(MEMORY_PRESSURE), (WAITING | SLOW | DARK), MEMORY,
	WEIGHTS(-0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.5, -0.3,  3.0,  0.0,  0.0,  0.5),
	"some task of this host waits for memory {value} of the time", "自ホストのメモリ待ち {value}")
NORMAL(HOST(MEMORY_PRESSURE), (WAITING | SLOW), MEMORY_FREE,
	WEIGHTS( 0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0, -2.5,  0.0,  0.0, -0.3),
	"nobody on this host waits for memory", "自ホストのメモリ待ちなし")

/*
 * Names.  Only the resolver and whoever it asks have a part in them; when some names are answered
 * as usual, the resolver works.  A cable that loses a query makes one name late by the seconds until
 * it is asked again, and a host without processors any of them: those two have other signs.
 */
/*              PA    PH    PT    NM    GW    NI    MB    RS    AP    CP    ME    DK    KN    CA */
RAISED(HOST(NAMES_SILENT), NAMES, NAMES,
	WEIGHTS(-4.0, -4.0, -4.0,  2.5, -3.0, -3.0, -3.0,  6.5, -4.0, -4.0, -4.0, -4.0, -3.0, -4.0),
	"resolver {subject} has not answered for {value}", "DNS サーバ {subject} が {value} 応答しない")
RAISED(HOST(NAMES_FAIL), NAMES, NAMES,
	WEIGHTS(-4.0, -4.0, -4.0,  6.0, -4.0, -4.0, -4.0,  6.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0),
	"{value} of the answers of resolver {subject} are failures", "DNS サーバ {subject} の応答の {value} が失敗")
RAISED(HOST(NAMES_SLOW), NAMES, NAMES,
	WEIGHTS(-4.0, -4.0, -4.0,  6.0, -3.0, -1.0, -4.0,  6.0, -4.0, -2.5, -3.0, -4.0, -1.0, -4.0),
	"resolver {subject} takes {value} to answer (usually {baseline})",
	"DNS サーバ {subject} の応答に {value}(通常 {baseline})")
RAISED(HOST(NAMES_RETRY), NAMES, NAMES,
	WEIGHTS(-4.0, -4.0, -4.0,  6.0, -3.0, -0.5, -4.0,  5.0, -4.0, -2.0, -3.0, -4.0, -1.0, -4.0),
	"{value} of queries to {subject} have to be asked again", "{subject} への問合せの {value} が再送")
RAISED(FATE(ALL_NAMES), NAMES, NONE,
	WEIGHTS( 0.0,  0.0,  0.0, -3.0,  0.0,  0.0,  0.0,  1.5,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"no name is answered as usual", "どの名前も通常どおり解決できない")
NORMAL(FATE(ALL_NAMES), NAMES, NONE,
	WEIGHTS( 0.0,  0.0,  0.0,  1.0,  0.0,  0.0,  0.0, -3.5,  0.0,  0.0,  0.0,  0.0,  0.0,  0.0),
	"other names are answered as usual", "他の名前は通常どおり解決できる")
};

// clang-format on
const size_t evidence_table_rows = sizeof(evidence_table) / sizeof(*evidence_table);
