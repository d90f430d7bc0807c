/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_VAULT_IMPL_H
#define AM_SERVE_VAULT_IMPL_H

#include "base/hash.h"
#include "serve/facts.h"
#include "serve/heads.h"
#include "serve/vault.h"
#include "serve/virtual.h"

#include <glib.h>

/* What the vault's files share. */

/* A handle of the archive, of the moment it was opened. */
struct am_lent {
	struct am_archive *archive;
	uint64_t moment;
};

/* A mailbox that somebody looked at. */
struct am_shelf {
	int64_t box;
	struct am_snap *now;
	int64_t used; /* monotonic: when it was last asked for */
	uint8_t saved[AM_SHA256_LEN]; /* the moment its file is of */
};

struct am_write; /* a job in the queue: vault_write.c */

struct am_vault {
	char *path, *cache, *prefix;
	bool read_only;
	size_t file_from;
	struct am_ctx *ctx;
	uint64_t id;
	struct am_fact_table *facts;
	struct am_head_table *heads, *unkept, *fields; /* heads.h */

	GMutex lock; /* boxes, shelves, watches, seq, words */
	struct am_mailboxes *boxes;
	GHashTable *shelves;       /* by box */
	GList *watches;            /* struct am_watch */
	GHashTable *words;         /* sets of keywords, for good */
	uint64_t seq;              /* as far as all of this goes */
	uint8_t at[AM_SHA256_LEN]; /* the same as a moment */
	int64_t turned;            /* monotonic: when that changed */
	uint64_t version;
	uint64_t changes;             /* of what lies in mailboxes */
	GHashTable *changed;          /* box -> changes, when it last did */
	struct am_virtuals *virtuals; /* NULL: there are none */

	GMutex traits_lock; /* may ask for readers and facts */
	size_t traits_most; /* rows that are kept in all */
	GHashTable *traits; /* by box -> struct am_traits: traits.c */

	GMutex readers_lock;
	GCond readers_free;
	GQueue readers;  /* of struct am_lent: idle ones */
	GHashTable *out; /* archive -> struct am_lent */
	unsigned n_readers, max_readers;
	uint64_t moment; /* rises with each commit that is known of */
	GQueue kept;     /* large messages: vault.c */
	size_t kept_bytes;

	GMutex write_lock;
	GCond write_more, write_done;
	GQueue writes;
	GThread *writer;
	bool stopping;
	uint8_t seen[64]; /* what the files looked like at the last tick */
};

/* vault_boxes.c */
AM_MUST_USE int am_vault_read_boxes(struct am_vault *v,
                                    struct am_archive *archive,
                                    struct am_mailboxes **out,
                                    struct am_error *err);
/* vault_snaps.c: everything brought to where `archive` is; tells watchers. */
AM_MUST_USE int am_vault_refresh(struct am_vault *v, struct am_archive *archive,
                                 struct am_error *err);
void am_shelf_free(void *shelf);
/* Those who watch virtual mailboxes shall look again. */
void am_vault_tell_virtual(struct am_vault *v);
/* Files of large mailboxes that have none of this moment (snap_file.h); unless
 * now, when nothing was changed for a while. */
void am_vault_save_shelves(struct am_vault *v, bool now);
/* Forget mailboxes nobody has looked at for a while. */
void am_vault_tidy(struct am_vault *v);
/* traits.c: the same; and for tables of them. */
void am_vault_tidy_traits(struct am_vault *v);
void am_traits_release(void *traits);
/* heads.c */
void am_vault_heads_open(struct am_vault *v);
/* vault_write.c */
void am_vault_writer_start(struct am_vault *v);
void am_vault_writer_stop(struct am_vault *v);
/* vault.c: there is something that the handles of now have not seen. */
void am_vault_new_moment(struct am_vault *v);

#endif
