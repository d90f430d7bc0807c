/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap_parser.h"

#include <glib.h>

#include <string.h>

/*
 * A server's line: "*", "+" or a tag, a status with its code and human text, or
 * data.  The row numbers are those of imap_parse.c.
 */

/* The rest as it is.  What looks like a literal in it is none. */
static const char *take_rest(struct am_imap_parser *p)
{
	const char *rest;

	while (p->at < p->full && *p->at == ' ')
		p->at++;
	rest = p->at;
	p->at = p->end = p->full;
	p->head.there = false;
	return rest;
}

static bool is_word(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (len == strlen(*words) &&
		    !g_ascii_strncasecmp(s, *words, len))
			return true;
	return false;
}

/* "OK [CODE …] text": a code without "]" ends with the line (row 5). */
static int status(struct am_imap_parser *p, struct am_error *err)
{
	int r = AM_OK;

	am_imap_lex_spaces(p);
	if (p->at < p->end && *p->at == '[') {
		p->at++;
		p->in_code = true;
		am_imap_parse_open(p, true);
		r = am_imap_parse_values(p, SIZE_MAX, err);
	}
	if (!r && !p->over)
		p->human = take_rest(p);
	return r;
}

/* ---- names that nobody quoted ---- */

static bool name_is_plain(const struct am_imap_parser *p)
{
	if (p->at == p->full || *p->at == '"')
		return false;
	return p->at < p->end; /* else it is a literal */
}

static bool starts(const char *s, const char *end, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(end - s) >= len && !g_ascii_strncasecmp(s, with, len);
}

/* Where RFC 5258's extended data begin, or the end. */
static char *extended_data(char *s, char *end)
{
	if (end[-1] != ')')
		return end;
	for (char *q = s; (q = memchr(q, ' ', (size_t)(end - q))); q++)
		if (starts(q, end, " (\"") || starts(q, end, " (CHILDINFO (") ||
		    starts(q, end, " (OLDNAME ("))
			return q;
	return end;
}

/* Where the list that ends the line begins, or the end. */
static char *last_list(char *s, char *end)
{
	size_t open = 0;
	char *q = end;

	while (q > s && q[-1] == ' ')
		q--;
	if (q == s || q[-1] != ')')
		return end;
	while (q > s) {
		q--;
		if (*q == ')')
			open++;
		else if (*q == '(' && !--open)
			return q;
	}
	return end;
}

static bool has_blank(const char *s, const char *end)
{
	for (; s < end; s++)
		if (*s == ' ' || *s == '\t')
			return true;
	return false;
}

/* From here to `stop` is a name.  One blank behind a name without any is
 * somebody's trailing space (row 2); otherwise spaces are the name's. */
static void take_name(struct am_imap_parser *p, char *stop, bool list_follows)
{
	char *start = p->at;
	char *end = stop;

	if (list_follows || (end > start && !has_blank(start, end - 1)))
		while (end > start && end[-1] == ' ')
			end--;
	if (stop == p->full)
		p->head.there = false;
	p->at = stop;
	if (p->at > p->end)
		p->end = p->full;
	const char *name = am_imap_input_copy(p, start, (size_t)(end - start));
	am_imap_parse_push(p, AM_IMAP_ATOM, name, (uint64_t)(end - start),
	                   false);
}

/* "LIST (\Flags) delimiter name", rows 11 and 12. */
static int list_line(struct am_imap_parser *p, struct am_error *err)
{
	int r = am_imap_parse_values(p, 2, err);

	if (r || p->over || p->n_stack < 2 || p->stack[1].type != AM_IMAP_LIST)
		return r;
	p->odd_delimiter = ' ';
	r = am_imap_parse_values(p, 3, err);
	p->odd_delimiter = 0;
	if (r || p->over || p->held)
		return r;
	am_imap_lex_spaces(p);
	if (name_is_plain(p)) {
		char *stop = extended_data(p->at, p->full);
		take_name(p, stop, stop < p->full);
	}
	return AM_OK;
}

/* "STATUS name (…)", row 23. */
static int status_line(struct am_imap_parser *p)
{
	am_imap_lex_spaces(p);
	if (name_is_plain(p))
		take_name(p, last_list(p->at, p->full), true);
	return AM_OK;
}

/* ---- the line ---- */

static int data_line(struct am_imap_parser *p, struct am_error *err)
{
	static const char *const lists[] = {"LIST", "LSUB", "XLIST", NULL};
	int r = am_imap_parse_values(p, 1, err);

	if (r || p->over)
		return r;
	if (!p->n_stack) {
		am_imap_parse_damage(p, "nothing behind the asterisk");
		return AM_OK;
	}
	const struct am_imap_value *word = &p->stack[0];
	if (word->type == AM_IMAP_ATOM && !p->held) {
		if (is_word(word->text, word->len, lists))
			r = list_line(p, err);
		else if (am_imap_is(word, "STATUS"))
			r = status_line(p);
		else if (am_imap_is(word, "NAMESPACE"))
			p->odd_delimiter = ')';
	}
	return r || p->over ? r : am_imap_parse_values(p, SIZE_MAX, err);
}

int am_imap_response(struct am_imap_parser *p, struct am_error *err)
{
	static const char *const words[] = {"OK",  "NO",      "BAD",
	                                    "BYE", "PREAUTH", NULL};
	char *s = p->at;
	size_t len;

	if (*s == '+') {
		p->tag = "+";
		p->at++;
		p->human = take_rest(p);
		return AM_OK;
	}
	bool untagged = *s == '*' || *s == '[';
	if (untagged) {
		p->tag = "*";
		p->at += *s == '*';
	} else {
		s = am_imap_lex_word(p, "", &len);
		p->tag = am_imap_input_copy(p, s, len);
	}
	am_imap_lex_spaces(p);
	if (untagged && p->at < p->end && *p->at == '[') { /* row 6 */
		am_imap_parse_push(p, AM_IMAP_ATOM, "OK", 2, false);
		return status(p, err);
	}
	char *word = am_imap_lex_word(p, "[", &len);
	if (is_word(word, len, words)) {
		const char *text = am_imap_input_copy(p, word, len);
		am_imap_parse_push(p, AM_IMAP_ATOM, text, len, false);
		return status(p, err);
	}
	p->at = word;
	if (!untagged) {
		am_imap_parse_damage(p, "neither untagged nor OK, NO or BAD");
		return AM_OK;
	}
	return data_line(p, err);
}

/* ---- mending ---- */

static bool is_fetch(const struct am_imap_parser *p)
{
	const struct am_imap_value *v = p->stack;

	return p->n_stack > 2 && am_imap_is(&v[1], "FETCH") &&
	       v[0].type == AM_IMAP_ATOM && g_ascii_isdigit(*v[0].text);
}

/* Row 18: all items into one list. */
static void gather_items(struct am_imap_parser *p)
{
	bool listed = p->stack[2].type == AM_IMAP_LIST;
	size_t inside = listed ? p->stack[2].n_items : 0;
	size_t from = listed ? 3 : 2;
	size_t n = inside + p->n_stack - from;

	if (listed && p->n_stack == 3)
		return;
	struct am_imap_value *all = am_imap_input_alloc(p, n * sizeof *all);
	if (inside)
		memcpy(all, p->stack[2].items, inside * sizeof *all);
	memcpy(all + inside, p->stack + from, (n - inside) * sizeof *all);
	p->stack[2] = (struct am_imap_value){
		.type = AM_IMAP_LIST, .items = all, .n_items = n};
	p->n_stack = 3;
}

/* Row 8: "LITERAL" "+" becomes "LITERAL+". */
static size_t join_words(struct am_imap_value *v, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		v[to] = v[i];
		if (i + 1 < n && am_imap_is(&v[i], "LITERAL") &&
		    am_imap_is(&v[i + 1], "+")) {
			v[to].text = "LITERAL+";
			v[to].len = strlen(v[to].text);
			i++;
		}
		to++;
	}
	return to;
}

void am_imap_response_mend(struct am_imap_parser *p)
{
	if (is_fetch(p))
		gather_items(p);
	else if (p->n_stack && am_imap_is(&p->stack[0], "CAPABILITY"))
		p->n_stack = join_words(p->stack, p->n_stack);
	if (p->n_code && am_imap_is(&p->code[0], "CAPABILITY")) {
		size_t size = p->n_code * sizeof *p->code;
		struct am_imap_value *copy = am_imap_input_alloc(p, size);
		memcpy(copy, p->code, size);
		p->n_code = join_words(copy, p->n_code);
		p->code = copy;
	}
}
