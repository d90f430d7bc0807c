/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/document_sample.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <string.h>
#include <zlib.h>

/* ---- zip ([APPNOTE] 4.3) ---------------------------------------------------
 */

static void put(GByteArray *out, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t b = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
		g_byte_array_append(out, &b, 1);
	}
}

static void put_text(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

static GByteArray *deflated(const void *data, size_t len)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
	              .avail_in = (uInt)len};
	GByteArray *out = g_byte_array_new();

	deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	g_byte_array_set_size(out, (guint)deflateBound(&z, (uLong)len));
	z.next_out = out->data;
	z.avail_out = out->len;
	deflate(&z, Z_FINISH);
	g_byte_array_set_size(out, (guint)z.total_out);
	deflateEnd(&z);
	return out;
}

/* What local header and directory have in common. */
static void put_member(GByteArray *out, const struct am_test_zip_member *m,
                       size_t len, size_t packed)
{
	put(out, 20, 2);
	put(out, m->encrypted ? 1 : 0, 2);
	put(out, m->deflate ? 8 : 0, 2);
	put(out, 0, 4);
	put(out, am_crc32(0, m->data, len), 4);
	put(out, packed, 4);
	put(out, len + m->lie, 4);
	put(out, strlen(m->name), 2);
	put(out, 0, 2);
}

GByteArray *am_test_zip_of(const struct am_test_zip_member *members)
{
	GByteArray *out = g_byte_array_new(), *dir = g_byte_array_new();
	unsigned n = 0;

	for (const struct am_test_zip_member *m = members; m->name; m++, n++) {
		size_t len = m->len ? m->len : strlen(m->data);
		GByteArray *packed = m->deflate ? deflated(m->data, len) : NULL;
		size_t packed_len = packed ? packed->len : len;
		guint at = out->len;
		put_text(out, "PK\3\4");
		put_member(out, m, len, packed_len);
		put_text(out, m->name);
		g_byte_array_append(out, packed ? packed->data : m->data,
		                    (guint)packed_len);
		put_text(dir, "PK\1\2");
		put(dir, 20, 2);
		put_member(dir, m, len, packed_len);
		put(dir, 0, 2 + 2 + 2 + 4);
		put(dir, at, 4);
		put_text(dir, m->name);
		if (packed)
			g_byte_array_unref(packed);
	}
	guint at = out->len;
	g_byte_array_append(out, dir->data, dir->len);
	put_text(out, "PK\5\6");
	put(out, 0, 4);
	put(out, n, 2);
	put(out, n, 2);
	put(out, dir->len, 4);
	put(out, at, 4);
	put(out, 0, 2);
	g_byte_array_unref(dir);
	return out;
}

GByteArray *am_test_repeat(const char *s, size_t times)
{
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < times; i++)
		put_text(out, s);
	return out;
}

/* ---- since 2007
 * ------------------------------------------------------------ */

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static GByteArray *office(const char *name, const char *before,
                          const char *text, const char *after,
                          const char *name2, const char *xml2)
{
	char *xml = g_strconcat(XML, before, text, after, NULL);
	const struct am_test_zip_member members[] = {
		{.name = "[Content_Types].xml",
	         .data = XML "<Types xmlns=\"x\"/>",
	         .deflate = true},
		{.name = name, .data = xml, .deflate = true},
		{.name = "docProps/core.xml",
	         .data = XML "<cp:coreProperties xmlns:cp=\"a\" "
	                     "xmlns:dc=\"b\"><dc:title>A title</dc:title>"
	                     "<cp:revision>7</cp:revision>"
	                     "</cp:coreProperties>",
	         .deflate = true},
		{.name = name2, .data = xml2, .deflate = true},
		{.name = NULL}};
	GByteArray *out = am_test_zip_of(members);

	g_free(xml);
	return out;
}

GByteArray *am_test_docx(const char *text)
{
	return office("word/document.xml",
	              "<w:document xmlns:w=\"x\"><w:body><w:p><w:r><w:t>", text,
	              "</w:t></w:r><w:r><w:tab/><w:t>and </w:t></w:r><w:r><w:t>"
	              "more</w:t></w:r><w:del><w:r><w:delText>deleted"
	              "</w:delText></w:r></w:del></w:p></w:body></w:document>",
	              "word/footnotes.xml",
	              XML "<w:footnotes xmlns:w=\"x\"><w:p><w:r><w:t>a footnote"
	                  "</w:t></w:r></w:p></w:footnotes>");
}

GByteArray *am_test_xlsx(const char *text)
{
	return office("xl/sharedStrings.xml", "<sst xmlns=\"x\"><si><t>", text,
	              "</t></si><si><r><t>two</t></r><r><t>parts</t></r></si>"
	              "</sst>",
	              "xl/worksheets/sheet1.xml",
	              XML "<worksheet xmlns=\"x\"><sheetData><row><c t=\"s\">"
	                  "<v>99</v></c><c><v>4711.5</v></c><c t=\"inlineStr\">"
	                  "<is><t>inline</t></is></c><c t=\"b\"><v>1</v></c>"
	                  "</row></sheetData></worksheet>");
}

GByteArray *am_test_pptx(const char *text)
{
	return office("ppt/slides/slide1.xml",
	              "<p:sld xmlns:p=\"x\" xmlns:a=\"y\"><a:p><a:r><a:t>",
	              text, "</a:t></a:r></a:p></p:sld>",
	              "ppt/notesSlides/notesSlide1.xml",
	              XML "<p:notes xmlns:p=\"x\" xmlns:a=\"y\"><a:p><a:r>"
	                  "<a:t>a note</a:t></a:r></a:p></p:notes>");
}

GByteArray *am_test_odt(const char *text)
{
	char *xml = g_strconcat(
		XML "<office:document-content xmlns:office=\"o\" "
		    "xmlns:text=\"t\"><text:tracked-changes><text:p>deleted"
		    "</text:p></text:tracked-changes><text:h>A heading</text:h>"
		    "<text:p>",
		text,
		"<text:s/>and<text:tab/><text:span>more</text:span>"
		"<text:line-break/>end</text:p></office:document-content>",
		NULL);
	const struct am_test_zip_member members[] = {
		{.name = "mimetype",
	         .data = "application/vnd.oasis.opendocument.text"},
		{.name = "content.xml", .data = xml, .deflate = true},
		{.name = "META-INF/manifest.xml",
	         .data = XML "<manifest:manifest xmlns:manifest=\"m\"/>",
	         .deflate = true},
		{.name = NULL}};
	GByteArray *out = am_test_zip_of(members);

	g_free(xml);
	return out;
}

/* ---- PDF (ISO 32000-1, 7.5) ------------------------------------------------
 */

struct pdf {
	GString *out;
	GArray *offsets;
};

static void object(struct pdf *p, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static void object(struct pdf *p, const char *fmt, ...)
{
	guint at = (guint)p->out->len;
	va_list args;

	g_array_append_val(p->offsets, at);
	g_string_append_printf(p->out, "%u 0 obj\n", p->offsets->len);
	va_start(args, fmt);
	g_string_append_vprintf(p->out, fmt, args);
	va_end(args);
	g_string_append(p->out, "\nendobj\n");
}

static GByteArray *end_pdf(struct pdf *p, const char *trailer)
{
	size_t xref = p->out->len;

	g_string_append_printf(p->out, "xref\n0 %u\n0000000000 65535 f \n",
	                       p->offsets->len + 1);
	for (guint i = 0; i < p->offsets->len; i++)
		g_string_append_printf(p->out, "%010u 00000 n \n",
		                       g_array_index(p->offsets, guint, i));
	g_string_append_printf(p->out,
	                       "trailer\n<</Size %u/Root 1 0 R%s>>\n"
	                       "startxref\n%zu\n%%%%EOF\n",
	                       p->offsets->len + 1, trailer, xref);
	gsize len = p->out->len;
	g_array_unref(p->offsets);
	return g_byte_array_new_take((guint8 *)g_string_free(p->out, FALSE),
	                             len);
}

/* Objects: catalog, pages, font, then a page and its content for each line. */
static struct pdf begin_pdf(const char *lines)
{
	struct pdf p = {g_string_new("%PDF-1.4\n"),
	                g_array_new(FALSE, FALSE, sizeof(guint))};
	char **all = g_strsplit(lines, "\n", 0);
	guint n = g_strv_length(all);
	GString *kids = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(kids, "%u 0 R ", 4 + 2 * i);
	object(&p, "<</Type/Catalog/Pages 2 0 R>>");
	object(&p, "<</Type/Pages/Kids[%s]/Count %u>>", kids->str, n);
	object(&p, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica"
	           "/Encoding/WinAnsiEncoding>>");
	for (guint i = 0; i < n; i++) {
		char *content = g_strdup_printf(
			"BT /F 12 Tf 40 700 Td (%s) Tj ET", all[i]);
		object(&p,
		       "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]"
		       "/Contents %u 0 R/Resources<</Font<</F 3 0 R>>>>>>",
		       5 + 2 * i);
		object(&p, "<</Length %zu>>stream\n%s\nendstream",
		       strlen(content), content);
		g_free(content);
	}
	g_string_free(kids, TRUE);
	g_strfreev(all);
	return p;
}

GByteArray *am_test_pdf(const char *lines)
{
	struct pdf p = begin_pdf(lines);

	return end_pdf(&p, "");
}

/* With entries that no empty password makes. */
GByteArray *am_test_pdf_locked(void)
{
	struct pdf p = begin_pdf("secret");
	GString *trailer = g_string_new(NULL);

	g_string_append(trailer, "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1"
	                         "/R 2/P -4/O<");
	for (int i = 0; i < 32; i++)
		g_string_append_printf(trailer, "%02x", i * 7);
	g_string_append(trailer, ">/U<");
	for (int i = 0; i < 32; i++)
		g_string_append_printf(trailer, "%02x", i * 5 + 3);
	g_string_append(trailer, ">>>");
	GByteArray *out = end_pdf(&p, trailer->str);
	g_string_free(trailer, TRUE);
	return out;
}

GByteArray *am_test_pdf_chinese(void)
{
	static const char text[] = "BT /F 12 Tf 40 700 Td <4E2D6587> Tj ET";
	struct pdf p = {g_string_new("%PDF-1.4\n"),
	                g_array_new(FALSE, FALSE, sizeof(guint))};

	object(&p, "<</Type/Catalog/Pages 2 0 R>>");
	object(&p, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
	object(&p, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]"
	           "/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>");
	object(&p, "<</Length %zu>>stream\n%s\nendstream", strlen(text), text);
	object(&p, "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light"
	           "/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>");
	object(&p, "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
	           "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
	           "/Supplement 0>>/FontDescriptor 7 0 R>>");
	object(&p, "<</Type/FontDescriptor/FontName/STSong-Light/Flags 4"
	           "/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800"
	           "/Descent -200/CapHeight 700/StemV 80>>");
	return end_pdf(&p, "");
}
