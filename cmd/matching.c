/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/matching_impl.h"

#include "base/arena.h"
#include "cmd/lister.h"
#include "cmd/session.h"
#include "model/folder.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

static uint32_t folder_id(struct matching *m, const struct am_folder *folder)
{
	char *name = am_folder_print(folder);
	/* INBOX in any case and the top of a single box are one place. */
	if (!*name || !g_ascii_strcasecmp(name, "INBOX")) {
		g_free(name);
		name = g_strdup("INBOX");
	}
	guint id = GPOINTER_TO_UINT(g_hash_table_lookup(m->folder_ids, name));
	if (id) {
		g_free(name);
		return id - 1;
	}
	g_ptr_array_add(m->folders, name);
	id = m->folders->len;
	g_hash_table_insert(m->folder_ids, name, GUINT_TO_POINTER(id));
	return id - 1;
}

static int compare_words(const void *a, const void *b)
{
	return g_ascii_strcasecmp(*(const char *const *)a,
	                          *(const char *const *)b);
}

/* The same for the same keywords in whatever order. */
static uint32_t hash_words(const struct am_message *msg)
{
	size_t n = msg->n_keywords;
	uint32_t hash = 5381;

	if (!n)
		return 0;
	const char **sorted = g_memdup2(msg->keywords, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, compare_words);
	for (size_t i = 0; i < n; i++) {
		for (const char *p = sorted[i]; *p; p++)
			hash = hash * 33 + (uint8_t)g_ascii_tolower(*p);
		hash = hash * 33 + '\n';
	}
	g_free(sorted);
	return hash;
}

struct reading {
	struct matching *m;
	struct side *side;
};

static int add_entry(void *user, const struct lister_item *item,
                     struct am_error *err)
{
	struct reading *reading = user;
	const struct am_message *msg = item->msg;
	struct entry entry = {0};

	(void)err;
	if (!msg)
		return AM_OK;
	memcpy(entry.raw, item->digest.raw, sizeof entry.raw);
	memcpy(entry.lf, item->digest.lf, sizeof entry.lf);
	entry.folder = folder_id(reading->m, msg->folder);
	entry.flags = msg->flags;
	entry.received = msg->received.known ? msg->received.sec : INT64_MIN;
	entry.words = hash_words(msg);
	g_array_append_val(reading->side->entries, entry);
	return AM_OK;
}

/* ---- pairing: both sides sorted by a key, then walked together
 * ---------------- */

typedef int compare_fn(const struct entry *x, const struct entry *y);

static int by_all(const struct entry *x, const struct entry *y)
{
	int c = memcmp(x->raw, y->raw, sizeof x->raw);

	if (c)
		return c;
	if (x->folder != y->folder)
		return x->folder < y->folder ? -1 : 1;
	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	if (x->words != y->words)
		return x->words < y->words ? -1 : 1;
	return x->received < y->received ? -1 : x->received > y->received;
}

static int by_place(const struct entry *x, const struct entry *y)
{
	int c = memcmp(x->raw, y->raw, sizeof x->raw);

	if (c)
		return c;
	return x->folder < y->folder ? -1 : x->folder > y->folder;
}

static int by_bytes(const struct entry *x, const struct entry *y)
{
	return memcmp(x->raw, y->raw, sizeof x->raw);
}

static int by_lf(const struct entry *x, const struct entry *y)
{
	return memcmp(x->lf, y->lf, sizeof x->lf);
}

static gint compare_pointers(gconstpointer a, gconstpointer b, gpointer user)
{
	struct entry *const *x = a, *const *y = b;
	compare_fn *const *compare = user;
	int c = (*compare)(*x, *y);

	if (c)
		return c;
	/* Copies of one message: those with like flags meet each other. */
	if ((*x)->flags != (*y)->flags)
		return (*x)->flags < (*y)->flags ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static GPtrArray *sorted_left(const struct side *side, compare_fn *compare)
{
	GPtrArray *left = g_ptr_array_new();

	for (guint i = 0; i < side->entries->len; i++) {
		struct entry *e =
			&g_array_index(side->entries, struct entry, i);
		if (!e->matched)
			g_ptr_array_add(left, e);
	}
	g_ptr_array_sort_with_data(left, compare_pointers, &compare);
	return left;
}

static void name_difference(GPtrArray *names, const struct matching *m,
                            const struct entry *a, const char *what)
{
	char hex[17];

	if (names->len >= MATCHING_NAMED)
		return;
	am_hex(a->raw, 8, hex);
	g_ptr_array_add(names, g_strdup_printf("%s: %s: %s",
	                                       (char *)g_ptr_array_index(
						       m->folders, a->folder),
	                                       hex, what));
}

static char *flag_words(uint32_t flags)
{
	GString *words = g_string_new(NULL);

	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (flags & (1u << i))
			g_string_append_printf(
				words, "%s%s", words->len ? "," : "",
				am_flag_name((enum am_flag)(1u << i)));
	return g_string_free(words, FALSE);
}

/* What else differs between two messages with the same bytes. */
static void compare_meta(struct matching *m, const struct entry *a,
                         const struct entry *b)
{
	if (a->flags != b->flags || a->words != b->words) {
		char *fa = flag_words(a->flags), *fb = flag_words(b->flags);
		char *what = g_strdup_printf(
			"flags %s / %s%s", *fa ? fa : "-", *fb ? fb : "-",
			a->words != b->words ? ", other keywords" : "");
		m->flags++;
		name_difference(m->flag_names, m, a, what);
		g_free(what);
		g_free(fa);
		g_free(fb);
	}
	if (a->received != b->received) {
		char ta[AM_TIME_ROOM], tb[AM_TIME_ROOM];
		am_time_iso(
			&(struct am_when){.sec = a->received,
		                          .known = a->received != INT64_MIN},
			ta);
		am_time_iso(
			&(struct am_when){.sec = b->received,
		                          .known = b->received != INT64_MIN},
			tb);
		char *what = g_strdup_printf("received %s / %s", *ta ? ta : "-",
		                             *tb ? tb : "-");
		m->dates++;
		name_difference(m->date_names, m, a, what);
		g_free(what);
	}
}

static void name_moved(struct matching *m, const struct entry *a,
                       const struct entry *b)
{
	char *what = g_strdup_printf("in %s", (const char *)g_ptr_array_index(
						      m->folders, b->folder));

	name_difference(m->moved_names, m, a, what);
	g_free(what);
}

static void pair_up(struct matching *m, compare_fn *compare, uint64_t *count)
{
	GPtrArray *a = sorted_left(&m->a, compare);
	GPtrArray *b = sorted_left(&m->b, compare);
	guint i = 0, j = 0;

	while (i < a->len && j < b->len) {
		struct entry *x = g_ptr_array_index(a, i);
		struct entry *y = g_ptr_array_index(b, j);
		int c = compare(x, y);
		if (c < 0) {
			i++;
		} else if (c > 0) {
			j++;
		} else {
			x->matched = y->matched = true;
			++*count;
			compare_meta(m, x, y);
			if (x->folder != y->folder)
				name_moved(m, x, y);
			i++;
			j++;
		}
	}
	g_ptr_array_unref(a);
	g_ptr_array_unref(b);
}

static int read_side(struct matching *m, struct side *side)
{
	struct reading reading = {m, side};
	const struct lister lister = {
		.each = add_entry,
		.user = &reading,
		.phase = "reading",
	};

	m->s->subject = side->name;
	return lister_run(m->s, side->place, &lister);
}

int matching_read(struct matching **out, struct session *s,
                  const struct am_place *a, const char *name_a,
                  const struct am_place *b, const char *name_b)
{
	struct matching *m = g_new0(struct matching, 1);

	*out = m;
	m->s = s;
	m->a = (struct side){.name = name_a, .place = a};
	m->b = (struct side){.name = name_b, .place = b};
	m->folder_ids = g_hash_table_new(g_str_hash, g_str_equal);
	m->folders = g_ptr_array_new_with_free_func(g_free);
	m->flag_names = g_ptr_array_new_with_free_func(g_free);
	m->date_names = g_ptr_array_new_with_free_func(g_free);
	m->moved_names = g_ptr_array_new_with_free_func(g_free);
	m->changed_names = g_ptr_array_new_with_free_func(g_free);
	m->changed_why =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct side *const sides[] = {&m->a, &m->b};
	for (size_t i = 0; i < AM_COUNT(sides); i++) {
		sides[i]->entries =
			g_array_new(FALSE, FALSE, sizeof(struct entry));
		sides[i]->names = g_ptr_array_new_with_free_func(g_free);
		sides[i]->left =
			g_ptr_array_new_with_free_func(matching_left_free);
	}
	for (size_t i = 0; i < AM_COUNT(sides); i++)
		if (read_side(m, sides[i]))
			return AM_FATAL;
	/* Of several copies those that agree in all belong together. */
	pair_up(m, by_all, &m->same);
	pair_up(m, by_place, &m->same);
	pair_up(m, by_bytes, &m->moved);
	pair_up(m, by_lf, &m->line_ends);
	return matching_changed(m);
}

void matching_free(struct matching **matching)
{
	struct matching *m = *matching;

	*matching = NULL;
	if (!m)
		return;
	g_array_unref(m->a.entries);
	g_array_unref(m->b.entries);
	g_ptr_array_unref(m->a.names);
	g_ptr_array_unref(m->b.names);
	g_hash_table_unref(m->folder_ids);
	g_ptr_array_unref(m->folders);
	g_ptr_array_unref(m->flag_names);
	g_ptr_array_unref(m->date_names);
	g_ptr_array_unref(m->moved_names);
	g_ptr_array_unref(m->changed_names);
	g_hash_table_unref(m->changed_why);
	g_ptr_array_unref(m->a.left);
	g_ptr_array_unref(m->b.left);
	g_free(m);
}

bool matching_bytes_equal(const struct matching *matching)
{
	return !matching->a.unmatched && !matching->b.unmatched &&
	       !matching->line_ends && !matching->changed;
}

bool matching_content_equal(const struct matching *matching)
{
	return !matching->a.unmatched && !matching->b.unmatched &&
	       !matching->other_text;
}

bool matching_all_equal(const struct matching *matching)
{
	return matching_bytes_equal(matching) && !matching->moved &&
	       !matching->flags && !matching->dates;
}
