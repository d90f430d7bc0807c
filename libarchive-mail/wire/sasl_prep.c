/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>
#include <openssl/crypto.h>

#include <string.h>

/*
 * SASLprep, RFC 4013, with the tables of RFC 3454.  Characters that Unicode 3.2
 * did not know are let through, as a query may; a password is one.
 */

struct range {
	uint32_t from, to;
};

/* B.1: mapped to nothing. */
static const struct range nothing[] = {
	{0xAD, 0xAD},     {0x34F, 0x34F},   {0x1806, 0x1806}, {0x180B, 0x180D},
	{0x200B, 0x200D}, {0x2060, 0x2060}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};
/* C.1.2: other spaces. */
static const struct range spaces[] = {
	{0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200B},
	{0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};
/* C.1.2, C.2.1, C.2.2, C.3 to C.9. */
static const struct range forbidden[] = {
	{0, 0x1F},           {0x7F, 0xA0},       {0x340, 0x341},
	{0x6DD, 0x6DD},      {0x70F, 0x70F},     {0x1680, 0x1680},
	{0x180E, 0x180E},    {0x2000, 0x200F},   {0x2028, 0x202F},
	{0x205F, 0x2063},    {0x206A, 0x206F},   {0x2FF0, 0x2FFB},
	{0x3000, 0x3000},    {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},
	{0xFEFF, 0xFEFF},    {0xFFF9, 0xFFFF},   {0x1D173, 0x1D17A},
	{0x1FFFE, 0x1FFFF},  {0x2FFFE, 0x2FFFF}, {0x3FFFE, 0x3FFFF},
	{0x4FFFE, 0x4FFFF},  {0x5FFFE, 0x5FFFF}, {0x6FFFE, 0x6FFFF},
	{0x7FFFE, 0x7FFFF},  {0x8FFFE, 0x8FFFF}, {0x9FFFE, 0x9FFFF},
	{0xAFFFE, 0xAFFFF},  {0xBFFFE, 0xBFFFF}, {0xCFFFE, 0xCFFFF},
	{0xDFFFE, 0xDFFFF},  {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
	{0xEFFFE, 0x10FFFF},
};
/* D.1: letters that run from right to left. */
static const struct range right_to_left[] = {
	{0x5BE, 0x5BE},   {0x5C0, 0x5C0},   {0x5C3, 0x5C3},   {0x5D0, 0x5EA},
	{0x5F0, 0x5F4},   {0x61B, 0x61B},   {0x61F, 0x61F},   {0x621, 0x63A},
	{0x640, 0x64A},   {0x66D, 0x66F},   {0x671, 0x6D5},   {0x6DD, 0x6DD},
	{0x6E5, 0x6E6},   {0x6FA, 0x6FE},   {0x700, 0x70D},   {0x710, 0x710},
	{0x712, 0x72C},   {0x780, 0x7A5},   {0x7B1, 0x7B1},   {0x200F, 0x200F},
	{0xFB1D, 0xFB1D}, {0xFB1F, 0xFB28}, {0xFB2A, 0xFB36}, {0xFB38, 0xFB3C},
	{0xFB3E, 0xFB3E}, {0xFB40, 0xFB41}, {0xFB43, 0xFB44}, {0xFB46, 0xFBB1},
	{0xFBD3, 0xFD3D}, {0xFD50, 0xFD8F}, {0xFD92, 0xFDC7}, {0xFDF0, 0xFDFC},
	{0xFE70, 0xFE74}, {0xFE76, 0xFEFC},
};

static bool in(const struct range *r, size_t n, gunichar c)
{
	for (size_t i = 0; i < n && r[i].from <= c; i++)
		if (c <= r[i].to)
			return true;
	return false;
}
#define IN(table, c) in(table, AM_COUNT(table), c)

static void map(struct am_wiped *to, const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (IN(nothing, c))
			continue;
		if (IN(spaces, c))
			am_wiped_text(to, " ");
		else
			am_wiped_add(to, p, (size_t)(g_utf8_next_char(p) - p));
	}
}

/* RFC 3454 §6.  LCat is taken for "a letter, and not of the other kind". */
static bool direction_ok(const char *text)
{
	bool right = false, left = false;
	gunichar last = 0;

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		last = g_utf8_get_char(p);
		if (IN(right_to_left, last))
			right = true;
		else if (g_unichar_isalpha(last))
			left = true;
	}
	if (!right)
		return true;
	return !left && IN(right_to_left, g_utf8_get_char(text)) &&
	       IN(right_to_left, last);
}

int am_sasl_prep(struct am_wiped *out, const char *text, struct am_error *err)
{
	struct am_wiped mapped = {.data = NULL};

	am_wiped_clear(out);
	if (!g_utf8_validate(text, -1, NULL))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "name or password is not UTF-8");
	am_wiped_add(&mapped, "", 0);
	map(&mapped, text);
	char *normal = g_utf8_normalize(mapped.data, (gssize)mapped.len,
	                                G_NORMALIZE_NFKC);
	am_wiped_clear(&mapped);
	am_wiped_text(out, normal);
	OPENSSL_cleanse(normal, strlen(normal));
	g_free(normal);
	bool ok = direction_ok(out->data);
	for (const char *p = out->data; ok && *p; p = g_utf8_next_char(p))
		ok = !IN(forbidden, g_utf8_get_char(p));
	if (ok)
		return AM_OK;
	am_wiped_clear(out);
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "name or password holds characters that SASLprep (RFC "
	               "4013) forbids");
}
