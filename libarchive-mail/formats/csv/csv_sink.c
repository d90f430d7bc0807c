/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/csv/csv.h"
#include "formats/csv_text.h"
#include "formats/mail_facts.h"
#include "formats/whole_file.h"

#include <string.h>

struct csv_sink {
	struct am_sink base;
	struct am_whole *file;
	bool guard, finished;
	size_t n_columns;
	const struct am_csv_column **columns;
};

static struct csv_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct csv_sink, base);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct csv_sink *s = AM_CONTAINER(sink, struct csv_sink, base);
	struct am_csv row = {.guard = s->guard};
	struct am_mail_facts facts;
	int r = am_mail_facts_read(&facts, msg, sink->ctx, err);

	if (r)
		return r;
	row.text = g_string_new(NULL);
	for (size_t i = 0; i < s->n_columns; i++)
		s->columns[i]->write(&row, msg, &facts, sink->ctx);
	am_csv_end(&row);
	am_mail_facts_clear(&facts);
	*prepared = row.text;
	return AM_OK;
}

static void discard(void *prepared)
{
	if (prepared)
		g_string_free(prepared, TRUE);
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	if (r)
		return r;
	GString *row = prepared;
	r = am_whole_write(sink_of(sink)->file, row->str, row->len, err);
	discard(row);
	return r ? AM_FATAL : AM_OK;
}

static int finish(struct am_sink *sink, const struct am_ledger *ledger,
                  bool complete, struct am_error *err)
{
	(void)ledger;
	(void)complete;
	(void)err;
	sink_of(sink)->finished = true;
	return AM_OK;
}

/* Whole at the end, and only then there. */
static int commit(struct am_sink *sink, struct am_error *err)
{
	struct csv_sink *s = sink_of(sink);

	return s->finished ? am_whole_commit(s->file, err) : AM_OK;
}

static void close_sink(struct am_sink *sink)
{
	struct csv_sink *s = sink_of(sink);

	am_whole_close(&s->file);
	g_free(s->columns);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.finish = finish,
	.commit = commit,
	.close = close_sink,
};

static int fail_column(const char *word, struct am_error *err)
{
	GString *all = g_string_new(NULL);

	for (size_t i = 0; am_csv_columns[i].name; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "",
		                       am_csv_columns[i].name);
	int r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
	                "no column is called \"%.40s\" (there are %s)", word,
	                all->str);
	g_string_free(all, TRUE);
	return r;
}

static int read_columns(struct csv_sink *s, const char *text,
                        struct am_error *err)
{
	GPtrArray *columns = g_ptr_array_new();
	char **words = g_strsplit(text, ":", -1);
	int r = AM_OK;

	for (char **w = words; *w && !r; w++) {
		bool all = !strcmp(*w, "all"), found = all;
		for (size_t i = 0; am_csv_columns[i].name; i++) {
			bool same = !strcmp(*w, am_csv_columns[i].name);
			if (all || same)
				g_ptr_array_add(columns,
				                (gpointer)&am_csv_columns[i]);
			found |= same;
		}
		if (!found)
			r = fail_column(*w, err);
	}
	g_strfreev(words);
	s->n_columns = columns->len;
	s->columns = (const struct am_csv_column **)(void *)g_ptr_array_free(
		columns, FALSE);
	return r;
}

static int write_head(struct csv_sink *s, bool bom, struct am_error *err)
{
	struct am_csv row = {.text = g_string_new(bom ? "\xEF\xBB\xBF" : "")};

	for (size_t i = 0; i < s->n_columns; i++)
		am_csv_cell(&row, s->columns[i]->name);
	am_csv_end(&row);
	int r = am_whole_write(s->file, row.text->str, row.text->len, err);
	g_string_free(row.text, TRUE);
	return r;
}

int am_csv_sink_open(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	const struct am_option *t = am_csv_options;
	struct csv_sink *s = g_new0(struct csv_sink, 1);
	bool bom = false;
	int r = am_location_check(where, t, "csv", err);

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true; /* nothing is there */
	s->base.hashes = true;
	s->base.whole_at_end = true;
	if (!r)
		r = am_location_switch(where, t, "guard", &s->guard, err);
	if (!r)
		r = am_location_switch(where, t, "bom", &bom, err);
	if (!r)
		r = read_columns(s, am_location_option(where, t, "columns"),
		                 err);
	if (!r)
		r = am_whole_open(&s->file, where->path, err);
	if (!r)
		r = write_head(s, bom, err);
	if (r) {
		close_sink(&s->base);
		return AM_FATAL;
	}
	*out = &s->base;
	return AM_OK;
}
