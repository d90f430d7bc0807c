/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "formats/csv/csv.h"
#include "formats/csv_text.h"
#include "formats/mail_facts.h"
#include "mime/text_whole.h"
#include "model/folder.h"

#define COLUMN(called)                                                       \
	static void called(struct am_csv *row, const struct am_message *msg, \
	                   const struct am_mail_facts *facts,                \
	                   const struct am_ctx *ctx)

#define OVERVIEW(member)                                  \
	COLUMN(member)                                    \
	{                                                 \
		(void)msg;                                \
		(void)ctx;                                \
		am_csv_cell(row, facts->overview.member); \
	}

OVERVIEW(from)
OVERVIEW(to)
OVERVIEW(cc)
OVERVIEW(bcc)
OVERVIEW(subject)
OVERVIEW(message_id)
OVERVIEW(in_reply_to)
OVERVIEW(list_id)

static void when_cell(struct am_csv *row, const struct am_when *when)
{
	char iso[AM_TIME_ROOM];

	am_time_iso(when, iso);
	am_csv_cell(row, iso);
}

/* Words in one cell, a semicolon between them. */
static void words_cell(struct am_csv *row, const char *const *words, size_t n)
{
	GString *s = g_string_new(NULL);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(s, "%s%s", i ? "; " : "", words[i]);
	am_csv_cell(row, s->str);
	g_string_free(s, TRUE);
}

COLUMN(folder)
{
	char *path = am_folder_print(msg->folder);

	(void)facts;
	(void)ctx;
	am_csv_cell(row, path);
	g_free(path);
}

COLUMN(origin)
{
	(void)facts;
	(void)ctx;
	am_csv_cell(row, msg->origin);
}

COLUMN(date)
{
	(void)msg;
	(void)ctx;
	when_cell(row, &facts->overview.date);
}

COLUMN(received)
{
	(void)facts;
	(void)ctx;
	when_cell(row, &msg->received);
}

COLUMN(received_from)
{
	(void)facts;
	(void)ctx;
	am_csv_cell(row, msg->received_from);
}

COLUMN(references)
{
	(void)msg;
	(void)ctx;
	words_cell(row, facts->overview.references,
	           facts->overview.n_references);
}

COLUMN(flags)
{
	const char *words[AM_FLAG_COUNT];
	size_t n = 0;

	(void)facts;
	(void)ctx;
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (msg->flags & (1u << i))
			words[n++] = am_flag_name((enum am_flag)(1u << i));
	words_cell(row, words, n);
}

COLUMN(keywords)
{
	(void)facts;
	(void)ctx;
	words_cell(row, msg->keywords, msg->n_keywords);
}

COLUMN(labels)
{
	(void)facts;
	(void)ctx;
	words_cell(row, msg->labels, msg->n_labels);
}

COLUMN(size)
{
	(void)facts;
	(void)ctx;
	am_csv_uint(row, am_blob_size(msg->raw));
}

COLUMN(attachments)
{
	const char **names = g_new0(const char *, facts->n_files + 1);
	size_t n = 0;

	(void)msg;
	(void)ctx;
	for (size_t i = 0; i < facts->n_files; i++)
		if (facts->files[i].info.attachment)
			names[n++] = facts->files[i].info.name
			                     ? facts->files[i].info.name
			                     : facts->files[i].info.type;
	words_cell(row, names, n);
	g_free(names);
}

COLUMN(n_attachments)
{
	(void)msg;
	(void)ctx;
	am_csv_uint(row, facts->overview.n_attachments);
}

COLUMN(sha256)
{
	(void)msg;
	(void)ctx;
	am_csv_cell(row, facts->sha256);
}

COLUMN(envelope_sender)
{
	(void)facts;
	(void)ctx;
	am_csv_cell(row, msg->envelope_sender);
}

COLUMN(exactness)
{
	(void)facts;
	(void)ctx;
	am_csv_cell(row, am_exactness_name(msg->exactness));
}

COLUMN(text)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	GString *whole = NULL;
	bool cut = false;

	/* As far as it comes: a table is no place for the rest. */
	(void)!am_text_whole(&whole, msg->raw, &facts->scan, &limits, false,
	                     &cut, NULL);
	for (gsize i = 0; i < whole->len; i++)
		if (!whole->str[i])
			whole->str[i] = ' ';
	am_csv_cell(row, whole->str);
	g_string_free(whole, TRUE);
}

#define ROW(called)             \
	{                       \
#called, called \
	}
const struct am_csv_column am_csv_columns[] = {
	ROW(folder),
	ROW(origin),
	ROW(date),
	ROW(received),
	ROW(received_from),
	ROW(from),
	ROW(to),
	ROW(cc),
	ROW(bcc),
	ROW(subject),
	ROW(message_id),
	ROW(in_reply_to),
	ROW(references),
	ROW(list_id),
	ROW(flags),
	ROW(keywords),
	ROW(labels),
	ROW(size),
	ROW(attachments),
	ROW(n_attachments),
	ROW(sha256),
	ROW(envelope_sender),
	ROW(exactness),
	ROW(text),
	{NULL, NULL},
};
