/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/msg/msg.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "outlook/cfb/cfb.h"
#include "outlook/mapi/tags.h"
#include "support/msg_sample.h"

#include <criterion/criterion.h>

#include <string.h>

struct told {
	unsigned n;
	char first[200];
};

static void damage(void *user, const char *text)
{
	struct told *told = user;

	if (!told->n++)
		g_strlcpy(told->first, text, sizeof(told->first));
}

/* The file is freed. */
static int open_file(struct am_msg **out, GByteArray *file, unsigned codepage,
                     struct told *told, struct am_error *err)
{
	const struct am_msg_options options = {
		.codepage = codepage, .damage = damage, .user = told};
	struct am_blob *blob = NULL;

	memset(told, 0, sizeof(*told));
	cr_assert_eq(am_blob_copy(&blob, file->data, file->len, NULL), AM_OK);
	int r = am_msg_open(out, blob, &options, err);
	am_blob_unref(&blob);
	g_byte_array_free(file, TRUE);
	return r;
}

static struct am_msg *opened(GByteArray *file, unsigned codepage,
                             struct told *told)
{
	struct am_error err = {0};
	struct am_msg *msg = NULL;

	cr_assert_eq(open_file(&msg, file, codepage, told, &err), AM_OK, "%s",
	             err.text);
	return msg;
}

static void expect_value(struct am_mapi_container *in,
                         const struct am_mapi_prop *got,
                         const struct am_mapi_prop *want)
{
	uint8_t *bytes = NULL, *expected = NULL;
	size_t len = 0, expected_len = 0;

	cr_assert_not_null(got, "0x%08x is not there", want->tag);
	cr_expect_eq(am_mapi_type_of(got), am_mapi_type_of(want));
	cr_assert_eq(am_mapi_value_all(in, got, SIZE_MAX, &bytes, &len, NULL),
	             AM_OK);
	cr_assert_eq(am_mapi_value_all(in, want, SIZE_MAX, &expected,
	                               &expected_len, NULL),
	             AM_OK);
	cr_expect(len == expected_len && !memcmp(bytes, expected, len),
	          "0x%08x: %zu, not %zu bytes", want->tag, len, expected_len);
	g_free(bytes);
	g_free(expected);
}

/* All that was put is there again; more may be. */
static void expect_bag(struct am_mapi_container *in,
                       const struct am_mapi_props *got,
                       const struct am_mapi_props *want)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct am_mapi_prop *p = &want->list[i];
		unsigned id = p->tag >> 16;
		if (p->name && p->name->string)
			id = am_mapi_named_string(in->names,
			                          AM_PS_PUBLIC_STRINGS,
			                          p->name->string);
		else if (p->name)
			id = am_mapi_named(
				in->names,
				(enum am_mapi_set)(p->name->set[0] |
			                           p->name->set[1] << 8 |
			                           p->name->set[2] << 16),
				p->name->number);
		if (id != AM_PR_MESSAGE_FLAGS)
			expect_value(in, am_mapi_find(got, id), p);
	}
}

static void expect_item(const struct am_mapi_message *got,
                        const struct am_mapi_item *want, unsigned depth)
{
	const struct am_mapi_container_ops *ops = got->in->ops;
	struct am_arena *arena = got->props.arena;
	struct am_mapi_enclosure *atts = NULL;
	struct am_mapi_props *rows = NULL;
	int64_t flags = 0;
	size_t n;

	expect_bag(got->in, &got->props, &want->props);
	(void)am_mapi_int(&got->props, AM_PR_MESSAGE_FLAGS, &flags);
	cr_expect_eq((flags & 0x10) != 0, want->n_attachments != 0);
	cr_expect_eq(am_mapi_bool(&got->props, 0x0e1b),
	             want->n_attachments != 0);
	cr_assert_eq(ops->recipients(got, arena, &rows, &n, NULL), AM_OK);
	cr_assert_eq(n, want->n_recipients);
	for (size_t i = 0; i < n; i++)
		expect_bag(got->in, &rows[i], &want->recipients[i]);
	cr_assert_eq(ops->attachments(got, arena, &atts, &n, NULL), AM_OK);
	cr_assert_eq(n, want->n_attachments);
	for (size_t i = 0; i < n; i++) {
		const struct am_mapi_attachment *att = &want->attachments[i];
		struct am_mapi_message inner;
		expect_bag(got->in, &atts[i].props, &att->props);
		cr_expect_eq(atts[i].id, i);
		cr_assert_eq(atts[i].has_message, att->item != NULL);
		if (att->data) {
			const struct am_mapi_prop data = {.tag = 0x37010102,
			                                  .blob = att->data};
			expect_value(
				got->in,
				am_mapi_find(&atts[i].props, AM_PR_ATTACH_DATA),
				&data);
		}
		if (!att->item)
			continue;
		cr_expect_eq(atts[i].method, AM_ATTACH_EMBEDDED);
		cr_assert_eq(
			ops->embedded(got->in, &atts[i], arena, &inner, NULL),
			AM_OK);
		cr_assert_lt(depth, 5);
		expect_item(&inner, att->item, depth + 1);
	}
}

/* No storage has two entries of a name. */
static void expect_no_twins(const GByteArray *file)
{
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;

	cr_assert_eq(am_blob_copy(&blob, file->data, file->len, NULL), AM_OK);
	cr_assert_eq(am_cfb_open(&cfb, blob, NULL), AM_OK);
	/* A storage is written before what is in it. */
	for (uint32_t i = 0, last = 0; i <= last; i++) {
		const struct am_cfb_entry *e = am_cfb_entry(cfb, i);
		for (uint32_t k = 0; k < e->n_children; k++) {
			uint32_t child = am_cfb_child(cfb, i, k);
			last = MAX(last, child);
			cr_expect(!k ||
			          strcmp(am_cfb_entry(cfb, child)->name,
			                 am_cfb_entry(cfb, am_cfb_child(cfb, i,
			                                                k - 1))
			                         ->name) != 0);
		}
	}
	am_cfb_close(&cfb);
	am_blob_unref(&blob);
}

Test(msg, what_was_written_is_read)
{
	for (int i = 0; i < AM_TEST_MSG_COUNT; i++) {
		struct am_arena *arena = am_arena_new();
		struct am_mapi_item *item =
			am_test_msg_item((enum am_test_msg)i, arena);
		GByteArray *file = am_test_msg_file((enum am_test_msg)i);
		GByteArray *again = am_test_msg_file((enum am_test_msg)i);
		struct am_mapi_message got;
		struct told told;
		cr_assert_eq(file->len, again->len);
		cr_expect_arr_eq(file->data, again->data, file->len);
		g_byte_array_free(again, TRUE);
		expect_no_twins(file);
		struct am_msg *msg = opened(file, 1252, &told);
		am_msg_read(msg, arena, &got);
		expect_item(&got, item, 0);
		cr_expect_eq(told.n, 0, "%s", told.first);
		am_msg_close(&msg);
		am_mapi_item_clear(item);
		am_arena_free(&arena);
	}
}

static void expect_subject(GByteArray *file, unsigned codepage,
                           const char *subject)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_message got;
	struct am_mapi_props *rows = NULL;
	struct told told;
	size_t n;
	struct am_msg *msg = opened(file, codepage, &told);

	am_msg_read(msg, arena, &got);
	cr_expect_str_eq(am_mapi_text(&got.props, AM_PR_SUBJECT), subject);
	cr_assert_eq(got.in->ops->recipients(&got, arena, &rows, &n, NULL),
	             AM_OK);
	cr_assert_eq(n, 1);
	cr_expect_str_eq(am_mapi_text(&rows[0], AM_PR_DISPLAY_NAME), subject);
	am_msg_close(&msg);
	am_arena_free(&arena);
}

Test(msg, narrow_text_is_in_the_code_page_that_is_said_or_guessed)
{
	static const struct {
		unsigned codepage;
		const char *text;
	} list[] = {{932, "日本語"},
	            {1251, "Привет"},
	            {1253, "Γειά"},
	            {936, "你好"},
	            {950, "你好"}};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		unsigned c = list[i].codepage;
		expect_subject(am_test_msg_narrow(c, AM_TEST_SAYS_CODEPAGE,
		                                  list[i].text),
		               1252, list[i].text);
		expect_subject(am_test_msg_narrow(c, AM_TEST_SAYS_LOCALE,
		                                  list[i].text),
		               1252, list[i].text);
		expect_subject(am_test_msg_narrow(c, AM_TEST_SAYS_NOTHING,
		                                  list[i].text),
		               c, list[i].text);
	}
}

Test(msg, an_object_is_a_compound_file)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_message got;
	struct am_mapi_enclosure *atts = NULL;
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;
	struct told told;
	uint8_t *bytes = NULL;
	size_t n, len;
	struct am_msg *msg = opened(am_test_msg_object(), 1252, &told);

	am_msg_read(msg, arena, &got);
	cr_assert_eq(got.in->ops->attachments(&got, arena, &atts, &n, NULL),
	             AM_OK);
	cr_assert_eq(n, 1);
	cr_expect(atts[0].method == AM_ATTACH_OLE && !atts[0].has_message);
	cr_assert_eq(am_mapi_value_all(
			     got.in,
			     am_mapi_find(&atts[0].props, AM_PR_ATTACH_DATA),
			     SIZE_MAX, &bytes, &len, NULL),
	             AM_OK);
	cr_assert_eq(am_blob_take(&blob, bytes, len, NULL), AM_OK);
	cr_assert_eq(am_cfb_open(&cfb, blob, NULL), AM_OK);
	cr_expect_arr_eq(am_cfb_entry(cfb, 0)->clsid, "0123456789abcdef", 16);
	uint32_t deeper = am_cfb_find(cfb, 0, "deeper");
	cr_assert_neq(deeper, AM_CFB_NONE);
	cr_expect_eq(
		am_cfb_entry(cfb, am_cfb_find(cfb, deeper, "contents"))->size,
		5000);
	cr_expect_neq(am_cfb_find(cfb, 0, "\001Ole"), AM_CFB_NONE);
	am_cfb_close(&cfb);
	am_blob_unref(&blob);
	am_msg_close(&msg);
	am_arena_free(&arena);
}

/* Everything through the door; AM_FAILED or words of damage are right. */
static void read_all(struct am_msg *msg)
{
	struct am_mapi_message list[20];
	struct am_arena *arena = am_arena_new();
	size_t n = 1;

	am_msg_read(msg, arena, &list[0]);
	for (size_t i = 0; i < n; i++) {
		const struct am_mapi_container_ops *ops = list[i].in->ops;
		struct am_mapi_enclosure *atts = NULL;
		struct am_mapi_props *rows = NULL;
		size_t n_rows, n_atts;
		cr_assert_eq(
			ops->recipients(&list[i], arena, &rows, &n_rows, NULL),
			AM_OK);
		cr_assert_eq(
			ops->attachments(&list[i], arena, &atts, &n_atts, NULL),
			AM_OK);
		for (size_t k = 0; k < n_atts; k++) {
			const struct am_mapi_prop *p =
				am_mapi_find(&atts[k].props, AM_PR_ATTACH_DATA);
			struct am_error err = {0};
			uint8_t *bytes = NULL;
			size_t len;
			if (atts[k].has_message && n < AM_COUNT(list))
				cr_expect_eq(ops->embedded(list[i].in, &atts[k],
				                           arena, &list[n++],
				                           NULL),
				             AM_OK);
			else if (p && am_mapi_value_all(list[i].in, p, 1 << 20,
			                                &bytes, &len, &err))
				cr_expect(err.kind && *err.text);
			g_free(bytes);
		}
	}
	am_arena_free(&arena);
}

static void try(const GByteArray *file, size_t len, GRand *rand, unsigned n)
{
	GByteArray *copy = g_byte_array_new();
	struct am_error err = {0};
	struct am_msg *msg = NULL;
	struct told told;

	g_byte_array_append(copy, file->data, (guint)len);
	for (unsigned i = 0; i < n; i++)
		copy->data[g_rand_int_range(rand, 0, (gint32)len)] =
			(uint8_t)g_rand_int(rand);
	if (open_file(&msg, copy, 1252, &told, &err))
		cr_expect(err.kind && *err.text);
	else
		read_all(msg);
	cr_expect_leq(told.n, 21);
	am_msg_close(&msg);
}

Test(msg, damaged_anywhere_it_comes_to_an_end)
{
	GRand *rand = g_rand_new_with_seed(7);

	for (int i = 0; i <= AM_TEST_MSG_COUNT; i++) {
		GByteArray *file =
			i < AM_TEST_MSG_COUNT
				? am_test_msg_file((enum am_test_msg)i)
				: am_test_msg_object();
		for (size_t len = 0; len < file->len; len += 131)
			try(file, len, NULL, 0);
		for (unsigned k = 0; k < 300; k++)
			try(file, file->len, rand, 1 + k % 20);
		g_byte_array_free(file, TRUE);
	}
	g_rand_free(rand);
}

Test(msg, other_compound_files_are_no_messages)
{
	struct am_error err = {0};
	struct am_msg *msg = NULL;
	struct told told;
	GByteArray *file = am_test_msg_object();
	/* The names that tell: "__properties" and "__substg" of the root. */
	for (size_t i = 0; i + 4 < file->len; i += 128)
		if (!memcmp(file->data + i, "_\0_", 3))
			file->data[i] = 'x';
	cr_expect_eq(open_file(&msg, file, 1252, &told, &err), AM_FAILED);
	cr_expect(strstr(err.text, "no message of Outlook's"), "%s", err.text);
	cr_expect_null(msg);
}
