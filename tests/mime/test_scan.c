/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/scan.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mail.h"
#include "model/ctx.h"

#include <criterion/criterion.h>

#include <glib.h>
#include <gmime/gmime.h>

#include <string.h>

#define MP(b) "Content-Type: multipart/mixed; boundary=\"" b "\"\n\n"
#define MSG   "Content-Type: message/rfc822\n\n"

/*
 * The tree as text: a leaf is its body in <>, a multipart [ … ] with a dot
 * behind it when its end was there, a message { … }.
 */
struct sample {
	const char *mail, *tree;
	bool gmime_differs; /* and why */
};

static const struct sample samples[] = {
	{"Subject: x\n\nbody\n", "<body\n>", false},
	{"Subject: x\n\n", "<>", false},
	{"Subject: x\n", "<>", false},
	{"Subject: x", "<>", false},
	{"\nbody\n", "<body\n>", false},
	{MP("b") "preamble\n--b\n\none\n--b\n\ntwo\n\n--b--\nepilogue\n",
         "[<one><two\n>].", false},
	/* Boundaries that are none. */
	{MP("b") "--b\n\none\n--bb\n-- b\n --b\n--b-\n--b--x\n--b--\n",
         "[<one\n--bb\n-- b\n --b\n--b-\n--b--x>].", false},
	{MP("b") "--b \t\n\none\n--b-- \n", "[<one>].", false},
	/* One boundary begins another. */
	{MP("b") "--b\n" MP("bb") "--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n",
         "[[<one>].<two>].", false},
	{MP("bb") "--bb\n" MP("b") "--b\n\none\n--b--\n--bb\n\ntwo\n--bb--\n",
         "[[<one>].<two>].", false},
	/* The outer boundary ends what is open inside. */
	{MP("o") "--o\n" MP("i") "--i\n\none\n--o\n\ntwo\n--o--\n",
         "[[<one>]<two>].", false},
	{MP("o") "--o\n" MP("i") "nothing\n--o--\n", "[[]].", false},
	/* The same one inside and outside is the inner. */
	{MP("b") "--b\n" MP("b") "--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
         "[[<one>].<two>].", false},
	/* Never closed, cut off, never used. */
	{MP("b") "--b\n\none\n", "[<one\n>]", false},
	{MP("b") "--b\n\none\n--b", "[<one>]", true /* opens a part there */},
	{MP("b") "--b\n\none\n--b\n", "[<one>]", true},
	{MP("b") "--b\nX: y", "[<>]", false},
	{MP("b") "text only\n", "[]", false},
	{"Content-Type: multipart/mixed\n\n--b\n\none\n", "<--b\n\none\n>",
         true /* it has a multipart without parts */},
	{"Content-Type: multipart/mixed; boundary=\"\"\n\n--\none\n",
         "<--\none\n>", true},
	/* Parts of nothing. */
	{MP("b") "--b\n\n--b--\n", "[<>].", false},
	{MP("b") "--b\n\n\n--b--\n", "[<>].", false},
	{MP("b") "--b\nX: y\n--b--\n", "[<>].",
         true /* it has a body of the line end */},
	{MP("b") "--b\n--b\n\none\n--b\n--b--\n", "[<one>].",
         true /* counts some of the empty ones */},
	{MP("b") "--b\nno header here\n\none\n--b--\n",
         "[<no header here\n\none>].", true /* loses the line */},
	/* The empty line before the first delimiter forgotten. */
	{"Content-Type: multipart/mixed; "
         "boundary=b\nwords\n--b\n\none\n--b--\n",
         "[<one>].", true},
	/* Messages inside. */
	{MP("b") "--b\n" MSG "Subject: in\n\ntext\n--b--\n", "[{<text>}].",
         false},
	{MP("b") "--b\n" MSG
                 "From a@b Thu Jan  1\nSubject: in\n\ntext\n--b--\n",
         "[{<text>}].", false},
	{MP("b") "--b\n" MSG MP("i") "--i\n\none\n--b\n\ntwo\n--b--\n",
         "[{[<one>]}<two>].", false},
	{MP("b") "--b\n" MSG "--b--\n", "[{<>}].",
         true /* it has no message there */},
	{MSG MSG "Subject: x\n\ndeep\n", "{{<deep\n>}}", false},
	{"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: d\n\n"
         "text\n--b\nContent-Type: text/plain\n\nno\n--b--\n",
         "[{<text>}<no>].", true /* 3.2 knows no digest's default */},
	{"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
         "U3ViamVjdDogeAo=\n",
         "<U3ViamVjdDogeAo=\n>", true},
	/* Fields written in odd ways. */
	{"Content-Type : MULTIPART / Mixed ; Boundary = b\n\n--b\n\nx\n--b--\n",
         "[<x>].", true},
	{"Content-Type: multipart/mixed;\n\tboundary*0=a;\n\tboundary*1=b\n\n"
         "--ab\n\nx\n--ab--\n",
         "[<x>].", false},
	{"Content-Type: multipart/mixed; boundary*=us-ascii''b%2Bc\n\n"
         "--b+c\n\nx\n--b+c--\n",
         "[<x>].", false},
	{"Content-Type: multipart/mixed; boundary=\"b  \"\n\n--b\n\nx\n--b--\n",
         "[<x>].", true},
	{"From a@b Thu Jan  1 00:00:00 1970\n" MP("b") "--b\n\nx\n--b--\n",
         "[<x>].", false},
	{"Content-Type: multipart/mixed; boundary=b\n"
         "Content-Type: text/plain\n\n--b\n\nx\n--b--\n",
         "[<x>].", true /* the last one counts there */},
};

static void tree(GString *out, const struct am_scan *scan, const char *mail,
                 size_t part)
{
	const struct am_part *p = &scan->parts[part];

	if (p->kind == AM_PART_LEAF) {
		g_string_append_printf(out, "<%.*s>", (int)(p->end - p->body),
		                       mail + p->body);
		return;
	}
	g_string_append(out, p->kind == AM_PART_MESSAGE ? "{" : "[");
	uint32_t number = 0;
	for (size_t i = part + 1; i < scan->n_parts; i++) {
		const struct am_part *child = &scan->parts[i];
		if (child->parent != part)
			continue;
		cr_assert_eq(child->number, ++number);
		cr_assert_eq(child->depth, p->depth + 1);
		cr_assert(child->header >= p->body && child->end <= p->end);
		tree(out, scan, mail, i);
	}
	g_string_append(out, p->kind == AM_PART_MESSAGE ? "}" : "]");
	if (p->closed)
		g_string_append_c(out, '.');
}

static char *with_ends(const char *s, const char *end)
{
	GString *out = g_string_new(s);

	g_string_replace(out, "\n", end, 0);
	return g_string_free(out, FALSE);
}

static void check_tree(const char *mail, const char *want, bool filed)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *blob = filed ? mail_filed(mail, strlen(mail))
	                             : mail_blob(mail, strlen(mail));
	struct am_scan scan;
	GString *got = g_string_new(NULL);

	cr_assert_eq(am_scan_message(&scan, blob, NULL, arena, NULL), 0);
	tree(got, &scan, mail, 0);
	cr_assert_str_eq(got->str, want, "%s: %s, not %s", mail, got->str,
	                 want);
	cr_assert_not(scan.capped);
	g_string_free(got, TRUE);
	am_blob_unref(&blob);
	am_arena_free(&arena);
}

Test(scan, finds_the_parts_of_samples)
{
	for (size_t i = 0; i < AM_COUNT(samples); i++) {
		check_tree(samples[i].mail, samples[i].tree, false);
		check_tree(samples[i].mail, samples[i].tree, true);
	}
}

Test(scan, does_not_mind_how_lines_end)
{
	for (size_t i = 0; i < 2 * AM_COUNT(samples); i++) {
		const char *end = i % 2 ? "\r\n" : "\r";
		char *mail = with_ends(samples[i / 2].mail, end);
		char *want = with_ends(samples[i / 2].tree, end);
		check_tree(mail, want, false);
		check_tree(mail, want, true);
		g_free(mail);
		g_free(want);
	}
	check_tree("Content-Type: multipart/mixed; boundary=b\r\n\n--b\n\r\n"
	           "one\r\n--b\r\n\ntwo\n--b--",
	           "[<one><two>].", false);
}

/* ---- GMime as the oracle --------------------------------------------------
 */

static void gmime_leaves(GMimeObject *object, GArray *out)
{
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *multipart = (GMimeMultipart *)object;
		for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
			gmime_leaves(g_mime_multipart_get_part(multipart, i),
			             out);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(
			(GMimeMessagePart *)object);
		if (message)
			gmime_leaves(message->mime_part, out);
	} else if (GMIME_IS_PART(object)) {
		GMimeDataWrapper *content =
			g_mime_part_get_content((GMimePart *)object);
		if (!content)
			return;
		GMimeStream *stream = g_mime_data_wrapper_get_stream(content);
		g_array_append_val(out, stream->bound_start);
		g_array_append_val(out, stream->bound_end);
	}
}

static GArray *ask_gmime(const char *mail)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(gint64));
	GMimeStream *stream =
		g_mime_stream_mem_new_with_buffer(mail, strlen(mail));
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);

	g_mime_parser_set_persist_stream(parser, TRUE);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	if (message) {
		gmime_leaves(message->mime_part, out);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	return out;
}

static bool agrees(const char *mail)
{
	struct mail m;
	GArray *theirs = ask_gmime(mail);
	size_t n = 0;
	bool same = true;

	mail_open(&m, mail);
	for (size_t i = 0; i < m.scan.n_parts; i++) {
		const struct am_part *p = &m.scan.parts[i];
		if (p->kind != AM_PART_LEAF)
			continue;
		same &= n + 1 < theirs->len &&
		        g_array_index(theirs, gint64, n) == (gint64)p->body &&
		        g_array_index(theirs, gint64, n + 1) == (gint64)p->end;
		n += 2;
	}
	same &= n == theirs->len;
	g_array_free(theirs, TRUE);
	mail_close(&m);
	return same;
}

Test(scan, agrees_with_gmime)
{
	g_mime_init();
	for (size_t i = 0; i < AM_COUNT(samples); i++) {
		char *crlf = with_ends(samples[i].mail, "\r\n");
		if (!samples[i].gmime_differs) {
			cr_expect(agrees(samples[i].mail), "%s",
			          samples[i].mail);
			cr_expect(agrees(crlf), "crlf %s", samples[i].mail);
		}
		g_free(crlf);
	}
}

/* ---- fields of a part -----------------------------------------------------
 */

Test(scan, reads_type_and_encoding)
{
	static const struct {
		const char *header, *type;
		enum am_encoding encoding;
	} cases[] = {
		{"", "text/plain", AM_ENC_7BIT},
		{"Content-Type: Text/HTML; charset=x\n", "text/html",
	         AM_ENC_7BIT},
		{"content-type:text/html charset=x\n", "text/html",
	         AM_ENC_7BIT},
		{"Content-Type: text\n", "text/plain", AM_ENC_7BIT},
		{"Content-Type:\n", "text/plain", AM_ENC_7BIT},
		{"Content-Type: /x\n", "text/plain", AM_ENC_7BIT},
		{"Content-Type: \"image/png\"\n", "image/png", AM_ENC_7BIT},
		{"Content-Type:\n\n image/png\n", "text/plain", AM_ENC_7BIT},
		{"Content-Type:\n image/png\n", "image/png", AM_ENC_7BIT},
		{"Content-Transfer-Encoding: BASE64\n", "text/plain",
	         AM_ENC_BASE64},
		{"Content-Transfer-Encoding:\n\tquoted-printable (x)\n",
	         "text/plain", AM_ENC_QP},
		{"Content-Transfer-Encoding: \"8bit\"\n", "text/plain",
	         AM_ENC_8BIT},
		{"Content-Transfer-Encoding: x-uuencode\n", "text/plain",
	         AM_ENC_UU},
		{"Content-Transfer-Encoding: binary;\n", "text/plain",
	         AM_ENC_BINARY},
		{"Content-Transfer-Encoding: rot13\n", "text/plain",
	         AM_ENC_OTHER},
		{"Content-Transfer-Encoding:\n", "text/plain", AM_ENC_7BIT},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct mail m;
		char *text = g_strdup_printf("%s\nbody", cases[i].header);
		mail_open(&m, text);
		cr_assert_str_eq(m.scan.parts[0].type, cases[i].type, "%s: %s",
		                 text, m.scan.parts[0].type);
		cr_assert_eq(m.scan.parts[0].encoding, cases[i].encoding, "%s",
		             text);
		mail_close(&m);
		g_free(text);
	}
}

Test(scan, finds_the_type_among_many_fields_with_c)
{
	GString *s = g_string_new(NULL);
	struct mail m;

	for (int i = 0; i < 40; i++)
		g_string_append(s, "Comments: c\ncontinues here is no field\n");
	g_string_append(s, "Content-Type: image/gif\n\n");
	mail_open(&m, s->str);
	cr_assert_str_eq(m.scan.parts[0].type, "image/gif");
	mail_close(&m);
	g_string_free(s, TRUE);
}

/* ---- limits and size ------------------------------------------------------
 */

static void scan_hostile(const GString *s, const struct am_limits *limits,
                         struct am_scan *scan, struct am_arena *arena)
{
	struct am_blob *blob = mail_blob(s->str, s->len);
	gint64 start = g_get_monotonic_time();

	cr_assert_eq(am_scan_message(scan, blob, limits, arena, NULL), 0);
	/* Twenty times what it takes, for slow machines and sanitizers. */
	cr_assert_lt(g_get_monotonic_time() - start, 10 * G_USEC_PER_SEC);
	am_blob_unref(&blob);
}

Test(scan, stops_at_its_limits)
{
	struct am_arena *arena = am_arena_new();
	struct am_scan scan;
	GString *s = g_string_new(NULL);

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(s, MP("b%d") "--b%d\n", i, i);
	scan_hostile(s, NULL, &scan, arena);
	cr_assert(scan.capped);
	cr_assert_eq(scan.n_parts, 101);
	cr_assert_eq(scan.parts[100].kind, AM_PART_LEAF);
	cr_assert_eq(scan.parts[100].end, s->len);

	g_string_assign(s, MP("b"));
	for (int i = 0; i < 1000000; i++)
		g_string_append(s, "--b\n\n");
	scan_hostile(s, NULL, &scan, arena);
	cr_assert(scan.capped);
	cr_assert_eq(scan.n_parts, 10000);
	cr_assert_eq(scan.parts[9999].end, s->len);
	cr_assert_str_eq(scan.parts[9999].type, "application/octet-stream");

	g_string_assign(s, "Content-Type: multipart/mixed; boundary=b\nX: ");
	for (int i = 0; i < 5000000; i++)
		g_string_append(s, "0123456789\n ");
	g_string_append(s, "\n\n--b\n\none\n--b--\n");
	scan_hostile(s, NULL, &scan, arena);
	cr_assert(scan.capped);
	cr_assert_eq(scan.n_parts, 2);

	g_string_assign(s, "Content-Type: multipart/mixed");
	for (int i = 0; i < 300000; i++)
		g_string_append_printf(s, "; p%d=v", i);
	g_string_append(s, "; boundary=b\n\n--b\n\none\n--b--\n");
	scan_hostile(s, NULL, &scan, arena);
	cr_assert_eq(scan.n_parts, 2);
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

Test(scan, is_linear_with_many_open_boundaries)
{
	struct am_arena *arena = am_arena_new();
	struct am_scan scan;
	GString *s = g_string_new(NULL);
	char *tail = g_strnfill(60, 'x');

	for (int i = 0; i < 99; i++)
		g_string_append_printf(s, MP("%s%02d") "--%s%02d\n", tail, i,
		                       tail, i);
	g_string_append_c(s, '\n');
	for (int i = 0; i < 300000; i++)
		g_string_append_printf(s, "--%s-%d\n", tail, i % 10);
	scan_hostile(s, NULL, &scan, arena);
	cr_assert_not(scan.capped);
	cr_assert_eq(scan.n_parts, 100);
	g_free(tail);
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

Test(scan, sees_the_same_through_a_window)
{
	struct am_arena *arena = am_arena_new();
	GString *s = g_string_new(NULL);
	struct am_scan in_memory, in_file;

	/* Parts around every place where a window of 256 KiB may end, a line
	 * longer than the window, and a header longer than it. */
	g_string_append(s, MP("border"));
	for (int i = 0; i < 300; i++) {
		g_string_append_printf(s, "--border\nX: %d\n\n", i);
		for (int j = 0; j < 60 + i % 7; j++)
			g_string_append(s,
			                "--borde\nAAAAAAAAAAAAAAAAAAAAAAAA\n");
	}
	g_string_append(s, "--border\n\n");
	for (int i = 0; i < 300000; i++)
		g_string_append(s, "-- ");
	g_string_append(s, "\n--border\nX: ");
	for (int i = 0; i < 60000; i++)
		g_string_append(s, "header\n ");
	g_string_append(s, "\nContent-Type: image/png\n\n");
	g_string_append(s, "last\n--border--\n");
	struct am_blob *memory = mail_blob(s->str, s->len);
	struct am_blob *file = mail_filed(s->str, s->len);
	cr_assert_null(am_blob_bytes(file));
	cr_assert_eq(am_scan_message(&in_memory, memory, NULL, arena, NULL), 0);
	cr_assert_eq(am_scan_message(&in_file, file, NULL, arena, NULL), 0);
	cr_assert_eq(in_memory.n_parts, 303);
	cr_assert_eq(in_file.n_parts, 303);
	cr_assert_str_eq(in_file.parts[302].type, "image/png");
	for (size_t i = 0; i < 303; i++) {
		const struct am_part *p = &in_memory.parts[i];
		const struct am_part *q = &in_file.parts[i];
		cr_assert_eq(p->header, q->header);
		cr_assert_eq(p->body, q->body);
		cr_assert_eq(p->end, q->end);
		cr_assert_eq(p->closed, q->closed);
	}
	am_blob_unref(&memory);
	am_blob_unref(&file);
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

/* What ends a line is told by the beginning, whatever comes far behind it. */
Test(scan, takes_an_old_macs_mail_alike_in_memory_and_file)
{
	struct am_arena *arena = am_arena_new();
	GString *s = g_string_new("Content-Type: multipart/mixed; "
	                          "boundary=b\r\r--b\r\r");
	struct am_scan scan;

	for (int i = 0; i < 30000; i++)
		g_string_append(s, "a line of it\r");
	g_string_append(s, "--b\r\rtwo\r--b--\rand\nmore\n");
	for (int filed = 0; filed < 2; filed++) {
		struct am_blob *blob = filed ? mail_filed(s->str, s->len)
		                             : mail_blob(s->str, s->len);
		cr_assert_eq(am_scan_message(&scan, blob, NULL, arena, NULL),
		             0);
		cr_expect_eq(scan.n_parts, 3, "%d: %zu", filed, scan.n_parts);
		am_blob_unref(&blob);
	}
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

Test(scan, treats_a_long_delimiter_alike_in_memory_and_file)
{
	struct am_arena *arena = am_arena_new();
	GString *s = g_string_new(MP("b") "--b\n\none\n--b");

	for (int i = 0; i < 300000; i++)
		g_string_append_c(s, ' ');
	g_string_append(s, "x\n\ntwo\n--b--\n");
	struct am_blob *blobs[] = {mail_blob(s->str, s->len),
	                           mail_filed(s->str, s->len)};
	for (int i = 0; i < 2; i++) {
		struct am_scan scan;
		cr_assert_eq(
			am_scan_message(&scan, blobs[i], NULL, arena, NULL), 0);
		cr_assert_eq(scan.n_parts, 3);
		cr_assert_eq(memcmp(s->str + scan.parts[2].body, "two", 3), 0);
		am_blob_unref(&blobs[i]);
	}
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

Test(scan, keeps_ranges_nested_when_a_header_holds_the_line_end)
{
	/* From the fuzzer: the empty line that ends a header is also the line
	 * end before the boundary. */
	static const char *const mails[] = {
		MP("o") "--o\n" MP("i") "--o--\n",
		MP("o") "--o\n" MSG "x\n--o--\n",
		MP("o") "--o\n" MSG "x\n\n--o--\n",
	};

	for (size_t i = 0; i < AM_COUNT(mails); i++) {
		struct mail m;
		mail_open(&m, mails[i]);
		for (size_t p = 1; p < m.scan.n_parts; p++)
			cr_assert_leq(m.scan.parts[p].end,
			              m.scan.parts[m.scan.parts[p].parent].end);
		mail_close(&m);
	}
}
