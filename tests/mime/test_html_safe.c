/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html_safe.h"

#include <criterion/criterion.h>

#include <string.h>

static const char *picture(void *user, const char *cid)
{
	(void)user;
	return strcmp(cid, "p@x") ? NULL : "../a/p.png";
}

static const struct {
	const char *html, *want;
} table[] = {
	{"a &amp; b &lt; c &#39; & d", "a &amp; b &lt; c &#39; &amp; d"},
	{"1 < 2 > 0 \"'", "1 &lt; 2 &gt; 0 &quot;&#39;"},
	{"<p>one<p>two", "<p>one</p><p>two</p>"},
	{"<b>b<i>bi</b>i</i>", "<b>b<i>bi</i></b>i"},
	{"<ul><li>1<li>2</ul>", "<ul><li>1</li><li>2</li></ul>"},
	{"<table><tr><td>1<td>2<tr><td>3</table></td>x",
         "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>x"},
	/* What an inner table leaves open is not the outer's. */
	{"<table><tr><td></div></table>", "<table><tr><td></td></tr></table>"},
	{"<BR/><hr noshade>", "<br><hr>"},
	/* Scripts, in all their forms. */
	{"a<script>alert(1)</script>b", "ab"},
	{"a<script>x</scriptx>y</script >b", "ab"},
	{"a<ScRiPt src=//x.example></sCrIpT\n>b", "ab"},
	{"a<script>never closed", "a"},
	{"<img src=x onerror=alert(1)>", "<img>"},
	{"<a href=javascript:alert(1)>x</a>", "<a>x</a>"},
	{"<a href=\"java&#115;cript:alert(1)\">x</a>", "<a>x</a>"},
	{"<a href=\" java\tscr\nipt:alert(1)\">x</a>", "<a>x</a>"},
	{"<a href='vbscript:x'>x</a><a href=data:text/html,x>y</a>",
         "<a>x</a><a>y</a>"},
	{"<svg><script>x</script><a href=//x>y</a></svg>z", "z"},
	{"<svg><svg></svg>in</svg>out", "out"},
	{"<math><mtext><img src=x onerror=y></math>z", "z"},
	{"<iframe src=x><b>in</b></iframe>z<object data=x>y</object>", "z"},
	{"<noscript><img src=x></noscript>z", "z"},
	{"<textarea><b></textarea>z<title><b></title>", "z"},
	{"<form action=x><input name=y>z<button>w</button></form>", "zw"},
	{"<style>p{background:url(x)}</style>z", "z"},
	{"<link rel=stylesheet href=x><meta http-equiv=refresh content=0>z",
         "z"},
	{"<base href=//x.example>z", "z"},
	{"<!-- <b>x</b> -->z<!-->w<!DOCTYPE html>v<?php x?>u", "zwvu"},
	{"a<!-- never closed <b>", "a"},
	{"<head><title>t</title><style>x</style></head><body "
         "bgcolor=#ffffff>z</body>",
         "<div bgcolor=\"#ffffff\">z</div>"},
	{"<head><title>no end<body>z", ""},
	{"<head><meta x><body>z", "z"},
	{"<x-y onclick=z>in</x-y>", "in"},
	{"<a title='\"><script>'>x</a>",
         "<a title=\"&quot;&gt;&lt;script&gt;\">x</a>"},
	{"<td width=\"1\" WIDTH=2 height='\"'>x</td>",
         "<td width=\"1\">x</td>"},
	{"<b class=c id=d name=e>x</b>", "<b>x</b>"},
	{"<", "&lt;"},
	{"</", ""},
	{"<b", "<b></b>"},
	{"<a href=\"http://never closed>x",
         "<a href=\"http://neverclosed&gt;x\""
         " rel=\"noopener noreferrer "
         "nofollow\"></a>"},
	/* What stays. */
	{"<a href=\"https://x.example/?a=1&amp;b=2\">x</a>",
         "<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noopener "
         "noreferrer nofollow\">x</a>"},
	{"<img src='cid:p%40x' alt='a \"b\"' width=10>",
         "<img src=\"../a/p.png\" alt=\"a &quot;b&quot;\" width=\"10\">"},
	{"<img src=cid:unknown>", "<img>"},
	{"<img src=\"data:image/png;base64,AA==\">",
         "<img src=\"data:image/png;base64,AA==\">"},
	{"<img src=\"data:image/svg+xml;base64,AA==\">", "<img>"},
	/* CSS. */
	{"<p style=\"COLOR: Red; position:fixed; background:url(x)\">x</p>",
         "<p style=\"color:red\">x</p>"},
	{"<p style='font-family:\"Arial\",serif;background:rgb(1, 2,3)'>x</p>",
         "<p style=\"font-family:&#39;arial&#39;,serif;background:rgb(1, "
         "2,3)\">x</p>"},
	{"<p style=\"width:expression(alert(1));color:\\72 ed;"
         "border-image:x;margin:/**/1px\">x</p>",
         "<p style=\"\">x</p>"},
	{"<p style='color:red\"><script>'>x</p>", "<p style=\"\">x</p>"},
};

Test(html_safe, keeps_what_is_harmless_and_nothing_else)
{
	for (size_t i = 0; i < AM_COUNT(table); i++) {
		struct am_html_safe safe = {.picture = picture};
		GString *got = g_string_new(NULL);

		am_html_safe(&safe, got, table[i].html, strlen(table[i].html));
		cr_expect_str_eq(got->str, table[i].want,
		                 "%s gives\n%s, not\n%s", table[i].html,
		                 got->str, table[i].want);
		g_string_free(got, TRUE);
	}
}

Test(html_safe, counts_what_would_be_fetched)
{
	static const char html[] = "<img src=http://x.example/1><img "
				   "src=//x.example/2><img src=cid:p@x>";
	struct am_html_safe safe = {0};
	GString *got = g_string_new(NULL);

	am_html_safe(&safe, got, html, strlen(html));
	cr_expect_eq(safe.n_remote, 2);
	cr_expect_str_eq(got->str, "<img><img><img>");
	g_string_free(got, TRUE);
}

/* Whatever it was: every '<' of the result begins a tag of the list, and all
 * that is opened is closed. */
static void expect_wellformed(const char *html, size_t len)
{
	struct am_html_safe safe = {.picture = picture};
	GString *got = g_string_new(NULL);
	GPtrArray *open = g_ptr_array_new_with_free_func(g_free);

	am_html_safe(&safe, got, html, len);
	for (char *p = strchr(got->str, '<'); p; p = strchr(p + 1, '<')) {
		bool closing = p[1] == '/';
		char *end = p + 1 + closing;
		while (g_ascii_isalnum(*end))
			end++;
		char *name = g_strndup(p + 1 + closing,
		                       (gsize)(end - p - 1 - closing));
		cr_assert(*name && strchr(p, '>'), "%s", got->str);
		bool is_void = !strcmp(name, "br") || !strcmp(name, "hr") ||
		               !strcmp(name, "img") || !strcmp(name, "wbr");
		if (closing) {
			cr_assert(open->len, "%s", got->str);
			cr_assert_str_eq(open->pdata[open->len - 1], name);
			g_ptr_array_remove_index(open, open->len - 1);
		} else if (!is_void) {
			g_ptr_array_add(open, g_strdup(name));
		}
		g_free(name);
	}
	cr_assert_eq(open->len, 0, "%s", got->str);
	g_ptr_array_free(open, TRUE);
	g_string_free(got, TRUE);
}

Test(html_safe, is_well_formed_whatever_comes)
{
	GString *html = g_string_new(NULL);
	uint32_t seed = 1;

	for (unsigned round = 0; round < 3000; round++) {
		g_string_truncate(html, 0);
		for (unsigned k = 0; k < 6; k++) {
			seed = seed * 1664525 + 1013904223;
			const char *piece =
				table[(seed >> 8) % AM_COUNT(table)].html;
			size_t len = strlen(piece);
			seed = seed * 1664525 + 1013904223;
			size_t from = (seed >> 8) % (len + 1);
			g_string_append_len(html, piece + from,
			                    (gssize)(len - from));
		}
		expect_wellformed(html->str, html->len);
	}
	g_string_free(html, TRUE);
}

Test(html_safe, takes_no_longer_for_hostile_input)
{
	static const char *const hostile[] = {
		"<", "<a ", "<!--", "<svg>",   "<script",
		"&", "<b>", "</b>", "<p x=\"", "<table><td>"};

	for (size_t i = 0; i < AM_COUNT(hostile); i++) {
		GString *html = g_string_new(NULL), *out = g_string_new(NULL);
		struct am_html_safe safe = {0};
		while (html->len < 1000000)
			g_string_append(html, hostile[i]);
		am_html_safe(&safe, out, html->str, html->len);
		cr_expect(out->len < html->len * 12, "%s", hostile[i]);
		g_string_free(html, TRUE);
		g_string_free(out, TRUE);
	}
}

Test(html_safe, makes_links_of_addresses_alone)
{
	static const struct {
		const char *text, *want;
	} links[] = {
		{"see http://x.example/a?b=1&c=2.",
	         "see <a rel=\"noopener noreferrer nofollow\" "
	         "href=\"http://x.example/a?b=1&amp;c=2\">"
	         "http://x.example/a?b=1&amp;c=2</a>."},
		{"(HTTPS://x.example)",
	         "(<a rel=\"noopener noreferrer nofollow\" "
	         "href=\"HTTPS://x.example\">HTTPS://x.example</a>)"},
		{"http:// xhttp://y <b>", "http:// xhttp://y &lt;b&gt;"},
	};

	for (size_t i = 0; i < AM_COUNT(links); i++) {
		GString *got = g_string_new(NULL);
		am_html_escape_linked(got, links[i].text,
		                      strlen(links[i].text));
		cr_expect_str_eq(got->str, links[i].want);
		g_string_free(got, TRUE);
	}
}
