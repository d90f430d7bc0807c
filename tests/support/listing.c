/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/listing.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static GHashTable *notes;

static void count_note(void *user, const struct am_note *note)
{
	unsigned n;

	(void)user;
	if (!notes)
		notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
		                              NULL);
	n = GPOINTER_TO_UINT(g_hash_table_lookup(notes, note->code));
	g_hash_table_insert(notes, g_strdup(note->code),
	                    GUINT_TO_POINTER(n + 1));
}

unsigned am_test_notes(const char *code)
{
	return notes ? GPOINTER_TO_UINT(g_hash_table_lookup(notes, code)) : 0;
}

struct am_ctx *am_test_ctx(void)
{
	static struct am_ctx ctx = {.on_note = count_note};

	return &ctx;
}

static void append_message(GString *s, const struct am_message *msg,
                           uint32_t what)
{
	size_t size = (size_t)am_blob_size(msg->raw), got = 0;
	char *bytes = g_malloc0(size + 1), *shown;
	char iso[AM_TIME_ROOM];

	cr_assert(am_blob_read(msg->raw, 0, bytes, size, &got, NULL) == AM_OK);
	cr_assert(got == size && msg->size == size);
	shown = g_strescape(bytes, NULL);
	g_string_append_printf(s, " \"%s\"", shown);
	if (what & AM_LIST_FLAGS) {
		for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
			if (msg->flags & (1u << i))
				g_string_append_printf(s, " %s",
				                       am_flag_name(1u << i));
		for (size_t i = 0; i < msg->n_keywords; i++)
			g_string_append_printf(s, " [%s]", msg->keywords[i]);
	}
	am_time_iso(&msg->received, iso);
	if (what & AM_LIST_RECEIVED)
		g_string_append_printf(s, " %s", iso);
	if (what & AM_LIST_RECEIVED_FROM)
		g_string_append_printf(s, " %s",
		                       msg->received_from ? msg->received_from
		                                          : "-");
	if (what & AM_LIST_ORIGIN)
		g_string_append_printf(s, " %s", msg->origin);
	if (what & AM_LIST_MORE) {
		if (msg->uid)
			g_string_append_printf(s, " uid=%u", msg->uid);
		for (size_t i = 0; i < msg->n_props; i++)
			g_string_append_printf(
				s, " %s=%.*s", msg->props[i].name,
				(int)msg->props[i].len, msg->props[i].value);
	}
	g_free(shown);
	g_free(bytes);
}

static char *one_line(struct am_source *src, struct am_item *item,
                      uint32_t what)
{
	char *folder =
		item->folder ? am_folder_print(item->folder) : g_strdup("-");
	GString *s = g_string_new(NULL);
	struct am_error err = {0};
	int r;

	if (!item->message) {
		const char *role = am_role_name(item->folder->role);

		g_string_printf(s, "folder %s", folder);
		if (what & AM_LIST_MORE)
			g_string_append_printf(
				s, " %s%s", role ? role : "-",
				item->folder->subscribed ? " subscribed" : "");
	} else {
		r = am_source_load(src, item->message, &err);
		if (r) {
			g_string_printf(s, "failed %s %s", folder,
			                item->message->origin);
		} else {
			g_string_printf(s, "%s:", folder);
			append_message(s, item->message, what);
		}
		am_message_free(&item->message);
	}
	g_free(folder);
	return g_string_free(s, FALSE);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *am_test_list(const struct am_format *format, const char *path,
                   const char *const *options, uint32_t what, bool sorted)
{
	static const char *const none[] = {NULL};
	char *full = am_test_path("%s", path), *joined;
	struct am_location where = {.path = full,
	                            .options = options ? options : none};
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	struct am_source *src = NULL;
	struct am_error err = {0};
	int r;

	r = format->open_source(&src, &where, am_test_ctx(), &err);
	cr_assert(r == AM_OK, "%s: %s", full, err.text);
	for (;;) {
		struct am_item item = {0};

		r = am_source_next(src, &item, &err);
		if (r == AM_END)
			break;
		cr_assert(r == AM_OK || r == AM_FAILED, "%s", err.text);
		if (r == AM_FAILED)
			g_ptr_array_add(lines, g_strdup_printf("failed - %s",
			                                       item.origin));
		else if (item.message || (what & AM_LIST_FOLDERS))
			g_ptr_array_add(lines, one_line(src, &item, what));
	}
	am_source_close(&src);
	if (sorted)
		g_ptr_array_sort(lines, by_text);
	g_ptr_array_add(lines, NULL);
	joined = g_strjoinv("\n", (char **)(void *)lines->pdata);
	g_ptr_array_free(lines, TRUE);
	g_free(full);
	return joined;
}

void am_test_expect_list(const struct am_format *format, const char *path,
                         const char *const *options, uint32_t what, bool sorted,
                         const char *want)
{
	char *got = am_test_list(format, path, options, what, sorted);

	cr_expect_str_eq(got, want, "%s gives\n%s\nnot\n%s", path, got, want);
	g_free(got);
}

static const struct am_folder *make_folder(const struct am_test_message *m)
{
	struct am_folder *folder = NULL;
	size_t depth = 0;

	while (depth < AM_COUNT(m->folder) && m->folder[depth])
		depth++;
	cr_assert(am_folder_new(&folder, m->folder, depth, AM_ROLE_NONE,
	                        NULL) == AM_OK);
	folder->subscribed = m->subscribed;
	return folder;
}

struct am_sink *am_test_sink(const struct am_format *format, const char *path,
                             const char *const *options)
{
	static const char *const none[] = {NULL};
	char *full = am_test_path("%s", path);
	struct am_location where = {.path = full,
	                            .options = options ? options : none};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	cr_assert(format->open_sink(&sink, &where, am_test_ctx(), &err) ==
	                  AM_OK,
	          "%s: %s", full, err.text);
	g_free(full);
	return sink;
}

int am_test_put(struct am_sink *sink, const struct am_test_message *m,
                struct am_error *err)
{
	const struct am_folder *folder = make_folder(m);
	struct am_message *msg = NULL;
	enum am_outcome outcome;
	void *prepared = NULL;
	int r = am_sink_folder(sink, folder, err);

	if (r || m->folder_only)
		goto out;
	cr_assert(am_message_new(&msg, folder, err) == AM_OK);
	cr_assert(am_blob_copy(&msg->raw, m->bytes, strlen(m->bytes), err) ==
	          AM_OK);
	msg->size = strlen(m->bytes);
	msg->origin = am_arena_strdup(msg->arena, "test");
	msg->flags = m->flags;
	for (size_t i = 0; i < AM_COUNT(m->keywords) && m->keywords[i]; i++)
		am_message_add_keyword(msg, m->keywords[i]);
	for (size_t i = 0; i < AM_COUNT(m->labels) && m->labels[i]; i++)
		am_message_add_label(msg, m->labels[i]);
	if (m->props[0])
		am_message_add_prop(msg, m->props[0], m->props[1],
		                    strlen(m->props[1]));
	if (m->received) {
		msg->received = (struct am_when){m->received, m->zone, true};
		msg->received_from = "imap";
	}
	r = am_sink_prepare(sink, msg, &prepared, err);
	if (!r)
		r = am_sink_put(sink, msg, &prepared, &outcome, err);
out:
	am_message_free(&msg);
	am_folder_unref(&folder);
	return r;
}

void am_test_fill(const struct am_format *format, const char *path,
                  const char *const *options,
                  const struct am_test_message *messages, size_t n)
{
	struct am_sink *sink = am_test_sink(format, path, options);
	struct am_ledger ledger = {0};
	struct am_error err = {0};

	for (size_t i = 0; i < n; i++)
		cr_assert(am_test_put(sink, &messages[i], &err) == AM_OK, "%s",
		          err.text);
	cr_assert(am_sink_finish(sink, &ledger, true, &err) == AM_OK, "%s",
	          err.text);
	cr_assert(am_sink_commit(sink, &err) == AM_OK, "%s", err.text);
	am_sink_close(&sink);
}
