/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailark-extract: the text of documents, read where they can do no harm.
 *
 * A program of its own, because what reads PDFs brings thirty libraries along,
 * which no search should wait for, and because what has not opened an archive
 * has none to lose.  mailark starts it; by hand it shows what it makes of
 * files.
 */
#include "extract/hint.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extract/status.h"
#include "extractor/any.h"
#include "extractor/exit.h"
#include "extractor/limits.h"
#include "extractor/serve.h"
#include "extractor/tables.h"

#include <glib.h>

#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* GLib's last words are that there is no more memory. */
static void last_words(const char *domain, GLogLevelFlags level,
                       const char *text, void *user)
{
	(void)domain;
	(void)text;
	(void)user;
	if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR))
		_exit(AM_EXIT_MEMORY);
}

/* Poppler's calls of fopen() come here, for the program stands before the
 * libraries; by that name, which our own headers make fopen64(). */
FILE *am_fopen(const char *path, const char *mode) __asm__("fopen");

FILE *am_fopen(const char *path, const char *mode)
{
	static FILE *(*real)(const char *, const char *);
	FILE *table = am_tables_open(path, mode);

	if (!table && !real) {
		/* ISO C has no cast from an object to a function. */
		void *found = dlsym(RTLD_NEXT, "fopen");
		memcpy(&real, &found, sizeof(real));
	}
	return table ? table : real ? real(path, mode) : NULL;
}

/* ---- by hand
 * ------------------------------------------------------------- */

static void show(const uint8_t *pieces, size_t len)
{
	struct am_extract_piece piece;
	size_t at = 0;

	while (am_pieces_next(pieces, len, &at, &piece)) {
		if (piece.kind == AM_PIECE_TEXT)
			printf("%.*s\n", (int)piece.len, piece.text);
		else if (piece.kind == AM_PIECE_FROM && piece.len)
			printf("[%.*s]\n", (int)piece.len, piece.text);
	}
}

static int show_files(const struct am_server *server, char **files)
{
	int bad = 0;

	for (; *files; files++) {
		uint8_t *pieces = NULL;
		size_t len = 0, n = 0;
		char *data = NULL, *base = g_path_get_basename(*files);
		GError *error = NULL;
		if (!g_file_get_contents(*files, &data, &len, &error)) {
			fprintf(stderr, "mailark-extract: %s\n",
			        error->message);
			g_error_free(error);
			bad = 1;
		} else {
			enum am_extract_hint hint =
				am_extract_hint_of(NULL, base);
			unsigned status = am_server_read(server, hint,
			                                 (const uint8_t *)data,
			                                 len, &pieces, &n);
			printf("== %s: %s\n", *files, am_extract_name(status));
			if (am_pieces_valid(pieces, n))
				show(pieces, n);
			bad |= am_extract_failed(status);
		}
		g_free(data);
		g_free(base);
		g_free(pieces);
	}
	return bad;
}

static bool is_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

static int usage(FILE *to)
{
	fputs("usage: mailark-extract FILE...\n"
	      "Prints the text of documents as mailark index reads it, within "
	      "the same limits.\nWithout files it serves mailark.\n",
	      to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	const char *why = NULL;
	struct am_server server = {
		.reader = am_extract_document,
		.limits = {.cpu_seconds = AM_EXTRACTOR_CPU_SECONDS,
	                   .memory = AM_EXTRACTOR_MEMORY},
		.wall_ms = AM_EXTRACTOR_WALL_SECONDS * 1000};
	bool serving = argc == 1 && is_socket(STDIN_FILENO);
	int result = 0;

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return printf("mailark-extract %s\n", AM_VERSION) < 0;
	if (!serving && (argc == 1 || argv[1][0] == '-'))
		return usage(stderr);
	/* Names of files in containers. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	g_log_set_default_handler(last_words, NULL);
	am_extract_warm_up();
	server.sandbox = am_sandbox_new(&why);
	if (!why && serving && !am_sandbox_enter_server(server.sandbox))
		why = "the kernel has no filter of system calls (seccomp)";
	if (!why && !am_server_prove(&server))
		why = "the sandbox does not hold";
	if (serving)
		am_server_hello(STDIN_FILENO, why);
	else if (why)
		fprintf(stderr, "mailark-extract: %s\n", why);
	if (why)
		result = 2;
	else if (serving)
		am_server_run(&server, STDIN_FILENO);
	else
		result = show_files(&server, argv + 1);
	am_sandbox_free(&server.sandbox);
	return result;
}
