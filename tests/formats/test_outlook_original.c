/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/original.h"

#include "base/file.h"
#include "base/hash.h"
#include "formats/mapi/own_names.h"
#include "mapi_help.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(outlook_original, .fini = am_test_tmpdir_end);

#define B64                                                              \
	"TWFyayBhbmQgYnl0ZXMgdGhhdCBmaWxsIG1vcmUgdGhhbiBvbmUgbGluZSBv\n" \
	"ZiBiYXNlNjQgdGV4dC4u\n"

/* What mail looks like, and what nobody should send. */
static const char *const mails[] = {
	"",
	"\n",
	"x",
	"Subject: no end of header",
	"Subject: a\n\nplain\n",
	"Subject: a\n\nplain without an end",
	"Subject: \xe4 raw\nFrom: \xff\n\n8-bit \xe4\xf6 text\n",
	"Subject: \xc3\xa4 raw\n\n\xc3\xa4\n",
	"Subject: nul\n\na\0b\n",
	"Subject: mixed\r\nX: y\n\nplain\r\nand\nso\r\non\r",
	"Content-Type: text/plain; charset=utf-8\n\n\xef\xbb\xbfmark\n",
	"Content-Type: text/plain; charset=utf-16\n"
	"Content-Transfer-Encoding: base64\n\naABpAA==\n",
	"Content-Type: text/plain; charset=iso-2022-jp\n\n"
	"\x1b$B$\"\x1b(B\n",
	"Content-Type: text/html; charset=windows-1252\n"
	"Content-Transfer-Encoding: quoted-printable\n\n"
	"<p>=E4=\n  soft</p> =20\n",
	"Content-Type: text/plain; charset=utf-8\n"
	"Content-Transfer-Encoding: base64\n\nw6TDtgrDvAo=\n",
	"Content-Type: application/octet-stream\n"
	"Content-Transfer-Encoding: base64\n\n" B64,
	"Content-Type: application/octet-stream\n"
	"Content-Transfer-Encoding: base64\n\n" B64 "\n\n" B64 "not base64!\n",
	"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
	"TW Fy ayBh\n bmQgYg\n",
	"Content-Type: application/x-data\n"
	"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#86)C\n`\nend\n",
	"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nfirst\n"
	"--b\nContent-Type: text/csv; name=a.csv\n\n1,2\n3,4\n--b\n"
	"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n" B64
	"--b--\nepilogue\n",
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n\n"
	"second\n--b\nContent-Type: text/html\n\n<p>x\n--b",
	"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\n"
	"Content-Type: text/html\n\n<p>html</p>\n--b--\n",
	"Content-Type: multipart/mixed; boundary=b\n\nno part at all\n",
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--\n",
	"Content-Type: message/rfc822\n\nSubject: inner\n\ntext\n",
	"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
	"U3ViamVjdDogaQoKdAo=\n",
	"Content-Type: multipart/digest; boundary=b\n\n--b\n\n"
	"Subject: one\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nt\n"
	"--c\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\n" B64
	"--c--\n--b\n\nSubject: two\n\ntext\n--b--\n",
	"Content-Type: multipart/signed; boundary=b; "
	"micalg=x\n\n--b\n\nsigned\n"
	"--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n",
	"Content-Type: application/pkcs7-mime; name=smime.p7m\n"
	"Content-Transfer-Encoding: base64\n\n" B64,
};

static size_t len_of(size_t i)
{
	return i == 8 ? sizeof("Subject: nul\n\na\0b\n") - 1 : strlen(mails[i]);
}

Test(outlook_original, all_kinds_of_mail_come_back_byte_for_byte)
{
	for (size_t i = 0; i < AM_COUNT(mails); i++) {
		for (int crlf = 0; crlf < 2; crlf++) {
			struct am_error err = {0};
			struct made m;
			made_init(&m, mails[i], len_of(i), crlf);
			made_item(&m);
			cr_expect_eq(made_back(&m, &err), AM_OK, "%zu: %s", i,
			             err.text);
			made_clear(&m);
		}
	}
}

/* Cut anywhere it is still a mail, of sorts. */
Test(outlook_original, cut_off_mails_come_back_too)
{
	for (size_t i = 0; i < AM_COUNT(mails); i++) {
		for (size_t len = 0; len < len_of(i); len += 3) {
			struct made m;
			made_init(&m, mails[i], len, i % 2);
			made_item(&m);
			cr_expect_eq(made_back(&m, NULL), AM_OK, "%zu %zu", i,
			             len);
			made_clear(&m);
		}
	}
}

/* Large, and in a file: nothing of it is in memory but pieces. */
Test(outlook_original, a_large_mail_in_a_file)
{
	GString *text = g_string_new(
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
	struct am_file *file = NULL;
	struct am_error err = {0};
	struct made m;

	for (int i = 0; i < 90000; i++)
		g_string_append_printf(text, "line %d of a long text\n", i);
	g_string_append(text, "--b\nContent-Type: text/html\n\n");
	for (int i = 0; i < 90000; i++)
		g_string_append_printf(text, "<p>line %d of long HTML\n", i);
	for (int k = 0; k < 3; k++) {
		g_string_append(text, "--b\nContent-Type: image/x\n"
		                      "Content-Transfer-Encoding: base64\n\n");
		for (int i = 0; i < 20000; i++)
			g_string_append_printf(
				text, "%s%c\n",
				"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWZn"
				"aGlqa2xtbm9wcXJzdHV2d3h5emFiY2RlZm",
				"Qgw"[(i + k) % 3]);
		if (k == 2)
			g_string_append(text, "and no more base64\n");
	}
	g_string_append(text, "--b--\n");
	made_init(&m, "", 0, false);
	am_blob_unref(&m.msg->raw);
	am_test_write("big", text->str, text->len);
	char *path = am_test_path("big");
	cr_assert_eq(am_file_open(&file, path, &err), AM_OK, "%s", err.text);
	cr_assert_eq(am_blob_slice(&m.msg->raw, file, 0, text->len, NULL), 0);
	am_file_unref(&file);
	made_item(&m);
	cr_expect_eq(made_back(&m, &err), AM_OK, "%s", err.text);
	const struct am_mapi_prop *kept =
		am_own_find(NULL, &m.item->props, &am_own_original);
	/* Of 13 MB what is nowhere else, compressed. */
	cr_expect_lt(kept->data ? kept->len : kept->size, text->len / 20);
	made_clear(&m);
	g_string_free(text, TRUE);
	g_free(path);
}

/* Readers leave a long value in the file, where the mark does not look. */
Test(outlook_original, endless_subjects_and_names)
{
	GString *text = g_string_new("Subject: ");
	struct am_error err = {0};
	struct made m;

	for (int i = 0; i < 200000; i++)
		g_string_append(text, "s\xc3\xb6");
	g_string_append(text, "\nContent-Type: application/pdf; name=\"");
	for (int i = 0; i < 200000; i++)
		g_string_append(text, "n\xc3\xb6");
	g_string_append(text, ".pdf\"\n\ndata\n");
	made_init(&m, text->str, text->len, false);
	made_item(&m);
	const struct am_mapi_prop *subject =
		am_mapi_find(&m.item->props, AM_PR_SUBJECT);
	cr_expect_leq(subject->len, (size_t)32 << 10);
	cr_assert_eq(m.item->n_attachments, 1);
	const char *name = made_text(&m.item->attachments[0].props,
	                             AM_PR_ATTACH_LONG_NAME);
	cr_expect_eq(g_utf8_strlen(name, -1), 240);
	cr_expect(g_str_has_suffix(name, "n\xc3\xb6.pdf"), "%s", name);
	cr_expect_eq(made_back(&m, &err), AM_OK, "%s", err.text);
	made_clear(&m);
	g_string_free(text, TRUE);
}

/* An ordinary mail's record is small: nothing is kept twice. */
Test(outlook_original, what_stands_in_the_item_is_not_kept_again)
{
	struct made m;

	made_init(&m, mails[4], strlen(mails[4]), true);
	made_item(&m);
	const struct am_mapi_prop *kept =
		am_own_find(NULL, &m.item->props, &am_own_original);
	cr_expect_lt(kept->len, (size_t)AM_ORIGINAL_HEAD + 30);
	made_clear(&m);
}

Test(outlook_original, nested_deeper_than_items_may_be)
{
	GString *text = g_string_new(NULL);
	struct am_error err = {0};
	struct made m;

	for (int i = 0; i < 50; i++)
		g_string_append_printf(text,
		                       "Subject: level %d\nContent-Type: "
		                       "message/rfc822\n\n",
		                       i);
	g_string_append(text, "Subject: last\n\ntext\n");
	made_init(&m, text->str, text->len, false);
	made_item(&m);
	unsigned depth = 0;
	const struct am_mapi_item *at = m.item;
	for (; at->n_attachments && at->attachments[0].item; depth++)
		at = at->attachments[0].item;
	cr_expect_eq(depth, 31);
	cr_assert_eq(at->n_attachments, 1);
	cr_expect(at->attachments[0].data);
	cr_expect_str_eq(
		made_text(&at->attachments[0].props, AM_PR_ATTACH_LONG_NAME),
		"ATT00001.eml");
	cr_expect_eq(made_back(&m, &err), AM_OK, "%s", err.text);
	made_clear(&m);
	g_string_free(text, TRUE);
}

/* ---- changed since ---- */

static void replace_text(struct am_mapi_props *props, unsigned id,
                         const char *text)
{
	for (size_t i = 0; i < props->n; i++) {
		size_t len;
		if (props->list[i].tag >> 16 != id)
			continue;
		props->list[i].data = am_mapi_utf16_of(props->arena, text,
		                                       strlen(text), &len);
		props->list[i].len = len;
	}
}

Test(outlook_original, an_item_that_was_changed_is_not_called_the_original)
{
	static const char mail[] =
		"Subject: before\nContent-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Transfer-Encoding: quoted-printable\n\nte=78t\n"
		"--b\nContent-Type: image/png; name=a.png\n\nx\n--b--\n";

	for (int what = 0; what < 5; what++) {
		struct am_error err = {0};
		struct made m;
		made_init(&m, mail, sizeof(mail) - 1, false);
		made_item(&m);
		cr_assert_eq(made_back(&m, &err), AM_OK);
		switch (what) {
		case 0:
			replace_text(&m.item->props, AM_PR_SUBJECT, "after");
			break;
		case 1:
			replace_text(&m.item->props, AM_PR_BODY, "other");
			break;
		case 2:
			am_mapi_put_binary(&m.item->props, AM_PR_HTML, "<p>",
			                   3);
			am_mapi_props_sort(&m.item->props);
			break;
		case 3:
			am_blob_unref(&m.item->attachments[0].data);
			m.item->n_attachments = 0;
			break;
		default:
			am_mapi_item_attachment(m.item);
			break;
		}
		cr_expect_eq(made_back(&m, &err), AM_FAILED, "%d", what);
		made_clear(&m);
	}
}

/* The same length, so that only the hash can tell. */
Test(outlook_original, other_bytes_in_an_attachment_are_found_out)
{
	static const char mail[] =
		"Content-Type: image/png; name=a.png\n\nthese bytes\n";
	struct am_error err = {0};
	struct made m;

	made_init(&m, mail, sizeof(mail) - 1, false);
	made_item(&m);
	struct am_blob **data = &m.item->attachments[0].data;
	size_t len = (size_t)am_blob_size(*data);
	am_blob_unref(data);
	cr_assert_eq(am_blob_copy(data, "those bytes\n", len, NULL), AM_OK);
	cr_expect_eq(made_back(&m, &err), AM_FAILED);
	cr_expect_str_eq(err.text, "what it consisted of has changed");
	made_clear(&m);
}

Test(outlook_original, an_item_without_a_record_says_nothing)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_mapi_message msg = test_item_message(item);
	struct am_ctx ctx = {0};
	struct am_blob *out = NULL;

	cr_expect_eq(am_original_read(&out, &msg, 1000, &ctx, NULL), AM_END);
	cr_expect_null(out);
	am_arena_free(&arena);
}

/* Any byte of the record changed, the record cut anywhere: the same bytes, or
 * AM_FAILED; never others, and never more than the limit. */
Test(outlook_original, a_damaged_record_is_found_out)
{
	struct made m;
	size_t which = 26;

	made_init(&m, mails[which], strlen(mails[which]), true);
	made_item(&m);
	struct am_mapi_prop *kept =
		(struct am_mapi_prop *)(uintptr_t)am_own_find(
			NULL, &m.item->props, &am_own_original);
	uint8_t *bytes = (uint8_t *)(uintptr_t)kept->data;
	size_t len = kept->len, failed = 0;
	for (size_t i = 0; i < len; i++) {
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			bytes[i] ^= (uint8_t)bit;
			int r = made_back(&m, NULL);
			cr_assert(r == AM_OK || r == AM_FAILED || r == AM_END);
			failed += r != AM_OK;
			bytes[i] ^= (uint8_t)bit;
		}
	}
	cr_expect_geq(failed, len * 7);
	for (size_t i = 0; i < len; i++) {
		kept->len = i;
		int r = made_back(&m, NULL);
		cr_assert(r == AM_FAILED || r == AM_END, "%zu", i);
	}
	kept->len = len;
	cr_expect_eq(made_back(&m, NULL), AM_OK);
	made_clear(&m);
}

/* The record as original.h draws it, byte by byte: what was written once is to
 * be read for ever. */
Test(outlook_original, a_record_made_by_hand)
{
	static const char want[] = "A: b\nC: d\n\n"
				   "--x\n"
				   "ZmlsZSBu\r\nYW1l\r\n"
				   "<p>html"
				   "te\nxt";
	static const uint8_t steps[] = {
		0x82, 0, 14,                        /* the header, LF */
		0x01, 4, '-', '-', 'x', '\n',       /* bytes */
		0x45, 0, 0,   9,   8,   1,    0, 1, /* a file in base64 */
		0x04, 0, 7,                         /* HTML */
		0x83, 1, 6, /* text from its second byte */
	};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_ctx ctx = {0};
	struct am_error err = {0};
	struct am_blob *out = NULL;
	uint8_t record[AM_ORIGINAL_HEAD + 8 + sizeof(steps)] = "MkO1";
	size_t len;

	am_mapi_put_text(&item->props, AM_PR_TRANSPORT_HEADERS,
	                 "A: b\r\nC: d\r\n\r\n");
	am_mapi_put_text(&item->props, AM_PR_BODY, "?te\r\nxt");
	am_mapi_put_binary(&item->props, AM_PR_HTML, "<p>html", 7);
	am_mapi_props_sort(&item->props);
	cr_assert_eq(am_blob_copy(&am_mapi_item_attachment(item)->data,
	                          "file name", 9, NULL),
	             AM_OK);
	record[4] = sizeof(want) - 1;
	am_sha256(want, sizeof(want) - 1, record + 12);
	cr_assert_eq(am_original_mark_item(item, record + 44, NULL), AM_OK);
	record[AM_ORIGINAL_HEAD] = sizeof(steps);
	record[AM_ORIGINAL_HEAD + 4] = sizeof(steps);
	record[AM_ORIGINAL_HEAD + 7] = 0x80;
	memcpy(record + AM_ORIGINAL_HEAD + 8, steps, sizeof(steps));
	const struct am_mapi_prop prop = {.tag = AM_MAPI_BINARY,
	                                  .name = &am_own_original,
	                                  .data = record,
	                                  .len = sizeof(record)};
	am_mapi_props_add(&item->props, &prop);
	am_mapi_props_sort(&item->props);
	struct am_mapi_message msg = test_item_message(item);
	cr_assert_eq(am_original_read(&out, &msg, 1000, &ctx, &err), AM_OK,
	             "%s", err.text);
	char *have = made_bytes(out, &len);
	cr_expect_str_eq(have, want);
	g_free(have);
	am_blob_unref(&out);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
}

/* A record that asks for the same large thing over and over. */
Test(outlook_original, a_record_may_not_ask_for_too_much)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_ctx ctx = {0};
	struct am_blob *out = NULL, *big = NULL;
	struct am_error err = {0};
	size_t len = 1 << 20;
	GByteArray *record = g_byte_array_new();

	cr_assert_eq(am_blob_take(&big, g_malloc0(len), len, NULL), AM_OK);
	am_mapi_item_attachment(item)->data = big;
	/* Steps of no bytes at the end of an attachment of 1 MiB. */
	uint8_t head[AM_ORIGINAL_HEAD + 8] = "MkO1\5";
	cr_assert_eq(am_original_mark_item(item, head + 44, NULL), AM_OK);
	g_byte_array_append(record, head, sizeof(head));
	for (unsigned i = 0; i < 1000; i++)
		g_byte_array_append(
			record, (const uint8_t *)"\x05\x00\xff\xff\x3f\x01", 6);
	uint32_t n = record->len - (guint)sizeof(head);
	for (unsigned i = 0; i < 4; i++) {
		record->data[AM_ORIGINAL_HEAD + i] = (uint8_t)(n >> 8 * i);
		record->data[AM_ORIGINAL_HEAD + 4 + i] =
			(uint8_t)((n | 1u << 31) >> 8 * i);
	}
	const struct am_mapi_prop prop = {.tag = AM_MAPI_BINARY,
	                                  .name = &am_own_original,
	                                  .data = record->data,
	                                  .len = record->len};
	am_mapi_props_add(&item->props, &prop);
	struct am_mapi_message msg = test_item_message(item);
	cr_expect_eq(am_original_read(&out, &msg, 2u << 20, &ctx, &err),
	             AM_FAILED);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	g_byte_array_free(record, TRUE);
}
