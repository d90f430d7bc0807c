/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of a PST ([MS-PST] 2.2.2.6):
 *
 *              ANSI  Unicode, 4 KiB
 *   magic         0     0   "!BDN"
 *   crc           4     4   over 471 bytes from 8
 *   client        8     8
 *   version      10    10   14, 15; 19 to 23; 36, 37
 *   next page    28    32   block id
 *   unique       32    40
 *   nids         36    44   32 x u32
 *   eof         168   184   then amap last, amap free, pmap free, NBT, BBT
 *   amap valid  200   248
 *   free maps   204   256   2 x 128
 *   sentinel    460   512   0x80
 *   crypt       461   513
 *   next block   24   516
 *   crc full      -   524   over 516 bytes from 8
 */
#include "outlook/pst/ndb_layout.h"

#include "base/bytes.h"

#include <string.h>

struct places {
	unsigned next_page, unique, nids, root, valid, maps, crypt, next_block;
};

static const struct places ansi = {28, 32, 36, 168, 200, 204, 461, 24};
static const struct places wide = {32, 40, 44, 184, 248, 256, 513, 516};

static const struct places *places_of(enum am_pst_kind kind)
{
	return kind == AM_PST_ANSI ? &ansi : &wide;
}

static uint64_t id_at(const uint8_t *bytes, unsigned at, bool is_wide)
{
	struct am_cursor c = am_cursor(bytes + at, 8);

	return is_wide ? am_get_le64(&c) : am_get_le32(&c);
}

static uint32_t u32_at(const uint8_t *bytes, unsigned at)
{
	return (uint32_t)id_at(bytes, at, false);
}

static void put_id(uint8_t *bytes, unsigned at, bool is_wide, uint64_t v)
{
	if (is_wide)
		am_put_le64(bytes + at, v);
	else
		am_put_le32(bytes + at, (uint32_t)v);
}

static int kind_of(uint16_t version, enum am_pst_kind *out,
                   struct am_error *err)
{
	if (version == 14 || version == 15)
		*out = AM_PST_ANSI;
	else if (version >= 19 && version <= 23)
		*out = AM_PST_UNICODE;
	else if (version == 36)
		*out = AM_PST_OST4K;
	else if (version == 37)
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "an Outlook file of version 37, encrypted by "
		               "Windows Information Protection: only the "
		               "machine it was made on can open it");
	else
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "an Outlook file of version %u, which is not "
		               "known",
		               version);
	return AM_OK;
}

int am_pst_header_decode(struct am_pst_header *out, const uint8_t *bytes,
                         size_t len, struct am_error *err)
{
	memset(out, 0, sizeof(*out));
	if (len < 4 || memcmp(bytes, "!BDN", 4) != 0)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "not an Outlook data file: it does not begin "
		               "with \"!BDN\"");
	if (len < 512)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "an Outlook data file cut off in its header");
	struct am_cursor c = am_cursor(bytes + 8, 6);
	out->client = am_get_le16(&c);
	out->version = am_get_le16(&c);
	out->client_version = am_get_le16(&c);
	int r = kind_of(out->version, &out->kind, err);
	if (r)
		return r;
	if (len < am_pst_geometry(out->kind)->header)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "an Outlook data file cut off in its header");
	const struct places *p = places_of(out->kind);
	bool w = out->kind != AM_PST_ANSI;
	unsigned step = w ? 8 : 4;
	out->next_page = id_at(bytes, p->next_page, w);
	out->next_block = id_at(bytes, p->next_block, w);
	out->unique = u32_at(bytes, p->unique);
	for (unsigned i = 0; i < 32; i++)
		out->nids[i] = u32_at(bytes, p->nids + 4 * i);
	uint64_t *const root[] = {&out->eof,       &out->amap_last,
	                          &out->amap_free, &out->pmap_free,
	                          &out->nbt.bid,   &out->nbt.at,
	                          &out->bbt.bid,   &out->bbt.at};
	for (unsigned i = 0; i < AM_COUNT(root); i++)
		*root[i] = id_at(bytes, p->root + i * step, w);
	out->amap_valid = bytes[p->valid];
	out->crypt = bytes[p->crypt];
	out->crc_wrong = u32_at(bytes, 4) != am_pst_crc(bytes + 8, 471);
	if (out->crypt == 0x10)
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "encrypted by Windows Information Protection: "
		               "only the machine it was made on can open it");
	if (out->crypt > AM_PST_CRYPT_CYCLIC)
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "encoded in a way that is not known (%u)",
		               out->crypt);
	return AM_OK;
}

void am_pst_header_encode(const struct am_pst_header *in, uint8_t *bytes)
{
	const struct places *p = places_of(in->kind);
	bool w = in->kind != AM_PST_ANSI;
	unsigned step = w ? 8 : 4;
	const uint64_t root[] = {in->eof,       in->amap_last, in->amap_free,
	                         in->pmap_free, in->nbt.bid,   in->nbt.at,
	                         in->bbt.bid,   in->bbt.at};

	memset(bytes, 0, am_pst_geometry(in->kind)->header);
	memcpy(bytes, "!BDN", 4);
	am_put_le16(bytes + 8, in->client);
	am_put_le16(bytes + 10, in->version);
	am_put_le16(bytes + 12, in->client_version);
	bytes[14] = bytes[15] = 1;
	put_id(bytes, p->next_page, w, in->next_page);
	am_put_le32(bytes + p->unique, in->unique);
	for (unsigned i = 0; i < 32; i++)
		am_put_le32(bytes + p->nids + 4 * i, in->nids[i]);
	for (unsigned i = 0; i < AM_COUNT(root); i++)
		put_id(bytes, p->root + i * step, w, root[i]);
	bytes[p->valid] = in->amap_valid;
	memset(bytes + p->maps, 0xff, 256);
	bytes[p->crypt - 1] = 0x80;
	bytes[p->crypt] = in->crypt;
	put_id(bytes, p->next_block, w, in->next_block);
	am_put_le32(bytes + 4, am_pst_crc(bytes + 8, 471));
	if (w)
		am_put_le32(bytes + 524, am_pst_crc(bytes + 8, 516));
}
