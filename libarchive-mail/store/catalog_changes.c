/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sequence of placements and changes, as a follower wants it: of each
 * message the last word alone.
 */
#include "store/catalog_impl.h"

#include <string.h>

enum {
	SOME = 64,  /* numbers of the sequence, looked at together */
	SPAN = 1024 /* of messages whose placements are counted together */
};

struct sequence {
	uint64_t seqs[SOME], ids[SOME], messages[SOME];
	bool gone[SOME];
	size_t n;
	uint64_t low;        /* of the messages */
	uint8_t count[SPAN]; /* placements of each from there on: 0, 1, more */
};

static int take_seq(void *user, uint64_t key, uint64_t id, struct am_error *err)
{
	struct sequence *some = user;

	(void)err;
	some->seqs[some->n] = key;
	some->ids[some->n++] = id;
	return some->n < SOME ? AM_OK : AM_END;
}

static int count_place(void *user, uint64_t key, uint64_t id,
                       struct am_error *err)
{
	struct sequence *some = user;
	uint8_t *count = &some->count[key - some->low];

	(void)id;
	(void)err;
	*count = (uint8_t)(*count + (*count < 2));
	return AM_OK;
}

/* The placements of these numbers, less those that have another by now, and how
 * many their messages have: mostly one. */
static int read_some(struct am_catalog *c, struct sequence *some,
                     struct am_error *err)
{
	uint64_t high = 0;
	size_t n = 0;
	sqlite3_stmt *s;

	some->low = UINT64_MAX;
	memset(some->count, 0, sizeof some->count);
	for (size_t i = 0; i < some->n; i++) {
		int r = am_catalog_stmt(c, AM_SQL_GET_SEQ, &s, err);
		if (r)
			return r;
		sqlite3_bind_int64(s, 1, (sqlite3_int64)some->ids[i]);
		r = am_catalog_step(c, s, err);
		if (r < 0)
			return r;
		uint64_t seq = (uint64_t)sqlite3_column_int64(s, 0);
		uint64_t message = (uint64_t)sqlite3_column_int64(s, 1);
		bool gone = sqlite3_column_int(s, 2) != 0;
		sqlite3_reset(s);
		if (r || seq != some->seqs[i])
			continue;
		some->seqs[n] = seq;
		some->messages[n] = message;
		some->gone[n++] = gone;
		some->low = MIN(some->low, message);
		high = MAX(high, message);
	}
	some->n = n;
	if (!n || high - some->low >= SPAN)
		return AM_OK;
	return am_keys_find(c, AM_KEYS_PLACES, some->low, high, count_place,
	                    some, err);
}

/* AM_END when there is a later word on the message. */
static int last_word(struct am_catalog *c, const struct sequence *some,
                     size_t i, struct am_catalog_change *out,
                     struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;
	uint64_t off = some->messages[i] - some->low;

	*out = (struct am_catalog_change){some->seqs[i], some->messages[i],
	                                  some->gone[i]};
	if (off < SPAN && some->count[off] == 1)
		return AM_OK;
	int r = am_catalog_places_open(&places, c, AM_CATALOG_OF_MESSAGE,
	                               out->message, err);
	while (!r && !(r = am_catalog_places_next(places, &place, err))) {
		if (place.seq > out->seq)
			break;
		out->gone &= place.gone;
	}
	am_catalog_places_close(&places);
	if (r < 0)
		return r;
	return r == AM_END ? AM_OK : AM_END;
}

int am_catalog_changes(struct am_catalog *c, uint64_t after,
                       struct am_catalog_change *out, size_t room, size_t *got,
                       struct am_error *err)
{
	struct sequence some = {.n = 0};
	uint64_t last = after;
	int r = AM_OK;

	*got = 0;
	do {
		some.n = 0;
		if (last == UINT64_MAX)
			break;
		r = am_keys_find(c, AM_KEYS_SEQ, last + 1, UINT64_MAX, take_seq,
		                 &some, err);
		if (r || !some.n)
			break;
		last = some.seqs[some.n - 1];
		r = read_some(c, &some, err);
		for (size_t i = 0; i < some.n && *got < room && !r; i++) {
			r = last_word(c, &some, i, &out[*got], err);
			*got += !r;
			r = r == AM_END ? AM_OK : r;
		}
	} while (*got < room && !r);
	if (r < 0)
		return r;
	return *got ? AM_OK : AM_END;
}
