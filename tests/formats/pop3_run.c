/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/pop3_run.h"

#include "base/blob.h"
#include "formats/pop3/pop3.h"
#include "model/folder.h"

#include <criterion/criterion.h>

#include <string.h>

struct pop3_mail five[5];
const struct pop3_mail five_whole[5] = {
	{.uidl = "aaa", .text = MAIL(1, "one")},
	{.uidl = "bbb", .text = MAIL(2, ".\r\n..two\r\n.")},
	{.uidl = "ccc", .text = MAIL(3, "three")},
	{.uidl = "ddd", .text = MAIL(4, "four")},
	{.uidl = "eee", .text = MAIL(5, "five")},
};

struct pop3_server server_of_five(void)
{
	memcpy(five, five_whole, sizeof five);
	return (struct pop3_server){.mails = five, .n = 5, .capa = CAPA};
}

static void on_note(void *user, const struct am_note *note)
{
	struct run *run = user;

	g_string_append_printf(run->notes, "%s: %s\n", note->code, note->text);
}

char *text_of(const struct am_message *msg)
{
	size_t len = (size_t)am_blob_size(msg->raw), got = 0;
	char *text = g_malloc0(len + 1);

	cr_assert_eq(am_blob_read(msg->raw, 0, text, len, &got, NULL), AM_OK);
	return text;
}

static void add_key(struct run *run, const struct am_message *msg)
{
	uint64_t key = (uint64_t)msg->uidvalidity << 32 | msg->uid;

	g_array_append_val(run->keys, key);
}

static int each(struct am_memory *memory, const char *source,
                const struct am_folder *folder,
                int (*one)(void *user, const struct am_remembered *what,
                           struct am_error *err),
                void *user, struct am_error *err)
{
	struct memory *m = (struct memory *)memory;

	cr_assert(g_str_has_prefix(source, "pop3://me@127.0.0.1"));
	cr_assert_str_eq(folder->parts[0], "INBOX");
	for (size_t i = 0; i < m->n; i++) {
		struct am_remembered what = {
			.uidvalidity = (uint32_t)(m->keys[i] >> 32),
			.uid = (uint32_t)m->keys[i],
			.message_id = m->ids ? m->ids[i] : NULL,
		};
		int r = one(user, &what, err);
		if (r)
			return r;
	}
	return AM_OK;
}

const struct am_memory_ops memory_ops = {.each = each};

static void take(struct run *run, struct am_source *src,
                 struct am_message *msgs[], size_t *n)
{
	for (size_t i = 0; i < *n; i++) {
		struct am_error err = {0};
		int r = am_source_load(src, msgs[i], &err);
		g_ptr_array_add(run->texts,
		                r ? g_strdup_printf("! %s", err.text)
		                  : text_of(msgs[i]));
		if (!r)
			add_key(run, msgs[i]);
		am_message_free(&msgs[i]);
		if (r == AM_FATAL)
			break;
	}
	*n = 0;
}

struct run go(struct pop3_server *server, const char *const *options,
              struct memory *memory)
{
	struct run run = {.texts = g_ptr_array_new_with_free_func(g_free),
	                  .keys = g_array_new(FALSE, FALSE, 8),
	                  .notes = g_string_new(NULL)};
	struct am_ctx ctx = {.on_note = on_note, .user = &run};
	struct am_message *msgs[64];
	struct am_source *src;
	size_t n = 0;

	char *url = pop3_server_url(server);
	struct am_location where = {.url = url, .options = options};
	if (am_pop3_source_open(&src, &where, &ctx, &run.err))
		goto out;
	cr_assert_eq(
		am_source_resume(src, memory ? &memory->base : NULL, &run.err),
		AM_OK);
	for (;;) {
		struct am_item item;
		int r = am_source_next(src, &item, &run.err);
		if (r == AM_END)
			break;
		if (r == AM_FAILED && item.messages) {
			run.lacking = item.messages;
			continue;
		}
		cr_assert_eq(r, AM_OK, "%s", run.err.text);
		if (!item.message) {
			run.already = item.already;
			continue;
		}
		msgs[n++] = item.message;
		cr_assert_eq(am_source_ask(src, item.message, &run.err), AM_OK);
		if (n == AM_COUNT(msgs))
			take(&run, src, msgs, &n);
	}
	take(&run, src, msgs, &n);
	am_source_close(&src);
out:
	g_free(url);
	return run;
}

void end_run(struct run *run)
{
	g_ptr_array_free(run->texts, TRUE);
	g_array_free(run->keys, TRUE);
	g_string_free(run->notes, TRUE);
}

const char *text(const struct run *run, size_t i)
{
	return i < run->texts->len ? run->texts->pdata[i] : "(none)";
}

const char *const plain[] = {"password-command=echo secret", "tls=off",
                             "timeout=2", NULL};

void expect_five(const struct run *run)
{
	cr_assert_eq(run->texts->len, 5, "%u: %s", run->texts->len,
	             run->err.text);
	for (size_t i = 0; i < 5; i++)
		cr_assert_str_eq(text(run, i), five_whole[i].text);
}
