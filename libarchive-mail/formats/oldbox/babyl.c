/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Babyl, which Emacs' Rmail wrote until 2008.
 *
 *     BABYL OPTIONS: -*- rmail -*-
 *     …
 *     ^_^L
 *     1, answered,, todo,             attributes, and behind ",," labels
 *     Summary-line: …                 Rmail's own
 *     the header as it came
 *
 *     *** EOOH ***
 *     the header as it is shown
 *
 *     text
 *     ^_^L                            or ^_ behind the last
 *
 * Where the first digit is 0 nothing stands before "*** EOOH ***": what is
 * behind it is the message.
 */
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/oldbox/oldbox.h"
#include "model/message.h"

#include <string.h>

static const char first[] = "BABYL OPTIONS:";

static bool is_babyl(const struct am_box_file *file)
{
	return file->head_len >= sizeof first - 1 &&
	       !memcmp(file->head, first, sizeof first - 1);
}

static void read_words(struct am_slice *slice, const char *s, size_t len)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} known[] = {{"answered", AM_ANSWERED},
	             {"deleted", AM_DELETED},
	             {"forwarded", AM_FORWARDED}};
	bool unseen = false;

	while (len) {
		const char *comma = memchr(s, ',', len);
		size_t n = comma ? (size_t)(comma - s) : len, next = n;
		const char *word = s;
		while (n && (*word == ' ' || *word == '\t')) {
			word++;
			n--;
		}
		uint32_t flag = 0;
		for (size_t i = 0; i < AM_COUNT(known); i++)
			if (strlen(known[i].name) == n &&
			    !memcmp(known[i].name, word, n))
				flag = known[i].flag;
		if (n == 6 && !memcmp(word, "unseen", 6))
			unseen = true;
		else if (flag)
			slice->flags |= flag;
		else
			am_slices_keyword(slice, word, n);
		s += next + (comma != NULL);
		len -= next + (comma != NULL);
	}
	if (!unseen)
		slice->flags |= AM_SEEN;
}

enum state { PREAMBLE, ATTRIBUTES, ORIGINAL, SHOWN, TEXT };

struct reading {
	struct am_slices *s;
	struct am_slice slice;
	enum state state;
	uint64_t original; /* where the header as it came begins */
	bool whole;        /* nothing stands before EOOH */
};

/* The message ends before `at`. */
static void finish(struct reading *r, uint64_t at)
{
	if (r->state < SHOWN) {
		if (r->state != PREAMBLE)
			am_slices_damaged(r->s, at, "a message without EOOH");
	} else if (r->whole) {
		r->slice.len = at - r->slice.at;
		am_slices_add(r->s, &r->slice);
		r->slice = (struct am_slice){0};
		return;
	} else {
		if (r->state == SHOWN) /* no text */
			r->slice.body = at;
		r->slice.body_len = at - r->slice.body;
		am_slices_add(r->s, &r->slice);
		r->slice = (struct am_slice){0};
		return;
	}
	g_free(r->slice.keywords);
	r->slice = (struct am_slice){0};
}

static void attributes(struct reading *r, const struct am_line *line)
{
	size_t len = line->len;

	while (len && strchr("\r\n", line->text[len - 1]))
		len--;
	r->whole = len && line->text[0] == '0';
	if (len > 2)
		read_words(&r->slice, (const char *)line->text + 2, len - 2);
	r->state = ORIGINAL;
	r->slice.at = line->at + line->len;
}

static void take_line(struct reading *r, const struct am_line *line)
{
	static const char summary[] = "Summary-line:";

	switch (r->state) {
	case ATTRIBUTES:
		attributes(r, line);
		break;
	case ORIGINAL:
		if (line->at == r->slice.at && line->len > sizeof summary - 1 &&
		    !memcmp(line->text, summary, sizeof summary - 1)) {
			r->slice.at += line->len;
		} else if (am_line_is(line, "*** EOOH ***")) {
			/* Some files say 1 and have no header there. */
			r->whole |= line->at == r->slice.at;
			r->slice.len = line->at - r->slice.at;
			if (r->whole)
				r->slice.at = line->at + line->len;
			r->state = SHOWN;
		}
		break;
	case SHOWN:
		if (am_line_is(line, "")) {
			r->state = TEXT;
			r->slice.body = line->at + line->len;
		}
		break;
	default:
		break;
	}
}

static int scan(struct am_slices *s, struct am_error *err)
{
	struct reading reading = {.s = s};
	struct am_lines lines;
	struct am_line line;
	int r;

	am_lines_start(&lines, s->file, 0);
	while (!(r = am_lines_next(&lines, &line, err))) {
		if (!line.more_of_it && line.text[0] == 0x1f) {
			finish(&reading, line.at);
			reading.state = line.len > 1 && line.text[1] == '\f'
			                        ? ATTRIBUTES
			                        : PREAMBLE;
			/* Some have the attributes in the same line. */
			if (reading.state == ATTRIBUTES && line.len > 3 &&
			    g_ascii_isdigit((char)line.text[2])) {
				line.text += 2;
				line.len -= 2;
				line.at += 2;
				attributes(&reading, &line);
			}
			continue;
		}
		take_line(&reading, &line);
	}
	am_lines_end(&lines);
	if (r == AM_END && reading.state != PREAMBLE)
		finish(&reading, am_blob_size(s->file));
	g_free(reading.slice.keywords);
	return r == AM_END ? AM_OK : r;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {NULL, scan};

	return am_slices_open(out, place, &kind, err);
}

const struct am_box_kind am_box_babyl = {
	.format = "babyl",
	.suffixes = ".babyl .rmail",
	.file = is_babyl,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_babyl, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "babyl", err);

	return r ? r : am_boxes_open(out, where, &am_box_babyl, ctx, err);
}

const struct am_format am_format_babyl = {
	.name = "babyl",
	.title = "Babyl: Emacs' Rmail until 2008",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_FLAGS |
                 AM_KEEPS_KEYWORDS,
	.options = options,
	.about = "The header as it came and the text; what Rmail made of the "
		 "header to show it is left out.  Attributes are flags, "
		 "labels keywords.",
	.reads = "Emacs' Rmail (no real file was at hand)",
	.probe = probe,
	.open_source = open_source,
};
