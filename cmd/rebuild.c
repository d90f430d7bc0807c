/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark rebuild: the catalog, and the index if wanted, from the log alone. */
#include "cmd/cmd.h"
#include "cmd/indexing.h"
#include "cmd/session.h"
#include "store/archive.h"

#include <stdio.h>

struct options {
	bool index, quiet, verbose;
	uint64_t jobs;
};

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	if (argc != 1)
		return session_usage(s, "one archive is needed");
	const char *path = session_archive(s, argv[0]);
	if (!path)
		return EXIT_COULD_NOT;
	s->subject = argv[0];
	session_catch_signals(s);
	int r = am_archive_rebuild(path, &s->ctx, &err);
	session_before_output(s);
	if (!r && !o->quiet)
		printf("the catalog is made anew\n");
	if (!r && o->index) {
		r = indexing_update(s, path, true, (unsigned)o->jobs, &err);
		session_before_output(s);
		if (!r && !o->quiet)
			printf("the index is made anew\n");
	}
	if (r)
		return session_error(s, argv[0], &err);
	session_sum_up(s);
	return s->n_errors ? EXIT_SOME_FAILED : EXIT_DONE;
}

static const struct opt table[] = {
	{0, "index", NULL, "make the full-text index anew as well", OPT_SWITCH,
         offsetof(struct options, index)},
	{'j', "jobs", "N", "index so many messages at once", OPT_NUMBER,
         offsetof(struct options, jobs)},
	{'q', "quiet", NULL, "only errors", OPT_SWITCH,
         offsetof(struct options, quiet)},
	{'v', "verbose", NULL, "every note; progress without a terminal",
         OPT_SWITCH, offsetof(struct options, verbose)},
	{0},
};

const struct cmd cmd_rebuild = {
	.name = "rebuild",
	.usage = "[options] ARCHIVE",
	.summary = "Make the catalog of an archive anew from the archive alone",
	.examples = "  mailark rebuild mail.mailark\n"
		    "  mailark rebuild --index mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
