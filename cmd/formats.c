/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark formats: what can be read and written, and what each keeps. */
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "transfer/loss.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>

struct options {
	bool json, markdown;
};

static const char *can(const struct am_format *f)
{
	if (f->open_source && f->open_sink)
		return "read, write";
	return f->open_source ? "read"
	       : f->open_sink ? "write"
	                      : "not built in";
}

static void print_table(void)
{
	printf("%-10s %-12s %s\n", "name", "", "what it is");
	for (size_t i = 0; am_formats[i]; i++)
		printf("%-10s %-12s %s\n", am_formats[i]->name,
		       can(am_formats[i]), am_formats[i]->title);
	printf("\nmailark formats NAME: its options and what it keeps\n"
	       "Reading any of them, --from tnef=expand opens winmail.dat: "
	       "what is in it comes as\nparts behind it, and nothing of the "
	       "mail goes.\n");
}

static void print_format(const struct am_format *f)
{
	char *keeps = am_keeps_words(f->keeps);

	printf("%s: %s\n", f->name, f->title);
	printf("  can:    %s\n", can(f));
	printf("  keeps:  %s\n", *keeps ? keeps : "nothing");
	if (f->suffixes)
		printf("  names:  *%s\n", f->suffixes);
	if (f->options && f->options->name)
		printf("  options (--from %s,KEY=VALUE or --to …):\n", f->name);
	for (const struct am_option *o = f->options; o && o->name; o++) {
		char *left = g_strdup_printf(
			"%s=%s", o->name, o->argument ? o->argument : "yes|no");
		printf("    %-30s %s%s%s%s\n", left, o->help,
		       o->preset ? " [" : "", o->preset ? o->preset : "",
		       o->preset ? "]" : "");
		g_free(left);
	}
	if (f->about)
		printf("\n%s\n", f->about);
	g_free(keeps);
}

/* The table in README: make readme. */
static void print_markdown(void)
{
	printf("| name | in | out | what it keeps |\n|---|---|---|---|\n");
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = am_formats[i];
		char *keeps = am_keeps_words(f->keeps);
		const char *in = f->reads ? f->reads : "yes";
		const char *out = f->writes ? f->writes : "yes";
		printf("| `%s` | %s | %s | %s |\n", f->name,
		       f->open_source ? in : "no", f->open_sink ? out : "no",
		       f->kept  ? f->kept
		       : *keeps ? keeps
		                : "nothing");
		g_free(keeps);
	}
}

static void write_format(const struct am_format *f, struct am_json *json)
{
	char *keeps = am_keeps_words(f->keeps);
	char **words = g_strsplit(keeps, ", ", -1);

	am_json_open(json, '{');
	out_json_text(json, "name", f->name);
	out_json_text(json, "title", f->title);
	am_json_key(json, "read");
	am_json_bool(json, f->open_source != NULL);
	am_json_key(json, "write");
	am_json_bool(json, f->open_sink != NULL);
	am_json_key(json, "keeps");
	out_json_words(json, (const char *const *)words, g_strv_length(words));
	am_json_key(json, "options");
	am_json_open(json, '[');
	for (const struct am_option *o = f->options; o && o->name; o++) {
		am_json_open(json, '{');
		out_json_text(json, "name", o->name);
		out_json_text(json, "argument", o->argument);
		out_json_text(json, "help", o->help);
		out_json_text(json, "preset", o->preset);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
	am_json_close(json, '}');
	out_json_line(json);
	g_strfreev(words);
	g_free(keeps);
}

static int fail_unknown(struct session *s, const char *name)
{
	GPtrArray *names = g_ptr_array_new();
	struct am_error err;

	for (size_t i = 0; am_formats[i]; i++)
		g_ptr_array_add(names, (gpointer)am_formats[i]->name);
	const char *near = opt_nearest(name, (const char *const *)names->pdata,
	                               names->len);
	am_fail(&err, AM_FAILED, AM_E_NOTFOUND, "no format is called so%s%s%s",
	        near ? "; did you mean " : "", near ? near : "",
	        near ? "?" : "");
	g_ptr_array_unref(names);
	return session_error(s, name, &err);
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_json *json = am_json_new();
	int status = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		const struct am_format *f = am_format_find(argv[i]);
		if (!f)
			status = fail_unknown(s, argv[i]);
		else if (o->json)
			write_format(f, json);
		else
			print_format(f);
	}
	for (size_t i = 0; !argc && o->json && am_formats[i]; i++)
		write_format(am_formats[i], json);
	if (!argc && !o->json && o->markdown)
		print_markdown();
	else if (!argc && !o->json)
		print_table();
	am_json_free(&json);
	return status;
}

static const struct opt table[] = {
	{0, "json", NULL, "one JSON object a format", OPT_SWITCH,
         offsetof(struct options, json)},
	{0, "markdown", NULL, "all of them as a table in Markdown", OPT_SWITCH,
         offsetof(struct options, markdown)},
	{0},
};

const struct cmd cmd_formats = {
	.name = "formats",
	.usage = "[options] [NAME…]",
	.summary = "Show which formats can be read and written, and what each "
		   "keeps",
	.examples = "  mailark formats\n"
		    "  mailark formats mbox\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
