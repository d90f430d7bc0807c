/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_DOVECOT_H
#define AM_TESTS_DOVECOT_H

#include "base/compiler.h"

#include <sys/types.h>

/*
 * A real Dovecot of a test's own, on free ports of the loopback, with all it
 * needs and writes in a temporary folder: packages dovecot-imapd and
 * dovecot-pop3d, and nothing of this machine's configuration.  IMAP with
 * STARTTLS, IMAPS, POP3 with STLS, POP3S; everything Dovecot 2.3 offers.  Users
 * "user1" to "user9" have the password "secret", and so has "full", whose
 * mailbox holds 200 kB.
 *
 * It works as root, when the mail belongs to "nobody", and as anybody else.
 * A keeper process ends it and removes the folder when the test is over, in
 * whichever way the test came to its end.
 */
struct dovecot {
	char *dir;
	char *cert; /* PEM; for "localhost" and 127.0.0.1, signed by itself */
	uint16_t imap, imaps, pop3, pop3s;
	/* Its own. */
	pid_t keeper;
	int leash;
};

/* `more` is configuration behind ours, or NULL.  Aborts with what is wrong;
 * also when Dovecot is not installed. */
void dovecot_start(struct dovecot *d, const char *more);
void dovecot_stop(struct dovecot *d);
/* Gone at once, as when the machine lost power; and back, with the same ports
 * and mail. */
void dovecot_kill(struct dovecot *d);
void dovecot_again(struct dovecot *d);

/* "imap://user1@127.0.0.1:4321/PATH"; g_free() it. */
char *dovecot_url(const struct dovecot *d, const char *user, const char *path);
/* Where a user's Maildir lies: folders "a/b" below it; g_free() it. */
char *dovecot_maildir(const struct dovecot *d, const char *user);
/* Give a file or folder that was made there to Dovecot. */
void dovecot_own(const char *path);
/* All that IMAP clients of this user have said after their login since the last
 * call, without the literals; g_free() it. */
char *dovecot_heard(const struct dovecot *d, const char *user);
/* What Dovecot logged; g_free() it. */
char *dovecot_log(const struct dovecot *d);

#endif
