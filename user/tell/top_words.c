/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One table, which the code names by the English column: what it draws can be read there.
 *
 * A word that the table lacks is shown in English, so that a state or place added elsewhere is
 * never hidden.  Looking a word up is a walk through the table; a screen has some two hundred.
 */
#include "tell/top_words.h"

#include <string.h>

// clang-format off
const struct top_word_pair top_words[] = {
	/* What the sensor's answer says. */
	{"healthy", "正常"}, {"learning", "学習中"}, {"suspect", "要注意"}, {"faulty", "障害"},
	{"not observed", "観測なし"},
	{"external", "社外"}, {"infra", "インフラ"}, {"internal", "社内"}, {"unknown", "不明"},
	{"peer-app", "相手先アプリ"}, {"peer-host", "相手先ホスト"}, {"path", "回線"},
	{"name", "相手先の名前解決"}, {"gateway", "ゲートウェイ"}, {"nic", "NIC・ケーブル"},
	{"middlebox", "中間装置"}, {"resolver", "リゾルバ"}, {"app", "自社アプリ"}, {"cpu", "CPU"},
	{"memory", "メモリ"}, {"disk", "ディスク"}, {"kernel-net", "カーネル・設定"},
	{"capacity", "処理能力"},
	{"page", "呼出し"}, {"ticket", "要対応"}, {"info", "情報"},
	{"reachable", "到達可"}, {"stale", "未確認"}, {"delay", "確認待ち"}, {"probe", "確認中"},
	{"failed", "応答なし"}, {"incomplete", "解決中"}, {"permanent", "固定"}, {"noarp", "ARPなし"},
	{"line", "回線"},
	/* The head and the foot. */
	{"%zu link", "リンク %zu 本"}, {"%zu links", "リンク %zu 本"},
	{"nothing is wrong", "異常はありません"},
	{"%zu incident open", "発生中の障害 %zu 件"}, {"%zu incidents open", "発生中の障害 %zu 件"},
	{"%zu pager in trouble, %zu pages wait (h)", "通知先 %zu 件が不通、未送信 %zu 件 (h)"},
	{"%zu pagers in trouble, %zu pages wait (h)", "通知先 %zu 件が不通、未送信 %zu 件 (h)"},
	{"l links", "l リンク"}, {"i incidents", "i 障害"}, {"d devices", "d 機器"}, {"h host", "h ホスト"},
	{"? help", "? 説明"}, {"q end", "q 終了"},
	/* The lists. */
	{"LINK", "リンク"}, {"STATE", "状態"}, {"KIND", "種別"}, {"LOSS", "損失"}, {"RESPONSE", "応答"},
	{"PICKUP", "受取り"}, {"RTT", "往復"},
	{"open", "発生中"}, {"over", "復旧"}, {"none", "なし"},
	/* What there is to say of a link and of an incident. */
	{"no incident", "障害なし"}, {"since %.8sZ", "発生 %.8sZ"}, {"call %s", "連絡先 %s"},
	{"response p50", "応答 p50"}, {"response p99", "応答 p99"}, {"pickup p99", "受取り p99"},
	{"round trip p50", "往復時間 p50"}, {"connect p99", "接続確立 p99"},
	{"silence", "無通信"}, {"loss", "損失"}, {"connects that failed", "接続の失敗"},
	/* The host. */
	{"waiting for a processor", "CPU 待ち"}, {"waiting for memory", "メモリ待ち"},
	{"waiting for a disk", "ディスク待ち"}, {"tasks that run or wait to", "実行中・実行待ちのタスク"},
	{"processors", "CPU 数"}, {"connections tracked", "conntrack の接続数"},
	{"connections that can be", "conntrack の上限"}, {"ephemeral ports left", "残りの動的ポート"},
	{"open files", "開いているファイル"}, {"% of time", "% の時間"}, {"not available", "取得不可"},
	{"sensor: events lost", "センサー: 失った事象"}, {"sensor: processor time", "センサー: CPU 時間"},
	{"pager", "通知先"}, {"well", "正常"}, {"in trouble", "不通"},
	{"%lld waiting, %lld delivered", "未送信 %lld 件、送信済み %lld 件"},
	/* Help. */
	{"l  links        every link, and where its fault lies", "l  リンク       全リンクと障害の位置"},
	{"i  incidents    what is open, and what was lately", "i  障害         発生中と最近の障害"},
	{"d  devices      gateways, declared devices, resolvers",
	 "d  機器         ゲートウェイ、登録機器、リゾルバ"},
	{"h  host         this host, the sensor and the pagers", "h  ホスト       自ホスト、センサー、通知先"},
	{"Up Down PgUp PgDn Home End, or j k g G: choose a row",
	 "上下矢印 PgUp PgDn Home End または j k g G: 行の選択"},
	{"Tab  the next pane        q  end", "Tab  次の画面        q  終了"},
	{"A state: x faulty  ! suspect  + healthy  . learning  - not observed",
	 "状態: x 障害  ! 要注意  + 正常  . 学習中  - 観測なし"},
	{"On the way: -x- the fault lies here   -?- it may", "経路: -x- ここが障害   -?- 可能性あり"},
	{"Times are of the last ten seconds, (what is normal) behind them.",
	 "時間は直近 10 秒の値、(平常値)。"},
};
// clang-format on

const size_t top_words_count = sizeof(top_words) / sizeof(*top_words);

const char *top_word(enum config_language language, const char *english)
{
	for (size_t i = 0; language == LANGUAGE_JA && i < top_words_count; i++) {
		if (!strcmp(top_words[i].en, english))
			return top_words[i].ja;
	}
	return english;
}
