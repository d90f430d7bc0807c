/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/manifest_target.h"

#include "cmd/lister.h"

#include <glib.h>

#include <string.h>

struct manifest_target {
	GArray *found; /* struct manifest_found, by digest.raw */
	struct manifest_found **by_lf; /* the same by digest.lf */
};

uint8_t manifest_pack(const struct am_proof *proof)
{
	unsigned packed = 0;

	for (unsigned i = 0; i < AM_PROOF_KINDS; i++)
		packed |= (unsigned)am_proof_get(proof, i) << 2 * i;
	return (uint8_t)packed;
}

enum am_proof_verdict manifest_verdict(uint8_t packed, unsigned kind)
{
	return (enum am_proof_verdict)(packed >> 2 * kind & 3);
}

static int each(void *user, const struct lister_item *item,
                struct am_error *err)
{
	struct manifest_target *t = user;
	struct manifest_found found = {.digest = item->digest};

	(void)err;
	if (!item->msg)
		return AM_OK;
	found.proof = manifest_pack(&item->proof);
	g_array_append_val(t->found, found);
	return AM_OK;
}

static int by_raw(const void *a, const void *b)
{
	const struct manifest_found *x = a, *y = b;

	return memcmp(x->digest.raw, y->digest.raw, AM_SHA256_LEN);
}

static int by_lf(const void *a, const void *b)
{
	const struct manifest_found *const *x = a, *const *y = b;

	return memcmp((*x)->digest.lf, (*y)->digest.lf, AM_SHA256_LEN);
}

int manifest_target_read(struct manifest_target **out, struct session *s,
                         const struct am_place *place)
{
	struct manifest_target *t = g_new0(struct manifest_target, 1);
	const struct lister lister = {
		.each = each, .user = t, .proof = true, .phase = "proving"};

	t->found = g_array_new(FALSE, FALSE, sizeof(struct manifest_found));
	int r = lister_run(s, place, &lister);
	if (r) {
		manifest_target_free(&t);
		return r;
	}
	g_array_sort(t->found, by_raw);
	t->by_lf = g_new(struct manifest_found *, t->found->len + 1);
	for (guint i = 0; i < t->found->len; i++)
		t->by_lf[i] =
			&g_array_index(t->found, struct manifest_found, i);
	if (t->found->len)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) pointers it is */
		qsort(t->by_lf, t->found->len, sizeof(*t->by_lf), by_lf);
	*out = t;
	return AM_OK;
}

void manifest_target_free(struct manifest_target **target)
{
	struct manifest_target *t = *target;

	*target = NULL;
	if (!t)
		return;
	g_array_free(t->found, TRUE);
	g_free(t->by_lf);
	g_free(t);
}

const struct manifest_found *
manifest_target_find(const struct manifest_target *t,
                     const uint8_t raw[AM_SHA256_LEN],
                     const uint8_t lf[AM_SHA256_LEN])
{
	struct manifest_found key = {.proof = 0}, *at = &key, **other;
	const struct manifest_found *found = NULL;

	memcpy(key.digest.raw, raw, AM_SHA256_LEN);
	memcpy(key.digest.lf, lf, AM_SHA256_LEN);
	if (!t->found->len)
		return NULL;
	found = bsearch(&key, t->found->data, t->found->len, sizeof(key),
	                by_raw);
	if (found)
		return found;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) pointers it is */
	other = bsearch(&at, t->by_lf, t->found->len, sizeof(*t->by_lf), by_lf);
	return other ? *other : NULL;
}

uint64_t manifest_target_count(const struct manifest_target *t)
{
	return t->found->len;
}
