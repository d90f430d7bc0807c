/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap_listing.h"

#include "base/blob.h"
#include "formats/imap/imap.h"
#include "model/folder.h"

#include <criterion/criterion.h>

#include <string.h>

struct stored {
	char *folder;
	struct am_message *msg;
	bool gone;
	char *id;
};

struct imap_target {
	struct am_memory memory;
	GPtrArray *stored;
	GHashTable *cursors;
	GString *out;
};

static void free_stored(gpointer one)
{
	struct stored *s = one;

	am_message_free(&s->msg);
	g_free(s->folder);
	g_free(s->id);
	g_free(s);
}

static int cursor(struct am_memory *memory, const char *source,
                  const struct am_folder *folder, char **value,
                  struct am_error *err)
{
	struct imap_target *t =
		AM_CONTAINER(memory, struct imap_target, memory);
	char *path = am_folder_print(folder);

	(void)err;
	cr_assert(g_str_has_prefix(source, "imap://"));
	*value = g_strdup(g_hash_table_lookup(t->cursors, path));
	g_free(path);
	return AM_OK;
}

static gint by_uid(gconstpointer a, gconstpointer b)
{
	const struct stored *x = *(struct stored *const *)a;
	const struct stored *y = *(struct stored *const *)b;

	return x->msg->uid < y->msg->uid ? -1 : x->msg->uid > y->msg->uid;
}

static int each(struct am_memory *memory, const char *source,
                const struct am_folder *folder,
                int (*one)(void *user, const struct am_remembered *what,
                           struct am_error *err),
                void *user, struct am_error *err)
{
	struct imap_target *t =
		AM_CONTAINER(memory, struct imap_target, memory);
	char *path = am_folder_print(folder);
	int r = AM_OK;

	(void)source;
	g_ptr_array_sort(t->stored, by_uid);
	for (guint i = 0; !r && i < t->stored->len; i++) {
		const struct stored *s = t->stored->pdata[i];
		const struct am_message *m = s->msg;
		if (strcmp(s->folder, path) != 0)
			continue;
		struct am_remembered what = {
			.uidvalidity = m->uidvalidity,
			.uid = m->uid,
			.flags = m->flags,
			.n_keywords = m->n_keywords,
			.keywords = m->keywords,
			.n_labels = m->n_labels,
			.labels = m->labels,
			.received = m->received,
			.size = m->size,
			.message_id = s->id,
			.gone = s->gone,
		};
		r = one(user, &what, err);
	}
	g_free(path);
	return r;
}

static const struct am_memory_ops memory_ops = {cursor, each};

struct imap_target *imap_target_new(void)
{
	struct imap_target *t = g_new0(struct imap_target, 1);

	t->memory.ops = &memory_ops;
	t->stored = g_ptr_array_new_with_free_func(free_stored);
	t->cursors =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return t;
}

void imap_target_free(struct imap_target *t)
{
	g_ptr_array_free(t->stored, TRUE);
	g_hash_table_destroy(t->cursors);
	g_free(t);
}

static struct stored *find(struct imap_target *t, const char *folder,
                           uint32_t uidvalidity, uint32_t uid, guint *at)
{
	for (guint i = 0; i < t->stored->len; i++) {
		struct stored *s = t->stored->pdata[i];
		*at = i;
		if (!strcmp(s->folder, folder) && s->msg->uid == uid &&
		    (!uidvalidity || s->msg->uidvalidity == uidvalidity))
			return s;
	}
	return NULL;
}

void imap_target_forget(struct imap_target *t, const char *folder, uint32_t uid)
{
	guint at = 0;

	cr_assert(find(t, folder, 0, uid, &at));
	g_ptr_array_remove_index(t->stored, at);
}

/* ---- words ---- */

static void put_words(GString *out, uint32_t flags, const char *const *keywords,
                      size_t n_keywords, const char *const *labels,
                      size_t n_labels)
{
	const char *sep = " ";

	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (flags & 1u << i) {
			g_string_append_printf(
				out, "%s%s", sep,
				am_flag_name((enum am_flag)(1u << i)));
			sep = ",";
		}
	for (size_t i = 0; i < n_keywords; i++)
		g_string_append_printf(out, " [%s]", keywords[i]);
	for (size_t i = 0; i < n_labels; i++)
		g_string_append_printf(out, " {%s}", labels[i]);
}

static void put_message(GString *out, const struct am_message *msg)
{
	char iso[AM_TIME_ROOM];
	uint8_t bytes[60];
	size_t got = 0;

	g_string_append_printf(out, "%" PRIu32, msg->uid);
	put_words(out, msg->flags, msg->keywords, msg->n_keywords, msg->labels,
	          msg->n_labels);
	am_time_iso(&msg->received, iso);
	g_string_append_printf(out, " %s %" PRIu64 " ", *iso ? iso : "-",
	                       am_blob_size(msg->raw));
	cr_assert(!am_blob_read(msg->raw, 0, bytes, sizeof bytes, &got, NULL));
	for (size_t i = 0; i < got; i++)
		g_string_append_c(out, bytes[i] < ' ' ? '.' : (char)bytes[i]);
	g_string_append_c(out, '\n');
}

static void take_change(struct imap_target *t, const struct am_change *c)
{
	char *folder = am_folder_print(c->folder);
	guint at;
	struct stored *s = find(t, folder, c->uidvalidity, c->uid, &at);

	cr_assert(s, "a change of what is not there: %u/%u", c->uidvalidity,
	          c->uid);
	g_string_append_printf(t->out, "~ %s %" PRIu32 "/%" PRIu32,
	                       c->kind == AM_NEWS_FLAGS  ? "flags"
	                       : c->kind == AM_NEWS_GONE ? "gone"
	                                                 : "uid",
	                       c->uidvalidity, c->uid);
	if (c->kind == AM_NEWS_FLAGS) {
		put_words(t->out, c->flags, c->keywords, c->n_keywords,
		          c->labels, c->n_labels);
		s->msg->flags = c->flags;
		s->msg->n_keywords = 0;
		for (size_t i = 0; i < c->n_keywords; i++)
			am_message_add_keyword(s->msg, c->keywords[i]);
	} else if (c->kind == AM_NEWS_GONE) {
		s->gone = true;
	} else {
		g_string_append_printf(t->out, " %" PRIu32 "/%" PRIu32,
		                       c->new_uidvalidity, c->new_uid);
		s->msg->uidvalidity = c->new_uidvalidity;
		s->msg->uid = c->new_uid;
	}
	g_string_append_c(t->out, '\n');
	g_free(folder);
}

static char *message_id(const struct am_message *msg)
{
	char *text = g_malloc0(am_blob_size(msg->raw) + 1), *id = NULL;
	size_t got;

	cr_assert(!am_blob_read(msg->raw, 0, text, am_blob_size(msg->raw), &got,
	                        NULL));
	char *at = strstr(text, "Message-ID: <");
	if (at)
		id = g_strndup(at + 13, strcspn(at + 13, ">"));
	g_free(text);
	return id;
}

static void take_message(struct imap_target *t, struct am_source *src,
                         struct am_message *msg)
{
	struct am_error err = {0};

	int r = am_source_load(src, msg, &err);
	if (r) {
		g_string_append_printf(t->out, "%s %s: %s\n",
		                       r == AM_FAILED ? "!"
		                       : r == AM_END  ? "gone"
		                                      : "FATAL",
		                       msg->origin,
		                       r == AM_END ? "" : err.text);
		am_message_free(&msg);
		return;
	}
	put_message(t->out, msg);
	struct stored *s = g_new0(struct stored, 1);
	s->folder = am_folder_print(msg->folder);
	s->id = message_id(msg);
	s->msg = msg;
	g_ptr_array_add(t->stored, s);
}

static void on_note(void *user, const struct am_note *note)
{
	struct imap_target *t = user;

	if (note->level != AM_NOTE_INFO)
		g_string_append_printf(t->out, "* %s: %s\n", note->code,
		                       note->text);
}

static void flush(struct imap_target *t, struct am_source *src, GQueue *waiting)
{
	struct am_message *msg;

	while ((msg = g_queue_pop_head(waiting)))
		take_message(t, src, msg);
}

static int take_item(struct imap_target *t, struct am_source *src,
                     const struct am_item *item, GQueue *waiting, bool early,
                     struct am_error *err)
{
	char *path = am_folder_print(item->folder);
	int r = AM_OK;

	if (item->message) {
		r = am_source_ask(src, item->message, err);
		g_queue_push_tail(waiting, item->message);
	} else {
		if (!early)
			flush(t, src, waiting);
		if (item->change)
			take_change(t, item->change);
		else if (item->cursor)
			g_hash_table_replace(t->cursors, g_strdup(path),
			                     g_strdup(item->cursor));
		if (item->cursor)
			g_string_append_printf(t->out, "^ %s", item->cursor);
		else if (!item->change)
			g_string_append(t->out, path);
		if (!item->change && item->already)
			g_string_append_printf(t->out, " already=%" PRIu64,
			                       item->already);
		if (!item->change)
			g_string_append_c(t->out, '\n');
	}
	g_free(path);
	return r;
}

char *imap_target_run(struct imap_target *t, unsigned port, const char *path,
                      const char *const *options, bool memory, unsigned window)
{
	struct am_ctx ctx = {.on_note = on_note, .user = t};
	char *url = g_strdup_printf("imap://u@127.0.0.1:%u/%s", port, path);
	struct am_location where = {.url = url, .options = options};
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	GQueue waiting = G_QUEUE_INIT;

	t->out = g_string_new(NULL);
	int r = am_imap_source_open(&src, &where, &ctx, &err);
	if (!r && memory)
		r = am_source_resume(src, &t->memory, &err);
	while (!r || r == AM_FAILED) {
		r = am_source_next(src, &item, &err);
		if (r == AM_FAILED) {
			flush(t, src, &waiting);
			char *many = item.messages
			                     ? g_strdup_printf(" (%" PRIu64
			                                       " messages)",
			                                       item.messages)
			                     : g_strdup("");
			g_string_append_printf(t->out, "! %s%s: %s\n",
			                       item.origin, many, err.text);
			g_free(many);
		}
		if (!r)
			r = take_item(t, src, &item, &waiting,
			              window == IMAP_TARGET_ALL, &err);
		if (waiting.length >= window)
			take_message(t, src, g_queue_pop_head(&waiting));
	}
	if (src)
		flush(t, src, &waiting);
	if (r != AM_END)
		g_string_append_printf(t->out, "FATAL %s\n", err.text);
	am_source_close(&src);
	g_free(url);
	return g_string_free(t->out, FALSE);
}
