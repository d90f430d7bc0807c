/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search of the site, in pieces that a page loads as scripts (a file on a
 * disk can be had in no other way):
 *
 *   s/index.js   I({first word of each s/N.js, folders, how many messages …})
 *   s/N.js       P(N, ["word", "postings", "word", "postings" …]), sorted
 *   d/N.js       D(N, [[page, date, sender, subject, folder] …])
 *
 * Messages are numbered from the newest on, so the first numbers found are the
 * newest; postings are the differences of numbers in base 36, a blank between
 * them, or "*" for a word that nearly all mail has.
 */
#include "base/file.h"
#include "base/json.h"
#include "formats/html/site.h"
#include "mime/html_safe.h"
#include "model/ctx.h"

#include <stdlib.h>
#include <string.h>

#define PIECE      (64 * 1024)
#define PER_PIECE  500
#define MAX_TERM   40
#define MAX_DIGITS 12
#define COMMON     30000 /* messages with a word that is looked for no more */

/* ---- the messages ---- */

/* *ranks: by id, which one it is from the newest on. */
static int write_documents(const struct am_site *site, uint32_t **ranks,
                           int64_t *n, struct am_error *err)
{
	struct am_json *json = am_json_new();
	sqlite3_stmt *s = NULL;
	struct am_site_row row;
	int64_t max = 0, piece = 0;
	size_t len;
	int r = am_site_db_number(site->db, "SELECT max(id) FROM msg", &max,
	                          err);

	*ranks = g_new0(uint32_t, (gsize)max + 1);
	*n = 0;
	if (!r)
		r = am_site_db_ask(site->db, &s,
		                   "SELECT " AM_SITE_COLUMNS " FROM msg "
		                   "ORDER BY date DESC, id",
		                   err);
	while (!r) {
		r = am_site_db_step(site->db, s, err);
		bool end = r != AM_OK;
		if (*n && (*n % PER_PIECE == 0 || end) && r >= 0 &&
		    piece * PER_PIECE < *n) {
			am_json_close(json, ']');
			const char *list = am_json_text(json, &len);
			char *text = g_strdup_printf("D(%" PRId64 ",%s);\n",
			                             piece, list);
			char *path =
				g_strdup_printf("d/%" PRId64 ".js", piece++);
			int w = am_site_write(site, path, text, strlen(text),
			                      err);
			g_free(path);
			g_free(text);
			am_json_reset(json);
			r = w ? w : r;
		}
		if (r)
			break;
		if (am_ctx_cancelled(site->ctx))
			r = am_ctx_fail_cancelled(err);
		am_site_db_row(s, &row);
		if (*n % PER_PIECE == 0)
			am_json_open(json, '[');
		(*ranks)[row.id] = (uint32_t)(*n)++;
		am_json_open(json, '[');
		am_json_string(json, row.page);
		if (row.date == INT64_MIN)
			am_json_null(json);
		else
			am_json_int(json, row.date);
		am_json_string(json, row.sender);
		am_json_string(json, row.subject);
		am_json_int(json, row.folder);
		am_json_close(json, ']');
	}
	sqlite3_finalize(s);
	am_json_free(&json);
	return r == AM_END ? AM_OK : r;
}

/* ---- the words ---- */

struct words {
	const struct am_site *site;
	const uint32_t *ranks;
	struct am_json *piece; /* of s/N.js */
	GPtrArray *firsts;
	GArray *hits; /* uint32_t, of the word at hand */
	char *term;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void append_base36(GString *out, uint32_t n)
{
	char digits[8];
	int at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
		n /= 36;
	} while (n);
	g_string_append_len(out, digits + at, (gssize)sizeof(digits) - at);
}

static int end_piece(struct words *w, struct am_error *err)
{
	size_t len;

	am_json_close(w->piece, ']');
	char *text = g_strdup_printf("P(%u,%s);\n", w->firsts->len - 1,
	                             am_json_text(w->piece, &len));
	char *path = g_strdup_printf("s/%u.js", w->firsts->len - 1);
	int r = am_site_write(w->site, path, text, strlen(text), err);
	g_free(path);
	g_free(text);
	am_json_reset(w->piece);
	return r;
}

static int end_word(struct words *w, struct am_error *err)
{
	GString *postings;
	uint32_t last = 0;
	size_t len = 0;
	int r = AM_OK;

	if (!w->term || !w->hits->len)
		return AM_OK;
	am_json_text(w->piece, &len);
	if (len > PIECE)
		r = end_piece(w, err);
	if (r)
		return r;
	if (!len || len > PIECE) {
		g_ptr_array_add(w->firsts, g_strdup(w->term));
		am_json_open(w->piece, '[');
	}
	postings = g_string_new(NULL);
	if (w->hits->len > COMMON) {
		g_string_append_c(postings, '*');
	} else {
		qsort(w->hits->data, w->hits->len, sizeof(uint32_t), by_number);
		for (guint i = 0; i < w->hits->len; i++) {
			uint32_t hit = g_array_index(w->hits, uint32_t, i);
			if (i)
				g_string_append_c(postings, ' ');
			append_base36(postings, hit - last);
			last = hit;
		}
	}
	am_json_string(w->piece, w->term);
	am_json_string(w->piece, postings->str);
	g_string_free(postings, TRUE);
	g_array_set_size(w->hits, 0);
	return AM_OK;
}

/* Neither encoded files nor numbers that nobody types. */
static bool is_word(const char *term)
{
	size_t len = strlen(term);

	return len && g_utf8_strlen(term, -1) <= MAX_TERM &&
	       (strspn(term, "0123456789") < len || len <= MAX_DIGITS);
}

static int write_words(struct words *w, struct am_error *err)
{
	struct am_site_db *db = w->site->db;
	sqlite3_stmt *s = NULL;
	size_t len = 0;
	int r = am_site_db_ask(db, &s, "SELECT term, doc FROM vocabulary", err);

	while (!r && !(r = am_site_db_step(db, s, err))) {
		const char *term = (const char *)sqlite3_column_text(s, 0);
		if (!w->term || strcmp(w->term, term) != 0) {
			r = end_word(w, err);
			g_free(w->term);
			w->term = g_strdup(term);
			if (am_ctx_cancelled(w->site->ctx))
				r = am_ctx_fail_cancelled(err);
		}
		if (!is_word(term))
			continue;
		/* One more than COMMON says enough. */
		if (w->hits->len <= COMMON)
			g_array_append_val(
				w->hits, w->ranks[sqlite3_column_int64(s, 1)]);
	}
	if (r == AM_END)
		r = end_word(w, err);
	am_json_text(w->piece, &len);
	if (!r && len)
		r = end_piece(w, err);
	sqlite3_finalize(s);
	return r;
}

/* ---- and what leads to them ---- */

static int write_manifest(const struct words *w, int64_t n,
                          struct am_error *err)
{
	struct am_json *json = am_json_new();
	sqlite3_stmt *s = NULL;
	size_t len;
	int r = am_site_db_ask(w->site->db, &s, "SELECT id, path FROM folder",
	                       err);

	am_json_open(json, '{');
	am_json_key(json, "messages");
	am_json_int(json, n);
	am_json_key(json, "each");
	am_json_int(json, PER_PIECE);
	am_json_key(json, "folders");
	am_json_open(json, '{');
	while (!r && !(r = am_site_db_step(w->site->db, s, err))) {
		am_json_key(json, (const char *)sqlite3_column_text(s, 0));
		am_json_string(json, (const char *)sqlite3_column_text(s, 1));
	}
	am_json_close(json, '}');
	am_json_key(json, "firsts");
	am_json_open(json, '[');
	for (guint i = 0; i < w->firsts->len; i++)
		am_json_string(json, w->firsts->pdata[i]);
	am_json_close(json, ']');
	am_json_close(json, '}');
	char *text = g_strdup_printf("I(%s);\n", am_json_text(json, &len));
	if (r == AM_END)
		r = am_site_write(w->site, "s/index.js", text, strlen(text),
		                  err);
	g_free(text);
	sqlite3_finalize(s);
	am_json_free(&json);
	return r;
}

static int write_page(const struct am_site *site, struct am_error *err)
{
	GString *out = g_string_new(NULL);

	am_site_head(out, site, AM_SITE_SEARCH, "Search", "");
	g_string_append(
		out,
		"<h1>Search</h1>\n"
		"<form class=\"search\" role=\"search\">"
		"<label for=\"q\">Words that all have to be there; the last "
		"may be unfinished, <code>-word</code> must not be</label> "
		"<input id=\"q\" name=\"q\" type=\"search\" autofocus> "
		"<button>Search</button></form>\n"
		"<p id=\"sum\" class=\"sum\" role=\"status\" "
		"aria-live=\"polite\"></p>\n"
		"<ol id=\"hits\" class=\"list\"></ol>\n"
		"<p><button id=\"more\" type=\"button\" hidden>More</button>"
		"</p>\n"
		"<noscript><p class=\"note\">The search runs in the page and "
		"needs JavaScript; all else here does without."
		"</p></noscript>\n"
		"<script src=\"search.js\"></script>\n");
	am_site_foot(out);
	int r = am_site_write(site, "search.html", out->str, out->len, err);
	g_string_free(out, TRUE);
	return r;
}

int am_site_write_search(const struct am_site *site, struct am_error *err)
{
	static const char *const dirs[] = {"s", "d"};
	struct words w = {.site = site,
	                  .piece = am_json_new(),
	                  .firsts = g_ptr_array_new_with_free_func(g_free),
	                  .hits = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	uint32_t *ranks = NULL;
	int64_t n = 0;
	int r = AM_OK;

	for (size_t i = 0; !r && i < AM_COUNT(dirs); i++) {
		char *old = g_build_filename(site->root, dirs[i], NULL);
		r = am_remove_tree(old, err) ? AM_FATAL : AM_OK;
		g_free(old);
	}
	if (!r)
		r = write_documents(site, &ranks, &n, err);
	w.ranks = ranks;
	if (!r)
		r = write_words(&w, err);
	if (!r)
		r = write_manifest(&w, n, err);
	if (!r)
		r = write_page(site, err);
	am_json_free(&w.piece);
	g_ptr_array_free(w.firsts, TRUE);
	g_array_free(w.hits, TRUE);
	g_free(w.term);
	g_free(ranks);
	return r;
}
