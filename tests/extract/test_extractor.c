/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/extractor.h"

#include "base/blob.h"
#include "extract/hint.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "model/ctx.h"
#include "support/document_sample.h"
#include "support/extract_program.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(extractor, .fini = am_test_tmpdir_end);

static struct am_extract_key key_of(const GByteArray *doc, unsigned hint)
{
	struct am_extract_key key = {.hint = (uint8_t)hint};

	am_sha256(doc->data, doc->len, key.hash);
	return key;
}

static struct am_extract_job *ask(struct am_extractor *e, const GByteArray *doc,
                                  unsigned hint)
{
	struct am_extract_key key = key_of(doc, hint);
	struct am_extract_job *job = am_extractor_known(e, &key);
	struct am_blob *blob = NULL;

	if (job)
		return job;
	cr_assert_eq(am_blob_copy(&blob, doc->data, doc->len, NULL), AM_OK);
	job = am_extractor_ask(e, &key, blob);
	am_blob_unref(&blob);
	return job;
}

/* "ok:text"; takes job. */
static char *answer(struct am_extract_job *job)
{
	const uint8_t *pieces;
	size_t len, at = 0;
	struct am_extract_piece piece;
	GString *out = g_string_new(
		am_extract_name(am_extract_job_result(job, &pieces, &len)));

	g_string_append_c(out, ':');
	while (am_pieces_next(pieces, len, &at, &piece))
		g_string_append_len(out, piece.text, (gssize)piece.len);
	am_extract_job_free(&job);
	return g_string_free(out, FALSE);
}

static void expect(struct am_extractor *e, GByteArray *doc, const char *what)
{
	char *got = answer(ask(e, doc, AM_HINT_TEXT));

	cr_expect_str_eq(got, what);
	g_free(got);
	g_byte_array_unref(doc);
}

static struct am_extractor *open_extractor(const char *program,
                                           struct am_ctx *ctx)
{
	char *cache = am_test_path("cache.sqlite");
	const struct am_extractor_options options = {
		.program = program, .cache = cache, .workers = 2, .ctx = ctx};
	struct am_extractor *e = am_extractor_new(&options);

	g_free(cache);
	return e;
}

Test(extractor, reads_documents_once_in_their_life)
{
	char *program = am_test_extract_program();
	struct am_extractor *e = open_extractor(program, NULL);

	expect(e, am_test_docx("Rechnung"),
	       "ok:Rechnung and more\n\nA title\n\na footnote\n\n");
	expect(e, am_test_repeat("text", 1), "ok:text");
	expect(e, am_test_pdf_locked(), "encrypted:");
	expect(e, am_test_repeat("PK\3\4 nothing", 1), "damaged:");
	cr_expect_eq(am_extractor_n_read(e), 4);
	expect(e, am_test_repeat("text", 1), "ok:text");
	cr_expect_eq(am_extractor_n_read(e), 4);
	am_extractor_free(&e);
	/* The next one finds them; without a program as well. */
	e = open_extractor(NULL, NULL);
	expect(e, am_test_repeat("text", 1), "ok:text");
	expect(e, am_test_pdf_locked(), "encrypted:");
	expect(e, am_test_repeat("others", 1), "skipped:");
	cr_expect_eq(am_extractor_n_read(e), 0);
	am_extractor_free(&e);
	g_free(program);
}

/* Poppler's tables are in the sandbox, too (poppler-data). */
Test(extractor, reads_encodings_that_are_not_in_the_file)
{
	char *program = am_test_extract_program();
	struct am_extractor *e = open_extractor(program, NULL);

	expect(e, am_test_pdf_chinese(), "ok:中文\n\n\f");
	expect(e,
	       am_test_repeat("<?xml version='1.0' encoding='koi8-r'?>"
	                      "<a>\xd0\xd2\xc9</a>",
	                      1),
	       "ok:при");
	am_extractor_free(&e);
	g_free(program);
}

Test(extractor, who_asks_for_the_same_waits_for_the_same)
{
	char *program = am_test_extract_program();
	struct am_extractor *e = open_extractor(program, NULL);
	GByteArray *doc = am_test_pdf("a page");
	struct am_extract_job *jobs[20];

	for (size_t i = 0; i < AM_COUNT(jobs); i++)
		jobs[i] = ask(e, doc, AM_HINT_LOOK);
	for (size_t i = 0; i < AM_COUNT(jobs); i++) {
		char *got = answer(jobs[i]);
		cr_expect_str_eq(got, "ok:a page\n\n\f");
		g_free(got);
	}
	cr_expect_eq(am_extractor_n_read(e), 1);
	/* Nobody needs to wait. */
	for (int i = 0; i < 20; i++) {
		char *text = g_strdup_printf("text %d", i);
		GByteArray *one = am_test_repeat(text, 1);
		struct am_extract_job *job = ask(e, one, AM_HINT_TEXT);
		am_extract_job_free(&job);
		g_byte_array_unref(one);
		g_free(text);
	}
	am_extractor_free(&e);
	g_byte_array_unref(doc);
	g_free(program);
}

static void count_note(void *user, const struct am_note *note)
{
	if (!strcmp(note->code, "extract.unable"))
		++*(int *)user;
}

static void write_program(const char *name, const char *script)
{
	char *path = am_test_path("%s", name);

	am_test_write_text(name, script);
	chmod(path, 0755);
	g_free(path);
}

Test(extractor, a_program_that_is_none_is_said_once)
{
	static const char *const programs[] = {"missing", "silent", "strange",
	                                       "refuses", "newer"};

	write_program("silent", "#!/bin/sh\nexit 0\n");
	write_program("strange", "#!/bin/sh\nprintf 'amextrctXXXXXXXX' >&0\n");
	write_program("refuses",
	              "#!/bin/sh\n"
	              "printf 'amextrct\\001\\0\\0\\0\\002\\0no' >&0\n"
	              "cat\n");
	write_program("newer",
	              "#!/bin/sh\n"
	              "printf 'amextrct\\377\\0\\0\\0\\0\\0' >&0\ncat\n");
	for (size_t i = 0; i < AM_COUNT(programs); i++) {
		int notes = 0;
		struct am_ctx ctx = {.on_note = count_note, .user = &notes};
		char *path = am_test_path("%s", programs[i]);
		struct am_extractor *e = open_extractor(path, &ctx);
		expect(e, am_test_repeat("a", 1), "skipped:");
		expect(e, am_test_repeat("b", 1), "skipped:");
		cr_expect_eq(notes, 1, "%s", programs[i]);
		am_extractor_free(&e);
		g_free(path);
	}
	/* What was skipped is read when it can be. */
	char *program = am_test_extract_program();
	struct am_extractor *e = open_extractor(program, NULL);
	expect(e, am_test_repeat("a", 1), "ok:a");
	am_extractor_free(&e);
	g_free(program);
}

/* It says hello, takes the document, and then … */
#define HELLO "#!/bin/sh\nprintf 'amextrct\\001\\0\\0\\0\\0\\0' >&0\n"

Test(extractor, a_program_that_dies_costs_one_document)
{
	static const char *const ends[] = {
		"head -c 17 >/dev/null\nexit 1\n",
		"head -c 17 >/dev/null\nprintf 'what is that?' >&0\n",
		/* … says "ok" and pieces that are none: too long, not UTF-8 */
		"head -c 17 >/dev/null\n"
		"printf 'GOT!\\001\\0\\0\\0\\377\\377\\377\\177' >&0\n",
		"head -c 17 >/dev/null\n"
		"printf 'GOT!\\001\\0\\0\\0\\006\\0\\0\\0T\\001\\0\\0\\0\\377' "
		">&0\nsleep 1\n",
		"head -c 17 >/dev/null\n"
		"printf 'GOT!\\001\\0\\0\\0\\006\\0\\0\\0T\\002\\0\\0\\0a' "
		">&0\nsleep 1\n"};

	for (size_t i = 0; i < AM_COUNT(ends); i++) {
		char *script = g_strconcat(HELLO, ends[i], NULL);
		char *path = am_test_path("bad%zu", i);
		char *name = g_strdup_printf("bad%zu", i);
		char *doc = g_strdup_printf("%c", (char)('p' + i));
		write_program(name, script);
		struct am_extractor *e = open_extractor(path, NULL);
		expect(e, am_test_repeat(doc, 1), "crash:");
		am_extractor_free(&e);
		g_free(script);
		g_free(path);
		g_free(name);
		g_free(doc);
	}
}

Test(extractor, what_failed_is_tried_once_more)
{
	char *program = am_test_extract_program();

	write_program("bad", HELLO "exit 1\n");
	for (int round = 0; round < 3; round++) {
		char *path = am_test_path("bad");
		struct am_extractor *e = open_extractor(path, NULL);
		expect(e, am_test_repeat("a", 1), "crash:");
		/* The third time it is taken for what it seems to be. */
		cr_expect_eq(am_extractor_n_read(e), round < 2 ? 1 : 0);
		am_extractor_free(&e);
		g_free(path);
	}
	g_free(program);
}

/* Ctrl-C does not wait for a document. */
Test(extractor, ends_while_a_document_is_being_read)
{
	char *path = am_test_path("slow");
	GByteArray *doc = am_test_repeat("a", 1);
	struct am_extract_job *job;
	struct am_extractor *e;

	write_program("slow", HELLO "cat >/dev/null\n");
	e = open_extractor(path, NULL);
	job = ask(e, doc, AM_HINT_TEXT);
	cr_expect(!am_extract_job_done(job, 20));
	am_extract_job_free(&job);
	am_extractor_free(&e);
	g_byte_array_unref(doc);
	g_free(path);
}

Test(extractor, a_cache_that_is_none_is_made_anew)
{
	char *program = am_test_extract_program();
	struct am_extractor *e;

	am_test_write_text("cache.sqlite", "this is no database, and never was "
	                                   "one, in all its long life");
	e = open_extractor(program, NULL);
	expect(e, am_test_repeat("text", 1), "ok:text");
	am_extractor_free(&e);
	e = open_extractor(NULL, NULL);
	expect(e, am_test_repeat("text", 1), "ok:text");
	am_extractor_free(&e);
	/* And where there can be none, all is read. */
	char *cache = am_test_path("no/such/folder/cache.sqlite");
	const struct am_extractor_options options = {.program = program,
	                                             .cache = cache};
	e = am_extractor_new(&options);
	expect(e, am_test_repeat("text", 1), "ok:text");
	am_extractor_free(&e);
	g_free(cache);
	g_free(program);
}

Test(extractor, too_large_a_document_is_not_sent)
{
	char *program = am_test_extract_program();
	struct am_extractor *e = open_extractor(program, NULL);
	GByteArray *doc = g_byte_array_new();

	g_byte_array_set_size(doc, AM_EXTRACT_DOCUMENT_MAX + 1);
	memset(doc->data, 'a', doc->len);
	expect(e, doc, "too-large:");
	am_extractor_free(&e);
	g_free(program);
}
