/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/aside.h"

#include "base/blob.h"
#include "formats/outlook/pst.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(pst_aside, .fini = am_test_tmpdir_end);

enum { BIG = 1500000, SMALL = 60000 };

static const char *const options[] = {"max-size=1M", "verify=yes", NULL};

/* Base64 of bytes that nobody compresses. */
static char *base64(size_t len, uint32_t seed)
{
	GRand *random = g_rand_new_with_seed(seed);
	guchar *bytes = g_malloc(len);
	GString *lines = g_string_new(NULL);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (guchar)g_rand_int(random);
	char *text = g_base64_encode(bytes, len);
	for (size_t at = 0, n = strlen(text); at < n; at += 76) {
		g_string_append_len(lines, text + at, (gssize)MIN(76, n - at));
		g_string_append_c(lines, '\n');
	}
	g_rand_free(random);
	g_free(bytes);
	g_free(text);
	return g_string_free(lines, FALSE);
}

/* A large file, a small one, and a message with a large one. */
static char *make_mail(void)
{
	char *a = base64(BIG, 1), *b = base64(SMALL, 2), *c = base64(BIG, 3);
	char *mail = g_strdup_printf(
		"Subject: much\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Type: text/plain\n\nhere it is\n"
		"--b\nContent-Type: application/x-a; name=\"gr\xc3\xb6\xc3\x9f"
		"e.bin\"\nContent-Transfer-Encoding: base64\n\n%s"
		"--b\nContent-Type: image/png; name=small.png\n"
		"Content-Transfer-Encoding: base64\n\n%s"
		"--b\nContent-Type: message/rfc822\n\n"
		"Subject: inner\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=i\n\n"
		"--i\nContent-Type: application/zip; name=c.zip\n"
		"Content-Transfer-Encoding: base64\n\n%s"
		"--i--\n--b--\n",
		a, b, c);

	g_free(a);
	g_free(b);
	g_free(c);
	return mail;
}

static void put(const char *path, const char *mail)
{
	const struct am_test_message msg = {.folder = {"In"}, .bytes = mail};

	am_test_fill(&am_format_pst, path, options, &msg, 1);
}

/* The only message of a PST; g_free() it. */
static char *get(const char *path, bool *incomplete)
{
	char *whole = am_test_path("%s", path), *text = NULL;
	const struct am_location where = {.path = whole};
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;

	cr_assert_eq(
		am_format_pst.open_source(&src, &where, am_test_ctx(), &err),
		AM_OK, "%s", err.text);
	while (am_source_next(src, &item, &err) == AM_OK) {
		size_t got = 0;
		if (!item.message)
			continue;
		cr_assert_null(text);
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK,
		             "%s", err.text);
		size_t size = (size_t)am_blob_size(item.message->raw);
		text = g_malloc0(size + 1);
		cr_assert_eq(am_blob_read(item.message->raw, 0, text, size,
		                          &got, &err),
		             AM_OK);
		*incomplete = item.message->incomplete;
		am_message_free(&item.message);
	}
	am_source_close(&src);
	g_free(whole);
	cr_assert(text);
	return text;
}

/* The names in DIR, sorted; g_strfreev() them. */
static char **names_in(const char *name)
{
	char *path = am_test_path("%s", name);
	GDir *dir = g_dir_open(path, 0, NULL);
	GPtrArray *all = g_ptr_array_new();
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		g_ptr_array_add(all, g_strdup(entry));
	g_ptr_array_add(all, NULL);
	if (dir)
		g_dir_close(dir);
	g_free(path);
	return (char **)(void *)g_ptr_array_free(all, FALSE);
}

Test(pst_aside, what_no_pst_holds_lies_beside_it)
{
	char *mail = make_mail();
	bool incomplete = true;
	size_t len;

	put("m.pst", mail);
	cr_expect_eq(am_test_notes("pst.aside"), 2);
	char **names = names_in("m.pst-files");
	cr_assert_eq(g_strv_length(names), 2);
	for (char **n = names; *n; n++)
		cr_expect(g_str_has_suffix(*n, "-gr\xc3\xb6\xc3\x9f"
		                               "e.bin") ||
		                  g_str_has_suffix(*n, "-c.zip"),
		          "%s", *n);
	g_free(am_test_read("m.pst", &len));
	cr_expect_leq(len, 1u << 20);
	char *back = get("m.pst", &incomplete);
	cr_expect(!strcmp(mail, back));
	cr_expect_not(incomplete);
	/* Once more it is there already, and beside it too. */
	put("m.pst", mail);
	cr_expect_not(am_test_exists("m-2.pst"));
	char **again = names_in("m.pst-files");
	cr_expect_eq(g_strv_length(again), 2);
	struct am_location where = {.path = am_test_path("m.pst")};
	cr_expect_eq(am_format_pst.target_size(&where), len + 2 * BIG);
	g_free((char *)(uintptr_t)where.path);
	g_strfreev(again);
	g_strfreev(names);
	g_free(back);
	g_free(mail);
}

/* The PST has gone elsewhere without them, or one of them is another. */
Test(pst_aside, one_that_is_gone_is_told_and_the_rest_is_there)
{
	char *mail = make_mail();
	bool incomplete = false;
	size_t len;

	put("m.pst", mail);
	char **names = names_in("m.pst-files");
	unsigned gone = g_str_has_suffix(names[0], "-c.zip") ? 1 : 0;
	char *first = am_test_path("m.pst-files/%s", names[gone]);
	char *second = am_test_path("m.pst-files/%s", names[!gone]);
	cr_assert_eq(unlink(first), 0);
	char *back = get("m.pst", &incomplete);
	cr_expect(incomplete);
	cr_expect(strstr(back, "here it is"));
	cr_expect(strstr(back, "Here was an attachment, gr"));
	cr_expect(strstr(back, "which is not there"));
	cr_expect(strstr(back, "name=\"small.png\""));
	/* Of what is beside it all that is there comes. */
	cr_expect(strlen(back) > BIG);
	cr_expect_eq(am_test_notes("outlook.changed"), 1);
	cr_expect_eq(am_test_notes("pst.attachment"), 1);
	g_free(back);
	/* As long as it was, but others' bytes. */
	char *bytes = NULL;
	cr_assert(g_file_get_contents(second, &bytes, &len, NULL));
	bytes[len / 2] = (char)~bytes[len / 2];
	cr_assert(g_file_set_contents(second, bytes, (gssize)len, NULL));
	back = get("m.pst", &incomplete);
	cr_expect(strstr(back, "its bytes are others now"));
	cr_expect(strlen(back) < BIG);
	g_free(bytes);
	g_free(back);
	g_free(first);
	g_free(second);
	g_strfreev(names);
	g_free(mail);
}

/* A PST from anywhere names files: none but those that we would write. */
Test(pst_aside, a_link_is_no_such_file)
{
	char *mail = make_mail();
	bool incomplete = false;

	put("m.pst", mail);
	char **names = names_in("m.pst-files");
	for (char **n = names; *n; n++) {
		char *path = am_test_path("m.pst-files/%s", *n);
		char *other = am_test_path("other-%s", *n);
		cr_assert_eq(rename(path, other), 0);
		cr_assert_eq(symlink(other, path), 0);
		g_free(path);
		g_free(other);
	}
	char *back = get("m.pst", &incomplete);
	cr_expect(incomplete);
	cr_expect(strlen(back) < BIG);
	g_strfreev(names);
	g_free(back);
	g_free(mail);
}
