/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/complete.h"
#include "index/index_env.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(complete, .fini = am_test_tmpdir_end);

static void say(const char *line)
{
	cr_expect(false, "%s", line);
}

static void check(struct index_env *env, uint64_t last, unsigned queries,
                  uint32_t seed)
{
	struct complete c;
	struct am_error err = {.text = ""};

	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(complete_run(&c, env->archive, env->index, NULL, last,
	                          queries, seed, say, &err),
	             AM_OK, "%s", err.text);
	cr_expect_eq(c.messages, last);
	cr_expect_eq(c.wrong, 0);
	/* Something of each kind was asked, and found. */
	for (size_t i = 0; i < AM_COUNT(c.kinds); i++)
		cr_expect_gt(c.kinds[i], 0, "kind %zu", i);
	cr_expect_gt(c.hits, c.queries);
}

Test(complete, generated_mail)
{
	struct index_env *env = index_env_new();

	index_env_fill(env, 0, 200);
	index_env_follow(env, 1);
	check(env, 200, 300, 1);
	/* A second, small shard. */
	index_env_fill(env, 200, 230);
	index_env_follow(env, 1);
	check(env, 230, 200, 2);
	index_env_free(&env);
}

/* Charsets, encoded words, signatures, quotations, words with signs in them. */
Test(complete, mail_of_all_charsets)
{
	static const struct am_test_message mail[] = {
		{.folder = {"f"},
	         .bytes = "From: =?iso-8859-1?q?J=F6rg_M=FCller?= "
	                  "<joerg.mueller@mail.example.org>\n"
	                  "To: \"Doe, Jane\" <jane-doe+x@example.com>\n"
	                  "Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= x86_64\n"
	                  "Date: Mon, 6 Jan 2020 00:00:00 +0000\n"
	                  "Content-Type: text/plain; charset=iso-8859-1\n"
	                  "Content-Transfer-Encoding: quoted-printable\n\n"
	                  "Gr=FC=DFe aus M=FCnchen, stra=DFen-bahn\n"
	                  "> what I said, e.g. don't\n-- \nJ=F6rg\n"},
		{.folder = {"f"},
	         .bytes = "From: =?gb2312?B?1cXI/Q==?= <zhang@example.cn>\n"
	                  "Subject: =?utf-8?b?0J/RgNC40LLQtdGCINC80LjRgA==?=\n"
	                  "Date: Tue, 7 Jan 2020 00:00:00 +0000\n"
	                  "Content-Type: text/plain; charset=gb2312\n"
	                  "Content-Transfer-Encoding: base64\n\n"
	                  "xOO6w6OsysC956OhILHgusUgNDItYg==\n"},
		{.folder = {"f"},
	         .bytes = "From: a@example.org\nSubject: koi\n"
	                  "Date: Wed, 8 Jan 2020 00:00:00 +0000\n"
	                  "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	                  "Content-Type: text/html; charset=koi8-r\n\n"
	                  "<p>\xf0\xd2\xc9\xd7\xc5\xd4 &eacute;t&eacute;</p>\n"
	                  "--b\nContent-Type: application/pdf\n"
	                  "Content-Disposition: attachment; filename*="
	                  "utf-8''%E5%A0%B1%E5%91%8A%20v1.2.pdf\n\nx\n--b\n"
	                  "Content-Type: text/plain; charset=utf-16le; "
	                  "name=notes.txt\n"
	                  "Content-Transfer-Encoding: base64\n\n"
	                  "bgBvAHQAZQBzACAAbwBmACAAPAZ+Bg==\n--b--\n"},
		{.folder = {"f"},
	         .bytes = "From: \xe5\xb1\xb1\xe7\x94\xb0 <yamada@example.jp>\n"
	                  "Subject: sjis\nDate: 9 Jan 2020 00:00:00 +0000\n"
	                  "Content-Type: text/plain; charset=shift_jis\n\n"
	                  "\x93\xfa\x96{\x8c\xea\x82\xcc\x83\x81\x81[\x83\x8b "
	                  "and caf\xe9\n"},
	};
	struct index_env *env = index_env_new();

	index_env_put(env, mail, AM_COUNT(mail));
	index_env_follow(env, 1);
	check(env, AM_COUNT(mail), 400, 3);
	index_env_free(&env);
}
