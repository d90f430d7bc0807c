/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every store has beside its folders ([MS-PST] 2.4.3, 2.7.1): without any
 * of these Outlook does not open it.
 */
#include "outlook/pst_write/writer_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "outlook/mapi/item.h"

#include <string.h>

enum {
	MASK_SUBTREE = 1,
	MASK_TRASH = 8,
	MASK_SENT = 0x10,
	MASK_FINDER = 0x80,
	STATE = 0xe0011
};

/* A GUID that two files share only if all is the same in them; what is derived
 * from it differs by `which`. */
static void guid_of(struct am_pst_writer *w, uint8_t which, uint8_t guid[16])
{
	uint8_t sum[AM_SHA256_LEN], seed[17];

	am_put_le64(seed, w->out.digest);
	am_put_le64(seed + 8, w->folders->len);
	seed[16] = which;
	am_sha256_update(w->sha, w->name, strlen(w->name));
	am_sha256_update(w->sha, seed, sizeof(seed));
	am_sha256_final(w->sha, sum);
	/* Version 4, as random ones are. */
	sum[7] = (uint8_t)(sum[7] & 0x0f) | 0x40;
	sum[8] = (uint8_t)(sum[8] & 0x3f) | 0x80;
	memcpy(guid, sum, 16);
}

/* Once it is asked for it stays. */
void am_pst_writer_key(struct am_pst_writer *w, uint8_t key[16])
{
	if (!w->have_key)
		guid_of(w, 0, w->key);
	w->have_key = true;
	memcpy(key, w->key, 16);
}

static am_pst_nid sent_folder(const struct am_pst_writer *w)
{
	for (guint i = 0; i < w->folders->len; i++) {
		const struct am_pst_folder_out *f = w->folders->pdata[i];
		if (f->role == AM_ROLE_SENT)
			return f->nid;
	}
	return 0;
}

static int put_store(struct am_pst_writer *w, struct am_error *err)
{
	const struct {
		uint32_t tag;
		am_pst_nid nid;
	} ids[] = {{0x35e00102, AM_PST_NID_TOP},
	           {0x35e30102, AM_PST_NID_TRASH},
	           {0x35e40102, sent_folder(w)},
	           {0x35e70102, AM_PST_NID_FINDER}};
	struct am_arena *arena = am_arena_new();
	uint8_t key[16], entries[AM_COUNT(ids)][24], replica[24];
	uint32_t mask = MASK_SUBTREE | MASK_TRASH | MASK_FINDER;
	size_t len;
	const uint8_t *name =
		am_mapi_utf16_of(arena, w->name, strlen(w->name), &len);

	am_pst_writer_key(w, key);
	am_put_le32(replica, 1);
	guid_of(w, 1, replica + 4);
	am_put_le32(replica + 20, 1);
	am_pst_bag_reset(&w->row);
	am_pst_bag_bytes(&w->row, 0x0e340102, replica, sizeof(replica));
	am_pst_bag_number(&w->row, 0x0e380003, 0);
	am_pst_bag_bytes(&w->row, 0x0ff90102, key, sizeof(key));
	am_pst_bag_bytes(&w->row, 0x3001001f, name, len);
	for (unsigned i = 0; i < AM_COUNT(ids); i++) {
		if (!ids[i].nid)
			continue;
		am_pst_writer_entry_id(key, ids[i].nid, entries[i]);
		am_pst_bag_bytes(&w->row, ids[i].tag, entries[i], 24);
	}
	if (ids[2].nid)
		mask |= MASK_SENT;
	am_pst_bag_number(&w->row, 0x35df0003, mask);
	am_pst_bag_number(&w->row, 0x6633000b, 1);
	am_pst_bag_number(&w->row, 0x66fa0003, STATE);
	am_pst_bag_number(&w->row, 0x67ff0003, 0); /* no password */
	int r = am_pst_writer_bag(w, AM_PST_NID_STORE, 0, err);
	am_arena_free(&arena);
	return r;
}

/* Where mail of a class is received: all of it in the root. */
static int put_receive(struct am_pst_writer *w, struct am_error *err)
{
	am_pst_bid data, sub;
	uint64_t size;
	int r = am_pst_tc_begin(&w->context, &w->columns[AM_PST_TABLE_RECEIVE],
	                        err);

	am_pst_bag_reset(&w->row);
	am_pst_bag_bytes(&w->row, 0x001a001f, "", 0);
	am_pst_bag_number(&w->row, 0x66050003, AM_PST_NID_ROOT);
	if (!r)
		r = am_pst_tc_row(&w->context, 1, &w->row, err);
	if (!r)
		r = am_pst_tc_end(&w->context, &data, &sub, &size, err);
	if (!r)
		am_pst_out_node(&w->out, 0x62b, 0, data, sub);
	return r;
}

static int put_templates(struct am_pst_writer *w, struct am_error *err)
{
	static const struct {
		am_pst_nid nid;
		enum am_pst_table table;
	} list[] = {{0x60d, AM_PST_TABLE_HIERARCHY},
	            {0x60e, AM_PST_TABLE_CONTENTS},
	            {0x60f, AM_PST_TABLE_ASSOCIATED},
	            {0x610, AM_PST_TABLE_SEARCH},
	            {0x2230, AM_PST_TABLE_SEARCH},
	            {0x64c, AM_PST_TABLE_OUTGOING},
	            {0x671, AM_PST_TABLE_ATTACHMENTS},
	            {0x692, AM_PST_TABLE_RECIPIENTS},
	            {0x6b6, AM_PST_TABLE_6B6},
	            {0x6d7, AM_PST_TABLE_6D7},
	            {0x6f8, AM_PST_TABLE_6F8}};
	int r = AM_OK;

	for (unsigned i = 0; !r && i < AM_COUNT(list); i++) {
		am_pst_bid data;
		r = am_pst_writer_empty(w, list[i].table, &data, err);
		if (!r)
			am_pst_out_node(&w->out, list[i].nid, 0, data, 0);
	}
	return r;
}

static int put_bytes(struct am_pst_writer *w, am_pst_nid nid, const void *bytes,
                     size_t len, struct am_error *err)
{
	am_pst_bid data = 0;
	int r = am_pst_out_data(&w->out, bytes, len, &data, err);

	if (!r)
		am_pst_out_node(&w->out, nid, 0, data, 0);
	return r;
}

int am_pst_writer_store(struct am_pst_writer *w, struct am_error *err)
{
	/* The activity list: the search folder.  C01: a heap of kind 9C with
	 * an empty tree of GUIDs. */
	static const uint8_t activity[] = {0x23, 0x22, 0, 0};
	static const uint8_t c01[] = {0x18, 0x00, 0xec, 0x9c, 0x20, 0x00, 0x00,
	                              0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00,
	                              0x00, 0x00, 0xb5, 0x10, 0x04, 0x00, 0x00,
	                              0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,
	                              0x0c, 0x00, 0x10, 0x00, 0x18, 0x00};
	/* Queues and objects that have no data. */
	static const am_pst_nid bare[] = {0x1e1, 0x261, 0x2226};
	am_pst_bid data, sub;
	int r = put_store(w, err);

	if (!r)
		r = am_pst_names_out_put(&w->names, &w->context, &data, &sub,
		                         err);
	if (!r) {
		am_pst_out_node(&w->out, AM_PST_NID_NAMES, 0, data, sub);
		r = put_receive(w, err);
	}
	if (!r)
		r = put_templates(w, err);
	if (!r)
		r = put_bytes(w, 0x201, activity, sizeof(activity), err);
	if (!r)
		r = put_bytes(w, 0xc01, c01, sizeof(c01), err);
	for (unsigned i = 0; i < AM_COUNT(bare); i++)
		am_pst_out_node(&w->out, bare[i], 0, 0, 0);
	if (!r) {
		am_pst_bag_reset(&w->row);
		am_pst_bag_number(&w->row, 0x660b0003, 0);
		r = am_pst_writer_bag(w, 0x2227, 0, err);
	}
	return r;
}
