/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/expand.h"

#include "base/blob.h"
#include "support/listing.h"
#include "support/tmpdir.h"
#include "support/tnef_sample.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(expand, .fini = am_test_tmpdir_end);

/* Two mails in an mbox, one of them with a winmail.dat. */
static char *mbox(void)
{
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *text = g_strdup_printf(
		"From a@b Thu Jan  2 03:04:05 2020\nSubject: plain\n\nx\n\n"
		"From a@b Thu Jan  2 03:04:05 2020\nSubject: packed\n"
		"Content-Type: multipart/mixed; boundary=xx\n\n--xx\n"
		"Content-Type: application/ms-tnef\n"
		"Content-Transfer-Encoding: base64\n\n%s\n--xx--\n\n",
		base64);

	am_test_write_text("x.mbox", text);
	g_free(text);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
	return g_build_filename(am_test_tmpdir(), "x.mbox", NULL);
}

static int parse(struct am_place **out, const char *path, const char *options,
                 bool target, struct am_error *err)
{
	return am_place_parse(out, path, options, target, err);
}

/* The exactness of each, and whether the file within shows. */
static char *read_with(const char *path, const char *options)
{
	struct am_place *place = NULL;
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	GString *out = g_string_new(NULL);

	cr_assert_eq(parse(&place, path, options, false, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_place_open_source(place, &src, am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while (am_source_next(src, &item, &err) != AM_END) {
		if (!item.message)
			continue;
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK,
		             "%s", err.text);
		size_t size = am_blob_size(item.message->raw), got;
		char *bytes = g_malloc0(size + 1);
		cr_assert_eq(am_blob_read(item.message->raw, 0, bytes, size,
		                          &got, NULL),
		             AM_OK);
		cr_expect_eq(item.message->size, size);
		g_string_append_printf(
			out, "%s%s ",
			am_exactness_name(item.message->exactness),
			strstr(bytes, "deep.txt") ? "+" : "");
		g_free(bytes);
		am_message_free(&item.message);
	}
	am_source_close(&src);
	am_place_free(&place);
	return g_string_free(out, FALSE);
}

Test(expand, an_option_of_every_source)
{
	char *path = mbox();
	char *kept = read_with(path, NULL),
	     *said = read_with(path, "tnef=keep");
	char *opened = read_with(path, "mbox,tnef=expand");

	cr_expect_str_eq(said, kept);
	cr_expect_null(strchr(kept, '+'), "%s", kept);
	cr_expect(g_str_has_suffix(opened, " synthesised+ "), "%s", opened);
	cr_expect_eq(am_test_notes("tnef.expanded"), 1);
	g_free(kept);
	g_free(said);
	g_free(opened);
	g_free(path);
}

Test(expand, other_words_and_targets_are_refused)
{
	char *path = mbox();
	struct am_place *place = NULL;
	struct am_error err = {0};

	cr_expect_eq(parse(&place, path, "tnef=open", false, &err), AM_FAILED);
	cr_expect(strstr(err.text, "tnef=expand or tnef=keep"), "%s", err.text);
	cr_expect_null(place);
	cr_expect_eq(
		parse(&place, path, "tnef=keep,mbox=x,tnef=no", false, &err),
		AM_FAILED);
	cr_expect(strstr(err.text, "tnef=no"), "%s", err.text);
	cr_expect_eq(parse(&place, path, "mbox,tnef=expand", true, &err),
	             AM_FAILED);
	cr_expect(strstr(err.text, "for what is read"), "%s", err.text);
	g_free(path);
}
