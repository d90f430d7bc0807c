/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Search keys (RFC 9051 §6.4.4, 5032, 7162, 8474, 8514) to a tree.  Nesting is
 * bounded by the parser of lines; a run of NOT and OR by a count of our own.
 */
#include "serve/search_impl.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/fold.h"
#include "model/message.h"

#include <string.h>

enum { NODES_MOST = 2000, DEPTH_MOST = 100 };

struct parse {
	struct am_session *s;
	am_args args;
	size_t n, at;
	const char *charset;
	struct am_search *search;
	unsigned nodes, depth;
	bool told; /* why it failed */
};

void am_crit_free(void *data)
{
	struct am_crit *c = data;

	if (!c)
		return;
	if (c->children)
		g_ptr_array_free(c->children, TRUE);
	am_imap_set_free(&c->uids);
	g_free(c->found.ids);
	g_free(c->found.sure);
	am_heads_clear(&c->heads);
	am_heads_clear(&c->unkept);
	g_free(c->ranked.ids);
	g_free(c->ranked.scores);
	g_free(c->name);
	g_free(c->text);
	g_free(c);
}

static struct am_crit *new_crit(struct parse *p, enum am_crit_kind kind)
{
	struct am_crit *c = g_new0(struct am_crit, 1);

	c->kind = kind;
	p->nodes++;
	return c;
}

static struct am_crit *parent(struct parse *p, enum am_crit_kind kind)
{
	struct am_crit *c = new_crit(p, kind);

	c->children = g_ptr_array_new_with_free_func(am_crit_free);
	return c;
}

static struct am_crit *negate(struct parse *p, struct am_crit *of)
{
	struct am_crit *c = of ? parent(p, AM_CRIT_NOT) : NULL;

	if (c)
		g_ptr_array_add(c->children, of);
	return c;
}

/* ---- arguments of keys ---- */

static const struct am_imap_value *next(struct parse *p)
{
	return p->at < p->n ? &p->args[p->at++] : NULL;
}

static char *take_text(struct parse *p)
{
	const struct am_imap_value *v = next(p);
	const char *text = v ? am_imap_text(v) : NULL;

	if (!text && v && v->type == AM_IMAP_NIL)
		text = v->text;
	if (!text || memchr(text, '\0', (size_t)v->len))
		return NULL;
	if (!p->charset)
		return am_fold_text(text, (size_t)v->len);
	struct am_arena *arena = am_arena_new();
	const char *utf8 = am_charset_to_utf8(arena, p->charset, text,
	                                      (size_t)v->len, NULL);
	char *folded = am_fold_text(utf8, strlen(utf8));
	am_arena_free(&arena);
	return folded;
}

static struct am_crit *text_crit(struct parse *p, enum am_crit_kind kind)
{
	char *text = take_text(p);

	if (!text)
		return NULL;
	struct am_crit *c = new_crit(p, kind);
	c->text = text;
	return c;
}

static struct am_crit *header_crit(struct parse *p, const char *name)
{
	struct am_crit *c = text_crit(p, AM_CRIT_HEADER);

	if (c)
		c->name = g_strdup(name);
	return c;
}

static struct am_crit *number_crit(struct parse *p, enum am_crit_kind kind)
{
	const struct am_imap_value *v = next(p);
	uint64_t number;

	if (!v || !am_imap_number(v, &number) ||
	    (!number && (kind == AM_CRIT_YOUNGER || kind == AM_CRIT_OLDER)))
		return NULL;
	struct am_crit *c = new_crit(p, kind);
	c->number = number;
	return c;
}

/* "1-Feb-1994" */
static bool read_day(const char *text, int64_t *day)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
	                                     "May", "Jun", "Jul", "Aug",
	                                     "Sep", "Oct", "Nov", "Dec"};
	char **parts = g_strsplit(text, "-", 4);
	guint64 d, y;
	bool good = g_strv_length(parts) == 3 &&
	            g_ascii_string_to_unsigned(parts[0], 10, 1, 31, &d, NULL) &&
	            g_ascii_string_to_unsigned(parts[2], 10, 0, 9999, &y, NULL);
	int month = 0;

	for (int m = 0; good && m < 12; m++)
		if (!g_ascii_strcasecmp(parts[1], months[m]))
			month = m + 1;
	good = good && month;
	if (good)
		*day = am_time_from_civil((int)y, month, (int)d, 0, 0, 0) /
		       86400;
	g_strfreev(parts);
	return good;
}

static struct am_crit *day_crit(struct parse *p, enum am_crit_kind kind)
{
	const struct am_imap_value *v = next(p);
	const char *text = v ? am_imap_text(v) : NULL;
	int64_t day;

	if (!text || !read_day(text, &day))
		return NULL;
	struct am_crit *c = new_crit(p, kind);
	c->day = day;
	return c;
}

static struct am_crit *uids_crit(struct parse *p, const struct am_imap_value *v,
                                 bool uid)
{
	/* Nothing is found among nothing, and that is no mistake. */
	bool as_uids = uid || !p->s->snap->n;
	struct am_imap_set *uids = v ? am_arg_uids(p->s, v, as_uids) : NULL;

	if (!uids) {
		p->told = v != NULL;
		return NULL;
	}
	struct am_crit *c = new_crit(p, AM_CRIT_UIDS);
	c->uids = uids;
	return c;
}

/* UIDAFTER and UIDBEFORE (RFC 9738 §3.4). */
static struct am_crit *beyond_crit(struct parse *p, bool after)
{
	const struct am_imap_value *v = next(p);
	uint64_t uid;

	if (!v || !am_imap_number(v, &uid) || !uid || uid > UINT32_MAX)
		return NULL;
	struct am_crit *c = new_crit(p, AM_CRIT_UIDS);
	c->uids = am_imap_set_new();
	if (after && uid < UINT32_MAX)
		am_imap_set_add(c->uids, (uint32_t)uid + 1, UINT32_MAX);
	else if (!after && uid > 1)
		am_imap_set_add(c->uids, 1, (uint32_t)uid - 1);
	return c;
}

static struct am_crit *flag_crit(struct parse *p, uint32_t bit)
{
	struct am_crit *c = new_crit(p, AM_CRIT_FLAG);

	c->number = bit;
	return c;
}

static struct am_crit *keyword_crit(struct parse *p)
{
	const struct am_imap_value *v = next(p);
	struct am_imap_flag flag;

	if (!v || !am_imap_flag_read(v, &flag))
		return NULL;
	if (flag.bit)
		return flag_crit(p, flag.bit);
	struct am_crit *c = new_crit(p, AM_CRIT_KEYWORD);
	c->text = g_strdup(flag.keyword ? flag.keyword : "");
	return c;
}

/* MODSEQ ["entry" type] n */
static struct am_crit *modseq_crit(struct parse *p)
{
	if (!p->s->snap->highest)
		return NULL;
	if (p->at + 2 < p->n && p->args[p->at].type == AM_IMAP_STRING)
		p->at += 2;
	struct am_crit *c = number_crit(p, AM_CRIT_MODSEQ);
	if (c) {
		p->search->modseq = true;
		am_enable_condstore(p->s);
	}
	return c;
}

/* ---- keys ---- */

static struct am_crit *one_key(struct parse *p);

static const struct {
	const char *word;
	uint32_t bit;
	bool not ;
} flags[] = {
	{"ANSWERED", AM_ANSWERED, false}, {"UNANSWERED", AM_ANSWERED, true},
	{"DELETED", AM_DELETED, false},   {"UNDELETED", AM_DELETED, true},
	{"DRAFT", AM_DRAFT, false},       {"UNDRAFT", AM_DRAFT, true},
	{"FLAGGED", AM_FLAGGED, false},   {"UNFLAGGED", AM_FLAGGED, true},
	{"SEEN", AM_SEEN, false},         {"UNSEEN", AM_SEEN, true},
};

static const struct {
	const char *word;
	enum am_crit_kind kind;
	enum { PLAIN, TEXT, NUMBER, DAY } takes;
} keys[] = {
	{"ALL", AM_CRIT_ALL, PLAIN},
	{"OLD", AM_CRIT_ALL, PLAIN}, /* nothing is ever \Recent here */
	{"NEW", AM_CRIT_NONE, PLAIN},
	{"RECENT", AM_CRIT_NONE, PLAIN},
	{"BEFORE", AM_CRIT_BEFORE, DAY},
	{"ON", AM_CRIT_ON, DAY},
	{"SINCE", AM_CRIT_SINCE, DAY},
	{"SENTBEFORE", AM_CRIT_SENTBEFORE, DAY},
	{"SENTON", AM_CRIT_SENTON, DAY},
	{"SENTSINCE", AM_CRIT_SENTSINCE, DAY},
	{"SAVEDBEFORE", AM_CRIT_SAVEDBEFORE, DAY},
	{"SAVEDON", AM_CRIT_SAVEDON, DAY},
	{"SAVEDSINCE", AM_CRIT_SAVEDSINCE, DAY},
	{"SAVEDATESUPPORTED", AM_CRIT_ALL, PLAIN},
	{"YOUNGER", AM_CRIT_YOUNGER, NUMBER},
	{"OLDER", AM_CRIT_OLDER, NUMBER},
	{"LARGER", AM_CRIT_LARGER, NUMBER},
	{"SMALLER", AM_CRIT_SMALLER, NUMBER},
	{"FROM", AM_CRIT_FROM, TEXT},
	{"TO", AM_CRIT_TO, TEXT},
	{"CC", AM_CRIT_CC, TEXT},
	{"SUBJECT", AM_CRIT_SUBJECT, TEXT},
	{"BODY", AM_CRIT_BODY, TEXT},
	{"TEXT", AM_CRIT_TEXT, TEXT},
	{"EMAILID", AM_CRIT_EMAILID, TEXT},
	{"THREADID", AM_CRIT_THREADID, TEXT},
};

/* HEADER of a field the catalog knows is asked of it. */
static struct am_crit *any_header(struct parse *p)
{
	static const struct {
		const char *name;
		enum am_crit_kind kind;
	} known[] = {{"From", AM_CRIT_FROM},
	             {"To", AM_CRIT_TO},
	             {"Cc", AM_CRIT_CC},
	             {"Subject", AM_CRIT_SUBJECT},
	             {"Message-ID", AM_CRIT_MESSAGE_ID}};
	const struct am_imap_value *v = next(p);
	const char *name = v ? am_imap_text(v) : NULL;

	if (!name || !*name)
		return NULL;
	for (size_t i = 0; i < AM_COUNT(known); i++)
		if (am_imap_is(v, known[i].name)) {
			struct am_crit *c = text_crit(p, known[i].kind);
			/* The field being there at all is another question. */
			if (c && !*c->text) {
				c->kind = AM_CRIT_HEADER;
				c->name = g_strdup(known[i].name);
			}
			return c;
		}
	return header_crit(p, name);
}

static struct am_crit *or_key(struct parse *p)
{
	struct am_crit *c = parent(p, AM_CRIT_OR);

	for (int i = 0; i < 2; i++) {
		struct am_crit *child = one_key(p);
		if (!child) {
			am_crit_free(c);
			return NULL;
		}
		g_ptr_array_add(c->children, child);
	}
	return c;
}

static struct am_crit *and_key(struct parse *p);

static struct am_crit *list_key(struct parse *p, const struct am_imap_value *v)
{
	struct parse inner = *p;

	inner.args = v->items;
	inner.n = v->n_items;
	inner.at = 0;
	struct am_crit *c = v->n_items ? and_key(&inner) : NULL;
	p->nodes = inner.nodes;
	p->told = inner.told;
	return c;
}

/* All below it; those that no index knows stay exact (RFC 6203 §3). */
static void make_fuzzy(struct am_crit *c)
{
	c->fuzzy = true;
	for (guint i = 0; c->children && i < c->children->len; i++)
		make_fuzzy(c->children->pdata[i]);
}

static struct am_crit *word_key(struct parse *p, const struct am_imap_value *v)
{
	for (size_t i = 0; i < AM_COUNT(flags); i++)
		if (am_imap_is(v, flags[i].word)) {
			struct am_crit *c = flag_crit(p, flags[i].bit);
			return flags[i].not ? negate(p, c) : c;
		}
	for (size_t i = 0; i < AM_COUNT(keys); i++) {
		if (!am_imap_is(v, keys[i].word))
			continue;
		switch (keys[i].takes) {
		case PLAIN:
			return new_crit(p, keys[i].kind);
		case TEXT:
			return text_crit(p, keys[i].kind);
		case NUMBER:
			return number_crit(p, keys[i].kind);
		case DAY:
			return day_crit(p, keys[i].kind);
		}
	}
	if (am_imap_is(v, "FUZZY")) {
		struct am_crit *c = one_key(p);
		if (c)
			make_fuzzy(c);
		p->search->fuzzy = true;
		return c;
	}
	if (am_imap_is(v, "NOT"))
		return negate(p, one_key(p));
	if (am_imap_is(v, "OR"))
		return or_key(p);
	if (am_imap_is(v, "UID"))
		return uids_crit(p, next(p), true);
	if (am_imap_is(v, "UIDAFTER") || am_imap_is(v, "UIDBEFORE"))
		return beyond_crit(p, am_imap_is(v, "UIDAFTER"));
	if (am_imap_is(v, "KEYWORD"))
		return keyword_crit(p);
	if (am_imap_is(v, "UNKEYWORD"))
		return negate(p, keyword_crit(p));
	if (am_imap_is(v, "HEADER"))
		return any_header(p);
	if (am_imap_is(v, "BCC"))
		return header_crit(p, "Bcc");
	if (am_imap_is(v, "MODSEQ"))
		return modseq_crit(p);
	bool number = g_ascii_isdigit(*v->text) || *v->text == '*';
	if (number && p->s->uidonly) {
		am_bad(p->s, "[UIDREQUIRED] no numbers since UIDONLY");
		p->told = true;
		return NULL;
	}
	if (number || *v->text == '$')
		return uids_crit(p, v, false);
	return NULL;
}

static struct am_crit *one_key(struct parse *p)
{
	const struct am_imap_value *v = next(p);
	struct am_crit *c = NULL;

	if (!v || p->nodes > NODES_MOST || ++p->depth > DEPTH_MOST)
		return NULL;
	if (v->type == AM_IMAP_LIST)
		c = list_key(p, v);
	else if (v->type == AM_IMAP_ATOM && v->len)
		c = word_key(p, v);
	p->depth--;
	return c;
}

static int cost(const struct am_crit *c)
{
	int most = c->kind >= AM_CRIT_HEADER       ? 2
	           : c->kind >= AM_CRIT_SENTBEFORE ? 1
	                                           : 0;

	for (guint i = 0; c->children && i < c->children->len; i++)
		most = MAX(most, cost(c->children->pdata[i]));
	return most;
}

static gint by_cost(gconstpointer a, gconstpointer b)
{
	const struct am_crit *const *x = a, *const *y = b;
	return cost(*x) - cost(*y);
}

static struct am_crit *and_key(struct parse *p)
{
	struct am_crit *all = parent(p, AM_CRIT_AND);

	while (p->at < p->n) {
		struct am_crit *c = one_key(p);
		if (!c) {
			am_crit_free(all);
			return NULL;
		}
		g_ptr_array_add(all->children, c);
	}
	g_ptr_array_sort(all->children, by_cost);
	return all;
}

/* ---- the whole ---- */

struct am_search *am_search_parse(struct am_session *s, am_args args, size_t n,
                                  const char *charset)
{
	struct parse p = {.s = s, .args = args, .n = n};

	/* RFC 6855 §3, erratum 4029. */
	if (charset && s->utf8 && g_ascii_strcasecmp(charset, "UTF-8") != 0) {
		am_bad(s, "all is UTF-8 since UTF8=ACCEPT");
		return NULL;
	}
	if (charset && g_ascii_strcasecmp(charset, "UTF-8") &&
	    g_ascii_strcasecmp(charset, "US-ASCII")) {
		GIConv known = g_iconv_open("UTF-8", charset);
		if (known != (GIConv)-1)
			g_iconv_close(known);
		if (known == (GIConv)-1) {
			am_no(s, "[BADCHARSET (US-ASCII UTF-8)] that charset "
			         "is not known");
			return NULL;
		}
		p.charset = charset;
	}
	p.search = g_new0(struct am_search, 1);
	p.search->root = n ? and_key(&p) : NULL;
	if (!p.search->root) {
		if (!p.told)
			am_bad(s, "that is nothing to search for");
		am_search_free(&p.search);
	} else if (p.search->fuzzy) {
		p.search->scores = g_array_new(FALSE, FALSE, 1);
	}
	return p.search;
}

void am_search_free(struct am_search **search)
{
	if (*search)
		am_crit_free((*search)->root);
	if (*search && (*search)->scores)
		g_array_free((*search)->scores, TRUE);
	g_free(*search);
	*search = NULL;
}

bool am_search_is_fuzzy(const struct am_search *search)
{
	return search->fuzzy;
}

GArray *am_search_scores(const struct am_search *search)
{
	return search->scores;
}

bool am_search_asks_modseq(const struct am_search *search)
{
	return search->modseq;
}
