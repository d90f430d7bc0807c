/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/address.h"

#include "base/arena.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

/* Addresses as "name|address;", '-' for what is not there. */
static GString *parse(const char *value)
{
	struct am_arena *arena = am_arena_new();
	struct am_address list[50];
	GString *out = g_string_new(NULL);
	size_t n = am_address_parse(arena, value, strlen(value), list, 50);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%s|%s;",
		                       list[i].name ? list[i].name : "-",
		                       list[i].address ? list[i].address : "-");
	am_arena_free(&arena);
	return out;
}

static const struct {
	const char *value, *want;
} cases[] = {
	{"", ""},
	{" , ;, ", ""},
	{"a@b.c", "-|a@b.c;"},
	{"<a@b.c>", "-|a@b.c;"},
	{"Ann <a@b.c>", "Ann|a@b.c;"},
	{"Ann B. Other <a@b.c>, x@y", "Ann B. Other|a@b.c;-|x@y;"},
	{"\"Other, Ann\" <a@b.c>", "Other, Ann|a@b.c;"},
	{"\"Ann \\\"A\\\" Other\" <a@b>", "Ann \"A\" Other|a@b;"},
	{"a@b.c (Ann)", "Ann|a@b.c;"},
	{"<a@b.c> (Ann)", "Ann|a@b.c;"},
	{"ann at b.example (Ann Other)", "Ann Other|ann@b.example;"},
	{"ann at b.example, x@y", "-|ann@b.example;-|x@y;"},
	{"Ann at work", "Ann at work|-;"},
	{"all hands at b.example", "all hands at b.example|-;"},
	{"Pete (at home) <p@x>", "Pete (at home)|p@x;"},
	{"Pete (a (nested) one) <p@x>", "Pete (a (nested) one)|p@x;"},
	{"root", "-|root;"},
	{"Ann Other", "Ann Other|-;"},
	{"MAILER-DAEMON <>", "MAILER-DAEMON|-;"},
	{"<>", ""},
	/* Folds and old spacing. */
	{"Ann\r\n Other <a@b>,\r\n\tx@y", "Ann Other|a@b;-|x@y;"},
	{"a @ b.c", "-|a@b.c;"},
	{"< a@b . c >", "-|a@b.c;"},
	{"<@x,@y:a@b>", "-|a@b;"},
	{"\"a b\"@c", "-|\"a b\"@c;"},
	{"\"a@b\"@c", "-|\"a@b\"@c;"},
	{"<\"a,b\"@c>", "-|\"a,b\"@c;"},
	{"a@[IPv6:1::2], x@y", "-|a@[IPv6:1::2];-|x@y;"},
	/* Groups. */
	{"undisclosed-recipients:;", "undisclosed-recipients|-;"},
	{"unlisted-recipients:; (no To-header on input)",
         "unlisted-recipients|-;"},
	{"G: a@b, Ann <x@y>;, z@z", "-|a@b;Ann|x@y;-|z@z;"},
	{"G: a@b", "-|a@b;"},
	{"G:", "G|-;"},
	{"a:b:c:x@y;", "-|x@y;"},
	/* Encoded words, with what would separate inside. */
	{"=?utf-8?Q?J=C3=B6rg?= <a@b>", "Jörg|a@b;"},
	{"=?utf-8?Q?Doe,_Ann?= <a@b>, x@y", "Doe, Ann|a@b;-|x@y;"},
	{"\"=?utf-8?Q?J=C3=B6rg?=\" <a@b>", "Jörg|a@b;"},
	{"a@b (=?utf-8?B?w7Y=?=)", "ö|a@b;"},
	{"J\xf6rg <a@b>", "Jörg|a@b;"},
	{"=?utf-8?Q?unclosed <a@b>", "=?utf-8?Q?unclosed|a@b;"},
	/* Wrong, and met every day. */
	{"Doe, John <a@b>", "Doe, John|a@b;"},
	{"a@b, Doe, John <x@y>", "-|a@b;Doe, John|x@y;"},
	{"root, a@b", "-|root;-|a@b;"},
	{"a@b x@y", "a@b|x@y;"},
	{"Ann a@b", "Ann|a@b;"},
	{"<<a@b>>", "-|a@b;"},
	{"<a@b", "-|a@b;"},
	{"<a@b, <x@y>", "-|a@b;-|x@y;"},
	{"Ann <a@b> Ben <x@y>", "Ann|a@b;Ben|x@y;"},
	{"\"Ann <a@b>, x@y", "Ann|a@b;-|x@y;"},
	{"(Ann <a@b>", "(Ann|a@b;"},
	{"Ann \"the A\" Other <a@b>", "Ann the A Other|a@b;"},
	{"a@b;x@y", "-|a@b;-|x@y;"},
	{"'Ann' <a@b>", "'Ann'|a@b;"},
	{"a@b\\", "-|a@b\\;"},
	{"\"x\\", "-|x\\;"},
};

Test(address, reads_lists)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		GString *got = parse(cases[i].value);
		cr_assert_str_eq(got->str, cases[i].want, "%s: %s, not %s",
		                 cases[i].value, got->str, cases[i].want);
		g_string_free(got, TRUE);
	}
}

Test(address, prints_what_reads_the_same_again)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_arena *arena = am_arena_new();
		const char *v = cases[i].value;
		char *text = am_address_text(arena, NULL, v, strlen(v));
		GString *got = parse(text);
		cr_assert_str_eq(got->str, cases[i].want, "%s: %s: %s", v, text,
		                 got->str);
		g_string_free(got, TRUE);
		am_arena_free(&arena);
	}
}

Test(address, prints_for_people)
{
	static const struct {
		const char *value, *want;
	} texts[] = {
		{"\"Doe, Ann\" <a@b>,\r\n x@y", "\"Doe, Ann\" <a@b>, x@y"},
		{"=?utf-8?Q?J=C3=B6rg?= <a@b>", "Jörg <a@b>"},
		{"=?utf-8?Q?D=C3=B6e,_Ann?= <a@b>, x@y (X)",
	         "\"Döe, Ann\" <a@b>, X <x@y>"},
		{"=?utf-8?Q?=22Q=22?= <a@b>", "\"\\\"Q\\\"\" <a@b>"},
		{"=?utf-8?Q?a=3A?=:;", "\"a:\":;"},
		{"", ""},
	};

	for (size_t i = 0; i < AM_COUNT(texts); i++) {
		struct am_arena *arena = am_arena_new();
		const char *v = texts[i].value;
		cr_assert_str_eq(am_address_text(arena, NULL, v, strlen(v)),
		                 texts[i].want);
		am_arena_free(&arena);
	}
}

Test(address, gives_no_more_than_asked_for)
{
	struct am_arena *arena = am_arena_new();
	struct am_address list[2];

	cr_assert_eq(am_address_parse(arena, "a@b, c@d, e@f", 13, list, 2), 2);
	cr_assert_str_eq(list[1].address, "c@d");
	cr_assert_eq(am_address_parse(arena, "a@b", 3, list, 0), 0);
	am_arena_free(&arena);
}

Test(address, is_linear)
{
	static const char *const pieces[] = {
		"a:",     "<",     "\"",        "(",    "a,",   "a;",
		"=?a?q?", "<a@b,", "[@[",       "a b ", "\\\"", "x <",
		"@",      "<@x,",  "=?a?q?x?=", "(x)",
	};

	for (size_t i = 0; i < AM_COUNT(pieces); i++) {
		struct am_arena *arena = am_arena_new();
		GString *s = g_string_new(NULL);
		while (s->len < 1000000)
			g_string_append(s, pieces[i]);
		g_string_append(s, "\xff");
		gint64 start = g_get_monotonic_time();
		am_address_text(arena, NULL, s->str, s->len);
		struct am_address *list = g_new(struct am_address, 2000000);
		am_address_parse(arena, s->str, s->len, list, 2000000);
		g_free(list);
		cr_assert_lt(g_get_monotonic_time() - start, 8 * G_USEC_PER_SEC,
		             "%s", pieces[i]);
		g_string_free(s, TRUE);
		am_arena_free(&arena);
	}
}
