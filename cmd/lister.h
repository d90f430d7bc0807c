/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_LISTER_H
#define MAILARK_LISTER_H

#include "mime/overview.h"
#include "mime/proof.h"
#include "model/message.h"
#include "transfer/digest.h"

struct am_archive;
struct am_place;
struct session;

/*
 * Every message of a location with its hashes and, when asked for, its
 * overview: the pump with a sink that stores nothing.  Hashing and reading run
 * on all processors, `each` on the calling thread and in source order.
 */
struct lister_item {
	const struct am_message *msg;
	const struct am_folder *folder; /* alone, without msg: a folder */
	struct am_digest digest;
	struct am_overview overview; /* empty when not asked for, */
	struct am_proof proof;       /* as is this */
};

typedef int lister_fn(void *user, const struct lister_item *item,
                      struct am_error *err);

struct lister {
	lister_fn *each;
	void *user;
	bool overview, proof;
	unsigned jobs; /* 0: as many as there are processors */
	const char *phase;
};

/* What fails is told and counted in s->n_errors; AM_FATAL when it could not be
 * read to its end, and then the reason has been told as well. */
AM_MUST_USE int lister_run(struct session *s, const struct am_place *place,
                           const struct lister *lister);

#endif
