/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/window.h"

#include "base/blob.h"
#include "mail.h"

#include <criterion/criterion.h>

#include <string.h>

Test(window, slides_over_a_file)
{
	static const char text[] = "0123456789abcdefghij";
	struct am_blob *blob = mail_filed(text, 20);
	struct am_window w;

	am_window_init(&w, blob, 8);
	cr_assert_eq(w.size, 20);
	cr_assert_not(am_window_has(&w, 0, 1));
	for (uint64_t pos = 0; pos <= 20; pos++) {
		for (size_t want = 0; want <= 8; want++) {
			size_t there =
				want < 20 - pos ? want : (size_t)(20 - pos);
			cr_assert_eq(am_window_slide(&w, pos, want, NULL), 0);
			cr_assert(am_window_has(&w, pos, want));
			cr_assert_eq(memcmp(w.data + (pos - w.at), text + pos,
			                    there),
			             0);
		}
	}
	am_window_drop(&w);
	am_blob_unref(&blob);
}

Test(window, has_all_of_memory)
{
	struct am_blob *blob = mail_blob("0123456789", 10);
	struct am_window w;

	am_window_init(&w, blob, 4);
	cr_assert(am_window_has(&w, 0, 10));
	cr_assert(am_window_has(&w, 10, 5));
	cr_assert_eq(w.data, am_blob_bytes(blob));
	am_window_drop(&w);
	am_blob_unref(&blob);
}
