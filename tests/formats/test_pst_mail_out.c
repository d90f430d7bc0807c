/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mail_out.h"

#include "base/blob.h"
#include "formats/mapi/mapi_body.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_mail_out out;
static struct am_error error;

static void begin(uint64_t limit)
{
	out = (struct am_mail_out){.limit = limit, .err = &error};
	cr_assert(am_spool_open(&out.spool, 1 << 20, NULL, NULL) == 0);
}

/* What was written; g_free() it. */
static char *end(void)
{
	struct am_blob *blob = NULL;
	cr_assert(am_spool_seal(&out.spool, &blob, NULL) == 0);
	size_t size = (size_t)am_blob_size(blob), got;
	char *text = g_malloc0(size + 1);
	cr_assert(am_blob_read(blob, 0, text, size, &got, NULL) == 0);
	am_blob_unref(&blob);
	return text;
}

/* The same whatever the pieces, and it decodes to what went in. */
Test(pst_mail_out, base64_in_pieces_of_any_size)
{
	uint8_t data[300];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++)
		for (size_t step = 1; step < 120; step += 17) {
			begin(UINT64_MAX);
			for (size_t at = 0; at < len; at += step)
				am_mail_out_base64(&out, data + at,
				                   MIN(step, len - at));
			am_mail_out_base64_end(&out);
			char *text = end();
			gsize n;
			guchar *back = g_base64_decode(text, &n);
			cr_assert(n == len && !memcmp(back, data, len));
			for (char *l = text, *e; *l; l = e + 2) {
				e = strstr(l, "\r\n");
				cr_assert(e && e > l && e - l <= 76);
				cr_assert(e[2] == '\0' || e - l == 76);
			}
			g_free(back);
			g_free(text);
		}
}

Test(pst_mail_out, quoted_printable)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", ""},
		{"a=b", "a=3Db"},
		{"a \r\nb\t", "a=20\r\nb=09"},
		{"a\rb\nc", "a=0Db=0Ac"},
		{"\xc3\xa4 x", "=C3=A4 x"},
		{"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffffff"
	         "ggggggggghhhhhhhhhhiiii",
	         "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffffff"
	         "ggggggggghhhhh=\r\nhhhhhiiii"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		begin(UINT64_MAX);
		am_mail_out_qp(&out, (const uint8_t *)cases[i].in,
		               strlen(cases[i].in));
		char *text = end();
		cr_expect_str_eq(text, cases[i].want);
		g_free(text);
	}
}

/* Which of the three: told a byte at a time. */
static const char *encoding_of(const uint8_t *data, size_t len)
{
	size_t column = 0, foreign = 0;
	bool plain = true;

	for (size_t i = 0; i < len; i++) {
		bool ends =
			i + 1 < len && data[i] == '\r' && data[i + 1] == '\n';
		foreign += data[i] >= 0x80 || !data[i];
		if (ends || (i && data[i] == '\n' && data[i - 1] == '\r'))
			column = 0;
		else if (++column > 900 || data[i] > '~' ||
		         (data[i] < ' ' && data[i] != '\t'))
			plain = false;
	}
	return plain               ? "7bit"
	       : foreign > len / 4 ? "base64"
	                           : "quoted-printable";
}

/* A body of text with one odd thing in it, at any place. */
Test(pst_mail_out, a_body_is_encoded_as_it_needs)
{
	static const char *const odd[] = {
		"",     "\r\n", "\r",   "\n",       "\t",           "\x1f",
		"\x7f", "~",    "\x80", "\xff\xfe", "\x80\x81\x82", "=",
	};
	uint8_t data[1024];
	for (size_t len = 0; len <= sizeof(data); len += len < 40 ? 1 : 123)
		for (size_t o = 0; o < AM_COUNT(odd); o++)
			for (size_t at = 0; at < len; at += 1 + at / 20) {
				char want[64];
				memset(data, 'a', len);
				memcpy(data + at, odd[o],
				       MIN(strlen(odd[o]), len - at));
				if (o == 2)
					data[at ? at - 1 : 0] = 0;
				begin(UINT64_MAX);
				am_mail_out_body(&out, data, len);
				char *text = end();
				g_snprintf(want, sizeof(want),
				           "Content-Transfer-Encoding: %s\r\n",
				           encoding_of(data, len));
				cr_assert(g_str_has_prefix(text, want),
				          "%zu bytes, %zu at %zu: %.60s", len,
				          o, at, text);
				g_free(text);
			}
}

/* Lines of a text that all end in LF get a mail's ends; anything else stays. */
Test(pst_mail_out, a_body_has_the_line_ends_of_a_mail)
{
	static const struct {
		const char *in;
		size_t len;
		const char *want;
	} list[] = {
		{"a\nb\n", 4, "7bit\r\n\r\na\r\nb\r\n\r\n"},
		{"a\r\nb\n", 5, "quoted-printable\r\n\r\na\r\nb=0A\r\n"},
		{"one line", 8, "7bit\r\n\r\none line\r\n"},
		{"\n\0a\0b\0c\0d\0", 10, "base64\r\n\r\nCgBhAGIAYwBkAA==\r\n"},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		const struct am_mapi_body body = {
			.data = (const uint8_t *)list[i].in,
			.len = list[i].len};
		begin(UINT64_MAX);
		cr_assert(am_mapi_body_put(&out, &body, "text/html", NULL,
		                           NULL) == 0);
		char *text = end();
		cr_expect_str_eq(strstr(text, "Encoding: ") + 10, list[i].want);
		g_free(text);
	}
}

Test(pst_mail_out, fields_addresses_and_parameters)
{
	begin(UINT64_MAX);
	am_mail_out_field(&out, "Subject", "a\r\nBcc: x@y.example");
	am_mail_out_field(&out, "X", "=?utf-8?Q?no?=");
	am_mail_out_field(
		&out, "Y",
		"word word word word word word word word word word word "
		"word word word word word");
	am_mail_out_field(&out, "Z", "ääääääääääääääääääääää");
	am_mail_out_text(&out, "To: ");
	am_mail_out_address(&out, false, "A \"B\" C", "a@b.example");
	am_mail_out_address(&out, true, "a@b.example", "a@b.example");
	am_mail_out_address(&out, true, NULL, NULL);
	am_mail_out_text(&out, "\r\nC: d");
	am_mail_out_param(&out, "name", "a\"b\\c");
	am_mail_out_param(&out, "name", "ä b");
	char *text = end();
	cr_expect_str_eq(
		text,
		"Subject: a  Bcc: x@y.example\r\n"
		"X: =?utf-8?B?PT91dGYtOD9RP25vPz0=?=\r\n"
		"Y: word word word word word word word word word word word "
		"word "
		"word word word\r\n word\r\n"
		"Z: "
		"=?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6"
		"TDpMOk?=\r\n =?utf-8?B?w6Q=?=\r\n"
		"To: \"A \\\"B\\\" C\" <a@b.example>,\r\n a@b.example,\r\n "
		"undisclosed:;\r\n"
		"C: d;\r\n name=\"a\\\"b\\\\c\";\r\n name*=utf-8''%C3%A4%20b",
		"%s", text);
	g_free(text);
}

Test(pst_mail_out, what_is_too_much_fails_once_and_stays_so)
{
	begin(10);
	am_mail_out_text(&out, "123456789");
	cr_expect(out.status == 0);
	am_mail_out_text(&out, "12");
	cr_expect(out.status == AM_FAILED && error.kind == AM_E_LIMIT);
	am_mail_out_text(&out, "1");
	char *text = end();
	cr_expect_str_eq(text, "123456789");
	g_free(text);
}
