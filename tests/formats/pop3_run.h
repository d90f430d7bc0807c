/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FORMATS_POP3_RUN_H
#define TESTS_FORMATS_POP3_RUN_H

#include "model/source.h"
#include "support/pop3_server.h"

#include <glib.h>

/* Reading all of a POP3 server, for tests. */

#define MAIL(n, body)                                                  \
	"Message-ID: <" #n "@x>\r\nReceived: from a by b; Mon, 6 Jan " \
	"2020 10:00:0" #n " +0100\r\nSubject: " #n "\r\n\r\n" body "\r\n"
#define CAPA "USER\nUIDL\nTOP\nPIPELINING\nSASL PLAIN\n"

/* Five messages as they are, and a server of copies of them. */
extern struct pop3_mail five[5];
extern const struct pop3_mail five_whole[5];
struct pop3_server server_of_five(void);

/* A run: everything that can be had, in order. */
struct run {
	GPtrArray *texts; /* of messages, or "! WHY" */
	GArray *keys;
	uint64_t already, lacking;
	GString *notes;
	struct am_error err; /* of open() */
};

/* A memory of the messages with these keys, of MAIL(n)'s Message-ID. */
struct memory {
	struct am_memory base;
	const uint64_t *keys;
	const char *const *ids;
	size_t n;
};
extern const struct am_memory_ops memory_ops;

struct run go(struct pop3_server *server, const char *const *options,
              struct memory *memory);
void end_run(struct run *run);
/* All bytes; g_free(). */
char *text_of(const struct am_message *msg);
/* The i-th message, or "! WHY" in its place. */
const char *text(const struct run *run, size_t i);
/* In the clear, with the password. */
extern const char *const plain[];
void expect_five(const struct run *run);

#endif
