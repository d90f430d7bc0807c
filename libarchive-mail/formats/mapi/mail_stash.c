/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mail_stash.h"

#include "base/arena.h"
#include "base/blob.h"

struct am_stash_debt {
	struct am_stash_debt *next;
	struct am_mapi_item *item;
	size_t attachment;
	uint32_t tag; /* 0: the attachment */
	uint64_t at, len;
};

int am_stash_write(struct am_stash *stash, const void *data, size_t len,
                   struct am_error *err)
{
	int r = AM_OK;

	if (!stash->spool)
		r = am_spool_open(&stash->spool, stash->memory, stash->tmpdir,
		                  err);
	if (!r)
		r = am_spool_write(stash->spool, data, len, err);
	stash->size += r ? 0 : len;
	return r;
}

static void owe(struct am_stash *stash, const struct am_stash_debt *debt)
{
	struct am_stash_debt *copy =
		am_arena_alloc(debt->item->props.arena, sizeof(*copy));

	*copy = *debt;
	copy->len = stash->size - debt->at;
	copy->next = stash->debts;
	stash->debts = copy;
}

void am_stash_for_attachment(struct am_stash *stash, struct am_mapi_item *item,
                             size_t attachment, uint64_t from)
{
	owe(stash, &(struct am_stash_debt){
			   .item = item, .attachment = attachment, .at = from});
}

void am_stash_for_value(struct am_stash *stash, struct am_mapi_item *item,
                        uint32_t tag, uint64_t from)
{
	owe(stash,
	    &(struct am_stash_debt){.item = item, .tag = tag, .at = from});
}

int am_stash_settle(struct am_stash *stash, struct am_error *err)
{
	struct am_blob *all = NULL;
	int r = AM_OK;

	if (!stash->debts)
		return AM_OK;
	if (stash->spool)
		r = am_spool_seal(&stash->spool, &all, err);
	else
		r = am_blob_copy(&all, "", 0, err);
	for (const struct am_stash_debt *d = stash->debts; d && !r;
	     d = d->next) {
		struct am_blob *piece = NULL;
		r = am_blob_range(&piece, all, d->at, d->len, err);
		if (r)
			break;
		if (d->tag) {
			am_mapi_put_blob(&d->item->props, d->tag, piece);
			am_blob_unref(&piece);
		} else {
			d->item->attachments[d->attachment].data = piece;
		}
	}
	am_blob_unref(&all);
	return r;
}

void am_stash_drop(struct am_stash *stash)
{
	am_spool_drop(&stash->spool);
}
