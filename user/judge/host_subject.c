/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of the host itself, its interfaces and its processes.
 *
 * Thresholds are physical.  A share of time is what somebody waited: a tenth of it is felt, and so
 * is what a floor below is made of.  A drop or a damaged frame is rare on a sound host, so three
 * within a few seconds are told; one is not, for a cable may be touched.
 */
#include "judge/host_subject.h"

#include <string.h>

/* One in two seconds, and three of them. */
#define DROP_FLOOR 0.5
#define DROP_BOUND 3.0

static const enum host_symptom first_of[SUBJECT_KIND_COUNT] = {
	[SUBJECT_HOST] = HOST_SYMPTOM_CPU_PRESSURE,
	[SUBJECT_INTERFACE] = HOST_SYMPTOM_CARRIER,
	[SUBJECT_DEVICE] = HOST_SYMPTOM_NEIGHBOUR,
	[SUBJECT_PROCESS] = HOST_SYMPTOM_STOPPED,
};

struct symptom *subject__symptom(struct subject *subject, enum host_symptom symptom)
{
	return &subject->symptom[symptom - first_of[subject->kind]];
}

struct reading subject__growth(struct subject *subject, unsigned slot, struct reading now)
{
	struct reading before = subject->before[slot];

	subject->before[slot] = now;
	if (!now.known || !before.known || now.value < before.value)
		return READING_NOT_AVAILABLE;
	return reading_of(now.value - before.value);
}

void subject__level(struct subject *subject, enum host_symptom which, struct reading value,
		    bool raised, const struct look *look)
{
	struct symptom *symptom = subject__symptom(subject, which);
	uint64_t now_ns = look->sample->time_ns;

	if (!value.known) {
		*symptom = (struct symptom){.state = SYMPTOM_NOT_OBSERVED};
		return;
	}
	if (raised && symptom->state != SYMPTOM_RAISED)
		symptom->began_ns = symptom->raised_ns = now_ns;
	symptom->state = raised ? SYMPTOM_RAISED : SYMPTOM_NORMAL;
	if (raised)
		symptom->last_ns = now_ns;
	symptom->value = value;
}

void subject__excess(struct subject *subject, enum host_symptom which, struct reading value,
		     double floor, double bound, const struct look *look)
{
	struct symptom *symptom = subject__symptom(subject, which);

	if (look->dt_s <= 0)
		return;
	if (!value.known) {
		if (symptom->state != SYMPTOM_RAISED)
			symptom->state = SYMPTOM_NOT_OBSERVED;
		return;
	}
	excess__take(&subject->excess[which - first_of[subject->kind]],
		     &(struct excess_limits){.floor = floor, .bound = bound},
		     &(struct measure){.value = value.value,
				       .dt_s = look->dt_s,
				       .units = look->units > 0 ? look->units : look->dt_s},
		     look->sample->time_ns, symptom);
}

/* The growth of a counter in units of 1/@unit a second. */
static struct reading rate(struct subject *subject, unsigned slot, struct reading now, double unit,
			   const struct look *look)
{
	struct reading growth = subject__growth(subject, slot, now);

	if (!growth.known || look->dt_s <= 0)
		return READING_NOT_AVAILABLE;
	return reading_of(growth.value / unit / look->dt_s);
}

/* The sum of those that are known; not available when none is. */
static struct reading sum_of(const struct reading *reading, const unsigned *which, size_t count)
{
	struct reading sum = READING_NOT_AVAILABLE;

	for (size_t i = 0; i < count; i++) {
		if (reading[which[i]].known)
			sum = reading_of(sum.value + reading[which[i]].value);
	}
	return sum;
}

#define SUM_OF(reading, ...)                             \
	sum_of(reading, (const unsigned[]){__VA_ARGS__}, \
	       sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static struct reading share_of(struct reading part, struct reading whole)
{
	if (!part.known || !whole.known || whole.value <= 0)
		return READING_NOT_AVAILABLE;
	return reading_of(part.value / whole.value);
}

static struct reading conntrack_fill(struct subject *host, const struct look *look)
{
	const struct reading *reading = look->sample->host;
	struct reading dropped = subject__growth(
		host, 3, SUM_OF(reading, HOST_CONNTRACK_DROPPED, HOST_CONNTRACK_EARLY_DROPPED));

	if (dropped.known && dropped.value > 0)
		return reading_of(1);
	return share_of(reading[HOST_CONNTRACK_ENTRIES], reading[HOST_CONNTRACK_LIMIT]);
}

void subject__take_host(struct subject *host, const struct look *look)
{
	const struct reading *reading = look->sample->host, *mib = look->sample->mib;
	struct reading fill, waited, ports = READING_NOT_AVAILABLE;

	/* Half the time somebody waits for a processor on any busy host; of memory and disks a
	 * tenth and a fifth are felt. */
	subject__excess(host, HOST_SYMPTOM_CPU_PRESSURE,
			rate(host, 0, reading[HOST_CPU_SOME_US], 1e6, look), 0.5, 0.5, look);
	subject__excess(host, HOST_SYMPTOM_MEMORY_PRESSURE,
			rate(host, 1, reading[HOST_MEMORY_SOME_US], 1e6, look), 0.1, 0.2, look);
	subject__excess(host, HOST_SYMPTOM_IO_PRESSURE,
			rate(host, 2, reading[HOST_IO_SOME_US], 1e6, look), 0.2, 0.4, look);
	/* Threads of several processors wait at once, and a look counts for one of them: two looks
	 * in a row are needed. */
	waited = rate(host, 7, reading[HOST_SOFTIRQ_WAIT_US], 1e6, look);
	if (waited.value > 1)
		waited.value = 1;
	subject__excess(host, HOST_SYMPTOM_PACKET_WAIT, waited, 0.3, 0.9, look);
	fill = conntrack_fill(host, look);
	subject__level(host, HOST_SYMPTOM_CONNTRACK_FULL, fill, fill.value >= 0.98, look);
	subject__excess(host, HOST_SYMPTOM_SOFTNET_DROPS,
			rate(host, 4, reading[HOST_SOFTNET_DROPPED], 1, look), DROP_FLOOR,
			DROP_BOUND, look);
	if (reading[HOST_PORTS_LEFT].known && reading[HOST_PORTS].value > 0)
		ports = reading_of(1 - reading[HOST_PORTS_LEFT].value / reading[HOST_PORTS].value);
	subject__level(host, HOST_SYMPTOM_PORTS_LOW, ports, ports.value >= 0.99, look);
	subject__excess(host, HOST_SYMPTOM_TCP_MEMORY,
			rate(host, 5,
			     SUM_OF(mib, MIB_TcpExtPruneCalled, MIB_TcpExtRcvPruned,
				    MIB_TcpExtOfoPruned, MIB_TcpExtTCPRcvQDrop,
				    MIB_TcpExtTCPMemoryPressures, MIB_TcpExtTCPAbortOnMemory,
				    MIB_TcpExtTCPZeroWindowDrop, MIB_UdpMemErrors),
			     1, look),
			DROP_FLOOR, DROP_BOUND, look);
	subject__excess(
		host, HOST_SYMPTOM_HOST_CHECKSUM,
		rate(host, 6, SUM_OF(mib, MIB_TcpInCsumErrors, MIB_IpExtInCsumErrors), 1, look),
		0.2, 2, look);
}

/*
 * How long a packet waits in our own queue: what lies in it over the rate at which it was drained.
 * Without anything sent the rate is unknown, and so is the time.
 */
static struct reading queue_delay(struct reading sent_rate, const struct interface_sample *sample)
{
	struct reading backlog = sample->reading[INTERFACE_QDISC_BACKLOG];

	if (!backlog.known || !sent_rate.known)
		return READING_NOT_AVAILABLE;
	if (backlog.value <= 0)
		return reading_of(0);
	return sent_rate.value > 0 ? reading_of(backlog.value / sent_rate.value)
				   : READING_NOT_AVAILABLE;
}

static bool is_off(struct reading up)
{
	return up.known && up.value == 0;
}

void subject__take_interface(struct subject *subject, const struct interface_sample *interface,
			     const struct look *look)
{
	const struct reading *reading = interface->reading;
	struct reading carrier = reading[INTERFACE_CARRIER], gone = READING_NOT_AVAILABLE;
	bool off = is_off(reading[INTERFACE_UP]);

	subject__level(subject, HOST_SYMPTOM_SWITCHED_OFF, reading[INTERFACE_UP], off, look);
	/* Of an interface that is switched off the carrier says nothing. */
	if (carrier.known && !off && carrier.value != 0)
		gone = reading_of(0);
	else if (carrier.known && !off)
		gone = reading_of(
			interface->carrier_lost_ns &&
					look->sample->time_ns > interface->carrier_lost_ns
				? (double)(look->sample->time_ns - interface->carrier_lost_ns) / 1e9
				: 0);
	/* One that never had a carrier is not plugged in, which is no fault. */
	subject__level(subject, HOST_SYMPTOM_CARRIER, gone,
		       gone.known && carrier.value == 0 && interface->carrier_lost_ns, look);
	if (subject__symptom(subject, HOST_SYMPTOM_CARRIER)->state == SYMPTOM_RAISED) {
		subject__symptom(subject, HOST_SYMPTOM_CARRIER)->hard = true;
		subject__symptom(subject, HOST_SYMPTOM_CARRIER)->began_ns =
			interface->carrier_lost_ns;
	}
	subject__excess(subject, HOST_SYMPTOM_RX_ERRORS,
			rate(subject, 0,
			     SUM_OF(reading, INTERFACE_RX_ERRORS, INTERFACE_TX_ERRORS,
				    INTERFACE_TX_CARRIER_ERRORS),
			     1, look),
			0.2, 2, look);
	subject__excess(subject, HOST_SYMPTOM_RX_MISSED,
			rate(subject, 1, reading[INTERFACE_RX_MISSED], 1, look), DROP_FLOOR,
			DROP_BOUND, look);
	subject__excess(subject, HOST_SYMPTOM_QUEUE_DROPS,
			rate(subject, 2, reading[INTERFACE_QDISC_DROPS], 1, look), DROP_FLOOR,
			DROP_BOUND, look);
	/* Ten milliseconds in our own queue are more than most ways are long. */
	subject__excess(
		subject, HOST_SYMPTOM_QUEUE_DELAY,
		queue_delay(rate(subject, 3, reading[INTERFACE_TX_BYTES], 1, look), interface),
		0.01, 0.02, look);
}

/* What a process waits for a processor, as a share of the time in which it wanted to run.  One
 * that wanted less than a twentieth of the time in all is not felt by anybody. */
static struct reading run_wait(struct subject *subject, const struct process_sample *process,
			       const struct look *look)
{
	struct reading run = rate(subject, 0, process->reading[PROCESS_RUN_NS], 1e9, look);
	struct reading wait = rate(subject, 1, process->reading[PROCESS_WAIT_NS], 1e9, look);

	if (!run.known || !wait.known)
		return READING_NOT_AVAILABLE;
	if (wait.value < 0.05)
		return reading_of(0);
	return reading_of(wait.value / (run.value + wait.value));
}

void subject__take_process(struct subject *subject, const struct process_sample *process,
			   const struct look *look)
{
	const struct reading *reading = process->reading;
	bool alive = process->state != 'X',
	     stopped = process->state == 'T' || process->state == 't';
	struct symptom *standing = subject__symptom(subject, HOST_SYMPTOM_STOPPED);
	struct reading disk = rate(subject, 3, reading[PROCESS_IO_SOME_US], 1e6, look);
	struct reading files = share_of(reading[PROCESS_FILES], reading[PROCESS_FILES_LIMIT]);

	struct reading first = rate(subject, 5, reading[PROCESS_IO_WAIT_US], 1e6, look);

	if (first.known && (!disk.known || first.value > disk.value))
		disk = first;
	if (look->dt_s > 0 && alive && process->state == 'D' && (!disk.known || disk.value < 1))
		disk = reading_of(1);
	else if (look->dt_s > 0 && alive && !disk.known)
		disk = reading_of(0);
	subject__level(subject, HOST_SYMPTOM_STOPPED, alive ? reading_of(0) : READING_NOT_AVAILABLE,
		       stopped, look);
	if (standing->state == SYMPTOM_RAISED) {
		standing->hard = true;
		standing->value =
			reading_of((double)(look->sample->time_ns - standing->began_ns) / 1e9);
	}
	/* A third of the time that it wants to run; for a third of a second. */
	subject__excess(subject, HOST_SYMPTOM_RUN_WAIT, run_wait(subject, process, look), 0.3, 0.3,
			look);
	subject__excess(subject, HOST_SYMPTOM_THROTTLED,
			rate(subject, 2, reading[PROCESS_THROTTLED_US], 1e6, look), 0.05, 0.1,
			look);
	/* A state is a glance: one sight of a process that waits for a disk is no proof. */
	subject__excess(subject, HOST_SYMPTOM_DISK_WAIT, disk, 0.4, 1.0, look);
	subject__excess(subject, HOST_SYMPTOM_MEMORY_WAIT,
			rate(subject, 4, reading[PROCESS_MEMORY_SOME_US], 1e6, look), 0.1, 0.2,
			look);
	/* One may be a probe of how many there are; a second is an application that asks in vain.
	 */
	subject__excess(subject, HOST_SYMPTOM_SOCKETS_REFUSED,
			rate(subject, 6, reading[PROCESS_SOCKETS_REFUSED], 1, look), 0.2, 1.5,
			look);
	subject__level(subject, HOST_SYMPTOM_FILES_FULL, files, files.value >= 0.98, look);
}
