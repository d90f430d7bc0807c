/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "base/file.h"
#include "base/json.h"
#include "base/reader.h"
#include "formats/append_file.h"
#include "formats/blob_sum.h"
#include "formats/jsonl/jsonl.h"
#include "formats/mail_facts.h"
#include "model/folder.h"
#include "model/message_json.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

#define PIECE 49152 /* divisible by three: base64 in whole groups */

/*
 * Which messages and folders the file has, as the first eight bytes of a hash
 * of (folder, SHA-256) and how often: some 30 bytes a message.
 */
struct jsonl_sink {
	struct am_sink base;
	struct am_append *file;
	GHashTable *known;
	GHashTable *there; /* the keys of known at the beginning */
	struct am_jsonl_wishes wishes;
	bool raw;
};

struct prepared {
	char *head; /* the line up to the bytes; NULL: it may be there */
	size_t len;
	uint64_t key;
};

static struct jsonl_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct jsonl_sink, base);
}

/* sha256 NULL: the folder itself. */
static uint64_t key_of(const struct am_folder *folder, const char *sha256)
{
	char *path = am_folder_print(folder);
	char *text = g_strconcat(sha256 ? sha256 : "-", " ", path, NULL);
	uint8_t digest[AM_SHA256_LEN];
	uint64_t key;

	am_sha256(text, strlen(text), digest);
	memcpy(&key, digest, sizeof(key));
	g_free(text);
	g_free(path);
	return key;
}

static void count(struct jsonl_sink *s, uint64_t key)
{
	gpointer at = GSIZE_TO_POINTER(key);
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(s->known, at));

	g_hash_table_insert(s->known, at, GUINT_TO_POINTER(n + 1));
}

/* true: one is there, and now spoken for. */
static bool take(struct jsonl_sink *s, uint64_t key)
{
	gpointer at = GSIZE_TO_POINTER(key);
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(s->known, at));

	if (n == 1)
		g_hash_table_remove(s->known, at);
	else if (n)
		g_hash_table_insert(s->known, at, GUINT_TO_POINTER(n - 1));
	return n > 0;
}

static void discard(void *prepared)
{
	struct prepared *p = prepared;

	if (p)
		g_free(p->head);
	g_free(p);
}

/* The line but for the bytes, which come in put(). */
static int compose(const struct jsonl_sink *s, const struct am_message *msg,
                   struct prepared *p, struct am_error *err)
{
	struct am_mail_facts facts;
	struct am_json *json;
	int r = am_mail_facts_read(&facts, msg, s->base.ctx, err);

	if (r)
		return r;
	json = am_json_new();
	am_jsonl_write_message(json, msg, &facts, &s->wishes, s->base.ctx);
	/* Still open: the bytes are its last member. */
	p->head = g_strdup(am_json_text(json, &p->len));
	am_json_free(&json);
	am_mail_facts_clear(&facts);
	return AM_OK;
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct jsonl_sink *s =
		AM_CONTAINER(sink, struct jsonl_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	uint8_t hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];
	int r = AM_OK;

	if (msg->hashed)
		memcpy(hash, msg->hash, sizeof(hash));
	else
		r = am_blob_sum(hash, msg->raw, err);
	am_hex(hash, sizeof(hash), hex);
	p->key = key_of(msg->folder, hex);
	if (!r && !g_hash_table_contains(s->there, GSIZE_TO_POINTER(p->key)))
		r = compose(s, msg, p, err);
	if (r)
		discard(p);
	else
		*prepared = p;
	return r;
}

static int write_raw(struct jsonl_sink *s, const struct am_blob *raw,
                     struct am_error *err)
{
	static const char key[] = ",\"raw\":\"";
	uint8_t *buf = g_malloc(PIECE);
	gchar *coded = g_malloc(PIECE / 3 * 4 + 4);
	uint64_t at = 0, size = am_blob_size(raw);
	int r = am_append_write(s->file, key, strlen(key), err);

	while (!r && at < size) {
		gint state = 0, save = 0;
		size_t got = 0;

		r = am_blob_read(raw, at, buf, PIECE, &got, err);
		if (!r && !got)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "the message ended at %" PRIu64
			            " of %" PRIu64 " bytes",
			            at, size);
		if (r)
			break;
		gsize n = g_base64_encode_step(buf, got, FALSE, coded, &state,
		                               &save);
		n += g_base64_encode_close(FALSE, coded + n, &state, &save);
		r = am_append_write(s->file, coded, n, err);
		at += got;
	}
	if (!r)
		r = am_append_write(s->file, "\"", 1, err);
	g_free(coded);
	g_free(buf);
	return r;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct jsonl_sink *s = sink_of(sink);
	struct prepared *p = prepared;
	uint64_t before = am_append_size(s->file);
	int r = AM_OK;

	if (!p) {
		void *made = NULL;
		r = prepare(sink, msg, &made, err);
		if (r)
			return r;
		p = made;
	}
	if (take(s, p->key)) {
		*outcome = AM_DUPLICATE;
		discard(p);
		return AM_OK;
	}
	*outcome = AM_STORED;
	/* One more of what was there. */
	if (!p->head)
		r = compose(s, msg, p, err);
	if (!r)
		r = am_append_write(s->file, p->head, p->len, err);
	if (!r && s->raw)
		r = write_raw(s, msg->raw, err);
	if (!r)
		r = am_append_write(s->file, "}\n", 2, err);
	/* What failed half way is no line. */
	if (r && am_append_cut(s->file, before, err))
		r = AM_FATAL;
	discard(p);
	return r;
}

static int put_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	struct jsonl_sink *s = sink_of(sink);
	uint64_t key = key_of(folder, NULL);
	struct am_json *json;
	size_t len;

	if (!folder->depth ||
	    g_hash_table_contains(s->known, GSIZE_TO_POINTER(key)))
		return AM_OK;
	count(s, key);
	json = am_json_new();
	am_json_open(json, '{');
	am_message_json_text(json, "mailark", AM_JSONL_FOLDER);
	am_json_key(json, "folder");
	am_message_json_folder(json, folder);
	am_message_json_text(json, "role", am_role_name(folder->role));
	if (folder->subscribed || folder->unsubscribed) {
		am_json_key(json, "subscribed");
		am_json_bool(json, folder->subscribed);
	}
	am_json_close(json, '}');
	const char *text = am_json_text(json, &len);
	int r = am_append_write(s->file, text, len, err);
	if (!r)
		r = am_append_write(s->file, "\n", 1, err);
	am_json_free(&json);
	return r ? AM_FATAL : AM_OK;
}

static int commit(struct am_sink *sink, struct am_error *err)
{
	return am_append_commit(sink_of(sink)->file, err);
}

static void close_sink(struct am_sink *sink)
{
	struct jsonl_sink *s = sink_of(sink);

	am_append_close(&s->file);
	g_hash_table_destroy(s->known);
	g_hash_table_destroy(s->there);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.folder = put_folder,
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.commit = commit,
	.close = close_sink,
};

/* ---- what is there already ---- */

static void know(struct jsonl_sink *s, const json_t *object)
{
	const struct am_folder *folder = NULL;
	const char *sha256 =
		json_string_value(json_object_get(object, "sha256"));
	bool is_message = !strcmp(am_jsonl_kind(object), AM_JSONL_MESSAGE);

	if (am_message_json_read_folder(&folder, object, NULL))
		return;
	if (!is_message || sha256) {
		uint64_t key = key_of(folder, is_message ? sha256 : NULL);
		count(s, key);
		g_hash_table_add(s->there, GSIZE_TO_POINTER(key));
	}
	am_folder_unref(&folder);
}

/* Nothing is added to what is no file of ours. */
static int read_known(struct jsonl_sink *s, const char *path,
                      struct am_error *err)
{
	struct am_reader *reader = NULL;
	struct am_jsonl_line line;
	struct am_file *file = NULL;
	uint64_t n = 0;
	int r = am_file_open(&file, path, err);

	/* A line that a killed process left half way is not looked at. */
	if (!r)
		r = am_reader_file(&reader, file, 0, am_append_size(s->file),
		                   err);
	while (!r) {
		r = am_jsonl_read(&line, reader, false, s->base.ctx, err);
		if (!r)
			know(s, line.object);
		n += !r;
		json_decref(line.object);
		/* One that cannot be read is none that is known. */
		if (r == AM_FAILED && n && !line.broken)
			r = AM_OK;
	}
	if (r == AM_FAILED)
		r = am_fail(err, AM_FATAL, AM_E_EXISTS,
		            "%s is there already and no file of JSON Lines "
		            "written here: nothing is added to it",
		            path);
	am_reader_close(&reader);
	am_file_unref(&file);
	return r == AM_END ? AM_OK : AM_FATAL;
}

/* What is there and has no line end yet: the first line, cut short, or no file
 * of ours. */
static int check_torn(struct jsonl_sink *s, const char *path,
                      struct am_error *err)
{
	static const char begin[] = "{\"mailark\":\"";
	char head[sizeof(begin)] = "";
	struct am_file *file = NULL;
	size_t got = 0;
	uint64_t torn = am_append_torn(s->file);

	if (!torn)
		return AM_OK;
	int r = am_file_open(&file, path, err);
	if (!r)
		r = am_file_read(file, am_append_size(s->file), head,
		                 sizeof(begin) - 1, &got, err);
	am_file_unref(&file);
	if (r)
		return AM_FATAL;
	if (memcmp(head, begin, got) != 0)
		return am_fail(err, AM_FATAL, AM_E_EXISTS,
		               "%s is there already and does not end in a line "
		               "written here: nothing is added to it",
		               path);
	am_ctx_note(s->base.ctx, AM_NOTE_INFO, "jsonl.torn", NULL, path,
	            "%" PRIu64 " bytes of a line that a broken-off run did not "
	            "finish: removed",
	            torn);
	return AM_OK;
}

static int read_options(struct jsonl_sink *s, const struct am_location *where,
                        struct am_error *err)
{
	const struct am_option *t = am_jsonl_options;
	int r = am_location_check(where, t, "jsonl", err);

	if (!r)
		r = am_location_switch(where, t, "raw", &s->raw, err);
	if (!r)
		r = am_location_switch(where, t, "headers", &s->wishes.headers,
		                       err);
	if (!r)
		r = am_location_switch(where, t, "text", &s->wishes.text, err);
	return r;
}

int am_jsonl_sink_open(struct am_sink **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct jsonl_sink *s = g_new0(struct jsonl_sink, 1);
	struct stat st;
	int r;

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.hashes = true;
	s->known = g_hash_table_new(g_direct_hash, g_direct_equal);
	s->there = g_hash_table_new(g_direct_hash, g_direct_equal);
	r = read_options(s, where, err);
	if (!r && (g_str_has_suffix(where->path, "/") ||
	           (!stat(where->path, &st) && S_ISDIR(st.st_mode))))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "%s: a file is meant, as mail.jsonl", where->path);
	if (!r)
		r = am_append_open(&s->file, where->path, err);
	if (!r)
		r = check_torn(s, where->path, err);
	if (!r && am_append_size(s->file))
		r = read_known(s, where->path, err);
	if (r) {
		close_sink(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
