/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appending to the log (FORMAT.md, sections 2 and 4).
 *
 * Everything goes through one buffer into the last file and, on the way, into
 * the hash that the next commit's chain is.  After a failed write the log is
 * dead: what the file then ends in is a tail that no commit covers.
 */
#include "store/log_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/time.h"
#include "base/writeback.h"
#include "store/embedded.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_DEFAULT ((uint64_t)1 << 30)
enum { BUFFER = 1024 * 1024 };

struct am_log_out {
	int fd;
	uint8_t *buf;
	size_t used;
	struct am_sha256 *hash; /* the chain before, and all appended since */
	uint64_t since;         /* the first record appended since; 0: none */
	uint64_t start; /* a segment shorter than this is never sealed */
	bool no_sync, dead;
};

uint64_t am_log_out_end(const struct am_log *log)
{
	return am_log_files_end(log) + log->out->used;
}

bool am_log_out_dirty(const struct am_log *log)
{
	return log->out->used > 0;
}

static struct am_log_segment *last_segment(const struct am_log *log)
{
	return &log->segments[log->n_segments - 1];
}

/* ---- bytes into the last file ---- */

static int write_bytes(struct am_log *log, const void *data, size_t len,
                       const char *what, struct am_error *err)
{
	struct am_log_out *out = log->out;

	if (!len)
		return AM_OK;
	char *label = g_strdup_printf("%s: cannot write %s", log->path, what);
	int r = am_write_all(out->fd, data, len, label, err);
	g_free(label);
	if (r) {
		out->dead = true;
		return AM_FATAL;
	}
	uint64_t at = last_segment(log)->size;
	last_segment(log)->size += len;
	/* So that the commit does not find all of it still to be done. */
	if (!out->no_sync && len >= BUFFER / 2)
		am_write_back(out->fd, at, len);
	return AM_OK;
}

static int flush(struct am_log *log, const char *what, struct am_error *err)
{
	struct am_log_out *out = log->out;
	size_t used = out->used;

	/* Not twice, whatever becomes of it. */
	out->used = 0;
	return write_bytes(log, out->buf, used, what, err);
}

int am_log_out_flush(struct am_log *log, struct am_error *err)
{
	return flush(log, "messages", err);
}

static int put(struct am_log *log, const void *data, size_t len,
               const char *what, struct am_error *err)
{
	struct am_log_out *out = log->out;

	if (out->used + len > BUFFER) {
		int r = flush(log, what, err);
		if (r)
			return r;
	}
	if (len >= BUFFER)
		return write_bytes(log, data, len, what, err);
	if (len)
		memcpy(out->buf + out->used, data, len);
	out->used += len;
	return AM_OK;
}

static int flush_and_sync(struct am_log *log, const char *what,
                          struct am_error *err)
{
	int r = flush(log, what, err);

	if (!r && !log->out->no_sync)
		r = am_sync_fd(log->out->fd, log->path, err);
	if (r)
		log->out->dead = true;
	return r;
}

static int fail_dead(const struct am_log *log, struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_IO,
	               "%s: an earlier write failed; the last commit stands",
	               log->path);
}

/* ---- records ---- */

struct payload {
	const void *prefix, *data;
	size_t prefix_len, len;
};

static int put_record(struct am_log *log, struct am_record *rec,
                      const struct payload *p, bool chained,
                      struct am_error *err)
{
	struct am_log_out *out = log->out;
	const char *what = am_log_type_name(rec->type);
	uint8_t header[AM_RECORD_HEADER];

	rec->crc = am_crc32(0, p->prefix, p->prefix_len);
	rec->crc = am_crc32(rec->crc, p->data, p->len);
	rec->stored_len = p->prefix_len + p->len;
	rec->version = 1;
	rec->pos = am_log_out_end(log);
	rec->archive_id = log->archive_id;
	/* Nothing of the mail is lost to who passes over these. */
	if (rec->type == AM_REC_SPEC || rec->type == AM_REC_EXTRACTOR)
		rec->flags = AM_RECORD_SKIPPABLE;
	am_log_encode_header(rec, header);
	if (chained) {
		am_sha256_update(out->hash, header, sizeof header);
		am_sha256_update(out->hash, p->prefix, p->prefix_len);
		am_sha256_update(out->hash, p->data, p->len);
		if (!out->since)
			out->since = rec->pos;
	}
	int r = put(log, header, sizeof header, what, err);
	if (!r)
		r = put(log, p->prefix, p->prefix_len, what, err);
	if (!r)
		r = put(log, p->data, p->len, what, err);
	return r;
}

static int put_plain(struct am_log *log, enum am_record_type type,
                     const void *data, size_t len, struct am_error *err)
{
	struct am_record rec = {.type = type, .raw_len = len};
	struct payload p = {.data = data, .len = len};

	return put_record(log, &rec, &p, true, err);
}

/* What every file begins with: its text, and its head record. */
static int put_preamble(struct am_log *log, struct am_error *err)
{
	uint8_t text[AM_LOG_PREAMBLE];

	am_log_encode_preamble(text);
	return put(log, text, sizeof text, "the first line", err);
}

static int put_head(struct am_log *log, struct am_error *err)
{
	uint8_t *data;
	size_t len = am_log_encode_head(&log->head, &data);

	int r = put_plain(log, AM_REC_HEAD, data, len, err);
	g_free(data);
	return r;
}

/* ---- files ---- */

static struct am_log_out *out_new(const struct am_log *log)
{
	struct am_log_out *out = g_new0(struct am_log_out, 1);

	out->fd = -1;
	out->buf = g_malloc(BUFFER);
	out->hash = am_sha256_new();
	am_sha256_update(out->hash, log->last.chain, AM_SHA256_LEN);
	return out;
}

void am_log_out_free(struct am_log *log)
{
	struct am_log_out *out = log->out;

	log->out = NULL;
	if (!out)
		return;
	/* What was not committed never happened: no need to write it. */
	if (out->fd >= 0)
		close(out->fd);
	am_sha256_free(&out->hash);
	g_free(out->buf);
	g_free(out);
}

static int open_last(struct am_log *log, struct am_error *err)
{
	char *name = am_log_file_name(log, log->n_segments - 1);
	uint64_t size = last_segment(log)->size;
	int r = AM_OK;

	log->out->fd = open(name, O_WRONLY | O_CLOEXEC);
	if (log->out->fd < 0)
		r = am_fail_sys(err, AM_FAILED, "%s", name);
	else if (lseek(log->out->fd, 0, SEEK_END) != (off_t)size)
		r = am_fail(err, AM_FAILED, AM_E_BUSY,
		            "%s: changed while it was opened", name);
	g_free(name);
	return r;
}

/* A header in the last bytes of a file, whole with what is to follow them. */
static bool completes(const uint8_t *bytes, size_t len)
{
	struct am_record rec;

	for (size_t at = 0; at + AM_RECORD_HEADER <= len; at++)
		if (am_log_decode_header(&rec, bytes + at))
			return true;
	return false;
}

/* A crash may have cut a header short by a byte or two that are, by chance,
 * those the next record begins with; that record would then lie inside it and
 * not be found.  What is put between belongs to the tail. */
static int part_from_tail(struct am_log *log, struct am_error *err)
{
	uint8_t bytes[AM_RECORD_HEADER - 1 + 1 + sizeof am_log_magic];
	uint64_t end = am_log_files_end(log);
	uint64_t size = last_segment(log)->size;
	size_t len = size < AM_RECORD_HEADER - 1 ? (size_t)size
	                                         : AM_RECORD_HEADER - 1;

	if (end == log->last.end)
		return AM_OK;
	/* What cannot be read is no header to any reader either. */
	if (am_log_pread(log, end - len, bytes, len, NULL))
		return AM_OK;
	memcpy(bytes + len, am_log_magic, sizeof am_log_magic);
	if (!completes(bytes, len + sizeof am_log_magic))
		return AM_OK;
	memcpy(bytes + len + 1, am_log_magic, sizeof am_log_magic);
	bytes[len] = 0;
	while (completes(bytes, len + 1 + sizeof am_log_magic))
		bytes[len]++;
	return put(log, bytes + len, 1, "the end of a torn record", err);
}

int am_log_out_open(struct am_log *log, struct am_error *err)
{
	log->out = out_new(log);
	int r = open_last(log, err);

	return r ? r : part_from_tail(log, err);
}

/* Begin a file under a temporary name and give it its name when it is whole:
 * no crash leaves one without its first records. */
static int begin_file(struct am_log *log,
                      int (*fill)(struct am_log *log, struct am_error *err),
                      struct am_error *err)
{
	char *name = am_log_file_name(log, log->n_segments);
	char *temp = NULL;
	int fd = -1;

	int r = am_file_replace_open(&fd, &temp, name, err);
	if (r)
		goto out;
	am_log_files_add(log, 0);
	log->out->fd = fd;
	r = fill(log, err);
	if (!r)
		r = flush(log, "the first records", err);
	log->out->fd = -1;
	if (!r)
		r = am_file_replace_commit(&fd, &temp, name, err);
	if (!r)
		r = open_last(log, err);
	if (!r)
		log->out->start = last_segment(log)->size;
out:
	am_file_replace_drop(&fd, &temp);
	g_free(name);
	return r;
}

static int fill_segment(struct am_log *log, struct am_error *err)
{
	int r = put_preamble(log, err);

	return r ? r : put_head(log, err);
}

static int next_file(struct am_log *log, struct am_error *err)
{
	int r = put_plain(log, AM_REC_SEAL, NULL, 0, err);

	if (!r)
		r = flush_and_sync(log, "the seal of a segment", err);
	if (!r) {
		close(log->out->fd);
		log->out->fd = -1;
		r = begin_file(log, fill_segment, err);
	}
	if (r) {
		log->out->dead = true;
		return AM_FATAL;
	}
	return AM_OK;
}

int am_log_append(struct am_log *log, enum am_record_type type,
                  enum am_codec codec, uint64_t id, const void *prefix,
                  size_t prefix_len, const void *payload, size_t len,
                  uint64_t raw_len, uint64_t *pos, struct am_error *err)
{
	struct am_record rec = {
		.type = type, .codec = codec, .id = id, .raw_len = raw_len};
	struct payload p = {prefix, payload, prefix_len, len};
	uint64_t need = AM_RECORD_HEADER + prefix_len + len;

	if (!log->out)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: opened for reading only", log->path);
	if (log->out->dead)
		return fail_dead(log, err);
	if (raw_len > AM_PAYLOAD_MAX || len > AM_PAYLOAD_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "%s: a record of %" PRIu64 " bytes is too large",
		               log->path, raw_len);
	uint64_t end = am_log_pos_offset(am_log_out_end(log));
	uint64_t most = log->head.segment
	                        ? log->head.segment
	                        : ((uint64_t)1 << AM_LOG_OFFSET_BITS) - 1;
	if (end + need > most && !log->head.segment)
		return am_fail(err, AM_FATAL, AM_E_LIMIT,
		               "%s: a single file holds no more than 16 TiB",
		               log->path);
	if (end + need > most && end > log->out->start) {
		int r = next_file(log, err);
		if (r)
			return r;
	}
	int r = put_record(log, &rec, &p, true, err);
	if (!r)
		*pos = rec.pos;
	return r;
}

static int commit_here(struct am_log *log, struct am_commit *commit,
                       struct am_error *err)
{
	struct am_log_out *out = log->out;
	uint8_t data[AM_COMMIT_ROOM];
	struct am_record rec = {.type = AM_REC_COMMIT};

	commit->number = log->last.number + 1;
	commit->since = out->since ? out->since : am_log_out_end(log);
	commit->when = am_time_now();
	am_sha256_final(out->hash, commit->chain);
	am_sha256_update(out->hash, commit->chain, AM_SHA256_LEN);
	rec.id = commit->number;
	rec.raw_len = am_log_encode_commit(commit, data);
	struct payload p = {.data = data, .len = (size_t)rec.raw_len};
	int r = put_record(log, &rec, &p, false, err);
	if (r)
		return r;
	commit->pos = rec.pos;
	commit->end = am_log_record_end(&rec);
	out->since = 0;
	return flush_and_sync(log, "the commit", err);
}

int am_log_commit(struct am_log *log, struct am_commit *commit,
                  struct am_error *err)
{
	if (!log->out)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: opened for reading only", log->path);
	if (log->out->dead)
		return fail_dead(log, err);
	int r = flush_and_sync(log, "messages", err);
	if (!r)
		r = commit_here(log, commit, err);
	if (r) {
		log->out->dead = true;
		return AM_FATAL;
	}
	log->last = *commit;
	return AM_OK;
}

/* ---- a new archive ---- */

static int fill_first(struct am_log *log, struct am_error *err)
{
	struct am_commit commit = {0};

	int r = put_preamble(log, err);
	if (!r)
		r = put_plain(log, AM_REC_SPEC, am_embedded_FORMAT_md,
		              sizeof am_embedded_FORMAT_md, err);
	if (!r)
		r = put_plain(log, AM_REC_EXTRACTOR, am_embedded_extract_py,
		              sizeof am_embedded_extract_py, err);
	if (!r)
		r = put_head(log, err);
	if (!r)
		r = commit_here(log, &commit, err);
	if (!r)
		log->last = commit;
	return r;
}

/* Nothing may be there; an empty folder may when segments are wanted. */
static int make_place(struct am_log *log, struct am_error *err)
{
	struct stat st;

	if (!log->is_folder)
		return lstat(log->path, &st)
		               ? AM_OK
		               : am_fail(err, AM_FAILED, AM_E_EXISTS,
		                         "%s: exists already", log->path);
	int r = am_make_dirs(log->path, err);
	if (r)
		return r;
	GDir *dir = g_dir_open(log->path, 0, NULL);
	if (!dir)
		return am_fail_sys(err, AM_FAILED, "%s", log->path);
	const char *name = g_dir_read_name(dir);
	if (name)
		r = am_fail(err, AM_FAILED, AM_E_EXISTS,
		            "%s: exists already and holds \"%s\"", log->path,
		            name);
	g_dir_close(dir);
	return r ? r : am_sync_parent(log->path, err);
}

static int create(struct am_log *log, const struct am_log_options *options,
                  struct am_error *err)
{
	char *name = g_strconcat(log->path, ".lock", NULL);
	int r = am_lock_take(&log->lock, name, g_get_prgname(), err);

	g_free(name);
	if (!r)
		r = make_place(log, err);
	if (r)
		return r;
	if (getrandom(&log->archive_id, sizeof log->archive_id, 0) !=
	    (ssize_t)sizeof log->archive_id)
		return am_fail_sys(err, AM_FATAL, "no random numbers");
	log->id_known = true;
	log->head.program = "mailark " AM_VERSION;
	log->head.made = am_time_now();
	log->head.codec = log->codec;
	log->head.level = log->level;
	if (options && options->elsewhere) {
		log->head.features = &am_log_elsewhere;
		log->head.n_features = 1;
	}
	log->out = out_new(log);
	log->out->no_sync = options && options->no_sync;
	return begin_file(log, fill_first, err);
}

int am_log_create(struct am_log **out, const char *path,
                  const struct am_log_options *options, struct am_ctx *ctx,
                  struct am_error *err)
{
	struct am_log *log = g_new0(struct am_log, 1);
	struct stat st;
	size_t len = strlen(path);

	*out = NULL;
	log->ctx = ctx;
	log->arena = am_arena_new();
	log->codec = options ? options->codec : AM_CODEC_ZSTD;
	log->level = options ? options->level : 0;
	log->head.segment = options ? options->segment : 0;
	log->is_folder = log->head.segment || (len && path[len - 1] == '/') ||
	                 (!stat(path, &st) && S_ISDIR(st.st_mode));
	if (log->is_folder && !log->head.segment)
		log->head.segment = SEGMENT_DEFAULT;
	while (len > 1 && path[len - 1] == '/')
		len--;
	log->path = g_strndup(path, len);
	int r = create(log, options, err);
	if (r) {
		am_log_close(&log);
		return r;
	}
	*out = log;
	return AM_OK;
}
