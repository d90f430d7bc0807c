/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/cfb/cfb.h"

#include "base/blob.h"
#include "base/file.h"
#include "outlook/cfb/cfb_impl.h"
#include "outlook/cfb/cfb_write.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

TestSuite(cfb, .fini = am_test_tmpdir_end);

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

static GByteArray *written(struct am_cfb_write *w)
{
	GByteArray *to = g_byte_array_new();

	cr_assert_eq(am_cfb_write_out(w, append, to, NULL), AM_OK);
	cr_expect_eq(to->len, am_cfb_write_size(w));
	return to;
}

static struct am_cfb *opened(const void *data, size_t len)
{
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_blob_copy(&blob, data, len, NULL), AM_OK);
	cr_assert_eq(am_cfb_open(&cfb, blob, &err), AM_OK, "%s", err.text);
	am_blob_unref(&blob);
	return cfb;
}

/* Byte i of a stream that is told apart from others by its seed. */
static uint8_t byte_of(size_t seed, size_t i)
{
	return (uint8_t)(seed * 31 + i + i / 251);
}

static void add(struct am_cfb_write *w, uint32_t in, const char *name,
                size_t seed, size_t len)
{
	uint8_t *bytes = g_malloc(len + 1);
	struct am_blob *blob = NULL;

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_of(seed, i);
	/* Both ways to give it. */
	if (seed & 1) {
		cr_assert_eq(am_blob_copy(&blob, bytes, len, NULL), AM_OK);
		am_cfb_write_blob(w, in, name, blob);
		am_blob_unref(&blob);
	} else {
		am_cfb_write_bytes(w, in, name, bytes, len);
	}
	g_free(bytes);
}

static void expect(struct am_cfb *cfb, uint32_t in, const char *name,
                   size_t seed, size_t len)
{
	uint32_t i = am_cfb_find(cfb, in, name);
	struct am_error err = {0};
	uint8_t *got = NULL;
	size_t n = 0, same = 0;

	cr_assert_neq(i, AM_CFB_NONE, "%s", name);
	cr_expect_eq(am_cfb_entry(cfb, i)->size, len);
	cr_assert_eq(am_cfb_stream_all(cfb, i, SIZE_MAX, &got, &n, &err), AM_OK,
	             "%s: %s", name, err.text);
	cr_assert_eq(n, len);
	while (same < n && got[same] == byte_of(seed, same))
		same++;
	cr_expect_eq(same, len, "%s differs at %zu", name, same);
	g_free(got);
}

/* Lengths around what mini sectors, the cutoff and sectors are. */
static const size_t lengths[] = {0,    1,    63,   64,    65,     511,   512,
                                 513,  4095, 4096, 4097,  4608,   60000, 65,
                                 8192, 1000, 128,  70000, 400000, 17};

static struct am_cfb_write *sample(void)
{
	struct am_cfb_write *w = am_cfb_write_new();
	uint32_t in = 0;
	char name[20];

	for (size_t i = 0; i < AM_COUNT(lengths); i++) {
		g_snprintf(name, sizeof(name), "stream %zu", i);
		add(w, in, name, i, lengths[i]);
		if (i % 5 == 4)
			in = am_cfb_write_storage(w, in, "further in");
	}
	am_cfb_write_class(w, in, (const uint8_t *)"0123456789abcdef");
	return w;
}

static void expect_sample(struct am_cfb *cfb)
{
	uint32_t in = 0;
	char name[20];

	cr_expect_null(am_cfb_damage(cfb));
	for (size_t i = 0; i < AM_COUNT(lengths); i++) {
		g_snprintf(name, sizeof(name), "stream %zu", i);
		expect(cfb, in, name, i, lengths[i]);
		if (i % 5 == 4)
			in = am_cfb_find(cfb, in, "further in");
		cr_assert_neq(in, AM_CFB_NONE);
	}
	cr_expect_eq(am_cfb_entry(cfb, in)->n_children, 0);
	cr_expect_arr_eq(am_cfb_entry(cfb, in)->clsid, "0123456789abcdef", 16);
}

Test(cfb, what_was_written_is_read)
{
	struct am_cfb_write *w = sample();
	GByteArray *file = written(w), *again = written(w);
	struct am_cfb *cfb = opened(file->data, file->len);

	cr_expect_eq(file->len % 512, 0);
	cr_assert_eq(file->len, again->len);
	cr_expect_arr_eq(file->data, again->data, file->len);
	expect_sample(cfb);
	/* And as a whole into another file, but for its first storage. */
	struct am_cfb_write *copy = am_cfb_write_new();
	am_cfb_write_all_in(copy, 0, cfb, 0);
	GByteArray *second = written(copy);
	struct am_cfb *back = opened(second->data, second->len);
	expect_sample(back);
	am_cfb_close(&back);
	am_cfb_write_free(&copy);
	am_cfb_close(&cfb);
	am_cfb_write_free(&w);
	g_byte_array_free(second, TRUE);
	g_byte_array_free(again, TRUE);
	g_byte_array_free(file, TRUE);
}

/* ---- the tree of a storage ---- */

struct entries {
	struct am_cfb_dirent *list;
	size_t n;
};

/* How many black entries from here down to the end, the same on every way;
 * checks order and colours. */
static int black_depth(const struct entries *e, uint32_t i, bool below_red,
                       const uint16_t *low, const uint16_t *high)
{
	if (i == AM_CFB_NONE)
		return 0;
	cr_assert_lt(i, e->n);
	const struct am_cfb_dirent *d = &e->list[i];
	cr_expect(!below_red || d->black, "red below red");
	cr_expect(!low || am_cfb_compare(low, d->name) < 0);
	cr_expect(!high || am_cfb_compare(d->name, high) < 0);
	int left = black_depth(e, d->left, !d->black, low, d->name);
	int right = black_depth(e, d->right, !d->black, d->name, high);
	cr_expect_eq(left, right);
	return left + d->black;
}

Test(cfb, a_storages_entries_are_a_red_black_tree)
{
	for (unsigned n = 0; n < 70; n++) {
		struct am_cfb_write *w = am_cfb_write_new();
		struct am_cfb_header header;
		struct entries e = {NULL, 0};
		char name[20];
		for (unsigned i = 0; i < n; i++) {
			g_snprintf(name, sizeof(name), "%u", i * 37 % 101);
			am_cfb_write_bytes(w, 0, name, name, 1);
		}
		GByteArray *file = written(w);
		cr_assert(am_cfb_header_decode(&header, file->data));
		e.n = (n + 1 + 3) / 4 * 4;
		e.list = g_new(struct am_cfb_dirent, e.n);
		for (size_t i = 0; i < e.n; i++)
			am_cfb_dirent_decode(&e.list[i],
			                     file->data + 512 +
			                             (size_t)header.directory *
			                                     512 +
			                             i * AM_CFB_DIRENT);
		cr_expect(!n || e.list[e.list[0].child].black);
		black_depth(&e, e.list[0].child, false, NULL, NULL);
		g_free(e.list);
		g_byte_array_free(file, TRUE);
		am_cfb_write_free(&w);
	}
}

/* ---- large ones ---- */

/* Writes that are all zeros leave a hole. */
static int write_sparse(void *user, const void *data, size_t len,
                        struct am_error *err)
{
	static const uint8_t zeros[4096];
	int fd = *(int *)user;

	if (len <= sizeof(zeros) && !memcmp(data, zeros, len))
		return lseek(fd, (off_t)len, SEEK_CUR) < 0 ? AM_FATAL : AM_OK;
	return am_write_all(fd, data, len, "sparse", err);
}

static struct am_blob *slice_of(const char *path)
{
	struct am_file *file = NULL;
	struct am_blob *blob = NULL;

	cr_assert_eq(am_file_open(&file, path, NULL), AM_OK);
	cr_assert_eq(am_blob_slice(&blob, file, 0, am_file_size(file), NULL),
	             AM_OK);
	am_file_unref(&file);
	return blob;
}

static char *sparse_file(const char *name, off_t size)
{
	char *path = g_build_filename(am_test_tmpdir(), name, NULL);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	cr_assert(fd >= 0 && !ftruncate(fd, size));
	close(fd);
	return path;
}

/* A stream of zeros but for a mark at its very end. */
static void round_trip_of(off_t size, unsigned major)
{
	static const char mark[] = "the end";
	char *in = sparse_file("in", size), *out = sparse_file("out.cfb", 0);
	struct am_cfb_write *w = am_cfb_write_new();
	struct am_cfb *cfb = NULL;
	struct am_error err = {0};
	struct am_cfb_header header;
	uint8_t head[AM_CFB_HEADER];
	size_t len, got = 0;
	int fd = open(in, O_WRONLY | O_CLOEXEC);

	cr_assert_eq(pwrite(fd, mark, 7, size - 7), 7);
	close(fd);
	struct am_blob *blob = slice_of(in);
	am_cfb_write_blob(w, 0, "large", blob);
	am_cfb_write_bytes(w, 0, "behind it", "xyz", 3);
	am_blob_unref(&blob);
	fd = open(out, O_WRONLY | O_CLOEXEC);
	cr_assert_eq(am_cfb_write_out(w, write_sparse, &fd, &err), AM_OK);
	cr_expect_eq((uint64_t)lseek(fd, 0, SEEK_CUR), am_cfb_write_size(w));
	cr_assert_eq(ftruncate(fd, lseek(fd, 0, SEEK_CUR)), 0);
	close(fd);
	am_cfb_write_free(&w);
	blob = slice_of(out);
	cr_assert_eq(am_blob_read(blob, 0, head, sizeof(head), &got, NULL),
	             AM_OK);
	cr_assert(am_cfb_header_decode(&header, head));
	cr_expect_eq(header.major, major);
	cr_assert_eq(am_cfb_open(&cfb, blob, &err), AM_OK, "%s", err.text);
	am_blob_unref(&blob);
	uint32_t i = am_cfb_find(cfb, 0, "large");
	cr_assert_eq(am_cfb_entry(cfb, i)->size, (uint64_t)size);
	uint32_t *chain = NULL, n = 0;
	cr_assert_eq(am_cfb_chain(cfb, am_cfb_entry(cfb, i)->start, UINT32_MAX,
	                          &chain, &n, &err),
	             AM_OK, "%s", err.text);
	cr_expect_eq(n, (uint64_t)(size + (1 << header.shift) - 1) >>
	                        header.shift);
	for (uint32_t k = 0; k < n; k++)
		cr_assert(major == 3 || am_cfb_offset(cfb, chain[k]) !=
		                                0x7fffff00 >> 12 << 12);
	cr_assert_eq(am_cfb_read(cfb, chain[n - 1],
	                         (size_t)(size - 7) % (1u << header.shift),
	                         head, 7, &err),
	             AM_OK, "%s", err.text);
	cr_expect(!memcmp(head, mark, 7));
	g_free(chain);
	uint8_t *small = NULL;
	cr_assert_eq(am_cfb_stream_all(cfb, am_cfb_find(cfb, 0, "BEHIND IT"),
	                               10, &small, &len, &err),
	             AM_OK);
	cr_expect(len == 3 && !memcmp(small, "xyz", 3));
	g_free(small);
	am_cfb_close(&cfb);
	g_free(in);
	g_free(out);
}

/* More sectors of the table than the header can name. */
Test(cfb, a_table_of_its_tables)
{
	round_trip_of(20 << 20, 3);
}

/* Version 4, with the sector that is kept for locks in the middle. */
Test(cfb, beyond_two_gigabytes)
{
	round_trip_of((INT64_C(2) << 30) + (10 << 20), 4);
}

/* ---- damage ---- */

static void read_everything(struct am_cfb *cfb)
{
	GArray *queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t at = 0;

	g_array_append_val(queue, at);
	for (guint k = 0; k < queue->len; k++) {
		at = g_array_index(queue, uint32_t, k);
		for (uint32_t i = 0; i < am_cfb_entry(cfb, at)->n_children;
		     i++) {
			uint32_t child = am_cfb_child(cfb, at, i);
			struct am_error err = {0};
			uint8_t *data = NULL;
			size_t len;
			if (am_cfb_entry(cfb, child)->type == AM_CFB_STORAGE)
				g_array_append_val(queue, child);
			else if (am_cfb_stream_all(cfb, child, 1 << 20, &data,
			                           &len, &err))
				cr_expect(err.kind && *err.text);
			g_free(data);
		}
	}
	g_array_free(queue, TRUE);
}

static void try(const uint8_t *data, size_t len)
{
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_blob_copy(&blob, data, len, NULL), AM_OK);
	if (am_cfb_open(&cfb, blob, &err))
		cr_expect(err.kind && *err.text);
	else
		read_everything(cfb);
	am_cfb_close(&cfb);
	am_blob_unref(&blob);
}

Test(cfb, cut_anywhere_it_is_an_error_or_less)
{
	struct am_cfb_write *w = sample();
	GByteArray *file = written(w);

	for (size_t len = 0; len < file->len; len += len < 2048 ? 1 : 997)
		try(file->data, len);
	g_byte_array_free(file, TRUE);
	am_cfb_write_free(&w);
}

Test(cfb, any_bytes_changed_it_comes_to_an_end)
{
	struct am_cfb_write *w = sample();
	GByteArray *file = written(w);
	GRand *rand = g_rand_new_with_seed(4);

	for (unsigned i = 0; i < 3000; i++) {
		uint8_t *copy = g_memdup2(file->data, file->len);
		for (unsigned k = 0; k < 1 + i % 7; k++) {
			/* Mostly where the structures are. */
			guint32 at = (guint32)g_rand_int_range(
				rand, 0, k % 2 ? (gint32)file->len : 12000);
			copy[at] = i % 3 ? (uint8_t)g_rand_int(rand) : 0xff;
		}
		try(copy, file->len);
		g_free(copy);
	}
	g_rand_free(rand);
	g_byte_array_free(file, TRUE);
	am_cfb_write_free(&w);
}

/* One entry of the sample, by its place in the directory. */
static uint8_t *entry_at(GByteArray *file, size_t i)
{
	struct am_cfb_header header;

	cr_assert(am_cfb_header_decode(&header, file->data));
	return file->data + 512 + (size_t)header.directory * 512 +
	       i * AM_CFB_DIRENT;
}

Test(cfb, a_tree_that_goes_round_is_read_once_and_told)
{
	struct am_cfb_write *w = sample();
	GByteArray *file = written(w);

	am_put_le32(entry_at(file, 1) + 68, 1); /* its own left */
	struct am_cfb *cfb = opened(file->data, file->len);
	cr_assert_not_null(am_cfb_damage(cfb));
	cr_expect(strstr(am_cfb_damage(cfb), "comes twice"), "%s",
	          am_cfb_damage(cfb));
	expect(cfb, 0, "stream 0", 0, 0);
	am_cfb_close(&cfb);
	am_put_le32(entry_at(file, 0) + 76, AM_CFB_NONE);
	cfb = opened(file->data, file->len);
	cr_expect(strstr(am_cfb_damage(cfb), "hangs nowhere"), "%s",
	          am_cfb_damage(cfb));
	cr_expect_eq(am_cfb_entry(cfb, 0)->n_children, 0);
	am_cfb_close(&cfb);
	g_byte_array_free(file, TRUE);
	am_cfb_write_free(&w);
}

Test(cfb, lying_sizes_and_chains_are_named_with_the_place)
{
	struct am_cfb_write *w = am_cfb_write_new();
	struct am_error err = {0};
	uint8_t *data = NULL;
	size_t len;

	add(w, 0, "a", 1, 9000);
	GByteArray *file = written(w);
	/* Longer than the file, then longer than its chain. */
	am_put_le32(entry_at(file, 1) + 120, 0x7fffffff);
	struct am_cfb *cfb = opened(file->data, file->len);
	cr_expect_eq(am_cfb_stream_all(cfb, 1, SIZE_MAX, &data, &len, &err),
	             AM_FAILED);
	cr_expect(strstr(err.text, "2147483647 bytes in a file of"), "%s",
	          err.text);
	am_cfb_close(&cfb);
	am_put_le32(entry_at(file, 1) + 120, 9300);
	cfb = opened(file->data, file->len);
	cr_expect_eq(am_cfb_stream_all(cfb, 1, SIZE_MAX, &data, &len, &err),
	             AM_FAILED);
	cr_expect(strstr(err.text, "84 bytes early"), "%s", err.text);
	cr_expect(!data && !len);
	cr_expect_eq(am_cfb_stream_all(cfb, 1, 100, &data, &len, &err),
	             AM_FAILED);
	cr_expect_eq(err.kind, AM_E_LIMIT);
	am_cfb_close(&cfb);
	g_byte_array_free(file, TRUE);
	am_cfb_write_free(&w);
}
