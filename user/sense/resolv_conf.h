/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom this host asks for names.
 */
#ifndef FAULTLINE_RESOLV_CONF_H
#define FAULTLINE_RESOLV_CONF_H

#include <stddef.h>

#include "base/address.h"

#define RESOLVERS_MAX 8

struct proc_files;

/* The name servers of a resolv.conf, each once, at most @room; returns their number. */
size_t parse_resolv_conf(const char *text, struct address *list, size_t room);

/*
 * Those of this host.  Where the file names a stub on this host itself, those behind it are added,
 * from systemd-resolved's own file.
 */
size_t resolv_conf_read(struct proc_files *files, struct address list[RESOLVERS_MAX]);

#endif
