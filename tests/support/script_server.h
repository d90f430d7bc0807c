/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_SCRIPT_SERVER_H
#define TESTS_SUPPORT_SCRIPT_SERVER_H

#include "base/compiler.h"

/*
 * A server on loopback that answers by rules, for IMAP or POP3 or anything in
 * lines; every connection has a thread, the rules are shared.
 *
 *   # comment
 *   > PATTERN        a rule for the next command that matches ('*' and '?');
 *                    used once; IMAP's tag is not part of it
 *   >> PATTERN       the same, as often as it matches; "(connect)" is matched
 *                    by a new connection
 *   ~ PATTERN        as ">>", for a line that ends with a literal to be let in:
 *                    answered at once, and the literal is not let in
 *   < TEXT           answers a line; '$' at its start is the command's tag,
 *                    \r \n \t \0 \\ and \xHH are bytes
 *   <- TEXT          the same without CRLF
 *   ! close          end the connection (reset: with a RST)
 *   ! wait MS        do nothing for so long
 *   ! line           take a line of the client's and go on; '%' at the start
 *                    of what is answered then is the tag of that line
 *   ! repeat N TEXT  N times that line
 *   ! fill N C       N bytes C
 *   ! metas          IMAP: the messages of the set the command names, with
 *   ! bodies         flags, date and size, or with their bytes, or only their
 *   ! uids           UIDs
 *   m UID (FLAGS) "DATE" BODY      a message there is
 *
 * The first rule of the text that matches and is not used up answers.  What
 * matches none is answered "$ BAD no rule" and noted.
 */
struct script_server;

/* `texts` in order, NULL-terminated; `tagged`: the first word of a command is
 * its tag. */
struct script_server *script_server_new(const char *const *texts, bool tagged);
unsigned script_server_port(const struct script_server *server);
/* All commands so far, a line each, without tags; g_free() it. */
char *script_server_log(struct script_server *server);
/* How many commands matched no rule. */
unsigned script_server_strays(struct script_server *server);
/* The lines of the text that begin with "= ", patterns each, against those of
 * what came out; name and log are for the words of a failure. */
void script_server_expect(const char *name, const char *text, const char *got,
                          const char *log);
void script_server_free(struct script_server *server);

#endif
