/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TUN and TAP devices in other namespaces. The descriptor is opened inside the namespace, which
 * binds the device to it; afterwards this process returns to its own. Without a virtio header the
 * kernel hands over finished packets: segmented to the MTU and with their checksums computed. The
 * device's transmit queue is long, so that a burst waits in it and is not lost before it was seen.
 */
#include "tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TUN_QUEUE_PACKETS = 8192 };

struct tun {
	int fd;
	int stats_fd; /* /proc/net/dev of the device's namespace */
	char device[IFNAMSIZ];
};

static int spec_error(char *error, unsigned int size, const char *text, const char *expected)
{
	snprintf(error, size, "\"%s\": expected %s", text, expected);
	return -EINVAL;
}

int tun_spec__parse(struct tun_spec *spec, const char *text, char *error, unsigned int size)
{
	const char *form = "NS:DEV[:ADDR/LEN[,ADDR/LEN...]]";
	char copy[512], *device, *addr, *rest;

	memset(spec, 0, sizeof(*spec));
	if (strlen(text) >= sizeof(copy))
		return spec_error(error, size, "...", form);
	strcpy(copy, text);
	device = strchr(copy, ':');
	if (!device)
		return spec_error(error, size, text, form);
	*device++ = '\0';
	addr = strchr(device, ':');
	if (addr)
		*addr++ = '\0';
	if (!copy[0] || strlen(copy) >= sizeof(spec->netns))
		return spec_error(error, size, text, form);
	if (!device[0] || strlen(device) >= sizeof(spec->device) || strchr(device, '/'))
		return spec_error(error, size, device, "a device name of at most 15 bytes");
	strcpy(spec->netns, copy);
	strcpy(spec->device, device);
	for (addr = addr ? strtok_r(addr, ",", &rest) : NULL; addr;
	     addr = strtok_r(NULL, ",", &rest)) {
		if (spec->addr_count == TUN_ADDRS_MAX ||
		    prefix__parse(&spec->addr[spec->addr_count], addr))
			return spec_error(error, size, addr, "at most 4 addresses ADDR/LEN");
		spec->addr_count++;
	}
	return 0;
}

/* Enters the namespace of @name. Returns 0 or -errno. */
static int enter(const char *name)
{
	char path[160];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

static int create(struct tun *tun, bool tap)
{
	struct ifreq ifr = {0};

	tun->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun->fd < 0)
		return -errno;
	ifr.ifr_flags = (short)((tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
	strcpy(ifr.ifr_name, tun->device);
	if (ioctl(tun->fd, TUNSETIFF, &ifr))
		return -errno;
	strcpy(tun->device, ifr.ifr_name);
	return 0;
}

/* Writes a per-device IPv6 setting of the namespace we are in. */
static int set_v6(const struct tun *tun, const char *name, const char *value)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", tun->device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int add_v4(const struct tun *tun, const struct prefix *prefix, int sock)
{
	struct sockaddr_in *sin;
	struct ifreq ifr = {0};
	__u32 mask = prefix->len == 96 ? 0 : ~0u << (128 - prefix->len);

	strcpy(ifr.ifr_name, tun->device);
	sin = (struct sockaddr_in *)&ifr.ifr_addr;
	sin->sin_family = AF_INET;
	memcpy(&sin->sin_addr, prefix->addr.s6_addr + 12, 4);
	if (ioctl(sock, SIOCSIFADDR, &ifr))
		return -errno;
	sin->sin_addr.s_addr = htonl(mask);
	return ioctl(sock, SIOCSIFNETMASK, &ifr) ? -errno : 0;
}

static int add_v6(const struct tun *tun, const struct prefix *prefix, int sock)
{
	struct in6_ifreq {
		struct in6_addr addr;
		__u32 prefix_len;
		int index;
	} request = {.addr = prefix->addr, .prefix_len = prefix->len};
	struct ifreq ifr = {0};
	int sock6, err;

	strcpy(ifr.ifr_name, tun->device);
	if (ioctl(sock, SIOCGIFINDEX, &ifr))
		return -errno;
	request.index = ifr.ifr_ifindex;
	sock6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock6 < 0)
		return -errno;
	err = ioctl(sock6, SIOCSIFADDR, &request) ? -errno : 0;
	close(sock6);
	return err;
}

static int set_up(const struct tun *tun, unsigned int mtu, int sock)
{
	struct ifreq ifr = {0};

	strcpy(ifr.ifr_name, tun->device);
	ifr.ifr_mtu = (int)mtu;
	if (ioctl(sock, SIOCSIFMTU, &ifr))
		return -errno;
	ifr.ifr_qlen = TUN_QUEUE_PACKETS;
	if (ioctl(sock, SIOCSIFTXQLEN, &ifr))
		return -errno;
	if (ioctl(sock, SIOCGIFFLAGS, &ifr))
		return -errno;
	ifr.ifr_flags |= IFF_UP;
	return ioctl(sock, SIOCSIFFLAGS, &ifr) ? -errno : 0;
}

/*
 * A TUN end gets no link-local address and asks for no routers: a point-to-point wire needs
 * neither, and their packets would only blur the counts. A TAP end is left to the namespace.
 */
static int configure(struct tun *tun, const struct tun_spec *spec, unsigned int mtu, bool tap)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (sock < 0)
		return -errno;
	if (!tap && !access("/proc/sys/net/ipv6", F_OK)) {
		err = set_v6(tun, "addr_gen_mode", "1");
		if (!err)
			err = set_v6(tun, "router_solicitations", "0");
	}
	if (!err)
		err = set_up(tun, mtu, sock);
	for (unsigned int i = 0; !err && i < spec->addr_count; i++) {
		if (IN6_IS_ADDR_V4MAPPED(&spec->addr[i].addr))
			err = add_v4(tun, &spec->addr[i], sock);
		else
			err = add_v6(tun, &spec->addr[i], sock);
	}
	close(sock);
	return err;
}

/* All that has to be done inside the namespace. */
static int build(struct tun *tun, const struct tun_spec *spec, unsigned int mtu, bool tap,
		 const char **step)
{
	int err;

	*step = "make the device";
	err = create(tun, tap);
	if (err)
		return err;
	*step = "set its MTU, addresses and state";
	err = configure(tun, spec, mtu, tap);
	if (err)
		return err;
	*step = "open its statistics";
	tun->stats_fd = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	return tun->stats_fd < 0 ? -errno : 0;
}

struct tun *tun__new(const struct tun_spec *spec, unsigned int mtu, bool tap, char *error,
		     unsigned int size)
{
	const char *step = "enter the namespace";
	struct tun *tun = calloc(1, sizeof(*tun));
	int own, err;

	if (!tun)
		return NULL;
	tun->fd = tun->stats_fd = -1;
	strcpy(tun->device, spec->device);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	err = own < 0 ? -errno : 0;
	if (!err && strcmp(spec->netns, "-"))
		err = enter(spec->netns);
	if (!err)
		err = build(tun, spec, mtu, tap, &step);
	if (own >= 0 && setns(own, CLONE_NEWNET) && !err) {
		step = "return to its own namespace";
		err = -errno;
	}
	if (own >= 0)
		close(own);
	if (err) {
		snprintf(error, size, "%s:%s: cannot %s: %s", spec->netns, spec->device, step,
			 strerror(-err));
		tun__free(tun);
		errno = -err;
		return NULL;
	}
	return tun;
}

void tun__free(struct tun *tun)
{
	if (!tun)
		return;
	if (tun->fd >= 0)
		close(tun->fd);
	if (tun->stats_fd >= 0)
		close(tun->stats_fd);
	free(tun);
}

int tun__fd(const struct tun *tun)
{
	return tun->fd;
}

__u64 tun__lost(const struct tun *tun)
{
	char text[8192], *line, *rest;
	unsigned long long lost = 0;
	size_t name = strlen(tun->device);
	ssize_t len = pread(tun->stats_fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, " ");
		/* Eight columns of receiving, then bytes, packets, errs and drop of sending. */
		if (!strncmp(line, tun->device, name) && line[name] == ':')
			sscanf(line + name + 1, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu",
			       &lost);
	}
	return lost;
}

int tun__set_carrier(struct tun *tun, bool on)
{
	int value = on;

	return ioctl(tun->fd, TUNSETCARRIER, &value) ? -errno : 0;
}
