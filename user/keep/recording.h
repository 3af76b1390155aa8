/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recordings: the judge's whole input in a file, to be judged again.
 *
 * A line of text, "faultline-recording 1"; then one zlib stream of frames, each with a type, its
 * length, its content and a CRC-32 of type and content:
 *
 *   H  the host's name, and the schema of samples (keep/sample_codec.h)
 *   C  a configuration as text: the one in force at the start, and each that a reload brought
 *   S  a sample
 *   E  the end: a recording without it was cut off
 *
 * The stream is flushed about once a second, so that a recorder that was killed leaves everything
 * up to its last second.
 */
#ifndef FAULTLINE_RECORDING_H
#define FAULTLINE_RECORDING_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RECORDING_MAGIC "faultline-recording 1\n"

struct recording_reader;
struct recording_writer;
struct sample;

/* ---- writing ----------------------------------------------------------------------------- */

/*
 * Makes a new file for a recording; "-" is standard output.  A file that exists is refused unless
 * it is none to lose: a pipe or a device.  0 and *out, which the caller closes; or -errno with
 * @why.
 */
int recording_create(const char *path, FILE **out, char *why, size_t why_len);

/* Begins a recording on @out, which it owns from then on, also on failure.  0 or -errno. */
int recording_writer__new(FILE *out, const char *host, struct recording_writer **writer);

/* The configuration in force from here on, and the name it has in messages.  0 or -errno. */
int recording_writer__config(struct recording_writer *writer, const char *name, const char *text,
			     size_t len);

/* 0; -errno: the recording cannot go on, except after -E2BIG: this one sample is missing in it. */
int recording_writer__add(struct recording_writer *writer, const struct sample *sample);

/* Ends the recording; frees in any case.  0, or -errno when it is not whole. */
int recording_writer__close(struct recording_writer *writer);

/* ---- reading ----------------------------------------------------------------------------- */

enum recording_item { RECORDING_SAMPLE, RECORDING_CONFIG, RECORDING_END };

/*
 * Reads the beginning of a recording from @in, which it owns from then on, also on failure.  0; or
 * -errno with @why, a sentence without the name of the file.
 */
int recording_reader__new(FILE *in, struct recording_reader **reader, char *why, size_t why_len);
void recording_reader__free(struct recording_reader *reader);

const char *recording_reader__host(const struct recording_reader *reader);

/* Goes on to the next item.  0; or -errno with @why, and then there is no further one. */
int recording_reader__next(struct recording_reader *reader, enum recording_item *item, char *why,
			   size_t why_len);

/* The latest of each, valid until the next call of __next(); NULL before the first. */
const struct sample *recording_reader__sample(const struct recording_reader *reader);
const char *recording_reader__config(const struct recording_reader *reader, const char **name,
				     size_t *len);

/* How many samples came. */
uint64_t recording_reader__samples(const struct recording_reader *reader);

#endif
