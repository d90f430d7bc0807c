/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/dbx/dbx.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(dbx, .fini = am_test_tmpdir_end, .timeout = 60);

static GByteArray *sample(const char *name)
{
	const char *dir = g_getenv("SAMPLES");
	char *path = g_build_filename(dir ? dir : "samples", "dbx", name, NULL);
	char *bytes = NULL;
	gsize len = 0;

	cr_assert(g_file_get_contents(path, &bytes, &len, NULL), "%s", path);
	g_free(path);
	return g_byte_array_new_take((guint8 *)bytes, len);
}

static char *list(const GByteArray *bytes, const char *options, uint32_t what)
{
	const char *const words[] = {options, NULL};

	am_test_write("x.dbx", bytes->data, bytes->len);
	return g_strchomp(am_test_list(&am_format_dbx, "x.dbx",
	                               options ? words : NULL, what, false));
}

static unsigned lines_with(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, word)); p++)
		n++;
	return n;
}

static void put32(GByteArray *bytes, size_t at, uint32_t value)
{
	uint32_t v = GUINT32_TO_LE(value);
	memcpy(bytes->data + at, &v, 4);
}

static uint32_t get32(const GByteArray *bytes, size_t at)
{
	uint32_t v;
	memcpy(&v, bytes->data + at, 4);
	return GUINT32_FROM_LE(v);
}

Test(dbx, messages_come_in_the_order_of_the_list)
{
	GByteArray *bytes = sample("Mill.dbx");
	char *got = list(bytes, NULL, AM_LIST_FLAGS);
	const char *at = got;
	static const char *const want[] = {
		"Subject: Flour\\r", "Subject: Sacks\\r",
		"Subject: Re: Flour\\r", "Subject: The mill is closed\\r",
		"Subject: Wheels\\r"};
	for (size_t i = 0; i < AM_COUNT(want); i++) {
		at = strstr(at, want[i]);
		cr_assert(at, "%s: %s", want[i], got);
	}
	cr_expect_eq(lines_with(got, "Subject: "), 5);
	cr_expect_eq(lines_with(got, " seen"), 4);
	cr_expect(strstr(got, "seen flagged"));
	cr_expect(strstr(got, "seen answered"));
	cr_expect(strstr(got, "seen forwarded"));
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}

Test(dbx, what_was_deleted_is_found_when_it_is_asked_for)
{
	GByteArray *bytes = sample("Mill.dbx");
	char *got = list(bytes, "deleted=yes", AM_LIST_FLAGS);
	cr_expect_eq(lines_with(got, "Subject: "), 6);
	cr_expect(strstr(got, "Subject: Thrown away"));
	cr_expect_eq(lines_with(got, " deleted"), 1);
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}

/* A list that leads into itself ends; what it does not lead to is told. */
Test(dbx, a_damaged_list_is_told)
{
	GByteArray *bytes = sample("Mill.dbx");
	uint32_t root = get32(bytes, 0xE4);
	put32(bytes, root + 8, root);
	char *got = list(bytes, NULL, 0);
	cr_expect_eq(lines_with(got, "Subject: "), 3);
	cr_expect_eq(am_test_notes("dbx.list-damaged"), 1);
	g_free(got);
	/* All that has a beginning is found without the list. */
	put32(bytes, 0xE4, 0x7fffffff);
	got = list(bytes, "deleted=yes", 0);
	cr_expect_eq(lines_with(got, "Subject: "), 6);
	cr_expect_eq(am_test_notes("dbx.list-damaged"), 2);
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}

Test(dbx, pieces_that_lead_in_a_circle_cost_that_message)
{
	GByteArray *bytes = sample("Mill.dbx");
	uint32_t first = 0;
	/* The first piece with another behind it. */
	for (size_t i = 0x24bc; i + 16 < bytes->len && !first; i += 4)
		if (get32(bytes, i) == i && get32(bytes, i + 4) == 512 &&
		    get32(bytes, i + 12))
			first = (uint32_t)i;
	cr_assert(first);
	put32(bytes, first + 12, first);
	char *got = list(bytes, NULL, 0);
	cr_expect_eq(lines_with(got, "Subject: "), 4);
	cr_expect_eq(lines_with(got, "failed "), 1);
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}

Test(dbx, version_4_has_them_one_behind_the_other)
{
	GByteArray *bytes = sample("Grain.mbx");
	char *got = list(bytes, NULL, 0);
	cr_expect_eq(lines_with(got, "Subject: "), 2);
	g_free(got);
	/* Where one does not follow the other, the first has come. */
	put32(bytes, 0x54 + 8, get32(bytes, 0x54 + 8) + 4);
	got = list(bytes, NULL, 0);
	cr_expect_eq(lines_with(got, "Subject: "), 1);
	cr_expect_eq(lines_with(got, "failed "), 1);
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}

Test(dbx, other_files_of_the_program_hold_no_mail)
{
	GByteArray *bytes = sample("Mill.dbx");
	bytes->data[4] = 0xc6;
	char *got = list(bytes, NULL, AM_LIST_FOLDERS);
	cr_expect_str_eq(got, "folder x");
	cr_expect_eq(am_test_notes("dbx.no-messages"), 1);
	g_free(got);
	g_byte_array_free(bytes, TRUE);
}
