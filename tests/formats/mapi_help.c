/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mapi_help.h"

#include "model/folder.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

void made_init(struct made *m, const char *raw, size_t len, bool crlf)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < len; i++) {
		if (crlf && raw[i] == '\n')
			g_string_append_c(text, '\r');
		g_string_append_c(text, raw[i]);
	}
	*m = (struct made){.ctx = {.tmpdir = "/tmp"}};
	struct am_folder *folder = NULL;
	cr_assert_eq(am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL), 0);
	cr_assert_eq(am_message_new(&m->msg, folder, NULL), AM_OK);
	const struct am_folder *ours = folder;
	am_folder_unref(&ours);
	cr_assert_eq(am_blob_copy(&m->msg->raw, text->str, text->len, NULL),
	             AM_OK);
	g_string_free(text, TRUE);
}

void made_item(struct made *m)
{
	struct am_error err = {0};

	m->arena = am_arena_new();
	cr_assert_eq(am_mail_to_mapi(&m->item, m->msg, m->arena, &m->ctx, &err),
	             AM_OK, "%s", err.text);
}

void made_clear(struct made *m)
{
	if (m->item)
		am_mapi_item_clear(m->item);
	if (m->arena)
		am_arena_free(&m->arena);
	am_message_free(&m->msg);
}

const char *made_text(const struct am_mapi_props *props, unsigned id)
{
	const char *text = am_mapi_text(props, id);

	return text ? text : "";
}

int64_t made_int(const struct am_mapi_props *props, unsigned id)
{
	int64_t n = -99;

	(void)am_mapi_int(props, id, &n);
	return n;
}

char *made_bytes(const struct am_blob *blob, size_t *len)
{
	char *bytes = g_malloc0((size_t)am_blob_size(blob) + 1);

	cr_assert_eq(am_blob_read(blob, 0, bytes, (size_t)am_blob_size(blob),
	                          len, NULL),
	             AM_OK);
	return bytes;
}

int made_back(const struct made *m, struct am_error *err)
{
	struct am_mapi_message msg = test_item_message(m->item);
	struct am_blob *out = NULL;
	size_t have, want;
	int r = am_original_read(&out, &msg, (uint64_t)1 << 30, &m->ctx, err);

	if (r)
		return r;
	char *a = made_bytes(out, &have), *b = made_bytes(m->msg->raw, &want);
	cr_assert_eq(have, want);
	cr_assert(!memcmp(a, b, want));
	g_free(a);
	g_free(b);
	am_blob_unref(&out);
	return AM_OK;
}
