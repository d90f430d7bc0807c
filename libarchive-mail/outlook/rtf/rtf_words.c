/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/rtf/rtf_words.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(name, text)                          \
	{                                         \
		name, text, AM_RTF_W_OTHER, false \
	}
#define WORD(name, word)                \
	{                               \
		name, NULL, word, false \
	}
#define PLACE(name, word)              \
	{                              \
		name, NULL, word, true \
	}

/* Sorted. */
static const struct am_rtf_meaning meanings[] = {
	WORD("ansicpg", AM_RTF_W_ANSICPG),
	WORD("bin", AM_RTF_W_BIN),
	TEXT("bullet", "\xe2\x80\xa2"),
	TEXT("cell", "\t"),
	PLACE("colortbl", AM_RTF_W_OTHER),
	WORD("deff", AM_RTF_W_DEFF),
	TEXT("emdash", "\xe2\x80\x94"),
	TEXT("emspace", "\xe2\x80\x83"),
	TEXT("endash", "\xe2\x80\x93"),
	TEXT("enspace", "\xe2\x80\x82"),
	WORD("f", AM_RTF_W_F),
	WORD("fcharset", AM_RTF_W_FCHARSET),
	PLACE("fldinst", AM_RTF_W_OTHER),
	PLACE("fonttbl", AM_RTF_W_FONTTBL),
	PLACE("footer", AM_RTF_W_OTHER),
	PLACE("footerf", AM_RTF_W_OTHER),
	PLACE("footerl", AM_RTF_W_OTHER),
	PLACE("footerr", AM_RTF_W_OTHER),
	WORD("fromhtml", AM_RTF_W_FROMHTML),
	WORD("fromtext", AM_RTF_W_FROMTEXT),
	PLACE("header", AM_RTF_W_OTHER),
	PLACE("headerf", AM_RTF_W_OTHER),
	PLACE("headerl", AM_RTF_W_OTHER),
	PLACE("headerr", AM_RTF_W_OTHER),
	WORD("htmlrtf", AM_RTF_W_HTMLRTF),
	PLACE("htmltag", AM_RTF_W_HTMLTAG),
	PLACE("info", AM_RTF_W_OTHER),
	TEXT("ldblquote", "\xe2\x80\x9c"),
	TEXT("line", "\r\n"),
	TEXT("lquote", "\xe2\x80\x98"),
	PLACE("object", AM_RTF_W_OTHER),
	TEXT("page", "\r\n"),
	TEXT("par", "\r\n"),
	PLACE("pict", AM_RTF_W_OTHER),
	WORD("plain", AM_RTF_W_PLAIN),
	TEXT("rdblquote", "\xe2\x80\x9d"),
	TEXT("row", "\r\n"),
	TEXT("rquote", "\xe2\x80\x99"),
	TEXT("sect", "\r\n"),
	PLACE("stylesheet", AM_RTF_W_OTHER),
	TEXT("tab", "\t"),
	WORD("u", AM_RTF_W_U),
	WORD("uc", AM_RTF_W_UC),
};

struct key {
	const char *name;
	size_t len;
};

/* Words are short: byte by byte is over before a call of strncmp begins. */
static int compare(const void *a, const void *b)
{
	const struct key *key = a;
	const char *name = ((const struct am_rtf_meaning *)b)->name;

	for (size_t i = 0; i < key->len; i++) {
		int order = (uint8_t)key->name[i] - (uint8_t)name[i];
		if (order || !name[i])
			return order;
	}
	return name[key->len] ? -1 : 0;
}

const struct am_rtf_meaning *am_rtf_find_word(const char *name, size_t len)
{
	struct key key = {name, len};

	return bsearch(&key, meanings, AM_COUNT(meanings), sizeof(meanings[0]),
	               compare);
}

unsigned am_rtf_charset(int charset)
{
	static const struct {
		int charset;
		unsigned codepage;
	} list[] = {
		{0, 1252},   {2, 1252},   {77, 10000}, {128, 932},  {129, 949},
		{134, 936},  {136, 950},  {161, 1253}, {162, 1254}, {163, 1258},
		{177, 1255}, {178, 1256}, {186, 1257}, {204, 1251}, {222, 874},
		{238, 1250}, {254, 437},  {255, 850},
	};

	for (unsigned i = 0; i < AM_COUNT(list); i++)
		if (list[i].charset == charset)
			return list[i].codepage;
	return 0;
}
