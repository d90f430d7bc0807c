/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_THREADS_IMPL_H
#define AM_INDEX_THREADS_IMPL_H

#include "index/threads.h"

#include <glib.h>

/*
 * Two steps: who may belong to the threads that are wanted (threads_find.c),
 * and the trees they make (threads.c).
 */
struct am_member {
	int64_t id;
	uint64_t mid, thread, parent; /* as in columns.h */
	char *subject;                /* bare; NULL unless asked for */
	int64_t date;                 /* of those without one: the oldest */
	bool hit, answers;            /* answers: the subject says so */
	/* threads.c: */
	struct am_member *up, *down, *next; /* answered, answers, siblings */
	bool done;
};

struct am_members {
	GPtrArray *all;     /* struct am_member, ids ascending; owned */
	GHashTable *by_mid; /* &mid: the first with it */
	bool cut;           /* there are more than are kept */
};

/* What hangs together with these messages by their references. */
AM_MUST_USE int am_members_find(struct am_members *out, struct am_index *index,
                                struct am_archive *archive, const int64_t *ids,
                                size_t n, bool by_subject,
                                struct am_error *err);
void am_members_clear(struct am_members *members);

#define AM_MEMBERS_MOST 100000

#endif
