/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_POP3_SERVER_H
#define AM_TESTS_POP3_SERVER_H

#include "base/compiler.h"

/*
 * A POP3 server on the loopback with one mailbox, on a thread of its own, that
 * can be made to misbehave.  User "me", password "secret", token "tok".  Set
 * the fields before pop3_server_start(); read the counts after _stop().
 */
struct pop3_mail {
	const char *uidl; /* NULL: UIDL leaves it out */
	const char *text; /* with CRLF, dots as they are */
	bool deleted;
	/* How often RETR of it ends so before it goes well. */
	unsigned refuse, empty, cut, garbage;
};
struct pop3_server {
	struct pop3_mail *mails;
	size_t n;
	const char *greeting; /* NULL: "+OK hello" */
	const char *capa;     /* lines with \n; NULL: -ERR */
	bool no_uidl, no_top, apop, apop_in_vain, apop_hangs_up;
	const char *stls;          /* the answer, "" none: the end */
	const char *const *logins; /* -ERRs before a login goes well */
	unsigned list_cut;         /* connections lost in LIST */
	unsigned hidden;           /* of STAT's count LIST shows fewer */
	/* The counts. */
	unsigned connections, retrs, tops, deles, quits, most_ahead;
	const char *mechanism; /* by which somebody got in */
	/* The server's own. */
	int fd;
	uint16_t port;
	void *thread;
};

void pop3_server_start(struct pop3_server *server);
void pop3_server_stop(struct pop3_server *server);
/* "pop3://me@127.0.0.1:43210"; g_free() it. */
char *pop3_server_url(const struct pop3_server *server);

#endif
