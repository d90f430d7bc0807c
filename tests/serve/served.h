/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_SERVE_SERVED_H
#define AM_TESTS_SERVE_SERVED_H

#include "serve/server.h"
#include "support/box.h"

/*
 * An archive with a server on it, in this process, at a port of the loopback;
 * and clients that write what they are told and read until the tagged answer.
 * Whatever goes wrong on the way fails the test.
 */
struct served {
	char *dir, *path;
	struct am_ctx ctx;
	struct am_house house;
	struct am_server_limits limits;
	bool read_only, tls, user_read_only, pop3, virtual;
	const struct am_virtual_source *searches;
	size_t file_from, traits_most;
	char *cert;
	struct am_server *server;
	GThread *thread;
	uint16_t port;
};

/* n messages of the made-up box (0: an archive without any), not yet served.
 * The one user is "me" with the password "secret". */
struct served *served_new(unsigned n);
void served_start(struct served *s);
/* Ends the server; it may be started again. */
void served_stop(struct served *s);
void served_free(struct served **s);
/* A message into a folder ("INBOX"), while nothing serves. */
void served_add(struct served *s, const char *folder, const char *text,
                size_t len);

struct talk;
struct talk *talk_open(struct served *s);
struct talk *talk_login(struct served *s);
void talk_close(struct talk **t);
/* A command, with its CRLF put behind it: all untagged lines, then the tagged
 * one without its tag ("OK done\r\n").  Until the next call. */
const char *talk(struct talk *t, const char *fmt, ...) AM_PRINTF(2, 3);
/* As it is; then what one line of an answer holds, literals and all. */
void talk_send(struct talk *t, const void *data, size_t len);
const char *talk_line(struct talk *t);
/* A byte as it comes; false: the end. */
bool talk_byte(struct talk *t, uint8_t *out);
/* Lines up to the answer to this tag, as talk() gives them. */
const char *talk_until(struct talk *t, const char *tag);
/* The end of the connection comes, and nothing before it but these. */
bool talk_ended(struct talk *t);

/* Does the answer hold this? */
#define expect_in(answer, text)                                           \
	do {                                                              \
		const char *answer_ = (answer);                           \
		cr_expect(strstr(answer_, (text)), "no \"%s\" in \"%s\"", \
		          (text), answer_);                               \
	} while (0)
#define expect_not_in(answer, text)                                     \
	do {                                                            \
		const char *answer_ = (answer);                         \
		cr_expect(!strstr(answer_, (text)), "\"%s\" in \"%s\"", \
		          (text), answer_);                             \
	} while (0)
/* … and end with this word? */
#define expect_end(answer, word)                                       \
	do {                                                           \
		const char *end_ = (answer);                           \
		cr_expect(talk_ends_with(end_, (word)),                \
		          "no %s at the end of \"%s\"", (word), end_); \
	} while (0)
bool talk_ends_with(const char *answer, const char *word);

#endif
