/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_MODEL_H
#define MAILARK_BROWSE_MODEL_H

#include "base/time.h"
#include "cmd/browse/edit.h"
#include "cmd/browse/find.h"
#include "cmd/browse/keys.h"
#include "cmd/browse/page.h"
#include "cmd/browse/worker.h"

#include <glib.h>

struct searched;
struct session;

/*
 * mailark browse without a terminal: keys and answers of the worker go in, a
 * frame comes out.
 *
 *   list.c    what was found: rows, marks, moving about
 *   thread.c  the conversation of a message instead
 *   snippet.c why a message was found
 *   side.c    folders and facets beside it
 *   reader.c  a message, and what is attached to it
 *   doing.c   what leaves the program: open, save, pipe, copy
 *   screen.c  all of it drawn
 */

/* What the model wants of the terminal it is shown on. */
struct browse_term {
	/* The normal screen: something else prints there; and back again, with
	 * `wait` after a key was pressed. */
	void (*leave)(void *user);
	void (*back)(void *user, bool wait);
	void (*redraw)(void *user); /* all of it, whatever stands there */
	void *user;
};

/* Messages in a row. */
struct list {
	struct hit *hits;
	char **branches; /* of a thread: its drawing before each subject */
	size_t n, at, top;
	bool all; /* there are no more of them */
	uint64_t total;
	bool counted; /* the total is exact */
};

/* What is shown of a message in a list. */
struct row {
	char *from, *subject; /* clean */
	struct am_when date;
	uint32_t flags;
	unsigned n_attachments;
	char *error; /* it could not be read; clean */
};

/* A line beside the list. */
struct side_row {
	char *label;  /* clean */
	char *filter; /* what it adds to a query; NULL: a heading */
	uint64_t count;
};

struct browse {
	struct session *s;
	const struct browse_term *term;
	struct searched *in;
	size_t n_in;
	struct worker *worker;
	size_t rows, columns; /* of the screen */
	bool quit;
	bool seen_order; /* see struct frame */

	enum view view;
	enum view under[8]; /* views to come back to */
	size_t n_under;

	/* Searching. */
	struct edit query;
	char *query_before; /* when typing began */
	enum am_sort sort;
	bool begun_word; /* the last word was searched as a beginning */
	bool settling;   /* typing has ended: word for word, if that finds */
	bool keep_place; /* more of the same was asked for */
	uint64_t asked;  /* numbers of the worker's */
	uint64_t shown;
	size_t room; /* hits asked for */
	char *wrong; /* what is wrong with the query, clean */

	struct list found;
	struct list *thread; /* shown instead of what was found, or NULL */
	GHashTable *marks;   /* hit -> itself */
	GHashTable *seen;    /* hit -> row: what was read for the list */
	void (*when_all)(struct browse *b); /* once all hits are here */

	/* Around what was found in the message the list stands on. */
	char *snippet; /* clean, with marks; NULL: there is none */
	struct hit snippet_hit;
	uint64_t snippet_number; /* of the search it is of */

	/* Beside it. */
	bool side_hidden;
	GArray *side; /* struct side_row */
	size_t side_at, side_top;

	/* Reading. */
	struct page *page;
	struct hit page_hit;
	struct page_how how;
	size_t line;        /* on top */
	struct finds finds; /* the query's, or what was typed last */
	char *find;         /* that, or NULL */
	size_t file_at, file_top;

	size_t help_top;

	/* The line at the bottom. */
	char *said; /* clean */
	enum style said_style;
	char *label; /* of a prompt, of a question; clean */
	struct edit prompt;
	bool prompt_path;
	void (*prompt_done)(struct browse *b, const char *text);
	void (*ask_yes)(struct browse *b);
	GPtrArray *temporary; /* folders of opened attachments */
};

/* Takes nothing; in[] is opened.  The first answer is asked for. */
AM_MUST_USE int browse_new(struct browse **out, struct session *s,
                           struct searched *in, size_t n, const char *query,
                           const struct browse_term *term,
                           struct am_error *err);
void browse_free(struct browse **browse);
void browse_resize(struct browse *b, size_t rows, size_t columns);
void browse_key(struct browse *b, int key);
/* A letter that was not typed: no key, and nothing where nothing is typed. */
void browse_paste(struct browse *b, int letter);
/* A button at a place: 1 the first one, 4 and 5 the wheel up and down. */
void browse_mouse(struct browse *b, size_t y, size_t x, unsigned button);
/* Take what the worker has; false: nothing came. */
bool browse_answers(struct browse *b);
struct frame *browse_draw(struct browse *b); /* free it */

/* ---- shared by the parts ------------------------------------------------- */

/* The line at the bottom until the next key. */
void browse_say(struct browse *b, enum style style, const char *fmt, ...)
	AM_PRINTF(3, 4);
void browse_say_error(struct browse *b, const struct am_error *err);
void browse_push(struct browse *b, enum view view);
void browse_pop(struct browse *b);
void browse_prompt(struct browse *b, const char *label, const char *text,
                   void (*done)(struct browse *b, const char *text));
/* The same for a path: Tab completes it, "~/" is the home folder. */
void browse_prompt_path(struct browse *b, const char *label, const char *text,
                        void (*done)(struct browse *b, const char *text));
void browse_ask(struct browse *b, const char *question,
                void (*yes)(struct browse *b));
/* Search for what stands in b->query, from the beginning; or ask for so many of
 * what is shown. */
void browse_search(struct browse *b, bool typing);
void browse_more(struct browse *b, size_t room);

/* Rows there are for the list, the message, the help. */
size_t browse_height(const struct browse *b);

struct list *list_now(struct browse *b);
const struct hit *list_hit(struct browse *b); /* NULL: the list is empty */
void list_clear(struct list *list);
bool list_act(struct browse *b, enum action action);
void list_draw(struct browse *b, struct frame *f, size_t x, size_t columns);
void list_keep_in_sight(struct list *list, size_t rows);
bool list_marked(const struct browse *b, const struct hit *hit);
/* More hits when the end of those there are is near. */
void list_more(struct browse *b);
const struct row *list_row(struct browse *b, const struct hit *hit);
void row_free(void *row);
/* Move within n things of which `rows` are seen; false: no such action. */
bool list_move(size_t *at, size_t n, size_t rows, enum action action);
void list_marks_free(struct browse *b);

/* The thread of a message instead of what was found, and back. */
void thread_open(struct browse *b, const struct hit *hit);
void thread_close(struct browse *b);

/* Why the message was found, in one row; false: there is nothing to say. */
bool snippet_draw(struct browse *b, struct frame *f, size_t y);

size_t side_width(const struct browse *b); /* 0: not shown */
bool side_act(struct browse *b, enum action action);
void side_draw(struct browse *b, struct frame *f);
/* The folders of archives that have no index to tell more. */
void side_read(struct browse *b);
void side_take(struct browse *b, const struct division *divisions, size_t n);

bool reader_act(struct browse *b, enum action action);
void reader_draw(struct browse *b, struct frame *f);
void reader_open(struct browse *b, const struct hit *hit);
bool files_act(struct browse *b, enum action action);
void files_draw(struct browse *b, struct frame *f);

void doing_open(struct browse *b);
void doing_save(struct browse *b, bool all);
void doing_pipe(struct browse *b);
void doing_export(struct browse *b);
void doing_end(struct browse *b);

void help_draw(struct browse *b, struct frame *f);
bool help_act(struct browse *b, enum action action);

#endif
