/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark show: one message of an archive, in whatever form is wanted. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "cmd/attachments.h"
#include "cmd/cmd.h"
#include "cmd/dates.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "cmd/show_json.h"
#include "mime/overview.h"
#include "mime/text_whole.h"
#include "mime/walk.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	bool raw, json, text, dates, verbose, quiet;
	const char *part, *save;
};

/* Bytes to standard output: as they are, but to a terminal with what could
 * command it made visible. */
static int write_reader(struct am_reader *reader, struct am_error *err)
{
	bool tty = isatty(STDOUT_FILENO);
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(reader, 1, &data, &len, err))) {
		for (size_t i = 0; tty && i < len; i++) {
			uint8_t c = data[i];
			bool plain = c == '\n' || c == '\t' ||
			             (c >= 0x20 && c < 0x7F);
			if (c != '\r')
				putchar(plain ? c : '?');
		}
		if (!tty && fwrite(data, 1, len, stdout) != len)
			return am_fail_sys(err, AM_FATAL, "standard output");
		am_reader_skip(reader, len);
	}
	if (r == AM_END && fflush(stdout))
		return am_fail_sys(err, AM_FATAL, "standard output");
	return r == AM_END ? AM_OK : r;
}

static int show_raw(const struct am_blob *raw, struct am_error *err)
{
	struct am_reader *reader = NULL;

	int r = am_blob_open(raw, &reader, err);
	if (!r)
		r = write_reader(reader, err);
	am_reader_close(&reader);
	return r;
}

static int show_part(const struct am_blob *raw, const struct am_scan *scan,
                     const char *section, struct am_error *err)
{
	struct am_reader *reader = NULL;
	size_t part = am_part_by_section(scan, section);

	if (part == SIZE_MAX)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "there is no part %s", section);
	int r = am_part_decoded(&reader, raw, scan, part, err);
	if (!r)
		r = write_reader(reader, err);
	am_reader_close(&reader);
	return r;
}

static int show_text(const struct am_blob *raw, const struct am_scan *scan,
                     struct am_error *err)
{
	GString *text = NULL;
	bool cut = false;

	int r = am_text_whole(&text, raw, scan, NULL, true, &cut, err);
	for (gsize i = 0; i < text->len; i++)
		if (!text->str[i])
			text->str[i] = ' ';
	char *clean = out_clean(text->str, true);
	fputs(clean, stdout);
	if (!g_str_has_suffix(clean, "\n"))
		putchar('\n');
	if (cut)
		puts("[… the text goes on: --raw shows all]");
	g_free(clean);
	g_string_free(text, TRUE);
	return r;
}

static void print_header(const char *name, const char *value)
{
	if (!value || !*value)
		return;
	char *clean = out_clean(value, false);
	/* What was folded in the header is one line here. */
	char *to = clean;
	for (const char *p = clean; *p; p++)
		if (*p != ' ' || (to != clean && to[-1] != ' '))
			*to++ = *p;
	*to = '\0';
	printf("%s: %s\n", name, clean);
	g_free(clean);
}

/* The table of what is attached, with the numbers --part wants. */
static int print_attachments(const struct am_blob *raw,
                             const struct am_scan *scan, struct am_arena *arena,
                             struct am_error *err)
{
	for (size_t i = 0; i < scan->n_parts; i++) {
		struct am_part_info info;
		char size[OUT_ROOM];
		int r = am_part_info_read(&info, raw, scan, i, arena, err);
		if (r)
			return r;
		if (!info.attachment)
			continue;
		out_size(scan->parts[i].end - scan->parts[i].body, size);
		char *name =
			out_clean(info.name ? info.name : "(no name)", false);
		printf("Attachment %s: %s (%s, %s encoded)\n", info.section,
		       name, info.type, size);
		g_free(name);
	}
	return AM_OK;
}

static int show_readable(const struct am_blob *raw, const struct am_scan *scan,
                         struct am_arena *arena, struct am_error *err)
{
	struct am_overview v = {0};
	char when[OUT_ROOM];

	int r = am_overview_read(&v, raw, scan, NULL, arena, err);
	if (r)
		return r;
	print_header("From", v.from);
	print_header("To", v.to);
	print_header("Cc", v.cc);
	out_when(&v.date, when);
	if (v.date.known)
		print_header("Date", when);
	print_header("Subject", v.subject);
	print_header("Message-ID", v.message_id);
	r = print_attachments(raw, scan, arena, err);
	putchar('\n');
	return r ? r : show_text(raw, scan, err);
}

/* "42" is an id, or else, like "3fa4", the beginning of a hash. */
static int find(struct am_archive *archive, const char *text, int64_t *id,
                struct am_error *err)
{
	struct am_archive_message m;
	size_t digits = strspn(text, "0123456789");

	if (*text && !text[digits] && digits <= 18) {
		*id = g_ascii_strtoll(text, NULL, 10);
		int r = am_archive_message(archive, *id, &m, NULL);
		if (r == AM_OK)
			return AM_OK;
	}
	size_t hex = strspn(text, "0123456789abcdefABCDEF");
	if (hex < 4 || text[hex] || hex > 64)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "no message is called \"%.70s\" (an id, or "
		               "four and more digits of a SHA-256)",
		               text);
	char *lower = g_ascii_strdown(text, -1);
	int r = am_archive_find_hash(archive, lower, id, err);
	g_free(lower);
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "no message is called \"%.70s\"", text);
	return r;
}

static int show(struct session *s, const struct options *o,
                struct am_archive *archive, int64_t id, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *raw = NULL;
	struct am_scan scan;

	if (o->dates) {
		am_arena_free(&arena);
		return dates_show(archive, id, o->json, err);
	}
	int r = am_archive_load(archive, id, &raw, err);
	if (!r && o->raw) {
		r = show_raw(raw, err);
		goto out;
	}
	if (!r)
		r = am_scan_message(&scan, raw, NULL, arena, err);
	if (r)
		goto out;
	if (o->save)
		r = attachments_save(s, raw, &scan, o->save, err);
	else if (o->part)
		r = show_part(raw, &scan, o->part, err);
	else if (o->json)
		r = show_json(archive, id, raw, &scan, arena, err);
	else if (o->text)
		r = show_text(raw, &scan, err);
	else
		r = show_readable(raw, &scan, arena, err);
out:
	am_blob_unref(&raw);
	am_arena_free(&arena);
	return r;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_archive *archive = NULL;
	struct am_error err = {0};
	int64_t id = 0;

	session_voice(s, o->quiet, o->verbose);
	if (argc != 2)
		return session_usage(s, "an archive and a message are needed");
	if (o->raw + (o->json && !o->dates) + o->dates + o->text + !!o->part +
	            !!o->save >
	    1)
		return session_usage(s, "only one of --raw, --json, --text, "
		                        "--dates, --part and "
		                        "--save-attachments");
	if (session_turned_round(argc, argv))
		return session_usage(s,
		                     "the archive comes first: mailark "
		                     "show %s %s",
		                     argv[1], argv[0]);
	const char *path = session_archive(s, argv[0]);
	if (!path)
		return EXIT_COULD_NOT;
	s->subject = argv[0];
	int r = am_archive_open(&archive, path, false, &s->ctx, &err);
	if (!r)
		r = find(archive, argv[1], &id, &err);
	if (!r)
		r = show(s, o, archive, id, &err);
	am_archive_close(&archive);
	if (r)
		return session_error(s, argv[0], &err);
	return s->n_errors ? EXIT_SOME_FAILED : EXIT_DONE;
}

static const struct opt table[] = {
	{'r', "raw", NULL, "the exact bytes and nothing else", OPT_SWITCH,
         offsetof(struct options, raw)},
	{0, "json", NULL, "all that is known of it, as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	{'t', "text", NULL, "only the text, without headers", OPT_SWITCH,
         offsetof(struct options, text)},
	{0, "dates", NULL,
         "all that says when it came, and what is believed; with --json too",
         OPT_SWITCH, offsetof(struct options, dates)},
	{'p', "part", "N", "one part, decoded: 2, 1.3", OPT_STRING,
         offsetof(struct options, part)},
	{0, "save-attachments", "DIR", "write its attachments there",
         OPT_STRING, offsetof(struct options, save)},
	OPT_QUIET,
	{'v', "verbose", NULL, "every note", OPT_SWITCH,
         offsetof(struct options, verbose)},
	{0},
};

const struct cmd cmd_show = {
	.name = "show",
	.usage = "[options] ARCHIVE ID",
	.summary = "Show one message: readable, exact, in parts or as JSON",
	.examples = "  mailark show mail.mailark 42\n"
		    "  mailark show --raw mail.mailark 3fa4c1 > message.eml\n"
		    "  mailark show --dates mail.mailark 42\n"
		    "  mailark show --part 2 mail.mailark 42 > report.pdf\n"
		    "  mailark show --save-attachments out/ mail.mailark 42\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
