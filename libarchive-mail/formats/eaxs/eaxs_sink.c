/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders nest in the XML as they do in the account, and the schema wants the
 * messages of a folder before the folders in it.  Mail comes in the order of
 * its source; where that goes back to a folder whose folders were begun, the
 * element is opened once more, with the same name.
 */
#include "formats/eaxs/eaxs.h"
#include "formats/mail_facts.h"
#include "formats/premis.h"
#include "formats/whole_file.h"
#include "formats/xml_text.h"
#include "model/folder.h"

#include <string.h>

struct eaxs_sink {
	struct am_sink base;
	char *path, *id;
	struct am_whole *file;
	struct am_premis *premis;
	GPtrArray *open; /* names of the folders whose elements are open */
	bool inner;      /* the last of them has had folders in it */
	bool finished, committed;
	uint64_t n_ids;
};

static struct eaxs_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct eaxs_sink, base);
}

static void discard(void *prepared)
{
	if (prepared)
		g_string_free(prepared, TRUE);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	struct am_mail_facts facts;
	GString *text;
	int r = am_mail_facts_read(&facts, msg, sink->ctx, err);

	if (r)
		return r;
	text = g_string_new(NULL);
	r = am_eaxs_message(text, msg, &facts, sink->ctx, err);
	am_mail_facts_clear(&facts);
	if (r)
		g_string_free(text, TRUE);
	else
		*prepared = text;
	return r;
}

static int write_text(struct eaxs_sink *s, const char *text, size_t len,
                      struct am_error *err)
{
	return am_whole_write(s->file, text, len, err) ? AM_FATAL : AM_OK;
}

static int close_folder(struct eaxs_sink *s, struct am_error *err)
{
	static const char end[] = "</Folder>\n";

	g_ptr_array_remove_index(s->open, s->open->len - 1);
	s->inner = true;
	return write_text(s, end, sizeof(end) - 1, err);
}

static int open_folder(struct eaxs_sink *s, const char *name,
                       struct am_error *err)
{
	GString *text = g_string_new("<Folder>\n");

	am_xml_element(text, "Name", name);
	g_ptr_array_add(s->open, g_strdup(name));
	s->inner = false;
	int r = write_text(s, text->str, text->len, err);
	g_string_free(text, TRUE);
	return r;
}

/* The elements of this folder are open, and no others.  messages: and it can
 * take some. */
static int go_to(struct eaxs_sink *s, const struct am_folder *folder,
                 bool messages, struct am_error *err)
{
	static const char *const root[] = {"INBOX"};
	const char *const *parts = folder->depth ? folder->parts : root;
	guint depth = folder->depth ? (guint)folder->depth : 1, same = 0;
	int r = AM_OK;

	while (same < depth && same < s->open->len &&
	       !strcmp(parts[same], s->open->pdata[same]))
		same++;
	while (!r && s->open->len > same)
		r = close_folder(s, err);
	if (!r && messages && same == depth && s->inner) {
		r = close_folder(s, err);
		same--;
	}
	for (; !r && same < depth; same++)
		r = open_folder(s, parts[same], err);
	return r;
}

static int put_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	return folder->depth ? go_to(sink_of(sink), folder, false, err) : AM_OK;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct eaxs_sink *s = sink_of(sink);
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	GString *text = prepared;
	r = go_to(s, msg->folder, true, err);
	for (const char *at = text->str, *end = at + text->len;
	     !r && at < end;) {
		const char *mark =
			memchr(at, *AM_EAXS_LOCAL_ID, (size_t)(end - at));
		char number[24] = "";
		r = write_text(s, at, (size_t)((mark ? mark : end) - at), err);
		if (mark)
			g_snprintf(number, sizeof(number), "%" PRIu64,
			           ++s->n_ids);
		if (!r)
			r = write_text(s, number, strlen(number), err);
		at = mark ? mark + 1 : end;
	}
	discard(text);
	return r;
}

static int begin(struct am_sink *sink, const struct am_job_info *info,
                 struct am_error *err)
{
	(void)err;
	am_premis_job(sink_of(sink)->premis, info);
	return AM_OK;
}

static int finish(struct am_sink *sink, const struct am_ledger *ledger,
                  bool complete, struct am_error *err)
{
	static const char end[] = "</Account>\n";
	struct eaxs_sink *s = sink_of(sink);
	int r = AM_OK;

	while (!r && s->open->len)
		r = close_folder(s, err);
	if (!r)
		r = write_text(s, end, sizeof(end) - 1, err);
	am_premis_ingested(s->premis, ledger, complete);
	am_premis_event(s->premis, "normalization", "EAXS: " AM_EAXS_NAMESPACE,
	                "success", NULL);
	s->finished = true;
	return r;
}

static int commit(struct am_sink *sink, struct am_error *err)
{
	struct eaxs_sink *s = sink_of(sink);
	char *log;
	int r;

	if (!s->finished || s->committed)
		return AM_OK;
	r = am_whole_commit(s->file, err);
	log = g_strconcat(s->path, ".premis.xml", NULL);
	if (!r && !g_str_has_prefix(s->path, "/dev/"))
		r = am_premis_write(s->premis, log, err);
	g_free(log);
	s->committed = !r;
	return r;
}

static void close_sink(struct am_sink *sink)
{
	struct eaxs_sink *s = sink_of(sink);

	am_whole_close(&s->file);
	am_premis_free(&s->premis);
	g_ptr_array_free(s->open, TRUE);
	g_free(s->path);
	g_free(s->id);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.begin = begin,
	.folder = put_folder,
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.finish = finish,
	.commit = commit,
	.close = close_sink,
};

static int write_head(struct eaxs_sink *s, const char *account,
                      struct am_error *err)
{
	GString *text = g_string_new(
		"<?xml version=\"1.0\" "
		"encoding=\"UTF-8\"?>\n<Account xmlns=\"" AM_EAXS_NAMESPACE
		"\">\n");

	am_xml_element(text, "EmailAddress", account);
	am_xml_element(text, "GlobalId", s->id);
	int r = write_text(s, text->str, text->len, err);
	g_string_free(text, TRUE);
	return r;
}

int am_eaxs_sink_open(struct am_sink **out, const struct am_location *where,
                      struct am_ctx *ctx, struct am_error *err)
{
	const struct am_option *t = am_eaxs_options;
	struct eaxs_sink *s = g_new0(struct eaxs_sink, 1);
	const char *id = am_location_option(where, t, "id");
	int r = am_location_check(where, t, "eaxs", err);
	char *uuid = g_uuid_string_random();

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true; /* nothing is there */
	s->base.hashes = true;
	s->base.whole_at_end = true;
	s->path = g_strdup(where->path);
	s->id = id && *id ? g_strdup(id) : g_strconcat("urn:uuid:", uuid, NULL);
	s->premis = am_premis_new(s->id);
	s->open = g_ptr_array_new_with_free_func(g_free);
	g_free(uuid);
	if (!r)
		r = am_whole_open(&s->file, where->path, err);
	if (!r)
		r = write_head(s, am_location_option(where, t, "account"), err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	*out = &s->base;
	return AM_OK;
}
