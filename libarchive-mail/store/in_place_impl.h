/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_IN_PLACE_IMPL_H
#define AM_STORE_IN_PLACE_IMPL_H

#include "store/archive_sink.h"
#include "store/in_place.h"
#include "store/split.h"

/* A placement of the location that was live when the run began. */
struct am_known_place {
	uint64_t key; /* of its origin */
	uint64_t id;
	uint64_t size, stamp; /* stamp: a hash of it; 0: none */
	uint64_t words;       /* a hash of keywords and labels */
	uint32_t flags;
	uint32_t file; /* it lies in, from 1; 0: in none that is known */
	bool seen;
};

struct am_known_file {
	char *name;
	bool left_out; /* all, or all that was in it before, stays known */
	bool failed;   /* something in it could not be read */
};

struct am_in_place {
	struct am_archive_sink *sink;
	char *path, *as;
	bool single;
	bool named;    /* the location is in the log */
	GArray *known; /* struct am_known_place, by key */
	/* Of what the reader's threads tell: files and what is spared. */
	GMutex lock;
	GPtrArray *files;
	GHashTable *by_name; /* -> number in files, from 1 */
	GHashTable *before;  /* name -> stamp as the archive has it */
	GPtrArray *spared;
	struct am_idset *placed; /* messages that got a placement now */
	struct am_in_place_counts counts;
};

struct am_in_place *am_in_place_new(struct am_archive_sink *sink,
                                    const char *path, const char *as,
                                    bool single);
void am_in_place_free(struct am_in_place **place);

/* in_place_put.c: the sink's calls for an archive of this kind. */
AM_MUST_USE int am_in_place_begin(struct am_in_place *place,
                                  struct am_error *err);
AM_MUST_USE int am_in_place_put(struct am_in_place *place,
                                const struct am_message *msg,
                                const struct am_split *split,
                                enum am_outcome *outcome, struct am_error *err);
AM_MUST_USE int am_in_place_remember(struct am_in_place *place,
                                     const char *cursor, struct am_error *err);
/* What was not seen is gone. */
AM_MUST_USE int am_in_place_sweep(struct am_in_place *place,
                                  struct am_error *err);

/* Of text and what it is made of. */
uint64_t am_in_place_hash(uint64_t seed, const char *text);
/* Both under the lock once the run has begun. */
struct am_known_file *am_in_place_file(struct am_in_place *place,
                                       const char *name);
/* The file that an origin lies in, from 1; 0: none that is known. */
guint am_in_place_file_of(const struct am_in_place *place, const char *origin);

#define AM_PROP_WAS "in-place.was"

#endif
