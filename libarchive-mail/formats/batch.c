/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/batch.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "formats/batch_left.h"
#include "formats/crlf_size.h"
#include "model/ctx.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 2048
#define MAX_BYTES (UINT64_C(128) << 20)
#define CHUNK     65536

/* A rename to be done, or a link (from is then a path in the tree). */
struct pending {
	char *from, *to;
	bool link, over; /* takes the place of what is there */
};

struct am_batch {
	int root_fd, tmp_fd;
	char *tmp;
	struct am_batch_lock lock;
	unsigned n_cleared;
	enum am_durability durability;
	enum am_batch_eol eol;
	GArray *pending;
	uint64_t pending_bytes;
	struct counter *counter; /* written to by threads that see us const */
};

struct counter {
	atomic_uint_fast64_t next;
	int64_t pid, start;
};

bool am_batch_durability(const char *word, enum am_durability *out)
{
	if (!strcmp(word, "yes"))
		*out = AM_DURABLE_BATCH;
	else if (!strcmp(word, "no"))
		*out = AM_DURABLE_NO;
	else if (!strcmp(word, "each"))
		*out = AM_DURABLE_EACH;
	else
		return false;
	return true;
}

bool am_batch_eol_parse(const char *word, enum am_batch_eol *out)
{
	if (!strcmp(word, "keep"))
		*out = AM_EOL_KEEP;
	else if (!strcmp(word, "lf"))
		*out = AM_EOL_LF;
	else if (!strcmp(word, "crlf"))
		*out = AM_EOL_CRLF;
	else
		return false;
	return true;
}

static void pending_clear(void *user)
{
	struct pending *p = user;

	g_free(p->from);
	g_free(p->to);
}

int am_batch_open(struct am_batch **out, const char *root, const char *tmp,
                  enum am_durability durability, enum am_batch_eol eol,
                  struct am_error *err)
{
	struct am_batch *b = g_new0(struct am_batch, 1);
	int r;

	b->root_fd = b->tmp_fd = b->lock.fd = -1;
	b->tmp = g_strdup(tmp);
	b->durability = durability;
	b->eol = eol;
	b->pending = g_array_new(FALSE, FALSE, sizeof(struct pending));
	g_array_set_clear_func(b->pending, pending_clear);
	b->counter = g_new0(struct counter, 1);
	b->counter->pid = getpid();
	b->counter->start = g_get_real_time();

	r = am_make_dirs(root, err);
	if (r) {
		r = AM_FATAL;
		goto out;
	}
	b->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->root_fd < 0 ||
	    (mkdirat(b->root_fd, tmp, 0700) && errno != EEXIST)) {
		r = am_fail_sys(err, AM_FATAL, "%s", root);
		goto out;
	}
	b->tmp_fd = openat(b->root_fd, tmp,
	                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->tmp_fd < 0) {
		r = am_fail_sys(err, AM_FATAL, "%s/%s", root, tmp);
		goto out;
	}
	b->n_cleared = am_batch_left_clear(b->tmp_fd);
	am_batch_left_lock(&b->lock, b->tmp_fd, &b->counter->start,
	                   b->counter->pid);
	*out = b;
	return AM_OK;
out:
	am_batch_close(&b);
	return r;
}

void am_batch_close(struct am_batch **batch)
{
	struct am_batch *b = *batch;

	if (!b)
		return;
	for (guint i = 0; i < b->pending->len; i++) {
		struct pending *p =
			&g_array_index(b->pending, struct pending, i);

		if (!p->link)
			unlinkat(b->tmp_fd, p->from, 0);
	}
	g_array_free(b->pending, TRUE);
	am_batch_left_unlock(&b->lock, b->tmp_fd);
	if (b->tmp_fd >= 0)
		close(b->tmp_fd);
	/* A hidden one is ours alone; another process may still use it. */
	if (b->root_fd >= 0 && *b->tmp == '.')
		unlinkat(b->root_fd, b->tmp, AT_REMOVEDIR);
	if (b->root_fd >= 0)
		close(b->root_fd);
	g_free(b->counter);
	g_free(b->tmp);
	g_free(b);
	*batch = NULL;
}

int am_batch_root(const struct am_batch *batch)
{
	return batch->root_fd;
}

void am_batch_tell_cleared(const struct am_batch *batch, struct am_ctx *ctx,
                           const char *code)
{
	if (batch->n_cleared)
		am_ctx_note(ctx, AM_NOTE_INFO, code, NULL, batch->tmp,
		            "%u unfinished %s of a run that was broken off: "
		            "removed",
		            batch->n_cleared,
		            batch->n_cleared == 1 ? "file" : "files");
}

static int write_piece(int fd, struct am_batch_file *out,
                       struct am_crlf_size *sum, const void *data, size_t len,
                       struct am_error *err)
{
	am_crlf_size_add(sum, data, len);
	out->size += len;
	return am_write_all(fd, data, len, out->name, err);
}

/* Line ends changed on the way. */
static int write_converted(const struct am_batch *b, int fd,
                           struct am_batch_file *out, struct am_crlf_size *sum,
                           const struct am_blob *raw, struct am_error *err)
{
	struct am_reader *reader = NULL, *inner = NULL;
	const uint8_t *data;
	size_t len;
	int r;

	r = am_blob_open(raw, &inner, err);
	if (r)
		return r;
	r = b->eol == AM_EOL_LF ? am_reader_lf(&reader, inner, err)
	                        : am_reader_crlf(&reader, inner, err);
	while (!r) {
		r = am_reader_peek(reader, CHUNK, &data, &len, err);
		if (r)
			break;
		r = write_piece(fd, out, sum, data, len, err);
		am_reader_skip(reader, len);
	}
	am_reader_close(&reader);
	return r == AM_END ? AM_OK : r;
}

static int write_bytes(const struct am_batch *b, int fd,
                       struct am_batch_file *out, struct am_crlf_size *sum,
                       const struct am_blob *raw, struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(raw);
	uint64_t size = am_blob_size(raw), at = 0;
	uint8_t *buf;
	size_t got;
	int r = AM_OK;

	if (b->eol != AM_EOL_KEEP)
		return write_converted(b, fd, out, sum, raw, err);
	if (bytes)
		return write_piece(fd, out, sum, bytes, (size_t)size, err);
	buf = g_malloc(CHUNK);
	while (!r && at < size) {
		r = am_blob_read(raw, at, buf, CHUNK, &got, err);
		if (!r && !got)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "the message ended at %" PRIu64
			            " of %" PRIu64 " bytes",
			            at, size);
		if (!r)
			r = write_piece(fd, out, sum, buf, got, err);
		at += got;
	}
	g_free(buf);
	return r;
}

static int finish_file(const struct am_batch *b, int fd, const char *name,
                       const struct am_when *when, struct am_error *err)
{
	int r = AM_OK;

	/* The atime stays now: others clean tmp/ by it. */
	if (when && when->known) {
		struct timespec times[2] = {
			{.tv_nsec = UTIME_OMIT},
			{.tv_sec = when->sec},
		};

		/* Dates no file can have are in the name or the header. */
		(void)!futimens(fd, times);
	}
	if (b->durability == AM_DURABLE_EACH && fsync(fd))
		r = am_fail_sys(err, AM_FATAL, "%s", name);
	if (close(fd) && !r && errno != EINTR)
		r = am_fail_sys(err, AM_FATAL, "%s", name);
	return r;
}

int am_batch_write(const struct am_batch *batch, struct am_batch_file *out,
                   const struct am_blob *raw, const struct am_when *when,
                   struct am_error *err)
{
	struct counter *c = batch->counter;
	struct am_crlf_size sum = {0};
	int fd, r;

	memset(out, 0, sizeof(*out));
	out->name = g_strdup_printf(
		AM_BATCH_PREFIX "%" PRId64 ".%" PRId64 ".%" PRIu64, c->start,
		c->pid, (uint64_t)atomic_fetch_add(&c->next, 1));
	fd = openat(batch->tmp_fd, out->name,
	            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		r = am_fail_sys(err, AM_FATAL, "%s/%s", batch->tmp, out->name);
		g_clear_pointer(&out->name, g_free);
		return r;
	}
	r = write_bytes(batch, fd, out, &sum, raw, err);
	if (r)
		close(fd);
	else
		r = finish_file(batch, fd, out->name, when, err);
	out->crlf_size = sum.size;
	if (r)
		am_batch_discard(batch, out);
	return r;
}

void am_batch_discard(const struct am_batch *batch, struct am_batch_file *file)
{
	if (file->name)
		unlinkat(batch->tmp_fd, file->name, 0);
	g_clear_pointer(&file->name, g_free);
}

/* renameat2(2) without replacing, also where the file system cannot. */
static int rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	if (!renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (!faccessat(to_fd, to, F_OK, AT_SYMLINK_NOFOLLOW)) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_fd, from, to_fd, to);
}

/* "a/b.c" and 2: "a/b-2.c" */
static char *numbered(const char *path, unsigned n)
{
	const char *base = strrchr(path, '/');
	const char *dot = strrchr(base ? base : path, '.');
	size_t stem = dot ? (size_t)(dot - path) : strlen(path);

	return g_strdup_printf("%.*s-%u%s", (int)stem, path, n, path + stem);
}

bool am_batch_refused(int sys)
{
	return sys == ENAMETOOLONG || sys == EINVAL || sys == EILSEQ;
}

/* "a/b.eml": "a/file~0123abcd.eml", and what lies beside it "….eml.json". */
static char *plain(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t stem = strlen(path);
	uint8_t digest[AM_SHA256_LEN];
	char hex[9];

	/* The endings, of which one may be that of a sidecar. */
	for (int i = 0; i < 2; i++) {
		const char *dot =
			memrchr(base, '.', stem - (size_t)(base - path));
		if (!dot || dot == base || path + stem - dot > 8)
			break;
		bool beside = !strcmp(dot, ".json");
		stem = (size_t)(dot - path);
		if (!beside)
			break;
	}
	am_sha256(path, stem, digest);
	am_hex(digest, 4, hex);
	return g_strdup_printf("%.*sfile~%s%s", (int)(base - path), path, hex,
	                       path + stem);
}

/* Its own name, or with a number, or that of its hash. */
static int place(struct am_batch *b, struct pending *p, struct am_error *err)
{
	char *to = g_strdup(p->to), *wish = g_strdup(p->to);
	bool refused = false;
	int r = AM_OK;

	for (unsigned n = 2; n < 1000; n++) {
		int failed =
			p->over ? renameat(b->tmp_fd, p->from, b->root_fd, to)
			: p->link
				? linkat(b->root_fd, p->from, b->root_fd, to, 0)
				: rename_new(b->tmp_fd, p->from, b->root_fd,
		                             to);
		if (failed && am_batch_refused(errno) && !refused && !p->link) {
			refused = true;
			g_free(wish);
			wish = plain(p->to);
			n = 1;
		} else if (!failed || errno != EEXIST) {
			if (failed)
				r = am_fail_sys(err, AM_FATAL, "%s", to);
			break;
		}
		g_free(to);
		to = n < 2 ? g_strdup(wish) : numbered(wish, n);
	}
	g_free(wish);
	g_free(to);
	return r;
}

/* Bytes of all pending files on disk. */
static int sync_bytes(struct am_batch *b, struct am_error *err)
{
	if (b->durability != AM_DURABLE_BATCH || !b->pending->len)
		return AM_OK;
	if (!syncfs(b->root_fd))
		return AM_OK;
	if (errno != ENOSYS && errno != EOPNOTSUPP)
		return am_fail_sys(err, AM_FATAL, "syncing %s", b->tmp);
	for (guint i = 0; i < b->pending->len; i++) {
		struct pending *p =
			&g_array_index(b->pending, struct pending, i);
		int fd, r;

		if (p->link)
			continue;
		fd = openat(b->tmp_fd, p->from, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? am_fail_sys(err, AM_FATAL, "%s", p->from)
		           : am_sync_fd(fd, p->from, err);
		if (fd >= 0)
			close(fd);
		if (r)
			return AM_FATAL;
	}
	return AM_OK;
}

/* Takes from. */
static int enqueue(struct am_batch *b, char *from, const char *to, bool link,
                   bool over, struct am_error *err)
{
	struct pending p = {from, g_strdup(to), link, over};
	int r;

	if (b->durability == AM_DURABLE_BATCH) {
		g_array_append_val(b->pending, p);
		return AM_OK;
	}
	r = place(b, &p, err);
	if (r && !link)
		unlinkat(b->tmp_fd, p.from, 0);
	pending_clear(&p);
	return r;
}

int am_batch_put(struct am_batch *batch, struct am_batch_file *file,
                 const char *path, struct am_error *err)
{
	char *from = file->name;

	file->name = NULL;
	batch->pending_bytes += file->size;
	return enqueue(batch, from, path, false, false, err);
}

int am_batch_put_over(struct am_batch *batch, struct am_batch_file *file,
                      const char *path, struct am_error *err)
{
	char *from = file->name;

	file->name = NULL;
	batch->pending_bytes += file->size;
	return enqueue(batch, from, path, false, true, err);
}

int am_batch_link(struct am_batch *batch, const char *path, const char *further,
                  struct am_error *err)
{
	return enqueue(batch, g_strdup(path), further, true, false, err);
}

bool am_batch_full(const struct am_batch *batch)
{
	return batch->pending->len >= MAX_FILES ||
	       batch->pending_bytes >= MAX_BYTES;
}

int am_batch_flush(struct am_batch *batch, struct am_error *err)
{
	guint done = 0;
	int r;

	r = sync_bytes(batch, err);
	while (!r && done < batch->pending->len) {
		r = place(batch,
		          &g_array_index(batch->pending, struct pending, done),
		          err);
		if (!r)
			done++;
	}
	if (done)
		g_array_remove_range(batch->pending, 0, done);
	batch->pending_bytes = 0;
	return r;
}

int am_batch_commit(struct am_batch *batch, struct am_error *err)
{
	int r = am_batch_flush(batch, err);

	if (r || batch->durability == AM_DURABLE_NO)
		return r;
	/* The names: one call for the directories of all folders. */
	if (syncfs(batch->root_fd) && errno != ENOSYS && errno != EOPNOTSUPP)
		return am_fail_sys(err, AM_FATAL, "syncing");
	return AM_OK;
}
