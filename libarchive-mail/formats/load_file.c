/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/load_file.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "model/ctx.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 16 /* enough for every compressor's magic */
/* What unpacks to more is made to fill a disk. */
#define FREE_BYTES (UINT64_C(256) << 20)
#define MAX_RATIO  200

static int read_small(struct am_blob **out, int fd, size_t size,
                      const char *path, struct am_error *err)
{
	uint8_t *data = g_malloc(size ? size : 1);
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, data + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_free(data);
			return am_fail_sys(err, AM_FAILED, "%s", path);
		}
		if (n == 0) {
			g_free(data);
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "%s: file shrank while it was read",
			               path);
		}
		got += (size_t)n;
	}
	return am_blob_take(out, data, size, err);
}

static int unpack(struct am_blob **out, struct am_file *file,
                  struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_reader *reader = NULL;
	struct am_spool *spool = NULL;
	uint64_t allowed = FREE_BYTES + am_file_size(file) * MAX_RATIO;
	uint64_t total = 0;
	const uint8_t *data;
	size_t len;
	int r;

	r = am_unpack_open(&reader, file, err);
	if (r)
		goto out;
	r = am_spool_open(&spool, limits.spool_memory, am_ctx_tmpdir(ctx), err);
	while (!r) {
		r = am_reader_peek(reader, 1, &data, &len, err);
		if (r)
			break;
		total += len;
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		else if (total > allowed)
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "unpacks to more than %" PRIu64
			            " MB: a bomb, not a mail",
			            allowed >> 20);
		else
			r = am_spool_write(spool, data, len, err);
		am_reader_skip(reader, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
out:
	am_spool_drop(&spool);
	am_reader_close(&reader);
	/* What is wrong with one message is not the end of the source; a cancel
	 * and a full disk are. */
	if (r == AM_FATAL && err && err->kind == AM_E_FORMAT)
		r = AM_FAILED;
	return r;
}

static int load_large(struct am_loaded_file *out, const char *path, bool packed,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (r)
		return AM_FAILED;
	if (packed)
		r = unpack(&out->blob, file, ctx, err);
	else
		r = am_blob_slice(&out->blob, file, 0, am_file_size(file), err);
	am_file_unref(&file);
	out->packed = packed && !r;
	return r ? am_wrap(err, r, "%s", path) : AM_OK;
}

int am_load_file(struct am_loaded_file *out, int dir_fd, const char *name,
                 const char *path, struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	uint8_t head[HEAD];
	struct stat st;
	ssize_t n;
	int r;
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	int fd = openat(dir_fd, name,
	                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	memset(out, 0, sizeof(*out));
	if (fd < 0) {
		r = am_fail_sys(err, AM_FAILED, "%s", path);
		if (err && (err->sys == ENOENT || err->sys == ESTALE))
			err->kind = AM_E_NOTFOUND;
		return r;
	}
	if (fstat(fd, &st)) {
		r = am_fail_sys(err, AM_FAILED, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: not a regular file", path);
		goto out;
	}
	out->mtime = st.st_mtime;
	out->stored = (uint64_t)st.st_size;
	if (out->stored <= limits.spool_memory) {
		const uint8_t *bytes;

		r = read_small(&out->blob, fd, (size_t)st.st_size, path, err);
		if (r)
			goto out;
		bytes = am_blob_bytes(out->blob);
		if (bytes && am_unpack_sniff(bytes, (size_t)st.st_size)) {
			am_blob_unref(&out->blob);
			r = load_large(out, path, true, ctx, err);
		}
	} else {
		n = pread(fd, head, sizeof(head), 0);
		r = load_large(out, path,
		               n > 0 && am_unpack_sniff(head, (size_t)n), ctx,
		               err);
	}
out:
	close(fd);
	return r;
}
