/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_KEYWORDS_H
#define AM_FORMATS_MAILDIR_KEYWORDS_H

#include "base/compiler.h"

/*
 * dovecot-keywords: which keyword a small letter in a file name stands for.
 *
 * Such files beside the messages look like caches and are not: what they hold
 * is nowhere else.  Missing or damaged ones are as good as empty; a line that
 * makes no sense is passed over.
 */

/* Dovecot: lines "0 $Forwarded"; 'a' in a file name is number 0. */
#define AM_MAILDIR_KEYWORDS 26
struct am_maildir_keywords {
	char *names[AM_MAILDIR_KEYWORDS]; /* NULL: not in use */
	bool more; /* there are some without a letter: in dovecot.index */
};
/*
 * Add those of dir/dovecot-keywords whose number is still free.
 *
 * An IMAP server hands these out as atoms, so a keyword with spaces or letters
 * beyond ASCII is spelled with '_' there, and as it is in mailark-keywords:
 * "0 gr_n", a tab, "grün".  That counts while the first half agrees.
 */
void am_maildir_keywords_read(struct am_maildir_keywords *out, int root_fd,
                              const char *dir);
/* The same of texts that were read already; either may be NULL. */
void am_maildir_keywords_parse(struct am_maildir_keywords *out,
                               const char *atoms, const char *spelled);
void am_maildir_keywords_clear(struct am_maildir_keywords *keywords);
/* The texts of dovecot-keywords and of mailark-keywords; the second is NULL
 * when nothing needs it.  g_free() them. */
void am_maildir_keywords_text(const struct am_maildir_keywords *keywords,
                              char **atoms, char **spelled);
/* The number of a keyword, given one if need be; -1 when all are taken. */
int am_maildir_keywords_number(struct am_maildir_keywords *keywords,
                               const char *name, bool *added);

#endif
