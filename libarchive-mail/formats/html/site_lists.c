/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders, their messages and conversations, a page each hundred. */
#include "base/file.h"
#include "formats/html/site.h"
#include "formats/html/site_parts.h"
#include "formats/mail_html.h"
#include "mime/html_safe.h"
#include "model/ctx.h"

#include <string.h>

#define PAGE 100
#define UP   "../../"

struct folder {
	int64_t id, n, first, last; /* dates, INT64_MIN: none */
	char *path;
};

static void folder_clear(void *user)
{
	g_free(((struct folder *)user)->path);
}

static int64_t date_at(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL
	               ? INT64_MIN
	               : sqlite3_column_int64(s, column);
}

/* ---- one list, page by page ---- */

struct list {
	const struct am_site *site;
	const struct folder *folder;
	const char *prefix; /* of the pages: "" or "c" */
	const char *unit;
	int64_t n, page, pages;
	GArray *years; /* of each page's first row */
	GString *out;
};

static int year_of(int64_t date)
{
	int y = 0, m, d, h, min, s;

	if (date != INT64_MIN)
		am_time_civil(date, &y, &m, &d, &h, &min, &s);
	return y;
}

static void write_pager(const struct list *l)
{
	GString *out = l->out;
	int last = 0;

	if (l->pages < 2)
		return;
	g_string_append(out, "<nav class=\"pager\" aria-label=\"Pages\">");
	if (l->page > 1)
		g_string_append_printf(out,
		                       "<a rel=\"prev\" href=\"%s%" PRId64
		                       ".html\">Newer</a> ",
		                       l->prefix, l->page - 1);
	g_string_append_printf(out,
	                       "<span>Page %" PRId64 " of %" PRId64 "</span> ",
	                       l->page, l->pages);
	if (l->page < l->pages)
		g_string_append_printf(out,
		                       "<a rel=\"next\" href=\"%s%" PRId64
		                       ".html\">Older</a> ",
		                       l->prefix, l->page + 1);
	g_string_append(out, "<details><summary>Years</summary>");
	for (guint i = 0; i < l->years->len; i++) {
		int year = g_array_index(l->years, int, i);
		if (year && year != last)
			g_string_append_printf(out,
			                       "<a href=\"%s%u.html\">%d</a> ",
			                       l->prefix, i + 1, year);
		last = year;
	}
	g_string_append(out, "</details></nav>\n");
}

static void begin_page(struct list *l)
{
	const char *path = *l->folder->path ? l->folder->path : "Mail";
	bool messages = !*l->prefix;

	g_string_truncate(l->out, 0);
	am_site_head(l->out, l->site, AM_SITE_LIST, path, UP);
	g_string_append(l->out, "<h1 dir=\"auto\">");
	am_html_escape(l->out, path, strlen(path));
	g_string_append_printf(
		l->out,
		"</h1>\n<nav class=\"tabs\"><a href=\"1.html\"%s>Messages</a>"
		"<a href=\"c1.html\"%s>Conversations</a></nav>\n",
		messages ? " aria-current=\"page\"" : "",
		messages ? "" : " aria-current=\"page\"");
	g_string_append_printf(l->out,
	                       "<p class=\"sum\">%" PRId64 " %s%s</p>\n", l->n,
	                       l->unit, l->n == 1 ? "" : "s");
	write_pager(l);
	g_string_append(l->out, "<ol class=\"list\">\n");
}

static int end_page(struct list *l, struct am_error *err)
{
	char *path = g_strdup_printf("f/%" PRId64 "/%s%" PRId64 ".html",
	                             l->folder->id, l->prefix, l->page);

	g_string_append(l->out, "</ol>\n");
	write_pager(l);
	am_site_foot(l->out);
	int r = am_site_write(l->site, path, l->out->str, l->out->len, err);
	g_free(path);
	return r;
}

/* The years on top of the pages, before the rows: `sql` gives their dates. */
static int read_years(struct list *l, const char *sql, struct am_error *err)
{
	sqlite3_stmt *s = NULL;
	int r = am_site_db_ask(l->site->db, &s, sql, err);

	sqlite3_bind_int64(s, 1, l->folder->id);
	l->n = 0;
	while (!r && !(r = am_site_db_step(l->site->db, s, err))) {
		int year = year_of(date_at(s, 0));
		if (l->n++ % PAGE == 0)
			g_array_append_val(l->years, year);
	}
	sqlite3_finalize(s);
	l->pages = l->n ? (l->n + PAGE - 1) / PAGE : 1;
	return r == AM_END ? AM_OK : r;
}

/* All rows of `sql` for the folder, as `write` writes them. */
static int write_list(struct list *l, const char *sql, const char *years,
                      int (*write)(struct list *l, sqlite3_stmt *s, void *user,
                                   struct am_error *err),
                      void *user, struct am_error *err)
{
	sqlite3_stmt *s = NULL;
	int64_t n = 0;
	int r;

	l->years = g_array_new(FALSE, FALSE, sizeof(int));
	l->out = g_string_new(NULL);
	l->page = 1;
	r = read_years(l, years, err);
	if (!r)
		r = am_site_db_ask(l->site->db, &s, sql, err);
	if (!r)
		begin_page(l);
	sqlite3_bind_int64(s, 1, l->folder->id);
	while (!r && !(r = am_site_db_step(l->site->db, s, err))) {
		if (am_ctx_cancelled(l->site->ctx))
			r = am_ctx_fail_cancelled(err);
		if (!r && n && n % PAGE == 0) {
			r = end_page(l, err);
			l->page++;
			begin_page(l);
		}
		if (!r)
			r = write(l, s, user, err);
		n++;
	}
	if (r == AM_END)
		r = end_page(l, err);
	sqlite3_finalize(s);
	g_array_free(l->years, TRUE);
	g_string_free(l->out, TRUE);
	return r;
}

/* ---- messages ---- */

/* What the one before is told of when the next is known. */
struct neighbours {
	struct am_site_nav before;
	bool any;
};

static int write_message(struct list *l, sqlite3_stmt *s, void *user,
                         struct am_error *err)
{
	struct neighbours *n = user;
	struct am_site_row row;
	struct am_site_nav nav = {.folder = l->folder->id, .page = l->page};
	int r = AM_OK;

	am_site_db_row(s, &row);
	nav.thread = row.thread;
	nav.n_thread = sqlite3_column_int64(s, 13);
	nav.at = row.nav_at;
	g_strlcpy(nav.self, row.page, sizeof(nav.self));
	if (n->any) {
		g_strlcpy(n->before.older, row.page, sizeof(nav.older));
		g_strlcpy(nav.newer, n->before.self, sizeof(nav.newer));
		r = am_site_nav_write(l->site, &n->before, err);
	}
	n->before = nav;
	n->any = true;
	am_site_row_write(l->out, &row, UP, 0);
	return r;
}

/* ---- conversations ---- */

/* thread, how many, newest date, subject, who, a page, how many in all */
static int write_thread(struct list *l, sqlite3_stmt *s, void *user,
                        struct am_error *err)
{
	const char *subject = (const char *)sqlite3_column_text(s, 3);
	const char *who = (const char *)sqlite3_column_text(s, 4);
	const char *page = (const char *)sqlite3_column_text(s, 5);
	int64_t all = sqlite3_column_int64(s, 6);
	char *path = all > 1 ? am_site_thread_path(sqlite3_column_int64(s, 0))
	                     : am_site_page_path(page);

	(void)user;
	(void)err;
	g_string_append_printf(l->out,
	                       "<li><a href=\"" UP "%s\">"
	                       "<span class=\"who\">",
	                       path);
	who = who ? who : "";
	size_t len = strlen(who);
	const char *cut =
		g_utf8_offset_to_pointer(who, MIN(60, g_utf8_strlen(who, -1)));
	am_html_escape(l->out, who, (size_t)(cut - who));
	if ((size_t)(cut - who) < len)
		g_string_append(l->out, "…");
	g_string_append(l->out, "</span><span class=\"what\" dir=\"auto\">");
	am_html_escape(l->out, subject ? subject : "",
	               subject ? strlen(subject) : 0);
	g_string_append(l->out, "</span></a>");
	if (all > 1)
		g_string_append_printf(
			l->out, "<span class=\"mark\">%" PRId64 "</span>", all);
	am_site_date_write(l->out, date_at(s, 2));
	g_string_append(l->out, "</li>\n");
	g_free(path);
	return AM_OK;
}

static int write_folder(const struct am_site *site, const struct folder *folder,
                        struct am_error *err)
{
	static const char dates[] = "SELECT date FROM msg WHERE folder=?1 "
				    "ORDER BY date DESC, id";
	static const char messages[] =
		"SELECT " AM_SITE_COLUMNS ", (SELECT " AM_SITE_THREAD_SIZE
		" FROM msg AS o WHERE o.thread=msg.thread) FROM msg "
		"WHERE folder=?1 ORDER BY date DESC, id";
	static const char thread_dates[] =
		"SELECT max(date) AS newest FROM msg WHERE folder=?1 "
		"GROUP BY thread ORDER BY newest DESC, thread";
	static const char threads[] =
		"SELECT thread, count(*), max(date) AS newest,"
		" (SELECT subject FROM msg AS o WHERE o.thread=msg.thread"
		"  ORDER BY date, id LIMIT 1),"
		" group_concat(DISTINCT sender), page,"
		" (SELECT " AM_SITE_THREAD_SIZE
		"  FROM msg AS o WHERE o.thread=msg.thread)"
		" FROM msg WHERE folder=?1 GROUP BY thread"
		" ORDER BY newest DESC, thread";
	struct neighbours neighbours = {0};
	struct list l = {.site = site,
	                 .folder = folder,
	                 .prefix = "",
	                 .unit = "message"};
	int r = write_list(&l, messages, dates, write_message, &neighbours,
	                   err);

	if (!r && neighbours.any)
		r = am_site_nav_write(site, &neighbours.before, err);
	l = (struct list){.site = site,
	                  .folder = folder,
	                  .prefix = "c",
	                  .unit = "conversation"};
	if (!r)
		r = write_list(&l, threads, thread_dates, write_thread, NULL,
		               err);
	return r;
}

/* ---- the first page ---- */

static int read_folders(const struct am_site *site, GArray *out,
                        struct am_error *err)
{
	sqlite3_stmt *s = NULL;
	int r = am_site_db_ask(
		site->db, &s,
		"SELECT folder.id, path, count(msg.id), "
		"min(CASE WHEN date > 0 THEN date END), max(date) "
		"FROM folder LEFT JOIN msg ON msg.folder=folder.id "
		"GROUP BY folder.id ORDER BY path",
		err);

	while (!r && !(r = am_site_db_step(site->db, s, err))) {
		struct folder f = {
			.id = sqlite3_column_int64(s, 0),
			.path = g_strdup(
				(const char *)sqlite3_column_text(s, 1)),
			.n = sqlite3_column_int64(s, 2),
			.first = date_at(s, 3),
			.last = date_at(s, 4),
		};
		g_array_append_val(out, f);
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

/* From when to when; no mail is older than 1970, whatever its header says. */
static void write_span(GString *out, const struct folder *f)
{
	int first = year_of(f->first), last = year_of(f->last);

	if (first && first != last)
		g_string_append_printf(out, "<span class=\"mark\">%d–%d</span>",
		                       first, last);
	else if (first)
		g_string_append_printf(out, "<span class=\"mark\">%d</span>",
		                       first);
}

static int write_index(const struct am_site *site, const GArray *folders,
                       struct am_error *err)
{
	GString *out = g_string_new(NULL);
	int64_t n = 0;

	for (guint i = 0; i < folders->len; i++)
		n += g_array_index(folders, struct folder, i).n;
	am_site_head(out, site, AM_SITE_LIST, site->title, "");
	g_string_append(out, "<h1 dir=\"auto\">");
	am_html_escape(out, site->title, strlen(site->title));
	g_string_append_printf(
		out,
		"</h1>\n<p class=\"sum\">%" PRId64 " message%s in %u "
		"folder%s</p>\n"
		"<form class=\"search\" action=\"search.html\" method=\"get\" "
		"role=\"search\"><label for=\"q\">Search</label> "
		"<input id=\"q\" name=\"q\" type=\"search\"> "
		"<button>Search</button></form>\n"
		"<ol class=\"list folders\">\n",
		n, n == 1 ? "" : "s", folders->len,
		folders->len == 1 ? "" : "s");
	for (guint i = 0; i < folders->len; i++) {
		const struct folder *f =
			&g_array_index(folders, struct folder, i);
		const char *path = *f->path ? f->path : "(no folder)";
		g_string_append_printf(out,
		                       "<li><a href=\"f/%" PRId64
		                       "/1.html\"><span class=\"what\" "
		                       "dir=\"auto\">",
		                       f->id);
		am_html_escape(out, path, strlen(path));
		g_string_append(out, "</span></a>");
		write_span(out, f);
		g_string_append_printf(
			out, "<span class=\"count\">%" PRId64 "</span></li>\n",
			f->n);
	}
	g_string_append(out, "</ol>\n");
	am_site_foot(out);
	int r = am_site_write(site, "index.html", out->str, out->len, err);
	g_string_free(out, TRUE);
	return r;
}

int am_site_write_lists(const struct am_site *site, struct am_error *err)
{
	GArray *folders = g_array_new(FALSE, FALSE, sizeof(struct folder));
	char *old = g_build_filename(site->root, "f", NULL);
	int r;

	g_array_set_clear_func(folders, folder_clear);
	/* Pages of an earlier run may be more. */
	r = am_remove_tree(old, err) ? AM_FATAL : AM_OK;
	if (!r)
		r = read_folders(site, folders, err);
	for (guint i = 0; !r && i < folders->len; i++)
		r = write_folder(
			site, &g_array_index(folders, struct folder, i), err);
	if (!r)
		r = write_index(site, folders, err);
	g_array_free(folders, TRUE);
	g_free(old);
	return r;
}
