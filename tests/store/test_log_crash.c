/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a crash, a full disk or a bad sector can leave behind. */
#include "log_help.h"

#include "base/file.h"
#include "store/log_layout.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *dir, *path;
static struct am_ctx ctx;
static struct am_error err;

static void setup(void)
{
	dir = logtest_dir();
	path = g_build_filename(dir, "a.mailark", NULL);
}

static void teardown(void)
{
	g_free(path);
	logtest_dir_remove(&dir);
}

TestSuite(log_crash, .init = setup, .fini = teardown);

static uint64_t append(struct am_log *log, const char *text)
{
	uint64_t pos = 0;

	cr_assert_eq(am_log_append(log, AM_REC_ITEMS, AM_CODEC_STORED, 0, NULL,
	                           0, text, strlen(text), strlen(text), &pos,
	                           &err),
	             AM_OK, "%s", err.text);
	return pos;
}

static void commit(struct am_log *log)
{
	struct am_commit c = {0};

	cr_assert_eq(am_log_commit(log, &c, &err), AM_OK, "%s", err.text);
}

struct bytes {
	char *data;
	gsize len;
};

static struct bytes load(void)
{
	struct bytes b;

	cr_assert(g_file_get_contents(path, &b.data, &b.len, NULL));
	return b;
}

static void store(const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f && fwrite(data, 1, len, f) == len && !fclose(f));
}

/* Three commits of two records each. */
static struct bytes make(uint64_t ends[4])
{
	struct am_log_options options = {.no_sync = true};
	struct am_log *log;

	unlink(path);
	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK);
	ends[0] = am_log_last(log)->end;
	for (int i = 1; i < 4; i++) {
		char text[20];
		g_snprintf(text, sizeof text, "%da", i);
		append(log, text);
		g_snprintf(text, sizeof text, "%db", i);
		append(log, text);
		commit(log);
		ends[i] = am_log_last(log)->end;
	}
	am_log_close(&log);
	return load();
}

struct seen {
	struct am_log *log;
	GString *text;
	unsigned damages;
};

static int see_record(void *user, const struct am_record *rec,
                      struct am_error *e)
{
	struct seen *seen = user;
	char data[100] = "";

	if (rec->type != AM_REC_ITEMS || rec->stored_len >= sizeof data)
		return AM_OK;
	int r = am_log_payload(seen->log, rec, (uint8_t *)data, e);
	g_string_append_printf(seen->text, "%s ", data);
	return r;
}

static void see_damage(void *user, uint64_t pos, uint64_t len, const char *why)
{
	struct seen *seen = user;

	(void)pos;
	(void)len;
	(void)why;
	seen->damages++;
}

/* All items that count, "1a 1b 2a …", and how much damage there was. */
static char *walk_all(unsigned *damages, uint64_t *void_bytes)
{
	struct seen seen = {.text = g_string_new(NULL)};
	struct am_log_walk walk = {.record = see_record,
	                           .damage = see_damage,
	                           .user = &seen,
	                           .payloads = true};

	cr_assert_eq(am_log_open(&seen.log, path, false, NULL, &ctx, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_log_walk(seen.log, 0, &walk, &err), AM_OK, "%s",
	             err.text);
	am_log_close(&seen.log);
	*damages = seen.damages;
	*void_bytes = walk.void_bytes;
	return g_string_free(seen.text, FALSE);
}

static void assert_all(const char *want, uint64_t want_void)
{
	unsigned damages;
	uint64_t void_bytes;
	char *got = walk_all(&damages, &void_bytes);

	cr_assert_str_eq(got, want);
	cr_assert_eq(damages, 0);
	cr_assert_eq(void_bytes, want_void);
	g_free(got);
}

/* Cut there, and a run behind what is left; returns what that put in between.
 */
static uint64_t cut_and_go_on(const struct bytes *b, const uint64_t ends[4],
                              size_t cut)
{
	static const char *const want[] = {"", "1a 1b ", "1a 1b 2a 2b ",
	                                   "1a 1b 2a 2b 3a 3b "};
	unsigned whole = cut >= ends[3] ? 3 : cut >= ends[2] ? 2 : 1;
	struct am_log *log;

	store(b->data, cut);
	assert_all(want[whole], 0);
	cr_assert_eq(am_log_open(&log, path, true, NULL, &ctx, &err), AM_OK,
	             "cut at %zu: %s", cut, err.text);
	cr_assert_eq(am_log_last(log)->number, whole + 1);
	cr_assert_eq(am_log_tail(log), cut - ends[whole]);
	uint64_t pos = append(log, "new");
	commit(log);
	am_log_close(&log);
	char *all = g_strconcat(want[whole], "new ", NULL);
	assert_all(all, pos - ends[whole]);
	g_free(all);
	return pos - cut;
}

/* A crash at any byte: the last whole commit is there, and the next run goes
 * on behind what is left. */
Test(log_crash, cut_anywhere_the_last_whole_commit_stands)
{
	uint64_t ends[4];
	struct bytes b = make(ends);

	for (size_t cut = ends[1]; cut <= b.len; cut++)
		cr_assert_leq(cut_and_go_on(&b, ends, cut), 1);
	g_free(b.data);
}

/* ---- a header cut short that what follows makes whole ---- */

/* A record as a writer would put it at file[*at]. */
static void put(char *file, size_t *at, struct am_record rec,
                const void *payload, size_t len)
{
	rec.pos = *at;
	rec.version = 1;
	rec.raw_len = rec.stored_len = len;
	rec.crc = am_crc32(0, payload, len);
	am_log_encode_header(&rec, (uint8_t *)file + *at);
	memcpy(file + *at + AM_RECORD_HEADER, payload, len);
	*at += AM_RECORD_HEADER + len;
}

/* Three commits, and all but the last byte of a fourth one's header; that byte
 * is what the next record begins with, as in one of 256 such crashes. */
static char *make_unlucky(size_t *len, uint64_t *end, struct am_record *like)
{
	uint64_t ends[4];
	struct am_log *log;
	struct bytes b = make(ends);

	cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx, &err), AM_OK);
	*like = (struct am_record){.archive_id = am_log_archive_id(log)};
	am_log_close(&log);
	*end = b.len;
	*len = b.len + AM_RECORD_HEADER - 1;
	b.data = g_realloc(b.data, b.len + 1000);
	struct am_record commit = *like;
	commit.type = AM_REC_COMMIT;
	commit.version = 1;
	commit.id = 5;
	commit.pos = b.len;
	commit.stored_len = commit.raw_len = 50;
	do {
		commit.crc++;
		am_log_encode_header(&commit, (uint8_t *)b.data + b.len);
	} while ((uint8_t)b.data[*len] != am_log_magic[0]);
	return b.data;
}

Test(log_crash, the_next_record_does_not_complete_a_torn_header)
{
	struct am_record like;
	struct am_log *log;
	uint64_t end;
	size_t len;
	char *file = make_unlucky(&len, &end, &like);

	store(file, len);
	cr_assert_eq(am_log_open(&log, path, true, NULL, &ctx, &err), AM_OK);
	cr_assert_eq(append(log, "new"), len + 1);
	commit(log);
	am_log_close(&log);
	assert_all("1a 1b 2a 2b 3a 3b new ", len + 1 - end);
	g_free(file);
}

/* Earlier writers put nothing between: what they committed is found. */
Test(log_crash, a_torn_header_that_was_completed_hides_nothing)
{
	struct am_record like;
	uint8_t payload[AM_COMMIT_ROOM];
	uint64_t end;
	size_t len;
	char *file = make_unlucky(&len, &end, &like);
	struct am_commit c = {.number = 5, .since = len};

	like.type = AM_REC_ITEMS;
	put(file, &len, like, "new", 3);
	like.type = AM_REC_COMMIT;
	like.id = c.number;
	put(file, &len, like, payload, am_log_encode_commit(&c, payload));
	store(file, len);

	struct seen seen = {.text = g_string_new(NULL)};
	struct am_log_walk walk = {.record = see_record, .user = &seen};
	cr_assert_eq(am_log_open(&seen.log, path, false, NULL, &ctx, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_log_walk(seen.log, 0, &walk, &err), AM_OK);
	am_log_close(&seen.log);
	cr_assert_str_eq(seen.text->str, "1a 1b 2a 2b 3a 3b new ");
	g_string_free(seen.text, TRUE);
	g_free(file);
}

/* A torn record that claims more than was written, with the next run's records
 * inside what it claims, and that run's tail, and one more. */
Test(log_crash, torn_records_do_not_swallow_what_comes_after_them)
{
	uint64_t ends[4];
	struct bytes b = make(ends);
	struct am_log *log;
	char *big = g_strnfill(5000, 'x');

	for (size_t cut = 65; cut < 5000; cut += 331) {
		store(b.data, b.len);
		for (int run = 0; run < 3; run++) {
			cr_assert_eq(
				am_log_open(&log, path, true, NULL, &ctx, &err),
				AM_OK);
			uint64_t at = am_log_size(log);
			append(log, "n");
			commit(log);
			at = am_log_last(log)->end;
			append(log, big);
			uint64_t pos;
			/* Reading makes the writer write. */
			struct am_record rec;
			cr_assert_eq(am_log_header(log, at, &rec, &err), AM_OK);
			pos = at;
			am_log_close(&log);
			cr_assert_eq(truncate(path, (off_t)(pos + cut)), 0);
		}
		unsigned damages;
		uint64_t void_bytes;
		char *got = walk_all(&damages, &void_bytes);
		cr_assert_str_eq(got, "1a 1b 2a 2b 3a 3b n n n ");
		cr_assert_eq(damages, 0);
		cr_assert_eq(void_bytes, 2 * cut);
		g_free(got);
	}
	g_free(big);
	g_free(b.data);
}

Test(log_crash, garbage_behind_the_end_is_a_tail)
{
	uint64_t ends[4];
	struct bytes b = make(ends);
	struct logtest_random random = {5};

	for (int i = 0; i < 60; i++) {
		size_t len = 1 + logtest_below(&random, 3000);
		char *more = g_malloc(b.len + len);
		memcpy(more, b.data, b.len);
		logtest_fill(&random, (uint8_t *)more + b.len, len);
		if (i % 3 == 1)
			memset(more + b.len, 0, len);
		/* Its own records, in the wrong place. */
		if (i % 3 == 2)
			memcpy(more + b.len, b.data + ends[0],
			       len < b.len - ends[0] ? len : b.len - ends[0]);
		store(more, b.len + len);
		assert_all("1a 1b 2a 2b 3a 3b ", 0);
		struct am_log *log;
		cr_assert_eq(am_log_open(&log, path, true, NULL, &ctx, &err),
		             AM_OK);
		cr_assert_eq(am_log_tail(log), len);
		append(log, "new");
		commit(log);
		am_log_close(&log);
		assert_all("1a 1b 2a 2b 3a 3b new ", len);
		g_free(more);
	}
	g_free(b.data);
}

/* An archive mailed as an attachment and stored without packing. */
Test(log_crash, an_archive_within_an_archive_is_not_mistaken)
{
	uint64_t ends[4], pos;
	struct bytes inner = make(ends);
	struct am_log *log;

	unlink(path);
	struct am_log_options options = {.no_sync = true};
	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK);
	cr_assert_eq(am_log_append(log, AM_REC_BLOB, AM_CODEC_STORED, 0,
	                           inner.data, AM_BLOB_PREFIX, inner.data,
	                           inner.len, inner.len, &pos, &err),
	             AM_OK);
	append(log, "outer");
	commit(log);
	am_log_close(&log);
	assert_all("outer ", 0);
	/* The header in front of it destroyed: its records lie bare. */
	struct bytes b = load();
	b.data[pos] ^= 1;
	store(b.data, b.len);
	unsigned damages;
	uint64_t void_bytes;
	char *got = walk_all(&damages, &void_bytes);
	cr_assert_str_eq(got, "outer ");
	cr_assert_eq(damages, 1);
	g_free(got);
	g_free(b.data);
	g_free(inner.data);
}

/* One bit anywhere: it is told, and no other record is lost. */
Test(log_crash, a_flipped_bit_costs_one_record_and_is_told, .timeout = 120)
{
	static const char *const names[] = {"1a", "1b", "2a", "2b", "3a", "3b"};
	uint64_t ends[4];
	struct bytes b = make(ends);
	struct logtest_random random = {6};

	for (size_t at = 0; at < b.len;
	     at += at < ends[0] - 400 ? 1 + logtest_below(&random, 400) : 1) {
		unsigned damages, missing = 0;
		uint64_t void_bytes;
		char before = b.data[at];
		b.data[at] ^= (char)(1 << logtest_below(&random, 8));
		store(b.data, b.len);
		if (at >= ends[2]) {
			/* The last commit may be what was hit. */
			struct am_log *log;
			cr_assert_eq(am_log_open(&log, path, false, NULL, &ctx,
			                         &err),
			             AM_OK);
			bool lost = am_log_last(log)->number < 4;
			cr_assert(!lost || am_log_tail(log) > 0);
			am_log_close(&log);
			char *got = walk_all(&damages, &void_bytes);
			cr_assert(lost || damages, "at %zu", at);
			cr_assert(g_str_has_prefix(got, "1a 1b 2a 2b "));
			g_free(got);
		} else {
			char *got = walk_all(&damages, &void_bytes);
			for (size_t i = 0; i < AM_COUNT(names); i++)
				missing += !strstr(got, names[i]);
			cr_assert_leq(missing, 1, "at %zu: %s", at, got);
			cr_assert(damages || at < AM_LOG_PREAMBLE, "at %zu",
			          at);
			cr_assert_eq(void_bytes, 0, "at %zu", at);
			g_free(got);
		}
		b.data[at] = before;
	}
	g_free(b.data);
}

/* For repair: the last commit's record is gone, what it covered is not. */
Test(log_crash, the_tail_can_be_had_when_asked_for)
{
	uint64_t ends[4];
	struct bytes b = make(ends);
	struct seen seen = {.text = g_string_new(NULL)};
	struct am_log_walk walk = {.record = see_record,
	                           .damage = see_damage,
	                           .user = &seen,
	                           .tail = true};

	b.data[ends[3] - 1] ^= 1;
	store(b.data, b.len);
	cr_assert_eq(am_log_open(&seen.log, path, false, NULL, &ctx, &err),
	             AM_OK);
	cr_assert_eq(am_log_last(seen.log)->number, 3);
	cr_assert_eq(am_log_walk(seen.log, 0, &walk, &err), AM_OK);
	cr_assert_str_eq(seen.text->str, "1a 1b 2a 2b 3a 3b ");
	cr_assert_eq(seen.damages, 1);
	am_log_close(&seen.log);
	g_string_free(seen.text, TRUE);
	g_free(b.data);
}

/* A catalog stands at a commit, the next commit's record is damaged, and there
 * are later ones: what it covered is not void. */
Test(log_crash, a_damaged_commit_behind_the_known_one_is_told)
{
	uint64_t ends[4];
	struct bytes b = make(ends);
	struct seen seen = {.text = g_string_new(NULL)};
	struct am_log_walk walk = {
		.record = see_record, .damage = see_damage, .user = &seen};

	store(b.data, ends[1]);
	cr_assert_eq(am_log_open(&seen.log, path, false, NULL, &ctx, &err),
	             AM_OK);
	struct am_commit known = *am_log_last(seen.log);
	am_log_close(&seen.log);
	b.data[ends[2] - 1] ^= 1; /* the payload, then the header too */
	for (int i = 0; i < 2; i++) {
		store(b.data, b.len);
		cr_assert_eq(
			am_log_open(&seen.log, path, false, &known, &ctx, &err),
			AM_OK);
		seen.damages = 0;
		g_string_truncate(seen.text, 0);
		walk.payloads = i;
		cr_assert_eq(am_log_walk(seen.log, known.end, &walk, &err),
		             AM_OK);
		cr_assert_str_eq(seen.text->str, "2a 2b 3a 3b ");
		cr_assert_eq(seen.damages, 1);
		am_log_close(&seen.log);
		char *at = memmem(b.data + ends[1], b.len - ends[1], "2b", 2);
		at[2 + 20] ^= 1;
	}
	g_string_free(seen.text, TRUE);
	g_free(b.data);
}

/* What a transfer in text mode or a bad editor does: all that follows stands
 * elsewhere.  That is no tail of a crashed run, and repair can have it. */
Test(log_crash, what_was_moved_is_told_and_can_be_had)
{
	static const char some[26] = "inserted";
	uint64_t ends[4];
	struct bytes b = make(ends);
	size_t at = ends[1] + 10; /* in the header of 2a */

	for (int i = 0; i < 2; i++) {
		GString *s = g_string_new_len(b.data, (gssize)b.len);
		if (i)
			g_string_erase(s, (gssize)at, 5);
		else
			g_string_insert_len(s, (gssize)at, some, sizeof some);
		store(s->str, s->len);
		unsigned damages;
		uint64_t void_bytes;
		char *got = walk_all(&damages, &void_bytes);
		cr_expect_str_eq(got, "1a 1b ");
		cr_expect_eq(damages, 2, "%u", damages);
		g_free(got);

		struct seen seen = {.text = g_string_new(NULL)};
		struct am_log_walk walk = {.record = see_record,
		                           .damage = see_damage,
		                           .user = &seen,
		                           .tail = true};
		cr_assert_eq(
			am_log_open(&seen.log, path, false, NULL, &ctx, &err),
			AM_OK);
		cr_assert_eq(am_log_walk(seen.log, 0, &walk, &err), AM_OK);
		cr_expect_str_eq(seen.text->str, "1a 1b 2b 3a 3b ");
		cr_expect(seen.damages > 0);
		am_log_close(&seen.log);
		g_string_free(seen.text, TRUE);

		/* It stays told when somebody writes on behind it. */
		struct am_log *log;
		cr_assert_eq(am_log_open(&log, path, true, NULL, &ctx, &err),
		             AM_OK);
		append(log, "new");
		commit(log);
		am_log_close(&log);
		got = walk_all(&damages, &void_bytes);
		cr_expect_str_eq(got, "1a 1b new ");
		cr_expect_eq(damages, 2, "%u", damages);
		g_free(got);
		g_string_free(s, TRUE);
	}
	g_free(b.data);
}
