/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address lists (RFC 5322 §3.4, §4.4) as mail has them: names with bare dots
 * and commas, quotes and comments that never close, encoded words holding what
 * would separate, "a@b (Name)", "Name a@b", routes, doubled brackets.
 *
 * One pass.  A quote or comment without an end is looked for once, then
 * remembered; no loop looks at a byte more than a few times.
 */
#include "mime/address.h"

#include "base/arena.h"
#include "mime/words.h"

#include <glib.h>

#include <string.h>

struct list {
	const char *at, *end;
	struct am_arena *arena;
	const char *charset;         /* of raw 8-bit text */
	bool no_quotes, no_comments; /* one without an end was met */
	const char *unclosed;        /* no encoded word ends before this */
	bool in_group;
	size_t n_members;
	const char *group;
};

/* One piece between commas. */
struct piece {
	GString *phrase;  /* text outside <> and comments, unquoted */
	GString *raw;     /* the same with its quotes */
	GString *comment; /* the last one */
	GString *angle;   /* inside <> */
	bool has_angle;
	bool ends_group;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the closing quote, or NULL. */
static const char *quote_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

static const char *comment_end(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && !--depth)
			return p + 1;
	}
	return NULL;
}

/* Behind an encoded word without spaces in it, or NULL: its text may hold
 * commas and brackets that separate nothing. */
static const char *word_end(struct list *l, const char *p)
{
	const char *q = p + 2;
	unsigned marks = 0;

	if (p < l->unclosed)
		return NULL;
	for (; q < l->end && !is_space(*q) && *q != '"'; q++) {
		if (*q != '?')
			continue;
		if (marks < 2)
			marks++;
		else if (l->end - q > 1 && q[1] == '=')
			return q + 2;
	}
	l->unclosed = q;
	return NULL;
}

static void append_unescaped(GString *to, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		g_string_append_c(to, *p);
	}
}

static void append_space(GString *to)
{
	if (to->len && to->str[to->len - 1] != ' ')
		g_string_append_c(to, ' ');
}

static void append_text(struct piece *piece, const char *from, const char *to)
{
	g_string_append_len(piece->phrase, from, to - from);
	g_string_append_len(piece->raw, from, to - from);
}

/* "<" at p: what is inside, routes left out.  Never past a separator, so that
 * a bracket without an end costs only its own address. */
static const char *take_angle(struct list *l, struct piece *piece,
                              const char *p)
{
	bool route = false;

	while (p < l->end && (*p == '<' || is_space(*p)))
		p++;
	if (p < l->end && *p == '@')
		route = true;
	while (p < l->end && *p != '>' && *p != '<') {
		const char *behind = NULL;
		if (!route && (*p == ',' || *p == ';'))
			return p;
		if (*p == '"' && !l->no_quotes) {
			behind = quote_end(p, l->end);
			l->no_quotes = !behind;
		}
		if (behind) {
			g_string_append_len(piece->angle, p, behind - p);
			p = behind;
			continue;
		}
		if (route && *p == ':') {
			g_string_truncate(piece->angle, 0);
			route = false;
		} else if (!is_space(*p)) {
			g_string_append_c(piece->angle, *p);
		}
		p++;
	}
	return p < l->end && *p == '>' ? p + 1 : p;
}

/* The things that are not single letters.  NULL: take it as a letter. */
static const char *take_run(struct list *l, struct piece *piece, const char *p)
{
	const char *behind = NULL;

	if (*p == '"' && !l->no_quotes) {
		behind = quote_end(p, l->end);
		l->no_quotes = !behind;
		if (behind) {
			append_unescaped(piece->phrase, p + 1, behind - 1);
			g_string_append_len(piece->raw, p, behind - p);
		}
	} else if (*p == '(' && !l->no_comments) {
		behind = comment_end(p, l->end);
		l->no_comments = !behind;
		if (behind) {
			g_string_truncate(piece->comment, 0);
			append_unescaped(piece->comment, p + 1, behind - 1);
		}
	} else if (*p == '=' && l->end - p > 1 && p[1] == '?') {
		behind = word_end(l, p);
		if (behind)
			append_text(piece, p, behind);
	} else if (*p == '[' && piece->raw->len &&
	           piece->raw->str[piece->raw->len - 1] == '@') {
		behind = p;
		while (behind < l->end && *behind != ']' && *behind != ',' &&
		       !is_space(*behind))
			behind++;
		append_text(piece, p, behind);
	}
	return behind;
}

/* Letters that never mean anything but themselves. */
static bool is_letter(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '.' || c == '@' ||
	       c == '_' || c == '+' || (uint8_t)c >= 0x80;
}

static void clear(struct piece *piece)
{
	g_string_truncate(piece->phrase, 0);
	g_string_truncate(piece->raw, 0);
	g_string_truncate(piece->comment, 0);
	g_string_truncate(piece->angle, 0);
	piece->has_angle = piece->ends_group = false;
}

static char *decode(struct list *l, const char *s, size_t len)
{
	bool specials;
	char *out = am_words_unfold(l->arena, s, len);

	return out ? out
	           : am_words_decode_in(l->arena, l->charset, s, len,
	                                &specials);
}

static char *text_of(struct list *l, const GString *s)
{
	return decode(l, s->str, s->len);
}

/* Up to a separator, which is taken too; false when nothing was left. */
static bool take_piece(struct list *l, struct piece *piece)
{
	const char *after_angle = NULL;
	size_t n_phrase = 0;

	clear(piece);
	if (l->at >= l->end)
		return false;
	while (l->at < l->end) {
		const char *p = l->at;
		const char *behind = p;
		while (behind < l->end && is_letter(*behind))
			behind++;
		if (behind > p)
			append_text(piece, p, behind);
		else
			behind = take_run(l, piece, p);
		if (behind) {
			l->at = behind;
			continue;
		}
		if (*p == '<') {
			if (piece->has_angle) {
				/* A comma was forgotten: what stands between
				 * the two is the name of the second. */
				g_string_truncate(piece->phrase, n_phrase);
				l->at = after_angle;
				return true;
			}
			piece->has_angle = true;
			l->at = after_angle = take_angle(l, piece, p);
			n_phrase = piece->phrase->len;
			continue;
		}
		l->at++;
		if (*p == ',')
			return true;
		if (*p == ';') {
			piece->ends_group = true;
			return true;
		}
		if (is_space(*p)) {
			append_space(piece->phrase);
			append_space(piece->raw);
		} else if (*p == ':' && !piece->has_angle &&
		           !strchr(piece->raw->str, '@')) {
			l->group = text_of(l, piece->phrase);
			l->in_group = true;
			l->n_members = 0;
			clear(piece);
		} else if (*p != '>' && *p != '"') {
			append_text(piece, p, p + 1);
		}
	}
	return true;
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

/* "ann at b.example", as list archives hide addresses from robots. */
static void unhide(GString *s)
{
	char *at = strstr(s->str, " at ");
	char *host = at ? at + 4 : NULL;

	if (at && strchr(s->str, ' ') == at && !strchr(host, ' ') &&
	    strchr(host, '.') && !strpbrk(s->str, "@\""))
		g_string_replace(s, " at ", "@", 1);
}

/*
 * Text without brackets: "a@b", "a @ b", "Name a@b", or a bare name.  The
 * address is the word with the '@'; blanks beside '@' and '.' are none.
 */
static void read_bare(struct list *l, struct piece *piece,
                      struct am_address *out)
{
	GString *raw = piece->raw;
	GString *s = g_string_sized_new(raw->len);
	bool quoted = false;

	for (size_t i = 0; i < raw->len; i++) {
		char c = raw->str[i], next = raw->str[i + 1];
		if (c == '"')
			quoted = !quoted;
		if (c == '\\' && quoted && next) {
			g_string_append_c(s, c);
			g_string_append_c(s, next);
			i++;
			continue;
		}
		if (c == ' ' && !quoted && s->len &&
		    (next == '@' || s->str[s->len - 1] == '@'))
			continue;
		g_string_append_c(s, c == ' ' && quoted ? '\1' : c);
	}
	while (s->len && s->str[s->len - 1] == ' ')
		g_string_truncate(s, s->len - 1);
	unhide(s);
	char *at = strrchr(s->str, '@');
	char *blank = NULL, *behind = NULL;
	if (at) {
		blank = memrchr(s->str, ' ', (size_t)(at - s->str));
		behind = strchr(at, ' ');
	}
	if (behind)
		g_string_truncate(s, (gsize)(behind - s->str));
	char *address = blank ? blank + 1 : s->str;
	for (char *p = address; *p; p++)
		if (*p == '\1')
			*p = ' ';
	if (at || (s->len && !strchr(s->str, ' ') && s->str[0] != '"')) {
		out->address = or_null(decode(l, address, strlen(address)));
		if (blank)
			out->name = or_null(
				decode(l, s->str, (size_t)(blank - s->str)));
		else
			out->name = or_null(text_of(l, piece->comment));
	} else {
		out->name = or_null(text_of(l, piece->phrase));
	}
	g_string_free(s, TRUE);
}

static bool read_piece(struct list *l, struct piece *piece,
                       struct am_address *out)
{
	*out = (struct am_address){0};
	if (piece->has_angle) {
		out->address = or_null(text_of(l, piece->angle));
		/* "Pete (at home) <p@x>": the comment is part of what one
		 * reads. */
		if (piece->phrase->len && piece->comment->len) {
			append_space(piece->phrase);
			g_string_append_printf(piece->phrase, "(%s)",
			                       piece->comment->str);
		}
		out->name = or_null(text_of(l, piece->phrase->len
		                                       ? piece->phrase
		                                       : piece->comment));
	} else {
		read_bare(l, piece, out);
	}
	return out->name || out->address;
}

/* A group that turned out empty is an entry of its own. */
static bool end_group(struct list *l, struct am_address *out)
{
	bool empty = l->in_group && !l->n_members && l->group && *l->group;

	l->in_group = false;
	if (empty)
		*out = (struct am_address){.name = l->group};
	return empty;
}

static bool next_address(struct list *l, struct piece *piece,
                         struct am_address *out)
{
	while (take_piece(l, piece)) {
		const char *behind = l->at;
		bool got = read_piece(l, piece, out);
		bool ends = piece->ends_group;
		/* "Doe, John <a@b>": a word without an address, then a name
		 * with one, is one name that lacks its quotes. */
		if (got && !piece->has_angle && !ends && l->at < l->end &&
		    !strchr(piece->raw->str, '@') && piece->raw->len) {
			struct list saved = *l;
			struct am_address more;
			char *first = text_of(l, piece->phrase);
			if (take_piece(l, piece) && piece->has_angle &&
			    piece->phrase->len && saved.group == l->group &&
			    read_piece(l, piece, &more) && more.name &&
			    more.address) {
				out->address = more.address;
				out->name = am_arena_printf(l->arena, "%s, %s",
				                            first, more.name);
				ends = piece->ends_group;
			} else {
				saved.no_quotes = l->no_quotes;
				saved.no_comments = l->no_comments;
				saved.unclosed = l->unclosed;
				*l = saved;
				l->at = behind;
			}
		}
		if (got)
			l->n_members++;
		if (ends && !got && end_group(l, out))
			return true;
		if (ends)
			l->in_group = false;
		if (got)
			return true;
	}
	return end_group(l, out);
}

static void open_list(struct list *l, struct piece *piece,
                      struct am_arena *arena, const char *value, size_t len)
{
	*l = (struct list){.at = value,
	                   .end = value + len,
	                   .arena = arena,
	                   .unclosed = value};
	piece->phrase = g_string_new(NULL);
	piece->raw = g_string_new(NULL);
	piece->comment = g_string_new(NULL);
	piece->angle = g_string_new(NULL);
}

static void close_list(struct piece *piece)
{
	g_string_free(piece->phrase, TRUE);
	g_string_free(piece->raw, TRUE);
	g_string_free(piece->comment, TRUE);
	g_string_free(piece->angle, TRUE);
}

size_t am_address_parse(struct am_arena *arena, const char *value, size_t len,
                        struct am_address *out, size_t max)
{
	struct list l;
	struct piece piece;
	size_t n = 0;

	open_list(&l, &piece, arena, value, len);
	while (n < max && next_address(&l, &piece, &out[n]))
		n++;
	close_list(&piece);
	return n;
}

static void append_name(GString *to, const char *name)
{
	if (!strpbrk(name, "()<>[]:;@\\,\"")) {
		g_string_append(to, name);
		return;
	}
	g_string_append_c(to, '"');
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			g_string_append_c(to, '\\');
		g_string_append_c(to, *name);
	}
	g_string_append_c(to, '"');
}

char *am_address_text(struct am_arena *arena, const char *charset,
                      const char *value, size_t len)
{
	struct list l;
	struct piece piece;
	struct am_address address;
	bool specials;

	/* Mostly it can stay as it stands, or nearly. */
	char *text = am_words_unfold(arena, value, len);
	if (text)
		return text;
	text = am_words_decode_in(arena, charset, value, len, &specials);
	if (!specials)
		return text;
	GString *out = g_string_sized_new(len);
	open_list(&l, &piece, arena, value, len);
	l.charset = charset;
	while (next_address(&l, &piece, &address)) {
		if (out->len)
			g_string_append(out, ", ");
		if (address.name)
			append_name(out, address.name);
		if (address.address && address.name)
			g_string_append_printf(out, " <%s>", address.address);
		else if (address.address)
			g_string_append(out, address.address);
		else
			g_string_append(out, ":;");
	}
	close_list(&piece);
	text = am_arena_strndup(arena, out->str, out->len);
	g_string_free(out, TRUE);
	return text;
}
