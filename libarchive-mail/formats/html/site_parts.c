/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/html/site_parts.h"

#include "base/time.h"
#include "mime/html_safe.h"
#include "model/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_INDENT 8

void am_site_date_write(GString *out, int64_t date)
{
	int y, m, d, h, min, s;

	if (date == INT64_MIN)
		return;
	am_time_civil(date, &y, &m, &d, &h, &min, &s);
	g_string_append_printf(out,
	                       "<time datetime=\"%04d-%02d-%02dT%02d:%02dZ\">"
	                       "%04d-%02d-%02d</time>",
	                       y, m, d, h, min, y, m, d);
}

void am_site_row_write(GString *out, const struct am_site_row *row,
                       const char *up, unsigned depth)
{
	char *path = am_site_page_path(row->page);

	g_string_append_printf(
		out,
		"<li class=\"d%u%s\"><a href=\"%s%s\"><span class=\"who\">",
		depth < MAX_INDENT ? depth : MAX_INDENT,
		row->flags & AM_SEEN ? "" : " unseen", up, path);
	am_html_escape(out, row->sender, strlen(row->sender));
	g_string_append(out, "</span><span class=\"what\" dir=\"auto\">");
	am_html_escape(out, row->subject, strlen(row->subject));
	g_string_append(out, "</span></a>");
	if (row->flags & AM_FLAGGED)
		g_string_append(out, "<span class=\"mark\" role=\"img\" "
		                     "aria-label=\"flagged\">★</span>");
	if (row->n_files)
		g_string_append_printf(
			out,
			"<span class=\"mark\" role=\"img\" aria-label=\"%u "
			"attachment%s\">📎</span>",
			row->n_files, row->n_files == 1 ? "" : "s");
	am_site_date_write(out, row->date);
	g_string_append(out, "</li>\n");
	g_free(path);
}

static void write_link(GString *out, const char *rel, const char *page,
                       const char *text)
{
	if (!*page)
		return;
	char *path = am_site_page_path(page);
	g_string_append_printf(out, "<a rel=\"%s\" href=\"../../%s\">%s</a>",
	                       rel, path, text);
	g_free(path);
}

int am_site_nav_write(const struct am_site *site, const struct am_site_nav *nav,
                      struct am_error *err)
{
	GString *out = g_string_new("<nav class=\"tabs\">");
	char *page = am_site_page_path(nav->self);
	char *path = g_build_filename(site->root, page, NULL);
	int r = AM_OK;

	g_string_append_printf(out,
	                       "<a href=\"../../f/%" PRId64 "/%" PRId64
	                       ".html\">List</a>",
	                       nav->folder, nav->page);
	write_link(out, "prev", nav->newer, "Newer");
	write_link(out, "next", nav->older, "Older");
	if (nav->n_thread > 1) {
		char *thread = am_site_thread_path(nav->thread);
		g_string_append_printf(
			out,
			"<a href=\"../../%s\">Conversation (%" PRId64 ")</a>",
			thread, nav->n_thread);
		g_free(thread);
	}
	g_string_append(out, "</nav>");
	while (out->len < AM_SITE_NAV - 1)
		g_string_append_c(out, ' ');
	g_string_append_c(out, '\n');
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	/* A page that somebody took away needs none. */
	if (fd < 0 && errno != ENOENT)
		r = am_fail_sys(err, AM_FATAL, "%s", path);
	if (fd >= 0 && out->len == AM_SITE_NAV &&
	    pwrite(fd, out->str, out->len, (off_t)nav->at) != (ssize_t)out->len)
		r = am_fail_sys(err, AM_FATAL, "%s", path);
	if (fd >= 0)
		close(fd);
	g_free(path);
	g_free(page);
	g_string_free(out, TRUE);
	return r;
}
