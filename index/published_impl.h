/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_PUBLISHED_IMPL_H
#define AM_INDEX_PUBLISHED_IMPL_H

#include "index/fields.h"
#include "index/xapian_door.h"

/* What publish.c writes and published.c asks; changing it is another version.
 */
#define AM_PUBLISHED_VERSION "published 1"

#define AM_PUBLISHED_FOLDER "XP" /* as am_folder_print() has it */
#define AM_PUBLISHED_FLAG   "XK" /* its name */
#define AM_PUBLISHED_UNSET \
	"XU" /* a flag's: set in one folder, not in another */
#define AM_PUBLISHED_KEYWORD "XW" /* keyword or label, case folded */
#define AM_PUBLISHED_FACT    "XF" /* and a term of ours, as in fields.h */

enum { AM_PUBLISHED_DATE, AM_PUBLISHED_SIZE };

static inline char am_published_letter(enum am_region region)
{
	return (char)('A' + (int)region);
}

/* Words of two pieces are so far apart that no phrase spans them. */
#define AM_PUBLISHED_GAP  100
#define AM_PUBLISHED_TEXT 2000 /* bytes of a message's text, for snippets */

/* The strings of the data, in order. */
enum {
	AM_PUBLISHED_ARCHIVE,
	AM_PUBLISHED_FROM,
	AM_PUBLISHED_TO,
	AM_PUBLISHED_CC,
	AM_PUBLISHED_SUBJECT,
	AM_PUBLISHED_MESSAGE_ID,
	AM_PUBLISHED_THREAD,
	AM_PUBLISHED_FOLDERS,
	AM_PUBLISHED_BODY,
	AM_PUBLISHED_STRINGS
};

/* The term of a fact, for a query. */
struct am_xquery *am_published_fact(const char *prefix, const char *value);
/* Everything else; takes the query. */
struct am_xquery *am_published_without(struct am_xquery *query);
/* A placement (AM_NODE_PLACE). */
struct am_node;
AM_MUST_USE int am_published_filed(struct am_xreader *reader,
                                   const struct am_node *node,
                                   struct am_xquery **out,
                                   struct am_error *err);

#endif
