/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_MIME_MAIL_H
#define TESTS_MIME_MAIL_H

#include "mime/scan.h"

/* Messages of these tests: text to a blob, in memory or in a file. */
struct am_blob *mail_blob(const char *text, size_t len);
struct am_blob *mail_filed(const char *text, size_t len);

/* A blob, its scan and the arena they live in. */
struct mail {
	struct am_arena *arena;
	struct am_blob *blob;
	struct am_scan scan;
};
void mail_open(struct mail *m, const char *text);
void mail_close(struct mail *m);

#endif
