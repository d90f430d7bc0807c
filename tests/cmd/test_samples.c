/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every sample in samples/ is listed as its .expect says, and comes out of an
 * archive as it went in.  A sample is what NAME.expect lies beside: NAME, or
 * NAME with one ending.
 */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char *samples_dir(void)
{
	const char *dir = g_getenv("SAMPLES");
	return dir ? dir : "samples";
}

/* The thing that NAME.expect is about; g_free() it. */
static char *sample_of(const char *dir, const char *expect)
{
	size_t len = strlen(expect) - strlen(".expect");
	const char *name;
	char *found = NULL;
	GDir *d = g_dir_open(dir, 0, NULL);
	while ((name = g_dir_read_name(d)) && !found)
		if (!strncmp(name, expect, len) && strcmp(name, expect) != 0 &&
		    (!name[len] || name[len] == '.'))
			found = g_build_filename(dir, name, NULL);
	g_dir_close(d);
	return found;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *hashes(const char *listing)
{
	GString *out = g_string_new(NULL);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	for (const char *at = listing; (at = strstr(at, "\"sha256\":\"")); at++)
		g_ptr_array_add(all, g_strndup(at + 10, 64));
	g_ptr_array_sort(all, by_text);
	for (guint i = 0; i < all->len; i++)
		g_string_append(out, all->pdata[i]);
	g_ptr_array_free(all, TRUE);
	return g_string_free(out, FALSE);
}

static void check_sample(struct cli *cli, const char *dir, const char *expect)
{
	char *path = g_build_filename(dir, expect, NULL), *want = NULL;
	char *sample = sample_of(dir, expect);
	cr_assert(sample, "nothing lies beside %s", path);
	cr_assert(g_file_get_contents(path, &want, NULL, NULL));

	int status = cli_run(cli, "list", "--messages", "--json", sample, NULL);
	cr_expect(status == 0, "%s: %s", sample, cli->err);
	cr_expect_str_eq(cli->out, want, "%s is listed otherwise", sample);

	char *archive = cli_path(cli, "x.mailark");
	status = cli_run(cli, "copy", "--quiet", "--no-index", sample, archive,
	                 NULL);
	cr_expect(status == 0, "%s: %s", sample, cli->err);
	status = cli_run(cli, "list", "--messages", "--json", archive, NULL);
	cr_expect(status == 0, "%s: %s", sample, cli->err);
	char *in = hashes(want), *out = hashes(cli->out);
	cr_expect_str_eq(in, out, "%s: other bytes out of the archive", sample);
	status = cli_run(cli, "verify", "--full", archive, NULL);
	cr_expect(status == 0, "%s: %s", sample, cli->err);
	status = cli_run(cli, "verify", "--against", sample, archive, NULL);
	cr_expect(status == 0, "%s: %s", sample, cli->err);

	g_free(in);
	g_free(out);
	g_free(archive);
	g_free(sample);
	g_free(want);
	g_free(path);
}

Test(samples, are_listed_as_expected_and_survive_the_archive, .timeout = 120)
{
	const char *format, *name;
	size_t n = 0;
	GDir *formats = g_dir_open(samples_dir(), 0, NULL);
	cr_assert(formats, "no samples in %s", samples_dir());
	while ((format = g_dir_read_name(formats))) {
		char *dir = g_build_filename(samples_dir(), format, NULL);
		GDir *d = g_dir_open(dir, 0, NULL);
		while (d && (name = g_dir_read_name(d))) {
			if (!g_str_has_suffix(name, ".expect"))
				continue;
			struct cli cli;
			cli_init(&cli);
			check_sample(&cli, dir, name);
			cli_end(&cli);
			n++;
		}
		if (d)
			g_dir_close(d);
		g_free(dir);
	}
	g_dir_close(formats);
	cr_expect(n >= 10, "only %zu samples", n);
}
