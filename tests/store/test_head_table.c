/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/head_table.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <sqlite3.h>

#include <string.h>

TestSuite(head_table, .timeout = 60, .fini = am_test_tmpdir_end);

enum { PIECE = 256 };

/* The ids that hold it, as "3 7 ". */
static char *find(struct am_head_table *t, const char *text)
{
	GString *out = g_string_new("");
	struct am_error err = {0};
	struct am_heads heads;

	cr_assert_eq(am_head_table_find(t, &text, 1, &heads, &err), AM_OK, "%s",
	             err.text);
	for (size_t i = 0; i < heads.n * 64; i++)
		if (am_heads_ask(&heads, (int64_t)i) == AM_OK)
			g_string_append_printf(out, "%zu ", i);
	am_heads_clear(&heads);
	return g_string_free(out, FALSE);
}

#define expect_found(t, text, wanted)                               \
	do {                                                        \
		char *is_ = find(t, text);                          \
		cr_expect_str_eq(is_, wanted, "%s: %s", text, is_); \
		g_free(is_);                                        \
	} while (0)

Test(head_table, finds_every_text_that_holds_it)
{
	const int64_t some[] = {3, 9, 4, 100}, later[] = {5};
	const char *const texts[] = {"x-spam: no\nfrom: ann\n", "",
	                             "no no no spam", "ends with spam"};
	const char *const more[] = {"spam"};
	const char *const both[] = {"ann", "no no"};
	char *dir = am_test_path(".");
	struct am_head_table *t =
		am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
	struct am_error err = {0};
	struct am_heads heads;

	cr_assert_eq(am_head_table_add(t, some, texts, 4, &err), AM_OK, "%s",
	             err.text);
	expect_found(t, "spam", "3 4 100 ");
	expect_found(t, "no", "3 4 ");
	expect_found(t, "x-spam: no\nfrom", "3 ");
	/* Not from the end of one to the beginning of the next. */
	expect_found(t, "ann\nno", "");
	expect_found(t, "spamends", "");
	cr_assert_eq(am_head_table_add(t, later, more, 1, &err), AM_OK);
	cr_expect(am_head_table_has(t, 5) && am_head_table_has(t, 9));
	cr_expect_eq(am_head_table_count(t), 5);
	cr_expect(!am_head_table_has(t, 6) && !am_head_table_has(t, 1 << 20) &&
	          !am_head_table_has(t, -1));
	am_head_table_close(&t);
	t = am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
	expect_found(t, "spam", "3 4 5 100 ");
	cr_assert_eq(am_head_table_find(t, both, 2, &heads, &err), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 3), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 4), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 9), AM_END);
	cr_expect_eq(am_heads_ask(&heads, 6), AM_RETRY);
	am_heads_clear(&heads);
	am_head_table_close(&t);
	/* Of another archive, and in another layout, it knows nothing. */
	t = am_head_table_open(dir, "others.sqlite", 1, PIECE, 7);
	expect_found(t, "spam", "");
	am_head_table_close(&t);
	t = am_head_table_open(dir, "others.sqlite", 2, PIECE, 7);
	cr_assert_eq(am_head_table_add(t, later, more, 1, &err), AM_OK);
	am_head_table_close(&t);
	t = am_head_table_open(dir, "others.sqlite", 3, PIECE, 7);
	expect_found(t, "spam", "");
	am_head_table_close(&t);
	t = am_head_table_open(dir, "heads.sqlite", 1, PIECE, 8);
	expect_found(t, "spam", "");
	cr_expect(!am_head_table_has(t, 3));
	am_head_table_close(&t);
	g_free(dir);
}

Test(head_table, is_in_memory_where_nothing_can_be_written)
{
	struct am_head_table *t =
		am_head_table_open("/dev/null/x", "heads.sqlite", 1, PIECE, 7);
	const int64_t id = 1;
	const char *const text = "abc";

	cr_assert_eq(am_head_table_add(t, &id, &text, 1, NULL), AM_OK);
	expect_found(t, "b", "1 ");
	am_head_table_close(&t);
}

/* What is looked through again comes from memory as far as there is room, and
 * is all there whether it does or not. */
Test(head_table, more_than_is_kept_in_memory_is_found_again)
{
	static const char *const small[] = {"spam, little"};
	const int64_t ids[] = {1, 2, 3};
	char *dir = am_test_path(".");
	struct am_head_table *t =
		am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
	GString *text = g_string_new("spam, much of it");
	struct am_error err = {0};

	g_string_set_size(text, 80 << 20);
	memset(text->str + 16, 'x', text->len - 16);
	cr_assert_eq(am_head_table_add(t, &ids[0], small, 1, &err), AM_OK);
	cr_assert_eq(am_head_table_add(t, &ids[1],
	                               (const char *const *)&text->str, 1,
	                               &err),
	             AM_OK);
	cr_assert_eq(am_head_table_add(t, &ids[2], small, 1, &err), AM_OK);
	for (int i = 0; i < 3; i++) {
		expect_found(t, "spam", "1 2 3 ");
		expect_found(t, "little", "1 3 ");
	}
	am_head_table_close(&t);
	g_string_free(text, TRUE);
	g_free(dir);
}

/* ---- many, so that there are parts ---- */

enum { MANY = 20000 };

/* What headers are like: some words in most of them, some in few, numbers and
 * keys that are nowhere else, letters that are no ASCII, and nothing at all. */
static char *text_of(unsigned i)
{
	static const char *const names[] = {
		"ann", "bob", "carol", "d\303\266rte", "\347\214\253", "eve"};
	char *key = g_strdup_printf("head%u", i);
	char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA1, key, -1);
	char *text =
		i % 97 == 5
			? g_strdup("")
			: g_strdup_printf("from: %s@mail%u.example\n"
	                                  "subject: %s %u%s\n"
	                                  "message-id: <%s.%u@x>\n%s",
	                                  names[i % 6], i % 300,
	                                  i % 3 ? "committee meeting" : "re",
	                                  i / 16, i == 12345 ? " unique" : "",
	                                  hash, i, i % 50 ? "" : "\x01");
	g_free(hash);
	g_free(key);
	return text;
}

static struct am_head_table *of_many(const char *dir, char **texts, unsigned n,
                                     unsigned each)
{
	struct am_head_table *t =
		am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
	int64_t ids[PIECE];
	struct am_error err = {0};

	for (unsigned i = 0; i < n; i += each) {
		unsigned some = MIN(each, n - i);
		for (unsigned k = 0; k < some; k++) {
			ids[k] = (int64_t)(i + k) * 3 + 1;
			g_free(texts[i + k]);
			texts[i + k] = text_of(i + k);
		}
		cr_assert_eq(am_head_table_add(t, ids,
		                               (const char *const *)texts + i,
		                               some, &err),
		             AM_OK, "%s", err.text);
	}
	return t;
}

static void expect_as_read(struct am_head_table *t, char **texts, unsigned n,
                           const char *text)
{
	struct am_heads heads;
	struct am_error err = {0};
	unsigned hits = 0, wrong = 0;

	cr_assert_eq(am_head_table_find(t, &text, 1, &heads, &err), AM_OK, "%s",
	             err.text);
	for (unsigned i = 0; i < n; i++) {
		bool has = strstr(texts[i], text);
		hits += has;
		wrong += am_heads_ask(&heads, (int64_t)i * 3 + 1) !=
		         (has ? AM_OK : AM_END);
		wrong += am_heads_ask(&heads, (int64_t)i * 3 + 2) != AM_RETRY;
	}
	cr_expect_eq(wrong, 0, "'%s': %u hits, %u wrong", text, hits, wrong);
	am_heads_clear(&heads);
}

/* In any of them: whole words, their ends, several words, what is in all texts,
 * in one, in none, and what is no word. */
static void expect_all_as_read(struct am_head_table *t, char **texts,
                               unsigned n)
{
	static const char *const asked[] = {
		"committee",  "ommitte",
		"tee meet",   "ee",
		"e",          "unique",
		"uniqu",      " unique\n",
		"@mail7.",    "mail17",
		"mail",       "bob@mail1",
		"nowhere",    "zz",
		"\x01",       ">\n\x01",
		": ",         "\n",
		"re 6",       "\303\266",
		"\303\266rt", "\347\214\253",
		"\214\253",   "from: carol@",
		"d@",         "ann bob",
		"subject",    "12345@x",
		"@x>\n",      "<0",
		"0.1",        "example\nsubject: re"};

	for (size_t i = 0; i < AM_COUNT(asked); i++)
		expect_as_read(t, texts, n, asked[i]);
	/* Pieces of them, of any length, from anywhere. */
	for (unsigned i = 0; i < 300; i++) {
		const char *all = texts[(i * 7919u) % n];
		size_t len = strlen(all);
		if (!len)
			continue;
		size_t from = i * 31u % len;
		char *piece = g_strndup(all + from, 1 + i % 40);
		expect_as_read(t, texts, n, piece);
		g_free(piece);
	}
}

Test(head_table, what_parts_say_is_what_the_texts_hold)
{
	char **texts = g_new0(char *, MANY + 1);
	char *dir = am_test_path(".");
	struct am_head_table *t = of_many(dir, texts, MANY, 250);
	struct am_error err = {0};

	expect_all_as_read(t, texts, MANY);
	am_head_table_close(&t);
	t = am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
	cr_expect_eq(am_head_table_count(t), MANY);
	expect_all_as_read(t, texts, MANY);
	/* What comes behind. */
	const int64_t id = MANY * 3 + 1;
	const char *const text = "committee, unique";
	cr_assert_eq(am_head_table_add(t, &id, &text, 1, &err), AM_OK);
	expect_found(t, "ttee, un", "60001 ");
	am_head_table_close(&t);
	g_strfreev(texts);
	g_free(dir);
}

static int64_t ask_db(const char *dir, const char *sql)
{
	char *path = g_build_filename(dir, "heads.sqlite", NULL);
	sqlite3_stmt *ask = NULL;
	sqlite3 *db = NULL;
	int64_t n = -1;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &ask, NULL), SQLITE_OK,
	             "%s", sqlite3_errmsg(db));
	if (sqlite3_step(ask) == SQLITE_ROW)
		n = sqlite3_column_int64(ask, 0);
	sqlite3_finalize(ask);
	sqlite3_close(db);
	g_free(path);
	return n;
}

/* A server gets its mail by ones and twos. */
Test(head_table, what_comes_one_by_one_lies_together)
{
	enum { FEW = 1000 };
	char **texts = g_new0(char *, FEW + 1);
	char *dir = am_test_path(".");
	struct am_head_table *t = of_many(dir, texts, FEW, 1);

	expect_as_read(t, texts, FEW, "committee");
	am_head_table_close(&t);
	cr_expect_eq(ask_db(dir, "SELECT count(*) FROM head"), 4);
	g_strfreev(texts);
	g_free(dir);
}

Test(head_table, what_is_damaged_is_made_again, .timeout = 120)
{
	static const char *const harm[] = {
		"UPDATE head SET text = zeroblob(9) WHERE piece = 70",
		"DELETE FROM head WHERE piece = 3",
		"UPDATE part SET head = zeroblob(100)",
		"DELETE FROM chunk",
		"UPDATE chunk SET bytes = zeroblob(7)",
	};
	char **texts = g_new0(char *, MANY + 1);
	char *dir = am_test_path(".");

	for (size_t i = 0; i <= AM_COUNT(harm); i++) {
		/* All pieces are looked through, and parts asked. */
		const char *const all[] = {".", "committee"};
		struct am_heads heads;
		struct am_head_table *t = of_many(dir, texts, MANY, 250);
		am_head_table_close(&t);
		cr_expect_gt(ask_db(dir, "SELECT count(*) FROM part"), 0);
		if (i < AM_COUNT(harm)) {
			ask_db(dir, harm[i]);
		} else {
			char *path = am_test_path("heads.sqlite");
			cr_assert(g_file_set_contents(path,
			                              "no database at "
			                              "all, really",
			                              -1, NULL));
			g_free(path);
		}
		t = am_head_table_open(dir, "heads.sqlite", 1, PIECE, 7);
		bool found =
			am_head_table_find(t, all, 2, &heads, NULL) == AM_OK;
		cr_expect(!found || am_heads_ask(&heads, 1) == AM_RETRY,
		          "after %zu", i);
		if (found)
			am_heads_clear(&heads);
		cr_expect_eq(am_head_table_count(t), 0, "after %zu", i);
		am_head_table_close(&t);
		t = of_many(dir, texts, MANY, 250);
		expect_as_read(t, texts, MANY, "committee");
		am_head_table_close(&t);
		ask_db(dir, "DELETE FROM head_of");
	}
	g_strfreev(texts);
	g_free(dir);
}
