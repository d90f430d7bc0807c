/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/runs.h"

#include "base/json.h"
#include "base/time.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "store/archive.h"
#include "store/archive_runs.h"

#include <glib.h>
#include <jansson.h>

#include <stdio.h>
#include <string.h>

#define UNDO "undo"

/* ---- what they say ---- */

static char *begun(const struct session *s, const char *run, const char *kind,
                   const char *how, uint64_t of)
{
	struct am_json *json = am_json_new();
	const struct am_when now = {.sec = am_time_now(), .known = true};
	char *who =
		g_strdup_printf("%s@%s", g_get_user_name(), g_get_host_name());

	am_json_open(json, '{');
	out_json_text(json, "run", run);
	out_json_text(json, "kind", kind);
	if (how)
		out_json_text(json, "how", how);
	if (of) {
		am_json_key(json, "of");
		am_json_uint(json, of);
	}
	out_json_text(json, "who", who);
	out_json_when(json, "started", &now);
	out_json_text(json, "program", "mailark " AM_VERSION);
	out_json_text(json, "command", s->line);
	am_json_close(json, '}');
	char *text = g_strdup(am_json_text(json, NULL));
	am_json_free(&json);
	g_free(who);
	return text;
}

char *runs_begun(const struct session *s, const char *kind, const char *how)
{
	return begun(s, kind, kind, how, 0);
}

char *runs_ended(uint64_t decisions)
{
	return g_strdup_printf("{\"decisions\":%" PRIu64 "}", decisions);
}

/* ---- which there are ---- */

struct run {
	uint64_t id, of; /* of: the run it undid, or 0 */
	char *how, *started;
	uint64_t decisions;
	bool undone;
};

struct runs {
	const char *kind;
	GArray *all;
};

static void drop_run(gpointer data)
{
	struct run *run = data;

	g_free(run->how);
	g_free(run->started);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static struct run *find_run(const struct runs *runs, uint64_t id)
{
	for (guint i = 0; i < runs->all->len; i++) {
		struct run *run = &g_array_index(runs->all, struct run, i);
		if (run->id == id)
			return run;
	}
	return NULL;
}

static int take_run(void *user, const struct am_item_accession *a,
                    struct am_error *err)
{
	const struct runs *runs = user;
	json_t *object = json_loads(a->json, 0, NULL);
	struct run *known = find_run(runs, a->id);

	(void)err;
	if (a->state != AM_ACCESSION_BEGUN) {
		if (known)
			known->decisions = (uint64_t)json_integer_value(
				json_object_get(object, "decisions"));
	} else if (!strcmp(text_of(object, "kind"), runs->kind)) {
		struct run run = {
			.id = a->id,
			.of = (uint64_t)json_integer_value(
				json_object_get(object, "of")),
			.how = g_strdup(text_of(object, "how")),
			.started = g_strdup(text_of(object, "started")),
		};
		struct run *undone = run.of ? find_run(runs, run.of) : NULL;
		if (undone)
			undone->undone = true;
		g_array_append_val(runs->all, run);
	}
	json_decref(object);
	return AM_OK;
}

static int read_runs(struct runs *runs, struct am_archive *archive,
                     const char *kind, struct am_error *err)
{
	runs->kind = kind;
	runs->all = g_array_new(FALSE, FALSE, sizeof(struct run));
	g_array_set_clear_func(runs->all, drop_run);
	return am_archive_runs(archive, take_run, runs, err);
}

static void print_run(const struct run *run, bool as_json)
{
	if (!as_json) {
		printf("%6" PRIu64 "  %s  %" PRIu64 " decisions", run->id,
		       run->started, run->decisions);
		if (run->of)
			printf(", undoes %" PRIu64 "\n", run->of);
		else
			printf(", %s%s\n", run->how,
			       run->undone ? " (undone)" : "");
		return;
	}
	struct am_json *json = am_json_new();
	am_json_open(json, '{');
	am_json_key(json, "run");
	am_json_uint(json, run->id);
	out_json_text(json, "started", run->started);
	out_json_text(json, "how", run->how);
	am_json_key(json, "undoes");
	am_json_uint(json, run->of);
	am_json_key(json, "undone");
	am_json_bool(json, run->undone);
	am_json_key(json, "decisions");
	am_json_uint(json, run->decisions);
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

int runs_list(struct session *s, const char *path, const char *kind,
              bool as_json)
{
	struct am_archive *archive = NULL;
	struct runs runs = {0};
	struct am_error err = {0};

	int r = am_archive_open(&archive, path, false, &s->ctx, &err);
	if (!r)
		r = read_runs(&runs, archive, kind, &err);
	session_before_output(s);
	for (guint i = 0; !r && i < runs.all->len; i++)
		print_run(&g_array_index(runs.all, struct run, i), as_json);
	if (!r && !runs.all->len && !as_json)
		session_say(s, "there are none");
	if (runs.all)
		g_array_free(runs.all, TRUE);
	am_archive_close(&archive);
	return session_finish(s, r, &err, "nothing was changed");
}

/* ---- undo ---- */

struct undo {
	struct session *s;
	const struct runs_undo_options *options;
	struct am_archive_edit *edit;
	uint64_t of, run;
	uint64_t decisions, done, stale, lost;
};

static int choose(struct am_archive *archive, const struct runs_undo_options *o,
                  uint64_t *id, struct am_error *err)
{
	struct runs runs = {0};
	const struct run *found = NULL;
	char *end = NULL;
	int r = read_runs(&runs, archive, o->kind, err);

	*id = strcmp(o->run, "last") ? g_ascii_strtoull(o->run, &end, 10) : 0;
	for (guint i = runs.all->len; !r && !found && i-- > 0;) {
		const struct run *run = &g_array_index(runs.all, struct run, i);
		if (!run->of && (end ? run->id == *id && !*end : !run->undone))
			found = run;
	}
	if (!r && !found)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            end ? "there is no run %s"
		                : "there is no run to "
		                  "undo (%s)",
		            o->run);
	else if (!r)
		*id = found->id;
	g_array_free(runs.all, TRUE);
	return r;
}

/* Without --apply the decisions are only counted. */
static int undo_one(void *user, const struct am_item_change *change,
                    struct am_error *err)
{
	struct undo *u = user;
	struct am_error why;
	int r;

	if (am_ctx_cancelled(&u->s->ctx))
		return am_ctx_fail_cancelled(err);
	u->decisions++;
	if (!u->edit)
		return AM_OK;
	if (change->kind == AM_CHANGE_REPLACED)
		r = am_archive_edit_restore(u->edit, change, u->run, &why);
	else if (change->kind == AM_CHANGE_DATED)
		r = am_archive_edit_undate(u->edit, change, u->run, &why);
	else
		r = AM_END;
	u->done += !r;
	u->stale += r == AM_END;
	if (r == AM_FAILED && why.kind == AM_E_NOTFOUND) {
		u->lost++;
		am_ctx_note(&u->s->ctx, AM_NOTE_WARN, "undo.lost", NULL, NULL,
		            "%s", why.text);
		return AM_OK;
	}
	if (r < 0)
		*err = why;
	return r == AM_END ? AM_OK : r;
}

static void print_undo(const struct undo *u)
{
	if (u->options->json) {
		printf("{\"run\":%" PRIu64 ",\"undoes\":%" PRIu64
		       ",\"applied\":%s,\"decisions\":%" PRIu64
		       ",\"undone\":%" PRIu64 ",\"changed_since\":%" PRIu64
		       ",\"lost\":%" PRIu64 "}\n",
		       u->run, u->of, u->options->apply ? "true" : "false",
		       u->decisions, u->done, u->stale, u->lost);
		return;
	}
	if (!u->options->apply) {
		printf("run %" PRIu64 " made %" PRIu64
		       " decisions; --apply undoes them\n",
		       u->of, u->decisions);
		return;
	}
	printf("%" PRIu64 " of %" PRIu64 " decisions of run %" PRIu64
	       " are undone\n",
	       u->done, u->decisions, u->of);
	if (u->stale)
		printf("%" PRIu64 " had been changed since and are left as "
		       "they are\n",
		       u->stale);
	if (u->lost)
		printf("%" PRIu64 " cannot come back: compact has given up "
		       "their bytes\n",
		       u->lost);
}

static int apply(struct undo *u, const char *path, struct am_archive *archive,
                 struct am_error *err)
{
	int r = am_archive_edit_open(&u->edit, path, &u->s->ctx, err);

	if (!r) {
		char *json = begun(u->s, UNDO, u->options->kind, NULL, u->of);
		r = am_archive_run_begin(u->edit, json, &u->run, err);
		g_free(json);
	}
	if (!r)
		r = am_archive_decisions(archive, u->of, undo_one, u, err);
	if (!r) {
		char *json = runs_ended(u->done);
		r = am_archive_run_end(u->edit, u->run, json, err);
		g_free(json);
	}
	if (!r)
		r = am_archive_edit_commit(u->edit, err);
	am_archive_edit_close(&u->edit);
	return r;
}

int runs_undo(struct session *s, const char *path,
              const struct runs_undo_options *options)
{
	struct undo u = {.s = s, .options = options};
	/* The decisions are read by another than the one that writes. */
	struct am_archive *archive = NULL;
	struct am_error err = {0};

	int r = am_archive_open(&archive, path, false, &s->ctx, &err);
	if (!r)
		r = choose(archive, options, &u.of, &err);
	if (!r && options->apply)
		r = apply(&u, path, archive, &err);
	else if (!r)
		r = am_archive_decisions(archive, u.of, undo_one, &u, &err);
	am_archive_close(&archive);
	session_before_output(s);
	if (!r && (!s->quiet || options->json))
		print_undo(&u);
	int status = session_finish(s, r, &err, "nothing was changed");
	return r || !u.lost ? status : EXIT_SOME_FAILED;
}
