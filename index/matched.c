/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/matched.h"

#include "index/attached.h"
#include "index/index_impl.h"
#include "index/query_words.h"
#include "index/snippet.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/*
 * Header fields are in the catalog, what the snippet shows is known already;
 * only for what stands in attachments is the message itself read.
 */

const char *am_region_name(enum am_region region)
{
	static const char *const names[AM_REGION_COUNT] = {
		[AM_REGION_SUBJECT] = "subject",
		[AM_REGION_FROM] = "from",
		[AM_REGION_TO] = "to",
		[AM_REGION_CC] = "cc",
		[AM_REGION_BCC] = "bcc",
		[AM_REGION_FILENAME] = "filename",
		[AM_REGION_LIST] = "list",
		[AM_REGION_BODY] = "body",
		[AM_REGION_ATTACHED] = "attachment",
		[AM_REGION_QUOTED] = "quoted",
		[AM_REGION_SIGNATURE] = "signature",
	};

	return (unsigned)region < AM_REGION_COUNT ? names[region] : NULL;
}

struct looking {
	struct am_matched *out;
	struct am_query_words words;
	GPtrArray *files;
	char *source; /* the attached file whose text comes; NULL: none */
};

static void look_at(struct looking *l, enum am_region region, const char *text)
{
	if (text && *text &&
	    am_query_words_in(&l->words, AM_REGION_BIT(region), text,
	                      strlen(text)))
		l->out->regions |= AM_REGION_BIT(region);
}

static int look_at_row(struct looking *l, struct am_archive *archive,
                       int64_t id, uint32_t *attachments, struct am_error *err)
{
	struct am_archive_message m;
	int r = am_archive_message(archive, id, &m, err);

	if (r)
		return r;
	look_at(l, AM_REGION_SUBJECT, m.subject);
	look_at(l, AM_REGION_FROM, m.from);
	look_at(l, AM_REGION_TO, m.to);
	look_at(l, AM_REGION_CC, m.cc);
	*attachments = m.n_attachments;
	return AM_OK;
}

/* ---- in the message --------------------------------------------------------
 */

static void add_file(struct looking *l, const char *name)
{
	for (guint i = 0; i < l->files->len; i++)
		if (!strcmp(l->files->pdata[i], name))
			return;
	g_ptr_array_add(l->files, g_strdup(name));
}

static int on_piece(void *user, enum am_region region, const char *text,
                    size_t len, struct am_error *err)
{
	struct looking *l = user;

	(void)err;
	if (region == AM_REGION_SOURCE) {
		g_free(l->source);
		l->source = len ? g_strndup(text, len) : NULL;
		return AM_OK;
	}
	if (!am_query_words_in(&l->words, AM_REGION_BIT(region), text, len))
		return AM_OK;
	l->out->regions |= AM_REGION_BIT(region);
	if (region == AM_REGION_ATTACHED && l->source)
		add_file(l, l->source);
	if (region == AM_REGION_FILENAME) {
		char *name = g_strndup(text, len);
		add_file(l, name);
		g_free(name);
	}
	return AM_OK;
}

static int look_at_message(struct looking *l, struct am_index *index,
                           struct am_archive *archive, int64_t id,
                           struct am_error *err)
{
	bool has_files = false;
	int r = am_attached_message(archive, id, am_index_extracts(index),
	                            on_piece, l, &has_files, err);

	/* In what was taken out of a file, and is remembered no more. */
	if (!r && !l->out->regions && has_files)
		l->out->regions |= AM_REGION_BIT(AM_REGION_ATTACHED);
	g_clear_pointer(&l->source, g_free);
	return r;
}

int am_index_matched(struct am_matched *out, struct am_index *index,
                     struct am_archive *archive, const struct am_query *query,
                     int64_t id, const char *on, const char *off,
                     struct am_error *err)
{
	struct looking l = {.out = out, .files = g_ptr_array_new()};
	enum am_region region;
	uint32_t attachments = 0;
	char *file = NULL;

	*out = (struct am_matched){0};
	am_query_words_collect(&l.words, query);
	int r = am_snippet_read(&out->snippet, &region, &file, index, archive,
	                        query, id, on, off, err);

	if (file)
		add_file(&l, file);
	g_free(file);
	if (!r && l.words.n && region != AM_REGION_SUBJECT)
		out->regions |= AM_REGION_BIT(region);
	if (!r && l.words.n)
		r = look_at_row(&l, archive, id, &attachments, err);
	if (!r && l.words.n && (attachments || !out->regions))
		r = look_at_message(&l, index, archive, id, err);
	am_query_words_clear(&l.words);
	g_ptr_array_add(l.files, NULL);
	out->files = (char **)g_ptr_array_free(l.files, FALSE);
	if (r)
		am_matched_clear(out);
	return r;
}

void am_matched_clear(struct am_matched *m)
{
	g_free(m->snippet);
	g_strfreev(m->files);
	*m = (struct am_matched){0};
}
