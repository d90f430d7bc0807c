/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTML to text: the tokenizer of the HTML standard cut down to what decides
 * which bytes are text, without a tree.  Nothing is kept but a tag name, the
 * few attributes that matter (cut to size), and counters; so input may nest or
 * run on as it likes.
 *
 * Each state handler takes some bytes or changes the state.
 */
#include "mime/html.h"

#include "mime/html_link.h"
#include "mime/html_out.h"
#include "mime/html_tag.h"

#include <glib.h>

#include <string.h>

enum state {
	TEXT,
	ENTITY,
	TAG_OPEN,
	END_OPEN,
	TAG_NAME,
	IN_TAG,
	ATTRIBUTE,
	BEFORE_EQUALS,
	BEFORE_VALUE,
	VALUE,
	DECLARATION,
	DECLARATION_DASH,
	COMMENT,
	BOGUS /* up to '>' */
};

#define VALUE_ROOM 2048

/* Attributes that are looked at. */
enum { ALT, CLASS, ID, STYLE, HREF, N_ATTRIBUTES };
static const char *const attribute_names[N_ATTRIBUTES] = {[ALT] = "alt",
                                                          [CLASS] = "class",
                                                          [ID] = "id",
                                                          [STYLE] = "style",
                                                          [HREF] = "href"};

struct am_html {
	struct am_html_out out;
	enum state state;
	struct am_html_link *link; /* NULL: nobody wants to know */

	/* Where we are. */
	unsigned pre, blockquotes, divs;
	unsigned quote_div; /* number of the <div> that quotes; 0: none */
	bool rest_quoted;
	bool raw;                       /* skip is script or style */
	char skip[AM_HTML_TAG_MAX + 1]; /* element not shown, or "" */

	/* The tag being read. */
	char name[AM_HTML_TAG_MAX + 2];
	size_t n_name;
	unsigned does; /* enum am_html_does of it */
	bool closing;
	char attribute[8];
	size_t n_attribute;
	char quote; /* of the value, or 0 */
	int value;  /* index of the attribute, or -1 */
	char values[N_ATTRIBUTES][VALUE_ROOM];
	size_t n_values[N_ATTRIBUTES];
	bool has_values;

	unsigned dashes;
};

/* Classes of bytes in text. */
enum { PLAIN, SPACE, SPECIAL };
static const uint8_t classes[256] = {
	['\t'] = SPACE, ['\n'] = SPACE,  ['\f'] = SPACE,  ['\r'] = SPACE,
	[' '] = SPACE,  ['<'] = SPECIAL, ['&'] = SPECIAL,
};

static bool is_space(char c)
{
	return classes[(uint8_t)c] == SPACE;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

/* ---- text -----------------------------------------------------------------
 */

static void put_blank(struct am_html *h, char c)
{
	if (!h->pre || !h->out.keep_layout) {
		h->out.space = true;
	} else if (c == '\n' && h->out.any) {
		h->out.newlines = MIN(h->out.newlines + 1, 2);
		h->out.space = false;
	} else if (c == ' ' || c == '\t') {
		am_html_out_text(&h->out, &c, 1);
	}
}

/* Eight bytes of text with at most single blanks among them, the last of them
 * none?  (A wrong "no" only costs time.) */
static bool all_plain(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones * 0x80;
	uint64_t x;

	memcpy(&x, p, sizeof x);
	uint64_t less = x ^ (ones * '<'), amp = x ^ (ones * '&');
	uint64_t blank = x ^ (ones * ' ');
	uint64_t bad = ((x - ones * ' ') & ~x) | ((less - ones) & ~less) |
	               ((amp - ones) & ~amp);
	blank = (blank - ones) & ~blank & tops;
	return !((bad & tops) | (blank & (blank >> 8))) && p[7] != ' ';
}

/* A run of letters and single blanks between them. */
static const char *plain_run(const char *p, const char *end)
{
	while (p < end) {
		if (end - p >= 8 && all_plain(p))
			p += 8;
		else if (classes[(uint8_t)*p] == PLAIN)
			p++;
		else if (*p == ' ' && end - p > 1 &&
		         classes[(uint8_t)p[1]] == PLAIN)
			p += 2;
		else
			break;
	}
	return p;
}

/* ---- tags -----------------------------------------------------------------
 */

static const char *value_of(const struct am_html *h, int which)
{
	return h->n_values[which] ? h->values[which] : NULL;
}

static void read_mark(struct am_html *h, unsigned does)
{
	enum am_html_mark mark = AM_HTML_OWN;

	if (h->has_values && !h->closing)
		mark = am_html_tag_mark(value_of(h, CLASS), value_of(h, ID),
		                        value_of(h, STYLE));
	if (mark == AM_HTML_REST)
		h->rest_quoted = true;
	if (does & AM_HTML_QUOTE) {
		if (!h->closing)
			h->blockquotes++;
		else if (h->blockquotes)
			h->blockquotes--;
	}
	if (!(does & AM_HTML_DIV))
		return;
	if (!h->closing) {
		h->divs++;
		if (mark == AM_HTML_QUOTES && !h->quote_div)
			h->quote_div = h->divs;
	} else if (h->divs) {
		if (h->quote_div == h->divs)
			h->quote_div = 0;
		h->divs--;
	}
}

static void mark_quoting(struct am_html *h, unsigned does)
{
	read_mark(h, does);
	h->out.quoted = h->blockquotes || h->quote_div || h->rest_quoted;
}

static void skip_or_not(struct am_html *h, unsigned does)
{
	if (*h->skip) {
		bool its_end = h->closing && !strcmp(h->name, h->skip);
		if (its_end || (!h->raw && (does & AM_HTML_OUTER)))
			*h->skip = '\0';
		h->raw = h->raw && *h->skip;
	} else if (!h->closing && (does & (AM_HTML_SKIP | AM_HTML_RAW))) {
		g_strlcpy(h->skip, h->name, sizeof h->skip);
		h->raw = does & AM_HTML_RAW;
	}
}

static void take_tag(struct am_html *h)
{
	unsigned does = h->does;

	h->state = TEXT;
	bool skipped = *h->skip;
	if (does & (AM_HTML_SKIP | AM_HTML_RAW | AM_HTML_OUTER))
		skip_or_not(h, does);
	if (skipped && *h->skip)
		return;
	for (int i = 0; h->has_values && i < N_ATTRIBUTES; i++)
		h->values[i][h->n_values[i]] = '\0';
	if (h->has_values || (does & (AM_HTML_QUOTE | AM_HTML_DIV)))
		mark_quoting(h, does);
	if ((does & AM_HTML_LINK) && h->link) {
		am_html_link_end(h->link, &h->out);
		if (!h->closing && h->n_values[HREF])
			am_html_link_begin(h->link, h->values[HREF],
			                   h->n_values[HREF],
			                   h->n_values[HREF] == VALUE_ROOM - 1);
	}
	if (does & AM_HTML_PARAGRAPH)
		am_html_out_break(&h->out, 2);
	if (does & AM_HTML_LINE)
		am_html_out_break(&h->out, 1);
	if (does & AM_HTML_BREAK)
		am_html_out_break(&h->out, MIN(h->out.newlines + 1, 2));
	if (does & AM_HTML_CELL)
		h->out.space = true;
	if ((does & AM_HTML_ITEM) && h->out.keep_layout && !h->closing) {
		am_html_out_text(&h->out, "-", 1);
		h->out.space = true;
	}
	if (does & AM_HTML_PRE)
		h->pre = h->closing ? (h->pre ? h->pre - 1 : 0) : h->pre + 1;
	if ((does & AM_HTML_ALT) && h->n_values[ALT] && !h->closing)
		am_html_out_value(&h->out, h->values[ALT], h->n_values[ALT]);
}

static void begin_tag(struct am_html *h, bool closing)
{
	h->state = TAG_NAME;
	h->n_name = 0;
	h->closing = closing;
	if (h->has_values)
		memset(h->n_values, 0, sizeof h->n_values);
	h->has_values = false;
}

static const char *take_name(struct am_html *h, const char *p, const char *end)
{
	for (; p < end; p++) {
		char c = *p;
		if (c <= '>' && (c == '>' || c == '/' || is_space(c)))
			break;
		if (h->n_name + 2 < sizeof h->name)
			h->name[h->n_name++] = lower(c);
		else
			h->name[0] = '\1'; /* longer than any we know */
	}
	if (p == end)
		return p;
	h->name[h->n_name] = '\0';
	h->does = am_html_tag(h->name, h->n_name);
	/* Inside a script only its own end is a tag. */
	if (h->raw && strcmp(h->name, h->skip)) {
		h->state = TEXT;
		return p;
	}
	h->state = IN_TAG;
	return p;
}

static const char *take_attribute(struct am_html *h, const char *p,
                                  const char *end)
{
	for (; p < end; p++) {
		char c = *p;
		if (c <= '>' &&
		    (c == '=' || c == '>' || c == '/' || is_space(c))) {
			h->state = BEFORE_EQUALS;
			break;
		}
		if (h->n_attribute + 1 < sizeof h->attribute)
			h->attribute[h->n_attribute++] = lower(c);
		else
			h->attribute[0] = '\1';
	}
	return p;
}

/* Are the attributes of this tag? */
static bool is_wanted(const struct am_html *h)
{
	return !h->closing && ((h->does & (AM_HTML_ALT | AM_HTML_MARK)) ||
	                       ((h->does & AM_HTML_LINK) && h->link));
}

static void begin_value(struct am_html *h, char quote)
{
	h->state = VALUE;
	h->quote = quote;
	h->value = -1;
	if (!is_wanted(h))
		return;
	h->attribute[h->n_attribute] = '\0';
	for (int i = 0; i < N_ATTRIBUTES; i++)
		if (!strcmp(h->attribute, attribute_names[i]) &&
		    !h->n_values[i] &&
		    (i == HREF) == !!(h->does & AM_HTML_LINK))
			h->value = i;
}

static const char *take_value(struct am_html *h, const char *p, const char *end)
{
	const char *q = p;

	if (h->quote)
		q = memchr(p, h->quote, (size_t)(end - p));
	else
		while (q < end && *q != '>' && !is_space(*q))
			q++;
	if (!q)
		q = end;
	if (h->value >= 0 && q > p) {
		size_t *n = &h->n_values[h->value];
		size_t take = MIN((size_t)(q - p), VALUE_ROOM - 1 - *n);
		memcpy(h->values[h->value] + *n, p, take);
		*n += take;
		h->has_values = true;
	}
	if (q == end)
		return q;
	h->state = IN_TAG;
	return h->quote ? q + 1 : q;
}

static const char *take_comment(struct am_html *h, const char *p,
                                const char *end)
{
	while (p < end) {
		if (h->dashes < 2 && *p != '-') {
			h->dashes = 0;
			p = memchr(p, '-', (size_t)(end - p));
			if (!p)
				return end;
		}
		char c = *p++;
		if (c == '-') {
			h->dashes = MIN(h->dashes + 1, 2);
		} else if (c == '>' && h->dashes == 2) {
			h->state = TEXT;
			return p;
		} else if (c != '!' || h->dashes < 2) {
			h->dashes = 0;
		}
	}
	return p;
}

/* Attributes that nobody wants: only their quotes matter. */
static const char *pass_attributes(struct am_html *h, const char *p,
                                   const char *end)
{
	while (p < end && *p != '>') {
		if (*p++ != '=')
			continue;
		if (p == end || (*p != '"' && *p != '\'')) {
			h->n_attribute = 0;
			h->state = BEFORE_VALUE;
			return p;
		}
		h->quote = *p++;
		const char *q = memchr(p, h->quote, (size_t)(end - p));
		if (!q) {
			h->value = -1;
			h->state = VALUE;
			return end;
		}
		p = q + 1;
	}
	return p;
}

static const char *take_in_tag(struct am_html *h, const char *p,
                               const char *end)
{
	if (!is_wanted(h)) {
		p = pass_attributes(h, p, end);
		if (h->state != IN_TAG)
			return p;
	}
	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	if (p == end)
		return p;
	if (*p == '>') {
		take_tag(h);
	} else {
		/* An '=' here is a letter of the name. */
		h->state = ATTRIBUTE;
		h->n_attribute = 1;
		h->attribute[0] = lower(*p);
	}
	return p + 1;
}

/* Most tags lie whole before us: no need to go through every state. */
static const char *take_markup(struct am_html *h, const char *p,
                               const char *end)
{
	bool closing = p < end && *p == '/';

	if (end - p < 1 + closing || !g_ascii_isalpha(p[closing])) {
		h->state = TAG_OPEN;
		return p;
	}
	begin_tag(h, closing);
	p = take_name(h, p + closing, end);
	while (p < end && h->state == IN_TAG)
		p = take_in_tag(h, p, end);
	return p;
}

static const char *take_text(struct am_html *h, const char *p, const char *end)
{
	const char *q;

	if (*h->skip) {
		q = memchr(p, '<', (size_t)(end - p));
		if (!q)
			return end;
		h->state = TAG_OPEN;
		return q + 1;
	}
	while (p < end) {
		switch (classes[(uint8_t)*p]) {
		case PLAIN:
			q = plain_run(p, end);
			am_html_out_text(&h->out, p, (size_t)(q - p));
			p = q;
			break;
		case SPACE:
			put_blank(h, *p++);
			break;
		default:
			if (*p == '&') {
				h->state = ENTITY;
				return p + 1;
			}
			p = take_markup(h, p + 1, end);
			if (h->state != TEXT || *h->skip)
				return p;
		}
	}
	return p;
}

/* States that look at a single byte. */
static const char *take_byte(struct am_html *h, const char *p)
{
	char c = *p;

	switch (h->state) {
	case TAG_OPEN:
		if (c == '/') {
			h->state = END_OPEN;
			return p + 1;
		}
		if (h->raw) {
			h->state = TEXT;
		} else if (g_ascii_isalpha(c)) {
			begin_tag(h, false);
		} else if (c == '!') {
			h->state = DECLARATION;
			p++;
		} else if (c == '?') {
			h->state = BOGUS;
		} else {
			h->state = TEXT;
			if (!*h->skip)
				am_html_out_text(&h->out, "<", 1);
		}
		return p;
	case END_OPEN:
		if (g_ascii_isalpha(c))
			begin_tag(h, true);
		else
			h->state = h->raw ? TEXT : BOGUS;
		return p;
	case BEFORE_EQUALS:
		if (c == '=')
			h->state = BEFORE_VALUE;
		else if (!is_space(c))
			h->state = IN_TAG;
		return c == '=' || is_space(c) ? p + 1 : p;
	case BEFORE_VALUE:
		if (is_space(c))
			return p + 1;
		if (c == '>') {
			h->state = IN_TAG;
			return p;
		}
		begin_value(h, c == '"' || c == '\'' ? c : '\0');
		return h->quote ? p + 1 : p;
	case DECLARATION:
		h->state = c == '-' ? DECLARATION_DASH : BOGUS;
		return c == '-' ? p + 1 : p;
	case DECLARATION_DASH:
		h->state = c == '-' ? COMMENT : BOGUS;
		h->dashes = 2; /* "<!-->" is one already */
		return c == '-' ? p + 1 : p;
	default:
		return p + 1;
	}
}

/* ---- the door -------------------------------------------------------------
 */

struct am_html *am_html_new(am_html_fn *text, void *user, bool keep_layout)
{
	struct am_html *h = g_new0(struct am_html, 1);

	h->out.text = text;
	h->out.user = user;
	h->out.keep_layout = keep_layout;
	return h;
}

void am_html_links(struct am_html *h, am_html_link_fn *link)
{
	if (!h->link)
		h->link = am_html_link_new(link);
}

void am_html_feed(struct am_html *h, const char *s, size_t len)
{
	const char *p = s, *end = s + len;

	while (p < end) {
		const char *q;
		switch (h->state) {
		case TEXT:
			p = take_text(h, p, end);
			break;
		case ENTITY:
			if (am_html_out_entity(&h->out, *p))
				p++;
			if (!h->out.n_entity)
				h->state = TEXT;
			break;
		case TAG_NAME:
			p = take_name(h, p, end);
			break;
		case IN_TAG:
			p = take_in_tag(h, p, end);
			break;
		case ATTRIBUTE:
			p = take_attribute(h, p, end);
			break;
		case VALUE:
			p = take_value(h, p, end);
			break;
		case COMMENT:
			p = take_comment(h, p, end);
			break;
		case BOGUS:
			q = memchr(p, '>', (size_t)(end - p));
			if (q)
				h->state = TEXT;
			p = q ? q + 1 : end;
			break;
		default:
			p = take_byte(h, p);
		}
	}
}

void am_html_finish(struct am_html *h)
{
	if (h->state == ENTITY)
		am_html_out_entity_end(&h->out);
	if (h->state == TAG_OPEN && !*h->skip)
		am_html_out_text(&h->out, "<", 1);
	h->state = TEXT;
	am_html_out_flush(&h->out);
	if (h->link)
		am_html_link_end(h->link, &h->out);
}

void am_html_free(struct am_html **html)
{
	if (*html)
		am_html_link_free(&(*html)->link);
	g_free(*html);
	*html = NULL;
}
