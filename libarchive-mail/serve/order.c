/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/order.h"

#include "base/arena.h"
#include "mime/address.h"
#include "serve/envelope.h"
#include "serve/facts.h"
#include "serve/search_impl.h"
#include "store/archive.h"

#include <string.h>

/* ---- base subject (RFC 5256 §2.1) ---- */

static bool take_prefix(const char *p, const char *word, const char **out)
{
	size_t len = strlen(word);

	if (g_ascii_strncasecmp(p, word, len))
		return false;
	p += len;
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p == '[') { /* a blob */
		p = strchr(p, ']');
		if (!p)
			return false;
		p++;
		while (*p == ' ' || *p == '\t')
			p++;
	}
	if (*p != ':')
		return false;
	*out = p + 1;
	return true;
}

static bool strip_leader(const char **p, bool *is_reply)
{
	const char *next;

	while (**p == ' ' || **p == '\t')
		(*p)++;
	if (take_prefix(*p, "re", &next) || take_prefix(*p, "fwd", &next) ||
	    take_prefix(*p, "fw", &next)) {
		*p = next;
		*is_reply = true;
		return true;
	}
	if (**p == '[') {
		const char *close = strpbrk(*p + 1, "[]");
		if (!close || *close != ']')
			return false;
		const char *rest = close + 1;
		while (*rest == ' ' || *rest == '\t')
			rest++;
		if (!*rest)
			return false; /* it would leave nothing */
		*p = rest;
		return true;
	}
	return false;
}

char *am_base_subject(const char *subject, bool *is_reply)
{
	char *copy = g_strdup(subject), *from = copy;
	bool again = true;

	*is_reply = false;
	/* Blanks of any number are one. */
	char *to = copy;
	for (const char *p = copy; *p; p++) {
		char c = *p == '\t' ? ' ' : *p;
		if (c != ' ' || (to > copy && to[-1] != ' '))
			*to++ = c;
	}
	*to = '\0';
	while (again) {
		g_strchomp(from);
		again = g_str_has_suffix(from, "(fwd)") ||
		        g_str_has_suffix(from, "(FWD)") ||
		        g_str_has_suffix(from, "(Fwd)");
		if (again) {
			from[strlen(from) - 5] = '\0';
			*is_reply = true;
			continue;
		}
		const char *at = from;
		while (strip_leader(&at, is_reply))
			;
		from += at - from;
		/* "[fwd: x]" */
		size_t len = strlen(from);
		if (!g_ascii_strncasecmp(from, "[fwd:", 5) &&
		    from[len - 1] == ']') {
			from[len - 1] = '\0';
			from += 5;
			again = *is_reply = true;
		}
	}
	while (*from == ' ')
		from++;
	char *base = am_search_fold(from, strlen(from));
	g_free(copy);
	return base;
}

/* ---- reading ---- */

static const char *fold_into(struct am_arena *arena, const char *text)
{
	char *folded =
		am_search_fold(text ? text : "", text ? strlen(text) : 0);
	const char *kept = am_arena_strdup(arena, folded);

	g_free(folded);
	return kept;
}

/* The local part of the first address. */
static const char *mailbox_of(struct am_arena *arena, const char *list)
{
	char *mailbox =
		am_addresses_mailbox(list ? list : "", list ? strlen(list) : 0);
	const char *kept = fold_into(arena, mailbox);

	g_free(mailbox);
	return kept;
}

/* Its display name, or else the address (RFC 5957). */
static const char *display_of(struct am_arena *arena, const char *list)
{
	struct am_address first = {NULL};

	if (!list || !am_address_parse(arena, list, strlen(list), &first, 1))
		return "";
	return fold_into(arena, first.name && *first.name ? first.name
	                                                  : first.address);
}

static int read_catalog(struct am_archive *archive, int64_t message,
                        struct am_arena *arena, struct am_order *o,
                        struct am_error *err)
{
	struct am_archive_message m;
	int r = am_archive_message(archive, message, &m, err);

	if (r)
		return r;
	if (m.date.known)
		o->sent = m.date.sec;
	o->cc = mailbox_of(arena, m.cc);
	o->from = mailbox_of(arena, m.from);
	o->to = mailbox_of(arena, m.to);
	o->display_from = display_of(arena, m.from);
	o->display_to = display_of(arena, m.to);
	char *base = am_base_subject(m.subject ? m.subject : "", &o->is_reply);
	o->subject = am_arena_strdup(arena, base);
	g_free(base);
	o->message_id = am_arena_strdup(arena, m.message_id);
	return AM_OK;
}

/* With one handle for all of them; facts, which may need one of their own, are
 * read after it was given back. */
static int read_all(struct am_session *s, struct am_order *all, size_t n,
                    struct am_arena *arena, struct am_error *err)
{
	struct am_archive *archive;
	int r = am_vault_lend_fresh(s->vault, &archive, err);

	if (r)
		return r;
	for (size_t i = 0; i < n && !r; i++)
		r = read_catalog(archive, s->snap->rows[all[i].row].message,
		                 arena, &all[i], err);
	am_vault_give_back(s->vault, &archive);
	return r;
}

int am_order_read(struct am_session *s, const GArray *uids, unsigned needs,
                  struct am_arena *arena, struct am_order **out,
                  struct am_error *err)
{
	struct am_order *all = g_new0(struct am_order, uids->len + 1);
	int r = AM_OK;

	for (guint i = 0; i < uids->len; i++) {
		struct am_order *o = &all[i];
		o->uid = g_array_index(uids, uint32_t, i);
		o->row = am_snap_from(s->snap, o->uid);
		const struct am_row *row = &s->snap->rows[o->row];
		o->arrival = o->sent = row->dated ? row->received : 0;
	}
	if (needs & AM_ORDER_CATALOG)
		r = read_all(s, all, uids->len, arena, err);
	for (guint i = 0; i < uids->len && !r && (needs & AM_ORDER_FACTS);
	     i++) {
		struct am_fact fact = {0};
		r = am_fact_of(s->vault, s->snap->rows[all[i].row].message,
		               arena, &fact, err);
		all[i].size = fact.size;
		all[i].references = fact.references;
	}
	if (r)
		g_clear_pointer(&all, g_free);
	*out = all;
	return r;
}
