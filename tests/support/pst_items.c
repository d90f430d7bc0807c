/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/pst_items.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst_check/check.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdio.h>
#include <string.h>

struct am_mapi_props *am_test_mapi_recipient(struct am_mapi_item *item,
                                             const char *name,
                                             const char *address)
{
	struct am_mapi_props *r = am_mapi_item_recipient(item);

	am_mapi_put_int(r, AM_PR_RECIPIENT_TYPE, 1);
	am_mapi_put_bool(r, 0x0e0f, true);
	am_mapi_put_int(r, 0x0ffe, 6);
	am_mapi_put_binary(r, AM_PR_RECORD_KEY, address, strlen(address));
	am_mapi_put_binary(r, 0x0fff, address, strlen(address));
	am_mapi_put_text(r, AM_PR_DISPLAY_NAME, name);
	am_mapi_put_text(r, AM_PR_ADDRESS_TYPE, "SMTP");
	am_mapi_put_text(r, AM_PR_EMAIL_ADDRESS, address);
	am_mapi_put_text(r, AM_PR_SMTP_ADDRESS, address);
	am_mapi_put_int(r, 0x3900, 0);
	am_mapi_put_text(r, 0x39ff, name);
	am_mapi_put_bool(r, 0x3a40, false);
	return r;
}

static const struct am_mapi_name keywords = {
	{0x29, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	0,
	"Keywords"};

struct am_mapi_item *am_test_mapi_item(struct am_arena *arena, unsigned number,
                                       size_t body)
{
	static const char *const words[] = {"Grün", "Rot", ""};
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_mapi_props *p = &item->props;
	const struct am_when when = {.known = true,
	                             .sec = 1000000000 + 60 * (int)number};
	char *text = am_arena_printf(arena, "\1\1Subject number %u", number);

	am_mapi_put_text(p, AM_PR_MESSAGE_CLASS, "IPM.Note");
	am_mapi_put_text(p, AM_PR_SUBJECT, text);
	am_mapi_put_text(p, AM_PR_CONVERSATION_TOPIC, text + 2);
	am_mapi_put_int(p, AM_PR_MESSAGE_FLAGS, number % 2);
	am_mapi_put_int(p, AM_PR_IMPORTANCE, 1);
	am_mapi_put_time(p, AM_PR_SUBMIT_TIME, &when);
	am_mapi_put_time(p, AM_PR_DELIVERY_TIME, &when);
	am_mapi_put_text(p, AM_PR_SENT_REPRESENTING_NAME, "Алиса Example");
	am_mapi_put_text(p, AM_PR_DISPLAY_TO, "Bob Example");
	am_mapi_put_text(p, AM_PR_DISPLAY_CC, "");
	am_mapi_put_named_texts(p, &keywords, words, AM_COUNT(words));
	am_mapi_put_text(p, AM_PR_MESSAGE_ID,
	                 am_arena_printf(arena, "<%u@example.org>", number));
	GString *s = g_string_new(NULL);
	while (s->len < body)
		g_string_append_printf(s, "Line %zu of %u.\r\n", s->len,
		                       number);
	g_string_truncate(s, body);
	am_mapi_put_text_n(p, AM_PR_BODY, s->str, s->len);
	g_string_free(s, TRUE);
	am_test_mapi_recipient(item, "Bob Example", "bob@example.org");
	return item;
}

struct am_blob *am_test_mapi_bytes(size_t len, unsigned seed)
{
	struct am_blob *blob = NULL;
	uint8_t *bytes = g_malloc(len + 1);
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	cr_assert(am_blob_take(&blob, bytes, len, NULL) == 0);
	return blob;
}

void am_test_mapi_attach(struct am_mapi_item *item, const char *name,
                         size_t len, unsigned seed)
{
	struct am_mapi_attachment *att = am_mapi_item_attachment(item);

	am_mapi_put_text(&att->props, AM_PR_ATTACH_LONG_NAME, name);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_SHORT_NAME, "SHORT~1.BIN");
	att->data = am_test_mapi_bytes(len, seed);
}

/* ---- writing ---- */

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	cr_assert_fail("%s: %s", note->code, note->text);
}

static struct am_ctx strict = {.on_note = on_note};

struct am_pst_writer *am_test_pst_writer(const char *name, uint64_t max_size)
{
	const struct am_pst_writer_options options = {.name = "Test",
	                                              .max_size = max_size};
	struct am_pst_writer *w = NULL;
	struct am_error err = {0};
	char *path = am_test_path("%s", name);

	cr_assert(am_pst_writer_open(&w, path, &options, &strict, &err) == 0,
	          "%s", err.text);
	g_free(path);
	return w;
}

am_pst_nid am_test_pst_subfolder(struct am_pst_writer *w, am_pst_nid parent,
                                 const char *name)
{
	struct am_error err = {0};
	am_pst_nid nid = 0;

	cr_assert(am_pst_writer_folder(w, parent, name, "IPF.Note",
	                               AM_ROLE_NONE, &nid, &err) == 0,
	          "%s", err.text);
	return nid;
}

void am_test_pst_put(struct am_pst_writer *w, am_pst_nid folder,
                     const struct am_mapi_item *item)
{
	struct am_error err = {0};

	cr_assert(am_pst_writer_put(w, folder, item, false, &err) == 0, "%s",
	          err.text);
}

static void print_note(void *user, const struct am_note *note)
{
	if (user)
		fprintf(stderr, "%s %s: %s\n", note->code,
		        note->origin ? note->origin : "-", note->text);
}

uint64_t am_test_pst_findings(const char *name, bool tell)
{
	struct am_ctx ctx = {.on_note = print_note, .user = tell ? &ctx : NULL};
	struct am_pst_check_result result;
	struct am_error err = {0};
	char *path = am_test_path("%s", name);

	cr_assert(am_pst_check(path, &ctx, &result, &err) == 0, "%s", err.text);
	g_free(path);
	return result.findings;
}

void am_test_pst_written(struct am_pst_writer **w, const char *name)
{
	uint64_t said = am_pst_writer_size(*w);
	struct am_error err = {0};
	size_t len;

	cr_assert(am_pst_writer_finish(w, &err) == 0, "%s", err.text);
	cr_expect(!*w);
	char *path = am_test_path("%s", name);
	GMappedFile *file = g_mapped_file_new(path, FALSE, NULL);
	cr_assert(file);
	len = g_mapped_file_get_length(file);
	g_mapped_file_unref(file);
	g_free(path);
	cr_expect(len <= said, "%zu bytes, it said %" PRIu64, len, said);
	cr_expect(!am_test_pst_findings(name, true));
}

/* ---- reading ---- */

struct am_pst_store *am_test_pst_store(const char *name)
{
	struct am_pst_store *store = NULL;
	struct am_error err = {0};
	char *path = am_test_path("%s", name);

	cr_assert(am_pst_store_open(&store, path, 1252, &strict, &err) == 0,
	          "%s", err.text);
	g_free(path);
	return store;
}

am_pst_nid *am_test_pst_list(struct am_pst_store *store, const char *folder,
                             enum am_pst_which which, size_t *n)
{
	struct am_error err = {0};
	am_pst_nid *list = NULL;
	bool damaged;

	for (size_t i = 0; i < am_pst_store_n_folders(store); i++) {
		if (strcmp(am_pst_store_folder(store, i)->name, folder) != 0)
			continue;
		am_pst_store_items(store, i, which, &list, n, &damaged, &err);
		cr_assert(!damaged, "%s", err.text);
		return list;
	}
	cr_assert_fail("no folder %s", folder);
	return NULL;
}

static GByteArray *value_read(struct am_pst_store *store,
                              const struct am_mapi_prop *prop)
{
	GByteArray *bytes = g_byte_array_new();
	struct am_pst_data data = {0};
	struct am_error err = {0};
	uint8_t *all = NULL;
	size_t len = 0;

	if (prop->data) {
		g_byte_array_append(bytes, prop->data, (guint)prop->len);
		return bytes;
	}
	cr_assert(am_pst_data_open(&data, am_pst_store_ndb(store), prop->store,
	                           &err) == 0,
	          "%s", err.text);
	cr_assert(am_pst_data_all(&data, SIZE_MAX / 2, &all, &len, &err) == 0,
	          "%s", err.text);
	g_byte_array_append(bytes, all, (guint)len);
	am_pst_data_close(&data);
	g_free(all);
	return bytes;
}

static void same_blob(struct am_pst_store *store,
                      const struct am_mapi_prop *got, struct am_blob *want)
{
	GByteArray *bytes = value_read(store, got);
	size_t size = (size_t)am_blob_size(want), read = 0;
	uint8_t *all = g_malloc(size + 1);

	cr_assert(am_blob_read(want, 0, all, size, &read, NULL) == 0);
	cr_expect(bytes->len == size &&
	                  (!size || !memcmp(bytes->data, all, size)),
	          "%08" PRIx32 ": %u bytes of %zu", got->tag, bytes->len, size);
	g_byte_array_free(bytes, TRUE);
	g_free(all);
}

static void same_prop(struct am_pst_store *store,
                      const struct am_mapi_props *got,
                      const struct am_mapi_prop *want)
{
	unsigned id = want->tag >> 16;

	if (want->name && want->name->string) {
		id = am_mapi_named_string(am_pst_store_names(store),
		                          AM_PS_PUBLIC_STRINGS,
		                          want->name->string);
		cr_expect(id >= 0x8000, "%s", want->name->string);
	} else if (want->name) {
		id = am_mapi_named(am_pst_store_names(store), AM_PSETID_COMMON,
		                   want->name->number);
		cr_expect(id >= 0x8000, "%" PRIu32, want->name->number);
	}
	const struct am_mapi_prop *found = am_mapi_find(got, id);
	cr_assert(found, "no %04x", id);
	cr_expect((found->tag & 0xffff) == (want->tag & 0xffff));
	if (want->blob) {
		same_blob(store, found, want->blob);
		return;
	}
	if (id == AM_PR_MESSAGE_FLAGS)
		return; /* with bits of the writer's */
	GByteArray *bytes = value_read(store, found);
	cr_expect(bytes->len == want->len &&
	                  (!want->len ||
	                   !memcmp(bytes->data, want->data, want->len)),
	          "%04x: %u bytes of %zu", id, bytes->len, want->len);
	g_byte_array_free(bytes, TRUE);
}

static void same_props(struct am_pst_store *store,
                       const struct am_mapi_props *got,
                       const struct am_mapi_props *want)
{
	for (size_t i = 0; i < want->n; i++)
		same_prop(store, got, &want->list[i]);
}

static void same_message(struct am_pst_store *store,
                         const struct am_pst_message *msg,
                         const struct am_mapi_item *want,
                         struct am_arena *arena)
{
	struct am_pst_attachment *atts = NULL;
	struct am_mapi_props *rows = NULL;
	struct am_error err = {0};
	size_t n;

	cr_expect(!msg->n_bad);
	same_props(store, &msg->props, &want->props);
	cr_assert(am_pst_message_recipients(store, msg, arena, &rows, &n,
	                                    &err) == 0,
	          "%s", err.text);
	cr_assert(n == want->n_recipients, "%zu of %zu recipients", n,
	          want->n_recipients);
	for (size_t i = 0; i < n; i++)
		same_props(store, &rows[i], &want->recipients[i]);
	cr_assert(am_pst_message_attachments(store, msg, arena, &atts, &n,
	                                     &err) == 0,
	          "%s", err.text);
	cr_assert(n == want->n_attachments, "%zu of %zu attachments", n,
	          want->n_attachments);
	for (size_t i = 0; i < n; i++) {
		const struct am_mapi_attachment *a = &want->attachments[i];
		struct am_pst_message inner;
		cr_expect(!atts[i].why.kind, "%s", atts[i].why.text);
		same_props(store, &atts[i].props, &a->props);
		if (a->data) {
			const struct am_mapi_prop *data =
				am_mapi_find(&atts[i].props, AM_PR_ATTACH_DATA);
			cr_assert(data);
			same_blob(store, data, a->data);
		}
		cr_expect(atts[i].has_message == (a->item != NULL));
		if (!a->item)
			continue;
		cr_assert(am_pst_message_read_at(store, &atts[i].message, arena,
		                                 &inner, &err) == 0,
		          "%s", err.text);
		same_message(store, &inner, a->item, arena);
	}
}

void am_test_pst_same(struct am_pst_store *store, am_pst_nid nid,
                      const struct am_mapi_item *want)
{
	struct am_arena *arena = am_arena_new();
	struct am_pst_message msg;
	struct am_error err = {0};

	cr_assert(am_pst_message_read(store, nid, arena, &msg, &err) == 0, "%s",
	          err.text);
	same_message(store, &msg, want, arena);
	am_arena_free(&arena);
}
