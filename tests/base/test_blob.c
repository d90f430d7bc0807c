/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"

#include "helpers.h"

#include "base/file.h"
#include "base/reader.h"

#include <criterion/criterion.h>

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { N_SORTS = 8 }; /* from the fourth on: a range of each */

/* The same bytes in each of the places where a blob may live. */
static struct am_blob *make(int sort, const char *dir, const char *s,
                            size_t len)
{
	struct am_blob *blob = NULL;
	struct am_spool *spool;

	if (sort > 3) {
		GString *padded = g_string_new("12");
		g_string_append_len(padded, s, (gssize)len);
		g_string_append(padded, "456");
		struct am_blob *whole =
			make(sort - 4, dir, padded->str, padded->len);
		struct am_blob *most = NULL;
		cr_assert_eq(am_blob_range(&most, whole, 1, len + 4, NULL), 0);
		cr_assert_eq(am_blob_range(&blob, most, 1, len, NULL), 0);
		am_blob_unref(&whole);
		cr_assert_eq(am_blob_range(&whole, most, 1, len + 4, NULL),
		             AM_FAILED);
		am_blob_unref(&most);
		g_string_free(padded, TRUE);
	} else if (sort == 0) {
		cr_assert_eq(am_blob_copy(&blob, s, len, NULL), AM_OK);
	} else if (sort == 1) {
		cr_assert_eq(am_blob_take(&blob, g_memdup2(s, len), len, NULL),
		             AM_OK);
	} else if (sort == 2) {
		GString *padded = g_string_new("before");
		g_string_append_len(padded, s, (gssize)len);
		g_string_append(padded, "behind");
		struct am_file *f =
			test_open(dir, "slice", padded->str, padded->len);
		cr_assert_eq(am_blob_slice(&blob, f, 6, len, NULL), AM_OK);
		am_file_unref(&f);
		g_string_free(padded, TRUE);
	} else {
		cr_assert_eq(am_spool_open(&spool, 0, dir, NULL), AM_OK);
		cr_assert_eq(am_spool_write(spool, s, len, NULL), AM_OK);
		cr_assert_eq(am_spool_seal(&spool, &blob, NULL), AM_OK);
	}
	return blob;
}

Test(blob, all_sorts_read_alike)
{
	char *dir = test_dir();
	static const char text[] = "0123456789";

	for (int sort = 0; sort < N_SORTS; sort++) {
		for (size_t len = 0; len <= 10; len += 5) {
			struct am_blob *b = make(sort, dir, text, len);
			char buf[20];
			size_t got;
			struct am_reader *r;
			int status;
			cr_assert_eq(am_blob_size(b), len);
			const uint8_t *bytes = am_blob_bytes(b);
			cr_assert(sort % 4 > 1 || bytes);
			cr_assert(!bytes || !memcmp(bytes, text, len));
			for (size_t at = 0; at <= len + 1; at++) {
				cr_assert_eq(
					am_blob_read(b, at, buf, 3, &got, NULL),
					AM_OK);
				cr_assert_eq(got,
				             at >= len ? 0 : MIN(3, len - at));
				cr_assert(!memcmp(buf, text + at, got));
			}
			cr_assert_eq(
				am_blob_read(b, UINT64_MAX, buf, 3, &got, NULL),
				AM_OK);
			cr_assert_eq(am_blob_open(b, &r, NULL), AM_OK);
			am_blob_unref(&b);
			cr_assert_null(b);
			GString *s = drain(r, &status, NULL);
			cr_assert_eq(status, AM_END);
			cr_assert(s->len == len && !memcmp(s->str, text, len));
			g_string_free(s, TRUE);
		}
	}
	test_dir_remove(&dir);
}

Test(blob, slices_stay_inside_their_file)
{
	char *dir = test_dir();
	struct am_file *f = test_open(dir, "f", "0123456789", 10);
	struct am_error err;
	struct am_blob *b;
	char buf[10];
	size_t got;

	cr_assert_eq(am_blob_slice(&b, f, 5, 6, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_FORMAT);
	cr_assert_eq(am_blob_slice(&b, f, UINT64_MAX, 2, &err), AM_FAILED);
	cr_assert_eq(am_blob_slice(&b, f, 2, UINT64_MAX, &err), AM_FAILED);
	cr_assert_eq(am_blob_slice(&b, f, 5, 5, &err), AM_OK);
	cr_assert_eq(truncate(am_file_path(f), 7), 0);
	cr_assert_eq(am_blob_read(b, 0, buf, 10, &got, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_IO);
	am_blob_unref(&b);
	am_file_unref(&f);
	test_dir_remove(&dir);
}

static void *read_often(void *user)
{
	struct am_blob *b = user;

	for (unsigned i = 0; i < 3000; i++) {
		uint8_t c;
		size_t got;
		if (am_blob_read(b, i % 256, &c, 1, &got, NULL) || got != 1 ||
		    c != i % 256)
			return b;
		struct am_blob *more = am_blob_ref(b);
		am_blob_unref(&more);
	}
	am_blob_unref(&b);
	return NULL;
}

Test(blob, any_thread_reads_any_blob)
{
	char *dir = test_dir();
	char bytes[256];

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	for (int sort = 0; sort < N_SORTS; sort++) {
		struct am_blob *b = make(sort, dir, bytes, 256);
		pthread_t t[4];
		for (int i = 0; i < 4; i++)
			pthread_create(&t[i], NULL, read_often, am_blob_ref(b));
		am_blob_unref(&b);
		for (int i = 0; i < 4; i++) {
			void *bad;
			pthread_join(t[i], &bad);
			cr_expect_null(bad);
		}
	}
	test_dir_remove(&dir);
}
