/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_CFB_CFB_LAYOUT_H
#define AM_OUTLOOK_CFB_CFB_LAYOUT_H

#include "base/bytes.h"

/*
 * A compound file to the byte ([MS-CFB]): each structure with a decode and an
 * encode that are inverses of each other.
 */
enum {
	AM_CFB_HEADER = 512,    /* bytes; the rest of its sector is zero */
	AM_CFB_DIRENT = 128,    /* bytes of a directory entry */
	AM_CFB_IN_HEADER = 109, /* sectors of the FAT that the header names */
	AM_CFB_NAME = 32,       /* UTF-16 units of a name with its NUL */
	AM_CFB_MINI_SHIFT = 6,  /* mini sectors have 64 bytes */
	AM_CFB_MINI_CUTOFF = 4096
};

/* In the FAT, instead of a next sector. */
#define AM_CFB_SECTOR_MAX UINT32_C(0xfffffffa)
#define AM_CFB_DIFAT      UINT32_C(0xfffffffc)
#define AM_CFB_FAT        UINT32_C(0xfffffffd)
#define AM_CFB_END        UINT32_C(0xfffffffe)
#define AM_CFB_FREE       UINT32_C(0xffffffff)
/* In the directory, instead of an entry. */
#define AM_CFB_NONE UINT32_C(0xffffffff)

enum am_cfb_type {
	AM_CFB_UNUSED = 0,
	AM_CFB_STORAGE = 1,
	AM_CFB_STREAM = 2,
	AM_CFB_ROOT = 5
};

/* [MS-CFB] 2.2 */
struct am_cfb_header {
	uint8_t clsid[16];
	uint16_t minor, major;
	uint16_t shift, mini_shift; /* sectors have 1 << shift bytes */
	uint32_t n_directory;       /* sectors; 0 in version 3 */
	uint32_t n_fat, directory, transaction, mini_cutoff;
	uint32_t mini_fat, n_mini_fat, difat, n_difat;
	uint32_t fat[AM_CFB_IN_HEADER];
};

/* [MS-CFB] 2.6.1 */
struct am_cfb_dirent {
	uint16_t name[AM_CFB_NAME];
	uint16_t name_len; /* bytes, its NUL among them */
	uint8_t type;      /* enum am_cfb_type */
	uint8_t black;
	uint32_t left, right, child;
	uint8_t clsid[16];
	uint32_t state;
	uint64_t created, modified;
	uint32_t start;
	uint64_t size;
};

/* false: no compound file. */
bool am_cfb_header_decode(struct am_cfb_header *out,
                          const uint8_t bytes[AM_CFB_HEADER]);
void am_cfb_header_encode(const struct am_cfb_header *header,
                          uint8_t bytes[AM_CFB_HEADER]);
void am_cfb_dirent_decode(struct am_cfb_dirent *out,
                          const uint8_t bytes[AM_CFB_DIRENT]);
void am_cfb_dirent_encode(const struct am_cfb_dirent *entry,
                          uint8_t bytes[AM_CFB_DIRENT]);

/* The eight bytes it begins with. */
bool am_cfb_sniff(const uint8_t *head, size_t len);
/* The order of names in a storage: shorter ones first, then by their letters as
 * capitals ([MS-CFB] 2.6.4). */
int am_cfb_compare(const uint16_t *a, const uint16_t *b);

#endif
