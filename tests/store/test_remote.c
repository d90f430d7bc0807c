/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive that follows a server: numbers, cursors, changes. */
#include "archive_env.h"

#include "base/blob.h"
#include "model/folder.h"
#include "model/format.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(remote, .timeout = 120);

#define ME    "imap://me@host"
#define OTHER "imap://you@host"

/* A run of the sink, as the pump drives it. */
struct run {
	struct env *env;
	struct am_sink *sink;
	const struct am_folder *inbox;
	struct am_error err;
	unsigned stored, duplicates;
};

static struct run *run_begin(struct env *env, const char *identity)
{
	static const char *const parts[] = {"INBOX"};
	struct run *r = g_new0(struct run, 1);
	const struct am_location where = {.path = env->path};
	const struct am_job_info info = {.command = "copy",
	                                 .source = identity,
	                                 .format = "imap",
	                                 .identity = identity,
	                                 .program = "test"};
	struct am_folder *inbox;

	r->env = env;
	cr_assert_eq(am_folder_new(&inbox, parts, 1, AM_ROLE_INBOX, &r->err),
	             AM_OK);
	r->inbox = inbox;
	cr_assert_eq(am_format_archive.open_sink(&r->sink, &where, &env->ctx,
	                                         &r->err),
	             AM_OK, "%s", r->err.text);
	cr_assert_eq(am_sink_begin(r->sink, &info, &r->err), AM_OK);
	return r;
}

static void run_end(struct run *r)
{
	const struct am_ledger ledger = {.found = r->stored + r->duplicates,
	                                 .stored = r->stored,
	                                 .duplicates = r->duplicates};

	cr_assert_eq(am_sink_finish(r->sink, &ledger, true, &r->err), AM_OK);
	cr_assert_eq(am_sink_commit(r->sink, &r->err), AM_OK, "%s",
	             r->err.text);
	am_sink_close(&r->sink);
	am_folder_unref(&r->inbox);
	g_free(r);
}

static void put(struct run *r, uint32_t validity, uint32_t uid, uint32_t flags,
                const char *text)
{
	struct am_message *msg;
	enum am_outcome outcome;
	void *prepared = NULL;
	char *raw = g_strdup_printf("Subject: %s\r\nMessage-ID: <%s@x>\r\n"
	                            "\r\n%s\r\n",
	                            text, text, text);

	cr_assert_eq(am_message_new(&msg, r->inbox, &r->err), AM_OK);
	cr_assert_eq(am_blob_take(&msg->raw, raw, strlen(raw), &r->err), AM_OK);
	msg->uidvalidity = validity;
	msg->uid = uid;
	msg->flags = flags;
	cr_assert_eq(am_sink_put(r->sink, msg, &prepared, &outcome, &r->err),
	             AM_OK, "%s", r->err.text);
	if (outcome == AM_STORED)
		r->stored++;
	else
		r->duplicates++;
	am_message_free(&msg);
}

static void change(struct run *r, struct am_change what)
{
	what.folder = r->inbox;
	cr_assert_eq(am_sink_change(r->sink, ME, &what, &r->err), AM_OK, "%s",
	             r->err.text);
}

static int write_down(void *user, const struct am_remembered *m,
                      struct am_error *err)
{
	(void)err;
	g_string_append_printf(user, "%u/%u:%x%s:%s", m->uidvalidity, m->uid,
	                       m->flags, m->gone ? "-" : "",
	                       m->message_id ? m->message_id : "");
	for (size_t i = 0; i < m->n_keywords; i++)
		g_string_append_printf(user, ",%s", m->keywords[i]);
	g_string_append_c(user, ' ');
	return AM_OK;
}

/* What a new run is told. */
static void expect(struct env *env, const char *source, const char *wanted,
                   const char *cursor)
{
	struct run *r = run_begin(env, source);
	GString *said = g_string_new(NULL);
	char *value = NULL;

	cr_assert(r->sink->memory);
	const struct am_memory_ops *ops = r->sink->memory->ops;
	cr_assert_eq(ops->each(r->sink->memory, source, r->inbox, write_down,
	                       said, &r->err),
	             AM_OK, "%s", r->err.text);
	cr_assert_str_eq(said->str, wanted);
	cr_assert_eq(
		ops->cursor(r->sink->memory, source, r->inbox, &value, &r->err),
		AM_OK);
	if (cursor)
		cr_assert_str_eq(value, cursor);
	else
		cr_assert_null(value);
	g_free(value);
	g_string_free(said, TRUE);
	run_end(r);
}

static void remember(struct run *r, const char *source, const char *cursor)
{
	cr_assert_eq(
		am_sink_remember(r->sink, source, r->inbox, cursor, &r->err),
		AM_OK);
}

static struct env *filled(void)
{
	struct env *env = env_new();
	struct run *r = run_begin(env, ME);

	cr_assert_null(r->sink->memory, "a new archive remembers nothing");
	put(r, 7, 1, AM_SEEN, "one");
	put(r, 7, 2, 0, "two");
	put(r, 7, 5, 0, "one"); /* a second copy is a second message */
	remember(r, ME, "uidnext=6");
	cr_assert_eq(r->stored, 3);
	run_end(r);
	return env;
}

Test(remote, numbers_and_cursors_come_back)
{
	struct env *env = filled();

	expect(env, ME, "7/1:1:one@x 7/2:0:two@x 7/5:0:one@x ", "uidnext=6");
	expect(env, OTHER, "", NULL);
	env_remove_cache(env);
	expect(env, ME, "7/1:1:one@x 7/2:0:two@x 7/5:0:one@x ", "uidnext=6");
	env_verify(env, env->path);
	env_free(&env);
}

Test(remote, the_same_number_is_the_same_message)
{
	struct env *env = filled();
	struct run *r = run_begin(env, ME);

	/* Asked for again, with another flag: nothing new but the flag. */
	put(r, 7, 1, AM_SEEN | AM_FLAGGED, "one");
	cr_assert_eq(r->duplicates, 1);
	/* The same bytes under a new number: one more copy. */
	put(r, 7, 9, 0, "two");
	cr_assert_eq(r->stored, 1);
	run_end(r);
	expect(env, ME, "7/1:5:one@x 7/2:0:two@x 7/5:0:one@x 7/9:0:two@x ",
	       "uidnext=6");
	env_verify(env, env->path);
	env_free(&env);
}

Test(remote, mail_that_was_there_gets_its_number)
{
	struct env *env = filled();
	struct run *r = run_begin(env, OTHER);

	put(r, 3, 11, 0, "two");
	cr_assert_eq(r->duplicates, 1);
	run_end(r);
	expect(env, OTHER, "3/11:0:two@x ", NULL);
	expect(env, ME, "7/1:1:one@x 7/2:0:two@x 7/5:0:one@x ", "uidnext=6");
	env_remove_cache(env);
	expect(env, OTHER, "3/11:0:two@x ", NULL);
	env_free(&env);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

Test(remote, changes_are_followed_and_take_nothing_away)
{
	static const char *const words[] = {"work"};
	struct env *env = filled();
	char *before = env_dump(env, env->path);
	struct run *r = run_begin(env, ME);

	change(r, (struct am_change){.kind = AM_NEWS_FLAGS,
	                             .uidvalidity = 7,
	                             .uid = 1,
	                             .flags = AM_ANSWERED,
	                             .n_keywords = 1,
	                             .keywords = words});
	change(r, (struct am_change){
			  .kind = AM_NEWS_GONE, .uidvalidity = 7, .uid = 2});
	change(r, (struct am_change){.kind = AM_NEWS_UID,
	                             .uidvalidity = 7,
	                             .uid = 5,
	                             .new_uidvalidity = 8,
	                             .new_uid = 1});
	/* Of a message that never came: nothing happens. */
	change(r, (struct am_change){
			  .kind = AM_NEWS_GONE, .uidvalidity = 7, .uid = 99});
	remember(r, ME, "uidnext=2");
	run_end(r);
	for (int again = 0; again < 2; again++) {
		expect(env, ME, "7/1:2:one@x,work 7/2:0-:two@x 8/1:0:one@x ",
		       "uidnext=2");
		env_verify(env, env->path);
		env_remove_cache(env);
	}
	/* It is still there to be read. */
	char *after = env_dump(env, env->path);
	cr_assert_eq(lines(after), lines(before), "%s", after);
	g_free(after);
	g_free(before);
	/* And when it comes back it takes its old place. */
	r = run_begin(env, ME);
	put(r, 7, 12, 0, "two");
	cr_assert_eq(r->duplicates, 1);
	run_end(r);
	expect(env, ME, "7/1:2:one@x,work 7/12:0:two@x 8/1:0:one@x ",
	       "uidnext=2");
	env_free(&env);
}

Test(remote, a_compacted_archive_still_remembers)
{
	struct env *env = filled();
	const struct am_compact_options options = {0};
	struct am_repair_result done;
	struct am_error err = {0};

	cr_assert_eq(
		am_archive_compact(env->path, &options, &env->ctx, &done, &err),
		AM_OK, "%s", err.text);
	expect(env, ME, "7/1:1:one@x 7/2:0:two@x 7/5:0:one@x ", "uidnext=6");
	env_free(&env);
}
