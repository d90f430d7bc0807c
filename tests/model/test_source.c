/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/source.h"

#include "base/blob.h"
#include "model/folder.h"

#include <criterion/criterion.h>

struct fake {
	struct am_source base;
	int asked, loaded, closed;
	bool gives_bytes;
};

static int next(struct am_source *src, struct am_item *out,
                struct am_error *err)
{
	(void)src;
	(void)err;
	cr_assert_null(out->folder);
	out->origin = "one";
	return AM_OK;
}

static int ask(struct am_source *src, struct am_message *msg,
               struct am_error *err)
{
	(void)msg;
	(void)err;
	AM_CONTAINER(src, struct fake, base)->asked++;
	return AM_OK;
}

static int load(struct am_source *src, struct am_message *msg,
                struct am_error *err)
{
	struct fake *f = AM_CONTAINER(src, struct fake, base);

	f->loaded++;
	return f->gives_bytes ? am_blob_copy(&msg->raw, "hello", 5, err)
	                      : AM_OK;
}

static void close_fake(struct am_source *src)
{
	AM_CONTAINER(src, struct fake, base)->closed++;
}

static const struct am_source_ops all = {
	.next = next, .ask = ask, .load = load, .close = close_fake};
static const struct am_source_ops local = {.next = next, .close = close_fake};

static struct am_message *new_message(void)
{
	struct am_folder *folder;
	struct am_message *msg;

	cr_assert_eq(am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL), 0);
	cr_assert_eq(am_message_new(&msg, folder, NULL), 0);
	const struct am_folder *mine = folder;
	am_folder_unref(&mine);
	return msg;
}

Test(source, loads_once_and_then_knows_the_size)
{
	struct fake f = {.base.ops = &all, .gives_bytes = true};
	struct am_message *msg = new_message();
	struct am_error err;

	cr_assert_eq(am_source_ask(&f.base, msg, &err), 0);
	cr_assert_eq(am_source_load(&f.base, msg, &err), 0);
	cr_assert_eq(msg->size, 5);
	cr_assert_eq(am_source_load(&f.base, msg, &err), 0);
	cr_assert_eq(am_source_ask(&f.base, msg, &err), 0);
	cr_assert_eq(f.asked, 1);
	cr_assert_eq(f.loaded, 1);
	am_message_free(&msg);
}

Test(source, does_not_pass_on_a_message_without_bytes)
{
	struct fake f = {.base.ops = &all}, g = {.base.ops = &local};
	struct am_message *msg = new_message();
	struct am_error err;

	cr_assert_eq(am_source_load(&f.base, msg, &err), AM_FAILED);
	cr_assert_eq(am_source_load(&g.base, msg, &err), AM_FAILED);
	cr_assert_eq(am_source_ask(&g.base, msg, &err), 0);
	am_message_free(&msg);
}

Test(source, stops_when_cancelled)
{
	struct am_cancel cancel = {0};
	struct am_ctx ctx = {.cancel = &cancel};
	struct fake f = {.base = {.ops = &all, .ctx = &ctx}};
	struct am_message *msg = new_message();
	struct am_item item = {.origin = "old"};
	struct am_error err;

	cr_assert_eq(am_source_next(&f.base, &item, &err), 0);
	cr_assert_str_eq(item.origin, "one");
	am_cancel_request(&cancel);
	cr_assert_eq(am_source_next(&f.base, &item, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	cr_assert_null(item.origin);
	cr_assert_eq(am_source_load(&f.base, msg, &err), AM_FATAL);
	am_message_free(&msg);
	struct am_source *src = &f.base;
	am_source_close(&src);
	am_source_close(&src);
	cr_assert_eq(f.closed, 1);
}
