/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From record to record, and past what is none (FORMAT.md, sections 2.1 and 4).
 *
 * A commit says where the records it covers begin, so they are read in a second
 * walk from there to it, and nothing has to be kept pending: memory does not
 * grow with the distance between commits.
 */
#include "store/log_impl.h"

#include <glib.h>

#include <string.h>

enum { WINDOW = 256 * 1024, CANCEL_EVERY = 256 };

/* A good header of this archive, wherever it says it is. */
static bool read_header(struct am_log *log, uint64_t pos, struct am_record *out)
{
	uint8_t buf[AM_RECORD_HEADER];

	/* A header on a bad sector is as good as none: others follow. */
	return !am_log_pread(log, pos, buf, sizeof buf, NULL) &&
	       am_log_decode_header(out, buf) &&
	       (!log->id_known || out->archive_id == log->archive_id);
}

int am_log_probe(struct am_log *log, uint64_t pos, struct am_record *out,
                 struct am_error *err)
{
	(void)err;
	if (!read_header(log, pos, out))
		return AM_END;
	if (out->pos == pos)
		return AM_OK;
	if (!log->lenient || pos < log->last.end)
		return AM_END;
	out->pos = pos;
	return AM_OK;
}

/* Bytes inserted or lost move all that follows: that is to be told, or it
 * would pass for the tail of a crashed run. */
static void look_if_moved(struct am_log_scan *s, uint64_t here)
{
	struct am_record rec;

	if (s->moved && s->log->id_known && read_header(s->log, here, &rec))
		s->moved(s->user, &rec, here);
}

/* How far the segment of pos reaches, not beyond limit. */
static uint64_t segment_end(const struct am_log_scan *s, uint64_t pos,
                            uint64_t limit)
{
	uint64_t segment = am_log_pos_segment(pos);
	uint64_t end = am_log_pos(segment, s->log->segments[segment].size);

	return end < limit ? end : limit;
}

/* The first valid header that begins in [pos, end), or end. */
static int search(struct am_log_scan *s, uint64_t pos, uint64_t end,
                  uint64_t *found, struct am_record *rec, struct am_error *err)
{
	/* It may reach out beyond end. */
	uint64_t size = segment_end(s, pos, UINT64_MAX);
	uint8_t *window = g_malloc(WINDOW);
	int r = AM_OK;

	*found = end;
	while (pos < end) {
		size_t len =
			size - pos < WINDOW ? (size_t)(size - pos) : WINDOW;
		if (am_ctx_cancelled(s->log->ctx)) {
			r = am_ctx_fail_cancelled(err);
			break;
		}
		if (am_log_pread(s->log, pos, window, len, NULL))
			memset(window, 0, len); /* unreadable: on behind it */
		const uint8_t *at = window;
		const uint8_t *stop = window + len;
		while ((at = memmem(at, (size_t)(stop - at), am_log_magic,
		                    sizeof am_log_magic))) {
			uint64_t here = pos + (uint64_t)(at - window);
			if (here >= end)
				goto out;
			if (!am_log_probe(s->log, here, rec, err)) {
				*found = here;
				goto out;
			}
			look_if_moved(s, here);
			at++;
		}
		/* A magic may lie across two windows. */
		pos += len < WINDOW ? len : len - (sizeof am_log_magic - 1);
	}
out:
	g_free(window);
	return r;
}

static void tell_gap(struct am_log_scan *s, uint64_t pos, uint64_t len,
                     const char *why)
{
	if (s->gap)
		s->gap(s->user, pos, len, why);
}

static void next_segment(struct am_log_scan *s)
{
	uint64_t segment = am_log_pos_segment(s->pos) + 1;

	/* The last record of every segment but the last is its seal. */
	if (!s->sealed && segment < s->log->n_segments)
		tell_gap(s, s->pos, 0,
		         s->log->segments[segment - 1].size
		                 ? "the segment ends without its seal"
		                 : "the segment's file is missing");
	s->pos = am_log_pos(segment, AM_LOG_PREAMBLE);
	s->sealed = false;
}

/* Stand at a valid header, at pos or behind it. */
static int seek_valid(struct am_log_scan *s, struct am_error *err)
{
	while (s->pos < s->limit) {
		uint64_t segment = am_log_pos_segment(s->pos);
		if (segment >= s->log->n_segments)
			return AM_END;
		uint64_t end = segment_end(s, s->pos, s->limit);
		if (s->pos >= end) {
			next_segment(s);
			continue;
		}
		if (!am_log_probe(s->log, s->pos, &s->ahead, err))
			return AM_OK;
		uint64_t found;
		int r = search(s, s->pos + 1, end, &found, &s->ahead, err);
		if (r)
			return r;
		tell_gap(s, s->pos, found - s->pos, "no valid record");
		s->sealed = false;
		s->pos = found;
		if (found < end)
			return AM_OK;
	}
	return AM_END;
}

/* Is the record at s->pos whole?  Moves behind it, or to the header inside. */
static int settle(struct am_log_scan *s, const struct am_record *rec,
                  bool *whole, struct am_error *err)
{
	uint64_t size = segment_end(s, rec->pos, UINT64_MAX);
	uint64_t body = rec->pos + AM_RECORD_HEADER;
	bool fits = body <= size && rec->stored_len <= size - body;
	uint64_t end = fits ? body + rec->stored_len : size;
	uint64_t found;

	*whole = true;
	if (fits &&
	    (end == size || !am_log_probe(s->log, end, &s->ahead, err))) {
		s->ready = end != size;
		s->pos = end;
		return AM_OK;
	}
	/* From its very header on: one that was cut short can have been made
	 * whole by the first bytes of the next. */
	int r = search(s, rec->pos + 1, end, &found, &s->ahead, err);
	if (r)
		return r;
	s->ready = found < end;
	s->pos = found;
	if (fits && !s->ready)
		return AM_OK;
	*whole = false;
	tell_gap(s, rec->pos, found - rec->pos,
	         fits ? "a record that was not finished"
	              : "a record that the file's end cuts short");
	return AM_OK;
}

int am_log_scan_next(struct am_log_scan *scan, struct am_record *out,
                     struct am_error *err)
{
	bool whole = false;

	while (!whole) {
		if (am_ctx_cancelled(scan->log->ctx))
			return am_ctx_fail_cancelled(err);
		if (!scan->ready) {
			int r = seek_valid(scan, err);
			if (r)
				return r;
		}
		scan->ready = false;
		if (scan->pos >= scan->limit)
			return AM_END;
		*out = scan->ahead;
		int r = settle(scan, out, &whole, err);
		if (r)
			return r;
		scan->sealed = whole && out->type == AM_REC_SEAL;
	}
	return AM_OK;
}

int am_log_check_type(const struct am_record *rec, struct am_error *err)
{
	if (rec->flags & AM_RECORD_SKIPPABLE)
		return AM_OK;
	if (!am_log_type_known(rec->type))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "record of type %d (%s) at %" PRIu64
		               ": a later mailark is needed to read this "
		               "archive",
		               (int)rec->type, am_log_type_name(rec->type),
		               rec->pos);
	if (rec->version != 1)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s record of layout %u at %" PRIu64
		               ": a later mailark is needed to read this "
		               "archive",
		               am_log_type_name(rec->type), rec->version,
		               rec->pos);
	return AM_OK;
}

int am_log_read_commit(struct am_log *log, const struct am_record *rec,
                       struct am_commit *out, struct am_error *err)
{
	uint8_t buf[4096];

	if (rec->type != AM_REC_COMMIT || rec->stored_len > sizeof buf ||
	    rec->codec != AM_CODEC_STORED)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "no commit record at %" PRIu64, rec->pos);
	int r = am_log_payload(log, rec, buf, err);
	if (!r)
		r = am_log_decode_commit(out, buf, (size_t)rec->stored_len,
		                         err);
	if (r)
		return am_wrap(err, r, "commit %" PRIu64, rec->id);
	out->pos = rec->pos;
	out->end = am_log_record_end(rec);
	if (out->number != rec->id || out->since > rec->pos || !out->number ||
	    out->number > INT64_MAX)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "commit %" PRIu64 " contradicts itself",
		               rec->id);
	return AM_OK;
}
