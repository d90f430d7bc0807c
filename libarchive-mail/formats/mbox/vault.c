/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/vault.h"

#include "base/time.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (512 * 1024 * 1024)

struct entry {
	char *labels;
	struct am_when received;
};

struct am_mbox_vault {
	GHashTable *entries; /* file name -> struct entry */
};

static void entry_free(void *data)
{
	struct entry *entry = data;

	g_free(entry->labels);
	g_free(entry);
}

bool am_mbox_vault_name(const char *name)
{
	return g_str_has_suffix(name, "metadata.xml");
}

/* The value of an attribute in [from, end), unescaped; NULL: none. */
static char *attribute(const char *from, const char *end, const char *name)
{
	char *want = g_strconcat(" ", name, "=", NULL);
	const char *at = memmem(from, (size_t)(end - from), want, strlen(want));
	const char *close = NULL;
	char quote = 0;

	if (at) {
		at += strlen(want);
		quote = at < end ? *at++ : 0;
		if (quote == '\'' || quote == '"')
			close = memchr(at, quote, (size_t)(end - at));
	}
	g_free(want);
	if (!close)
		return NULL;
	GString *out = g_string_new_len(at, close - at);
	static const char *const entities[][2] = {{"&lt;", "<"},
	                                          {"&gt;", ">"},
	                                          {"&quot;", "\""},
	                                          {"&apos;", "'"},
	                                          {"&amp;", "&"}};
	for (size_t i = 0; i < AM_COUNT(entities); i++) {
		char **pieces = g_strsplit(out->str, entities[i][0], 0);
		char *joined = g_strjoinv(entities[i][1], pieces);
		g_string_assign(out, joined);
		g_free(joined);
		g_strfreev(pieces);
	}
	return g_string_free(out, FALSE);
}

/* The value of the tag of that name. */
static char *tag(const char *from, const char *end, const char *name)
{
	for (const char *at = from;
	     (at = memmem(at, (size_t)(end - at), "<Tag ", 5)); at += 5) {
		const char *close = memchr(at, '>', (size_t)(end - at));
		char *is = close ? attribute(at, close, "TagName") : NULL;
		bool same = is && !strcmp(is, name);
		g_free(is);
		if (same)
			return attribute(at, close, "TagValue");
	}
	return NULL;
}

/* "2019-04-15T17:00:40.389-07:00" */
static struct am_when date_of(const char *text)
{
	struct am_when when = {0};
	GDateTime *t = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;

	if (t) {
		when.sec = g_date_time_to_unix(t);
		when.offset_min = (int16_t)(g_date_time_get_utc_offset(t) /
		                            (60 * 1000000));
		when.known = true;
		g_date_time_unref(t);
	}
	return when;
}

static void read_document(struct am_mbox_vault *vault, const char *from,
                          const char *end)
{
	char *labels = tag(from, end, "Labels");
	char *date = tag(from, end, "#DateReceived");

	for (const char *at = from;
	     (at = memmem(at, (size_t)(end - at), "<ExternalFile ", 14));
	     at += 14) {
		const char *close = memchr(at, '>', (size_t)(end - at));
		char *name = close ? attribute(at, close, "FileName") : NULL;
		if (!name)
			continue;
		struct entry *entry = g_new0(struct entry, 1);
		entry->labels = g_strdup(labels);
		entry->received = date_of(date);
		g_hash_table_replace(vault->entries, name, entry);
	}
	g_free(labels);
	g_free(date);
}

static void read_file(struct am_mbox_vault *vault, const char *path)
{
	char *text = NULL;
	gsize len = 0;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX ||
	    !g_file_get_contents(path, &text, &len, NULL))
		return;
	const char *at = text, *end = text + len;
	while ((at = memmem(at, (size_t)(end - at), "<Document ", 10))) {
		const char *next = memmem(at + 10, (size_t)(end - at) - 10,
		                          "</Document>", 11);
		read_document(vault, at, next ? next : end);
		at = next ? next : end;
	}
	g_free(text);
}

struct am_mbox_vault *am_mbox_vault_read(const char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	struct am_mbox_vault *vault = NULL;
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		if (!am_mbox_vault_name(name))
			continue;
		if (!vault) {
			vault = g_new0(struct am_mbox_vault, 1);
			vault->entries = g_hash_table_new_full(
				g_str_hash, g_str_equal, g_free, entry_free);
		}
		char *path = g_build_filename(dir, name, NULL);
		read_file(vault, path);
		g_free(path);
	}
	if (d)
		g_dir_close(d);
	return vault;
}

void am_mbox_vault_free(struct am_mbox_vault **vault)
{
	if (*vault)
		g_hash_table_destroy((*vault)->entries);
	g_clear_pointer(vault, g_free);
}

/* Vault's own names begin with '^'. */
static void apply_label(struct am_message *msg, const char *label, bool *unread)
{
	static const struct {
		const char *name, *label;
		uint32_t flag;
	} own[] = {{"^INBOX", "Inbox", 0},     {"^SENT", "Sent", 0},
	           {"^TRASH", "Trash", 0},     {"^DELETED", "Trash", 0},
	           {"^SPAM", "Spam", AM_JUNK}, {"^STARRED", NULL, AM_FLAGGED},
	           {"^DRAFT", NULL, AM_DRAFT}, {"^DRAFTS", NULL, AM_DRAFT},
	           {"^ARCHIVED", NULL, 0},     {"^OPENED", NULL, 0}};

	if (!strcmp(label, "^UNREAD")) {
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
	am_message_add_label(msg, label);
}

void am_mbox_vault_apply(const struct am_mbox_vault *vault, const char *sender,
                         size_t len, struct am_message *msg)
{
	const char *at = memrchr(sender, '@', len);
	char *name = g_strndup(sender, at ? (size_t)(at - sender) : len);
	const struct entry *entry = g_hash_table_lookup(vault->entries, name);
	bool unread = false;

	g_free(name);
	if (!entry)
		return;
	if (entry->labels) {
		char **labels = g_strsplit(entry->labels, ",", 0);
		for (char **l = labels; *l; l++)
			if (**l && g_utf8_validate(*l, -1, NULL))
				apply_label(msg, *l, &unread);
		if (!unread)
			msg->flags |= AM_SEEN;
		g_strfreev(labels);
	}
	if (entry->received.known) {
		am_message_add_date(msg, "vault.date-received",
		                    &entry->received);
		msg->received = entry->received;
		msg->received_from = "vault.date-received";
	}
}
