/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_ZIP_H
#define AM_BASE_ZIP_H

#include "base/error.h"

struct am_file;
struct am_reader;

/*
 * A zip whose members are opened by name, in any order and as often as wanted,
 * which libarchive (base/unpack.h) does not offer: its members come as they
 * lie.  Stored and deflated ones; zip64.
 *
 * A zip without its list, cut off or damaged, is gone through from the front,
 * as far as its members say how long they are; am_zip_damage() then says so.
 *
 * About 100 bytes of memory a member.
 */
struct am_zip;
enum { AM_ZIP_MEMBERS = 4 << 20 };

struct am_zip_member {
	const char *name; /* as stored, never to be trusted as a path */
	uint64_t size;    /* unpacked, as it says */
	uint64_t packed, at;
	uint16_t method, flags;
	uint32_t crc; /* of the unpacked bytes */
};

/* Takes a reference on file. */
AM_MUST_USE int am_zip_open(struct am_zip **out, struct am_file *file,
                            struct am_error *err);
void am_zip_close(struct am_zip **zip);              /* becomes NULL */
const char *am_zip_damage(const struct am_zip *zip); /* NULL: none */

size_t am_zip_n_members(const struct am_zip *zip);
const struct am_zip_member *am_zip_member(const struct am_zip *zip, size_t i);
/* SIZE_MAX when there is none of that name. */
size_t am_zip_find(const struct am_zip *zip, const char *name);
/* The bytes of a member, no more than it says it has; the last of them are
 * AM_E_CORRUPT instead when its checksum is another.  It may be read after the
 * zip is closed. */
AM_MUST_USE int am_zip_reader(const struct am_zip *zip, size_t i,
                              struct am_reader **out, struct am_error *err);

#endif
