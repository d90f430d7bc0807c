/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_IN_PLACE_H
#define MAILARK_IN_PLACE_H

#include "base/error.h"
#include "store/in_place.h"

struct session;

/* mailark index --in-place: what is to be looked at, and what was found. */
struct in_place {
	struct session *s;
	const char *catalog;
	const char *from; /* how locations are read, as after --from, or NULL */
	unsigned jobs;
	bool again; /* read all of it, whatever looks unchanged */
	bool quiet, json;

	uint64_t failed; /* messages */
	bool broken;     /* a location could not be looked at, which was told */
};

/*
 * Locations into the catalog, one after the other; n 0: those that are in it
 * already.  What goes wrong with one is told and does not keep the others.
 * AM_FAILED: the catalog cannot be had; AM_FATAL: stopped.
 */
AM_MUST_USE int in_place_look(struct in_place *in, char **locations, int n,
                              struct am_error *err);

#endif
