/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/box.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "model/folder.h"
#include "model/format.h"

#include <string.h>

enum { KINDS = 12, ATTACHMENT = 30000 };

static const char *const words[] = {"annual",    "report", "of",      "the",
                                    "committee", "on",     "old",     "letters",
                                    "and",       "their",  "keeping", "in",
                                    "boxes",     "that",   "nobody",  "opened"};

static void add_words(GString *s, unsigned seed, unsigned n, const char *eol)
{
	for (unsigned i = 0; i < n; i++) {
		seed = seed * 1103515245u + 12345u;
		g_string_append(s, words[seed >> 16 & 15]);
		g_string_append(s, i % 9 == 8 ? eol : " ");
	}
	g_string_append(s, eol);
}

static void add_attachment(GString *s, unsigned seed, const char *eol)
{
	guchar *bytes = g_malloc(ATTACHMENT);

	for (unsigned i = 0; i < ATTACHMENT; i++) {
		seed = seed * 1103515245u + 12345u;
		bytes[i] = (guchar)(seed >> 16);
	}
	char *text = g_base64_encode(bytes, ATTACHMENT);
	for (size_t at = 0, len = strlen(text); at < len; at += 76)
		g_string_append_printf(s, "%.76s%s", text + at, eol);
	g_free(text);
	g_free(bytes);
}

static void add_headers(GString *s, unsigned n, const char *eol)
{
	g_string_append_printf(
		s,
		"From: Person %u <p%u@example.org>%sTo: list@example.net%s"
		"Subject: About %s %u%sMessage-ID: <%u@example.org>%s"
		"Date: Mon, %u Mar 2021 10:%02u:00 +0100%s",
		n % 7, n % 7, eol, eol, words[n % 16], n, eol, n, eol,
		1 + n % 28, n % 60, eol);
	if (n % 4)
		g_string_append_printf(s, "In-Reply-To: <%u@example.org>%s",
		                       n - 1, eol);
}

/* What message i says: some say the same as an earlier one. */
static unsigned text_of(unsigned i)
{
	switch (i % KINDS) {
	case 5: /* again, in the same folder */
	case 7: /* with other line ends */
		return i - 4;
	case 10: /* in another folder */
		return i - 9;
	default:
		return i;
	}
}

GString *box_bytes(unsigned i)
{
	unsigned n = text_of(i), kind = i % KINDS;
	const char *eol = kind == 7 || kind == 8 ? "\r\n" : "\n";
	GString *s = g_string_new(NULL);

	if (kind == 11 && i % 24 == 11)
		return s; /* empty */
	add_headers(s, n, eol);
	if (n % KINDS == 2 || n % KINDS == 8) {
		g_string_append_printf(
			s,
			"MIME-Version: 1.0%sContent-Type: multipart/mixed; "
			"boundary=\"b%u\"%s%s--b%u%sContent-Type: "
			"text/plain%s%s",
			eol, n, eol, eol, n, eol, eol, eol);
		add_words(s, n, 30, eol);
		g_string_append_printf(
			s,
			"--b%u%sContent-Type: application/octet-stream%s"
			"Content-Disposition: attachment; filename=\"a.bin\"%s"
			"Content-Transfer-Encoding: base64%s%s",
			n, eol, eol, eol, eol, eol);
		add_attachment(s, n / (2 * KINDS), eol);
		g_string_append_printf(s, "--b%u--%s", n, eol);
		return s;
	}
	g_string_append(s, eol);
	add_words(s, n, 60 + n * 7 % 500, eol);
	if (kind == 4)
		g_string_append(s, "a line\r\nof another kind\nand no end");
	return s;
}

static struct am_folder *folder_of(unsigned i)
{
	const char *inbox[] = {"INBOX"};
	const char *deep[] = {"Old", "Letters/Boxes", "ünï"};
	struct am_folder *folder = NULL;
	/* The copies of kind 10 lie in the other folder. */
	bool second = i % KINDS == 10 || i % KINDS == 6;

	if (second)
		(void)!am_folder_new(&folder, deep, 3, AM_ROLE_NONE, NULL);
	else
		(void)!am_folder_new(&folder, inbox, 1, AM_ROLE_INBOX, NULL);
	return folder;
}

struct am_message *box_message(unsigned i)
{
	const struct am_folder *folder = folder_of(i);
	struct am_when received = {.sec = 1600000000 + i * 3600,
	                           .offset_min = (int16_t)(i % 5 * 60),
	                           .known = true};
	struct am_message *msg = NULL;

	(void)!am_message_new(&msg, folder, NULL);
	am_folder_unref(&folder);
	GString *bytes = box_bytes(i);
	(void)!am_blob_copy(&msg->raw, bytes->str, bytes->len, NULL);
	msg->size = bytes->len;
	g_string_free(bytes, TRUE);
	msg->origin = am_arena_printf(msg->arena, "box:%u", i);
	msg->flags = i % 16;
	msg->exactness = i % 3 ? AM_EXACT : AM_UNQUOTED;
	msg->uid = 100 + i;
	if (i % 6 == 1)
		am_message_add_keyword(msg, "$Later");
	if (i % 9 == 2)
		am_message_add_label(msg, "Väter");
	if (i % 4 == 3)
		am_message_add_prop(msg, "box.note", "x\0y", 3);
	if (i % 5) {
		am_message_add_date(msg, "imap", &received);
		msg->received = received;
		msg->received_from = "imap";
		received.sec++;
		am_message_add_date(msg, "header.date", &received);
	}
	if (i % 7 == 0)
		msg->envelope_sender = am_arena_strdup(msg->arena, "s@x");
	return msg;
}

static int put_one(struct am_sink *sink, unsigned i, struct box_run *run,
                   struct am_error *err)
{
	struct am_message *msg = box_message(i);
	enum am_outcome outcome;
	void *prepared = NULL;

	int r = am_sink_prepare(sink, msg, &prepared, err);
	if (!r)
		r = am_sink_put(sink, msg, &prepared, &outcome, err);
	if (!r && outcome == AM_STORED)
		run->stored++;
	else if (!r)
		run->duplicates++;
	am_message_free(&msg);
	if (r != AM_FAILED)
		return r;
	run->failed++;
	return AM_OK;
}

int box_put(struct am_sink *sink, struct box_run *run, struct am_error *err)
{
	struct am_job_info info = {.command = "test",
	                           .source = run->source,
	                           .format = "box",
	                           .program = "tests"};
	int r = run->source ? am_sink_begin(sink, &info, err) : AM_OK;

	for (unsigned i = run->from; i < run->to && !r; i++) {
		r = put_one(sink, i, run, err);
		if (!r && run->each && (i + 1 - run->from) % run->each == 0)
			r = am_sink_commit(sink, err);
	}
	struct am_ledger ledger = {.found = run->to - run->from,
	                           .stored = run->stored,
	                           .duplicates = run->duplicates,
	                           .failed = run->failed};
	if (!r)
		r = am_sink_finish(sink, &ledger, true, err);
	if (!r && !run->no_commit)
		r = am_sink_commit(sink, err);
	return r;
}

int box_import(const struct am_format *format, const char *path,
               const char *const *options, struct box_run *run,
               struct am_ctx *ctx, struct am_error *err)
{
	struct am_location where = {.path = path, .options = options};
	struct am_sink *sink;

	int r = format->open_sink(&sink, &where, ctx, err);
	if (r)
		return r;
	r = box_put(sink, run, err);
	am_sink_close(&sink);
	return r;
}

/* ---- dump ---- */

static void print_meta(GString *s, const struct am_message *m)
{
	char when[AM_TIME_ROOM];

	am_time_iso(&m->received, when);
	g_string_append_printf(s, " %s uid=%u flags=%x %s %s/%s from=%s",
	                       m->origin, m->uid, m->flags,
	                       am_exactness_name(m->exactness), when,
	                       m->received_from ? m->received_from : "-",
	                       m->envelope_sender ? m->envelope_sender : "-");
	for (size_t i = 0; i < m->n_keywords; i++)
		g_string_append_printf(s, " k:%s", m->keywords[i]);
	for (size_t i = 0; i < m->n_labels; i++)
		g_string_append_printf(s, " l:%s", m->labels[i]);
	for (size_t i = 0; i < m->n_props; i++)
		g_string_append_printf(s, " %s=%zu", m->props[i].name,
		                       m->props[i].len);
	for (size_t i = 0; i < m->n_dates; i++) {
		am_time_iso(&m->dates[i].when, when);
		g_string_append_printf(s, " %s@%s", m->dates[i].from, when);
	}
}

static char *hash_of(const struct am_blob *raw)
{
	size_t len = (size_t)am_blob_size(raw), got = 0;
	uint8_t *bytes = g_malloc(len + 1), hash[AM_SHA256_LEN];
	char *hex = g_malloc(AM_SHA256_HEX);

	(void)!am_blob_read(raw, 0, bytes, len, &got, NULL);
	am_sha256(bytes, got, hash);
	am_hex(hash, sizeof hash, hex);
	g_free(bytes);
	return hex;
}

static char *print_item(struct am_source *src, const struct am_item *item)
{
	char *path = am_folder_print(item->folder);
	GString *s = g_string_new(path);

	g_free(path);
	if (!item->message) {
		g_string_append_printf(s, " (folder, role %d)",
		                       (int)item->folder->role);
		return g_string_free(s, FALSE);
	}
	if (!item->message->raw && am_source_load(src, item->message, NULL)) {
		g_string_assign(s, "?");
		return g_string_free(s, FALSE);
	}
	print_meta(s, item->message);
	char *hex = hash_of(item->message->raw);
	g_string_append_printf(s, " %" PRIu64 " %.16s", item->message->size,
	                       hex);
	g_free(hex);
	return g_string_free(s, FALSE);
}

GPtrArray *box_dump(const struct am_format *format, const char *path,
                    struct am_ctx *ctx, struct am_error *err)
{
	struct am_location where = {.path = path};
	struct am_source *src;
	struct am_item item;

	int r = format->open_source(&src, &where, ctx, err);
	if (r)
		return NULL;
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	while ((r = am_source_next(src, &item, err)) != AM_END) {
		if (r == AM_FAILED) {
			g_ptr_array_add(lines, g_strdup("?"));
			continue;
		}
		if (r)
			break;
		g_ptr_array_add(lines, print_item(src, &item));
		am_message_free(&item.message);
	}
	am_source_close(&src);
	if (r == AM_END)
		return lines;
	g_ptr_array_free(lines, TRUE);
	return NULL;
}

char *box_join(GPtrArray *lines)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(s, "%s\n",
		                       (char *)g_ptr_array_index(lines, i));
	return g_string_free(s, FALSE);
}
