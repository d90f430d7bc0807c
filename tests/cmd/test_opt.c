/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/opt.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

struct values {
	bool yes, all;
	const char *name;
	uint64_t n, size;
	struct opt_list many;
};

static const struct opt table[] = {
	{'y', "yes", NULL, "say yes", OPT_SWITCH, offsetof(struct values, yes)},
	{'a', "all", NULL, "all of it", OPT_SWITCH,
	 offsetof(struct values, all)},
	{'n', "name", "NAME", "a name", OPT_STRING,
	 offsetof(struct values, name)},
	{0, "number", "N", "a number", OPT_NUMBER, offsetof(struct values, n)},
	{0, "size", "SIZE", "a size", OPT_SIZE, offsetof(struct values, size)},
	{'m', "many", "X", "several", OPT_MANY, offsetof(struct values, many)},
	{0},
};
static const struct cmd cmd = {.name = "try", .options = table};

static int parse(const char *line, struct values *v, char ***rest, int *n,
                 bool *help, struct am_error *err)
{
	*v = (struct values){0};
	*rest = g_strsplit(line, " ", -1);
	*n = (int)g_strv_length(*rest);
	/* Parsing moves words: keep the vector's end for freeing. */
	return opt_parse(&cmd, v, n, *rest, help, err);
}

Test(opt, reads_options_in_every_spelling)
{
	static const char *const lines[] = {
		"--yes --name=bob --number 7 --size=2k -m a --many=b x y",
		"x -y -nbob --number=7 --size 2k -ma -m b y",
		"x y -yn bob --number 7 --size 2k --many a --many b",
	};

	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		struct am_error err = {0};
		struct values v;
		char **words;
		bool help;
		int n;
		cr_assert_eq(parse(lines[i], &v, &words, &n, &help, &err), 0,
		             "%s: %s", lines[i], err.text);
		cr_expect(v.yes && !v.all);
		cr_expect_str_eq(v.name, "bob");
		cr_expect_eq(v.n, 7u);
		cr_expect_eq(v.size, 2048u);
		cr_expect_eq(v.many.n, 2u);
		cr_expect_str_eq(v.many.items[0], "a");
		cr_expect_str_eq(v.many.items[1], "b");
		cr_expect_eq(n, 2);
		cr_expect_str_eq(words[0], "x");
		cr_expect_str_eq(words[1], "y");
		cr_expect_not(help);
		opt_free(&cmd, &v);
	}
}

Test(opt, ends_options_at_two_dashes_and_takes_one_for_a_word)
{
	struct am_error err = {0};
	struct values v;
	char **words;
	bool help;
	int n;

	cr_assert_eq(parse("- -y -- --yes -q", &v, &words, &n, &help, &err), 0);
	cr_expect(v.yes);
	cr_expect_eq(n, 3);
	cr_expect_str_eq(words[0], "-");
	cr_expect_str_eq(words[1], "--yes");
	cr_expect_str_eq(words[2], "-q");
	opt_free(&cmd, &v);
}

Test(opt, says_what_is_wrong)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"--yess", "no option --yess; did you mean --yes?"},
		{"--nam=x", "did you mean --name?"},
		{"--zzzzzzzz", "no option --zzzzzzzz"},
		{"-x", "no option -x"},
		{"-yx", "no option -x"},
		{"--yes=no", "--yes takes no value"},
		{"--name", "--name needs a NAME"},
		{"--number seven", "--number: \"seven\" is no number"},
		{"--number 99999999999999999999", "is no number"},
		{"--number -1", "is no number"},
		{"--size 3x", "--size:"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_error err = {0};
		struct values v;
		char **words;
		bool help;
		int n;
		cr_expect_eq(parse(cases[i].line, &v, &words, &n, &help, &err),
		             AM_FAILED, "%s", cases[i].line);
		cr_expect_eq(err.kind, AM_E_ARGUMENT);
		cr_expect(strstr(err.text, cases[i].says), "%s: %s",
		          cases[i].line, err.text);
		opt_free(&cmd, &v);
	}
}

Test(opt, finds_the_nearest_name_or_none)
{
	static const char *const names[] = {"copy", "compare", "compact",
	                                    "list", "search"};

	cr_expect_str_eq(opt_nearest("cpoy", names, 5), "copy");
	cr_expect_str_eq(opt_nearest("serach", names, 5), "search");
	cr_expect_str_eq(opt_nearest("compac", names, 5), "compact");
	cr_expect_null(opt_nearest("frobnicate", names, 5));
	cr_expect_null(opt_nearest("", names, 5));
}
