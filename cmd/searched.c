/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/searched.h"

#include "cmd/indexing.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/index.h"
#include "store/archive.h"

#include <glib.h>

/* Fewer new messages than this are indexed before a search, which takes a few
 * seconds at most; more are somebody's decision. */
#define CATCH_UP 10000

static int open_index(struct searched *in, struct am_error *err)
{
	char *at = am_archive_index_path(in->archive);
	int r = am_index_open(&in->index, at, false, err);

	g_free(at);
	return r == AM_END ? AM_OK : r;
}

/* An answer that leaves out what came last looks like one that does not: the
 * index is brought up to date first, or the user told what is left out. */
static int catch_up(struct searched *in, struct session *s,
                    struct am_error *err)
{
	struct am_error why = {0};
	char n[OUT_ROOM];
	int r = am_index_missing(in->index, in->archive, &in->missing, err);

	if (r || !in->missing)
		return r;
	if (in->missing <= CATCH_UP) {
		am_index_close(&in->index);
		int failed = indexing_update(s, in->path, false, 0, &why);
		r = open_index(in, err);
		if (!r && !in->index)
			r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
			            "the index is gone");
		if (r || !failed) {
			in->missing = 0;
			return r;
		}
	}
	out_count(in->missing, n);
	session_say(s,
	            "%s: %s newer messages are not searched%s%s: "
	            "mailark index %s adds them to the index",
	            in->name, n, why.text[0] ? ", " : "", why.text, in->name);
	return AM_OK;
}

static bool open_both(struct searched *in, struct session *s, const char *name,
                      bool any)
{
	struct am_archive_stats now = {0};
	struct am_index_stats then = {0};
	struct am_error err = {0};

	*in = (struct searched){.name = name};
	s->subject = name;
	in->path = session_archive(s, name);
	if (!in->path)
		return false;
	int r = am_archive_open(&in->archive, in->path, false, &s->ctx, &err);
	if (!r)
		r = open_index(in, &err);
	if (r && in->archive && any) {
		in->why = err;
		r = AM_OK;
	}
	if (!r && in->index)
		r = am_archive_stats(in->archive, &now, &err);
	if (!r && in->index)
		r = am_index_stats(in->index, &then, &err);
	if (!r && in->index && then.seq < now.max_seq)
		r = catch_up(in, s, &err);
	if (r)
		session_error(s, name, &err);
	return !r;
}

bool searched_open(struct searched *in, struct session *s, const char *name)
{
	return open_both(in, s, name, false);
}

bool searched_open_any(struct searched *in, struct session *s, const char *name)
{
	return open_both(in, s, name, true);
}

int searched_again(struct searched *out, const struct searched *in,
                   struct am_ctx *ctx, struct am_error *err)
{
	*out = (struct searched){
		.name = in->name, .path = in->path, .why = in->why};
	int r = am_archive_open(&out->archive, in->path, false, ctx, err);
	if (!r && in->index)
		r = open_index(out, err);
	return r;
}

void searched_close(struct searched *in)
{
	am_index_close(&in->index);
	am_archive_close(&in->archive);
}
