/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark compact: everything that is live written anew, and smaller. */
#include "cmd/cmd.h"
#include "cmd/indexing.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "store/archive.h"

#include <stdio.h>

struct options {
	bool max, json, quiet, verbose;
	const char *to, *codec;
	uint64_t segment;
};

static void print_result(const struct am_repair_result *res, bool json)
{
	char n[OUT_ROOM], before[OUT_ROOM], after[OUT_ROOM];

	if (json) {
		printf("{\"kept\":%" PRIu64 ",\"bytes_before\":%" PRIu64
		       ",\"bytes_after\":%" PRIu64 "}\n",
		       res->kept, res->bytes_before, res->bytes_after);
		return;
	}
	out_count(res->kept, n);
	out_size(res->bytes_before, before);
	out_size(res->bytes_after, after);
	printf("%s messages, %s before, %s now\n", n, before, after);
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	const struct am_compact_options how = {
		.max = o->max,
		.to = o->to,
		.codec = o->codec,
		.segment = o->segment,
	};
	struct am_repair_result result = {0};
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	const char *path = session_begin(s, argc, argv);
	if (!path)
		return EXIT_COULD_NOT;
	bool indexed = indexing_there(s, path);
	int r = am_archive_compact(path, &how, &s->ctx, &result, &err);
	if (r)
		return session_finish(s, r, &err, "the archive is as it was");
	session_before_output(s);
	if (!o->quiet)
		print_result(&result, o->json);
	/* The new archive is another one to an index; what was searchable is
	 * to stay so. */
	const char *now = o->to ? o->to : path;
	if (indexed && indexing_update(s, now, false, 0, &err)) {
		session_error(s, now, &err);
		session_say(s,
		            "the mail is safe, but has no index: "
		            "mailark index %s makes one",
		            now);
	}
	return session_finish(s, AM_OK, NULL, NULL);
}

static const struct opt table[] = {
	{0, "max", NULL, "as small as it gets, slowly: for cold archives",
         OPT_SWITCH, offsetof(struct options, max)},
	{0, "to", "FILE", "write a new archive, leave this one", OPT_STRING,
         offsetof(struct options, to)},
	{0, "codec", "NAME", "zstd, zlib or stored", OPT_STRING,
         offsetof(struct options, codec)},
	{0, "segment", "SIZE", "numbered files of about this size", OPT_SIZE,
         offsetof(struct options, segment)},
	{0, "json", NULL, "print the result as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_compact = {
	.name = "compact",
	.usage = "[options] ARCHIVE",
	.summary = "Write an archive anew without what nothing needs any more",
	.examples = "  mailark compact mail.mailark\n"
		    "  mailark compact --max --to cold.mailark mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
