/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_RTF_RTF_H
#define AM_OUTLOOK_RTF_RTF_H

#include "base/error.h"

/* What RTF in a message is. */
enum am_rtf_kind {
	AM_RTF_HTML, /* HTML in a disguise ([MS-OXRTFEX]) */
	AM_RTF_TEXT, /* plain text likewise */
	AM_RTF_RICH  /* RTF as such */
};

/*
 * RTF to what it was made of, in UTF-8: the HTML, or the text; of rich text its
 * words.  *out is g_malloc()ed and ends with a NUL.  Never fails on what it
 * does not know; AM_E_FORMAT: no RTF; AM_E_LIMIT: groups nested too deeply.
 */
AM_MUST_USE int am_rtf_read(const uint8_t *rtf, size_t len,
                            enum am_rtf_kind *kind, char **out, size_t *out_len,
                            struct am_error *err);

#endif
