/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"

#include "helpers.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

Test(spool, keeps_every_byte_whatever_the_sizes)
{
	static const size_t memories[] = {0, 1, 100, 5000, 1 << 20};
	static const size_t writes[] = {1, 99, 4096, 70000, 0, 65536, 3};
	char *dir = test_dir();

	for (size_t m = 0; m < G_N_ELEMENTS(memories); m++) {
		struct am_spool *spool;
		struct am_blob *blob;
		struct am_reader *r;
		int status;
		GString *want = g_string_new(NULL);
		cr_assert_eq(am_spool_open(&spool, memories[m], dir, NULL),
		             AM_OK);
		for (size_t i = 0; i < 40; i++) {
			size_t n = writes[i % G_N_ELEMENTS(writes)];
			char *piece = g_malloc(n + 1);
			memset(piece, (int)('a' + i % 26), n);
			cr_assert_eq(am_spool_write(spool, piece, n, NULL),
			             AM_OK);
			g_string_append_len(want, piece, (gssize)n);
			g_free(piece);
			if (want->len > 300000 && m == 4)
				break;
		}
		cr_assert_eq(am_spool_seal(&spool, &blob, NULL), AM_OK);
		cr_assert_null(spool);
		cr_assert_eq(am_blob_size(blob), want->len);
		cr_assert_eq(am_blob_bytes(blob) != NULL,
		             want->len <= memories[m]);
		cr_assert_eq(am_blob_open(blob, &r, NULL), AM_OK);
		GString *s = drain(r, &status, NULL);
		cr_assert(g_string_equal(s, want));
		g_string_free(s, TRUE);
		g_string_free(want, TRUE);
		am_blob_unref(&blob);
	}
	test_dir_remove(&dir);
}

Test(spool, exactly_what_memory_allows_stays_there)
{
	char *dir = test_dir();

	for (size_t n = 9; n <= 11; n++) {
		struct am_spool *spool;
		struct am_blob *blob;
		cr_assert_eq(am_spool_open(&spool, 10, dir, NULL), AM_OK);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(am_spool_write(spool, "x", 1, NULL),
			             AM_OK);
		cr_assert_eq(am_spool_seal(&spool, &blob, NULL), AM_OK);
		cr_assert_eq(am_blob_size(blob), n);
		cr_assert_eq(am_blob_bytes(blob) != NULL, n <= 10);
		am_blob_unref(&blob);
	}
	test_dir_remove(&dir);
}

Test(spool, a_folder_that_is_not_there_is_an_error_not_a_loss)
{
	struct am_spool *spool;
	struct am_blob *blob;
	struct am_error err;

	cr_assert_eq(am_spool_open(&spool, 4, "/nonexistent", NULL), AM_OK);
	cr_assert_eq(am_spool_write(spool, "abc", 3, &err), AM_OK);
	cr_assert_eq(am_spool_write(spool, "def", 3, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	cr_assert_eq(am_spool_write(spool, "x", 1, &err), AM_FATAL);
	cr_assert_eq(am_spool_seal(&spool, &blob, &err), AM_FATAL);
	cr_assert(!spool && !blob);
	am_spool_drop(&spool);
}
