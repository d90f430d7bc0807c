/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --stub with what a published index cannot do: threads, facets, copies and
 * copying are for the archives that the indexes were made of, where these can
 * be reached from here, by the names that the indexes have of them.
 *
 * An archive that is not here is named, like an index that does not answer, and
 * the exit status is 1.
 */
#include "cmd/search_impl.h"

#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/published.h"
#include "index/xapian_published.h"

#define TIMEOUT_MS 15000
#define AT_ONCE    256

/* An index, and what it says. */
struct origin {
	const struct am_xplace *place;
	char *archive;
	int status;
	struct am_error err;
};

bool search_reach_wanted(const struct search_options *o)
{
	return o->stub && (o->threads || o->facets || o->timeline ||
	                   o->collapse || o->copy_to);
}

/* In a thread of its own. */
static void ask(gpointer data, gpointer user)
{
	struct origin *a = data;
	struct am_published *p = NULL;

	(void)user;
	a->status = am_published_open(&p, a->place, TIMEOUT_MS, &a->err);
	if (!a->status)
		a->status = am_published_archive(p, &a->archive, &a->err);
	am_published_close(&p);
}

static void leave_out(struct search *q, const char *name, const char *why)
{
	char *clean = out_clean(why, false), *n = out_clean(name, false);

	session_say(q->s, "%s: cannot be reached, so its mail is left out: %s",
	            n, clean);
	q->incomplete = true;
	g_free(clean);
	g_free(n);
}

static bool is_open(const struct search *q, const char *path)
{
	for (size_t i = 0; i < q->n_in; i++)
		if (!g_strcmp0(q->in[i].in.path, path))
			return true;
	return false;
}

static void take(struct search *q, const struct origin *a, const char *name)
{
	struct searched *in = &q->in[q->n_in].in;
	const char *path = a->archive;

	if (a->status || !path || !*path) {
		leave_out(q, name,
		          a->status ? a->err.text : "it names no archive");
		return;
	}
	if (is_open(q, path)) /* published twice */
		return;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		leave_out(q, path, "there is no such file here");
		return;
	}
	bool opened = searched_open(in, q->s, path);
	if (opened && in->index) {
		q->n_in++;
		q->incomplete = q->incomplete || in->missing;
		return;
	}
	if (opened)
		leave_out(q, path, "it has no index here");
	q->incomplete = true; /* else it was told why */
	searched_close(in);
}

int search_reach(struct search *q, GPtrArray *names)
{
	struct am_stub stub = {0};
	struct am_error err = {0};

	if (am_stub_read(&stub, q->o->stub, &err)) {
		session_error(q->s, "--stub", &err);
		am_stub_clear(&stub);
		return EXIT_COULD_NOT;
	}
	struct origin *all = g_new0(struct origin, stub.n + 1);
	GThreadPool *pool = g_thread_pool_new(
		ask, NULL, (gint)MIN(stub.n, AT_ONCE), FALSE, NULL);
	for (size_t i = 0; i < stub.n; i++) {
		all[i].place = &stub.places[i];
		g_thread_pool_push(pool, &all[i], NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	q->in = g_new0(struct search_in, stub.n + 1);
	for (size_t i = 0; i < stub.n; i++) {
		if (all[i].archive)
			g_ptr_array_add(names, all[i].archive);
		take(q, &all[i], stub.names[i]);
	}
	g_free(all);
	am_stub_clear(&stub);
	return q->n_in ? EXIT_DONE : EXIT_COULD_NOT;
}
