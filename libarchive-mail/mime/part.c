/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single parts: their header block, their name, their place among the others.
 */
#include "mime/part.h"

#include "base/arena.h"
#include "base/blob.h"

#include <glib.h>

#include <string.h>

int am_part_header_read(struct am_part_header *out, const struct am_blob *raw,
                        const struct am_part *part, size_t max,
                        struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(raw);
	uint64_t size = part->body - part->header;

	*out = (struct am_part_header){.block = "",
	                               .len = (size_t)MIN(size, max)};
	if (!out->len)
		return AM_OK;
	if (bytes) {
		out->block = (const char *)bytes + part->header;
		return AM_OK;
	}
	out->block = out->owned = g_malloc(out->len);
	return am_blob_read(raw, part->header, out->owned, out->len, &out->len,
	                    err);
}

void am_part_header_drop(struct am_part_header *header)
{
	g_free(header->owned);
	header->owned = NULL;
}

void am_part_fields_take(struct am_part_fields *out,
                         const struct am_field *field)
{
	const struct {
		const char *name;
		struct am_field *to;
	} wanted[] = {
		{"Content-Type", &out->type},
		{"Content-Disposition", &out->disposition},
		{"Content-ID", &out->id},
		{"Content-Transfer-Encoding", &out->encoding},
	};

	if ((field->name[0] | 32) != 'c' || field->name_len < 10)
		return;
	for (size_t i = 0; i < AM_COUNT(wanted); i++)
		if (!wanted[i].to->name && am_field_is(field, wanted[i].name))
			*wanted[i].to = *field;
}

void am_part_fields_find(struct am_part_fields *out,
                         const struct am_part_header *header)
{
	struct am_fields fields;
	struct am_field f;

	*out = (struct am_part_fields){0};
	am_fields_init(&fields, header->block, header->len, 0);
	while (am_fields_next(&fields, &f))
		am_part_fields_take(out, &f);
}

/* Looking for a parameter costs more than a glance whether there is any. */
static char *param(struct am_arena *arena, const struct am_field *field,
                   const char *name)
{
	if (!field->name || !memchr(field->value, '=', field->value_len))
		return NULL;
	char *s = am_param_get(arena, field->value, field->value_len, name);
	return s && *s ? s : NULL;
}

char *am_part_name(struct am_arena *arena, const struct am_part_fields *fields)
{
	char *s = param(arena, &fields->disposition, "filename");

	return s ? s : param(arena, &fields->type, "name");
}

bool am_part_is_disposed(const struct am_part_fields *fields, const char *how)
{
	const char *p = fields->disposition.value;
	size_t len = fields->disposition.value_len, want = strlen(how);

	if (!fields->disposition.name)
		return false;
	while (len && (g_ascii_isspace(*p) || *p == '"')) {
		p++;
		len--;
	}
	return len >= want && !g_ascii_strncasecmp(p, how, want) &&
	       (len == want || !g_ascii_isalnum(p[want]));
}

static bool is_any(const char *type, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(type, *list))
			return true;
	return false;
}

bool am_part_is_attachment(const struct am_scan *scan, size_t part,
                           const struct am_part_fields *fields, bool has_name)
{
	/* Signatures and envelopes of the mail itself, never files in it. */
	static const char *const crypto[] = {"application/pgp-signature",
	                                     "application/pgp-encrypted",
	                                     "application/pkcs7-signature",
	                                     "application/pkcs7-mime",
	                                     "application/x-pkcs7-signature",
	                                     "application/x-pkcs7-mime",
	                                     NULL};
	/* What only machines read in a delivery report. */
	static const char *const reports[] = {
		"message/delivery-status",
		"message/global-delivery-status",
		"message/disposition-notification",
		"message/global-disposition-notification",
		"message/feedback-report",
		"message/tracking-status",
		NULL};
	const struct am_part *p = &scan->parts[part];
	const struct am_part *parent = &scan->parts[p->parent];
	const char *around = part ? parent->type : "";

	if (p->kind == AM_PART_MULTIPART || is_any(p->type, crypto) ||
	    !strcmp(around, "multipart/encrypted"))
		return false;
	if (has_name || am_part_is_disposed(fields, "attachment"))
		return true;
	if (p->kind == AM_PART_MESSAGE)
		return part && strcmp(around, "multipart/digest");
	return strncmp(p->type, "text/", 5) &&
	       strncmp(p->type, "multipart/", 10) &&
	       !is_any(p->type, reports) &&
	       strcmp(around, "multipart/related") &&
	       strcmp(around, "multipart/alternative");
}

/*
 * RFC 3501 §6.4.5: within a multipart parts are counted; a message that is no
 * multipart has its one part as 1; a multipart right under a message has no
 * number of its own and goes by the message's, as ".TEXT".
 */
char *am_part_section(struct am_arena *arena, const struct am_scan *scan,
                      size_t part)
{
	/* From the end to the front: at most ten digits and a dot each. */
	size_t room = ((size_t)scan->parts[part].depth + 2) * 11 + 5;
	char *buf = g_malloc(room), *to = buf + room;
	const struct am_part *p = &scan->parts[part];
	bool first = true;

	for (;; p = &scan->parts[p->parent], first = false) {
		const struct am_part *parent = &scan->parts[p->parent];
		bool root = parent == p;
		bool numbered = root || parent->kind == AM_PART_MESSAGE
		                        ? p->kind != AM_PART_MULTIPART
		                        : true;
		if (numbered) {
			uint32_t n = root ? 1 : p->number;
			if (to != buf + room)
				*--to = '.';
			do {
				*--to = (char)('0' + n % 10);
			} while (n /= 10);
		} else if (first && !root) {
			to -= 4;
			memcpy(to, "TEXT", 4);
		}
		if (root)
			break;
	}
	char *out = am_arena_strndup(arena, to, (size_t)(buf + room - to));
	g_free(buf);
	return out;
}
