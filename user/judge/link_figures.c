/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figures of a link.
 */
#include "judge/detector.h"

#include "base/hist_set.h"

#define NSEC_PER_SEC 1e9

static struct reading rate(double count, double seconds)
{
	return seconds > 0 ? reading_of(count / seconds) : READING_NOT_AVAILABLE;
}

static struct reading quantile(const struct timed_watch *timed, double p)
{
	if (!timed || !timed->window.sum.count)
		return READING_NOT_AVAILABLE;
	return reading_of(hist_quantile_ns(&timed->window.sum, p) / NSEC_PER_SEC);
}

static struct reading normal_s(const struct link_normal *normal, enum timed timed, bool tail)
{
	const struct time_normal *time = normal->time[timed];

	if (!normal->learned || !time || !time_normal__known(time))
		return READING_NOT_AVAILABLE;
	return reading_of((tail ? time->p99_ns : time->p50_ns) / NSEC_PER_SEC);
}

static struct reading normal_share(const struct link_normal *normal, enum link_symptom symptom)
{
	const struct share_normal *share = &normal->share[symptom];

	return normal->learned && share->n > 0 ? reading_of(share_normal__mean(share))
					       : READING_NOT_AVAILABLE;
}

void link_watch__figures(const struct link_watch *watch, struct link_figures *figures)
{
	const struct link_normal *normal = &watch->normal[watch->slot];
	const struct link_window *window = &watch->window;
	double seconds = link_window__seconds(window, watch->look_ns), sum[WINDOW_COUNTS];
	struct figure *figure = figures->figure;

	*figures = (struct link_figures){};
	for (unsigned i = 0; i < WINDOW_COUNTS; i++)
		sum[i] = link_window__sum(window, i);
	figure[FIGURE_SEGMENTS_OUT].now = rate(sum[WINDOW_SEGMENTS_OUT], seconds);
	figure[FIGURE_SEGMENTS_IN].now = rate(sum[WINDOW_SEGMENTS_IN], seconds);
	figure[FIGURE_RETRANSMITS].now = rate(sum[WINDOW_EPISODES], sum[WINDOW_DATA_OUT]);
	figure[FIGURE_RETRANSMITS].normal = normal_share(normal, SYMPTOM_LOSS);
	figure[FIGURE_REQUESTS].now = rate(sum[WINDOW_REQUESTS], seconds);
	figure[FIGURE_RESPONSE_P50].now = quantile(watch->timed[TIMED_RESPONSE], 0.5);
	figure[FIGURE_RESPONSE_P50].normal = normal_s(normal, TIMED_RESPONSE, false);
	figure[FIGURE_RESPONSE_P99].now = quantile(watch->timed[TIMED_RESPONSE], 0.99);
	figure[FIGURE_RESPONSE_P99].normal = normal_s(normal, TIMED_RESPONSE, true);
	figure[FIGURE_PICKUP_P99].now = quantile(watch->timed[TIMED_PICKUP], 0.99);
	figure[FIGURE_PICKUP_P99].normal = normal_s(normal, TIMED_PICKUP, true);
	figure[FIGURE_RTT_P50].now = quantile(watch->timed[TIMED_RTT], 0.5);
	figure[FIGURE_RTT_P50].normal = normal_s(normal, TIMED_RTT, false);
	figure[FIGURE_CONNECT_P99].now = quantile(watch->timed[TIMED_CONNECT], 0.99);
	figure[FIGURE_CONNECT_P99].normal = normal_s(normal, TIMED_CONNECT, true);
	figure[FIGURE_CONNECT_RATE].now = rate(sum[WINDOW_CONNECTS], seconds);
	figure[FIGURE_CONNECT_FAILURES].now =
		rate(sum[WINDOW_CONNECTS_FAILED], sum[WINDOW_CONNECTS]);
	figure[FIGURE_RESETS].now = rate(sum[WINDOW_RESETS], seconds);
	if (watch->last_data_ns)
		figure[FIGURE_SILENCE].now =
			reading_of(watch->look_ns > watch->last_data_ns
					   ? (watch->look_ns - watch->last_data_ns) / NSEC_PER_SEC
					   : 0);
	figure[FIGURE_SILENCE].normal = normal_s(normal, TIMED_GAP, false);
}
