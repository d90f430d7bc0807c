/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files go through a batch, rows of the table behind what was committed.  A
 * run that dies between the two leaves files without rows: the next one finds
 * the same bytes under the name it wants, and takes that file for its own.
 */
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "formats/append_file.h"
#include "formats/attachments/attachments.h"
#include "formats/batch.h"
#include "formats/blob_sum.h"
#include "formats/csv_text.h"
#include "formats/files/files_folders.h"
#include "formats/files/files_name.h"
#include "formats/mail_facts.h"
#include "model/folder.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct attachments_sink {
	struct am_sink base;
	char *path, *types;
	bool dedup, inline_too, in_folders;
	enum am_safe_profile profile;
	struct am_name_template *name;
	struct am_files_folders *folders;
	struct am_files_names *names;
	struct am_batch *batch;
	struct am_append *index;
	struct am_attachments_known *known;
	struct am_csv row;
	/* How many names are in the batch and not yet on disk: files of them
	 * cannot be looked at. */
	uint64_t n_files;
};

static struct attachments_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct attachments_sink, base);
}

static void discard(void *prepared)
{
	struct am_mail_facts *facts = prepared;

	if (facts)
		am_mail_facts_clear(facts);
	g_free(facts);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	struct am_mail_facts *facts = g_new0(struct am_mail_facts, 1);
	int r = am_mail_facts_read(facts, msg, sink->ctx, err);

	if (r)
		g_free(facts);
	else
		*prepared = facts;
	return r;
}

/* A picture that the text shows is part of the text. */
static bool is_wanted(const struct attachments_sink *s,
                      const struct am_mail_file *file)
{
	const struct am_part_info *info = &file->info;
	bool shown = info->content_id &&
	             g_strcmp0(info->disposition, "attachment") != 0 &&
	             info->type && g_str_has_prefix(info->type, "image/");

	return (s->inline_too || (info->attachment && !shown)) &&
	       am_attachments_wanted(s->types, file);
}

/* "report.final.pdf": "report.final" and ".pdf"; without a name by its type.
 * Both g_free()d. */
static void split_name(const struct am_part_info *info, char **stem,
                       char **ending)
{
	const char *name = info->name ? info->name : "";
	const char *dot;

	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	/* Nothing hidden, nothing that looks like an option. */
	name += strspn(name, ". -");
	dot = strrchr(name, '.');
	if (dot && (dot == name || strlen(dot) > 12 || strchr(dot, ' ')))
		dot = NULL;
	if (!*name) {
		bool mail = !g_strcmp0(info->type, "message/rfc822");
		*stem = g_strdup(mail ? "message" : "attachment");
		*ending = g_strdup(am_mail_file_ending(info->type));
		return;
	}
	*stem = dot ? g_strndup(name, (size_t)(dot - name)) : g_strdup(name);
	*ending = g_strdup(dot ? dot : "");
}

static char *wished_name(struct attachments_sink *s,
                         const struct am_message *msg,
                         const struct am_mail_facts *facts,
                         const struct am_mail_file *file, size_t room)
{
	const struct am_overview *v = &facts->overview;
	const struct am_folder *folder = msg->folder;
	char id8[9], *stem, *ending, *name;

	g_strlcpy(id8, file->sha256, sizeof(id8));
	split_name(&file->info, &stem, &ending);
	struct am_name_fields fields = {
		.date = v->date,
		.received = msg->received,
		.from = v->from,
		.to = v->to,
		.subject = v->subject,
		.message_id = v->message_id,
		.folder = folder->depth ? folder->parts[folder->depth - 1] : "",
		.stem = stem,
		.ending = ending,
		.id8 = id8,
		.n = ++s->n_files,
		.size = file->size,
	};
	name = am_name_template_make(s->name, &fields, s->profile, room);
	g_free(stem);
	g_free(ending);
	return name;
}

static bool same_on_disk(const struct attachments_sink *s, const char *path,
                         const struct am_mail_file *file)
{
	char *full = g_build_filename(s->path, path, NULL);
	struct am_reader *reader = NULL;
	struct am_file *there = NULL;
	uint8_t hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX] = "";
	uint64_t size;

	if (!am_file_open(&there, full, NULL) &&
	    am_file_size(there) == file->size &&
	    !am_reader_file(&reader, there, 0, file->size, NULL) &&
	    !am_reader_sum(hash, &size, reader, NULL))
		am_hex(hash, sizeof(hash), hex);
	am_reader_close(&reader);
	am_file_unref(&there);
	g_free(full);
	return !strcmp(hex, file->sha256);
}

static bool on_disk(const struct attachments_sink *s, const char *path)
{
	return !faccessat(am_batch_root(s->batch), path, F_OK,
	                  AT_SYMLINK_NOFOLLOW);
}

/* A path nobody has; *there: or that of a file with these bytes which no row
 * tells of. */
static char *free_path(struct attachments_sink *s, const char *wish,
                       const struct am_mail_file *file, bool *there)
{
	char *path = g_strdup(wish);

	*there = false;
	for (unsigned n = 2;; n++) {
		bool fresh = am_files_names_take(s->names, path);
		bool taken = on_disk(s, path);

		*there = fresh && taken && s->dedup &&
		         same_on_disk(s, path, file);
		if (*there || (fresh && !taken))
			return path;
		g_free(path);
		path = am_files_names_numbered(wish, n);
	}
}

/* Its bytes as a file at the path. */
static int write_file(struct attachments_sink *s, const struct am_message *msg,
                      const struct am_mail_facts *facts,
                      const struct am_mail_file *file, const char *path,
                      struct am_error *err)
{
	const struct am_when *when = facts->overview.date.known
	                                     ? &facts->overview.date
	                                     : &msg->received;
	struct am_batch_file temp = {0};
	struct am_blob *blob = NULL;
	int r = am_mail_file_decode(facts, (size_t)(file - facts->files), msg,
	                            s->base.ctx, &blob, err);

	if (!r && am_batch_full(s->batch))
		r = am_batch_flush(s->batch, err);
	if (!r)
		r = am_batch_write(s->batch, &temp, blob, when, err);
	if (!r)
		r = am_batch_put(s->batch, &temp, path, err);
	am_blob_unref(&blob);
	return r;
}

static int place_file(struct attachments_sink *s, const struct am_message *msg,
                      const struct am_mail_facts *facts,
                      const struct am_mail_file *file, char **path,
                      struct am_error *err)
{
	const char *dir =
		s->in_folders
			? am_files_folders_get(s->folders, msg->folder)->dir
			: "";
	size_t used =
		s->profile == AM_SAFE_POSIX || !*dir ? 0 : strlen(dir) + 1;
	size_t room = used + 64 < AM_SAFE_MAX ? AM_SAFE_MAX - 4 - used : 60;
	char *name = wished_name(s, msg, facts, file, room);
	char *wish = *dir ? g_strconcat(dir, "/", name, NULL) : g_strdup(name);
	char *full = g_build_filename(s->path, dir, NULL);
	bool there = false;
	int r = *dir ? am_make_dirs(full, err) : AM_OK;

	*path = NULL;
	if (!r) {
		*path = free_path(s, wish, file, &there);
		if (!there)
			r = write_file(s, msg, facts, file, *path, err);
	}
	g_free(full);
	g_free(wish);
	g_free(name);
	return r;
}

static void add_row(struct attachments_sink *s, const struct am_message *msg,
                    const struct am_mail_facts *facts,
                    const struct am_mail_file *file, const char *path,
                    const char *folder)
{
	const struct am_overview *v = &facts->overview;
	const struct am_when *when = v->date.known ? &v->date : &msg->received;
	char iso[AM_TIME_ROOM];

	am_time_iso(when, iso);
	am_csv_cell(&s->row, path);
	am_csv_cell(&s->row, file->info.name);
	am_csv_cell(&s->row, file->info.type);
	am_csv_uint(&s->row, file->size);
	am_csv_cell(&s->row, file->sha256);
	am_csv_cell(&s->row, iso);
	am_csv_cell(&s->row, v->from);
	am_csv_cell(&s->row, v->subject);
	am_csv_cell(&s->row, v->message_id);
	am_csv_cell(&s->row, folder);
	am_csv_cell(&s->row, file->info.section);
	am_csv_cell(&s->row, facts->sha256);
	am_csv_end(&s->row);
}

/* *fresh: it was not in the table. */
static int put_file(struct attachments_sink *s, const struct am_message *msg,
                    const struct am_mail_facts *facts,
                    const struct am_mail_file *file, const char *folder,
                    bool *fresh, struct am_error *err)
{
	uint64_t key = am_attachments_known_key(facts->sha256, folder,
	                                        file->info.section);
	const char *known =
		s->dedup ? am_attachments_known_file(s->known, file->sha256)
			 : NULL;
	char *path = NULL;
	int r = AM_OK;

	if (!am_attachments_known_add(s->known, key))
		return AM_OK;
	*fresh = true;
	if (!known) {
		r = place_file(s, msg, facts, file, &path, err);
		known = path;
	}
	if (!r) {
		add_row(s, msg, facts, file, known, folder);
		if (path)
			am_attachments_known_add_file(s->known, file->sha256,
			                              path);
	}
	g_free(path);
	return r;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct attachments_sink *s = sink_of(sink);
	bool fresh = false, any = false;
	int r = AM_OK;

	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	const struct am_mail_facts *facts = prepared;
	char *folder = am_folder_print(msg->folder);
	for (size_t i = 0; !r && i < facts->n_files; i++) {
		if (!is_wanted(s, &facts->files[i]))
			continue;
		any = true;
		r = put_file(s, msg, facts, &facts->files[i], folder, &fresh,
		             err);
	}
	/* All rows of a message or none. */
	if (!r && s->row.text->len)
		r = am_append_write(s->index, s->row.text->str,
		                    s->row.text->len, err)
		            ? AM_FATAL
		            : AM_OK;
	g_string_truncate(s->row.text, 0);
	*outcome = any && !fresh ? AM_DUPLICATE : AM_STORED;
	g_free(folder);
	discard(prepared);
	return r;
}

/* Files first: a row that is there has its file. */
static int commit(struct am_sink *sink, struct am_error *err)
{
	struct attachments_sink *s = sink_of(sink);
	int r = am_batch_commit(s->batch, err);

	if (!r)
		r = am_append_commit(s->index, err);
	return r;
}

static void close_sink(struct am_sink *sink)
{
	struct attachments_sink *s = sink_of(sink);

	am_append_close(&s->index);
	am_batch_close(&s->batch);
	am_attachments_known_free(&s->known);
	am_files_folders_free(&s->folders);
	am_files_names_free(&s->names);
	am_name_template_free(&s->name);
	if (s->row.text)
		g_string_free(s->row.text, TRUE);
	g_free(s->types);
	g_free(s->path);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.commit = commit,
	.close = close_sink,
};

static int read_options(struct attachments_sink *s,
                        const struct am_location *where,
                        enum am_durability *durability, struct am_error *err)
{
	const struct am_option *t = am_attachments_options;
	const char *word = am_location_option(where, t, "profile");
	int r = am_location_check(where, t, "attachments", err);

	if (!r && !am_safe_name_profile(word, &s->profile))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "profile=%s: windows, posix or portable is meant",
		            word);
	word = am_location_option(where, t, "durable");
	if (!r && !am_batch_durability(word, durability))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "durable=%s: yes, no or each is meant", word);
	if (!r)
		r = am_location_switch(where, t, "dedup", &s->dedup, err);
	if (!r)
		r = am_location_switch(where, t, "inline", &s->inline_too, err);
	if (!r)
		r = am_location_switch(where, t, "folders", &s->in_folders,
		                       err);
	s->types = g_strdup(am_location_option(where, t, "types"));
	if (!r)
		r = am_name_template_parse_file(
			&s->name, am_location_option(where, t, "name"), err);
	return r;
}

static int open_index(struct attachments_sink *s, struct am_error *err)
{
	char *path = g_build_filename(s->path, AM_ATTACHMENTS_INDEX, NULL);
	int r = am_attachments_known_open(s->known, &s->index, path,
	                                  am_batch_root(s->batch), err);

	g_free(path);
	return r;
}

int am_attachments_sink_open(struct am_sink **out,
                             const struct am_location *where,
                             struct am_ctx *ctx, struct am_error *err)
{
	struct attachments_sink *s = g_new0(struct attachments_sink, 1);
	enum am_durability durability = AM_DURABLE_BATCH;
	int r;

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.hashes = true;
	s->path = g_strdup(where->path);
	s->row = (struct am_csv){.text = g_string_new(NULL), .guard = true};
	s->names = am_files_names_new();
	s->known = am_attachments_known_new();
	r = read_options(s, where, &durability, err);
	s->folders = am_files_folders_new(s->profile);
	/* The table has this name. */
	(void)!am_files_names_take(s->names, AM_ATTACHMENTS_INDEX);
	if (!r)
		r = am_batch_open(&s->batch, s->path, AM_BATCH_TMP, durability,
		                  AM_EOL_KEEP, err);
	if (!r)
		r = open_index(s, err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	am_batch_tell_cleared(s->batch, ctx, "attachments.leftovers");
	*out = &s->base;
	return AM_OK;
}
