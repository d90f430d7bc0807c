/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found in the free space of a PST. */
#include "formats/outlook/pst.h"
#include "support/listing.h"
#include "support/pst_deleted.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(pst_deleted, .fini = am_test_tmpdir_end);

static const char *const deleted[] = {"deleted=yes", NULL};

static const struct {
	enum am_pst_kind kind;
	enum am_pst_crypt crypt;
} layouts[] = {{AM_PST_UNICODE, AM_PST_CRYPT_PERMUTE},
               {AM_PST_ANSI, AM_PST_CRYPT_CYCLIC},
               {AM_PST_OST4K, AM_PST_CRYPT_NONE}};

static char *list(const char *const *options)
{
	return am_test_list(&am_format_pst, "x.pst", options,
	                    AM_LIST_FOLDERS | AM_LIST_ORIGIN, false);
}

static void write_file(GByteArray *file)
{
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* In a folder of its own, with its attachment, the latest version, and none of
 * what is there still or is not whole. */
Test(pst_deleted, is_recovered_where_all_of_it_proves_itself)
{
	for (size_t i = 0; i < AM_COUNT(layouts); i++) {
		write_file(am_test_pst_with_deleted(layouts[i].kind,
		                                    layouts[i].crypt));
		char *got = list(deleted);
		const char *recovered = strstr(got, "folder Recovered\n");
		cr_assert(recovered, "%zu: %s", i, got);
		cr_expect(count(got, "Subject: there") == 1, "%s", got);
		cr_expect(count(got, "Subject: deleted") == 1, "%s", got);
		cr_expect(strstr(recovered, "Subject: deleted\\r\\n"), "%s",
		          got);
		cr_expect(strstr(recovered, "deleted:0x200044"), "%s", got);
		cr_expect(strstr(recovered, "filename=\\\"x.bin\\\""), "%s",
		          got);
		cr_expect(!strstr(got, "broken") && !strstr(got, "before"),
		          "%s", got);
		cr_expect(am_test_notes("pst.recovered") == i + 1);
		cr_expect(am_test_notes("pst.deleted-lost") == i + 1);
		/* Nothing that the live store would be told of. */
		cr_expect(am_test_notes("pst.block-checksum") == 0);
		g_free(got);
	}
}

Test(pst_deleted, is_left_where_nobody_asks)
{
	write_file(am_test_pst_with_deleted(AM_PST_UNICODE, 1));
	char *got = list(NULL);
	cr_expect(!strstr(got, "Recovered") && !strstr(got, "deleted"), "%s",
	          got);
	cr_expect(am_test_notes("pst.recovered") == 0);
	g_free(got);
}

/* A page whose checksum does not hold names nothing. */
Test(pst_deleted, is_not_believed_to_a_page_that_is_damaged)
{
	GByteArray *file = am_test_pst_with_deleted(AM_PST_UNICODE, 0);
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	unsigned spoilt = 0;
	for (size_t at = 0; at + g->page <= file->len; at += g->page) {
		struct am_pst_page_trailer t;
		struct am_pst_nbt_entry e;
		am_pst_page_trailer_decode(g, &t,
		                           file->data + at + g->page_trailer);
		am_pst_nbt_entry_decode(g, &e, file->data + at);
		if (t.type == AM_PST_PAGE_NBT && t.type_again == t.type &&
		    e.nid == 0x200044) {
			file->data[at + 40] ^= 1;
			spoilt++;
		}
	}
	cr_assert(spoilt == 2);
	write_file(file);
	char *got = list(deleted);
	cr_expect(!strstr(got, "Subject: deleted"), "%s", got);
	g_free(got);
}
