/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_INDEX_H
#define AM_INDEX_INDEX_H

#include "base/error.h"

/*
 * Full text over an archive.  Documents are known by message id; what a hit
 * looks like is the catalog's business, and so is everything that can change
 * (folder, flags, keywords): those parts of a query become a set of ids before
 * Xapian is asked.  Deleting the directory loses nothing but time.
 *
 * One handle, one thread.
 */
struct am_archive;
struct am_ctx;
struct am_index;

/* AM_END: there is no index at all (read only). */
AM_MUST_USE int am_index_open(struct am_index **out, const char *path,
                              bool writable, struct am_error *err);
void am_index_close(struct am_index **index);

struct am_index_stats {
	uint64_t documents, seq, bytes, shards;
};
AM_MUST_USE int am_index_stats(struct am_index *index,
                               struct am_index_stats *out,
                               struct am_error *err);

/* No later message is in it. */
int64_t am_index_last(const struct am_index *index);

/* Messages of the archive that came after the index was last brought up to
 * date: no search finds them.  What else may have changed since (folders,
 * flags, what is gone) every search knows. */
AM_MUST_USE int am_index_missing(struct am_index *index,
                                 struct am_archive *archive, uint64_t *out,
                                 struct am_error *err);

/*
 * Follow the archive's change sequence up to now.  Published in steps: a reader
 * sees a step whole or not at all, and an update that is broken off goes on at
 * the last published step.  workers 0: as many as there are processors.
 */
AM_MUST_USE int am_index_update(struct am_index *index, const char *archive,
                                unsigned workers, struct am_ctx *ctx,
                                struct am_error *err);

/*
 * The text of attached files is indexed from now on, read by this program
 * (mailark-extract), each file once in its life: it is remembered in
 * "PATH-attachments.sqlite" beside the index.
 */
void am_index_extract(struct am_index *index, const char *program);
/* How many files were read so far, by what became of them: a number for each
 * enum am_extract_status (extract/status.h). */
void am_index_files(struct am_index *index, uint64_t *counts);

enum am_sort {
	AM_SORT_RELEVANCE,
	AM_SORT_DATE,
	AM_SORT_DATE_ASC,
	AM_SORT_SIZE
};

/*
 * A parsed query (query.c has the grammar, fields.c the fields).  AM_FAILED
 * with AM_E_ARGUMENT names the offending word and its column.
 */
struct am_query;
AM_MUST_USE int am_query_parse(struct am_query **out, const char *text,
                               int64_t now, struct am_error *err);
void am_query_free(struct am_query **query);

/*
 * The same for a query that is still being typed: what is open is closed, what
 * is not finished ("from:", "date:20", "NOT") is left out, and the last word is
 * the beginning of one.  Fails on nothing but lack of sense in what stands
 * before.
 */
AM_MUST_USE int am_query_parse_typing(struct am_query **out, const char *text,
                                      int64_t now, struct am_error *err);
/* How a query is understood, for people: its text, its tree and, where there is
 * an index (else NULL), how it is answered, with numbers.  g_free(*out). */
AM_MUST_USE int am_query_explain(char **out, const struct am_query *query,
                                 const char *text, struct am_index *index,
                                 struct am_archive *archive,
                                 struct am_error *err);

struct am_hit {
	int64_t id;
	double score;
};
/* Hits in order; *total exact when it can be had cheaply, else an estimate. */
AM_MUST_USE int am_index_search(struct am_index *index,
                                struct am_archive *archive,
                                const struct am_query *query, enum am_sort sort,
                                size_t skip, size_t room, struct am_hit *hits,
                                size_t *got, uint64_t *total,
                                struct am_error *err);
/* Was the total of the last search exact? */
bool am_index_total_exact(const struct am_index *index);
/* How many messages match, exactly. */
AM_MUST_USE int am_index_count(struct am_index *index,
                               struct am_archive *archive,
                               const struct am_query *query, uint64_t *out,
                               struct am_error *err);
/* A line of the message around what matched, matches between `on` and `off`.
 * g_free(*out). */
AM_MUST_USE int am_index_snippet(struct am_index *index,
                                 struct am_archive *archive,
                                 const struct am_query *query, int64_t id,
                                 const char *on, const char *off, char **out,
                                 struct am_error *err);
/*
 * Messages whose own text (am_text_read()) may hold this folded piece of text
 * (base/fold.h), also within words ("uick" is in "quick").  All that hold it
 * are among them, but where some of it is no word (unkept.h); `sure` says of
 * each whether it does without doubt.  Messages with ids above `last` are not
 * known.  AM_END: the text holds no word.
 */
struct am_index_pieces {
	size_t n;
	int64_t *ids; /* ascending */
	bool *sure;
	int64_t last;
};
AM_MUST_USE int am_index_pieces(struct am_index *index, const char *text,
                                struct am_index_pieces *out,
                                struct am_error *err);
void am_index_pieces_clear(struct am_index_pieces *pieces);
/* Does one message, indexed or not, match?  For `copy --query` from mailboxes
 * that are no archive: scans its decoded text. */
struct am_message;
struct am_extractor;
/* What attached files say is looked at, too, where the query may mean it.
 * Lives longer than the query. */
void am_query_read_files(struct am_query *query,
                         struct am_extractor *extractor);
AM_MUST_USE int am_query_matches(const struct am_query *query,
                                 const struct am_message *msg, bool *out,
                                 struct am_error *err);

/* The fields a query may name: for `mailark help search` and the man page. */
struct am_query_field {
	const char *name;    /* "from" */
	const char *example; /* "from:alice@example.org" */
	const char *help;
};
extern const struct am_query_field am_query_fields[]; /* ends with NULL name */

#endif
