/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/ltp_layout.h"

#include "base/bytes.h"

/* map_at u16, sig u8, client u8, root u32, fill u32 */
void am_pst_heap_header_decode(struct am_pst_heap_header *out,
                               const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_HEAP_HEADER);

	out->map_at = am_get_le16(&c);
	out->sig = am_get_u8(&c);
	out->client = am_get_u8(&c);
	out->root = am_get_le32(&c);
	out->fill = am_get_le32(&c);
}

void am_pst_heap_header_encode(const struct am_pst_heap_header *in,
                               uint8_t *bytes)
{
	am_put_le16(bytes, in->map_at);
	bytes[2] = in->sig;
	bytes[3] = in->client;
	am_put_le32(bytes + 4, in->root);
	am_put_le32(bytes + 8, in->fill);
}

/* n u16, n_free u16 */
void am_pst_heap_map_decode(struct am_pst_heap_map *out, const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_HEAP_MAP);

	out->n = am_get_le16(&c);
	out->n_free = am_get_le16(&c);
}

void am_pst_heap_map_encode(const struct am_pst_heap_map *in, uint8_t *bytes)
{
	am_put_le16(bytes, in->n);
	am_put_le16(bytes + 2, in->n_free);
}

/* type u8, key u8, entry u8, levels u8, root u32 */
void am_pst_bth_header_decode(struct am_pst_bth_header *out,
                              const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_BTH_HEADER);

	out->type = am_get_u8(&c);
	out->key = am_get_u8(&c);
	out->entry = am_get_u8(&c);
	out->levels = am_get_u8(&c);
	out->root = am_get_le32(&c);
}

void am_pst_bth_header_encode(const struct am_pst_bth_header *in,
                              uint8_t *bytes)
{
	bytes[0] = in->type;
	bytes[1] = in->key;
	bytes[2] = in->entry;
	bytes[3] = in->levels;
	am_put_le32(bytes + 4, in->root);
}

/* id u16, type u16, value u32 */
void am_pst_pc_record_decode(struct am_pst_pc_record *out, const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_PC_RECORD);

	out->id = am_get_le16(&c);
	out->type = am_get_le16(&c);
	out->value = am_get_le32(&c);
}

void am_pst_pc_record_encode(const struct am_pst_pc_record *in, uint8_t *bytes)
{
	am_put_le16(bytes, in->id);
	am_put_le16(bytes + 2, in->type);
	am_put_le32(bytes + 4, in->value);
}

/* type u8, columns u8, ends 4 x u16, row index u32, rows u32, unused u32 */
void am_pst_tc_info_decode(struct am_pst_tc_info *out, const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_TC_INFO);

	out->type = am_get_u8(&c);
	out->n_columns = am_get_u8(&c);
	for (unsigned i = 0; i < 4; i++)
		out->ends[i] = am_get_le16(&c);
	out->row_index = am_get_le32(&c);
	out->rows = am_get_le32(&c);
}

void am_pst_tc_info_encode(const struct am_pst_tc_info *in, uint8_t *bytes)
{
	bytes[0] = in->type;
	bytes[1] = in->n_columns;
	for (unsigned i = 0; i < 4; i++)
		am_put_le16(bytes + 2 + 2 * i, in->ends[i]);
	am_put_le32(bytes + 10, in->row_index);
	am_put_le32(bytes + 14, in->rows);
	am_put_le32(bytes + 18, 0);
}

/* tag u32, at u16, width u8, bit u8 */
void am_pst_tc_column_decode(struct am_pst_tc_column *out, const uint8_t *bytes)
{
	struct am_cursor c = am_cursor(bytes, AM_PST_TC_COLUMN);

	out->tag = am_get_le32(&c);
	out->at = am_get_le16(&c);
	out->width = am_get_u8(&c);
	out->bit = am_get_u8(&c);
}

void am_pst_tc_column_encode(const struct am_pst_tc_column *in, uint8_t *bytes)
{
	am_put_le32(bytes, in->tag);
	am_put_le16(bytes + 4, in->at);
	bytes[6] = in->width;
	bytes[7] = in->bit;
}
