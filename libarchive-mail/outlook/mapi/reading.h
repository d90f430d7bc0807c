/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_READING_H
#define AM_OUTLOOK_MAPI_READING_H

#include "base/error.h"
#include "outlook/mapi/names.h"
#include "outlook/mapi/props.h"

struct am_reader;

/*
 * Items of Outlook's as they are read, whatever they lie in: a PST, a .msg
 * file, a TNEF stream.  What makes mail of them knows nothing but this.
 *
 * Everything is in the arena that is given, but for values that stayed where
 * they are (am_mapi_prop.data NULL), which are read in pieces.  One thread at a
 * time.
 */
struct am_mapi_container;

struct am_mapi_message {
	struct am_mapi_container *in;
	uint32_t id;       /* what it is called in notes */
	uint64_t place[2]; /* where it lies: no other lies there */
	struct am_mapi_props props;
};

struct am_mapi_enclosure {
	uint32_t id; /* likewise */
	int method;  /* enum am_mapi_attach */
	struct am_mapi_props props;
	/* Of a message in it. */
	bool has_message;
	uint32_t message_id;
	uint64_t place[2];
	struct am_error why; /* it could not be read: kind, and words */
};

struct am_mapi_container_ops {
	/* In order, each a bag. */
	int (*recipients)(const struct am_mapi_message *msg,
	                  struct am_arena *arena, struct am_mapi_props **out,
	                  size_t *n, struct am_error *err);
	int (*attachments)(const struct am_mapi_message *msg,
	                   struct am_arena *arena,
	                   struct am_mapi_enclosure **out, size_t *n,
	                   struct am_error *err);
	/* The message in an attachment that has one. */
	int (*embedded)(struct am_mapi_container *in,
	                const struct am_mapi_enclosure *att,
	                struct am_arena *arena, struct am_mapi_message *out,
	                struct am_error *err);
	/* A value that stayed where it is. */
	int (*value)(struct am_mapi_container *in,
	             const struct am_mapi_prop *prop, struct am_reader **out,
	             struct am_error *err);
};

struct am_mapi_container {
	const struct am_mapi_container_ops *ops;
	const char *format; /* "pst": the codes of its notes begin so */
	const struct am_mapi_names *names; /* NULL: there are none */
	uint64_t size; /* in bytes, which bounds what may come out of it */
	/* The directory it lies in, where files may be that belong to it; NULL:
	 * it lies in none. */
	const char *beside;
};

/* Any value, here or there. */
AM_MUST_USE int am_mapi_value_open(struct am_mapi_container *in,
                                   const struct am_mapi_prop *prop,
                                   struct am_reader **out,
                                   struct am_error *err);
/* All of it in one piece, g_free() it; AM_E_LIMIT beyond max. */
AM_MUST_USE int am_mapi_value_all(struct am_mapi_container *in,
                                  const struct am_mapi_prop *prop, size_t max,
                                  uint8_t **out, size_t *len,
                                  struct am_error *err);

#endif
