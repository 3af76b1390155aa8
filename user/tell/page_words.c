/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signals are called.  A signal without a row here is shown under its own name.
 */
#include "tell/page_words.h"

#include <stddef.h>
#include <string.h>

const struct page_words *page_words(enum config_language language)
{
	return language == LANGUAGE_JA ? &page_words_ja : &page_words_en;
}

// clang-format off
static const struct {
	const char *signal, *words[2]; /* English, Japanese */
} signal_table[] = {
	{"loss.out", {"segments lost on the way out", "送信パケット損失率"}},
	{"loss.in", {"segments missing on the way in", "受信パケット欠落率"}},
	{"loss.full_size", {"full-sized segments lost", "最大サイズパケットの損失率"}},
	{"reordering", {"segments out of order", "パケット順序逆転率"}},
	{"checksum.bad", {"damaged segments", "チェックサム不良率"}},
	{"rtt", {"round trip", "往復遅延(RTT)"}},
	{"response", {"response time", "応答時間(中央値)"}},
	{"response.tail", {"response time, slowest 1 %", "応答時間(99%値)"}},
	{"response.missing", {"no answer to a request", "要求への無応答時間"}},
	{"pickup", {"data waits for our process", "自社プロセスの受信遅延"}},
	{"unread", {"data lies unread", "未読データの滞留時間"}},
	{"feed.silence", {"no data from the feed", "データ途絶時間"}},
	{"ack.missing", {"no acknowledgement", "ACK未着時間"}},
	{"sockets.stuck", {"connections that repeat in vain", "再送が続く接続の割合"}},
	{"window.theirs", {"held up by their full buffer", "相手先バッファ満杯の割合"}},
	{"window.ours", {"our buffer full", "当社側バッファ満杯"}},
	{"resets.received", {"connections they reset", "相手側からのリセット"}},
	{"resets.odd_ttl", {"resets from elsewhere on the way", "経路途中からのリセット"}},
	{"resets.sent", {"connections we reset", "当社側からのリセット"}},
	{"connect.time", {"connect time", "接続所要時間"}},
	{"connect.refused", {"connects refused", "接続拒否率"}},
	{"connect.unanswered", {"connects unanswered", "接続無応答率"}},
	{"connect.unreachable", {"connects turned down on the way", "到達不能応答の割合"}},
	{"connect.local", {"connects that never left us", "自ホスト内での接続失敗率"}},
	{"accept.queue", {"accept queue filled", "接続待ちキュー使用率"}},
	{"errors.descriptors", {"out of descriptors", "ファイル記述子不足"}},
	{"errors.ports", {"out of local ports", "ローカルポート枯渇"}},
	{"errors.route", {"no route", "経路なしエラー"}},
	{"errors.memory", {"out of buffers", "バッファ不足エラー"}},
	{"drops.own", {"dropped by our own kernel", "自ホストカーネルの破棄"}},
	{"pressure.cpu", {"waiting for a processor", "CPU待ち時間の割合"}},
	{"pressure.memory", {"waiting for memory", "メモリ待ち時間の割合"}},
	{"pressure.io", {"waiting for a disk", "ディスク待ち時間の割合"}},
	{"softirq.wait", {"packets wait for a processor", "パケット処理のCPU待ち"}},
	{"softnet.drops", {"backlog full, dropped", "受信バックログ溢れ"}},
	{"conntrack.full", {"conntrack table filled", "conntrackテーブル使用率"}},
	{"ports.used", {"local ports in use", "ローカルポート使用率"}},
	{"tcp.memory", {"short of TCP memory", "TCPメモリ不足"}},
	{"checksum.host", {"damaged segments, all links", "破損パケット(全回線)"}},
	{"interface.carrier", {"no carrier", "リンクダウン時間"}},
	{"interface.off", {"interface switched off", "インターフェース無効化"}},
	{"interface.errors", {"frames damaged", "フレームエラー"}},
	{"interface.missed", {"frames missed by the card", "NICの受信漏れ"}},
	{"queue.drops", {"dropped by our send queue", "送信キューの破棄"}},
	{"queue.delay", {"waiting in our send queue", "送信キューの待ち時間"}},
	{"device.neighbour", {"next hop does not answer", "ネクストホップ無応答時間"}},
	{"device.mac", {"next hop's MAC changed", "ネクストホップのMAC変化"}},
	{"resolver.silent", {"DNS server silent", "DNSサーバー無応答時間"}},
	{"resolver.failures", {"DNS answers that failed", "DNS失敗応答の割合"}},
	{"resolver.time", {"DNS answer time", "DNS応答時間"}},
	{"resolver.mixed", {"some names answered late", "一部の名前だけ応答が遅い度合い"}},
	{"resolver.retries", {"DNS queries repeated", "DNS再問い合わせの割合"}},
	{"process.stopped", {"process stopped", "プロセス停止時間"}},
	{"process.refused", {"process refused sockets", "プロセスへのソケット拒否"}},
	{"process.run_wait", {"process without a processor", "CPU割り当て待ちの割合"}},
	{"process.throttled", {"process throttled", "スロットリングの割合"}},
	{"process.disk_wait", {"process waiting for a disk", "プロセスのディスク待ち"}},
	{"process.memory_wait", {"process short of memory", "プロセスのメモリ待ち"}},
	{"process.files", {"descriptors in use", "ファイル記述子使用率"}},
	{"datagrams.dropped", {"datagrams dropped, buffer full", "受信バッファ溢れの割合"}},
};
// clang-format on

const char *signal_words(const char *signal, enum config_language language)
{
	for (size_t i = 0; i < sizeof(signal_table) / sizeof(*signal_table); i++) {
		if (!strcmp(signal_table[i].signal, signal))
			return signal_table[i].words[language == LANGUAGE_JA];
	}
	return NULL;
}
