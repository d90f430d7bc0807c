/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_UNPACK_H
#define AM_BASE_UNPACK_H

#include "base/error.h"

struct am_file;
struct am_reader;

/*
 * Compressed files read as if they were not: gzip, bzip2, xz, lzma, zstd, lz4,
 * several members one behind the other too.
 *
 * A file cut short or damaged gives all the bytes before the damage, then
 * AM_FATAL with AM_E_FORMAT, never a clean end.
 */

/* "gzip", "zstd" …, or NULL when these first bytes are not of a compressor. */
const char *am_unpack_sniff(const uint8_t *head, size_t len);

/* A reader of the unpacked bytes.  Holds its own reference on file. */
AM_MUST_USE int am_unpack_open(struct am_reader **out, struct am_file *file,
                               struct am_error *err);

/* The same of bytes that come by once; takes inner, also when it fails. */
AM_MUST_USE int am_unpack_reader(struct am_reader **out,
                                 struct am_reader *inner, struct am_error *err);

/*
 * The members of a zip or tar (itself compressed or not), in stored order.
 *
 *   next   AM_END after the last; AM_FAILED for a member that cannot be read
 *          while the container goes on.  Directories and symbolic links are
 *          passed over.  `name` is as stored, with / as separator, never
 *          trusted.  A member with `link` has no bytes of its own: tar saw
 *          the same file under that name before.
 *   reader of the current member; dies with the following next().
 */
struct am_container;
struct am_member {
	const char *name; /* the container's until the following next() */
	uint64_t size;    /* UINT64_MAX when the container does not say */
	int64_t mtime;    /* INT64_MIN when it does not say */
	const char *link; /* as name; mostly NULL */
};

/* "zip" or "tar", or NULL. */
const char *am_container_sniff(const uint8_t *head, size_t len);
AM_MUST_USE int am_container_open(struct am_container **out,
                                  struct am_file *file, struct am_error *err);
AM_MUST_USE int am_container_next(struct am_container *container,
                                  struct am_member *out, struct am_error *err);
AM_MUST_USE int am_container_reader(struct am_container *container,
                                    struct am_reader **out,
                                    struct am_error *err);
void am_container_close(struct am_container **container);

/* Writing one: "zip" (stored or deflated) or "tar", from its name's ending
 * (.zip .tar .tar.gz .tgz .tar.zst .tar.xz).  The file is made beside `path`
 * and takes its name at close with commit true. */
struct am_pack;
AM_MUST_USE int am_pack_open(struct am_pack **out, const char *path,
                             struct am_error *err);
AM_MUST_USE int am_pack_add(struct am_pack *pack, const char *name,
                            uint64_t size, int64_t mtime,
                            struct am_reader *content, struct am_error *err);
AM_MUST_USE int am_pack_close(struct am_pack **pack, bool commit,
                              struct am_error *err);

#endif
