/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every page of the site has, and how a file of it is written. */
#include "base/file.h"
#include "formats/html/site.h"
#include "mime/html_safe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Nothing is fetched from anywhere but the site, which may be a directory on a
 * disk: there "self" is not enough for some browsers. */
static const char *policy(enum am_site_kind kind)
{
	switch (kind) {
	case AM_SITE_MESSAGE:
		/* The styles of the mail itself, which cannot fetch. */
		return "default-src 'none'; style-src 'self' file: "
		       "'unsafe-inline'; img-src 'self' file: data:; "
		       "base-uri 'none'; form-action 'none'";
	case AM_SITE_SEARCH:
		return "default-src 'none'; style-src 'self' file:; "
		       "script-src 'self' file:; base-uri 'none'; "
		       "form-action 'self' file:";
	case AM_SITE_LIST:
	default:
		return "default-src 'none'; style-src 'self' file:; "
		       "base-uri 'none'; form-action 'self' file:";
	}
}

void am_site_head(GString *out, const struct am_site *site,
                  enum am_site_kind kind, const char *title, const char *up)
{
	g_string_append_printf(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n<title>",
		policy(kind));
	am_html_escape(out, title, strlen(title));
	g_string_append_printf(
		out,
		"</title>\n<link rel=\"stylesheet\" href=\"%sstyle.css\">\n"
		"</head>\n<body>\n"
		"<a class=\"skip\" href=\"#main\">To the content</a>\n"
		"<header class=\"top\"><a class=\"home\" "
		"href=\"%sindex.html\">",
		up, up);
	am_html_escape(out, site->title, strlen(site->title));
	g_string_append_printf(out,
	                       "</a><a class=\"find\" href=\"%ssearch.html\">"
	                       "Search</a></header>\n<main id=\"main\">\n",
	                       up);
}

void am_site_foot(GString *out)
{
	g_string_append(out, "</main>\n</body>\n</html>\n");
}

/* Not synced one by one: the commit does that for all. */
int am_site_write(const struct am_site *site, const char *path,
                  const void *data, size_t len, struct am_error *err)
{
	char *full = g_build_filename(site->root, path, NULL);
	char *temp = g_strconcat(full, ".new", NULL);
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int r = AM_OK;

	if (fd < 0 && errno == ENOENT) {
		char *dir = g_path_get_dirname(full);
		r = am_make_dirs(dir, err);
		g_free(dir);
		if (!r)
			fd = open(temp,
			          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			          0666);
	}
	if (!r && fd < 0)
		r = am_fail_sys(err, AM_FATAL, "%s", full);
	if (!r)
		r = am_write_all(fd, data, len, full, err);
	if (fd >= 0 && close(fd) && !r)
		r = am_fail_sys(err, AM_FATAL, "%s", full);
	if (!r && rename(temp, full))
		r = am_fail_sys(err, AM_FATAL, "%s", full);
	g_free(temp);
	g_free(full);
	return r ? AM_FATAL : AM_OK;
}

char *am_site_page_path(const char *page)
{
	return g_strdup_printf("m/%.2s/%s.html", page, page);
}

char *am_site_thread_path(int64_t thread)
{
	return g_strdup_printf("t/%02x/%" PRId64 ".html",
	                       (unsigned)(thread & 0xff), thread);
}
