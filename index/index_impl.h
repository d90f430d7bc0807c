/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_INDEX_IMPL_H
#define AM_INDEX_INDEX_IMPL_H

#include "index/index.h"
#include "index/state.h"

struct am_bits;
struct am_columns;
struct am_filed;
struct am_lock;
struct am_places;
struct am_postings;
struct am_texts;
struct am_vocabulary;
struct am_xapian;

/* Memory for the next list of words (index/word_list.h). */
struct am_word_room {
	struct _GByteArray *text;
	struct _GArray *words;
};

/* The inside of an index, for the files of this folder. */
struct am_index {
	char *path;
	bool writable;
	char *extract; /* the program that reads attached files; or NULL */
	struct am_extractor *extracts; /* what it read before */
	struct am_lock *lock;
	bool present; /* there is a state, and it is to be trusted */
	struct am_state state;

	/* Opened when first asked; closed when the state changes. */
	struct am_xapian *xapian;
	struct am_places **places;     /* one a shard */
	struct am_texts **texts;       /* likewise; NULL where none was asked */
	struct am_columns **columns;   /* likewise */
	struct am_postings **postings; /* likewise */
	struct am_vocabulary **vocabularies; /* likewise */

	struct am_word_room word_room;
	struct am_filed *filed; /* NULL: not opened, or not there */
	bool total_exact;       /* that of the last search */

	/* What the archive hides, beyond state.gone: known up to hidden_seq. */
	struct am_id_set hidden;
	uint64_t hidden_seq;
	bool hidden_known;
	struct am_bits *hidden_bits; /* the same by documents; NULL: not made */
};

/* Opens shards and places where they are not. */
AM_MUST_USE int am_index_load(struct am_index *index, struct am_error *err);
void am_index_unload(struct am_index *index);
/* A file of it that is in memory was cut while it was read, or its disk fails:
 * what came of it is worth nothing. */
bool am_index_torn(const struct am_index *index);
/* The columns of a shard, opened when they are not. */
AM_MUST_USE int am_index_columns(struct am_index *index, size_t shard,
                                 struct am_columns **out, struct am_error *err);
AM_MUST_USE int am_index_postings(struct am_index *index, size_t shard,
                                  struct am_postings **out,
                                  struct am_error *err);
AM_MUST_USE int am_index_texts(struct am_index *index, size_t shard,
                               struct am_texts **out, struct am_error *err);
AM_MUST_USE int am_index_vocabulary(struct am_index *index, size_t shard,
                                    struct am_vocabulary **out,
                                    struct am_error *err);
/* Brings index->hidden up to date with the archive; refuses a foreign one. */
AM_MUST_USE int am_index_hide(struct am_index *index,
                              struct am_archive *archive, struct am_error *err);

/* What is known of attached files; nothing is read anew.  The index's. */
struct am_extractor *am_index_extracts(struct am_index *index);

#endif
