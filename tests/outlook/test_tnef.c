/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/tnef/tnef.h"

#include "base/arena.h"
#include "base/blob.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/mapi/tags.h"
#include "outlook/tnef/tnef_layout.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>

#include <string.h>

struct told {
	unsigned n;
	char all[4000];
};

static void damage(void *user, const char *text)
{
	struct told *told = user;

	told->n++;
	g_strlcat(told->all, text, sizeof(told->all));
}

static int read_bytes(struct am_mapi_item **out, const void *data, size_t len,
                      struct am_arena *arena, struct told *told,
                      struct am_error *err)
{
	const struct am_tnef_options options = {
		.codepage = 1252, .damage = damage, .user = told};
	struct am_blob *blob = NULL;

	memset(told, 0, sizeof(*told));
	cr_assert_eq(am_blob_copy(&blob, data, len, NULL), AM_OK);
	int r = am_tnef_read(out, blob, &options, arena, err);
	am_blob_unref(&blob);
	return r;
}

static void expect_data(const struct am_mapi_attachment *att, const char *want)
{
	char buf[64] = "";
	size_t got = 0;

	cr_assert_not_null(att->data);
	cr_assert_eq(
		am_blob_read(att->data, 0, buf, sizeof(buf) - 1, &got, NULL),
		AM_OK);
	cr_expect_str_eq(buf, want);
}

Test(tnef, attributes_and_properties_and_what_is_in_them)
{
	struct am_arena *arena = am_arena_new();
	GByteArray *file = am_test_tnef();
	struct am_mapi_item *item = NULL;
	struct am_mapi_message got;
	struct am_when when;
	struct told told;
	int64_t n;

	cr_assert_eq(
		read_bytes(&item, file->data, file->len, arena, &told, NULL),
		AM_OK);
	cr_expect_eq(told.n, 0, "%s", told.all);
	struct am_mapi_item_reading *door =
		am_mapi_item_reading_new(item, "tnef", file->len, arena, &got);
	const struct am_mapi_props *p = &got.props;
	cr_expect_str_eq(am_mapi_text(p, AM_PR_MESSAGE_CLASS), "IPM.Note");
	cr_expect_str_eq(am_mapi_text(p, AM_PR_SUBJECT), "Grüße");
	cr_expect_str_eq(am_mapi_text(p, AM_PR_SENDER_NAME), "Ann");
	cr_expect_str_eq(am_mapi_text(p, AM_PR_SENDER_ADDRESS),
	                 "ann@a.example");
	cr_expect(am_mapi_time(p, AM_PR_SUBMIT_TIME, &when) &&
	          when.sec == 1577934245);
	cr_expect(am_mapi_int(p, AM_PR_IMPORTANCE, &n) && n == 2);
	unsigned keywords = am_mapi_named_string(
		got.in->names, AM_PS_PUBLIC_STRINGS, "Keywords");
	cr_assert(keywords);
	cr_expect_str_eq(am_mapi_text_at(p, am_mapi_find(p, keywords), 1),
	                 "größer");
	unsigned reminder =
		am_mapi_named(got.in->names, AM_PSETID_COMMON, 0x8503);
	cr_expect(reminder && am_mapi_bool(p, reminder));
	cr_assert_eq(item->n_recipients, 1);
	cr_assert_eq(item->n_attachments, 3);
	expect_data(&item->attachments[0], "file bytes");
	expect_data(&item->attachments[1], "OLE bytes");
	struct am_mapi_enclosure *atts = NULL;
	size_t n_atts;
	cr_assert_eq(
		got.in->ops->attachments(&got, arena, &atts, &n_atts, NULL),
		AM_OK);
	cr_expect_str_eq(am_mapi_text(&atts[0].props, AM_PR_ATTACH_LONG_NAME),
	                 "Liste für Bob.txt");
	cr_expect_eq(atts[1].method, AM_ATTACH_OLE);
	cr_expect(atts[2].has_message && atts[2].method == AM_ATTACH_EMBEDDED);
	struct am_mapi_message inner;
	cr_assert_eq(
		got.in->ops->embedded(got.in, &atts[2], arena, &inner, NULL),
		AM_OK);
	cr_expect_str_eq(am_mapi_text(&inner.props, AM_PR_SUBJECT),
	                 "the one within");
	expect_data(&item->attachments[2].item->attachments[0], "deep bytes");
	am_mapi_item_reading_free(&door);
	am_mapi_item_clear(item);
	g_byte_array_free(file, TRUE);
	am_arena_free(&arena);
}

Test(tnef, what_is_wrong_is_told_and_the_rest_is_read)
{
	struct am_arena *arena = am_arena_new();
	GByteArray *file = am_test_tnef_text();
	struct am_mapi_item *item = NULL;
	struct am_error err = {0};
	struct told told;

	/* A checksum, garbage behind, line ends behind, nothing of it. */
	file->data[file->len - 1] ^= 0x55;
	cr_assert_eq(
		read_bytes(&item, file->data, file->len, arena, &told, NULL),
		AM_OK);
	cr_expect(strstr(told.all, "wrong checksum"), "%s", told.all);
	expect_data(&item->attachments[0], "deep bytes");
	am_mapi_item_clear(item);
	file->data[file->len - 1] ^= 0x55;
	g_byte_array_append(file, (const uint8_t *)"\r\n", 2);
	cr_assert_eq(
		read_bytes(&item, file->data, file->len, arena, &told, NULL),
		AM_OK);
	cr_expect_eq(told.n, 0, "%s", told.all);
	am_mapi_item_clear(item);
	g_byte_array_append(file, (const uint8_t *)"garbage and more", 16);
	cr_assert_eq(
		read_bytes(&item, file->data, file->len, arena, &told, NULL),
		AM_OK);
	cr_expect(strstr(told.all, "garbage"), "%s", told.all);
	am_mapi_item_clear(item);
	cr_expect_eq(read_bytes(&item, "%PDF-1.4", 8, arena, &told, &err),
	             AM_FAILED);
	cr_expect(strstr(err.text, "not TNEF"), "%s", err.text);
	cr_expect(am_tnef_sniff(file->data, 4) &&
	          !am_tnef_sniff(file->data, 3));
	g_byte_array_free(file, TRUE);
	am_arena_free(&arena);
}

Test(tnef, cut_or_changed_anywhere_it_comes_to_an_end)
{
	GByteArray *file = am_test_tnef();
	GRand *rand = g_rand_new_with_seed(11);

	for (unsigned i = 0; i < file->len + 4000; i++) {
		struct am_arena *arena = am_arena_new();
		uint8_t *copy = g_memdup2(file->data, file->len);
		size_t len = i < file->len ? i : file->len;
		struct am_mapi_item *item = NULL;
		struct am_mapi_message got;
		struct am_error err = {0};
		struct told told;
		for (unsigned k = 0; i >= file->len && k <= i % 5; k++)
			copy[g_rand_int_range(rand, 6, (gint32)len)] =
				i % 3 ? (uint8_t)g_rand_int(rand) : 0xff;
		if (read_bytes(&item, copy, len, arena, &told, &err)) {
			cr_expect(err.kind && *err.text);
		} else {
			struct am_mapi_item_reading *door =
				am_mapi_item_reading_new(item, "tnef", len,
			                                 arena, &got);
			am_mapi_item_reading_free(&door);
			am_mapi_item_clear(item);
		}
		g_free(copy);
		am_arena_free(&arena);
	}
	g_rand_free(rand);
	g_byte_array_free(file, TRUE);
}

Test(tnef, an_attributes_head_comes_back)
{
	const struct am_tnef_attribute a = {2, AM_TNEF_DATA, 0x01020304};
	uint8_t bytes[AM_TNEF_ATTRIBUTE];
	struct am_tnef_attribute back;

	am_tnef_attribute_encode(&a, bytes);
	am_tnef_attribute_decode(&back, bytes);
	cr_expect(back.level == a.level && back.id == a.id &&
	          back.length == a.length);
	cr_expect_arr_eq(bytes, "\x02\x0f\x80\x06\x00\x04\x03\x02\x01", 9);
}
