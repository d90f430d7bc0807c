/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_INDEX_ENV_H
#define AM_TESTS_INDEX_ENV_H

#include "index/index.h"
#include "model/ctx.h"
#include "store/archive.h"
#include "support/listing.h"

#include <glib.h>

/*
 * An archive "a.mailark" in the test's directory and its index, opened for
 * reading.  Message ids are given in the order of storing, from 1.
 */
struct index_env {
	char *path, *dir; /* of the archive, of the index */
	char *extract;    /* the program that reads attached files; or NULL */
	struct am_ctx ctx;
	struct am_cancel cancel;
	uint64_t cancel_at; /* messages; 0: never */
	GHashTable *notes;  /* code */
	struct am_archive *archive;
	struct am_index *index;
};

struct index_env *index_env_new(void);
void index_env_free(struct index_env **env);
/* Generated mail [from, to): words of a small vocabulary, so that much is
 * found; among it quotations, HTML, attachments, CJK. */
void index_env_fill(struct index_env *env, unsigned from, unsigned to);
char *index_env_mail(unsigned i);
void index_env_put(struct index_env *env, const struct am_test_message *m,
                   size_t n);
int index_env_update(struct index_env *env, unsigned workers,
                     struct am_error *err);
/* The same where it must work. */
void index_env_follow(struct index_env *env, unsigned workers);
/* The query gives these ids, oldest first. */
void index_env_expect(struct index_env *env, const char *query,
                      const char *ids);
/* Close what is open; the next search opens anew. */
void index_env_close(struct index_env *env);
/* "3 1 2", "count != total" when those disagree, or "? " and the error. */
char *index_env_search(struct index_env *env, const char *query,
                       enum am_sort sort);

#endif
