/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_COPY_PICKED_H
#define MAILARK_COPY_PICKED_H

#include "base/compiler.h"

struct session;

/* Messages of one archive, by id, ascending. */
struct copy_pick {
	const char *archive; /* as `mailark copy` takes it */
	const int64_t *ids;
	size_t n;
};

/*
 * `mailark copy` of single messages to any location, with its notes, its
 * questions and its ledger, in which all others of the archives are "filtered".
 * Returns its exit status.
 */
int copy_picked(struct session *s, const struct copy_pick *picks, size_t n,
                const char *target);

#endif
