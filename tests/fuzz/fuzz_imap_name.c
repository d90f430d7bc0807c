/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mailbox names: the first byte is the separator (0x80: UTF-8).  Parts are
 * valid UTF-8; exact ones make the same wire bytes; and what is written as a
 * string in a command is read as the same string.
 */
#include "base/charset.h"
#include "base/reader.h"
#include "wire/imap.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void through_a_command(const char *s, size_t len, bool utf8)
{
	struct am_imap_out out = {.literal_plus = true, .utf8 = utf8};
	struct am_reader *in;
	struct am_imap_parser *p;
	struct am_imap_line line;

	am_imap_put(&out, "a SELECT ");
	if (am_imap_put_string(&out, s, len, NULL)) {
		if (!memchr(s, '\0', len))
			abort();
		am_imap_out_free(&out);
		return;
	}
	am_imap_put(&out, "\r\n");
	if (am_reader_memory(&in, out.data, out.len, NULL) ||
	    am_imap_parser_new(&p, in, AM_IMAP_SERVER, NULL, NULL, NULL) ||
	    am_imap_parser_line(p, &line, NULL) || line.damage ||
	    line.n_values != 2 || line.values[1].len != len)
		abort();
	const char *text = am_imap_text(&line.values[1]);
	if (!text || memcmp(text, s, len))
		abort();
	am_imap_parser_free(&p);
	am_reader_close(&in);
	am_imap_out_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len || len > 60000)
		return 0;
	char separator = (char)(*data & 0x7F);
	bool utf8 = *data & 0x80;
	bool exact;
	/* Its own allocation, so that reading past the end is seen. */
	char *wire = malloc(len);

	memcpy(wire, data + 1, len - 1);
	len--;
	char **parts = am_imap_name_parts(wire, len, separator, utf8, &exact);
	size_t depth = g_strv_length(parts);
	for (size_t i = 0; i < depth; i++)
		if (!am_utf8_valid(parts[i], strlen(parts[i])))
			abort();
	char *again = am_imap_name_wire((const char *const *)parts, depth,
	                                separator, utf8, NULL);
	if (exact &&
	    (!again || strlen(again) != len || memcmp(again, wire, len)))
		abort();
	through_a_command(wire, len, utf8);
	g_free(again);
	g_strfreev(parts);
	free(wire);
	return 0;
}
