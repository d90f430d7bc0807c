/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The POP3 source against a server that can be made to misbehave. */
#include "formats/pop3/pop3.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/pop3/drop.h"
#include "formats/pop3_run.h"
#include "model/folder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(pop3, .fini = am_test_tmpdir_end, .timeout = 60);

/* ---- what it is for ---- */
Test(pop3, messages_come_byte_for_byte_with_their_ids_and_dates)
{
	struct pop3_server server = server_of_five();
	const char *const options[] = {"password-command=echo secret",
	                               "tls=off", NULL};
	struct am_ctx ctx = {0};
	struct am_error err = {0};
	struct am_source *src;
	struct am_item item;

	pop3_server_start(&server);
	char *url = pop3_server_url(&server);
	struct am_location where = {.url = url, .options = options};
	cr_assert_eq(am_pop3_source_open(&src, &where, &ctx, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(src->total, 5);
	cr_assert(g_str_has_prefix(src->identity, "pop3://me@127.0.0.1:"));
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	cr_assert_eq(item.folder->role, AM_ROLE_INBOX);
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	cr_assert_str_eq(item.message->origin, "uidl aaa");
	cr_assert_eq(item.message->size, strlen(five[0].text));
	/* Nobody asked for it first. */
	cr_assert_eq(am_source_load(src, item.message, &err), AM_OK);
	const struct am_prop *prop = am_message_prop(item.message, "pop3.uidl");
	cr_assert(prop && !strcmp(prop->value, "aaa"));
	cr_assert(item.message->uid && item.message->uidvalidity);
	cr_assert_eq(item.message->received.sec, 1578301201);
	cr_assert_eq(item.message->received.offset_min, 60);
	cr_assert_str_eq(item.message->received_from, "header.received");
	am_message_free(&item.message);
	am_source_close(&src);
	g_free(url);
	struct run run = go(&server, plain, NULL);
	expect_five(&run);
	end_run(&run);
	pop3_server_stop(&server);
	cr_assert_eq(server.deles, 0);
	cr_assert_eq(server.quits, 2);
	cr_assert_gt(server.most_ahead, 0, "several are asked for at once");
}

/* What a server may lack, and what then comes all the same. */
Test(pop3, every_kind_of_server_is_read)
{
	static const struct {
		const char *capa;
		bool no_uidl, no_top, apop;
		const char *auth, *mechanism;
	} rows[] = {
		{CAPA, false, false, false, NULL, "PLAIN"},
		{"TOP\n", false, false, false, NULL, "USER"},
		{NULL, false, false, false, NULL, "USER"},
		{NULL, true, false, false, NULL, "USER"},
		{NULL, true, true, false, NULL, "USER"},
		{"PIPELINING\n", true, true, false, NULL, "USER"},
		{"PIPELINING\n", true, false, false, NULL, "USER"},
		{NULL, false, false, true, NULL, "APOP"},
		{CAPA, false, false, true, "auth=apop", "APOP"},
		{CAPA, false, false, false, "auth=user", "USER"},
		{NULL, false, false, false, "auth=plain", "PLAIN"},
		{"SASL GSSAPI\nUSER\n", false, false, false, NULL, "USER"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct pop3_server server = server_of_five();
		const char *const options[] = {"password-command=echo secret",
		                               "tls=off", "timeout=5",
		                               rows[i].auth, NULL};
		server.capa = rows[i].capa;
		server.no_uidl = rows[i].no_uidl;
		server.no_top = rows[i].no_top;
		server.apop = rows[i].apop;
		if (server.apop)
			server.greeting = "+OK POP3 <1.2@x>";
		pop3_server_start(&server);
		struct run run = go(&server, options, NULL);
		pop3_server_stop(&server);
		expect_five(&run);
		cr_expect_str_eq(server.mechanism, rows[i].mechanism, "row %zu",
		                 i);
		cr_expect_eq(!strstr(run.notes->str, "pop3.no-uidl"),
		             !rows[i].no_uidl);
		if (!rows[i].capa)
			cr_expect_eq(server.most_ahead, 0);
		end_run(&run);
	}
}

/* GNU pop3d offers APOP always, and has it for those in a file of its own;
 * solid-pop3d too, and hangs up. */
Test(pop3, apop_in_vain_is_followed_by_the_password)
{
	for (unsigned hangs_up = 0; hangs_up < 2; hangs_up++) {
		struct pop3_server server = server_of_five();
		server.capa = "USER\nUIDL\nTOP\nPIPELINING\n";
		server.greeting = "+OK POP3 <1.2@x>";
		server.apop_in_vain = true;
		server.apop_hangs_up = hangs_up;
		pop3_server_start(&server);
		struct run run = go(&server, plain, NULL);
		pop3_server_stop(&server);
		expect_five(&run);
		cr_expect_str_eq(server.mechanism, "USER");
		cr_expect_eq(server.connections, 1 + hangs_up);
		end_run(&run);
	}
}

Test(pop3, a_password_that_is_wrong_either_way_is_said_once)
{
	static const char *const no[] = {"-ERR no", "-ERR no", "-ERR no", NULL};

	for (unsigned hangs_up = 0; hangs_up < 2; hangs_up++) {
		struct pop3_server server = server_of_five();
		server.capa = NULL;
		server.logins = no;
		server.greeting = "+OK POP3 <1.2@x>";
		server.apop_in_vain = true;
		server.apop_hangs_up = hangs_up;
		pop3_server_start(&server);
		struct run run = go(&server, plain, NULL);
		pop3_server_stop(&server);
		cr_expect_eq(run.err.kind, AM_E_AUTH);
		cr_expect(strstr(run.err.text, "login was refused"), "%s",
		          run.err.text);
		cr_expect_leq(server.connections, 3);
		end_run(&run);
	}
}

Test(pop3, what_the_target_has_is_not_fetched_again)
{
	for (int no_uidl = 0; no_uidl < 2; no_uidl++) {
		struct pop3_server server = server_of_five();
		struct memory memory = {.base = {&memory_ops}};
		server.no_uidl = no_uidl;
		pop3_server_start(&server);
		struct run first = go(&server, plain, NULL);
		expect_five(&first);
		memory.keys = (const uint64_t *)(void *)first.keys->data;
		memory.n = 3;
		five[0].deleted = true; /* all numbers move */
		struct run second = go(&server, plain, &memory);
		pop3_server_stop(&server);
		cr_assert_eq(second.already, 2);
		cr_assert_eq(second.texts->len, 2);
		cr_assert_str_eq(text(&second, 0), five_whole[3].text);
		cr_assert_eq(server.retrs, 7);
		end_run(&first);
		end_run(&second);
	}
}

Test(pop3, messages_with_the_same_id_are_told_apart)
{
	struct pop3_server server = server_of_five();
	struct memory memory = {.base = {&memory_ops}};

	five[2].uidl = "bbb";
	five[3].uidl = NULL;
	pop3_server_start(&server);
	struct run first = go(&server, plain, NULL);
	expect_five(&first);
	memory.keys = (const uint64_t *)(void *)first.keys->data;
	memory.n = 5;
	cr_assert_neq(memory.keys[1], memory.keys[2]);
	struct run second = go(&server, plain, &memory);
	pop3_server_stop(&server);
	/* The one without an id comes each time. */
	cr_assert_eq(second.already, 4);
	cr_assert_eq(second.texts->len, 1);
	end_run(&first);
	end_run(&second);
}

/* ---- trouble ---- */
Test(pop3, lost_connections_and_refusals_are_lived_through)
{
	static const struct {
		unsigned refuse, empty, cut, garbage, list_cut;
		const char *fails; /* of the third; NULL: it comes */
		unsigned connections;
	} rows[] = {
		{1, 0, 0, 0, 0, NULL, 1},
		{0, 1, 0, 0, 0, NULL, 1},
		{2, 0, 0, 0, 0, "trouble that should pass", 1},
		{0, 9, 0, 0, 0, "came empty", 1},
		{0, 0, 1, 0, 0, NULL, 2},
		{0, 0, 2, 0, 0, NULL, 3},
		{0, 0, 9, 0, 0, "lost over it 3 times", 4},
		{0, 0, 0, 1, 0, NULL, 2},
		{0, 0, 0, 0, 1, NULL, 2},
		{0, 0, 0, 0, 2, NULL, 3},
		{0, 0, 1, 0, 1, NULL, 3},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++)
		for (int lined = 0; lined < 2; lined++) {
			struct pop3_server server = server_of_five();
			server.capa = lined ? CAPA : NULL;
			five[2].refuse = rows[i].refuse;
			five[2].empty = rows[i].empty;
			five[2].cut = rows[i].cut;
			five[2].garbage = rows[i].garbage;
			server.list_cut = rows[i].list_cut;
			pop3_server_start(&server);
			struct run run = go(&server, plain, NULL);
			pop3_server_stop(&server);
			cr_assert_eq(run.texts->len, 5, "row %zu", i);
			for (size_t k = 0; k < 5; k++)
				if (k != 2 || !rows[i].fails)
					cr_expect_str_eq(text(&run, k),
					                 five_whole[k].text,
					                 "row %zu", i);
				else
					cr_expect(strstr(text(&run, k),
					                 rows[i].fails),
					          "row %zu: %s", i,
					          text(&run, k));
			cr_expect_eq(server.connections, rows[i].connections,
			             "row %zu: %u", i, server.connections);
			end_run(&run);
		}
}

/* STAT counts what LIST does not show: failures, by number. */
Test(pop3, what_is_counted_and_not_listed_is_a_failure)
{
	for (int lined = 0; lined < 2; lined++) {
		struct pop3_server server = server_of_five();
		server.capa = lined ? CAPA : NULL;
		server.hidden = 2;
		pop3_server_start(&server);
		struct run run = go(&server, plain, NULL);
		pop3_server_stop(&server);
		cr_expect_eq(run.texts->len, 3);
		cr_expect_eq(run.lacking, 2);
		end_run(&run);
	}
}

Test(pop3, a_message_deleted_meanwhile_is_named)
{
	struct pop3_server server = server_of_five();

	server.capa = NULL; /* one at a time, so that it is not had yet */
	five[1].cut = 1;
	five[1].deleted = false;
	pop3_server_start(&server);
	struct am_ctx ctx = {0};
	struct am_error err = {0};
	struct am_source *src;
	struct am_item item;
	char *url = pop3_server_url(&server);
	struct am_location where = {.url = url, .options = plain};
	cr_assert_eq(am_pop3_source_open(&src, &where, &ctx, &err), AM_OK);
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	am_message_free(&item.message);
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	five[1].deleted = true;
	cr_assert_eq(am_source_load(src, item.message, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	am_message_free(&item.message);
	/* And the rest is there under its new number. */
	cr_assert_eq(am_source_next(src, &item, &err), AM_OK);
	cr_assert_eq(am_source_load(src, item.message, &err), AM_OK);
	char *got = text_of(item.message);
	cr_assert_str_eq(got, five_whole[2].text);
	g_free(got);
	am_message_free(&item.message);
	am_source_close(&src);
	g_free(url);
	pop3_server_stop(&server);
}

/* ---- logging in ---- */
Test(pop3, a_busy_mailbox_is_waited_for_and_a_refusal_told)
{
	static const char *const busy[] = {"-ERR [IN-USE] later", NULL};
	static const char *const locked[] = {"-ERR maildrop already locked",
	                                     NULL};
	static const char *const always[] = {"-ERR [IN-USE] later",
	                                     "-ERR [IN-USE] later",
	                                     "-ERR [IN-USE] later",
	                                     "-ERR [IN-USE] later",
	                                     "-ERR [IN-USE] later",
	                                     "-ERR [IN-USE] later",
	                                     NULL};
	static const char *const delay[] = {"-ERR [LOGIN-DELAY] slow down",
	                                    NULL};
	static const char *const wrong[] = {"-ERR [AUTH] no", "-ERR [AUTH] no",
	                                    "-ERR [AUTH] no", NULL};
	static const char *const mute[] = {"-ERR", "-ERR", "-ERR", NULL};
	static const char *const broken[] = {"-ERR [SYS/PERM] call us", NULL};
	static const struct {
		const char *const *logins;
		const char *capa, *words;
		unsigned connections;
	} rows[] = {
		{busy, CAPA, NULL, 2},
		{locked, NULL, NULL, 2},
		{always, CAPA, "another program has the mailbox open", 0},
		{delay, CAPA "LOGIN-DELAY 900\n", "longer pause", 1},
		{wrong, CAPA, "name or password are not right", 2},
		{mute, NULL, "does not say why", 2},
		{broken, CAPA, "operators must mend (call us)", 1},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct pop3_server server = server_of_five();
		server.logins = rows[i].logins;
		server.capa = rows[i].capa;
		pop3_server_start(&server);
		struct run run = go(&server, plain, NULL);
		pop3_server_stop(&server);
		if (!rows[i].words)
			expect_five(&run);
		else
			cr_expect(strstr(run.err.text, rows[i].words),
			          "row %zu: %s", i, run.err.text);
		if (rows[i].connections)
			cr_expect_eq(server.connections, rows[i].connections,
			             "row %zu: %u", i, server.connections);
		end_run(&run);
	}
}

Test(pop3, tokens_log_in_and_are_renewed)
{
	struct pop3_server server = server_of_five();
	const char *const options[] = {"token-command=echo ' tok '", "tls=off",
	                               NULL};

	server.capa = "SASL XOAUTH2\nPIPELINING\n";
	pop3_server_start(&server);
	struct run run = go(&server, options, NULL);
	pop3_server_stop(&server);
	expect_five(&run);
	cr_assert_str_eq(server.mechanism, "XOAUTH2");
	end_run(&run);
}

Test(pop3, starttls_is_never_given_up)
{
	static const struct {
		const char *stls, *words;
	} rows[] = {
		{"-ERR no\r\n", "does not start TLS"},
		{"", "127.0.0.1"},
		{"+OK go\r\n+OK injected\r\n", "127.0.0.1"},
		{"+OK go\r\nnot TLS at all", "127.0.0.1"},
	};
	const char *const options[] = {"password-command=echo secret",
	                               "timeout=2", NULL};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct pop3_server server = server_of_five();
		server.stls = rows[i].stls;
		pop3_server_start(&server);
		struct run run = go(&server, options, NULL);
		pop3_server_stop(&server);
		cr_expect_eq(run.texts->len, 0);
		cr_expect(run.err.kind);
		cr_expect(strstr(run.err.text, rows[i].words), "row %zu: %s", i,
		          run.err.text);
		cr_expect_null(server.mechanism);
		end_run(&run);
	}
}

Test(pop3, strange_greetings_and_ids_are_survived)
{
	char *long_line = g_strnfill(1 << 20, 'x');
	char *long_id = g_strnfill(900, 'i');
	const struct {
		const char *greeting, *words;
	} rows[] = {
		{"-ERR we are closed", "we are closed"},
		{"-ERR [SYS/PERM] closed for good", "operators must mend"},
		{"* OK IMAP4rev1 at the wrong door", "127.0.0.1"},
		{"220 smtp.example ESMTP", "127.0.0.1"},
		{"", "127.0.0.1"},
		{long_line, "127.0.0.1"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct pop3_server server = server_of_five();
		server.greeting = rows[i].greeting;
		pop3_server_start(&server);
		struct run run = go(&server, plain, NULL);
		pop3_server_stop(&server);
		cr_expect(run.err.kind, "row %zu", i);
		cr_expect(strstr(run.err.text, rows[i].words), "row %zu: %s", i,
		          run.err.text);
		cr_expect_not(strpbrk(run.err.text, "\r\n\033"));
		end_run(&run);
	}
	struct pop3_server server = server_of_five();
	five[0].uidl = long_id;
	five[1].uidl = "\033[2J\xff";
	pop3_server_start(&server);
	struct run run = go(&server, plain, NULL);
	pop3_server_stop(&server);
	expect_five(&run);
	end_run(&run);
	g_free(long_line);
	g_free(long_id);
}

/* ---- delete-after-verify ---- */
Test(pop3, only_what_an_earlier_run_stored_is_deleted)
{
	struct pop3_server server = server_of_five();
	const char *const options[] = {"password-command=echo secret",
	                               "tls=off", "delete-after-verify", NULL};
	const char *const ids[] = {"1@x", "2@x", "somebody-else@x"};
	struct memory memory = {.base = {&memory_ops}, .ids = ids};

	pop3_server_start(&server);
	struct run first = go(&server, options, NULL);
	expect_five(&first);
	cr_assert_eq(server.deles, 0);
	cr_assert(strstr(first.notes->str, "nothing is deleted"));
	memory.keys = (const uint64_t *)(void *)first.keys->data;
	memory.n = 3;
	/* Not told to: not done. */
	struct run second = go(&server, plain, &memory);
	cr_assert_eq(server.deles, 0);
	struct run third = go(&server, options, &memory);
	pop3_server_stop(&server);
	cr_assert_eq(third.already, 3);
	cr_assert_eq(third.texts->len, 2);
	cr_assert_eq(server.deles, 2);
	cr_assert(five[0].deleted && five[1].deleted);
	cr_assert_not(five[2].deleted || five[3].deleted || five[4].deleted);
	cr_assert(strstr(third.notes->str, "2 messages deleted"));
	cr_assert(strstr(third.notes->str, "1 messages left"));
	end_run(&first);
	end_run(&second);
	end_run(&third);
}

/* ---- size ---- */
Test(pop3, a_hundred_thousand_messages_are_listed_and_told_apart)
{
	enum { MANY = 100 * 1000 };
	struct pop3_server server = {.capa = CAPA, .n = MANY};
	struct memory memory = {.base = {&memory_ops}};
	uint64_t *keys = g_new(uint64_t, MANY);
	char **names = g_new(char *, MANY);

	server.mails = g_new0(struct pop3_mail, MANY);
	for (size_t i = 0; i < MANY; i++) {
		names[i] = g_strdup_printf("id-%zu", i);
		server.mails[i].uidl = names[i];
		server.mails[i].text = MAIL(1, "x");
		keys[i] = am_pop3_key(names[i], strlen(names[i]));
	}
	memory.keys = keys;
	memory.n = MANY - 2;
	pop3_server_start(&server);
	struct run run = go(&server, plain, &memory);
	pop3_server_stop(&server);
	cr_assert_eq(run.already, MANY - 2);
	cr_assert_eq(run.texts->len, 2);
	cr_assert_eq(server.retrs, 2);
	end_run(&run);
	for (size_t i = 0; i < MANY; i++)
		g_free(names[i]);
	g_free(names);
	g_free(keys);
	g_free(server.mails);
}
