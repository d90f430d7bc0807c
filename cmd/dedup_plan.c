/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/dedup_plan.h"

#include "cmd/dedup_facts.h"
#include "mime/alike.h"
#include "model/ctx.h"
#include "model/folder.h"
#include "store/archive.h"
#include "store/archive_spots.h"

#include <glib.h>

#include <string.h>

/* What is looked at; `rank` is lower for what should stay. */
struct spot {
	int64_t placement, folder;
	uint32_t fact;
	uint8_t rank;
};

struct range {
	guint first, end; /* of spots */
};

struct dedup_plan {
	struct am_archive *archive;
	struct am_ctx *ctx;
	struct dedup_options options;
	struct dedup_facts *facts;
	GArray *spots;  /* struct spot; by key once facts are known */
	GArray *groups; /* struct range, in the order of what is kept */
	GArray *copies; /* of the group at hand */
	struct dedup_counts counts;
};

/* ---- what is there ---- */

static uint8_t rank_of(enum am_role role, uint32_t flags)
{
	if (flags & AM_DELETED)
		return 4;
	if (role == AM_ROLE_TRASH)
		return 3;
	if ((flags & AM_JUNK) || role == AM_ROLE_JUNK)
		return 2;
	return flags & AM_DRAFT || role == AM_ROLE_DRAFTS ? 1 : 0;
}

struct gathering {
	struct dedup_plan *plan;
	const struct am_archive_box *box;
	GArray *messages; /* int64_t, a spot each */
};

static int take_spot(void *user, const struct am_archive_spot *spot,
                     struct am_error *err)
{
	struct gathering *g = user;
	const struct spot entry = {
		.placement = spot->placement,
		.folder = spot->folder,
		.rank = rank_of(g->box->folder->role, spot->flags),
	};

	/* Of what was moved away another folder tells. */
	if (spot->gone || spot->folder != g->box->id)
		return AM_OK;
	if (am_ctx_cancelled(g->plan->ctx))
		return am_ctx_fail_cancelled(err);
	g_array_append_val(g->plan->spots, entry);
	g_array_append_val(g->messages, spot->message);
	return AM_OK;
}

static int take_box(void *user, const struct am_archive_box *box,
                    struct am_error *err)
{
	GArray *boxes = user;
	struct am_archive_box copy = *box;

	(void)err;
	copy.folder = am_folder_ref(box->folder);
	g_array_append_val(boxes, copy);
	return AM_OK;
}

static int gather(struct dedup_plan *p, GArray *messages, struct am_error *err)
{
	GArray *boxes =
		g_array_new(FALSE, FALSE, sizeof(struct am_archive_box));

	int r = am_archive_boxes(p->archive, take_box, boxes, err);
	for (guint i = 0; i < boxes->len; i++) {
		struct am_archive_box *box =
			&g_array_index(boxes, struct am_archive_box, i);
		struct gathering g = {p, box, messages};
		if (!r)
			r = am_archive_spots(p->archive, box->id, take_spot, &g,
			                     err);
		am_folder_unref(&box->folder);
	}
	g_array_free(boxes, TRUE);
	return r;
}

/* ---- groups ---- */

static int compare_keys(const struct dedup_plan *p, const struct spot *a,
                        const struct spot *b)
{
	const struct dedup_fact *x = dedup_facts_at(p->facts, a->fact);
	const struct dedup_fact *y = dedup_facts_at(p->facts, b->fact);
	int c = memcmp(x->key, y->key, sizeof x->key);

	if (!c && p->options.within_folder)
		c = (a->folder > b->folder) - (a->folder < b->folder);
	return c;
}

static gint by_key(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct spot *x = a, *y = b;
	int c = compare_keys(user, x, y);

	if (!c)
		c = x->rank - y->rank;
	return c ? c
	         : (x->placement > y->placement) -
	                       (x->placement < y->placement);
}

static gint by_kept(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct dedup_plan *p = user;
	const struct range *x = a, *y = b;
	int64_t m = g_array_index(p->spots, struct spot, x->first).placement;
	int64_t n = g_array_index(p->spots, struct spot, y->first).placement;

	return (m > n) - (m < n);
}

static void find_groups(struct dedup_plan *p)
{
	struct range g = {.end = 0};

	g_array_sort_with_data(p->spots, by_key, p);
	while ((g.first = g.end) < p->spots->len) {
		const struct spot *first =
			&g_array_index(p->spots, struct spot, g.first);
		for (g.end++; g.end < p->spots->len; g.end++)
			if (compare_keys(p, first,
			                 &g_array_index(p->spots, struct spot,
			                                g.end)))
				break;
		if (g.end - g.first < 2)
			continue;
		g_array_append_val(p->groups, g);
		p->counts.go += g.end - g.first - 1;
	}
	p->counts.groups = p->groups->len;
	g_array_sort_with_data(p->groups, by_kept, p);
}

int dedup_plan_make(struct dedup_plan **out, struct am_archive *archive,
                    struct am_ctx *ctx, const struct dedup_options *options,
                    struct am_error *err)
{
	struct dedup_plan *p = g_new0(struct dedup_plan, 1);
	GArray *messages = g_array_new(FALSE, FALSE, sizeof(int64_t));

	p->archive = archive;
	p->ctx = ctx;
	p->options = *options;
	p->spots = g_array_new(FALSE, FALSE, sizeof(struct spot));
	p->groups = g_array_new(FALSE, FALSE, sizeof(struct range));
	p->copies = g_array_new(FALSE, FALSE, sizeof(struct dedup_copy));
	int r = gather(p, messages, err);
	if (!r)
		r = dedup_facts_read(&p->facts, archive, ctx, options->by,
		                     (const int64_t *)(void *)messages->data,
		                     messages->len, &p->counts, err);
	for (guint i = 0; i < messages->len && !r; i++)
		g_array_index(p->spots, struct spot, i).fact = dedup_facts_find(
			p->facts, g_array_index(messages, int64_t, i));
	g_array_free(messages, TRUE);
	if (r) {
		dedup_plan_free(&p);
		return r;
	}
	p->counts.copies = p->spots->len;
	find_groups(p);
	*out = p;
	return AM_OK;
}

void dedup_plan_free(struct dedup_plan **plan)
{
	struct dedup_plan *p = *plan;

	*plan = NULL;
	if (!p)
		return;
	dedup_facts_free(&p->facts);
	g_array_free(p->spots, TRUE);
	g_array_free(p->groups, TRUE);
	g_array_free(p->copies, TRUE);
	g_free(p);
}

const struct dedup_counts *dedup_plan_counts(const struct dedup_plan *plan)
{
	return &plan->counts;
}

/* ---- handing out ---- */

/* How far from what was received: struct am_message.exactness of the copy. */
struct exactness {
	int64_t placement;
	enum am_exactness exactness;
};

static int find_exactness(void *user, const struct am_archive_placement *p,
                          struct am_error *err)
{
	struct exactness *e = user;

	(void)err;
	if (p->id == e->placement)
		e->exactness = p->meta->exactness;
	return AM_OK;
}

/* Original bytes stay rather than what was composed or unquoted. */
static int prefer_exact(struct dedup_plan *p, struct am_error *err)
{
	guint best = 0;
	enum am_exactness least = AM_SYNTHESISED;

	for (guint i = 0; i < p->copies->len; i++) {
		struct dedup_copy *c =
			&g_array_index(p->copies, struct dedup_copy, i);
		struct exactness e = {c->placement, AM_SYNTHESISED};
		int r = am_archive_placements(p->archive, c->message,
		                              find_exactness, &e, err);
		if (r)
			return r;
		if (!i || e.exactness < least) {
			least = e.exactness;
			best = i;
		}
	}
	struct dedup_copy *all =
		&g_array_index(p->copies, struct dedup_copy, 0);
	struct dedup_copy kept = all[best];
	memmove(all + 1, all, best * sizeof *all);
	all[0] = kept;
	return AM_OK;
}

static void add_copy(struct dedup_plan *p, const struct spot *spot)
{
	const struct dedup_copy copy = {
		.placement = spot->placement,
		.message = dedup_facts_at(p->facts, spot->fact)->message,
		.folder = spot->folder,
		.fact = spot->fact,
	};
	g_array_append_val(p->copies, copy);
}

static int hand_out(struct dedup_plan *p, dedup_group_fn *fn, void *user,
                    struct am_error *err)
{
	const struct dedup_group group = {
		(const struct dedup_copy *)(void *)p->copies->data,
		p->copies->len,
	};
	return fn(user, &group, err);
}

int dedup_plan_each(struct dedup_plan *p, dedup_group_fn *fn, void *user,
                    struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < p->groups->len && !r; i++) {
		const struct range *g =
			&g_array_index(p->groups, struct range, i);
		const struct spot *best =
			&g_array_index(p->spots, struct spot, g->first);
		bool one = true, equal = true;
		g_array_set_size(p->copies, 0);
		for (guint k = g->first; k < g->end; k++) {
			const struct spot *s =
				&g_array_index(p->spots, struct spot, k);
			one &= s->fact == best->fact;
			equal &= s->rank == best->rank;
			add_copy(p, s);
		}
		/* Only among those that are equally worth keeping. */
		if (!one && equal)
			r = prefer_exact(p, err);
		if (!r)
			r = hand_out(p, fn, user, err);
		if (!r && am_ctx_cancelled(p->ctx))
			r = am_ctx_fail_cancelled(err);
	}
	return r == AM_END ? AM_OK : r;
}

static gint by_placement(gconstpointer a, gconstpointer b)
{
	const struct dedup_copy *x = a, *y = b;

	return (x->placement > y->placement) - (x->placement < y->placement);
}

static gint by_mid(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct dedup_plan *p = user;
	const struct spot *x = *(const struct spot *const *)a;
	const struct spot *y = *(const struct spot *const *)b;
	uint64_t m = dedup_facts_at(p->facts, x->fact)->mid;
	uint64_t n = dedup_facts_at(p->facts, y->fact)->mid;

	if (m != n)
		return m < n ? -1 : 1;
	return by_key(x, y, user);
}

int dedup_plan_each_same_id(struct dedup_plan *p, dedup_group_fn *fn,
                            void *user, struct am_error *err)
{
	GPtrArray *all = g_ptr_array_new();
	int r = AM_OK;

	for (guint i = 0; i < p->spots->len; i++) {
		struct spot *s = &g_array_index(p->spots, struct spot, i);
		const struct dedup_fact *f = dedup_facts_at(p->facts, s->fact);
		if (f->mid && f->shares_mid)
			g_ptr_array_add(all, s);
	}
	g_ptr_array_sort_with_data(all, by_mid, p);
	for (guint i = 0, end; i < all->len && !r; i = end) {
		const struct spot *first = g_ptr_array_index(all, i);
		const struct dedup_fact *last =
			dedup_facts_at(p->facts, first->fact);
		uint64_t mid = last->mid;
		g_array_set_size(p->copies, 0);
		add_copy(p, first);
		for (end = i + 1; end < all->len; end++) {
			const struct spot *s = g_ptr_array_index(all, end);
			const struct dedup_fact *f =
				dedup_facts_at(p->facts, s->fact);
			if (f->mid != mid)
				break;
			if (memcmp(f->key, last->key, sizeof f->key) != 0)
				add_copy(p, s);
			last = f;
		}
		g_array_sort(p->copies, by_placement);
		if (p->copies->len > 1)
			r = hand_out(p, fn, user, err);
	}
	g_ptr_array_free(all, TRUE);
	return r == AM_END ? AM_OK : r;
}

void dedup_plan_why(const struct dedup_plan *p, const struct dedup_copy *kept,
                    const struct dedup_copy *copy, char out[DEDUP_WHY_ROOM])
{
	const struct dedup_fact *a = dedup_facts_at(p->facts, kept->fact);
	const struct dedup_fact *b = dedup_facts_at(p->facts, copy->fact);
	char headers[DEDUP_WHY_ROOM / 2];

	am_alike_print_headers(a->headers | b->headers, headers,
	                       sizeof headers);
	if (a == b)
		g_strlcpy(out, "the same bytes", DEDUP_WHY_ROOM);
	else if (a->lf == b->lf)
		g_strlcpy(out, "the same but for line ends", DEDUP_WHY_ROOM);
	else if (a->stored && a->stored == b->stored && *headers)
		g_snprintf(out, DEDUP_WHY_ROOM,
		           "the same but for what mailboxes add (%s)", headers);
	else if (a->stored && a->stored == b->stored)
		g_strlcpy(out, "the same but for line ends at the end",
		          DEDUP_WHY_ROOM);
	else if (a->content && a->content == b->content)
		g_strlcpy(out,
		          "the same Message-ID, sender, date, subject, "
		          "recipients and text; the rest of the header differs",
		          DEDUP_WHY_ROOM);
	else
		g_strlcpy(out, "the same Message-ID; the content DIFFERS",
		          DEDUP_WHY_ROOM);
}
