/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/arena.h"
#include "base/file.h"
#include "mime/overview.h"
#include "model/folder.h"
#include "store/catalog.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(catalog, .timeout = 60);

/* ---- which catalogs open ---- */

Test(catalog, nothing_there_is_not_made_by_a_reader)
{
	struct env *env = env_new();
	struct am_catalog *c;
	struct am_error err = {0};

	cr_assert_eq(am_catalog_open(&c, env->dir, false, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND, "%s", err.text);
	cr_assert_null(c);
	env_free(&env);
}

/* ---- rows ---- */

static void add_folder(struct am_catalog *c, uint64_t id, const char *name)
{
	const char *parts[] = {"Top", name};
	struct am_item_folder f = {.id = id,
	                           .depth = 2,
	                           .parts = parts,
	                           .uidvalidity = 5,
	                           .uidnext = 1};

	cr_assert_eq(am_catalog_add_folder(c, &f, NULL), AM_OK);
}

static void hash_number(uint64_t n, uint8_t out[AM_SHA256_LEN])
{
	am_sha256(&n, sizeof n, out);
}

/* Message id with 100 * id bytes; lf: its LF form is that of number lf. */
static void add_message(struct am_catalog *c, uint64_t id, uint64_t lf,
                        uint64_t content, enum am_eol_class eol)
{
	struct am_step step = {.kind = AM_STEP_TEXT, .len = 1};
	struct am_extent extent = {.block = 1, .len = 1};
	struct am_item_message m = {
		.id = id,
		.size = 100 * id,
		.content = content,
		.eol = eol,
		.recipe = {.n_steps = 1,
	                   .n_extents = 1,
	                   .steps = &step,
	                   .extents = &extent},
	};
	struct am_overview o = {.subject = "s", .message_id = "m@x"};

	hash_number(id, m.hash);
	hash_number(lf, m.hash_lf);
	cr_assert_eq(am_catalog_add_message(c, &m, &o, NULL), AM_OK);
}

static void add_placement(struct am_catalog *c, uint64_t id, uint64_t message,
                          uint64_t folder, uint32_t flags, uint64_t seq)
{
	struct am_message meta = {
		.flags = flags, .uid = (uint32_t)id, .origin = "o"};
	struct am_item_placement p = {
		.id = id, .message = message, .folder = folder, .meta = &meta};

	cr_assert_eq(am_catalog_add_placement(c, &p, seq, NULL), AM_OK);
}

static void change(struct am_catalog *c, struct am_item_change change,
                   uint64_t seq)
{
	struct am_error err = {0};

	cr_assert_eq(am_catalog_add_change(c, &change, seq, &err), AM_OK, "%s",
	             err.text);
}

static void check_folder(struct am_catalog *c, uint64_t id, uint64_t messages,
                         uint64_t unseen, uint64_t bytes, uint32_t uidnext)
{
	struct am_catalog_folder *f;

	cr_assert_eq(am_catalog_folder(c, id, &f, NULL), AM_OK);
	cr_assert(f);
	cr_assert_eq(f->messages, messages, "folder %" PRIu64, id);
	cr_assert_eq(f->unseen, unseen, "folder %" PRIu64, id);
	cr_assert_eq(f->bytes, bytes, "folder %" PRIu64, id);
	cr_assert_eq(f->uidnext, uidnext, "folder %" PRIu64, id);
}

static void fill(struct am_catalog *c)
{
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	add_folder(c, 1, "a");
	add_folder(c, 2, "b");
	for (uint64_t i = 1; i <= 4; i++)
		add_message(c, i, i, i, AM_EOL_AS_IS);
	add_placement(c, 1, 1, 1, 0, 1);
	add_placement(c, 2, 2, 1, AM_SEEN, 2);
	add_placement(c, 3, 3, 2, 0, 3);
	add_placement(c, 4, 1, 2, 0, 4);
}

static void end(struct am_catalog *c, uint64_t number)
{
	struct am_commit commit = {.number = number, .end = 77};

	commit.chain[3] = 9;
	cr_assert_eq(am_catalog_end(c, 0x1234567890abcdef, &commit, NULL),
	             AM_OK);
}

static void check_filled(struct am_catalog *c)
{
	struct am_commit commit;
	uint64_t id, seq;

	cr_assert_eq(am_catalog_position(c, &id, &commit, NULL), AM_OK);
	cr_assert_eq(id, 0x1234567890abcdef);
	cr_assert_eq(commit.number, 3);
	cr_assert_eq(commit.end, 77);
	cr_assert_eq(commit.chain[3], 9);
	cr_assert_eq(am_catalog_seq(c, &seq, NULL), AM_OK);
	cr_assert_eq(seq, 4);
	check_folder(c, 1, 2, 1, 300, 3);
	check_folder(c, 2, 2, 2, 400, 5);
}

Test(catalog, keeps_what_was_ended_and_forgets_what_was_not)
{
	struct env *env = env_new();
	struct am_catalog *c = env_catalog(env);
	struct am_commit commit;
	uint64_t id;

	cr_assert_eq(am_catalog_position(c, &id, &commit, NULL), AM_END);
	fill(c);
	end(c, 3);
	check_filled(c);
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	add_message(c, 5, 5, 5, AM_EOL_AS_IS);
	add_placement(c, 5, 5, 1, 0, 5);
	check_folder(c, 1, 3, 2, 800, 6);
	am_catalog_rollback(c);
	check_filled(c);
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	add_placement(c, 6, 4, 1, 0, 5);
	am_catalog_close(&c); /* rolls back */
	cr_assert_eq(am_catalog_open(&c, env->dir, false, NULL), AM_OK);
	check_filled(c);
	am_catalog_close(&c);
	env_free(&env);
}

Test(catalog, changes_move_the_counts)
{
	static const char *const words[] = {"$A", "$B"};
	struct env *env = env_new();
	struct am_catalog *c = env_catalog(env);
	struct am_catalog_place place;
	struct am_item_placement item;
	struct am_arena *arena = am_arena_new();
	struct am_error err = {0};

	fill(c);
	change(c,
	       (struct am_item_change){.placement = 1,
	                               .kind = AM_CHANGE_FLAGS,
	                               .flags = AM_SEEN | AM_FLAGGED,
	                               .n_words = 2,
	                               .words = words},
	       5);
	check_folder(c, 1, 2, 0, 300, 3);
	change(c,
	       (struct am_item_change){.placement = 1,
	                               .kind = AM_CHANGE_MOVED,
	                               .folder = 2,
	                               .uid = 40},
	       6);
	check_folder(c, 1, 1, 0, 200, 3);
	check_folder(c, 2, 3, 2, 500, 41);
	change(c,
	       (struct am_item_change){.placement = 3,
	                               .kind = AM_CHANGE_EXPUNGED},
	       7);
	check_folder(c, 2, 2, 1, 200, 41);
	/* What is gone counts no more, whatever happens to it. */
	change(c,
	       (struct am_item_change){
		       .placement = 3, .kind = AM_CHANGE_FLAGS, .flags = 0},
	       8);
	check_folder(c, 2, 2, 1, 200, 41);
	change(c,
	       (struct am_item_change){.placement = 1,
	                               .kind = AM_CHANGE_LABELS,
	                               .n_words = 1,
	                               .words = words},
	       9);
	cr_assert_eq(am_catalog_place(c, 1, arena, &place, NULL), AM_OK);
	cr_assert_eq(am_catalog_meta(&place, arena, &item, NULL), AM_OK);
	cr_assert_eq(place.seq, 9);
	cr_assert_eq(place.folder, 2);
	cr_assert_eq(item.folder, 2);
	cr_assert_eq(item.meta->uid, 40);
	cr_assert_eq(item.meta->flags, AM_SEEN | AM_FLAGGED);
	cr_assert_eq(item.meta->n_keywords, 2);
	cr_assert_eq(item.meta->n_labels, 1);
	cr_assert_eq(
		am_catalog_add_change(
			c, &(struct am_item_change){.placement = 99}, 10, &err),
		AM_FAILED);
	cr_assert_eq(err.kind, AM_E_CORRUPT);
	end(c, 3);

	struct am_catalog_change changes[10];
	size_t n;
	cr_assert_eq(am_catalog_changes(c, 0, changes, 10, &n, NULL), AM_OK);
	cr_assert_eq(n, 3); /* 2 at 2, 3 gone at 8, 1 at 9 */
	cr_assert(changes[0].message == 2 && changes[0].seq == 2);
	cr_assert(changes[1].message == 3 && changes[1].gone);
	cr_assert(changes[2].message == 1 && !changes[2].gone);
	struct am_catalog_counts counts;
	cr_assert_eq(am_catalog_counts(c, &counts, NULL), AM_OK);
	cr_assert_eq(counts.with_keywords, 1);
	cr_assert_eq(counts.with_labels, 1);
	cr_assert_eq(counts.placements, 3);
	am_arena_free(&arena);
	am_catalog_close(&c);
	env_free(&env);
}

/* The same answers from the table in memory and from the keys. */
Test(catalog, matches_exact_bytes_and_forms)
{
	static const struct {
		uint64_t hash, lf, same, form;
	} cases[] = {
		{1, 1, 1, 0},    /* there */
		{10, 10, 10, 0}, /* a CRLF one there: its own LF form is 11's */
		{20, 1, 0, 1},   /* the CRLF form of 1 */
		{21, 2, 0, 2},   /* 2 is itself stored from CRLF */
		{22, 3, 0, 0},   /* 3 has mixed line ends: nothing to share */
		{30, 30, 0, 0},  /* new */
		{40, 4, 0, 1},   /* 4 shares the content of 1 */
	};
	for (int bulk = 0; bulk < 2; bulk++) {
		struct env *env = env_new();
		struct am_catalog *c = env_catalog(env);
		if (bulk)
			am_catalog_bulk(c);
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		add_message(c, 1, 1, 1, AM_EOL_AS_IS);
		add_message(c, 102, 2, 2, AM_EOL_CRLF_FROM_LF);
		add_message(c, 103, 3, 103, AM_EOL_AS_IS);
		add_message(c, 104, 4, 1, AM_EOL_CRLF_FROM_LF);
		add_message(c, 10, 10, 10, AM_EOL_AS_IS);
		end(c, 1);
		for (size_t i = 0; i < AM_COUNT(cases); i++) {
			uint8_t hash[AM_SHA256_LEN], lf[AM_SHA256_LEN];
			struct am_catalog_match m;
			hash_number(cases[i].hash, hash);
			hash_number(cases[i].lf, lf);
			cr_assert_eq(am_catalog_match(c, hash, lf, &m, NULL),
			             AM_OK);
			cr_assert_eq(m.same, cases[i].same, "%d, case %zu",
			             bulk, i);
			cr_assert_eq(m.form, cases[i].form, "%d, case %zu",
			             bulk, i);
		}
		am_catalog_close(&c);
		env_free(&env);
	}
}

static void check_places(struct am_catalog *c, enum am_catalog_by by,
                         uint64_t key, const char *ids)
{
	GString *got = g_string_new(NULL);
	struct am_catalog_places *places;
	struct am_catalog_place place;

	cr_assert_eq(am_catalog_places_open(&places, c, by, key, NULL), AM_OK);
	while (!am_catalog_places_next(places, &place, NULL))
		g_string_append_printf(got, "%" PRIu64 " ", place.id);
	am_catalog_places_close(&places);
	cr_expect_str_eq(got->str, ids);
	g_string_free(got, TRUE);
}

/* There and back again, each move in a transaction of its own or all in one:
 * each placement once, where it is now, in the order of ids. */
Test(catalog, places_follow_moves)
{
	struct am_catalog *c[2];
	struct env *env[2];
	uint64_t differences;

	for (int k = 0; k < 2; k++) {
		uint64_t seq = 5;
		env[k] = env_new();
		c[k] = env_catalog(env[k]);
		fill(c[k]);
		for (uint64_t turn = 0; turn < 5; turn++) {
			if (k) {
				end(c[k], turn + 1);
				cr_assert_eq(am_catalog_begin(c[k], NULL),
				             AM_OK);
			}
			change(c[k],
			       (struct am_item_change){
				       .placement = 1,
				       .kind = AM_CHANGE_MOVED,
				       .folder = 2 - turn % 2,
				       .uid = (uint32_t)(50 + turn)},
			       seq++);
		}
		end(c[k], 9);
		check_places(c[k], AM_CATALOG_IN_FOLDER, 1, "2 ");
		check_places(c[k], AM_CATALOG_IN_FOLDER, 2, "1 3 4 ");
		check_places(c[k], AM_CATALOG_IN_FOLDER, 3, "");
		check_places(c[k], AM_CATALOG_OF_MESSAGE, 1, "1 4 ");
		struct am_catalog_change changes[10];
		size_t n;
		cr_assert_eq(am_catalog_changes(c[k], 0, changes, 10, &n, NULL),
		             AM_OK);
		cr_assert_eq(n, 3);
		cr_expect(changes[2].message == 1 && changes[2].seq == 9);
		cr_assert_eq(am_catalog_changes(c[k], 8, changes, 10, &n, NULL),
		             AM_OK);
		cr_expect_eq(n, 1);
		cr_expect_eq(am_catalog_changes(c[k], 9, changes, 10, &n, NULL),
		             AM_END);
	}
	cr_assert_eq(
		am_catalog_compare(c[0], c[1], NULL, NULL, &differences, NULL),
		AM_OK);
	cr_expect_eq(differences, 0);
	for (int k = 0; k < 2; k++) {
		am_catalog_close(&c[k]);
		env_free(&env[k]);
	}
}

static void count_difference(void *user, const char *what)
{
	GString *s = user;
	g_string_append_printf(s, "%s;", what);
}

Test(catalog, comparing_names_each_difference)
{
	static const struct {
		const char *sql, *said;
		uint64_t n;
	} cases[] = {
		{"SELECT 1", "", 0},
		{"UPDATE placement SET flags = 64 WHERE id = 2",
	         "placement 2: flags;", 1},
		{"DELETE FROM message WHERE id = 4", "message 4: only here;",
	         1},
		{"INSERT INTO block VALUES(9, 1)", "block 9: missing;", 1},
		{"UPDATE message SET subject = NULL",
	         "message 1: subject;message 2: subject;message 3: subject;"
	         "message 4: subject;",
	         4},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct env *a = env_new(), *b = env_new();
		struct env *both[] = {a, b};
		struct am_catalog *c[2];
		uint64_t n;
		for (int k = 0; k < 2; k++) {
			c[k] = env_catalog(both[k]);
			fill(c[k]);
			end(c[k], 3);
		}
		am_catalog_close(&c[1]);
		env_catalog_sql(b, cases[i].sql);
		c[1] = env_catalog(b);
		GString *said = g_string_new(NULL);
		cr_assert_eq(am_catalog_compare(c[0], c[1], count_difference,
		                                said, &n, NULL),
		             AM_OK);
		cr_assert_eq(n, cases[i].n);
		cr_assert_str_eq(said->str, cases[i].said);
		g_string_free(said, TRUE);
		am_catalog_close(&c[0]);
		am_catalog_close(&c[1]);
		env_free(&a);
		env_free(&b);
	}
}

Test(catalog, folders_are_found_by_path_whatever_is_in_it)
{
	static const char *const odd[] = {"a/b", "a", "ünï", "..", " "};
	struct env *env = env_new();
	struct am_catalog *c = env_catalog(env);

	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	for (size_t i = 0; i < AM_COUNT(odd); i++)
		add_folder(c, i + 1, odd[i]);
	struct am_item_folder root = {.id = 50, .uidvalidity = 1, .uidnext = 1};
	cr_assert_eq(am_catalog_add_folder(c, &root, NULL), AM_OK);
	end(c, 1);
	am_catalog_close(&c);
	cr_assert_eq(am_catalog_open(&c, env->dir, false, NULL), AM_OK);
	for (size_t i = 0; i < AM_COUNT(odd); i++) {
		const char *parts[] = {"Top", odd[i]};
		struct am_folder *path;
		struct am_catalog_folder *f;
		cr_assert_eq(am_folder_new(&path, parts, 2, 0, NULL), AM_OK);
		cr_assert_eq(am_catalog_folder_at(c, path, &f, NULL), AM_OK);
		cr_assert(f && f->id == i + 1, "%s", odd[i]);
		const struct am_folder *drop = path;
		am_folder_unref(&drop);
	}
	struct am_catalog_folder *const *all;
	size_t n;
	cr_assert_eq(am_catalog_folders(c, &all, &n, NULL), AM_OK);
	cr_assert_eq(n, AM_COUNT(odd) + 1);
	cr_assert_eq(all[n - 1]->folder->depth, 0);
	am_catalog_close(&c);
	env_free(&env);
}

/* One that was not there: filled and committed before it is read, whether or
 * not it was written ahead of that. */
Test(catalog, new_one_is_filled_under_its_mark)
{
	struct env *env = env_new();
	struct am_catalog *c = NULL, *other = NULL;
	struct am_error err = {0};

	for (int ahead = 0; ahead < 2; ahead++) {
		cr_assert_eq(am_catalog_wipe(env->dir, NULL), AM_OK);
		cr_assert_eq(am_catalog_open_new(&c, env->dir, &err), AM_OK,
		             "%s", err.text);
		cr_expect_eq(am_catalog_open_new(&other, env->dir, &err),
		             AM_FAILED);
		cr_expect_eq(err.kind, AM_E_EXISTS);
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		for (uint64_t id = 1; id <= 300; id++)
			add_message(c, id, id, id, AM_EOL_AS_IS);
		if (ahead)
			cr_assert_eq(am_catalog_write_ahead(c, NULL), AM_OK);
		cr_expect_eq(am_catalog_open(&other, env->dir, false, &err),
		             AM_FAILED);
		cr_expect_eq(err.kind, AM_E_CORRUPT);
		end(c, 1);
		cr_expect_eq(am_catalog_write_ahead(c, NULL), AM_OK);
		am_catalog_close(&c);
		cr_assert_eq(am_catalog_open(&other, env->dir, false, &err),
		             AM_OK);
		uint8_t hash[AM_SHA256_LEN];
		struct am_catalog_match m;
		hash_number(77, hash);
		cr_assert_eq(am_catalog_match(other, hash, hash, &m, NULL),
		             AM_OK);
		cr_expect_neq(m.same, 0);
		am_catalog_close(&other);
	}
	env_free(&env);
}

/* What is filled without a journal is nobody's until its first commit. */
Test(catalog, first_fill_is_marked_until_its_commit)
{
	struct env *env = env_new();
	struct am_catalog *c = env_catalog(env), *other = NULL;
	struct am_error err = {0};

	am_catalog_bulk(c);
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	add_message(c, 1, 1, 1, AM_EOL_AS_IS);
	cr_expect_eq(am_catalog_open(&other, env->dir, false, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_CORRUPT);
	end(c, 1);
	cr_expect_eq(am_catalog_open(&other, env->dir, false, &err), AM_OK);
	am_catalog_close(&other);
	am_catalog_close(&c);

	/* Given up before that, it leaves nothing behind. */
	cr_assert_eq(am_catalog_wipe(env->dir, NULL), AM_OK);
	c = env_catalog(env);
	am_catalog_bulk(c);
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	add_message(c, 1, 1, 1, AM_EOL_AS_IS);
	am_catalog_close(&c);
	cr_expect_eq(am_catalog_open(&other, env->dir, false, &err), AM_FAILED);
	cr_expect_neq(err.kind, AM_E_CORRUPT);
	env_free(&env);
}
