/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of options, --help and the manual pages say the same. */
#include "cmd/cmd.h"
#include "index/index.h"
#include "tests/support/run_cli.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdio.h>
#include <string.h>

static char *read_page(const char *name)
{
	char *path = g_strdup_printf("cmd/man/%s.1", name);
	char *text = NULL;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL),
	          "there is no %s", path);
	g_free(path);
	return text;
}

/* The options a page describes: words behind Fl in lines ".It Fl …". */
static GPtrArray *page_options(const char *page)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	char **lines = g_strsplit(page, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (!g_str_has_prefix(*line, ".It Fl "))
			continue;
		char **words = g_strsplit(*line, " ", -1);
		for (char **w = words; *w; w++)
			if (!strcmp(*w, "Fl") && w[1])
				g_ptr_array_add(found, g_strdup(w[1]));
		g_strfreev(words);
	}
	g_strfreev(lines);
	return found;
}

static bool has(GPtrArray *words, const char *word)
{
	return g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL);
}

static bool in_table(const struct cmd *cmd, const char *word)
{
	if (!strcmp(word, "h") || !strcmp(word, "-help"))
		return true;
	for (const struct opt *o = cmd->options; o->name; o++)
		if ((word[0] == '-' && !strcmp(word + 1, o->name)) ||
		    (o->letter && word[0] == o->letter && !word[1]))
			return true;
	return false;
}

Test(man, describes_every_option_and_no_other)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct cmd *cmd = commands[i];
		char *name = g_strdup_printf("mailark-%s", cmd->name);
		char *page = read_page(name);
		GPtrArray *options = page_options(page);
		for (const struct opt *o = cmd->options; o->name; o++) {
			char *dashed = g_strdup_printf("-%s", o->name);
			char letter[2] = {o->letter, '\0'};
			cr_expect(has(options, dashed),
			          "%s does not describe -%s", name, dashed);
			if (o->letter)
				cr_expect(has(options, letter),
				          "%s does not describe -%s", name,
				          letter);
			g_free(dashed);
		}
		for (guint k = 0; k < options->len; k++) {
			const char *word = g_ptr_array_index(options, k);
			cr_expect(in_table(cmd, word),
			          "%s describes -%s, which is none", name,
			          word);
		}
		cr_expect(strstr(page, ".Sh EXAMPLES"), "%s has no examples",
		          name);
		cr_expect(strstr(page, ".Sh EXIT STATUS"), "%s", name);
		g_ptr_array_unref(options);
		g_free(page);
		g_free(name);
	}
}

Test(man, names_every_command_in_the_overview)
{
	char *page = read_page("mailark");

	for (size_t i = 0; commands[i]; i++) {
		char *item = g_strdup_printf(".It Xr mailark-%s 1",
		                             commands[i]->name);
		cr_expect(strstr(page, item), "mailark.1 lacks %s", item);
		g_free(item);
	}
	g_free(page);
}

Test(man, teaches_every_field_of_a_query)
{
	char *page = read_page("mailark-search");

	for (const struct am_query_field *f = am_query_fields; f->name; f++) {
		char *word = g_strdup_printf("%s:", f->name);
		cr_expect(strstr(page, word), "mailark-search.1 lacks %s",
		          word);
		g_free(word);
	}
	g_free(page);
}

Test(man, passes_mandoc)
{
	char *out = NULL;
	gint status = 0;

	char *mandoc = g_find_program_in_path("mandoc");
	if (!mandoc)
		return;
	g_free(mandoc);
	cr_assert(g_spawn_command_line_sync(
		"sh -c 'for p in cmd/man/*; do mandoc -T lint -W warning $p; "
		"done'",
		&out, NULL, &status, NULL));
	cr_expect(!*out, "%s", out);
	g_free(out);
}

Test(man, every_command_answers_help_and_refuses_unknown_options)
{
	struct cli c;

	cli_init(&c);
	for (size_t i = 0; commands[i]; i++) {
		const struct cmd *cmd = commands[i];
		cr_expect_eq(cli_run(&c, cmd->name, "--help", NULL), 0);
		cr_expect(strstr(c.out, "examples:"), "%s --help", cmd->name);
		cr_expect(strstr(c.out, cmd->summary), "%s --help", cmd->name);
		for (const struct opt *o = cmd->options; o->name; o++) {
			char *name = g_strdup_printf("--%s", o->name);
			cr_expect(strstr(c.out, name), "%s --help lacks %s",
			          cmd->name, name);
			g_free(name);
		}
		cr_expect_eq(cli_run(&c, cmd->name, "-h", NULL), 0);
		cr_expect_eq(cli_run(&c, cmd->name, "--no-such-thing", NULL),
		             2);
		cr_expect(strstr(c.err, "--no-such-thing"), "%s", c.err);
		cr_expect_eq(cli_run(&c, cmd->name, "-~", NULL), 2);
		cr_expect_eq(cli_run(&c, "help", cmd->name, NULL), 0);
	}
	cli_end(&c);
}

Test(man, completion_knows_every_command_and_parses)
{
	struct cli c;

	cli_init(&c);
	cr_assert_eq(cli_line(&c, "help --completion bash"), 0);
	for (size_t i = 0; commands[i]; i++)
		cr_expect(strstr(c.out, commands[i]->name));
	char *script = g_strdup(c.out);
	cli_write(&c, "completion.sh", script, strlen(script));
	char *path = cli_path(&c, "completion.sh");
	char *check = g_strdup_printf("bash -n %s", path);
	gint status = 1;
	if (g_spawn_command_line_sync(check, NULL, NULL, &status, NULL))
		cr_expect_eq(status, 0);
	g_free(check);
	g_free(path);
	g_free(script);
	cr_expect_eq(cli_line(&c, "help --completion tcsh"), 2);
	cli_end(&c);
}
