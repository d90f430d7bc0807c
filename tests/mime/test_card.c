/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/card.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static void take(void *user, const char *s, size_t len)
{
	g_string_append_len(user, s, (gssize)len);
}

static char *read_in(const char *text, size_t piece)
{
	GString *out = g_string_new(NULL);
	struct am_card *card = am_card_new(take, out);
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += piece)
		am_card_feed(card, text + at, MIN(piece, len - at));
	am_card_finish(card);
	am_card_free(&card);
	return g_string_free(out, FALSE);
}

static void expect(const char *text, const char *lines)
{
	static const size_t pieces[] = {1, 2, 3, 7, 100000};

	for (size_t i = 0; i < AM_COUNT(pieces); i++) {
		char *got = read_in(text, pieces[i]);
		cr_expect_str_eq(got, lines, "in pieces of %zu", pieces[i]);
		g_free(got);
	}
}

Test(card, says_what_when_where_and_who)
{
	expect("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
	       "BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\n"
	       "DTSTART:16010101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
	       "BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Budget\\, and\r\n"
	       "  more\\nlines\r\nDTSTART;TZID=\"a:b\":20200102T103000\r\n"
	       "DTEND:20200102T113000Z\r\nDUE;VALUE=DATE:20200203\r\n"
	       "LOCATION:Room 7\r\n"
	       "ORGANIZER;CN=\"Smith; Al\":MAILTO:al@x.example\r\n"
	       "ATTENDEE;ROLE=CHAIR:mailto:bo@x.example\r\n"
	       "X-PRIVATE:no\r\nBEGIN:VALARM\r\nDESCRIPTION:ring\r\n"
	       "END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	       "Method: REQUEST\nSummary: Budget, and more\nlines\n"
	       "Start: 2020-01-02 10:30\nEnd: 2020-01-02 11:30 UTC\n"
	       "Due: 2020-02-03\nLocation: Room 7\n"
	       "Organizer: Smith; Al al@x.example\n"
	       "Attendee: bo@x.example\n");
}

Test(card, gives_a_contact_of_any_version)
{
	expect("BEGIN:VCARD\nVERSION:2.1\n"
	       "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg "
	       "M=\n=FCller\n"
	       "item1.EMAIL;TYPE=INTERNET:j@x.example\n"
	       "ADR;HOME:;;Weg 1;Ulm;;89073;DE\n"
	       "PHOTO;ENCODING=BASE64:AAAA\n BBBB\n"
	       "NOTE;ENCODING=b:AAAA\nTEL:+49 1\nEND:VCARD",
	       "Name: Jörg Müller\nEmail: j@x.example\n"
	       "Address:   Weg 1 Ulm  89073 DE\nPhone: +49 1\n");
}

Test(card, takes_rubbish)
{
	expect("", "");
	expect("\n\n:\n;:\n=\n", "");
	expect("END:VALARM\nSUMMARY", "");
	expect("DTSTART:1\nDTSTART:20200102T1\n", "Start: 1\n"
	                                          "Start: 2020-01-02\n");
}

/* Soft breaks without end, and one line of a megabyte. */
Test(card, is_linear)
{
	GString *text = g_string_new("NOTE;QUOTED-PRINTABLE:");
	char *got;

	for (int i = 0; i < 500000; i++)
		g_string_append(text, "a=\n");
	g_string_append(text, "\nSUMMARY:b\n");
	got = read_in(text->str, text->len);
	cr_expect_str_eq(got, "Summary: b\n");
	g_free(got);
	g_string_free(text, TRUE);
}
