/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/progress.h"

#include "cmd/out.h"
#include "model/folder.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_USEC (G_USEC_PER_SEC / 10)
#define PLAIN_USEC  (5 * (int64_t)G_USEC_PER_SEC)

struct progress {
	bool tty, verbose, quiet;
	bool drawn;
	int64_t last;
	/* Of the phase that runs: rates begin with it. */
	const char *phase;
	int64_t started;
};

struct progress *progress_new(void)
{
	struct progress *progress = g_new0(struct progress, 1);
	const char *term = g_getenv("TERM");

	progress->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	return progress;
}

void progress_free(struct progress **progress)
{
	if (*progress)
		progress_clear(*progress);
	g_free(*progress);
	*progress = NULL;
}

void progress_voice(struct progress *progress, bool quiet, bool verbose)
{
	progress->quiet = quiet;
	progress->verbose = verbose;
}

void progress_clear(struct progress *progress)
{
	if (progress && progress->drawn)
		fputs("\r\033[K", stderr);
	if (progress)
		progress->drawn = false;
}

/* How much of it is done, 0 … 1; negative when nobody knows. */
static double part_done(const struct am_progress *p)
{
	/* Bytes say more than messages where both are known: one message may
	 * be a thousand times another. */
	if (p->total_bytes)
		return (double)p->done_bytes / (double)p->total_bytes;
	if (p->total)
		return (double)p->done / (double)p->total;
	return -1;
}

static char *make_line(const struct progress *progress,
                       const struct am_progress *p, double seconds)
{
	GString *line = g_string_new(p->phase);
	char a[OUT_ROOM], b[OUT_ROOM];
	double part = part_done(p);

	(void)progress;
	out_count(p->done, a);
	out_count(p->total, b);
	g_string_append_printf(
		line, p->total ? ": %s of %s messages" : ": %s messages", a, b);
	if (p->done_bytes) {
		out_size(p->done_bytes, a);
		g_string_append_printf(line, ", %s", a);
	}
	if (seconds > 0.3 && p->done_bytes) {
		out_size((uint64_t)((double)p->done_bytes / seconds), a);
		g_string_append_printf(line, ", %s/s", a);
	}
	if (part > 0.005 && part <= 1 && seconds > 1) {
		out_duration(seconds / part - seconds, a);
		g_string_append_printf(line, ", %.0f %%, %s left", part * 100,
		                       a);
	}
	if (p->duplicates) {
		out_count(p->duplicates, a);
		g_string_append_printf(line, ", %s duplicates", a);
	}
	if (p->failed) {
		out_count(p->failed, a);
		g_string_append_printf(line, ", %s failed", a);
	}
	if (p->folder && p->folder->depth) {
		char *folder = am_folder_print(p->folder);
		g_string_append_printf(line, ", %s", folder);
		g_free(folder);
	}
	return g_string_free(line, FALSE);
}

static size_t columns(void)
{
	struct winsize size;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

void progress_show(struct progress *progress, const struct am_progress *p)
{
	int64_t now = g_get_monotonic_time();

	if (progress->phase != p->phase) {
		progress->phase = p->phase;
		progress->started = progress->last = now;
	}
	if (progress->quiet || (!progress->tty && !progress->verbose))
		return;
	if (now - progress->last < (progress->tty ? REDRAW_USEC : PLAIN_USEC))
		return;
	progress->last = now;
	double seconds = (double)(now - progress->started) / G_USEC_PER_SEC;
	char *line = make_line(progress, p, seconds);
	if (progress->tty) {
		char *fitted = out_fit(line, columns() - 1);
		fprintf(stderr, "\r\033[K%s", fitted);
		g_free(fitted);
		progress->drawn = true;
	} else {
		char *clean = out_clean(line, false);
		fprintf(stderr, "mailark: %s\n", clean);
		g_free(clean);
	}
	g_free(line);
}
