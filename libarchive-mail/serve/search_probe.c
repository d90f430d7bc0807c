/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message against criteria.  What is known of it is had once, when a
 * criterion first asks.
 */
#include "serve/search_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/fold.h"
#include "base/hash.h"
#include "mime/scan.h"
#include "mime/text.h"
#include "mime/words.h"
#include "serve/facts.h"
#include "serve/heads.h"
#include "serve/traits.h"
#include "store/archive.h"

#include <string.h>

struct am_probe {
	struct am_session *s;
	const struct am_traits *traits;
	unsigned traits_have; /* what may be read of them by now */
	const struct am_row *row;
	struct am_arena *arena;
	struct am_limits limits;
	int64_t now;

	const struct am_trait *trait; /* NULL: not had yet */
	bool has_catalog;
	struct am_trait own; /* what the catalog says: the arena's */
	uint8_t hash[AM_SHA256_LEN];
	char *thread;

	struct am_blob *raw;
	struct am_scan scan;
	bool scanned;
	char *body, *header; /* folded; g_free() */
	uint8_t score;
};

struct am_probe *am_probe_new(struct am_session *s,
                              const struct am_traits *traits, unsigned has)
{
	struct am_probe *p = g_new0(struct am_probe, 1);

	p->s = s;
	p->traits = traits;
	p->traits_have = traits ? has : 0;
	p->arena = am_arena_new();
	p->limits = am_limits_or_default(s->house->ctx ? &s->house->ctx->limits
	                                               : NULL);
	p->now = am_time_now();
	return p;
}

static void forget(struct am_probe *p)
{
	if (!p->trait && !p->has_catalog && !p->raw)
		return;
	am_blob_unref(&p->raw);
	g_clear_pointer(&p->body, g_free);
	g_clear_pointer(&p->header, g_free);
	p->has_catalog = p->scanned = false;
	p->trait = NULL;
	am_arena_reset(p->arena);
}

void am_probe_free(struct am_probe **probe)
{
	struct am_probe *p = *probe;

	*probe = NULL;
	if (!p)
		return;
	forget(p);
	am_arena_free(&p->arena);
	g_free(p);
}

/* ---- what is had ---- */

static const struct am_trait_text *own_text(struct am_probe *p,
                                            const char *field)
{
	struct am_trait_text *t = am_arena_alloc(p->arena, sizeof *t);

	if (field) {
		char *folded = am_fold_text(field, strlen(field));
		t->folded = am_arena_strdup(p->arena, folded);
		t->cut = am_trait_is_cut(field);
		g_free(folded);
	}
	return t;
}

static int need_catalog(struct am_probe *p, struct am_error *err)
{
	struct am_archive *archive;
	struct am_archive_message m;

	if (p->has_catalog)
		return AM_OK;
	int r = am_vault_lend(p->s->vault, &archive, err);
	if (r)
		return r;
	r = am_archive_message(archive, p->row->message, &m, err);
	if (r && err && err->kind == AM_E_NOTFOUND) {
		am_vault_give_back(p->s->vault, &archive);
		r = am_vault_lend_fresh(p->s->vault, &archive, err);
		if (r)
			return r;
		r = am_archive_message(archive, p->row->message, &m, err);
	}
	if (!r) {
		struct am_trait_id *id = am_arena_alloc(p->arena, sizeof *id);
		id->text = am_arena_strdup(p->arena, m.message_id);
		p->own = (struct am_trait){
			.sent = m.date.sec,
			.zone = m.date.offset_min,
			.dated = m.date.known,
			.from = own_text(p, m.from),
			.to = own_text(p, m.to),
			.cc = own_text(p, m.cc),
			.subject = own_text(p, m.subject),
			.id = id->text ? id : NULL,
		};
		memcpy(p->hash, m.hash, sizeof p->hash);
		p->thread = am_arena_strdup(p->arena, m.thread);
		p->has_catalog = true;
	}
	am_vault_give_back(p->s->vault, &archive);
	return r;
}

/* What a mailbox's traits have at hand, or else the catalog. */
static int need_trait(struct am_probe *p, struct am_error *err)
{
	int r = AM_OK;

	if (p->trait)
		return AM_OK;
	if (p->traits_have & AM_TRAITS_HEAD) {
		p->trait = &p->traits->rows[p->row - p->s->snap->rows];
	} else {
		r = need_catalog(p, err);
		p->trait = &p->own;
	}
	return r;
}

static int need_message(struct am_probe *p, struct am_error *err)
{
	int r = AM_OK;

	if (!p->raw)
		r = am_vault_message(p->s->vault, p->row->message, &p->raw,
		                     err);
	if (!r && !p->scanned)
		r = am_scan_message(&p->scan, p->raw, &p->limits, p->arena,
		                    err);
	p->scanned = !r;
	return r;
}

static int read_header(struct am_probe *p, char **block, size_t *len,
                       struct am_error *err)
{
	int r = need_message(p, err);

	if (r)
		return r;
	*len = (size_t)MIN(p->scan.parts[0].body, p->limits.header_bytes);
	*block = am_arena_alloc(p->arena, *len + 1);
	return am_blob_read(p->raw, 0, *block, *len, len, err);
}

/* ---- matching ---- */

static bool holds(const char *text, const char *folded)
{
	if (!text)
		return false;
	char *mine = am_fold_text(text, strlen(text));
	bool hit = strstr(mine, folded) != NULL;

	g_free(mine);
	return hit;
}

static int answer(bool yes)
{
	return yes ? AM_OK : AM_END;
}

/* Any field of this name; an empty text asks whether there is one. */
static int in_header(struct am_probe *p, const char *name, const char *folded,
                     struct am_error *err)
{
	struct am_fields walk;
	struct am_field f;
	char *block;
	size_t len;

	int r = read_header(p, &block, &len, err);
	if (r)
		return r;
	am_fields_init(&walk, block, len, 0);
	while (am_fields_next(&walk, &f))
		if (am_field_is(&f, name) &&
		    (!*folded ||
		     holds(am_words_decode(p->arena, f.value, f.value_len),
		           folded)))
			return AM_OK;
	return AM_END;
}

/* A field the catalog has, but perhaps not to its end. */
static int in_field(struct am_probe *p, const struct am_crit *c,
                    struct am_error *err)
{
	const struct am_trait_text *text;
	const char *name;
	int r = c->by_field ? am_field_ask(&c->heads, p->row->message, c->field)
	                    : AM_RETRY;

	if (r != AM_RETRY)
		return r;
	r = need_trait(p, err);
	if (r)
		return r;
	switch (c->kind) {
	case AM_CRIT_FROM:
		name = "From";
		text = p->trait->from;
		break;
	case AM_CRIT_TO:
		name = "To";
		text = p->trait->to;
		break;
	case AM_CRIT_CC:
		name = "Cc";
		text = p->trait->cc;
		break;
	default:
		name = "Subject";
		text = p->trait->subject;
		break;
	}
	if (!text->folded)
		return AM_END;
	if (strstr(text->folded, c->text))
		return AM_OK;
	return text->cut ? in_header(p, name, c->text, err) : AM_END;
}

static int in_message_id(struct am_probe *p, const char *folded,
                         struct am_error *err)
{
	int r = need_trait(p, err);

	if (r || !p->trait->id)
		return r ? r : AM_END;
	char *id = g_strdup_printf("<%s>", p->trait->id->text);
	bool hit = holds(id, folded);
	if (!hit && am_trait_is_cut(p->trait->id->text))
		r = in_header(p, "Message-ID", folded, err);
	else
		r = answer(hit);
	g_free(id);
	return r;
}

/* A body's text; what does not belong together does not stand in a row. */
struct gathering {
	GString *all, *section;
	enum am_text_kind kind;
};

static int add_text(void *user, enum am_text_kind kind, const char *section,
                    const char *text, size_t len, struct am_error *err)
{
	struct gathering *g = user;

	(void)err;
	if (g->all->len &&
	    (kind != g->kind || strcmp(section, g->section->str)))
		g_string_append_c(g->all, '\n');
	g->kind = kind;
	g_string_assign(g->section, section);
	g_string_append_len(g->all, text, (gssize)len);
	return AM_OK;
}

static int in_body(struct am_probe *p, const char *folded, struct am_error *err)
{
	const struct am_text_options options = {.max_bytes = 64 << 20};
	int r = need_message(p, err);

	if (!r && !p->body) {
		struct gathering g = {.all = g_string_new(""),
		                      .section = g_string_new("")};
		r = am_text_read(p->raw, &p->scan, &options, &p->limits,
		                 add_text, &g, NULL, err);
		if (!r)
			p->body = am_fold_text(g.all->str, g.all->len);
		g_string_free(g.all, TRUE);
		g_string_free(g.section, TRUE);
	}
	return r ? r : answer(strstr(p->body, folded));
}

/* Where it stands among n ids, least first; n when it does not. */
static size_t place_of(const int64_t *ids, size_t n, int64_t message)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ids[middle] < message)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && ids[low] == message ? low : n;
}

/* What the index knows: AM_OK, AM_END, or AM_RETRY where it has to be read. */
static int by_index(const struct am_crit *c, int64_t message)
{
	const struct am_found *f = &c->found;
	size_t at = place_of(f->ids, f->n, message);

	if (message > f->last)
		return AM_RETRY;
	if (at < f->n)
		return f->sure[at] ? AM_OK : AM_RETRY;
	return am_heads_ask(&c->unkept, message) == AM_END ? AM_END : AM_RETRY;
}

static int in_heads(struct am_probe *p, const char *folded,
                    struct am_error *err)
{
	int r = need_message(p, err);

	if (!r && !p->header)
		r = am_heads_read(&p->header, p->raw, &p->scan, &p->limits,
		                  p->arena, err);
	return r ? r : answer(p->header && strstr(p->header, folded));
}

/* In a header, or else in the body; as far as that is known without reading. */
static int in_text(struct am_probe *p, const struct am_crit *c,
                   struct am_error *err)
{
	int64_t message = p->row->message;
	int heads = c->asked ? am_heads_ask(&c->heads, message) : AM_RETRY;
	int body = c->asked ? by_index(c, message) : AM_RETRY;

	if (heads == AM_OK || body == AM_OK)
		return AM_OK;
	if (heads == AM_RETRY)
		heads = in_heads(p, c->text, err);
	if (heads != AM_END || body == AM_END)
		return heads;
	return in_body(p, c->text, err);
}

/* The day in the zone it was written in. */
static int64_t day_of(int64_t sec, int zone)
{
	int64_t local = sec + (int64_t)zone * 60;

	return local >= 0 ? local / 86400 : -((-local + 86399) / 86400);
}

static int by_day(enum am_crit_kind kind, int64_t day, int64_t wanted)
{
	switch (kind) {
	case AM_CRIT_BEFORE:
	case AM_CRIT_SENTBEFORE:
	case AM_CRIT_SAVEDBEFORE:
		return answer(day < wanted);
	case AM_CRIT_ON:
	case AM_CRIT_SENTON:
	case AM_CRIT_SAVEDON:
		return answer(day == wanted);
	default:
		return answer(day >= wanted);
	}
}

static int64_t received_day(const struct am_row *row)
{
	return day_of(row->dated ? row->received : 0, row->zone);
}

/* RFC 8514 §4.3: where it is not known, the internal date stands for it. */
static int by_saved(const struct am_row *row, const struct am_crit *c)
{
	return by_day(c->kind,
	              row->saved ? day_of(row->saved, 0) : received_day(row),
	              c->day);
}

static int by_sent(struct am_probe *p, const struct am_crit *c,
                   struct am_error *err)
{
	int r = need_trait(p, err);

	if (r)
		return r;
	if (!p->trait->dated)
		return AM_END;
	return by_day(c->kind, day_of(p->trait->sent, p->trait->zone), c->day);
}

static bool has_keyword(const struct am_row *row, const char *word)
{
	for (const char *const *k = row->keywords; *k; k++)
		if (!g_ascii_strcasecmp(*k, word))
			return true;
	return false;
}

static int by_size(struct am_probe *p, const struct am_crit *c,
                   struct am_error *err)
{
	uint64_t size;
	int r = AM_OK;

	if (p->traits_have & AM_TRAITS_FACTS)
		size = p->traits->rows[p->row - p->s->snap->rows].size;
	else
		r = am_fact_size(p->s->vault, p->row->message, &size, err);
	if (r)
		return r;
	return answer(c->kind == AM_CRIT_LARGER ? size > c->number
	                                        : size < c->number);
}

static int by_thread(struct am_probe *p, const struct am_crit *c,
                     struct am_error *err)
{
	int r = need_catalog(p, err);

	if (r)
		return r;
	char *hash = g_compute_checksum_for_string(
		G_CHECKSUM_SHA256, p->thread ? p->thread : "", -1);
	char *id = g_strdup_printf("t%.24s", hash);
	bool same = !strcmp(id, c->text);
	g_free(id);
	g_free(hash);
	return answer(same);
}

static int by_email(struct am_probe *p, const struct am_crit *c,
                    struct am_error *err)
{
	char hex[AM_SHA256_HEX], id[40];
	int r = need_catalog(p, err);

	if (r)
		return r;
	am_hex(p->hash, sizeof p->hash, hex);
	g_snprintf(id, sizeof id, "m%.32s", hex);
	return answer(!strcmp(id, c->text));
}

static int meets(struct am_probe *p, const struct am_crit *c,
                 struct am_error *err);

static int by_several(struct am_probe *p, const struct am_crit *c,
                      struct am_error *err)
{
	for (guint i = 0; i < c->children->len; i++) {
		int r = meets(p, c->children->pdata[i], err);
		if (r < 0)
			return r;
		if (c->kind == AM_CRIT_NOT)
			return answer(r == AM_END);
		if ((c->kind == AM_CRIT_AND) == (r == AM_END))
			return r;
	}
	return answer(c->kind == AM_CRIT_AND);
}

/* The same of what is similar: exact below `last`. */
static int by_rank(struct am_probe *p, const struct am_ranked *f,
                   int64_t message)
{
	size_t at = place_of(f->ids, f->n, message);

	if (message > f->last)
		return AM_RETRY;
	if (at == f->n)
		return AM_END;
	p->score = MAX(p->score, f->scores[at]);
	return AM_OK;
}

static int meets(struct am_probe *p, const struct am_crit *c,
                 struct am_error *err)
{
	const struct am_row *row = p->row;

	if (c->asked && (c->fuzzy || c->kind != AM_CRIT_TEXT)) {
		int r = c->fuzzy ? by_rank(p, &c->ranked, row->message)
		                 : by_index(c, row->message);
		if (r != AM_RETRY)
			return r;
	}
	switch (c->kind) {
	case AM_CRIT_ALL:
		return AM_OK;
	case AM_CRIT_NONE:
		return AM_END;
	case AM_CRIT_AND:
	case AM_CRIT_OR:
	case AM_CRIT_NOT:
		return by_several(p, c, err);
	case AM_CRIT_UIDS:
		return answer(am_imap_set_has(c->uids, row->uid));
	case AM_CRIT_FLAG:
		return answer(row->flags & c->number);
	case AM_CRIT_KEYWORD:
		return answer(has_keyword(row, c->text));
	case AM_CRIT_BEFORE:
	case AM_CRIT_ON:
	case AM_CRIT_SINCE:
		return by_day(c->kind, received_day(row), c->day);
	case AM_CRIT_SAVEDBEFORE:
	case AM_CRIT_SAVEDON:
	case AM_CRIT_SAVEDSINCE:
		return by_saved(row, c);
	case AM_CRIT_YOUNGER:
		return answer(row->received >= p->now - (int64_t)c->number);
	case AM_CRIT_OLDER:
		return answer(row->received <= p->now - (int64_t)c->number);
	case AM_CRIT_MODSEQ:
		return answer(row->modseq >= c->number);
	case AM_CRIT_EMAILID:
		return by_email(p, c, err);
	case AM_CRIT_SENTBEFORE:
	case AM_CRIT_SENTON:
	case AM_CRIT_SENTSINCE:
		return by_sent(p, c, err);
	case AM_CRIT_FROM:
	case AM_CRIT_TO:
	case AM_CRIT_CC:
	case AM_CRIT_SUBJECT:
		return in_field(p, c, err);
	case AM_CRIT_MESSAGE_ID:
		return in_message_id(p, c->text, err);
	case AM_CRIT_THREADID:
		return by_thread(p, c, err);
	case AM_CRIT_LARGER:
	case AM_CRIT_SMALLER:
		return by_size(p, c, err);
	case AM_CRIT_HEADER:
		return in_header(p, c->name, c->text, err);
	case AM_CRIT_BODY:
		return in_body(p, c->text, err);
	case AM_CRIT_TEXT:
		return in_text(p, c, err);
	}
	return AM_END;
}

int am_probe_meets(struct am_probe *p, const struct am_row *row,
                   const struct am_crit *crit, struct am_error *err)
{
	if (p->row != row)
		forget(p);
	p->row = row;
	p->score = 0;
	return meets(p, crit, err);
}

/* What was not ranked is just what was asked for. */
uint8_t am_probe_score(const struct am_probe *p)
{
	return p->score ? p->score : 100;
}
