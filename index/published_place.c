/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/published_impl.h"

#include "index/document.h"
#include "index/query_tree.h"
#include "model/folder.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* Folders, flags, keywords and labels, as they were when it was published. */

struct am_xquery *am_published_fact(const char *prefix, const char *value)
{
	char term[AM_TERM_MAX];

	return am_xquery_term(term, am_document_fact_term(term, prefix, value),
	                      true);
}

/* The terms of a prefix that fit what is asked for. */
struct fitting {
	const char *wanted;
	GPtrArray *terms; /* struct am_xquery */
};

static int on_folder(void *user, const char *term, size_t len,
                     uint64_t documents, struct am_error *err)
{
	struct fitting *f = user;
	size_t skip = strlen(AM_PUBLISHED_FOLDER);
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	GString *part = g_string_new(NULL);
	struct am_folder *folder = NULL;

	(void)documents;
	for (size_t i = skip; i <= len; i++) {
		if (i == len || term[i] == '/') {
			g_ptr_array_add(parts, g_strdup(part->str));
			g_string_truncate(part, 0);
			continue;
		}
		if (term[i] == '\\' && i + 1 < len)
			i++;
		g_string_append_c(part, term[i]);
	}
	int r = am_folder_new(&folder, (const char *const *)parts->pdata,
	                      parts->len, AM_ROLE_NONE, err);
	const struct am_folder *made = folder;
	if (!r && am_folder_matches(folder, f->wanted))
		g_ptr_array_add(f->terms, am_xquery_term(term, len, true));
	am_folder_unref(&made);
	g_string_free(part, TRUE);
	g_ptr_array_unref(parts);
	return r;
}

static int on_label(void *user, const char *term, size_t len,
                    uint64_t documents, struct am_error *err)
{
	struct fitting *f = user;
	size_t skip = strlen(AM_PUBLISHED_KEYWORD);
	char *label = g_strndup(term + skip, len - skip);

	(void)documents;
	(void)err;
	if (am_label_is(label, f->wanted))
		g_ptr_array_add(f->terms, am_xquery_term(term, len, true));
	g_free(label);
	return AM_OK;
}

static int one_of(struct am_xreader *reader, const char *prefix,
                  const char *wanted, am_xapian_term_fn *fn,
                  struct am_xquery **out, struct am_error *err)
{
	struct fitting f = {wanted, g_ptr_array_new()};
	int r = am_xreader_terms(reader, prefix, strlen(prefix), fn, &f, err);

	/* What was made is joined, and freed with it, in any case. */
	*out = f.terms->len
	               ? am_xquery_join(
				 AM_XJOIN_OR,
				 (struct am_xquery **)(void *)f.terms->pdata,
				 f.terms->len)
	               : am_xquery_none();
	g_ptr_array_unref(f.terms);
	if (r)
		am_xquery_free(out);
	return r;
}

/* A hyphen asks for several: they are looked up. */
static int keyword(struct am_xreader *reader, const char *asked,
                   struct am_xquery **out, struct am_error *err)
{
	char *wanted = am_label_fold(asked);
	int r = AM_OK;

	if (strchr(wanted, '-'))
		r = one_of(reader, AM_PUBLISHED_KEYWORD, wanted, on_label, out,
		           err);
	else
		*out = am_published_fact(AM_PUBLISHED_KEYWORD, wanted);
	g_free(wanted);
	return r;
}

struct am_xquery *am_published_without(struct am_xquery *query)
{
	struct am_xquery *pair[2] = {am_xquery_all(), query};

	return am_xquery_join(AM_XJOIN_NOT, pair, 2);
}

/* In no folder with the flag, or in one without it. */
static struct am_xquery *unset(const char *flag)
{
	struct am_xquery *pair[2] = {
		am_published_without(
			am_published_fact(AM_PUBLISHED_FLAG, flag)),
		am_published_fact(AM_PUBLISHED_UNSET, flag)};

	return am_xquery_join(AM_XJOIN_OR, pair, 2);
}

int am_published_filed(struct am_xreader *reader, const struct am_node *node,
                       struct am_xquery **out, struct am_error *err)
{
	struct am_xquery *parts[2 * AM_FLAG_COUNT + 2];
	size_t n = 0;
	int r = AM_OK;

	*out = NULL;
	if (node->folder)
		r = one_of(reader, AM_PUBLISHED_FOLDER, node->folder, on_folder,
		           &parts[n++], err);
	if (r)
		return r;
	if (node->keyword)
		r = keyword(reader, node->keyword, &parts[n++], err);
	if (r) {
		if (n > 1)
			am_xquery_free(&parts[0]);
		return r;
	}
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++) {
		const char *name = am_flag_name((enum am_flag)(1u << i));
		if (node->flags_set & (1u << i))
			parts[n++] = am_published_fact(AM_PUBLISHED_FLAG, name);
		if (node->flags_unset & (1u << i))
			parts[n++] = unset(name);
	}
	*out = n ? am_xquery_join(AM_XJOIN_AND, parts, n) : am_xquery_all();
	return AM_OK;
}
