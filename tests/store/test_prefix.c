/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/idset.h"
#include "store/prefix.h"

#include <criterion/criterion.h>

Test(prefix, prefixes_give_all_candidates_through_growing)
{
	enum { N = 50000 };
	struct am_prefix *p = am_prefix_new();

	/* Keys whose upper halves collide in threes. */
	for (uint64_t i = 0; i < N; i++)
		cr_assert(am_prefix_add(p, (i / 3 * 2654435761u) << 32 | i,
		                        i + 1));
	cr_assert_eq(am_prefix_count(p), N);
	for (uint64_t i = 0; i < N; i++) {
		uint64_t key = (i / 3 * 2654435761u) << 32, id;
		bool met = false;
		size_t at = 0, n = 0;
		while ((id = am_prefix_next(p, key, &at))) {
			met |= id == i + 1;
			n++;
		}
		cr_assert(met, "%" PRIu64, i);
		cr_assert_leq(n, 3);
	}
	cr_assert_not(am_prefix_add(p, 1, (uint64_t)UINT32_MAX + 1));
	am_prefix_free(&p);
	am_prefix_free(&p);
}

Test(prefix, id_sets_hold_any_number)
{
	static const uint64_t ids[] = {1,   2,          511,        512,
	                               513, UINT32_MAX, UINT64_MAX, 7};
	struct am_idset *set = am_idset_new();

	for (size_t i = 0; i < AM_COUNT(ids); i++)
		for (int twice = 0; twice < 2; twice++)
			am_idset_add(set, ids[i]);
	for (size_t i = 0; i < AM_COUNT(ids); i++)
		cr_assert(am_idset_has(set, ids[i]));
	cr_assert_not(am_idset_has(set, 3));
	cr_assert_not(am_idset_has(set, UINT64_MAX - 1));
	cr_assert_eq(am_idset_count(set), AM_COUNT(ids));
	am_idset_free(&set);
}
