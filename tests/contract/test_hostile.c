/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every sample of every format, cut off at each byte and corrupted a thousand
 * times: a source ends, with a status that says so, gives no more than there
 * can be, and what it gives can be read.  Compressed forms and containers of
 * the samples are made here.  Like test_contract.c it knows no format by name
 * but what the folders of samples/ are called: a new one is judged as soon as
 * it has samples.
 */
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "contract/hostile.h"
#include "transfer/registry.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>
#include <unistd.h>

enum { CUTS = 2000, CORRUPTIONS = 1000 };

static char *dir;

static void setup(void)
{
	dir = hostile_dir();
}

static void teardown(void)
{
	struct am_error err = {0};

	hostile_guard_end();
	cr_assert(am_remove_tree(dir, &err) == 0, "%s", err.text);
	g_free(dir);
}

TestSuite(hostile, .init = setup, .fini = teardown, .timeout = 900);

/* ---- reading whatever there is ---- */

/* How much was on the disk bounds what may come out; a compressed file may
 * hold more, but samples do not hold a thousand times more. */
struct reading {
	uint64_t room_bytes, found, failed, loaded;
	uint64_t notes;
};

static void count_note(void *user, const struct am_note *note)
{
	struct reading *reading = user;

	cr_assert(note->code && *note->code && note->text && *note->text);
	reading->notes++;
}

static void read_message(struct am_source *src, struct am_message *msg,
                         struct reading *reading)
{
	struct am_error err = {0};
	uint8_t buf[4096];
	uint64_t at = 0;
	size_t got;

	int r = am_source_load(src, msg, &err);
	cr_assert(r <= 0 && (!r || *err.text), "load gave %d, \"%s\"", r,
	          err.text);
	if (r) {
		reading->failed++;
		return;
	}
	cr_assert(msg->raw);
	uint64_t size = am_blob_size(msg->raw);
	do {
		r = am_blob_read(msg->raw, at, buf, sizeof buf, &got, &err);
		cr_assert(r <= 0 && (!r || *err.text));
		at += got;
	} while (!r && got == sizeof buf);
	cr_assert(r || at == size, "%" PRIu64 " of %" PRIu64, at, size);
	reading->loaded += size;
	cr_assert(reading->loaded <= reading->room_bytes,
	          "more bytes come out than can be in");
}

static void read_source(struct am_source *src, struct reading *reading)
{
	struct am_error err = {0};
	struct am_item item;
	uint64_t items = 0;
	int r;

	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		cr_assert(++items <= reading->room_bytes + 1000, "no end");
		if (r < 0) {
			cr_assert(*err.text, "a failure without words");
			reading->failed++;
			if (r == AM_FATAL)
				break;
			continue;
		}
		cr_assert(r == 0 && item.folder);
		if (!item.message)
			continue;
		reading->found++;
		read_message(src, item.message, reading);
		am_message_free(&item.message);
	}
}

/* Open as `text` says and read to the end; AM_OK when it opened. */
static int read_place(const char *text, uint64_t bytes, uint64_t *found)
{
	struct reading reading = {.room_bytes = bytes * 1000 + 100000};
	struct am_ctx ctx = {
		.tmpdir = dir, .on_note = count_note, .user = &reading};
	struct am_error err = {0};
	struct am_place *place = NULL;
	struct am_source *src = NULL;

	int r = am_place_parse(&place, text, NULL, false, &err);
	if (!r)
		r = am_place_open_source(place, &src, &ctx, &err);
	cr_assert(r <= 0 && (!r || *err.text), "open gave %d, \"%s\"", r,
	          err.text);
	if (!r)
		read_source(src, &reading);
	am_source_close(&src);
	am_place_free(&place);
	if (found)
		*found = reading.found;
	return r;
}

/* Unharmed, there is mail in it. */
static void expect_mail(const char *path)
{
	uint64_t found = 0;

	cr_expect(read_place(path, 1000000, &found) == AM_OK, "%s", path);
	cr_expect(found > 0, "%s", path);
}

/* By looking, and where that finds nothing, as what it is told to be. */
static void read_case(const char *format, const char *path, uint64_t bytes)
{
	if (read_place(path, bytes, NULL) == AM_OK)
		return;
	char *text = g_strdup_printf("%s:%s", format, path);
	(void)read_place(text, bytes, NULL);
	g_free(text);
}

/* ---- one file of a sample ---- */

struct sample {
	const char *format; /* the folder in samples/ */
	const char *place;  /* the copy of it in dir */
	const char *file;   /* of the place, or "" */
};

static void cut_everywhere(const struct sample *s, const char *path,
                           const GByteArray *whole)
{
	guint step = whole->len / CUTS + 1;

	for (guint at = 0; at < whole->len; at += step) {
		hostile_guard("%s%s cut at %u", s->place, s->file, at);
		hostile_write(path, whole->data, at);
		read_case(s->format, s->place, whole->len);
	}
}

static void corrupt_often(const struct sample *s, const char *path,
                          const GByteArray *whole)
{
	for (unsigned seed = 1; seed <= CORRUPTIONS && whole->len; seed++) {
		GByteArray *b = g_byte_array_new();
		g_byte_array_append(b, whole->data, whole->len);
		hostile_corrupt(b, seed);
		hostile_guard("%s%s with seed %u", s->place, s->file, seed);
		hostile_write(path, b->data, b->len);
		read_case(s->format, s->place, whole->len + b->len);
		g_byte_array_free(b, TRUE);
	}
}

/* Names carry flags, numbers and folders. */
static void rename_often(const struct sample *s, const char *path,
                         uint64_t bytes)
{
	char *parent = g_path_get_dirname(path);
	char *name = g_path_get_basename(path);

	for (unsigned seed = 1; seed <= CORRUPTIONS / 10; seed++) {
		char *other = hostile_name(name, seed);
		char *to = g_build_filename(parent, other, NULL);
		hostile_guard("%s%s called \"%s\"", s->place, s->file, other);
		if (!g_file_test(to, G_FILE_TEST_EXISTS) &&
		    !g_rename(path, to)) {
			read_case(s->format, s->place, bytes);
			cr_assert(g_rename(to, path) == 0);
		}
		g_free(to);
		g_free(other);
	}
	g_free(name);
	g_free(parent);
}

static void harm_file(const struct sample *s)
{
	char *path = g_strconcat(s->place, s->file, NULL);
	GByteArray *whole = hostile_read(path);

	cut_everywhere(s, path, whole);
	corrupt_often(s, path, whole);
	hostile_write(path, whole->data, whole->len);
	if (*s->file)
		rename_often(s, path, whole->len);
	g_byte_array_free(whole, TRUE);
	g_free(path);
}

/* All files of one sample, a mailbox in one file or in many. */
static void harm_sample(const char *format, const char *from)
{
	char *name = g_path_get_basename(from);
	char *place = g_build_filename(dir, name, NULL);
	GPtrArray *files = hostile_files(from);

	hostile_copy(from, place);
	expect_mail(place);
	for (guint i = 0; i < files->len; i++) {
		const struct sample s = {format, place, files->pdata[i]};
		harm_file(&s);
	}
	g_ptr_array_free(files, TRUE);
	cr_assert(am_remove_tree(place, NULL) == 0);
	g_free(place);
	g_free(name);
}

static bool is_sample(const char *name)
{
	return !g_str_has_suffix(name, ".expect") &&
	       !g_str_has_suffix(name, ".md") && name[0] != '.';
}

static char *samples_of(const char *format)
{
	const char *root = g_getenv("SAMPLES");

	return g_build_filename(root ? root : "samples", format, NULL);
}

static void harm_format(const char *format)
{
	char *folder = samples_of(format);
	GDir *d = g_dir_open(folder, 0, NULL);
	const char *name;
	unsigned n = 0;

	cr_assert(d, "no %s", folder);
	while ((name = g_dir_read_name(d))) {
		if (!is_sample(name))
			continue;
		char *path = g_build_filename(folder, name, NULL);
		harm_sample(format, path);
		g_free(path);
		n++;
	}
	g_dir_close(d);
	g_free(folder);
	cr_expect(n > 0);
}

/* Several tests, so that all processors have work. */
Test(hostile, harmed_samples_of_mbox_and_new_formats)
{
	char *root = samples_of("");
	GDir *d = g_dir_open(root, 0, NULL);
	const char *name;

	cr_assert(d, "no %s", root);
	while ((name = g_dir_read_name(d))) {
		char *path = g_build_filename(root, name, NULL);
		bool folder = g_file_test(path, G_FILE_TEST_IS_DIR);
		g_free(path);
		if (folder && strcmp(name, "generator") != 0 &&
		    strcmp(name, "maildir") != 0 && strcmp(name, "eml") != 0)
			harm_format(name);
	}
	g_dir_close(d);
	g_free(root);
}

Test(hostile, harmed_samples_of_maildir)
{
	harm_format("maildir");
}

Test(hostile, harmed_samples_of_eml)
{
	harm_format("eml");
}

/* ---- compressed, and in containers ---- */

static GByteArray *sample_bytes(const char *format, const char *ending)
{
	char *folder = samples_of(format), *path = NULL;
	GDir *d = g_dir_open(folder, 0, NULL);
	const char *name;

	cr_assert(d, "no %s", folder);
	while ((name = g_dir_read_name(d)))
		if (!path && g_str_has_suffix(name, ending))
			path = g_build_filename(folder, name, NULL);
	g_dir_close(d);
	cr_assert(path, "no *%s in %s", ending, folder);
	GByteArray *bytes = hostile_read(path);
	g_free(path);
	g_free(folder);
	return bytes;
}

static void compress(const char *path, int filter, const GByteArray *bytes)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	cr_assert(archive_write_add_filter(a, filter) == ARCHIVE_OK);
	cr_assert(archive_write_set_format_raw(a) == ARCHIVE_OK);
	cr_assert(archive_write_open_filename(a, path) == ARCHIVE_OK);
	archive_entry_set_pathname(e, "x");
	archive_entry_set_filetype(e, AE_IFREG);
	cr_assert(archive_write_header(a, e) == ARCHIVE_OK);
	cr_assert(archive_write_data(a, bytes->data, bytes->len) ==
	          (la_ssize_t)bytes->len);
	archive_entry_free(e);
	cr_assert(archive_write_free(a) == ARCHIVE_OK);
}

Test(hostile, harmed_compressed_mailboxes)
{
	static const struct {
		int filter;
		char name[12];
	} kinds[] = {{ARCHIVE_FILTER_GZIP, "x.mbox.gz"},
	             {ARCHIVE_FILTER_BZIP2, "x.mbox.bz2"},
	             {ARCHIVE_FILTER_XZ, "x.mbox.xz"},
	             {ARCHIVE_FILTER_ZSTD, "x.mbox.zst"}};
	GByteArray *plain = sample_bytes("mbox", ".mbox");

	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		char *path = g_build_filename(dir, kinds[i].name, NULL);
		const struct sample s = {"mbox", path, ""};
		compress(path, kinds[i].filter, plain);
		expect_mail(path);
		harm_file(&s);
		g_free(path);
	}
	g_byte_array_free(plain, TRUE);
}

static void fill_pack(const char *path, const GByteArray *bytes)
{
	struct am_error err = {0};
	struct am_pack *pack;

	cr_assert(am_pack_open(&pack, path, &err) == 0, "%s", err.text);
	for (int i = 0; i < 3; i++) {
		char name[40];
		struct am_blob *blob;
		struct am_reader *reader;
		g_snprintf(name, sizeof name, "Folder/%d.eml", i);
		cr_assert(am_blob_copy(&blob, bytes->data, bytes->len, &err) ==
		          0);
		cr_assert(am_blob_open(blob, &reader, &err) == 0);
		cr_assert(am_pack_add(pack, name, bytes->len, 1577934000,
		                      reader, &err) == 0,
		          "%s", err.text);
		am_reader_close(&reader);
		am_blob_unref(&blob);
	}
	cr_assert(am_pack_close(&pack, true, &err) == 0, "%s", err.text);
}

Test(hostile, harmed_containers)
{
	static const char names[][12] = {"x.zip", "x.tar", "x.tar.gz",
	                                 "x.tar.zst"};
	GByteArray *plain = sample_bytes("eml", ".eml");

	for (size_t i = 0; i < AM_COUNT(names); i++) {
		char *path = g_build_filename(dir, names[i], NULL);
		const struct sample s = {"eml", path, ""};
		fill_pack(path, plain);
		expect_mail(path);
		harm_file(&s);
		g_free(path);
	}
	g_byte_array_free(plain, TRUE);
}
