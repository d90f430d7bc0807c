/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SEARCH with what it may return (ESEARCH, RFC 4731; SEARCHRES, RFC 5182;
 * PARTIAL, RFC 9394).
 */
#include "serve/commands.h"

#include "serve/limit.h"
#include "serve/search.h"
#include "serve/search_return.h"

#include <string.h>

/* ---- what is to be returned ---- */

bool am_partial_read(struct am_partial *r, const struct am_imap_value *v)
{
	const char *text = am_imap_text(v);
	char *end;

	if (!text || v->type != AM_IMAP_ATOM)
		return false;
	r->backwards = *text == '-';
	text += r->backwards;
	if (!g_ascii_isdigit(*text))
		return false;
	r->first = g_ascii_strtoull(text, &end, 10);
	if (*end != ':')
		return false;
	text = end + 1;
	if ((*text == '-') != r->backwards)
		return false;
	text += r->backwards;
	if (!g_ascii_isdigit(*text))
		return false;
	r->last = g_ascii_strtoull(text, &end, 10);
	if (*end || !r->first || !r->last)
		return false;
	if (r->first > r->last) {
		uint64_t swap = r->first;
		r->first = r->last;
		r->last = swap;
	}
	return true;
}

void am_partial_cut(const struct am_partial *p, size_t n, size_t *from,
                    size_t *to)
{
	size_t first = (size_t)MIN(p->first - 1, n);
	size_t last = (size_t)MIN(p->last, n);

	*from = p->backwards ? n - last : first;
	*to = p->backwards ? n - first : last;
}

bool am_search_return_read(struct am_search_return *r,
                           const struct am_imap_value *v)
{
	*r = (struct am_search_return){.extended = true};
	if (v->type != AM_IMAP_LIST)
		return false;
	for (size_t i = 0; i < v->n_items; i++) {
		const struct am_imap_value *item = &v->items[i];
		if (am_imap_is(item, "MIN"))
			r->min = true;
		else if (am_imap_is(item, "MAX"))
			r->max = true;
		else if (am_imap_is(item, "COUNT"))
			r->count = true;
		else if (am_imap_is(item, "ALL"))
			r->all = true;
		else if (am_imap_is(item, "RELEVANCY"))
			r->relevancy = true;
		else if (am_imap_is(item, "SAVE"))
			r->save = true;
		else if (am_imap_is(item, "PARTIAL") && i + 1 < v->n_items &&
		         am_partial_read(&r->part, &v->items[++i]))
			r->partial = true;
		else
			return false;
	}
	if (!r->min && !r->max && !r->count && !r->save && !r->partial)
		r->all = true;
	return !(r->partial && r->all);
}

/* ---- answers ---- */

/* In the numbers the client speaks of. */
static uint32_t number_of(const struct am_session *s, uint32_t row, bool uid)
{
	return uid ? s->snap->rows[row].uid : row + 1;
}

static void put_numbers(struct am_session *s, const uint32_t *rows, size_t n,
                        bool uid, bool sorted)
{
	GString *out = s->out;

	if (!sorted) {
		struct am_imap_set *set = am_imap_set_new();
		for (size_t i = 0; i < n; i++) {
			uint32_t number = number_of(s, rows[i], uid);
			am_imap_set_add(set, number, number);
		}
		am_put_set(out, set);
		am_imap_set_free(&set);
		return;
	}
	/* Their order matters: ranges only where they go upwards by one. */
	for (size_t i = 0; i < n;) {
		uint32_t first = number_of(s, rows[i], uid), last = first;
		size_t k = i + 1;
		while (k < n && number_of(s, rows[k], uid) == last + 1) {
			last++;
			k++;
		}
		am_say(s, i ? ",%" PRIu32 : "%" PRIu32, first);
		if (last > first)
			am_say(s, ":%" PRIu32, last);
		i = k;
	}
}

static void put_partial(struct am_session *s, const struct am_search_return *r,
                        const uint32_t *rows, size_t n, bool uid, bool sorted)
{
	const struct am_partial *p = &r->part;
	const char *sign = p->backwards ? "-" : "";
	size_t from, to;

	am_say(s, " PARTIAL (%s%" PRIu64 ":%s%" PRIu64 " ", sign, p->first,
	       sign, p->last);
	am_partial_cut(p, n, &from, &to);
	if (from >= to)
		g_string_append(s->out, "NIL");
	else
		put_numbers(s, rows + from, to - from, uid, sorted);
	g_string_append_c(s->out, ')');
}

/* Which of n rows are meant: all of them, or what MIN, MAX and PARTIAL are
 * (RFC 5182 §2.4, RFC 9394 §3.3). */
static bool is_told(const struct am_search_return *r, size_t i, size_t n)
{
	size_t from = 0, to = 0;

	if (r->all || r->count || !(r->min || r->max || r->partial))
		return true;
	if (r->partial)
		am_partial_cut(&r->part, n, &from, &to);
	return (r->min && !i) || (r->max && i + 1 == n) ||
	       (i >= from && i < to);
}

static void save(struct am_session *s, const struct am_search_return *r,
                 const uint32_t *rows, size_t n)
{
	am_imap_set_free(&s->saved);
	s->saved = am_imap_set_new();
	for (size_t i = 0; i < n; i++)
		if (is_told(r, i, n))
			am_imap_set_add(s->saved, s->snap->rows[rows[i]].uid,
			                s->snap->rows[rows[i]].uid);
}

/* The highest of those that are told (RFC 4731 §3.2). */
static uint64_t highest_told(const struct am_session *s,
                             const struct am_search_return *r,
                             const uint32_t *rows, size_t n)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < n; i++)
		if (is_told(r, i, n))
			highest = MAX(highest, s->snap->rows[rows[i]].modseq);
	return highest;
}

/* Of those that are told, in their order (RFC 6203 §4). */
static void put_scores(struct am_session *s, const struct am_search_return *r,
                       const GArray *scores, size_t n)
{
	size_t from = 0, to = r->all ? n : 0;

	if (r->partial)
		am_partial_cut(&r->part, n, &from, &to);
	for (size_t i = from; i < to; i++)
		am_say(s, "%s%u", i > from ? " " : " RELEVANCY (",
		       g_array_index(scores, uint8_t, i));
	if (to > from)
		am_say(s, ")");
}

void am_search_answer(struct am_session *s, const struct am_search_return *r,
                      const char *word, const uint32_t *rows, size_t n,
                      bool uid, bool sorted, uint64_t highest,
                      const GArray *scores)
{
	GString *out = s->out;

	if (r->save)
		save(s, r, rows, n);
	if (!r->extended) {
		am_say(s, "* %s", word);
		for (size_t i = 0; i < n; i++) {
			g_string_append_c(out, ' ');
			am_put_number(out, number_of(s, rows[i], uid));
			am_say_turn(s);
		}
		if (highest && n)
			am_say(s, " (MODSEQ %" PRIu64 ")", highest);
		am_say(s, "\r\n");
		return;
	}
	if (r->save && !r->min && !r->max && !r->all && !r->count &&
	    !r->partial)
		return;
	g_string_append(out, "* ESEARCH (TAG ");
	am_put_string(out, s->tag);
	am_say(s, ")%s", uid ? " UID" : "");
	if (r->min && n)
		am_say(s, " MIN %" PRIu32, number_of(s, rows[0], uid));
	if (r->max && n)
		am_say(s, " MAX %" PRIu32, number_of(s, rows[n - 1], uid));
	if (r->count)
		am_say(s, " COUNT %zu", n);
	if (r->all && n) {
		g_string_append(out, " ALL ");
		put_numbers(s, rows, n, uid, sorted);
	}
	if (r->partial)
		put_partial(s, r, rows, n, uid, sorted);
	if (highest && n)
		am_say(s, " MODSEQ %" PRIu64, highest_told(s, r, rows, n));
	if (r->relevancy && n && scores)
		put_scores(s, r, scores, n);
	g_string_append(out, "\r\n");
	am_say_turn(s);
}

/* RFC 5182 §2.1: what is answered by NO leaves nothing saved. */
static void forget(struct am_session *s, const struct am_search_return *r)
{
	if (!r->save || !g_str_has_prefix(s->answer->str, "NO"))
		return;
	am_imap_set_free(&s->saved);
	s->saved = am_imap_set_new();
}

AM_COMMAND(search)
{
	struct am_search_return r = {.extended = s->rev2, .all = true};
	const char *charset = NULL;
	size_t at = 0;
	uint64_t highest;

	if (n > 1 && am_imap_is(&args[0], "RETURN")) {
		if (!am_search_return_read(&r, &args[1])) {
			am_bad(s, "that is nothing to return");
			return;
		}
		at = 2;
	}
	if (n > at + 1 && am_imap_is(&args[at], "CHARSET")) {
		charset = am_imap_text(&args[at + 1]);
		at += 2;
	}
	if (charset && s->utf8) {
		am_bad(s, "all is UTF-8 since UTF8=ACCEPT");
		return;
	}
	struct am_search *search =
		am_search_parse(s, args + at, n - at, charset);
	if (!search) {
		forget(s, &r);
		return;
	}
	if (r.relevancy && !am_search_is_fuzzy(search)) {
		am_bad(s, "RELEVANCY of a search that is not FUZZY");
		am_search_free(&search);
		return;
	}
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	if (am_search_run(s, search, rows, &highest)) {
		am_search_answer(s, &r, "SEARCH",
		                 (uint32_t *)(void *)rows->data, rows->len, uid,
		                 false,
		                 am_search_asks_modseq(search) ? highest : 0,
		                 am_search_scores(search));
		am_ok(s, "that is all");
		am_limit_tell(s, am_search_lowest(s, search));
	} else {
		forget(s, &r);
	}
	g_array_free(rows, TRUE);
	am_search_free(&search);
}
