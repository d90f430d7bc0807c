/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "base/file.h"
#include "formats/append_file.h"
#include "formats/batch.h"
#include "formats/csv_file.h"
#include "formats/csv_text.h"
#include "formats/files/files_folders.h"
#include "formats/files/files_name.h"
#include "formats/mail_facts.h"
#include "formats/pdf/pdf.h"
#include "model/folder.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define INDEX "index.csv"

static const char head[] =
	"file,date,from,subject,message_id,folder,sha256\r\n";
enum column { FILE_CELL, FOLDER_CELL = 5, HASH_CELL, COLUMNS };

struct pdf_sink {
	struct am_sink base;
	char *path;
	struct am_pdf_printer printer;
	enum am_safe_profile profile;
	struct am_name_template *name;
	struct am_files_folders *folders;
	struct am_files_names *names;
	struct am_batch *batch;
	struct am_append *index;
	/* "SHA-256 folder" of what is in the table; written to by put(), read
	 * by workers. */
	GHashTable *known;
	GMutex *mutex;
};

struct prepared {
	const struct am_batch *batch;
	struct am_mail_facts facts;
	struct am_batch_file file;
	char *key;
	bool known;
};

static struct pdf_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct pdf_sink, base);
}

static void discard(void *prepared)
{
	struct prepared *p = prepared;

	if (!p)
		return;
	am_batch_discard(p->batch, &p->file);
	am_mail_facts_clear(&p->facts);
	g_free(p->key);
	g_free(p);
}

static bool is_known(const struct pdf_sink *s, const char *key)
{
	g_mutex_lock(s->mutex);
	bool known = g_hash_table_contains(s->known, key);
	g_mutex_unlock(s->mutex);
	return known;
}

static int print(const struct pdf_sink *s, const struct am_message *msg,
                 struct prepared *p, struct am_error *err)
{
	struct am_blob *pdf = NULL;
	size_t len;
	char *html = am_pdf_page(msg, &p->facts, s->base.ctx, &len);
	int r = am_pdf_print(&s->printer, html, len, &pdf, err);

	if (!r)
		r = am_batch_write(s->batch, &p->file, pdf, &msg->received,
		                   err);
	am_blob_unref(&pdf);
	g_free(html);
	return r;
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct pdf_sink *s = AM_CONTAINER(sink, struct pdf_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	char *folder = am_folder_print(msg->folder);
	int r;

	p->batch = s->batch;
	r = am_mail_facts_read(&p->facts, msg, sink->ctx, err);
	if (!r) {
		p->key = g_strconcat(p->facts.sha256, " ", folder, NULL);
		p->known = is_known(s, p->key);
	}
	if (!r && !p->known)
		r = print(s, msg, p, err);
	g_free(folder);
	if (r)
		discard(p);
	else
		*prepared = p;
	return r;
}

static char *free_path(struct pdf_sink *s, const char *wish)
{
	char *path = g_strdup(wish);

	for (unsigned n = 2; !am_files_names_take(s->names, path) ||
	                     !faccessat(am_batch_root(s->batch), path, F_OK,
	                                AT_SYMLINK_NOFOLLOW);
	     n++) {
		g_free(path);
		path = am_files_names_numbered(wish, n);
	}
	return path;
}

static int add_row(struct pdf_sink *s, const struct am_message *msg,
                   const struct am_mail_facts *facts, const char *path,
                   struct am_error *err)
{
	const struct am_overview *v = &facts->overview;
	struct am_csv row = {.text = g_string_new(NULL), .guard = true};
	char *folder = am_folder_print(msg->folder);
	char iso[AM_TIME_ROOM];

	am_time_iso(v->date.known ? &v->date : &msg->received, iso);
	am_csv_cell(&row, path);
	am_csv_cell(&row, iso);
	am_csv_cell(&row, v->from);
	am_csv_cell(&row, v->subject);
	am_csv_cell(&row, v->message_id);
	am_csv_cell(&row, folder);
	am_csv_cell(&row, facts->sha256);
	am_csv_end(&row);
	int r = am_append_write(s->index, row.text->str, row.text->len, err);
	g_string_free(row.text, TRUE);
	g_free(folder);
	return r ? AM_FATAL : AM_OK;
}

static int place(struct pdf_sink *s, const struct am_message *msg,
                 struct prepared *p, struct am_error *err)
{
	const struct am_overview *v = &p->facts.overview;
	struct am_files_folder *f =
		am_files_folders_get(s->folders, msg->folder);
	size_t used = s->profile == AM_SAFE_POSIX ? 0 : strlen(f->dir) + 1;
	char id8[9];
	const struct am_folder *folder = msg->folder;

	g_strlcpy(id8, p->facts.sha256, sizeof(id8));
	struct am_name_fields fields = {
		.date = v->date,
		.received = msg->received,
		.from = v->from,
		.to = v->to,
		.subject = v->subject,
		.message_id = v->message_id,
		.folder = folder->depth ? folder->parts[folder->depth - 1] : "",
		.id8 = id8,
		.n = ++f->n,
		.size = am_blob_size(msg->raw),
	};
	char *name = am_name_template_make(
		s->name, &fields, s->profile,
		used + 64 < AM_SAFE_MAX ? AM_SAFE_MAX - 4 - used : 60);
	char *wish =
		*f->dir ? g_strconcat(f->dir, "/", name, NULL) : g_strdup(name);
	char *full = g_build_filename(s->path, f->dir, NULL);
	char *path = NULL;
	int r = f->made ? AM_OK : am_make_dirs(full, err) ? AM_FATAL : AM_OK;

	f->made = !r;
	if (!r && am_batch_full(s->batch))
		r = am_batch_flush(s->batch, err);
	if (!r) {
		path = free_path(s, wish);
		r = am_batch_put(s->batch, &p->file, path, err);
	}
	if (!r)
		r = add_row(s, msg, &p->facts, path, err);
	g_free(path);
	g_free(full);
	g_free(wish);
	g_free(name);
	return r;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	struct pdf_sink *s = sink_of(sink);
	int r = AM_OK;

	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	struct prepared *p = prepared;
	/* Of copies that were printed side by side the first counts. */
	bool known = p->known || is_known(s, p->key);
	*outcome = known ? AM_DUPLICATE : AM_STORED;
	if (!known)
		r = place(s, msg, p, err);
	if (!r && !known) {
		g_mutex_lock(s->mutex);
		g_hash_table_add(s->known, g_steal_pointer(&p->key));
		g_mutex_unlock(s->mutex);
	}
	discard(p);
	return r;
}

/* Files first: a row that is there has its file. */
static int commit(struct am_sink *sink, struct am_error *err)
{
	struct pdf_sink *s = sink_of(sink);
	int r = am_batch_commit(s->batch, err);

	return r ? r : am_append_commit(s->index, err);
}

static void close_sink(struct am_sink *sink)
{
	struct pdf_sink *s = sink_of(sink);

	am_append_close(&s->index);
	am_batch_close(&s->batch);
	am_files_folders_free(&s->folders);
	am_files_names_free(&s->names);
	am_name_template_free(&s->name);
	g_hash_table_destroy(s->known);
	g_mutex_clear(s->mutex);
	g_free(s->mutex);
	g_free(s->printer.program);
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

/* A row of a run that was killed may speak of a file that never came. */
static void know(void *user, char **cells)
{
	struct pdf_sink *s = user;

	if (g_strv_length(cells) != COLUMNS ||
	    faccessat(am_batch_root(s->batch), am_csv_unguard(cells[FILE_CELL]),
	              F_OK, AT_SYMLINK_NOFOLLOW))
		return;
	g_hash_table_add(s->known,
	                 g_strconcat(cells[HASH_CELL], " ",
	                             am_csv_unguard(cells[FOLDER_CELL]), NULL));
}

static int open_index(struct pdf_sink *s, struct am_error *err)
{
	char *path = g_build_filename(s->path, INDEX, NULL);
	int r = am_csv_file_open(&s->index, path, head, know, s, err);

	g_free(path);
	return r;
}

static int read_options(struct pdf_sink *s, const struct am_location *where,
                        struct am_error *err)
{
	const struct am_option *t = am_pdf_options;
	const char *word = am_location_option(where, t, "profile");
	const char *seconds = am_location_option(where, t, "timeout");
	int r = am_location_check(where, t, "pdf", err);
	char *end;

	if (!r && !am_safe_name_profile(word, &s->profile))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "profile=%s: windows, posix or portable is meant",
		            word);
	guint64 n = g_ascii_strtoull(seconds, &end, 10);
	if (!r && (!g_ascii_isdigit(*seconds) || *end || !n || n > 86400))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "timeout=%s: seconds are meant", seconds);
	s->printer = (struct am_pdf_printer){.seconds = (unsigned)n,
	                                     .ctx = s->base.ctx};
	if (!r)
		r = am_name_template_parse(
			&s->name, am_location_option(where, t, "name"), err);
	if (!r)
		r = am_pdf_printer_find(&s->printer,
		                        am_location_option(where, t, "program"),
		                        err);
	return r;
}

int am_pdf_sink_open(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct pdf_sink *s = g_new0(struct pdf_sink, 1);
	int r;

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.hashes = true;
	s->path = g_strdup(where->path);
	s->names = am_files_names_new();
	s->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->mutex = g_new0(GMutex, 1);
	g_mutex_init(s->mutex);
	(void)!am_files_names_take(s->names, INDEX);
	r = read_options(s, where, err);
	s->folders = am_files_folders_new(s->profile);
	if (!r)
		r = am_batch_open(&s->batch, s->path, AM_BATCH_TMP,
		                  AM_DURABLE_BATCH, AM_EOL_KEEP, err);
	if (!r)
		r = open_index(s, err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	am_batch_tell_cleared(s->batch, ctx, "pdf.leftovers");
	*out = &s->base;
	return AM_OK;
}
