/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_DEDUP_FACTS_H
#define MAILARK_DEDUP_FACTS_H

#include "cmd/dedup_plan.h"

/*
 * What a plan must know of each message, once however many folders hold it.
 * Hashes that decide are 128 bits, so that nobody can make two mails meet; the
 * others only word the reason.
 */
struct dedup_fact {
	int64_t message;
	uint8_t key[16]; /* equal: copies of each other */
	uint64_t mid;    /* of the Message-ID; 0: none */
	uint64_t lf;
	uint64_t stored, content; /* 0: not read */
	uint32_t headers;         /* storage headers it has */
	bool shares_mid;          /* with another message */
};
struct dedup_facts;

/* messages: in any order, often. */
AM_MUST_USE int dedup_facts_read(struct dedup_facts **out,
                                 struct am_archive *archive, struct am_ctx *ctx,
                                 enum dedup_by by, const int64_t *messages,
                                 size_t n, struct dedup_counts *counts,
                                 struct am_error *err);
void dedup_facts_free(struct dedup_facts **facts);
/* Its number, of a message that was given. */
uint32_t dedup_facts_find(const struct dedup_facts *facts, int64_t message);
const struct dedup_fact *dedup_facts_at(const struct dedup_facts *facts,
                                        uint32_t number);

#endif
