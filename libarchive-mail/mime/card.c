/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/card.h"

#include "base/arena.h"
#include "base/charset.h"

#include <glib.h>

#include <string.h>

#define LINE_MAX_BYTES 65536u

struct am_card {
	am_card_fn *text;
	void *user;
	GString *line; /* as far as it has come */
	bool at_start; /* of a physical line: does it go on? */
	bool too_long;
	bool looked, soft; /* at its beginning: is it quoted-printable? */
	unsigned skipping; /* VTIMEZONE and the like, how deep */
};

enum form { WORDS, PERSON, MOMENT };

static const struct {
	const char *name, *label;
	enum form form;
} properties[] = {
	{"SUMMARY", "Summary", WORDS},
	{"DTSTART", "Start", MOMENT},
	{"DTEND", "End", MOMENT},
	{"DUE", "Due", MOMENT},
	{"LOCATION", "Location", WORDS},
	{"ORGANIZER", "Organizer", PERSON},
	{"ATTENDEE", "Attendee", PERSON},
	{"DESCRIPTION", "Description", WORDS},
	{"COMMENT", "Comment", WORDS},
	{"CONTACT", "Contact", WORDS},
	{"CATEGORIES", "Categories", WORDS},
	{"RESOURCES", "Resources", WORDS},
	{"STATUS", "Status", WORDS},
	{"METHOD", "Method", WORDS},
	{"UID", "UID", WORDS},
	{"FN", "Name", WORDS},
	{"N", "Name", WORDS},
	{"NICKNAME", "Nickname", WORDS},
	{"EMAIL", "Email", WORDS},
	{"TEL", "Phone", WORDS},
	{"ADR", "Address", WORDS},
	{"LABEL", "Address", WORDS},
	{"ORG", "Organization", WORDS},
	{"TITLE", "Title", WORDS},
	{"ROLE", "Role", WORDS},
	{"NOTE", "Note", WORDS},
	{"URL", "URL", WORDS},
	{"BDAY", "Birthday", MOMENT},
	{"IMPP", "IM", WORDS},
};

struct am_card *am_card_new(am_card_fn *text, void *user)
{
	struct am_card *c = g_new0(struct am_card, 1);

	c->text = text;
	c->user = user;
	c->line = g_string_new(NULL);
	return c;
}

void am_card_free(struct am_card **card)
{
	if (!*card)
		return;
	g_string_free((*card)->line, TRUE);
	g_free(*card);
	*card = NULL;
}

/* ---- a line taken apart ----------------------------------------------------
 *
 *   [group "."] name *(";" parameter) ":" value
 */
struct parts {
	const char *name, *params, *value;
	size_t name_len, params_len, value_len;
};

static bool take_apart(const GString *line, struct parts *out)
{
	const char *s = line->str, *end = s + line->len, *at = s;
	bool quoted = false;

	while (at < end && *at != ';' && *at != ':')
		at++;
	const char *dot = memchr(s, '.', (size_t)(at - s));
	out->name = dot ? dot + 1 : s;
	out->name_len = (size_t)(at - out->name);
	out->params = at;
	while (at < end && (quoted || *at != ':')) {
		quoted ^= *at == '"';
		at++;
	}
	if (at == end)
		return false;
	out->params_len = (size_t)(at - out->params);
	out->value = at + 1;
	out->value_len = (size_t)(end - out->value);
	return true;
}

static bool is_named(const struct parts *p, const char *name)
{
	return strlen(name) == p->name_len &&
	       !g_ascii_strncasecmp(p->name, name, p->name_len);
}

/* The value of ";NAME=value", without its quotation marks; g_free(). */
static char *parameter(const struct parts *p, const char *name)
{
	const char *at = p->params, *end = at + p->params_len;
	size_t n = strlen(name);

	while (at < end) {
		const char *from = at + 1, *to = from;
		bool quoted = false;
		while (to < end && (quoted || *to != ';')) {
			quoted ^= *to == '"';
			to++;
		}
		if ((size_t)(to - from) > n && from[n] == '=' &&
		    !g_ascii_strncasecmp(from, name, n)) {
			from += n + 1;
			if (to > from + 1 && *from == '"' && to[-1] == '"')
				from++, to--;
			return g_strndup(from, (gsize)(to - from));
		}
		at = to;
	}
	return NULL;
}

/* vCard 2.1: "ENCODING=QUOTED-PRINTABLE", or the bare word. */
static bool has_word(const struct parts *p, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= p->params_len; i++)
		if (!g_ascii_strncasecmp(p->params + i, word, n))
			return true;
	return false;
}

/* ---- values
 * -------------------------------------------------------------- */

static int hex(char c)
{
	return g_ascii_xdigit_value(c);
}

/* Quoted-printable, in its charset, as UTF-8; in the arena. */
static char *unquote(struct am_arena *arena, const struct parts *p, size_t *len)
{
	GString *out = g_string_sized_new(p->value_len + 1);
	char *charset = parameter(p, "CHARSET");

	for (size_t i = 0; i < p->value_len; i++) {
		const char *s = p->value + i;
		if (*s == '=' && i + 2 < p->value_len && hex(s[1]) >= 0 &&
		    hex(s[2]) >= 0) {
			g_string_append_c(out,
			                  (char)(hex(s[1]) * 16 + hex(s[2])));
			i += 2;
		} else {
			g_string_append_c(out, *s);
		}
	}
	char *text =
		am_charset_to_utf8(arena, charset, out->str, out->len, len);
	g_string_free(out, TRUE);
	g_free(charset);
	return text;
}

/* "\n" is a line, "\," a comma; between components stand spaces. */
static void add_words(GString *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			i++;
			g_string_append_c(
				out, s[i] == 'n' || s[i] == 'N' ? '\n' : s[i]);
		} else {
			g_string_append_c(out, s[i] == ';' ? ' ' : s[i]);
		}
	}
}

static void add_person(GString *out, const struct parts *p)
{
	char *name = parameter(p, "CN");
	const char *s = p->value;
	size_t len = p->value_len;

	if (len > 7 && !g_ascii_strncasecmp(s, "mailto:", 7))
		s += 7, len -= 7;
	if (name && *name)
		g_string_append_printf(out, "%s ", name);
	g_string_append_len(out, s, (gssize)len);
	g_free(name);
}

/* 20200102[T1030[00][Z]] is 2020-01-02 10:30. */
static void add_moment(GString *out, const struct parts *p)
{
	const char *s = p->value;
	size_t digits = 0;

	while (digits < p->value_len && g_ascii_isdigit(s[digits]))
		digits++;
	if (digits != 8) {
		g_string_append_len(out, s, (gssize)p->value_len);
		return;
	}
	g_string_append_printf(out, "%.4s-%.2s-%.2s", s, s + 4, s + 6);
	if (p->value_len >= 13 && s[8] == 'T')
		g_string_append_printf(out, " %.2s:%.2s", s + 9, s + 11);
	if (s[p->value_len - 1] == 'Z')
		g_string_append(out, " UTC");
}

static void give(struct am_card *c, const struct parts *p, const char *label,
                 enum form form)
{
	struct am_arena *arena = am_arena_new();
	GString *out = g_string_new(label);
	struct parts own = *p;

	g_string_append(out, ": ");
	if (has_word(p, "QUOTED-PRINTABLE"))
		own.value = unquote(arena, p, &own.value_len);
	if (form == PERSON)
		add_person(out, &own);
	else if (form == MOMENT)
		add_moment(out, &own);
	else
		add_words(out, own.value, own.value_len);
	g_string_append_c(out, '\n');
	c->text(c->user, out->str, out->len);
	g_string_free(out, TRUE);
	am_arena_free(&arena);
}

static bool skips(const struct parts *p)
{
	static const char *const inner[] = {"VTIMEZONE", "VALARM", NULL};

	for (size_t i = 0; inner[i]; i++)
		if (p->value_len >= strlen(inner[i]) &&
		    !g_ascii_strncasecmp(p->value, inner[i], strlen(inner[i])))
			return true;
	return false;
}

static void end_line(struct am_card *c)
{
	struct parts p;

	if (!c->too_long && c->line->len && take_apart(c->line, &p) &&
	    p.value_len) {
		if (is_named(&p, "BEGIN") && (c->skipping || skips(&p)))
			c->skipping++;
		else if (is_named(&p, "END") && c->skipping)
			c->skipping--;
		else if (!c->skipping && !has_word(&p, "BASE64") &&
		         !has_word(&p, "ENCODING=B"))
			for (size_t i = 0; i < AM_COUNT(properties); i++)
				if (is_named(&p, properties[i].name)) {
					give(c, &p, properties[i].label,
					     properties[i].form);
					break;
				}
	}
	g_string_truncate(c->line, 0);
	c->too_long = c->looked = c->soft = false;
}

/* Does the line that was read so far go on behind a soft line break?  What it
 * is, its beginning tells, once. */
static bool goes_on_softly(struct am_card *c)
{
	struct parts p;

	if (!c->looked) {
		c->soft = take_apart(c->line, &p) &&
		          has_word(&p, "QUOTED-PRINTABLE");
		c->looked = true;
	}
	return c->soft && c->line->len && c->line->str[c->line->len - 1] == '=';
}

void am_card_feed(struct am_card *c, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		if (c->at_start) {
			c->at_start = false;
			/* A fold takes its one blank with it. */
			if (*s == ' ' || *s == '\t') {
				s++;
				continue;
			}
			if (goes_on_softly(c))
				g_string_truncate(c->line, c->line->len - 1);
			else
				end_line(c);
		}
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *to = nl ? nl : end;
		if (c->line->len + (size_t)(to - s) > LINE_MAX_BYTES)
			c->too_long = true;
		else
			g_string_append_len(c->line, s, to - s);
		if (nl) {
			if (c->line->len &&
			    c->line->str[c->line->len - 1] == '\r')
				g_string_truncate(c->line, c->line->len - 1);
			c->at_start = true;
			to++;
		}
		s = to;
	}
}

void am_card_finish(struct am_card *c)
{
	end_line(c);
}
