/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SEARCH_IMPL_H
#define MAILARK_SEARCH_IMPL_H

#include "base/time.h"
#include "cmd/searched.h"
#include "index/collapse.h"
#include "index/facets.h"
#include "index/index.h"
#include "index/matched.h"
#include "index/query_words.h"

#include <glib.h>

/*
 * mailark search, in pieces: search.c says what there is to say and opens what
 * is searched, search_find.c makes the page, search_show.c prints it hit by
 * hit, the others what belongs to the whole result set.
 */
struct am_result;
struct session;

struct search_options {
	bool json, count, quiet, verbose, no_snippets;
	bool threads, by_subject, timeline, explain, list_saved;
	const char *limit, *sort, *facets, *collapse, *format, *copy_to;
	const char *save, *forget, *stub;
	uint64_t offset;
};

/* What hits are put in order by. */
enum search_sort {
	SORT_RELEVANCE,
	SORT_DATE,
	SORT_DATE_ASC,
	SORT_SIZE,
	SORT_FROM,
	SORT_SUBJECT
};

/* One of the archives. */
struct search_in {
	struct searched in;
	struct am_result *result;     /* of it all, when that is needed */
	struct am_collapse *collapse; /* NULL: copies are not looked for */
};

struct found {
	struct search_in *in;
	int64_t id;
	double score;
	int64_t date; /* for merging, all of them */
	uint64_t size;
	char *key;                 /* owned */
	uint32_t copies;           /* that are not shown */
	struct am_matched matched; /* while its page is shown */
};

struct search {
	struct session *s;
	const struct search_options *o;
	char *text; /* of the query, saved ones put in */
	int64_t now;
	struct am_query *query;
	struct am_query_words words; /* of it */
	struct search_in *in;
	size_t n_in;
	enum search_sort sort;
	uint64_t limit;  /* UINT64_MAX: none */
	GArray *found;   /* struct found: what is shown, and before it */
	uint64_t total;  /* messages that match */
	bool estimated;  /* the total */
	uint64_t hidden; /* of those: copies of others */
	bool incomplete; /* messages are left out that might match */
};

/* Marks that survive cleaning and no mail has any business with. */
#define MARK_ON  "\xEE\x80\x80" /* U+E000 */
#define MARK_OFF "\xEE\x80\x81" /* U+E001 */

/* search_find.c */
/* Hits up to offset + limit; an exit status. */
int search_find(struct search *q);
/* in->result, once. */
AM_MUST_USE int search_result(struct search *q, struct search_in *in,
                              struct am_error *err);
void search_found_clear(gpointer found);

/* search_show.c: the page, from offset on. */
int search_show(struct search *q);
/* What of it: first and how many. */
void search_page(const struct search *q, guint *first, guint *n);
/* "from", "subject" with what matched between marks, cleaned; g_free(). */
char *search_marked(const struct search *q, enum am_region region,
                    const char *text, size_t columns);
/* MARK_ON and MARK_OFF as colours, or as nothing; to stdout. */
void search_print_marked(const char *text, bool bold);
/* Snippets and places of n hits that stand one behind the other. */
void search_read_matched(const struct search *q, struct found *first, guint n);

/* search_format.c: --format, which is checked beforehand. */
int search_format_check(const struct search *q);
void search_format_print(const struct search *q, const struct found *f);
/* A line of anything that has values for the fields' names; g_free()d. */
typedef char *search_value_fn(void *user, const char *name);
void search_format_line(const char *format, search_value_fn *value, void *user);
/* Is {name} in it? */
bool search_format_asks(const char *format, const char *name);

/* search_threads.c: the page as threads. */
int search_threads(struct search *q);

/* search_sum.c: --facets and --timeline over the whole result. */
int search_facets_check(const struct search *q);
int search_sum(struct search *q);

/* search_saved.c */
int search_saved_list(struct search *q);
int search_saved_save(struct search *q, const char *text);
int search_saved_forget(struct search *q);

/* search_copy.c: --copy-to. */
int search_copy(struct search *q);

/* search_stub.c: --stub, published indexes. */
int search_stub_check(const struct search *q);
int search_stub(struct search *q);

/* search_reach.c: the archives that these were made of, opened as q->in.  What
 * they are called is added to `names` and lives there. */
bool search_reach_wanted(const struct search_options *o);
int search_reach(struct search *q, GPtrArray *names);

/* search_far.c: a hit in one of them, kept until all have answered. */
enum {
	FAR_ARCHIVE,
	FAR_FROM,
	FAR_TO,
	FAR_CC,
	FAR_SUBJECT,
	FAR_MESSAGE_ID,
	FAR_THREAD,
	FAR_FOLDER, /* printed; of several the names are in lines */
	FAR_TEXT,
	FAR_STRINGS
};
struct far_hit {
	double weight;
	int64_t id;
	char *strings[FAR_STRINGS];
	struct am_when date;
	uint64_t size;
	uint32_t n_attachments, flags;
};
struct am_published_hit;
void search_far_keep(struct far_hit *out, const struct am_published_hit *hit);
void search_far_clear(gpointer far_hit);
/* Some of them, as lines, JSON or by --format. */
void search_far_show(const struct search *q, const struct far_hit *hits,
                     size_t n);

#endif
