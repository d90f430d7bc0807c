/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSS that colours and spaces text, and can do nothing else. */
#include "mime/html_safe.h"

#include <string.h>

/* A name that ends in '-' stands for all that begin so. */
static const char *const properties[] = {
	"color",           "background-color",
	"background",      "font",
	"font-",           "text-align",
	"text-decoration", "text-transform",
	"line-height",     "letter-spacing",
	"word-spacing",    "margin",
	"margin-",         "padding",
	"padding-",        "border",
	"border-",         "width",
	"max-width",       "min-width",
	"height",          "max-height",
	"vertical-align",  "white-space",
	"list-style-type", "float",
	"clear",           "direction",
	"display",         "word-break",
	"overflow-wrap",   "unicode-bidi",
};

static bool known(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
		const char *p = properties[i];
		size_t n = strlen(p);
		if (p[n - 1] == '-' ? !strncmp(name, p, n) : !strcmp(name, p))
			return strcmp(name, "border-image") != 0 &&
			       strncmp(name, "border-image-", 13) != 0;
	}
	return false;
}

/* Colours are the only functions; what fetches, computes or escapes is out. */
static bool harmless(const char *value)
{
	static const char *const functions[] = {"rgb", "rgba", "hsl", "hsla"};

	for (const char *p = value; *p; p++) {
		if (!g_ascii_isalnum(*p) && !strchr(" #%.,()+-!'/_", *p) &&
		    (uint8_t)*p < 0x80)
			return false;
		if (*p != '(')
			continue;
		bool found = false;
		for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
			size_t n = strlen(functions[i]);
			const char *at = p - n;
			found |= (size_t)(p - value) >= n &&
			         !strncmp(at, functions[i], n) &&
			         (at == value || !g_ascii_isalnum(at[-1]));
		}
		if (!found)
			return false;
	}
	return !strstr(value, "/*");
}

static void take(GString *out, char *declaration)
{
	char *colon = strchr(declaration, ':');

	if (!colon)
		return;
	*colon = '\0';
	char *name = g_strstrip(declaration);
	char *value = g_strstrip(colon + 1);
	for (char *p = name; *p; p++)
		*p = g_ascii_tolower(*p);
	for (char *p = value; *p; p++) {
		*p = *p == '"' ? '\'' : g_ascii_tolower(*p);
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	}
	if (known(name) && *value && strlen(value) < 500 && harmless(value))
		g_string_append_printf(out, "%s%s:%s", out->len ? ";" : "",
		                       name, value);
}

void am_html_safe_style(GString *out, const char *css)
{
	char **declarations = g_strsplit(css, ";", 200);
	GString *style = g_string_new(NULL);

	for (char **d = declarations; *d; d++)
		if (!strchr(*d, ';')) /* the rest of too many */
			take(style, *d);
	am_html_escape(out, style->str, style->len);
	g_string_free(style, TRUE);
	g_strfreev(declarations);
}
