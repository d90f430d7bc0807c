/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_PROPS_H
#define AM_OUTLOOK_MAPI_PROPS_H

#include "base/compiler.h"
#include "base/time.h"

struct am_arena;
struct am_blob;

/*
 * MAPI properties, the common coin of PST, MSG and TNEF: a bag of values by
 * tag.  A tag is id << 16 | type.  Values are the bytes as [MS-OXCDATA] has
 * them, little-endian; strings without their final NUL.
 *
 * A large value stays where it is: data is NULL, and `store` names it to the
 * store it came from, or it is a blob on its way into one.
 */
enum am_mapi_type {
	AM_MAPI_I2 = 0x0002,
	AM_MAPI_I4 = 0x0003,
	AM_MAPI_R4 = 0x0004,
	AM_MAPI_R8 = 0x0005,
	AM_MAPI_CURRENCY = 0x0006,
	AM_MAPI_APPTIME = 0x0007,
	AM_MAPI_ERROR = 0x000a,
	AM_MAPI_BOOL = 0x000b,
	AM_MAPI_OBJECT = 0x000d,
	AM_MAPI_I8 = 0x0014,
	AM_MAPI_STRING8 = 0x001e,
	AM_MAPI_STRING = 0x001f, /* UTF-16LE */
	AM_MAPI_TIME = 0x0040,
	AM_MAPI_GUID = 0x0048,
	AM_MAPI_BINARY = 0x0102,
	AM_MAPI_MULTI = 0x1000 /* with any of them: several */
};

/* A named property: a number in a set, or a string. */
struct am_mapi_name {
	uint8_t set[16]; /* GUID, little-endian as on disk */
	uint32_t number;
	const char *string; /* UTF-8; NULL: the number is the name */
};

struct am_mapi_prop {
	uint32_t tag;         /* where it has a name, of id 0 until written */
	size_t len;           /* of data */
	const uint8_t *data;  /* NULL: not here */
	uint64_t store;       /* where it is then */
	uint64_t size;        /* and how many bytes it has */
	struct am_blob *blob; /* of one to be written */
	const char *file;     /* or its bytes are all of this file */
	const struct am_mapi_name *name; /* likewise */
};

struct am_mapi_props {
	struct am_arena *arena; /* whose the values are */
	unsigned codepage;      /* of STRING8 */
	size_t n, room;
	struct am_mapi_prop *list; /* by tag once sorted */
	size_t held;               /* bytes of values in memory */
};

void am_mapi_props_init(struct am_mapi_props *props, struct am_arena *arena);
void am_mapi_props_add(struct am_mapi_props *props,
                       const struct am_mapi_prop *prop);
/* After the last add, before the first find. */
void am_mapi_props_sort(struct am_mapi_props *props);

/* By id, whatever its type; NULL when there is none. */
const struct am_mapi_prop *am_mapi_find(const struct am_mapi_props *props,
                                        unsigned id);
/* How many bytes a value of this type has ([MS-OXCDATA] 2.11.1), a BOOL one; 0:
 * as many as it likes. */
size_t am_mapi_fixed_size(unsigned type);
static inline unsigned am_mapi_type_of(const struct am_mapi_prop *prop)
{
	return prop->tag & 0xffff;
}

/* Getters by id; a value of another type is as good as none. */
bool am_mapi_int(const struct am_mapi_props *props, unsigned id, int64_t *out);
bool am_mapi_bool(const struct am_mapi_props *props, unsigned id);
bool am_mapi_time(const struct am_mapi_props *props, unsigned id,
                  struct am_when *out);
/* UTF-8 in the arena, of either string type; NULL: none, or not in memory. NULs
 * at the end are taken off, others become U+FFFD. */
const char *am_mapi_text(const struct am_mapi_props *props, unsigned id);
const char *am_mapi_prop_text(const struct am_mapi_props *props,
                              const struct am_mapi_prop *prop);
/* The i-th of several strings; NULL behind the last. */
const char *am_mapi_text_at(const struct am_mapi_props *props,
                            const struct am_mapi_prop *prop, size_t i);
/* The i-th of several values of variable length in place. */
bool am_mapi_multi_at(const struct am_mapi_prop *prop, size_t i,
                      const uint8_t **out, size_t *len);

/* 100 ns since 1601. */
struct am_when am_mapi_filetime(uint64_t ticks);
/* UTF-16LE to UTF-8; half surrogates become U+FFFD. */
char *am_mapi_utf16(struct am_arena *arena, const uint8_t *data, size_t len,
                    size_t *out_len);

/* "windows-1252" for 1252: mail's name of a Windows code page, or NULL. */
const char *am_mapi_charset(unsigned codepage);
/* The other way round, by any of mail's names; 0: Windows has none. */
unsigned am_mapi_codepage(const char *charset);

#endif
