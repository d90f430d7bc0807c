/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_TNEF_TNEF_IMPL_H
#define AM_OUTLOOK_TNEF_TNEF_IMPL_H

#include "outlook/tnef/tnef.h"

/* Bytes of a blob, read from front to back; as with am_cursor, the first that
 * are not there make it bad, and all after them. */
struct am_tnef_span {
	struct am_blob *blob;
	uint64_t at, end;
	bool bad;
};

uint16_t am_tnef_u16(struct am_tnef_span *s);
uint32_t am_tnef_u32(struct am_tnef_span *s);
bool am_tnef_bytes(struct am_tnef_span *s, void *out, size_t len);
/* The next len bytes as a span of their own, and up to a multiple of four
 * passed over. */
struct am_tnef_span am_tnef_sub(struct am_tnef_span *s, uint64_t len,
                                bool padded);

/* What is read now, and how much may be; see tnef_props.c. */
enum {
	AM_TNEF_VALUE_NOW = 64 * 1024,
	AM_TNEF_BAG_NOW = 16 << 20,
	AM_TNEF_BAG_MAX = 1 << 16, /* properties in a bag */
	AM_TNEF_ALL_MAX = 1 << 19  /* and in all */
};

struct am_tnef {
	const struct am_tnef_options *options;
	struct am_arena *arena;
	size_t n_props; /* in all so far */
	unsigned told;
};

void am_tnef_damage(struct am_tnef *t, const char *fmt, ...) AM_PRINTF(2, 3);

/* An object in a list of properties (PR_ATTACH_DATA_OBJ). */
struct am_tnef_object {
	uint8_t interface[16];
	struct am_tnef_span data;
	bool there;
};
/* A list of properties into the bag.  object may be NULL. */
void am_tnef_props(struct am_tnef *t, struct am_tnef_span *s,
                   struct am_mapi_props *to, struct am_tnef_object *object);

#endif
