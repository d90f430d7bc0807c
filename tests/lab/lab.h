/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_LAB_H
#define AM_TESTS_LAB_H

#include "tests/support/account.h"
#include "tests/support/dovecot.h"
#include "tests/support/imap_talk.h"
#include "tests/support/relay.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>

/* The program, a real server, and a line between them that a test can make
 * long or cut. */
struct lab {
	struct dovecot d;
	struct cli c;
	struct relay r; /* to IMAP; lab_copy() goes through it */
	const char *to; /* a format lab_copy() writes to paths, or NULL */
};

void lab_start(struct lab *l, const char *more);
void lab_stop(struct lab *l);

/*
 * "mailark copy FROM TO": a user's name is that account ("user1",
 * "user1/Sent"), over a clear line with the right password; all else is a path
 * in the test's folder.  Returns the exit status.
 */
int lab_copy(struct lab *l, const char *from, const char *to);
pid_t lab_copy_start(struct lab *l, const char *from, const char *to);
/* Any command; "@user1" is replaced by its URL, "%P" by "password-file=…". */
int lab_line(struct lab *l, const char *line);
/* "found 3 = stored 2 + duplicates 1 + filtered 0 + failed 0" of the last copy;
 * "" when there is none. */
const char *lab_ledger(struct lab *l);

/* Fails the test unless it ended well with these counts. */
#define lab_expect(l, found, stored, duplicates)                               \
	do {                                                                   \
		char *want_ = g_strdup_printf(                                 \
			"found %u = stored %u + duplicates %u + filtered 0 + " \
			"failed 0",                                            \
			(unsigned)(found), (unsigned)(stored),                 \
			(unsigned)(duplicates));                               \
		cr_assert(!(l)->c.status && !strcmp(lab_ledger(l), want_),     \
		          "want %s, have %d: %s%s", want_, (l)->c.status,      \
		          (l)->c.out, (l)->c.err);                             \
		g_free(want_);                                                 \
	} while (0)

/* Fails the test unless the two accounts hold the same. */
#define lab_same(l, a, b)                                                  \
	do {                                                               \
		char *diff_ = lab_differ(l, a, b);                         \
		cr_assert(!*diff_, "- only %s, + only %s:\n%.4000s", a, b, \
		          diff_);                                          \
		g_free(diff_);                                             \
	} while (0)
char *lab_differ(struct lab *l, const char *a, const char *b);

/* "FOLDER sha256 keywords flags" of every message of a place, sorted; g_free().
 */
char *lab_list(struct lab *l, const char *place);
/* The same of messages that are there twice; "" is good. */
char *lab_twice(struct lab *l, const char *place);

/* Three folders of small mail and some that is odd. */
unsigned lab_fill(struct lab *l, const char *user);

#endif
