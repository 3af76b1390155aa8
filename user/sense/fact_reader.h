/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring buffer of rare facts, read when it has something.
 */
#ifndef FAULTLINE_FACT_READER_H
#define FAULTLINE_FACT_READER_H

#include "faultline/fact.h"

struct fact_reader;

/* Gets each fact once, in the order of the ring.  Must not block. */
typedef void fact_handler(void *context, const struct fact *fact);

/* Reads from the map @map_fd, which it borrows.  NULL with errno. */
struct fact_reader *fact_reader__new(int map_fd, fact_handler *handler, void *context);
void fact_reader__free(struct fact_reader *reader);

int fact_reader__fd(const struct fact_reader *reader); /* readable when facts wait */
/* Hands all waiting facts to the handler.  0 or -errno. */
int fact_reader__read(struct fact_reader *reader);

#endif
