/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Creating, appending, opening: what a log is when nothing goes wrong, and what
 * it says when it is not one.  Crashes and damage: test_log_crash.c. */
#include "log_help.h"

#include "base/arena.h"
#include "base/file.h"
#include "store/log_layout.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir, *path;
static struct am_ctx ctx;
static struct am_error err;

static void setup(void)
{
	dir = logtest_dir();
	path = g_build_filename(dir, "a.mailark", NULL);
}

static void teardown(void)
{
	g_free(path);
	logtest_dir_remove(&dir);
}

TestSuite(log, .init = setup, .fini = teardown);

static struct am_log *create(uint64_t segment)
{
	struct am_log_options options = {.codec = AM_CODEC_STORED,
	                                 .segment = segment};
	struct am_log *log;

	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK,
	             "%s", err.text);
	return log;
}

static uint64_t append(struct am_log *log, const char *text)
{
	uint64_t pos;

	cr_assert_eq(am_log_append(log, AM_REC_ITEMS, AM_CODEC_STORED, 0, NULL,
	                           0, text, strlen(text), strlen(text), &pos,
	                           &err),
	             AM_OK, "%s", err.text);
	return pos;
}

static void commit(struct am_log *log)
{
	struct am_commit c = {.messages = 3};

	cr_assert_eq(am_log_commit(log, &c, &err), AM_OK, "%s", err.text);
}

static struct am_log *open_log(bool writable, const struct am_commit *from)
{
	struct am_log *log;

	cr_assert_eq(am_log_open(&log, path, writable, from, &ctx, &err), AM_OK,
	             "%s", err.text);
	return log;
}

static void assert_record(struct am_log *log, uint64_t pos, const char *text)
{
	struct am_coder *coder = am_coder_new();
	uint8_t prefix[AM_BLOB_PREFIX];
	struct am_record rec;
	uint8_t *data;

	cr_assert_eq(am_log_header(log, pos, &rec, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_log_unpack(log, coder, &rec, &data, prefix, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(rec.raw_len, strlen(text));
	cr_assert(!memcmp(data, text, strlen(text)));
	g_free(data);
	am_coder_free(&coder);
}

Test(log, headers_commits_and_heads_decode_to_what_was_encoded)
{
	struct logtest_random random = {3};
	struct am_arena *arena = am_arena_new();

	for (int i = 0; i < 1000; i++) {
		uint8_t bytes[AM_RECORD_HEADER], packed[AM_COMMIT_ROOM];
		struct am_record a, b;
		struct am_commit c, d;
		memset(&a, 0, sizeof a);
		memset(&b, 0, sizeof b);
		a.type = logtest_below(&random, 256);
		a.flags = (uint8_t)logtest_next(&random);
		a.codec = logtest_below(&random, 3);
		a.version = (uint8_t)logtest_next(&random);
		a.crc = logtest_next(&random);
		logtest_fill(&random, (uint8_t *)&a.stored_len, 8);
		logtest_fill(&random, (uint8_t *)&a.raw_len, 8);
		logtest_fill(&random, (uint8_t *)&a.pos, 8);
		logtest_fill(&random, (uint8_t *)&a.id, 8);
		logtest_fill(&random, (uint8_t *)&a.archive_id, 8);
		am_log_encode_header(&a, bytes);
		cr_assert(am_log_decode_header(&b, bytes));
		cr_assert(!memcmp(&a, &b, sizeof a));
		bytes[logtest_below(&random, 64)] ^= 4;
		cr_assert(!am_log_decode_header(&b, bytes));

		logtest_fill(&random, (uint8_t *)&c, sizeof c);
		c.pos = c.end = 0;
		size_t len = am_log_encode_commit(&c, packed);
		cr_assert_leq(len, AM_COMMIT_ROOM);
		cr_assert_eq(am_log_decode_commit(&d, packed, len, &err),
		             AM_OK);
		cr_assert(!memcmp(&c, &d, sizeof c));
		cr_assert_eq(am_log_decode_commit(&d, packed, len - 1, &err),
		             AM_FAILED);
	}
	struct am_log_feature features[] = {{"parity", 5}, {"", 0}};
	struct am_log_head in = {"mailark 9",  -5, 2, features, 1 << 20, 1,
	                         AM_CODEC_ZLIB};
	struct am_log_head out;
	in.codec = AM_CODEC_ZLIB;
	in.level = 9;
	uint8_t *bytes;
	size_t len = am_log_encode_head(&in, &bytes);
	cr_assert_eq(am_log_decode_head(&out, bytes, len, arena, &err), AM_OK);
	cr_assert_str_eq(out.program, "mailark 9");
	cr_assert(out.made == -5 && out.segment == 1 << 20);
	cr_assert(out.codec == AM_CODEC_ZLIB && out.level == 9);
	cr_assert_eq(out.n_features, 2);
	cr_assert_str_eq(out.features[0].name, "parity");
	cr_assert_eq(out.features[0].bits, 5);
	/* An older head says nothing of a codec. */
	cr_assert_eq(am_log_decode_head(&out, bytes, len - 2, arena, &err),
	             AM_OK);
	cr_assert_eq(out.codec, AM_CODEC_ZSTD);
	for (size_t i = 0; i < len - 2; i++)
		cr_assert_eq(am_log_decode_head(&out, bytes, i, arena, &err),
		             AM_FAILED);
	g_free(bytes);
	am_arena_free(&arena);
}

Test(log, begins_with_words_and_its_own_specification)
{
	struct am_log *log = create(0);
	char *text;
	gsize len;

	am_log_close(&log);
	cr_assert(g_file_get_contents(path, &text, &len, NULL));
	cr_assert(g_str_has_prefix(text, "mailark archive, format 1; the "));
	cr_assert_eq(text[127], '\n');
	cr_assert(memmem(text, len, "\n# The mailark archive", 22) ||
	          memmem(text, len, "# The mailark archive, format 1\n", 32));
	cr_assert(memmem(text, len, "#!/usr/bin/env python3\n", 23));
	g_free(text);
	char *lock = g_strconcat(path, ".lock", NULL);
	cr_assert(!g_file_test(lock, G_FILE_TEST_EXISTS));
	g_free(lock);
}

Test(log, what_is_committed_is_there_and_what_is_not_is_not)
{
	struct am_log *log = create(0);
	struct am_record rec;

	uint64_t a = append(log, "first");
	uint64_t b = append(log, "");
	assert_record(log, a, "first"); /* the writer sees its own */
	commit(log);
	struct am_commit known = *am_log_last(log);
	cr_assert_eq(known.number, 2);
	cr_assert_eq(known.messages, 3);
	uint64_t c = append(log, "never committed");
	am_log_close(&log);

	log = open_log(false, NULL);
	cr_assert_eq(am_log_last(log)->number, 2);
	assert_record(log, a, "first");
	assert_record(log, b, "");
	cr_assert_eq(am_log_header(log, c, &rec, &err), AM_FAILED);
	cr_assert_eq(am_log_header(log, a + 1, &rec, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	uint64_t id = am_log_archive_id(log);
	am_log_close(&log);

	log = open_log(true, &known);
	cr_assert_eq(am_log_archive_id(log), id);
	c = append(log, "second");
	commit(log);
	cr_assert_eq(am_log_append(log, AM_REC_BLOCK, AM_CODEC_STORED, 1, NULL,
	                           0, "", 0, AM_PAYLOAD_MAX + 1, &c, &err),
	             AM_FAILED);
	am_log_close(&log);
	log = open_log(false, &known);
	cr_assert_eq(am_log_last(log)->number, 3);
	cr_assert_eq(am_log_tail(log), 0);
	cr_assert_eq(am_log_append(log, AM_REC_ITEMS, AM_CODEC_STORED, 0, NULL,
	                           0, "", 0, 0, &c, &err),
	             AM_FAILED);
	am_log_close(&log);

	known.chain[0] ^= 1;
	cr_assert_eq(am_log_open(&log, path, false, &known, &ctx, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	cr_assert_null(log);
}

Test(log, one_writer_and_no_second_archive_over_the_first)
{
	struct am_log *log = create(0), *other;

	cr_assert_eq(am_log_open(&other, path, true, NULL, &ctx, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_BUSY);
	other = open_log(false, NULL);
	am_log_close(&other);
	cr_assert_eq(am_log_create(&other, path, NULL, &ctx, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_BUSY);
	am_log_close(&log);
	cr_assert_eq(am_log_create(&other, path, NULL, &ctx, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_EXISTS);
	g_free(path);
	path = g_build_filename(dir, "none", NULL);
	cr_assert_eq(am_log_open(&other, path, true, NULL, &ctx, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
}

Test(log, a_place_that_cannot_be_written_can_be_read)
{
	struct am_log *log = create(0);
	uint64_t a = append(log, "kept");

	commit(log);
	am_log_close(&log);
	cr_assert_eq(chmod(path, 0400), 0);
	cr_assert_eq(chmod(dir, 0500), 0);
	log = open_log(false, NULL);
	assert_record(log, a, "kept");
	am_log_close(&log);
	cr_assert_eq(chmod(dir, 0700), 0);
}

Test(log, a_codec_once_chosen_stays)
{
	struct am_log_options options = {.codec = AM_CODEC_ZLIB, .level = 9};
	struct am_log *log;

	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK);
	am_log_close(&log);
	log = open_log(true, NULL);
	cr_assert_eq(am_log_codec(log), AM_CODEC_ZLIB);
	cr_assert_eq(am_log_level(log), 9);
	am_log_set_codec(log, AM_CODEC_ZSTD, 0);
	cr_assert_eq(am_log_codec(log), AM_CODEC_ZSTD);
	am_log_close(&log);
}

struct seen {
	unsigned records, commits, damages;
	uint64_t bytes;
	GString *text; /* of the items */
	struct am_log *log;
};

static int see_record(void *user, const struct am_record *rec,
                      struct am_error *e)
{
	struct seen *seen = user;

	seen->records++;
	if (rec->type != AM_REC_ITEMS)
		return AM_OK;
	uint8_t *data = g_malloc(rec->stored_len + 1);
	int r = am_log_payload(seen->log, rec, data, e);
	g_string_append_len(seen->text, (char *)data, (gssize)rec->stored_len);
	g_free(data);
	return r;
}

static int see_commit(void *user, const struct am_commit *c, struct am_error *e)
{
	struct seen *seen = user;

	(void)e;
	seen->commits++;
	g_string_append_printf(seen->text, "|%" PRIu64, c->number);
	return AM_OK;
}

static void see_damage(void *user, uint64_t pos, uint64_t len, const char *why)
{
	struct seen *seen = user;

	(void)pos;
	(void)why;
	seen->damages++;
	seen->bytes += len;
}

Test(log, segments_are_sealed_and_read_as_one)
{
	struct am_log *log = create(60000);
	char *text = g_strnfill(20000, 'x');
	struct seen seen = {.text = g_string_new(NULL)};
	struct am_log_walk walk = {.record = see_record,
	                           .commit = see_commit,
	                           .damage = see_damage,
	                           .user = &seen,
	                           .payloads = true};

	cr_assert(g_file_test(path, G_FILE_TEST_IS_DIR));
	for (int i = 0; i < 40; i++) {
		append(log, text);
		if (i % 7 == 6)
			commit(log);
	}
	am_log_close(&log);
	log = open_log(false, NULL);
	cr_assert_eq(am_log_last(log)->number, 6);
	seen.log = log;
	cr_assert_eq(am_log_walk(log, 0, &walk, &err), AM_OK, "%s", err.text);
	cr_assert_eq(seen.commits, 6);
	cr_assert_eq(seen.damages, 0);
	cr_assert_eq(seen.text->len, 35 * 20000 + 12);
	cr_assert_gt(am_log_last(log)->end >> 44, 10);

	/* From record to record over the seals. */
	struct am_record rec;
	uint64_t pos = AM_LOG_PREAMBLE;
	unsigned n = 0, seals = 0;
	int r;
	do {
		cr_assert_eq(am_log_header(log, pos, &rec, &err), AM_OK);
		n += rec.type == AM_REC_ITEMS;
		seals += rec.type == AM_REC_SEAL;
	} while (!(r = am_log_after(log, &rec, &pos, &err)));
	cr_assert_eq(r, AM_END);
	cr_assert_eq(n, 35);
	cr_assert_gt(seals, 10);
	uint64_t tail = am_log_tail(log);
	cr_assert_gt(tail, 0);
	am_log_close(&log);

	log = open_log(true, NULL);
	append(log, "behind the tail");
	commit(log);
	am_log_close(&log);
	log = open_log(false, NULL);
	seen.log = log;
	g_string_truncate(seen.text, 0);
	cr_assert_eq(am_log_walk(log, 0, &walk, &err), AM_OK, "%s", err.text);
	cr_assert_eq(seen.damages, 0);
	cr_assert_eq(walk.void_bytes, tail);
	cr_assert(g_str_has_suffix(seen.text->str, "behind the tail|7"));
	am_log_close(&log);

	/* A segment that is gone is damage, and all others are read. */
	char *name = g_build_filename(path, "000003.seg", NULL);
	cr_assert_eq(unlink(name), 0);
	g_free(name);
	log = open_log(false, NULL);
	seen.log = log;
	g_string_truncate(seen.text, 0);
	cr_assert_eq(am_log_walk(log, 0, &walk, &err), AM_OK, "%s", err.text);
	cr_assert_gt(seen.damages, 0);
	cr_assert_gt(seen.text->len, 30 * 20000);
	am_log_close(&log);
	g_free(text);
	g_string_free(seen.text, TRUE);
}

Test(log, an_empty_folder_becomes_segments_and_a_full_one_is_refused)
{
	struct am_log *log;
	char *slash = g_strconcat(path, "/", NULL);

	cr_assert_eq(am_log_create(&log, slash, NULL, &ctx, &err), AM_OK, "%s",
	             err.text);
	am_log_close(&log);
	char *name = g_build_filename(path, "000000.seg", NULL);
	cr_assert(g_file_test(name, G_FILE_TEST_IS_REGULAR));
	cr_assert_eq(am_log_open(&log, slash, true, NULL, &ctx, &err), AM_OK);
	am_log_close(&log);
	cr_assert_eq(am_log_create(&log, slash, NULL, &ctx, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_EXISTS);
	cr_assert_eq(unlink(name), 0);
	cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_FORMAT);
	g_free(name);
	g_free(slash);
}

/* Write bytes of a file anew. */
static void patch(size_t at, const void *data, size_t len)
{
	char *bytes;
	gsize size;

	cr_assert(g_file_get_contents(path, &bytes, &size, NULL));
	memcpy(bytes + at, data, len);
	cr_assert(g_file_set_contents(path, bytes, (gssize)size, NULL));
	g_free(bytes);
}

Test(log, says_when_it_was_carried_as_text)
{
	static const struct {
		const char *was, *is, *words;
	} ways[] = {{"\n", "\r\n", "LF to CRLF"}, {"\r\n", "\n", "CRLF to LF"}};

	for (size_t i = 0; i < AM_COUNT(ways); i++) {
		struct am_log *log = create(0);
		am_log_close(&log);
		char *bytes;
		gsize size;
		cr_assert(g_file_get_contents(path, &bytes, &size, NULL));
		GString *text = g_string_new_len(bytes, (gssize)size);
		g_free(bytes);
		size_t was = strlen(ways[i].was);
		for (size_t at = 0; at + was <= text->len; at++) {
			if (memcmp(text->str + at, ways[i].was, was))
				continue;
			g_string_erase(text, (gssize)at, (gssize)was);
			g_string_insert(text, (gssize)at, ways[i].is);
			at += strlen(ways[i].is) - 1;
		}
		cr_assert(g_file_set_contents(path, text->str,
		                              (gssize)text->len, NULL));
		g_string_free(text, TRUE);
		cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx, &err),
		             AM_FAILED);
		cr_expect_eq(err.kind, AM_E_CORRUPT);
		cr_expect(strstr(err.text, ways[i].words), "%s", err.text);
		unlink(path);
	}
}

Test(log, says_in_a_sentence_why_it_cannot_be_read)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum am_kind kind;
		const char *words;
	} table[] = {
		{"", 0, AM_E_FORMAT, "empty"},
		{"mailark archive, for", 20, AM_E_FORMAT, "first line"},
		{"From a@b", 8, AM_E_FORMAT, "not a mailark archive"},
		{NULL, 400, AM_E_FORMAT, "not a mailark archive"},
		{"1; the", 128, AM_E_CORRUPT, "no record"},
		{"2; the", 128, AM_E_UNSUPPORTED, "format 2"},
		{"12345", 128, AM_E_UNSUPPORTED, "format 12345"},
		{"x; the", 128, AM_E_FORMAT, "not a mailark archive"},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		struct am_log *log;
		char text[400];
		memset(text, 'a', sizeof text);
		if (table[i].len == 128)
			g_snprintf(text, sizeof text,
			           "mailark archive, format %s",
			           table[i].bytes);
		else if (table[i].bytes)
			memcpy(text, table[i].bytes, table[i].len);
		cr_assert(g_file_set_contents(path, text, (gssize)table[i].len,
		                              NULL));
		cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx, &err),
		             AM_FAILED, "row %zu", i);
		cr_assert_eq(err.kind, table[i].kind, "row %zu: %s", i,
		             err.text);
		cr_assert(strstr(err.text, table[i].words), "row %zu: %s", i,
		          err.text);
	}
}

Test(log, a_damaged_first_line_does_not_hide_an_archive)
{
	struct am_log *log = create(0);
	uint64_t a = append(log, "x");

	commit(log);
	am_log_close(&log);
	patch(3, "?", 1);
	log = open_log(false, NULL);
	assert_record(log, a, "x");
	am_log_close(&log);
}

Test(log, unknown_records_are_passed_over_or_refused)
{
	static const struct {
		unsigned type;
		uint8_t flags;
		int status;
	} table[] = {
		{9, 1, AM_OK},       {9, 0, AM_FAILED},        {200, 1, AM_OK},
		{200, 0, AM_FAILED}, {AM_REC_ITEMS, 0, AM_OK},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		unlink(path);
		struct am_log *log = create(0);
		uint64_t pos = append(log, "0123456789");
		commit(log);
		struct am_record rec;
		uint8_t header[AM_RECORD_HEADER];
		cr_assert_eq(am_log_header(log, pos, &rec, &err), AM_OK);
		am_log_close(&log);
		rec.type = table[i].type;
		rec.flags = table[i].flags;
		am_log_encode_header(&rec, header);
		patch((size_t)pos, header, sizeof header);
		int r = am_log_open(&log, path, false, NULL, &ctx, &err);
		cr_assert_eq(r, table[i].status, "row %zu", i);
		if (r) {
			cr_assert_eq(err.kind, AM_E_UNSUPPORTED);
			cr_assert(strstr(err.text, "type"), "%s", err.text);
		}
		am_log_close(&log);
	}
}

Test(log, a_write_that_fails_leaves_the_last_commit)
{
	struct am_log *log = create(0);
	struct rlimit limit, tight;
	char *text = g_strnfill(3 << 20, 'x');
	uint64_t pos;

	uint64_t a = append(log, "kept");
	commit(log);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	tight = limit;
	tight.rlim_cur = 1 << 20;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
	cr_assert_eq(am_log_append(log, AM_REC_BLOCK, AM_CODEC_STORED, 1, NULL,
	                           0, text, 3 << 20, 3 << 20, &pos, &err),
	             AM_FATAL);
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert(strstr(err.text, "cannot write block of messages"), "%s",
	          err.text);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	struct am_commit c = {0};
	cr_assert_eq(am_log_commit(log, &c, &err), AM_FATAL);
	cr_assert_eq(am_log_append(log, AM_REC_BLOCK, AM_CODEC_STORED, 1, NULL,
	                           0, text, 3, 3, &pos, &err),
	             AM_FATAL);
	am_log_close(&log);

	log = open_log(true, NULL);
	cr_assert_gt(am_log_tail(log), 0);
	assert_record(log, a, "kept");
	uint64_t b = append(log, "later");
	commit(log);
	am_log_close(&log);
	log = open_log(false, NULL);
	assert_record(log, b, "later");
	am_log_close(&log);
	g_free(text);
}
