/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/blob.h"
#include "model/folder.h"
#include "model/format.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(archive, .timeout = 120);

/* What was put must come back: lines of messages as put, by origin. */
static void check_everything(struct env *env, unsigned n)
{
	struct am_location where = {.path = env->path};
	struct am_source *src;
	struct am_item item;
	struct am_error err = {0};
	unsigned seen = 0, folders = 0;

	cr_assert_eq(
		am_format_archive.open_source(&src, &where, &env->ctx, &err),
		AM_OK, "%s", err.text);
	cr_assert_eq(src->total, n);
	int r;
	while (!(r = am_source_next(src, &item, &err))) {
		if (!item.message) {
			folders++;
			continue;
		}
		struct am_message *got = item.message;
		cr_assert(g_str_has_prefix(got->origin, "box:"));
		unsigned i =
			(unsigned)g_ascii_strtoull(got->origin + 4, NULL, 10);
		struct am_message *put = box_message(i);
		cr_assert_eq(am_source_load(src, got, &err), AM_OK, "%u: %s", i,
		             err.text);
		size_t len = (size_t)am_blob_size(got->raw), have;
		char *bytes = g_malloc(len + 1);
		cr_assert_eq(am_blob_read(got->raw, 0, bytes, len, &have, NULL),
		             AM_OK);
		GString *want = box_bytes(i);
		cr_assert_eq(len, want->len, "%u", i);
		cr_assert(!memcmp(bytes, want->str, len), "%u", i);
		g_string_free(want, TRUE);
		g_free(bytes);
		cr_assert(am_folder_equal(got->folder, put->folder));
		cr_assert_eq(got->flags, put->flags);
		cr_assert_eq(got->exactness, put->exactness);
		cr_assert_eq(got->n_keywords, put->n_keywords);
		cr_assert_eq(got->n_labels, put->n_labels);
		cr_assert_eq(got->n_dates, put->n_dates);
		cr_assert_eq(got->received.known, put->received.known);
		cr_assert_eq(got->received.sec, put->received.sec);
		cr_assert_eq(got->received.offset_min,
		             put->received.offset_min);
		const struct am_prop *uid = am_message_prop(got, "source.uid");
		cr_assert(uid);
		cr_assert_eq(g_ascii_strtoull(uid->value, NULL, 10), put->uid);
		for (size_t k = 0; k < put->n_props; k++) {
			const struct am_prop *p =
				am_message_prop(got, put->props[k].name);
			cr_assert(p && p->len == put->props[k].len);
			cr_assert(
				!memcmp(p->value, put->props[k].value, p->len));
		}
		cr_assert_eq(!got->envelope_sender, !put->envelope_sender);
		am_message_free(&put);
		am_message_free(&item.message);
		seen++;
	}
	cr_assert_eq(r, AM_END, "%s", err.text);
	cr_assert_eq(seen, n);
	cr_assert_eq(folders, 2);
	am_source_close(&src);
}

static const char *const variants[] = {NULL, "codec=zlib", "codec=stored",
                                       "segment=64k", "level=9"};

Test(archive, gives_back_what_was_put)
{
	for (size_t v = 0; v < AM_COUNT(variants); v++) {
		struct env *env = env_new();
		struct box_run run = env_import(env, 0, 150, variants[v]);
		cr_assert_eq(run.stored, 150);
		check_everything(env, 150);
		env_verify(env, env->path);
		struct stat st;
		cr_assert(!stat(env->path, &st));
		cr_assert_eq(!!S_ISDIR(st.st_mode), v == 3);
		env_free(&env);
	}
}

Test(archive, bytes_and_attachments_are_stored_once)
{
	struct env *env = env_new();
	struct am_archive_stats st;

	env_import(env, 0, 240, NULL);
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
	cr_assert_eq(st.placements, 240);
	/* 20 groups of 12: two placed again, and one empty message in all. */
	cr_assert_eq(st.messages, 240 - 40 - 9);
	cr_assert_eq(st.blobs, 10);
	cr_assert_eq(st.folders, 2);
	cr_assert_eq(st.max_seq, 240);
	am_archive_close(&a);
	env_free(&env);
}

Test(archive, a_second_run_adds_nothing)
{
	struct env *env = env_new();

	env_import(env, 0, 150, NULL);
	char *before = env_dump(env, env->path);
	struct box_run run = env_import(env, 0, 150, NULL);
	cr_assert_eq(run.stored, 0);
	cr_assert_eq(run.duplicates, 150);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	g_free(after);
	/* And one that goes on adds what is new only. */
	run = env_import(env, 100, 200, NULL);
	/* 50 less two empty mails, of which there were enough. */
	cr_assert_eq(run.stored, 48);
	cr_assert_eq(run.duplicates, 52);
	env_verify(env, env->path);
	g_free(before);
	env_free(&env);
}

Test(archive, the_same_mail_twice_keeps_two_places)
{
	struct env *env = env_new();

	/* Runs that put message 0 so many times, and how many are there then:
	 * as many as the most that one run had. */
	static const unsigned runs[][2] = {{2, 2}, {2, 2}, {1, 2},
	                                   {3, 3}, {0, 3}, {3, 3}};
	for (size_t i = 0; i < AM_COUNT(runs); i++) {
		struct am_sink *sink = env_sink(env);
		for (unsigned k = 0; k < runs[i][0]; k++) {
			struct am_message *msg = box_message(0);
			env_put(sink, msg);
			am_message_free(&msg);
		}
		cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
		am_sink_close(&sink);
		struct am_archive *a = env_open(env);
		struct am_archive_stats st;
		cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
		cr_assert_eq(st.placements, runs[i][1], "run %zu", i);
		cr_assert_eq(st.messages, 1);
		am_archive_close(&a);
	}
	env_verify(env, env->path);
	env_free(&env);
}

static int take_flags(void *user, const struct am_archive_placement *p,
                      struct am_error *err)
{
	GString *s = user;

	(void)err;
	g_string_append_printf(s, "%x", p->meta->flags);
	for (size_t i = 0; i < p->meta->n_keywords; i++)
		g_string_append_printf(s, " %s", p->meta->keywords[i]);
	for (size_t i = 0; i < p->meta->n_labels; i++)
		g_string_append_printf(s, " +%s", p->meta->labels[i]);
	g_string_append_printf(s, " @%" PRId64, p->meta->received.sec);
	return AM_OK;
}

static void import_flags(struct env *env, const char *source, uint32_t flags,
                         const char *keyword, const char *label)
{
	struct am_job_info info = {.source = source};
	struct am_sink *sink = env_sink(env);
	struct am_message *msg = box_message(0);

	msg->flags = flags;
	msg->received.known = true;
	msg->received.sec = 1000;
	if (keyword)
		am_message_add_keyword(msg, keyword);
	if (label)
		am_message_add_label(msg, label);
	cr_assert_eq(am_sink_begin(sink, &info, NULL), AM_OK);
	env_put(sink, msg);
	am_message_free(&msg);
	cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
	am_sink_close(&sink);
}

static char *flags_now(struct env *env)
{
	struct am_archive *a = env_open(env);
	GString *s = g_string_new(NULL);

	cr_assert_eq(am_archive_placements(a, 1, take_flags, s, NULL), AM_OK);
	am_archive_close(&a);
	return g_string_free(s, FALSE);
}

/* The source a placement came from is followed in what it changes; another one
 * only adds, and keeps what it added. */
Test(archive, flags_follow_their_source_and_others_only_add)
{
	static const struct {
		const char *source, *keyword, *label;
		uint32_t flags;
		const char *then;
	} steps[] = {
		{"imap:a", "$One", "L", 3, "3 $One +L @1000"},
		{"imap:a", "$Two", "L", 1, "1 $Two +L @1000"},
		{"mbox:b", NULL, NULL, 0, "1 $Two +L @1000"},
		{"mbox:b", "$Three", "M", 4, "5 $Two $Three +L +M @1000"},
		{"imap:a", NULL, NULL, 0, "4 $Three @1000"},
	};
	struct env *env = env_new();

	for (size_t i = 0; i < AM_COUNT(steps); i++) {
		import_flags(env, steps[i].source, steps[i].flags,
		             steps[i].keyword, steps[i].label);
		char *now = flags_now(env);
		cr_assert_str_eq(now, steps[i].then);
		g_free(now);
		env_verify(env, env->path);
	}
	env_free(&env);
}

Test(archive, without_a_commit_nothing_happened)
{
	struct env *env = env_new();
	struct box_run run = {.from = 60, .to = 130, .no_commit = true};

	env_import(env, 0, 60, NULL);
	char *before = env_dump(env, env->path);
	cr_assert_eq(box_import(&am_format_archive, env->path, NULL, &run,
	                        &env->ctx, NULL),
	             AM_OK);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	env_verify(env, env->path);
	run = env_import(env, 0, 130, NULL);
	cr_assert_eq(run.stored, 70);
	env_verify(env, env->path);
	g_free(before);
	g_free(after);
	env_free(&env);
}

Test(archive, a_message_without_bytes_fails_alone)
{
	struct env *env = env_new();
	struct am_sink *sink = env_sink(env);
	struct am_message *msg = box_message(1);
	struct am_error err = {0};
	enum am_outcome outcome;
	void *prepared = NULL;

	am_blob_unref(&msg->raw);
	cr_assert_eq(am_sink_prepare(sink, msg, &prepared, &err), AM_FAILED);
	cr_assert_eq(am_sink_put(sink, msg, &prepared, &outcome, &err),
	             AM_FAILED);
	am_message_free(&msg);
	msg = box_message(2);
	cr_assert_eq(env_put(sink, msg), AM_STORED);
	am_message_free(&msg);
	cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
	am_sink_close(&sink);
	env_verify(env, env->path);
	env_free(&env);
}

Test(archive, an_archive_into_an_archive_is_the_same)
{
	struct env *env = env_new(), *other = env_new();
	struct am_location where = {.path = env->path};
	struct am_source *src;
	struct am_item item;

	env_import(env, 0, 100, NULL);
	struct am_sink *sink = env_sink(other);
	cr_assert_eq(
		am_format_archive.open_source(&src, &where, &env->ctx, NULL),
		AM_OK);
	while (!am_source_next(src, &item, NULL)) {
		if (!item.message) {
			cr_assert_eq(am_sink_folder(sink, item.folder, NULL),
			             AM_OK);
			continue;
		}
		cr_assert_eq(am_source_load(src, item.message, NULL), AM_OK);
		env_put(sink, item.message);
		am_message_free(&item.message);
	}
	cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
	am_sink_close(&sink);
	am_source_close(&src);
	/* Ids differ, all else is the same, the first UID included. */
	char *a = env_dump(env, env->path), *b = env_dump(other, other->path);
	GRegex *re = g_regex_new("archive.id=\\d+", 0, 0, NULL);
	char *a2 = g_regex_replace(re, a, -1, 0, "", 0, NULL);
	char *b2 = g_regex_replace(re, b, -1, 0, "", 0, NULL);
	cr_assert_str_eq(a2, b2);
	g_regex_unref(re);
	g_free(a);
	g_free(b);
	g_free(a2);
	g_free(b2);
	env_free(&env);
	env_free(&other);
}

/* A file in the cache's place stands for a medium nobody can write to, which
 * does not stop root. */
Test(archive, cancelling_stops_reading)
{
	struct env *env = env_new();
	struct am_error err = {0};
	struct am_archive *a;

	env_import(env, 0, 60, NULL);
	env_remove_cache(env);
	am_cancel_request(&env->cancel);
	cr_assert_lt(am_archive_open(&a, env->path, false, &env->ctx, &err), 0);
	cr_assert_eq(err.kind, AM_E_CANCELLED, "%s", err.text);
	env_free(&env);
}

Test(archive, options_that_make_no_sense_are_refused)
{
	static const char *const bad[] = {"codec=rar", "level=0", "level=x",
	                                  "segment=much", "colour=red"};
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct env *env = env_new();
		const char *options[] = {bad[i], NULL};
		struct am_location where = {.path = env->path,
		                            .options = options};
		struct am_sink *sink;
		struct am_error err = {0};
		cr_assert_eq(am_format_archive.open_sink(&sink, &where,
		                                         &env->ctx, &err),
		             AM_FAILED);
		cr_assert_eq(err.kind, AM_E_ARGUMENT, "%s", err.text);
		cr_assert(!g_file_test(env->path, G_FILE_TEST_EXISTS));
		env_free(&env);
	}
}

Test(archive, is_recognised_by_its_first_words)
{
	static const char head[] = "mailark archive, format 1; the rest";
	struct am_probe_entry entry = {.name = "000000.seg",
	                               .head = (const uint8_t *)head,
	                               .head_len = sizeof head - 1};
	struct am_probe file = {.head = (const uint8_t *)head,
	                        .head_len = sizeof head - 1};
	struct am_probe folder = {
		.is_directory = true, .n_entries = 1, .entries = &entry};
	struct am_probe none = {.head = (const uint8_t *)"From x",
	                        .head_len = 6};

	cr_assert_gt(am_format_archive.probe(&file), 100);
	cr_assert_gt(am_format_archive.probe(&folder), 100);
	cr_assert_eq(am_format_archive.probe(&none), 0);
	entry.name = "x.mbox";
	cr_assert_eq(am_format_archive.probe(&folder), 0);
}
