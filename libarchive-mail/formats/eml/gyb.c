/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/gyb.h"

#include "model/message.h"

#include <glib.h>
#include <sqlite3.h>

#include <string.h>
#include <sys/stat.h>

/* "YEAR/MONTH/DAY/ID.eml", below the list. */
#define NAMES 4

struct am_gyb {
	char *root;
	/* Directory below the root -> its list (file -> GPtrArray of labels),
	 * or NULL where there is none. */
	GHashTable *lists;
};

struct am_gyb *am_gyb_new(const char *root)
{
	struct am_gyb *gyb = g_new0(struct am_gyb, 1);

	gyb->root = g_strdup(root);
	gyb->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   (GDestroyNotify)g_hash_table_unref);
	return gyb;
}

void am_gyb_free(void *data)
{
	struct am_gyb *gyb = data;

	if (!gyb)
		return;
	g_hash_table_destroy(gyb->lists);
	g_free(gyb->root);
	g_free(gyb);
}

static void free_labels(void *labels)
{
	g_ptr_array_unref(labels);
}

static void read_rows(GHashTable *list, sqlite3_stmt *s)
{
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *file = (const char *)sqlite3_column_text(s, 0);
		const char *label = (const char *)sqlite3_column_text(s, 1);
		if (!file)
			continue;
		GPtrArray *labels = g_hash_table_lookup(list, file);
		if (!labels) {
			labels = g_ptr_array_new_with_free_func(g_free);
			g_hash_table_insert(list, g_strdup(file), labels);
		}
		if (label && *label)
			g_ptr_array_add(labels, g_strdup(label));
	}
}

/* Empty when it cannot be read: then nothing is known. */
static GHashTable *read_list(const char *path)
{
	static const char sql[] =
		"SELECT message_filename, label FROM messages LEFT JOIN labels "
		"USING (message_num)";
	GHashTable *list = g_hash_table_new_full(g_str_hash, g_str_equal,
	                                         g_free, free_labels);
	char *escaped = g_uri_escape_string(path, "/", TRUE);
	char *uri = g_strdup_printf("file:%s?mode=ro&immutable=1", escaped);
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;

	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
	                    NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK)
		read_rows(list, s);
	sqlite3_finalize(s);
	sqlite3_close_v2(db);
	g_free(uri);
	g_free(escaped);
	return list;
}

static GHashTable *list_of(struct am_gyb *gyb, const char *dir)
{
	GHashTable *list = g_hash_table_lookup(gyb->lists, dir);

	if (!list) {
		char *path =
			g_build_filename(gyb->root, dir, AM_GYB_FILE, NULL);
		struct stat st;
		/* An empty list is none. */
		list = !stat(path, &st) && S_ISREG(st.st_mode)
		               ? read_list(path)
		               : g_hash_table_new(NULL, NULL);
		g_hash_table_insert(gyb->lists, g_strdup(dir), list);
		g_free(path);
	}
	return g_hash_table_size(list) ? list : NULL;
}

static void apply_label(struct am_message *msg, const char *label, bool *unread)
{
	static const struct {
		const char *name, *label;
		uint32_t flag;
	} own[] = {{"STARRED", NULL, AM_FLAGGED}, {"DRAFT", NULL, AM_DRAFT},
	           {"SPAM", "Spam", AM_JUNK},     {"INBOX", "Inbox", 0},
	           {"SENT", "Sent", 0},           {"TRASH", "Trash", 0},
	           {"IMPORTANT", "Important", 0}};

	if (!strcmp(label, "UNREAD")) {
		*unread = true;
		return;
	}
	for (size_t i = 0; i < AM_COUNT(own); i++)
		if (!strcmp(own[i].name, label)) {
			msg->flags |= own[i].flag;
			if (own[i].label)
				am_message_add_label(msg, own[i].label);
			return;
		}
	if (g_utf8_validate(label, -1, NULL))
		am_message_add_label(msg, label);
}

void am_gyb_apply(struct am_gyb *gyb, const char *path, struct am_message *msg)
{
	const char *name = path + strlen(path);
	GPtrArray *labels = NULL;
	bool unread = false;

	for (int n = 0; n < NAMES && name > path; n++) {
		name--;
		while (name > path && name[-1] != '/')
			name--;
	}
	char *dir = g_strndup(path, name > path ? (gsize)(name - 1 - path) : 0);
	GHashTable *list = list_of(gyb, dir);
	g_free(dir);
	if (list)
		labels = g_hash_table_lookup(list, name);
	if (!labels)
		return;
	for (guint i = 0; i < labels->len; i++)
		apply_label(msg, labels->pdata[i], &unread);
	if (!unread)
		msg->flags |= AM_SEEN;
}
