/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <locale.h>
#include <math.h>
#include <string.h>

Test(json, commas_come_by_themselves)
{
	struct am_json *j = am_json_new();
	size_t len;

	for (int i = 0; i < 2; i++) {
		am_json_open(j, '{');
		am_json_key(j, "a");
		am_json_int(j, INT64_MIN);
		am_json_key(j, "b");
		am_json_open(j, '[');
		am_json_uint(j, UINT64_MAX);
		am_json_bool(j, true);
		am_json_bool(j, false);
		am_json_null(j);
		am_json_string(j, NULL);
		am_json_open(j, '[');
		am_json_close(j, ']');
		am_json_open(j, '{');
		am_json_close(j, '}');
		am_json_close(j, ']');
		am_json_key(j, "c");
		am_json_string(j, "d");
		am_json_close(j, '}');
		cr_assert_str_eq(am_json_text(j, &len),
		                 "{\"a\":-9223372036854775808,\"b\":["
		                 "18446744073709551615,true,false,null,null,"
		                 "[],{}],\"c\":\"d\"}");
		cr_assert_eq(len, strlen(am_json_text(j, NULL)));
		am_json_reset(j);
	}
	am_json_free(&j);
	cr_assert_null(j);
	am_json_free(&j);
}

Test(json, strings_are_always_valid)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} table[] = {
		{"", 0, "\"\""},
		{"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
		{"\b\t\n\v\f\r\0\x1f\x7f", 9,
	         "\"\\b\\t\\n\\u000b\\f\\r\\u0000\\u001f\\u007f\""},
		/* The C1 set: a terminal takes U+009B for ESC [. */
		{"\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", 8,
	         "\"\\u0080\\u009b\\u009f\xC2\xA0\""},
		{"\xC3\xA9\xF0\x9F\x93\xA7", 6, "\"\xC3\xA9\xF0\x9F\x93\xA7\""},
		{"a\xFF", 2, "\"a\xEF\xBF\xBD\""},
		{"\xC3", 1, "\"\xEF\xBF\xBD\""},
		{"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct am_json *j = am_json_new();
		am_json_stringn(j, table[i].in, table[i].len);
		cr_expect_str_eq(am_json_text(j, NULL), table[i].out, "row %zu",
		                 i);
		am_json_free(&j);
	}
}

Test(json, numbers_are_the_shortest_in_any_locale)
{
	static const struct {
		double n;
		const char *out;
	} table[] = {
		{0, "0"},
		{0.1, "0.1"},
		{1.0 / 3, "0.33333333333333331"},
		{-2.5, "-2.5"},
		{1e300, "1e+300"},
		{INFINITY, "null"},
		{NAN, "null"},
		{123456, "123456"},
	};

	(void)setlocale(LC_NUMERIC, "de_DE.UTF-8");
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct am_json *j = am_json_new();
		am_json_double(j, table[i].n);
		cr_expect_str_eq(am_json_text(j, NULL), table[i].out, "row %zu",
		                 i);
		am_json_free(&j);
	}
}
