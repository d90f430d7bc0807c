/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_WORKER_H
#define MAILARK_BROWSE_WORKER_H

#include "base/error.h"
#include "index/facets.h"
#include "index/index.h"

struct searched;

/*
 * Searching on a thread of its own, so that nobody waits for it who types.  Of
 * what is asked only the latest matters: an ask takes the place of one that has
 * not begun, and what is being worked on stops at its next step.
 *
 * Answers come in parts as they are known: first the hits, then how many there
 * are and how they divide; of what is being typed only when no key has followed
 * for a moment, so that these are not in the way of the next one's hits.
 */
struct worker;

struct hit {
	uint32_t archive; /* index into the archives */
	int64_t id;
};

struct ask {
	const char *query; /* "": everything */
	enum am_sort sort;
	size_t room; /* so many hits; SIZE_MAX: all */
	/* While somebody types: the last word may be the beginning of one. */
	bool typing;
};

/* How what was found divides: one value of one facet. */
struct division {
	enum am_facet facet;
	char *text, *query; /* as in am_facet_value */
	uint64_t count;
};

enum answer_kind { ANSWER_HITS, ANSWER_WHOLE };
struct answer {
	enum answer_kind kind;
	uint64_t number;          /* of the ask */
	struct am_error err;      /* kind AM_E_NONE: none */
	struct am_error left_out; /* why an archive was not searched, or none */
	/* HITS: */
	struct hit *hits;
	size_t n;
	bool all;        /* there are no more */
	bool begun_word; /* "word*" was searched where "word" stands */
	/* Both; of HITS an estimate unless all. */
	uint64_t total;
	/* WHOLE: facet by facet, each in its order. */
	struct division *divisions;
	size_t n_divisions;
};

/* Opens the archives again, for its own thread. */
AM_MUST_USE int worker_start(struct worker **out, const struct searched *in,
                             size_t n, struct am_error *err);
void worker_stop(struct worker **worker);
/* Its number: they ascend. */
uint64_t worker_ask(struct worker *worker, const struct ask *ask);
/* Readable while answers wait. */
int worker_fd(const struct worker *worker);
/* The next answer, or NULL; free it. */
struct answer *worker_take(struct worker *worker);
void answer_free(struct answer **answer);
/* Until everything asked has been answered: for tests, and for who cannot go
 * on without. */
void worker_wait(struct worker *worker);

#endif
