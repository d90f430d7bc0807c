/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <criterion/criterion.h>

#include <stdalign.h>
#include <string.h>

Test(arena, gives_zeroed_aligned_room_of_any_size)
{
	struct am_arena *a = am_arena_new();
	uint8_t *kept[400];

	for (size_t i = 0; i < 400; i++) {
		size_t size = i * i % 5000;
		uint8_t *p = am_arena_alloc(a, size);
		cr_assert_eq((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			cr_assert_eq(p[j], 0);
		memset(p, (int)(i & 0xFF), size);
		kept[i] = p;
	}
	for (size_t i = 0; i < 400; i++)
		for (size_t j = 0; j < i * i % 5000; j++)
			cr_assert_eq(kept[i][j], (uint8_t)i);
	am_arena_free(&a);
	cr_assert_null(a);
	am_arena_free(&a);
}

Test(arena, copies_text)
{
	struct am_arena *a = am_arena_new();
	char big[5000];

	memset(big, 'b', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	cr_assert_str_eq(am_arena_strdup(a, "hello"), "hello");
	cr_assert_null(am_arena_strdup(a, NULL));
	cr_assert_str_eq(am_arena_strndup(a, "hello", 2), "he");
	cr_assert_str_eq(am_arena_strndup(a, NULL, 0), "");
	cr_assert_str_eq(am_arena_strdup(a, big), big);
	cr_assert_str_eq(am_arena_printf(a, "%d-%s", 5, "x"), "5-x");
	cr_assert_str_eq(am_arena_printf(a, "%s", big), big);
	char *z = am_arena_strndup(a, "a\0b", 3);
	cr_assert_arr_eq(z, "a\0b", 4);
	am_arena_free(&a);
}

Test(arena, reset_gives_all_of_it_back)
{
	struct am_arena *arena = am_arena_new();

	void *first = am_arena_alloc(arena, 16);
	for (size_t round = 0; round < 3; round++) {
		am_arena_reset(arena);
		/* The same room again, zeroed, whatever came in between. */
		char *p = am_arena_alloc(arena, 16);
		cr_assert_eq((void *)p, first);
		for (size_t i = 0; i < 16; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 'x', 16);
		for (size_t i = 0; i < 100 * round; i++)
			memset(am_arena_alloc(arena, 900), 'y', 900);
		memset(am_arena_alloc(arena, 100000), 'z', 100000);
	}
	am_arena_free(&arena);
}
