/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting for news: IDLE, NOTIFY for all folders where it is offered, and what
 * servers say meanwhile.  The account's own list was read before (as copy
 * --watch does), then watch() is asked once.
 */
#include "formats/imap/imap.h"
#include "model/ctx.h"
#include "support/script_server.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* An empty account that can IDLE; behind each row's own rules. */
static const char base[] =
	">> (connect)\n< * OK ready\n"
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1 IDLE\n< $ OK\n"
	">> LOGIN *\n< $ OK in\n"
	">> LIST \"\" \"*\"\n< * LIST () \"/\" INBOX\n< $ OK\n"
	">> LSUB \"\" \"*\"\n< $ OK\n"
	">> EXAMINE INBOX\n< * 0 EXISTS\n< * OK [UIDVALIDITY 7] ok\n"
	"< * OK [UIDNEXT 1] ok\n< $ OK [READ-ONLY] done\n"
	">> NOOP\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n";

#define CAN_NOTIFY \
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1 IDLE NOTIFY\n< $ OK\n"
#define IDLE(says) ">> IDLE\n< + idling\n" says "! line\n< $ OK\n"

enum { LONG_MS = 60000, SHORT_MS = 200 };

static void play(const char *name, const char *rules, unsigned ms, int status,
                 const char *const *sent)
{
	const char *const texts[] = {rules, base, NULL};
	static const char *const options[] = {
		"tls=off", "password-command=echo pass", "connections=1", NULL};
	struct script_server *server = script_server_new(texts, true);
	char *url = g_strdup_printf("imap://u@127.0.0.1:%u/",
	                            script_server_port(server));
	struct am_location where = {.url = url, .options = options};
	struct am_source *src = NULL;
	struct am_ctx ctx = {0};
	struct am_error err = {0};
	struct am_item item;
	int r;

	cr_assert_eq(am_imap_source_open(&src, &where, &ctx, &err), AM_OK,
	             "%s: %s", name, err.text);
	while (!(r = am_source_next(src, &item, &err)))
		am_message_free(&item.message);
	cr_assert_eq(r, AM_END, "%s: %s", name, err.text);
	r = src->ops->watch(src, ms, &err);
	cr_expect_eq(r, status, "%s: %d", name, r);
	am_source_close(&src);
	char *log = script_server_log(server);
	const char *at = log;
	for (; *sent && at; sent++) {
		at = strstr(at, *sent);
		cr_expect(at, "%s: no %s in\n%s", name, *sent, log);
	}
	g_free(log);
	script_server_free(server);
	g_free(url);
}

Test(imap_watch, news_wake_and_words_do_not, .timeout = 240)
{
	static const struct {
		const char *name, *rules;
		unsigned ms;
		int status;
		const char *sent[4]; /* in this order */
	} rows[] = {
		{"new mail", IDLE("< * 1 EXISTS\n"), LONG_MS, AM_OK, {"IDLE"}},
		{"flags",
	         IDLE("< * 1 FETCH (FLAGS ())\n"),
	         LONG_MS,
	         AM_OK,
	         {"IDLE"}},
		{"expunged", IDLE("< * 1 EXPUNGE\n"), LONG_MS, AM_OK, {"IDLE"}},
		{"vanished",
	         IDLE("< * VANISHED 7\n"),
	         LONG_MS,
	         AM_OK,
	         {"IDLE"}},
		{"words alone",
	         IDLE("< * OK Still here\n"),
	         SHORT_MS,
	         AM_END,
	         {"IDLE"}},
		/* Of another folder, which only NOTIFY can tell. */
		{"another folder",
	         CAN_NOTIFY ">> NOTIFY *\n< $ OK\n" IDLE(
			 "< * STATUS Other (MESSAGES 5 UIDNEXT 6)\n"),
	         LONG_MS,
	         AM_OK,
	         {"NOTIFY SET (personal (MessageNew MessageExpunge "
	          "FlagChange))",
	          "IDLE"}},
		{"NOTIFY refused",
	         CAN_NOTIFY ">> NOTIFY *\n< $ NO too many folders\n" IDLE(
			 "< * 1 EXISTS\n"),
	         LONG_MS,
	         AM_OK,
	         {"NOTIFY SET", "IDLE"}},
		{"NOTIFY not known",
	         CAN_NOTIFY
	         ">> NOTIFY *\n< $ BAD what\n" IDLE("< * OK Still here\n"),
	         SHORT_MS,
	         AM_END,
	         {"NOTIFY SET", "IDLE"}},
		/* Whether something was missed is seen by looking again. */
		{"lost meanwhile",
	         ">> IDLE\n< + idling\n! close\n",
	         LONG_MS,
	         AM_OK,
	         {"IDLE"}},
		{"no IDLE",
	         ">> CAPABILITY\n< * CAPABILITY IMAP4rev1\n< $ OK\n",
	         SHORT_MS,
	         AM_END,
	         {"LIST"}},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++)
		play(rows[i].name, rows[i].rules, rows[i].ms, rows[i].status,
		     rows[i].sent);
}
