/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_RTF_LZFU_H
#define AM_OUTLOOK_RTF_LZFU_H

#include "base/error.h"

/*
 * Compressed RTF ([MS-OXRTFCP]), as PR_RTF_COMPRESSED has it: LZFu, or MELA,
 * which is not compressed at all.  *out is g_malloc()ed, or NULL where nothing
 * came out.  Of damaged input it is what came before the damage, together with
 * the error.
 */
AM_MUST_USE int am_lzfu_unpack(const uint8_t *data, size_t len, size_t max,
                               uint8_t **out, size_t *out_len,
                               struct am_error *err);

#endif
