/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/header_dates.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/scan.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* More hops are a loop. */
#define DATES_MAX 64

static bool parse(const struct am_field *f, struct am_date_candidate *out)
{
	if (am_field_is(f, "Date")) {
		out->from = "header.date";
		return am_time_parse_mail(f->value, f->value_len, &out->when);
	}
	if (!am_field_is(f, "Received"))
		return false;
	out->from = "header.received";
	return am_time_parse_received(f->value, f->value_len, &out->when);
}

int am_header_dates_read(struct am_date_candidate **out, size_t *n,
                         const struct am_blob *raw,
                         const struct am_limits *given, struct am_arena *arena,
                         struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(given);
	size_t room = (size_t)MIN(am_blob_size(raw), limits.header_bytes);
	const char *bytes = (const char *)am_blob_bytes(raw);
	char *own = NULL;
	struct am_fields fields;
	struct am_field f;

	*n = 0;
	*out = am_arena_alloc(arena, DATES_MAX * sizeof **out);
	if (!bytes) {
		bytes = own = g_malloc(room + 1);
		int r = am_blob_read(raw, 0, own, room, &room, err);
		if (r) {
			g_free(own);
			return r;
		}
	}
	am_fields_init(&fields, bytes, am_header_len(bytes, room), 0);
	while (*n < DATES_MAX && am_fields_next(&fields, &f))
		if (parse(&f, &(*out)[*n]))
			++*n;
	g_free(own);
	return AM_OK;
}
