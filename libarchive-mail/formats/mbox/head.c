/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a file begin like an mbox?  Asked by the probe, of each file in a tree,
 * and before anything is appended to one.
 */
#include "formats/mail_head.h"
#include "formats/mbox/boundary.h"
#include "formats/mbox/follow.h"
#include "formats/mbox/mmdf.h"
#include "formats/mbox/window.h"

#include <string.h>

#define HEAD (64 * 1024)

int am_mbox_head_fits(const uint8_t *head, size_t len, bool whole)
{
	struct am_mbox_from from;
	size_t passed;
	const uint8_t *p = head, *end = head + len;
	if (am_mbox_mmdf_head(head, len))
		return 2;
	if (len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	while (p < end && (*p == '\n' || *p == '\r' || *p == 0))
		p++;
	for (int junk = 0; p < end; junk++) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		if (!junk &&
		    !(eol && memchr(p, '\r', (size_t)(eol - p)) == eol - 1))
			/* Old Macintosh: the first CR comes before any LF. */
			if (memchr(p, '\r', (size_t)((eol ? eol : end) - p)))
				eol = memchr(p, '\r', (size_t)(end - p));
		size_t line = (size_t)((eol ? eol : end) - p);
		uint8_t ending = eol ? *eol : '\n';
		if (line && p[line - 1] == '\r')
			line--;
		if (line >= 5 && !memcmp(p, "From ", 5) && (eol || whole) &&
		    am_mbox_from_parse(&from, p, line)) {
			const uint8_t *rest = eol ? eol + 1 : end;
			enum am_mbox_follow f =
				am_mbox_follow_read(rest, (size_t)(end - rest),
			                            whole, ending, &passed);
			if (f == AM_MBOX_FOLLOW_NO ||
			    (f < AM_MBOX_FOLLOW_HEADERS && from.loose) ||
			    (!from.when.known && f == AM_MBOX_FOLLOW_EMPTY))
				return 0;
			return junk ? 1 : 2;
		}
		/* A file that begins with a header field is a mail. */
		if (!junk && am_mbox_header_shaped(p, end))
			return 0;
		if (!eol || junk == 64)
			return 0;
		p = eol + 1;
	}
	return 0;
}

int am_mbox_head_look(struct am_file *file, const char *name,
                      struct am_mbox_looks *looks, struct am_error *err)
{
	struct am_mbox_window w;
	int r = am_mbox_window_open(&w, file, HEAD, err);
	if (r)
		return r;
	while (am_mbox_window_more(&w, 0))
		;
	size_t begin = w.len < AM_MAIL_HEAD_BYTES ? w.len : AM_MAIL_HEAD_BYTES;
	*looks = (struct am_mbox_looks){
		.empty = !w.len,
		.outlook = am_mail_head_outlook(w.buf, w.len),
		.closed = am_mail_head_closed(w.buf, w.len),
		.mail = !am_mail_head_mailbox(name, w.buf, begin) &&
	                am_mail_head_bits(w.buf, begin) >= AM_MAIL_HEAD_ENOUGH,
	};
	int fits = am_mbox_head_fits(w.buf, w.len, w.len < HEAD);
	if (!fits && w.status < 0) {
		if (err)
			*err = w.error;
		fits = AM_FAILED;
	} else if (!fits && w.reader && looks->outlook) {
		fits = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "an Outlook data file, packed: pst:PATH reads "
		               "it");
	}
	am_mbox_window_close(&w);
	return fits;
}
