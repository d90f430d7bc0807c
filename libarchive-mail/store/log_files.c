/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a log: one, or the numbered segments of a folder. */
#include "store/log_impl.h"

#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* An archive of a thousand segments must not need a thousand descriptors. */
enum { OPEN_MAX_FILES = 16, SEGMENTS_MAX = 1000000 };

char *am_log_file_name(const struct am_log *log, size_t segment)
{
	return log->is_folder
	               ? g_strdup_printf("%s/%06zu.seg", log->path, segment)
	               : g_strdup(log->path);
}

/* The number of "000012.seg", or SIZE_MAX. */
static size_t segment_number(const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < 6; i++) {
		if (!g_ascii_isdigit(name[i]))
			return SIZE_MAX;
		n = n * 10 + (size_t)(name[i] - '0');
	}
	return strcmp(name + 6, ".seg") ? SIZE_MAX : n;
}

static int count_segments(struct am_log *log, size_t *out, struct am_error *err)
{
	const char *name;

	errno = 0;
	GDir *dir = g_dir_open(log->path, 0, NULL);
	if (!dir)
		return am_fail_sys(err, AM_FAILED, "%s", log->path);
	*out = 0;
	while ((name = g_dir_read_name(dir))) {
		size_t n = segment_number(name);
		if (n < SEGMENTS_MAX && n >= *out)
			*out = n + 1;
	}
	g_dir_close(dir);
	return AM_OK;
}

int am_log_files_list(struct am_log *log, struct am_error *err)
{
	struct stat st;
	int r;

	log->n_segments = 1;
	if (log->is_folder) {
		r = count_segments(log, &log->n_segments, err);
		if (r)
			return r;
	}
	log->segments = g_new0(struct am_log_segment, log->n_segments + 1);
	for (size_t i = 0; i < log->n_segments; i++) {
		char *name = am_log_file_name(log, i);
		/* A missing one is damage, which is for the scan to tell. */
		if (!stat(name, &st) && S_ISREG(st.st_mode))
			log->segments[i].size = (uint64_t)st.st_size;
		g_free(name);
	}
	return AM_OK;
}

void am_log_files_add(struct am_log *log, uint64_t size)
{
	log->segments = g_renew(struct am_log_segment, log->segments,
	                        log->n_segments + 1);
	log->segments[log->n_segments++] =
		(struct am_log_segment){.size = size};
}

void am_log_files_close(struct am_log *log)
{
	for (size_t i = 0; i < log->n_segments; i++)
		am_file_unref(&log->segments[i].file);
	g_free(log->segments);
	log->segments = NULL;
	log->n_segments = 0;
}

static void close_one(struct am_log *log)
{
	while (log->n_open >= OPEN_MAX_FILES) {
		log->close_next %= log->n_segments;
		struct am_file **file = &log->segments[log->close_next].file;
		if (*file) {
			am_file_unref(file);
			log->n_open--;
		}
		log->close_next++;
	}
}

static int file_of(struct am_log *log, size_t segment, struct am_file **out,
                   struct am_error *err)
{
	struct am_log_segment *s = &log->segments[segment];

	if (!s->file) {
		close_one(log);
		char *name = am_log_file_name(log, segment);
		int r = am_file_open(&s->file, name, err);
		g_free(name);
		if (r)
			return r;
		log->n_open++;
	}
	*out = s->file;
	return AM_OK;
}

int am_log_pread(struct am_log *log, uint64_t pos, void *buf, size_t len,
                 struct am_error *err)
{
	uint64_t segment = am_log_pos_segment(pos);
	uint64_t offset = am_log_pos_offset(pos);
	struct am_file *file;
	size_t got;
	int r;

	if (log->out && am_log_out_dirty(log)) {
		r = am_log_out_flush(log, err);
		if (r)
			return r;
	}
	if (segment >= log->n_segments)
		return AM_END;
	uint64_t size = log->segments[segment].size;
	if (offset > size || len > size - offset)
		return AM_END;
	r = file_of(log, (size_t)segment, &file, err);
	if (r)
		return r;
	r = am_file_read(file, offset, buf, len, &got, err);
	if (r)
		return r;
	return got < len ? AM_END : AM_OK;
}

uint64_t am_log_files_end(const struct am_log *log)
{
	size_t last = log->n_segments - 1;

	return am_log_pos(last, log->segments[last].size);
}

uint64_t am_log_distance(const struct am_log *log, uint64_t from, uint64_t to)
{
	uint64_t sum = 0;

	while (am_log_pos_segment(from) < am_log_pos_segment(to)) {
		uint64_t segment = am_log_pos_segment(from);
		uint64_t size = segment < log->n_segments
		                        ? log->segments[segment].size
		                        : 0;
		if (size > am_log_pos_offset(from))
			sum += size - am_log_pos_offset(from);
		if (segment >= log->n_segments)
			return sum;
		from = am_log_pos(segment + 1, AM_LOG_PREAMBLE);
	}
	return to > from ? sum + (to - from) : sum;
}

uint64_t am_log_size(const struct am_log *log)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < log->n_segments; i++)
		sum += log->segments[i].size;
	if (log->out)
		sum += am_log_out_end(log) - am_log_files_end(log);
	return sum;
}
