/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/item.h"

#include "base/arena.h"
#include "base/blob.h"

#include <criterion/criterion.h>

#include <string.h>

Test(item, what_is_put_is_found)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	const struct am_when when = {.sec = 1234567890, .known = true};
	const struct am_when unknown = {0};
	struct am_when back;
	int64_t n;

	am_mapi_put_text(&item->props, 0x0037, "ä\xf0\x9f\x98\x80\xff");
	am_mapi_put_text(&item->props, 0x1035, NULL);
	am_mapi_put_int(&item->props, 0x0017, -1);
	am_mapi_put_bool(&item->props, 0x0023, true);
	am_mapi_put_time(&item->props, 0x0039, &when);
	am_mapi_put_time(&item->props, 0x3007, &unknown);
	am_mapi_put_binary(&item->props, 0x300b, "\1\2", 2);
	am_mapi_props_sort(&item->props);
	cr_expect_str_eq(am_mapi_text(&item->props, 0x0037),
	                 "ä\xf0\x9f\x98\x80\xef\xbf\xbd");
	cr_expect(am_mapi_int(&item->props, 0x0017, &n) && n == -1);
	cr_expect(am_mapi_bool(&item->props, 0x0023));
	cr_expect(am_mapi_time(&item->props, 0x0039, &back));
	cr_expect(back.sec == when.sec);
	cr_expect_null(am_mapi_find(&item->props, 0x3007));
	cr_expect_null(am_mapi_find(&item->props, 0x1035));
	cr_expect(am_mapi_find(&item->props, 0x300b)->len == 2);
	am_arena_free(&arena);
}

Test(item, several_strings_come_back)
{
	static const struct am_mapi_name keywords = {.string = "Keywords"};
	const char *const texts[] = {"Blue", "", "Grün"};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props props;

	am_mapi_props_init(&props, arena);
	am_mapi_put_named_texts(&props, &keywords, texts, 3);
	const struct am_mapi_prop *p = &props.list[0];
	cr_expect(p->name == &keywords);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(am_mapi_text_at(&props, p, i), texts[i]);
	cr_expect_null(am_mapi_text_at(&props, p, 3));
	am_arena_free(&arena);
}

Test(item, blobs_of_items_within_are_given_back)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_error err = {0};
	struct am_blob *blob;

	cr_assert(!am_blob_copy(&blob, "hello", 5, &err));
	for (int i = 0; i < 5; i++) {
		struct am_mapi_attachment *att = am_mapi_item_attachment(item);
		att->data = am_blob_ref(blob);
		att->item = am_mapi_item_new(arena);
		am_mapi_put_blob(&att->item->props, 0x10130102, blob);
		am_mapi_put_text(am_mapi_item_recipient(item), 0x3001, "x");
	}
	cr_expect(item->n_attachments == 5 && item->n_recipients == 5);
	cr_expect_str_eq(am_mapi_text(&item->recipients[0], 0x3001), "x");
	am_mapi_item_clear(item);
	am_blob_unref(&blob); /* the last one: nothing leaks under ASan */
	cr_expect_null(blob);
	am_arena_free(&arena);
}
