/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/join.h"

#include "index/lists.h"

#include <glib.h>

#include <string.h>

struct input {
	struct am_list_reader *lists;
	const uint32_t *moved;
	uint32_t documents;
	const uint8_t *name; /* of the list at hand */
	size_t len;
	uint64_t begin; /* of the name, to be compared at once */
};

struct joining {
	struct input **heap; /* the least name on top */
	size_t n;
	GArray *list; /* struct am_posting */
};

static int compare(const struct input *a, const struct input *b)
{
	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	int c = memcmp(a->name, b->name, MIN(a->len, b->len));
	return c ? c : (a->len > b->len) - (a->len < b->len);
}

static void sift_down(struct joining *j, size_t i)
{
	for (;;) {
		size_t least = i;
		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < j->n; k++)
			if (compare(j->heap[k], j->heap[least]) < 0)
				least = k;
		if (least == i)
			return;
		struct input *swap = j->heap[i];
		j->heap[i] = j->heap[least];
		j->heap[least] = swap;
		i = least;
	}
}

static int advance(struct input *in, struct am_error *err)
{
	int r = am_list_next(in->lists, &in->name, &in->len, err);

	if (r)
		return r;
	in->begin = 0;
	memcpy(&in->begin, in->name, MIN(in->len, 8));
	in->begin = GUINT64_FROM_BE(in->begin);
	return AM_OK;
}

/* The list at hand of one input behind what is there, under new numbers. */
static int take(struct joining *j, struct input *in, struct am_error *err)
{
	guint at = j->list->len;
	int r = am_list_read(in->lists, j->list, err);

	for (guint i = at; !r && i < j->list->len; i++) {
		struct am_posting *p =
			&g_array_index(j->list, struct am_posting, i);
		if (!p->document || p->document > in->documents)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "the index is damaged (a document "
			               "without a place): mailark index "
			               "--rebuild makes it anew");
		p->document = in->moved[p->document - 1];
	}
	return r;
}

/* The next list of all that have it; AM_END: there is none. */
static int join_next(struct joining *j, struct am_list_writer *w,
                     struct am_error *err)
{
	uint8_t name[AM_GLASS_KEY_MAX];
	struct input same = {.name = name};
	int r = AM_OK;

	if (!j->n)
		return AM_END;
	same.begin = j->heap[0]->begin;
	same.len = j->heap[0]->len;
	memcpy(name, j->heap[0]->name, same.len);
	g_array_set_size(j->list, 0);
	while (!r && j->n && compare(j->heap[0], &same) == 0) {
		r = take(j, j->heap[0], err);
		if (!r)
			r = advance(j->heap[0], err);
		if (r == AM_END) {
			j->heap[0] = j->heap[--j->n];
			r = AM_OK;
		}
		sift_down(j, 0);
	}
	if (r)
		return r;
	const struct am_posting *p = (const void *)j->list->data;
	am_postings_sort((struct am_posting *)(void *)j->list->data,
	                 j->list->len);
	return name[0] == 0
	               ? am_list_lengths(w, p, j->list->len, err)
	               : am_list_term(w, name, same.len, p, j->list->len, err);
}

static int start(struct joining *j, struct input *in, const char *const *dirs,
                 size_t n, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++) {
		r = am_list_reader_open(&in[i].lists, dirs[i], err);
		if (!r)
			r = advance(&in[i], err);
		if (!r)
			j->heap[j->n++] = &in[i];
		if (r == AM_END)
			r = AM_OK;
	}
	for (size_t i = j->n / 2 + 1; i-- > 0;)
		sift_down(j, i);
	return r;
}

int am_join_lists(const char *const *dirs, size_t n, const char *to,
                  uint32_t *const *moved, const uint32_t *documents,
                  struct am_error *err)
{
	struct input *in = g_new0(struct input, n + 1);
	struct joining j = {.heap = g_new0(struct input *, n + 1)};
	struct am_list_writer w;
	int r = am_list_writer_open(&w, to, err);

	j.list = g_array_new(FALSE, FALSE, sizeof(struct am_posting));
	for (size_t i = 0; i < n; i++) {
		in[i].moved = moved[i];
		in[i].documents = documents[i];
	}
	if (!r)
		r = start(&j, in, dirs, n, err);
	while (!r)
		r = join_next(&j, &w, err);
	if (r == AM_END)
		r = am_list_writer_finish(&w, err);
	am_list_writer_clear(&w);
	for (size_t i = 0; i < n; i++)
		am_list_reader_close(&in[i].lists);
	g_array_unref(j.list);
	g_free(j.heap);
	g_free(in);
	return r;
}
