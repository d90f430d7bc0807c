/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/zip.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "support/olm_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(zip, .fini = am_test_tmpdir_end);

static struct am_zip *opened(const char *name)
{
	char *path = g_build_filename(am_test_tmpdir(), name, NULL);
	struct am_file *file = NULL;
	struct am_zip *zip = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_file_open(&file, path, NULL), AM_OK);
	cr_assert_eq(am_zip_open(&zip, file, &err), AM_OK, "%s", err.text);
	am_file_unref(&file);
	g_free(path);
	return zip;
}

static struct am_zip *opened_bytes(GByteArray *bytes)
{
	am_test_write("x.zip", bytes->data, bytes->len);
	g_byte_array_free(bytes, TRUE);
	return opened("x.zip");
}

/* The bytes of a member, g_free() them; NULL with err. */
static char *bytes_of(struct am_zip *zip, const char *name, size_t *len,
                      struct am_error *err)
{
	size_t i = am_zip_find(zip, name);
	struct am_reader *reader = NULL;
	char *out;
	int r;

	cr_assert_neq(i, SIZE_MAX, "%s", name);
	out = g_malloc0((size_t)am_zip_member(zip, i)->size + 1);
	r = am_zip_reader(zip, i, &reader, err);
	if (!r)
		r = am_reader_read(reader, out, am_zip_member(zip, i)->size + 1,
		                   len, err);
	am_reader_close(&reader);
	if (r) {
		g_free(out);
		out = NULL;
	}
	return out;
}

static void expect(struct am_zip *zip, const char *name, const char *want)
{
	struct am_error err = {0};
	size_t len = 0;
	char *got = bytes_of(zip, name, &len, &err);

	cr_assert_not_null(got, "%s", err.text);
	cr_expect_str_eq(got, want);
	cr_expect_eq(len, strlen(want));
	g_free(got);
}

static const char *const members[] = {"b/two", "second", "a\\one", "first",
                                      "empty", "",       NULL};

Test(zip, members_by_name_and_again)
{
	struct am_zip *zip = opened_bytes(am_test_zip(members, TRUE));

	cr_expect_eq(am_zip_n_members(zip), 3);
	cr_expect_null(am_zip_damage(zip));
	expect(zip, "a/one", "first");
	expect(zip, "b/two", "second");
	expect(zip, "a/one", "first");
	expect(zip, "empty", "");
	cr_expect_eq(am_zip_find(zip, "c"), SIZE_MAX);
	am_zip_close(&zip);
}

Test(zip, without_its_list_from_the_front)
{
	struct am_zip *zip = opened_bytes(am_test_zip(members, FALSE));
	struct am_error err = {0};
	size_t len;

	cr_expect_eq(am_zip_n_members(zip), 3);
	cr_expect(strstr(am_zip_damage(zip), "no list"));
	expect(zip, "b/two", "second");
	am_zip_close(&zip);
	/* Cut off in the second. */
	GByteArray *bytes = am_test_zip(members, FALSE);
	g_byte_array_set_size(bytes, 30 + 5 + 6 + 30 + 5 + 2);
	zip = opened_bytes(bytes);
	cr_expect_eq(am_zip_n_members(zip), 2);
	cr_expect(strstr(am_zip_damage(zip), "cut off"));
	expect(zip, "b/two", "second");
	cr_expect_null(bytes_of(zip, "a/one", &len, &err));
	cr_expect(strstr(err.text, "3 bytes short"), "%s", err.text);
	am_zip_close(&zip);
}

/* As libarchive writes them: deflated. */
Test(zip, deflated_members)
{
	char *path = g_build_filename(am_test_tmpdir(), "d.zip", NULL);
	char *text = g_strnfill(300000, 'x');
	struct am_pack *pack = NULL;
	struct am_reader *reader = NULL;

	cr_assert_eq(am_pack_open(&pack, path, NULL), AM_OK);
	for (unsigned i = 0; i < 3; i++) {
		char name[8];
		text[i] = 'y';
		g_snprintf(name, sizeof(name), "f%u", i);
		cr_assert_eq(am_reader_memory(&reader, text, 300000, NULL),
		             AM_OK);
		cr_assert_eq(am_pack_add(pack, name, 300000, 0, reader, NULL),
		             AM_OK);
		am_reader_close(&reader);
	}
	cr_assert_eq(am_pack_close(&pack, true, NULL), AM_OK);
	struct am_zip *zip = opened("d.zip");
	cr_expect_lt(am_zip_member(zip, 0)->packed, 10000);
	expect(zip, "f2", text);
	am_zip_close(&zip);
	g_free(text);
	g_free(path);
}

/* A bit that turned in what is stored is told, not given. */
Test(zip, a_member_with_another_checksum)
{
	GByteArray *bytes = am_test_zip(members, TRUE);
	uint8_t *at = memmem(bytes->data, bytes->len, "second", 6);
	struct am_error err = {0};
	size_t len;

	cr_assert_not_null(at);
	at[2] ^= 1;
	struct am_zip *zip = opened_bytes(bytes);
	cr_expect_null(bytes_of(zip, "b/two", &len, &err));
	cr_expect_eq(err.kind, AM_E_CORRUPT);
	expect(zip, "a/one", "first");
	am_zip_close(&zip);
}

Test(zip, any_bytes_changed_it_comes_to_an_end)
{
	GRand *rand = g_rand_new_with_seed(3);
	GByteArray *whole = am_test_zip(members, TRUE);
	char *path = g_build_filename(am_test_tmpdir(), "x.zip", NULL);

	for (unsigned i = 0; i < whole->len + 2000; i++) {
		uint8_t *copy = g_memdup2(whole->data, whole->len);
		size_t len = i < whole->len ? i : whole->len;
		struct am_file *file = NULL;
		struct am_zip *zip = NULL;
		struct am_error err = {0};
		for (unsigned k = 0; i >= whole->len && k <= i % 4; k++)
			copy[g_rand_int_range(rand, 0, (gint32)len)] =
				i % 2 ? (uint8_t)g_rand_int(rand) : 0xff;
		am_test_write("x.zip", copy, len);
		cr_assert_eq(am_file_open(&file, path, NULL), AM_OK);
		if (am_zip_open(&zip, file, &err))
			cr_expect(err.kind && *err.text);
		for (size_t m = 0; zip && m < am_zip_n_members(zip); m++) {
			struct am_reader *reader = NULL;
			const uint8_t *data;
			size_t n;
			int r = am_zip_reader(zip, m, &reader, &err);
			while (!r && !(r = am_reader_peek(reader, 1, &data, &n,
			                                  &err)))
				am_reader_skip(reader, n);
			cr_expect(r == AM_END || *err.text);
			am_reader_close(&reader);
		}
		am_zip_close(&zip);
		am_file_unref(&file);
		g_free(copy);
	}
	g_free(path);
	g_rand_free(rand);
	g_byte_array_free(whole, TRUE);
}
