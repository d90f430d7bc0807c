/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/dates.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/json.h"
#include "cmd/out.h"
#include "mime/header_dates.h"
#include "model/folder.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

static bool has(const struct am_date_candidate *c, size_t n,
                const struct am_date_candidate *one)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].when.sec == one->when.sec && c[i].from && one->from &&
		    !strcmp(c[i].from, one->from))
			return true;
	return false;
}

int dates_read(struct dates *out, const struct am_message *meta,
               const struct am_blob *raw, const struct am_limits *limits,
               struct am_arena *arena, struct am_error *err)
{
	struct am_date_candidate *header;
	size_t n_header;
	int r = am_header_dates_read(&header, &n_header, raw, limits, arena,
	                             err);

	if (r)
		return r;
	*out = (struct dates){.present = {meta->received_from, meta->received}};
	out->all = am_arena_alloc(arena, (n_header + meta->n_dates + 1) *
	                                         sizeof *out->all);
	if (meta->received.known && meta->received_from)
		out->all[out->n++] = out->present;
	for (size_t i = 0; i < meta->n_dates; i++)
		if (!has(out->all, out->n, &meta->dates[i]))
			out->all[out->n++] = meta->dates[i];
	/* Those of the header in their order, so all of them once more. */
	for (size_t i = 0; i < n_header; i++)
		if (!has(out->all, out->n, &header[i]))
			out->all[out->n++] = header[i];
	am_dates_decide(&out->choice, &out->present, out->all, out->n,
	                am_time_now());
	return AM_OK;
}

/* ---- show --dates ---- */

struct showing {
	const struct am_blob *raw;
	struct am_json *json; /* or NULL */
};

/* "2 h", "3 d": how far from what was chosen. */
static void print_distance(int64_t sec)
{
	int64_t n = sec < 0 ? -sec : sec;
	const char *sign = sec < 0 ? "-" : "+";

	if (!n)
		printf("           ");
	else if (n < 120)
		printf("%s%4" PRId64 " s    ", sign, n);
	else if (n < 7200)
		printf("%s%4" PRId64 " min  ", sign, n / 60);
	else if (n < 172800)
		printf("%s%4" PRId64 " h    ", sign, n / 3600);
	else
		printf("%s%4" PRId64 " d    ", sign, n / 86400);
}

static void print_dates(const struct dates *d, const char *folder)
{
	char when[AM_TIME_ROOM];
	char *clean = out_clean(*folder ? folder : "INBOX", false);

	printf("in %s\n", clean);
	g_free(clean);
	if (!d->n)
		puts("  nothing says when it came");
	for (size_t i = 0; i < d->n; i++) {
		const struct am_date_candidate *c = &d->all[i];
		bool chosen = d->present.from && !i;
		am_time_iso(&c->when, when);
		printf("  %s %-26s ", chosen ? "*" : " ", when);
		if (d->present.when.known)
			print_distance(c->when.sec - d->present.when.sec);
		printf("%s%s\n", c->from,
		       am_dates_possible(&c->when, am_time_now())
		               ? ""
		               : " (impossible)");
	}
	am_time_iso(&d->choice.date.when, when);
	if (d->choice.keep)
		printf("  it stays: %s\n", d->choice.why);
	else
		printf("  repair --dates would take %s of %s: %s\n",
		       *when ? when : "none",
		       d->choice.date.from ? d->choice.date.from : "nothing",
		       d->choice.why);
}

static void write_date(struct am_json *json, const char *key,
                       const struct am_date_candidate *c)
{
	if (key)
		am_json_key(json, key);
	am_json_open(json, '{');
	out_json_text(json, "from", c->from);
	out_json_when(json, "when", &c->when);
	am_json_close(json, '}');
}

static void write_dates(struct am_json *json, const struct dates *d,
                        const struct am_folder *folder)
{
	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, folder);
	write_date(json, "received", &d->present);
	am_json_key(json, "candidates");
	am_json_open(json, '[');
	for (size_t i = 0; i < d->n; i++)
		write_date(json, NULL, &d->all[i]);
	am_json_close(json, ']');
	am_json_key(json, "keep");
	am_json_bool(json, d->choice.keep);
	write_date(json, "choice", &d->choice.date);
	out_json_text(json, "why", d->choice.why);
	am_json_close(json, '}');
}

static int show_place(void *user, const struct am_archive_placement *p,
                      struct am_error *err)
{
	const struct showing *sh = user;
	struct am_arena *arena = am_arena_new();
	struct dates d;

	int r = p->gone ? AM_OK
	                : dates_read(&d, p->meta, sh->raw, NULL, arena, err);
	if (!r && !p->gone && sh->json) {
		write_dates(sh->json, &d, p->folder);
	} else if (!r && !p->gone) {
		char *folder = am_folder_print(p->folder);
		print_dates(&d, folder);
		g_free(folder);
	}
	am_arena_free(&arena);
	return r;
}

int dates_show(struct am_archive *archive, int64_t message, bool as_json,
               struct am_error *err)
{
	struct showing sh = {.json = as_json ? am_json_new() : NULL};
	struct am_blob *raw = NULL;
	int r = am_archive_load(archive, message, &raw, err);

	sh.raw = raw;
	if (sh.json)
		am_json_open(sh.json, '[');
	if (!r)
		r = am_archive_placements(archive, message, show_place, &sh,
		                          err);
	if (sh.json)
		am_json_close(sh.json, ']');
	if (!r && sh.json)
		out_json_line(sh.json);
	am_json_free(&sh.json);
	am_blob_unref(&raw);
	return r;
}
