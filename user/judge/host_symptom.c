/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/host_symptom.h"

static const struct {
	const char *signal, *unit;
	enum subject_kind kind;
} symptoms[] = {
#define HOST_SYMPTOM_ROW(name, signal_, unit_, kind_) \
	[HOST_SYMPTOM_##name] = {.signal = signal_, .unit = unit_, .kind = SUBJECT_##kind_},
	HOST_SYMPTOMS(HOST_SYMPTOM_ROW)
#undef HOST_SYMPTOM_ROW
};

const char *host_symptom_signal(enum host_symptom symptom)
{
	return symptoms[symptom].signal;
}

const char *host_symptom_unit(enum host_symptom symptom)
{
	return symptoms[symptom].unit;
}

enum subject_kind host_symptom_kind(enum host_symptom symptom)
{
	return symptoms[symptom].kind;
}
