/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs of LISTSERV, "LISTNAME LOG9803A": each message behind a line of 73 '='.
 * The header is short (Date, Reply-To, Sender, From, Subject …).
 */
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/mail_head.h"
#include "formats/oldbox/oldbox.h"

#include <string.h>

#define WIDTH 73

static const char separator[] = "========================================"
				"=================================";

/* Length of the separator line that begins these bytes; 0: there is none. */
static size_t separator_at(const uint8_t *p, size_t len)
{
	size_t n = WIDTH;

	if (len < WIDTH || memcmp(p, separator, WIDTH) != 0)
		return 0;
	while (n < len && (p[n] == ' ' || p[n] == '\r'))
		n++;
	return n < len && p[n] == '\n' ? n + 1 : 0;
}

static bool is_listserv(const struct am_box_file *file)
{
	size_t n = separator_at(file->head, file->head_len);

	return n && am_mail_head_bits(file->head + n, file->head_len - n) >=
	                    AM_MAIL_HEAD_ENOUGH;
}

/* A line of '=' in somebody's text: a header does not follow. */
static bool begins_message(const struct am_blob *file, uint64_t at)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	size_t got = 0;

	return !am_blob_read(file, at, head, sizeof head, &got, NULL) &&
	       am_mail_head_bits(head, got) >= AM_MAIL_HEAD_ENOUGH;
}

static int scan(struct am_slices *s, struct am_error *err)
{
	struct am_slice slice = {0};
	struct am_lines lines;
	struct am_line line;
	bool open = false;
	int r;

	am_lines_start(&lines, s->file, 0);
	while (!(r = am_lines_next(&lines, &line, err))) {
		if (line.more_of_it ||
		    separator_at(line.text, line.len) != line.len ||
		    !begins_message(s->file, line.at + line.len))
			continue;
		slice.len = line.at - slice.at;
		if (open)
			am_slices_add(s, &slice);
		slice = (struct am_slice){.at = line.at + line.len};
		open = true;
	}
	am_lines_end(&lines);
	if (r != AM_END)
		return r;
	if (!open)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: no line of %d '=' with a mail behind it",
		               s->place->origin, WIDTH);
	slice.len = am_blob_size(s->file) - slice.at;
	am_slices_add(s, &slice);
	return AM_OK;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {NULL, scan};

	return am_slices_open(out, place, &kind, err);
}

const struct am_box_kind am_box_listserv = {
	.format = "listserv",
	.suffixes = ".txt .log",
	.file = is_listserv,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_listserv, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "listserv", err);

	return r ? r : am_boxes_open(out, where, &am_box_listserv, ctx, err);
}

const struct am_format am_format_listserv = {
	.name = "listserv",
	.title = "LISTSERV: logs of mailing lists",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS,
	.options = options,
	.about = "Messages between lines of 73 '='; such a line without a mail "
		 "header behind it is text.",
	.reads = "LISTSERV's logs (no real file was at hand)",
	.probe = probe,
	.open_source = open_source,
};
