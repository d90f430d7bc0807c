/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html_safe.h"

#include "base/charset.h"
#include "mime/html_entity.h"
#include "mime/html_safe_names.h"

#include <string.h>

#define MAX_OPEN       200 /* deeper elements lose their tags */
#define MAX_NAME       24
#define MAX_ATTRIBUTES 64
#define MAX_INLINE     (2u << 20) /* of a picture in a data: address */

struct reading {
	struct am_html_safe *safe;
	GString *out;
	const char *at, *end;
	unsigned n_open;
	char open[MAX_OPEN][MAX_NAME];
};

/* ---- texts and values ---- */

/* "&amp;" or "&#39;" at p: its length, else 0. */
static size_t reference_length(const char *p, const char *end)
{
	const char *q = p + 1;

	if (q < end && *q == '#') {
		q++;
		bool hex = q < end && (*q | 0x20) == 'x';
		q += hex;
		const char *digits = q;
		while (q < end && q - digits < 8 &&
		       (hex ? g_ascii_isxdigit(*q) : g_ascii_isdigit(*q)))
			q++;
		return q > digits && q < end && *q == ';' ? (size_t)(q - p) + 1
		                                          : 0;
	}
	while (q < end && q - p < 32 && g_ascii_isalnum(*q))
		q++;
	return q > p + 1 && q < end && *q == ';' ? (size_t)(q - p) + 1 : 0;
}

/* References stay as they are: what they stand for is no markup. */
static void write_text(struct reading *r, const char *s, const char *end)
{
	while (s < end) {
		size_t n = *s == '&' ? reference_length(s, end) : 0;

		if (n)
			g_string_append_len(r->out, s, (gssize)n);
		else
			am_html_escape(r->out, s, 1);
		s += n ? n : 1;
	}
}

static gunichar referenced(const char *name, size_t len)
{
	char text[40];

	g_snprintf(text, sizeof(text), "%.*s", (int)len, name);
	if (*text != '#')
		return am_html_entity(text);
	bool hex = (text[1] | 0x20) == 'x';
	guint64 n = g_ascii_strtoull(text + (hex ? 2 : 1), NULL, hex ? 16 : 10);
	return n < 0x110000 && g_unichar_validate((gunichar)n) ? (gunichar)n
	                                                       : 0xFFFD;
}

/* The value as a browser would see it: references resolved. */
static char *resolve(const char *s, size_t len)
{
	GString *out = g_string_new(NULL);
	const char *end = s + len;

	while (s < end) {
		size_t n = *s == '&' ? reference_length(s, end) : 0;
		gunichar c = n ? referenced(s + 1, n - 2) : 0;
		if (c)
			g_string_append_unichar(out, c);
		else if (n)
			g_string_append_len(out, s, (gssize)n);
		else if (*s)
			g_string_append_c(out, *s);
		s += n ? n : 1;
	}
	return g_string_free(out, FALSE);
}

/* An address without what browsers pass over in it. */
static char *clean_address(const char *value)
{
	GString *out = g_string_new(NULL);

	for (const char *p = value; *p; p++)
		if ((uint8_t)*p > ' ' && (uint8_t)*p != 0x7f)
			g_string_append_c(out, *p);
	return g_string_free(out, FALSE);
}

static bool begins(const char *s, const char *with)
{
	return !g_ascii_strncasecmp(s, with, strlen(with));
}

static void write_attribute(struct reading *r, const char *name,
                            const char *value)
{
	g_string_append_printf(r->out, " %s=\"", name);
	am_html_escape(r->out, value, strlen(value));
	g_string_append_c(r->out, '"');
}

static void write_href(struct reading *r, const char *value)
{
	static const char *const schemes[] = {"https://", "http://",
	                                      "mailto:", "tel:", "ftp://"};
	char *address = clean_address(value);

	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (begins(address, schemes[i])) {
			write_attribute(r, "href", address);
			write_attribute(r, "rel",
			                "noopener noreferrer nofollow");
			break;
		}
	g_free(address);
}

static bool is_inline_picture(const char *address)
{
	static const char *const kinds[] = {
		"data:image/png;base64,", "data:image/gif;base64,",
		"data:image/jpeg;base64,", "data:image/webp;base64,"};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		size_t n = strlen(kinds[i]);
		if (begins(address, kinds[i]))
			return strlen(address) <= MAX_INLINE &&
			       strspn(address + n,
			              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
			              "opqrstuvwxyz0123456789+/=") ==
			               strlen(address + n);
	}
	return false;
}

static void write_src(struct reading *r, const char *value)
{
	struct am_html_safe *safe = r->safe;
	char *address = clean_address(value);
	const char *local = NULL;

	if (begins(address, "cid:") && safe->picture) {
		char *cid = g_uri_unescape_string(address + 4, NULL);
		local = safe->picture(safe->user, cid ? cid : address + 4);
		g_free(cid);
	} else if (is_inline_picture(address)) {
		local = address;
	} else if (begins(address, "http:") || begins(address, "https:") ||
	           begins(address, "//")) {
		safe->n_remote++;
	}
	if (local)
		write_attribute(r, "src", local);
	g_free(address);
}

static bool is_word(const char *value)
{
	return strlen(value) < 100 &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
	                     "WXYZ0123456789#%.,-+ ") == strlen(value);
}

/* ---- tags ---- */

struct tag {
	char name[MAX_NAME];
	bool closing;
	unsigned n;
	struct {
		char *name, *value;
	} attributes[MAX_ATTRIBUTES];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* One attribute at p; behind it.  name NULL: a lone slash or the like. */
static const char *read_attribute(const char *p, const char *end, char **name,
                                  char **value)
{
	const char *from = p;

	*name = *value = NULL;
	while (p < end && !is_blank(*p) && !strchr("=>/", *p))
		p++;
	if (p == from)
		return p + 1;
	*name = g_ascii_strdown(from, p - from);
	p = skip_blanks(p, end);
	if (p == end || *p != '=') {
		*value = g_strdup("");
		return p;
	}
	p = skip_blanks(p + 1, end);
	if (p < end && (*p == '"' || *p == '\'')) {
		char quote = *p++;
		const char *close = memchr(p, quote, (size_t)(end - p));
		close = close ? close : end;
		*value = resolve(p, (size_t)(close - p));
		return close < end ? close + 1 : end;
	}
	from = p;
	while (p < end && !is_blank(*p) && *p != '>')
		p++;
	*value = resolve(from, (size_t)(p - from));
	return p;
}

/* A tag at p, which stands on its '<'; behind its '>', or end. */
static const char *read_tag(const char *p, const char *end, struct tag *tag)
{
	size_t n = 0;

	memset(tag, 0, sizeof(*tag));
	p++;
	if (p < end && *p == '/') {
		tag->closing = true;
		p++;
	}
	/* Of a name that is too long only its being unknown counts. */
	for (; p < end && !is_blank(*p) && *p != '>' && *p != '/'; p++)
		if (n + 1 < MAX_NAME)
			tag->name[n++] = g_ascii_tolower(*p);
	while (p < end && *p != '>') {
		char *name, *value;

		p = skip_blanks(p, end);
		if (p == end || *p == '>')
			break;
		p = read_attribute(p, end, &name, &value);
		if (name && tag->n < MAX_ATTRIBUTES) {
			tag->attributes[tag->n].name = name;
			tag->attributes[tag->n++].value = value;
			continue;
		}
		g_free(name);
		g_free(value);
	}
	return p < end ? p + 1 : end;
}

static void tag_clear(struct tag *tag)
{
	for (unsigned i = 0; i < tag->n; i++) {
		g_free(tag->attributes[i].name);
		g_free(tag->attributes[i].value);
	}
	tag->n = 0;
}

static const char *value_of(const struct tag *tag, const char *name)
{
	for (unsigned i = 0; i < tag->n; i++)
		if (!strcmp(tag->attributes[i].name, name))
			return tag->attributes[i].value;
	return NULL;
}

static void write_attributes(struct reading *r, const struct tag *tag,
                             const char *element)
{
	for (unsigned i = 0; i < tag->n; i++) {
		const char *name = tag->attributes[i].name;
		const char *value = tag->attributes[i].value;
		enum am_html_safe_value kind =
			am_html_safe_attribute(element, name);

		/* The first of a name counts, as in browsers. */
		if (!kind || value_of(tag, name) != value)
			continue;
		if (kind == AM_SAFE_TEXT ||
		    (kind == AM_SAFE_WORD && is_word(value))) {
			write_attribute(r, name, value);
		} else if (kind == AM_SAFE_HREF) {
			write_href(r, value);
		} else if (kind == AM_SAFE_SRC) {
			write_src(r, value);
		} else if (kind == AM_SAFE_STYLE) {
			g_string_append(r->out, " style=\"");
			am_html_safe_style(r->out, value);
			g_string_append_c(r->out, '"');
		}
	}
}

static void close_last(struct reading *r)
{
	g_string_append_printf(r->out, "</%s>", r->open[--r->n_open]);
}

static void open_element(struct reading *r, const struct tag *tag,
                         const char *element, bool is_void)
{
	while (r->n_open && am_html_safe_ends(r->open[r->n_open - 1], element))
		close_last(r);
	if (!is_void && r->n_open == MAX_OPEN)
		return;
	g_string_append_printf(r->out, "<%s", element);
	write_attributes(r, tag, element);
	g_string_append_c(r->out, '>');
	if (!is_void)
		g_strlcpy(r->open[r->n_open++], element, MAX_NAME);
}

/* A table that is open holds what is in its cells. */
static void close_element(struct reading *r, const char *element)
{
	unsigned i = r->n_open;

	while (i && strcmp(r->open[i - 1], element) != 0) {
		if (!strcmp(r->open[i - 1], "table"))
			return;
		i--;
	}
	while (i && r->n_open >= i)
		close_last(r);
}

/* Behind the end tag of an element whose content is no markup. */
static const char *behind_raw(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (; (p = memchr(p, '<', (size_t)(end - p))); p++) {
		if ((size_t)(end - p) <= n + 2)
			return end;
		if (p[1] != '/' || g_ascii_strncasecmp(p + 2, name, n) != 0 ||
		    g_ascii_isalnum(p[2 + n]))
			continue;
		p = memchr(p, '>', (size_t)(end - p));
		return p ? p + 1 : end;
	}
	return end;
}

static const char *behind_comment(const char *p, const char *end)
{
	const char *close;

	if (end - p >= 4 && !memcmp(p, "<!--", 4)) {
		/* "<!-->" and "<!--->" are whole. */
		close = memmem(p + 2, (size_t)(end - p - 2), "-->", 3);
		return close ? close + 3 : end;
	}
	close = memchr(p, '>', (size_t)(end - p));
	return close ? close + 1 : end;
}

/* Behind the end of a dropped element, which others of its name may be in. */
static const char *behind_dropped(const char *p, const char *end,
                                  const char *name)
{
	unsigned depth = 1;

	while (depth && (p = memchr(p, '<', (size_t)(end - p)))) {
		struct tag tag;

		if (p + 1 < end && (p[1] == '!' || p[1] == '?')) {
			p = behind_comment(p, end);
			continue;
		}
		p = read_tag(p, end, &tag);
		/* A head that nobody closed ends where the body begins. */
		bool body = !strcmp(tag.name, "body") && !strcmp(name, "head");
		if (!strcmp(tag.name, name))
			depth += tag.closing ? -1u : 1u;
		else if (!tag.closing &&
		         am_html_safe_element(tag.name) == AM_SAFE_DROP_RAW)
			p = behind_raw(p, end, tag.name);
		tag_clear(&tag);
		if (body)
			return p;
	}
	return p ? p : end;
}

static void take_tag(struct reading *r)
{
	struct tag tag;

	r->at = read_tag(r->at, r->end, &tag);
	/* The body is an element like others here. */
	const char *element = strcmp(tag.name, "body") ? tag.name : "div";
	enum am_html_safe_does does = am_html_safe_element(element);

	if (tag.closing) {
		if (does == AM_SAFE_KEEP)
			close_element(r, element);
	} else if (does == AM_SAFE_DROP_RAW) {
		r->at = behind_raw(r->at, r->end, tag.name);
	} else if (does == AM_SAFE_DROP) {
		r->at = behind_dropped(r->at, r->end, tag.name);
	} else if (does != AM_SAFE_UNWRAP) {
		open_element(r, &tag, element, does == AM_SAFE_VOID);
	}
	tag_clear(&tag);
}

void am_html_safe(struct am_html_safe *safe, GString *out, const char *html,
                  size_t len)
{
	struct reading *r = g_new0(struct reading, 1);

	r->safe = safe;
	r->out = out;
	r->at = html;
	r->end = html + len;
	while (r->at < r->end) {
		const char *tag = memchr(r->at, '<', (size_t)(r->end - r->at));
		char next = tag && tag + 1 < r->end ? tag[1] : 0;

		write_text(r, r->at, tag ? tag : r->end);
		r->at = tag ? tag : r->end;
		if (!tag)
			break;
		if (next == '!' || next == '?') {
			r->at = behind_comment(r->at, r->end);
		} else if (g_ascii_isalpha(next) || next == '/') {
			take_tag(r);
		} else {
			write_text(r, r->at, r->at + 1);
			r->at++;
		}
	}
	while (r->n_open)
		close_last(r);
	g_free(r);
}
