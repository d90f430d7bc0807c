/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A compound file of any bytes opens or is an error; each of its streams is
 * read or an error; and what could be read goes into a file of our own whose
 * entries are the same.
 */
#include "base/blob.h"
#include "outlook/cfb/cfb.h"
#include "outlook/cfb/cfb_write.h"

#include <glib.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Streams of one file may lie in each other, so what is read is bounded. */
enum { READ = 4 << 20, ENTRIES = 4096 };

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	GByteArray *to = user;

	(void)err;
	g_byte_array_append(to, data, (guint)len);
	return AM_OK;
}

/* A storage, and where it goes to. */
struct pair {
	uint32_t from, to;
};

static uint64_t read_stream(struct am_cfb *cfb, uint32_t stream, uint32_t in,
                            struct am_cfb_write *to)
{
	const struct am_cfb_entry *e = am_cfb_entry(cfb, stream);
	struct am_error err = {0};
	uint8_t *bytes = NULL;
	uint64_t sum;
	size_t n = 0;

	if (am_cfb_stream_all(cfb, stream, READ, &bytes, &n, &err)) {
		if (!err.kind || !*err.text)
			abort();
		return 1;
	}
	if (n != e->size)
		abort();
	if (to)
		am_cfb_write_bytes(to, in, e->name, bytes, n);
	sum = n;
	for (size_t b = 0; b < n; b += 61)
		sum += bytes[b];
	g_free(bytes);
	return sum;
}

/* All there is: a number that tells whether two readings are alike. */
static uint64_t read_all(struct am_cfb *cfb, struct am_cfb_write *to)
{
	GArray *queue = g_array_new(FALSE, FALSE, sizeof(struct pair));
	struct pair at = {0, 0};
	uint64_t sum = 0, left = READ;

	g_array_append_val(queue, at);
	for (guint k = 0; k < queue->len && k < ENTRIES; k++) {
		at = g_array_index(queue, struct pair, k);
		const struct am_cfb_entry *e = am_cfb_entry(cfb, at.from);
		for (uint32_t i = 0; i < e->n_children && i < ENTRIES; i++) {
			struct pair more = {am_cfb_child(cfb, at.from, i), 0};
			const struct am_cfb_entry *c =
				am_cfb_entry(cfb, more.from);
			sum *= 31;
			if (c->type == AM_CFB_STORAGE) {
				if (to)
					more.to = am_cfb_write_storage(
						to, at.to, c->name);
				g_array_append_val(queue, more);
			} else if (c->size <= left) {
				left -= c->size;
				sum += read_stream(cfb, more.from, at.to, to);
			}
		}
	}
	g_array_free(queue, TRUE);
	return sum;
}

static void write_and_read(struct am_cfb *cfb)
{
	struct am_cfb_write *to = am_cfb_write_new();
	GByteArray *file = g_byte_array_new();
	struct am_cfb *back = NULL;
	struct am_blob *blob = NULL;

	(void)read_all(cfb, to);
	if (am_cfb_write_out(to, append, file, NULL) ||
	    file->len != am_cfb_write_size(to) ||
	    am_blob_copy(&blob, file->data, file->len, NULL) ||
	    am_cfb_open(&back, blob, NULL) || am_cfb_damage(back))
		abort();
	am_cfb_close(&back);
	am_blob_unref(&blob);
	g_byte_array_free(file, TRUE);
	am_cfb_write_free(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;
	struct am_error err = {0};

	if (am_blob_copy(&blob, data, len, NULL))
		abort();
	if (!am_cfb_open(&cfb, blob, &err)) {
		if (read_all(cfb, NULL) != read_all(cfb, NULL))
			abort();
		write_and_read(cfb);
	} else if (!err.kind || !*err.text) {
		abort();
	}
	am_cfb_close(&cfb);
	am_blob_unref(&blob);
	return 0;
}
