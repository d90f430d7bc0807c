/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SEARCH_IMPL_H
#define AM_SERVE_SEARCH_IMPL_H

#include "serve/heads.h"
#include "serve/search.h"

enum am_crit_kind {
	AM_CRIT_ALL,
	AM_CRIT_NONE,
	AM_CRIT_AND,
	AM_CRIT_OR,
	AM_CRIT_NOT,
	AM_CRIT_UIDS,
	AM_CRIT_FLAG,    /* number: the bit */
	AM_CRIT_KEYWORD, /* text */
	AM_CRIT_BEFORE,  /* number: a day */
	AM_CRIT_ON,
	AM_CRIT_SINCE,
	AM_CRIT_SAVEDBEFORE,
	AM_CRIT_SAVEDON,
	AM_CRIT_SAVEDSINCE,
	AM_CRIT_YOUNGER, /* number: seconds */
	AM_CRIT_OLDER,
	AM_CRIT_MODSEQ,
	/* From here on the catalog is asked, */
	AM_CRIT_SENTBEFORE,
	AM_CRIT_SENTON,
	AM_CRIT_SENTSINCE,
	AM_CRIT_FROM,
	AM_CRIT_TO,
	AM_CRIT_CC,
	AM_CRIT_SUBJECT,
	AM_CRIT_MESSAGE_ID,
	AM_CRIT_THREADID,
	AM_CRIT_EMAILID,
	AM_CRIT_LARGER,
	AM_CRIT_SMALLER,
	/* from here on the message. */
	AM_CRIT_HEADER, /* name, text */
	AM_CRIT_BODY,
	AM_CRIT_TEXT
};
struct am_crit {
	enum am_crit_kind kind;
	uint64_t number;
	int64_t day;
	char *name, *text; /* text: folded (base/fold.h) */
	struct am_imap_set *uids;
	GPtrArray *children;
	struct am_found found;      /* what an index said */
	struct am_heads unkept;     /* where the index is blind, it may be */
	struct am_heads heads;      /* of TEXT: which headers hold it, */
	enum am_field_number field; /* or of one field: which of these */
	bool asked, by_field;
	bool fuzzy; /* what is similar will do */
	struct am_ranked ranked;
};

struct am_search {
	struct am_crit *root;
	bool modseq, fuzzy;
	GArray *scores; /* uint8_t, of what was found last */
};

void am_crit_free(void *crit);

/* Rows that cannot meet it are passed over; the snapshot is kept by the caller.
 */
struct am_sift;
struct am_sift *am_sift_new(const struct am_crit *root, struct am_snap *snap);
void am_sift_free(struct am_sift **sift);
/* The first row from `from` on that may; or end. */
size_t am_sift_next(const struct am_sift *sift, size_t from, size_t end);

/* AM_OK: it meets it; AM_END: it does not. */
struct am_probe;
struct am_traits;
/* traits: of the session's view, with `has` in them, or NULL; kept by the
 * caller. */
struct am_probe *am_probe_new(struct am_session *s,
                              const struct am_traits *traits, unsigned has);
void am_probe_free(struct am_probe **probe);
AM_MUST_USE int am_probe_meets(struct am_probe *probe, const struct am_row *row,
                               const struct am_crit *crit,
                               struct am_error *err);
/* Of the message that was met last: how well it fits, 1 to 100. */
uint8_t am_probe_score(const struct am_probe *probe);

#endif
