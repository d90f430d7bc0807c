/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PDF: its pages, each ended by a form feed, and the files in it (an invoice
 * carries itself as XML that way). */
#include "extractor/any.h"
#include "extractor/exit.h"
#include "extractor/limits.h"
#include "extractor/pdf.h"

#include <unistd.h>

struct taking {
	struct am_found *found;
	unsigned depth;
};

static bool take_text(void *user, const char *s, size_t len)
{
	struct am_found *f = ((struct taking *)user)->found;

	am_found_text(f, s, len);
	return !am_found_full(f);
}

static bool take_file(void *user, const char *name, size_t size)
{
	struct am_found *f = ((struct taking *)user)->found;

	if (!f->members_left || am_found_full(f))
		return false;
	f->members_left--;
	if (size > AM_EXTRACTOR_MEMBER_MAX) {
		f->too_large = true;
		return false;
	}
	return am_extract_hint_of(NULL, name) != AM_HINT_NOTHING;
}

static void take_bytes(void *user, const char *name, const uint8_t *data,
                       size_t len)
{
	struct taking *t = user;

	if (am_found_unpack(t->found, len))
		am_extract_member(t->found, NULL, name, data, len, t->depth);
}

void am_extract_pdf(struct am_found *f, const uint8_t *data, size_t len,
                    unsigned depth)
{
	struct taking t = {f, depth};
	const struct am_pdf_taker taker = {take_text, take_file, take_bytes,
	                                   &t};

	f->known = true;
	switch (am_pdf_read(data, len, &taker)) {
	case AM_PDF_OK:
		break;
	case AM_PDF_DAMAGED:
		f->damaged = true;
		break;
	case AM_PDF_ENCRYPTED:
		f->encrypted = true;
		break;
	case AM_PDF_MEMORY:
		_exit(AM_EXIT_MEMORY);
	}
}
