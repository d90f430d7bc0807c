/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap_parser.h"

#include <glib.h>

#include <string.h>

/*
 * Atoms and quoted strings (RFC 9051 §4.1, §4.3, §9), cut out of the segment in
 * place: the NUL behind a token overwrites its delimiter, which is held for the
 * next step when it means something.
 *
 * What we take for an atom is anything up to a space or a parenthesis: servers
 * put 8-bit text, quotes and brackets into names and flags.
 */
enum {
	SPACE = 1, /* also a tab, which some servers send */
	PAREN = 2,
	CLOSE = 4,   /* ], which ends a response code */
	SECTION = 8, /* [ */
	CONTROL = 16,
	SPECIAL = 32, /* may not stand in an atom that we write */

	S = SPACE | SPECIAL,
	P = PAREN | SPECIAL,
	R = CLOSE | SPECIAL,
	O = SECTION,
	C = CONTROL | SPECIAL,
	X = SPECIAL
};

/* clang-format off */
static const uint8_t classes[256] = {
	C, C, C, C, C, C, C, C, C, S, C, C, C, C, C, C,
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	S, 0, X, 0, 0, X, 0, 0, P, P, X, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, O, X, R, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, X, 0, 0, 0, C,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
};
/* clang-format on */

static unsigned class_of(char c)
{
	return classes[(uint8_t)c];
}

bool am_imap_lex_atom_char(char c)
{
	return !(class_of(c) & SPECIAL);
}

bool am_imap_lex_tag_ok(const char *tag, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tag[i] == '+' ||
		    (!am_imap_lex_atom_char(tag[i]) && tag[i] != ']'))
			return false;
	return len > 0;
}

void am_imap_lex_spaces(struct am_imap_parser *p)
{
	while (p->at < p->end && class_of(*p->at) & SPACE)
		p->at++;
}

char *am_imap_lex_word(struct am_imap_parser *p, const char *stop, size_t *len)
{
	char *start = p->at;
	char *q = start;

	while (q < p->end && !(class_of(*q) & SPACE) &&
	       !(*q && strchr(stop, *q)))
		q++;
	*len = (size_t)(q - start);
	p->at = q;
	return start;
}

/* Only the items that have sections: a folder may be called "[Gmail]". */
static bool has_section(const char *s, size_t len)
{
	static const char *const items[] = {"BODY", "BODY.PEEK", "BINARY",
	                                    "BINARY.PEEK", "BINARY.SIZE"};

	for (size_t i = 0; i < AM_COUNT(items); i++)
		if (len == strlen(items[i]) &&
		    !g_ascii_strncasecmp(s, items[i], len))
			return true;
	return false;
}

/* Behind the "]", or NULL when it does not stand in this segment.  Quoted
 * field names may hold one. */
static char *section_end(char *q, const char *end)
{
	bool quoted = false;

	for (; q < end; q++) {
		if (*q == '"')
			quoted = !quoted;
		else if (quoted && *q == '\\' && q + 1 < end)
			q++;
		else if (!quoted && *q == ']')
			return q + 1;
	}
	return NULL;
}

static void append_quoted(GString *to, const char *text)
{
	g_string_append_c(to, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(to, '\\');
		g_string_append_c(to, *text);
	}
	g_string_append_c(to, '"');
}

/* BODY[HEADER.FIELDS ({7}CRLF subject …: the literal becomes a quoted string of
 * the atom, which goes on in the next segment. */
static int join_literal(struct am_imap_parser *p, const char *start,
                        struct am_error *err)
{
	const char *text;

	if (!p->head.there) {
		am_imap_parse_damage(p, "a section is not closed");
		return AM_OK;
	}
	if (!p->join)
		p->join = g_string_new(NULL);
	g_string_append_len(p->join, start, p->end - start);
	int r = am_imap_literal_text(p, &text, err);
	if (r || !text)
		return r;
	append_quoted(p->join, text);
	return am_imap_input_segment(p, false, err);
}

static bool is_nil(const char *s, size_t len)
{
	return len == 3 && (s[0] == 'N' || s[0] == 'n') &&
	       (s[1] == 'I' || s[1] == 'i') && (s[2] == 'L' || s[2] == 'l');
}

int am_imap_lex_atom(struct am_imap_parser *p, struct am_error *err)
{
	unsigned stop = SPACE | PAREN | SECTION;
	char *start = p->at - 1;
	char *q = start;
	unsigned seen = 0;
	bool joined = false;

	if (p->n_frames && p->frames[p->n_frames - 1].code)
		stop |= CLOSE;
	for (;;) {
		unsigned class = 0;
		while (q < p->end && !((class = class_of(*q)) & stop)) {
			seen |= class;
			q++;
		}
		if (q == p->end || !(class & SECTION))
			break;
		if (joined || !has_section(start, (size_t)(q - start))) {
			q++;
			continue;
		}
		char *behind;
		while (!(behind = section_end(q, p->end))) {
			int r = join_literal(p, start, err);
			if (r || p->over)
				return r;
			joined = true;
			start = q = p->at;
		}
		q = behind;
	}
	if (seen & CONTROL && p->side == AM_IMAP_SERVER) {
		am_imap_parse_damage(p, "a control character");
		return AM_OK;
	}
	/* A literal's head that is none. */
	if (*start == '{' && p->side == AM_IMAP_SERVER) {
		am_imap_parse_damage(p, "no valid literal");
		return AM_OK;
	}
	size_t len = (size_t)(q - start);
	if (q < p->end) {
		if (!(class_of(*q) & SPACE))
			p->held = *q;
		p->at = q + 1;
	} else {
		p->at = q;
	}
	*q = '\0';
	if (joined) {
		g_string_append_len(p->join, start, (gssize)len);
		len = p->join->len;
		start = am_imap_input_copy(p, p->join->str, len);
		g_string_truncate(p->join, 0);
	}
	am_imap_parse_push(p, is_nil(start, len) ? AM_IMAP_NIL : AM_IMAP_ATOM,
	                   start, len, false);
	return AM_OK;
}

void am_imap_lex_quoted(struct am_imap_parser *p)
{
	char *start = p->at;
	char *to = start, *q = start;

	/* Domino's delimiter: a backslash that escapes nothing. */
	if (p->odd_delimiter && p->end - q >= 2 && q[0] == '\\' &&
	    q[1] == '"' && q + 2 < p->end && q[2] == p->odd_delimiter) {
		q[1] = '\0';
		p->at = q + 2;
		am_imap_parse_push(p, AM_IMAP_STRING, start, 1, false);
		return;
	}
	for (; q < p->end && *q != '"'; q++) {
		/* Only these two are escaped; before others it is text. */
		if (*q == '\\' && q + 1 < p->end &&
		    (q[1] == '"' || q[1] == '\\'))
			q++;
		*to++ = *q;
	}
	if (q == p->end) {
		am_imap_parse_damage(p, "a quoted string is not closed");
		return;
	}
	p->at = q + 1;
	*to = '\0';
	if (p->side == AM_IMAP_SERVER && p->at < p->end &&
	    !(class_of(*p->at) & (SPACE | PAREN))) {
		am_imap_parse_damage(p, "no space behind a quoted string");
		return;
	}
	am_imap_parse_push(p, AM_IMAP_STRING, start, (size_t)(to - start),
	                   false);
}
