/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_OLM_ITEM_H
#define AM_FORMATS_OUTLOOK_OLM_ITEM_H

#include "formats/outlook/olm_xml.h"
#include "outlook/mapi/item.h"

/*
 * An item of an OLM in MAPI's terms, so that it becomes mail as those of a PST
 * do.  What is no mail, contact or appointment keeps all its fields, under
 * their own names.
 *
 * attachment gives the bytes that lie at this place in the zip, or AM_FAILED
 * and why; the item then lacks them, and its mail says so.
 */
struct am_olm_files {
	int (*attachment)(void *user, const char *place, struct am_blob **out,
	                  struct am_error *err);
	void *user;
};

struct am_mapi_item *am_olm_item(const struct am_olm_node *node,
                                 const struct am_olm_files *files,
                                 struct am_arena *arena);

#endif
