/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/row_log.h"

#include "base/bytes.h"
#include "base/file.h"
#include "model/ctx.h"
#include "outlook/mapi/props.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * A row: length u32 of what follows, row id u32, then for each column it has:
 * tag u32, and its value u64, or length u32 and bytes.
 */
enum { TAIL_MAX = 65536, HELD_MAX = 8 << 20, TAIL_FIRST = 512 };

struct run {
	uint64_t at;
	uint32_t len;
};

void am_pst_row_file_init(struct am_pst_row_file *file, const char *tmpdir)
{
	*file = (struct am_pst_row_file){.tmpdir = tmpdir, .fd = -1};
	file->active = g_ptr_array_new();
}

void am_pst_row_file_clear(struct am_pst_row_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	g_ptr_array_free(file->active, TRUE);
}

void am_pst_row_log_clear(struct am_pst_row_log *log)
{
	if (log->tail)
		g_byte_array_free(log->tail, TRUE);
	if (log->runs)
		g_array_free(log->runs, TRUE);
	log->tail = NULL;
	log->runs = NULL;
}

static int write_tail(struct am_pst_row_file *file, struct am_pst_row_log *log,
                      struct am_error *err)
{
	struct run run = {file->end, log->tail->len};
	size_t done = 0;

	if (!run.len)
		return AM_OK;
	if (file->fd < 0 && am_file_temp(&file->fd, file->tmpdir, err))
		return AM_FATAL;
	while (done < run.len) {
		ssize_t got = pwrite(file->fd, log->tail->data + done,
		                     run.len - done, (off_t)(run.at + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s: temporary file",
			                   file->tmpdir);
		done += (size_t)got;
	}
	file->end += run.len;
	file->held -= run.len;
	if (!log->runs)
		log->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	g_array_append_val(log->runs, run);
	return AM_OK;
}

/* Many small tails: all of them go at once. */
static int write_all(struct am_pst_row_file *file, struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; !r && i < file->active->len; i++) {
		struct am_pst_row_log *log = file->active->pdata[i];
		r = write_tail(file, log, err);
		g_byte_array_free(log->tail, TRUE);
		log->tail = NULL;
	}
	g_ptr_array_set_size(file->active, 0);
	return r;
}

static void put32(GByteArray *to, uint32_t value)
{
	uint8_t bytes[4];

	am_put_le32(bytes, value);
	g_byte_array_append(to, bytes, sizeof(bytes));
}

static void put_field(GByteArray *to, const struct am_pst_field *f)
{
	uint8_t bytes[8];

	put32(to, f->tag);
	if (am_pst_inline_tc(f->tag & 0xffff)) {
		am_put_le64(bytes, f->value);
		g_byte_array_append(to, bytes, sizeof(bytes));
		return;
	}
	put32(to, (uint32_t)f->len);
	if (f->len)
		g_byte_array_append(to, f->data, (guint)f->len);
}

/* The bag's field of a column, from *next on, for columns that rise. */
static const struct am_pst_field *field_of(const struct am_pst_bag *bag,
                                           uint32_t tag, guint *next)
{
	for (; *next < bag->fields->len; ++*next) {
		const struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, *next);
		if (f->tag >= tag)
			return f->tag == tag ? f : NULL;
	}
	return NULL;
}

uint64_t am_pst_row_size(const struct am_pst_columns *columns,
                         const struct am_pst_bag *bag, uint32_t *n_long)
{
	/* The cells with their padding, and what the index has. */
	uint64_t size = 16u + columns->ends[3] + columns->ends[3] / 16u;
	guint next = 0;

	*n_long = 0;
	for (unsigned i = 0; i < columns->n; i++) {
		const struct am_pst_field *f =
			field_of(bag, columns->list[i].tag, &next);
		if (!f || am_pst_inline_tc(f->tag & 0xffff))
			continue;
		/* Long ones may leave the end of a heap block unused, and very
		 * long ones are blocks of their own with an entry. */
		size += f->len <= 256 ? f->len + 2 + f->len / 16
		                      : 2 * f->len + 128;
		*n_long += f->len > AM_PST_ALLOC_MAX;
	}
	return size;
}

int am_pst_row_log_add(struct am_pst_row_file *file, struct am_pst_row_log *log,
                       const struct am_pst_columns *columns, uint32_t id,
                       const struct am_pst_bag *bag, struct am_error *err)
{
	guint next = 0;

	if (!log->tail) {
		log->tail = g_byte_array_sized_new(TAIL_FIRST);
		g_ptr_array_add(file->active, log);
	}
	guint from = log->tail->len;
	put32(log->tail, 0);
	put32(log->tail, id);
	for (unsigned i = 0; i < columns->n; i++) {
		const struct am_pst_field *f =
			field_of(bag, columns->list[i].tag, &next);
		if (f)
			put_field(log->tail, f);
	}
	am_put_le32(log->tail->data + from, log->tail->len - from - 4);
	file->held += log->tail->len - from;
	log->n++;
	if (file->held > HELD_MAX)
		return write_all(file, err);
	if (log->tail->len < TAIL_MAX)
		return AM_OK;
	int r = write_tail(file, log, err);
	g_byte_array_set_size(log->tail, 0);
	return r;
}

static int put_rows(struct am_pst_context_out *c, struct am_pst_bag *bag,
                    const uint8_t *bytes, size_t len, struct am_error *err)
{
	struct am_cursor all = am_cursor(bytes, len);
	int r = AM_OK;

	while (!r && am_cursor_left(&all)) {
		size_t size = am_get_le32(&all);
		struct am_cursor row =
			am_cursor(am_get_bytes(&all, size), size);
		uint32_t id = am_get_le32(&row);
		if (am_ctx_cancelled(c->out->ctx))
			return am_ctx_fail_cancelled(err);
		am_pst_bag_reset(bag);
		while (am_cursor_left(&row)) {
			uint32_t tag = am_get_le32(&row);
			if (am_pst_inline_tc(tag & 0xffff)) {
				am_pst_bag_number(bag, tag, am_get_le64(&row));
				continue;
			}
			size = am_get_le32(&row);
			am_pst_bag_bytes(bag, tag, am_get_bytes(&row, size),
			                 size);
		}
		r = am_pst_tc_row(c, id, bag, err);
	}
	return r;
}

static int read_run(const struct am_pst_row_file *file, const struct run *run,
                    GByteArray *to, struct am_error *err)
{
	size_t done = 0;

	g_byte_array_set_size(to, run->len);
	while (done < run->len) {
		ssize_t got = pread(file->fd, to->data + done, run->len - done,
		                    (off_t)(run->at + done));
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s: temporary file",
			                   file->tmpdir);
		if (!got)
			return am_fail(err, AM_FATAL, AM_E_IO,
			               "%s: the temporary file shrank",
			               file->tmpdir);
		done += (size_t)got;
	}
	return AM_OK;
}

int am_pst_row_log_put(struct am_pst_row_file *file, struct am_pst_row_log *log,
                       struct am_pst_context_out *c, struct am_error *err)
{
	GByteArray *bytes = g_byte_array_new();
	struct am_pst_bag bag;
	int r = AM_OK;

	am_pst_bag_init(&bag);
	for (guint i = 0; !r && log->runs && i < log->runs->len; i++) {
		r = read_run(file, &g_array_index(log->runs, struct run, i),
		             bytes, err);
		if (!r)
			r = put_rows(c, &bag, bytes->data, bytes->len, err);
	}
	if (!r && log->tail)
		r = put_rows(c, &bag, log->tail->data, log->tail->len, err);
	am_pst_bag_free(&bag);
	g_byte_array_free(bytes, TRUE);
	return r;
}
