/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would tell two places apart when the evidence does not.
 */
#include "judge/blame.h"

static const struct {
	enum place one, other;
	const char *en, *ja;
} separators[] = {
	{PLACE_GATEWAY, PLACE_PATH, "a link by the same gateway to another far network",
	 "同じゲートウェイを通る別ネットワークへの接続"},
	{PLACE_GATEWAY, PLACE_PEER_HOST, "a second link through the same gateway",
	 "同じゲートウェイを通る別の接続"},
	{PLACE_GATEWAY, PLACE_PEER_APP, "a second link through the same gateway",
	 "同じゲートウェイを通る別の接続"},
	{PLACE_GATEWAY, PLACE_NIC, "a host on our own network that is watched as well",
	 "同一ネットワーク内の監視対象ホスト"},
	{PLACE_GATEWAY, PLACE_MIDDLEBOX, "whether the gateway itself answers a ping",
	 "ゲートウェイ自体が ping に応答するか"},
	{PLACE_PEER_HOST, PLACE_PATH, "another host in the same far network",
	 "相手と同じネットワークの別ホスト"},
	{PLACE_PEER_APP, PLACE_PATH, "another service on the same far host",
	 "同じ相手ホストの別サービス"},
	{PLACE_PEER_APP, PLACE_PEER_HOST, "another service on the same far host",
	 "同じ相手ホストの別サービス"},
	{PLACE_PEER_APP, PLACE_MIDDLEBOX, "the same service at another far host",
	 "別の相手ホストの同じサービス"},
	{PLACE_PATH, PLACE_MIDDLEBOX, "another service on the same far host",
	 "同じ相手ホストの別サービス"},
	{PLACE_PATH, PLACE_NIC, "a host on our own network that is watched as well",
	 "同一ネットワーク内の監視対象ホスト"},
	{PLACE_PATH, PLACE_KERNEL_NET, "the kernel's drop reasons, which need a hook",
	 "カーネルの破棄理由(フックが必要)"},
	{PLACE_NAME, PLACE_RESOLVER, "another name, asked of the same resolver",
	 "同じ DNS サーバへの別の名前の問合せ"},
	{PLACE_APP, PLACE_CPU, "how long the process waits for a processor",
	 "プロセスの CPU 待ち時間"},
	{PLACE_APP, PLACE_DISK, "whether the process waits for a disk",
	 "プロセスがディスク待ちかどうか"},
	{PLACE_APP, PLACE_PEER_APP, "when the far application last sent something",
	 "相手アプリケーションの最終送信時刻"},
	{PLACE_NIC, PLACE_KERNEL_NET, "error counters of the switch port",
	 "スイッチポートのエラーカウンタ"},
};

const char *would_separate(enum place one, enum place other, enum config_language language)
{
	for (size_t i = 0; i < sizeof(separators) / sizeof(*separators); i++) {
		if ((separators[i].one == one && separators[i].other == other) ||
		    (separators[i].one == other && separators[i].other == one))
			return language == LANGUAGE_JA ? separators[i].ja : separators[i].en;
	}
	return language == LANGUAGE_JA ? "同じ経路の別の接続の通信"
				       : "traffic on a second link of the same way";
}
