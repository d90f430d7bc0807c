/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_XAPIAN_DOOR_H
#define AM_INDEX_XAPIAN_DOOR_H

#include "index/xapian_published.h"
#include "index/xapian_shim.h"

/*
 * The C++ files are no part of the program but a library of its own,
 * mailark-xapian.so, which is opened when an index is.  libxapian and libstdc++
 * come along, and to load and bind these at every start was a quarter of what
 * starting takes, whatever the command.
 *
 * Its functions are called by their own names all the same: to C files that
 * include this, each is a macro.  Loaded once, for all threads, and never
 * unloaded.
 */
#define AM_XAPIAN_DOOR(X)            \
	X(am_stem_form)              \
	X(am_stem_free)              \
	X(am_stem_language)          \
	X(am_stem_new)               \
	X(am_xapian_check)           \
	X(am_xapian_close)           \
	X(am_xapian_count)           \
	X(am_xapian_documents)       \
	X(am_xapian_each)            \
	X(am_xapian_first)           \
	X(am_xapian_frequency)       \
	X(am_xapian_open)            \
	X(am_xapian_rank)            \
	X(am_xapian_shard_documents) \
	X(am_xapian_terms)           \
	X(am_xquery_all)             \
	X(am_xquery_beginning)       \
	X(am_xquery_free)            \
	X(am_xquery_join)            \
	X(am_xquery_near)            \
	X(am_xquery_none)            \
	X(am_xquery_phrase)          \
	X(am_xquery_range)           \
	X(am_xquery_source)          \
	X(am_xquery_term)            \
	X(am_xreader_close)          \
	X(am_xreader_metadata)       \
	X(am_xreader_open)           \
	X(am_xreader_search)         \
	X(am_xreader_terms)          \
	X(am_xwriter_add)            \
	X(am_xwriter_close)          \
	X(am_xwriter_commit)         \
	X(am_xwriter_metadata)       \
	X(am_xwriter_open)           \
	X(am_xwriter_pack)           \
	X(am_xwriter_term)           \
	X(am_xwriter_value)          \
	X(am_xwriter_word)

struct am_xapian_door {
	const char *version; /* of the program that it belongs to */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared */
#define AM_XAPIAN_MEMBER(name) __typeof__(name) *name##_;
	AM_XAPIAN_DOOR(AM_XAPIAN_MEMBER)
#undef AM_XAPIAN_MEMBER
};

#ifndef __cplusplus
/* AM_FATAL: it is not there.  Whoever opens an index asks first; without it
 * the functions end the program. */
AM_MUST_USE int am_xapian_load(struct am_error *err);
const struct am_xapian_door *am_xapian(void);

/* clang-format off */
#define am_stem_form(...) am_xapian()->am_stem_form_(__VA_ARGS__)
#define am_stem_free(...) am_xapian()->am_stem_free_(__VA_ARGS__)
#define am_stem_language(...) am_xapian()->am_stem_language_(__VA_ARGS__)
#define am_stem_new(...) am_xapian()->am_stem_new_(__VA_ARGS__)
#define am_xapian_check(...) am_xapian()->am_xapian_check_(__VA_ARGS__)
#define am_xapian_close(...) am_xapian()->am_xapian_close_(__VA_ARGS__)
#define am_xapian_count(...) am_xapian()->am_xapian_count_(__VA_ARGS__)
#define am_xapian_documents(...) am_xapian()->am_xapian_documents_(__VA_ARGS__)
#define am_xapian_each(...) am_xapian()->am_xapian_each_(__VA_ARGS__)
#define am_xapian_first(...) am_xapian()->am_xapian_first_(__VA_ARGS__)
#define am_xapian_frequency(...) am_xapian()->am_xapian_frequency_(__VA_ARGS__)
#define am_xapian_open(...) am_xapian()->am_xapian_open_(__VA_ARGS__)
#define am_xapian_rank(...) am_xapian()->am_xapian_rank_(__VA_ARGS__)
#define am_xapian_shard_documents(...) am_xapian()->am_xapian_shard_documents_(__VA_ARGS__)
#define am_xapian_terms(...) am_xapian()->am_xapian_terms_(__VA_ARGS__)
#define am_xquery_all(...) am_xapian()->am_xquery_all_(__VA_ARGS__)
#define am_xquery_beginning(...) am_xapian()->am_xquery_beginning_(__VA_ARGS__)
#define am_xquery_free(...) am_xapian()->am_xquery_free_(__VA_ARGS__)
#define am_xquery_join(...) am_xapian()->am_xquery_join_(__VA_ARGS__)
#define am_xquery_near(...) am_xapian()->am_xquery_near_(__VA_ARGS__)
#define am_xquery_none(...) am_xapian()->am_xquery_none_(__VA_ARGS__)
#define am_xquery_phrase(...) am_xapian()->am_xquery_phrase_(__VA_ARGS__)
#define am_xquery_range(...) am_xapian()->am_xquery_range_(__VA_ARGS__)
#define am_xquery_source(...) am_xapian()->am_xquery_source_(__VA_ARGS__)
#define am_xquery_term(...) am_xapian()->am_xquery_term_(__VA_ARGS__)
#define am_xreader_close(...) am_xapian()->am_xreader_close_(__VA_ARGS__)
#define am_xreader_metadata(...) am_xapian()->am_xreader_metadata_(__VA_ARGS__)
#define am_xreader_open(...) am_xapian()->am_xreader_open_(__VA_ARGS__)
#define am_xreader_search(...) am_xapian()->am_xreader_search_(__VA_ARGS__)
#define am_xreader_terms(...) am_xapian()->am_xreader_terms_(__VA_ARGS__)
#define am_xwriter_add(...) am_xapian()->am_xwriter_add_(__VA_ARGS__)
#define am_xwriter_close(...) am_xapian()->am_xwriter_close_(__VA_ARGS__)
#define am_xwriter_commit(...) am_xapian()->am_xwriter_commit_(__VA_ARGS__)
#define am_xwriter_metadata(...) am_xapian()->am_xwriter_metadata_(__VA_ARGS__)
#define am_xwriter_open(...) am_xapian()->am_xwriter_open_(__VA_ARGS__)
#define am_xwriter_pack(...) am_xapian()->am_xwriter_pack_(__VA_ARGS__)
#define am_xwriter_term(...) am_xapian()->am_xwriter_term_(__VA_ARGS__)
#define am_xwriter_value(...) am_xapian()->am_xwriter_value_(__VA_ARGS__)
#define am_xwriter_word(...) am_xapian()->am_xwriter_word_(__VA_ARGS__)
/* clang-format on */
#endif

#endif
