/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which messages of a source are copied. */
#include "cmd/copy_impl.h"
#include "cmd/folder_globs.h"
#include "cmd/indexing.h"
#include "cmd/manifest.h"
#include "cmd/session.h"
#include "extract/extractor.h"
#include "index/index.h"

#include <glib.h>

#include <stdlib.h>

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool is_picked(const struct copy_pick *pick,
                      const struct am_message *msg)
{
	const struct am_prop *id = am_message_prop(msg, "archive.id");
	int64_t n = id ? g_ascii_strtoll(id->value, NULL, 10) : 0;

	return bsearch(&n, pick->ids, pick->n, sizeof n, by_id);
}

static void meet(const struct copy *c, const struct am_folder *folder)
{
	if (!folder)
		return;
	(void)folder_globs_fit(&c->o->folders, folder);
	(void)folder_globs_fit(&c->o->exclude, folder);
}

int copy_wants(void *user, const struct am_message *msg, struct am_error *err)
{
	const struct copy *c = user;

	(void)err;
	meet(c, msg->folder);
	if (c->picks && !is_picked(&c->picks[c->at], msg))
		return AM_END;
	return am_filter_wants(&c->filter, msg, false) ? AM_OK : AM_END;
}

int copy_wants_loaded(void *user, const struct am_message *msg,
                      struct am_error *err)
{
	const struct copy *c = user;
	bool matches = true;

	if (!am_filter_wants(&c->filter, msg, true))
		return AM_END;
	int r = c->query ? am_query_matches(c->query, msg, &matches, err)
	                 : AM_OK;
	if (r || !matches)
		return r ? r : AM_END;
	return c->manifest ? manifest_add(c->manifest, msg, err) : AM_OK;
}

bool copy_is_whole(const struct copy *c)
{
	return !c->picks && !c->query && !c->manifest && !c->left &&
	       !c->filter.larger && !c->filter.smaller &&
	       !c->filter.since.known && !c->filter.until.known &&
	       !c->o->folders.n && !c->o->exclude.n;
}

bool copy_wants_folder(void *user, const struct am_folder *folder)
{
	const struct copy *c = user;

	meet(c, folder);
	return am_filter_wants_folder(&c->filter, folder);
}

/* A query finds what attached files say here as well. */
static void read_files(struct copy *c)
{
	char *program = indexing_extract_program();
	const struct am_extractor_options options = {
		.program = program, .workers = 1, .ctx = &c->s->ctx};

	c->files = am_extractor_new(&options);
	am_query_read_files(c->query, c->files);
	g_free(program);
}

int copy_parse_filter(struct copy *c, struct am_error *err)
{
	const struct options *o = c->o;
	struct am_filter *f = &c->filter;
	int64_t now = c->started;
	int r = AM_OK;

	*f = (struct am_filter){
		.n_folders = o->folders.n,
		.folders = o->folders.items,
		.n_exclude = o->exclude.n,
		.exclude = o->exclude.items,
		.larger = o->larger,
		.smaller = o->smaller,
	};
	if (o->since)
		r = am_filter_date(o->since, false, now, &f->since, err);
	if (r)
		return am_wrap(err, r, "--since");
	if (o->until)
		r = am_filter_date(o->until, true, now, &f->until, err);
	if (r)
		return am_wrap(err, r, "--until");
	if (f->since.known && f->until.known && f->since.sec > f->until.sec)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "--until %s is before --since %s", o->until,
		               o->since);
	if (o->query)
		r = am_query_parse(&c->query, o->query, now, err);
	if (c->query)
		read_files(c);
	return r ? am_wrap(err, r, "--query") : AM_OK;
}
