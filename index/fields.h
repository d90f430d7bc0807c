/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_FIELDS_H
#define AM_INDEX_FIELDS_H

#include "base/compiler.h"

/* Where in a message a word stands; numbers are part of the index's format. */
enum am_region {
	AM_REGION_SUBJECT,
	AM_REGION_FROM,
	AM_REGION_TO,
	AM_REGION_CC,
	AM_REGION_BCC,
	AM_REGION_FILENAME, /* of an attachment */
	AM_REGION_LIST,     /* List-Id */
	AM_REGION_BODY,     /* what a person reads, quotations included */
	AM_REGION_ATTACHED  /* text of attached texts and messages */
};
#define AM_REGION_COUNT       9
#define AM_REGION_BIT(region) (1u << (region))
#define AM_REGION_ALL         ((1u << AM_REGION_COUNT) - 1)

/*
 * Every word has a term as it is.  A word of these regions has a second one
 * behind the region's letter, so that from:smith need not look at everybody
 * who is mentioned; the other regions are told apart by the order of words.
 * 0: none.
 */
char am_region_prefix(enum am_region region);

/* Terms that are no words: a capital letter and the value. */
#define AM_TERM_MESSAGE_ID "I"
#define AM_TERM_TYPE       "Y"
#define AM_TERM_ATTACHMENT "H"
#define AM_TERM_EXTRACT    "X" /* with a name of extract/status.h */

/* What a field of a query asks. */
enum am_field_kind {
	AM_FIELD_WORDS,      /* words within regions */
	AM_FIELD_MESSAGE_ID, /* one term */
	AM_FIELD_TYPE,
	AM_FIELD_HAS,
	AM_FIELD_EXTRACT, /* what became of attached files */
	AM_FIELD_FOLDER, /* the catalog's from here … */
	AM_FIELD_IS,
	AM_FIELD_KEYWORD, /* … to here */
	AM_FIELD_DATE,
	AM_FIELD_SINCE,
	AM_FIELD_UNTIL,  /* the end of the day counts */
	AM_FIELD_BEFORE, /* its beginning */
	AM_FIELD_SIZE,
	AM_FIELD_LARGER,
	AM_FIELD_SMALLER
};

struct am_field_def {
	const char *name;
	enum am_field_kind kind;
	uint32_t regions; /* of AM_FIELD_WORDS */
};
/* Every name a field may be called by, aliases of other programs included. */
extern const struct am_field_def am_field_defs[]; /* ends with NULL name */

/* By name, any letter case; NULL for none. */
const struct am_field_def *am_field_find(const char *name, size_t len);
/* The name that was probably meant, or NULL. */
const char *am_field_guess(const char *name, size_t len);

#endif
