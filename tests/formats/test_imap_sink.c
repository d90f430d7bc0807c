/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing to servers that do right and wrong, each a file of
 * formats/imap_sink/: rules for the scripted server
 * (support/script_server.h), what is put, and what must come of it.
 *
 *     @ options a=b c=d      of the sink, beside those to reach it
 *     @ path A/B             the URL's
 *     @ twice                the same again afterwards, a run of its own
 *     @ unsettled            an earlier run was broken off
 *     @ cancel MS            somebody presses Ctrl-C after so long
 *     + FOLDER;FLAGS;KEYWORDS;LABELS;DATE;BODY
 *                            put it; lists with ',', '/' in folders, the
 *                            script's escapes in BODY, "%N c" in it: N times c
 *     + ROLE=FOLDER;         the same with a folder of that role
 *     . FOLDER               make the folder only; ". +FOLDER" one that is
 *                            subscribed, ". -FOLDER" one that is not
 *     = LINE                 of what came of it, in order; '*' for anything
 *     ? N PATTERN            so many commands like this were sent
 *
 * base.rules is behind every one: a server that does all right.  Whatever a
 * server does, found = stored + duplicates + failed.
 */
#include "formats/imap/imap.h"
#include "formats/imap/sink.h"
#include "support/script_server.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/time.h"
#include "model/folder.h"
#include "wire/imap.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

struct run {
	GString *out;
	struct am_ctx ctx;
	struct am_cancel cancel;
	int64_t found, stored, duplicates, failed;
	unsigned cancel_ms;
};

/* ---- what is put ---- */

static GString *body_of(const char *s)
{
	GString *out = g_string_new(NULL);

	for (; *s; s++) {
		if (*s == '%' && g_ascii_isdigit(s[1])) {
			char *end;
			unsigned long n = strtoul(s + 1, &end, 10);
			for (unsigned long i = 0; i < n; i++)
				g_string_append_c(out, end[1]);
			s = end + 1;
		} else if (*s == '\\' && s[1] == 'x') {
			g_string_append_c(
				out, (char)(g_ascii_xdigit_value(s[2]) * 16 +
			                    g_ascii_xdigit_value(s[3])));
			s += 3;
		} else if (*s == '\\' && s[1]) {
			s++;
			g_string_append_c(out, *s == 'r'   ? '\r'
			                       : *s == 'n' ? '\n'
			                       : *s == '0' ? '\0'
			                                   : *s);
		} else {
			g_string_append_c(out, *s);
		}
	}
	return out;
}

static struct am_folder *folder_of(const char *text)
{
	static const char *const roles[] = {"", "inbox", "sent", "drafts",
	                                    "trash"};
	const char *equals = strchr(text, '=');
	enum am_role role = AM_ROLE_NONE;
	struct am_folder *folder = NULL;

	for (size_t i = 1; equals && i < G_N_ELEMENTS(roles); i++)
		if (!strncmp(text, roles[i], (size_t)(equals - text)))
			role = (enum am_role)i;
	char **parts = g_strsplit(equals ? equals + 1 : text, "/", -1);
	cr_assert_eq(am_folder_new(&folder, (const char *const *)parts,
	                           g_strv_length(parts), role, NULL),
	             AM_OK);
	g_strfreev(parts);
	return folder;
}

static struct am_message *message_of(const char *line, unsigned number)
{
	char **f = g_strsplit(line, ";", 6);
	struct am_message *msg;

	cr_assert_eq(g_strv_length(f), 6, "%s", line);
	const struct am_folder *folder = folder_of(f[0]);
	cr_assert_eq(am_message_new(&msg, folder, NULL), AM_OK);
	am_folder_unref(&folder);
	char **words = g_strsplit(f[1], ",", -1);
	for (char **w = words; *w; w++) {
		enum am_flag flag;
		if (**w && am_flag_parse(*w, &flag))
			msg->flags |= flag;
	}
	g_strfreev(words);
	words = g_strsplit(f[2], ",", -1);
	for (char **w = words; *w; w++)
		if (**w)
			am_message_add_keyword(msg, *w);
	g_strfreev(words);
	words = g_strsplit(f[3], ",", -1);
	for (char **w = words; *w; w++)
		if (**w)
			am_message_add_label(msg, *w);
	g_strfreev(words);
	if (*f[4]) {
		msg->received.sec = strtoll(f[4], NULL, 10);
		msg->received.known = true;
	}
	char *origin = g_strdup_printf("m%u", number);
	msg->origin = am_arena_strdup(msg->arena, origin);
	g_free(origin);
	GString *body = body_of(f[5]);
	cr_assert_eq(am_blob_copy(&msg->raw, body->str, body->len, NULL),
	             AM_OK);
	msg->size = body->len;
	g_string_free(body, TRUE);
	g_strfreev(f);
	return msg;
}

/* ---- what comes of it ---- */

static void on_note(void *user, const struct am_note *note)
{
	struct run *run = user;

	if (strcmp(note->code, "imap.connection-lost") != 0)
		g_string_append_printf(run->out, "* %s: %s\n", note->code,
		                       note->text);
}

static void on_late(void *user, const struct am_late *late,
                    const struct am_error *err)
{
	struct run *run = user;

	g_string_append_printf(run->out, "late %s: %s\n", late->origin,
	                       err->text);
	run->stored--;
	run->failed++;
}

static int put_message(struct run *run, struct am_sink *sink, const char *line,
                       struct am_error *err)
{
	struct am_message *msg = message_of(line, (unsigned)run->found + 1);
	enum am_outcome outcome = AM_STORED;
	void *prepared = NULL;

	int r = am_sink_prepare(sink, msg, &prepared, err);
	if (!r)
		r = am_sink_put(sink, msg, &prepared, &outcome, err);
	run->found += r != AM_FATAL;
	run->failed += r == AM_FAILED;
	run->stored += !r && outcome == AM_STORED;
	run->duplicates += !r && outcome == AM_DUPLICATE;
	if (r == AM_FAILED)
		g_string_append_printf(run->out, "! %s: %s\n", msg->origin,
		                       err->text);
	if (!r && outcome == AM_DUPLICATE)
		g_string_append_printf(run->out, "= %s\n", msg->origin);
	am_message_free(&msg);
	return r;
}

static int put_line(struct run *run, struct am_sink *sink, const char *line,
                    struct am_error *err)
{
	if (g_str_has_prefix(line, "+ "))
		return put_message(run, sink, line + 2, err);
	if (!g_str_has_prefix(line, ". "))
		return AM_OK;
	bool said = line[2] == '+' || line[2] == '-';
	struct am_folder *made = folder_of(line + 2 + said);
	made->subscribed = line[2] == '+';
	made->unsubscribed = line[2] == '-';
	const struct am_folder *folder = made;
	int r = am_sink_folder(sink, folder, err);
	am_folder_unref(&folder);
	if (r == AM_FAILED)
		g_string_append_printf(run->out, "! %s: %s\n", line + 2,
		                       err->text);
	return r;
}

static char **options_of(const char *text)
{
	const char *at = strstr(text, "\n@ options ");
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, g_strdup("tls=off"));
	g_ptr_array_add(all, g_strdup("password-command=echo pass"));
	if (at) {
		char *line = g_strndup(at + 11, strcspn(at + 11, "\n"));
		char **words = g_strsplit(line, " ", -1);
		for (char **w = words; *w; w++)
			g_ptr_array_add(all, *w);
		g_free(words);
		g_free(line);
	}
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static gpointer press(gpointer user)
{
	struct run *run = user;

	g_usleep(run->cancel_ms * 1000);
	am_cancel_request(&run->cancel);
	return NULL;
}

static void play_once(struct run *run, const char *text, unsigned port)
{
	const char *path = strstr(text, "\n@ path ");
	char *url = g_strdup_printf("imap://u@127.0.0.1:%u/%.*s", port,
	                            path ? (int)strcspn(path + 8, "\n") : 0,
	                            path ? path + 8 : "");
	char **options = options_of(text), **lines = g_strsplit(text, "\n", -1);
	const char *cancel = strstr(text, "\n@ cancel ");
	struct am_location where = {.url = url,
	                            .options = (const char *const *)options};
	struct am_job_info info = {0};
	struct am_ledger ledger = {0};
	struct am_sink *sink = NULL;
	struct am_error err = {0};
	GThread *thread = NULL;

	run->found = run->stored = run->duplicates = run->failed = 0;
	run->ctx = (struct am_ctx){.on_note = on_note, .user = run};
	run->ctx.cancel = &run->cancel;
	if (cancel) {
		run->cancel_ms = (unsigned)strtoul(cancel + 10, NULL, 10);
		thread = g_thread_new("press", press, run);
	}
	int r = am_imap_open_sink(&sink, &where, &run->ctx, &err);
	cr_assert_eq(r, AM_OK, "%s", err.text);
	sink->late = on_late;
	sink->late_user = run;
	sink->unsettled = strstr(text, "\n@ unsettled\n");
	r = am_sink_begin(sink, &info, &err);
	for (char **l = lines; *l && (!r || r == AM_FAILED); l++)
		r = put_line(run, sink, *l, &err);
	if (!r || r == AM_FAILED)
		r = am_sink_finish(sink, &ledger, true, &err);
	if (!r)
		r = am_sink_commit(sink, &err);
	if (r)
		g_string_append_printf(run->out, "FATAL %s\n", err.text);
	am_sink_close(&sink);
	cr_expect_eq(run->found, run->stored + run->duplicates + run->failed);
	g_string_append_printf(run->out,
	                       "found %d stored %d duplicates %d failed %d\n",
	                       (int)run->found, (int)run->stored,
	                       (int)run->duplicates, (int)run->failed);
	if (thread)
		g_thread_join(thread);
	g_strfreev(lines);
	g_strfreev(options);
	g_free(url);
}

static void count(const char *name, char **want, const char *log,
                  const char *got)
{
	char **lines = g_strsplit(log, "\n", -1);

	for (char **w = want; *w; w++) {
		char *end;
		unsigned n = 0;
		if (!g_str_has_prefix(*w, "? "))
			continue;
		unsigned long most = strtoul(*w + 2, &end, 10);
		for (char **l = lines; *l; l++)
			n += g_pattern_match_simple(end + 1, *l) ? 1 : 0;
		cr_expect_eq(n, most, "%s: %u times, not: %s\n%s%s", name, n,
		             *w, got, log);
	}
	g_strfreev(lines);
}

static void play(const char *dir, const char *file, const char *base)
{
	char *path = g_build_filename(dir, file, NULL), *text;
	struct run run = {.out = g_string_new(NULL)};

	cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
	const char *const texts[] = {text, base, NULL};
	char **lines = g_strsplit(text, "\n", -1);
	struct script_server *server = script_server_new(texts, true);
	play_once(&run, text, script_server_port(server));
	if (strstr(text, "\n@ twice"))
		play_once(&run, text, script_server_port(server));
	char *log = script_server_log(server);
	script_server_expect(file, text, run.out->str, log);
	count(file, lines, log, run.out->str);
	/* Nothing but what the rules foresee: literals were framed well. */
	if (!strstr(text, "\n@ strays"))
		cr_expect_eq(script_server_strays(server), 0, "%s\n%s", file,
		             log);
	script_server_free(server);
	g_free(log);
	g_strfreev(lines);
	g_string_free(run.out, TRUE);
	g_free(text);
	g_free(path);
}

/* Rows by their first digit: Criterion runs them side by side. */
static void play_all(const char *from, const char *to)
{
	const char *samples = g_getenv("SAMPLES"), *only = g_getenv("QUIRK");
	char *dir = samples ? g_strdup_printf("%s/../tests/formats/imap_sink",
	                                      samples)
	                    : g_strdup("tests/formats/imap_sink");
	char *path = g_build_filename(dir, "base.rules", NULL), *base;
	const char *name;
	unsigned n = 0;

	cr_assert(g_file_get_contents(path, &base, NULL, NULL), "%s", path);
	GDir *d = g_dir_open(dir, 0, NULL);
	while ((name = g_dir_read_name(d)))
		if (g_str_has_suffix(name, ".txt") && strcmp(name, from) >= 0 &&
		    strcmp(name, to) < 0 && (!only || strstr(name, only))) {
			play(dir, name, base);
			n++;
		}
	cr_expect(n > 0 || only);
	g_dir_close(d);
	g_free(base);
	g_free(path);
	g_free(dir);
}

Test(imap_sink, folders_are_made_as_servers_take_them, .timeout = 60)
{
	play_all("0", "2");
}

Test(imap_sink, messages_are_sent_as_servers_take_them, .timeout = 60)
{
	play_all("2", "4");
}

Test(imap_sink, what_is_refused_is_mended_or_told, .timeout = 120)
{
	play_all("4", "6");
}

Test(imap_sink, nothing_is_doubled_or_lost_with_the_connection, .timeout = 240)
{
	play_all("6", "8");
}

Test(imap_sink, a_server_that_lies_costs_no_message, .timeout = 120)
{
	play_all("8", ":");
}
