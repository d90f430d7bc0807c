/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_MATCHING_IMPL_H
#define MAILARK_MATCHING_IMPL_H

#include "base/hash.h"
#include "cmd/matching.h"

#include <glib.h>

/* What the files of matching share. */

struct am_blob;

#define MATCHING_NAMED 1000 /* messages named on each side, in each respect */

struct entry {
	uint8_t raw[AM_SHA256_LEN];
	uint8_t lf[AM_SHA256_LEN];
	uint32_t folder; /* index into folders */
	uint32_t flags;
	int64_t received; /* INT64_MIN: not known */
	uint32_t words;   /* hash of keywords */
	bool matched;
};

struct side {
	const char *name;
	const struct am_place *place;
	GArray *entries;  /* struct entry, in source order */
	GPtrArray *names; /* of the unmatched, as many as are kept */
	uint64_t unmatched;
	GPtrArray
		*left; /* struct matching_left: what is in no other as it is */
};

struct matching {
	struct session *s;
	struct side a, b;
	GHashTable *folder_ids; /* printed folder -> index + 1 */
	GPtrArray *folders;
	uint64_t same;         /* bytes and folder */
	uint64_t moved;        /* bytes, in another folder */
	uint64_t line_ends;    /* but for line ends */
	uint64_t flags, dates; /* of those with equal bytes */
	GPtrArray *flag_names, *date_names, *moved_names;
	/* The same mail, not the same bytes; other_text of these say something
	 * else under the same Message-ID. */
	uint64_t changed, other_text;
	GPtrArray *changed_names;
	GHashTable *changed_why; /* words -> uint64_t, how often */
};

/* One whose bytes have no partner. */
struct matching_left {
	uint8_t stored[16], content[16]; /* mime/alike.h */
	uint64_t mid;                    /* of its Message-ID; 0: none */
	guint entry;
	struct am_blob *raw; /* NULL: too many to keep */
	char *name;          /* the same */
	bool paired;
};
void matching_left_free(void *left);

/*
 * What has no partner is read again.  Where both sides have such mail, those
 * that are the same mail are told from the rest, with what differs; what is
 * then left is named.
 */
AM_MUST_USE int matching_changed(struct matching *m);

#endif
