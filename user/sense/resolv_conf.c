/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format is that of resolv.conf(5): a keyword and a value on a line.  The file is a few lines
 * long and is read each tick, so that a new name server is known at once.
 */
#include "sense/resolv_conf.h"

#include <stdio.h>
#include <string.h>

#include "sense/proc_files.h"

#define RESOLV_CONF	 "/etc/resolv.conf"
#define BEHIND_STUB_CONF "/run/systemd/resolve/resolv.conf"

static bool contains(const struct address *list, size_t count, const struct address *address)
{
	for (size_t i = 0; i < count; i++) {
		if (!memcmp(&list[i], address, sizeof(*address)))
			return true;
	}
	return false;
}

static size_t add_all(const char *text, struct address *list, size_t count, size_t room)
{
	while (text && *text && count < room) {
		char value[128], *zone;
		struct address address;

		if (sscanf(text, " nameserver %127s", value) == 1 &&
		    !strncmp(text + strspn(text, " \t"), "nameserver", 10)) {
			zone = strchr(value, '%');
			if (zone)
				*zone = '\0';
			if (!parse_address(value, &address) && !contains(list, count, &address))
				list[count++] = address;
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return count;
}

size_t parse_resolv_conf(const char *text, struct address *list, size_t room)
{
	return add_all(text, list, 0, room);
}

static bool is_loopback(const struct address *address)
{
	return address_is_ipv4(address)
		       ? address->byte[12] == 127
		       : address->byte[15] == 1 && !memcmp(address->byte, (uint8_t[15]){}, 15);
}

size_t resolv_conf_read(struct proc_files *files, struct address list[RESOLVERS_MAX])
{
	size_t count;
	char *text;

	if (proc_files__read(files, RESOLV_CONF, &text))
		return 0;
	count = parse_resolv_conf(text, list, RESOLVERS_MAX);
	if (count && is_loopback(&list[0]) && !proc_files__try(files, BEHIND_STUB_CONF, &text))
		count = add_all(text, list, count, RESOLVERS_MAX);
	return count;
}
