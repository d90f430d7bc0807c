/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is loaded from files when it is first used: tables of charsets, and what
 * poppler looks for.  In a reader there are no files, so it is used here first.
 */
#include "extractor/any.h"
#include "extractor/pdf.h"
#include "extractor/tables.h"

#include <glib.h>

#include <iconv.h>
#include <string.h>

/* A page that says "a", in a font that is not in the file.  Poppler finds the
 * objects by itself. */
static const char pdf[] =
	"%PDF-1.4\n"
	"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
	"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
	"/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
	"4 0 obj<</Length 33>>stream\nBT /F 9 Tf 9 9 Td (a) Tj ET      \n"
	"endstream endobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
	"trailer<</Root 1 0 R/Size 6>>\n%%EOF\n";

void am_extract_warm_up(void)
{
	static const char *const charsets[] = {
		"UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-7",
		"US-ASCII",     "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",
		"ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",
		"ISO-8859-8",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",
		"ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "WINDOWS-1250",
		"WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254",
		"WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
		"KOI8-R",       "KOI8-U",       "CP437",        "CP850",
		"CP852",        "CP866",        "CP874",        "MACINTOSH",
		"SHIFT_JIS",    "CP932",        "EUC-JP",       "ISO-2022-JP",
		"EUC-KR",       "CP949",        "GB2312",       "GBK",
		"GB18030",      "BIG5",         "BIG5-HKSCS",   "TIS-620"};
	struct am_found f;

	am_tables_load();
	/* They stay open, so that their tables stay. */
	for (size_t i = 0; i < AM_COUNT(charsets); i++)
		(void)!iconv_open("UTF-8", charsets[i]);
	am_pdf_keep((const uint8_t *)pdf, sizeof(pdf) - 1);
	am_found_init(&f);
	am_extract_any(&f, AM_HINT_LOOK, (const uint8_t *)pdf, sizeof(pdf) - 1,
	               0);
	am_extract_any(&f, AM_HINT_MAIL, (const uint8_t *)"a: b\n\nc", 7, 0);
	am_extract_any(&f, AM_HINT_TEXT, (const uint8_t *)"caf\xe9", 4, 0);
	am_found_clear(&f);
}
