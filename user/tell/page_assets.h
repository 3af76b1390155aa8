/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the status page (user/tell/page), as part of the program.
 */
#ifndef FAULTLINE_PAGE_ASSETS_H
#define FAULTLINE_PAGE_ASSETS_H

#include <stddef.h>

struct page_asset {
	const char *name;	 /* "page.css" */
	const char *type;	 /* content type */
	const char *bytes, *end; /* end is behind the last one */
};

/* NULL: there is none of this name. */
const struct page_asset *page_asset__find(const char *name);

#endif
