/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file and its blocks ([MS-PST] 2.2.2.8): found, checked, decoded.
 */
#include "outlook/pst/ndb.h"

#include "base/file.h"
#include "model/ctx.h"
#include "outlook/pst/crypt.h"
#include "outlook/pst/ndb_impl.h"
#include "outlook/pst/rescue.h"

#include <glib.h>
#include <libdeflate.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* Notes about damage; a file of rubbish must not drown the rest. */
enum { NOTES = 100 };

static void note_header(struct am_pst_ndb *ndb)
{
	if (ndb->header.crc_wrong)
		am_pst_ndb_note(ndb, "pst.header-checksum",
		                "the checksum of the header is wrong");
	if (am_file_write_locked(ndb->file))
		am_pst_ndb_damage(ndb, "pst.locked",
		                  "another program has locked it to write: "
		                  "what is read may not hold together");
	else if (!ndb->header.amap_valid)
		am_pst_ndb_note(ndb, "pst.not-closed",
		                "it was not closed by what wrote it, or is "
		                "being written: the latest may be missing");
	if (ndb->header.eof > ndb->size)
		am_pst_ndb_damage(ndb, "pst.truncated",
		                  "the file is cut off: it has %" PRIu64
		                  " bytes of %" PRIu64,
		                  ndb->size, ndb->header.eof);
}

int am_pst_ndb_open(struct am_pst_ndb **out, const char *path,
                    struct am_ctx *ctx, struct am_error *err)
{
	struct am_pst_ndb *ndb = g_new0(struct am_pst_ndb, 1);
	ndb->ctx = ctx;
	ndb->n_notes = &ndb->own_notes;
	ndb->rescue = am_pst_rescue_new();
	ndb->owns_rescue = true;
	int r = am_file_open(&ndb->file, path, err);
	/* What a file server says of a file that Outlook has open. */
	if (r && err && (err->sys == EBUSY || err->sys == ETXTBSY))
		r = am_fail(err, AM_FATAL, AM_E_BUSY,
		            "%s: in use; Outlook keeps its files to itself "
		            "while it runs",
		            path);
	if (!r) {
		ndb->size = am_file_size(ndb->file);
		r = am_file_read(ndb->file, 0, ndb->head, sizeof(ndb->head),
		                 &ndb->head_len, err);
	}
	if (!r)
		r = am_pst_header_decode(&ndb->header, ndb->head, ndb->head_len,
		                         err);
	if (r) {
		am_pst_ndb_close(&ndb);
		return AM_FATAL;
	}
	ndb->g = am_pst_geometry(ndb->header.kind);
	note_header(ndb);
	*out = ndb;
	return AM_OK;
}

struct am_pst_ndb *am_pst_ndb_again(struct am_pst_ndb *ndb)
{
	struct am_pst_ndb *again = g_new0(struct am_pst_ndb, 1);

	again->file = am_file_ref(ndb->file);
	again->ctx = ndb->ctx;
	again->size = ndb->size;
	again->header = ndb->header;
	again->g = ndb->g;
	again->n_notes = ndb->n_notes;
	again->rescue = ndb->rescue;
	return again;
}

bool am_pst_ndb_changed(const struct am_pst_ndb *ndb)
{
	uint8_t head[AM_PST_HEADER_MAX];
	size_t got = 0;

	return am_file_read(ndb->file, 0, head, sizeof(head), &got, NULL) ||
	       got != ndb->head_len || memcmp(head, ndb->head, got) != 0;
}

void am_pst_ndb_close(struct am_pst_ndb **ndb)
{
	if (!*ndb)
		return;
	for (size_t i = 0; i < AM_PST_PAGE_SLOTS; i++)
		g_free((*ndb)->pages[i].bytes);
	for (size_t i = 0; i < AM_PST_BLOCK_SLOTS; i++)
		am_pst_block_unref(&(*ndb)->blocks[i]);
	libdeflate_free_decompressor((*ndb)->inflater);
	am_file_unref(&(*ndb)->file);
	if ((*ndb)->owns_rescue)
		am_pst_rescue_free(&(*ndb)->rescue);
	g_free(*ndb);
	*ndb = NULL;
}

const struct am_pst_header *am_pst_ndb_header(const struct am_pst_ndb *ndb)
{
	return &ndb->header;
}

const struct am_pst_geometry *am_pst_ndb_geometry(const struct am_pst_ndb *ndb)
{
	return ndb->g;
}

uint64_t am_pst_ndb_file_size(const struct am_pst_ndb *ndb)
{
	return ndb->size;
}

void am_pst_ndb_about(struct am_pst_ndb *ndb, am_pst_nid nid)
{
	ndb->about = nid;
}

static void tell(struct am_pst_ndb *ndb, enum am_note_level level,
                 const char *code, const char *fmt, va_list args)
{
	char origin[24];

	gint before = g_atomic_int_get(ndb->n_notes);
	if (before <= NOTES)
		before = g_atomic_int_add(ndb->n_notes, 1);
	if (before > NOTES)
		return;
	if (before == NOTES) {
		am_ctx_note(ndb->ctx, AM_NOTE_ERROR, "pst.more-damage", NULL,
		            NULL, "and more of the kind, which is not told");
		return;
	}
	char *text = g_strdup_vprintf(fmt, args);
	g_snprintf(origin, sizeof(origin), "0x%x", ndb->about);
	am_ctx_note(ndb->ctx, level, code, NULL, ndb->about ? origin : NULL,
	            "%s", text);
	g_free(text);
}

void am_pst_ndb_note(struct am_pst_ndb *ndb, const char *code, const char *fmt,
                     ...)
{
	va_list args;

	va_start(args, fmt);
	tell(ndb, AM_NOTE_WARN, code, fmt, args);
	va_end(args);
}

void am_pst_ndb_damage(struct am_pst_ndb *ndb, const char *code,
                       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(ndb, AM_NOTE_ERROR, code, fmt, args);
	va_end(args);
}

void am_pst_block_unref(struct am_pst_block **block)
{
	if (*block && !--(*block)->refs)
		g_free(*block);
	*block = NULL;
}

static struct am_pst_block *new_block(am_pst_bid bid, size_t len)
{
	struct am_pst_block *block = g_malloc(sizeof(*block) + len);

	block->refs = 1;
	block->bid = bid;
	block->len = len;
	return block;
}

/* zlib's stream, of which the sizes are known: so libdeflate, which wants to
 * have all of it at once, and takes a third of zlib's time. */
static int inflate_block(struct am_pst_ndb *ndb, struct am_pst_block **block,
                         const struct am_pst_bbt_entry *entry,
                         struct am_error *err)
{
	struct am_pst_block *whole = new_block((*block)->bid, entry->size);

	if (!ndb->inflater)
		ndb->inflater = libdeflate_alloc_decompressor();
	if (!ndb->inflater)
		g_error("no memory to inflate with");
	enum libdeflate_result z = libdeflate_zlib_decompress(
		ndb->inflater, (*block)->bytes, (*block)->len, whole->bytes,
		entry->size, NULL);
	am_pst_block_unref(block);
	*block = whole;
	if (z == LIBDEFLATE_SUCCESS)
		return AM_OK;
	am_pst_block_unref(block);
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "block 0x%" PRIx64 " at offset %" PRIu64
	               " does not inflate to %u bytes",
	               entry->block.bid, entry->block.at, entry->size);
}

/* Are the bytes the ones that were written?  Says where they are not; of what
 * was found without a tree (`rescued`) nothing else is believed. */
static int check_block(struct am_pst_ndb *ndb,
                       const struct am_pst_bbt_entry *entry, bool rescued,
                       const uint8_t *bytes, const uint8_t *end,
                       struct am_error *err)
{
	struct am_pst_block_trailer trailer;

	am_pst_block_trailer_decode(ndb->g, &trailer, end);
	bool whole = trailer.crc == am_pst_crc(bytes, entry->stored);
	bool named = (trailer.bid & ~UINT64_C(1)) ==
	             (entry->block.bid & ~UINT64_C(1));
	if (rescued && !(whole && named))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "block 0x%" PRIx64 " is not at offset %" PRIu64
		               " any more",
		               entry->block.bid, entry->block.at);
	if (!whole)
		am_pst_ndb_damage(ndb, "pst.block-checksum",
		                  "block 0x%" PRIx64 " at offset %" PRIu64
		                  ": its checksum is wrong",
		                  entry->block.bid, entry->block.at);
	else if (!named)
		am_pst_ndb_note(ndb, "pst.block-id",
		                "block at offset %" PRIu64
		                " is called 0x%" PRIx64 ", not 0x%" PRIx64,
		                entry->block.at, trailer.bid, entry->block.bid);
	return AM_OK;
}

static int read_block(struct am_pst_ndb *ndb,
                      const struct am_pst_bbt_entry *entry, bool rescued,
                      struct am_pst_block **out, struct am_error *err)
{
	const struct am_pst_geometry *g = ndb->g;
	uint64_t at = entry->block.at;
	uint64_t room = (uint64_t)entry->stored + g->block_trailer;

	room = (room + g->block_align - 1) / g->block_align * g->block_align;
	if (entry->stored > g->block_max || entry->size > g->block_max)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "block 0x%" PRIx64 " of %u bytes is too large",
		               entry->block.bid, entry->stored);
	if (at < g->header || room > ndb->size || at > ndb->size - room)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "block 0x%" PRIx64 " at offset %" PRIu64
		               " lies outside of the file (%" PRIu64 " bytes)",
		               entry->block.bid, at, ndb->size);
	struct am_pst_block *block = new_block(entry->block.bid, room);
	int r = am_file_read_all(ndb->file, at, block->bytes, room, err);
	if (!r)
		r = check_block(ndb, entry, rescued, block->bytes,
		                block->bytes + room - g->block_trailer, err);
	if (r) {
		am_pst_block_unref(&block);
		return r;
	}
	block->len = entry->stored;
	if (!(entry->block.bid & 2))
		am_pst_decrypt(ndb->header.crypt, entry->block.bid,
		               block->bytes, block->len);
	if (entry->stored != entry->size)
		r = inflate_block(ndb, &block, entry, err);
	*out = block;
	return r;
}

/* Where a block lies, by the tree or by what was found beside it. */
static int find_block(struct am_pst_ndb *ndb, am_pst_bid bid,
                      struct am_pst_bbt_entry *out, bool *rescued,
                      struct am_error *err)
{
	const struct am_pst_bbt_entry *list =
		ndb->freed ? (const void *)ndb->freed->data : NULL;
	struct am_error why = {0};
	const uint8_t *bytes;
	size_t low = 0, n = ndb->freed ? ndb->freed->len : 0, high = n;
	int r = am_pst_bt_find(ndb, AM_PST_PAGE_BBT, bid, &bytes, &why);

	if (!r) {
		am_pst_bbt_entry_decode(ndb->g, out, bytes);
		return AM_OK;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (list[mid].block.bid < bid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < n && list[low].block.bid == bid) {
		*out = list[low];
		return AM_OK;
	}
	*rescued = why.kind != AM_E_NOTFOUND &&
	           am_pst_rescue_block(ndb, bid, why.text, out);
	if (*rescued)
		return AM_OK;
	if (err)
		*err = why;
	return r;
}

int am_pst_ndb_block(struct am_pst_ndb *ndb, am_pst_bid bid,
                     struct am_pst_block **out, struct am_error *err)
{
	struct am_pst_block **slot;
	struct am_pst_bbt_entry entry;

	bid &= ~UINT64_C(1);
	slot = &ndb->blocks[(bid >> 2) % AM_PST_BLOCK_SLOTS];
	if (!*slot || ((*slot)->bid & ~UINT64_C(1)) != bid) {
		struct am_pst_block *block = NULL;
		bool rescued = false;
		int r = find_block(ndb, bid, &entry, &rescued, err);
		if (r)
			return r;
		r = read_block(ndb, &entry, rescued, &block, err);
		if (r)
			return r;
		am_pst_block_unref(slot);
		*slot = block;
	}
	(*slot)->refs++;
	*out = *slot;
	return AM_OK;
}
