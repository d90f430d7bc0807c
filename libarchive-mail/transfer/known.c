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

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

struct slot {
	struct am_known_key key;
	_Atomic uint32_t n; /* 0 and an empty key: free; 0: all spoken for */
};

struct am_known {
	struct slot *slots;
	struct am_known_key *names; /* of one of each slot, or NULL */
	size_t room, used;          /* room: a power of two */
	uint64_t count;
	bool ignore_folders, keep_names;
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
	g_free(k->names);
	g_free(k->slots);
	g_free(k);
}

void am_known_ignore_folders(struct am_known *known)
{
	known->ignore_folders = true;
}

void am_known_keep_names(struct am_known *known)
{
	known->keep_names = true;
}

struct am_known *am_known_copy(const struct am_known *known)
{
	struct am_known *k = g_new(struct am_known, 1);

	*k = *known;
	k->keep_names = false;
	k->names = NULL;
	k->slots = g_new(struct slot, known->room);
	for (size_t i = 0; i < known->room; i++) {
		k->slots[i].key = known->slots[i].key;
		atomic_init(&k->slots[i].n, atomic_load(&known->slots[i].n));
	}
	return k;
}

/* "INBOX" in any case and the root are one place: formats name it either way.
 */
static bool is_inbox(const struct am_folder *folder)
{
	return !folder || !folder->depth ||
	       (folder->depth == 1 &&
	        !g_ascii_strcasecmp(folder->parts[0], "INBOX"));
}

void am_known_key(struct am_known_key *out, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN])
{
	memcpy(out->words, hash, sizeof out->words);
	if (!is_inbox(folder)) {
		uint64_t f =
			am_folder_hash(folder) * UINT64_C(0x9E3779B97F4A7C15);
		out->words[0] ^= (uint32_t)f;
		out->words[1] ^= (uint32_t)(f >> 32);
		out->words[2] ^= (uint32_t)(f >> 17);
	}
	/* All zeros marks a free slot. */
	if (!out->words[0] && !out->words[1] && !out->words[2])
		out->words[2] = 1;
}

static void make_key(const struct am_known *known,
                     const struct am_folder *folder, const uint8_t *hash,
                     struct am_known_key *key)
{
	am_known_key(key, known->ignore_folders ? NULL : folder, hash);
}

void am_known_name(struct am_known_key *out, const char *name, uint64_t size)
{
	uint8_t hash[AM_SHA256_LEN];
	char *text = g_strdup_printf("%" PRIu64 " %s", size, name);

	am_sha256(text, strlen(text), hash);
	am_known_key(out, NULL, hash);
	g_free(text);
}

static bool is_free(const struct am_known_key *key)
{
	return !key->words[0] && !key->words[1] && !key->words[2];
}

/* The one of that key, or the free one where it would be. */
static size_t find(const struct am_known *known, const struct am_known_key *key)
{
	size_t mask = known->room - 1;
	size_t i = (key->words[0] ^ key->words[1]) & mask;

	while (!is_free(&known->slots[i].key) &&
	       memcmp(&known->slots[i].key, key, sizeof *key) != 0)
		i = (i + 1) & mask;
	return i;
}

static void grow(struct am_known *known)
{
	struct slot *old = known->slots;
	struct am_known_key *names = known->names;
	size_t n = known->room;

	known->room = n ? n * 2 : 1024;
	known->slots = g_new0(struct slot, known->room);
	if (known->keep_names)
		known->names = g_new0(struct am_known_key, known->room);
	for (size_t i = 0; i < n; i++) {
		if (is_free(&old[i].key))
			continue;
		size_t at = find(known, &old[i].key);
		known->slots[at].key = old[i].key;
		atomic_init(&known->slots[at].n, atomic_load(&old[i].n));
		if (names)
			known->names[at] = names[i];
	}
	g_free(names);
	g_free(old);
}

static size_t add_key(struct am_known *known, const struct am_known_key *key)
{
	if (known->used * 4 >= known->room * 3)
		grow(known);
	size_t at = find(known, key);
	struct slot *s = &known->slots[at];
	if (is_free(&s->key)) {
		s->key = *key;
		known->used++;
	}
	atomic_fetch_add(&s->n, 1);
	known->count++;
	return at;
}

void am_known_add_key(struct am_known *known, const struct am_known_key *key)
{
	(void)add_key(known, key);
}

void am_known_add(struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN])
{
	struct am_known_key key;

	make_key(known, folder, hash, &key);
	(void)add_key(known, &key);
}

bool am_known_has_key(const struct am_known *known,
                      const struct am_known_key *key)
{
	return known->room &&
	       atomic_load_explicit(&known->slots[find(known, key)].n,
	                            memory_order_relaxed);
}

bool am_known_has(const struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN])
{
	struct am_known_key key;

	make_key(known, folder, hash, &key);
	return am_known_has_key(known, &key);
}

/* Taken, and its name where names are kept and this one's is not given. */
static bool take(struct am_known *known, const struct am_known_key *key,
                 struct am_known_key *name)
{
	if (!am_known_has_key(known, key))
		return false;
	size_t at = find(known, key);
	atomic_fetch_sub(&known->slots[at].n, 1);
	known->count--;
	if (name && known->names) {
		*name = known->names[at];
		/* Of several only one name is kept. */
		known->names[at] = (struct am_known_key){0};
	}
	return true;
}

bool am_known_take_key(struct am_known *known, const struct am_known_key *key)
{
	return take(known, key, NULL);
}

bool am_known_take(struct am_known *known, const struct am_folder *folder,
                   const uint8_t hash[AM_SHA256_LEN],
                   struct am_known_key *which)
{
	struct am_known_key key, name = {0};

	make_key(known, folder, hash, &key);
	if (!take(known, &key, &name))
		return false;
	if (which)
		*which = known->keep_names ? name : key;
	return true;
}

bool am_known_key_none(const struct am_known_key *key)
{
	return is_free(key);
}

uint64_t am_known_count(const struct am_known *known)
{
	return known->count;
}

/* One item; what cannot be read is not known, and so is copied again. */
static int read_one(struct am_known *known, struct am_source *target,
                    struct am_item *item, struct am_known *only,
                    struct am_error *err)
{
	struct am_message *msg = item->message;
	struct am_known_key name = {0}, key;
	uint8_t hash[AM_SHA256_LEN];

	if (only || known->keep_names)
		am_known_name(&name, msg->origin, msg->size);
	if (only && !am_known_take_key(only, &name))
		return AM_OK;
	int r = am_source_load(target, msg, err);
	if (!r)
		r = am_digest_text(hash, msg->raw, err);
	if (!r) {
		make_key(known, msg->folder, hash, &key);
		size_t at = add_key(known, &key);
		if (known->keep_names)
			known->names[at] = name;
	}
	return r == AM_FAILED ? AM_OK : r;
}

typedef int one_fn(struct am_known *known, struct am_source *target,
                   struct am_item *item, struct am_known *only,
                   struct am_error *err);

static int read_all(struct am_known *known, struct am_source *target,
                    const char *phase, one_fn *one, struct am_known *only,
                    struct am_error *err)
{
	struct am_progress progress = {
		.phase = phase,
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
		r = one(known, target, &item, only, err);
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

int am_known_read(struct am_known *known, struct am_source *target,
                  struct am_known *only, struct am_error *err)
{
	return read_all(known, target, "reading what is there", read_one, only,
	                err);
}

static int name_one(struct am_known *known, struct am_source *target,
                    struct am_item *item, struct am_known *only,
                    struct am_error *err)
{
	struct am_known_key key;

	(void)target;
	(void)only;
	(void)err;
	am_known_name(&key, item->message->origin, item->message->size);
	am_known_add_key(known, &key);
	return AM_OK;
}

int am_known_read_names(struct am_known *known, struct am_source *target,
                        struct am_error *err)
{
	return read_all(known, target, "listing what is there", name_one, NULL,
	                err);
}
