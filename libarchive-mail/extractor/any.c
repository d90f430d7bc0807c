/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/any.h"

#include <string.h>

/* Text has no NUL and few controls; a byte order mark makes it UTF-16, which
 * has many. */
static bool looks_like_text(const uint8_t *data, size_t len)
{
	size_t bad = 0, n = MIN(len, 4096);

	if (len >= 2 && ((data[0] == 0xff && data[1] == 0xfe) ||
	                 (data[0] == 0xfe && data[1] == 0xff)))
		return true;
	for (size_t i = 0; i < n; i++)
		bad += data[i] < ' ' && !strchr("\t\n\r\f\b\033", data[i]);
	return bad * 50 < n && !memchr(data, '\0', n);
}

static void by_hint(struct am_found *f, enum am_extract_hint hint,
                    const uint8_t *data, size_t len, unsigned depth)
{
	switch (hint) {
	case AM_HINT_TEXT:
		if (looks_like_text(data, len))
			am_extract_text(f, data, len);
		return;
	case AM_HINT_MARKUP:
		if (looks_like_text(data, len))
			am_extract_markup(f, data, len);
		return;
	case AM_HINT_MAIL:
		am_extract_mail(f, data, len, depth);
		return;
	case AM_HINT_NOTHING:
	case AM_HINT_LOOK:
		return;
	}
}

void am_extract_any(struct am_found *f, enum am_extract_hint hint,
                    const uint8_t *data, size_t len, unsigned depth)
{
	if (depth > AM_FOUND_DEPTH) {
		f->too_large = true;
		return;
	}
	switch (am_extract_kind_of(data, len)) {
	case AM_KIND_PDF:
		am_extract_pdf(f, data, len, depth);
		return;
	case AM_KIND_ZIP:
	case AM_KIND_PACKED:
		am_extract_packed(f, data, len, depth);
		return;
	case AM_KIND_CFB:
		am_extract_cfb(f, data, len, depth);
		return;
	case AM_KIND_RTF:
		am_extract_rtf(f, data, len);
		return;
	case AM_KIND_TNEF:
		am_extract_tnef(f, data, len, depth);
		return;
	case AM_KIND_CARD:
		am_extract_card(f, data, len);
		return;
	case AM_KIND_MARKUP:
		am_extract_markup(f, data, len);
		return;
	case AM_KIND_CIPHER:
		f->known = f->encrypted = true;
		return;
	case AM_KIND_KNOWN:
		f->known = f->unsupported = true;
		return;
	case AM_KIND_UNKNOWN:
		by_hint(f, hint, data, len, depth);
		return;
	}
}

void am_extract_inner(struct am_found *f, const char *type, const char *name,
                      const uint8_t *data, size_t len, unsigned depth)
{
	enum am_extract_hint hint = am_extract_hint_of(type, name);

	if (hint == AM_HINT_NOTHING || !len)
		return;
	am_found_from(f, name && *name ? name : type ? type : "");
	am_extract_any(f, hint, data, len, depth + 1);
	am_found_from(f, "");
}

void am_extract_member(struct am_found *f, const char *type, const char *name,
                       const uint8_t *data, size_t len, unsigned depth)
{
	if (name)
		am_found_file(f, name);
	am_extract_inner(f, type, name, data, len, depth);
}

unsigned am_extract_document(unsigned hint, const uint8_t *data, size_t len,
                             uint8_t **pieces, size_t *n)
{
	struct am_found f;

	am_found_init(&f);
	am_extract_any(&f,
	               hint < AM_HINT_COUNT ? (enum am_extract_hint)hint
	                                    : AM_HINT_LOOK,
	               data, len, 0);
	*n = f.pieces->len;
	*pieces = g_byte_array_free(f.pieces, FALSE);
	return am_found_status(&f);
}
