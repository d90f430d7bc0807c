/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sectors and their chains ([MS-CFB] 2.1 to 2.5).  The FAT says which sector
 * follows which; where the FAT lies say the header and, behind its 109 places,
 * a chain of sectors of its own (DIFAT).  No chain is longer than the file has
 * sectors, so one that goes round comes to an end.
 */
#include "outlook/cfb/cfb_impl.h"

#include "base/arena.h"
#include "base/blob.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

uint64_t am_cfb_offset(const struct am_cfb *cfb, uint32_t sector)
{
	return ((uint64_t)sector + 1) << cfb->header.shift;
}

int am_cfb_read(const struct am_cfb *cfb, uint32_t sector, size_t offset,
                void *buf, size_t len, struct am_error *err)
{
	uint64_t at = am_cfb_offset(cfb, sector) + offset;
	size_t got = 0;
	int r = am_blob_read(cfb->blob, at, buf, len, &got, err);

	if (!r && got < len)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "sector %" PRIu32 " at %" PRIu64
		            " is behind the end of the file (%" PRIu64 ")",
		            sector, at, cfb->size);
	return r;
}

int am_cfb_next(struct am_cfb *cfb, uint32_t sector, uint32_t *out,
                struct am_error *err)
{
	uint32_t per = (uint32_t)(cfb->sector / 4), which = sector / per;
	size_t slot = which % AM_CFB_HELD;

	if (sector >= cfb->n_sectors || which >= cfb->n_fat)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "sector %" PRIu32 " is not in a file of %" PRIu32
		               " sectors",
		               sector, cfb->n_sectors);
	if (!cfb->bytes[slot])
		cfb->bytes[slot] = g_malloc(cfb->sector);
	if (cfb->held[slot] != which) {
		cfb->held[slot] = AM_CFB_FREE;
		int r = am_cfb_read(cfb, cfb->fat[which], 0, cfb->bytes[slot],
		                    cfb->sector, err);
		if (r)
			return am_wrap(err, r, "table of sectors");
		cfb->held[slot] = which;
	}
	struct am_cursor c =
		am_cursor(cfb->bytes[slot] + 4 * (size_t)(sector % per), 4);
	*out = am_get_le32(&c);
	if (*out >= AM_CFB_SECTOR_MAX && *out != AM_CFB_END)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "the chain breaks off behind sector %" PRIu32
		               " (%08" PRIx32 ")",
		               sector, *out);
	return AM_OK;
}

int am_cfb_chain(struct am_cfb *cfb, uint32_t start, uint32_t max,
                 uint32_t **out, uint32_t *n, struct am_error *err)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t at = start;
	int r = AM_OK;

	while (!r && at != AM_CFB_END && list->len < max) {
		if (list->len >= cfb->n_sectors)
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "the chain of sectors from %" PRIu32
			            " goes round",
			            start);
		else if (at < AM_CFB_SECTOR_MAX)
			g_array_append_val(list, at);
		if (!r)
			r = am_cfb_next(cfb, at, &at, err);
	}
	*n = list->len;
	*out = (uint32_t *)(void *)g_array_free(list, FALSE);
	return r;
}

/* Where the FAT lies.  More of it than the sectors of the file need is not
 * looked at, whatever the counts say. */
static int read_difat(struct am_cfb *cfb, struct am_error *err)
{
	uint32_t per = (uint32_t)(cfb->sector / 4);
	uint32_t need = (uint32_t)(((uint64_t)cfb->n_sectors + per - 1) / per);
	uint32_t at = cfb->header.difat, hops = 0;
	uint8_t *bytes = g_malloc(cfb->sector);
	int r = AM_OK;

	cfb->fat = g_new(uint32_t, need + 1);
	for (size_t i = 0; i < AM_CFB_IN_HEADER && cfb->n_fat < need; i++)
		if (cfb->header.fat[i] < AM_CFB_SECTOR_MAX)
			cfb->fat[cfb->n_fat++] = cfb->header.fat[i];
	while (!r && cfb->n_fat < need && at < AM_CFB_SECTOR_MAX) {
		if (hops++ >= cfb->n_sectors)
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "the list of where the table of sectors "
			            "lies goes round");
		if (!r)
			r = am_cfb_read(cfb, at, 0, bytes, cfb->sector, err);
		if (r)
			break;
		struct am_cursor c = am_cursor(bytes, cfb->sector);
		for (uint32_t i = 0; i + 1 < per; i++) {
			uint32_t one = am_get_le32(&c);
			if (one < AM_CFB_SECTOR_MAX && cfb->n_fat < need)
				cfb->fat[cfb->n_fat++] = one;
		}
		c.at = bytes + cfb->sector - 4;
		at = am_get_le32(&c);
	}
	g_free(bytes);
	return r;
}

static int read_header(struct am_cfb *cfb, struct am_error *err)
{
	uint8_t bytes[AM_CFB_HEADER];
	struct am_cfb_header *h = &cfb->header;
	size_t got;
	int r = am_blob_read(cfb->blob, 0, bytes, sizeof(bytes), &got, err);

	if (r)
		return r;
	if (got < sizeof(bytes) || !am_cfb_header_decode(h, bytes))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "not a compound file, or cut off in its header "
		               "(%zu bytes)",
		               got);
	if ((h->shift != 9 && h->shift != 12) ||
	    h->mini_shift != AM_CFB_MINI_SHIFT)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a compound file with sectors of 2^%u and 2^%u "
		               "bytes",
		               h->shift, h->mini_shift);
	cfb->sector = (size_t)1 << h->shift;
	uint64_t whole = cfb->size > cfb->sector ? cfb->size - cfb->sector : 0;
	uint64_t n = (whole + cfb->sector - 1) / cfb->sector;
	cfb->n_sectors =
		n < AM_CFB_SECTOR_MAX ? (uint32_t)n : AM_CFB_SECTOR_MAX - 1;
	return AM_OK;
}

void am_cfb_damaged(struct am_cfb *cfb, const char *fmt, ...)
{
	char text[320];
	va_list args;

	va_start(args, fmt);
	g_vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cfb->damage = cfb->damage ? am_arena_printf(cfb->arena, "%s; %s",
	                                            cfb->damage, text)
	                          : am_arena_strdup(cfb->arena, text);
}

/* The stream of small streams is the root's.  How long that is its chain says:
 * no small stream needs to believe more. */
static void read_mini(struct am_cfb *cfb)
{
	const struct am_cfb_entry *root = &cfb->entries[0];
	struct am_error why = {0};
	int r = AM_OK;

	if (root->start < AM_CFB_SECTOR_MAX)
		r = am_cfb_chain(cfb, root->start, cfb->n_sectors + 1,
		                 &cfb->mini, &cfb->n_mini, &why);
	if (r)
		am_cfb_damaged(cfb, "small streams are lost: %s", why.text);
	r = AM_OK;
	if (cfb->header.mini_fat < AM_CFB_SECTOR_MAX)
		r = am_cfb_chain(cfb, cfb->header.mini_fat, cfb->n_sectors + 1,
		                 &cfb->mini_fat, &cfb->n_mini_fat, &why);
	if (r)
		am_cfb_damaged(cfb, "the table of small streams is cut: %s",
		               why.text);
	cfb->mini_size = (uint64_t)cfb->n_mini * cfb->sector;
}

int am_cfb_open(struct am_cfb **out, struct am_blob *blob, struct am_error *err)
{
	struct am_cfb *cfb = g_new0(struct am_cfb, 1);

	cfb->blob = am_blob_ref(blob);
	cfb->arena = am_arena_new();
	cfb->size = am_blob_size(blob);
	memset(cfb->held, 0xff, sizeof(cfb->held));
	int r = read_header(cfb, err);
	if (!r)
		r = read_difat(cfb, err);
	if (!r)
		r = am_cfb_read_directory(cfb, err);
	if (r)
		am_cfb_close(&cfb);
	else
		read_mini(cfb);
	*out = cfb;
	return r;
}

void am_cfb_close(struct am_cfb **handle)
{
	struct am_cfb *cfb = *handle;

	*handle = NULL;
	if (!cfb)
		return;
	for (size_t i = 0; i < AM_CFB_HELD; i++)
		g_free(cfb->bytes[i]);
	g_free(cfb->fat);
	g_free(cfb->mini);
	g_free(cfb->mini_fat);
	g_free(cfb->children);
	g_free(cfb->entries);
	am_arena_free(&cfb->arena);
	am_blob_unref(&cfb->blob);
	g_free(cfb);
}

uint64_t am_cfb_size(const struct am_cfb *cfb)
{
	return cfb->size;
}

const char *am_cfb_damage(const struct am_cfb *cfb)
{
	return cfb->damage;
}

const struct am_cfb_entry *am_cfb_entry(const struct am_cfb *cfb, uint32_t i)
{
	return &cfb->entries[i];
}

uint32_t am_cfb_child(const struct am_cfb *cfb, uint32_t storage, uint32_t k)
{
	return cfb->children[cfb->entries[storage].first + k];
}
