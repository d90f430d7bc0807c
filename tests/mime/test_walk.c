/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/walk.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mail.h"
#include "mime/part.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

/* RFC 3501's example, more or less. */
static const char forwarded[] =
	"Content-Type: multipart/mixed; boundary=o\n\n"
	"--o\nContent-Type: text/plain; charset=utf-8; format=flowed\n"
	"Content-Transfer-Encoding: Quoted-Printable\n\n"
	"caf=C3=A9\n"
	"--o\nContent-Type: message/rfc822\n"
	"Content-Disposition: attachment; filename=\"mail.eml\"\n\n"
	"Subject: inner\nContent-Type: multipart/alternative; boundary=i\n\n"
	"--i\n\nplain\n"
	"--i\nContent-Type: text/html\n\n<p>html\n--i--\n"
	"--o\nContent-Type: message/rfc822\n\nSubject: single\n\nbody\n"
	"--o\nContent-Type: IMAGE/png; name=a.png\n"
	"Content-Transfer-Encoding: base64\n"
	"Content-ID: <id@x>\n\nSGVsbG8=\n"
	"--o--\n";

Test(walk, numbers_parts_as_imap_does)
{
	static const char *const sections[] = {
		"", "1", "2", "2.TEXT", "2.1", "2.2", "3", "3.1", "4",
	};
	struct mail m;

	mail_open(&m, forwarded);
	cr_assert_eq(m.scan.n_parts, AM_COUNT(sections));
	for (size_t i = 0; i < AM_COUNT(sections); i++) {
		struct am_part_info info;
		cr_assert_eq(am_part_info_read(&info, m.blob, &m.scan, i,
		                               m.arena, NULL),
		             0);
		cr_assert_str_eq(info.section, sections[i]);
		cr_assert_eq(am_part_by_section(&m.scan, sections[i]), i);
	}
	static const char *const none[] = {
		"0",
		"5",
		"1.1",
		"2.3",
		"3.2",
		"3.TEXT",
		"TEXT",
		"2.",
		".",
		"x",
		"2.1.1",
		"1x",
		"99999999999999999999",
		"4294967297",
		"2..1",
		"2.TEXTS",
		"3.1.1",
	};
	for (size_t i = 0; i < AM_COUNT(none); i++)
		cr_assert_eq(am_part_by_section(&m.scan, none[i]), SIZE_MAX,
		             "%s", none[i]);
	mail_close(&m);
	mail_open(&m, "\nplain");
	cr_assert_eq(am_part_by_section(&m.scan, "1"), 0);
	cr_assert_eq(am_part_by_section(&m.scan, ""), SIZE_MAX);
	mail_close(&m);
	mail_open(&m, "Content-Type: message/rfc822\n\nContent-Type: "
	              "message/rfc822\n\nSubject: x\n\ny");
	cr_assert_eq(am_part_by_section(&m.scan, "1.1.1"), 2);
	struct am_part_info info;
	cr_assert_eq(
		am_part_info_read(&info, m.blob, &m.scan, 2, m.arena, NULL), 0);
	cr_assert_str_eq(info.section, "1.1.1");
	mail_close(&m);
}

Test(walk, says_what_a_part_is)
{
	struct mail m;
	struct am_part_info info;

	mail_open(&m, forwarded);
	cr_assert_eq(
		am_part_info_read(&info, m.blob, &m.scan, 1, m.arena, NULL), 0);
	cr_assert_str_eq(info.type, "text/plain");
	cr_assert_str_eq(info.charset, "utf-8");
	cr_assert_str_eq(info.encoding, "quoted-printable");
	cr_assert_null(info.name);
	cr_assert_null(info.disposition);
	cr_assert_not(info.attachment);
	cr_assert_eq(
		am_part_info_read(&info, m.blob, &m.scan, 2, m.arena, NULL), 0);
	cr_assert_str_eq(info.name, "mail.eml");
	cr_assert_str_eq(info.disposition, "attachment");
	cr_assert(info.attachment);
	cr_assert_eq(
		am_part_info_read(&info, m.blob, &m.scan, 8, m.arena, NULL), 0);
	cr_assert_str_eq(info.type, "image/png");
	cr_assert_str_eq(info.content_id, "id@x");
	cr_assert_str_eq(info.name, "a.png");
	cr_assert(info.attachment);
	mail_close(&m);
}

static void check_bytes(struct am_reader *reader, const char *want)
{
	char buf[1000] = "";
	size_t got;

	cr_assert_eq(am_reader_read(reader, buf, sizeof buf - 1, &got, NULL),
	             0);
	buf[got] = '\0';
	cr_assert_str_eq(buf, want);
	am_reader_close(&reader);
}

Test(walk, reads_bodies_raw_and_decoded)
{
	static const struct {
		size_t part;
		const char *raw, *decoded;
	} cases[] = {
		{1, "caf=C3=A9", "café"},
		{4, "plain", "plain"},
		{6, "Subject: single\n\nbody", "Subject: single\n\nbody"},
		{8, "SGVsbG8=", "Hello"},
	};
	struct mail m;

	mail_open(&m, forwarded);
	struct am_blob *blobs[] = {m.blob,
	                           mail_filed(forwarded, strlen(forwarded))};
	for (size_t i = 0; i < AM_COUNT(cases) * 2; i++) {
		struct am_reader *r;
		const struct am_blob *blob = blobs[i % 2];
		cr_assert_eq(
			am_part_raw(&r, blob, &m.scan, cases[i / 2].part, NULL),
			0);
		check_bytes(r, cases[i / 2].raw);
		cr_assert_eq(am_part_decoded(&r, blob, &m.scan,
		                             cases[i / 2].part, NULL),
		             0);
		check_bytes(r, cases[i / 2].decoded);
	}
	am_blob_unref(&blobs[1]);
	mail_close(&m);
}

Test(walk, lets_a_reader_outlive_the_blob)
{
	struct mail m;
	struct am_reader *r;

	mail_open(&m, forwarded);
	cr_assert_eq(am_part_decoded(&r, m.blob, &m.scan, 8, NULL), 0);
	mail_close(&m);
	check_bytes(r, "Hello");
}
