/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/blob.h"
#include "base/file.h"
#include "model/folder.h"
#include "model/format.h"
#include "store/log.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(verify, .timeout = 300);

static int verify(struct env *env, bool full, struct am_verify_result *out)
{
	struct am_error err = {0};
	int r = am_archive_verify(env->path, full, &env->ctx, out, &err);

	cr_assert(!r || *err.text);
	return r;
}

Test(verify, counts_what_is_there)
{
	struct env *env = env_new();
	struct am_verify_result quick, full;

	env_import(env, 0, 120, NULL);
	cr_assert_eq(verify(env, false, &quick), AM_OK);
	cr_assert_eq(verify(env, true, &full), AM_OK);
	cr_assert_eq(quick.messages, 120 - 20 - 4);
	cr_assert_eq(full.messages, quick.messages);
	cr_assert_eq(quick.blobs, 5);
	cr_assert_geq(quick.commits, 4);
	cr_assert_gt(quick.records, quick.commits);
	cr_assert_eq(quick.void_bytes, 0);
	env_free(&env);
}

Test(verify, tails_of_broken_runs_are_no_damage)
{
	struct env *env = env_new();
	struct am_verify_result v;
	char junk[3000];

	env_import(env, 0, 30, NULL);
	memset(junk, 'x', sizeof junk);
	FILE *f = fopen(env->path, "a");
	cr_assert(f);
	cr_assert_eq(fwrite(junk, 1, sizeof junk, f), sizeof junk);
	fclose(f);
	cr_assert_eq(verify(env, true, &v), AM_OK);
	cr_assert_eq(v.void_bytes, sizeof junk);
	env_import(env, 0, 60, NULL);
	cr_assert_eq(verify(env, true, &v), AM_OK);
	cr_assert_eq(v.void_bytes, sizeof junk);
	env_free(&env);
}

static unsigned count_lost(struct env *env)
{
	char *text = env_dump(env, env->path);
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, "?\n")); p++)
		n += p == text || p[-1] == '\n';
	g_free(text);
	return n;
}

/* One byte anywhere in any record is found by the quick check, and what it
 * costs is told: what cannot be read is what was named as lost. */
Test(verify, one_changed_byte_is_found_wherever_it_is)
{
	static const char *const options[] = {NULL, "segment=64k"};

	for (size_t o = 0; o < AM_COUNT(options); o++) {
		struct env *env = env_new();
		env_import(env, 0, 60, options[o]);
		GArray *records = env_records(env);
		for (guint i = 0; i < records->len; i++) {
			struct env_record *rec =
				&g_array_index(records, struct env_record, i);
			/* In the header, and in the payload if there is any. */
			const uint64_t at[] = {9, 40, rec->len - 1};
			for (size_t k = 0; k < AM_COUNT(at); k++) {
				struct am_verify_result v;
				/* The end of an empty payload is a header's,
				 * whose checksum is a byte like the others. */
				env_damage_record(env, rec, at[k]);
				env_forget_notes(env);
				bool last = i == records->len - 1;
				int r = verify(env, false, &v);
				if (!last) {
					cr_assert_eq(r, AM_FAILED,
					             "record %u of type %u, "
					             "byte %" PRIu64,
					             i, rec->type, at[k]);
					cr_assert_gt(v.damaged_records, 0);
				}
				cr_assert_gt(g_hash_table_size(env->notes), 0,
				             "record %u of type %u", i,
				             rec->type);
				env_damage_record(env, rec, at[k]);
				/* Without its commit the end is nobody's; that
				 * is known as long as the catalog knew it. */
				if (last)
					env_verify(env, env->path);
			}
		}
		g_array_free(records, TRUE);
		env_verify(env, env->path);
		env_free(&env);
	}
}

/* No record covers it. */
Test(verify, a_damaged_first_line_is_damage)
{
	struct env *env = env_new();
	struct am_verify_result v;

	env_import(env, 0, 30, NULL);
	env_damage(env->path, 3, 1);
	cr_assert_eq(verify(env, false, &v), AM_FAILED);
	cr_expect_eq(v.damaged_records, 1);
	cr_expect_eq(v.damaged_messages, 0);
	env_free(&env);
}

Test(verify, names_the_messages_that_are_lost)
{
	struct env *env = env_new();
	struct am_verify_result v;

	env_import(env, 0, 100, NULL);
	GArray *records = env_records(env);
	unsigned blocks = 0, blobs = 0;
	for (guint i = 0; i < records->len; i++) {
		struct env_record *rec =
			&g_array_index(records, struct env_record, i);
		if (rec->type != AM_REC_BLOCK && rec->type != AM_REC_BLOB)
			continue;
		if (rec->type == AM_REC_BLOCK ? blocks++ > 1 : blobs++ > 1)
			continue;
		env_damage_record(env, rec, rec->len / 2);
		env_forget_notes(env);
		cr_assert_eq(verify(env, true, &v), AM_FAILED);
		cr_assert_gt(v.damaged_messages, 0);
		cr_assert_eq(v.damaged_blobs, rec->type == AM_REC_BLOB);
		/* By Message-ID, subject and date. */
		cr_assert(strstr(env->texts->str, "@example.org>, subject "
		                                  "\"About "),
		          "%s", env->texts->str);
		cr_assert(strstr(env->texts->str, "date 2021-03-"));
		cr_assert_geq(count_lost(env), v.damaged_messages);
		env_damage_record(env, rec, rec->len / 2);
	}
	cr_assert_gt(blocks, 0);
	cr_assert_gt(blobs, 0);
	g_array_free(records, TRUE);
	env_free(&env);
}

Test(verify, compares_the_catalog_with_the_log)
{
	static const char *const lies[] = {
		"UPDATE placement SET flags = 64 WHERE id = 3",
		"DELETE FROM placement WHERE id = 5",
		"UPDATE message SET subject = 'other' WHERE id = 2",
		"UPDATE folder SET messages = 7",
		"DELETE FROM accession",
	};
	for (size_t i = 0; i < AM_COUNT(lies); i++) {
		struct env *env = env_new();
		char *path =
			g_strconcat(env->path, ".cache/catalog.sqlite", NULL);
		struct am_verify_result v;
		sqlite3 *db;
		env_import(env, 0, 30, NULL);
		cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
		cr_assert_eq(sqlite3_exec(db, lies[i], NULL, NULL, NULL),
		             SQLITE_OK);
		sqlite3_close(db);
		cr_assert_eq(verify(env, false, &v), AM_OK);
		cr_assert_eq(verify(env, true, &v), AM_FAILED);
		cr_assert_gt(v.catalog_differences, 0);
		cr_assert_eq(v.damaged_records + v.damaged_messages, 0);
		cr_assert_gt(env_notes(env, "archive.catalog-differs"), 0);
		cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, NULL),
		             AM_OK);
		env_verify(env, env->path);
		g_free(path);
		env_free(&env);
	}
}

static void cancel_now(void *user, const struct am_progress *progress)
{
	struct env *env = user;
	(void)progress;
	am_cancel_request(&env->cancel);
}

/* An index of the database that does not fit: no table shows it. */
Test(verify, looks_at_the_indexes_of_the_catalog_too)
{
	struct env *env = env_new();
	char *path = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);
	struct am_verify_result v;
	sqlite3 *db;

	env_import(env, 0, 30, NULL);
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	/* Its definition is taken for another's while it is made. */
	cr_assert_eq(
		sqlite3_exec(db,
	                     "PRAGMA writable_schema = 1;"
	                     "UPDATE sqlite_schema SET sql = 'CREATE INDEX "
	                     "placement_words ON placement(words, gone) WHERE "
	                     "words = 0' WHERE name = 'placement_words';"
	                     "PRAGMA writable_schema = RESET; REINDEX "
	                     "placement_words; PRAGMA writable_schema = 1;"
	                     "UPDATE sqlite_schema SET sql = 'CREATE INDEX "
	                     "placement_words ON placement(words, gone) WHERE "
	                     "words <> 0' WHERE name = 'placement_words';",
	                     NULL, NULL, NULL),
		SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	cr_assert_eq(verify(env, true, &v), AM_FAILED);
	cr_expect_gt(v.catalog_differences, 0);
	cr_expect_eq(v.damaged_records + v.damaged_messages, 0);
	/* And whoever comes next has a new one. */
	env_verify(env, env->path);
	g_free(path);
	env_free(&env);
}

/* Hashes are found through pages of our own, which no table shows either. */
Test(verify, looks_at_the_keys_of_the_catalog_too)
{
	static const char *const lies[] = {
		"DELETE FROM keys WHERE kind = 0",
		"DELETE FROM run WHERE kind = 2",
		"UPDATE keys SET data = substr(data, 11, 10) || data"
		" WHERE kind = 0",
		"UPDATE keys SET data = substr(data, 1, 5) || x'ffffffffff'"
		" || substr(data, 11) WHERE kind = 2",
		"UPDATE keys SET data = x''",
	};
	for (size_t i = 0; i < AM_COUNT(lies); i++) {
		struct env *env = env_new();
		char *path =
			g_strconcat(env->path, ".cache/catalog.sqlite", NULL);
		struct am_verify_result v;
		sqlite3 *db;
		env_import(env, 0, 30, NULL);
		cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
		cr_assert_eq(sqlite3_exec(db, lies[i], NULL, NULL, NULL),
		             SQLITE_OK);
		cr_assert_gt(sqlite3_changes(db), 0);
		sqlite3_close(db);
		cr_assert_eq(verify(env, true, &v), AM_FAILED);
		cr_expect_gt(v.catalog_differences, 0, "%zu", i);
		cr_expect_eq(v.damaged_records + v.damaged_messages, 0);
		/* And whoever comes next has a new one. */
		env_verify(env, env->path);
		g_free(path);
		env_free(&env);
	}
}

Test(verify, can_be_cancelled)
{
	struct env *env = env_new();
	struct am_verify_result v;
	struct am_error err = {0};

	env_import(env, 0, 60, NULL);
	env->ctx.on_progress = cancel_now;
	cr_assert_eq(am_archive_verify(env->path, true, &env->ctx, &v, &err),
	             AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	env_free(&env);
}

Test(verify, what_is_no_archive_is_said_so)
{
	struct env *env = env_new();
	struct am_verify_result v;
	struct am_error err = {0};

	cr_assert_eq(am_archive_verify(env->path, false, &env->ctx, &v, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND, "%s", err.text);
	cr_assert(
		g_file_set_contents(env->path, "From me\n\nhello\n", -1, NULL));
	cr_assert_eq(am_archive_verify(env->path, false, &env->ctx, &v, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_FORMAT, "%s", err.text);
	env_free(&env);
}

/* An archive of this message alone is whole. */
static void expect_whole(const char *text, size_t len)
{
	struct env *env = env_new();
	const struct am_location where = {.path = env->path};
	const struct am_job_info info = {.command = "",
	                                 .source = "",
	                                 .format = "eml",
	                                 .program = "test"};
	struct am_verify_result result;
	struct am_folder *root = NULL;
	struct am_message *msg;
	enum am_outcome outcome;
	struct am_sink *sink;
	struct am_error err;
	void *prepared = NULL;

	cr_assert_eq(am_folder_new(&root, NULL, 0, AM_ROLE_NONE, &err), AM_OK);
	cr_assert_eq(
		am_format_archive.open_sink(&sink, &where, &env->ctx, &err),
		AM_OK);
	cr_assert_eq(am_sink_begin(sink, &info, &err), AM_OK);
	cr_assert_eq(am_message_new(&msg, root, &err), AM_OK);
	cr_assert_eq(am_blob_copy(&msg->raw, text, len, &err), AM_OK);
	cr_assert_eq(am_sink_put(sink, msg, &prepared, &outcome, &err), AM_OK);
	cr_assert_eq(am_sink_commit(sink, &err), AM_OK);
	am_sink_close(&sink);
	cr_expect_eq(
		am_archive_verify(env->path, true, &env->ctx, &result, &err),
		AM_OK, "%.40s: %s", text, err.text);
	am_message_free(&msg);
	const struct am_folder *unref = root;
	am_folder_unref(&unref);
	env_free(&env);
}

/* As many parts as are looked at, and more. */
Test(verify, a_message_of_too_many_parts_is_whole)
{
	GString *text = g_string_new("Subject: many\nMIME-Version: 1.0\n"
	                             "Content-Type: multipart/mixed;"
	                             " boundary=b\n\n");

	for (int i = 0; i < 12000; i++)
		g_string_append(text, "--b\nContent-Disposition: attachment\n"
		                      "Content-Transfer-Encoding: base64\n\n"
		                      "eHl6eHl6eHl6\n");
	g_string_append(text, "--b--\n");
	expect_whole(text->str, text->len);
	g_string_free(text, TRUE);
}

/* The catalog is made anew from bytes whose CRLFs were made LFs. */
Test(verify, a_header_is_read_alike_from_what_is_stored)
{
	static const char *const mails[] = {
		"Subject: a\r\n\r\r\nMessage-ID: <b@c>\r\n\r\nx\r\n",
		"Subject: a\r\r\nTo: b\r\r\n\r\r\nMessage-ID: <b@c>\r\r\n",
		"Subject: a\r\r\n b\r\r\n\r\nx\r\n",
		"Subject: a\r\n\r\n",
		"Subject: a\rTo: b\r\rx",
	};

	for (size_t i = 0; i < AM_COUNT(mails); i++)
		expect_whole(mails[i], strlen(mails[i]));
	/* Without the attachment an LF is much nearer. */
	GString *text = g_string_new("From: a@b\rSubject: c\rContent-Type: "
	                             "multipart/mixed; boundary=b\r\r--b\r"
	                             "Content-Disposition: attachment\r"
	                             "Content-Transfer-Encoding: base64\r\r");
	for (int i = 0; i < 2000; i++)
		g_string_append(text, "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"
		                      "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r");
	g_string_append(text, "--b--\rand\nSubject: d\n\nx\n");
	expect_whole(text->str, text->len);
	g_string_free(text, TRUE);
}
