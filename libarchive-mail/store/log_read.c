/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a log, and its records by position (FORMAT.md, sections 2 and 4). */
#include "store/log_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/file.h"

#include <glib.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* The first records are looked for so far into each file when what should be
 * there is damaged. */
enum { START_MAX = 4 * 1024 * 1024 };

/* ---- what kind of thing is this ---- */

static int look_at_path(struct am_log *log, const char *path,
                        struct am_error *err)
{
	struct stat st;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	log->path = g_strndup(path, len);
	if (stat(log->path, &st))
		return am_fail_sys(err, AM_FAILED, "%s", log->path);
	log->is_folder = S_ISDIR(st.st_mode);
	if (!log->is_folder && !S_ISREG(st.st_mode))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s: not a regular file", log->path);
	return AM_OK;
}

/* Did somebody carry it as text?  Then the first line, or the magic of the
 * record behind it, is what has changed; and so is all that follows. */
static int check_line_ends(struct am_log *log, const uint8_t *made,
                           struct am_error *err)
{
	static const char as_crlf[] = "\r\n\x8aMARK\r\r\n";
	static const char as_lf[] = "\n\x8aMARK\n\x1a";
	enum { FIRST = AM_LOG_PREAMBLE - 1, LEN = FIRST + sizeof as_crlf };
	uint8_t text[LEN];

	if (log->segments[0].size < LEN)
		return AM_OK;
	int r = am_log_pread(log, 0, text, LEN, err);
	if (r || memcmp(text, made, FIRST))
		return r;
	bool crlf = !memcmp(text + FIRST, as_crlf, sizeof as_crlf - 1);
	if (!crlf && memcmp(text + FIRST, as_lf, sizeof as_lf - 1))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "%s: its line ends were changed on the way here (%s), "
	               "as if it were text: fetch it again, as binary",
	               log->path, crlf ? "LF to CRLF" : "CRLF to LF");
}

static int check_preamble(struct am_log *log, bool *good, struct am_error *err)
{
	uint8_t text[AM_LOG_PREAMBLE], made[AM_LOG_PREAMBLE];
	size_t len = sizeof text;

	am_log_encode_preamble(made);
	*good = false;
	if (log->segments[0].size < len) {
		len = (size_t)log->segments[0].size;
		if (!len && log->is_folder)
			return AM_OK; /* the first segment is missing */
		if (!len)
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "%s: empty, not a mailark archive",
			               log->path);
		int r = am_log_pread(log, 0, text, len, err);
		if (r < 0)
			return r;
		if (!memcmp(text, made, len))
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "%s: cut off within its first line, "
			               "nothing of the archive is left",
			               log->path);
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: not a mailark archive", log->path);
	}
	int r = am_log_pread(log, 0, text, len, err);
	if (r < 0)
		return r;
	r = am_log_decode_preamble(text, len, err);
	if (r < 0)
		return am_wrap(err, r, "%s", log->path);
	*good = !r;
	return check_line_ends(log, made, err);
}

/* ---- the head, and with it the archive's id ---- */

static int read_head(struct am_log *log, const struct am_record *rec,
                     struct am_error *err)
{
	struct am_coder *coder = am_coder_new();
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *data = NULL;

	int r = am_log_unpack(log, coder, rec, &data, prefix, err);
	if (!r)
		r = am_log_decode_head(&log->head, data, (size_t)rec->raw_len,
		                       log->arena, err);
	g_free(data);
	am_coder_free(&coder);
	return r;
}

/* The head at the start of one file; AM_END when there is none. */
static int find_head(struct am_log *log, size_t segment, struct am_error *err)
{
	struct am_log_scan scan = {
		.log = log,
		.pos = am_log_pos(segment, AM_LOG_PREAMBLE),
		.limit = am_log_pos(segment,
	                            log->lenient ? log->segments[segment].size
	                                         : START_MAX),
	};
	struct am_record rec;
	int r;

	while (!(r = am_log_scan_next(&scan, &rec, err))) {
		/* The first record that is where it says it is tells the id. */
		log->archive_id = rec.archive_id;
		log->id_known = true;
		r = am_log_check_type(&rec, err);
		if (r)
			return r;
		if (rec.type == AM_REC_HEAD && !read_head(log, &rec, NULL))
			return AM_OK;
	}
	return r;
}

static int check_head(const struct am_log *log, bool writable,
                      struct am_error *err)
{
	uint64_t bits = AM_FEATURE_READ | (writable ? AM_FEATURE_WRITE : 0u);

	for (size_t i = 0; i < log->head.n_features; i++)
		if (log->head.features[i].bits & bits &&
		    strcmp(log->head.features[i].name, am_log_elsewhere.name))
			return am_fail(
				err, AM_FAILED, AM_E_UNSUPPORTED,
				"%s: uses the feature \"%s\", which this "
				"program does not know; it was written "
				"by %s",
				log->path, log->head.features[i].name,
				log->head.program);
	return AM_OK;
}

static int read_start(struct am_log *log, bool writable, struct am_error *err)
{
	bool good;
	int r = check_preamble(log, &good, err);

	if (r)
		return r;
	log->head.codec = AM_CODEC_ZSTD;
	r = AM_END;
	for (size_t i = 0; i < log->n_segments && r == AM_END; i++)
		r = find_head(log, i, err);
	if (r < 0)
		return am_wrap(err, r, "%s", log->path);
	if (!log->id_known && !good)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: not a mailark archive", log->path);
	if (!log->id_known)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: begins like an archive, but no record "
		               "follows",
		               log->path);
	if (!good || r == AM_END)
		am_ctx_note(log->ctx, AM_NOTE_WARN, "archive.damage", NULL,
		            log->path, "the archive's %s is damaged",
		            good ? "head" : "first line");
	log->bad_start = !good;
	log->codec = log->head.codec;
	log->level = log->head.level;
	return check_head(log, writable, err);
}

/* ---- the last commit ---- */

static int check_known(struct am_log *log, const struct am_commit *from,
                       struct am_error *err)
{
	struct am_record rec;
	struct am_commit found;

	int r = am_log_probe(log, from->pos, &rec, err);
	if (!r)
		r = am_log_read_commit(log, &rec, &found, err);
	/* cppcheck-suppress uninitStructMember; not when r is set */
	if (r || found.number != from->number ||
	    memcmp(found.chain, from->chain, sizeof found.chain))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: commit %" PRIu64 " is not at %" PRIu64,
		               log->path, from->number, from->pos);
	log->last = log->known = found;
	return AM_OK;
}

/* Commits that stand elsewhere than they say, since the last good one. */
struct moved {
	uint64_t number, here;
};

static void see_moved(void *user, const struct am_record *rec, uint64_t here)
{
	struct moved *moved = user;

	if (rec->type != AM_REC_COMMIT || rec->id <= moved->number)
		return;
	moved->number = rec->id;
	moved->here = here;
}

/* Read forward from what is known; the last good commit wins. */
static int find_last(struct am_log *log, struct am_error *err)
{
	struct moved moved = {0};
	struct am_log_scan scan = {
		.log = log,
		.limit = UINT64_MAX,
		.moved = see_moved,
		.user = &moved,
	};
	struct am_record rec, strange = {.pos = 0};
	int r;

	scan.pos = log->last.number ? log->last.end : AM_LOG_PREAMBLE;
	while (!(r = am_log_scan_next(&scan, &rec, err))) {
		struct am_commit commit;
		struct am_error why;
		/* Only what is committed can be asked of a reader. */
		if (!strange.pos && am_log_check_type(&rec, NULL))
			strange = rec;
		if (rec.type != AM_REC_COMMIT)
			continue;
		r = am_log_read_commit(log, &rec, &commit, &why);
		if (!r && commit.number <= log->last.number)
			r = am_fail(&why, AM_FAILED, AM_E_CORRUPT,
			            "commit %" PRIu64 " comes after %" PRIu64,
			            commit.number, log->last.number);
		if (r) {
			am_ctx_note(log->ctx, AM_NOTE_WARN, "archive.damage",
			            NULL, log->path, "%s", why.text);
			continue;
		}
		if (strange.pos && strange.pos >= commit.since)
			return am_log_check_type(&strange, err);
		strange.pos = 0;
		log->last = commit;
	}
	if (moved.number > log->last.number)
		am_ctx_note(log->ctx, AM_NOTE_WARN, "archive.damage", NULL,
		            log->path,
		            "bytes were inserted or lost: commit %" PRIu64
		            " at %" PRIu64 " is not in its place; what "
		            "follows commit %" PRIu64 " cannot be read (see "
		            "repair)",
		            moved.number, moved.here, log->last.number);
	return r == AM_END ? AM_OK : r;
}

static int open_files(struct am_log *log, const char *path, bool writable,
                      struct am_error *err)
{
	int r = look_at_path(log, path, err);

	if (!r && writable) {
		char *name = g_strconcat(log->path, ".lock", NULL);
		r = am_lock_take(&log->lock, name, g_get_prgname(), err);
		g_free(name);
	}
	if (!r)
		r = am_log_files_list(log, err);
	if (!r && log->is_folder && !log->n_segments)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: a folder without segments, not a mailark "
		            "archive",
		            log->path);
	return r ? r : read_start(log, writable, err);
}

static int open_log(struct am_log *log, const char *path, bool writable,
                    const struct am_commit *from, struct am_error *err)
{
	int r = open_files(log, path, writable, err);

	if (!r && from)
		r = check_known(log, from, err);
	if (r)
		return r;
	r = find_last(log, err);
	if (r)
		return am_wrap(err, r, "%s", log->path);
	if (!log->last.number)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: no commit can be found in this archive",
		               log->path);
	return writable ? am_log_out_open(log, err) : AM_OK;
}

static struct am_log *new_log(struct am_ctx *ctx)
{
	struct am_log *log = g_new0(struct am_log, 1);

	log->ctx = ctx;
	log->arena = am_arena_new();
	return log;
}

int am_log_open(struct am_log **out, const char *path, bool writable,
                const struct am_commit *from, struct am_ctx *ctx,
                struct am_error *err)
{
	*out = new_log(ctx);
	int r = open_log(*out, path, writable, from, err);
	if (r)
		am_log_close(out);
	return r;
}

int am_log_open_salvage(struct am_log **out, const char *path,
                        struct am_ctx *ctx, struct am_error *err)
{
	*out = new_log(ctx);
	(*out)->lenient = true;
	int r = open_files(*out, path, false, err);
	if (r)
		am_log_close(out);
	return r;
}

void am_log_close(struct am_log **log)
{
	struct am_log *l = *log;

	*log = NULL;
	if (!l)
		return;
	am_log_out_free(l);
	am_log_files_close(l);
	am_lock_release(&l->lock);
	am_arena_free(&l->arena);
	g_free(l->path);
	g_free(l);
}

uint64_t am_log_archive_id(const struct am_log *log)
{
	return log->archive_id;
}

bool am_log_starts_badly(const struct am_log *log)
{
	return log->bad_start;
}

const struct am_commit *am_log_last(const struct am_log *log)
{
	return &log->last;
}

uint64_t am_log_tail(const struct am_log *log)
{
	return am_log_distance(log, log->last.end, am_log_files_end(log));
}

bool am_log_is_elsewhere(const struct am_log *log)
{
	for (size_t i = 0; i < log->head.n_features; i++)
		if (!strcmp(log->head.features[i].name, am_log_elsewhere.name))
			return true;
	return false;
}

enum am_codec am_log_codec(const struct am_log *log)
{
	return log->codec;
}

int am_log_level(const struct am_log *log)
{
	return log->level;
}

void am_log_set_codec(struct am_log *log, enum am_codec codec, int level)
{
	log->codec = codec;
	log->level = level;
}

/* ---- records by position ---- */

/* A reader sees what is committed, the writer also what it has appended; who
 * mends, all there is. */
static uint64_t visible_end(const struct am_log *log)
{
	if (log->lenient)
		return am_log_files_end(log);
	return log->out ? am_log_out_end(log) : log->last.end;
}

int am_log_header(struct am_log *log, uint64_t pos, struct am_record *out,
                  struct am_error *err)
{
	if (pos >= visible_end(log) || am_log_probe(log, pos, out, err))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: no record at %" PRIu64, log->path, pos);
	return AM_OK;
}

static int read_payload(struct am_log *log, const struct am_record *rec,
                        uint8_t *out, struct am_error *err)
{
	int r = am_log_pread(log, rec->pos + AM_RECORD_HEADER, out,
	                     (size_t)rec->stored_len, err);

	if (r < 0)
		return r;
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the %s record at %" PRIu64 " is cut short",
		               log->path, am_log_type_name(rec->type),
		               rec->pos);
	return AM_OK;
}

int am_log_payload(struct am_log *log, const struct am_record *rec,
                   uint8_t *out, struct am_error *err)
{
	int r = read_payload(log, rec, out, err);

	if (r)
		return r;
	if (am_crc32(0, out, (size_t)rec->stored_len) != rec->crc)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the %s record at %" PRIu64
		               " does not match its checksum",
		               log->path, am_log_type_name(rec->type),
		               rec->pos);
	return AM_OK;
}

static int check_lengths(const struct am_log *log, const struct am_record *rec,
                         size_t prefix, struct am_error *err)
{
	uint64_t most = prefix ? AM_FRAME_MAX : AM_PAYLOAD_MAX;
	bool stored = rec->codec == AM_CODEC_STORED;

	/* Packed is never much more than unpacked. */
	if (rec->stored_len < prefix || rec->raw_len > most ||
	    rec->stored_len > most + most / 64 + 4096 ||
	    (stored && rec->stored_len - prefix != rec->raw_len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the %s record at %" PRIu64
		               " claims impossible lengths",
		               log->path, am_log_type_name(rec->type),
		               rec->pos);
	return AM_OK;
}

int am_log_unpack(struct am_log *log, struct am_coder *coder,
                  const struct am_record *rec, uint8_t **out,
                  uint8_t prefix[AM_BLOB_PREFIX], struct am_error *err)
{
	size_t got;

	return am_log_unpack_some(log, coder, rec, SIZE_MAX, out, &got, prefix,
	                          err);
}

int am_log_unpack_some(struct am_log *log, struct am_coder *coder,
                       const struct am_record *rec, size_t want, uint8_t **out,
                       size_t *got, uint8_t prefix[AM_BLOB_PREFIX],
                       struct am_error *err)
{
	size_t skip = rec->type == AM_REC_BLOB ? AM_BLOB_PREFIX : 0;
	uint8_t *raw = NULL;

	*out = NULL;
	*got = 0;
	int r = check_lengths(log, rec, skip, err);
	if (r)
		return r;
	size_t len = (size_t)rec->stored_len - skip;
	uint8_t *stored = g_malloc(skip + len + 1);
	r = am_log_payload(log, rec, stored, err);
	if (r)
		goto out;
	memcpy(prefix, stored, skip);
	if (rec->codec == AM_CODEC_STORED) {
		raw = stored;
		stored = NULL;
		if (skip)
			memmove(raw, raw + skip, len);
		*got = len;
	} else {
		raw = g_malloc((size_t)rec->raw_len + 1);
		r = am_codec_unpack_some(coder, rec->codec, stored + skip, len,
		                         raw, (size_t)rec->raw_len, want, got,
		                         err);
		if (r)
			am_wrap(err, r, "%s: the %s record at %" PRIu64,
			        log->path, am_log_type_name(rec->type),
			        rec->pos);
	}
out:
	g_free(stored);
	if (r)
		g_free(raw);
	else
		*out = raw;
	return r;
}

int am_log_salvage(struct am_log *log, struct am_coder *coder,
                   const struct am_record *rec, uint8_t **out, size_t *got,
                   struct am_error *err)
{
	*out = NULL;
	*got = 0;
	assert(rec->type == AM_REC_BLOCK);
	int r = check_lengths(log, rec, 0, err);
	if (r)
		return r;
	uint8_t *stored = g_malloc((size_t)rec->stored_len + 1);
	r = read_payload(log, rec, stored, err);
	if (!r) {
		*out = g_malloc0((size_t)rec->raw_len + 1);
		am_codec_salvage(coder, rec->codec, stored,
		                 (size_t)rec->stored_len, *out,
		                 (size_t)rec->raw_len, got);
	}
	g_free(stored);
	return r;
}

int am_log_after(struct am_log *log, const struct am_record *rec, uint64_t *pos,
                 struct am_error *err)
{
	uint64_t segment = am_log_pos_segment(rec->pos);
	uint64_t end;

	if (segment >= log->n_segments ||
	    !am_add_u64(rec->pos + AM_RECORD_HEADER, rec->stored_len, &end) ||
	    am_log_pos_segment(end) != segment)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the record at %" PRIu64
		               " claims an impossible length",
		               log->path, rec->pos);
	if (end >= visible_end(log))
		return AM_END;
	if (segment + 1 < log->n_segments &&
	    am_log_pos_offset(end) >= log->segments[segment].size)
		end = am_log_pos(segment + 1, AM_LOG_PREAMBLE);
	*pos = end;
	return AM_OK;
}
