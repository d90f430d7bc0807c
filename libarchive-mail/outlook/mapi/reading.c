/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/reading.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"

#include <glib.h>

static int open_file(const char *path, struct am_reader **out,
                     struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_reader_file(out, file, 0, am_file_size(file), err);
	am_file_unref(&file);
	return r;
}

int am_mapi_value_open(struct am_mapi_container *in,
                       const struct am_mapi_prop *prop, struct am_reader **out,
                       struct am_error *err)
{
	if (prop->data)
		return am_reader_memory(out, prop->data, prop->len, err);
	if (prop->blob)
		return am_blob_open(prop->blob, out, err);
	if (prop->file)
		return open_file(prop->file, out, err);
	return in->ops->value(in, prop, out, err);
}

int am_mapi_value_all(struct am_mapi_container *in,
                      const struct am_mapi_prop *prop, size_t max,
                      uint8_t **out, size_t *len, struct am_error *err)
{
	struct am_reader *from = NULL;
	GByteArray *all = g_byte_array_new();
	const uint8_t *data;
	size_t n;
	int r = am_mapi_value_open(in, prop, &from, err);

	while (!r && !(r = am_reader_peek(from, 1, &data, &n, err))) {
		if (n > max - all->len) {
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "data of more than %zu bytes", max);
			break;
		}
		g_byte_array_append(all, data, (unsigned)n);
		am_reader_skip(from, n);
	}
	if (r == AM_END)
		r = AM_OK;
	am_reader_close(&from);
	*len = r ? 0 : all->len;
	*out = g_byte_array_free(all, r != 0);
	return r;
}
