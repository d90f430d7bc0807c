/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves the program: attachments opened and saved, messages given to a
 * command or copied somewhere. */
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "cmd/attachments.h"
#include "cmd/browse/model.h"
#include "cmd/browse/page.h"
#include "cmd/copy_picked.h"
#include "cmd/out.h"
#include "cmd/searched.h"
#include "cmd/session.h"
#include "store/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- programs ------------------------------------------------------------ */

/* Start one, with what it reads from a pipe (or NULL: from the terminal). */
static pid_t start(const char *const argv[], int *input, struct am_error *err)
{
	int pipe_fd[2] = {-1, -1};

	fflush(stdout);
	if (input && pipe2(pipe_fd, O_CLOEXEC)) {
		am_fail_sys(err, AM_FAILED, "pipe");
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		if (input)
			dup2(pipe_fd[0], STDIN_FILENO);
		execvp(argv[0], (char *const *)(const void *)argv);
		fprintf(stderr, "mailark: %s: %s\n", argv[0],
		        g_strerror(errno));
		_exit(127);
	}
	if (pid < 0)
		am_fail_sys(err, AM_FAILED, "%s", argv[0]);
	if (input) {
		close(pipe_fd[0]);
		*input = pipe_fd[1];
	}
	return pid;
}

/* Until it has ended; Ctrl-C is for it, not for us. */
static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void write_raw(const struct am_blob *raw, int fd)
{
	struct am_reader *reader = NULL;
	struct am_error err = {0};
	const uint8_t *data;
	size_t len;

	/* A command that has read enough is no error. */
	if (!am_blob_open(raw, &reader, &err))
		while (!am_reader_peek(reader, 1, &data, &len, &err)) {
			if (am_write_all(fd, data, len, "pipe", &err))
				break;
			am_reader_skip(reader, len);
		}
	am_reader_close(&reader);
}

/* ---- | ------------------------------------------------------------------- */

static void pipe_message(struct browse *b, const char *command)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	const struct hit *hit =
		b->view == VIEW_MESSAGE ? &b->page_hit : list_hit(b);
	struct am_blob *raw = NULL;
	struct am_error err = {0};
	void (*before)(int);
	int input = -1;

	if (!*command || !hit)
		return;
	if (am_archive_load(b->in[hit->archive].archive, hit->id, &raw, &err)) {
		browse_say_error(b, &err);
		return;
	}
	b->term->leave(b->term->user);
	before = signal(SIGPIPE, SIG_IGN);
	pid_t pid = start(argv, &input, &err);
	if (pid > 0) {
		write_raw(raw, input);
		close(input);
		int status = wait_for(pid);
		if (status)
			browse_say(b, STYLE_ERROR, "%s: exit status %d",
			           command, status);
	} else {
		browse_say_error(b, &err);
	}
	signal(SIGPIPE, before);
	b->term->back(b->term->user, true);
	am_blob_unref(&raw);
}

void doing_pipe(struct browse *b)
{
	browse_prompt(b, "pipe the message to: ", "", pipe_message);
}

/* ---- attachments --------------------------------------------------------- */

static const struct page_file *this_file(const struct browse *b)
{
	size_t n;
	const struct page_file *files = page_files(b->page, &n);

	return b->file_at < n ? &files[b->file_at] : NULL;
}

static void save_one(struct browse *b, const char *to)
{
	const struct page_file *file = this_file(b);
	struct am_error err = {0};
	char size[OUT_ROOM], *path;
	uint64_t bytes;

	if (!*to || !file)
		return;
	if (attachments_save_part(page_raw(b->page), page_scan(b->page),
	                          file->part, to, &path, &bytes, &err)) {
		browse_say_error(b, &err);
		return;
	}
	out_size(bytes, size);
	browse_say(b, STYLE_PLAIN, "saved %s (%s)", path, size);
	g_free(path);
}

static void save_all(struct browse *b, const char *to)
{
	size_t n, saved = 0;
	const struct page_file *files = page_files(b->page, &n);
	struct am_error err = {0};

	if (!*to)
		return;
	char *folder = g_strdup_printf("%s/", to);
	for (size_t i = 0; i < n; i++) {
		char *path;
		uint64_t bytes;
		if (attachments_save_part(page_raw(b->page), page_scan(b->page),
		                          files[i].part, folder, &path, &bytes,
		                          &err))
			break;
		g_free(path);
		saved++;
	}
	g_free(folder);
	if (saved < n)
		browse_say(b, STYLE_ERROR, "%zu of %zu saved: %s", saved, n,
		           err.text);
	else
		browse_say(b, STYLE_PLAIN, "%zu saved in %s", saved, to);
}

void doing_save(struct browse *b, bool all)
{
	const struct page_file *file = this_file(b);

	if (all) {
		browse_prompt_path(b, "save all in the folder: ", ".",
		                   save_all);
	} else if (file) {
		char *name = attachments_safe_name(file->title, file->type);
		browse_prompt_path(b, "save as: ", name, save_one);
		g_free(name);
	}
}

/* What opens it: MAILARK_OPEN, where there are windows xdg-open, else what
 * mailcap(5) says, which knows of terminals.  NULL: nothing does. */
static const char *opener(void)
{
	static const char *const order[] = {"xdg-open", "run-mailcap"};
	bool windows = g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY");
	const char *own = g_getenv("MAILARK_OPEN");

	if (own && *own)
		return own;
	for (size_t i = 0; i < AM_COUNT(order); i++) {
		const char *name = order[windows ? i : 1 - i];
		char *path = g_find_program_in_path(name);
		g_free(path);
		if (path)
			return name;
	}
	return NULL;
}

/* "application/pdf", as far as it is a type: what a mail calls one may end up
 * in a command of mailcap's. */
static char *type_word(const char *type)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				      "-_.+/";

	return g_strdup(*type && !type[strspn(type, letters)]
	                        ? type
	                        : "application/octet-stream");
}

static void open_file(struct browse *b)
{
	const struct page_file *file = this_file(b);
	struct am_error err = {0};
	GError *gerr = NULL;
	char *path = NULL;
	uint64_t bytes;

	char *dir = g_dir_make_tmp("mailark-XXXXXX", &gerr);
	if (!dir) {
		browse_say(b, STYLE_ERROR, "%s", gerr->message);
		g_error_free(gerr);
		return;
	}
	/* It may be read long after it was started: it stays to the end. */
	g_ptr_array_add(b->temporary, dir);
	if (attachments_save_part(page_raw(b->page), page_scan(b->page),
	                          file->part, dir, &path, &bytes, &err)) {
		browse_say_error(b, &err);
		return;
	}
	const char *with = opener();
	char *type = type_word(file->type);
	char *typed = g_strdup_printf("%s:%s", type, path);
	bool mailcap = !strcmp(with, "run-mailcap");
	char *own = g_strdup_printf("%s \"$1\"", with);
	const char *const mailcap_argv[] = {"run-mailcap", "--action=view",
	                                    typed, NULL};
	const char *const argv[] = {"/bin/sh", "-c", own, "sh", path, NULL};
	b->term->leave(b->term->user);
	pid_t pid = start(mailcap ? mailcap_argv : argv, NULL, &err);
	int status = pid > 0 ? wait_for(pid) : 127;
	b->term->back(b->term->user, status != 0);
	if (status)
		browse_say(b, STYLE_ERROR, "%s: exit status %d", with, status);
	g_free(own);
	g_free(typed);
	g_free(type);
	g_free(path);
}

void doing_open(struct browse *b)
{
	const struct page_file *file = this_file(b);
	const char *with = opener();

	if (!file)
		return;
	if (!with) {
		browse_say(b, STYLE_ERROR,
		           "there is neither xdg-open nor run-mailcap: set "
		           "MAILARK_OPEN to a program, or save it");
		return;
	}
	char *question = g_strdup_printf("open \"%s\" (%s) with %s?",
	                                 *file->name ? file->name : "(no name)",
	                                 file->type, with);
	browse_ask(b, question, open_file);
	g_free(question);
}

void doing_end(struct browse *b)
{
	for (guint i = 0; i < b->temporary->len; i++) {
		struct am_error err = {0};
		if (am_remove_tree(b->temporary->pdata[i], &err))
			session_error(b->s, b->temporary->pdata[i], &err);
	}
}

/* ---- copying ------------------------------------------------------------- */

static gint by_place(gconstpointer a, gconstpointer b)
{
	const struct hit *x = a, *y = b;

	if (x->archive != y->archive)
		return x->archive < y->archive ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The message that is read; else what is marked; else all that was found. */
static GArray *selection(struct browse *b)
{
	GArray *hits = g_array_new(FALSE, FALSE, sizeof(struct hit));
	struct list *l = list_now(b);
	GHashTableIter it;
	gpointer key;

	if (b->view == VIEW_MESSAGE) {
		g_array_append_val(hits, b->page_hit);
	} else if (g_hash_table_size(b->marks)) {
		g_hash_table_iter_init(&it, b->marks);
		while (g_hash_table_iter_next(&it, &key, NULL))
			g_array_append_vals(hits, key, 1);
	} else if (l->n) {
		g_array_append_vals(hits, l->hits, (guint)l->n);
	}
	g_array_sort(hits, by_place);
	return hits;
}

static void copy_selection(struct browse *b, const char *target)
{
	GArray *hits = selection(b);
	int64_t *ids = g_new(int64_t, hits->len + 1);
	struct copy_pick *picks = g_new0(struct copy_pick, b->n_in + 1);
	uint64_t errors = b->s->n_errors;
	size_t n = 0;

	for (guint i = 0; i < hits->len; i++) {
		const struct hit *h = &g_array_index(hits, struct hit, i);
		const char *name = b->in[h->archive].name;
		ids[i] = h->id;
		if (!n || picks[n - 1].archive != name)
			picks[n++] = (struct copy_pick){name, &ids[i], 0};
		picks[n - 1].n++;
	}
	if (n && *target) {
		b->term->leave(b->term->user);
		int status = copy_picked(b->s, picks, n, target);
		b->term->back(b->term->user, true);
		if (status)
			browse_say(b, STYLE_ERROR, "%s: exit status %d", target,
			           status);
		b->s->n_errors = errors;
		b->s->cancel.asked = 0;
	}
	g_free(picks);
	g_free(ids);
	g_array_unref(hits);
}

void doing_export(struct browse *b)
{
	GArray *hits = selection(b);
	char n[OUT_ROOM];

	out_count(hits->len, n);
	char *label = g_strdup_printf(
		"copy %s message%s%s to: ", n, hits->len == 1 ? "" : "s",
		b->view == VIEW_MESSAGE       ? ""
		: g_hash_table_size(b->marks) ? ", marked,"
		: b->thread                   ? ", the thread,"
					      : ", all found,");
	if (hits->len)
		browse_prompt_path(b, label, "", copy_selection);
	else
		browse_say(b, STYLE_DIM, "there is nothing to copy");
	g_free(label);
	g_array_unref(hits);
}
