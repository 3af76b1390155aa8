/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernel_load.c and kernel_side.c share, and nobody else sees.
 */
#ifndef FAULTLINE_KERNEL_PARTS_H
#define FAULTLINE_KERNEL_PARTS_H

#include "sense/kernel_side.h"

struct bpf_link;
struct drop_reasons;
struct faultline_bpf;

/* Behind the name of a program: its second one (bpf/nesting.bpf.h). */
#define NESTED_SUFFIX "_nested"

struct kernel_side {
	struct drop_reasons *drop_reasons;
	struct faultline_bpf *skeleton;
	struct bpf_link *link[HOOK_COUNT];
	uint64_t packets_since_ns; /* since when packets are traced; 0: they are not */
	struct bpf_link *nested_link[HOOK_COUNT]; /* of the second program, where there is one */
	struct hook_status status[HOOK_COUNT];
	bool slots_in_hash;
	uint32_t census_number;
	char *reset_reason[PEER_RESET_REASONS];
};

/* The program that a hook uses, or NULL when it is not in use. */
const char *kernel_parts__program(const struct kernel_side *side, enum hook_id id);

/* 0, or -ENOTSUP with @why when a required hook is not in use. */
int kernel_parts__check_required(const struct kernel_side *side, char *why, size_t why_len);

/* Attaches the iterators or the hooks; what does not attach is marked as refused. */
void kernel_parts__attach(struct kernel_side *side, bool iterators);

/* Notes why a hook is not what it could be. */
void kernel_parts__note_why(struct hook_status *status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
