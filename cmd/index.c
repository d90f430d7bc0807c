/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark index: bring the full-text index of an archive up to date. */
#include "index/index.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/in_place.h"
#include "cmd/indexing.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "extract/status.h"
#include "index/check.h"
#include "index/published.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <sys/auxv.h>

static int index_path(struct session *s, const char *archive, char **out,
                      struct am_error *err)
{
	struct am_archive *a = NULL;

	int r = am_archive_open(&a, archive, false, &s->ctx, err);
	if (!r)
		*out = am_archive_index_path(a);
	am_archive_close(&a);
	return r;
}

/* mailark-extract: beside this program as it is built, or where `make install`
 * puts it. */
char *indexing_extract_program(void)
{
	char *self = g_file_read_link("/proc/self/exe", NULL);
	const char *started = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	char *dir = g_path_get_dirname(self ? self : started ? started : ".");
	char *beside = g_build_filename(dir, "mailark-extract", NULL);
	char *installed = g_build_filename(dir, "..", "libexec", "mailark",
	                                   "mailark-extract", NULL);
	bool there = g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE);

	g_free(self);
	g_free(dir);
	g_free(there ? installed : beside);
	return there ? beside : installed;
}

int indexing_update(struct session *s, const char *archive, bool rebuild,
                    unsigned jobs, struct am_error *err)
{
	struct am_index *index = NULL;
	char *path = NULL, *program = NULL;

	int r = index_path(s, archive, &path, err);
	if (!r && rebuild)
		r = am_remove_tree(path, err);
	if (!r)
		r = am_index_open(&index, path, true, err);
	if (!r) {
		program = indexing_extract_program();
		am_index_extract(index, program);
		r = am_index_update(index, archive, jobs, &s->ctx, err);
	}
	am_index_close(&index);
	g_free(program);
	g_free(path);
	return r < 0 ? r : AM_OK;
}

/* Its notes are for `mailark verify`: here the index is mended. */
int indexing_check(struct session *s, const char *archive, bool *whole,
                   struct am_error *err)
{
	struct am_index_health health = {.whole = true};
	struct am_archive *a = NULL;
	struct am_index *index = NULL;
	char *path = NULL;

	*whole = true;
	int r = am_archive_open(&a, archive, false, &s->ctx, err);
	if (!r) {
		path = am_archive_index_path(a);
		r = am_index_open(&index, path, false, err);
	}
	if (!r)
		r = am_index_check(&health, index, a, false, NULL, err);
	if (!r)
		*whole = health.whole;
	am_index_close(&index);
	am_archive_close(&a);
	g_free(path);
	/* One that cannot be read, or is not there, the update makes anew. */
	return r == AM_END || (r && err->kind == AM_E_CORRUPT) ? AM_OK : r;
}

bool indexing_there(struct session *s, const char *archive)
{
	struct am_index *index = NULL;
	char *path = NULL;

	int r = index_path(s, archive, &path, NULL);
	if (!r)
		r = am_index_open(&index, path, false, NULL);
	am_index_close(&index);
	g_free(path);
	return !r;
}

struct options {
	bool rebuild, quiet, verbose, json, in_place, again;
	uint64_t jobs;
	const char *publish, *catalog, *from;
};

/* --publish: of the archive as it is now. */
static int publish(struct session *s, const char *archive, const char *file,
                   bool quiet, struct am_error *err)
{
	struct am_archive *a = NULL;
	struct am_index *index = NULL;
	char *path = NULL, *program = indexing_extract_program();
	char *name = g_canonicalize_filename(archive, NULL);
	uint64_t documents = 0;

	int r = am_archive_open(&a, archive, false, &s->ctx, err);
	if (!r) {
		path = am_archive_index_path(a);
		r = am_index_open(&index, path, false, err);
	}
	if (!r) {
		am_index_extract(index, program);
		r = am_index_publish(index, a, name, file, &s->ctx, &documents,
		                     err);
	}
	if (!r && !quiet) {
		char n[OUT_ROOM];
		session_before_output(s);
		out_count(documents, n);
		printf("%s messages published in %s\n", n, file);
	}
	am_index_close(&index);
	am_archive_close(&a);
	g_free(program);
	g_free(path);
	g_free(name);
	return r;
}

/* "12 attached files read: 10 ok, 2 encrypted" */
static void show_files(const uint64_t *counts)
{
	char n[OUT_ROOM];
	uint64_t total = 0;

	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS; i++)
		total += counts[i];
	if (!total)
		return;
	out_count(total, n);
	printf("%s attached file%s read: ", n, total == 1 ? "" : "s");
	for (unsigned i = AM_EXTRACT_OK, first = 1; i < AM_EXTRACT_N_STATUS;
	     i++) {
		if (!counts[i])
			continue;
		out_count(counts[i], n);
		printf("%s%s %s", first ? "" : ", ", n, am_extract_name(i));
		first = 0;
	}
	printf("\n");
}

static void show_json(const struct am_index_stats *stats,
                      const uint64_t *counts)
{
	printf("{\"documents\":%" PRIu64 ",\"seq\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"files\":{",
	       stats->documents, stats->seq, stats->bytes);
	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS; i++)
		printf("%s\"%s\":%" PRIu64, i == AM_EXTRACT_OK ? "" : ",",
		       am_extract_name(i), counts[i]);
	printf("}}\n");
}

static int show_stats(struct session *s, const char *archive, bool json,
                      struct am_error *err)
{
	uint64_t counts[AM_EXTRACT_N_STATUS];
	struct am_index_stats stats = {0};
	struct am_index *index = NULL;
	char *path = NULL;

	session_before_output(s);
	int r = index_path(s, archive, &path, err);
	if (!r)
		r = am_index_open(&index, path, false, err);
	if (!r)
		r = am_index_stats(index, &stats, err);
	if (!r)
		am_index_files(index, counts);
	if (!r && json) {
		show_json(&stats, counts);
	} else if (!r) {
		char n[OUT_ROOM], size[OUT_ROOM];
		out_count(stats.documents, n);
		out_size(stats.bytes, size);
		printf("%s messages indexed, %s\n", n, size);
		show_files(counts);
	}
	am_index_close(&index);
	g_free(path);
	return r;
}

static int bring_up(struct session *s, const struct options *o,
                    const char *archive, struct am_error *err)
{
	bool whole = true;
	int r = o->rebuild ? AM_OK : indexing_check(s, archive, &whole, err);
	if (!whole)
		session_say(s,
		            "%s: the index lacks what it should have and is "
		            "made anew",
		            archive);
	if (!r)
		r = indexing_update(s, archive, o->rebuild || !whole,
		                    (unsigned)o->jobs, err);
	if (!r && o->publish)
		r = publish(s, archive, o->publish, o->quiet || o->json, err);
	if (!r && !o->quiet && (!o->publish || o->json))
		r = show_stats(s, archive, o->json, err);
	return r;
}

static const char go_on[] = "run the same command again to go on";

static int run_in_place(struct session *s, const struct options *o, int argc,
                        char **argv)
{
	struct in_place in = {.s = s,
	                      .catalog = o->catalog,
	                      .from = o->from,
	                      .jobs = (unsigned)o->jobs,
	                      .again = o->again,
	                      .quiet = o->quiet,
	                      .json = o->json};
	struct am_error err = {0};

	if (!o->catalog)
		return session_usage(s, "say where the catalog is to be: "
		                        "-o FILE.mailark, not within the mail");
	s->subject = o->catalog;
	session_catch_signals(s);
	int r = in_place_look(&in, argv, argc, &err);
	if (!r && g_file_test(o->catalog, G_FILE_TEST_EXISTS))
		r = bring_up(s, o, o->catalog, &err);
	int status = session_finish(s, r, &err, go_on);
	if (status == EXIT_DONE && in.failed)
		status = EXIT_SOME_FAILED;
	return in.broken ? EXIT_COULD_NOT : status;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	if (o->in_place)
		return run_in_place(s, o, argc, argv);
	if (o->catalog || o->from || o->again)
		return session_usage(s, "-o, --from and --again belong to "
		                        "--in-place");
	const char *archive = session_begin(s, argc, argv);
	if (!archive)
		return EXIT_COULD_NOT;
	int r = bring_up(s, o, archive, &err);
	return session_finish(s, r, &err, go_on);
}

static const struct opt table[] = {
	{0, "rebuild", NULL, "throw the index away and make it anew",
         OPT_SWITCH, offsetof(struct options, rebuild)},
	{0, "in-place", NULL,
         "mail that stays where it is: index it there, into a catalog",
         OPT_SWITCH, offsetof(struct options, in_place)},
	{'o', "catalog", "FILE", "the catalog of --in-place: FILE.mailark",
         OPT_STRING, offsetof(struct options, catalog)},
	{0, "from", "FORMAT",
         "with --in-place: what the mail is, and its options", OPT_STRING,
         offsetof(struct options, from)},
	{0, "again", NULL,
         "with --in-place: read also what looks as it did before", OPT_SWITCH,
         offsetof(struct options, again)},
	{0, "publish", "FILE", "write an index for search --stub into one file",
         OPT_STRING, offsetof(struct options, publish)},
	OPT_JOBS,
	{0, "json", NULL, "print what there is as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_index = {
	.name = "index",
	.usage = "[options] ARCHIVE | --in-place -o CATALOG [LOCATION…]",
	.summary = "Bring the full-text index of an archive up to date",
	.examples = "  mailark index mail.mailark\n"
		    "  mailark index --in-place -o mail.mailark ~/Maildir\n"
		    "  mailark index --in-place -o mail.mailark\n"
		    "  mailark index --rebuild mail.mailark\n"
		    "  mailark index --publish mail.xdb mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
