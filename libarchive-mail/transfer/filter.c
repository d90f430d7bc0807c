/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/filter.h"

#include "base/blob.h"
#include "mime/scan.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

#define HEADER_MAX ((size_t)256 << 10)

static bool matches_any(const struct am_folder *folder,
                        const char *const *globs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (folder && am_folder_matches(folder, globs[i]))
			return true;
	return false;
}

bool am_filter_wants_folder(const struct am_filter *filter,
                            const struct am_folder *folder)
{
	if (filter->n_folders &&
	    !matches_any(folder, filter->folders, filter->n_folders))
		return false;
	return !matches_any(folder, filter->exclude, filter->n_exclude);
}

/* The Date: field of the header block. */
static struct am_when date_of(const struct am_message *msg)
{
	size_t want = msg->size < HEADER_MAX ? (size_t)msg->size : HEADER_MAX;
	const uint8_t *bytes = am_blob_bytes(msg->raw);
	struct am_when when = {0};
	uint8_t *buf = NULL;
	struct am_fields fields;
	struct am_field field;
	size_t len = want;

	if (!bytes) {
		bytes = buf = g_malloc(want ? want : 1);
		if (am_blob_read(msg->raw, 0, buf, want, &len, NULL))
			goto out;
	}
	am_fields_init(&fields, bytes, am_header_len(bytes, len), 0);
	while (am_fields_next(&fields, &field)) {
		if (!am_field_is(&field, "Date"))
			continue;
		if (!am_time_parse_mail(field.value, field.value_len, &when))
			when = (struct am_when){0};
		break;
	}
out:
	g_free(buf);
	return when;
}

static bool wants_date(const struct am_filter *filter,
                       const struct am_message *msg, bool loaded)
{
	struct am_when when = msg->received;

	if (!filter->since.known && !filter->until.known)
		return true;
	if (!when.known && !loaded)
		return true; /* the header will tell */
	if (!when.known)
		when = date_of(msg);
	if (!when.known)
		return false;
	return (!filter->since.known || when.sec >= filter->since.sec) &&
	       (!filter->until.known || when.sec <= filter->until.sec);
}

static bool wants_size(const struct am_filter *filter,
                       const struct am_message *msg)
{
	if (msg->size == AM_SIZE_UNKNOWN)
		return true;
	return (!filter->larger || msg->size > filter->larger) &&
	       (!filter->smaller || msg->size < filter->smaller);
}

bool am_filter_wants(const struct am_filter *filter,
                     const struct am_message *msg, bool loaded)
{
	return am_filter_wants_folder(filter, msg->folder) &&
	       wants_size(filter, msg) && wants_date(filter, msg, loaded);
}

/* "3d", "2w", "6m", "1y": so long before now. */
static bool parse_ago(const char *text, int64_t now, struct am_when *out)
{
	static const struct {
		char letter;
		int64_t days;
	} units[] = {{'d', 1}, {'w', 7}, {'m', 30}, {'y', 365}};
	char *end;

	if (!g_ascii_isdigit(*text))
		return false;
	guint64 n = g_ascii_strtoull(text, &end, 10);
	if (!*end || end[1] || n > 100000)
		return false;
	for (size_t i = 0; i < AM_COUNT(units); i++) {
		if (g_ascii_tolower(*end) != units[i].letter)
			continue;
		*out = (struct am_when){
			.sec = now - (int64_t)n * units[i].days * 86400,
			.known = true,
		};
		return true;
	}
	return false;
}

/* "2020", "2020-05", "2020-05-01": a span; its first or its last second. */
static bool parse_span(const char *text, bool end_of, struct am_when *out)
{
	int part[3] = {0, 0, 0};
	int n = 0;
	const char *p = text;

	for (; n < 3; n++) {
		size_t digits = strspn(p, "0123456789");
		if (digits != (n ? 2u : 4u))
			return false;
		part[n] = (int)g_ascii_strtoull(p, NULL, 10);
		p += digits;
		if (!*p) {
			n++;
			break;
		}
		if (*p++ != '-')
			return false;
	}
	if (*p || p[-1] == '-')
		return false;
	int year = part[0], month = n > 1 ? part[1] : 1;
	int day = n > 2 ? part[2] : 1;
	int y, m, d, hour, minute, second;
	int64_t first = am_time_from_civil(year, month, day, 0, 0, 0);
	/* 2020-02-31 is not a day: the way back shows it. */
	am_time_civil(first, &y, &m, &d, &hour, &minute, &second);
	if (month < 1 || month > 12 || y != year || m != month || d != day)
		return false;
	if (end_of) {
		int64_t next =
			n == 1   ? am_time_from_civil(year + 1, 1, 1, 0, 0, 0)
			: n == 3 ? first + 86400
			: month == 12
				? am_time_from_civil(year + 1, 1, 1, 0, 0, 0)
				: am_time_from_civil(year, month + 1, 1, 0, 0,
		                                     0);
		first = next - 1;
	}
	*out = (struct am_when){.sec = first, .known = true};
	return true;
}

int am_filter_date(const char *text, bool end_of, int64_t now,
                   struct am_when *out, struct am_error *err)
{
	if (parse_ago(text, now, out) || parse_span(text, end_of, out) ||
	    am_time_parse_iso(text, out))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "\"%.60s\" is no date such as 2020, 2020-05, "
	               "2020-05-01, 2020-05-01T12:00:00Z, 3d or 2w",
	               text);
}
