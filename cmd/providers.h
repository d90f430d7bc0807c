/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_PROVIDERS_H
#define MAILARK_PROVIDERS_H

#include "base/compiler.h"

/*
 * What is known of mail providers, so that an account needs but a name and a
 * password.  Options are those of the format; what an account says itself goes
 * before them.
 */
struct provider {
	const char *name;  /* "gmail": what the file says */
	const char *title; /* "Gmail" */
	const char *imap;  /* "imaps://imap.gmail.com", NULL: none */
	const char *pop3;
	/* Separated by blanks: "connections=4 budget=2500M/day". */
	const char *options;
	const char *first; /* what to do before the first login */
};

extern const struct provider providers[]; /* ends with name NULL */
/* Any case; NULL when there is none. */
const struct provider *provider_find(const char *name);

#endif
