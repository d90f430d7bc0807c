/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_tree.h"

#include "base/time.h"
#include "model/format.h"
#include "model/message.h"
#include "transfer/filter.h"

#include <glib.h>

#include <string.h>

/* Values of fields: dates, sizes, states. */

/* Gmail writes 2020/01/02, people "today". */
static int one_date(const char *text, size_t len, bool end_of, int64_t now,
                    int64_t *out, struct am_error *err)
{
	char buf[64];
	struct am_when when;
	int64_t today = now - ((now % 86400) + 86400) % 86400;

	g_snprintf(buf, sizeof(buf), "%.*s", (int)MIN(len, 60), text);
	for (char *p = buf; *p; p++)
		if (*p == '/')
			*p = '-';
	if (!g_ascii_strcasecmp(buf, "now")) {
		*out = now;
		return AM_OK;
	}
	if (!g_ascii_strcasecmp(buf, "today") ||
	    !g_ascii_strcasecmp(buf, "yesterday")) {
		*out = g_ascii_tolower(*buf) == 't' ? today : today - 86400;
		if (end_of)
			*out += 86399;
		return AM_OK;
	}
	int r = am_filter_date(buf, end_of, now, &when, err);
	if (!r)
		*out = when.sec;
	return r;
}

int am_value_date(struct am_node *node, enum am_field_kind kind,
                  const char *value, int64_t now, struct am_error *err)
{
	const char *dots = strstr(value, "..");
	size_t len = strlen(value);
	int r = AM_OK;

	node->from = INT64_MIN;
	node->to = INT64_MAX;
	if (kind == AM_FIELD_SINCE)
		return one_date(value, len, false, now, &node->from, err);
	if (kind == AM_FIELD_UNTIL)
		return one_date(value, len, true, now, &node->to, err);
	if (kind == AM_FIELD_BEFORE) {
		r = one_date(value, len, false, now, &node->to, err);
		if (!r)
			node->to--;
		return r;
	}
	if (!dots) {
		r = one_date(value, len, false, now, &node->from, err);
		if (!r)
			r = one_date(value, len, true, now, &node->to, err);
		/* "3d" is a moment; the day it lies in is meant. */
		if (!r && node->from == node->to)
			node->to = node->from + 86399;
		return r;
	}
	if (dots > value)
		r = one_date(value, (size_t)(dots - value), false, now,
		             &node->from, err);
	if (!r && dots[2])
		r = one_date(dots + 2, strlen(dots + 2), true, now, &node->to,
		             err);
	if (!r && node->from > node->to)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%.60s\" ends before it begins", value);
	return r;
}

static int one_size(const char *text, size_t len, uint64_t *out,
                    struct am_error *err)
{
	char buf[64];

	g_snprintf(buf, sizeof(buf), "%.*s", (int)MIN(len, 60), text);
	return am_parse_size(buf, out, err);
}

int am_value_size(struct am_node *node, enum am_field_kind kind,
                  const char *value, struct am_error *err)
{
	const char *dots = strstr(value, "..");
	size_t len = strlen(value);
	uint64_t size;
	int r;

	node->least = 0;
	node->most = UINT64_MAX;
	if (kind == AM_FIELD_SIZE && dots) {
		r = dots > value ? one_size(value, (size_t)(dots - value),
		                            &node->least, err)
		                 : AM_OK;
		if (!r && dots[2])
			r = one_size(dots + 2, strlen(dots + 2), &node->most,
			             err);
		return r;
	}
	if (kind == AM_FIELD_SIZE && (*value == '>' || *value == '<')) {
		bool equal = value[1] == '=';
		kind = *value == '>' ? AM_FIELD_LARGER : AM_FIELD_SMALLER;
		r = one_size(value + 1 + equal, len, &size, err);
		if (r)
			return r;
		if (equal && kind == AM_FIELD_LARGER)
			node->least = size;
		else if (equal)
			node->most = size;
		if (equal)
			return AM_OK;
	} else {
		r = one_size(value, len, &size, err);
		if (r)
			return r;
	}
	if (kind == AM_FIELD_LARGER)
		node->least = size == UINT64_MAX ? size : size + 1;
	else if (kind == AM_FIELD_SMALLER && size == 0)
		node->least = 1, node->most = 0; /* nothing is */
	else if (kind == AM_FIELD_SMALLER)
		node->most = size - 1;
	else
		node->least = node->most = size;
	return AM_OK;
}

bool am_value_is(struct am_node *node, const char *value)
{
	enum am_flag flag;
	char *low = g_ascii_strdown(value, -1);
	bool known = true;

	if (!strcmp(low, "read"))
		node->flags_set |= AM_SEEN;
	else if (!strcmp(low, "unread") || !strcmp(low, "unseen") ||
	         !strcmp(low, "new"))
		node->flags_unset |= AM_SEEN;
	else if (!strcmp(low, "starred"))
		node->flags_set |= AM_FLAGGED;
	else if (!strcmp(low, "replied"))
		node->flags_set |= AM_ANSWERED;
	else if (!strcmp(low, "passed"))
		node->flags_set |= AM_FORWARDED;
	else if (!strcmp(low, "trashed"))
		node->flags_set |= AM_DELETED;
	else if (!strcmp(low, "spam"))
		node->flags_set |= AM_JUNK;
	else if (am_flag_parse(low, &flag))
		node->flags_set |= (uint32_t)flag;
	else
		known = false;
	g_free(low);
	return known;
}
