/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/known.h"

#include "base/blob.h"
#include "model/folder.h"
#include "transfer/digest.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_folder *make_folder(const char *name)
{
	struct am_folder *folder = NULL;

	cr_assert_eq(am_folder_new(&folder, &name, 1, AM_ROLE_NONE, NULL),
	             AM_OK);
	return folder;
}

static void drop(struct am_folder *folder)
{
	const struct am_folder *f = folder;

	am_folder_unref(&f);
}

static void hash_of(int i, uint8_t hash[AM_SHA256_LEN])
{
	am_sha256(&i, sizeof i, hash);
}

Test(known, counts_how_often_and_where)
{
	struct am_known *known = am_known_new();
	struct am_folder *a = make_folder("A"), *b = make_folder("B");
	uint8_t hash[AM_SHA256_LEN];

	hash_of(1, hash);
	cr_expect_not(am_known_take(known, a, hash, NULL),
	              "an empty one has none");
	am_known_add(known, a, hash);
	am_known_add(known, a, hash);
	cr_expect_not(am_known_has(known, b, hash), "in A, not in B");
	cr_expect_eq(am_known_count(known), 2u);
	cr_expect(am_known_take(known, a, hash, NULL));
	cr_expect(am_known_has(known, a, hash));
	cr_expect(am_known_take(known, a, hash, NULL));
	cr_expect_not(am_known_has(known, a, hash));
	cr_expect_not(am_known_take(known, a, hash, NULL));
	am_known_free(&known);
	drop(a);
	drop(b);
}

Test(known, takes_the_top_and_inbox_for_one_and_can_ignore_folders)
{
	struct am_known *known = am_known_new();
	struct am_folder *inbox = make_folder("inbox");
	struct am_folder *other = make_folder("other");
	uint8_t hash[AM_SHA256_LEN];

	hash_of(1, hash);
	am_known_add(known, inbox, hash);
	cr_expect(am_known_has(known, NULL, hash));
	cr_expect_not(am_known_has(known, other, hash));
	am_known_free(&known);

	known = am_known_new();
	am_known_ignore_folders(known);
	am_known_add(known, inbox, hash);
	cr_expect(am_known_take(known, other, hash, NULL));
	am_known_free(&known);
	drop(inbox);
	drop(other);
}

Test(known, holds_many)
{
	struct am_known *known = am_known_new();
	uint8_t hash[AM_SHA256_LEN];

	for (int i = 0; i < 50000; i++) {
		hash_of(i, hash);
		am_known_add(known, NULL, hash);
	}
	for (int i = 0; i < 100000; i++) {
		hash_of(i, hash);
		cr_assert_eq(am_known_take(known, NULL, hash, NULL), i < 50000);
	}
	am_known_free(&known);
}

static struct am_blob *blob_of(const char *text, size_t len)
{
	struct am_blob *blob = NULL;

	cr_assert_eq(am_blob_copy(&blob, text, len, NULL), AM_OK);
	return blob;
}

Test(digest, is_sha256_of_the_bytes_and_of_the_bytes_with_lf)
{
	static const struct {
		const char *text, *lf, *ended;
	} cases[] = {
		{"", "", "\n"},
		{"a\nb\n", "a\nb\n", "a\nb\n"},
		{"a\r\nb\r\n", "a\nb\n", "a\nb\n"},
		{"a\r\nb", "a\nb", "a\nb\n"},
		{"a\rb\r\n\r", "a\rb\n\r", "a\rb\n\r\n"},
		{"\r\n\r\n", "\n\n", "\n\n"},
		{"\r\r\n", "\r\n", "\r\n"},
		{"mixed\nline\r\nends\n", "mixed\nline\nends\n",
	         "mixed\nline\nends\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_blob *blob =
			blob_of(cases[i].text, strlen(cases[i].text));
		uint8_t raw[AM_SHA256_LEN], lf[AM_SHA256_LEN];
		uint8_t ended[AM_SHA256_LEN], text[AM_SHA256_LEN];
		struct am_digest d;
		am_sha256(cases[i].text, strlen(cases[i].text), raw);
		am_sha256(cases[i].lf, strlen(cases[i].lf), lf);
		am_sha256(cases[i].ended, strlen(cases[i].ended), ended);
		cr_assert_eq(am_digest_read(&d, blob, NULL), AM_OK);
		cr_expect_eq(memcmp(d.raw, raw, sizeof raw), 0, "raw %zu", i);
		cr_expect_eq(memcmp(d.lf, lf, sizeof lf), 0, "lf %zu", i);
		cr_assert_eq(am_digest_text(text, blob, NULL), AM_OK);
		cr_expect_eq(memcmp(text, ended, sizeof ended), 0, "text %zu",
		             i);
		am_blob_unref(&blob);
	}
}

Test(digest, is_the_same_for_bytes_on_disk_wherever_they_are_cut)
{
	/* CRLF at every position around the 64 KiB pieces. */
	for (size_t shift = 0; shift < 4; shift++) {
		size_t len = (200 << 10) + shift;
		char *text = g_malloc(len);
		for (size_t i = 0; i < len; i++)
			text[i] = (i + shift) % 4 == 0   ? '\r'
			          : (i + shift) % 4 == 1 ? '\n'
			                                 : 'x';
		struct am_blob *memory = blob_of(text, len), *disk = NULL;
		struct am_spool *spool = NULL;
		struct am_digest a, b;
		cr_assert_eq(am_spool_open(&spool, 1024, NULL, NULL), AM_OK);
		cr_assert_eq(am_spool_write(spool, text, len, NULL), AM_OK);
		cr_assert_eq(am_spool_seal(&spool, &disk, NULL), AM_OK);
		cr_assert_null(am_blob_bytes(disk));
		cr_assert_eq(am_digest_read(&a, memory, NULL), AM_OK);
		cr_assert_eq(am_digest_read(&b, disk, NULL), AM_OK);
		cr_expect_eq(memcmp(&a, &b, sizeof a), 0);
		am_blob_unref(&memory);
		am_blob_unref(&disk);
		g_free(text);
	}
}
