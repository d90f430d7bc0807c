/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_IN_PLACE_H
#define AM_STORE_IN_PLACE_H

#include "model/sink.h"
#include "store/archive.h"

/*
 * An archive of messages that stay where they are (FORMAT.md, section 3, step
 * 4): it knows folders, flags, dates and what a list shows of each, and its
 * bytes by their hash.  What reads archives reads this one, through
 * am_ctx.elsewhere; only what needs the bytes in the file refuses it.
 *
 * Locations are paths, each with the word that says how it is read.  They are
 * cursors of the source AM_IN_PLACE; what was seen of the files in a location
 * that hold many messages are cursors of its path.
 */
#define AM_IN_PLACE "in-place"

typedef int am_location_fn(void *user, const char *path, const char *as,
                           struct am_error *err);
AM_MUST_USE int am_archive_locations(struct am_archive *archive,
                                     am_location_fn *fn, void *user,
                                     struct am_error *err);

/* What a run found of one location.  found = fresh + moved + changed +
 * unchanged, and those that failed; gone were found earlier, and so were those
 * kept: they lie in what could not be looked at. */
struct am_in_place_counts {
	uint64_t fresh, moved, changed, unchanged, gone, kept;
	uint64_t flags; /* of those unchanged: with other flags or keywords */
};

/*
 * One location on its way into such an archive: what the archive has of it and
 * what becomes of that.  The sink owns it; transfer/in_place.h looks through
 * the location and asks, on the thread that reads.
 */
struct am_in_place;

/* Made where there is none yet; AM_FAILED where another archive is.  path is
 * absolute; single: it is a file that holds all messages. */
AM_MUST_USE int am_in_place_open(struct am_sink **out, const char *archive,
                                 const char *path, const char *as, bool single,
                                 struct am_ctx *ctx, struct am_error *err);
struct am_in_place *am_in_place_of(struct am_sink *sink);
/* How many messages it had when it was opened. */
uint64_t am_in_place_known(const struct am_in_place *place);
const char *am_in_place_path(const struct am_in_place *place);
/* After the run. */
void am_in_place_counts(const struct am_in_place *place,
                        struct am_in_place_counts *out);

/* What says that a file with one message was not written to, a property of its
 * message. */
#define AM_PROP_STAMP "in-place.stamp"

/* What says of a message that it is the one that was there. */
enum am_in_place_by {
	AM_BY_STAMP, /* its AM_PROP_STAMP */
	AM_BY_NAME, /* origin, size and flags, as in a Maildir; the size is that
	             * of the message, or in its AM_PROP_STAMP that of the file
	             */
	AM_BY_BYTES /* they are to be read */
};
/* True: it is, and need not be read.  Else it is to be put; what was known of
 * it goes with it, as a property. */
bool am_in_place_knows(struct am_in_place *place, struct am_message *msg,
                       enum am_in_place_by by);
/* Nothing that begins with this origin can be looked at now: it stays known. */
void am_in_place_spare(struct am_in_place *place, const char *origin);

/* A file with many messages, by its path in the location ("" for that itself):
 * what was remembered of it, by the sink as "REMEMBERED\tFILE" behind its
 * messages; or NULL. */
const char *am_in_place_before(const struct am_in_place *place,
                               const char *file);
/* It is there; left_out: what was in it before stays known without being met.
 */
void am_in_place_file_met(struct am_in_place *place, const char *file,
                          bool left_out);
/* How many messages are known to be in files left out, or in their old part. */
uint64_t am_in_place_left_out(const struct am_in_place *place);

#endif
