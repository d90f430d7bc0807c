/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page for each conversation of two messages or more. */
#include "base/file.h"
#include "formats/html/site.h"
#include "formats/html/site_parts.h"
#include "mime/html_safe.h"
#include "model/ctx.h"

#include <string.h>

#define UP "../../"

struct thread {
	const struct am_site *site;
	int64_t id;
	GString *rows;
	char *subject;
	GHashTable *depths; /* Message-ID -> how deep + 1 */
	unsigned n;
};

static void forget(struct thread *t)
{
	g_string_truncate(t->rows, 0);
	g_clear_pointer(&t->subject, g_free);
	g_hash_table_remove_all(t->depths);
	t->n = 0;
}

static int end_thread(struct thread *t, struct am_error *err)
{
	GString *out;
	int r = AM_OK;

	if (t->n > 1) {
		char *path = am_site_thread_path(t->id);
		out = g_string_new(NULL);
		am_site_head(out, t->site, AM_SITE_LIST, t->subject, UP);
		g_string_append(out, "<h1 dir=\"auto\">");
		am_html_escape(out, t->subject, strlen(t->subject));
		g_string_append_printf(out,
		                       "</h1>\n<p class=\"sum\">A conversation "
		                       "of %u messages</p>\n"
		                       "<ol class=\"list thread\">\n",
		                       t->n);
		g_string_append_len(out, t->rows->str, (gssize)t->rows->len);
		g_string_append(out, "</ol>\n");
		am_site_foot(out);
		r = am_site_write(t->site, path, out->str, out->len, err);
		g_string_free(out, TRUE);
		g_free(path);
	}
	forget(t);
	return r;
}

/* In the order of dates; an answer stands as deep as what it answers, and one.
 */
static void add(struct thread *t, const struct am_site_row *row)
{
	unsigned depth = 0;

	/* The same mail in another folder. */
	if (row->mid && g_hash_table_contains(t->depths, row->mid))
		return;
	if (row->parent)
		depth = GPOINTER_TO_UINT(
			g_hash_table_lookup(t->depths, row->parent));
	if (row->mid)
		g_hash_table_insert(t->depths, g_strdup(row->mid),
		                    GUINT_TO_POINTER(depth + 1));
	if (!t->n++)
		t->subject = g_strdup(row->subject);
	am_site_row_write(t->rows, row, UP, depth);
}

int am_site_write_threads(const struct am_site *site, struct am_error *err)
{
	struct thread t = {.site = site,
	                   .rows = g_string_new(NULL),
	                   .depths = g_hash_table_new_full(
				   g_str_hash, g_str_equal, g_free, NULL)};
	char *old = g_build_filename(site->root, "t", NULL);
	sqlite3_stmt *s = NULL;
	struct am_site_row row;
	/* Conversations that were joined have other names now. */
	int r = am_remove_tree(old, err) ? AM_FATAL : AM_OK;

	if (!r)
		r = am_site_db_ask(site->db, &s,
		                   "SELECT " AM_SITE_COLUMNS " FROM msg "
		                   "ORDER BY thread, date, id",
		                   err);
	while (!r && !(r = am_site_db_step(site->db, s, err))) {
		if (am_ctx_cancelled(site->ctx))
			r = am_ctx_fail_cancelled(err);
		am_site_db_row(s, &row);
		if (!r && row.thread != t.id)
			r = end_thread(&t, err);
		t.id = row.thread;
		if (!r)
			add(&t, &row);
	}
	if (r == AM_END)
		r = end_thread(&t, err);
	sqlite3_finalize(s);
	forget(&t);
	g_string_free(t.rows, TRUE);
	g_hash_table_destroy(t.depths);
	g_free(old);
	return r;
}
