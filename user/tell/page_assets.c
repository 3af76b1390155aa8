/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The assembler takes the files in as they are; the build runs in the top folder of the tree.
 */
#include "tell/page_assets.h"

#include <string.h>

#define INCLUDE_FILE(symbol, file)                                             \
	extern const char symbol##_begin[], symbol##_end[];                    \
	__asm__(".pushsection .rodata\n"                                       \
		".global " #symbol "_begin, " #symbol "_end\n"                 \
		".hidden " #symbol "_begin\n.hidden " #symbol "_end\n" #symbol \
		"_begin:\n.incbin \"user/tell/page/" file "\"\n" #symbol       \
		"_end:\n.byte 0\n.popsection\n")

INCLUDE_FILE(page_html, "page.html");
INCLUDE_FILE(page_css, "page.css");
INCLUDE_FILE(page_js, "page.js");
INCLUDE_FILE(words_js, "words.js");
INCLUDE_FILE(icon_svg, "icon.svg");

const struct page_asset *page_asset__find(const char *name)
{
	static const struct page_asset assets[] = {
		{"page.html", "text/html; charset=utf-8", page_html_begin, page_html_end},
		{"page.css", "text/css; charset=utf-8", page_css_begin, page_css_end},
		{"page.js", "text/javascript; charset=utf-8", page_js_begin, page_js_end},
		{"words.js", "text/javascript; charset=utf-8", words_js_begin, words_js_end},
		{"icon.svg", "image/svg+xml", icon_svg_begin, icon_svg_end},
	};

	for (size_t i = 0; i < sizeof(assets) / sizeof(*assets); i++) {
		if (!strcmp(assets[i].name, name))
			return &assets[i];
	}
	return NULL;
}
