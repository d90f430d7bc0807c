/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailark index --in-place: mail that stays where it is, known by a catalog.
 */
#include "cmd/in_place.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "transfer/in_place.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

/* One location, as the catalog keeps it. */
struct location {
	char *path, *as;
	const char *format;
	struct am_place *place;
	bool single;
};

static void location_clear(struct location *l)
{
	am_place_free(&l->place);
	g_free(l->path);
	g_free(l->as);
}

/* "mbox:PATH" says what --from does. */
static char *as_word(const char *text, const char *path, const char *from)
{
	size_t n = strlen(text), len = strlen(path);
	const char *rest = from && *from ? from : NULL;

	if (n <= len + 1 || strcmp(text + n - len, path) != 0 ||
	    text[n - len - 1] != ':')
		return g_strdup(from ? from : "");
	char *format = g_strndup(text, n - len - 1);
	if (rest && !strcmp(rest, format))
		rest = NULL;
	else if (rest && g_str_has_prefix(rest, format) &&
	         rest[strlen(format)] == ',')
		rest += strlen(format) + 1;
	char *as =
		rest ? g_strconcat(format, ",", rest, NULL) : g_strdup(format);
	g_free(format);
	return as;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* An empty folder where mail was is, more often than not, a disk that is not
 * there. */
static bool is_empty(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	bool empty = dir && !g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return empty;
}

static int check(const struct in_place *in, const struct location *l,
                 struct am_error *err)
{
	char *catalog = g_canonicalize_filename(in->catalog, NULL);
	bool inside = lies_in(catalog, l->path);

	g_free(catalog);
	if (inside)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "the catalog %s would lie in it: say another "
		               "place with -o",
		               in->catalog);
	if (!strcmp(l->format, "archive"))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "an archive has an index of its own: mailark "
		               "index ARCHIVE");
	return AM_OK;
}

/* By its path from the root on, however it was written. */
static int find_location(struct in_place *in, const char *text,
                         const char *from, struct location *out,
                         struct am_error *err)
{
	struct am_place *place = NULL;

	*out = (struct location){0};
	int r = am_place_parse(&place, text, from, false, err);
	if (r)
		return r;
	const struct am_location *where = am_place_location(place);
	if (where->url) {
		am_place_free(&place);
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "mail on a server does not stay: mailark copy "
		               "brings it into an archive, which is indexed");
	}
	out->path = g_canonicalize_filename(where->path, NULL);
	out->as = as_word(text, where->path, from);
	out->single = g_file_test(out->path, G_FILE_TEST_IS_REGULAR);
	am_place_free(&place);
	/* It is opened again by these words alone. */
	r = am_place_parse(&out->place, out->path, out->as, false, err);
	if (r)
		return r;
	out->format = am_place_format(out->place)->name;
	return check(in, out, err);
}

/* ---- what came of it ---- */

static uint64_t found_in(const struct am_in_place_counts *n, uint64_t failed)
{
	return n->fresh + n->moved + n->changed + n->unchanged + failed;
}

static void show_more(const char *what, uint64_t n)
{
	char text[OUT_ROOM];

	out_count(n, text);
	if (n)
		printf("; %s %s", what, text);
}

static void show(const struct in_place *in, const struct location *l,
                 const struct am_in_place_counts *n, uint64_t failed,
                 double seconds)
{
	const uint64_t counts[] = {found_in(n, failed), n->fresh,     n->moved,
	                           n->changed,          n->unchanged, failed};
	char text[AM_COUNT(counts)][OUT_ROOM], took[OUT_ROOM];

	if (in->quiet || in->json)
		return;
	session_before_output(in->s);
	for (size_t i = 0; i < AM_COUNT(counts); i++)
		out_count(counts[i], text[i]);
	printf("%s: found %s = new %s + moved %s + changed %s + unchanged %s + "
	       "failed %s",
	       l->path, text[0], text[1], text[2], text[3], text[4], text[5]);
	show_more("flags changed", n->flags);
	show_more("gone", n->gone);
	show_more("not looked at", n->kept);
	out_duration(seconds, took);
	printf(", in %s\n", took);
	fflush(stdout);
}

static void show_json(const struct in_place *in, const struct location *l,
                      const struct am_in_place_counts *n, uint64_t failed)
{
	struct am_json *json = am_json_new();
	const struct {
		const char *key;
		uint64_t n;
	} counts[] = {
		{"found", found_in(n, failed)},
		{"new", n->fresh},
		{"moved", n->moved},
		{"changed", n->changed},
		{"unchanged", n->unchanged},
		{"failed", failed},
		{"flags", n->flags},
		{"gone", n->gone},
		{"kept", n->kept},
	};

	if (!in->json)
		return;
	am_json_open(json, '{');
	out_json_text(json, "location", l->path);
	out_json_text(json, "format", l->format);
	for (size_t i = 0; i < AM_COUNT(counts); i++) {
		am_json_key(json, counts[i].key);
		am_json_uint(json, counts[i].n);
	}
	am_json_close(json, '}');
	session_before_output(in->s);
	printf("%s\n", am_json_text(json, NULL));
	am_json_free(&json);
}

/* ---- looking ---- */

static int run(struct in_place *in, const struct location *l,
               struct am_source *src, struct am_sink *sink,
               struct am_report *report, struct am_error *err)
{
	struct am_source *inner = NULL;
	const struct am_job_info info = {
		.command = in->s->line,
		.source = l->path,
		.format = l->format,
		.program = "mailark " AM_VERSION,
		.started = am_time_now(),
	};
	const struct am_transfer_opts opts = {
		.workers =
			in->jobs ? MIN(in->jobs, 64) : g_get_num_processors(),
		.phase = "looking at mail",
		.info = &info,
	};

	if (!am_in_place_source_same(src)) {
		int r = am_place_open_source(l->place, &inner,
		                             am_in_place_source_ctx(src), err);
		if (r)
			return r;
		am_in_place_source_over(src, inner);
	}
	return am_transfer_run(src, sink, &opts, report, err);
}

static int look(struct in_place *in, const struct location *l,
                struct am_error *err)
{
	struct am_report *report = am_report_new();
	struct am_in_place_counts counts = {0};
	struct am_source *src = NULL;
	struct am_sink *sink = NULL;
	int64_t clock = g_get_monotonic_time();
	uint64_t failed = 0;

	in->s->report = report;
	int r = am_in_place_open(&sink, in->catalog, l->path, l->as, l->single,
	                         &in->s->ctx, err);
	struct am_in_place *place = r ? NULL : am_in_place_of(sink);
	if (!r && is_empty(l->path) && am_in_place_known(place))
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "nothing is in it: what was there stays in the "
		            "catalog (is the disk there?)");
	if (!r) {
		src = am_in_place_source_new(place, l->single, in->again,
		                             &in->s->ctx);
		r = run(in, l, src, sink, report, err);
		failed = am_report_total(report)->failed;
		am_in_place_counts(place, &counts);
		if (!r && am_report_total(report)->found !=
		                  found_in(&counts, failed)) {
			session_say(in->s, "the ledger does not add up: this "
			                   "is a fault of the program");
			in->broken = true;
		}
		in->failed += failed;
	}
	am_source_close(&src);
	am_sink_close(&sink);
	in->s->report = NULL;
	session_sum_up(in->s);
	am_report_free(&report);
	double seconds =
		(double)(g_get_monotonic_time() - clock) / G_USEC_PER_SEC;
	if (!r) {
		show(in, l, &counts, failed, seconds);
		show_json(in, l, &counts, failed);
	}
	return r;
}

/* What is wrong with one location is told; what is wrong with all is handed
 * on. */
static int look_at(struct in_place *in, const char *text, const char *from,
                   struct am_error *err)
{
	struct location l;

	in->s->subject = text;
	int r = find_location(in, text, from, &l, err);
	if (!r)
		r = look(in, &l, err);
	/* What is there and no catalog is none for the others either. */
	if (r && err->kind != AM_E_CANCELLED && err->kind != AM_E_EXISTS) {
		session_error(in->s, NULL, err);
		in->broken = true;
		r = AM_OK;
	}
	in->s->subject = in->catalog;
	location_clear(&l);
	return r;
}

struct known {
	GPtrArray *paths, *as;
};

static int take_known(void *user, const char *path, const char *as,
                      struct am_error *err)
{
	struct known *k = user;

	(void)err;
	g_ptr_array_add(k->paths, g_strdup(path));
	g_ptr_array_add(k->as, g_strdup(as));
	return AM_OK;
}

static int look_again(struct in_place *in, struct am_error *err)
{
	struct known k = {g_ptr_array_new_with_free_func(g_free),
	                  g_ptr_array_new_with_free_func(g_free)};
	struct am_archive *a = NULL;

	int r = am_archive_open(&a, in->catalog, false, &in->s->ctx, err);
	if (!r)
		r = am_archive_locations(a, take_known, &k, err);
	am_archive_close(&a);
	if (!r && !k.paths->len)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "%s: no mail in place is known to it", in->catalog);
	for (guint i = 0; !r && i < k.paths->len; i++)
		r = look_at(in, k.paths->pdata[i], k.as->pdata[i], err);
	g_ptr_array_free(k.paths, TRUE);
	g_ptr_array_free(k.as, TRUE);
	return r;
}

int in_place_look(struct in_place *in, char **locations, int n,
                  struct am_error *err)
{
	int r = n ? AM_OK : look_again(in, err);

	for (int i = 0; i < n && !r; i++)
		r = look_at(in, locations[i], in->from, err);
	return r;
}
