/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include "base/file.h"
#include "serve/snap_file.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include <string.h>

TestSuite(snap_file, .timeout = 120);

/* What a client sees of a mailbox. */
static char *seen(struct served *s, bool change)
{
	struct talk *t = talk_login(s);
	GString *all = g_string_new(talk(t, "SELECT INBOX"));

	expect_end(all->str, "OK");
	g_string_append(all, talk(t, "FETCH 1:* (UID FLAGS INTERNALDATE "
	                             "RFC822.SIZE EMAILID MODSEQ)"));
	g_string_append(all, talk(t, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 "
	                             "VANISHED)"));
	if (change) {
		expect_end(talk(t, "STORE 2:9 +FLAGS.SILENT (\\Deleted)"),
		           "OK");
		expect_end(talk(t, "EXPUNGE"), "OK");
		expect_end(talk(t, "STORE 1:* +FLAGS.SILENT (a B $Forwarded)"),
		           "OK");
		expect_end(talk(t, "STORE 5 FLAGS.SILENT (a \\Seen)"), "OK");
	}
	talk_close(&t);
	return g_string_free(all, FALSE);
}

static char *the_file(const struct served *s)
{
	char *cache = g_strconcat(s->path, ".cache", NULL), *found = NULL;
	GDir *dir = g_dir_open(cache, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".rows"))
			found = g_build_filename(cache, name, NULL);
	g_dir_close(dir);
	g_free(cache);
	return found;
}

/* A file with another moment's rows, with nonsense, or none: what is seen stays
 * the same. */
Test(snap_file, shows_what_the_catalog_does)
{
	struct served *s = served_new(120);
	char *path, *data;
	gsize len;

	s->file_from = 10;
	served_start(s);
	g_free(seen(s, true));
	char *before = seen(s, false);
	served_stop(s);
	path = the_file(s);
	cr_assert(path, "no file was left");
	served_start(s);
	char *filed = seen(s, false);
	cr_expect_str_eq(before, filed);
	served_stop(s);
	/* Each byte that is another makes it none. */
	cr_assert(g_file_get_contents(path, &data, &len, NULL));
	cr_assert_gt(len, 1000u);
	for (gsize at = 8; at < len; at += len / 7) {
		data[at] ^= 0x10;
		cr_assert(g_file_set_contents(path, data, (gssize)len, NULL));
		served_start(s);
		char *again = seen(s, false);
		cr_expect_str_eq(before, again, "byte %zu", at);
		g_free(again);
		served_stop(s);
		data[at] ^= 0x10;
	}
	cr_assert(g_file_set_contents(path, data, (gssize)len - 9, NULL));
	served_start(s);
	char *torn = seen(s, true);
	cr_expect_str_eq(before, torn);
	g_free(torn);
	/* From before the last change. */
	char *changed = seen(s, false);
	served_stop(s);
	cr_assert(g_file_set_contents(path, data, (gssize)len, NULL));
	served_start(s);
	char *old = seen(s, false);
	cr_expect_str_neq(before, old);
	cr_expect_str_eq(changed, old);
	g_free(old);
	g_free(changed);
	g_free(filed);
	g_free(before);
	g_free(data);
	g_free(path);
	served_free(&s);
}

/* The text itself, as the only word of its set. */
static const char *const *set_of(void *user, const char *text)
{
	static const char *sets[4][2];
	static unsigned n;

	(void)user;
	sets[n][0] = g_intern_string(text);
	return sets[n++];
}

/* It is really what a mailbox is opened from. */
Test(snap_file, is_used)
{
	static const char *const words[] = {"x", NULL};
	struct am_snap *snap = am_snap_new();
	uint8_t moment[AM_SHA256_LEN] = {1}, other[AM_SHA256_LEN] = {2};
	char dir[] = "/tmp/am-rows-XXXXXX";
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct am_row));
	GArray *gone = g_array_new(FALSE, FALSE, sizeof(struct am_gone));
	uint64_t highest = 1;

	cr_assert(g_mkdtemp(dir));
	snap->box = 7;
	snap->n = 2;
	snap->n_gone = 1;
	snap->highest = 99;
	snap->rows = g_new0(struct am_row, 2);
	snap->gone = g_new0(struct am_gone, 1);
	snap->gone[0] = (struct am_gone){3, 98};
	snap->rows[0] = (struct am_row){.uid = 2, .keywords = words};
	snap->rows[1] = (struct am_row){.uid = 4,
	                                .flags = 3,
	                                .modseq = 99,
	                                .placement = 5,
	                                .message = 6,
	                                .received = -7,
	                                .zone = -60,
	                                .dated = true,
	                                .keywords = words + 1};
	am_snap_file_save(dir, snap, moment);
	cr_expect(!am_snap_file_load(dir, 7, other, NULL, NULL, rows, gone,
	                             &highest));
	cr_expect(!am_snap_file_load(dir, 8, moment, NULL, NULL, rows, gone,
	                             &highest));
	cr_expect_eq(rows->len + gone->len, 0u);
	cr_assert(am_snap_file_load(dir, 7, moment, set_of, NULL, rows, gone,
	                            &highest));
	cr_expect_eq(highest, 99u);
	cr_assert_eq(rows->len, 2u);
	cr_assert_eq(gone->len, 1u);
	cr_expect_eq(g_array_index(gone, struct am_gone, 0).modseq, 98u);
	struct am_row *row = &g_array_index(rows, struct am_row, 1);
	cr_expect_eq(row->received, -7);
	cr_expect_eq(row->zone, -60);
	cr_expect_eq(row->flags, 3u);
	cr_expect_eq(row->message, 6);
	cr_expect_str_eq(row->keywords[0], "");
	cr_expect_str_eq(row[-1].keywords[0], "x ");
	cr_expect_eq(am_remove_tree(dir, NULL), AM_OK);
	g_array_free(rows, TRUE);
	g_array_free(gone, TRUE);
	am_snap_unref(&snap);
}
