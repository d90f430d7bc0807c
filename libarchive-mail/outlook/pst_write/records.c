/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/records.h"

#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 16384 };

void am_pst_records_init(struct am_pst_records *records, size_t width,
                         const char *tmpdir)
{
	*records = (struct am_pst_records){
		.width = width, .tmpdir = tmpdir, .fd = -1};
}

void am_pst_records_clear(struct am_pst_records *records)
{
	if (records->fd >= 0)
		close(records->fd);
	records->fd = -1;
	g_free(records->buf);
	records->buf = NULL;
}

static size_t per_buffer(const struct am_pst_records *records)
{
	return BUFFER / records->width;
}

/* What is in the buffer goes to its place in the file. */
static int flush(struct am_pst_records *records, struct am_error *err)
{
	size_t width = records->width;
	size_t len = (size_t)(records->n - records->from) * width, done = 0;

	if (records->fd < 0) {
		int r = am_file_temp(&records->fd, records->tmpdir, err);
		if (r)
			return AM_FATAL;
	}
	while (done < len) {
		ssize_t got =
			pwrite(records->fd, records->buf + done, len - done,
		               (off_t)(records->from * width + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s: temporary file",
			                   records->tmpdir);
		done += (size_t)got;
	}
	records->from = records->n;
	return AM_OK;
}

int am_pst_records_add(struct am_pst_records *records, const uint8_t *record,
                       struct am_error *err)
{
	if (!records->buf)
		records->buf = g_malloc(BUFFER);
	if (records->n - records->from == per_buffer(records)) {
		int r = flush(records, err);
		if (r)
			return r;
	}
	memcpy(records->buf + (records->n - records->from) * records->width,
	       record, records->width);
	records->n++;
	return AM_OK;
}

void am_pst_records_cut(struct am_pst_records *records, uint64_t n)
{
	records->n = n;
	if (records->from > n)
		records->from = n;
}

int am_pst_records_next(struct am_pst_records *records, const uint8_t **out,
                        struct am_error *err)
{
	size_t width = records->width, per = per_buffer(records);
	uint64_t at = records->next;

	*out = NULL;
	if (at == records->n)
		return AM_OK;
	if (records->fd >= 0 && at % per == 0) {
		size_t want = per * width;
		int r = at ? AM_OK : flush(records, err);
		if (r)
			return r;
		if (want > (records->n - at) * width)
			want = (size_t)(records->n - at) * width;
		ssize_t got = pread(records->fd, records->buf, want,
		                    (off_t)(at * width));
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s: temporary file",
			                   records->tmpdir);
		if ((size_t)got != want)
			return am_fail(err, AM_FATAL, AM_E_IO,
			               "%s: the temporary file shrank",
			               records->tmpdir);
	}
	*out = records->buf + (at % per) * width;
	records->next++;
	return AM_OK;
}
