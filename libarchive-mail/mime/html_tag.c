/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What elements mean, and how mail programs mark what they quote.
 */
#include "mime/html_tag.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

struct tag {
	const char *name;
	unsigned does;
};

#define LINE AM_HTML_LINE
#define PARA AM_HTML_PARAGRAPH

/* In byte order. */
static const struct tag tags[] = {
	{"address", LINE},
	{"area", AM_HTML_ALT},
	{"article", LINE},
	{"aside", LINE},
	{"blockquote", PARA | AM_HTML_QUOTE},
	{"body", LINE | AM_HTML_OUTER},
	{"br", AM_HTML_BREAK},
	{"caption", LINE},
	{"center", LINE},
	{"dd", LINE},
	{"dir", LINE},
	{"div", LINE | AM_HTML_DIV},
	{"dl", PARA},
	{"dt", LINE},
	{"fieldset", LINE},
	{"figcaption", LINE},
	{"figure", LINE},
	{"footer", LINE},
	{"form", LINE},
	{"h1", PARA},
	{"h2", PARA},
	{"h3", PARA},
	{"h4", PARA},
	{"h5", PARA},
	{"h6", PARA},
	{"head", AM_HTML_OUTER},
	{"header", LINE},
	{"hr", LINE},
	{"html", AM_HTML_OUTER},
	{"img", AM_HTML_ALT},
	{"input", AM_HTML_ALT},
	{"legend", LINE},
	{"li", LINE | AM_HTML_ITEM},
	{"main", LINE},
	{"menu", LINE},
	{"nav", LINE},
	{"noscript", AM_HTML_SKIP},
	{"ol", PARA},
	{"option", LINE},
	{"p", PARA},
	{"pre", PARA | AM_HTML_PRE},
	{"script", AM_HTML_RAW},
	{"section", LINE},
	{"select", LINE},
	{"style", AM_HTML_RAW},
	{"table", LINE},
	{"td", AM_HTML_CELL},
	{"template", AM_HTML_SKIP},
	{"textarea", LINE},
	{"th", AM_HTML_CELL},
	{"title", AM_HTML_SKIP},
	{"tr", LINE},
	{"ul", PARA},
};

static int compare(const void *key, const void *tag)
{
	return strcmp(key, ((const struct tag *)tag)->name);
}

unsigned am_html_tag(const char *name)
{
	const struct tag *t =
		bsearch(name, tags, AM_COUNT(tags), sizeof *tags, compare);

	return t ? t->does : 0;
}

static bool has_any(const char *value, const char *const *words)
{
	for (; value && *words; words++)
		if (strstr(value, *words))
			return true;
	return false;
}

enum am_html_mark am_html_tag_mark(const char *class, const char *id,
                                   const char *style)
{
	/* Gmail, Yahoo, Proton, Tutanota, Zoho, Thunderbird, Apple. */
	static const char *const quotes[] = {
		"gmail_quote", "gmail_attr", "yahoo_quoted", "protonmail_quote",
		"tutanota_quote", "zmail_extra", "moz-cite-prefix",
		"AppleOriginalContents", NULL};
	/* Outlook in its ages: nothing marks the end. */
	static const char *const rest_classes[] = {
		"OutlookMessageHeader", "ms-outlook-mobile-reference-message",
		NULL};
	static const char *const rest_ids[] = {
		"divRplyFwdMsg", "OLK_SRC_BODY_SECTION", "appendonsend",
		"mail-editor-reference-message-container", "stopSpelling", NULL};
	/* The rule above "From: … Sent: …" that Word draws. */
	static const char *const rest_styles[] = {
		"border-top:solid #B5C4DF 1.0pt",
		"border-top:solid #E1E1E1 1.0pt",
		"border-top: 1pt solid rgb(225, 225, 225)", NULL};

	if (has_any(class, rest_classes) || has_any(id, rest_ids) ||
	    has_any(style, rest_styles))
		return AM_HTML_REST;
	return has_any(class, quotes) ? AM_HTML_QUOTES : AM_HTML_OWN;
}
