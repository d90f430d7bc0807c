/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages go into the payload as they come; the tag files are made at the end
 * of each run, of what is then there.  A run that dies leaves a payload whose
 * manifest is too short, and the next one makes it whole.
 */
#include "base/blob.h"
#include "base/file.h"
#include "formats/batch.h"
#include "formats/blob_sum.h"
#include "formats/eml/eml_sidecar.h"
#include "formats/files/files_folders.h"
#include "formats/folder_file.h"
#include "formats/mailbag/mailbag.h"
#include "formats/premis.h"
#include "model/folder.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ID_LEN 24

struct mailbag_sink {
	struct am_sink base;
	char *root, *payload, *id, *source;
	struct am_batch *batch;
	struct am_files_folders *folders;
	GHashTable *ids; /* those of this run that are not on disk yet */
	struct am_premis *premis;
};

struct prepared {
	const struct am_batch *batch;
	struct am_batch_file file, sidecar;
	char sha256[AM_SHA256_HEX];
};

static struct mailbag_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct mailbag_sink, base);
}

static void discard(void *prepared)
{
	struct prepared *p = prepared;

	if (!p)
		return;
	am_batch_discard(p->batch, &p->file);
	am_batch_discard(p->batch, &p->sidecar);
	g_free(p);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct mailbag_sink *s =
		AM_CONTAINER(sink, struct mailbag_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	struct am_blob *sidecar = NULL;
	uint8_t hash[AM_SHA256_LEN];
	int r;

	p->batch = s->batch;
	r = am_blob_sum(hash, msg->raw, err);
	am_hex(hash, sizeof(hash), p->sha256);
	if (!r)
		r = am_eml_sidecar_compose(msg, p->sha256, &sidecar, err);
	if (!r)
		r = am_batch_write(s->batch, &p->file, msg->raw, &msg->received,
		                   err);
	if (!r)
		r = am_batch_write(s->batch, &p->sidecar, sidecar,
		                   &msg->received, err);
	am_blob_unref(&sidecar);
	if (r)
		discard(p);
	else
		*prepared = p;
	return r;
}

/* The folder's directory below the payload; a file in it tells its true name
 * where that is another. */
static int make_folder(struct mailbag_sink *s, const struct am_folder *folder,
                       struct am_files_folder **out, struct am_error *err)
{
	struct am_files_folder *f = am_files_folders_get(s->folders, folder);
	char *full = g_build_filename(s->payload, f->dir, NULL);
	int r = f->made ? AM_OK : am_make_dirs(full, err);

	if (!r && !f->made && f->text) {
		char *note = g_build_filename(full, AM_FOLDER_FILE, NULL);
		r = am_file_replace(note, f->text, strlen(f->text), err);
		g_free(note);
	}
	f->made = !r;
	*out = f;
	g_free(full);
	return r ? AM_FATAL : AM_OK;
}

static int put_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	struct am_files_folder *f;

	return make_folder(sink_of(sink), folder, &f, err);
}

/* The Mailbag-Message-ID: of the bytes and the folder, so the same in every
 * run; where the same bytes are in it twice, of how many there are, too. */
static char *free_path(struct mailbag_sink *s, const struct am_folder *folder,
                       const char *dir, const char *sha256)
{
	char *printed = am_folder_print(folder), *path = NULL;

	for (unsigned n = 1; !path; n++) {
		char *text = g_strdup_printf("%s %s %u", sha256, printed, n);
		uint8_t hash[AM_SHA256_LEN];
		char id[AM_SHA256_HEX];

		am_sha256(text, strlen(text), hash);
		am_hex(hash, sizeof(hash), id);
		id[ID_LEN] = '\0';
		path = g_strdup_printf("%s%s%s.eml", dir, *dir ? "/" : "", id);
		if (!g_hash_table_add(s->ids, g_strdup(id)) ||
		    !faccessat(am_batch_root(s->batch), path, F_OK,
		               AT_SYMLINK_NOFOLLOW))
			g_clear_pointer(&path, g_free);
		g_free(text);
	}
	g_free(printed);
	return path;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct mailbag_sink *s = sink_of(sink);
	struct am_files_folder *f = NULL;
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	struct prepared *p = prepared;
	r = make_folder(s, msg->folder, &f, err);
	if (!r && am_batch_full(s->batch)) {
		r = am_batch_flush(s->batch, err);
		g_hash_table_remove_all(s->ids);
	}
	if (!r) {
		char *path = free_path(s, msg->folder, f->dir, p->sha256);
		char *beside = g_strconcat(path, AM_EML_SIDECAR, NULL);
		/* What tells of a message is there before it is. */
		r = am_batch_put_over(s->batch, &p->sidecar, beside, err);
		if (!r)
			r = am_batch_put(s->batch, &p->file, path, err);
		g_free(beside);
		g_free(path);
	}
	discard(p);
	return r;
}

static int begin(struct am_sink *sink, const struct am_job_info *info,
                 struct am_error *err)
{
	static const char *const sources[] = {"imap", "mbox", "eml", "pst"};
	struct mailbag_sink *s = sink_of(sink);

	(void)err;
	am_premis_job(s->premis, info);
	for (size_t i = 0; info->format && i < AM_COUNT(sources); i++)
		if (!strcmp(info->format, sources[i])) {
			g_free(s->source);
			s->source = g_strdup(info->format);
		}
	return AM_OK;
}

static int finish(struct am_sink *sink, const struct am_ledger *ledger,
                  bool complete, struct am_error *err)
{
	struct mailbag_sink *s = sink_of(sink);
	const struct am_mailbag_facts facts = {s->root, s->id, s->source,
	                                       s->base.ctx};
	char *premis = g_build_filename(s->root, "premis.xml", NULL);
	uint64_t n = 0;
	int r = am_batch_flush(s->batch, err);

	am_premis_ingested(s->premis, ledger, complete);
	am_premis_event(s->premis, "message digest calculation",
	                "SHA-256 and SHA-512 of the payload, read back from "
	                "the disk",
	                "success", NULL);
	am_premis_event(s->premis, "packing", "Mailbag 1.0, BagIt 1.0",
	                "success", NULL);
	if (!r)
		r = am_premis_write(s->premis, premis, err);
	if (!r)
		r = am_mailbag_write_tags(&facts, &n, err);
	g_free(premis);
	return r;
}

static int commit(struct am_sink *sink, struct am_error *err)
{
	struct mailbag_sink *s = sink_of(sink);

	g_hash_table_remove_all(s->ids);
	return am_batch_commit(s->batch, err);
}

static void close_sink(struct am_sink *sink)
{
	struct mailbag_sink *s = sink_of(sink);

	am_batch_close(&s->batch);
	am_files_folders_free(&s->folders);
	am_premis_free(&s->premis);
	g_hash_table_destroy(s->ids);
	g_free(s->root);
	g_free(s->payload);
	g_free(s->id);
	g_free(s->source);
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

/* A bag keeps the name it was given. */
static char *earlier_id(const char *root)
{
	static const char key[] = "\nExternal-Identifier: ";
	char *path = g_build_filename(root, "bag-info.txt", NULL);
	char *text = NULL, *id = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL)) {
		char *at = strstr(text, key);
		if (at) {
			at += strlen(key);
			id = g_strndup(at, strcspn(at, "\r\n"));
		}
	}
	g_free(text);
	g_free(path);
	return id;
}

static void set_id(struct mailbag_sink *s, const char *wanted)
{
	s->id = wanted && *wanted ? g_strdup(wanted) : earlier_id(s->root);
	if (s->id)
		return;
	char *uuid = g_uuid_string_random();
	s->id = g_strconcat("urn:uuid:", uuid, NULL);
	g_free(uuid);
}

int am_mailbag_sink_open(struct am_sink **out, const struct am_location *where,
                         struct am_ctx *ctx, struct am_error *err)
{
	const struct am_option *t = am_mailbag_options;
	struct mailbag_sink *s = g_new0(struct mailbag_sink, 1);
	enum am_durability durability = AM_DURABLE_BATCH;
	const char *word = am_location_option(where, t, "durable");
	const char *id = am_location_option(where, t, "id");
	int r = am_location_check(where, t, "mailbag", err);

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->root = g_strdup(where->path);
	s->payload = g_build_filename(s->root, AM_MAILBAG_PAYLOAD, NULL);
	s->source = g_strdup("eml");
	s->folders = am_files_folders_new(AM_SAFE_WINDOWS);
	s->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	set_id(s, id);
	s->premis = am_premis_new(s->id);
	if (!r && strpbrk(s->id, "\r\n"))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "id: one line is meant");
	if (!r && !am_batch_durability(word, &durability))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "durable=%s: yes, no or each is meant", word);
	/* Not below data/, all of which is payload. */
	if (!r)
		r = am_make_dirs(s->payload, err);
	if (!r)
		r = am_batch_open(&s->batch, s->payload, "../../" AM_BATCH_TMP,
		                  durability, AM_EOL_KEEP, err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	am_batch_tell_cleared(s->batch, ctx, "mailbag.leftovers");
	*out = &s->base;
	return AM_OK;
}
