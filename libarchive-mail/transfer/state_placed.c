/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in the target messages lie, as runs of numbers on both sides: a folder
 * that was copied in one go is one run.
 */
#include "transfer/state_impl.h"

#include "model/folder.h"

#include <string.h>

enum { BOXES_MOST = 1 << 20 };

static void box_free(void *data)
{
	struct am_box *box = data;

	if (!box)
		return;
	g_free((char *)box->name);
	g_free(box);
}

GPtrArray *am_state_boxes_new(void)
{
	return g_ptr_array_new_with_free_func(box_free);
}

static uint32_t box_of(struct am_state *s, const char *name,
                       uint32_t uidvalidity)
{
	/* Mostly the one of the message before. */
	for (guint i = s->boxes->len; i-- > 0;) {
		const struct am_box *box = s->boxes->pdata[i];
		if (box && box->uidvalidity == uidvalidity &&
		    !strcmp(box->name, name))
			return i;
	}
	struct am_box *box = g_new0(struct am_box, 1);
	box->name = g_strdup(name);
	box->uidvalidity = uidvalidity;
	g_ptr_array_add(s->boxes, box);
	return s->boxes->len - 1;
}

static void append(struct place *p, struct run one)
{
	struct run *last = p->runs->len ? &g_array_index(p->runs, struct run,
	                                                 p->runs->len - 1)
	                                : NULL;
	if (last && last->uidvalidity == one.uidvalidity &&
	    last->box == one.box && last->n < UINT32_MAX &&
	    (uint64_t)last->first + last->n == one.first &&
	    (uint64_t)last->box_first + last->n == one.box_first)
		last->n++;
	else
		g_array_append_val(p->runs, one);
}

void am_state_placed(struct am_state *s, const char *source,
                     const struct am_placed *what)
{
	if (!source || !what->uid || !what->uidvalidity || !what->box_uid ||
	    !what->box_uidvalidity)
		return;
	g_mutex_lock(&s->lock);
	struct place *p = am_state_place(s, source, what->folder, true);
	const struct run one = {
		.uidvalidity = what->uidvalidity,
		.first = what->uid,
		.box = box_of(s, what->box, what->box_uidvalidity),
		.box_first = what->box_uid,
		.n = 1,
	};
	append(p, one);
	g_mutex_unlock(&s->lock);
}

void am_state_runs_lost(struct place *p, uint32_t uidvalidity, uint32_t uid)
{
	for (guint i = p->runs->len; i-- > 0;) {
		struct run *run = &g_array_index(p->runs, struct run, i);
		if (run->uidvalidity != uidvalidity || uid < run->first ||
		    uid - run->first >= run->n)
			continue;
		uint32_t before = uid - run->first;
		struct run rest = *run;
		rest.first += before + 1;
		rest.box_first += before + 1;
		rest.n -= before + 1;
		run->n = before;
		if (!before)
			g_array_remove_index(p->runs, i);
		if (rest.n)
			g_array_append_val(p->runs, rest);
	}
}

void am_state_runs_renumber(struct place *p, const struct am_change *change)
{
	for (guint i = 0; i < p->runs->len; i++) {
		struct run one = g_array_index(p->runs, struct run, i);
		uint32_t before = change->uid - one.first;
		if (one.uidvalidity != change->uidvalidity ||
		    change->uid < one.first || before >= one.n)
			continue;
		am_state_runs_lost(p, change->uidvalidity, change->uid);
		one.uidvalidity = change->new_uidvalidity;
		one.first = change->new_uid;
		one.box_first += before;
		one.n = 1;
		append(p, one);
		return;
	}
}

/* ---- the file ---- */

void am_state_boxes_write(const struct am_state *s, GKeyFile *file)
{
	for (guint i = 0; i < s->boxes->len; i++) {
		const struct am_box *box = s->boxes->pdata[i];
		char group[32];
		if (!box)
			continue;
		g_snprintf(group, sizeof group, "box %u", i);
		char *name = g_strescape(box->name, NULL);
		g_key_file_set_string(file, group, "name", name);
		g_free(name);
		g_key_file_set_uint64(file, group, "uidvalidity",
		                      box->uidvalidity);
		g_key_file_set_uint64(file, group, "uidnext", box->uidnext);
		g_key_file_set_uint64(file, group, "messages", box->messages);
		if (box->renamed)
			g_key_file_set_boolean(file, group, "renamed", TRUE);
	}
}

void am_state_box_read(struct am_state *s, GKeyFile *file, const char *group)
{
	char *name = g_key_file_get_string(file, group, "name", NULL);
	guint64 i;

	if (name && g_ascii_string_to_unsigned(group + 4, 10, 0, BOXES_MOST, &i,
	                                       NULL)) {
		struct am_box *box = g_new0(struct am_box, 1);
		box->name = g_strcompress(name);
		box->uidvalidity = (uint32_t)g_key_file_get_uint64(
			file, group, "uidvalidity", NULL);
		box->uidnext = (uint32_t)g_key_file_get_uint64(file, group,
		                                               "uidnext", NULL);
		box->messages =
			g_key_file_get_uint64(file, group, "messages", NULL);
		box->renamed =
			g_key_file_get_boolean(file, group, "renamed", NULL);
		while (s->boxes->len <= i)
			g_ptr_array_add(s->boxes, NULL);
		box_free(s->boxes->pdata[i]);
		s->boxes->pdata[i] = box;
	}
	g_free(name);
}

/* A line for each box and UIDVALIDITY: "1:101:50,60:151:3". */
void am_state_runs_write(const struct place *p, GKeyFile *file,
                         const char *group)
{
	GHashTable *keys =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter it;
	gpointer key, text;

	for (guint i = 0; i < p->runs->len; i++) {
		const struct run *run = &g_array_index(p->runs, struct run, i);
		char name[48];
		g_snprintf(name, sizeof name, "there-%u-%u", run->box,
		           run->uidvalidity);
		GString *out = g_hash_table_lookup(keys, name);
		if (!out) {
			out = g_string_new(NULL);
			g_hash_table_insert(keys, g_strdup(name), out);
		}
		g_string_append_printf(out, "%s%u:%u:%u", out->len ? "," : "",
		                       run->first, run->box_first, run->n);
	}
	g_hash_table_iter_init(&it, keys);
	while (g_hash_table_iter_next(&it, &key, &text)) {
		g_key_file_set_string(file, group, key, ((GString *)text)->str);
		g_string_free(text, TRUE);
	}
	g_hash_table_destroy(keys);
}

static bool number(const char **at, char end, uint32_t *out)
{
	char *stop;
	guint64 n = g_ascii_strtoull(*at, &stop, 10);

	if (stop == *at || n > UINT32_MAX || *stop != end)
		return false;
	*out = (uint32_t)n;
	*at = stop + (end ? 1 : 0);
	return true;
}

bool am_state_runs_read(struct place *p, GKeyFile *file, const char *group,
                        const char *key)
{
	struct run run = {0};
	const char *at = key + 6;

	if (!g_str_has_prefix(key, "there-"))
		return false;
	if (!number(&at, '-', &run.box) || run.box > BOXES_MOST ||
	    !number(&at, '\0', &run.uidvalidity))
		return true;
	char *text = g_key_file_get_string(file, group, key, NULL);
	char **words = g_strsplit(text ? text : "", ",", -1);
	for (char **w = words; *w; w++) {
		at = *w;
		if (number(&at, ':', &run.first) &&
		    number(&at, ':', &run.box_first) &&
		    number(&at, '\0', &run.n) && run.n && run.first &&
		    run.n - 1 <= UINT32_MAX - MAX(run.first, run.box_first))
			g_array_append_val(p->runs, run);
	}
	g_strfreev(words);
	g_free(text);
	return true;
}

/* ---- what is there no more ---- */

static gint by_number(gconstpointer a, gconstpointer b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* All numbers of that box that something is remembered by, ascending. */
static GArray *numbers_in(const struct am_state *s, guint box)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct place *p = value;
		for (guint i = 0; i < p->runs->len; i++) {
			const struct run *run =
				&g_array_index(p->runs, struct run, i);
			for (uint32_t k = 0; run->box == box && k < run->n;
			     k++) {
				uint32_t uid = run->box_first + k;
				g_array_append_val(all, uid);
			}
		}
	}
	g_array_sort(all, by_number);
	return all;
}

static bool has(const uint32_t *uids, size_t n, uint32_t uid)
{
	return n && bsearch(&uid, uids, n, sizeof *uids, by_number);
}

/* Those of one place that are missing: their own numbers. */
static GArray *gone_of(const struct place *p, guint box, const uint32_t *uids,
                       size_t n)
{
	GArray *gone = g_array_new(FALSE, FALSE, sizeof(struct run));

	for (guint i = 0; i < p->runs->len; i++) {
		const struct run *run = &g_array_index(p->runs, struct run, i);
		for (uint32_t k = 0; run->box == box && k < run->n; k++) {
			struct run one = *run;
			one.first += k;
			if (has(uids, n, run->box_first + k))
				g_array_append_val(gone, one);
		}
	}
	return gone;
}

static void take_missing(struct am_state *s, guint box, const uint32_t *uids,
                         size_t n, bool forget, am_state_gone_fn *told,
                         void *user)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->places);
	while (n && g_hash_table_iter_next(&it, NULL, &value)) {
		struct place *p = value;
		GArray *gone = gone_of(p, box, uids, n);
		if (gone->len)
			told(user, p->path, gone->len);
		for (guint i = 0; forget && i < gone->len; i++) {
			const struct run *one =
				&g_array_index(gone, struct run, i);
			am_state_place_lost(p, one->uidvalidity, one->first);
			/* It said that there was nothing to ask for. */
			g_clear_pointer(&p->cursor, g_free);
		}
		g_array_free(gone, TRUE);
	}
}

/* Of the one folder that is in that box, or NULL. */
static const char *path_in(const struct am_state *s, guint box)
{
	const char *path = NULL;
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct place *p = value;
		bool in = false;
		for (guint i = 0; !in && i < p->runs->len; i++)
			in = g_array_index(p->runs, struct run, i).box == box;
		if (in && path && strcmp(path, p->path) != 0)
			return NULL;
		if (in)
			path = p->path;
	}
	return path;
}

static gboolean is_in(gpointer key, gpointer value, gpointer box)
{
	const struct place *p = value;

	(void)key;
	for (guint i = 0; i < p->runs->len; i++)
		if (g_array_index(p->runs, struct run, i).box ==
		    GPOINTER_TO_UINT(box))
			return TRUE;
	return FALSE;
}

int am_state_check_placed(struct am_state *s, struct am_sink *sink, bool forget,
                          am_state_gone_fn *told, void *user,
                          struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < s->boxes->len && r != AM_FATAL; i++) {
		struct am_box *box = s->boxes->pdata[i];
		GArray *uids = numbers_in(s, i);
		struct am_missing what = {
			.box = box,
			.path = path_in(s, i),
			.all = (const struct am_box *const *)s->boxes->pdata,
			.n_all = s->boxes->len,
			.uids = (uint32_t *)uids->data,
			.n = uids->len,
		};
		if (!what.n || !box) {
			box_free(g_steal_pointer(&s->boxes->pdata[i]));
			g_array_free(uids, TRUE);
			continue;
		}
		struct am_box then = *box;
		r = sink->ops->missing(sink, &what, err);
		then.name = box->name;
		then.renamed = box->renamed;
		box->uidvalidity = then.uidvalidity;
		/* What stays away is told every time. */
		if (r || (what.n && !forget))
			*box = then;
		g_mutex_lock(&s->lock);
		/* Numbered anew: all of it is compared, as if for the first
		 * time. */
		if (r == AM_END)
			g_hash_table_foreach_remove(s->places, is_in,
			                            GUINT_TO_POINTER(i));
		else if (!r)
			take_missing(s, i, what.uids, what.n, forget, told,
			             user);
		g_mutex_unlock(&s->lock);
		g_array_free(uids, TRUE);
	}
	return r == AM_FATAL ? r : AM_OK;
}
