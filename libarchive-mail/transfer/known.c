/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A multiset of messages in an open-addressed table: 96 bits of key and a count
 * in 16 bytes.  96 bits and not 64: a false "is there already" would be a
 * message lost, so even a collision made on purpose must be out of reach.
 *
 * Counts are atomic, the table itself does not change while a copy runs: the
 * workers may ask am_known_has() while the writer takes.
 */
#include "transfer/known.h"

#include "model/folder.h"
#include "model/source.h"
#include "transfer/digest.h"

#include <glib.h>

#include <stdatomic.h>
#include <string.h>

struct slot {
	uint32_t key[3];
	_Atomic uint32_t n; /* 0 and an empty key: free; 0: all spoken for */
};

struct am_known {
	struct slot *slots;
	size_t room, used; /* room: a power of two */
	uint64_t count;
	bool ignore_folders;
};

struct am_known *am_known_new(void)
{
	return g_new0(struct am_known, 1);
}

void am_known_free(struct am_known **known)
{
	struct am_known *k = *known;

	*known = NULL;
	if (!k)
		return;
	g_free(k->slots);
	g_free(k);
}

void am_known_ignore_folders(struct am_known *known)
{
	known->ignore_folders = true;
}

/* "INBOX" in any case and the root are one place: formats name it either way.
 */
static bool is_inbox(const struct am_folder *folder)
{
	return !folder || !folder->depth ||
	       (folder->depth == 1 &&
	        !g_ascii_strcasecmp(folder->parts[0], "INBOX"));
}

static void make_key(const struct am_known *known,
                     const struct am_folder *folder, const uint8_t *hash,
                     uint32_t key[3])
{
	memcpy(key, hash, 12);
	if (!known->ignore_folders && !is_inbox(folder)) {
		uint64_t f =
			am_folder_hash(folder) * UINT64_C(0x9E3779B97F4A7C15);
		key[0] ^= (uint32_t)f;
		key[1] ^= (uint32_t)(f >> 32);
		key[2] ^= (uint32_t)(f >> 17);
	}
	/* All zeros marks a free slot. */
	if (!key[0] && !key[1] && !key[2])
		key[2] = 1;
}

static struct slot *find(const struct am_known *known, const uint32_t key[3])
{
	size_t mask = known->room - 1;

	for (size_t i = (key[0] ^ key[1]) & mask;; i = (i + 1) & mask) {
		struct slot *s = &known->slots[i];
		if (!memcmp(s->key, key, sizeof s->key))
			return s;
		if (!s->key[0] && !s->key[1] && !s->key[2])
			return s;
	}
}

static void grow(struct am_known *known)
{
	struct slot *old = known->slots;
	size_t n = known->room;

	known->room = n ? n * 2 : 1024;
	known->slots = g_new0(struct slot, known->room);
	for (size_t i = 0; i < n; i++) {
		if (!old[i].key[0] && !old[i].key[1] && !old[i].key[2])
			continue;
		struct slot *s = find(known, old[i].key);
		memcpy(s->key, old[i].key, sizeof s->key);
		atomic_init(&s->n, atomic_load(&old[i].n));
	}
	g_free(old);
}

void am_known_add(struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[32])
{
	uint32_t key[3];

	if (known->used * 4 >= known->room * 3)
		grow(known);
	make_key(known, folder, hash, key);
	struct slot *s = find(known, key);
	if (!s->key[0] && !s->key[1] && !s->key[2]) {
		memcpy(s->key, key, sizeof s->key);
		known->used++;
	}
	atomic_fetch_add(&s->n, 1);
	known->count++;
}

static struct slot *lookup(const struct am_known *known,
                           const struct am_folder *folder, const uint8_t *hash)
{
	uint32_t key[3];

	if (!known->room)
		return NULL;
	make_key(known, folder, hash, key);
	struct slot *s = find(known, key);
	return s->key[0] || s->key[1] || s->key[2] ? s : NULL;
}

bool am_known_has(const struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[32])
{
	const struct slot *s = lookup(known, folder, hash);

	return s && atomic_load_explicit(&s->n, memory_order_relaxed);
}

bool am_known_take(struct am_known *known, const struct am_folder *folder,
                   const uint8_t hash[32])
{
	struct slot *s = lookup(known, folder, hash);

	if (!s || !atomic_load(&s->n))
		return false;
	atomic_fetch_sub(&s->n, 1);
	known->count--;
	return true;
}

uint64_t am_known_count(const struct am_known *known)
{
	return known->count;
}

/* One item; what cannot be read is not known, and so is copied again. */
static int read_one(struct am_known *known, struct am_source *target,
                    struct am_item *item, struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];

	int r = am_source_load(target, item->message, err);
	if (!r)
		r = am_digest_text(hash, item->message->raw, err);
	if (!r)
		am_known_add(known, item->message->folder, hash);
	return r == AM_FAILED ? AM_OK : r;
}

int am_known_read(struct am_known *known, struct am_source *target,
                  struct am_error *err)
{
	struct am_progress progress = {
		.phase = "reading what is there",
		.total = target->total,
		.total_bytes = target->total_bytes,
	};
	int64_t told = 0;
	int r = AM_OK;

	while (!r) {
		struct am_item item;
		r = am_source_next(target, &item, err);
		if (r == AM_FAILED) {
			r = AM_OK;
			continue;
		}
		if (r || !item.message)
			continue;
		r = read_one(known, target, &item, err);
		progress.done++;
		if (item.message->size != AM_SIZE_UNKNOWN)
			progress.done_bytes += item.message->size;
		am_message_free(&item.message);
		int64_t now = g_get_monotonic_time();
		if (now - told >= G_USEC_PER_SEC / 10) {
			told = now;
			am_ctx_progress(target->ctx, &progress);
		}
	}
	return r == AM_END ? AM_OK : r;
}
