/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst_known.h"

#include "base/bytes.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* 96 bits, so that no two mails are taken for one, not even on purpose. */
struct slot {
	uint32_t key[3]; /* all 0: free */
	uint32_t n;
};

struct am_pst_known {
	struct slot *slots;
	size_t room, used; /* room: a power of two */
	uint64_t count;
};

struct am_pst_known *am_pst_known_new(void)
{
	struct am_pst_known *k = g_new0(struct am_pst_known, 1);

	k->room = 256;
	k->slots = g_new0(struct slot, k->room);
	return k;
}

void am_pst_known_free(struct am_pst_known **known)
{
	if (!*known)
		return;
	g_free((*known)->slots);
	g_free(*known);
	*known = NULL;
}

static bool is_free(const struct slot *s)
{
	return !(s->key[0] | s->key[1] | s->key[2]);
}

static struct slot *find(const struct am_pst_known *k, const uint32_t key[3])
{
	for (size_t i = key[0] & (k->room - 1);; i = (i + 1) & (k->room - 1))
		if (is_free(&k->slots[i]) ||
		    !memcmp(k->slots[i].key, key, sizeof(k->slots[i].key)))
			return &k->slots[i];
}

static void key_of(const struct am_folder *folder,
                   const uint8_t hash[AM_SHA256_LEN], uint32_t key[3])
{
	uint8_t seed[AM_SHA256_LEN + 8], both[AM_SHA256_LEN];

	memcpy(seed, hash, AM_SHA256_LEN);
	am_put_le64(seed + AM_SHA256_LEN, am_folder_hash(folder));
	am_sha256(seed, sizeof(seed), both);
	memcpy(key, both, 12);
	if (!(key[0] | key[1] | key[2]))
		key[0] = 1;
}

static void grow(struct am_pst_known *k)
{
	struct slot *old = k->slots;
	size_t n = k->room;

	k->room *= 2;
	k->slots = g_new0(struct slot, k->room);
	for (size_t i = 0; i < n; i++)
		if (!is_free(&old[i]))
			*find(k, old[i].key) = old[i];
	g_free(old);
}

void am_pst_known_add(struct am_pst_known *known,
                      const struct am_folder *folder,
                      const uint8_t hash[AM_SHA256_LEN])
{
	uint32_t key[3];

	if (known->used >= known->room / 2)
		grow(known);
	key_of(folder, hash, key);
	struct slot *s = find(known, key);
	known->used += is_free(s);
	memcpy(s->key, key, sizeof(s->key));
	s->n++;
	known->count++;
}

bool am_pst_known_take(struct am_pst_known *known,
                       const struct am_folder *folder,
                       const uint8_t hash[AM_SHA256_LEN])
{
	uint32_t key[3];

	key_of(folder, hash, key);
	struct slot *s = find(known, key);
	if (is_free(s) || !s->n)
		return false;
	s->n--;
	known->count--;
	return true;
}

uint64_t am_pst_known_count(const struct am_pst_known *known)
{
	return known->count;
}
