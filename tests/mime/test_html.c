/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html.h"

#include "mime/html_entity.h"
#include "mime/html_tag.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

/* Quoted text comes out in {}. */
static void add(void *user, bool quoted, const char *s, size_t len)
{
	GString *out = user;

	cr_assert(len && g_utf8_validate(s, (gssize)len, NULL));
	if (quoted && out->len && out->str[out->len - 1] == '}')
		g_string_truncate(out, out->len - 1);
	else if (quoted)
		g_string_append_c(out, '{');
	g_string_append_len(out, s, (gssize)len);
	if (quoted)
		g_string_append_c(out, '}');
}

static void check(const char *html, const char *want, bool layout, size_t step)
{
	GString *got = g_string_new(NULL);
	struct am_html *h = am_html_new(add, got, layout);
	size_t len = strlen(html);

	for (size_t i = 0; i < len; i += step)
		am_html_feed(h, html + i, MIN(step, len - i));
	am_html_finish(h);
	am_html_free(&h);
	cr_assert_null(h);
	cr_assert_str_eq(got->str, want, "%s (%zu): \"%s\", not \"%s\"", html,
	                 step, got->str, want);
	g_string_free(got, TRUE);
}

struct sample {
	const char *html, *text;
};

static void check_all(const struct sample *s, size_t n, bool layout)
{
	for (size_t i = 0; i < n; i++)
		for (size_t step = 1; step < 1000; step = step * 3 + 1)
			check(s[i].html, s[i].text, layout, step);
}

Test(html, becomes_words)
{
	static const struct sample samples[] = {
		{"", ""},
		{"plain  text\n here", "plain text here"},
		{" <p>one</p> <p>two</p> ", "one two"},
		{"one<br>two<BR/>three", "one two three"},
		{"in<b>side</b> a<i> word</i>", "inside a word"},
		{"<td>a</td><td>b</td>", "a b"},
		{"<a href=\"x>y\" title='a\"b'>link</a>", "link"},
		{"<p class=x>unquoted<p class = 'y' >next", "unquoted next"},
		/* Not shown. */
		{"a<script>if (a<b) \"</p>\" </script>b", "ab"},
		{"a<script>never closed <p>b", "a"},
		{"a<style><!-- p {} --></style >b", "ab"},
		{"a<STYLE>x</Style>b", "ab"},
		{"a<script>x</scripty></script>b", "ab"},
		{"<head><title>no</title><meta x></head><body>yes", "yes"},
		{"<head><title>never closed<body>yes", "yes"},
		{"a<noscript>no <p>no</noscript>b", "ab"},
		{"a<template>no</template>b", "ab"},
		{"a<!-- no -- > no -->b", "ab"},
		{"a<!-->b<!--->c<!-- x --!>d", "abcd"},
		{"a<!-- never closed", "a"},
		{"<!DOCTYPE html><?xml x?>a<![if !mso]>b<![endif]>", "ab"},
		/* No tags. */
		{"a < b <3 <= c", "a < b <3 <= c"},
		{"a<", "a<"},
		{"a</>b</ x>c", "abc"},
		{"a<b", "a"},
		{"a <unknown-element-with-a-long-name x=\"y\">b", "a b"},
		/* Characters. */
		{"&lt;&gt;&amp;&quot;&apos;", "<>&\"'"},
		{"caf&eacute; &euro;&#8364;&#x20AC;&#X20ac;", "café €€€€"},
		{"a&nbsp;b&nbsp;&nbsp; c", "a b c"},
		{"&nbspx &ampx; &copy2020", "x &x; ©2020"},
		{"AT&T &foo; &; & &#; &#x; &#xZ;",
	         "AT&T &foo; &; & &#; &#x; &#xZ;"},
		{"&#150;&#146;&#0;&#xD800;&#x110000;&#99999999999;",
	         "–’\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"soft&shy;hyphen&#8203;", "softhyphen"},
		{"&eacute", "é"},
		{"&am<b>p;</b>", "&amp;"},
		{"&thereisnosuchnameandnonesolongaseverwasin;x",
	         "&thereisnosuchnameandnonesolongaseverwasin;x"},
		/* Words instead of pictures. */
		{"see<img src=x alt=\"a &amp; b &eacute\">this",
	         "see a & b é this"},
		{"<img alt=''>x<img alt>y<p alt=no>z", "x y z"},
	};

	check_all(samples, AM_COUNT(samples) - 1, false);
	check("<img alt=''>x<img alt>y<p alt=no>z", "xy z", false, 1);
}

Test(html, keeps_lines_and_paragraphs)
{
	static const struct sample samples[] = {
		{"<p>one\ntwo</p><p>three</p>", "one two\n\nthree"},
		{"<div>a</div><div>b</div>", "a\nb"},
		{"a<br>b<br><br>c<br><br><br><br>d", "a\nb\n\nc\n\nd"},
		{"<ul><li>a</li><li>b</ul>c", "- a\n- b\n\nc"},
		{"<h1>T</h1>x", "T\n\nx"},
		{"<pre>a\n  b\n\n\nc</pre>d  e", "a\n  b\n\nc\n\nd e"},
		{"<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"},
		{"<a href=\"http://x\">name</a>", "name"},
	};

	check_all(samples, AM_COUNT(samples), true);
}

Test(html, tells_what_is_quoted)
{
	static const struct sample samples[] = {
		{"own <blockquote>old</blockquote> own", "own{ old} own"},
		{"<blockquote>a<blockquote>b</blockquote>c</blockquote>d",
	         "{a b c} d"},
		{"</blockquote>own", "own"},
		{"own<div class=\"gmail_quote\"><div>On <b>Monday</b></div>old"
	         "</div>own",
	         "own{ On Monday old} own"},
		{"own<div class='x yahoo_quoted'>old", "own{ old}"},
		{"a<div>b<div class=moz-cite-prefix>c</div>d</div>e",
	         "a b{ c} d e"},
		{"own<hr id=\"stopSpelling\">old</div></blockquote>old",
	         "own{ old old}"},
		{"own<div id=\"divRplyFwdMsg\">old</div>still old",
	         "own{ old still old}"},
		{"own<span id=\"OLK_SRC_BODY_SECTION\">old</span> old",
	         "own{old old}"},
		{"own<div style='border:none;border-top:solid #E1E1E1 1.0pt;"
	         "padding:3.0pt 0in 0in 0in'><p>From:</div>old",
	         "own{ From: old}"},
		{"<p class=\"MsoNormal\" style=\"margin:0\">own", "own"},
	};

	check_all(samples, AM_COUNT(samples), false);
}

Test(html, cuts_between_characters_only)
{
	GString *s = g_string_new("<p>"), *want = g_string_new(NULL);

	for (int i = 0; i < 9000; i++) {
		g_string_append(s, i % 5 ? "€" : "😀x");
		g_string_append(want, i % 5 ? "€" : "😀x");
	}
	check(s->str, want->str, false, 1000003);
	check(s->str, want->str, false, 7);
	g_string_free(s, TRUE);
	g_string_free(want, TRUE);
}

static void count(void *user, bool quoted, const char *s, size_t len)
{
	(void)quoted;
	(void)s;
	*(size_t *)user += len;
}

Test(html, is_linear)
{
	static const char *const pieces[] = {
		"<div>",
		"<blockquote>",
		"<a b=\"",
		"<a ",
		" x=y",
		"<",
		"&",
		"&#",
		"<!--",
		"--",
		"<script>",
		"</",
		"<img alt=\"&\">",
		"<pre>\n",
		"<font><table>",
		"&nbsp;",
		"<p x='",
		"=",
		"\"",
	};

	for (size_t i = 0; i < AM_COUNT(pieces); i++) {
		GString *s = g_string_new("<div");
		size_t total = 0;
		while (s->len < 4000000)
			g_string_append(s, pieces[i]);
		gint64 start = g_get_monotonic_time();
		struct am_html *h = am_html_new(count, &total, true);
		am_html_feed(h, s->str, s->len);
		am_html_finish(h);
		am_html_free(&h);
		cr_assert_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC,
		             "%s", pieces[i]);
		g_string_free(s, TRUE);
	}
}

Test(html, finds_every_element_and_entity_it_lists)
{
	static const char *const names[] = {
		"address",    "area",   "article",  "aside",   "blockquote",
		"body",       "br",     "caption",  "center",  "dd",
		"dir",        "div",    "dl",       "dt",      "fieldset",
		"figcaption", "figure", "footer",   "form",    "h1",
		"h6",         "head",   "header",   "hr",      "html",
		"img",        "input",  "legend",   "li",      "main",
		"menu",       "nav",    "noscript", "ol",      "option",
		"p",          "pre",    "script",   "section", "select",
		"span",       "style",  "table",    "td",      "template",
		"textarea",   "th",     "title",    "tr",      "ul",
	};

	for (size_t i = 0; i < AM_COUNT(names); i++)
		cr_assert_neq(am_html_tag(names[i], strlen(names[i])), 0, "%s",
		              names[i]);
	cr_assert_eq(am_html_tag("", 0), 0);
	cr_assert_eq(am_html_tag("b", 1), 0);
	cr_assert_eq(am_html_tag("zzz", 3), 0);
	cr_assert_eq(am_html_tag("h", 1), 0);
	cr_assert_eq(am_html_entity("AElig"), 198);
	cr_assert_eq(am_html_entity("zwnj"), 0x200c);
	cr_assert_eq(am_html_entity("Eacute"), 201);
	cr_assert_eq(am_html_entity("eacute"), 233);
	cr_assert_eq(am_html_entity("thetasym"), 977);
	cr_assert_eq(am_html_entity("nosuch"), 0);
	cr_assert_eq(am_html_entity(""), 0);
}

/* Behind the text of a link its address in <>. */
static void add_link(void *user, const char *url, size_t len)
{
	g_string_append_printf(user, "<%.*s>", (int)len, url);
}

Test(html, tells_where_links_lead)
{
	static const struct sample samples[] = {
		{"see <a href=\"https://a.example/?x=1&amp;y=2\">this</a> page",
	         "see this<https://a.example/?x=1&y=2> page"},
		{"<a class=x HREF = 'u' id=y>one<a href=v>two", "one<u>two<v>"},
		{"<a name=here>no link</a>", "no link"},
		{"<a href=\" https://b.example/ \"><img alt=logo></a>!",
	         "logo<https://b.example/> !"},
		{"<a href=u><p>a</p><p>b</p></a><p>c", "a\n\nb<u>\n\nc"},
		{"<script><a href=u></script>x", "x"},
		{"<blockquote><a href=u>q</a></blockquote>", "{q}<u>"},
		{"<link href=u><area href=u alt=x>", "x"},
	};

	for (size_t i = 0; i < AM_COUNT(samples); i++) {
		for (size_t step = 1; step < 100; step = step * 3 + 1) {
			GString *got = g_string_new(NULL);
			struct am_html *h = am_html_new(add, got, true);
			const char *s = samples[i].html;
			size_t len = strlen(s);
			am_html_links(h, add_link);
			for (size_t k = 0; k < len; k += step)
				am_html_feed(h, s + k, MIN(step, len - k));
			am_html_finish(h);
			am_html_free(&h);
			cr_expect_str_eq(got->str, samples[i].text,
			                 "%s (%zu): \"%s\"", s, step, got->str);
			g_string_free(got, TRUE);
		}
	}
}

Test(html, a_link_too_long_to_keep_says_so)
{
	GString *got = g_string_new(NULL), *mail = g_string_new("<a href=");
	struct am_html *h = am_html_new(add, got, true);

	for (int i = 0; i < 5000; i++)
		g_string_append_c(mail, 'u');
	g_string_append(mail, ">x</a>");
	am_html_links(h, add_link);
	am_html_feed(h, mail->str, mail->len);
	am_html_finish(h);
	am_html_free(&h);
	cr_expect(g_str_has_suffix(got->str, "u…>"), "%s", got->str);
	cr_expect_lt(got->len, 2100);
	g_string_free(got, TRUE);
	g_string_free(mail, TRUE);
}
