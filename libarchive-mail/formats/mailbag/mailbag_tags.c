/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk over the payload: its manifests, and the rows of mailbag.csv. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "base/time.h"
#include "formats/csv_text.h"
#include "formats/eml/eml_sidecar.h"
#include "formats/mailbag/mailbag.h"
#include "formats/whole_file.h"
#include "mime/overview.h"
#include "mime/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PER_TABLE 100000 /* Mailbag 5.3.3 */

static const char *const digests[] = {"sha256", "sha512"};
enum { N_DIGESTS = AM_COUNT(digests) };

struct tags {
	const struct am_mailbag_facts *facts;
	struct am_whole *manifests[N_DIGESTS];
	struct am_whole *table;
	struct am_csv row;
	uint64_t n_messages, n_written, n_files, n_bytes;
	bool counting; /* the first walk */
};

/* RFC 8493, 2.1.3: line ends in names, and the sign that writes them. */
static void append_path(GString *out, const char *path)
{
	for (; *path; path++) {
		if (*path == '%' || *path == '\n' || *path == '\r')
			g_string_append_printf(out, "%%%02X",
			                       (unsigned)(uint8_t)*path);
		else
			g_string_append_c(out, *path);
	}
}

/* A line in each manifest for the file at the path in the bag. */
static int add_to(struct am_whole *const *manifests, const char *root,
                  const char *path, uint64_t *size, struct am_error *err)
{
	GChecksum *sums[N_DIGESTS] = {g_checksum_new(G_CHECKSUM_SHA256),
	                              g_checksum_new(G_CHECKSUM_SHA512)};
	char *full = g_build_filename(root, path, NULL);
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_file_open(&file, full, err);

	*size = 0;
	if (!r)
		r = am_reader_file(&reader, file, 0, am_file_size(file), err);
	while (!r && !(r = am_reader_peek(reader, 1, &data, &len, err))) {
		for (int i = 0; i < N_DIGESTS; i++)
			g_checksum_update(sums[i], data, (gssize)len);
		*size += len;
		am_reader_skip(reader, len);
	}
	r = r == AM_END ? AM_OK : r;
	for (int i = 0; !r && i < N_DIGESTS; i++) {
		GString *line = g_string_new(g_checksum_get_string(sums[i]));
		g_string_append(line, "  ");
		append_path(line, path);
		g_string_append_c(line, '\n');
		r = am_whole_write(manifests[i], line->str, line->len, err);
		g_string_free(line, TRUE);
	}
	for (int i = 0; i < N_DIGESTS; i++)
		g_checksum_free(sums[i]);
	am_reader_close(&reader);
	am_file_unref(&file);
	g_free(full);
	return r ? AM_FATAL : AM_OK;
}

/* ---- mailbag.csv ---- */

static char *table_name(const struct tags *t)
{
	uint64_t all = (t->n_messages + PER_TABLE - 1) / PER_TABLE;
	int digits = snprintf(NULL, 0, "%" PRIu64, all);

	if (all <= 1)
		return g_strdup("mailbag.csv");
	return g_strdup_printf("mailbag-%0*" PRIu64 ".csv", digits,
	                       t->n_written / PER_TABLE + 1);
}

static int open_table(struct tags *t, struct am_error *err)
{
	static const char *const head[] = {"Error",        "Mailbag-Message-ID",
	                                   "Message-ID",   "Original-File",
	                                   "Message-Path", "Derivatives-Path",
	                                   "Attachments",  "Date",
	                                   "From",         "To",
	                                   "Cc",           "Bcc",
	                                   "Subject",      "Content-Type"};
	char *name = table_name(t);
	char *path = g_build_filename(t->facts->root, name, NULL);
	int r = t->table ? am_whole_commit(t->table, err) : AM_OK;

	am_whole_close(&t->table);
	if (!r)
		r = am_whole_open_over(&t->table, path, err);
	g_string_truncate(t->row.text, 0);
	for (size_t i = 0; !t->n_written && i < AM_COUNT(head); i++)
		am_csv_cell(&t->row, head[i]);
	if (!t->n_written)
		am_csv_end(&t->row);
	if (!r)
		r = am_whole_write(t->table, t->row.text->str, t->row.text->len,
		                   err);
	g_free(path);
	g_free(name);
	return r;
}

/* ["INBOX", "a/b"]: "INBOX/a/b"; else what the directory is called. */
static char *message_path(const json_t *sidecar, const char *dir)
{
	const json_t *list = json_object_get(sidecar, "folder"), *part;
	GString *out = g_string_new(NULL);
	size_t i;

	json_array_foreach(list, i, part)
	{
		const char *s = json_string_value(part);
		g_string_append_printf(out, "%s%s", i ? "/" : "", s ? s : "");
	}
	if (!json_is_array(list))
		g_string_append(out, dir);
	return g_string_free(out, FALSE);
}

/* path: in the bag; what cannot be understood has empty cells. */
static int add_row(struct tags *t, const char *path, struct am_error *err)
{
	const char *below = path + strlen(AM_MAILBAG_PAYLOAD "/");
	const char *slash = strrchr(below, '/');
	char *dir =
		slash ? g_strndup(below, (gsize)(slash - below)) : g_strdup("");
	const char *name = slash ? slash + 1 : below;
	char *id = g_strndup(name, strlen(name) - strlen(".eml"));
	char *full = g_build_filename(t->facts->root, path, NULL);
	json_t *sidecar = am_eml_sidecar_open(full);
	char *where = message_path(sidecar, dir), iso[AM_TIME_ROOM];
	struct am_limits limits = am_limits_or_default(
		t->facts->ctx ? &t->facts->ctx->limits : NULL);
	struct am_arena *arena = am_arena_new();
	struct am_overview v = {0};
	struct am_scan scan = {0};
	struct am_blob *blob = NULL;
	struct am_file *file = NULL;
	int r = AM_OK;

	if (t->n_written % PER_TABLE == 0)
		r = open_table(t, err);
	if (!r)
		r = am_file_open(&file, full, err);
	if (!r)
		r = am_blob_slice(&blob, file, 0, am_file_size(file), err);
	if (!r && (am_scan_message(&scan, blob, &limits, arena, NULL) ||
	           am_overview_read(&v, blob, &scan, &limits, arena, NULL)))
		v = (struct am_overview){0};
	if (!r) {
		struct am_csv *row = &t->row;
		g_string_truncate(row->text, 0);
		am_csv_cell(row, "");
		am_csv_cell(row, id);
		am_csv_cell(row, v.message_id);
		am_csv_cell(row, json_string_value(
					 json_object_get(sidecar, "origin")));
		am_csv_cell(row, where);
		am_csv_cell(row, dir);
		am_csv_uint(row, v.n_attachments);
		am_time_iso(&v.date, iso);
		am_csv_cell(row, iso);
		am_csv_cell(row, v.from);
		am_csv_cell(row, v.to);
		am_csv_cell(row, v.cc);
		am_csv_cell(row, v.bcc);
		am_csv_cell(row, v.subject);
		am_csv_cell(row, scan.n_parts ? scan.parts[0].type : "");
		am_csv_end(row);
		t->n_written++;
		r = am_whole_write(t->table, row->text->str, row->text->len,
		                   err);
	}
	json_decref(sidecar);
	am_blob_unref(&blob);
	am_file_unref(&file);
	am_arena_free(&arena);
	g_free(where);
	g_free(full);
	g_free(id);
	g_free(dir);
	return r ? AM_FATAL : AM_OK;
}

/* ---- the walk ---- */

static int take(struct tags *t, const char *path, struct am_error *err)
{
	bool message = g_str_has_suffix(path, ".eml") &&
	               g_str_has_prefix(path, AM_MAILBAG_PAYLOAD "/");
	uint64_t size;
	int r;

	if (t->counting) {
		t->n_messages += message;
		return AM_OK;
	}
	r = add_to(t->manifests, t->facts->root, path, &size, err);
	t->n_files++;
	t->n_bytes += size;
	if (!r && message)
		r = add_row(t, path, err);
	return r;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries of a directory of the bag, sorted; links are none. */
static int list(const struct tags *t, const char *dir, GPtrArray *files,
                GPtrArray *stack, struct am_error *err)
{
	char *full = g_build_filename(t->facts->root, dir, NULL);
	GPtrArray *dirs = g_ptr_array_new();
	DIR *d = opendir(full);
	struct dirent *e;
	int r = d ? AM_OK : am_fail_sys(err, AM_FATAL, "%s", full);

	while (d && (e = readdir(d))) {
		struct stat st;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		char *path = g_build_filename(dir, e->d_name, NULL);
		if (S_ISDIR(st.st_mode))
			g_ptr_array_add(dirs, path);
		else if (S_ISREG(st.st_mode))
			g_ptr_array_add(files, path);
		else
			g_free(path);
	}
	if (d)
		closedir(d);
	g_ptr_array_sort(files, by_name);
	g_ptr_array_sort(dirs, by_name);
	for (guint i = dirs->len; i-- > 0;)
		g_ptr_array_add(stack, dirs->pdata[i]);
	g_ptr_array_free(dirs, TRUE);
	g_free(full);
	return r;
}

static int walk(struct tags *t, struct am_error *err)
{
	GPtrArray *stack = g_ptr_array_new_with_free_func(g_free);
	int r = AM_OK;

	g_ptr_array_add(stack, g_strdup("data"));
	while (!r && stack->len) {
		char *dir = g_ptr_array_steal_index(stack, stack->len - 1);
		GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

		r = list(t, dir, files, stack, err);
		for (guint i = 0; !r && i < files->len; i++) {
			if (am_ctx_cancelled(t->facts->ctx))
				r = am_ctx_fail_cancelled(err);
			else
				r = take(t, files->pdata[i], err);
		}
		g_ptr_array_free(files, TRUE);
		g_free(dir);
	}
	g_ptr_array_free(stack, TRUE);
	return r;
}

/* ---- the other tag files ---- */

static int write_text(const struct tags *t, const char *name, const char *text,
                      struct am_error *err)
{
	char *path = g_build_filename(t->facts->root, name, NULL);
	int r = am_file_replace(path, text, strlen(text), err);

	g_free(path);
	return r ? AM_FATAL : AM_OK;
}

static int write_info(const struct tags *t, struct am_error *err)
{
	struct am_when now = {am_time_now(), 0, true};
	char iso[AM_TIME_ROOM];

	am_time_iso(&now, iso);
	char *size = g_format_size(t->n_bytes);
	char *text = g_strdup_printf(
		"Bag-Type: Mailbag\n"
		"Mailbag-Source: %s\n"
		"Mailbag-Specification-Version: 1.0\n"
		"Original-Included: False\n"
		"Bagging-Date: %.10s\n"
		"Bagging-Timestamp: %s\n"
		"External-Identifier: %s\n"
		"Mailbag-Agent: mailark\n"
		"Mailbag-Agent-Version: " AM_VERSION "\n"
		"EML-Format-Details: RFC 5322, the bytes as they came; "
		"NAME.eml.json beside each holds what does not stand in them\n"
		"EML-Agent: mailark\n"
		"EML-Agent-Version: " AM_VERSION "\n"
		"Payload-Oxum: %" PRIu64 ".%" PRIu64 "\n"
		"Bag-Size: %s\n",
		t->facts->source, iso, iso, t->facts->id, t->n_bytes,
		t->n_files, size);
	int r = write_text(t, "bag-info.txt", text, err);
	g_free(text);
	g_free(size);
	return r;
}

static int open_manifests(struct tags *t, const char *prefix,
                          struct am_error *err)
{
	int r = AM_OK;

	for (int i = 0; !r && i < N_DIGESTS; i++) {
		char *path =
			g_strdup_printf("%s/%smanifest-%s.txt", t->facts->root,
		                        prefix, digests[i]);
		r = am_whole_open_over(&t->manifests[i], path, err);
		g_free(path);
	}
	return r;
}

static int close_manifests(struct tags *t, bool good, struct am_error *err)
{
	int r = AM_OK;

	for (int i = 0; i < N_DIGESTS; i++) {
		if (good && !r)
			r = am_whole_commit(t->manifests[i], err);
		am_whole_close(&t->manifests[i]);
	}
	return r;
}

static bool is_table(const char *name)
{
	return g_str_has_prefix(name, "mailbag") &&
	       g_str_has_suffix(name, ".csv");
}

/* Of an earlier run that wrote more of them, or called them otherwise. */
static void drop_tables(const struct tags *t)
{
	GDir *d = g_dir_open(t->facts->root, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		char *path = g_build_filename(t->facts->root, name, NULL);
		if (is_table(name))
			(void)unlink(path);
		g_free(path);
	}
	if (d)
		g_dir_close(d);
}

static int write_tag_manifests(struct tags *t, struct am_error *err)
{
	static const char *const fixed[] = {
		"bag-info.txt", "bagit.txt", "manifest-sha256.txt",
		"manifest-sha512.txt", "premis.xml"};
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *d = g_dir_open(t->facts->root, 0, NULL);
	const char *name;
	uint64_t size;
	int r = open_manifests(t, "tag", err);

	for (size_t i = 0; i < AM_COUNT(fixed); i++)
		g_ptr_array_add(names, g_strdup(fixed[i]));
	while (d && (name = g_dir_read_name(d)))
		if (is_table(name))
			g_ptr_array_add(names, g_strdup(name));
	if (d)
		g_dir_close(d);
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; !r && i < names->len; i++)
		r = add_to(t->manifests, t->facts->root, names->pdata[i], &size,
		           err);
	int c = close_manifests(t, !r, err);
	g_ptr_array_free(names, TRUE);
	return r ? r : c;
}

int am_mailbag_write_tags(const struct am_mailbag_facts *facts, uint64_t *n,
                          struct am_error *err)
{
	struct tags t = {.facts = facts,
	                 .row = {.text = g_string_new(NULL), .quote_all = true},
	                 .counting = true};
	int r = walk(&t, err);

	t.counting = false;
	drop_tables(&t);
	if (!r)
		r = open_manifests(&t, "", err);
	if (!r)
		r = walk(&t, err);
	if (!r && !t.table)
		r = open_table(&t, err);
	if (!r)
		r = am_whole_commit(t.table, err);
	am_whole_close(&t.table);
	int c = close_manifests(&t, !r, err);
	r = r ? r : c;
	if (!r)
		r = write_text(&t, "bagit.txt",
		               "BagIt-Version: 1.0\n"
		               "Tag-File-Character-Encoding: UTF-8\n",
		               err);
	if (!r)
		r = write_info(&t, err);
	if (!r)
		r = write_tag_manifests(&t, err);
	g_string_free(t.row.text, TRUE);
	*n = t.n_messages;
	return r;
}
