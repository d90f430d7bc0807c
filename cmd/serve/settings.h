/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_SETTINGS_H
#define MAILARK_SERVE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* What a mail program has to be told so that it opens the archive. */
struct serve_settings {
	const char *host; /* the name this machine is reached by */
	bool local;       /* from this machine alone */
	uint16_t imap, imaps, pop3, pop3s; /* ports; 0: none of it */
	const char *user;                  /* NULL: several */
	bool by_address;                   /* their names are addresses */
};

/* What to type into the common ones, for people; g_free(). */
char *serve_settings_text(const struct serve_settings *s);
/* The port at the end of "127.0.0.1:1143"; 0 for NULL. */
uint16_t serve_port_of(const char *where);

#endif
