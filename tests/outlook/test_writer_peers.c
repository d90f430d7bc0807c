/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written, in other people's eyes: libpff's and libpst's programs. */
#include "base/arena.h"
#include "outlook/mapi/tags.h"
#include "support/pst_items.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(writer_peers, .fini = am_test_tmpdir_end);

enum { N = 60 };

/* Folders in folders, mail with and without attachments, one large. */
static void write_mixed(void)
{
	struct am_arena *arena = am_arena_new();
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_pst_nid inbox = am_test_pst_subfolder(w, 0, "Inbox");
	am_pst_nid deep = am_test_pst_subfolder(w, inbox, "Größe");
	for (unsigned i = 0; i < N; i++) {
		struct am_mapi_item *item =
			am_test_mapi_item(arena, i, i * 300);
		if (i % 5 == 1)
			am_test_mapi_attach(item, "file.bin", i * 3000, i);
		if (i % 10 == 3) {
			struct am_mapi_attachment *att =
				am_mapi_item_attachment(item);
			am_mapi_put_text(&att->props, AM_PR_DISPLAY_NAME,
			                 "inside");
			att->item = am_test_mapi_item(arena, 1000 + i, 5000);
		}
		if (i == 7)
			am_test_mapi_attach(item, "large.bin", 9000000, i);
		am_test_pst_put(w, i % 2 ? deep : inbox, item);
		am_mapi_item_clear(item);
	}
	am_test_pst_written(&w, "x.pst");
	am_arena_free(&arena);
}

/* Runs a peer in the test's folder; what it says.  Skips when it is not
 * there. */
static char *run(const char *program, ...)
{
	GPtrArray *argv = g_ptr_array_new();
	char *path = g_find_program_in_path(program), *out = NULL, *err = NULL;
	va_list args;
	int status = -1;

	if (!path)
		cr_skip_test("%s is not installed", program);
	g_ptr_array_add(argv, path);
	va_start(args, program);
	for (char *arg = va_arg(args, char *); arg; arg = va_arg(args, char *))
		g_ptr_array_add(argv, arg);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	cr_assert(g_spawn_sync(am_test_tmpdir(), (char **)argv->pdata, NULL, 0,
	                       NULL, NULL, &out, &err, &status, NULL));
	cr_expect(status == 0, "%s: %s%s", program, out, err);
	char *all = g_strconcat(out, err, NULL);
	g_ptr_array_free(argv, TRUE);
	g_free(path);
	g_free(out);
	g_free(err);
	return all;
}

static unsigned count_named(const char *dir, const char *name)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *entry;
	unsigned n = 0;

	while (d && (entry = g_dir_read_name(d))) {
		char *path = g_build_filename(dir, entry, NULL);
		n += !strcmp(entry, name);
		n += count_named(path, name);
		g_free(path);
	}
	if (d)
		g_dir_close(d);
	return n;
}

Test(writer_peers, pffexport)
{
	write_mixed();
	char *said = run("pffexport", "-f", "text", "-m", "all", "-t", "x",
	                 "x.pst", NULL);
	cr_expect(strstr(said, "Export completed"), "%s", said);
	char *dir = am_test_path("x.export");
	/* The mails, and the six within. */
	cr_expect(count_named(dir, "Message.txt") == N + N / 10, "%u",
	          count_named(dir, "Message.txt"));
	g_free(dir);
	g_free(said);
	/* Nothing that it found in no folder. */
	dir = am_test_path("x.orphans");
	cr_expect(count_named(dir, "Message.txt") == 0);
	g_free(dir);
}

Test(writer_peers, pffinfo)
{
	write_mixed();
	char *said = run("pffinfo", "x.pst", NULL);
	cr_expect(strstr(said, "64-bit"), "%s", said);
	cr_expect(strstr(said, "compressible"), "%s", said);
	g_free(said);
}

Test(writer_peers, readpst)
{
	write_mixed();
	char *said = run("readpst", "-j", "0", "-S", "-o", am_test_tmpdir(),
	                 "x.pst", NULL);
	cr_expect(strstr(said, "0 items skipped"), "%s", said);
	cr_expect(!strstr(said, "rror") && !strstr(said, "arning"), "%s", said);
	/* Half of them and a folder; the other half. */
	cr_expect(strstr(said, "\"Inbox\" - 31 items done"), "%s", said);
	cr_expect(strstr(said, "\"Größe\" - 30 items done"), "%s", said);
	g_free(said);
}
