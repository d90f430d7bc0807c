/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html_safe_names.h"

#include <glib.h>

#include <string.h>

/* Each list sorted, for bsearch(3) would be overdone and order shows gaps. */
static const char *const kept[] = {
	"a",      "abbr",    "address", "article",    "aside",   "b",
	"bdi",    "bdo",     "big",     "blockquote", "caption", "center",
	"cite",   "code",    "col",     "colgroup",   "dd",      "del",
	"dfn",    "div",     "dl",      "dt",         "em",      "figcaption",
	"figure", "font",    "footer",  "h1",         "h2",      "h3",
	"h4",     "h5",      "h6",      "header",     "i",       "ins",
	"kbd",    "li",      "main",    "mark",       "ol",      "p",
	"pre",    "q",       "rp",      "rt",         "ruby",    "s",
	"samp",   "section", "small",   "span",       "strike",  "strong",
	"sub",    "sup",     "table",   "tbody",      "td",      "tfoot",
	"th",     "thead",   "time",    "tr",         "tt",      "u",
	"ul",     "var",
};
static const char *const voids[] = {"br", "hr", "img", "wbr"};
static const char *const dropped[] = {
	"applet", "audio",   "canvas", "frameset", "head",     "map",   "math",
	"object", "picture", "select", "svg",      "template", "video",
};
static const char *const raw[] = {
	"iframe", "noembed", "noframes", "noscript", "plaintext",
	"script", "style",   "textarea", "title",    "xmp",
};

static bool in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}
#define IN(list, name) in(list, G_N_ELEMENTS(list), name)

enum am_html_safe_does am_html_safe_element(const char *name)
{
	if (IN(kept, name))
		return AM_SAFE_KEEP;
	if (IN(voids, name))
		return AM_SAFE_VOID;
	if (IN(raw, name))
		return AM_SAFE_DROP_RAW;
	return IN(dropped, name) ? AM_SAFE_DROP : AM_SAFE_UNWRAP;
}

bool am_html_safe_ends(const char *open, const char *next)
{
	static const char *const blocks[] = {
		"address", "article", "aside",  "blockquote", "center", "div",
		"dl",      "figure",  "footer", "h1",         "h2",     "h3",
		"h4",      "h5",      "h6",     "header",     "hr",     "main",
		"ol",      "p",       "pre",    "section",    "table",  "ul"};
	static const char *const cells[] = {"td", "th"};
	static const char *const rows[] = {"tr", "tbody", "thead", "tfoot"};

	if (!strcmp(open, "p"))
		return IN(blocks, next);
	if (!strcmp(open, "li"))
		return !strcmp(next, "li");
	if (!strcmp(open, "dt") || !strcmp(open, "dd"))
		return !strcmp(next, "dt") || !strcmp(next, "dd");
	if (IN(cells, open))
		return IN(cells, next) || IN(rows, next);
	if (!strcmp(open, "tr"))
		return IN(rows, next);
	return false;
}

enum am_html_safe_value am_html_safe_attribute(const char *element,
                                               const char *name)
{
	static const char *const texts[] = {"alt", "title"};
	static const char *const words[] = {
		"align",  "bgcolor", "border", "cellpadding", "cellspacing",
		"color",  "colspan", "dir",    "face",        "height",
		"hspace", "lang",    "nowrap", "rowspan",     "size",
		"start",  "valign",  "vspace", "width"};

	if (!strcmp(name, "style"))
		return AM_SAFE_STYLE;
	if (!strcmp(name, "href") && !strcmp(element, "a"))
		return AM_SAFE_HREF;
	if (!strcmp(name, "src") && !strcmp(element, "img"))
		return AM_SAFE_SRC;
	if (IN(texts, name))
		return AM_SAFE_TEXT;
	return IN(words, name) ? AM_SAFE_WORD : AM_SAFE_NO;
}
