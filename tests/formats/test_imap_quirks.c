/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What servers do wrong, each in a file of formats/imap/: rules for the
 * scripted server (support/script_server.h), and what must come out of it.
 *
 *     @ options a=b c=d     of the source, beside those to reach it
 *     @ token               log in with one, not with a password
 *     @ commands N          at most so many
 *     @ all                 ask for all messages before the first is loaded
 *     = LINE                of the listing (formats/imap_listing.h), in order;
 *                           '*' stands for anything
 *
 * base.rules is behind every one: a server that does all right.
 */
#include "formats/imap_listing.h"
#include "support/script_server.h"

#include <criterion/criterion.h>

#include <string.h>
#include <unistd.h>

static char *folder(void)
{
	const char *samples = g_getenv("SAMPLES");

	return samples ? g_strdup_printf("%s/../tests/formats/imap", samples)
	               : g_strdup("tests/formats/imap");
}

static char *read_text(const char *dir, const char *name)
{
	char *path = g_build_filename(dir, name, NULL), *text;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
	g_free(path);
	return text;
}

static char **options_of(const char *text)
{
	const char *at = strstr(text, "\n@ options ");
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, g_strdup("tls=off"));
	g_ptr_array_add(all, g_strdup(strstr(text, "\n@ token\n")
	                                      ? "token-command=echo token"
	                                      : "password-command=echo pass"));
	if (!at || !strstr(at, "connections="))
		g_ptr_array_add(all, g_strdup("connections=1"));
	if (at) {
		char *line = g_strndup(at + 11, strcspn(at + 11, "\n"));
		char **words = g_strsplit(line, " ", -1);
		for (char **w = words; *w; w++)
			g_ptr_array_add(all, *w);
		g_free(words);
		g_free(line);
	}
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static void play(const char *dir, const char *name, const char *base)
{
	char *text = read_text(dir, name);
	const char *const texts[] = {text, base, NULL};
	char **options = options_of(text);
	const char *most = strstr(text, "\n@ commands ");
	struct script_server *server = script_server_new(texts, true);
	struct imap_target *target = imap_target_new();

	char *got = imap_target_run(target, script_server_port(server), "",
	                            (const char *const *)options, false,
	                            strstr(text, "\n@ all\n") ? IMAP_TARGET_ALL
	                                                      : 50);
	char *log = script_server_log(server);
	script_server_expect(name, text, got, log);
	unsigned n = 0;
	for (const char *c = log; *c; c++)
		n += *c == '\n';
	if (most)
		cr_expect(n <= strtoul(most + 12, NULL, 10),
		          "%s: %u commands\n%s", name, n, log);
	g_free(got);
	g_free(log);
	imap_target_free(target);
	script_server_free(server);
	g_strfreev(options);
	g_free(text);
}

Test(imap_quirks, every_row_comes_out_as_it_should, .timeout = 240)
{
	char *dir = folder(), *base = read_text(dir, "base.rules");
	const char *only = g_getenv("QUIRK"), *name;
	GDir *d = g_dir_open(dir, 0, NULL);
	unsigned n = 0;

	cr_assert(d);
	while ((name = g_dir_read_name(d)))
		if (g_str_has_suffix(name, ".txt") &&
		    (!only || strstr(name, only))) {
			play(dir, name, base);
			n++;
		}
	cr_expect(n > 0);
	g_dir_close(d);
	g_free(base);
	g_free(dir);
}
