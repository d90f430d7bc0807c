/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mailbox that comes through a pipe: once, and the same as from a file. */
#include "test_mbox_help.h"

#include "base/cancel.h"
#include "model/ctx.h"
#include "model/source.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct feed {
	char *path;
	const GString *bytes;
};

static gpointer write_all(gpointer user)
{
	const struct feed *f = user;
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);
	size_t at = 0;

	/* In odd pieces: nothing may hang on where one ends. */
	while (fd >= 0 && at < f->bytes->len) {
		ssize_t n = write(fd, f->bytes->str + at,
		                  MIN(f->bytes->len - at, 7777));
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Read through a pipe of that name. */
static struct run *run_pipe(const char *name, const GString *bytes,
                            const char *options, size_t memory)
{
	char *dir = mbox_tmp();
	struct feed feed = {g_build_filename(dir, name, NULL), bytes};

	cr_assert_eq(mkfifo(feed.path, 0600), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	GThread *writer = g_thread_new("writer", write_all, &feed);
	struct run *run = mbox_run(feed.path, options, memory);
	/* If it was not opened, the writer waits for that. */
	int fd = open(feed.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(fd);
	g_thread_join(writer);
	g_free(feed.path);
	mbox_tmp_remove(&dir);
	return run;
}

static GString *mailbox(size_t large)
{
	GString *s = g_string_new(NULL);

	for (int i = 0; i < 40; i++) {
		g_string_append_printf(
			s,
			"From a@example.org Mon Jan  1 00:00:%02d 2001\n"
			"From: a@example.org\nSubject: number %d\n\n"
			">From the start\n>>From another\n",
			i, i);
		for (size_t n = 0; i == 20 && n < large; n++)
			g_string_append_c(s, n % 70 ? 'x' : '\n');
		g_string_append(s, "\n\n");
	}
	return s;
}

static void same(const struct run *a, const struct run *b)
{
	cr_assert_eq(a->failures->len, 0);
	cr_assert_eq(b->failures->len, 0);
	cr_assert_eq(a->messages->len, b->messages->len);
	for (guint i = 0; i < a->messages->len; i++) {
		const struct got *x = mbox_got(a, i), *y = mbox_got(b, i);
		cr_expect(g_bytes_equal(x->raw, y->raw), "message %u", i);
		cr_expect_str_eq(x->origin, y->origin);
		cr_expect_eq(x->exactness, y->exactness);
		cr_expect_eq(x->received.sec, y->received.sec);
	}
	cr_expect(g_string_equal(a->whole, b->whole));
}

Test(mbox_pipe, gives_what_a_file_gives)
{
	GString *s = mailbox(300000);
	struct run *file = mbox_run_bytes("in", s->str, s->len, NULL, 1 << 20);
	struct run *pipe = run_pipe("in", s, NULL, 1 << 20);
	struct run *little = run_pipe("in", s, NULL, 4096);

	cr_assert_eq(pipe->messages->len, 40);
	cr_expect_eq(pipe->whole->len, s->len);
	cr_expect_str_eq(mbox_got(pipe, 0)->folder, "in");
	same(file, pipe);
	same(file, little);
	mbox_run_free(&file);
	mbox_run_free(&pipe);
	mbox_run_free(&little);
	g_string_free(s, TRUE);
}

Test(mbox_pipe, goes_by_the_name_it_is_given)
{
	GString *s = mailbox(0);
	struct run *run = run_pipe("in", s, "name=Old-lists", 1 << 20);

	cr_assert_eq(run->messages->len, 40);
	cr_expect_str_eq(mbox_got(run, 0)->folder, "Old-lists");
	cr_expect_str_eq(mbox_got(run, 0)->origin, "Old-lists:0");
	mbox_run_free(&run);
	g_string_free(s, TRUE);
}

Test(mbox_pipe, with_nothing_in_it_is_an_empty_mailbox)
{
	GString *s = g_string_new(NULL);
	struct run *run = run_pipe("in", s, NULL, 1 << 20);

	cr_expect_eq(run->messages->len, 0);
	cr_expect_eq(run->failures->len, 0);
	cr_expect_eq(run->folders->len, 1);
	mbox_run_free(&run);
	g_string_assign(s, "hello\n");
	run = run_pipe("in", s, NULL, 1 << 20);
	cr_assert_eq(run->failures->len, 1);
	cr_expect(strstr(run->failures->pdata[0], "no From_ line in 6 bytes"));
	mbox_run_free(&run);
	g_string_free(s, TRUE);
}

struct broken {
	struct feed feed;
	struct am_cancel cancel;
};

static gpointer write_and_break_off(gpointer user)
{
	struct broken *b = user;

	write_all(&b->feed);
	am_cancel_request(&b->cancel);
	return NULL;
}

/* While nobody writes; and in the middle of a message, whose beginning is then
 * no message. */
Test(mbox_pipe, can_be_left_while_it_is_waited_for)
{
	char *dir = mbox_tmp();
	GString *s = mailbox(0);
	struct broken b = {{g_build_filename(dir, "in", NULL), s}, {0}};
	struct am_ctx ctx = {.cancel = &b.cancel};
	struct am_location where = {.path = b.feed.path};

	cr_assert_eq(mkfifo(b.feed.path, 0600), 0);
	for (size_t len = 0;; len = s->len) {
		struct am_source *src = NULL;
		struct am_item item = {0};
		struct am_error err = {0};
		unsigned n = 0;
		/* The writer's end stays open, so there is no end. */
		int fd = open(b.feed.path, O_RDWR | O_CLOEXEC);
		b.cancel.asked = 0;
		g_string_truncate(s, len);
		GThread *t = g_thread_new("w", write_and_break_off, &b);
		int r = am_format_mbox.open_source(&src, &where, &ctx, &err);
		cr_assert_eq(r, AM_OK);
		while (!(r = am_source_next(src, &item, &err))) {
			n += item.message != NULL;
			am_message_free(&item.message);
		}
		cr_expect_eq(r, AM_FATAL);
		cr_expect_eq(err.kind, AM_E_CANCELLED);
		cr_expect_lt(n, 40);
		am_source_close(&src);
		g_thread_join(t);
		close(fd);
		if (len)
			break;
		g_string_free(s, TRUE);
		b.feed.bytes = s = mailbox(0);
	}
	g_string_free(s, TRUE);
	g_free(b.feed.path);
	mbox_tmp_remove(&dir);
}
