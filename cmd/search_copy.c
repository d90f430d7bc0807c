/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --copy-to: the result set becomes a mailbox of any format. */
#include "cmd/search_impl.h"

#include "cmd/cmd.h"
#include "cmd/copy_picked.h"
#include "cmd/session.h"

#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int search_copy(struct search *q)
{
	struct copy_pick *picks = g_new0(struct copy_pick, q->n_in + 1);
	size_t n = 0;
	guint first, shown;
	int status;

	search_page(q, &first, &shown);
	for (size_t i = 0; i < q->n_in; i++) {
		GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
		for (guint k = first; k < first + shown; k++) {
			const struct found *f =
				&g_array_index(q->found, struct found, k);
			if (f->in == &q->in[i])
				g_array_append_val(ids, f->id);
		}
		g_array_sort(ids, by_number);
		picks[i].archive = q->in[i].in.name;
		picks[i].n = ids->len;
		picks[i].ids =
			(const int64_t *)(void *)g_array_free(ids, FALSE);
		n += picks[i].n;
	}
	if (n) {
		status = copy_picked(q->s, picks, q->n_in, q->o->copy_to);
	} else {
		session_say(q->s, "nothing found, nothing copied");
		status = EXIT_DONE;
	}
	for (size_t i = 0; i < q->n_in; i++)
		g_free((int64_t *)picks[i].ids);
	g_free(picks);
	return status;
}
