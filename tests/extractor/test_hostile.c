/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/hint.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extract/status.h"
#include "extractor/any.h"
#include "extractor/limits.h"
#include "extractor/serve.h"
#include "support/document_sample.h"
#include "support/msg_sample.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/*
 * Ten thousand documents that nobody should send: cut, mutated, spliced,
 * wrapped in each other, bombs, with lying sizes; each through the server as
 * mailark has it read, sandbox, limits and all.  The same ones in every run.
 */
#define BLOCKS 10
#if defined(__SANITIZE_ADDRESS__)
#define DOCS 100 /* a block: a fork costs fifty times as much */
#else
#define DOCS 1000
#endif
#define N_SEEDS 18

static GByteArray *text(const char *s)
{
	return am_test_repeat(s, 1);
}

static GByteArray *gzipped(GByteArray *doc)
{
	GByteArray *out = g_byte_array_new();
	z_stream z = {.next_in = doc->data, .avail_in = doc->len};

	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	g_byte_array_set_size(out, (guint)deflateBound(&z, doc->len) + 32);
	z.next_out = out->data;
	z.avail_out = out->len;
	deflate(&z, Z_FINISH);
	g_byte_array_set_size(out, (guint)z.total_out);
	deflateEnd(&z);
	g_byte_array_unref(doc);
	return out;
}

static GByteArray *seed(unsigned which)
{
	switch (which % N_SEEDS) {
	case 0:
		return am_test_docx("some words");
	case 1:
		return am_test_xlsx("a cell");
	case 2:
		return am_test_pptx("a slide");
	case 3:
		return am_test_odt("a paragraph");
	case 4:
		return am_test_pdf("first page\nsecond page");
	case 5:
		return am_test_pdf_locked();
	case 6:
		return am_test_doc("a letter");
	case 7:
		return am_test_xls("a shared string");
	case 8:
		return am_test_ppt("an old slide");
	case 9:
		return am_test_tnef();
	case 10:
		return am_test_msg_file(AM_TEST_MSG_RECEIVED);
	case 11:
		return am_test_msg_file(AM_TEST_MSG_NESTED);
	case 12:
		return text(
			"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\b bold\\par "
			"\\u228?\\'e4 text{\\*\\unknown x}\\bin4 abcd}");
	case 13:
		return text("<html><head><title>t</title><style>p{}</style>"
		            "<body><p class=x>text &amp; <a href='y'>more</a>"
		            "<table><tr><td>cell</table>");
	case 14:
		return text(
			"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\\,"
			"\r\n  now\r\nDTSTART:20200102T103000Z\r\n"
			"END:VEVENT\r\nEND:VCALENDAR\r\n");
	case 15:
		return text("From: a@x.example\nSubject: s\nContent-Type: "
		            "multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
		            "Content-Type: application/x; name=a.rtf\n"
		            "Content-Transfer-Encoding: base64\n\n"
		            "e1xydGYxIGRlZXB9\n--b--\n");
	case 16:
		return gzipped(text("text in a gzip"));
	default:
		return gzipped(am_test_docx("a letter in a gzip"));
	}
}

/* ---- what is done to them
 * --------------------------------------------------- */

static guint place(GRand *rand, const GByteArray *doc)
{
	return doc->len ? (guint)g_rand_int_range(rand, 0, (gint)doc->len) : 0;
}

static void flip(GRand *rand, GByteArray *doc)
{
	for (int i = g_rand_int_range(rand, 1, 20); i && doc->len; i--)
		doc->data[place(rand, doc)] ^=
			(guint8)(1 << g_rand_int_range(rand, 0, 8));
}

/* A number that is too large, somewhere. */
static void lie(GRand *rand, GByteArray *doc)
{
	static const guint32 numbers[] = {0,          0xffffffff, 0x7fffffff,
	                                  0x80000000, 0xfffffffe, 0x10000,
	                                  0xffff,     1};
	guint32 n = numbers[g_rand_int_range(rand, 0, AM_COUNT(numbers))];

	for (int i = g_rand_int_range(rand, 1, 4); i && doc->len > 8; i--)
		memcpy(doc->data + place(rand, doc) % (doc->len - 4), &n,
		       (size_t)g_rand_int_range(rand, 1, 5));
}

static void cut(GRand *rand, GByteArray *doc)
{
	if (doc->len)
		g_byte_array_set_size(doc, place(rand, doc));
}

static void take_out(GRand *rand, GByteArray *doc)
{
	guint at = place(rand, doc), n = (guint)g_rand_int_range(rand, 1, 200);

	if (doc->len)
		g_byte_array_remove_range(doc, at, MIN(n, doc->len - at));
}

/* A stretch of it again and again: nesting, where there is any. */
static void repeat(GRand *rand, GByteArray *doc)
{
	guint at = place(rand, doc), n = (guint)g_rand_int_range(rand, 1, 60);
	GByteArray *out = g_byte_array_new();

	n = MIN(n, doc->len - at);
	g_byte_array_append(out, doc->data, at);
	for (int i = g_rand_int_range(rand, 2, 3000); i; i--)
		g_byte_array_append(out, doc->data + at, n);
	g_byte_array_append(out, doc->data + at, doc->len - at);
	g_byte_array_set_size(doc, 0);
	g_byte_array_append(doc, out->data, out->len);
	g_byte_array_unref(out);
}

static void splice(GRand *rand, GByteArray *doc)
{
	GByteArray *other = seed(g_rand_int(rand));
	guint at = place(rand, other);

	cut(rand, doc);
	g_byte_array_append(doc, other->data + at, other->len - at);
	g_byte_array_unref(other);
}

static GByteArray *mutate(GRand *rand, GByteArray *doc)
{
	static void (*const ways[])(GRand *, GByteArray *) = {
		flip, lie, cut, take_out, repeat, splice};

	for (int i = g_rand_int_range(rand, 1, 4); i; i--)
		ways[g_rand_int_range(rand, 0, AM_COUNT(ways))](rand, doc);
	return doc;
}

/* ---- and what is put around them
 * --------------------------------------------- */

static GByteArray *in_zip(GRand *rand, GByteArray *doc)
{
	static const char *const names[] = {
		"a.docx",  "a.pdf",       "word/document.xml",
		"../../x", "content.xml", "xl/worksheets/sheet1.xml",
		"a.txt",   "a.eml",       "ppt/embeddings/a.bin"};
	const char *name = names[g_rand_int_range(rand, 0, AM_COUNT(names))];
	const struct am_test_zip_member members[] = {
		{.name = "[Content_Types].xml", .data = "<a/>"},
		{.name = name,
	         .data = doc->data,
	         .len = doc->len,
	         .deflate = g_rand_boolean(rand),
	         .lie = g_rand_int_range(rand, 0, 5) ? 0 : g_rand_int(rand)},
		{.name = "word/footnotes.xml", .data = "<w:t>foot</w:t>"},
		{.name = NULL}};
	GByteArray *out = doc->len ? am_test_zip_of(members) : text("PK\3\4");

	g_byte_array_unref(doc);
	return out;
}

static GByteArray *in_mail(GByteArray *doc)
{
	char *base64 = g_base64_encode(doc->data, doc->len);
	char *mail = g_strdup_printf(
		"From: a\nContent-Type: application/octet-stream; name=a.bin\n"
		"Content-Transfer-Encoding: base64\n\n%s\n",
		base64);
	GByteArray *out = text(mail);

	g_free(base64);
	g_free(mail);
	g_byte_array_unref(doc);
	return out;
}

/* XML as it should not be, in the place of a document's. */
static GByteArray *bad_xml(GRand *rand)
{
	GByteArray *xml = text("<w:document xmlns:w=\"x\"><w:p><w:r>"
	                       "<w:t xml:space=\"preserve\">words &amp; &#65; "
	                       "<![CDATA[more]]></w:t></w:r></w:p>"
	                       "<!-- note --></w:document>");
	mutate(rand, xml);
	if (!xml->len)
		g_byte_array_append(xml, (const guint8 *)"<", 1);
	const struct am_test_zip_member members[] = {
		{.name = "[Content_Types].xml", .data = "<a/>"},
		{.name = g_rand_boolean(rand) ? "word/document.xml"
	                                      : "xl/sharedStrings.xml",
	         .data = xml->data,
	         .len = xml->len,
	         .deflate = true},
		{.name = NULL}};
	GByteArray *out = am_test_zip_of(members);

	g_byte_array_unref(xml);
	return out;
}

static GByteArray *bomb(GRand *rand)
{
	GByteArray *out = am_test_repeat(
		"                                ",
		(size_t)g_rand_int_range(rand, 1 << 10, 1 << 18));

	if (g_rand_boolean(rand))
		return gzipped(gzipped(out));
	for (int i = g_rand_int_range(rand, 1, 12); i; i--)
		out = in_zip(rand, out);
	return out;
}

static GByteArray *hostile(GRand *rand)
{
	int kind = g_rand_int_range(rand, 0, 100);
	GByteArray *doc;

	if (kind < 1)
		return bomb(rand);
	if (kind < 15)
		return bad_xml(rand);
	doc = mutate(rand, seed(g_rand_int(rand)));
	if (kind < 30)
		doc = in_zip(rand, doc);
	else if (kind < 40)
		doc = in_mail(doc);
	else if (kind < 45)
		doc = gzipped(doc);
	if (kind < 35)
		mutate(rand, doc);
	return doc;
}

/* ---- and what must hold
 * ----------------------------------------------------- */

ParameterizedTestParameters(hostile, ten_thousand_documents)
{
	static int blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = i;
	return cr_make_param_array(int, blocks, BLOCKS);
}

ParameterizedTest(int *block, hostile, ten_thousand_documents)
{
	const char *why;
	struct am_server server = {
		.sandbox = am_sandbox_new(&why),
		.reader = am_extract_document,
		.limits = {.cpu_seconds = AM_EXTRACTOR_CPU_SECONDS,
	                   .memory = AM_EXTRACTOR_MEMORY},
		.wall_ms = AM_EXTRACTOR_WALL_SECONDS * 1000};
	unsigned counts[AM_EXTRACT_N_STATUS] = {0};

	cr_assert(server.sandbox, "%s", why);
	am_extract_warm_up();
	for (guint i = 0; i < DOCS; i++) {
		GRand *rand = g_rand_new_with_seed((guint32)*block * DOCS + i);
		GByteArray *doc = hostile(rand);
		bool pdf = memmem(doc->data, doc->len, "%PDF", 4) != NULL;
		uint8_t *pieces = NULL;
		size_t n = 0;
		unsigned status = am_server_read(
			&server,
			(unsigned)g_rand_int_range(rand, 0, AM_HINT_COUNT),
			doc->data, doc->len, &pieces, &n);
		counts[status]++;
		cr_expect_neq(status, AM_EXTRACT_SKIPPED, "%d/%u", *block, i);
		cr_expect_leq(n, AM_EXTRACT_PIECES_MAX, "%d/%u", *block, i);
		cr_expect(am_pieces_valid(pieces, n), "%d/%u", *block, i);
		/* Of what is ours, nothing falls over, nor takes that long. */
		cr_expect(pdf || (status != AM_EXTRACT_CRASH &&
		                  status != AM_EXTRACT_TIMEOUT),
		          "%d/%u: %s", *block, i, am_extract_name(status));
		g_free(pieces);
		g_byte_array_unref(doc);
		g_rand_free(rand);
	}
	/* They are hostile, not hopeless. */
	cr_expect_gt(counts[AM_EXTRACT_OK], DOCS / 20);
	cr_expect_gt(counts[AM_EXTRACT_DAMAGED], DOCS / 20);
	if (g_getenv("VERBOSE")) /* for who wants to know */
		for (unsigned i = 0; i < AM_EXTRACT_N_STATUS; i++)
			fprintf(stderr, "%u %s\n", counts[i],
			        am_extract_name(i));
	am_sandbox_free(&server.sandbox);
}
