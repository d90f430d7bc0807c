/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_REMOTE_H
#define AM_STORE_CATALOG_REMOTE_H

#include "model/memory.h"
#include "store/catalog.h"

/*
 * Which placement is which message of a server: (source, folder, UIDVALIDITY,
 * UID).  Made of the log alone: a placement's own properties together with its
 * accession, and changes of kind NUMBERED and LEFT.
 *
 * A placement has at most one number of each source.  `folder` is the one in
 * the archive that the source's folder was copied to.  `left`: it is no longer
 * on the server under that number; the placement stays.
 */
struct am_remote {
	uint64_t placement, folder;
	uint32_t uidvalidity, uid;
	bool left;
};

/* Properties of a placement: what it was called where it came from. */
#define AM_PROP_UID         "source.uid"
#define AM_PROP_UIDVALIDITY "source.uidvalidity"

/* The number becomes this one; what it was before is forgotten. */
AM_MUST_USE int am_catalog_remote_set(struct am_catalog *catalog,
                                      const char *source,
                                      const struct am_remote *remote,
                                      struct am_error *err);
/* Does nothing where the placement has no number of this source. */
AM_MUST_USE int am_catalog_remote_leave(struct am_catalog *catalog,
                                        const char *source, uint64_t placement,
                                        struct am_error *err);
/* By number; AM_END: nobody has it. */
AM_MUST_USE int am_catalog_remote_find(struct am_catalog *catalog,
                                       const char *source, uint64_t folder,
                                       uint32_t uidvalidity, uint32_t uid,
                                       struct am_remote *out,
                                       struct am_error *err);
/* By placement; AM_END: it has none of this source. */
AM_MUST_USE int am_catalog_remote_of(struct am_catalog *catalog,
                                     const char *source, uint64_t placement,
                                     struct am_remote *out,
                                     struct am_error *err);
/* A placement that was just added, as its own properties tell; nothing where
 * they do not.  `accession` names the source. */
AM_MUST_USE int am_catalog_remote_note(struct am_catalog *catalog,
                                       const struct am_item_placement *item,
                                       struct am_error *err);

/* Everything of one source in one folder, ascending by number.  A callback's
 * status other than AM_OK ends it and is returned. */
AM_MUST_USE int
am_catalog_remote_each(struct am_catalog *catalog, const char *source,
                       uint64_t folder,
                       int (*one)(void *user, const struct am_remembered *what,
                                  struct am_error *err),
                       void *user, struct am_error *err);

/* The text last remembered for this folder; NULL: none.  g_free() it. */
AM_MUST_USE int am_catalog_cursor(struct am_catalog *catalog,
                                  const char *source, const char *folder,
                                  char **value, struct am_error *err);

#endif
