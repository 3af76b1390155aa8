/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples as bytes: each as its difference from the one before.
 *
 * The schema comes first: the names of tables, fields and operations in the order in which they are
 * written.  Then each sample: texts that are new; and table by table, how many rows it has and the
 * words that changed, each by its distance from the last one and the difference of its value.  What
 * did not change costs nothing, a row in which little did a few bytes.
 *
 * Numbers are varints (keep/bytes.h).  A link keeps its place by its name, so that one that appears
 * does not move the others.  When the table of texts is full, both sides forget everything and the
 * sample is written whole.
 */
#ifndef FAULTLINE_SAMPLE_CODEC_H
#define FAULTLINE_SAMPLE_CODEC_H

#include <stddef.h>
#include <stdint.h>

struct bytes_out;
struct sample;
struct sample_decoder;
struct sample_encoder;

/* What a recording of this build begins with, appended to @out. */
void sample_schema__write(struct bytes_out *out);

/* NULL with errno. */
struct sample_encoder *sample_encoder__new(void);
void sample_encoder__free(struct sample_encoder *encoder);

/*
 * Appends a sample.  Of a link, `way` must be one of sample->ways, else it is not kept.  0;
 * -ENOMEM; -E2BIG: a list or a text is longer than a recording may have.  After a failure the next
 * sample is written whole, and this one is missing.
 */
int sample_encoder__add(struct sample_encoder *encoder, const struct sample *sample,
			struct bytes_out *out);

/* Reads a schema, also one of another build.  NULL with errno: EBADMSG for what is none. */
struct sample_decoder *sample_decoder__new(const uint8_t *schema, size_t len);
void sample_decoder__free(struct sample_decoder *decoder);

/*
 * Reads one sample; *sample is the decoder's, until the next call.  0; -EBADMSG: these bytes are
 * none; -E2BIG: they ask for more memory than a sample may take; -ENOMEM.  After a failure the
 * decoder can only be freed.
 */
int sample_decoder__take(struct sample_decoder *decoder, const uint8_t *data, size_t len,
			 const struct sample **sample);

#endif
