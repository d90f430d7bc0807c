/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark browse: read and search archives on the terminal. */
#include "cmd/browse/bidi.h"
#include "cmd/browse/frame.h"
#include "cmd/browse/model.h"
#include "cmd/browse/term.h"
#include "cmd/browse/worker.h"
#include "cmd/cmd.h"
#include "cmd/searched.h"
#include "cmd/session.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *query;
	bool mouse, no_bidi;
};

/* Notes would be written across the screen: the model shows the last one. */
struct notes {
	struct browse *browse;
};

static void on_note(void *user, const struct am_note *note)
{
	struct notes *notes = user;

	if (notes->browse && note->level >= AM_NOTE_WARN)
		browse_say(notes->browse, STYLE_ERROR, "%s", note->text);
}

static void take(struct browse *b, enum term_event event,
                 const struct term_input *in)
{
	if (event == TERM_MOUSE)
		browse_mouse(b, in->y, in->x, in->button);
	else if (event == TERM_KEY && in->pasted)
		browse_paste(b, in->key);
	else if (event == TERM_KEY)
		browse_key(b, in->key);
}

static void loop(struct browse *b, struct term *t)
{
	enum term_event event = TERM_NOTHING;
	struct term_input in;
	size_t rows, columns;

	while (!b->quit && event != TERM_ENDED) {
		term_size(t, &rows, &columns);
		browse_resize(b, rows, columns);
		struct frame *f = browse_draw(b);
		term_show(t, f);
		frame_free(&f);
		event = term_wait(t, worker_fd(b->worker), &in);
		/* All keys that wait are one drawing: of a paste, and of a
		 * slow line. */
		while ((event == TERM_KEY || event == TERM_MOUSE) && !b->quit) {
			take(b, event, &in);
			event = term_next(t, &in);
		}
		browse_answers(b);
	}
}

/* Without any locale the terminal is one of UTF-8 all the same: there are
 * hardly others. */
static void use_utf8(void)
{
	if (!strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int browse_all(struct session *s, const struct options *o,
                      struct searched *in, size_t n)
{
	struct am_ctx ctx = s->ctx;
	struct am_error err = {0};
	struct notes notes = {NULL};
	struct term *term = NULL;
	struct browse *browse = NULL;

	int r = term_open(&term, o->mouse, o->no_bidi, &err);
	if (r)
		return session_error(s, NULL, &err);
	s->ctx.on_note = on_note;
	s->ctx.on_progress = NULL;
	s->ctx.user = &notes;
	r = browse_new(&browse, s, in, n, o->query ? o->query : "",
	               term_calls(term), &err);
	if (!r) {
		notes.browse = browse;
		browse->seen_order = !o->no_bidi && !bidi_by_terminal();
		loop(browse, term);
		notes.browse = NULL;
	}
	term_close(&term);
	s->ctx = ctx;
	browse_free(&browse);
	return r ? session_error(s, NULL, &err) : EXIT_DONE;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	int status = EXIT_COULD_NOT;
	size_t n = 0;

	if (argc < 1)
		return session_usage(s, "an archive is needed");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		session_say(s, "this is for terminals; `mailark search` and "
		               "`mailark show` print");
		return EXIT_COULD_NOT;
	}
	use_utf8();
	struct searched *in = g_new0(struct searched, (size_t)argc);
	while (n < (size_t)argc && searched_open_any(&in[n], s, argv[n]))
		n++;
	s->subject = NULL;
	if (n == (size_t)argc)
		status = browse_all(s, o, in, n);
	for (size_t i = 0; i < (size_t)argc; i++)
		searched_close(&in[i]);
	g_free(in);
	return status;
}

static const struct opt table[] = {
	{0, "query", "QUERY", "begin with what this finds", OPT_STRING,
         offsetof(struct options, query)},
	{'m', "mouse", NULL,
         "clicks and the wheel work here, and no longer select text",
         OPT_SWITCH, offsetof(struct options, mouse)},
	{0, "no-bidi", NULL, "leave writing from right to left to the terminal",
         OPT_SWITCH, offsetof(struct options, no_bidi)},
	{0},
};

const struct cmd cmd_browse = {
	.name = "browse",
	.usage = "[options] ARCHIVE…",
	.summary = "Read and search archived mail on the terminal",
	.examples = "  mailark browse mail.mailark\n"
		    "  mailark browse --query 'from:alice since:2023' "
		    "mail.mailark\n"
		    "  mailark browse work.mailark home.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
