/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scanner (RFC 2045, 2046).  All it searches for in a body is lines that
 * start with "--" and equal a boundary that is open at that moment, innermost
 * first; a boundary further out ends everything inside it.  A delimiter line
 * is "--" boundary ["--"] blanks and a line end or the end of the message; the
 * line end before it is its own and no part's.
 *
 *   find_line    the next line that matters
 *   open_part    read a header block, note kind and encoding
 *   walk         what a boundary line ends and begins
 *
 * Header blocks are looked at in place; bodies are never kept.
 */
#include "mime/scan.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/content.h"
#include "mime/window.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

#define WINDOW_ROOM ((size_t)256 << 10)
#define NO_PART     UINT32_MAX
/* Content-… fields that are remembered where they stand. */
#define CONTENT_LINES 16

/* A multipart or message that is open, outermost first. */
struct frame {
	uint32_t part, children;
	const char *boundary; /* NULL: a message, or closed */
	size_t len;
};

/* Which line find_line came upon. */
enum what { NOTHING, EMPTY_LINE, BOUNDARY };
struct line {
	enum what what;
	uint64_t at, behind; /* its start, and that of the next one */
	size_t frame;
	bool closes;
};

struct scanner {
	struct am_window window;
	struct am_limits limits;
	struct am_arena *arena;
	struct am_error *err;
	struct am_part *parts;
	struct frame *frames;
	size_t n_parts, parts_room, n_frames, frames_room;
	struct am_part few_parts[8];
	struct frame few_frames[8];
	uint32_t leaf;   /* the one being read, or NO_PART */
	uint8_t *header; /* one that did not fit the window */
	bool capped;
	char eol;
	/* Lines of the last header block that may be Content-… fields: found
	 * on the way to its end, so that it is not gone through twice. */
	uint64_t content[CONTENT_LINES];
	size_t n_content;
};

/* Double an array that began as `few` inside the scanner. */
static void *grow(void *array, const void *few, size_t *room, size_t size)
{
	void *bigger = g_malloc(*room * 2 * size);

	memcpy(bigger, array, *room * size);
	if (array != few)
		g_free(array);
	*room *= 2;
	return bigger;
}

/* ---- lines ----------------------------------------------------------------
 */

/* Does this text, less the "--" it starts with, delimit an open multipart? */
static bool matches(const struct scanner *s, const char *text, size_t len,
                    struct line *out)
{
	bool closing = len > 2 && text[len - 1] == '-' && text[len - 2] == '-';

	for (size_t i = s->n_frames; i-- > 0;) {
		const struct frame *f = &s->frames[i];
		if (!f->boundary)
			continue;
		out->closes = closing && f->len == len - 2;
		if ((f->len == len || out->closes) &&
		    !memcmp(f->boundary, text, f->len)) {
			out->frame = i;
			return true;
		}
	}
	return false;
}

/* A line that starts with "--". */
static bool is_boundary(const struct scanner *s, const uint8_t *p, size_t len,
                        struct line *out)
{
	const char *text = (const char *)p + 2;

	/* No more of it whether it lies in memory or passes in a window. */
	len = MIN(len, s->limits.line_bytes) - 2;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' ||
	               text[len - 1] == '\r'))
		len--;
	return matches(s, text, len, out);
}

static inline bool is_empty(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p == '\r')
		p++;
	return p == end;
}

/* Where the line that pos is in the middle of ends. */
static int skip_line(struct scanner *s, uint64_t *pos)
{
	struct am_window *w = &s->window;

	while (*pos < w->size) {
		int r = am_window_slide(w, *pos, 1, s->err);
		if (r)
			return r;
		const uint8_t *p = w->data + (*pos - w->at);
		size_t left = (size_t)(w->at + w->len - *pos);
		const uint8_t *nl = left ? memchr(p, s->eol, left) : NULL;
		*pos += nl ? (size_t)(nl + 1 - p) : left;
		if (nl)
			return AM_OK;
	}
	return AM_OK;
}

/*
 * From the line start `pos` on: the next boundary, or, within a header block,
 * the empty line that ends it.  Lines are seen whole up to line_bytes; of one
 * that is longer only this much can be a boundary.
 */
static inline int find_line(struct scanner *s, uint64_t pos, bool in_header,
                            struct line *out)
{
	struct am_window *w = &s->window;
	int r;

	*out = (struct line){.what = NOTHING, .at = w->size, .behind = w->size};
	if (!in_header && !s->n_frames)
		return AM_OK;
	while (pos < w->size) {
		r = am_window_slide(w, pos, s->limits.line_bytes, s->err);
		if (r)
			return r;
		const uint8_t *p = w->data + (pos - w->at);
		const uint8_t *end = w->data + w->len, *safe = end, *nl = p;
		if (w->at + w->len < w->size)
			safe = end - s->limits.line_bytes + 1;
		while (p < safe) {
			size_t left = (size_t)(end - p);
			nl = memchr(p, s->eol, left);
			const uint8_t *last = nl ? nl : end;
			if (in_header && is_empty(p, last))
				out->what = EMPTY_LINE;
			else if (*p == '-' && last - p > 2 && p[1] == '-' &&
			         is_boundary(s, p, (size_t)(last - p), out))
				out->what = BOUNDARY;
			else if (in_header && (*p | 32) == 'c' &&
			         s->n_content++ < CONTENT_LINES)
				s->content[s->n_content - 1] =
					w->at + (uint64_t)(p - w->data);
			if (out->what) {
				out->at = w->at + (uint64_t)(p - w->data);
				out->behind =
					w->at + (uint64_t)(last - w->data);
				return skip_line(s, &out->behind);
			}
			if (!nl)
				break;
			p = nl + 1;
		}
		pos = w->at + (uint64_t)(p - w->data);
		if (!nl && p < safe && (r = skip_line(s, &pos)))
			return r;
	}
	return AM_OK;
}

/* ---- header blocks --------------------------------------------------------
 */

/* The block [from, to) in memory, its first header_bytes at least. */
static int view_header(struct scanner *s, uint64_t from, uint64_t to,
                       const char **block, size_t *len)
{
	struct am_window *w = &s->window;
	uint64_t want = to - from;

	if (want > s->limits.header_bytes) {
		want = s->limits.header_bytes;
		s->capped = true;
	}
	*len = (size_t)want;
	if (am_window_has(w, from, want)) {
		*block = (const char *)w->data + (from - w->at);
		return AM_OK;
	}
	g_free(s->header);
	s->header = g_malloc(*len + 1);
	*block = (const char *)s->header;
	return am_blob_read(w->blob, from, s->header, *len, len, s->err);
}

static void note_kind(struct scanner *s, struct am_part *part,
                      const struct am_field *field)
{
	if (!strncmp(part->type, "multipart/", 10)) {
		part->boundary = am_content_boundary(s->arena, field);
		if (part->boundary)
			part->kind = AM_PART_MULTIPART;
	} else if (!strcmp(part->type, "message/rfc822") ||
	           !strcmp(part->type, "message/global") ||
	           !strcmp(part->type, "message/rfc2822")) {
		part->kind = AM_PART_MESSAGE;
	}
	/* Further in than we look, it is one opaque leaf. */
	if (part->kind != AM_PART_LEAF && part->depth >= s->limits.mime_depth) {
		part->kind = AM_PART_LEAF;
		s->capped = true;
	}
}

/* The next field whose name begins with C. */
static bool next_content(struct scanner *s, struct am_fields *all, size_t *i,
                         struct am_field *out)
{
	if (s->n_content > CONTENT_LINES)
		return am_fields_next(all, out);
	while (*i < s->n_content) {
		uint64_t skip = s->content[(*i)++] - all->base;
		struct am_fields f;
		if (skip >= (uint64_t)(all->end - all->start))
			break;
		am_fields_init(
			&f, all->start + skip,
			(size_t)(all->end - all->start - (ptrdiff_t)skip),
			all->base + skip);
		f.eol = all->eol;
		if (am_fields_next(&f, out))
			return true;
	}
	return false;
}

static void read_header(struct scanner *s, struct am_part *part,
                        const char *block, size_t len)
{
	struct am_fields fields;
	struct am_field field, type = {0};
	bool has_encoding = false;
	size_t i = 0;

	am_fields_init(&fields, block, len, part->header);
	while (next_content(s, &fields, &i, &field)) {
		if (!type.name && am_field_is(&field, "Content-Type")) {
			type = field;
		} else if (!has_encoding &&
		           am_field_is(&field, "Content-Transfer-Encoding")) {
			part->encoding = am_content_encoding(&field);
			has_encoding = true;
		}
	}
	const char *name = type.name ? am_content_type(s->arena, &type) : NULL;
	if (name)
		part->type = name;
	/* A message/rfc822 within a digest comes without the field. */
	note_kind(s, part, &type);
	/* An encoded message has no ranges in these bytes. */
	if (part->kind == AM_PART_MESSAGE && part->encoding >= AM_ENC_QP)
		part->kind = AM_PART_LEAF;
}

/* Is the first line of a part in a multipart no header field?  Then the part
 * has no header, though it forgot the empty line to say so. */
static bool lacks_header(const struct scanner *s, const char *block, size_t len)
{
	struct am_fields fields;
	struct am_field field;

	if (!len || !s->n_frames || !s->frames[s->n_frames - 1].boundary)
		return false;
	const char *nl = memchr(block, s->eol, len);
	am_fields_init(&fields, block, nl ? (size_t)(nl - block) : len, 0);
	return !am_fields_next(&fields, &field);
}

/* ---- parts ----------------------------------------------------------------
 */

static struct am_part *add_part(struct scanner *s, uint64_t at)
{
	if (s->n_parts == s->parts_room)
		s->parts = grow(s->parts, s->few_parts, &s->parts_room,
		                sizeof *s->parts);
	struct am_part *part = &s->parts[s->n_parts];
	*part = (struct am_part){.header = at,
	                         .body = at,
	                         .end = at,
	                         .number = 1,
	                         .type = "text/plain"};
	if (s->n_frames) {
		struct frame *f = &s->frames[s->n_frames - 1];
		part->parent = f->part;
		part->number = ++f->children;
		part->depth = (uint16_t)(s->parts[f->part].depth + 1);
		if (!strcmp(s->parts[f->part].type, "multipart/digest"))
			part->type = "message/rfc822";
	}
	s->n_parts++;
	return part;
}

static void push(struct scanner *s, uint32_t index)
{
	const struct am_part *part = &s->parts[index];

	if (s->n_frames == s->frames_room)
		s->frames = grow(s->frames, s->few_frames, &s->frames_room,
		                 sizeof *s->frames);
	/* NOLINTNEXTLINE(*unix.Malloc) never 0 bytes */
	s->frames[s->n_frames++] = (struct frame){
		.part = index,
		.boundary = part->boundary,
		.len = part->boundary ? strlen(part->boundary) : 0};
}

/* A multipart whose empty line was forgotten, so that its first delimiter
 * stands in what looks like its header: where that is, else len. */
static size_t early_boundary(const struct scanner *s,
                             const struct am_part *part, const char *block,
                             size_t len)
{
	const char *p = block, *end = block + len;
	const char delimiter[] = {s->eol, '-', '-'};

	if (part->kind != AM_PART_MULTIPART)
		return len;
	size_t want = strlen(part->boundary);
	while ((p = memmem(p, (size_t)(end - p), delimiter, 3))) {
		p += 3;
		size_t left = (size_t)(end - p);
		if (left >= want && !memcmp(p, part->boundary, want) &&
		    (left == want || g_ascii_isspace(p[want])))
			return (size_t)(p - 2 - block);
	}
	return len;
}

/* One part too many: it is the rest of the message. */
static int rest_unseen(struct scanner *s, struct am_part *part,
                       struct line *line, uint64_t *pos)
{
	part->type = "application/octet-stream";
	s->leaf = (uint32_t)s->n_parts - 1;
	s->capped = true;
	*line = (struct line){.what = NOTHING};
	*pos = s->window.size;
	return AM_OK;
}

/*
 * A part whose header starts at `at`; if it is a message, then the one inside
 * too, and so on.  *line: a boundary that ended the header early, else
 * NOTHING; *pos: where to go on looking.
 */
static int open_part(struct scanner *s, uint64_t at, struct line *line,
                     uint64_t *pos)
{
	bool is_message;

	do {
		const char *block;
		size_t len;
		struct am_part *part = add_part(s, at);
		if (s->n_parts >= s->limits.mime_parts)
			return rest_unseen(s, part, line, pos);
		s->n_content = 0;
		int r = find_line(s, at, true, line);
		if (!r)
			r = view_header(s, at, line->at, &block, &len);
		if (r)
			return r;
		if (line->what == BOUNDARY && line->at == at && s->n_frames &&
		    s->frames[s->n_frames - 1].boundary) {
			/* Not a byte between two delimiters: no part. */
			s->n_parts--;
			s->frames[s->n_frames - 1].children--;
			return AM_OK;
		}
		part->body = line->what == EMPTY_LINE ? line->behind : line->at;
		if (lacks_header(s, block, len)) {
			part->body = at;
			part->type = "text/plain";
		} else {
			read_header(s, part, block, len);
			size_t early = early_boundary(s, part, block, len);
			if (early < len) {
				part->body = part->header + early;
				line->what = NOTHING;
			}
		}
		*pos = at = part->body;
		if (line->what == EMPTY_LINE)
			line->what = NOTHING;
		is_message = part->kind == AM_PART_MESSAGE;
		if (part->kind != AM_PART_LEAF)
			push(s, (uint32_t)s->n_parts - 1);
		else
			s->leaf = (uint32_t)s->n_parts - 1;
	} while (is_message && line->what == NOTHING);
	/* A message cut off before it began has an empty one inside. */
	if (is_message) {
		add_part(s, at);
		s->leaf = (uint32_t)s->n_parts - 1;
	}
	return AM_OK;
}

/* Where a body ends that the boundary line at `at` follows. */
static int before_line(struct scanner *s, uint64_t at, uint64_t *out)
{
	uint8_t last[2] = {0};
	size_t want = at < 2 ? (size_t)at : 2, got = 0;
	const struct am_window *w = &s->window;

	if (at - want >= w->at && at <= w->at + w->len) {
		memcpy(last + 2 - want, w->data + (at - want - w->at), want);
	} else {
		int r = am_blob_read(w->blob, at - want, last + 2 - want, want,
		                     &got, s->err);
		if (r)
			return r;
	}
	*out = at - ((char)last[1] == s->eol) -
	       (last[1] == '\n' && last[0] == '\r');
	return AM_OK;
}

/* End the leaf and all frames but the outermost n_keep.  A header may hold the
 * line end before the boundary; what is around it then ends there too. */
static void end_parts(struct scanner *s, size_t n_keep, uint64_t end)
{
	if (s->leaf != NO_PART) {
		end = MAX(end, s->parts[s->leaf].body);
		s->parts[s->leaf].end = end;
	}
	s->leaf = NO_PART;
	while (s->n_frames > n_keep) {
		struct am_part *p = &s->parts[s->frames[--s->n_frames].part];
		end = MAX(end, p->body);
		p->end = end;
	}
}

static int walk(struct scanner *s)
{
	struct line line;
	uint64_t pos, end;
	int r = open_part(s, 0, &line, &pos);

	while (!r) {
		if (line.what == NOTHING)
			r = find_line(s, pos, false, &line);
		if (r || line.what == NOTHING)
			break;
		if ((r = before_line(s, line.at, &end)))
			break;
		end_parts(s, line.frame + 1, end);
		if (line.closes) {
			/* What follows is its epilogue, still part of it. */
			struct frame *top = &s->frames[line.frame];
			s->parts[top->part].closed = true;
			top->boundary = NULL;
			line.what = NOTHING;
			pos = line.behind;
		} else if (line.behind < s->window.size) {
			r = open_part(s, line.behind, &line, &pos);
		} else {
			break; /* cut off: there is no part behind it */
		}
	}
	end_parts(s, 0, s->window.size);
	return r;
}

int am_scan_message(struct am_scan *out, const struct am_blob *raw,
                    const struct am_limits *limits, struct am_arena *arena,
                    struct am_error *err)
{
	struct scanner s;

	/* Not zeroed whole: the arrays in it are most of its size. */
	s.limits = am_limits_or_default(limits);
	s.limits.line_bytes =
		CLAMP(s.limits.line_bytes, AM_CONTENT_BOUNDARY_MAX + 10,
	              (size_t)16 << 20);
	s.limits.mime_depth = MIN(s.limits.mime_depth, UINT16_MAX - 1);
	s.limits.mime_parts = MIN(s.limits.mime_parts, UINT32_MAX / 2);
	s.arena = arena;
	s.err = err;
	s.parts = s.few_parts;
	s.frames = s.few_frames;
	s.parts_room = AM_COUNT(s.few_parts);
	s.frames_room = AM_COUNT(s.few_frames);
	s.n_parts = s.n_frames = 0;
	s.leaf = NO_PART;
	s.header = NULL;
	s.capped = false;
	am_window_init(&s.window, raw,
	               MAX(WINDOW_ROOM, s.limits.line_bytes * 2));
	int r = am_window_slide(&s.window, 0, s.limits.line_bytes, err);
	if (!r) {
		/* No more of it whether it lies in memory or in a file. */
		s.eol = am_line_end(s.window.data,
		                    MIN(s.window.len, s.limits.line_bytes));
		r = walk(&s);
	}
	if (!r) {
		struct am_part *parts =
			am_arena_alloc(arena, s.n_parts * sizeof *parts);
		memcpy(parts, s.parts, s.n_parts * sizeof *parts);
		*out = (struct am_scan){.n_parts = s.n_parts,
		                        .parts = parts,
		                        .capped = s.capped,
		                        .eol = s.eol};
	}
	am_window_drop(&s.window);
	g_free(s.header);
	if (s.parts != s.few_parts)
		g_free(s.parts);
	if (s.frames != s.few_frames)
		g_free(s.frames);
	return r;
}
