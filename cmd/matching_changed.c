/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "cmd/lister.h"
#include "cmd/matching_impl.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "mime/alike.h"
#include "model/folder.h"

#include <string.h>

/* Bytes that are kept of a side, to say what differs; and of so many messages
 * the name. */
#define KEPT_MAX  (64u << 20)
#define NAMED_MAX 20000

void matching_left_free(void *data)
{
	struct matching_left *left = data;

	am_blob_unref(&left->raw);
	g_free(left->name);
	g_free(left);
}

/* ---- reading again ---- */

struct reading {
	struct matching *m;
	struct side *side;
	bool pairs; /* the other side has some as well */
	guint at;
	uint64_t kept;
};

static char *name_of(const struct lister_item *item, const struct entry *e)
{
	char *folder = am_folder_print(item->msg->folder);
	const char *origin = item->msg->origin;
	const char *subject = item->overview.subject;
	char hex[17];

	am_hex(e->raw, 8, hex);
	/* It is there to be known by: a thousand of them are kept. */
	char *shown = out_fit(subject ? subject : "(no subject)", 200);
	char *name =
		g_strdup_printf("%s%s%s: %s: %s", folder, *folder ? ": " : "",
	                        origin ? origin : "?", hex, shown);
	g_free(shown);
	g_free(folder);
	return name;
}

/* Bytes in a file cost nothing to hold on to. */
static void keep(struct reading *r, struct matching_left *left,
                 struct am_blob *raw)
{
	uint64_t size = am_blob_bytes(raw) ? am_blob_size(raw) : 512;

	if (r->kept + size > KEPT_MAX)
		return;
	r->kept += size;
	left->raw = am_blob_ref(raw);
}

static int read_keys(struct reading *r, struct matching_left *left,
                     const struct lister_item *item, struct am_error *err)
{
	const char *id = item->overview.message_id;
	uint8_t hash[AM_SHA256_LEN];
	struct am_alike alike;
	int s = am_alike_read(&alike, item->msg->raw, &r->m->s->ctx.limits,
	                      err);

	if (s)
		return s;
	memcpy(left->stored, alike.stored, sizeof left->stored);
	memcpy(left->content, alike.content, sizeof left->content);
	if (id && *id) {
		am_sha256(id, strlen(id), hash);
		memcpy(&left->mid, hash, sizeof left->mid);
	}
	return AM_OK;
}

static int take_left(void *user, const struct lister_item *item,
                     struct am_error *err)
{
	struct reading *r = user;

	if (!item->msg || r->at >= r->side->entries->len)
		return AM_OK;
	guint at = r->at++;
	const struct entry *e =
		&g_array_index(r->side->entries, struct entry, at);
	/* One that has come in between is another. */
	if (e->matched || memcmp(e->raw, item->digest.raw, sizeof e->raw) != 0)
		return AM_OK;
	if (!r->pairs && r->side->left->len >= MATCHING_NAMED)
		return AM_OK;
	struct matching_left *left = g_new0(struct matching_left, 1);
	left->entry = at;
	if (r->side->left->len < NAMED_MAX)
		left->name = name_of(item, e);
	g_ptr_array_add(r->side->left, left);
	if (!r->pairs)
		return AM_OK;
	keep(r, left, item->msg->raw);
	return read_keys(r, left, item, err);
}

static int read_left(struct matching *m, struct side *side, bool pairs)
{
	struct reading reading = {.m = m, .side = side, .pairs = pairs};
	const struct lister lister = {
		.each = take_left,
		.user = &reading,
		.overview = true,
		.phase = "naming",
	};

	if (!side->unmatched)
		return AM_OK;
	/* What failed was told the first time. */
	void (*on_note)(void *, const struct am_note *) = m->s->ctx.on_note;
	m->s->ctx.on_note = NULL;
	m->s->subject = side->name;
	int r = lister_run(m->s, side->place, &lister);
	m->s->ctx.on_note = on_note;
	return r;
}

/* ---- pairs ---- */

enum key { BY_STORED, BY_CONTENT, BY_MID };

static int compare(const struct matching_left *a, const struct matching_left *b,
                   enum key key)
{
	switch (key) {
	case BY_STORED:
		return memcmp(a->stored, b->stored, sizeof a->stored);
	case BY_CONTENT:
		return memcmp(a->content, b->content, sizeof a->content);
	case BY_MID:
		return (a->mid > b->mid) - (a->mid < b->mid);
	}
	return 0;
}

static gint compare_left(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct matching_left *const *x = a, *const *y = b;
	int c = compare(*x, *y, *(const enum key *)user);

	return c ? c
	         : ((*x)->entry > (*y)->entry) - ((*x)->entry < (*y)->entry);
}

static GPtrArray *unpaired(const struct side *side, enum key key)
{
	GPtrArray *out = g_ptr_array_new();

	for (guint i = 0; i < side->left->len; i++) {
		struct matching_left *left = g_ptr_array_index(side->left, i);
		if (!left->paired && (key != BY_MID || left->mid))
			g_ptr_array_add(out, left);
	}
	g_ptr_array_sort_with_data(out, compare_left, &key);
	return out;
}

static void count_why(struct matching *m, const char *why)
{
	uint64_t *n = g_hash_table_lookup(m->changed_why, why);

	if (!n) {
		n = g_new0(uint64_t, 1);
		g_hash_table_insert(m->changed_why, g_strdup(why), n);
	}
	++*n;
}

static int tell(struct matching *m, struct matching_left *a,
                struct matching_left *b, enum key key, struct am_error *err)
{
	char *why = NULL;

	if (a->raw && b->raw) {
		int r = am_alike_explain(&why, a->raw, b->raw,
		                         &m->s->ctx.limits, err);
		if (r)
			return r;
	} else {
		why = g_strdup(key == BY_MID ? "another text"
		                             : "not told: there are too many");
	}
	a->paired = b->paired = true;
	g_array_index(m->a.entries, struct entry, a->entry).matched = true;
	g_array_index(m->b.entries, struct entry, b->entry).matched = true;
	m->changed++;
	m->other_text += key == BY_MID;
	m->a.unmatched--;
	m->b.unmatched--;
	count_why(m, why);
	if (a->name && m->changed_names->len < MATCHING_NAMED)
		g_ptr_array_add(m->changed_names,
		                g_strdup_printf("%s: %s", a->name, why));
	g_free(why);
	return AM_OK;
}

static int pair_left(struct matching *m, enum key key, struct am_error *err)
{
	GPtrArray *a = unpaired(&m->a, key);
	GPtrArray *b = unpaired(&m->b, key);
	int r = AM_OK;

	for (guint i = 0, k = 0; i < a->len && k < b->len && !r;) {
		struct matching_left *x = g_ptr_array_index(a, i);
		struct matching_left *y = g_ptr_array_index(b, k);
		int c = compare(x, y, key);
		if (!c)
			r = tell(m, x, y, key, err);
		i += c <= 0;
		k += c >= 0;
	}
	g_ptr_array_unref(a);
	g_ptr_array_unref(b);
	return r;
}

static void name_rest(struct side *side)
{
	for (guint i = 0;
	     i < side->left->len && side->names->len < MATCHING_NAMED; i++) {
		struct matching_left *left = g_ptr_array_index(side->left, i);
		if (!left->paired && left->name)
			g_ptr_array_add(side->names,
			                g_steal_pointer(&left->name));
	}
}

int matching_changed(struct matching *m)
{
	struct side *const sides[] = {&m->a, &m->b};
	struct am_error err = {0};
	int r = AM_OK;

	for (size_t k = 0; k < AM_COUNT(sides); k++)
		for (guint i = 0; i < sides[k]->entries->len; i++)
			sides[k]->unmatched += !g_array_index(sides[k]->entries,
			                                      struct entry, i)
			                                .matched;
	bool pairs = m->a.unmatched && m->b.unmatched;
	for (size_t k = 0; k < AM_COUNT(sides) && !r; k++)
		r = read_left(m, sides[k], pairs);
	if (r)
		return AM_FATAL;
	for (enum key key = BY_STORED; pairs && key <= BY_MID && !r; key++)
		r = pair_left(m, key, &err);
	if (r) {
		(void)session_error(m->s, NULL, &err);
		return AM_FATAL;
	}
	for (size_t k = 0; k < AM_COUNT(sides); k++)
		name_rest(sides[k]);
	return AM_OK;
}
