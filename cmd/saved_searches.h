/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SAVED_SEARCHES_H
#define MAILARK_SAVED_SEARCHES_H

struct session;

/* Searches that the user keeps by name: search_saved.c. */

/* The file they are in; g_free(). */
char *saved_searches_path(void);
/* Their names; g_strfreev(). */
char **saved_searches_names(struct session *s);
/* A query with every saved:NAME put in, g_free(); NULL: told why not. */
char *saved_searches_expand(struct session *s, const char *text);

#endif
