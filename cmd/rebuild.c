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
	const char *path = session_begin(s, argc, argv);
	if (!path)
		return EXIT_COULD_NOT;
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
	return session_finish(s, r, &err, "the archive is as it was");
}

static const struct opt table[] = {
	{0, "index", NULL, "make the full-text index anew as well", OPT_SWITCH,
         offsetof(struct options, index)},
	{'j', "jobs", "N", "index so many messages at once", OPT_COUNT,
         offsetof(struct options, jobs)},
	OPT_QUIET,
	OPT_VERBOSE,
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
