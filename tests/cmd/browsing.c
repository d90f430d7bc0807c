/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/cmd/browsing.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <locale.h>
#include <string.h>
#include <unistd.h>

const char browsing_mail[] =
	"From alice@example.org Wed Jan  1 10:00:00 2020\n"
	"From: Alice Archer <alice@example.org>\n"
	"To: bob@example.com\n"
	"Subject: =?UTF-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=\n"
	"Date: Wed, 01 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <invoice@example.org>\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=XX\n"
	"Status: O\n"
	"\n"
	"--XX\n"
	"Content-Type: text/plain; charset=utf-8\n"
	"\n"
	"Please find the quarterly figures attached.\033[31m\n"
	"> what was said before\n"
	"\n"
	"--XX\n"
	"Content-Type: application/pdf; name=\"../figures.pdf\"\n"
	"Content-Disposition: attachment; filename=\"../figures.pdf\"\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"JVBERi0xLjQKbm90IHJlYWxseQo=\n"
	"--XX--\n"
	"\n"
	"From bob@example.com Thu Jan  2 10:00:00 2020\n"
	"From: Bob <bob@example.com>\n"
	"To: alice@example.org\n"
	"Subject: Re: figures\n"
	"Date: Thu, 02 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <reply@example.com>\n"
	"In-Reply-To: <invoice@example.org>\n"
	"References: <invoice@example.org>\n"
	"Content-Type: text/html; charset=iso-8859-1\n"
	"Status: RO\n"
	"\n"
	"<p>They <a href=\"https://figures.example/?a=1&amp;b=2\">look</a> "
	"fine.<blockquote>quarterly</blockquote><script>no</script>"
	"<p>Gr\xFC\xDF"
	"e <a href='#top'>up</a>\n"
	"\n"
	"From carol@example.net Fri Jan  3 10:00:00 2020\n"
	"From: \"Carol, of Accounts\" <carol@example.net>\n"
	"Subject: \033]0;evil\007 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\n"
	"Date: Fri, 03 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <three@example.net>\n"
	"Content-Type: text/plain; charset=utf-8\n"
	"Status: RO\n"
	"\n"
	"nothing of weight\n"
	"\n";
const size_t browsing_mail_len = sizeof browsing_mail - 1;

static void nothing(void *user)
{
	(void)user;
}

int browsing_left;

static void leave(void *user)
{
	(void)user;
	browsing_left++;
}

static void come_back(void *user, bool wait)
{
	(void)user, (void)wait;
}

static const struct browse_term no_term = {
	.leave = leave, .back = come_back, .redraw = nothing};

void browsing_open(struct browsing *u, const char *const *names, size_t n,
                   const char *query)
{
	struct am_error err = {.text = ""};

	cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
	cr_assert_eq(chdir(u->cli.dir), 0);
	session_init(&u->session, "browse", "mailark browse");
	u->n = n;
	for (size_t i = 0; i < n; i++)
		cr_assert(searched_open_any(&u->in[i], &u->session, names[i]));
	cr_assert_eq(
		browse_new(&u->b, &u->session, u->in, n, query, &no_term, &err),
		0, "%s", err.text);
	worker_wait(u->b->worker);
	browse_answers(u->b);
}

void browsing_begin(struct browsing *u, const char *query)
{
	static const char *const names[] = {"a.mailark"};

	cli_init(&u->cli);
	cli_write(&u->cli, "in.mbox", browsing_mail, browsing_mail_len);
	cr_assert_eq(cli_line(&u->cli, "copy in.mbox a.mailark"), 0, "%s",
	             u->cli.err);
	browsing_open(u, names, 1, query);
}

void browsing_end(struct browsing *u)
{
	browse_free(&u->b);
	for (size_t i = 0; i < u->n; i++)
		searched_close(&u->in[i]);
	session_end(&u->session);
	cr_assert_eq(chdir("/"), 0);
	cli_end(&u->cli);
}

void browsing_press(struct browsing *u, const char *keys)
{
	for (const char *k = keys; *k;) {
		size_t len = strcspn(k, " ");
		int key = key_named(k, len);
		cr_assert(key, "%s", k);
		browse_key(u->b, key);
		worker_wait(u->b->worker);
		while (browse_answers(u->b))
			worker_wait(u->b->worker);
		k += len + strspn(k + len, " ");
	}
}

void browsing_type(struct browsing *u, const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		browse_key(u->b, (int)g_utf8_get_char(p));
		worker_wait(u->b->worker);
		browse_answers(u->b);
	}
}

char *browsing_screen(struct browsing *u)
{
	GString *all = g_string_new(NULL);
	struct frame *f = browse_draw(u->b);

	for (size_t y = 0; y < f->rows; y++) {
		char *row = frame_row(f, y);
		g_string_append_printf(all, "%s\n", row);
		g_free(row);
	}
	frame_free(&f);
	cr_expect_null(strchr(all->str, '\033'), "an escape on the screen");
	return g_string_free(all, FALSE);
}

void browsing_expect(struct browsing *u, const char *text)
{
	char *all = browsing_screen(u);

	cr_expect(strstr(all, text), "no \"%s\" on:\n%s", text, all);
	g_free(all);
}

void browsing_expect_not(struct browsing *u, const char *text)
{
	char *all = browsing_screen(u);

	cr_expect_null(strstr(all, text), "\"%s\" on:\n%s", text, all);
	g_free(all);
}
