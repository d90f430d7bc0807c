/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger of a copy: counts, failures by name, notes by code.
 */
#include "transfer/report.h"

#include "base/json.h"
#include "model/folder.h"

#include <glib.h>

#define MAX_FAILURES 10000

struct failure {
	const struct am_folder *folder;
	char *origin, *text;
	char *code;
};

struct am_report {
	struct am_ledger total;
	GPtrArray *folders;    /* struct am_report_folder *, as first seen */
	GHashTable *by_folder; /* am_folder -> its am_report_folder */
	struct am_report_folder *last; /* mail comes in runs of one folder */
	struct am_report_folder rest;  /* messages without a folder */
	GArray *failures;
	uint64_t n_unnamed;
	GTree *notes; /* code -> uint64_t *, so that the JSON is in order */
};

static guint hash_folder(gconstpointer folder)
{
	return (guint)am_folder_hash(folder);
}

static gboolean equal_folders(gconstpointer a, gconstpointer b)
{
	return am_folder_equal(a, b);
}

static void free_folder(gpointer data)
{
	struct am_report_folder *f = data;

	am_folder_unref(&f->folder);
	g_free(f);
}

static void free_failure(gpointer data)
{
	struct failure *f = data;

	am_folder_unref(&f->folder);
	g_free(f->origin);
	g_free(f->text);
	g_free(f->code);
}

static gint compare_codes(gconstpointer a, gconstpointer b, gpointer user)
{
	(void)user;
	return g_strcmp0(a, b);
}

struct am_report *am_report_new(void)
{
	struct am_report *report = g_new0(struct am_report, 1);

	report->folders = g_ptr_array_new_with_free_func(free_folder);
	report->by_folder = g_hash_table_new(hash_folder, equal_folders);
	report->failures = g_array_new(FALSE, TRUE, sizeof(struct failure));
	g_array_set_clear_func(report->failures, free_failure);
	report->notes = g_tree_new_full(compare_codes, NULL, g_free, g_free);
	return report;
}

void am_report_free(struct am_report **report)
{
	struct am_report *r = *report;

	*report = NULL;
	if (!r)
		return;
	g_hash_table_unref(r->by_folder);
	g_ptr_array_unref(r->folders);
	g_array_unref(r->failures);
	g_tree_unref(r->notes);
	g_free(r);
}

struct am_ledger *am_report_total(struct am_report *report)
{
	return &report->total;
}

/* Where messages of this folder are counted. */
static struct am_report_folder *folder_of(struct am_report *report,
                                          const struct am_folder *folder)
{
	if (!folder)
		return &report->rest;
	if (report->last && report->last->folder == folder)
		return report->last;
	struct am_report_folder *f =
		g_hash_table_lookup(report->by_folder, folder);
	if (!f) {
		f = g_new0(struct am_report_folder, 1);
		f->folder = am_folder_ref(folder);
		g_ptr_array_add(report->folders, f);
		g_hash_table_insert(report->by_folder, (gpointer)f->folder, f);
		report->total.folders++;
	}
	report->last = f;
	return f;
}

static struct am_ledger *ledger_of(struct am_report *report,
                                   const struct am_folder *folder)
{
	return &folder_of(report, folder)->ledger;
}

void am_report_found(struct am_report *report, const struct am_folder *folder)
{
	report->total.found++;
	ledger_of(report, folder)->found++;
}

void am_report_stored(struct am_report *report, const struct am_folder *folder,
                      uint64_t bytes)
{
	struct am_report_folder *own = folder_of(report, folder);

	report->total.stored++;
	report->total.bytes += bytes;
	own->ledger.stored++;
	own->ledger.bytes += bytes;
	own->pending++;
	own->pending_bytes += bytes;
}

static void commit_folder(struct am_report_folder *f)
{
	f->pending = f->pending_bytes = 0;
}

void am_report_committed(struct am_report *report)
{
	commit_folder(&report->rest);
	for (guint i = 0; i < report->folders->len; i++)
		commit_folder(report->folders->pdata[i]);
}

void am_report_duplicate(struct am_report *report,
                         const struct am_folder *folder)
{
	report->total.duplicates++;
	ledger_of(report, folder)->duplicates++;
}

void am_report_already(struct am_report *report, const struct am_folder *folder,
                       uint64_t n)
{
	struct am_ledger *own = ledger_of(report, folder);

	report->total.found += n;
	report->total.duplicates += n;
	own->found += n;
	own->duplicates += n;
}

void am_report_incomplete(struct am_report *report,
                          const struct am_folder *folder)
{
	report->total.incomplete++;
	ledger_of(report, folder)->incomplete++;
}

void am_report_filtered(struct am_report *report,
                        const struct am_folder *folder)
{
	report->total.filtered++;
	ledger_of(report, folder)->filtered++;
}

void am_report_folder(struct am_report *report, const struct am_folder *folder)
{
	folder_of(report, folder);
}

static void name_failure(struct am_report *report,
                         const struct am_folder *folder, const char *origin,
                         const char *code, const struct am_error *err)
{
	if (report->failures->len >= MAX_FAILURES) {
		report->n_unnamed++;
		return;
	}
	struct failure f = {
		.folder = folder ? am_folder_ref(folder) : NULL,
		.origin = g_strdup(origin),
		.code = g_strdup(code),
		.text = g_strdup(err ? err->text : ""),
	};
	g_array_append_val(report->failures, f);
}

void am_report_failed(struct am_report *report, const struct am_folder *folder,
                      const char *origin, const char *code,
                      const struct am_error *err)
{
	report->total.failed++;
	ledger_of(report, folder)->failed++;
	name_failure(report, folder, origin, code, err);
}

void am_report_failed_too(struct am_report *report,
                          const struct am_folder *folder, uint64_t n)
{
	struct am_ledger *own = ledger_of(report, folder);

	report->total.found += n;
	report->total.failed += n;
	own->found += n;
	own->failed += n;
}

void am_report_late(struct am_report *report, const struct am_late *what,
                    const char *code, const struct am_error *err)
{
	struct am_report_folder *own = folder_of(report, what->folder);

	report->total.stored--;
	report->total.bytes -= what->bytes;
	own->ledger.stored--;
	own->ledger.bytes -= what->bytes;
	if (own->pending) {
		own->pending--;
		own->pending_bytes -= what->bytes;
	}
	am_report_failed(report, what->folder, what->origin, code, err);
}

/* One failure names all of a folder: they failed together. */
static void fail_pending(struct am_report *report, struct am_report_folder *f,
                         const char *code, const struct am_error *err)
{
	if (!f->pending)
		return;
	char *origin = g_strdup_printf("%" PRIu64 " messages not committed",
	                               f->pending);
	f->ledger.stored -= f->pending;
	f->ledger.failed += f->pending;
	f->ledger.bytes -= f->pending_bytes;
	report->total.stored -= f->pending;
	report->total.failed += f->pending;
	report->total.bytes -= f->pending_bytes;
	report->n_unnamed += f->pending - 1;
	name_failure(report, f->folder, origin, code, err);
	commit_folder(f);
	g_free(origin);
}

void am_report_not_committed(struct am_report *report, const char *code,
                             const struct am_error *err)
{
	fail_pending(report, &report->rest, code, err);
	for (guint i = 0; i < report->folders->len; i++)
		fail_pending(report, report->folders->pdata[i], code, err);
}

void am_report_note(struct am_report *report, const char *code, uint64_t n)
{
	uint64_t *count = g_tree_lookup(report->notes, code);

	if (!count) {
		count = g_new0(uint64_t, 1);
		g_tree_insert(report->notes, g_strdup(code), count);
	}
	*count += n;
}

struct note_walk {
	am_report_note_fn *fn;
	void *user;
};

static gboolean visit_note(gpointer code, gpointer count, gpointer user)
{
	const struct note_walk *walk = user;

	walk->fn(walk->user, code, *(const uint64_t *)count);
	return FALSE;
}

void am_report_notes(const struct am_report *report, am_report_note_fn *fn,
                     void *user)
{
	struct note_walk walk = {fn, user};

	g_tree_foreach(report->notes, visit_note, &walk);
}

static bool adds_up(const struct am_ledger *l)
{
	return l->found == l->stored + l->duplicates + l->filtered + l->failed;
}

bool am_report_adds_up(const struct am_report *report)
{
	if (!adds_up(&report->total))
		return false;
	for (guint i = 0; i < report->folders->len; i++) {
		const struct am_report_folder *f =
			g_ptr_array_index(report->folders, i);
		if (!adds_up(&f->ledger))
			return false;
	}
	return true;
}

static void write_counts(struct am_json *json, const struct am_ledger *l)
{
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
		{"found", l->found},           {"stored", l->stored},
		{"duplicates", l->duplicates}, {"filtered", l->filtered},
		{"failed", l->failed},         {"bytes", l->bytes},
		{"incomplete", l->incomplete},
	};
	/* The last only where there are any. */
	const size_t n = AM_COUNT(counts) - !l->incomplete;

	for (size_t i = 0; i < n; i++) {
		am_json_key(json, counts[i].name);
		am_json_uint(json, counts[i].n);
	}
}

static void write_parts(struct am_json *json, const struct am_folder *folder)
{
	am_json_open(json, '[');
	for (size_t i = 0; folder && i < folder->depth; i++)
		am_json_string(json, folder->parts[i]);
	am_json_close(json, ']');
}

static void write_text(struct am_json *json, const char *key, const char *s)
{
	am_json_key(json, key);
	am_json_string(json, s);
}

static void write_time(struct am_json *json, const char *key, int64_t sec)
{
	const struct am_when when = {.sec = sec, .known = true};
	char text[AM_TIME_ROOM];

	am_time_iso(&when, text);
	write_text(json, key, text);
}

static void write_note(void *user, const char *code, uint64_t n)
{
	am_json_key(user, code);
	am_json_uint(user, n);
}

static void write_folders(const struct am_report *report, struct am_json *json)
{
	am_json_key(json, "folders");
	am_json_open(json, '[');
	for (guint i = 0; i < report->folders->len; i++) {
		const struct am_report_folder *f =
			g_ptr_array_index(report->folders, i);
		am_json_open(json, '{');
		am_json_key(json, "path");
		write_parts(json, f->folder);
		write_counts(json, &f->ledger);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
}

static void write_failures(const struct am_report *report, struct am_json *json)
{
	am_json_key(json, "failures");
	am_json_open(json, '[');
	for (guint i = 0; i < report->failures->len; i++) {
		const struct failure *f =
			&g_array_index(report->failures, struct failure, i);
		am_json_open(json, '{');
		am_json_key(json, "folder");
		write_parts(json, f->folder);
		write_text(json, "origin", f->origin);
		write_text(json, "code", f->code);
		write_text(json, "text", f->text);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
	if (report->n_unnamed) {
		am_json_key(json, "failures_unnamed");
		am_json_uint(json, report->n_unnamed);
	}
}

void am_report_json_members(const struct am_report *report,
                            struct am_json *json, const char *source,
                            const char *target, int64_t started, int64_t ended)
{
	am_json_key(json, "version");
	am_json_int(json, 1);
	write_text(json, "source", source);
	write_text(json, "target", target);
	write_time(json, "started", started);
	write_time(json, "ended", ended);
	write_counts(json, &report->total);
	write_folders(report, json);
	write_failures(report, json);
	am_json_key(json, "notes");
	am_json_open(json, '{');
	am_report_notes(report, write_note, json);
	am_json_close(json, '}');
}

void am_report_json(const struct am_report *report, struct am_json *json,
                    const char *source, const char *target, int64_t started,
                    int64_t ended)
{
	am_json_open(json, '{');
	am_report_json_members(report, json, source, target, started, ended);
	am_json_close(json, '}');
}

static void add_ledger(struct am_ledger *to, const struct am_ledger *from)
{
	to->found += from->found;
	to->stored += from->stored;
	to->duplicates += from->duplicates;
	to->filtered += from->filtered;
	to->failed += from->failed;
	to->bytes += from->bytes;
	to->incomplete += from->incomplete;
}

static void add_note(void *user, const char *code, uint64_t n)
{
	am_report_note(user, code, n);
}

void am_report_add(struct am_report *to, const struct am_report *from)
{
	add_ledger(&to->total, &from->total);
	for (guint i = 0; i < from->folders->len; i++) {
		const struct am_report_folder *f =
			g_ptr_array_index(from->folders, i);
		struct am_report_folder *own = folder_of(to, f->folder);
		add_ledger(&own->ledger, &f->ledger);
		own->pending += f->pending;
		own->pending_bytes += f->pending_bytes;
	}
	for (guint i = 0; i < from->failures->len; i++) {
		const struct failure *f =
			&g_array_index(from->failures, struct failure, i);
		struct failure copy = {
			.folder = f->folder ? am_folder_ref(f->folder) : NULL,
			.origin = g_strdup(f->origin),
			.code = g_strdup(f->code),
			.text = g_strdup(f->text),
		};
		if (to->failures->len < MAX_FAILURES) {
			g_array_append_val(to->failures, copy);
		} else {
			free_failure(&copy);
			to->n_unnamed++;
		}
	}
	to->n_unnamed += from->n_unnamed;
	am_report_notes(from, add_note, to);
}
