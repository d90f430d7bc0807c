/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tests' Dovecot and relay for whoever sits at a shell, and for `make
 * bench-imap`:
 *
 *   imap-lab serve              start a server; prints "FOLDER IMAP IMAPS POP3
 *                               POP3S"; ends with its standard input
 *   imap-lab relay PORT MS [CUTS BYTES]
 *                               a line to it MS milliseconds long; so many
 *                               connections are cut after so many bytes; prints
 *                               its port; ends likewise.  A line of input is
 *                               the new MS and answered by the turns so far:
 *                               how often the client waited for the server
 *   imap-lab fill FOLDER USER FOLDERS MESSAGES BYTES
 *                               so many messages of about that size in so many
 *                               folders (FOLDER: what serve printed)
 *   imap-lab load FOLDER USER FOLDERS < MBOX
 *                               the messages of an mbox, dealt out to folders
 *   imap-lab list PORT USER     what imap_talk_account() says
 *   imap-lab read PORT USER [LINE [tls]]
 *                               the floor of an export: every message in one
 *                               pipelined FETCH a folder, to nowhere; through
 *                               the port LINE when one is given
 *
 * Users and passwords are those of tests/support/dovecot.h.
 */
#include "tests/support/account.h"
#include "tests/support/dovecot.h"
#include "tests/support/imap_talk.h"
#include "tests/support/relay.h"

#include <glib.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {
	"INBOX",         "Sent",          "Archive/2008",
	"Archive/2009",  "Lists/dovecot", "Lists/gr&APwA3w-e",
	"Work/Projects", "Trash",
};

static unsigned number(const char *text)
{
	return (unsigned)g_ascii_strtoull(text, NULL, 10);
}

static void wait_for_end(void)
{
	char c;

	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

static int serve(void)
{
	struct dovecot d;

	dovecot_start(&d, "protocol imap {\n  rawlog_dir =\n}\n");
	printf("%s %u %u %u %u\n", d.dir, d.imap, d.imaps, d.pop3, d.pop3s);
	wait_for_end();
	dovecot_stop(&d);
	return 0;
}

static int relay(int n, char **args)
{
	struct relay r = {.to = (uint16_t)number(args[0]),
	                  .delay_ms = number(args[1]),
	                  .cuts = n > 2 ? number(args[2]) : 0,
	                  .cut_at = n > 2 ? number(args[3]) : 0};

	char line[32];

	relay_start(&r);
	printf("%u\n", r.port);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		r.delay_ms = number(line);
		printf("%u\n", r.turns);
		fflush(stdout);
	}
	relay_stop(&r);
	return 0;
}

static char *folder_name(unsigned i)
{
	return i < AM_COUNT(names) ? g_strdup(names[i])
	                           : g_strdup_printf("Folder %u", i);
}

static int fill(char **args)
{
	struct dovecot d = {.dir = args[0]};
	unsigned folders = number(args[2]), n = number(args[3]);

	for (unsigned f = 0; f < folders; f++) {
		char *folder = folder_name(f);
		unsigned first = n / folders * f;
		account_fill(&d, args[1], folder, first,
		             f + 1 < folders ? n / folders : n - first,
		             number(args[4]));
		g_free(folder);
	}
	return 0;
}

/* A "From " line begins a message, as gen-mail writes them. */
static int load(char **args)
{
	struct dovecot d = {.dir = args[0]};
	unsigned folders = number(args[2]), i = 0;
	GString *text = g_string_new(NULL);
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	for (unsigned f = 0; f < folders; f++) {
		char *folder = folder_name(f);
		account_folder(&d, args[1], folder);
		g_free(folder);
	}
	do {
		n = getline(&line, &room, stdin);
		bool starts = n > 0 && g_str_has_prefix(line, "From ");
		if ((starts || n < 0) && text->len) {
			/* The empty line before it is not the message's. */
			g_string_truncate(text, text->len - 1);
			char *folder = folder_name(i % folders);
			account_put(&d, args[1], folder, i, text->str,
			            text->len, i % 3 ? "S" : "",
			            1577934000 + (int64_t)i * 3607);
			g_free(folder);
			g_string_truncate(text, 0);
			i++;
		}
		if (n > 0 && !starts)
			g_string_append_len(text, line, n);
	} while (n > 0);
	g_string_free(text, TRUE);
	free(line);
	printf("%u messages\n", i);
	return 0;
}

static int list(char **args)
{
	char *text = imap_talk_account((uint16_t)number(args[0]), args[1]);

	puts(text);
	g_free(text);
	return 0;
}

/* ---- the floor ---- */
static char *commands(uint16_t port, const char *user)
{
	struct imap_talk *t = imap_talk_open(port, user, "secret");
	GString *out = g_string_new(NULL);
	char **lines = g_strsplit(imap_talk(t, "LIST \"\" *")->str, "\r\n", -1);

	g_string_printf(out, "a LOGIN %s secret\r\n", user);
	for (char **l = lines; *l; l++) {
		char *name = strstr(*l, "\"/\" ");
		if (name && !strstr(*l, "\\Noselect"))
			g_string_append_printf(
				out,
				"b EXAMINE %s\r\n"
				"c UID FETCH 1:* (UID FLAGS INTERNALDATE "
				"RFC822.SIZE BODY.PEEK[])\r\n",
				name + strlen("\"/\" "));
	}
	g_string_append(out, "d LOGOUT\r\n");
	g_strfreev(lines);
	imap_talk_close(t);
	return g_string_free(out, FALSE);
}

static int read_all(int n, char **args)
{
	static char buf[256 << 10];
	uint16_t port = (uint16_t)number(args[n > 2 && *args[2] ? 2 : 0]);
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char *text = commands((uint16_t)number(args[0]), args[1]);
	int fd = socket(AF_INET, SOCK_STREAM, 0), len = (int)strlen(text), got;
	uint64_t total = 0;
	SSL *ssl = NULL;

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return 1;
	if (n > 3) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
		SSL_CTX_set_default_read_buffer_len(ctx, sizeof(buf));
		SSL_CTX_set_read_ahead(ctx, 1);
		ssl = SSL_new(ctx);
		if (!SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1)
			return 1;
	}
	if ((ssl ? SSL_write(ssl, text, len)
	         : (int)send(fd, text, (size_t)len, 0)) != len)
		return 1;
	while ((got = ssl ? SSL_read(ssl, buf, sizeof(buf))
	                  : (int)recv(fd, buf, sizeof(buf), 0)) > 0)
		total += (unsigned)got;
	printf("%llu bytes\n", (unsigned long long)total);
	g_free(text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char **args = argv + 2;
	int n = argc - 2;

	if (!strcmp(what, "serve") && n == 0)
		return serve();
	if (!strcmp(what, "relay") && (n == 2 || n == 4))
		return relay(n, args);
	if (!strcmp(what, "fill") && n == 5)
		return fill(args);
	if (!strcmp(what, "load") && n == 3)
		return load(args);
	if (!strcmp(what, "list") && n == 2)
		return list(args);
	if (!strcmp(what, "read") && n >= 2 && n <= 4)
		return read_all(n, args);
	fprintf(stderr, "usage: see the head of tools/imap_lab.c\n");
	return 2;
}
