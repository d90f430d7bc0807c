/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of a location: "key=value" against the table of a format.
 */
#include "model/format.h"

#include "base/bytes.h"

#include <glib.h>

#include <string.h>

/* The value behind the key when `option` is about it, else NULL. */
static const char *value_of(const char *option, const char *key, size_t len)
{
	if (strncmp(option, key, len))
		return NULL;
	if (option[len] == '=')
		return option + len + 1;
	return option[len] ? NULL : "yes";
}

const char *am_location_option(const struct am_location *where,
                               const struct am_option *table, const char *key)
{
	const char *value = NULL;

	/* The last one wins, as on every command line. */
	for (const char *const *o = where->options; o && *o; o++) {
		const char *v = value_of(*o, key, strlen(key));
		if (v)
			value = v;
	}
	for (; !value && table && table->name; table++)
		if (!strcmp(table->name, key))
			value = table->preset;
	return value;
}

int am_location_switch(const struct am_location *where,
                       const struct am_option *table, const char *key,
                       bool *out, struct am_error *err)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};
	const char *value = am_location_option(where, table, key);

	*out = false;
	if (!value)
		return AM_OK;
	for (size_t i = 0; i < AM_COUNT(yes); i++) {
		if (!g_ascii_strcasecmp(value, yes[i])) {
			*out = true;
			return AM_OK;
		}
		if (!g_ascii_strcasecmp(value, no[i]))
			return AM_OK;
	}
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "%s is yes or no, not \"%s\"", key, value);
}

int am_location_size(const struct am_location *where,
                     const struct am_option *table, const char *key,
                     uint64_t *out, struct am_error *err)
{
	const char *value = am_location_option(where, table, key);

	*out = 0;
	if (!value)
		return AM_OK;
	int r = am_parse_size(value, out, err);
	return r ? am_wrap(err, r, "option %s", key) : AM_OK;
}

int am_location_check(const struct am_location *where,
                      const struct am_option *table, const char *format,
                      struct am_error *err)
{
	for (const char *const *o = where->options; o && *o; o++) {
		const struct am_option *t = table;
		while (t && t->name && !value_of(*o, t->name, strlen(t->name)))
			t++;
		if (!t || !t->name)
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "%s has no option \"%.*s\"", format,
			               (int)strcspn(*o, "="), *o);
	}
	return AM_OK;
}

/* Powers of 1024 as k M G T say, with or without "B" or "iB"; 0: no unit. */
static uint64_t unit_of(const char *s)
{
	static const char letters[] = "kmgt";
	uint64_t unit = 1;

	if (*s) {
		const char *at = strchr(letters, g_ascii_tolower(*s));
		if (at) {
			unit <<= 10 * (at - letters + 1);
			s++;
			if (*s == 'i')
				s++;
		}
		if (*s == 'b' || *s == 'B')
			s++;
	}
	return *s ? 0 : unit;
}

int am_parse_size(const char *s, uint64_t *out, struct am_error *err)
{
	const char *p = s;
	uint64_t whole = 0, part = 0, scale = 1;
	bool good = g_ascii_isdigit(*p);

	for (; good && g_ascii_isdigit(*p); p++)
		good = am_mul_u64(whole, 10, &whole) &&
		       am_add_u64(whole, (uint64_t)(*p - '0'), &whole);
	if (good && *p == '.') {
		good = g_ascii_isdigit(p[1]);
		/* Six digits are a byte in a megabyte; more are passed over. */
		for (p++; g_ascii_isdigit(*p); p++) {
			if (scale < 1000000) {
				part = part * 10 + (uint64_t)(*p - '0');
				scale *= 10;
			}
		}
	}
	uint64_t unit = unit_of(p);
	if (!good || !unit || !am_mul_u64(whole, unit, &whole) ||
	    !am_add_u64(whole, part * unit / scale, &whole))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%s\" is no size such as 10, 10k, 5M or 1.5G",
		               s);
	*out = whole;
	return AM_OK;
}
