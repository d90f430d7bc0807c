/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages into a log and out of it again. */
#include "log_help.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *dir, *path;
static struct am_ctx ctx;
static struct am_error err;
static struct logtest_index known;

static void setup(void)
{
	dir = logtest_dir();
	path = g_build_filename(dir, "a.mailark", NULL);
	logtest_index_init(&known);
}

static void teardown(void)
{
	logtest_index_clear(&known);
	g_free(path);
	logtest_dir_remove(&dir);
}

TestSuite(content, .init = setup, .fini = teardown, .timeout = 120);

static struct am_log *create(enum am_codec codec, uint64_t segment)
{
	struct am_log_options options = {
		.codec = codec, .segment = segment, .no_sync = true};
	struct am_log *log;

	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK,
	             "%s", err.text);
	return log;
}

static struct am_content_writer *writer(struct am_log *log, unsigned workers)
{
	struct am_content_writer *w;

	cr_assert_eq(
		am_content_writer_new(&w, log, &known.index, 1, workers, &err),
		AM_OK, "%s", err.text);
	return w;
}

static struct am_content_reader *reader(struct am_log *log)
{
	struct am_content_reader *r;

	cr_assert_eq(
		am_content_reader_new(&r, log, &known.index, NULL, dir, &err),
		AM_OK);
	return r;
}

/* A blob of these bytes, in memory or in a file of its own. */
static struct am_blob *blob_of(const void *data, size_t len, const char *name)
{
	struct am_blob *blob;
	struct am_file *file;

	if (!name) {
		cr_assert_eq(am_blob_copy(&blob, data, len, &err), AM_OK);
		return blob;
	}
	char *place = g_build_filename(dir, name, NULL);
	cr_assert(g_file_set_contents(place, data, (gssize)len, NULL));
	cr_assert_eq(am_file_open(&file, place, &err), AM_OK);
	cr_assert_eq(am_blob_slice(&blob, file, 0, len, &err), AM_OK);
	am_file_unref(&file);
	g_free(place);
	return blob;
}

static struct am_split *put(struct am_content_writer *w, struct am_blob *blob)
{
	struct am_split *split;

	cr_assert_eq(am_split_message(&split, blob, NULL, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_content_put(w, blob, split, &err), AM_OK, "%s",
	             err.text);
	return split;
}

static void finish(struct am_log **log, struct am_content_writer **w)
{
	struct am_commit commit = {0};

	cr_assert_eq(am_content_flush(*w, &err), AM_OK, "%s", err.text);
	am_content_writer_free(w);
	cr_assert_eq(am_log_commit(*log, &commit, &err), AM_OK);
	am_log_close(log);
	cr_assert_eq(am_log_open(log, path, false, NULL, &ctx, &err), AM_OK);
}

static int get(struct am_content_reader *r, const struct am_split *s,
               struct am_blob **out)
{
	return am_content_get(r, &s->recipe, s->eol, s->size, s->hash, out,
	                      &err);
}

static void assert_back(struct am_content_reader *r, const struct am_split *s,
                        const struct am_blob *want)
{
	static uint8_t a[65536], b[65536];
	struct am_blob *got;
	size_t n, m;

	cr_assert_eq(get(r, s, &got), AM_OK, "%s", err.text);
	cr_assert_eq(am_blob_size(got), am_blob_size(want));
	for (uint64_t at = 0; at < am_blob_size(want); at += sizeof a) {
		cr_assert_eq(am_blob_read(got, at, a, sizeof a, &n, &err), 0);
		cr_assert_eq(am_blob_read(want, at, b, sizeof b, &m, &err), 0);
		cr_assert_eq(n, m);
		cr_assert(!memcmp(a, b, n));
	}
	am_blob_unref(&got);
}

Test(content, what_goes_in_comes_out)
{
	static const struct {
		enum am_codec codec;
		unsigned workers;
		uint64_t segment;
	} table[] = {
		{AM_CODEC_ZSTD, 0, 0},      {AM_CODEC_ZSTD, 3, 0},
		{AM_CODEC_ZLIB, 1, 0},      {AM_CODEC_STORED, 2, 0},
		{AM_CODEC_ZSTD, 2, 300000},
	};

	for (size_t t = 0; t < AM_COUNT(table); t++) {
		struct logtest_random random = {11};
		struct am_log *log = create(table[t].codec, table[t].segment);
		struct am_content_writer *w = writer(log, table[t].workers);
		struct am_split *splits[150];
		struct am_blob *blobs[150];
		for (size_t i = 0; i < AM_COUNT(splits); i++) {
			GByteArray *m = logtest_message(&random);
			char *name =
				i % 3 == 1 ? g_strdup_printf("m%zu", i) : NULL;
			if (i % 37 == 36)
				g_byte_array_set_size(m, 0);
			blobs[i] = blob_of(m->data, m->len, name);
			splits[i] = put(w, blobs[i]);
			if (i % 50 == 49)
				cr_assert_eq(am_content_flush(w, &err), AM_OK);
			g_byte_array_free(m, TRUE);
			g_free(name);
		}
		finish(&log, &w);
		struct am_content_reader *r = reader(log);
		for (size_t i = AM_COUNT(splits); i--;)
			assert_back(r, splits[i], blobs[i]);
		for (size_t i = 0; i < AM_COUNT(splits); i++) {
			assert_back(r, splits[i], blobs[i]);
			am_split_free(&splits[i]);
			am_blob_unref(&blobs[i]);
		}
		am_content_reader_free(&r);
		am_log_close(&log);
		cr_assert_eq(am_remove_tree(path, &err), AM_OK, "%s", err.text);
		logtest_index_clear(&known);
		logtest_index_init(&known);
	}
}

/* A message with one part of this type. */
static GByteArray *one_part(const char *head, const char *body, size_t len)
{
	GByteArray *m = g_byte_array_new();

	g_byte_array_append(m, (const uint8_t *)head, (guint)strlen(head));
	g_byte_array_append(m, (const uint8_t *)body, (guint)len);
	return m;
}

static GByteArray *attachment(size_t size, uint64_t seed, bool crlf)
{
	struct logtest_random random = {seed};
	uint8_t *data = g_malloc(size);
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(logtest_next(&random) & 15);
	for (size_t at = 0; at < size; at += 57) {
		char *line = g_base64_encode(data + at,
		                             size - at < 57 ? size - at : 57);
		g_string_append(text, line);
		g_string_append(text, crlf ? "\r\n" : "\n");
		g_free(line);
	}
	GByteArray *m = one_part(
		crlf ? "Content-Type: x/y\r\nContent-Transfer-Encoding: "
		       "base64\r\n\r\n"
		     : "Content-Type: x/y\nContent-Transfer-Encoding: "
		       "base64\n\n",
		text->str, text->len);
	g_string_free(text, TRUE);
	g_free(data);
	return m;
}

Test(content, an_attachment_is_stored_once_however_it_comes)
{
	struct am_log *log = create(AM_CODEC_ZSTD, 0);
	struct am_content_writer *w = writer(log, 2);
	struct am_split *splits[4];
	struct am_blob *blobs[4];

	for (int i = 0; i < 4; i++) {
		GByteArray *m = attachment(40000, 1, i % 2);
		g_byte_array_append(m, (const uint8_t *)"\r\n\r\n\r\n",
		                    (guint)(i % 2 ? i : 0) / 2 * 2);
		blobs[i] = blob_of(m->data, m->len, NULL);
		splits[i] = put(w, blobs[i]);
		cr_assert_eq(splits[i]->recipe.steps[1].kind,
		             AM_STEP_BLOB_BASE64);
		if (i == 1)
			cr_assert_eq(am_content_flush(w, &err), AM_OK);
		g_byte_array_free(m, TRUE);
	}
	cr_assert_eq(g_hash_table_size(known.blobs), 1);
	finish(&log, &w);
	struct am_content_reader *r = reader(log);
	uint64_t *pos = g_hash_table_lookup(known.blobs,
	                                    splits[0]->recipe.steps[1].hash);
	cr_assert_eq(am_content_check_blob(r, splits[0]->recipe.steps[1].hash,
	                                   *pos, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_content_check_blob(r, splits[0]->hash, *pos, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	for (int i = 0; i < 4; i++) {
		assert_back(r, splits[i], blobs[i]);
		am_split_free(&splits[i]);
		am_blob_unref(&blobs[i]);
	}
	am_content_reader_free(&r);
	am_log_close(&log);
}

/* Several frames, in segments that they do not fit in together; text that is
 * stored in LF form, too. */
Test(content, large_attachments_are_cut_into_frames)
{
	static const uint64_t segments[] = {0, 3 << 20};
	size_t len = 9 << 20;
	char *lines = g_malloc(len);

	for (size_t i = 0; i < len; i++)
		lines[i] = i % 78 == 76   ? '\r'
		           : i % 78 == 77 ? '\n'
		                          : (char)('a' + i / 78 % 26);
	GByteArray *messages[] = {
		attachment(9 << 20, 2, true),
		one_part("Content-Type: x/y\r\n\r\n", lines, len),
		one_part("Content-Type: x/y\n\n", lines, len),
	};
	for (size_t t = 0; t < 4; t++) {
		struct am_log *log = create(AM_CODEC_ZSTD, segments[t / 2]);
		struct am_content_writer *w = writer(log, 2);
		struct am_split *splits[3];
		struct am_blob *blobs[3];
		for (size_t i = 0; i < 3; i++) {
			blobs[i] = blob_of(messages[i]->data, messages[i]->len,
			                   t % 2 ? "m\0n\0o" + i * 2 : NULL);
			splits[i] = put(w, blobs[i]);
			cr_assert_eq(splits[i]->recipe.steps[1].kind,
			             i ? AM_STEP_BLOB : AM_STEP_BLOB_BASE64);
		}
		cr_assert_eq(splits[1]->eol, AM_EOL_CRLF_FROM_LF);
		finish(&log, &w);
		cr_assert_eq(g_hash_table_size(known.blobs), 3);
		struct am_content_reader *r = reader(log);
		for (size_t i = 0; i < 3; i++) {
			const uint8_t *hash = splits[i]->recipe.steps[1].hash;
			uint64_t *pos = g_hash_table_lookup(known.blobs, hash);
			cr_assert_eq(am_content_check_blob(r, hash, *pos, &err),
			             AM_OK, "%s", err.text);
			assert_back(r, splits[i], blobs[i]);
			am_split_free(&splits[i]);
			am_blob_unref(&blobs[i]);
		}
		am_content_reader_free(&r);
		am_log_close(&log);
		cr_assert_eq(am_remove_tree(path, &err), AM_OK);
		logtest_index_clear(&known);
		logtest_index_init(&known);
	}
	for (size_t i = 0; i < 3; i++)
		g_byte_array_free(messages[i], TRUE);
	g_free(lines);
}

Test(content, small_messages_are_not_cut_and_large_ones_are)
{
	struct am_log *log = create(AM_CODEC_ZSTD, 0);
	struct am_content_writer *w = writer(log, 0);
	char *text = g_strnfill(9000, 'x');
	struct am_blob *small = blob_of(text, 9000, NULL);

	am_content_block_size(w, 100000);
	for (int i = 0; i < 50; i++) {
		struct am_split *s = put(w, small);
		cr_assert_eq(s->recipe.n_extents, 1);
		am_split_free(&s);
	}
	cr_assert_eq(am_content_next_block(w), 6);
	g_free(text);
	text = g_strnfill(250000, 'y');
	struct am_blob *large = blob_of(text, 250000, NULL);
	struct am_split *s = put(w, large);
	cr_assert_geq(s->recipe.n_extents, 3);
	finish(&log, &w);
	struct am_content_reader *r = reader(log);
	assert_back(r, s, large);
	am_content_reader_free(&r);
	am_split_free(&s);
	am_log_close(&log);
	am_blob_unref(&small);
	am_blob_unref(&large);
	g_free(text);
}

Test(content, damage_is_told_and_concerns_only_what_it_hit)
{
	struct am_log *log = create(AM_CODEC_STORED, 0);
	struct am_content_writer *w = writer(log, 0);
	struct am_blob *blobs[2] = {blob_of("#1!\n", 4, NULL),
	                            blob_of("#2!\n", 4, NULL)};
	struct am_split *splits[2];
	struct am_blob *none;
	char *bytes;
	gsize len;

	for (int i = 0; i < 2; i++) {
		splits[i] = put(w, blobs[i]);
		cr_assert_eq(am_content_flush(w, &err), AM_OK);
	}
	finish(&log, &w);
	am_log_close(&log);
	cr_assert(g_file_get_contents(path, &bytes, &len, NULL));
	char *at = memmem(bytes, len, "#1!\n", 4);
	*at = 'O';
	cr_assert(g_file_set_contents(path, bytes, (gssize)len, NULL));
	g_free(bytes);
	cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx, &err), AM_OK);
	struct am_content_reader *r = reader(log);
	cr_assert_eq(get(r, splits[0], &none), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	cr_assert_null(none);
	assert_back(r, splits[1], blobs[1]);
	splits[1]->hash[0] ^= 1;
	cr_assert_eq(get(r, splits[1], &none), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	am_content_reader_free(&r);
	am_log_close(&log);
	for (int i = 0; i < 2; i++) {
		am_split_free(&splits[i]);
		am_blob_unref(&blobs[i]);
	}
}

/* Recipes that lie. */
Test(content, no_recipe_reaches_beyond_what_is_there)
{
	struct am_log *log = create(AM_CODEC_ZSTD, 0);
	struct am_content_writer *w = writer(log, 0);
	struct am_blob *blob = blob_of("0123456789\n", 11, NULL), *none;
	struct am_split *s = put(w, blob);

	finish(&log, &w);
	struct am_content_reader *r = reader(log);
	struct am_extent good = s->recipe.extents[0];
	struct am_step step = s->recipe.steps[0];
	static const struct {
		struct am_extent extent;
		uint64_t len;
		enum am_step_kind kind;
		uint32_t lead;
	} table[] = {
		{{1, 1, 11}, 11, AM_STEP_TEXT, 0},
		{{1, UINT32_MAX, UINT32_MAX}, 11, AM_STEP_TEXT, 0},
		{{1, 0, 5}, 11, AM_STEP_TEXT, 0},
		{{2, 0, 11}, 11, AM_STEP_TEXT, 0},
		{{0, 0, 11}, 11, AM_STEP_TEXT, 0},
		{{1, 0, 11}, UINT64_MAX, AM_STEP_TEXT, 0},
		{{1, 0, 11}, 10, AM_STEP_TEXT, 0},
		{{1, 0, 11}, 11, AM_STEP_BASE64, 0},
		{{1, 0, 11}, 11, AM_STEP_BASE64, UINT32_MAX},
		{{1, 0, 11}, 11, AM_STEP_BLOB, 0},
		{{1, 0, 11}, 0, AM_STEP_BLOB_BASE64, 0},
	};
	for (size_t i = 0; i < AM_COUNT(table); i++) {
		s->recipe.extents[0] = table[i].extent;
		s->recipe.steps[0].len = table[i].len;
		s->recipe.steps[0].kind = table[i].kind;
		s->recipe.steps[0].form.lead = table[i].lead;
		cr_assert_eq(get(r, s, &none), AM_FAILED, "row %zu", i);
		cr_assert_eq(err.kind, AM_E_CORRUPT, "row %zu: %s", i,
		             err.text);
	}
	s->recipe.extents[0] = good;
	s->recipe.steps[0] = step;
	assert_back(r, s, blob);
	am_content_reader_free(&r);
	am_log_close(&log);
	am_split_free(&s);
	am_blob_unref(&blob);
}

/* Between preparing and putting, the source's file changes. */
Test(content, a_message_that_changes_under_us_is_not_stored)
{
	struct am_log *log = create(AM_CODEC_ZSTD, 0);
	struct am_content_writer *w = writer(log, 1);
	char *text = g_strnfill(400000, 'x');
	struct am_blob *blob = blob_of(text, 400000, "m");
	char *place = g_build_filename(dir, "m", NULL);
	struct am_split *s;

	cr_assert_eq(am_split_message(&s, blob, NULL, &err), AM_OK);
	cr_assert_eq(truncate(place, 300000), 0);
	cr_assert_eq(am_content_put(w, blob, s, &err), AM_FAILED);
	cr_assert_eq(truncate(place, 400000), 0);
	cr_assert_eq(am_content_put(w, blob, s, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_IO);
	am_split_free(&s);
	am_blob_unref(&blob);

	GByteArray *m = attachment(500000, 3, false);
	blob = blob_of(m->data, m->len, "m");
	cr_assert_eq(am_split_message(&s, blob, NULL, &err), AM_OK);
	m->data[m->len / 2] = m->data[m->len / 2] == 'A' ? 'B' : 'A';
	FILE *f = fopen(place, "r+");
	cr_assert(f && fwrite(m->data, 1, m->len, f) == m->len && !fclose(f));
	int r = am_content_put(w, blob, s, &err);
	if (!r)
		r = am_content_flush(w, &err);
	cr_assert_eq(r, AM_FATAL);
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert_eq(g_hash_table_size(known.blobs), 0);
	am_split_free(&s);
	am_blob_unref(&blob);
	am_content_writer_free(&w);
	am_log_close(&log);
	g_byte_array_free(m, TRUE);
	g_free(place);
	g_free(text);
}
