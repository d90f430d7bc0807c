/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts as a person knows them: what is said about one, and its bytes.
 */
#include "mime/walk.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/decode.h"
#include "mime/part.h"
#include "mime/words.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

static const char *main_value(struct am_arena *arena,
                              const struct am_field *field)
{
	if (!field->name)
		return NULL;
	const char *s = am_param_main(arena, field->value, field->value_len);
	return *s ? s : NULL;
}

static const char *without_brackets(struct am_arena *arena,
                                    const struct am_field *field)
{
	if (!field->name)
		return NULL;
	char *s = am_words_decode(arena, field->value, field->value_len);
	size_t len = strlen(s);
	if (len > 1 && *s == '<' && s[len - 1] == '>') {
		s[len - 1] = '\0';
		s++;
	}
	return s;
}

int am_part_info_read(struct am_part_info *out, const struct am_blob *raw,
                      const struct am_scan *scan, size_t part,
                      struct am_arena *arena, struct am_error *err)
{
	struct am_part_header header;
	struct am_part_fields fields;

	*out = (struct am_part_info){0};
	int r = am_part_header_read(&header, raw, &scan->parts[part],
	                            am_limits_or_default(NULL).header_bytes,
	                            err);
	if (r)
		goto out;
	am_part_fields_find(&fields, &header);
	out->section = am_part_section(arena, scan, part);
	out->type = scan->parts[part].type;
	if (fields.type.name)
		out->charset = am_param_get(arena, fields.type.value,
		                            fields.type.value_len, "charset");
	out->name = am_part_name(arena, &fields);
	out->disposition = main_value(arena, &fields.disposition);
	out->content_id = without_brackets(arena, &fields.id);
	out->encoding = main_value(arena, &fields.encoding);
	out->attachment =
		am_part_is_attachment(scan, part, &fields, out->name != NULL);
out:
	am_part_header_drop(&header);
	return r;
}

/* Child number n of a part, or SIZE_MAX. */
static size_t child(const struct am_scan *scan, size_t parent, uint32_t n)
{
	for (size_t i = parent + 1; i < scan->n_parts; i++) {
		if (scan->parts[i].depth <= scan->parts[parent].depth)
			break;
		if (scan->parts[i].parent == parent &&
		    scan->parts[i].number == n)
			return i;
	}
	return SIZE_MAX;
}

/* The part that n stands for in a message whose content is `content`. */
static size_t in_message(const struct am_scan *scan, size_t content, uint32_t n)
{
	if (scan->parts[content].kind == AM_PART_MULTIPART)
		return child(scan, content, n);
	return n == 1 ? content : SIZE_MAX;
}

static size_t step_down(const struct am_scan *scan, size_t from, uint32_t n)
{
	switch (scan->parts[from].kind) {
	case AM_PART_MULTIPART:
		return child(scan, from, n);
	case AM_PART_MESSAGE:
		from = child(scan, from, 1);
		return from == SIZE_MAX ? from : in_message(scan, from, n);
	default:
		return SIZE_MAX;
	}
}

size_t am_part_by_section(const struct am_scan *scan, const char *section)
{
	const char *p = section;
	size_t at = SIZE_MAX;

	if (!*p)
		return scan->parts[0].kind == AM_PART_MULTIPART ? 0 : SIZE_MAX;
	while (g_ascii_isdigit(*p)) {
		uint64_t n = 0;
		while (g_ascii_isdigit(*p) && n <= UINT32_MAX)
			n = n * 10 + (uint64_t)(*p++ - '0');
		if (n > UINT32_MAX)
			return SIZE_MAX;
		at = at == SIZE_MAX ? in_message(scan, 0, (uint32_t)n)
		                    : step_down(scan, at, (uint32_t)n);
		if (at == SIZE_MAX || !*p)
			return at;
		if (*p++ != '.')
			return SIZE_MAX;
	}
	/* "2.TEXT": the multipart right under message 2. */
	if (strcmp(p, "TEXT") || at == SIZE_MAX ||
	    scan->parts[at].kind != AM_PART_MESSAGE)
		return SIZE_MAX;
	at = child(scan, at, 1);
	return at != SIZE_MAX && scan->parts[at].kind == AM_PART_MULTIPART
	               ? at
	               : SIZE_MAX;
}

/* ---- bytes ----------------------------------------------------------------
 */

struct range {
	struct am_blob *blob;
	uint64_t at, end;
};

static int fill_from_range(void *self, uint8_t *buf, size_t room, size_t *got,
                           struct am_error *err)
{
	struct range *range = self;

	if (room > range->end - range->at)
		room = (size_t)(range->end - range->at);
	if (!room)
		return AM_END;
	int r = am_blob_read(range->blob, range->at, buf, room, got, err);
	range->at += *got;
	return r;
}

static void drop_range(void *self)
{
	struct range *range = self;

	am_blob_unref(&range->blob);
	g_free(range);
}

int am_part_raw(struct am_reader **out, const struct am_blob *raw,
                const struct am_scan *scan, size_t part, struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_from_range,
	                                         .close = drop_range};
	const struct am_part *p = &scan->parts[part];
	struct range *range = g_new0(struct range, 1);

	/* Counting is not changing: the blob stays as const as it was. */
	range->blob = am_blob_ref((struct am_blob *)(uintptr_t)raw);
	range->at = p->body;
	range->end = p->end;
	int r = am_reader_new(out, &ops, range, err);
	if (r)
		drop_range(range);
	return r;
}

int am_part_decoded(struct am_reader **out, const struct am_blob *raw,
                    const struct am_scan *scan, size_t part,
                    struct am_error *err)
{
	struct am_reader *inner = NULL;

	*out = NULL;
	int r = am_part_raw(&inner, raw, scan, part, err);
	if (r)
		return r;
	if (scan->parts[part].kind == AM_PART_LEAF) {
		switch (scan->parts[part].encoding) {
		case AM_ENC_BASE64:
			return am_decode_base64(out, inner, err);
		case AM_ENC_QP:
			return am_decode_qp(out, inner, err);
		case AM_ENC_UU:
			return am_decode_uu(out, inner, err);
		default:
			break;
		}
	}
	*out = inner;
	return AM_OK;
}
