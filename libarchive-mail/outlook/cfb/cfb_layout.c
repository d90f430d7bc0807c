/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *   header  0 signature   8 clsid      24 minor   26 major   28 byte order
 *          30 shift      32 mini shift 34 zeros   40 directory sectors
 *          44 FAT sectors 48 directory 52 transaction 56 mini cutoff
 *          60 mini FAT   64 its sectors 68 DIFAT  72 its sectors 76 FAT[109]
 *   entry   0 name       64 its bytes  66 type    67 colour
 *          68 left       72 right      76 child   80 clsid   96 state
 *         100 created   108 modified  116 start  120 size
 */
#include "outlook/cfb/cfb_layout.h"

#include <glib.h>

#include <string.h>

static const uint8_t signature[8] = {0xd0, 0xcf, 0x11, 0xe0,
                                     0xa1, 0xb1, 0x1a, 0xe1};
enum { LITTLE_ENDIAN_MARK = 0xfffe };

bool am_cfb_sniff(const uint8_t *head, size_t len)
{
	return len >= sizeof(signature) &&
	       !memcmp(head, signature, sizeof(signature));
}

bool am_cfb_header_decode(struct am_cfb_header *out,
                          const uint8_t bytes[AM_CFB_HEADER])
{
	struct am_cursor c = am_cursor(bytes, AM_CFB_HEADER);

	if (!am_cfb_sniff(bytes, AM_CFB_HEADER))
		return false;
	c.at += sizeof(signature);
	memcpy(out->clsid, am_get_bytes(&c, 16), 16);
	out->minor = am_get_le16(&c);
	out->major = am_get_le16(&c);
	if (am_get_le16(&c) != LITTLE_ENDIAN_MARK)
		return false;
	out->shift = am_get_le16(&c);
	out->mini_shift = am_get_le16(&c);
	c.at += 6;
	out->n_directory = am_get_le32(&c);
	out->n_fat = am_get_le32(&c);
	out->directory = am_get_le32(&c);
	out->transaction = am_get_le32(&c);
	out->mini_cutoff = am_get_le32(&c);
	out->mini_fat = am_get_le32(&c);
	out->n_mini_fat = am_get_le32(&c);
	out->difat = am_get_le32(&c);
	out->n_difat = am_get_le32(&c);
	for (size_t i = 0; i < AM_CFB_IN_HEADER; i++)
		out->fat[i] = am_get_le32(&c);
	return true;
}

void am_cfb_header_encode(const struct am_cfb_header *header,
                          uint8_t bytes[AM_CFB_HEADER])
{
	memset(bytes, 0, AM_CFB_HEADER);
	memcpy(bytes, signature, sizeof(signature));
	memcpy(bytes + 8, header->clsid, 16);
	am_put_le16(bytes + 24, header->minor);
	am_put_le16(bytes + 26, header->major);
	am_put_le16(bytes + 28, LITTLE_ENDIAN_MARK);
	am_put_le16(bytes + 30, header->shift);
	am_put_le16(bytes + 32, header->mini_shift);
	am_put_le32(bytes + 40, header->n_directory);
	am_put_le32(bytes + 44, header->n_fat);
	am_put_le32(bytes + 48, header->directory);
	am_put_le32(bytes + 52, header->transaction);
	am_put_le32(bytes + 56, header->mini_cutoff);
	am_put_le32(bytes + 60, header->mini_fat);
	am_put_le32(bytes + 64, header->n_mini_fat);
	am_put_le32(bytes + 68, header->difat);
	am_put_le32(bytes + 72, header->n_difat);
	for (size_t i = 0; i < AM_CFB_IN_HEADER; i++)
		am_put_le32(bytes + 76 + 4 * i, header->fat[i]);
}

void am_cfb_dirent_decode(struct am_cfb_dirent *out,
                          const uint8_t bytes[AM_CFB_DIRENT])
{
	struct am_cursor c = am_cursor(bytes, AM_CFB_DIRENT);

	for (size_t i = 0; i < AM_CFB_NAME; i++)
		out->name[i] = am_get_le16(&c);
	out->name_len = am_get_le16(&c);
	out->type = am_get_u8(&c);
	out->black = am_get_u8(&c);
	out->left = am_get_le32(&c);
	out->right = am_get_le32(&c);
	out->child = am_get_le32(&c);
	memcpy(out->clsid, am_get_bytes(&c, 16), 16);
	out->state = am_get_le32(&c);
	out->created = am_get_le64(&c);
	out->modified = am_get_le64(&c);
	out->start = am_get_le32(&c);
	out->size = am_get_le64(&c);
}

void am_cfb_dirent_encode(const struct am_cfb_dirent *entry,
                          uint8_t bytes[AM_CFB_DIRENT])
{
	for (size_t i = 0; i < AM_CFB_NAME; i++)
		am_put_le16(bytes + 2 * i, entry->name[i]);
	am_put_le16(bytes + 64, entry->name_len);
	bytes[66] = entry->type;
	bytes[67] = entry->black;
	am_put_le32(bytes + 68, entry->left);
	am_put_le32(bytes + 72, entry->right);
	am_put_le32(bytes + 76, entry->child);
	memcpy(bytes + 80, entry->clsid, 16);
	am_put_le32(bytes + 96, entry->state);
	am_put_le64(bytes + 100, entry->created);
	am_put_le64(bytes + 108, entry->modified);
	am_put_le32(bytes + 116, entry->start);
	am_put_le64(bytes + 120, entry->size);
}

static size_t length(const uint16_t *name)
{
	size_t n = 0;

	while (n < AM_CFB_NAME - 1 && name[n])
		n++;
	return n;
}

int am_cfb_compare(const uint16_t *a, const uint16_t *b)
{
	size_t n = length(a), m = length(b);

	if (n != m)
		return n < m ? -1 : 1;
	for (size_t i = 0; i < n; i++) {
		/* Halves of surrogates have no capitals. */
		gunichar x = g_unichar_toupper(a[i]),
			 y = g_unichar_toupper(b[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}
