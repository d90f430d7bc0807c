/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "base/file.h"
#include "formats/pdf/pdf.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_USEC   5000
#define TRY_SECONDS 30 /* for --version */
#define MAX_ARGS    16

extern char **environ;

/* ---- a program that ends, one way or the other ---- */

static int start(pid_t *pid, const char *const *argv, struct am_error *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
	                                 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
	                                 O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null",
	                                 O_WRONLY, 0);
	/* A group of its own, so that what it starts can be ended with it. */
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	int sys = posix_spawnp(pid, argv[0], &files, &attr,
	                       (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	if (!sys)
		return AM_OK;
	return am_fail(err, AM_FAILED, sys == ENOENT ? AM_E_NOTFOUND : AM_E_IO,
	               "%s: %s", argv[0], g_strerror(sys));
}

static int run(const char *const *argv, unsigned seconds,
               const struct am_ctx *ctx, struct am_error *err)
{
	int64_t until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
	int status = 0, r;
	pid_t pid, done;

	r = start(&pid, argv, err);
	if (r)
		return r;
	while (!(done = waitpid(pid, &status, WNOHANG)) ||
	       (done < 0 && errno == EINTR)) {
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		else if (g_get_monotonic_time() > until)
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "%s took longer than %u seconds: ended",
			            argv[0], seconds);
		if (r)
			break;
		g_usleep(LOOK_USEC);
	}
	/* Whatever it left running goes as well. */
	kill(-pid, SIGKILL);
	if (r)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (r)
		return r;
	if (done != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		return am_fail(err, AM_FAILED, AM_E_IO,
		               "%s could not print it (status %d)", argv[0],
		               WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return AM_OK;
}

/* ---- which ---- */

static bool is_browser(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	return strstr(name, "chrom") || strstr(name, "edge");
}

static int try_one(struct am_pdf_printer *p, const char *program,
                   struct am_error *err)
{
	const char *const argv[] = {program, "--version", NULL};
	int r = run(argv, TRY_SECONDS, p->ctx, err);

	if (!r) {
		p->program = g_strdup(program);
		p->browser = is_browser(program);
	}
	return r;
}

int am_pdf_printer_find(struct am_pdf_printer *out, const char *wanted,
                        struct am_error *err)
{
	static const char *const programs[] = {
		"weasyprint", "chromium", "chromium-browser", "google-chrome"};

	if (strcmp(wanted, "auto") != 0) {
		int r = try_one(out, wanted, err);
		if (r && err && err->kind != AM_E_CANCELLED)
			err->kind = AM_E_UNSUPPORTED;
		return r ? am_wrap(err, AM_FATAL, "the program for PDF")
		         : AM_OK;
	}
	for (size_t i = 0; i < AM_COUNT(programs); i++)
		if (!try_one(out, programs[i], NULL))
			return AM_OK;
	return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
	               "nothing here prints PDF: install weasyprint or "
	               "chromium, or say program=PATH");
}

/* ---- one message ---- */

static int print_in(const struct am_pdf_printer *p, const char *dir,
                    const char *html, size_t len, struct am_blob **out,
                    struct am_error *err)
{
	char *in = g_build_filename(dir, "message.html", NULL);
	char *pdf = g_build_filename(dir, "message.pdf", NULL);
	char *profile = g_strconcat("--user-data-dir=", dir, "/profile", NULL);
	char *to = g_strconcat("--print-to-pdf=", pdf, NULL);
	char *url = g_filename_to_uri(in, NULL, NULL);
	/* The page asks for nothing, and its policy lets nothing run; there is
	 * nobody to ask, either. */
	const char *const browser[MAX_ARGS] = {
		p->program, "--headless", "--disable-gpu",
		"--disable-extensions", "--disable-dev-shm-usage",
		"--host-resolver-rules=MAP * ~NOTFOUND",
		"--no-pdf-header-footer", profile, to, url,
		/* It refuses root with its sandbox. */
		geteuid() ? NULL : "--no-sandbox", NULL};
	const char *const plain[] = {p->program, in, pdf, NULL};
	struct am_file *file = NULL;
	int r = am_file_replace(in, html, len, err);

	if (!r)
		r = run(p->browser ? browser : plain, p->seconds, p->ctx, err);
	if (!r && am_file_open(&file, pdf, NULL))
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s ended and left no PDF",
		            p->program);
	if (!r)
		r = am_blob_slice(out, file, 0, am_file_size(file), err);
	am_file_unref(&file);
	g_free(url);
	g_free(to);
	g_free(profile);
	g_free(pdf);
	g_free(in);
	return r;
}

int am_pdf_print(const struct am_pdf_printer *p, const char *html, size_t len,
                 struct am_blob **out, struct am_error *err)
{
	char *dir = g_build_filename(am_ctx_tmpdir(p->ctx),
	                             "mailark-pdf-XXXXXX", NULL);
	int r;

	if (!g_mkdtemp(dir)) {
		r = am_fail_sys(err, AM_FATAL, "%s", dir);
	} else {
		r = print_in(p, dir, html, len, out, err);
		if (am_remove_tree(dir, NULL))
			am_ctx_note(p->ctx, AM_NOTE_WARN, "pdf.leftovers", NULL,
			            NULL, "%s could not be removed", dir);
	}
	g_free(dir);
	return r;
}
