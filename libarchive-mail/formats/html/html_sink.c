/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "base/file.h"
#include "formats/html/assets.h"
#include "formats/html/html.h"
#include "formats/html/site.h"
#include "model/folder.h"

#include <string.h>
#include <sys/stat.h>

struct html_sink {
	struct am_sink base;
	struct am_site site;
	char *root, *title;
	struct am_batch *batch;
	bool originals, search;
	GHashTable *dirs; /* those that are there */
	char *folder;     /* the last one's name */
	int64_t folder_id;
};

struct prepared {
	struct am_site_page page;
	struct am_batch_file file; /* of its page */
	const struct am_batch *batch;
};

static struct html_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct html_sink, base);
}

static void discard(void *prepared)
{
	struct prepared *p = prepared;

	if (!p)
		return;
	am_batch_discard(p->batch, &p->file);
	am_site_page_clear(&p->page, p->batch);
	g_free(p);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct html_sink *s = AM_CONTAINER(sink, struct html_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	struct am_blob *blob = NULL;
	int r;

	p->batch = s->batch;
	r = am_site_page_make(&p->page, &s->site, msg, s->batch, s->originals,
	                      s->search, err);
	if (!r && p->page.known) {
		*prepared = p;
		return AM_OK;
	}
	if (!r) {
		GString *html = g_steal_pointer(&p->page.html);
		size_t len = html->len;
		r = am_blob_take(&blob, g_string_free(html, FALSE), len, err);
	}
	if (!r)
		r = am_batch_write(s->batch, &p->file, blob, NULL, err);
	am_blob_unref(&blob);
	if (r)
		discard(p);
	else
		*prepared = p;
	return r;
}

/* Its directory made, under that name with the next flush. */
static int place(struct html_sink *s, struct am_batch_file *file,
                 const char *path, struct am_error *err)
{
	char *dir = g_path_get_dirname(path);
	int r = AM_OK;

	if (!g_hash_table_contains(s->dirs, dir)) {
		char *full = g_build_filename(s->root, dir, NULL);
		r = am_make_dirs(full, err);
		g_free(full);
		/* Those of attachments are many and used once. */
		if (!r && *path == 'm')
			g_hash_table_add(s->dirs, g_strdup(dir));
	}
	g_free(dir);
	return r ? AM_FATAL : am_batch_put_over(s->batch, file, path, err);
}

static int find_folder(struct html_sink *s, const struct am_folder *folder,
                       struct am_error *err)
{
	char *path = am_folder_print(folder);
	int r = AM_OK;

	if (g_strcmp0(path, s->folder)) {
		g_free(s->folder);
		s->folder = g_strdup(path);
		r = am_site_db_folder(s->site.db, path, &s->folder_id, err);
	}
	g_free(path);
	return r;
}

static int put_page(struct html_sink *s, struct prepared *p,
                    struct am_error *err)
{
	struct am_site_page *page = &p->page;
	const struct am_overview *v = &page->facts.overview;
	char *path = am_site_page_path(page->row.page);
	int r = AM_OK;

	if (am_batch_full(s->batch))
		r = am_batch_flush(s->batch, err);
	for (guint i = 0; !r && i < page->files->len; i++) {
		struct am_site_file *file = page->files->pdata[i];
		r = place(s, &file->file, file->path, err);
	}
	if (!r)
		r = place(s, &p->file, path, err);
	page->row.folder = s->folder_id;
	if (!r)
		r = am_site_db_add(s->site.db, &page->row, v->references,
		                   v->n_references,
		                   page->words ? page->words->str : NULL, err);
	g_free(path);
	return r;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct html_sink *s = sink_of(sink);
	bool there = false;
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	struct prepared *p = prepared;
	if (p->page.known) {
		*outcome = AM_DUPLICATE;
		discard(p);
		return AM_OK;
	}
	r = find_folder(s, msg->folder, err);
	if (!r)
		r = am_site_db_has(s->site.db, p->page.row.page, &there, err);
	if (!r && there)
		*outcome = AM_DUPLICATE;
	else if (!r)
		r = put_page(s, p, err);
	discard(p);
	return r;
}

static int put_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	/* The root is only there when it has mail. */
	return folder->depth ? find_folder(sink_of(sink), folder, err) : AM_OK;
}

/* Lists, conversations, search: whenever messages came since, also in a run
 * that was broken off before it could. */
static int finish(struct am_sink *sink, const struct am_ledger *ledger,
                  bool complete, struct am_error *err)
{
	struct html_sink *s = sink_of(sink);
	bool dirty = false;
	int r = am_batch_flush(s->batch, err);

	(void)ledger;
	(void)complete;
	if (!r)
		r = am_site_db_dirty(s->site.db, &dirty, err);
	if (r || !dirty)
		return r;
	r = am_site_write(&s->site, "style.css", am_embedded_style_css,
	                  sizeof(am_embedded_style_css), err);
	if (!r)
		r = am_site_write(&s->site, "search.js", am_embedded_search_js,
		                  sizeof(am_embedded_search_js), err);
	if (!r)
		r = am_site_write_threads(&s->site, err);
	if (!r)
		r = am_site_write_lists(&s->site, err);
	if (!r && s->search)
		r = am_site_write_search(&s->site, err);
	if (!r)
		r = am_site_db_clean(s->site.db, err);
	return r;
}

/* Files first: a message that the database has is there. */
static int commit(struct am_sink *sink, struct am_error *err)
{
	struct html_sink *s = sink_of(sink);
	int r = am_batch_commit(s->batch, err);

	return r ? r : am_site_db_commit(s->site.db, err);
}

static void close_sink(struct am_sink *sink)
{
	struct html_sink *s = sink_of(sink);

	am_site_db_close(&s->site.db);
	am_batch_close(&s->batch);
	g_hash_table_destroy(s->dirs);
	g_free(s->folder);
	g_free(s->title);
	g_free(s->root);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.folder = put_folder,
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.finish = finish,
	.commit = commit,
	.close = close_sink,
};

static int open_site(struct html_sink *s, enum am_durability durability,
                     struct am_error *err)
{
	char *db = g_build_filename(s->root, AM_SITE_DB, NULL);
	char *index = g_build_filename(s->root, "index.html", NULL);
	struct stat st;
	int r = AM_OK;

	if (!stat(index, &st) && stat(db, &st))
		r = am_fail(err, AM_FATAL, AM_E_EXISTS,
		            "%s holds an index.html that was not written here: "
		            "name another directory",
		            s->root);
	if (!r)
		r = am_batch_open(&s->batch, s->root, AM_BATCH_TMP, durability,
		                  AM_EOL_KEEP, err);
	if (!r)
		r = am_site_db_open(&s->site.db, db, &s->search, err);
	g_free(index);
	g_free(db);
	return r;
}

int am_html_sink_open(struct am_sink **out, const struct am_location *where,
                      struct am_ctx *ctx, struct am_error *err)
{
	const struct am_option *t = am_html_options;
	struct html_sink *s = g_new0(struct html_sink, 1);
	enum am_durability durability = AM_DURABLE_BATCH;
	const char *word = am_location_option(where, t, "durable");
	const char *title = am_location_option(where, t, "title");
	bool wanted = false;
	int r = am_location_check(where, t, "html", err);

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.hashes = true;
	s->root = g_strdup(where->path);
	s->title = g_strdup(title ? title : "Mail");
	s->dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->site = (struct am_site){
		.root = s->root, .title = s->title, .ctx = ctx};
	if (!r && !am_batch_durability(word, &durability))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "durable=%s: yes, no or each is meant", word);
	if (!r)
		r = am_location_switch(where, t, "originals", &s->originals,
		                       err);
	if (!r)
		r = am_location_switch(where, t, "search", &wanted, err);
	s->search = wanted;
	if (!r)
		r = open_site(s, durability, err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	if (wanted && !s->search)
		am_ctx_note(
			ctx, AM_NOTE_WARN, "html.no-search", NULL, NULL,
			"SQLite here has no full text (FTS5): the site will "
			"have no search");
	am_batch_tell_cleared(s->batch, ctx, "html.leftovers");
	*out = &s->base;
	return AM_OK;
}
