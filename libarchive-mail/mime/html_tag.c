/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What elements mean, and how mail programs mark what they quote.
 */
#include "mime/html_tag.h"

#include <string.h>

struct tag {
	char name[AM_HTML_TAG_MAX + 1];
	uint8_t len;
	unsigned does;
};

#define LINE AM_HTML_LINE
#define PARA AM_HTML_PARAGRAPH
#define MARK AM_HTML_MARK

/* By first letter: starts[] says where each begins, and the next one ends. */
static const struct tag tags[] = {
	{"a", 1, AM_HTML_LINK},
	{"address", 7, LINE},
	{"area", 4, AM_HTML_ALT},
	{"article", 7, LINE},
	{"aside", 5, LINE},
	{"blockquote", 10, PARA | AM_HTML_QUOTE | MARK},
	{"body", 4, LINE | AM_HTML_OUTER | MARK},
	{"br", 2, AM_HTML_BREAK},
	{"caption", 7, LINE},
	{"center", 6, LINE},
	{"dd", 2, LINE},
	{"dir", 3, LINE},
	{"div", 3, LINE | AM_HTML_DIV | MARK},
	{"dl", 2, PARA},
	{"dt", 2, LINE},
	{"fieldset", 8, LINE},
	{"figcaption", 10, LINE},
	{"figure", 6, LINE},
	{"footer", 6, LINE},
	{"form", 4, LINE},
	{"h1", 2, PARA},
	{"h2", 2, PARA},
	{"h3", 2, PARA},
	{"h4", 2, PARA},
	{"h5", 2, PARA},
	{"h6", 2, PARA},
	{"head", 4, AM_HTML_OUTER},
	{"header", 6, LINE},
	{"hr", 2, LINE | MARK},
	{"html", 4, AM_HTML_OUTER},
	{"img", 3, AM_HTML_ALT},
	{"input", 5, AM_HTML_ALT},
	{"legend", 6, LINE},
	{"li", 2, LINE | AM_HTML_ITEM},
	{"main", 4, LINE},
	{"menu", 4, LINE},
	{"nav", 3, LINE},
	{"noscript", 8, AM_HTML_SKIP},
	{"ol", 2, PARA},
	{"option", 6, LINE},
	{"p", 1, PARA | MARK},
	{"pre", 3, PARA | AM_HTML_PRE},
	{"script", 6, AM_HTML_RAW},
	{"section", 7, LINE | MARK},
	{"select", 6, LINE},
	{"span", 4, MARK},
	{"style", 5, AM_HTML_RAW},
	{"table", 5, LINE | MARK},
	{"td", 2, AM_HTML_CELL},
	{"template", 8, AM_HTML_SKIP},
	{"textarea", 8, LINE},
	{"th", 2, AM_HTML_CELL},
	{"title", 5, AM_HTML_SKIP},
	{"tr", 2, LINE},
	{"ul", 2, PARA},
};
static const uint8_t starts[27] = {
	0,  5,  8,  10, 15, 15, 20, 20, 30, 32, 32, 32, 34, 36,
	38, 40, 42, 42, 42, 47, 54, 55, 55, 55, 55, 55, 55,
};

unsigned am_html_tag(const char *name, size_t len)
{
	unsigned letter = (unsigned)(name[0] - 'a');

	if (!len || letter > 25)
		return 0;
	for (size_t i = starts[letter]; i < starts[letter + 1]; i++)
		if (tags[i].len == len && !memcmp(tags[i].name, name, len))
			return tags[i].does;
	return 0;
}

/* The shortest word of any list below: most classes are shorter. */
#define MARK_MIN 10

static bool has_any(const char *value, const char *const *words)
{
	if (!value || strlen(value) < MARK_MIN)
		return false;
	for (; *words; words++)
		if (strstr(value, *words))
			return true;
	return false;
}

enum am_html_mark am_html_tag_mark(const char *class, const char *id,
                                   const char *style)
{
	/* Gmail, Yahoo, Proton, Tutanota, Zoho, Thunderbird, Apple. */
	static const char *const quotes[] = {"gmail_quote",
	                                     "gmail_attr",
	                                     "yahoo_quoted",
	                                     "protonmail_quote",
	                                     "tutanota_quote",
	                                     "zmail_extra",
	                                     "moz-cite-prefix",
	                                     "AppleOriginalContents",
	                                     NULL};
	/* Outlook in its ages: nothing marks the end. */
	static const char *const rest_classes[] = {
		"OutlookMessageHeader", "ms-outlook-mobile-reference-message",
		NULL};
	static const char *const rest_ids[] = {
		"divRplyFwdMsg", "OLK_SRC_BODY_SECTION",
		"appendonsend",  "mail-editor-reference-message-container",
		"stopSpelling",  NULL};
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
