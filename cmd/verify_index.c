/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark verify: messages = documents, and what of them is not indexed. */
#include "cmd/verify_index.h"

#include "base/json.h"
#include "base/time.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "extract/status.h"
#include "index/check.h"
#include "index/index.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>

struct checked {
	struct am_index_health health;
	/* Messages with an attached file of this status. */
	uint64_t files[AM_EXTRACT_N_STATUS];
	struct am_error err; /* why it cannot be checked */
	int r;
};

static int count_files(struct checked *c, struct am_index *index,
                       struct am_archive *archive, struct am_error *err)
{
	int r = AM_OK;

	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS && !r; i++) {
		const char *name = am_extract_name(i);
		struct am_query *query = NULL;
		if (!name)
			continue;
		char *text = g_strdup_printf("extract:%s", name);
		r = am_query_parse(&query, text, am_time_now(), err);
		if (!r)
			r = am_index_count(index, archive, query, &c->files[i],
			                   err);
		am_query_free(&query);
		g_free(text);
	}
	return r;
}

/* AM_END: there is no index. */
static int check(struct checked *c, struct session *s, const char *path,
                 bool full)
{
	struct am_archive *archive = NULL;
	struct am_index *index = NULL;
	char *dir = NULL;

	int r = am_archive_open(&archive, path, false, &s->ctx, &c->err);
	if (!r) {
		dir = am_archive_index_path(archive);
		r = am_index_open(&index, dir, false, &c->err);
	}
	if (!r)
		r = am_index_check(&c->health, index, archive, full, &s->ctx,
		                   &c->err);
	if (!r && c->health.whole)
		r = count_files(c, index, archive, &c->err);
	am_index_close(&index);
	am_archive_close(&archive);
	g_free(dir);
	return r;
}

static void write_index(struct am_json *json, const struct checked *c)
{
	const struct am_index_health *h = &c->health;
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{"messages", h->messages}, {"documents", h->documents},
		{"shown", h->shown},       {"hidden", h->hidden},
		{"newer", h->newer},       {"unreadable", h->unreadable},
		{"lost", h->lost},         {"foreign", h->foreign},
		{"damaged", h->damaged},
	};

	am_json_key(json, "index");
	if (c->r == AM_END) {
		am_json_null(json);
		return;
	}
	am_json_open(json, '{');
	am_json_key(json, "whole");
	am_json_bool(json, !c->r && h->whole);
	out_json_text(json, "error", c->r ? c->err.text : NULL);
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		am_json_key(json, rows[i].name);
		am_json_uint(json, rows[i].n);
	}
	am_json_key(json, "files");
	am_json_open(json, '{');
	for (unsigned i = 0; i < AM_EXTRACT_N_STATUS; i++)
		if (c->files[i]) {
			am_json_key(json, am_extract_name(i));
			am_json_uint(json, c->files[i]);
		}
	am_json_close(json, '}');
	am_json_close(json, '}');
}

static void print_files(const struct checked *c)
{
	GString *line = g_string_new(NULL);
	bool unread = false;

	for (unsigned i = 0; i < AM_EXTRACT_N_STATUS; i++) {
		char n[OUT_ROOM];
		if (!c->files[i])
			continue;
		out_count(c->files[i], n);
		g_string_append_printf(line, "%s%s %s", line->len ? ", " : "",
		                       n, am_extract_name(i));
		unread =
			unread || (i != AM_EXTRACT_NONE && i != AM_EXTRACT_OK &&
		                   i != AM_EXTRACT_EMPTY);
	}
	if (line->len)
		printf("attached files, by message: %s%s\n", line->str,
		       unread ? " (search extract:… lists them)" : "");
	g_string_free(line, TRUE);
}

static void print_index(const struct checked *c, const char *name)
{
	const struct am_index_health *h = &c->health;
	char messages[OUT_ROOM], shown[OUT_ROOM], n[OUT_ROOM];

	out_count(h->messages, messages);
	out_count(h->shown, shown);
	printf("index: %s: %s of %s messages can be found\n",
	       h->whole ? "whole" : "WRONG", shown, messages);
	const struct {
		uint64_t n;
		const char *text;
	} rows[] = {
		{h->newer, "came later and will be added"},
		{h->unreadable, "cannot be read, as said above"},
		{h->lost, "are missing"},
		{h->foreign, "documents are of no message"},
		{h->damaged, "shards are damaged"},
	};
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		if (!rows[i].n)
			continue;
		out_count(rows[i].n, n);
		printf("  %s %s\n", n, rows[i].text);
	}
	if (!h->whole)
		printf("  mailark index %s makes it anew\n", name);
	print_files(c);
}

int verify_index(struct session *s, const char *archive, bool full, bool quiet,
                 struct am_json *json)
{
	struct checked c = {0};

	c.r = check(&c, s, session_archive(s, archive), full);
	session_before_output(s);
	if (json)
		write_index(json, &c);
	if (c.r == AM_END)
		return EXIT_DONE;
	if (c.r) {
		session_error(s, archive, &c.err);
		return EXIT_SOME_FAILED;
	}
	if (!json && !quiet)
		print_index(&c, archive);
	return c.health.whole ? EXIT_DONE : EXIT_SOME_FAILED;
}
