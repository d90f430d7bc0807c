/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/ctx.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

struct heard {
	int n, inside, together, progress;
	enum am_note_level level;
	enum am_kind kind;
	char code[40], text[300];
};

static void on_note(void *user, const struct am_note *note)
{
	struct heard *h = user;

	/* Two at a time would be seen here, more or less surely. */
	if (h->inside++)
		h->together++;
	h->n++;
	h->level = note->level;
	h->kind = note->kind;
	g_strlcpy(h->code, note->code, sizeof h->code);
	g_strlcpy(h->text, note->text, sizeof h->text);
	h->inside--;
}

static void on_progress(void *user, const struct am_progress *progress)
{
	((struct heard *)user)->progress += (int)progress->done;
}

Test(ctx, fills_in_limits)
{
	struct am_limits l = am_limits_or_default(NULL);

	cr_assert_eq(l.header_bytes, 4u << 20);
	cr_assert_eq(l.line_bytes, 64u << 10);
	cr_assert_eq(l.mime_depth, 100);
	cr_assert_eq(l.mime_parts, 10000);
	cr_assert_eq(l.spool_memory, 256u << 10);
	l = am_limits_or_default(&(struct am_limits){.mime_depth = 3});
	cr_assert_eq(l.mime_depth, 3);
	cr_assert_eq(l.mime_parts, 10000);
}

Test(ctx, tells_notes_in_words)
{
	struct heard heard = {0};
	struct am_ctx ctx = {.on_note = on_note, .user = &heard};
	struct am_error err = {.kind = AM_E_FORMAT, .text = "broken"};

	am_ctx_note(&ctx, AM_NOTE_LOSS, "x.y", NULL, NULL, "%d of %s", 3, "it");
	cr_assert_eq(heard.level, AM_NOTE_LOSS);
	cr_assert_str_eq(heard.code, "x.y");
	cr_assert_str_eq(heard.text, "3 of it");
	am_ctx_note_error(&ctx, "x.z", NULL, "origin", &err);
	cr_assert_eq(heard.level, AM_NOTE_ERROR);
	cr_assert_eq(heard.kind, AM_E_FORMAT);
	cr_assert_str_eq(heard.text, "broken");
	am_ctx_progress(&ctx, &(struct am_progress){.done = 4});
	ctx.on_progress = on_progress;
	am_ctx_progress(&ctx, &(struct am_progress){.done = 4});
	cr_assert_eq(heard.progress, 4);
	/* Nobody listens. */
	am_ctx_note(NULL, AM_NOTE_INFO, "x", NULL, NULL, "x");
	am_ctx_note_error(&(struct am_ctx){0}, "x", NULL, NULL, &err);
	am_ctx_progress(NULL, &(struct am_progress){0});
}

static void *talk(void *ctx)
{
	for (int i = 0; i < 2000; i++)
		am_ctx_note(ctx, AM_NOTE_INFO, "x", NULL, NULL, "%d", i);
	return NULL;
}

Test(ctx, lets_listeners_hear_one_at_a_time)
{
	struct heard heard = {0};
	struct am_ctx ctx = {.on_note = on_note, .user = &heard};
	struct am_ctx copy = ctx;
	GThread *threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("talk", talk, i % 2 ? &ctx : &copy);
	for (int i = 0; i < 4; i++)
		g_thread_join(threads[i]);
	cr_assert_eq(heard.n, 8000);
	cr_assert_eq(heard.together, 0);
}

Test(ctx, knows_a_cancel)
{
	struct am_cancel cancel = {0};
	struct am_ctx ctx = {.cancel = &cancel};
	struct am_error err;

	cr_assert_not(am_ctx_cancelled(NULL));
	cr_assert_not(am_ctx_cancelled(&(struct am_ctx){0}));
	cr_assert_not(am_ctx_cancelled(&ctx));
	am_cancel_request(&cancel);
	cr_assert(am_ctx_cancelled(&ctx));
	cr_assert_eq(am_ctx_fail_cancelled(&err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
}

Test(ctx, has_a_place_for_spools)
{
	cr_assert_str_eq(am_ctx_tmpdir(NULL), "/tmp");
	cr_assert_str_eq(am_ctx_tmpdir(&(struct am_ctx){.tmpdir = ""}), "/tmp");
	cr_assert_str_eq(am_ctx_tmpdir(&(struct am_ctx){.tmpdir = "/x"}), "/x");
}
