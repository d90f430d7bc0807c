/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address fields for ENVELOPE (RFC 9051 §7.5.2): taken apart but not decoded.
 *
 * A lenient reading of RFC 5322 §3.4: words and specials in one pass, comments
 * stand for a name where there is none, groups have a beginning and an end.
 * What makes no sense becomes a mailbox without a host rather than nothing.
 */
#include "serve/envelope.h"
#include "serve/session_impl.h"

#include <string.h>

struct list {
	GString *out;
	size_t n;
	const char *at, *end;
	/* What was gathered since the last separator. */
	GString *words;   /* outside of <> */
	GString *comment; /* the last one */
	GString *spec;    /* inside of <> */
	bool has_spec, in_angle, in_group, any;
	char *mailbox; /* of the first address, when only that is wanted */
	bool only_mailbox;
};

static void skip_comment(struct list *l)
{
	unsigned depth = 0;

	g_string_truncate(l->comment, 0);
	for (; l->at < l->end; l->at++) {
		if (*l->at == '\\' && l->at + 1 < l->end) {
			l->at++;
		} else if (*l->at == '(') {
			if (!depth++)
				continue;
		} else if (*l->at == ')') {
			if (!--depth) {
				l->at++;
				return;
			}
		}
		g_string_append_c(l->comment, *l->at);
	}
}

/* The quotes go in a name and stay in an address. */
static void take_quoted(struct list *l, GString *to, bool keep)
{
	if (keep)
		g_string_append_c(to, '"');
	for (l->at++; l->at < l->end && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at + 1 < l->end) {
			if (keep)
				g_string_append_c(to, '\\');
			l->at++;
		}
		g_string_append_c(to, *l->at);
	}
	if (l->at < l->end)
		l->at++;
	if (keep)
		g_string_append_c(to, '"');
}

static void space(GString *to)
{
	if (to->len && to->str[to->len - 1] != ' ')
		g_string_append_c(to, ' ');
}

static void put_or_nil(GString *out, const char *text, size_t len)
{
	if (len)
		am_put_bytes(out, text, len);
	else
		g_string_append(out, "NIL");
}

/* RFC 9051 §7.5.2: the local part without its quoting. */
static char *unquoted(const char *text, size_t len)
{
	char *out = g_malloc(len + 1), *to = out;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == '\\' && quoted && i + 1 < len)
			*to++ = text[++i];
		else
			*to++ = text[i];
	}
	*to = '\0';
	return out;
}

/* "@a,@b:user@host": the route goes first. */
static void put_address(struct list *l, const char *name, const char *spec)
{
	const char *route = NULL, *colon = strchr(spec, ':');
	GString *out = l->out;

	if (*spec == '@' && colon) {
		route = spec;
		spec = colon + 1;
	}
	const char *at = strrchr(spec, '@');
	char *user = unquoted(spec, at ? (size_t)(at - spec) : strlen(spec));
	if (l->only_mailbox) {
		if (!l->mailbox)
			l->mailbox = user;
		else
			g_free(user);
		return;
	}
	if (!l->n++)
		g_string_append_c(out, '(');
	g_string_append_c(out, '(');
	put_or_nil(out, name, strlen(name));
	g_string_append_c(out, ' ');
	put_or_nil(out, route ? route : "",
	           route ? (size_t)(colon - route) : 0);
	g_string_append_c(out, ' ');
	am_put_bytes(out, user, strlen(user));
	g_free(user);
	g_string_append_c(out, ' ');
	if (at)
		am_put_bytes(out, at + 1, strlen(at + 1));
	else
		g_string_append(out, "\"\"");
	g_string_append_c(out, ')');
}

static void group(struct list *l, const char *name)
{
	l->in_group = name != NULL;
	if (l->only_mailbox) {
		if (name && !l->mailbox)
			l->mailbox = g_strdup(name);
		return;
	}
	if (!l->n++)
		g_string_append_c(l->out, '(');
	g_string_append(l->out, "(NIL NIL ");
	put_or_nil(l->out, name ? name : "", name ? strlen(name) : 0);
	g_string_append(l->out, " NIL)");
}

static void strip(GString *s, bool all)
{
	size_t to = 0;

	for (size_t i = 0; i < s->len && all; i++)
		if (s->str[i] != ' ')
			s->str[to++] = s->str[i];
	if (all)
		g_string_truncate(s, to);
	while (s->len && s->str[s->len - 1] == ' ')
		g_string_truncate(s, s->len - 1);
}

static void finish_address(struct list *l)
{
	if (l->any) {
		strip(l->words, !l->has_spec && strchr(l->words->str, '@'));
		strip(l->spec, false);
		strip(l->comment, false);
		if (l->has_spec)
			put_address(l, l->words->str, l->spec->str);
		else if (l->words->len)
			put_address(l, l->comment->str, l->words->str);
	}
	g_string_truncate(l->words, 0);
	g_string_truncate(l->spec, 0);
	g_string_truncate(l->comment, 0);
	l->has_spec = l->in_angle = l->any = false;
}

static void token(struct list *l)
{
	GString *to = l->in_angle ? l->spec : l->words;
	char c = *l->at;

	switch (c) {
	case '(':
		skip_comment(l);
		return;
	case '"':
		/* A quoted local part keeps its quotes until it is known to
		 * be one. */
		l->any = true;
		if (!l->in_angle) {
			const char *from = l->at;
			size_t len = to->len;
			take_quoted(l, to, false);
			if (l->at < l->end && *l->at == '@') {
				g_string_truncate(to, len);
				l->at = from;
				take_quoted(l, to, true);
			}
		} else {
			take_quoted(l, to, true);
		}
		return;
	case '<':
		l->in_angle = l->has_spec = l->any = true;
		g_string_truncate(l->spec, 0);
		break;
	case '>':
		l->in_angle = false;
		break;
	case ',':
		if (!l->in_angle || *l->spec->str != '@')
			finish_address(l);
		else
			g_string_append_c(to, c);
		break;
	case ':':
		if (!l->in_angle && !l->in_group) {
			strip(l->words, false);
			group(l, l->words->str);
			g_string_truncate(l->words, 0);
			l->any = false;
		} else {
			g_string_append_c(to, c);
		}
		break;
	case ';':
		finish_address(l);
		if (l->in_group)
			group(l, NULL);
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		if (!l->in_angle)
			space(to);
		break;
	default:
		l->any = true;
		g_string_append_c(to, c);
		break;
	}
	l->at++;
}

static void walk(struct list *l, const char *value, size_t len)
{
	l->at = value;
	l->end = value + len;
	l->words = g_string_new("");
	l->comment = g_string_new("");
	l->spec = g_string_new("");
	while (l->at < l->end && !(l->only_mailbox && l->mailbox))
		token(l);
	finish_address(l);
	if (l->in_group && !l->only_mailbox)
		group(l, NULL);
	g_string_free(l->words, TRUE);
	g_string_free(l->comment, TRUE);
	g_string_free(l->spec, TRUE);
}

void am_addresses_put(GString *out, const char *value, size_t len)
{
	struct list l = {.out = out};

	walk(&l, value, len);
	if (l.n)
		g_string_append_c(out, ')');
	else
		g_string_append(out, "NIL");
}

char *am_addresses_mailbox(const char *value, size_t len)
{
	struct list l = {.only_mailbox = true};

	walk(&l, value, len);
	return l.mailbox ? l.mailbox : g_strdup("");
}
