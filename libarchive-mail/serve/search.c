/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a search: an index is asked once for each text, then every row is
 * probed.  A message that cannot be read matches nothing, and that is told.
 */
#include "serve/search_impl.h"

#include "serve/heads.h"
#include "serve/limit.h"
#include "serve/traits.h"

#include <string.h>

/* Fields of their own; what the table does not know, the catalog does. */
static void ask_fields(struct am_session *s, struct am_crit *c)
{
	static const struct {
		enum am_crit_kind kind;
		enum am_field_number field;
	} fields[] = {{AM_CRIT_FROM, AM_FIELD_FROM},
	              {AM_CRIT_TO, AM_FIELD_TO},
	              {AM_CRIT_CC, AM_FIELD_CC},
	              {AM_CRIT_SUBJECT, AM_FIELD_SUBJECT}};

	for (size_t i = 0; i < AM_COUNT(fields); i++)
		if (fields[i].kind == c->kind && *c->text) {
			c->field = fields[i].field;
			c->by_field = !am_vault_field_find(s->vault, c->text,
			                                   &c->heads, NULL) &&
			              c->heads.n;
		}
}

/* What an index knows; where it does not, messages are read. */
static void ask_index(struct am_session *s, struct am_crit *c)
{
	bool texts = c->kind == AM_CRIT_BODY || c->kind == AM_CRIT_TEXT;
	static const struct {
		enum am_crit_kind kind;
		const char *name;
	} fields[] = {{AM_CRIT_TEXT, NULL},   {AM_CRIT_BODY, "body"},
	              {AM_CRIT_FROM, "from"}, {AM_CRIT_TO, "to"},
	              {AM_CRIT_CC, "cc"},     {AM_CRIT_SUBJECT, "subject"}};

	for (guint i = 0; c->children && i < c->children->len; i++)
		ask_index(s, c->children->pdata[i]);
	for (size_t i = 0; c->fuzzy && i < AM_COUNT(fields); i++)
		if (fields[i].kind == c->kind && s->house->rank && *c->text)
			c->asked = !s->house->rank(s->house->find_user,
			                           s->vault, fields[i].name,
			                           c->text, &c->ranked, NULL);
	if (c->fuzzy && c->asked)
		return;
	c->fuzzy = false;
	ask_fields(s, c);
	if (texts && s->house->find && *c->text)
		c->asked = !s->house->find(s->house->find_user, s->vault,
		                           c->text, &c->found, NULL);
	/* Without these, messages are read. */
	if (c->asked && texts)
		(void)!am_vault_unkept_find(s->vault, c->text, s->snap->n,
		                            &c->unkept, NULL);
	if (c->asked && c->kind == AM_CRIT_TEXT)
		(void)!am_vault_heads_find(s->vault, c->text, s->snap->n,
		                           &c->heads, NULL);
}

/* So many rows may be asked for one by one. */
enum { FEW = 100 };

/* Does the table of fields know nearly all of them? */
static bool is_known(const struct am_session *s, const struct am_crit *c)
{
	const uint32_t *messages = am_snap_messages(s->snap);
	size_t unknown = 0;

	for (size_t i = 0; i < s->snap->n && unknown <= FEW; i++)
		unknown += am_field_ask(&c->heads, messages[i], c->field) ==
		           AM_RETRY;
	return unknown <= FEW;
}

/* Which traits of messages it asks for. */
static unsigned needs_of(const struct am_session *s, const struct am_crit *c)
{
	unsigned needs = 0;

	for (guint i = 0; c->children && i < c->children->len; i++)
		needs |= needs_of(s, c->children->pdata[i]);
	if (c->by_field && is_known(s, c))
		return needs;
	switch (c->kind) {
	case AM_CRIT_SENTBEFORE:
	case AM_CRIT_SENTON:
	case AM_CRIT_SENTSINCE:
	case AM_CRIT_FROM:
	case AM_CRIT_TO:
	case AM_CRIT_CC:
	case AM_CRIT_SUBJECT:
	case AM_CRIT_MESSAGE_ID:
		return needs | AM_TRAITS_HEAD;
	case AM_CRIT_LARGER:
	case AM_CRIT_SMALLER:
		return needs | AM_TRAITS_FACTS;
	default:
		return needs;
	}
}

/* How far it is (RFC 9585), now and then: whoever waits knows that it goes on.
 */
static void tell_progress(struct am_session *s, size_t done, int64_t *next)
{
	unsigned ms = s->house->progress_ms ? s->house->progress_ms : 10000;
	int64_t now = g_get_monotonic_time();

	if (*next && now >= *next) {
		am_say(s, "* OK [INPROGRESS (");
		am_put_string(s->out, s->tag);
		am_say(s, " %zu %zu)] still searching\r\n", done, s->snap->n);
		am_say_flush(s);
	}
	if (!*next || now >= *next)
		*next = now + (int64_t)ms * 1000;
}

/* Whether the UIDs that it names leave this one in. */
static bool is_meant(const struct am_crit *root, uint32_t uid)
{
	for (guint i = 0; root->kind == AM_CRIT_AND && i < root->children->len;
	     i++) {
		const struct am_crit *c = root->children->pdata[i];
		if (c->kind == AM_CRIT_UIDS && !am_imap_set_has(c->uids, uid))
			return false;
	}
	return true;
}

uint32_t am_search_lowest(const struct am_session *s,
                          const struct am_search *search)
{
	size_t left = s->house->message_limit, at = s->snap->n;
	uint32_t lowest = 0;

	if (!am_limit_skip(s, s->snap->n))
		return 0;
	for (; at; at--) {
		uint32_t uid = s->snap->rows[at - 1].uid;
		if (!is_meant(search->root, uid))
			continue;
		if (!left--)
			return lowest;
		lowest = uid;
	}
	return 0;
}

bool am_search_run(struct am_session *s, struct am_search *search, GArray *rows,
                   uint64_t *highest)
{
	struct am_traits *traits = NULL;
	unsigned needs;
	struct am_error err = {0}, first = {0};
	unsigned failed = 0;
	int64_t next = 0;

	*highest = 0;
	if (search->scores)
		g_array_set_size(search->scores, 0);
	ask_index(s, search->root);
	needs = needs_of(s, search->root);
	/* Without them messages are asked for one by one, and it shows which of
	 * them cannot be read. */
	if (needs && am_vault_traits(s->vault, s->snap,
	                             needs | AM_TRAITS_AT_HAND, &traits, NULL))
		traits = NULL;
	struct am_probe *probe = am_probe_new(s, traits, needs);
	struct am_sift *sift = am_sift_new(search->root, s->snap);
	size_t looked = 0;
	for (size_t i = am_snap_from(s->snap, am_search_lowest(s, search));
	     (i = am_sift_next(sift, i, s->snap->n)) < s->snap->n && !s->dead;
	     i++) {
		if (!(looked++ % 64))
			tell_progress(s, i, &next);
		const struct am_row *row = &s->snap->rows[i];
		int r = am_probe_meets(probe, row, search->root, &err);
		if (r < 0 && !failed++)
			first = err;
		if (r)
			continue;
		uint32_t at = (uint32_t)i;
		g_array_append_val(rows, at);
		if (search->scores) {
			uint8_t score = am_probe_score(probe);
			g_array_append_val(search->scores, score);
		}
		*highest = MAX(*highest, row->modseq);
	}
	am_sift_free(&sift);
	am_probe_free(&probe);
	am_traits_unref(&traits);
	if (!failed)
		return true;
	am_no(s, "[UNAVAILABLE] %u messages could not be read: %s", failed,
	      first.text);
	return false;
}
