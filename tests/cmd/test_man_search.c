/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every example of mailark-search.1 is run:
 *
 *   .Dl mailark …         a command that must end with 0
 *   .Bd -literal, "$ …"   the same, and what it prints follows
 *   .Dl anything else     in QUERY LANGUAGE: a query
 *   .It Li a , Li b       likewise; one that ends with ':' is a field's name
 */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdlib.h>
#include <string.h>

struct example {
	char *text; /* a command or a query */
	char *out;  /* what it prints; NULL: not said */
};

static void free_example(gpointer p)
{
	struct example *e = p;

	g_free(e->text);
	g_free(e->out);
	g_free(e);
}

static void add(GPtrArray *to, char *text, char *out)
{
	struct example *e = g_new0(struct example, 1);

	e->text = text;
	e->out = out;
	g_ptr_array_add(to, e);
}

/* What roff writes otherwise. */
static char *plain(const char *text)
{
	static const char *const signs[][2] = {
		{"\\(dq", "\""}, {"\\&", ""}, {"\\e", "\\"}, {"\\-", "-"}};
	GString *out = g_string_new(text);

	for (size_t i = 0; i < AM_COUNT(signs); i++)
		g_string_replace(out, signs[i][0], signs[i][1], 0);
	return g_string_free(out, FALSE);
}

/* ".It Li foo bar , Li baz" */
static void add_items(GPtrArray *queries, const char *line)
{
	char **items = g_strsplit(line + strlen(".It Li "), " , Li ", -1);

	for (char **item = items; *item; item++)
		if (!g_str_has_suffix(*item, ":"))
			add(queries, plain(*item), NULL);
	g_strfreev(items);
}

/* From "$ …" on; the line behind what it prints. */
static char **add_session(GPtrArray *commands, char **line)
{
	char *command = plain(*line + strlen("$ "));
	GString *out = g_string_new(NULL);

	for (line++; *line && !g_str_has_prefix(*line, "$ ") &&
	             strcmp(*line, ".Ed") != 0;
	     line++) {
		char *text = plain(*line);
		g_string_append_printf(out, "%s\n", text);
		g_free(text);
	}
	add(commands, command, g_string_free(out, FALSE));
	return line;
}

static void read_page(GPtrArray *commands, GPtrArray *queries)
{
	char *page = NULL;
	bool language = false;

	cr_assert(g_file_get_contents("cmd/man/mailark-search.1", &page, NULL,
	                              NULL));
	char **lines = g_strsplit(page, "\n", -1);
	for (char **l = lines; *l;) {
		if (g_str_has_prefix(*l, "$ ")) {
			l = add_session(commands, l);
			continue;
		}
		if (g_str_has_prefix(*l, ".Sh "))
			language = !strcmp(*l, ".Sh QUERY LANGUAGE");
		if (g_str_has_prefix(*l, ".Dl mailark "))
			add(commands, plain(*l + strlen(".Dl ")), NULL);
		else if (language && g_str_has_prefix(*l, ".Dl "))
			add(queries, plain(*l + strlen(".Dl ")), NULL);
		else if (language && g_str_has_prefix(*l, ".It Li "))
			add_items(queries, *l);
		l++;
	}
	g_strfreev(lines);
	g_free(page);
}

/* ---- running them ----------------------------------------------------------
 */

static char *samples(const char *name)
{
	const char *dir = g_getenv("SAMPLES");
	char *path = g_build_filename(dir ? dir : "samples", name, NULL);
	char *real = realpath(path, NULL);

	cr_assert(real, "%s", path);
	g_free(path);
	return real;
}

static void set_up(struct cli *c)
{
	static const char *const archives[] = {"mail.mailark", "a.mailark",
	                                       "b.mailark"};
	char *lists = samples("mbox/lists.mbox");
	char *nested = samples("maildir/nested");

	cli_init(c);
	char *config = cli_path(c, "config");
	g_setenv("XDG_CONFIG_HOME", config, TRUE);
	g_setenv("TZ", "UTC", TRUE);
	g_unsetenv("NO_COLOR");
	for (size_t i = 0; i < AM_COUNT(archives); i++)
		cr_assert_eq(cli_run(c, "copy", "--quiet",
		                     i == 1 ? nested : lists, archives[i],
		                     NULL),
		             0, "%s", c->err);
	cr_assert_eq(cli_line(c, "index --publish all.xdb mail.mailark"), 0,
	             "%s", c->err);
	cli_write(c, "all.stub", "auto all.xdb\n", 13);
	g_free(config);
	free(lists);
	free(nested);
}

/* As a shell would start it, in the folder of c. */
static void check_command(struct cli *c, const struct example *e)
{
	const char *program = g_getenv("MAILARK");
	char **argv = NULL, *out = NULL, *err = NULL;
	gint n = 0, status = 0;

	cr_assert(g_shell_parse_argv(e->text, &n, &argv, NULL), "%s", e->text);
	cr_assert_str_eq(argv[0], "mailark");
	g_free(argv[0]);
	argv[0] =
		realpath(program && *program ? program : "build/mailark", NULL);
	cr_assert(g_spawn_sync(c->dir, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
	                       &out, &err, &status, NULL));
	cr_expect_eq(status, 0, "%s: %s", e->text, err);
	if (e->out)
		cr_expect_str_eq(out, e->out, "%s", e->text);
	free(argv[0]);
	argv[0] = g_strdup("");
	g_strfreev(argv);
	g_free(out);
	g_free(err);
}

Test(man_search, examples_do_what_the_page_says)
{
	GPtrArray *commands = g_ptr_array_new_with_free_func(free_example);
	GPtrArray *queries = g_ptr_array_new_with_free_func(free_example);
	struct cli c;
	size_t told = 0;

	read_page(commands, queries);
	set_up(&c);
	for (guint i = 0; i < commands->len; i++) {
		const struct example *e = commands->pdata[i];
		check_command(&c, e);
		told += e->out != NULL;
	}
	for (guint i = 0; i < queries->len; i++) {
		const struct example *e = queries->pdata[i];
		cr_expect_eq(cli_run(&c, "search", "--count", "mail.mailark",
		                     e->text, NULL),
		             0, "%s: %s", e->text, c.err);
	}
	/* What is read is the page, not a mistake in reading it. */
	cr_expect_geq(commands->len, 12);
	cr_expect_geq(queries->len, 60);
	cr_expect_geq(told, 4);
	cli_end(&c);
	g_ptr_array_unref(commands);
	g_ptr_array_unref(queries);
}
