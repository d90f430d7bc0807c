/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The extractor of an archive, run on archives made here.  Without python3 the
 * tests have nothing to say. */
#include "log_help.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 24 };

static char *dir, *path, *out, *script;
static struct am_ctx ctx;
static struct am_error err;
static struct logtest_index known;
static GByteArray *messages[MESSAGES];

static void setup(void)
{
	struct logtest_random random = {12};

	dir = logtest_dir();
	path = g_build_filename(dir, "a.mailark", NULL);
	out = g_build_filename(dir, "out", NULL);
	script = g_build_filename(dir, "extract.py", NULL);
	logtest_index_init(&known);
	for (size_t i = 0; i < MESSAGES; i++)
		messages[i] = logtest_message(&random);
}

static void teardown(void)
{
	for (size_t i = 0; i < MESSAGES; i++)
		g_byte_array_free(messages[i], TRUE);
	logtest_index_clear(&known);
	g_free(path);
	g_free(out);
	g_free(script);
	logtest_dir_remove(&dir);
}

TestSuite(extract, .init = setup, .fini = teardown, .timeout = 120);

/* ---- making an archive by hand ---- */

static void add_message(struct am_content_writer *w, struct am_items *items,
                        size_t i)
{
	const GByteArray *m = messages[i];
	struct am_blob *blob;
	struct am_split *s;

	cr_assert_eq(am_blob_copy(&blob, m->data, m->len, &err), AM_OK);
	cr_assert_eq(am_split_message(&s, blob, NULL, &err), AM_OK);
	cr_assert_eq(am_content_put(w, blob, s, &err), AM_OK);
	cr_assert_eq(am_content_flush(w, &err), AM_OK);
	struct am_item_message message = {
		.id = i + 1,
		.size = s->size,
		.content = i + 1,
		.eol = s->eol,
		.recipe = s->recipe,
	};
	memcpy(message.hash, s->hash, sizeof s->hash);
	memcpy(message.hash_lf, s->hash_lf, sizeof s->hash);
	am_items_add_message(items, &message);
	const char *keyword = "Größe";
	struct am_prop prop = {"mbox.from-line", "From \xFF", 6};
	struct am_message meta = {
		.flags = AM_SEEN,
		.uid = (uint32_t)i + 1,
		.origin = "here",
		.received = {1500000000, 60, true},
		.received_from = "imap",
		.n_keywords = 1,
		.keywords = &keyword,
		.n_props = 1,
		.props = &prop,
	};
	const struct am_item_flags source = {AM_FLAGGED, 1, &keyword};
	struct am_item_placement p = {.id = i + 1,
	                              .message = i + 1,
	                              .folder = 1 + i % 2,
	                              .accession = 1,
	                              .meta = &meta,
	                              .saved = 1600000000,
	                              .source = &source};
	am_items_add_placement(items, &p);
	am_split_free(&s);
	am_blob_unref(&blob);
}

static void add_rest(struct am_items *items)
{
	static const char *const a[] = {"INBOX"}, *const b[] = {"..", "a/b"};
	static const struct am_item_folder folders[] = {
		{.id = 1, .depth = 1, .parts = a},
		{.id = 2, .depth = 2, .parts = b},
	};
	struct am_item_change flags = {
		.placement = 1, .kind = AM_CHANGE_FLAGS, .flags = AM_FLAGGED};
	struct am_item_change moved = {.placement = 2,
	                               .kind = AM_CHANGE_MOVED,
	                               .folder = 1,
	                               .uid = 99};
	struct am_item_change gone = {.placement = 3,
	                              .kind = AM_CHANGE_EXPUNGED};
	struct am_item_accession accession = {1, AM_ACCESSION_ENDED, "{}"};
	struct am_item_cursor cursor = {"s", "f", "v"};

	am_items_add_folder(items, &folders[0]);
	am_items_add_folder(items, &folders[1]);
	am_items_add_change(items, &flags);
	am_items_add_change(items, &moved);
	am_items_add_change(items, &gone);
	am_items_add_accession(items, &accession);
	am_items_add_cursor(items, &cursor);
}

static void append_items(struct am_log *log, struct am_items *items)
{
	struct am_coder *coder = am_coder_new();
	enum am_codec codec = am_log_codec(log);
	size_t len, room;
	const uint8_t *raw = am_items_bytes(items, &len);
	uint64_t pos;

	room = am_codec_bound(codec, len);
	uint8_t *packed = g_malloc(room);
	cr_assert_eq(
		am_codec_pack(coder, codec, 0, raw, len, packed, &room, &err),
		AM_OK);
	cr_assert_eq(am_log_append(log, AM_REC_ITEMS, codec, 0, NULL, 0, packed,
	                           room, len, &pos, &err),
	             AM_OK);
	g_free(packed);
	am_coder_free(&coder);
	am_items_reset(items);
}

/* Two commits with a void tail between them. */
static void make(enum am_codec codec, uint64_t segment)
{
	struct am_log_options options = {
		.codec = codec, .segment = segment, .no_sync = true};
	struct am_items *items = am_items_new();
	struct am_content_writer *w;
	struct am_commit commit = {0};
	struct am_record rec;
	struct am_log *log;
	uint64_t block = 1;

	cr_assert_eq(am_log_create(&log, path, &options, &ctx, &err), AM_OK);
	for (size_t half = 0; half < 2; half++) {
		cr_assert_eq(am_content_writer_new(&w, log, &known.index, block,
		                                   1, &err),
		             AM_OK);
		for (size_t i = half; i < MESSAGES; i += 2)
			add_message(w, items, i);
		if (half)
			add_rest(items);
		block = am_content_next_block(w);
		am_content_writer_free(&w);
		append_items(log, items);
		cr_assert_eq(am_log_commit(log, &commit, &err), AM_OK);
		/* Never committed: items that would be in the way. */
		am_items_add_accession(items,
		                       &(struct am_item_accession){.json = ""});
		add_rest(items);
		append_items(log, items);
		/* Reading makes the writer write. */
		cr_assert_eq(
			am_log_header(log, am_log_last(log)->end, &rec, &err),
			AM_OK);
		am_log_close(&log);
		cr_assert_eq(am_log_open(&log, path, true, NULL, &ctx, &err),
		             AM_OK, "%s", err.text);
	}
	am_log_close(&log);
	am_items_free(&items);
}

/* The extractor as it lies in the archive. */
static void take_script(void)
{
	char *name = g_file_test(path, G_FILE_TEST_IS_DIR)
	                     ? g_build_filename(path, "000000.seg", NULL)
	                     : g_strdup(path);
	char *bytes;
	gsize len;

	cr_assert(g_file_get_contents(name, &bytes, &len, NULL));
	char *from = memmem(bytes, len, "#!/usr/bin/env python3", 22);
	static const char last[] = "sys.exit(main(sys.argv[1:]))\n";
	char *to = memmem(from, len - (size_t)(from - bytes), last,
	                  sizeof last - 1);
	cr_assert(from && to);
	cr_assert(g_file_set_contents(
		script, from, to - from + (gssize)sizeof last - 1, NULL));
	g_free(bytes);
	g_free(name);
}

static bool can_run(void)
{
	char *python = g_find_program_in_path("python3");
	char *zstd = g_find_program_in_path("zstd");
	bool yes = python && zstd;

	g_free(python);
	g_free(zstd);
	return yes;
}

static int run(const char *more, char **said)
{
	const char *argv[] = {"python3", script, path, out, more, NULL};
	char *listed;
	int status = -1;

	take_script();
	cr_assert(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
	                       G_SPAWN_SEARCH_PATH, NULL, NULL, &listed, said,
	                       &status, NULL));
	g_free(listed);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_file(const char *name, size_t i)
{
	char *place = g_build_filename(out, name, NULL);
	char *bytes = NULL;
	gsize len = 0;

	cr_assert(g_file_get_contents(place, &bytes, &len, NULL), "%s", name);
	cr_assert_eq(len, messages[i]->len, "%s", name);
	cr_assert(!memcmp(bytes, messages[i]->data, len), "%s", name);
	g_free(bytes);
	g_free(place);
}

/* Message i+1 is placement i+1; even i in INBOX, odd ones in "../a/b"; the
 * second has moved to INBOX and the third is gone. */
static void assert_all_out(void)
{
	char name[60];
	unsigned inbox = 0, other = 0;

	/* In the order of their items: even ones first. */
	for (size_t half = 0; half < 2; half++) {
		for (size_t i = half; i < MESSAGES; i += 2) {
			if (i == 2)
				continue;
			if (i % 2 == 0 || i == 1)
				g_snprintf(name, sizeof name, "INBOX/%u.eml",
				           ++inbox);
			else
				g_snprintf(name, sizeof name,
				           "%%2E./a%%2Fb/%u.eml", ++other);
			assert_file(name, i);
		}
	}
	char *place = g_build_filename(out, "metadata.jsonl", NULL);
	char *text;
	cr_assert(g_file_get_contents(place, &text, NULL, NULL));
	cr_assert(strstr(text, "\"flags\": [\"flagged\"]"));
	cr_assert(strstr(text, "\"keywords\": [\"Gr\\u00f6\\u00dfe\"]"));
	cr_assert(strstr(text, "\"expunged\": 0"));
	cr_assert(strstr(text, "{\"unix\": 1500000000, \"zone\": 60}"));
	cr_assert(strstr(text, "\"uid\": 99"));
	cr_assert(strstr(text, "From \\udcff"));
	g_free(text);
	g_free(place);
}

Test(extract, gives_back_every_byte_with_either_codec_and_in_segments)
{
	static const struct {
		enum am_codec codec;
		uint64_t segment;
	} table[] = {
		{AM_CODEC_ZSTD, 0},
		{AM_CODEC_ZLIB, 0},
		{AM_CODEC_STORED, 0},
		{AM_CODEC_ZSTD, 100000},
	};

	for (size_t i = 0; can_run() && i < AM_COUNT(table); i++) {
		char *said;
		make(table[i].codec, table[i].segment);
		int status = run(NULL, &said);
		cr_assert_eq(status, 0, "row %zu: %s", i, said);
		assert_all_out();
		g_free(said);
		cr_assert_eq(am_remove_tree(path, &err), AM_OK);
		cr_assert_eq(am_remove_tree(out, &err), AM_OK);
		logtest_index_clear(&known);
		logtest_index_init(&known);
	}
}

Test(extract, lists_without_writing)
{
	char *said;

	if (!can_run())
		return;
	make(AM_CODEC_ZLIB, 0);
	cr_assert_eq(run("--list", &said), 0, "%s", said);
	cr_assert(!g_file_test(out, G_FILE_TEST_EXISTS));
	g_free(said);
}

/* Whatever is hit: it ends, it tells, and what it gives is right. */
Test(extract, tells_damage_and_gives_the_rest)
{
	struct logtest_random random = {13};
	char *bytes, *said;
	gsize len;

	if (!can_run())
		return;
	make(AM_CODEC_ZLIB, 0);
	/* What a crash left lies just before the last commit's records. */
	struct am_log *log;
	cr_assert_eq(am_log_open(&log, path, false, NULL, NULL, &err), AM_OK);
	size_t since = (size_t)am_log_last(log)->since;
	am_log_close(&log);
	cr_assert(g_file_get_contents(path, &bytes, &len, NULL));
	for (int i = 0; i < 8; i++) {
		size_t start = len / 16;
		size_t at =
			start +
			logtest_below(&random, (uint32_t)(len - start - 4000));
		if (at < since && at >= since - 4096)
			at = since;
		char before = bytes[at];
		bytes[at] ^= 0x10;
		FILE *f = fopen(path, "wb");
		cr_assert(f && fwrite(bytes, 1, len, f) == len && !fclose(f));
		bytes[at] = before;
		int status = run(NULL, &said);
		cr_assert(status == 1 && strstr(said, "damage:"), "at %zu: %s",
		          at, said);
		cr_assert_null(strstr(said, "Traceback"), "%s", said);
		g_free(said);
		cr_assert_eq(am_remove_tree(out, &err), AM_OK);
	}
	g_free(bytes);
}
