/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/texts.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(texts, .fini = am_test_tmpdir_end);

/* Every seventh document has no text. */
static size_t text_of(uint32_t id, char out[AM_TEXT_MAX])
{
	size_t len = id % 7 ? id * 37 % AM_TEXT_MAX : 0;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + (i * (id % 13 + 1) + id) % 26);
	return len;
}

static char *write_file(const char *name, uint32_t first, uint32_t step,
                        uint32_t n)
{
	char *path = am_test_path("%s", name);
	char text[AM_TEXT_MAX];
	struct am_texts_writer *w;
	struct am_error err;

	cr_assert_eq(am_texts_create(&w, path, &err), AM_OK);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = first + i * step;
		size_t len = text_of(id, text);
		cr_assert_eq(am_texts_add(w, id, (uint8_t *)text, len,
		                          id % 3 == 0, &err),
		             AM_OK);
	}
	cr_assert_eq(am_texts_finish(&w, &err), AM_OK);
	return path;
}

static void expect(struct am_texts *t, uint32_t id, bool there)
{
	char want[AM_TEXT_MAX];
	const uint8_t *text;
	struct am_error err = {.text = ""};
	size_t len, want_len = text_of(id, want);
	bool more;

	int r = am_texts_find(t, id, &text, &len, &more, &err);
	cr_assert_eq(r, there ? AM_OK : AM_END, "%u: %s", id, err.text);
	if (!there)
		return;
	cr_assert_eq(len, want_len);
	cr_assert_eq(memcmp(text, want, len), 0);
	cr_assert_eq(more, id % 3 == 0);
}

Test(texts, finds_what_was_written_and_joined)
{
	char *paths[] = {
		write_file("a", 1, 1, 1000), write_file("b", 2000, 3, 700),
		write_file("c", 9000, 1, 1), write_file("d", 10000, 1, 0)};
	char *all = am_test_path("all");
	struct am_texts *t;
	struct am_error err = {.text = ""};

	cr_assert_eq(am_texts_merge((const char *const *)paths, 4, all, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_texts_open(&t, all, &err), AM_OK, "%s", err.text);
	for (uint32_t id = 0; id < 4200; id++)
		expect(t, id,
		       (id >= 1 && id <= 1000) ||
		               (id >= 2000 && id < 4100 && id % 3 == 2));
	for (uint32_t id = 1000; id > 9; id -= 9)
		expect(t, id, true);
	expect(t, 9000, true);
	expect(t, 9001, false);
	expect(t, UINT32_MAX, false);
	am_texts_close(&t);
	for (size_t i = 0; i < AM_COUNT(paths); i++)
		g_free(paths[i]);
	g_free(all);
}

Test(texts, tells_damage_and_does_not_fall_for_it)
{
	char *path = write_file("a", 1, 1, 60), *data;
	gsize len;

	cr_assert(g_file_get_contents(path, &data, &len, NULL));
	for (gsize at = 0; at < len; at += at < 80 || len - at < 40 ? 1 : 97) {
		struct am_texts *t;
		struct am_error err;
		data[at] = (char)(data[at] ^ 0x5a);
		cr_assert(g_file_set_contents(path, data, (gssize)len, NULL));
		if (am_texts_open(&t, path, &err) == AM_OK) {
			const uint8_t *text;
			size_t n, sum = 0;
			bool more;
			for (uint32_t id = 1; id <= 60; id++)
				if (!am_texts_find(t, id, &text, &n, &more,
				                   &err))
					for (size_t i = 0; i < n; i++)
						sum += text[i];
			cr_assert_geq(sum, 0);
			am_texts_close(&t);
		} else {
			cr_assert_eq(err.kind, AM_E_CORRUPT);
		}
		data[at] = (char)(data[at] ^ 0x5a);
	}
	g_free(data);
	g_free(path);
}
