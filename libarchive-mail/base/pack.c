/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "base/file.h"
#include "base/file_replace.h"
#include "base/reader.h"
#include "base/unpack_impl.h"

#include <glib.h>

#include <errno.h>
#include <string.h>

/* Tars are pax where a plain ustar header cannot say it (long names, UTF-8,
 * sizes above 8 GiB) and ustar elsewhere. */
static const struct kind {
	char ending[10];
	bool zip;
	enum { PLAIN, GZIP, ZSTD, XZ } filter;
} kinds[] = {
	{".zip", true, PLAIN},     {".tar", false, PLAIN},
	{".tar.gz", false, GZIP},  {".tgz", false, GZIP},
	{".tar.zst", false, ZSTD}, {".tar.xz", false, XZ},
};

struct am_pack {
	struct archive *a;
	const struct kind *kind;
	locale_t utf8;
	int fd;
	char *temp;
	char *path;
	int status;          /* AM_FATAL once something was half written */
	struct am_error why; /* of the write callback */
};

static const struct kind *find_kind(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		size_t n = strlen(kinds[i].ending);
		if (len > n &&
		    !g_ascii_strcasecmp(path + len - n, kinds[i].ending))
			return &kinds[i];
	}
	return NULL;
}

/* Never fails as far as libarchive can see: once it believes an archive dead,
 * it no longer frees its compressors.  So the error waits in p->status, and
 * whatever comes after it, or is not wanted, goes nowhere. */
static la_ssize_t write_out(struct archive *a, void *user, const void *data,
                            size_t len)
{
	struct am_pack *p = user;

	(void)a;
	if (!p->status && am_write_all(p->fd, data, len, p->path, &p->why))
		p->status = AM_FATAL;
	return (la_ssize_t)len;
}

static int fail(struct am_pack *p, int status, struct am_error *err)
{
	if (p->status && p->why.kind) {
		if (err)
			*err = p->why;
		return AM_FATAL;
	}
	const char *why = am_la()->archive_error_string(p->a);
	if (status == AM_FATAL)
		p->status = AM_FATAL;
	return am_fail(err, (enum am_status)status,
	               am_la()->archive_errno(p->a) == ENOMEM ? AM_E_MEMORY
	                                                      : AM_E_IO,
	               "%s: %s", p->path, why ? why : "cannot write");
}

static void free_pack(struct am_pack *p)
{
	/* What is not closed by now is not wanted, but free will write it. */
	p->status = AM_FATAL;
	if (p->a)
		am_la()->archive_write_free(p->a);
	am_file_replace_drop(&p->fd, &p->temp);
	if (p->utf8)
		freelocale(p->utf8);
	g_free(p->path);
	g_free(p);
}

static int add_filter(struct am_pack *p)
{
	switch (p->kind->filter) {
	case GZIP:
		return am_la()->archive_write_add_filter_gzip(p->a);
	case ZSTD:
		return am_la()->archive_write_add_filter_zstd(p->a);
	case XZ:
		return am_la()->archive_write_add_filter_xz(p->a);
	case PLAIN:
		break;
	}
	return ARCHIVE_OK;
}

static int begin(struct am_pack *p, struct am_error *err)
{
	if (!am_libarchive(err))
		return AM_FATAL;
	p->a = am_la()->archive_write_new();
	if (!p->a)
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory for libarchive");
	int la = p->kind->zip
	                 ? am_la()->archive_write_set_format_zip(p->a)
	                 : am_la()->archive_write_set_format_pax_restricted(
				   p->a);
	if (la == ARCHIVE_OK)
		la = add_filter(p);
	/* Not ARCHIVE_WARN either: an outside program would do the work. */
	if (la != ARCHIVE_OK)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s: libarchive was built without %s", p->path,
		               p->kind->ending);
	am_la()->archive_write_set_bytes_per_block(p->a, 64 * 1024);
	am_la()->archive_write_set_bytes_in_last_block(p->a, 1);
	if (am_la()->archive_write_open(p->a, p, NULL, write_out, NULL) !=
	    ARCHIVE_OK)
		return fail(p, AM_FATAL, err);
	return AM_OK;
}

int am_pack_open(struct am_pack **out, const char *path, struct am_error *err)
{
	const struct kind *kind = find_kind(path);

	*out = NULL;
	if (!kind)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: does not end in .zip, .tar, .tar.gz, .tgz, "
		               ".tar.zst or .tar.xz",
		               path);
	struct am_pack *p = g_new0(struct am_pack, 1);
	p->kind = kind;
	p->path = g_strdup(path);
	p->utf8 = am_unpack_locale_new();
	int r = am_file_replace_open(&p->fd, &p->temp, path, err);
	if (!r) {
		locale_t before = am_unpack_locale_enter(p->utf8);
		r = begin(p, err);
		am_unpack_locale_leave(before);
	}
	if (r) {
		free_pack(p);
		return r;
	}
	*out = p;
	return AM_OK;
}

static int write_header(struct am_pack *p, const char *name, uint64_t size,
                        int64_t mtime, struct am_error *err)
{
	struct archive_entry *entry = am_la()->archive_entry_new2(p->a);
	int r = AM_OK;

	if (!entry)
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory for libarchive");
	am_la()->archive_entry_set_pathname(entry, name);
	am_la()->archive_entry_set_filetype(entry, AE_IFREG);
	am_la()->archive_entry_set_perm(entry, 0644);
	if (size != UINT64_MAX)
		am_la()->archive_entry_set_size(entry, (la_int64_t)size);
	if (mtime != INT64_MIN)
		am_la()->archive_entry_set_mtime(entry, (time_t)mtime, 0);
	int la = am_la()->archive_write_header(p->a, entry);
	if (la != ARCHIVE_OK && la != ARCHIVE_WARN)
		r = fail(p, la == ARCHIVE_FATAL ? AM_FATAL : AM_FAILED, err);
	am_la()->archive_entry_free(entry);
	return r;
}

/* Exactly size bytes, which the header has promised already. */
static int write_content(struct am_pack *p, const char *name, uint64_t size,
                         struct am_reader *content, struct am_error *err)
{
	const uint8_t *data;
	uint64_t done = 0;
	size_t len;

	for (;;) {
		int r = am_reader_peek(content, 1, &data, &len, err);
		if (r == AM_END)
			break;
		if (r) {
			/* The member is half there: no good archive any more */
			p->status = AM_FATAL;
			(void)am_wrap(err, r, "%s", name);
			return AM_FATAL;
		}
		if (size != UINT64_MAX && len > size - done)
			return p->status = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
			                           "%s: longer than %" PRIu64
			                           " bytes",
			                           name, size);
		if (am_la()->archive_write_data(p->a, data, len) !=
		            (la_ssize_t)len ||
		    p->status)
			return fail(p, AM_FATAL, err);
		am_reader_skip(content, len);
		done += len;
	}
	if (size != UINT64_MAX && done < size)
		return p->status =
		               am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		                       "%s: %" PRIu64 " bytes, not %" PRIu64,
		                       name, done, size);
	if (am_la()->archive_write_finish_entry(p->a) < ARCHIVE_WARN ||
	    p->status)
		return fail(p, AM_FATAL, err);
	return AM_OK;
}

int am_pack_add(struct am_pack *p, const char *name, uint64_t size,
                int64_t mtime, struct am_reader *content, struct am_error *err)
{
	if (p->status)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: an earlier member failed", p->path);
	if (size > INT64_MAX && (size != UINT64_MAX || !p->kind->zip))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: its size must be known for a tar", name);
	locale_t before = am_unpack_locale_enter(p->utf8);
	int r = write_header(p, name, size, mtime, err);
	if (!r)
		r = write_content(p, name, size, content, err);
	am_unpack_locale_leave(before);
	return r;
}

int am_pack_close(struct am_pack **pack, bool commit, struct am_error *err)
{
	struct am_pack *p = *pack;
	int r = AM_OK;

	*pack = NULL;
	if (!p)
		return AM_OK;
	if (commit && p->status)
		r = am_fail(err, AM_FATAL, AM_E_IO,
		            "%s: an earlier member failed", p->path);
	if (commit && !r) {
		locale_t before = am_unpack_locale_enter(p->utf8);
		if (am_la()->archive_write_close(p->a) != ARCHIVE_OK ||
		    p->status)
			r = fail(p, AM_FATAL, err);
		am_unpack_locale_leave(before);
	}
	if (commit && !r)
		r = am_file_replace_commit(&p->fd, &p->temp, p->path, err);
	free_pack(p);
	return r;
}
