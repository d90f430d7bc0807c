/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark dedup: of several copies of a mail show one; undoable. */
#include "base/blob.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/dedup_plan.h"
#include "cmd/out.h"
#include "cmd/runs.h"
#include "cmd/session.h"
#include "mime/alike.h"
#include "model/folder.h"
#include "store/archive.h"
#include "store/archive_runs.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

#define KIND "dedup"
/* Groups that the plan shows when nobody asks for more. */
#define SHOWN 20

struct options {
	const char *by, *within, *undo;
	bool apply, all, runs, json, quiet, verbose;
};

static const char *const by_names[] = {"bytes", "storage-headers", "content",
                                       "message-id"};

static int parse(const struct options *o, struct dedup_options *out,
                 struct am_error *err)
{
	const char *by = o->by ? o->by : "bytes";
	const char *within = o->within ? o->within : "folder";
	size_t i = 0;

	while (i < AM_COUNT(by_names) && strcmp(by, by_names[i]) != 0)
		i++;
	if (i == AM_COUNT(by_names))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "--by is bytes, storage-headers, content or "
		               "message-id, not \"%s\"",
		               by);
	if (strcmp(within, "folder") != 0 && strcmp(within, "all") != 0)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "--within is folder or all, not \"%s\"", within);
	out->by = (enum dedup_by)i;
	out->within_folder = !strcmp(within, "folder");
	return AM_OK;
}

/* ---- showing ---- */

struct showing {
	struct session *s;
	const struct options *o;
	struct am_archive *archive;
	struct dedup_plan *plan;
	GHashTable *folders;   /* id -> name */
	uint64_t shown, limit; /* 0: all */
};

static int take_folder(void *user, int64_t id, const struct am_folder *folder,
                       uint64_t messages, uint64_t unseen, uint64_t bytes,
                       struct am_error *err)
{
	GHashTable *folders = user;
	int64_t *key = g_new(int64_t, 1);
	char *name = am_folder_print(folder);

	(void)messages;
	(void)unseen;
	(void)bytes;
	(void)err;
	*key = id;
	g_hash_table_insert(folders, key, *name ? name : g_strdup("INBOX"));
	if (!*name)
		g_free(name);
	return AM_OK;
}

static const char *folder_of(const struct showing *sh,
                             const struct dedup_copy *copy)
{
	const char *name = g_hash_table_lookup(sh->folders, &copy->folder);

	return name ? name : "?";
}

/* What of the bytes differs, in words. */
static int explain(const struct showing *sh, const struct dedup_copy *kept,
                   const struct dedup_copy *copy, char **out,
                   struct am_error *err)
{
	struct am_blob *a = NULL, *b = NULL;

	*out = NULL;
	if (kept->message == copy->message)
		return AM_OK;
	int r = am_archive_load(sh->archive, kept->message, &a, err);
	if (!r)
		r = am_archive_load(sh->archive, copy->message, &b, err);
	if (!r)
		r = am_alike_explain(out, a, b, &sh->s->ctx.limits, err);
	am_blob_unref(&a);
	am_blob_unref(&b);
	return r;
}

static void json_copy(const struct showing *sh, struct am_json *json,
                      const struct dedup_copy *copy)
{
	am_json_key(json, "id");
	am_json_int(json, copy->message);
	out_json_text(json, "folder", folder_of(sh, copy));
	am_json_key(json, "placement");
	am_json_int(json, copy->placement);
}

static int json_group(const struct showing *sh, const struct dedup_group *g,
                      bool copies, struct am_error *err)
{
	struct am_json *json = am_json_new();
	char why[DEDUP_WHY_ROOM];
	int r = AM_OK;

	am_json_open(json, '{');
	am_json_key(json, copies ? "keep" : "same_message_id");
	am_json_open(json, '{');
	json_copy(sh, json, &g->copies[0]);
	am_json_close(json, '}');
	am_json_key(json, copies ? "go" : "differ");
	am_json_open(json, '[');
	for (size_t i = 1; i < g->n && !r; i++) {
		char *what = NULL;
		if (sh->shown <= SHOWN)
			r = explain(sh, &g->copies[0], &g->copies[i], &what,
			            err);
		am_json_open(json, '{');
		json_copy(sh, json, &g->copies[i]);
		dedup_plan_why(sh->plan, &g->copies[0], &g->copies[i], why);
		if (copies)
			out_json_text(json, "why", why);
		if (what)
			out_json_text(json, "differs", what);
		am_json_close(json, '}');
		g_free(what);
	}
	am_json_close(json, ']');
	am_json_close(json, '}');
	if (!r)
		out_json_line(json);
	am_json_free(&json);
	return r;
}

static int print_mail(const struct showing *sh, const struct dedup_copy *copy,
                      struct am_error *err)
{
	struct am_archive_message m;
	char when[OUT_ROOM];
	int r = am_archive_message(sh->archive, copy->message, &m, err);

	if (r)
		return r;
	out_when(&m.date, when);
	char *from = out_fit(m.from ? m.from : "", 24);
	char *subject = out_fit(m.subject ? m.subject : "(no subject)", 44);
	printf("%s  ", when);
	out_padded(from, 24);
	printf("  %s\n", subject);
	g_free(from);
	g_free(subject);
	return AM_OK;
}

static int print_group(const struct showing *sh, const struct dedup_group *g,
                       bool copies, struct am_error *err)
{
	char why[DEDUP_WHY_ROOM];
	int r = print_mail(sh, &g->copies[0], err);

	for (size_t i = 0; i < g->n && !r; i++) {
		const struct dedup_copy *c = &g->copies[i];
		char *folder = out_clean(folder_of(sh, c), false);
		char *what = NULL;
		if (i) {
			dedup_plan_why(sh->plan, &g->copies[0], c, why);
			r = explain(sh, &g->copies[0], c, &what, err);
		}
		char *clean = what ? out_clean(what, false) : NULL;
		printf("  %s %" PRId64 " in %s",
		       !copies ? " "
		       : i     ? "-"
		               : "+",
		       c->message, folder);
		if (i && copies)
			printf(": %s", why);
		if (clean)
			printf("%s%s%s", copies ? " (" : ": ", clean,
			       copies ? ")" : "");
		putchar('\n');
		g_free(clean);
		g_free(what);
		g_free(folder);
	}
	return r;
}

static int show_group(struct showing *sh, const struct dedup_group *g,
                      bool copies, struct am_error *err)
{
	if (sh->limit && sh->shown >= sh->limit)
		return AM_END;
	sh->shown++;
	return sh->o->json ? json_group(sh, g, copies, err)
	                   : print_group(sh, g, copies, err);
}

static int show_copies(void *user, const struct dedup_group *g,
                       struct am_error *err)
{
	return show_group(user, g, true, err);
}

static int show_same_id(void *user, const struct dedup_group *g,
                        struct am_error *err)
{
	return show_group(user, g, false, err);
}

static void print_more(uint64_t n, uint64_t shown)
{
	if (n > shown)
		printf("  … and %" PRIu64 " more (--all shows them)\n",
		       n - shown);
}

static int show_plan(struct showing *sh, struct am_error *err)
{
	const struct dedup_counts *n = dedup_plan_counts(sh->plan);

	int r = dedup_plan_each(sh->plan, show_copies, sh, err);
	if (!r && !sh->o->json)
		print_more(n->groups, sh->shown);
	sh->shown = 0;
	if (!r && n->same_id && !sh->o->json)
		printf("the same Message-ID and not the same mail; left alone:"
		       "\n");
	if (!r && n->same_id)
		r = dedup_plan_each_same_id(sh->plan, show_same_id, sh, err);
	if (!r && !sh->o->json)
		print_more(n->same_id, sh->shown);
	return r;
}

/* ---- doing ---- */

struct doing {
	const struct dedup_plan *plan;
	struct am_archive_edit *edit;
	uint64_t run, done;
};

static int replace_group(void *user, const struct dedup_group *g,
                         struct am_error *err)
{
	struct doing *d = user;
	char why[DEDUP_WHY_ROOM];
	int r = AM_OK;

	for (size_t i = 1; i < g->n && r >= 0; i++) {
		dedup_plan_why(d->plan, &g->copies[0], &g->copies[i], why);
		r = am_archive_edit_replace(d->edit, g->copies[i].placement,
		                            g->copies[0].placement, d->run, why,
		                            err);
		d->done += !r;
	}
	return r < 0 ? r : AM_OK;
}

static int apply(struct session *s, const char *path, const char *how,
                 struct dedup_plan *plan, struct doing *d, struct am_error *err)
{
	char *json = runs_begun(s, KIND, how);
	int r = am_archive_edit_open(&d->edit, path, &s->ctx, err);

	d->plan = plan;
	if (!r)
		r = am_archive_run_begin(d->edit, json, &d->run, err);
	g_free(json);
	if (!r)
		r = dedup_plan_each(plan, replace_group, d, err);
	json = runs_ended(d->done);
	if (!r)
		r = am_archive_run_end(d->edit, d->run, json, err);
	g_free(json);
	if (!r)
		r = am_archive_edit_commit(d->edit, err);
	am_archive_edit_close(&d->edit);
	return r;
}

static void print_end(const struct dedup_counts *n, const char *how,
                      const struct doing *d, bool applied, bool as_json)
{
	if (as_json) {
		printf("{\"by\":\"%s\",\"applied\":%s,\"run\":%" PRIu64
		       ",\"messages\":%" PRIu64 ",\"groups\":%" PRIu64
		       ",\"copies\":%" PRIu64 ",\"put_away\":%" PRIu64
		       ",\"same_message_id\":%" PRIu64
		       ",\"without_message_id\":%" PRIu64 ",\"read\":%" PRIu64
		       ",\"unreadable\":%" PRIu64 "}\n",
		       how, applied ? "true" : "false", d->run, n->copies,
		       n->groups, n->go, d->done, n->same_id, n->no_id, n->read,
		       n->unreadable);
		return;
	}
	printf("%s: of %" PRIu64 " messages in folders %" PRIu64
	       " are copies of %" PRIu64 " others",
	       how, n->copies, n->go, n->groups);
	if (n->no_id)
		printf("; %" PRIu64 " have no Message-ID", n->no_id);
	putchar('\n');
	if (applied)
		printf("%" PRIu64 " are put away; mailark dedup --undo %" PRIu64
		       " --apply brings them back\n",
		       d->done, d->run);
	else if (n->go)
		puts("nothing is changed: --apply puts them away");
}

static int dedup(struct session *s, const struct options *o, const char *path,
                 struct am_error *err)
{
	struct showing sh = {
		.s = s, .o = o, .limit = o->json || o->all ? 0 : SHOWN};
	struct dedup_options options;
	struct doing d = {.run = 0};

	int r = parse(o, &options, err);
	if (!r)
		r = am_archive_open(&sh.archive, path, false, &s->ctx, err);
	if (r)
		return r;
	char *how = g_strdup_printf("by %s within %s", by_names[options.by],
	                            options.within_folder ? "folder" : "all");
	sh.folders = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	                                   g_free);
	r = am_archive_folders(sh.archive, take_folder, sh.folders, err);
	if (!r)
		r = dedup_plan_make(&sh.plan, sh.archive, &s->ctx, &options,
		                    err);
	session_before_output(s);
	if (!r && !o->quiet && (!o->apply || o->json))
		r = show_plan(&sh, err);
	if (!r && o->apply && dedup_plan_counts(sh.plan)->go)
		r = apply(s, path, how, sh.plan, &d, err);
	if (!r && !o->quiet)
		print_end(dedup_plan_counts(sh.plan), how, &d, d.run != 0,
		          o->json);
	dedup_plan_free(&sh.plan);
	g_hash_table_destroy(sh.folders);
	am_archive_close(&sh.archive);
	g_free(how);
	return r;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	const char *path = session_begin(s, argc, argv);
	if (!path)
		return EXIT_COULD_NOT;
	if (o->runs)
		return runs_list(s, path, KIND, o->json);
	if (o->undo) {
		const struct runs_undo_options undo = {KIND, o->undo, o->apply,
		                                       o->json};
		return runs_undo(s, path, &undo);
	}
	int r = dedup(s, o, path, &err);
	return session_finish(s, r, &err, "nothing was changed");
}

static const struct opt table[] = {
	{0, "by", "HOW",
         "bytes (default), storage-headers, content or message-id", OPT_STRING,
         offsetof(struct options, by)},
	{0, "within", "WHERE", "copies in one folder (default), or all",
         OPT_STRING, offsetof(struct options, within)},
	{0, "apply", NULL, "do it; without this only the plan is shown",
         OPT_SWITCH, offsetof(struct options, apply)},
	{0, "undo", "RUN", "undo a run: its number, or last", OPT_STRING,
         offsetof(struct options, undo)},
	{0, "runs", NULL, "list the runs there were", OPT_SWITCH,
         offsetof(struct options, runs)},
	{0, "all", NULL, "show all of the plan, not its first 20 mails",
         OPT_SWITCH, offsetof(struct options, all)},
	{0, "json", NULL, "the plan and the result as lines of JSON",
         OPT_SWITCH, offsetof(struct options, json)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_dedup = {
	.name = "dedup",
	.usage = "[options] ARCHIVE",
	.summary = "Show but one of several copies of a mail; can be undone",
	.examples = "  mailark dedup mail.mailark\n"
		    "  mailark dedup --by content --within all mail.mailark\n"
		    "  mailark dedup --by content --within all --apply "
		    "mail.mailark\n"
		    "  mailark dedup --undo last --apply mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
