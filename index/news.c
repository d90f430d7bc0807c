/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/news.h"

#include "index/index_impl.h"

#include "store/archive.h"

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_once(GArray *ids)
{
	uint32_t *data = (uint32_t *)(void *)ids->data;
	guint n = 0;

	g_array_sort(ids, by_id);
	for (guint i = 0; i < ids->len; i++)
		if (!n || data[n - 1] != data[i])
			data[n++] = data[i];
	g_array_set_size(ids, n);
}

/* One that nobody shows is indexed too, since it may come back; not when its
 * bytes are gone. */
static int is_there(struct am_archive *archive,
                    const struct am_archive_change *change, bool *out,
                    struct am_error *err)
{
	struct am_archive_message m;

	*out = true;
	if (!change->gone)
		return AM_OK;
	int r = am_archive_message(archive, change->message, &m, err);
	*out = !r && !m.dropped;
	return r;
}

int am_news_read(struct am_news *news, const struct am_state *state,
                 struct am_archive *archive, struct am_error *err)
{
	struct am_archive_change changes[256];
	size_t got = 0;
	int r;

	news->ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	news->gone = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	news->back = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	news->seq = state->seq;
	while ((r = am_archive_changes(archive, news->seq, changes,
	                               AM_COUNT(changes), &got, err)) ==
	               AM_OK &&
	       got) {
		for (size_t i = 0; i < got; i++) {
			/* Several shards share Xapian's 32 bits. */
			if (changes[i].message < 1 ||
			    changes[i].message > UINT32_MAX / 16)
				return am_fail(err, AM_FAILED, AM_E_LIMIT,
				               "message %" PRIi64
				               ": too many for the index",
				               changes[i].message);
			uint32_t id = (uint32_t)changes[i].message;
			bool there;
			int s = is_there(archive, &changes[i], &there, err);
			if (s)
				return s;
			if (id > state->last && there)
				g_array_append_val(news->ids, id);
			g_array_append_vals(changes[i].gone ? news->gone
			                                    : news->back,
			                    &id, 1);
			news->seq = changes[i].seq;
		}
	}
	sort_once(news->ids);
	sort_once(news->gone);
	sort_once(news->back);
	return r == AM_END ? AM_OK : r;
}

void am_news_clear(struct am_news *news)
{
	if (news->ids)
		g_array_unref(news->ids);
	if (news->gone)
		g_array_unref(news->gone);
	if (news->back)
		g_array_unref(news->back);
}
