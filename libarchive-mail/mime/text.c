/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a message says.  One walk over the parts of the scan; each text part
 * streams through
 *
 *   transfer decoding -> charset -> HTML to text | quoted lines -> the caller
 *
 * in pieces of some kilobytes, so the size of a part does not matter.
 */
#include "mime/text.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/address.h"
#include "mime/card.h"
#include "mime/html.h"
#include "mime/part.h"
#include "mime/quote.h"
#include "mime/recode.h"
#include "mime/walk.h"
#include "mime/words.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

#define MAX_BYTES_DEFAULT ((uint64_t)4 << 20)
/* A message/rfc822 that is itself encoded (which RFC 2046 forbids) is undone
 * in memory, this much of it, and to this depth. */
#define ENCODED_MAX       ((size_t)8 << 20)
#define ENCODED_DEPTH_MAX 3
/* Where <meta charset> must stand (WHATWG HTML §13.2.3.2). */
#define META_MAX 1024

struct reading {
	const struct am_blob *raw;
	const struct am_scan *scan;
	const struct am_text_options *options;
	struct am_limits limits;
	am_text_fn *text;
	void *user;
	struct am_error *err;
	uint64_t left;
	bool truncated;
	bool missed;   /* a nested message was too deep or long to open */
	bool attached; /* all of this is an attachment of a message around */
	unsigned depth;
	const char *prefix; /* of sections, when inside an encoded message */

	int r; /* what text() said last; others than AM_OK stop everything */
	enum am_text_kind own, quoted;
	const char *section;
};

/* The form of a part's text. */
enum form { NONE, PLAIN, MARKUP, CARD };

static bool stopped(const struct reading *t)
{
	return t->r || t->truncated;
}

/* ---- handing out ----------------------------------------------------------
 */

static void emit(struct reading *t, enum am_text_kind kind, const char *s,
                 size_t len)
{
	if (stopped(t) || !len)
		return;
	if (len > t->left) {
		len = (size_t)t->left;
		while (len && ((uint8_t)s[len] & 0xc0) == 0x80)
			len--;
		t->truncated = true;
	}
	t->left -= len;
	if (len)
		t->r = t->text(t->user, kind, t->section, s, len, t->err);
}

static void emit_quoting(void *user, bool quoted, const char *s, size_t len)
{
	struct reading *t = user;

	emit(t, quoted ? t->quoted : t->own, s, len);
}

static void emit_link(void *user, const char *url, size_t len)
{
	emit(user, AM_TEXT_LINK, url, len);
}

/* ---- one text part --------------------------------------------------------
 */

struct stream {
	struct am_quote quote;
	struct am_html *html;
	struct am_card *card;
	bool cr; /* is what ends a line */
};

static void emit_card(void *user, const char *s, size_t len)
{
	struct reading *t = user;

	emit(t, t->own, s, len);
}

static void feed(struct stream *st, const char *s, size_t len)
{
	if (st->html)
		am_html_feed(st->html, s, len);
	else if (st->card)
		am_card_feed(st->card, s, len);
	else
		am_quote_feed(&st->quote, s, len);
}

static void take_utf8(void *user, const char *s, size_t len)
{
	struct stream *st = user;
	const char *end = s + len, *cr;

	while (st->cr && (cr = memchr(s, '\r', (size_t)(end - s)))) {
		feed(st, s, (size_t)(cr - s));
		feed(st, "\n", 1);
		s = cr + 1;
	}
	feed(st, s, (size_t)(end - s));
}

/* HTML that came without a charset names one itself, perhaps. */
static char *meta_charset(struct am_arena *arena, const uint8_t *data,
                          size_t len)
{
	const char *s = (const char *)data, *end = s + MIN(len, META_MAX);

	for (; end - s > 8; s++) {
		s = memchr(s, '=', (size_t)(end - s));
		if (!s)
			break;
		if (s - (const char *)data < 7 ||
		    g_ascii_strncasecmp(s - 7, "charset", 7))
			continue;
		const char *from = s + 1;
		while (from < end && (*from == '"' || *from == '\'' ||
		                      g_ascii_isspace(*from)))
			from++;
		const char *to = from;
		while (to < end &&
		       (g_ascii_isalnum(*to) || strchr("-_.:", *to)) && *to)
			to++;
		if (to > from)
			return am_arena_strndup(arena, from,
			                        (size_t)(to - from));
	}
	return NULL;
}

static int pump(struct reading *t, struct am_reader *reader, struct stream *st,
                const char *charset, struct am_arena *arena)
{
	struct am_recode *recode = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_reader_peek(reader, META_MAX, &data, &len, t->err);

	if (!r && st->html && (!charset || !*charset))
		charset = meta_charset(arena, data, len);
	/* What is no card is text all the same. */
	if (!r && st->card &&
	    (len < 7 || g_ascii_strncasecmp((const char *)data, "BEGIN:V", 7)))
		am_card_free(&st->card);
	recode = am_recode_new(charset, take_utf8, st);
	while (!r && !stopped(t)) {
		am_recode_feed(recode, (const char *)data, len);
		am_reader_skip(reader, len);
		r = am_reader_peek(reader, 1, &data, &len, t->err);
	}
	if (!stopped(t))
		am_recode_finish(recode);
	am_recode_free(&recode);
	return r == AM_END ? AM_OK : r;
}

static int read_text(struct reading *t, size_t part, enum form form,
                     const char *charset, struct am_arena *arena)
{
	struct am_reader *reader = NULL;
	struct stream st = {.quote = {.out = emit_quoting, .user = t},
	                    .cr = t->scan->eol == '\r'};

	int r = am_part_decoded(&reader, t->raw, t->scan, part, t->err);
	if (r)
		return r;
	if (form == MARKUP)
		st.html = am_html_new(emit_quoting, t, t->options->keep_layout);
	else if (form == CARD)
		st.card = am_card_new(emit_card, t);
	if (st.html && t->options->links)
		am_html_links(st.html, emit_link);
	r = pump(t, reader, &st, charset, arena);
	if (!stopped(t)) {
		if (st.html)
			am_html_finish(st.html);
		else if (st.card)
			am_card_finish(st.card);
		else
			am_quote_finish(&st.quote);
	}
	am_html_free(&st.html);
	am_card_free(&st.card);
	am_reader_close(&reader);
	return r;
}

/* ---- which parts ----------------------------------------------------------
 */

static bool is_any(const char *type, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(type, *list))
			return true;
	return false;
}

static enum form form_of(const struct am_part *p)
{
	static const char *const markup[] = {"text/html", "text/xml",
	                                     "application/xhtml+xml", NULL};
	static const char *const card[] = {"text/calendar",  "text/vcard",
	                                   "text/x-vcard",   "text/x-vcalendar",
	                                   "text/directory", NULL};
	/* Not readable as it stands. */
	static const char *const opaque[] = {"text/rtf", NULL};
	static const char *const plain[] = {"message/delivery-status",
	                                    "message/global-delivery-status",
	                                    "message/disposition-notification",
	                                    "message/news",
	                                    "message/feedback-report",
	                                    "message/rfc822-headers",
	                                    "message/global-headers",
	                                    "message/partial",
	                                    NULL};

	if (is_any(p->type, markup))
		return MARKUP;
	if (is_any(p->type, card))
		return CARD;
	if (!strncmp(p->type, "text/", 5))
		return is_any(p->type, opaque) ? NONE : PLAIN;
	/* A multipart whose boundary is missing, or never came up: the text
	 * in it is still text. */
	if (!strncmp(p->type, "multipart/", 10))
		return PLAIN;
	return is_any(p->type, plain) ? PLAIN : NONE;
}

static size_t behind(const struct am_scan *scan, size_t part)
{
	size_t i = part + 1;

	while (i < scan->n_parts &&
	       scan->parts[i].depth > scan->parts[part].depth)
		i++;
	return i;
}

/* How good a child of an alternative is to read: plain text that is there,
 * then what holds HTML (or the other way round), then anything with text. */
static int goodness(const struct am_scan *scan, size_t part, bool prefer_html)
{
	const struct am_part *p = &scan->parts[part];
	int html = prefer_html ? 6 : 4;

	if (p->kind == AM_PART_LEAF)
		return form_of(p) == NONE               ? 0
		       : p->end - p->body < 3           ? 1
		       : !strcmp(p->type, "text/plain") ? 5
		       : !strcmp(p->type, "text/html")  ? html
		                                        : 2;
	int best = 0;
	for (size_t i = part + 1, end = behind(scan, part); i < end; i++) {
		const struct am_part *within = &scan->parts[i];
		if (within->kind != AM_PART_LEAF || form_of(within) == NONE)
			continue;
		best = MAX(best, 3);
		/* HTML with its pictures is HTML too. */
		if (prefer_html && !strcmp(within->type, "text/html"))
			best = html;
	}
	return best;
}

static bool is_alternative(const struct am_part *p)
{
	return p->kind == AM_PART_MULTIPART &&
	       !strcmp(p->type, "multipart/alternative");
}

/* For every part: is it one of the alternatives not taken?  NULL: all are. */
static bool *choose(const struct am_scan *scan, bool prefer_html)
{
	bool *left_out = NULL;

	for (size_t i = 0; i < scan->n_parts; i++) {
		if (!is_alternative(&scan->parts[i]))
			continue;
		size_t best = 0, end = behind(scan, i);
		int best_score = -1;
		if (!left_out)
			left_out = g_new0(bool, scan->n_parts);
		for (size_t c = i + 1; c < end; c = behind(scan, c)) {
			int score = goodness(scan, c, prefer_html);
			left_out[c] = true;
			if (score > best_score) {
				best_score = score;
				best = c;
			}
		}
		if (best)
			left_out[best] = false;
	}
	return left_out;
}

/* ---- nested messages ------------------------------------------------------
 */

static void add_heading(GString *to, struct am_arena *arena,
                        const struct am_part_header *header)
{
	static const char *const names[] = {"From", "To", "Subject", "Date"};

	for (size_t i = 0; i < AM_COUNT(names); i++) {
		struct am_fields fields;
		struct am_field f;
		am_fields_init(&fields, header->block, header->len, 0);
		while (am_fields_next(&fields, &f)) {
			if (!am_field_is(&f, names[i]))
				continue;
			char *s = i < 2 ? am_address_text(arena, NULL, f.value,
			                                  f.value_len)
			                : am_words_decode(arena, f.value,
			                                  f.value_len);
			if (*s)
				g_string_append_printf(to, "%s: %s\n", names[i],
				                       s);
			break;
		}
	}
}

static int emit_heading(struct reading *t, size_t part, struct am_arena *arena)
{
	struct am_part_header header;
	GString *text = g_string_new(NULL);

	int r = am_part_header_read(&header, t->raw, &t->scan->parts[part],
	                            t->limits.header_bytes, t->err);
	if (!r) {
		add_heading(text, arena, &header);
		emit(t, AM_TEXT_HEADING, text->str, text->len);
	}
	am_part_header_drop(&header);
	g_string_free(text, TRUE);
	return r;
}

static int read_message(struct reading *t);

/* A message/rfc822 in base64 or the like: decoded, it is a message again. */
static int read_encoded(struct reading *t, size_t part, bool attached,
                        const char *section, struct am_arena *arena)
{
	struct am_reader *reader = NULL;
	struct am_blob *blob = NULL;
	struct am_scan scan;
	size_t got = 0;
	uint64_t size = t->scan->parts[part].end - t->scan->parts[part].body;
	size_t room = (size_t)MIN(size, ENCODED_MAX);

	if (t->depth >= ENCODED_DEPTH_MAX) {
		t->missed = true;
		return AM_OK;
	}
	int r = am_part_decoded(&reader, t->raw, t->scan, part, t->err);
	if (r)
		return r;
	uint8_t *bytes = g_malloc(room + 1);
	r = am_reader_read(reader, bytes, room, &got, t->err);
	am_reader_close(&reader);
	t->missed |= size > room && got == room;
	if (!r)
		r = am_blob_take(&blob, bytes, got, t->err);
	else
		g_free(bytes);
	if (!r)
		r = am_scan_message(&scan, blob, &t->limits, arena, t->err);
	if (!r) {
		struct reading inner = *t;
		inner.raw = blob;
		inner.scan = &scan;
		inner.depth++;
		inner.attached = attached;
		inner.prefix = section;
		inner.section = section;
		r = emit_heading(&inner, 0, arena);
		if (!r)
			r = read_message(&inner);
		t->left = inner.left;
		t->r = inner.r;
		t->truncated = inner.truncated;
		t->missed |= inner.missed;
	}
	am_blob_unref(&blob);
	return r;
}

/* ---- the walk -------------------------------------------------------------
 */

static int read_part(struct reading *t, size_t i, bool attached,
                     struct am_arena *arena)
{
	const struct am_part *p = &t->scan->parts[i];
	struct am_part_info info;
	int r = am_part_info_read(&info, t->raw, t->scan, i, arena, t->err);

	if (r)
		return r;
	t->section = t->prefix ? am_arena_printf(arena, "%s.%s", t->prefix,
	                                         info.section)
	                       : info.section;
	attached |=
		i && (info.name || (info.disposition &&
	                            !strcmp(info.disposition, "attachment")));
	t->own = attached ? AM_TEXT_ATTACHMENT : AM_TEXT_BODY;
	t->quoted = attached ? AM_TEXT_ATTACHMENT : AM_TEXT_QUOTED;
	if (p->kind == AM_PART_MESSAGE)
		return emit_heading(t, i + 1, arena);
	if (!strcmp(p->type, "message/rfc822") ||
	    !strcmp(p->type, "message/global"))
		return read_encoded(t, i, attached, t->section, arena);
	return read_text(t, i, form_of(p), info.charset, arena);
}

/* Nothing to say, or only structure. */
static bool has_text(const struct am_scan *scan, size_t i)
{
	const struct am_part *p = &scan->parts[i];

	if (p->kind == AM_PART_MESSAGE)
		return true;
	if (p->kind == AM_PART_MULTIPART)
		return behind(scan, i) == i + 1; /* no part in it */
	return form_of(p) != NONE || !strncmp(p->type, "message/rfc822", 14) ||
	       !strncmp(p->type, "message/global", 14);
}

static bool is_attached(const struct reading *t, size_t part,
                        struct am_error *err, int *r)
{
	struct am_part_header header;
	struct am_part_fields fields;
	struct am_arena *arena = am_arena_new();
	bool yes = false;

	*r = am_part_header_read(&header, t->raw, &t->scan->parts[part],
	                         t->limits.header_bytes, err);
	if (!*r) {
		am_part_fields_find(&fields, &header);
		yes = am_part_is_disposed(&fields, "attachment") ||
		      am_part_name(arena, &fields);
	}
	am_part_header_drop(&header);
	am_arena_free(&arena);
	return yes;
}

static int read_message(struct reading *t)
{
	const struct am_scan *scan = t->scan;
	bool *left_out = t->options->best_alternative
	                         ? choose(scan, t->options->prefer_html)
	                         : NULL;
	size_t attached_until = 0; /* parts of an attached message */
	int r = AM_OK;

	for (size_t i = 0; i < scan->n_parts && !r && !stopped(t); i++) {
		const struct am_part *p = &scan->parts[i];
		if ((left_out && left_out[i]) ||
		    !strcmp(p->type, "multipart/encrypted")) {
			i = behind(scan, i) - 1;
			continue;
		}
		if (!has_text(scan, i))
			continue;
		bool attached = t->attached || i < attached_until;
		if (i && p->kind == AM_PART_MESSAGE && !attached &&
		    is_attached(t, i, t->err, &r))
			attached_until = behind(scan, i);
		if (r)
			break;
		struct am_arena *arena = am_arena_new();
		r = read_part(t, i, attached, arena);
		am_arena_free(&arena);
	}
	g_free(left_out);
	return r;
}

int am_text_read(const struct am_blob *raw, const struct am_scan *scan,
                 const struct am_text_options *options,
                 const struct am_limits *limits, am_text_fn *text, void *user,
                 bool *truncated, struct am_error *err)
{
	static const struct am_text_options plain;
	struct reading t = {.raw = raw,
	                    .scan = scan,
	                    .text = text,
	                    .user = user,
	                    .err = err};

	t.options = options ? options : &plain;
	t.limits = am_limits_or_default(limits);
	t.left =
		t.options->max_bytes ? t.options->max_bytes : MAX_BYTES_DEFAULT;
	int r = read_message(&t);
	if (truncated)
		*truncated = t.truncated || t.missed;
	return r ? r : t.r;
}
