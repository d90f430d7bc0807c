/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include "base/utf8.h"

#include <glib.h>

#include <math.h>
#include <string.h>

/*
 * `levels` holds the open brackets; `comma` says whether something stands
 * before the next element of the innermost one.
 */
struct am_json {
	GString *text;
	GString *levels;
	bool comma;
	bool after_key;
};

struct am_json *am_json_new(void)
{
	struct am_json *json = g_new0(struct am_json, 1);

	json->text = g_string_new(NULL);
	json->levels = g_string_new(NULL);
	return json;
}

void am_json_free(struct am_json **json)
{
	if (!*json)
		return;
	g_string_free((*json)->text, TRUE);
	g_string_free((*json)->levels, TRUE);
	g_free(*json);
	*json = NULL;
}

static void before_value(struct am_json *json)
{
	if (json->comma && !json->after_key && json->levels->len)
		g_string_append_c(json->text, ',');
	json->comma = true;
	json->after_key = false;
}

void am_json_open(struct am_json *json, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	before_value(json);
	g_string_append_c(json->text, bracket);
	g_string_append_c(json->levels, bracket);
	json->comma = false;
}

void am_json_close(struct am_json *json, char bracket)
{
	assert(json->levels->len && !json->after_key);
	assert(json->levels->str[json->levels->len - 1] ==
	       (bracket == '}' ? '{' : '['));
	g_string_truncate(json->levels, json->levels->len - 1);
	g_string_append_c(json->text, bracket);
	json->comma = true;
}

/* RFC 8259 §7, and DEL and the C1 set, which terminals take for commands. */
static void append_escape(GString *text, uint8_t c)
{
	static const char letters[] = "btn?fr"; /* 8 to 13 */
	char escape[7] = {'\\', (char)c};

	if (c >= 8 && c <= 13 && c != 11)
		escape[1] = letters[c - 8];
	else if (c != '"' && c != '\\')
		g_snprintf(escape, sizeof escape, "\\u%04x", c);
	g_string_append(text, escape);
}

/* U+0080 to U+009F; U+009B opens what ESC [ opens. */
static bool is_c1(const char *s, size_t n)
{
	return n == 2 && (uint8_t)s[0] == 0xC2 && (uint8_t)s[1] < 0xA0;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void append_string(GString *text, const char *s, size_t len)
{
	const char *end = s + len;

	g_string_append_c(text, '"');
	while (s < end) {
		const char *from = s;
		while (s < end && is_plain((uint8_t)*s))
			s++;
		g_string_append_len(text, from, s - from);
		if (s == end)
			break;
		size_t n = 1;
		if ((uint8_t)*s < 0x80)
			append_escape(text, (uint8_t)*s);
		else if ((n = am_utf8_step(s, (size_t)(end - s))) &&
		         !is_c1(s, n))
			g_string_append_len(text, s, (gssize)n);
		else if (n)
			append_escape(text, (uint8_t)s[1]);
		else
			g_string_append(text, "\xEF\xBF\xBD");
		s += n ? n : 1;
	}
	g_string_append_c(text, '"');
}

void am_json_key(struct am_json *json, const char *key)
{
	assert(!json->after_key);
	before_value(json);
	append_string(json->text, key, strlen(key));
	g_string_append_c(json->text, ':');
	json->after_key = true;
}

void am_json_stringn(struct am_json *json, const char *s, size_t len)
{
	before_value(json);
	append_string(json->text, len ? s : "", len);
}

void am_json_string(struct am_json *json, const char *s)
{
	if (s)
		am_json_stringn(json, s, strlen(s));
	else
		am_json_null(json);
}

void am_json_int(struct am_json *json, int64_t n)
{
	before_value(json);
	g_string_append_printf(json->text, "%" PRId64, n);
}

void am_json_uint(struct am_json *json, uint64_t n)
{
	before_value(json);
	g_string_append_printf(json->text, "%" PRIu64, n);
}

void am_json_double(struct am_json *json, double n)
{
	char buf[G_ASCII_DTOSTR_BUF_SIZE];

	/* JSON has neither infinities nor NaN. */
	if (!isfinite(n)) {
		am_json_null(json);
		return;
	}
	before_value(json);
	/* The shorter form where it is the same number: 0.1, not 0.1…01. */
	g_ascii_formatd(buf, sizeof buf, "%.15g", n);
	double back = g_ascii_strtod(buf, NULL);
	if (back < n || back > n)
		g_ascii_formatd(buf, sizeof buf, "%.17g", n);
	g_string_append(json->text, buf);
}

void am_json_bool(struct am_json *json, bool b)
{
	before_value(json);
	g_string_append(json->text, b ? "true" : "false");
}

void am_json_null(struct am_json *json)
{
	before_value(json);
	g_string_append(json->text, "null");
}

const char *am_json_text(const struct am_json *json, size_t *len)
{
	if (len)
		*len = json->text->len;
	return json->text->str;
}

void am_json_reset(struct am_json *json)
{
	g_string_truncate(json->text, 0);
	g_string_truncate(json->levels, 0);
	json->comma = json->after_key = false;
}
