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
	AM_REGION_BODY,     /* new text */
	AM_REGION_ATTACHED, /* text of attached texts and messages */
	AM_REGION_QUOTED,   /* text quoted from an earlier message */
	AM_REGION_SIGNATURE /* behind the line "-- " */
};
#define AM_REGION_COUNT       11
#define AM_REGION_BIT(region) (1u << (region))
#define AM_REGION_ALL         ((1u << AM_REGION_COUNT) - 1)
/* What a person reads in the message itself. */
#define AM_REGIONS_TEXT                                                    \
	(AM_REGION_BIT(AM_REGION_BODY) | AM_REGION_BIT(AM_REGION_QUOTED) | \
	 AM_REGION_BIT(AM_REGION_SIGNATURE))

/*
 * Every word has a term as it is.  A word of these regions has a second one
 * behind the region's letter, so that from:smith need not look at everybody
 * who is mentioned; the other regions are told apart by the order of words.
 * 0: none.
 */
char am_region_prefix(enum am_region region);
/* How often a word there counts.  What somebody else wrote, and what all of a
 * person's mail ends with, says little about a message. */
uint32_t am_region_weight(enum am_region region);

/* Terms that are no words: a capital letter and the value. */
#define AM_TERM_MESSAGE_ID "I"
#define AM_TERM_TYPE       "Y"
#define AM_TERM_EXTRACT    "X" /* with a name of extract/status.h */
#define AM_TERM_FACT       "H" /* with the name of one of am_fact_names */
#define AM_TERM_THREAD     "G" /* with the Message-ID of the oldest reference */
#define AM_TERM_FILENAME   "P" /* with a whole file name */
#define AM_TERM_BEGINNING  "W" /* with the first letters of a word … */
#define AM_BEGINNING_MAX   3   /* … so many, or eight bytes of them */
#define AM_TERM_SIZE       "Z" /* with a letter: sizes of so many bits */

/* A file name as it is looked for by patterns: so many bytes of it. */
#define AM_FILENAME_MAX 200
/* The letter behind AM_TERM_SIZE for sizes that need so many bits. */
#define AM_SIZE_BITS 40
char am_size_letter(unsigned bits);
unsigned am_size_bits(uint64_t size);

/* What has: and is: ask for, beside flags. */
enum am_fact {
	AM_FACT_ATTACHMENT,
	AM_FACT_LIST,
	AM_FACT_CC,
	AM_FACT_BCC,
	AM_FACT_SUBJECT,
	AM_FACT_QUOTE,
	AM_FACT_SIGNATURE,
	AM_FACT_REPLY,
	AM_FACT_HTML,
	AM_FACT_IMAGE,
	AM_FACT_DOCUMENT,
	AM_FACT_SPREADSHEET,
	AM_FACT_PRESENTATION,
	AM_FACT_PDF,
	AM_FACT_AUDIO,
	AM_FACT_VIDEO,
	AM_FACT_ARCHIVE,
	AM_FACT_CALENDAR,
	AM_FACT_CONTACT,
	AM_FACT_MESSAGE,
	AM_FACT_SIGNED,
	AM_FACT_ENCRYPTED,
	AM_FACT_COUNT
};
extern const char *const am_fact_names[AM_FACT_COUNT];
/* By name, plural and aliases too; AM_FACT_COUNT for none. */
enum am_fact am_fact_find(const char *name);
struct am_facts;
/* A bit for each fact that holds; regions: those that have text. */
uint32_t am_facts_of(const struct am_facts *facts, uint32_t regions);

/* What a field of a query asks. */
enum am_field_kind {
	AM_FIELD_WORDS,      /* words within regions */
	AM_FIELD_MESSAGE_ID, /* one term */
	AM_FIELD_TYPE,
	AM_FIELD_HAS,
	AM_FIELD_EXTRACT, /* what became of attached files */
	AM_FIELD_IN,      /* folder, or in:attachment */
	AM_FIELD_THREAD,
	AM_FIELD_LANGUAGE, /* of what stands behind it */
	AM_FIELD_FOLDER,   /* the catalog's from here … */
	AM_FIELD_IS,
	AM_FIELD_KEYWORD,
	AM_FIELD_CATEGORY, /* Gmail's, which are labels */
	AM_FIELD_TAG, /* … to here: keyword, or one of notmuch's for a flag */
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
