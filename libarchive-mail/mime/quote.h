/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_QUOTE_H
#define AM_MIME_QUOTE_H

#include "base/compiler.h"

/*
 * Plain text in pieces -> runs of own and of quoted lines.  Lines that begin
 * with '>' or '|' are quoted; OpenPGP armour is left out (the text between
 * "BEGIN PGP SIGNED MESSAGE" and its signature is not armour).
 *
 * Embedded by its user; zero it and set out and user.
 */
typedef void am_quote_fn(void *user, bool quoted, const char *s, size_t len);

struct am_quote {
	am_quote_fn *out;
	void *user;
	char head[40]; /* of a line whose kind cannot be told yet */
	size_t n_head;
	bool in_line, quoted, armour, skipped;
};

void am_quote_feed(struct am_quote *q, const char *s, size_t len);
void am_quote_finish(struct am_quote *q);

#endif
