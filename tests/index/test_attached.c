/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/attached.h"

#include "base/file.h"
#include "index/index_env.h"
#include "index/matched.h"
#include "support/document_sample.h"
#include "support/extract_program.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(attached, .fini = am_test_tmpdir_end);

/* Takes doc. */
static char *mail(int n, const char *name, GByteArray *doc)
{
	char *base64 = g_base64_encode(doc->data, doc->len);
	char *out = g_strdup_printf(
		"From: a@x.example\nSubject: mail %d\nMessage-ID: <%d@x>\n"
		"Date: Thu, 2 Jan 2020 03:%02d:05 +0000\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		"see the file\n--b\nContent-Type: application/octet-stream\n"
		"Content-Disposition: attachment; filename=\"%s\"\n"
		"Content-Transfer-Encoding: base64\n\n%s\n--b--\n",
		n, n, n, name, base64);

	g_free(base64);
	g_byte_array_unref(doc);
	return out;
}

static struct index_env *begin(void)
{
	struct index_env *env = index_env_new();

	env->extract = am_test_extract_program();
	return env;
}

static void store(struct index_env *env, char **mails, size_t n)
{
	struct am_test_message *m = g_new0(struct am_test_message, n);

	for (size_t i = 0; i < n; i++)
		m[i] = (struct am_test_message){.folder = {"INBOX"},
		                                .bytes = mails[i]};
	index_env_put(env, m, n);
	for (size_t i = 0; i < n; i++)
		g_free(mails[i]);
	g_free(m);
}

/* Each with what is in it. */
static void fill(struct index_env *env)
{
	const struct am_test_zip_member zip[] = {
		{.name = "deep/inner.txt", .data = "grapefruit"},
		{.name = NULL}};
	char *mails[] = {
		mail(1, "letter.docx", am_test_docx("apricot")),
		mail(2, "report.pdf", am_test_pdf("banana\ncherry")),
		mail(3, "again.docx", am_test_docx("apricot")),
		mail(4, "old.doc", am_test_doc("damson")),
		mail(5, "box.zip", am_test_zip_of(zip)),
		mail(6, "locked.pdf", am_test_pdf_locked()),
		mail(7, "cut.zip", am_test_repeat("PK\3\4 nothing", 1)),
		mail(8, "scan.pdf", am_test_pdf("")),
		mail(9, "picture.png", am_test_repeat("apricot", 1)),
		mail(10, "note.txt", am_test_repeat("elderberry", 1)),
	};

	store(env, mails, AM_COUNT(mails));
}

Test(attached, files_are_searched_by_what_they_say)
{
	struct index_env *env = begin();

	fill(env);
	index_env_follow(env, 2);
	index_env_expect(env, "apricot", "1 3");
	index_env_expect(env, "attached:cherry", "2");
	index_env_expect(env, "\"A title\"", "1 3");
	index_env_expect(env, "subject:damson", "");
	index_env_expect(env, "damson", "4");
	index_env_expect(env, "grapefruit", "5");
	index_env_expect(env, "filename:inner.txt", "5");
	index_env_expect(env, "elderberry", "10");
	index_env_expect(env, "secret", "");
	index_env_free(&env);
}

Test(attached, what_became_of_a_file_is_searched_too)
{
	struct index_env *env = begin();

	fill(env);
	index_env_follow(env, 1);
	index_env_expect(env, "extract:ok", "1 2 3 4 5 10");
	index_env_expect(env, "extract:encrypted", "6");
	index_env_expect(env, "extract:damaged", "7");
	index_env_expect(env, "extract:failed", "7");
	index_env_expect(env, "extract:empty", "8");
	index_env_expect(env, "extract:OK filename:docx", "1 3");
	index_env_expect(env, "extract:timeout", "");
	char *got = index_env_search(env, "extract:nothing", AM_SORT_DATE);
	cr_expect(g_str_has_prefix(got, "? "), "%s", got);
	g_free(got);
	index_env_free(&env);
}

/* The cache outlives the index: made anew, nothing is read again. */
Test(attached, an_index_made_anew_reads_nothing_again)
{
	struct index_env *env = begin();

	fill(env);
	index_env_follow(env, 1);
	index_env_close(env);
	cr_assert_eq(am_remove_tree(env->dir, NULL), AM_OK);
	g_free(env->extract);
	env->extract = am_test_path("no-program");
	index_env_follow(env, 1);
	index_env_expect(env, "apricot", "1 3");
	index_env_expect(env, "extract:encrypted", "6");
	index_env_expect(env, "extract:skipped", "");
	cr_expect(!g_hash_table_contains(env->notes, "extract.unable"));
	/* A new file is. */
	char *mails[] = {mail(11, "new.docx", am_test_docx("fig"))};
	store(env, mails, 1);
	index_env_follow(env, 1);
	index_env_expect(env, "extract:skipped", "11");
	cr_expect(g_hash_table_contains(env->notes, "extract.unable"));
	index_env_free(&env);
}

Test(attached, without_a_program_nothing_is_read)
{
	struct index_env *env = begin();
	char *cache = am_attached_cache_path(env->dir);

	g_clear_pointer(&env->extract, g_free);
	fill(env);
	index_env_follow(env, 1);
	index_env_expect(env, "apricot", "");
	index_env_expect(env, "extract:ok", "");
	cr_expect(!am_test_exists("a.mailark.cache/"
	                          "xapian-attachments.sqlite"));
	cr_expect(g_str_has_suffix(cache, "/xapian-attachments.sqlite"));
	g_free(cache);
	index_env_free(&env);
}

/* Documents wait for their files in their order, and more of them than may be
 * read ahead. */
Test(attached, messages_stay_in_order)
{
	enum { N = 150 };
	struct index_env *env = begin();
	char *mails[N];

	for (int i = 0; i < N; i++) {
		char *text = g_strdup_printf("every word%d", i);
		char *plain = g_strdup_printf("Subject: every\n\nword%d\n", i);
		mails[i] =
			i % 3 ? plain : mail(i, "a.docx", am_test_docx(text));
		if (!(i % 3))
			g_free(plain);
		g_free(text);
	}
	store(env, mails, N);
	index_env_follow(env, 1);
	for (int i = 0; i < N; i += 7) {
		char *query = g_strdup_printf("word%d", i);
		char *id = g_strdup_printf("%d", i + 1);
		index_env_expect(env, query, id);
		g_free(query);
		g_free(id);
	}
	index_env_expect(env, "extract:failed", "");
	char *got = index_env_search(env, "every", AM_SORT_SIZE);
	cr_expect_eq(g_strrstr(got, "?"), NULL, "%s", got);
	g_free(got);
	index_env_free(&env);
}

static gpointer cancel_soon(gpointer user)
{
	struct index_env *env = user;

	g_usleep(200000);
	am_cancel_request(&env->cancel);
	return NULL;
}

/* A program that never answers: cancelled, the index does not wait. */
Test(attached, a_cancel_does_not_wait_for_a_file)
{
	struct index_env *env = begin();
	char *mails[] = {mail(1, "a.docx", am_test_docx("fig")), NULL, NULL};
	struct am_error err = {.text = ""};

	mails[1] = g_strdup("Subject: b\n\nplain\n");
	mails[2] = g_strdup("Subject: c\n\nplain\n");
	store(env, mails, 3);
	g_free(env->extract);
	env->extract = am_test_path("slow");
	am_test_write_text("slow", "#!/bin/sh\nprintf "
	                           "'amextrct\\001\\0\\0\\0\\0\\0' >&0\n"
	                           "cat >/dev/null\n");
	chmod(env->extract, 0755);
	GThread *later = g_thread_new("cancel", cancel_soon, env);
	cr_expect_eq(index_env_update(env, 1, &err), AM_FATAL);
	cr_expect_eq(err.kind, AM_E_CANCELLED);
	g_thread_join(later);
	index_env_free(&env);
}

Test(attached, a_snippet_shows_what_the_file_says)
{
	const struct am_test_zip_member zip[] = {
		{.name = "in.txt", .data = "nectarine"}, {.name = NULL}};
	struct index_env *env = begin();
	GByteArray *text = am_test_repeat("many words ", 10000);
	g_byte_array_append(text, (const guint8 *)"mulberry here", 14);
	char *mails[] = {mail(1, "long.docx", am_test_docx((char *)text->data)),
	                 mail(2, "short.docx", am_test_docx("quince here")),
	                 mail(3, "box.zip", am_test_zip_of(zip))};
	struct am_error err = {.text = ""};
	static const struct {
		const char *query, *shown, *file;
		int64_t id;
	} cases[] = {{"quince", "<quince> here and more", "short.docx", 2},
	             /* behind what the index keeps of a text */
	             {"mulberry", "<mulberry> here and more", "long.docx", 1},
	             {"nectarine", "<nectarine>", "box.zip: in.txt", 3}};

	store(env, mails, 3);
	g_byte_array_unref(text);
	index_env_follow(env, 1);
	index_env_expect(env, "here", "1 2");
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_query *q = NULL;
		char *line = NULL;
		cr_assert_eq(am_query_parse(&q, cases[i].query, 0, &err),
		             AM_OK);
		cr_expect_eq(am_index_snippet(env->index, env->archive, q,
		                              cases[i].id, "<", ">", &line,
		                              &err),
		             AM_OK);
		cr_expect(line && strstr(line, cases[i].shown), "%s", line);
		g_free(line);
		struct am_matched m;
		cr_assert_eq(am_index_matched(&m, env->index, env->archive, q,
		                              cases[i].id, "<", ">", &err),
		             AM_OK);
		cr_expect(m.files[0], "%s", cases[i].query);
		cr_expect_str_eq(m.files[0], cases[i].file);
		am_matched_clear(&m);
		am_query_free(&q);
	}
	index_env_free(&env);
}
