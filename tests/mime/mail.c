/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail.h"

#include "base/arena.h"
#include "base/blob.h"

#include <criterion/criterion.h>

#include <string.h>

struct am_blob *mail_blob(const char *text, size_t len)
{
	struct am_blob *blob = NULL;

	cr_assert_eq(am_blob_copy(&blob, text, len, NULL), 0);
	return blob;
}

struct am_blob *mail_filed(const char *text, size_t len)
{
	struct am_blob *blob = NULL;
	struct am_spool *spool = NULL;

	cr_assert_eq(am_spool_open(&spool, 0, "/tmp", NULL), 0);
	cr_assert_eq(am_spool_write(spool, text, len, NULL), 0);
	cr_assert_eq(am_spool_seal(&spool, &blob, NULL), 0);
	return blob;
}

void mail_open(struct mail *m, const char *text)
{
	m->arena = am_arena_new();
	m->blob = mail_blob(text, strlen(text));
	cr_assert_eq(am_scan_message(&m->scan, m->blob, NULL, m->arena, NULL),
	             0);
}

void mail_close(struct mail *m)
{
	am_blob_unref(&m->blob);
	am_arena_free(&m->arena);
}
