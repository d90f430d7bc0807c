/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/office_xml.h"

#include <expat.h>

#include <string.h>

#define DEPTH_MAX 256

struct am_office_xml {
	struct am_found *found;
	enum am_office_member what;
	XML_Parser parser;
	unsigned depth;
	unsigned taking;   /* elements open whose text counts */
	unsigned skipping; /* depth below which nothing does; 0: none */
	bool number;       /* the cell has its value in it */
	bool stopped, bad;
};

/* ---- members by name -------------------------------------------------------
 */

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool is_any(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

/* [ECMA-376] part 1; where Word, Excel and PowerPoint put them. */
enum am_office_member am_office_ooxml(const char *name)
{
	static const char *const texts[] = {
		"word/document",       "word/header",
		"word/footer",         "word/footnotes",
		"word/endnotes",       "word/comments",
		"xl/sharedStrings",    "xl/comments",
		"xl/drawings/drawing", "xl/threadedComments",
		"ppt/slides/slide",    "ppt/notesSlides/",
		"ppt/comments/",       "ppt/diagrams/data",
		"word/diagrams/data",  "word/charts/chart",
		"xl/charts/chart",     "ppt/charts/chart",
		"visio/pages/page",    NULL};

	if (!g_str_has_suffix(name, ".xml"))
		return strstr(name, "/embeddings/")   ? AM_OFFICE_OTHER
		       : begins(name, "word/afchunk") ? AM_OFFICE_OTHER
		                                      : AM_OFFICE_IGNORED;
	if (begins(name, "xl/worksheets/"))
		return AM_OFFICE_SHEET;
	if (!strcmp(name, "xl/workbook.xml"))
		return AM_OFFICE_WORKBOOK;
	if (!strcmp(name, "docProps/core.xml"))
		return AM_OFFICE_ABOUT;
	for (size_t i = 0; texts[i]; i++)
		if (begins(name, texts[i]))
			return AM_OFFICE_TEXT;
	return AM_OFFICE_IGNORED;
}

enum am_office_member am_office_odf(const char *name)
{
	/* Embedded objects are folders with a content.xml of their own. */
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;

	if (!strcmp(name, "META-INF/manifest.xml"))
		return AM_OFFICE_MANIFEST;
	if (!strcmp(name, "meta.xml"))
		return AM_OFFICE_ABOUT;
	/* Headers and footers are styles. */
	if (!strcmp(base, "content.xml") || !strcmp(name, "styles.xml"))
		return AM_OFFICE_ODF;
	return AM_OFFICE_IGNORED;
}

/* ---- elements
 * ------------------------------------------------------------ */

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static const char *attribute(const char **atts, const char *name)
{
	for (; *atts; atts += 2)
		if (!strcmp(local(atts[0]), name))
			return atts[1];
	return NULL;
}

static bool takes(const struct am_office_xml *x, const char *name)
{
	static const char *const about[] = {
		"title",           "subject",        "creator",
		"keywords",        "description",    "keyword",
		"initial-creator", "lastModifiedBy", NULL};

	switch (x->what) {
	case AM_OFFICE_TEXT:
		return !strcmp(name, "t");
	case AM_OFFICE_SHEET:
		return !strcmp(name, "t") || (x->number && !strcmp(name, "v"));
	case AM_OFFICE_ODF:
		return !strcmp(name, "p") || !strcmp(name, "h");
	case AM_OFFICE_ABOUT:
		return is_any(name, about);
	case AM_OFFICE_WORKBOOK:
	case AM_OFFICE_MANIFEST:
	case AM_OFFICE_OTHER:
	case AM_OFFICE_IGNORED:
		break;
	}
	return false;
}

static void stop(struct am_office_xml *x)
{
	x->stopped = true;
	XML_StopParser(x->parser, XML_FALSE);
}

/* White space of the document is elements here. */
static void space(struct am_office_xml *x, const char *name)
{
	if (!strcmp(name, "tab") || !strcmp(name, "s"))
		am_found_text(x->found, " ", 1);
	else if (!strcmp(name, "br") || !strcmp(name, "cr") ||
	         !strcmp(name, "line-break"))
		am_found_text(x->found, "\n", 1);
}

static void start_element(void *user, const char *full, const char **atts)
{
	struct am_office_xml *x = user;
	const char *name = local(full), *value;

	if (++x->depth > DEPTH_MAX) {
		x->bad = true;
		stop(x);
		return;
	}
	if (x->skipping)
		return;
	switch (x->what) {
	case AM_OFFICE_SHEET:
		if (!strcmp(name, "c")) {
			/* Shared strings stand elsewhere; no words are true,
			 * false and errors. */
			value = attribute(atts, "t");
			x->number = !value || !strcmp(value, "n") ||
			            !strcmp(value, "str") ||
			            !strcmp(value, "d");
		}
		break;
	case AM_OFFICE_WORKBOOK:
		value = !strcmp(name, "sheet") ? attribute(atts, "name") : NULL;
		if (value) {
			am_found_string(x->found, value);
			am_found_text(x->found, "\n", 1);
		}
		break;
	case AM_OFFICE_ODF:
		if (!strcmp(name, "tracked-changes") ||
		    !strcmp(name, "binary-data"))
			x->skipping = x->depth;
		break;
	case AM_OFFICE_MANIFEST:
		if (!strcmp(name, "encryption-data")) {
			x->found->encrypted = true;
			stop(x);
		}
		break;
	case AM_OFFICE_TEXT:
	case AM_OFFICE_ABOUT:
	case AM_OFFICE_OTHER:
	case AM_OFFICE_IGNORED:
		break;
	}
	if (takes(x, name))
		x->taking++;
	else if (x->what == AM_OFFICE_TEXT || x->taking)
		space(x, name);
}

static void end_element(void *user, const char *full)
{
	static const char *const lines[] = {"p", "si", "h", "row", NULL};
	struct am_office_xml *x = user;
	const char *name = local(full);

	if (x->skipping) {
		if (x->skipping == x->depth)
			x->skipping = 0;
	} else if (takes(x, name)) {
		if (x->taking)
			x->taking--;
		if (x->what == AM_OFFICE_SHEET)
			am_found_text(x->found, " ", 1);
		if (x->what == AM_OFFICE_ABOUT || x->what == AM_OFFICE_ODF)
			am_found_text(x->found, "\n", 1);
	} else if (is_any(name, lines)) {
		am_found_text(x->found, "\n", 1);
	}
	x->depth--;
}

static void characters(void *user, const char *s, int len)
{
	struct am_office_xml *x = user;

	if (!x->taking || x->skipping)
		return;
	am_found_text(x->found, s, (size_t)len);
}

static void doctype(void *user, const char *name, const char *system_id,
                    const char *public_id, int internal)
{
	struct am_office_xml *x = user;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	x->bad = true;
	stop(x);
}

/* ---- the member
 * ---------------------------------------------------------- */

struct am_office_xml *am_office_xml_new(struct am_found *f,
                                        enum am_office_member what)
{
	struct am_office_xml *x = g_new0(struct am_office_xml, 1);

	x->found = f;
	x->what = what;
	x->parser = XML_ParserCreate(NULL);
	if (!x->parser) {
		x->stopped = true;
		return x;
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, start_element, end_element);
	XML_SetCharacterDataHandler(x->parser, characters);
	XML_SetStartDoctypeDeclHandler(x->parser, doctype);
	return x;
}

bool am_office_xml_feed(struct am_office_xml *x, const void *data, size_t len)
{
	const char *at = data;

	while (len && !x->stopped) {
		size_t n = MIN(len, 65536);
		if (XML_Parse(x->parser, at, (int)n, XML_FALSE) ==
		            XML_STATUS_ERROR &&
		    !x->stopped)
			x->bad = x->stopped = true;
		if (am_found_full(x->found))
			x->stopped = true;
		at += n;
		len -= n;
	}
	return !x->stopped;
}

void am_office_xml_end(struct am_office_xml **xml, bool whole)
{
	struct am_office_xml *x = *xml;

	if (!x->stopped && (!whole || XML_Parse(x->parser, "", 0, XML_TRUE) ==
	                                      XML_STATUS_ERROR))
		x->bad = true;
	if (x->bad)
		x->found->damaged = true;
	if (x->parser)
		XML_ParserFree(x->parser);
	g_free(x);
	*xml = NULL;
}
