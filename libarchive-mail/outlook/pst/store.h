/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_STORE_H
#define AM_OUTLOOK_PST_STORE_H

#include "model/message.h"
#include "outlook/mapi/names.h"
#include "outlook/pst/context.h"

/*
 * The messaging layer ([MS-PST] 2.4): a store of folders, folders of messages,
 * messages with recipients and attachments.
 *
 * The tree of folders comes from the node tree, where each folder names its
 * parent, so that a damaged table of subfolders hides none.  A folder's
 * messages come from its table; what the node tree has beyond that is deleted,
 * or the table is damaged.
 */
struct am_pst_store;

struct am_pst_folder {
	am_pst_nid nid, parent;
	am_pst_bid data, sub;
	char *name;  /* UTF-8, never empty but for the two roots */
	char *class; /* "IPF.Contact", or NULL */
	enum am_role role;
	size_t up;    /* index of the parent, SIZE_MAX: none */
	bool outside; /* not below the top of what people see */
};

/* codepage: of 8-bit text where neither the store nor the message says one; 0:
 * a guess (guess.h). */
AM_MUST_USE int am_pst_store_open(struct am_pst_store **out, const char *path,
                                  unsigned codepage, struct am_ctx *ctx,
                                  struct am_error *err);
/* The same once more, for another thread: what was found out when the first
 * was opened is shared.  To be closed before the first. */
struct am_pst_store *am_pst_store_again(const struct am_pst_store *store);
void am_pst_store_close(struct am_pst_store **store);

struct am_pst_ndb *am_pst_store_ndb(struct am_pst_store *store);
const struct am_mapi_names *
am_pst_store_names(const struct am_pst_store *store);

/* In an order in which parents come before what is in them; folder 0 is the
 * top of what people see. */
size_t am_pst_store_n_folders(const struct am_pst_store *store);
const struct am_pst_folder *
am_pst_store_folder(const struct am_pst_store *store, size_t i);
/* Messages there are in the node tree, for progress. */
uint64_t am_pst_store_n_messages(const struct am_pst_store *store);
/* Pages of the node tree that could not be read, with why. */
size_t am_pst_store_n_lost(const struct am_pst_store *store);
const char *am_pst_store_lost(const struct am_pst_store *store, size_t i);

enum am_pst_which {
	AM_PST_LISTED,     /* what the folder's table has */
	AM_PST_ASSOCIATED, /* hidden: views, rules, settings */
	AM_PST_UNLISTED    /* in the file, in no table */
};
/*
 * Node ids of a folder's messages, ascending; g_free() them.  Where the table
 * cannot be read, LISTED is all there is (*damaged, and why in err).
 */
void am_pst_store_items(struct am_pst_store *store, size_t folder,
                        enum am_pst_which which, am_pst_nid **out, size_t *n,
                        bool *damaged, struct am_error *err);

/* One message, whole but for the values that stayed where they are. */
struct am_pst_message {
	am_pst_nid nid;
	am_pst_bid data, sub;
	struct am_mapi_props props;
	unsigned n_bad; /* properties that could not be read */
	bool freed;     /* by recover.h: to be read among freed blocks */
};
AM_MUST_USE int am_pst_message_read(struct am_pst_store *store, am_pst_nid nid,
                                    struct am_arena *arena,
                                    struct am_pst_message *out,
                                    struct am_error *err);
/* The same of one within another. */
AM_MUST_USE int am_pst_message_read_at(struct am_pst_store *store,
                                       const struct am_pst_sl_entry *where,
                                       struct am_arena *arena,
                                       struct am_pst_message *out,
                                       struct am_error *err);

/* Its recipients in order, each a bag in the arena. */
AM_MUST_USE int am_pst_message_recipients(struct am_pst_store *store,
                                          const struct am_pst_message *msg,
                                          struct am_arena *arena,
                                          struct am_mapi_props **out, size_t *n,
                                          struct am_error *err);

struct am_pst_attachment {
	am_pst_nid nid;
	am_pst_bid sub;
	int method; /* enum am_mapi_attach */
	struct am_mapi_props props;
	/* Of an embedded message. */
	bool has_message;
	struct am_pst_sl_entry message;
	struct am_error why; /* it could not be read: kind, and words */
};
AM_MUST_USE int am_pst_message_attachments(struct am_pst_store *store,
                                           const struct am_pst_message *msg,
                                           struct am_arena *arena,
                                           struct am_pst_attachment **out,
                                           size_t *n, struct am_error *err);

#endif
