/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message that is there is met again: flags, keywords and labels follow its
 * source, in three ways where they were changed here meanwhile.
 */
#include "store/archive_sink.h"

#include "base/arena.h"

#include <string.h>

static bool holds(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static bool holds_all(const char *const *words, size_t n,
                      const char *const *wanted, size_t n_wanted)
{
	for (size_t i = 0; i < n_wanted; i++)
		if (!holds(words, n, wanted[i]))
			return false;
	return true;
}

/* Words as they shall be: the source's, and with `keep` the old ones too. */
struct words {
	const char *const *words;
	size_t n;
	bool differ;
};

static struct words settle_words(struct am_arena *arena, bool keep,
                                 const char *const *old, size_t n_old,
                                 const char *const *now, size_t n_now)
{
	bool none_new = holds_all(old, n_old, now, n_now);
	bool none_gone = keep || holds_all(now, n_now, old, n_old);

	if (none_new && none_gone)
		return (struct words){.words = old, .n = n_old};
	if (!keep || !n_old)
		return (struct words){now, n_now, true};
	const char **all = am_arena_alloc(arena, (n_old + n_now) * sizeof *all);
	size_t n = 0;
	for (size_t i = 0; i < n_old; i++)
		all[n++] = old[i];
	for (size_t i = 0; i < n_now; i++)
		if (!holds(old, n_old, now[i]))
			all[n++] = now[i];
	return (struct words){all, n, true};
}

/* Those of `mine`, less what the source took away since and with what it added:
 * whatever it did not touch stays as it is here. */
static struct words follow_words(struct am_arena *arena,
                                 const struct am_item_flags *was,
                                 const struct am_message *now,
                                 const struct am_message *mine)
{
	const char **all = am_arena_alloc(
		arena, (mine->n_keywords + now->n_keywords + 1) * sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < mine->n_keywords; i++) {
		const char *word = mine->keywords[i];
		if (!holds(was->words, was->n_words, word) ||
		    holds(now->keywords, now->n_keywords, word))
			all[n++] = word;
	}
	for (size_t i = 0; i < now->n_keywords; i++) {
		const char *word = now->keywords[i];
		if (!holds(was->words, was->n_words, word) &&
		    !holds(all, n, word))
			all[n++] = word;
	}
	return (struct words){all, n,
	                      n != mine->n_keywords ||
	                              !holds_all(all, n, mine->keywords, n)};
}

static bool same_flags(uint32_t flags, const char *const *words, size_t n,
                       const struct am_message *now)
{
	return flags == now->flags && n == now->n_keywords &&
	       holds_all(words, n, now->keywords, n);
}

/* Flags and keywords: the source's, but for what was changed here and not
 * there; with `keep` it only adds.  AM_END: they stay. */
static int settle_flags(struct am_arena *arena, bool keep,
                        const struct am_item_placement *place,
                        const struct am_message *now,
                        struct am_item_change *out)
{
	const struct am_message *mine = place->meta;
	const struct am_item_flags as_mine = {mine->flags, mine->n_keywords,
	                                      mine->keywords};
	const struct am_item_flags *was =
		place->source ? place->source : &as_mine;
	uint32_t changed = was->flags ^ now->flags;
	struct words words = keep ? settle_words(arena, true, mine->keywords,
	                                         mine->n_keywords,
	                                         now->keywords, now->n_keywords)
	                          : follow_words(arena, was, now, mine);

	out->kind = AM_CHANGE_FLAGS;
	out->flags = keep ? mine->flags | now->flags
	                  : (mine->flags & ~changed) | (now->flags & changed);
	out->words = words.words;
	out->n_words = words.n;
	out->by = keep ? AM_FLAGS_BY_USER
	          : same_flags(out->flags, out->words, out->n_words, now)
	                  ? AM_FLAGS_BY_SOURCE
	                  : AM_FLAGS_BY_BOTH;
	out->others = (struct am_item_flags){now->flags, now->n_keywords,
	                                     now->keywords};
	bool news =
		!keep && !same_flags(was->flags, was->words, was->n_words, now);
	return out->flags != mine->flags || words.differ || news ? AM_OK
	                                                         : AM_END;
}

int am_archive_refresh(struct am_archive_sink *s, const struct am_message *now,
                       bool keep, const struct am_catalog_place *place,
                       struct am_arena *arena, struct am_error *err)
{
	struct am_item_placement item;
	int r = am_catalog_meta(place, arena, &item, err);

	if (r)
		return AM_FATAL;
	const struct am_message *old = item.meta;
	struct words labels =
		settle_words(arena, keep, old->labels, old->n_labels,
	                     now->labels, now->n_labels);
	struct am_item_change change = {.placement = place->id,
	                                .when = am_time_now()};
	if (!settle_flags(arena, keep, &item, now, &change)) {
		s->reflagged += !same_flags(change.flags, change.words,
		                            change.n_words, old);
		r = am_archive_add_change(s, &change, err);
	}
	if (!r && labels.differ) {
		change = (struct am_item_change){.placement = place->id,
		                                 .when = change.when,
		                                 .kind = AM_CHANGE_LABELS,
		                                 .words = labels.words,
		                                 .n_words = labels.n};
		s->relabelled++;
		r = am_archive_add_change(s, &change, err);
	}
	return r;
}
