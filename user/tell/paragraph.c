/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/paragraph.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tell/safe_text.h"
#include "tell/units.h"

#define COLUMNS_LEAST 80
#define COLUMNS_MOST  120
#define WORD_ROOM     4096

unsigned terminal_columns(FILE *out)
{
	struct winsize size = {};

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col < COLUMNS_LEAST)
		return COLUMNS_LEAST;
	return size.ws_col > COLUMNS_MOST ? COLUMNS_MOST : size.ws_col;
}

static void write_line(FILE *out, unsigned columns, unsigned indent, const char *line, size_t len)
{
	unsigned used = indent;
	bool first = true;

	while (len) {
		size_t word = 0;
		char text[WORD_ROOM];
		unsigned width;

		while (word < len && line[word] != ' ')
			word++;
		snprintf(text, sizeof(text), "%.*s", (int)(word < WORD_ROOM ? word : WORD_ROOM - 1),
			 line);
		width = (unsigned)text_columns(text);
		if (!first && used + 1 + width > columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = indent;
		} else if (!first) {
			fputc(' ', out);
			used++;
		}
		fputs(text, out);
		used += width;
		first = false;
		line += word;
		len -= word;
		if (len) {
			line++;
			len--;
		}
	}
}

void write_paragraph(FILE *out, unsigned columns, const char *first, const char *text)
{
	unsigned indent = (unsigned)text_columns(first);

	fputs(first, out);
	for (;;) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len), *safe = line ? safe_text(line) : NULL;

		if (safe)
			write_line(out, columns, indent, safe, strlen(safe));
		else
			fputs("(there is no memory to show this)", out);
		fputc('\n', out);
		free(line);
		free(safe);
		text += len;
		if (!*text || !*++text)
			break;
		if (*text != '\n')
			fprintf(out, "%*s", (int)indent, "");
	}
}

void write_field(FILE *out, unsigned columns, unsigned label_columns, const char *label,
		 const char *text)
{
	char first[64];

	snprintf(first, sizeof(first), "  %-*s ", (int)label_columns, label);
	write_paragraph(out, columns, first, text);
}
