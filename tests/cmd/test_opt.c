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
	{0, "count", "N", "how many", OPT_COUNT, offsetof(struct values, n)},
	{0, "size", "SIZE", "a size", OPT_SIZE, offsetof(struct values, size)},
	{'m', "many", "X", "several", OPT_MANY, offsetof(struct values, many)},
	{0},
};
static const struct cmd cmd = {.name = "try", .options = table};

/* Parsing moves the words about: `all` keeps them for freeing. */
struct parsed {
	struct values v;
	char *words[32];
	char **all;
	int n;
	bool help;
	struct am_error err;
};

static int parse(struct parsed *p, const char *line)
{
	*p = (struct parsed){.all = g_strsplit(line, " ", 31)};
	p->n = (int)g_strv_length(p->all);
	memcpy(p->words, p->all, sizeof(char *) * (size_t)p->n);
	return opt_parse(&cmd, &p->v, &p->n, p->words, &p->help, &p->err);
}

static void forget(struct parsed *p)
{
	opt_free(&cmd, &p->v);
	g_strfreev(p->all);
}

Test(opt, reads_options_in_every_spelling)
{
	static const char *const lines[] = {
		"--yes --name=bob --number 7 --size=2k -m a --many=b x y",
		"x -y -nbob --number=7 --size 2k -ma -m b y",
		"x y -yn bob --number 7 --size 2k --many a --many b",
	};

	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		struct parsed p;
		cr_assert_eq(parse(&p, lines[i]), 0, "%s: %s", lines[i],
		             p.err.text);
		cr_expect(p.v.yes && !p.v.all);
		cr_expect_str_eq(p.v.name, "bob");
		cr_expect_eq(p.v.n, 7u);
		cr_expect_eq(p.v.size, 2048u);
		cr_expect_eq(p.v.many.n, 2u);
		cr_expect_str_eq(p.v.many.items[0], "a");
		cr_expect_str_eq(p.v.many.items[1], "b");
		cr_expect_eq(p.n, 2);
		cr_expect_str_eq(p.words[0], "x");
		cr_expect_str_eq(p.words[1], "y");
		cr_expect_null(p.words[2]);
		cr_expect_not(p.help);
		forget(&p);
	}
}

Test(opt, ends_options_at_two_dashes_and_takes_one_for_a_word)
{
	struct parsed p;

	cr_assert_eq(parse(&p, "- -y -- --yes -q"), 0);
	cr_expect(p.v.yes);
	cr_expect_eq(p.n, 3);
	cr_expect_str_eq(p.words[0], "-");
	cr_expect_str_eq(p.words[1], "--yes");
	cr_expect_str_eq(p.words[2], "-q");
	forget(&p);
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
		{"--count 0", "--count: 0 makes no sense: 1 is the least"},
		{"--size 3x", "--size:"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct parsed p;
		cr_expect_eq(parse(&p, cases[i].line), AM_FAILED, "%s",
		             cases[i].line);
		cr_expect_eq(p.err.kind, AM_E_ARGUMENT);
		cr_expect(strstr(p.err.text, cases[i].says), "%s: %s",
		          cases[i].line, p.err.text);
		forget(&p);
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
