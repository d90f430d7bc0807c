/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_IMAP_TALK_H
#define AM_TESTS_IMAP_TALK_H

#include "base/compiler.h"

#include <glib.h>

/*
 * A plain IMAP client for tests, which shares no line with the one under test:
 * one command at a time, in the clear.  Whatever goes wrong aborts.
 */
struct imap_talk;

struct imap_talk *imap_talk_open(uint16_t port, const char *user,
                                 const char *password);
void imap_talk_close(struct imap_talk *t);
/* Everything up to the tagged answer and with it; lasts until the next call.
 * The answer must be OK; imap_talk_try() takes any. */
const GString *imap_talk(struct imap_talk *t, const char *command, ...)
	G_GNUC_PRINTF(2, 3);
bool imap_talk_try(struct imap_talk *t, const char *command, ...)
	G_GNUC_PRINTF(2, 3);
/* flags "(\\Seen $x)", date as IMAP wants it or NULL, text with CRLF. */
void imap_talk_append(struct imap_talk *t, const char *folder,
                      const char *flags, const char *date, const char *text,
                      size_t len);

/*
 * A whole account, a line for each message and folder, in an order of their
 * own: "FOLDER", "FOLDER|INTERNALDATE|flags in order|sha256 of the bytes".
 * g_free() it.
 */
char *imap_talk_account(uint16_t port, const char *user);
/* The lines that are only in the one, with "-", and only in the other, with
 * "+"; "" where they are the same.  g_free() it. */
char *lines_differ(const char *a, const char *b);

#endif
