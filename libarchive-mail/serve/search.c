/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a search: an index is asked once for each text, then every row is
 * probed.  A message that cannot be read matches nothing, and that is told.
 */
#include "serve/search_impl.h"

#include <string.h>

/* What an index knows; where it does not, messages are read. */
static void ask_index(struct am_session *s, struct am_crit *c)
{
	bool texts = c->kind == AM_CRIT_BODY || c->kind == AM_CRIT_TEXT;

	for (guint i = 0; c->children && i < c->children->len; i++)
		ask_index(s, c->children->pdata[i]);
	if (texts && s->house->find && *c->text)
		c->asked = !s->house->find(s->house->find_user, s->vault,
		                           c->text, c->kind == AM_CRIT_TEXT,
		                           &c->found, NULL);
}

bool am_search_run(struct am_session *s, struct am_search *search, GArray *uids,
                   uint64_t *highest)
{
	struct am_probe *probe = am_probe_new(s);
	struct am_error err = {0}, first = {0};
	unsigned failed = 0;

	*highest = 0;
	ask_index(s, search->root);
	for (size_t i = 0; i < s->snap->n && !s->dead; i++) {
		const struct am_row *row = &s->snap->rows[i];
		int r = am_probe_meets(probe, row, search->root, &err);
		if (r < 0 && !failed++)
			first = err;
		if (r)
			continue;
		g_array_append_val(uids, row->uid);
		*highest = MAX(*highest, row->modseq);
	}
	am_probe_free(&probe);
	if (!failed)
		return true;
	am_no(s, "[UNAVAILABLE] %u messages could not be read: %s", failed,
	      first.text);
	return false;
}
