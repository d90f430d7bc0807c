/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/stored.h"

#include <string.h>

uint32_t am_imap_stored_words(const char *const *keywords, size_t n_keywords,
                              const char *const *labels, size_t n_labels)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n_keywords; i++)
		sum += g_str_hash(keywords[i]) * 2654435761u;
	for (size_t i = 0; i < n_labels; i++)
		sum += g_str_hash(labels[i]) * 40503u + 1;
	return sum;
}

uint64_t am_imap_stored_id(const char *message_id, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	bool any = false;

	for (size_t i = 0; i < len; i++) {
		char c = message_id[i];
		if (strchr("<> \t\r\n", c))
			continue;
		hash = (hash ^ (uint8_t)c) * UINT64_C(1099511628211);
		any = true;
	}
	return any ? hash | 1 : 0;
}

struct loading {
	struct am_imap_stored *stored;
	uint32_t uidvalidity;
};

static int take(void *user, const struct am_remembered *what,
                struct am_error *err)
{
	struct loading *l = user;
	uint32_t words = am_imap_stored_words(what->keywords, what->n_keywords,
	                                      what->labels, what->n_labels);

	(void)err;
	if (!what->uid)
		return AM_OK;
	if (what->uidvalidity == l->uidvalidity) {
		struct am_imap_stored_one one = {what->uid, what->flags, words,
		                                 what->gone};
		g_array_append_val(l->stored->now, one);
	} else if (!what->gone) {
		const char *id = what->message_id;
		struct am_imap_stored_old old = {
			.uidvalidity = what->uidvalidity,
			.uid = what->uid,
			.flags = what->flags,
			.words = words,
			.received = what->received.sec,
			.size = what->size,
			.message_id =
				am_imap_stored_id(id, id ? strlen(id) : 0),
		};
		g_array_append_val(l->stored->old, old);
	}
	return AM_OK;
}

static int by_uid(const void *a, const void *b)
{
	const struct am_imap_stored_one *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

int am_imap_stored_load(struct am_imap_stored *out, struct am_memory *memory,
                        const char *source, const struct am_folder *folder,
                        uint32_t uidvalidity, struct am_error *err)
{
	struct loading l = {out, uidvalidity};

	out->now = g_array_new(FALSE, FALSE, sizeof(struct am_imap_stored_one));
	out->old = g_array_new(FALSE, FALSE, sizeof(struct am_imap_stored_old));
	if (!memory)
		return AM_OK;
	int r = memory->ops->each(memory, source, folder, take, &l, err);
	g_array_sort(out->now, by_uid);
	return r;
}

void am_imap_stored_clear(struct am_imap_stored *stored)
{
	g_clear_pointer(&stored->now, g_array_unref);
	g_clear_pointer(&stored->old, g_array_unref);
}

static guint first_from(const struct am_imap_stored *stored, uint32_t uid)
{
	guint low = 0, high = stored->now ? stored->now->len : 0;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		if (g_array_index(stored->now, struct am_imap_stored_one, mid)
		            .uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct am_imap_stored_one *
am_imap_stored_find(const struct am_imap_stored *stored, uint32_t uid)
{
	guint at = first_from(stored, uid);
	struct am_imap_stored_one *one;

	if (!stored->now || at >= stored->now->len)
		return NULL;
	one = &g_array_index(stored->now, struct am_imap_stored_one, at);
	return one->uid == uid ? one : NULL;
}

uint64_t am_imap_stored_below(const struct am_imap_stored *stored, uint32_t uid)
{
	guint end = first_from(stored, uid);
	uint64_t n = 0;

	for (guint i = 0; i < end; i++)
		n += !g_array_index(stored->now, struct am_imap_stored_one, i)
		              .gone;
	return n;
}
