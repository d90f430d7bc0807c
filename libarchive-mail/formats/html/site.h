/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_HTML_SITE_H
#define AM_FORMATS_HTML_SITE_H

#include "formats/batch.h"
#include "formats/html/site_db.h"
#include "formats/mail_facts.h"

#include <glib.h>

struct am_ctx;
struct am_message;

/*
 * The site, all links relative, nothing fetched from elsewhere:
 *
 *   index.html  search.html  style.css  search.js
 *   f/FOLDER/1.html …        messages, newest first, a page each hundred
 *   f/FOLDER/c1.html …       conversations
 *   t/XX/THREAD.html         one conversation
 *   m/XX/PAGE.html           a message; PAGE is of its bytes and its folder
 *   a/XX/MESSAGE/1-name.pdf  files that came with it
 *   s/…  d/…                 the search: words, and what is shown of hits
 *   .mailark-site.db         what the lists are made of (site_db.h)
 *
 * Messages are written as they come; lists, conversations and search are made
 * when all is there, from the database, so memory does not grow with the
 * archive.
 */
struct am_site {
	const char *root;
	const char *title;
	struct am_ctx *ctx;
	struct am_site_db *db;
};

#define AM_SITE_ID_LEN 16 /* of PAGE and MESSAGE, hexadecimal */

/* ---- pages ---- */

/* up: "" or "../../", from the page to the root. */
enum am_site_kind { AM_SITE_LIST, AM_SITE_MESSAGE, AM_SITE_SEARCH };
void am_site_head(GString *out, const struct am_site *site,
                  enum am_site_kind kind, const char *title, const char *up);
void am_site_foot(GString *out);
/* A file of the site, over what is there. */
AM_MUST_USE int am_site_write(const struct am_site *site, const char *path,
                              const void *data, size_t len,
                              struct am_error *err);

/* ---- a message ---- */

/* Room in each message's page for links that are known only when all messages
 * are: am_site_nav() fills exactly so many bytes. */
#define AM_SITE_NAV 640

struct am_site_file {
	char *path; /* in the site */
	struct am_batch_file file;
};
struct am_site_page {
	bool known; /* an earlier run made it: nothing else is set */
	struct am_site_row row; /* but for id, folder, thread */
	GString *html;
	GString *words;             /* for the search */
	GPtrArray *files;           /* struct am_site_file */
	struct am_mail_facts facts; /* row's strings live there */
};
/* All that can be said of one message; heavy, on any thread.  Its files are
 * written to the batch, under temporary names. */
AM_MUST_USE int am_site_page_make(struct am_site_page *out,
                                  const struct am_site *site,
                                  const struct am_message *msg,
                                  const struct am_batch *batch, bool originals,
                                  bool search, struct am_error *err);
void am_site_page_clear(struct am_site_page *page,
                        const struct am_batch *batch);
char *am_site_page_path(const char *page); /* "m/01/0123….html" */

/* ---- when all is there ---- */

AM_MUST_USE int am_site_write_lists(const struct am_site *site,
                                    struct am_error *err);
AM_MUST_USE int am_site_write_threads(const struct am_site *site,
                                      struct am_error *err);
AM_MUST_USE int am_site_write_search(const struct am_site *site,
                                     struct am_error *err);
char *am_site_thread_path(int64_t thread); /* "t/01/257.html" */

#endif
