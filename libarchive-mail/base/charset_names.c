/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset_names.h"

#include <glib.h>

#include <string.h>

/*
 * Mail's charset names to iconv's.  A closed list: iconv knows hundreds of
 * charsets that no mail is in, and a hostile name would choose among the
 * decoders that hung or overflowed in the past.
 *
 * Names are compared squashed: lower case, letters and digits only, without a
 * leading "x-".  As in the WHATWG's Encoding standard, a charset is widened to
 * the superset that mail programs write under its name.
 */
struct alias {
	const char *name;
	const char *iconv;
};

/* ASCII bytes mean ASCII here, so text of ASCII alone needs no converting. */
static const struct alias plain[] = {
	{"big5", "BIG5-HKSCS"},
	{"big5eten", "BIG5-HKSCS"},
	{"big5hkscs", "BIG5-HKSCS"},
	{"bog5", "BIG5-HKSCS"}, /* a spammer's program, seen often */
	{"cnbig5", "BIG5-HKSCS"},
	{"csbig5", "BIG5-HKSCS"},
	{"chinesebig5", "BIG5-HKSCS"},
	{"gb2312", "GB18030"},
	{"gb231280", "GB18030"},
	{"csgb2312", "GB18030"},
	{"euccn", "GB18030"},
	{"gb", "GB18030"},
	{"gbk", "GB18030"},
	{"gb18030", "GB18030"},
	{"gb180302000", "GB18030"},
	{"chinese", "GB18030"},
	{"euckr", "CP949"},
	{"cseuckr", "CP949"},
	{"ksc56011987", "CP949"},
	{"ksc5601", "CP949"},
	{"kscs5601", "CP949"},
	{"korean", "CP949"},
	{"uhc", "CP949"},
	{"eucjp", "EUC-JP"},
	{"ujis", "EUC-JP"},
	{"euctw", "EUC-TW"},
	{"shiftjis", "CP932"},
	{"sjis", "CP932"},
	{"mskanji", "CP932"},
	{"csshiftjis", "CP932"},
	{"windows31j", "CP932"},
	{"koi8r", "KOI8-R"},
	{"koi8", "KOI8-R"},
	{"cskoi8r", "KOI8-R"},
	{"koi8u", "KOI8-U"},
	{"koi8ru", "KOI8-U"},
	{"koi8t", "KOI8-T"},
	{"macintosh", "MACINTOSH"},
	{"macroman", "MACINTOSH"},
	{"mac", "MACINTOSH"},
	{"maccyrillic", "MAC-CYRILLIC"},
	{"maccentraleurope", "MACCENTRALEUROPE"},
	{"latin2", "ISO-8859-2"},
	{"l2", "ISO-8859-2"},
	{"latin3", "ISO-8859-3"},
	{"latin4", "ISO-8859-4"},
	{"cyrillic", "ISO-8859-5"},
	{"arabic", "ISO-8859-6"},
	{"greek", "ISO-8859-7"},
	{"hebrew", "ISO-8859-8"},
	{"latin5", "CP1254"},
	{"latin6", "ISO-8859-10"},
	{"latin9", "ISO-8859-15"},
	{"latin10", "ISO-8859-16"},
	{"logical", "ISO-8859-8"},
	{"visual", "ISO-8859-8"},
	{"tis620", "CP874"},
	{"viscii", "VISCII"},
	{"tcvn", "TCVN"},
	{"ptcp154", "PT154"},
	{"armscii8", "ARMSCII-8"},
	{"georgianps", "GEORGIAN-PS"},
};

/* Escape sequences, base64 or wide units: nothing may be taken as it stands. */
static const struct alias shifted[] = {
	{"iso2022jp", "ISO-2022-JP-2"},
	{"iso2022jp1", "ISO-2022-JP-2"},
	{"iso2022jp2", "ISO-2022-JP-2"},
	{"iso2022jpms", "ISO-2022-JP-2"},
	{"csiso2022jp", "ISO-2022-JP-2"},
	{"jis", "ISO-2022-JP-2"},
	{"iso2022kr", "ISO-2022-KR"},
	{"csiso2022kr", "ISO-2022-KR"},
	{"iso2022cn", "ISO-2022-CN"},
	{"utf7", "UTF-7"},
	{"unicode11utf7", "UTF-7"},
	{"unicode20utf7", "UTF-7"},
	{"csunicode11utf7", "UTF-7"},
	{"utf16", "UTF-16"},
	{"unicode", "UTF-16"},
	{"ucs2", "UTF-16"},
	{"iso10646ucs2", "UTF-16"},
	{"utf16le", "UTF-16LE"},
	{"utf16be", "UTF-16BE"},
	{"utf32", "UTF-32"},
	{"utf32le", "UTF-32LE"},
	{"utf32be", "UTF-32BE"},
	{"ucs4", "UTF-32BE"},
};

/* Code pages that iconv has and mail was written in. */
static const unsigned code_pages[] = {
	437, 737,  775,  850,  852,  855,  857,  858,  860,  861,
	862, 863,  864,  865,  866,  869,  874,  932,  936,  949,
	950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258,
};

/* false: longer than any name we know. */
static bool squash(char *to, size_t room, const char *from)
{
	size_t n = 0;

	while (g_ascii_isspace(*from) || *from == '"' || *from == '\'')
		from++;
	if (g_ascii_strncasecmp(from, "x-", 2) == 0)
		from += 2;
	/* "iso-8859-1:1987" names an edition, "utf-8;" a sloppy parser. */
	for (; *from && *from != ':' && *from != ';' && *from != ','; from++) {
		if (!g_ascii_isalnum(*from))
			continue;
		if (n + 1 == room)
			return false;
		to[n++] = g_ascii_tolower(*from);
	}
	to[n] = '\0';
	return true;
}

static const char *behind(const char *s, const char *const prefixes[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (g_str_has_prefix(s, prefixes[i]))
			return s + strlen(prefixes[i]);
	}
	return NULL;
}

/* Up to four digits, nothing behind them; else 0. */
static unsigned number(const char *s)
{
	unsigned n = 0;
	/* NOLINTNEXTLINE(*NonNullParamChecker) s is never NULL */
	size_t len = strlen(s);

	if (len > 4)
		return 0;
	for (; *s; s++) {
		if (!g_ascii_isdigit(*s))
			return 0;
		n = n * 10 + (unsigned)(*s - '0');
	}
	return n;
}

static void set(struct am_charset_name *out, enum am_charset_way way,
                unsigned unit, const char *iconv)
{
	out->way = way;
	out->unit = unit;
	g_strlcpy(out->iconv, iconv, sizeof out->iconv);
}

static bool find_alias(struct am_charset_name *out, const char *key)
{
	for (size_t i = 0; i < AM_COUNT(plain); i++) {
		if (!strcmp(key, plain[i].name)) {
			set(out, AM_CHARSET_ICONV, 1, plain[i].iconv);
			return true;
		}
	}
	for (size_t i = 0; i < AM_COUNT(shifted); i++) {
		if (!strcmp(key, shifted[i].name)) {
			const char *iconv = shifted[i].iconv;
			unsigned unit = strstr(iconv, "16")   ? 2
			                : strstr(iconv, "32") ? 4
			                                      : 1;
			set(out, AM_CHARSET_SHIFTED, unit, iconv);
			return true;
		}
	}
	return false;
}

/* iso-8859-N, "iso-8859-8-i" and "-e" too (RFC 1556: same bytes). */
static bool find_iso(struct am_charset_name *out, const char *key)
{
	static const char *const prefixes[] = {"iso8859",  "csiso8859",
	                                       "8859",     "isoir8859",
	                                       "isolatin", "csisolatin"};
	const char *rest = behind(key, prefixes, AM_COUNT(prefixes));
	char name[24];

	if (!rest)
		return false;
	unsigned n = rest[0] == '8' && rest[1] && !rest[2] ? 8 : number(rest);
	switch (n) {
	case 0:
	case 12:
		return false;
	case 1:
		out->way = AM_CHARSET_LATIN;
		return true;
	case 9:
		set(out, AM_CHARSET_ICONV, 1, "CP1254");
		return true;
	case 11:
		set(out, AM_CHARSET_ICONV, 1, "CP874");
		return true;
	default:
		break;
	}
	if (n > 16)
		return false;
	g_snprintf(name, sizeof name, "ISO-8859-%u", n);
	set(out, AM_CHARSET_ICONV, 1, name);
	return true;
}

static bool find_code_page(struct am_charset_name *out, const char *key)
{
	static const char *const prefixes[] = {"cp",  "windows", "win", "ibm",
	                                       "dos", "ms",      "ansi"};
	const char *rest = behind(key, prefixes, AM_COUNT(prefixes));
	char name[24];

	unsigned n = number(rest ? rest : key);
	if (n == 1252) {
		out->way = AM_CHARSET_LATIN;
		return true;
	}
	/* "cp65001" is not in the list: five digits. */
	for (size_t i = 0; i < AM_COUNT(code_pages); i++) {
		if (n != code_pages[i])
			continue;
		g_snprintf(name, sizeof name, "CP%u", n);
		if (n == 936)
			g_strlcpy(name, "GB18030", sizeof name);
		if (n == 950)
			g_strlcpy(name, "BIG5-HKSCS", sizeof name);
		set(out, AM_CHARSET_ICONV, 1, name);
		return true;
	}
	return false;
}

struct am_charset_name am_charset_names_find(const char *charset)
{
	static const char *const utf8[] = {"utf8",          "unicode11utf8",
	                                   "unicode20utf8", "cp65001",
	                                   "csutf8",        "utf"};
	static const char *const latin[] = {"latin1", "l1"};
	struct am_charset_name out = {.way = AM_CHARSET_UNSAID, .unit = 1};
	char key[32];

	if (!charset || !squash(key, sizeof key, charset))
		return out;
	for (size_t i = 0; i < AM_COUNT(utf8); i++) {
		if (!strcmp(key, utf8[i])) {
			out.way = AM_CHARSET_UTF8;
			return out;
		}
	}
	for (size_t i = 0; i < AM_COUNT(latin); i++) {
		if (!strcmp(key, latin[i])) {
			out.way = AM_CHARSET_LATIN;
			return out;
		}
	}
	if (!strcmp(key, "hzgb2312") || !strcmp(key, "hz")) {
		out.way = AM_CHARSET_HZ;
		return out;
	}
	if (find_alias(&out, key) || find_iso(&out, key) ||
	    find_code_page(&out, key))
		return out;
	return out;
}
