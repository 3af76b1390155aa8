/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At most DNS_RESOLVERS_MAX rows of a kilobyte, read one after the other each tick.
 *
 * A failure is an answer with a code that says the resolver could not do its work.  NXDOMAIN is
 * none: it says that there is no such name, which is an answer.
 */
#include "sense/dns.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "faultline/dns.h"
#include "base/hist_set.h"
#include "sense/kernel_side.h"

/* An answer that takes longer is not waited for: whoever asked has given up, too. */
#define PATIENCE_NS   (10 * NS_PER_SECOND)
#define CODE_NOERROR  0
#define CODE_NXDOMAIN 3

struct dns {
	struct kernel_side *kernel;
	uint32_t netns;
	bool known;	   /* the last reading went well */
	uint64_t since_ns; /* answers before were not seen */
	struct dns_key key[DNS_RESOLVERS_MAX];
	struct dns_resolver value[DNS_RESOLVERS_MAX];
	size_t count;
};

/* RFC 1035, section 4.1.1; RFC 2136, section 2.2. */
const char *dns_code_name(unsigned code)
{
	static const char *const names[DNS_CODES] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
						     "NOTIMP",	"REFUSED", "YXDOMAIN", "YXRRSET",
						     "NXRRSET", "NOTAUTH", "NOTZONE"};

	if (code == DNS_CODE_UNKNOWN)
		return "unknown";
	return code < DNS_CODES ? names[code] : NULL;
}

struct dns *dns__new(struct kernel_side *kernel, uint32_t netns)
{
	struct dns *dns = calloc(1, sizeof(*dns));

	if (!dns)
		return NULL;
	dns->kernel = kernel;
	dns->netns = netns;
	return dns;
}

void dns__free(struct dns *dns)
{
	free(dns);
}

int dns__read(struct dns *dns)
{
	int fd = kernel_side__resolvers_fd(dns->kernel), end;
	struct dns_key *previous = NULL, last;

	dns->count = 0;
	if (!kernel_side__in_use(dns->kernel, HOOK_NET_DEV_QUEUE) ||
	    !kernel_side__in_use(dns->kernel, HOOK_NETIF_RECEIVE_SKB)) {
		dns->known = false;
		return -ENOTSUP;
	}
	dns->since_ns = kernel_side__packets_traced_since_ns(dns->kernel);
	dns->known = dns->since_ns != 0; /* else the host has too many packets to look at each */
	kernel_side__end_dns_wait(dns->kernel, clock_monotonic_ns(), PATIENCE_NS);
	while (dns->count < DNS_RESOLVERS_MAX) {
		struct dns_key *key = &dns->key[dns->count];

		end = bpf_map_get_next_key(fd, previous, key);
		if (end)
			break;
		last = *key;
		previous = &last;
		if (key->netns == dns->netns &&
		    !bpf_map_lookup_elem(fd, key, &dns->value[dns->count]))
			dns->count++;
	}
	return 0;
}

size_t dns__count(const struct dns *dns)
{
	return dns->count;
}

struct address dns__address(const struct dns *dns, size_t index)
{
	struct address address;

	memcpy(address.byte, dns->key[index].resolver, sizeof(address.byte));
	return address;
}

static const struct dns_resolver *find(const struct dns *dns, const struct address *address)
{
	for (size_t i = 0; i < dns->count; i++) {
		if (!memcmp(dns->key[i].resolver, address->byte, sizeof(address->byte)))
			return &dns->value[i];
	}
	return NULL;
}

_Static_assert(DNS_CODE_SAMPLES == DNS_CODES + 1, "one row for each code");

static double us(uint64_t ns)
{
	return (double)ns / 1000;
}

void dns__describe(const struct dns *dns, uint64_t now_ns, struct device_sample *device)
{
	static const struct dns_resolver nothing;
	const struct dns_resolver *resolver = find(dns, &device->address);
	double answers = 0, failures = 0;

	memset(device->dns, 0, sizeof(device->dns));
	memset(device->rcode, 0, sizeof(device->rcode));
	if (!dns->known)
		return;
	if (!resolver)
		resolver = &nothing;
	for (unsigned i = 0; i <= DNS_CODES; i++) {
		double count = (double)resolver->code[i].count;

		answers += count;
		if (i != CODE_NOERROR && i != CODE_NXDOMAIN && i != DNS_CODE_UNKNOWN)
			failures += count;
		device->rcode[i] = (struct rcode_sample){
			.answers = reading_of(count),
			.mean_us = count > 0 ? reading_of(us(resolver->code[i].sum_ns) / count)
					     : READING_NOT_AVAILABLE,
		};
	}
	device->dns[RESOLVER_QUERIES] = reading_of((double)resolver->queries);
	device->dns[RESOLVER_RETRIES] = reading_of((double)resolver->retries);
	device->dns[RESOLVER_ANSWERS] = reading_of(answers);
	device->dns[RESOLVER_FAILURES] = reading_of(failures);
	device->dns[RESOLVER_UNANSWERED_S] = reading_of(0);
	if (resolver->unanswered_since_ns > dns->since_ns && now_ns > resolver->unanswered_since_ns)
		device->dns[RESOLVER_UNANSWERED_S] = reading_of(
			(double)(now_ns - resolver->unanswered_since_ns) / NS_PER_SECOND);
	if (!hist_samples(&resolver->time))
		return;
	device->dns[RESOLVER_P50_US] = reading_of(us(hist_quantile_ns(&resolver->time, 0.5)));
	device->dns[RESOLVER_P99_US] = reading_of(us(hist_quantile_ns(&resolver->time, 0.99)));
	device->dns[RESOLVER_MAX_US] = reading_of(us(resolver->time.max_ns));
}
