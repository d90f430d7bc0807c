/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/name_template.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct am_name_fields fields = {
	.date = {1580699106, 60, true},
	.received = {1580702706, 0, true},
	.from = "Ann <ann@a.example>",
	.to = "\"Bob, the\" <bob@b.example>, c@c.example",
	.subject = "Re: a/b?",
	.message_id = "1@a.example",
	.folder = "Work",
	.id8 = "0badcafe",
	.n = 7,
	.size = 1234,
};

static char *make(const char *text, const struct am_name_fields *f,
                  size_t max_bytes)
{
	struct am_name_template *t = NULL;
	struct am_error err = {0};
	char *name;

	cr_assert(am_name_template_parse(&t, text, &err) == AM_OK, "%s: %s",
	          text, err.text);
	name = am_name_template_make(t, f, AM_SAFE_WINDOWS, max_bytes);
	am_name_template_free(&t);
	return name;
}

static const struct {
	const char *text, *name;
} good[] = {
	{AM_NAME_TEMPLATE_DEFAULT,
         "20200203-030506_ann@a.example_Re_ a_b__0badcafe.eml"},
	{"{received}_{n}_{size}", "20200203-040506_000007_1234"},
	{"{date:%F %y %j %s %%}", "2020-02-03 20 034 1580699106 %"},
	{"{to}_{message-id}_{folder}", "bob@b.example_1@a.example_Work"},
	{"{subject:4}{{x}}", "Re_{x}"},
	{"plain.eml", "plain.eml"},
};

Test(name_template, fills_in_what_it_is_told)
{
	for (size_t i = 0; i < AM_COUNT(good); i++) {
		char *name = make(good[i].text, &fields, AM_SAFE_MAX);

		cr_expect_str_eq(name, good[i].name);
		g_free(name);
	}
}

Test(name_template, what_is_not_known_has_a_word)
{
	static const struct am_name_fields none = {0};
	char *name = make("{date}_{from}_{to}_{subject}_{message-id}_{id8}.eml",
	                  &none, AM_SAFE_MAX);

	cr_expect_str_eq(name, "undated_unknown_unknown_no subject_no id_.eml");
	g_free(name);
}

Test(name_template, either_date_stands_in_for_the_other)
{
	struct am_name_fields f = {.date = {0, 0, true}};
	char *name = make("{received:%Y}", &f, AM_SAFE_MAX);

	cr_expect_str_eq(name, "1970");
	g_free(name);
	f = (struct am_name_fields){.received = {0, 0, true}};
	name = make("{date:%Y}", &f, AM_SAFE_MAX);
	cr_expect_str_eq(name, "1970");
	g_free(name);
}

Test(name_template, an_address_is_found_however_it_is_written)
{
	static const struct {
		const char *from, *name;
	} table[] = {
		{"a@b.example (Ann)", "a@b.example"},
		{"a@b.example, c@d.example", "a@b.example"},
		{"Ann Other", "Ann Other"},
		{"undisclosed, x", "undisclosed"},
		{"<>", "__"},
		{"Ann <a@b.example", "Ann _a@b.example"},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		struct am_name_fields f = {.from = table[i].from};
		char *name = make("{from}", &f, AM_SAFE_MAX);

		cr_expect_str_eq(name, table[i].name);
		g_free(name);
	}
}

Test(name_template, too_long_is_cut_where_it_hurts_least)
{
	struct am_name_fields f = fields;
	GString *s = g_string_new(NULL);

	for (size_t i = 0; i < 200; i++)
		g_string_append(s, "ü日🇩🇪");
	f.subject = s->str;
	f.from = s->str;
	for (size_t max = 32; max <= AM_SAFE_MAX; max++) {
		char *name = make("{from}_{subject}_{id8}.eml", &f, max);

		cr_expect(strlen(name) <= max, "%zu", max);
		cr_expect(g_str_has_suffix(name, "_0badcafe.eml"), "%s", name);
		cr_expect(g_utf8_validate(name, -1, NULL));
		g_free(name);
	}
	g_string_free(s, TRUE);
}

static const char *const bad[] = {
	"",
	"{",
	"{date",
	"}",
	"{nope}",
	"{subject:0}",
	"{subject:x}",
	"{date:%Q}",
	"{from:%Y}",
	"a/b",
	"{date:%",
	"{subject:-1}",
	"{subject:99999}",
	"\xff",
	"{}",
};

Test(name_template, says_what_is_wrong)
{
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct am_name_template *t = NULL;
		struct am_error err = {0};

		cr_expect(am_name_template_parse(&t, bad[i], &err) == AM_FAILED,
		          "%s", bad[i]);
		cr_expect(err.kind == AM_E_ARGUMENT && *err.text && !t);
	}
}
