/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_LISTING_H
#define AM_TESTS_LISTING_H

#include "model/format.h"

/*
 * All that a source gives, one line an item, in order, for comparing:
 *
 *   folder INBOX/Work inbox subscribed
 *   INBOX/Work: "the bytes" seen,flagged [keyword] 2020-02-03T04:05:06+00:00
 *           maildir.name uid=3 maildir.flags=X
 *   failed INBOX/Work origin
 *
 * what: which columns are wanted.
 */
enum am_listing {
	AM_LIST_FOLDERS = 1 << 0,
	AM_LIST_FLAGS = 1 << 1, /* and keywords */
	AM_LIST_RECEIVED = 1 << 2,
	AM_LIST_RECEIVED_FROM = 1 << 3,
	AM_LIST_MORE = 1 << 4, /* uid, props */
	AM_LIST_ORIGIN = 1 << 5
};

/* options: "key=value" words, NULL-terminated, or NULL.  path relative to the
 * test's directory.  Lines sorted when `sorted`.  g_free() it. */
char *am_test_list(const struct am_format *format, const char *path,
                   const char *const *options, uint32_t what, bool sorted);
/* It is this. */
void am_test_expect_list(const struct am_format *format, const char *path,
                         const char *const *options, uint32_t what, bool sorted,
                         const char *want);

/* How many notes of this code there were since the test began. */
unsigned am_test_notes(const char *code);
struct am_ctx *am_test_ctx(void);

/* A message for a sink. */
struct am_test_message {
	const char *folder[6];
	const char *bytes;
	uint32_t flags;
	const char *keywords[32];
	const char *labels[4];
	int64_t received; /* 0: not known */
	int16_t zone;
	const char *props[2]; /* name and value */
	bool folder_only, subscribed;
};
/* Put them into a sink of this format and commit. */
void am_test_fill(const struct am_format *format, const char *path,
                  const char *const *options,
                  const struct am_test_message *messages, size_t n);
struct am_sink *am_test_sink(const struct am_format *format, const char *path,
                             const char *const *options);
int am_test_put(struct am_sink *sink, const struct am_test_message *message,
                struct am_error *err);

#endif
