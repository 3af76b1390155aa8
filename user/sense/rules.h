/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routing rules that a question for an address alone does not follow.
 */
#ifndef FAULTLINE_RULES_H
#define FAULTLINE_RULES_H

#include <stdbool.h>

struct nlmsghdr;

/*
 * Does an RTM_NEWRULE choose a table by what is not known of a link as a whole: a mark, a user, a
 * source, an interface, a source port or a type of service?  What is damaged does not.
 */
bool rule_is_unseen(const struct nlmsghdr *message);

#endif
