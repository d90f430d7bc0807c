/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives cut short and corrupted, in both codecs, as one file and as
 * segments, with the catalog that fits and without any.  Nothing may crash or
 * hang; every message that comes out is one that went in, byte for byte; what
 * is missing is told; what repair makes of it is whole.
 */
#include "base/blob.h"
#include "base/file.h"
#include "base/hash.h"
#include "contract/hostile.h"
#include "model/format.h"
#include "store/archive.h"
#include "support/box.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGES = 9, CUTS = 130, CORRUPTIONS = 250 };

struct forge {
	char *dir;
	char *whole;  /* the archive as it was made, with its cache */
	char *path;   /* the copy that is harmed */
	char *mended; /* what repair writes */
	GPtrArray *files;
	GHashTable *known; /* SHA-256 of what went in */
	guint n_messages;  /* placements */
	unsigned n_notes;
};

static void count_note(void *user, const struct am_note *note)
{
	struct forge *forge = user;

	cr_assert(note->code && *note->code && note->text && *note->text);
	forge->n_notes++;
}

static struct am_ctx context(struct forge *forge)
{
	return (struct am_ctx){
		.tmpdir = forge->dir, .on_note = count_note, .user = forge};
}

static char *hash_of(const struct am_blob *raw, struct am_error *err)
{
	size_t len = (size_t)am_blob_size(raw), got = 0;
	uint8_t *bytes = g_malloc(len + 1), hash[AM_SHA256_LEN];
	char *hex = NULL;

	if (!am_blob_read(raw, 0, bytes, len, &got, err) && got == len) {
		hex = g_malloc(AM_SHA256_HEX);
		am_sha256(bytes, len, hash);
		am_hex(hash, sizeof hash, hex);
	}
	g_free(bytes);
	return hex;
}

/* One message that the archive gives: true when it could be had. */
static bool take(struct forge *forge, struct am_source *src,
                 struct am_message *msg)
{
	struct am_error err = {0};

	int r = am_source_load(src, msg, &err);
	cr_assert(r <= 0 && (!r || *err.text));
	char *hex = r ? NULL : hash_of(msg->raw, &err);
	cr_assert(hex || *err.text);
	if (hex)
		cr_assert(g_hash_table_contains(forge->known, hex),
		          "a message came out that never went in");
	g_free(hex);
	return hex;
}

/* All messages; how many could be had.  -1: it does not even open. */
static int list(struct forge *forge, const char *path)
{
	struct am_location where = {.path = path};
	struct am_ctx ctx = context(forge);
	struct am_error err = {0};
	struct am_source *src;
	struct am_item item;
	int n = 0, items = 0;

	int r = am_format_archive.open_source(&src, &where, &ctx, &err);
	cr_assert(r <= 0 && (!r || *err.text));
	if (r)
		return -1;
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		cr_assert(++items < 10000, "no end");
		cr_assert(r == 0 || *err.text);
		if (r == AM_FATAL)
			break;
		if (r || !item.message)
			continue;
		n += take(forge, src, item.message);
		am_message_free(&item.message);
	}
	am_source_close(&src);
	return n;
}

/* ---- making one ---- */

static void remember(struct forge *forge)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		GString *bytes = box_bytes(i);
		uint8_t hash[AM_SHA256_LEN];
		char *hex = g_malloc(AM_SHA256_HEX);
		am_sha256(bytes->str, bytes->len, hash);
		am_hex(hash, sizeof hash, hex);
		g_hash_table_add(forge->known, hex);
		g_string_free(bytes, TRUE);
	}
}

static struct forge forge_new(const char *const *options)
{
	struct forge forge = {
		.dir = hostile_dir(),
		.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                       NULL),
	};
	struct box_run run = {.to = MESSAGES, .each = 3, .source = "box"};
	struct am_ctx ctx = context(&forge);
	struct am_error err = {0};

	forge.whole = g_build_filename(forge.dir, "whole.mailark", NULL);
	forge.path = g_build_filename(forge.dir, "a.mailark", NULL);
	forge.mended = g_build_filename(forge.dir, "mended.mailark", NULL);
	remember(&forge);
	int r = box_import(&am_format_archive, forge.whole, options, &run, &ctx,
	                   &err);
	cr_assert(r == 0 && !run.failed, "%s", err.text);
	int n = list(&forge, forge.whole);
	cr_assert(n > 0);
	forge.n_messages = (guint)n;
	forge.files = hostile_files(forge.whole);
	return forge;
}

static void remove_cache(const char *path)
{
	char *cache = g_strconcat(path, ".cache", NULL);

	cr_assert(am_remove_tree(cache, NULL) == 0);
	g_free(cache);
}

static void forge_end(struct forge *forge)
{
	hostile_guard_end();
	cr_assert(am_remove_tree(forge->dir, NULL) == 0);
	g_ptr_array_free(forge->files, TRUE);
	g_hash_table_destroy(forge->known);
	g_free(forge->dir);
	g_free(forge->whole);
	g_free(forge->path);
	g_free(forge->mended);
}

/* The copy as good as new; with its cache, or without. */
static void renew(struct forge *forge, bool cache)
{
	char *from = g_strconcat(forge->whole, ".cache", NULL);
	char *to = g_strconcat(forge->path, ".cache", NULL);

	cr_assert(am_remove_tree(to, NULL) == 0);
	if (g_file_test(forge->path, G_FILE_TEST_IS_DIR))
		cr_assert(am_remove_tree(forge->path, NULL) == 0);
	hostile_copy(forge->whole, forge->path);
	if (cache)
		hostile_copy(from, to);
	g_free(from);
	g_free(to);
}

/* ---- what is done with a harmed one ---- */

static void mend(struct forge *forge, int had)
{
	struct am_ctx ctx = context(forge);
	struct am_repair_result repaired = {0};
	struct am_verify_result found = {0};
	struct am_error err = {0};

	int r = am_archive_repair(forge->path, forge->mended, &ctx, &repaired,
	                          &err);
	cr_assert(r <= 0 && (!r || *err.text));
	if (r == 0 || r == AM_FAILED) {
		int n = list(forge, forge->mended);
		cr_assert(r || n >= 0, "repair made nothing that opens");
		cr_assert(r || n >= had, "repair lost %d of %d", had - n, had);
	}
	if (!r) {
		r = am_archive_verify(forge->mended, true, &ctx, &found, &err);
		cr_assert(r == 0, "mended, but: %s", err.text);
	}
	/* A file where the archive was one, segments where it had segments. */
	if (g_file_test(forge->mended, G_FILE_TEST_IS_DIR))
		cr_assert(am_remove_tree(forge->mended, NULL) == 0);
	else
		unlink(forge->mended);
	remove_cache(forge->mended);
}

/* cut: some messages may be gone without a trace, as after a crash. */
static void judge(struct forge *forge, bool cut)
{
	struct am_ctx ctx = context(forge);
	struct am_verify_result quick = {0}, full = {0};
	struct am_error err = {0};

	int had = list(forge, forge->path);
	int q = am_archive_verify(forge->path, false, &ctx, &quick, &err);
	cr_assert(q <= 0 && (!q || *err.text));
	int f = am_archive_verify(forge->path, true, &ctx, &full, &err);
	cr_assert(f <= 0 && (!f || *err.text));
	cr_assert(q == 0 || f != 0, "quick finds more than full: %s", err.text);
	if (had < (int)forge->n_messages)
		cr_assert(cut || f != 0 || full.void_bytes,
		          "%d of %u messages, and all is well", had,
		          forge->n_messages);
	mend(forge, had);
}

static char *part_of(struct forge *forge, guint i)
{
	return g_strconcat(forge->path, forge->files->pdata[i], NULL);
}

static void cut_off(struct forge *forge, guint file)
{
	char *path = part_of(forge, file);

	renew(forge, false);
	GByteArray *whole = hostile_read(path);
	guint cuts = CUTS / forge->files->len + 1;
	for (guint i = 0; i < cuts; i++) {
		/* The whole length, and each byte of the end. */
		guint at = i < cuts / 4 ? whole->len - 1 - i
		                        : whole->len / cuts * i;
		renew(forge, i % 2);
		hostile_write(path, whole->data, at);
		hostile_guard("%s cut at %u", path, at);
		judge(forge, true);
	}
	g_byte_array_free(whole, TRUE);
	g_free(path);
}

static void corrupt(struct forge *forge, unsigned seed)
{
	guint file = seed % forge->files->len;
	char *path = part_of(forge, file);

	renew(forge, seed / 7 % 2);
	GByteArray *bytes = hostile_read(path);
	hostile_corrupt(bytes, seed);
	hostile_write(path, bytes->data, bytes->len);
	hostile_guard("%s with seed %u", path, seed);
	judge(forge, false);
	g_byte_array_free(bytes, TRUE);
	g_free(path);
}

static void harm(const char *codec, const char *segment)
{
	const char *options[] = {codec, segment, NULL};
	struct forge forge = forge_new(options);

	for (guint i = 0; i < forge.files->len; i++)
		cut_off(&forge, i);
	for (unsigned seed = 1; seed <= CORRUPTIONS; seed++)
		corrupt(&forge, seed);
	forge_end(&forge);
}

TestSuite(hostile_archive, .timeout = 900);

Test(hostile_archive, zstd_in_one_file)
{
	harm("codec=zstd", NULL);
}

Test(hostile_archive, zlib_in_one_file)
{
	harm("codec=zlib", NULL);
}

Test(hostile_archive, zstd_in_segments)
{
	harm("codec=zstd", "segment=32k");
}

Test(hostile_archive, zlib_in_segments)
{
	harm("codec=zlib", "segment=32k");
}
