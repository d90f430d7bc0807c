/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/leftover.h"

#include "formats/mbox/lock.h"
#include "model/ctx.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK ".lock"

/* "x.mbox" and "x.mbox.1234abcd.tmp" (base/file_replace.h) */
static bool is_temp(const char *name, const char *of)
{
	const char *at = name + strlen(of);

	return g_str_has_prefix(name, of) && *at++ == '.' &&
	       strspn(at, "0123456789abcdef") == 8 && !strcmp(at + 8, ".tmp");
}

static unsigned remove_temps(const char *path)
{
	char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;
	unsigned n = 0;

	while (d && (name = g_dir_read_name(d))) {
		if (!is_temp(name, base))
			continue;
		char *temp = g_build_filename(dir, name, NULL);
		n += !unlink(temp);
		g_free(temp);
	}
	if (d)
		g_dir_close(d);
	g_free(base);
	g_free(dir);
	return n;
}

/* What was put behind `safe` begins like a message. */
static bool begins_there(int fd, uint64_t safe)
{
	char text[8] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, (off_t)safe);
	const char *at = text;

	at += *at == '\r';
	at += *at == '\n';
	return n > 0 && !strncmp(at, "From ", MIN(5, strlen(at)));
}

/* false: not ours to touch. */
static bool roll_back(int fd, const char *path, const struct am_mbox_work *w,
                      struct am_ctx *ctx)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    am_mbox_lock_fd(fd, path, NULL))
		return false;
	uint64_t size = (uint64_t)st.st_size;
	if (!w->to || size <= w->safe)
		return true;
	if (w->safe > w->from || size < w->from || size > w->to ||
	    !begins_there(fd, w->safe)) {
		am_ctx_note(ctx, AM_NOTE_WARN, "mbox.leftover-unsure", NULL,
		            path,
		            "a run was broken off that wrote behind byte "
		            "%" PRIu64 ", and somebody else did since: the "
		            "end of its last message may be lacking",
		            w->safe);
		return true;
	}
	if (ftruncate(fd, (off_t)w->safe) || fsync(fd))
		return false;
	am_ctx_note(ctx, AM_NOTE_INFO, "mbox.leftovers", NULL, path,
	            "what a run that was broken off had not finished, %" PRIu64
	            " bytes at its end, is taken back",
	            size - w->safe);
	return true;
}

static void clear_one(const char *path, struct am_ctx *ctx)
{
	char *lock = g_strconcat(path, LOCK, NULL);
	struct am_mbox_work work;
	bool done = true;

	if (am_mbox_lock_left(lock, &work)) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			done = roll_back(fd, path, &work, ctx);
		else
			done = errno == ENOENT;
		unsigned n = done ? remove_temps(path) : 0;
		if (n)
			am_ctx_note(ctx, AM_NOTE_INFO, "mbox.leftovers", NULL,
			            path,
			            "%u unfinished %s of a run that was broken "
			            "off: removed",
			            n, n == 1 ? "file" : "files");
		/* The last: until then it is known what there is to do. */
		if (done)
			(void)unlink(lock);
		if (fd >= 0)
			close(fd);
	}
	g_free(lock);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode);
}

void am_mbox_leftover_clear(const char *path, bool tree, struct am_ctx *ctx)
{
	GQueue dirs = G_QUEUE_INIT;
	const char *name;
	char *dir;

	if (!tree) {
		clear_one(path, ctx);
		return;
	}
	g_queue_push_tail(&dirs, g_strdup(path));
	while ((dir = g_queue_pop_head(&dirs))) {
		GDir *d = g_dir_open(dir, 0, NULL);
		while (d && (name = g_dir_read_name(d))) {
			char *at = g_build_filename(dir, name, NULL);
			if (g_str_has_suffix(name, ".mbox" LOCK)) {
				at[strlen(at) - strlen(LOCK)] = 0;
				clear_one(at, ctx);
			} else if (is_folder(at)) {
				g_queue_push_tail(&dirs, g_steal_pointer(&at));
			}
			g_free(at);
		}
		if (d)
			g_dir_close(d);
		g_free(dir);
	}
}
