/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_date.h"
#include "index/query_tree.h"

#include "base/time.h"
#include "model/format.h"
#include "model/message.h"
#include "transfer/filter.h"

#include <glib.h>

#include <string.h>

/* Values of fields: dates, sizes, states. */

/* From the first to the last second of what is meant; of "3d" the moment. */
static int one_date(const char *text, size_t len, int64_t now, int64_t *from,
                    int64_t *to, struct am_error *err)
{
	char buf[64];
	struct am_when first, last;
	int r;

	if (am_natural_date(text, len, now, from, to))
		return AM_OK;
	/* Gmail writes 2020/01/02. */
	g_snprintf(buf, sizeof(buf), "%.*s", (int)MIN(len, 60), text);
	for (char *p = buf; *p; p++)
		if (*p == '/')
			*p = '-';
	r = am_filter_date(buf, false, now, &first, NULL);
	if (!r)
		r = am_filter_date(buf, true, now, &last, NULL);
	if (r)
		return am_fail(
			err, AM_FAILED, AM_E_ARGUMENT,
			"\"%.*s\" is no date such as 2020, 2020-05, "
			"2020-05-01, 3d, 2w, yesterday, \"last week\" or "
			"\"jan 2019\"",
			(int)MIN(len, 60), text);
	*from = first.sec;
	*to = last.sec;
	return AM_OK;
}

int am_value_date(struct am_node *node, enum am_field_kind kind,
                  const char *value, int64_t now, struct am_error *err)
{
	const char *dots = strstr(value, "..");
	size_t len = strlen(value);
	int64_t from = 0, to = 0;
	int r = AM_OK;

	node->from = INT64_MIN;
	node->to = INT64_MAX;
	if (kind != AM_FIELD_DATE || !dots) {
		r = one_date(value, len, now, &from, &to, err);
		if (r)
			return r;
		if (kind == AM_FIELD_BEFORE)
			node->to = from - 1;
		if (kind == AM_FIELD_UNTIL)
			node->to = to;
		if (kind == AM_FIELD_SINCE || kind == AM_FIELD_DATE)
			node->from = from;
		/* "3d" is a moment; the day it lies in is meant. */
		if (kind == AM_FIELD_DATE)
			node->to = from == to ? from + 86399 : to;
		return AM_OK;
	}
	if (dots > value) {
		r = one_date(value, (size_t)(dots - value), now, &from, &to,
		             err);
		node->from = from;
	}
	if (!r && !strcmp(dots + 2, "!")) { /* notmuch: of the same */
		node->to = to;
	} else if (!r && dots[2]) {
		r = one_date(dots + 2, strlen(dots + 2), now, &from, &to, err);
		node->to = to;
	}
	if (!r && node->from > node->to)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%.60s\" ends before it begins", value);
	return r;
}

size_t am_value_date_words(const char *text, size_t len, int64_t now)
{
	size_t best = 0, at = 0;

	for (unsigned words = 1; words <= 4 && at < len; words++) {
		int64_t from, to;
		while (at < len && !strchr(" \t\n\r(){}\"", text[at]))
			at++;
		if (words > 1 && am_natural_date(text, at, now, &from, &to))
			best = at;
		if (at < len && text[at] != ' ')
			break;
		at++;
	}
	return best;
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
	else /* Gmail's size:1000000 */
		node->least = size;
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
	else if (!strcmp(low, "important") || !strcmp(low, "muted") ||
	         !strcmp(low, "snoozed")) /* Gmail's labels */
		node->keyword = g_strdup(low);
	else if (am_flag_parse(low, &flag))
		node->flags_set |= (uint32_t)flag;
	else
		known = false;
	g_free(low);
	return known;
}
