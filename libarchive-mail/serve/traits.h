/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_TRAITS_H
#define AM_SERVE_TRAITS_H

#include "serve/vault.h"

#include <string.h>

/*
 * What SORT, THREAD and SEARCH ask of every message of a mailbox, in memory and
 * row for row with a snapshot.  Read from the catalog in one go when it is
 * first asked for; later snapshots of the mailbox take over what is known and
 * add what is new.  A text is kept once, however many messages have it.
 * Counted.
 */

/* A header field; folded as what is looked for is (base/fold.h). */
struct am_trait_text {
	const char *folded; /* NULL: there is no such field */
	bool cut;           /* the catalog has only its beginning */
	/* Of addresses: the first one's local part, and its name or else the
	 * address (RFC 5957). */
	const char *mailbox, *display;
	/* Of a subject: its base (RFC 5256 §2.1), one pointer for all that have
	 * it, and whether something was taken off. */
	const char *base;
	bool is_reply;
};

/* A Message-ID; numbered from 0 within a mailbox. */
struct am_trait_id {
	uint32_t number;
	const char *text; /* without the angle brackets */
};

struct am_trait {
	uint32_t uid;
	unsigned has; /* enum am_trait_needs */
	int64_t message;
	/* AM_TRAITS_HEAD; texts are never NULL. */
	int64_t sent;
	int16_t zone;
	bool dated;
	const struct am_trait_text *from, *to, *cc, *subject;
	const struct am_trait_id *id; /* NULL: none */
	/* AM_TRAITS_FACTS */
	uint32_t n_references;
	uint64_t size;
	const struct am_trait_id *const *references; /* oldest first */
};
enum am_trait_needs {
	AM_TRAITS_HEAD = 1,
	AM_TRAITS_FACTS = 2,
	/* AM_END where messages would have to be read for it, or are so many
	 * that nothing is kept of them. */
	AM_TRAITS_AT_HAND = 4
};

struct am_traits {
	size_t n, n_ids;
	struct am_trait *rows;
	/* Its own: */
	unsigned has;
	uint64_t version;
	int64_t box, used;
	struct am_trait_pool *pool;
	int refs;
};
/* Of a snapshot, with what is needed there for all its rows.  AM_FAILED: one
 * message could not be read, so ask for them one by one. */
AM_MUST_USE int am_vault_traits(struct am_vault *vault,
                                const struct am_snap *snap, unsigned needs,
                                struct am_traits **out, struct am_error *err);
/* The catalog cuts longer fields. */
static inline bool am_trait_is_cut(const char *field)
{
	return strlen(field) >= 2000;
}
void am_traits_unref(struct am_traits **traits);

#endif
