/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/session.h"

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/config.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "model/folder.h"
#include "store/archive.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/through.h"

#include <glib.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WARN_MAX 5 /* of one code; errors are all named */

/* The one thing a signal handler may reach. */
static struct am_cancel *volatile signal_cancel;

static void on_signal(int number)
{
	static const char text[] =
		"\nmailark: stopping: what is done so far is made safe "
		"(once more to end at once)\n";
	struct am_cancel *cancel = signal_cancel;

	if (!cancel || am_cancel_asked(cancel)) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	am_cancel_request(cancel);
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
	(void)n;
}

void session_catch_signals(struct session *s)
{
	struct sigaction action = {.sa_handler = on_signal,
	                           .sa_flags = SA_RESTART};

	struct sigaction before;

	signal_cancel = &s->cancel;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Under nohup(1) a hangup is no reason to stop. */
	if (sigaction(SIGHUP, NULL, &before) || before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	/* Such jobs write: a reader that has gone ends them by an error, not by
	 * a signal in the middle of a commit. */
	signal(SIGPIPE, SIG_IGN);
}

/* Does one path end with the other, both whole or from a '/' on? */
static bool ends_with_path(const char *path, size_t len, const char *end,
                           size_t end_len)
{
	while (end_len > 1 && end[end_len - 1] == '/')
		end_len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return end_len && end_len <= len &&
	       !memcmp(path + len - end_len, end, end_len) &&
	       (end_len == len || path[len - end_len - 1] == '/' ||
	        path[len - end_len - 1] == ' ');
}

/*
 * Floors below do not know what a line begins with: "box: a/b: a/b: No such
 * file" would name a/b twice, "x: x.lock: File exists" nearly so.  Of two such
 * words side by side the longer one stays.
 */
static void name_once(GString *line, size_t from)
{
	for (;;) {
		const char *at = line->str + from;
		const char *end = strstr(at, ": ");
		const char *next = end ? end + 2 : NULL;
		const char *stop = next ? strstr(next, ": ") : NULL;
		if (!stop)
			return;
		size_t len = (size_t)(end - at), n = (size_t)(stop - next);
		size_t here = (size_t)(next - line->str);
		if (ends_with_path(at, len, next, n))
			g_string_erase(line, (gssize)here, (gssize)n + 2);
		else if (ends_with_path(next, n, at, len) ||
		         (n > len && !memcmp(at, next, len) &&
		          next[len] == '.'))
			g_string_erase(line, (gssize)from, (gssize)len + 2);
		else
			from = here;
	}
}

/* One line; WHAT and WHY may hold anything mail can hold. */
static void print_line(struct session *s, const char *kind, const char *what,
                       const char *why)
{
	GString *line = g_string_new("mailark: ");

	g_string_append_printf(line, "%s: ", s->command);
	g_string_append(line, kind);
	size_t named = line->len;
	/* "work:" has its colon already. */
	if (what && *what)
		g_string_append_printf(line, "%s%s ", what,
		                       g_str_has_suffix(what, ":") ? "" : ":");
	g_string_append(line, why);
	name_once(line, named);
	char *clean = out_clean(line->str, false);
	progress_clear(s->progress);
	fprintf(stderr, "%s\n", clean);
	g_free(clean);
	g_string_free(line, TRUE);
}

/* The last part of a location's name: what sources call it in origins. */
static char *short_name(const struct session *s)
{
	return s->subject ? g_path_get_basename(s->subject) : g_strdup("");
}

/* `text` behind "NAME: " or "NAME:", where it begins so. */
static const char *behind(const char *text, const char *name)
{
	size_t n = strlen(name);

	if (!n || strncmp(text, name, n))
		return text;
	if (!text[n])
		return "";
	if (text[n] != ':')
		return text;
	return text[n + 1] == ' ' ? text + n + 2 : text + n + 1;
}

/*
 * "old.mbox: offset 48211": what a note is about.  The origin is a lasting
 * name within the source and says more than the folder; a file that is all of
 * the source is not named twice.
 */
static char *describe(const struct session *s, const struct am_note *note)
{
	GString *what = g_string_new(s->subject ? s->subject : "");
	char *name = short_name(s);
	const char *origin = note->origin ? behind(note->origin, name) : "";

	if (*origin && !origin[strspn(origin, "0123456789")])
		g_string_append_printf(what, "%soffset %s",
		                       what->len ? ": " : "", origin);
	else if (*origin)
		g_string_append_printf(what, "%s%s", what->len ? ": " : "",
		                       origin);
	else if (!note->origin && note->folder && note->folder->depth) {
		char *folder = am_folder_print(note->folder);
		g_string_append_printf(what, "%s%s", what->len ? ": " : "",
		                       folder);
		g_free(folder);
	}
	g_free(name);
	return g_string_free(what, FALSE);
}

/* By am_loss_sum_up(). */
static bool is_summed_up(const struct am_note *note)
{
	return g_str_has_prefix(note->code, "loss.");
}

/* Is this note to be seen?  The first few of a kind are enough to know what
 * goes on; the report counts them all. */
static bool shown(struct session *s, const struct am_note *note)
{
	/* What a format cannot hold is summed up; what was changed is told. */
	bool told = note->level == AM_NOTE_WARN ||
	            (note->level == AM_NOTE_LOSS && !is_summed_up(note));

	if (note->level == AM_NOTE_ERROR || s->verbose)
		return true;
	if (s->quiet || !told)
		return false;
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(s->warned, note->code));
	g_hash_table_replace(s->warned, g_strdup(note->code),
	                     GUINT_TO_POINTER(n + 1));
	if (n < WARN_MAX)
		return true;
	s->unwarned++;
	return false;
}

static void on_note(void *user, const struct am_note *note)
{
	static const char *const kinds[] = {
		[AM_NOTE_INFO] = "note: ",
		[AM_NOTE_LOSS] = "left behind: ",
		[AM_NOTE_WARN] = "note: ",
		[AM_NOTE_ERROR] = "",
	};
	struct session *s = user;

	if (s->report)
		am_report_note(s->report, note->code, 1);
	if (note->level == AM_NOTE_ERROR)
		s->n_errors++;
	if (!shown(s, note))
		return;
	char *what = describe(s, note);
	char *name = short_name(s);
	const char *kind = note->level == AM_NOTE_LOSS && !is_summed_up(note)
	                           ? kinds[AM_NOTE_WARN]
	                           : kinds[note->level];
	print_line(s, kind, what, behind(note->text, name));
	g_free(name);
	g_free(what);
}

static void on_progress(void *user, const struct am_progress *progress)
{
	struct session *s = user;

	progress_show(s->progress, progress);
}

static int on_ask(void *user, const char *prompt, char *buf, size_t size)
{
	struct session *s = user;

	return asker_ask(s->asker, prompt, buf, size);
}

void session_init(struct session *s, const char *command, const char *line)
{
	*s = (struct session){
		.command = command,
		.line = line,
		.progress = progress_new(),
		.asker = asker_new(s),
		.warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                        NULL),
	};
	s->ctx = (struct am_ctx){
		.on_note = on_note,
		.on_progress = on_progress,
		.ask = on_ask,
		.user = s,
		.elsewhere = &am_through_ops,
		.tmpdir = g_getenv("TMPDIR"),
		.cancel = &s->cancel,
	};
}

void session_end(struct session *s)
{
	signal_cancel = NULL;
	progress_free(&s->progress);
	asker_free(&s->asker);
	g_hash_table_unref(s->warned);
	s->warned = NULL;
}

void session_voice(struct session *s, bool quiet, bool verbose)
{
	s->quiet = quiet;
	s->verbose = verbose;
	progress_voice(s->progress, quiet, verbose);
}

int session_error(struct session *s, const char *what,
                  const struct am_error *err)
{
	if (err->kind == AM_E_CANCELLED) {
		session_say(s, "stopped before it came to its end");
		return EXIT_COULD_NOT;
	}
	/* What failed below may have named it already. */
	print_line(s, "", what, what ? behind(err->text, what) : err->text);
	return EXIT_COULD_NOT;
}

int session_usage(struct session *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	print_line(s, "", NULL, text);
	g_free(text);
	fprintf(stderr, "usage: mailark %s --help\n", s->command);
	return EXIT_COULD_NOT;
}

void session_say(struct session *s, const char *fmt, ...)
{
	va_list args;

	if (s->quiet)
		return;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	print_line(s, "", NULL, text);
	g_free(text);
}

void session_before_output(struct session *s)
{
	progress_clear(s->progress);
}

void session_sum_up(struct session *s)
{
	if (s->unwarned)
		session_say(s,
		            "%" PRIu64 " further note%s counted only "
		            "(--verbose shows all)",
		            s->unwarned, s->unwarned == 1 ? "" : "s");
	s->unwarned = 0;
}

/* "work:Folder": what the configuration file has under that name.  AM_END when
 * the text is no such thing. */
static int place_of_account(struct am_place **out, const char *text,
                            const char *format, bool target,
                            struct am_error *err)
{
	struct config *config = NULL;
	struct account *account = NULL;
	const char *path = NULL;

	char *name = config_account_name(text, &path);
	if (!name)
		return AM_END;
	int r = config_open(&config, err);
	/* Not an account, and more behind the colon: a mistyped path or format,
	 * which others have better words for. */
	if (!r && *path && !config_has(config, name))
		r = AM_END;
	if (!r)
		r = config_account(config, name, path, &account, err);
	if (!r)
		r = am_place_url(out, account->url,
		                 (const char *const *)account->options, format,
		                 target, err);
	account_free(&account);
	config_free(&config);
	g_free(name);
	return r;
}

struct am_place *session_place(struct session *s, const char *text,
                               const char *format, bool target)
{
	struct am_place *place = NULL;
	struct am_error err;
	int r = place_of_account(&place, text, format, target, &err);
	if (r == AM_END)
		r = am_place_parse(&place, text, format, target, &err);
	if (r)
		session_error(s, text, &err);
	return place;
}

bool session_turned_round(int argc, char **argv)
{
	return argc > 1 && !g_file_test(argv[0], G_FILE_TEST_EXISTS) &&
	       g_str_has_suffix(argv[argc - 1], ".mailark") &&
	       g_file_test(argv[argc - 1], G_FILE_TEST_EXISTS);
}

const char *session_archive(struct session *s, const char *text)
{
	const char *path = NULL;

	struct am_place *place = session_place(s, text, NULL, false);
	if (!place)
		return NULL;
	if (am_place_format(place) != &am_format_archive) {
		struct am_error err;
		am_fail(&err, AM_FAILED, AM_E_ARGUMENT,
		        "is %s; this works on archives (mailark copy makes "
		        "one of it; mailark index --in-place makes it "
		        "searchable where it lies)",
		        am_place_format(place)->title);
		session_error(s, text, &err);
	} else {
		/* The path is the tail of what was written. */
		const char *found = am_place_location(place)->path;
		path = text + strlen(text) - strlen(found);
	}
	am_place_free(&place);
	return path;
}

const char *session_begin(struct session *s, int argc, char **argv)
{
	const char *path = NULL;

	if (argc == 1)
		path = session_archive(s, argv[0]);
	else
		session_usage(s, "one archive is needed");
	if (!path)
		return NULL;
	s->subject = argv[0];
	session_catch_signals(s);
	return path;
}

int session_finish(struct session *s, int r, const struct am_error *err,
                   const char *when_stopped)
{
	if (r && err->kind == AM_E_CANCELLED)
		session_say(s, "stopped; %s", when_stopped);
	else if (r)
		session_error(s, s->subject, err);
	session_sum_up(s);
	if (r)
		return EXIT_COULD_NOT;
	return s->n_errors ? EXIT_SOME_FAILED : EXIT_DONE;
}
