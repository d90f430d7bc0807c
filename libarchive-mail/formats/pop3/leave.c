/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DELE, once the header has been looked at again.
 */
#include "formats/pop3/leave.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/overview.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 50 };

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct am_pop3_known *)a)->key;
	uint64_t y = ((const struct am_pop3_known *)b)->key;

	return (x > y) - (x < y);
}

/* The digest of the header's Message-ID, 0 for none, as remembered. */
static int id_digest(const GByteArray *head, uint64_t *out,
                     struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_overview view;
	struct am_blob *blob = NULL;

	*out = 0;
	int r = am_blob_copy(&blob, head->data, head->len, err);
	if (!r)
		r = am_overview_read(&view, blob, NULL, NULL, arena, err);
	if (!r && view.message_id)
		*out = am_pop3_key(view.message_id, strlen(view.message_id));
	am_blob_unref(&blob);
	am_arena_free(&arena);
	return r;
}

/* AM_OK the same, AM_END not sure. */
static int look(struct am_pop3_session *s, const struct am_pop3_known *known,
                GByteArray *head, struct am_error *err)
{
	uint64_t digest;

	int r = am_pop3_top_read(s, head, err);
	if (r == AM_FAILED)
		return AM_END;
	if (r)
		return r;
	r = id_digest(head, &digest, err);
	if (r == AM_FAILED)
		return AM_END;
	/* No Message-ID on either side says nothing about being the same. */
	if (!r && (!digest || digest != known->id_digest))
		return AM_END;
	return r;
}

static int delete_marked(struct am_pop3_session *s, const uint32_t *numbers,
                         size_t n, uint64_t *deleted, uint64_t *unsure,
                         struct am_error *err)
{
	size_t window = s->pipelining ? WINDOW : 1;
	struct am_pop3_status status;
	size_t asked = 0;
	int r = AM_OK;

	for (size_t i = 0; !r && i < n; i++) {
		for (; !r && asked < n && asked < i + window; asked++)
			r = am_pop3_put(s, err, "DELE %" PRIu32,
			                numbers[asked]);
		if (!r)
			r = am_pop3_flush(s, err);
		if (!r)
			r = am_pop3_answer(s, &status, err);
		if (!r)
			++*(status.ok ? deleted : unsure);
	}
	return r;
}

int am_pop3_leave(struct am_pop3_session *s, const struct am_pop3_drop *drop,
                  const struct am_pop3_known *known, size_t n,
                  uint64_t *deleted, uint64_t *unsure, struct am_error *err)
{
	size_t window = s->pipelining ? WINDOW : 1, asked = 0, sure = 0;
	GByteArray *head = g_byte_array_new();
	uint32_t *numbers = g_new(uint32_t, drop->n + 1);
	const struct am_pop3_mail **mails =
		g_new(const struct am_pop3_mail *, drop->n + 1);
	size_t n_mails = 0;
	int r = AM_OK;

	*deleted = *unsure = 0;
	for (size_t i = 0; i < drop->n; i++)
		if (drop->mails[i].known && drop->mails[i].number)
			mails[n_mails++] = &drop->mails[i];
	for (size_t i = 0; !r && i < n_mails; i++) {
		const struct am_pop3_known key = {.key = mails[i]->key};
		const struct am_pop3_known *k =
			bsearch(&key, known, n, sizeof key, compare);
		if (am_ctx_cancelled(s->login->ctx))
			r = am_ctx_fail_cancelled(err);
		for (; !r && asked < n_mails && asked < i + window; asked++)
			r = am_pop3_top_ask(s, mails[asked]->number, err);
		if (!r)
			r = am_pop3_flush(s, err);
		if (!r)
			r = look(s, k ? k : &key, head, err);
		if (!r)
			numbers[sure++] = mails[i]->number;
		else if (r == AM_END)
			++*unsure, r = AM_OK;
	}
	if (!r)
		r = delete_marked(s, numbers, sure, deleted, unsure, err);
	g_byte_array_free(head, TRUE);
	g_free(numbers);
	g_free(mails);
	return r;
}
