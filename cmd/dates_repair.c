/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark repair --dates: dates of receipt decided anew, undoably. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/dates.h"
#include "cmd/out.h"
#include "cmd/runs.h"
#include "cmd/session.h"
#include "model/folder.h"
#include "store/archive.h"
#include "store/archive_runs.h"
#include "store/archive_spots.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

#define KIND "dates"
/* Messages that the plan names when nobody asks for more. */
#define SHOWN 20

/* A message in a folder. */
struct place {
	int64_t placement, message;
};

struct repair {
	struct session *s;
	const struct dates_options *o;
	struct am_archive *archive;
	struct am_archive_edit *edit; /* with --apply */
	uint64_t run;
	GArray *places;
	int64_t box;
	uint64_t messages, change, changed, unreadable;
	/* Of the message at hand. */
	const struct am_blob *raw;
	int64_t placement;
};

static int take_spot(void *user, const struct am_archive_spot *spot,
                     struct am_error *err)
{
	struct repair *rp = user;
	const struct place place = {spot->placement, spot->message};

	if (spot->gone || spot->folder != rp->box)
		return AM_OK;
	if (am_ctx_cancelled(&rp->s->ctx))
		return am_ctx_fail_cancelled(err);
	g_array_append_val(rp->places, place);
	return AM_OK;
}

static int take_box(void *user, const struct am_archive_box *box,
                    struct am_error *err)
{
	GArray *ids = user;

	(void)err;
	g_array_append_val(ids, box->id);
	return AM_OK;
}

static int gather(struct repair *rp, struct am_error *err)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int r = am_archive_boxes(rp->archive, take_box, ids, err);

	for (guint i = 0; i < ids->len && !r; i++) {
		rp->box = g_array_index(ids, int64_t, i);
		r = am_archive_spots(rp->archive, rp->box, take_spot, rp, err);
	}
	g_array_free(ids, TRUE);
	return r;
}

static gint by_message(gconstpointer a, gconstpointer b)
{
	const struct place *x = a, *y = b;

	if (x->message != y->message)
		return x->message < y->message ? -1 : 1;
	return (x->placement > y->placement) - (x->placement < y->placement);
}

/* ---- one message ---- */

static void print_change(const struct repair *rp, int64_t message,
                         const struct am_archive_placement *p,
                         const struct dates *d)
{
	char was[AM_TIME_ROOM], now[AM_TIME_ROOM];

	am_time_iso(&d->present.when, was);
	am_time_iso(&d->choice.date.when, now);
	if (rp->o->json) {
		struct am_json *json = am_json_new();
		am_json_open(json, '{');
		am_json_key(json, "id");
		am_json_int(json, message);
		am_json_key(json, "folder");
		out_json_folder(json, p->folder);
		out_json_when(json, "was", &d->present.when);
		out_json_text(json, "was_from", d->present.from);
		out_json_when(json, "now", &d->choice.date.when);
		out_json_text(json, "now_from", d->choice.date.from);
		out_json_text(json, "why", d->choice.why);
		am_json_close(json, '}');
		out_json_line(json);
		am_json_free(&json);
		return;
	}
	printf("%6" PRId64 "  %s (%s) -> %s (%s): %s\n", message,
	       *was ? was : "unknown",
	       d->present.from ? d->present.from : "nothing",
	       *now ? now : "unknown",
	       d->choice.date.from ? d->choice.date.from : "nothing",
	       d->choice.why);
}

static int decide(void *user, const struct am_archive_placement *p,
                  struct am_error *err)
{
	struct repair *rp = user;
	struct am_arena *arena;
	struct dates d;

	if (p->id != rp->placement)
		return AM_OK;
	arena = am_arena_new();
	int r = dates_read(&d, p->meta, rp->raw, &rp->s->ctx.limits, arena,
	                   err);
	if (r || d.choice.keep)
		goto out;
	if (rp->change++ < SHOWN || rp->o->all || rp->o->json) {
		if (!rp->s->quiet && (!rp->o->apply || rp->o->json)) {
			session_before_output(rp->s);
			print_change(rp, p->message, p, &d);
		}
	}
	if (rp->edit) {
		const struct am_item_date now = {d.choice.date.when,
		                                 d.choice.date.from};
		r = am_archive_edit_date(rp->edit, p->id, &now, rp->run, err);
		rp->changed += !r;
		r = r == AM_END ? AM_OK : r;
	}
out:
	am_arena_free(&arena);
	/* This one was looked for. */
	return r ? r : AM_END;
}

static int look_at(struct repair *rp, const struct place *place,
                   struct am_error *err)
{
	struct am_blob *raw = NULL;
	struct am_error why;
	int r = am_archive_load(rp->archive, place->message, &raw, &why);

	if (r == AM_FAILED) {
		rp->unreadable++;
		am_ctx_note(&rp->s->ctx, AM_NOTE_ERROR, "dates.unreadable",
		            NULL, NULL, "message %" PRId64 ": %s",
		            place->message, why.text);
		return AM_OK;
	}
	if (r) {
		*err = why;
		return r;
	}
	rp->raw = raw;
	rp->placement = place->placement;
	r = am_archive_placements(rp->archive, place->message, decide, rp, err);
	am_blob_unref(&raw);
	return r;
}

static int look_at_all(struct repair *rp, struct am_error *err)
{
	struct am_progress progress = {.phase = "reading",
	                               .total = rp->places->len};
	int r = AM_OK;

	/* In the order in which they were stored. */
	g_array_sort(rp->places, by_message);
	for (guint i = 0; i < rp->places->len && !r; i++) {
		r = look_at(rp, &g_array_index(rp->places, struct place, i),
		            err);
		progress.done++;
		am_ctx_progress(&rp->s->ctx, &progress);
		if (!r && am_ctx_cancelled(&rp->s->ctx))
			r = am_ctx_fail_cancelled(err);
	}
	return r;
}

/* ---- the whole ---- */

static void print_end(const struct repair *rp)
{
	if (rp->o->json) {
		printf("{\"messages\":%u,\"change\":%" PRIu64
		       ",\"changed\":%" PRIu64 ",\"run\":%" PRIu64
		       ",\"applied\":%s,\"unreadable\":%" PRIu64 "}\n",
		       rp->places->len, rp->change, rp->changed, rp->run,
		       rp->edit ? "true" : "false", rp->unreadable);
		return;
	}
	if (rp->change > SHOWN && !rp->o->all && !rp->o->apply)
		printf("  … and %" PRIu64 " more (--all shows them)\n",
		       rp->change - SHOWN);
	printf("of %u messages in folders %" PRIu64
	       " have a date of receipt that cannot be right\n",
	       rp->places->len, rp->change);
	if (rp->edit)
		printf("%" PRIu64 " have another one now; mailark repair "
		       "--dates --undo %" PRIu64 " --apply takes that back\n",
		       rp->changed, rp->run);
	else if (rp->change)
		puts("nothing is changed: --apply gives them another");
}

static int begin(struct repair *rp, const char *path, struct am_error *err)
{
	char *json = runs_begun(rp->s, KIND, "by the header");
	int r = am_archive_edit_open(&rp->edit, path, &rp->s->ctx, err);

	if (!r)
		r = am_archive_run_begin(rp->edit, json, &rp->run, err);
	g_free(json);
	return r;
}

static int end(struct repair *rp, struct am_error *err)
{
	char *json = runs_ended(rp->changed);
	int r = am_archive_run_end(rp->edit, rp->run, json, err);

	g_free(json);
	return r ? r : am_archive_edit_commit(rp->edit, err);
}

int dates_repair(struct session *s, const char *path,
                 const struct dates_options *o)
{
	struct repair rp = {.s = s, .o = o};
	struct am_error err = {0};

	if (o->runs)
		return runs_list(s, path, KIND, o->json);
	if (o->undo) {
		const struct runs_undo_options undo = {KIND, o->undo, o->apply,
		                                       o->json};
		return runs_undo(s, path, &undo);
	}
	rp.places = g_array_new(FALSE, FALSE, sizeof(struct place));
	int r = am_archive_open(&rp.archive, path, false, &s->ctx, &err);
	if (!r)
		r = gather(&rp, &err);
	if (!r && o->apply)
		r = begin(&rp, path, &err);
	if (!r)
		r = look_at_all(&rp, &err);
	/* Without a decision there was no run. */
	if (!r && rp.changed)
		r = end(&rp, &err);
	session_before_output(s);
	if (!r && !s->quiet)
		print_end(&rp);
	am_archive_edit_close(&rp.edit);
	am_archive_close(&rp.archive);
	g_array_free(rp.places, TRUE);
	return session_finish(s, r, &err, "nothing was changed");
}
