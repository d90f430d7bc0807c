/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_DEDUP_PLAN_H
#define MAILARK_DEDUP_PLAN_H

#include "base/error.h"

struct am_archive;
struct am_ctx;

/*
 * Which mail of an archive is there more than once, and which of the copies
 * would stay.  Nothing is changed here.
 *
 * Memory: about 90 bytes a message.  Only messages that agree in sender,
 * subject and date with another one are read.
 */
enum dedup_by {
	DEDUP_BYTES,
	DEDUP_STORED, /* mime/alike.h */
	DEDUP_CONTENT,
	DEDUP_MESSAGE_ID
};
struct dedup_options {
	enum dedup_by by;
	bool within_folder; /* else copies in different folders count too */
};

/* A copy: a message in a folder. */
struct dedup_copy {
	int64_t placement, message, folder;
	uint32_t fact; /* the plan's own */
};
/* Copies of one mail, the one that stays first. */
struct dedup_group {
	const struct dedup_copy *copies;
	size_t n;
};

struct dedup_plan;
AM_MUST_USE int dedup_plan_make(struct dedup_plan **out,
                                struct am_archive *archive, struct am_ctx *ctx,
                                const struct dedup_options *options,
                                struct am_error *err);
void dedup_plan_free(struct dedup_plan **plan);

struct dedup_counts {
	uint64_t copies;     /* looked at: messages in folders */
	uint64_t groups, go; /* mails with copies, copies that would go */
	uint64_t same_id;    /* Message-IDs of several that are not copies */
	uint64_t no_id;      /* messages without a Message-ID */
	uint64_t read;       /* messages whose bytes were read */
	uint64_t unreadable; /* of these; they equal nothing */
};
const struct dedup_counts *dedup_plan_counts(const struct dedup_plan *plan);

/* Groups in order; AM_END from fn ends it well. */
typedef int dedup_group_fn(void *user, const struct dedup_group *group,
                           struct am_error *err);
AM_MUST_USE int dedup_plan_each(struct dedup_plan *plan, dedup_group_fn *fn,
                                void *user, struct am_error *err);
/* Messages that share a Message-ID and are not copies of each other by what was
 * asked for: one of each kind. */
AM_MUST_USE int dedup_plan_each_same_id(struct dedup_plan *plan,
                                        dedup_group_fn *fn, void *user,
                                        struct am_error *err);

/* Why the second is a copy of the first. */
#define DEDUP_WHY_ROOM 256
void dedup_plan_why(const struct dedup_plan *plan,
                    const struct dedup_copy *kept,
                    const struct dedup_copy *copy, char out[DEDUP_WHY_ROOM]);

#endif
