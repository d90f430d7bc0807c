/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does the index of an archive find exactly what is in its mail?
 *
 *   search-complete ARCHIVE [queries] [seed]
 *
 * See tests/index/complete.h.  Exits 1 when an answer is wrong.
 */
#include "tests/index/complete.h"

#include "cmd/indexing.h"
#include "extract/extractor.h"
#include "index/index.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>

static void say(const char *line)
{
	printf("WRONG %s\n", line);
}

int main(int argc, char **argv)
{
	struct am_archive_stats stats = {0};
	struct am_archive *archive = NULL;
	struct am_index *index = NULL;
	struct complete c = {0};
	struct am_error err = {.text = "there is no index"};
	char *dir = NULL, *program = indexing_extract_program();
	const struct am_extractor_options options = {.program = program};
	struct am_extractor *files = am_extractor_new(&options);
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: search-complete ARCHIVE [queries] "
		                "[seed]\n");
		return 2;
	}
	r = am_archive_open(&archive, argv[1], false, NULL, &err);
	if (!r)
		r = am_archive_stats(archive, &stats, &err);
	if (!r) {
		dir = am_archive_index_path(archive);
		r = am_index_open(&index, dir, false, &err);
	}
	if (!r)
		r = complete_run(
			&c, archive, index, files, stats.messages,
			argc > 2 ? (unsigned)g_ascii_strtoull(argv[2], NULL, 10)
				 : 500,
			argc > 3 ? (uint32_t)g_ascii_strtoull(argv[3], NULL, 10)
				 : 1,
			say, &err);
	if (r)
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
	else
		printf("%u queries (%u words, %u phrases, %u addresses, %u "
		       "file names, %u beginnings) over %" PRIu64
		       " messages, %" PRIu64 " hits: %u wrong\n",
		       c.queries, c.kinds[0], c.kinds[1], c.kinds[2],
		       c.kinds[3], c.kinds[4], c.messages, c.hits, c.wrong);
	am_index_close(&index);
	am_archive_close(&archive);
	am_extractor_free(&files);
	g_free(program);
	g_free(dir);
	return r ? 2 : c.wrong > 0;
}
