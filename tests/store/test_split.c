/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message taken apart gives, step by step, exactly its bytes again. */
#include "log_help.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "mime/base64_form.h"
#include "mime/overview.h"
#include "store/canon.h"

#include <criterion/criterion.h>

#include <string.h>

static struct am_error err;

/* The bytes of a step, read with an eye to how a reader is used. */
static GByteArray *read_step(const struct am_blob *raw,
                             const struct am_split *split, size_t i,
                             size_t piece)
{
	GByteArray *out = g_byte_array_new();
	struct am_reader *reader;
	uint8_t *buf = g_malloc(piece);
	size_t got;

	cr_assert_eq(am_split_step(&reader, raw, split, i, &err), AM_OK);
	do {
		cr_assert_eq(am_reader_read(reader, buf, piece, &got, &err),
		             AM_OK, "%s", err.text);
		g_byte_array_append(out, buf, (guint)got);
	} while (got);
	am_reader_close(&reader);
	g_free(buf);
	return out;
}

static void append_encoded(GByteArray *out, const GByteArray *data,
                           const struct am_base64_form *form)
{
	const char *end = form->crlf ? "\r\n" : "\n";
	struct am_base64_encoder e;

	for (uint32_t i = 0; i < form->lead; i++)
		g_byte_array_append(out, (const uint8_t *)end,
		                    (guint)strlen(end));
	am_base64_encoder_init(&e, form);
	uint8_t *buf = g_malloc(am_base64_encode_room(&e, data->len));
	size_t n = am_base64_encode(&e, buf, data->data, data->len);
	n += am_base64_encode_end(&e, buf + n);
	g_byte_array_append(out, buf, (guint)n);
	g_free(buf);
	for (uint32_t i = 0; i < form->trail; i++)
		g_byte_array_append(out, (const uint8_t *)end,
		                    (guint)strlen(end));
}

static GByteArray *rebuild(const struct am_blob *raw,
                           const struct am_split *split, size_t piece)
{
	GByteArray *stored = g_byte_array_new();

	for (size_t i = 0; i < split->recipe.n_steps; i++) {
		const struct am_step *step = &split->recipe.steps[i];
		GByteArray *data = read_step(raw, split, i, piece);
		uint8_t hash[AM_SHA256_LEN];
		cr_assert_eq(data->len, step->len);
		am_sha256(data->data, data->len, hash);
		if (step->kind == AM_STEP_BLOB ||
		    step->kind == AM_STEP_BLOB_BASE64)
			cr_assert(!memcmp(hash, step->hash, sizeof hash));
		if (step->kind == AM_STEP_BASE64 ||
		    step->kind == AM_STEP_BLOB_BASE64)
			append_encoded(stored, data, &step->form);
		else
			g_byte_array_append(stored, data->data, data->len);
		g_byte_array_free(data, TRUE);
	}
	if (split->eol == AM_EOL_AS_IS)
		return stored;
	uint8_t *wide = g_malloc(stored->len * 2 + 1);
	size_t len = am_canon_to_crlf(wide, stored->data, stored->len);
	g_byte_array_set_size(stored, 0);
	g_byte_array_append(stored, wide, (guint)len);
	g_free(wide);
	return stored;
}

static void hash_lf(const GByteArray *m, uint8_t out[AM_SHA256_LEN])
{
	uint8_t *lf = g_malloc(m->len + 1);
	bool cr = false;
	size_t n = am_canon_to_lf(lf, m->data, m->len, &cr);

	if (cr)
		lf[n++] = '\r';
	am_sha256(lf, n, out);
	g_free(lf);
}

static struct am_split *split_blob(const struct am_blob *raw, size_t spool)
{
	struct am_limits limits = {.spool_memory = spool};
	struct am_split *split;

	cr_assert_eq(am_split_message(&split, raw, &limits, &err), AM_OK, "%s",
	             err.text);
	return split;
}

static struct am_blob *in_memory(const GByteArray *m)
{
	struct am_blob *blob;

	cr_assert_eq(am_blob_copy(&blob, m->data, m->len, &err), AM_OK);
	return blob;
}

static struct am_blob *in_file(const GByteArray *m, const char *path)
{
	struct am_file *file;
	struct am_blob *blob;

	cr_assert(g_file_set_contents(path, (const char *)m->data,
	                              (gssize)m->len, NULL));
	cr_assert_eq(am_file_open(&file, path, &err), AM_OK);
	cr_assert_eq(am_blob_slice(&blob, file, 0, m->len, &err), AM_OK);
	am_file_unref(&file);
	return blob;
}

static void assert_same_steps(const struct am_split *a,
                              const struct am_split *b)
{
	cr_assert_eq(a->eol, b->eol);
	cr_assert_eq(a->recipe.n_steps, b->recipe.n_steps);
	for (size_t i = 0; i < a->recipe.n_steps; i++) {
		cr_assert_eq(a->recipe.steps[i].kind, b->recipe.steps[i].kind);
		cr_assert_eq(a->recipe.steps[i].len, b->recipe.steps[i].len);
		cr_assert(!memcmp(a->recipe.steps[i].hash,
		                  b->recipe.steps[i].hash, AM_SHA256_LEN));
	}
}

/* In memory, small in a file, and large in a file: three roads, one result. */
Test(split, random_messages_come_back_exactly, .timeout = 120)
{
	struct logtest_random random = {9};
	char *dir = logtest_dir();
	char *path = g_build_filename(dir, "m", NULL);
	unsigned kinds[4] = {0}, crlf = 0;

	for (int i = 0; i < 300; i++) {
		GByteArray *m = logtest_message(&random);
		uint8_t want[AM_SHA256_LEN], want_lf[AM_SHA256_LEN];
		struct am_blob *blob = in_memory(m);
		struct am_blob *file = in_file(m, path);
		struct am_split *a = split_blob(blob, 0);
		struct am_split *b = split_blob(file, 1);
		struct am_split *c = split_blob(file, 1 << 30);
		am_sha256(m->data, m->len, want);
		hash_lf(m, want_lf);
		cr_assert(!memcmp(a->hash, want, sizeof want));
		cr_assert(!memcmp(a->hash_lf, want_lf, sizeof want));
		cr_assert(!memcmp(b->hash, want, sizeof want));
		cr_assert(!memcmp(b->hash_lf, want_lf, sizeof want));
		assert_same_steps(a, b);
		assert_same_steps(a, c);
		GByteArray *back = rebuild(blob, a, 65536);
		cr_assert_eq(back->len, m->len);
		cr_assert(!memcmp(back->data, m->data, m->len));
		g_byte_array_free(back, TRUE);
		back = rebuild(file, b, m->len < 30000 ? 1 : 200001);
		cr_assert_eq(back->len, m->len);
		cr_assert(!memcmp(back->data, m->data, m->len));
		g_byte_array_free(back, TRUE);
		for (size_t k = 0; k < a->recipe.n_steps; k++)
			kinds[a->recipe.steps[k].kind]++;
		crlf += a->eol == AM_EOL_CRLF_FROM_LF;
		am_split_free(&a);
		am_split_free(&b);
		am_split_free(&c);
		am_blob_unref(&blob);
		am_blob_unref(&file);
		g_byte_array_free(m, TRUE);
	}
	for (int i = 0; i < 4; i++)
		cr_assert_gt(kinds[i], 10, "kind %d", i);
	cr_assert_gt(crlf, 50);
	g_free(path);
	logtest_dir_remove(&dir);
}

/* The form with LFs is hashed along from the first CRLF on, if that comes
 * early; here it comes when much of the file has been read. */
Test(split, a_crlf_far_behind_is_not_overlooked)
{
	char *dir = logtest_dir();
	char *path = g_build_filename(dir, "m", NULL);
	GByteArray *m = g_byte_array_new();
	uint8_t want[2][AM_SHA256_LEN];

	for (int i = 0; i < 9000; i++)
		g_byte_array_append(m,
		                    (const uint8_t *)"a line of text, of "
		                                     "33 bytes and \n",
		                    33);
	g_byte_array_append(m, (const uint8_t *)"late\r\nend\r", 10);
	struct am_blob *file = in_file(m, path);
	struct am_split *split = split_blob(file, 1);
	am_sha256(m->data, m->len, want[0]);
	hash_lf(m, want[1]);
	cr_expect(memcmp(want[0], want[1], sizeof want[0]));
	cr_expect(!memcmp(split->hash, want[0], sizeof want[0]));
	cr_expect(!memcmp(split->hash_lf, want[1], sizeof want[1]));
	am_split_free(&split);
	am_blob_unref(&file);
	g_byte_array_free(m, TRUE);
	g_free(path);
	logtest_dir_remove(&dir);
}

static GByteArray *one_part(const char *type, const char *encoding,
                            const char *body, size_t len, bool crlf)
{
	GByteArray *m = g_byte_array_new();
	const char *end = crlf ? "\r\n" : "\n";
	char *head = g_strdup_printf("Subject: x%sContent-Type: %s%s"
	                             "Content-Transfer-Encoding: %s%s%s",
	                             end, type, end, encoding, end, end);

	g_byte_array_append(m, (uint8_t *)head, (guint)strlen(head));
	g_byte_array_append(m, (const uint8_t *)body, (guint)len);
	g_free(head);
	return m;
}

/* What becomes of the body of a message with one part. */
static enum am_step_kind kind_of(const char *type, const char *encoding,
                                 size_t decoded)
{
	uint8_t *data = g_malloc(decoded);
	struct logtest_random random = {10};
	char *text;

	logtest_fill(&random, data, decoded);
	for (size_t i = 0; i < decoded; i++)
		data[i] = data[i] == '\n' || data[i] == '\r' ? 'x' : data[i];
	if (!strcmp(encoding, "base64"))
		text = g_base64_encode(data, decoded);
	else
		text = g_strndup((char *)data, decoded);
	size_t len = strcmp(encoding, "base64") ? decoded : strlen(text);
	GByteArray *m = one_part(
		type, encoding,
		strcmp(encoding, "base64") ? (char *)data : text, len, false);
	struct am_blob *blob = in_memory(m);
	struct am_split *split = split_blob(blob, 0);
	enum am_step_kind kind =
		split->recipe.steps[split->recipe.n_steps - 1].kind;
	cr_assert_leq(split->recipe.n_steps, 2);
	am_split_free(&split);
	am_blob_unref(&blob);
	g_byte_array_free(m, TRUE);
	g_free(text);
	g_free(data);
	return kind;
}

Test(split, the_kind_of_a_part_decides_where_it_goes)
{
	static const struct {
		const char *type, *encoding;
		size_t decoded;
		enum am_step_kind kind;
	} table[] = {
		{"image/png", "base64", 255, AM_STEP_TEXT},
		{"image/png", "base64", 256, AM_STEP_BASE64},
		{"image/png", "base64", AM_INLINE_MAX, AM_STEP_BASE64},
		{"image/png", "base64", AM_INLINE_MAX + 1, AM_STEP_BLOB_BASE64},
		{"text/html", "base64", AM_TEXT_MAX, AM_STEP_BASE64},
		{"text/html", "base64", AM_TEXT_MAX + 1, AM_STEP_BLOB_BASE64},
		{"image/png", "binary", 65535, AM_STEP_TEXT},
		{"image/png", "binary", 65536, AM_STEP_BLOB},
		{"text/plain", "8bit", 300000, AM_STEP_TEXT},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++)
		cr_assert_eq(kind_of(table[i].type, table[i].encoding,
		                     table[i].decoded),
		             table[i].kind, "row %zu", i);
}

Test(split, one_message_with_either_line_end_has_one_stored_form)
{
	char *body = g_strnfill(400, 'A');

	body[76] = body[153] = '\n';
	body[230] = '\0';
	char **lines = g_strsplit(body, "\n", 0);
	char *wide = g_strjoinv("\r\n", lines);
	GByteArray *lf =
		one_part("image/png", "base64", body, strlen(body), false);
	GByteArray *crlf =
		one_part("image/png", "base64", wide, strlen(wide), true);
	struct am_blob *a = in_memory(lf), *b = in_memory(crlf);
	struct am_split *s = split_blob(a, 0), *t = split_blob(b, 0);
	cr_assert(!memcmp(s->hash, s->hash_lf, sizeof s->hash));
	cr_assert(memcmp(t->hash, t->hash_lf, sizeof t->hash));
	cr_assert(!memcmp(s->hash_lf, t->hash_lf, sizeof t->hash));
	cr_assert_eq(s->eol, AM_EOL_AS_IS);
	cr_assert_eq(t->eol, AM_EOL_CRLF_FROM_LF);
	cr_assert_eq(s->recipe.n_steps, t->recipe.n_steps);
	for (size_t i = 0; i < s->recipe.n_steps; i++)
		cr_assert_eq(s->recipe.steps[i].len, t->recipe.steps[i].len);
	cr_assert_str_eq(t->overview->subject, "x");
	am_split_free(&s);
	am_split_free(&t);
	am_blob_unref(&a);
	am_blob_unref(&b);
	g_byte_array_free(lf, TRUE);
	g_byte_array_free(crlf, TRUE);
	g_strfreev(lines);
	g_free(wide);
	g_free(body);
}

Test(split, an_empty_message_has_no_steps)
{
	struct am_blob *blob;
	struct am_split *split;

	cr_assert_eq(am_blob_copy(&blob, "", 0, &err), AM_OK);
	split = split_blob(blob, 0);
	cr_assert_eq(split->recipe.n_steps, 0);
	cr_assert_eq(split->size, 0);
	am_split_free(&split);
	cr_assert_null(split);
	am_blob_unref(&blob);
}
