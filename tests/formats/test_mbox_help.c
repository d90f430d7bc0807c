/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_mbox_help.h"

#include "base/blob.h"
#include "base/file.h"
#include "model/folder.h"
#include "support/mbox_stored.h"

#include <criterion/criterion.h>

#include <string.h>

char *mbox_tmp(void)
{
	char *dir = g_dir_make_tmp("mbox-XXXXXX", NULL);
	cr_assert(dir);
	return dir;
}

void mbox_tmp_remove(char **dir)
{
	cr_assert_eq(am_remove_tree(*dir, NULL), AM_OK);
	g_clear_pointer(dir, g_free);
}

char *mbox_file(const char *dir, const char *name, const void *bytes,
                size_t len)
{
	char *path = g_build_filename(dir, name, NULL);
	char *parent = g_path_get_dirname(path);
	cr_assert_eq(am_make_dirs(parent, NULL), AM_OK);
	cr_assert(g_file_set_contents(path, bytes, (gssize)len, NULL));
	g_free(parent);
	return path;
}

static void got_free(void *data)
{
	struct got *g = data;
	g_free(g->folder);
	g_free(g->origin);
	g_free(g->keywords);
	g_free(g->labels);
	g_free(g->sender);
	g_free(g->received_from);
	g_bytes_unref(g->raw);
	g_bytes_unref(g->stored);
	g_free(g);
}

static void on_note(void *user, const struct am_note *note)
{
	GString *notes = user;
	g_string_append_printf(notes, "%s ", note->code);
}

static char *join(const char *const *words, size_t n)
{
	GString *s = g_string_new(NULL);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(s, "%s%s", i ? "," : "", words[i]);
	return g_string_free(s, FALSE);
}

static GBytes *bytes_of(const struct am_blob *blob)
{
	size_t len = (size_t)am_blob_size(blob), got;
	uint8_t *data = g_malloc(len + 1);
	cr_assert_eq(am_blob_read(blob, 0, data, len, &got, NULL), AM_OK);
	cr_assert_eq(got, len);
	return g_bytes_new_take(data, len);
}

static GBytes *stored_of(const struct am_message *msg)
{
	GByteArray *all = g_byte_array_new();
	cr_assert_eq(am_test_mbox_stored(all, msg), AM_OK);
	return g_byte_array_free_to_bytes(all);
}

static void add_message(struct run *run, const struct am_message *msg)
{
	struct got *g = g_new0(struct got, 1);
	gsize len;
	g->folder = am_folder_print(msg->folder);
	g->origin = g_strdup(msg->origin);
	g->keywords = join(msg->keywords, msg->n_keywords);
	g->labels = join(msg->labels, msg->n_labels);
	g->sender = g_strdup(msg->envelope_sender);
	g->raw = bytes_of(msg->raw);
	cr_assert_eq(msg->size, g_bytes_get_size(g->raw));
	g->flags = msg->flags;
	g->exactness = msg->exactness;
	g->received = msg->received;
	g->received_from = g_strdup(msg->received_from);
	g->stored = stored_of(msg);
	const char *s = g_bytes_get_data(g->stored, &len);
	g_string_append_len(run->whole, s, (gssize)len);
	g_ptr_array_add(run->messages, g);
}

struct run *mbox_run(const char *path, const char *options, size_t memory)
{
	struct run *run = g_new0(struct run, 1);
	run->messages = g_ptr_array_new_with_free_func(got_free);
	run->folders = g_ptr_array_new_with_free_func(g_free);
	run->failures = g_ptr_array_new_with_free_func(g_free);
	run->notes = g_string_new(NULL);
	run->whole = g_string_new(NULL);
	char **list = options ? g_strsplit(options, " ", 0) : NULL;
	struct am_ctx ctx = {.on_note = on_note, .user = run->notes};
	ctx.limits.spool_memory = memory;
	struct am_location where = {.path = path,
	                            .options = (const char *const *)list};
	struct am_source *src = NULL;
	struct am_item item;
	struct am_error err = {0};
	int r = am_format_mbox.open_source(&src, &where, &ctx, &err);
	if (r)
		g_ptr_array_add(run->failures,
		                g_strdup_printf("open: %s", err.text));
	for (int guard = 0; !r && guard < 1000000; guard++) {
		r = am_source_next(src, &item, &err);
		if (r == AM_END)
			break;
		if (r == AM_FAILED) {
			g_ptr_array_add(run->failures,
			                g_strdup_printf("%s: %s", item.origin,
			                                err.text));
			r = AM_OK;
		} else if (!r && !item.message) {
			g_ptr_array_add(run->folders,
			                am_folder_print(item.folder));
		} else if (!r) {
			add_message(run, item.message);
			am_message_free(&item.message);
		}
	}
	cr_expect(r == AM_END || !src, "%s", err.text);
	am_source_close(&src);
	g_strfreev(list);
	return run;
}

struct run *mbox_run_bytes(const char *name, const void *bytes, size_t len,
                           const char *options, size_t memory)
{
	char *dir = mbox_tmp();
	char *path = mbox_file(dir, name, bytes, len);
	struct run *run = mbox_run(path, options, memory);
	g_free(path);
	mbox_tmp_remove(&dir);
	return run;
}

void mbox_run_free(struct run **run)
{
	g_ptr_array_free((*run)->messages, TRUE);
	g_ptr_array_free((*run)->folders, TRUE);
	g_ptr_array_free((*run)->failures, TRUE);
	g_string_free((*run)->notes, TRUE);
	g_string_free((*run)->whole, TRUE);
	g_clear_pointer(run, g_free);
}

const struct got *mbox_got(const struct run *run, size_t i)
{
	cr_assert_lt(i, run->messages->len);
	return g_ptr_array_index(run->messages, i);
}

bool mbox_raw_is(const struct got *got, const void *bytes, size_t len)
{
	gsize have;
	const void *data = g_bytes_get_data(got->raw, &have);
	return have == len && (!len || !memcmp(data, bytes, len));
}

bool mbox_noted(const struct run *run, const char *code)
{
	char *word = g_strconcat(code, " ", NULL);
	bool yes = strstr(run->notes->str, word) != NULL;
	g_free(word);
	return yes;
}

static struct am_message *message_of(const struct give *give)
{
	struct am_folder *folder = NULL;
	struct am_message *msg = NULL;
	gsize len;
	const void *data = g_bytes_get_data(give->raw, &len);
	char **parts = g_strsplit(give->folder, "/", 0);
	cr_assert_eq(am_folder_new(&folder, (const char *const *)parts,
	                           g_strv_length(parts), AM_ROLE_NONE, NULL),
	             AM_OK);
	cr_assert_eq(am_message_new(&msg, folder, NULL), AM_OK);
	cr_assert_eq(am_blob_copy(&msg->raw, data ? data : "", len, NULL),
	             AM_OK);
	msg->size = len;
	msg->flags = give->flags;
	msg->origin = "test";
	msg->envelope_sender = give->sender;
	if (give->received)
		msg->received = (struct am_when){give->received, 0, true};
	for (int labels = 0; labels < 2; labels++) {
		const char *list = labels ? give->labels : give->keywords;
		char **words = g_strsplit(list ? list : "", ",", 0);
		for (char **w = words; *w; w++)
			if (**w && labels)
				am_message_add_label(msg, *w);
			else if (**w)
				am_message_add_keyword(msg, *w);
		g_strfreev(words);
	}
	const struct am_folder *done = folder;
	am_folder_unref(&done);
	g_strfreev(parts);
	return msg;
}

static int put(struct am_sink *sink, const struct am_message *msg)
{
	void *prepared = NULL;
	enum am_outcome outcome;
	int r = am_sink_prepare(sink, msg, &prepared, NULL);
	if (!r)
		r = am_sink_put(sink, msg, &prepared, &outcome, NULL);
	return r;
}

int mbox_write(const char *path, const char *options, const struct give *give,
               size_t n, bool commit, GString *notes)
{
	char **list = options ? g_strsplit(options, " ", 0) : NULL;
	GString *own = g_string_new(NULL);
	struct am_ctx ctx = {.on_note = on_note, .user = notes ? notes : own};
	struct am_location where = {.path = path,
	                            .options = (const char *const *)list};
	struct am_sink *sink = NULL;
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	struct am_error err = {0};
	int r = am_format_mbox.open_sink(&sink, &where, &ctx, &err);
	for (size_t i = 0; i < n && !r; i++) {
		struct am_message *msg = message_of(&give[i]);
		if (g_hash_table_add(seen, (gpointer)give[i].folder))
			r = am_sink_folder(sink, msg->folder, &err);
		if (!r)
			r = put(sink, msg);
		am_message_free(&msg);
	}
	if (!r && commit)
		r = am_sink_commit(sink, &err);
	am_sink_close(&sink);
	g_hash_table_destroy(seen);
	g_string_free(own, TRUE);
	g_strfreev(list);
	return r;
}

int mbox_copy(const char *from, const char *to, const char *options)
{
	char **list = options ? g_strsplit(options, " ", 0) : NULL;
	struct am_location in = {.path = from};
	struct am_location out = {.path = to,
	                          .options = (const char *const *)list};
	struct am_ctx ctx = {0};
	struct am_source *src = NULL;
	struct am_sink *sink = NULL;
	struct am_item item;
	int r = am_format_mbox.open_source(&src, &in, &ctx, NULL);
	if (!r)
		r = am_format_mbox.open_sink(&sink, &out, &ctx, NULL);
	while (!r && !(r = am_source_next(src, &item, NULL))) {
		r = item.message ? put(sink, item.message)
		                 : am_sink_folder(sink, item.folder, NULL);
		if (item.message)
			am_message_free(&item.message);
	}
	if (r == AM_END)
		r = am_sink_commit(sink, NULL);
	am_source_close(&src);
	am_sink_close(&sink);
	g_strfreev(list);
	return r;
}
