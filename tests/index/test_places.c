/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(places, .fini = am_test_tmpdir_end);

/* n documents from id `first` on, every `step`-th; the order is the id. */
static char *write_file(const char *name, uint32_t first, uint32_t step,
                        uint32_t n)
{
	char *path = am_test_path("%s", name);
	struct am_places_writer *w;
	struct am_error err;

	cr_assert_eq(am_places_create(&w, path, &err), AM_OK);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = first + i * step;
		struct am_place p = {.id = id,
		                     .dated = id % 7 != 0,
		                     .date = (int64_t)id * 1000 - 50000,
		                     .size = (uint64_t)id * 10};
		cr_assert_eq(am_places_add(w, &p, (const uint8_t *)&id,
		                           id % 3 ? sizeof(id) : 0, &err),
		             AM_OK);
	}
	cr_assert_eq(am_places_finish(&w, &err), AM_OK);
	return path;
}

static void expect(struct am_places *p, uint32_t id, bool there)
{
	struct am_place place;
	struct am_error err;
	const uint8_t *data;
	uint32_t document;

	cr_assert_eq(am_places_find(p, id, &document, &err), AM_OK, "%u: %s",
	             id, err.text);
	cr_expect_eq(document != 0, there, "%u", id);
	if (!document)
		return;
	cr_assert_eq(am_places_get(p, document, &place, &err), AM_OK, "%u", id);
	cr_expect_eq(place.id, id);
	cr_expect_eq(place.dated, id % 7 != 0);
	if (place.dated)
		cr_expect_eq(place.date, (int64_t)id * 1000 - 50000);
	cr_expect_eq(place.size, (uint64_t)id * 10);
	cr_assert_eq(place.len, id % 3 ? 4 : 0);
	if (place.len) {
		cr_assert_eq(am_places_order(p, &place, &data, &err), 0);
		cr_expect_eq(memcmp(data, &id, 4), 0);
	}
}

/* Dated ones first, newest first; the later stored first. */
static void expect_ranked(struct am_places *p)
{
	struct am_place before, place;
	struct am_error err;

	for (uint32_t d = 1; d <= am_places_documents(p); d++) {
		cr_assert_eq(am_places_get(p, d, &place, &err), AM_OK);
		if (d > 1)
			cr_expect(am_place_before(&before, &place), "%u", d);
		before = place;
	}
	cr_expect_eq(am_places_get(p, 0, &place, &err), AM_END);
	cr_expect_eq(am_places_get(p, am_places_documents(p) + 1, &place, &err),
	             AM_END);
}

/* What has a date from `from` to `to`, by looking at each. */
static void expect_dates(struct am_places *p, int64_t from, int64_t to)
{
	uint32_t first, last, n = 0;
	struct am_place place;
	struct am_error err;

	cr_assert_eq(am_places_dates(p, from, to, &first, &last, &err), AM_OK);
	for (uint32_t d = 1; d <= am_places_documents(p); d++) {
		cr_assert_eq(am_places_get(p, d, &place, &err), AM_OK);
		bool in = place.dated && place.date >= from && place.date <= to;
		cr_expect_eq(in, d >= first && d <= last);
		n += in;
	}
	cr_expect_eq(n, last + 1 > first ? last + 1 - first : 0);
}

Test(places, finds_documents_with_and_without_gaps)
{
	static const uint32_t steps[] = {1, 2, 1000};

	for (size_t s = 0; s < AM_COUNT(steps); s++) {
		uint32_t step = steps[s], n = 5000, last = 100 + (n - 1) * step;
		char *path = write_file("p", 100, step, n);
		struct am_places *p;
		struct am_error err;
		cr_assert_eq(am_places_open(&p, path, &err), AM_OK);
		cr_expect_eq(am_places_documents(p), n);
		expect(p, 0, false);
		expect(p, 99, false);
		expect(p, 101, step == 1);
		for (uint32_t i = 0; i < n; i += 37)
			expect(p, 100 + i * step, true);
		for (uint32_t i = n; i-- > 1; i -= i > 100 ? 90 : 0)
			expect(p, 100 + i * step, true);
		expect(p, last, true);
		expect(p, last + 1, false);
		expect(p, UINT32_MAX, false);
		expect_ranked(p);
		expect_dates(p, INT64_MIN, INT64_MAX);
		expect_dates(p, 500 * 1000 - 50000, 2000 * 1000 - 50000);
		expect_dates(p, 0, -1);
		expect_dates(p, INT64_MIN, 0);
		expect_dates(p, (int64_t)last * 1000, INT64_MAX);
		am_places_close(&p);
		g_free(path);
	}
}

Test(places, joins_files)
{
	static const uint32_t documents[] = {3000, 0, 2000};
	char *paths[] = {write_file("a", 1, 1, 3000),
	                 write_file("b", 3001, 1, 0),
	                 write_file("c", 4000, 3, 2000)};
	uint32_t *moved[] = {g_new(uint32_t, 3000), NULL,
	                     g_new(uint32_t, 2000)};
	char *to = am_test_path("all");
	struct am_places *p, *a;
	struct am_place old, now;
	struct am_error err;

	cr_assert_eq(am_places_merge((const char *const *)paths, 3, to, moved,
	                             documents, &err),
	             AM_OK);
	cr_assert_eq(am_places_open(&p, to, &err), AM_OK);
	cr_expect_eq(am_places_documents(p), 5000);
	for (uint32_t id = 1; id <= 3000; id += 13)
		expect(p, id, true);
	expect(p, 3001, false);
	expect(p, 4000, true);
	expect(p, 4001, false);
	expect(p, 9997, true);
	expect(p, 9998, false);
	expect_ranked(p);
	for (int i = 0; i < 3; i += 2) {
		cr_assert_eq(am_places_open(&a, paths[i], &err), AM_OK);
		for (uint32_t d = 1; d <= documents[i]; d++) {
			cr_assert_eq(am_places_get(a, d, &old, &err), 0);
			cr_assert_eq(
				am_places_get(p, moved[i][d - 1], &now, &err),
				0);
			cr_expect_eq(old.id, now.id);
		}
		am_places_close(&a);
	}
	am_places_close(&p);
	/* Ids that overlap, and other documents than are known of, are mistakes
	 * that must show. */
	char *twice[] = {paths[0], paths[0]};
	static const uint32_t same[] = {3000, 3000}, less[] = {2999, 2000};
	uint32_t *both[] = {moved[0], moved[0]};
	cr_expect_eq(am_places_merge((const char *const *)twice, 2, to, both,
	                             same, &err),
	             AM_FAILED);
	cr_expect_eq(am_places_merge((const char *const *)paths, 2, to, both,
	                             less, &err),
	             AM_FAILED);
	for (int i = 0; i < 3; i++) {
		g_free(paths[i]);
		g_free(moved[i]);
	}
	g_free(to);
}

Test(places, refuses_a_damaged_file)
{
	char *path = write_file("p", 1, 1, 200), *text;
	struct am_places *p;
	struct am_error err;
	size_t len;

	text = am_test_read("p", &len);
	for (size_t cut = 0; cut < len; cut += cut < 60 ? 1 : 101) {
		am_test_write("q", text, cut);
		char *q = am_test_path("q");
		cr_expect_neq(am_places_open(&p, q, &err), AM_OK, "%zu", cut);
		g_free(q);
	}
	for (size_t i = 0; i < 48; i++) {
		text[i] ^= 0x10;
		am_test_write("q", text, len);
		char *q = am_test_path("q");
		cr_expect_eq(am_places_open(&p, q, &err), AM_FAILED, "%zu", i);
		cr_expect_eq(err.kind, AM_E_CORRUPT);
		g_free(q);
		text[i] ^= 0x10;
	}
	/* A table of nonsense is told, not followed. */
	memset(text + len - 200 * 28, 0xff, 200 * 28);
	am_test_write("q", text, len);
	char *q = am_test_path("q");
	struct am_place place;
	const uint8_t *data;
	cr_assert_eq(am_places_open(&p, q, &err), AM_OK);
	uint32_t document;
	cr_expect_eq(am_places_find(p, 5, &document, &err), AM_FAILED);
	if (!am_places_get(p, 5, &place, &err))
		cr_expect_eq(am_places_order(p, &place, &data, &err),
		             AM_FAILED);
	am_places_close(&p);
	g_free(q);
	g_free(text);
	g_free(path);
}
