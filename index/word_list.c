/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/word_list.h"

#include "index/vocabulary.h"

#include <glib.h>

#define KEPT_MOST (8u << 20) /* bytes of each */

struct am_word_list {
	struct am_index *index;
	GByteArray *text;
	GArray *words; /* struct am_listed, shard by shard */
	size_t *ends;  /* where those of each shard end */
	/* While it is filled: */
	struct am_matcher *matcher;
	char letter;
};

struct am_word_list *am_word_list_new(struct am_index *index)
{
	struct am_word_list *l = g_new0(struct am_word_list, 1);
	struct am_word_room *room = &index->word_room;

	l->index = index;
	l->ends = g_new0(size_t, index->state.n_shards + 1);
	l->text =
		room->text ? g_steal_pointer(&room->text) : g_byte_array_new();
	l->words = room->words ? g_steal_pointer(&room->words)
	                       : g_array_new(FALSE, FALSE,
	                                     sizeof(struct am_listed));
	return l;
}

void am_word_room_clear(struct am_word_room *room)
{
	if (room->text)
		g_byte_array_unref(room->text);
	if (room->words)
		g_array_unref(room->words);
	*room = (struct am_word_room){.text = NULL};
}

void am_word_list_free(struct am_word_list **list)
{
	struct am_word_list *l = *list;

	*list = NULL;
	if (!l)
		return;
	struct am_word_room *room = &l->index->word_room;
	am_word_room_clear(room);
	room->text = l->text;
	room->words = l->words;
	if (l->text->len > KEPT_MOST ||
	    l->words->len > KEPT_MOST / sizeof(struct am_listed))
		am_word_room_clear(room);
	else {
		g_byte_array_set_size(l->text, 0);
		g_array_set_size(l->words, 0);
	}
	g_free(l->ends);
	g_free(l);
}

/* The letter of the region in front. */
static int collect(void *user, const char *word, size_t len, uint32_t first,
                   bool only, struct am_error *err)
{
	struct am_word_list *l = user;
	bool letter = l->letter != '\0';
	struct am_listed listed = {.at = l->text->len,
	                           .len = (uint16_t)(len + letter),
	                           .only = only,
	                           .first = first};

	(void)err;
	if (!am_matcher_takes(l->matcher, word, len))
		return AM_OK;
	if (letter)
		g_byte_array_append(l->text, (const guint8 *)&l->letter, 1);
	g_byte_array_append(l->text, (const guint8 *)word, (guint)len);
	g_array_append_val(l->words, listed);
	return AM_OK;
}

int am_word_list_fill(struct am_word_list *l, struct am_matcher *matcher,
                      char letter, struct am_error *err)
{
	char beginning[AM_WORD_MAX + 1];
	struct am_vocabulary_part part = {.letter = letter,
	                                  .beginning = beginning};
	int r = AM_OK;

	l->matcher = matcher;
	l->letter = letter;
	part.beginning_len = am_matcher_beginning(matcher, beginning);
	part.piece = am_matcher_piece(matcher, &part.piece_len);
	for (size_t s = 0; s < l->index->state.n_shards && !r; s++) {
		struct am_vocabulary *words;
		r = am_index_vocabulary(l->index, s, &words, err);
		if (!r)
			r = am_vocabulary_each(words, &part, collect, l, err);
		l->ends[s] = l->words->len;
	}
	return r;
}

struct am_listed *am_word_list_of(struct am_word_list *l, size_t shard,
                                  size_t *n)
{
	size_t from = shard ? l->ends[shard - 1] : 0;

	*n = l->ends[shard] - from;
	return &((struct am_listed *)(void *)l->words->data)[from];
}

const char *am_word_list_text(const struct am_word_list *l,
                              const struct am_listed *listed)
{
	return (const char *)l->text->data + listed->at;
}
