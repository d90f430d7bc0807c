/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows' numbers of code pages and the names mail has for them. */
#include "outlook/mapi/props.h"

#include <glib.h>

static const struct {
	unsigned codepage;
	const char *name;
} names[] = {
	{437, "cp437"},          {708, "iso-8859-6"},    {720, "cp864"},
	{737, "cp737"},          {775, "cp775"},         {850, "cp850"},
	{852, "cp852"},          {855, "cp855"},         {857, "cp857"},
	{858, "cp858"},          {860, "cp860"},         {861, "cp861"},
	{862, "cp862"},          {863, "cp863"},         {864, "cp864"},
	{865, "cp865"},          {866, "cp866"},         {869, "cp869"},
	{874, "windows-874"},    {932, "shift_jis"},     {936, "gbk"},
	{949, "ks_c_5601-1987"}, {950, "big5"},          {1200, "utf-16le"},
	{1201, "utf-16be"},      {1250, "windows-1250"}, {1251, "windows-1251"},
	{1252, "windows-1252"},  {1253, "windows-1253"}, {1254, "windows-1254"},
	{1255, "windows-1255"},  {1256, "windows-1256"}, {1257, "windows-1257"},
	{1258, "windows-1258"},  {10000, "macintosh"},   {20127, "us-ascii"},
	{20866, "koi8-r"},       {20932, "euc-jp"},      {20936, "gb2312"},
	{21866, "koi8-u"},       {28591, "iso-8859-1"},  {28592, "iso-8859-2"},
	{28593, "iso-8859-3"},   {28594, "iso-8859-4"},  {28595, "iso-8859-5"},
	{28596, "iso-8859-6"},   {28597, "iso-8859-7"},  {28598, "iso-8859-8"},
	{28599, "iso-8859-9"},   {28603, "iso-8859-13"}, {28605, "iso-8859-15"},
	{38598, "iso-8859-8-i"}, {50220, "iso-2022-jp"}, {50221, "iso-2022-jp"},
	{50222, "iso-2022-jp"},  {50225, "iso-2022-kr"}, {50227, "iso-2022-cn"},
	{51932, "euc-jp"},       {51936, "gb2312"},      {51949, "euc-kr"},
	{52936, "hz-gb-2312"},   {54936, "gb18030"},     {65000, "utf-7"},
	{65001, "utf-8"},
};

const char *am_mapi_charset(unsigned codepage)
{
	for (unsigned i = 0; i < AM_COUNT(names); i++)
		if (names[i].codepage == codepage)
			return names[i].name;
	return NULL;
}

unsigned am_mapi_codepage(const char *charset)
{
	/* Names that mail has for one of the above besides. */
	static const struct {
		const char *name;
		unsigned codepage;
	} others[] = {
		{"ascii", 20127},
		{"utf8", 65001},
		{"latin1", 28591},
		{"latin-1", 28591},
		{"iso8859-1", 28591},
		{"iso_8859-1", 28591},
		{"iso-8859-8-e", 28598},
		{"windows-31j", 932},
		{"x-sjis", 932},
		{"sjis", 932},
		{"shift-jis", 932},
		{"cp932", 932},
		{"ms_kanji", 932},
		{"iso-2022-jp-1", 50220},
		{"iso-2022-jp-ms", 50221},
		{"cp50220", 50220},
		{"cp50221", 50221},
		{"gb2312", 936}, /* as written today: its superset */
		{"gb_2312-80", 936},
		{"x-gbk", 936},
		{"cp936", 936},
		{"windows-936", 936},
		{"ks_c_5601", 949},
		{"ksc5601", 949},
		{"euc-kr", 949}, /* likewise */
		{"cp949", 949},
		{"uhc", 949},
		{"windows-949", 949},
		{"big5-hkscs", 950},
		{"cn-big5", 950},
		{"x-x-big5", 950},
		{"cp950", 950},
		{"tis-620", 874},
		{"iso-8859-11", 874},
		{"cp1250", 1250},
		{"cp1251", 1251},
		{"cp1252", 1252},
		{"cp1253", 1253},
		{"cp1254", 1254},
		{"cp1255", 1255},
		{"cp1256", 1256},
		{"cp1257", 1257},
		{"cp1258", 1258},
		{"x-cp1251", 1251},
		{"x-windows-1251", 1251},
		{"ibm850", 850},
		{"ibm437", 437},
		{"ibm866", 866},
		{"x-mac-roman", 10000},
		{"koi8-ru", 21866},
	};

	for (unsigned i = 0; i < AM_COUNT(others); i++)
		if (!g_ascii_strcasecmp(others[i].name, charset))
			return others[i].codepage;
	for (unsigned i = 0; i < AM_COUNT(names); i++)
		if (!g_ascii_strcasecmp(names[i].name, charset))
			return names[i].codepage;
	return 0;
}
