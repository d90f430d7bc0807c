/* SPDX-License-Identifier: GPL-3.0-or-later */
/* README's table of formats is the one that the program prints. */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

Test(readme, has_the_table_of_formats_that_the_program_prints)
{
	const char *samples = g_getenv("SAMPLES");
	char *path =
		samples ? g_build_filename(samples, "..", "README.md", NULL)
			: g_strdup("README.md");
	char *text = NULL;
	struct cli cli;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
	cli_init(&cli);
	cr_assert_eq(cli_line(&cli, "formats --markdown"), 0, "%s", cli.err);
	cr_expect(cli_lines(cli.out) > 10);
	char *behind = g_strconcat(cli.out, "\n", NULL);
	cr_expect(strstr(text, behind),
	          "the table in README is another one: make readme");
	g_free(behind);
	cli_end(&cli);
	g_free(text);
	g_free(path);
}
