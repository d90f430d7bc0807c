/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark repair: what can be read of a damaged archive into a new one. */
#include "cmd/cmd.h"
#include "cmd/dates.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

struct options {
	const char *to, *undo;
	bool dates, apply, all, runs, json, quiet, verbose;
};

/* "mail.mailark" -> "mail.repaired.mailark". */
static char *default_name(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n > 8 && !strncmp(path + n - 8, ".mailark", 8))
		n -= 8;
	return g_strdup_printf("%.*s.repaired.mailark", (int)n, path);
}

static void print_result(const struct am_repair_result *res, const char *to,
                         bool json)
{
	char kept[OUT_ROOM], lost[OUT_ROOM];

	if (json) {
		printf("{\"kept\":%" PRIu64 ",\"lost\":%" PRIu64
		       ",\"uncounted\":%s,\"bytes_before\":%" PRIu64
		       ",\"bytes_after\":%" PRIu64 "}\n",
		       res->kept, res->lost, res->uncounted ? "true" : "false",
		       res->bytes_before, res->bytes_after);
		return;
	}
	out_count(res->kept, kept);
	out_count(res->lost, lost);
	printf("%s messages kept, %s lost%s; written to %s, the old archive "
	       "is as it was\n",
	       kept, lost,
	       res->uncounted ? " that are known of (no commit is left to say "
	                        "how many there were)"
	                      : "",
	       to);
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_repair_result result = {0};
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	if (!o->dates && (o->apply || o->all || o->runs || o->undo))
		return session_usage(s, "--apply, --undo, --runs and --all are "
		                        "for --dates");
	if (o->dates && o->to)
		return session_usage(s, "--dates changes the archive itself: "
		                        "no --to");
	const char *path = session_begin(s, argc, argv);
	if (!path)
		return EXIT_COULD_NOT;
	if (o->dates) {
		const struct dates_options dates = {o->apply, o->runs, o->json,
		                                    o->all, o->undo};
		return dates_repair(s, path, &dates);
	}
	char *to = o->to ? g_strdup(o->to) : default_name(path);
	int r = am_archive_repair(path, to, &s->ctx, &result, &err);
	session_before_output(s);
	if (!r && !o->quiet)
		print_result(&result, to, o->json);
	g_free(to);
	int status = session_finish(s, r, &err, "the archive is as it was");
	/* Damage was told; what counts here is whether mail was lost by it. */
	if (r)
		return status;
	return result.lost || result.uncounted ? EXIT_SOME_FAILED : EXIT_DONE;
}

static const struct opt table[] = {
	{0, "to", "FILE", "the new archive (NAME.repaired.mailark)", OPT_STRING,
         offsetof(struct options, to)},
	{0, "dates", NULL,
         "instead: decide dates of receipt anew, in place; first a plan",
         OPT_SWITCH, offsetof(struct options, dates)},
	{0, "apply", NULL, "do it; without this only the plan is shown",
         OPT_SWITCH, offsetof(struct options, apply)},
	{0, "undo", "RUN", "undo a run: its number, or last", OPT_STRING,
         offsetof(struct options, undo)},
	{0, "runs", NULL, "list the runs there were", OPT_SWITCH,
         offsetof(struct options, runs)},
	{0, "all", NULL, "show all of the plan, not its first 20 messages",
         OPT_SWITCH, offsetof(struct options, all)},
	{0, "json", NULL, "print the result as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_repair = {
	.name = "repair",
	.usage = "[options] ARCHIVE",
	.summary = "Save what can be read of a damaged archive into a new one",
	.examples = "  mailark repair mail.mailark\n"
		    "  mailark repair --dates mail.mailark\n"
		    "  mailark repair --to saved.mailark mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
