/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each query gives the messages that looking at each message gives. */
#include "index/index_env.h"

#include "base/blob.h"
#include "model/folder.h"
#include "support/tmpdir.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(scan, .fini = am_test_tmpdir_end);

static const char *const asked[] = {
	"report",
	"annual report",
	"\"annual report\"",
	"\"the memory of\"",
	/* What ends openly ranks by date; the order of the others counts. */
	"\"report annual\" \"annual rep*\"",
	"\"the of\" NOT \"the me*\"",
	"\"memory the\" OR \"of th*\"",
	"grosse",
	"日本",
	"日本語",
	"\"日本語 漢字\"",
	"字",
	"漢*",
	"dat*",
	"d*",
	"a*",
	"\"foo bar\"",
	"foo-ba*",
	"body:dat*",
	"body:report",
	"body:\"annual re*\"",
	"\"annual r*\"",
	"\"the m*\" -\"the memory\"",
	"body:\"annual r*\"",
	"subject:\"alpha b*\"",
	"\"日 本*\"",
	"\"日本語 漢*\"",
	"subject:report",
	"subject:rep*",
	"subject:\"alpha beta\"",
	"subject:\"alpha be*\"",
	"from:alice",
	"from:alice@x.example",
	"from:x.example",
	"from:al*",
	"to:bob@y.example",
	"cc:dave",
	"recipient:carol",
	"recipient:\"carol y\"",
	"contact:d*",
	"unique17",
	"unique1*",
	"new:report",
	"new:\"annual report\"",
	"quoted:report",
	"quoted:da*",
	"new:report -quoted:report",
	"in:attachment:budget",
	"{report budget}",
	"report NEAR/3 annual",
	"report ADJ/2 annual",
	"report ADJ/2 annual ADJ/2 the",
	"annual NEAR/5 \"the of\"",
	"subject:(alpha NEAR beta)",
	"body:(alpha NEAR/4 beta)",
	"日 NEAR/6 漢",
	"*port*",
	"*port",
	"d*a",
	"subject:*port*",
	"from:*li*",
	"filename:*dget0",
	"reprot~",
	"reprot~1",
	"grose~1",
	"from:alise~",
	"lang:en reports",
	"lang:en datas",
	"lang:en subject:reported -report",
	"=report",
	"from:/^alice .*@x/",
	"to:/^bob/",
	"cc:/Dave <d@z/",
	"subject:/annual.*report/",
	"filename:/^BUDGET[01]\\.txt$/",
	"/carol/",
	"has:html",
	"has:quote",
	"has:cc",
	"has:pdf",
	"is:reply",
	"size:500..700",
	"size:>1k",
	"size:..300",
	"size:512",
	"date:jan 2018",
	"before:last year",
	"quoted",
	"\"quoted the\"",
	"attached:budget",
	"attached:da*",
	"filename:budget0",
	"filename:budget1.txt",
	"filename:bud*",
	"has:attachment",
	"type:html",
	"type:x-log",
	"id:12.mail@x.example",
	"date:2017",
	"date:2016..2018-01",
	"-date:1900..2100",
	"since:2019",
	"size:>500",
	"smaller:400",
	"folder:Work",
	"folder:Work/Old",
	"is:unread",
	"is:flagged",
	"keyword:urgent",
	"-keyword:urgent",
	"is:unread folder:Work keyword:urgent",
	"NOT is:flagged",
	"folder:INBOX OR report",
	"(kernel OR memory) -the",
	"NOT (kernel OR memory)",
	"report -is:unread date:2018",
	"\"the the\"",
	"don't",
	"e.g.",
	"x86_64",
	"resume",
	"e*",
	"nothing",
	"nothing*",
	"\"kernel nothing\"",
	"-nothing",
	"report OR nothing",
	"from:alice OR from:bob -report",
	"\"of the\" OR \"the of\"",
};

static void compare_with_scan(struct index_env *env, unsigned n,
                              const char *context)
{
	struct am_error err = {.text = ""};

	for (size_t a = 0; a < AM_COUNT(asked); a++) {
		GString *scan = g_string_new(NULL);
		GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));
		struct am_query *q;
		cr_assert_eq(am_query_parse(&q, asked[a], 1592222400, &err),
		             AM_OK, "%s", err.text);
		for (unsigned i = 0; i < n; i++) {
			const char *path[] = {i % 3 ? "INBOX" : "Work", "Old"};
			struct am_folder *f;
			struct am_message *m;
			char *bytes = index_env_mail(i);
			bool yes;
			cr_assert_eq(
				am_folder_new(&f, path, i % 6 ? 1 : 2, 0, &err),
				0);
			cr_assert_eq(am_message_new(&m, f, &err), 0);
			cr_assert_eq(am_blob_copy(&m->raw, bytes, strlen(bytes),
			                          &err),
			             0);
			m->flags = (i % 2 ? AM_SEEN : 0u) |
			           (i % 5 ? 0u : AM_FLAGGED);
			if (i % 4 == 0)
				am_message_add_keyword(m, "urgent");
			cr_assert_eq(am_query_matches(q, m, &yes, &err), 0);
			if (yes)
				g_string_append_printf(scan, "%s%u",
				                       scan->len ? " " : "",
				                       i + 1);
			const struct am_folder *unref = f;
			am_folder_unref(&unref);
			am_message_free(&m);
			g_free(bytes);
		}
		/* By size of nothing in common: compare as sets. */
		char *found = index_env_search(env, asked[a], AM_SORT_DATE);
		char **parts = g_strsplit(found, " ", -1);
		GString *sorted = g_string_new(NULL);
		for (unsigned i = 1; i <= n; i++) {
			char id[12];
			g_snprintf(id, sizeof(id), "%u", i);
			if (g_strv_contains((const char *const *)parts, id))
				g_string_append_printf(sorted, "%s%u",
				                       sorted->len ? " " : "",
				                       i);
		}
		/* Ranking checks the order of words in its own way. */
		char *ranked =
			index_env_search(env, asked[a], AM_SORT_RELEVANCE);
		char **also = g_strsplit(ranked, " ", -1);
		cr_expect_eq(g_strv_length(also), g_strv_length(parts),
		             "%s: %s", asked[a], ranked);
		for (char **one = also; *one; one++)
			cr_expect(g_strv_contains((const char *const *)parts,
			                          *one),
			          "%s: %s", asked[a], *one);
		g_strfreev(also);
		g_free(ranked);
		cr_expect_str_eq(*found == '?' ? found : sorted->str, scan->str,
		                 "%s: %s\nindex %s\nscan  %s", context,
		                 asked[a], found, scan->str);
		g_strfreev(parts);
		g_free(found);
		g_string_free(sorted, TRUE);
		g_string_free(scan, TRUE);
		g_array_unref(ids);
		am_query_free(&q);
	}
}

Test(scan, finds_what_a_scan_finds)
{
	struct index_env *env = index_env_new();

	index_env_fill(env, 0, 400);
	index_env_follow(env, 1);
	compare_with_scan(env, 400, "one shard");
	index_env_free(&env);
}

/* The index has them (test_document.c): a scan must not know less. */
Test(scan, finds_files_in_a_winmail_dat_by_name)
{
	const char *path[] = {"INBOX"};
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *mail = g_strdup_printf(
		"Content-Type: application/ms-tnef; name=winmail.dat\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s",
		base64);
	struct am_folder *folder = NULL;
	struct am_message *m = NULL;
	struct am_query *q = NULL;
	struct am_error err;
	bool yes = false;

	cr_assert_eq(am_folder_new(&folder, path, 1, AM_ROLE_INBOX, &err), 0);
	cr_assert_eq(am_message_new(&m, folder, &err), 0);
	cr_assert_eq(am_blob_copy(&m->raw, mail, strlen(mail), &err), 0);
	cr_assert_eq(
		am_query_parse(&q, "filename:liste filename:deep", 0, &err),
		AM_OK);
	cr_assert_eq(am_query_matches(q, m, &yes, &err), AM_OK);
	cr_expect(yes);
	am_query_free(&q);
	am_message_free(&m);
	const struct am_folder *made = folder;
	am_folder_unref(&made);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
}

Test(scan, finds_the_same_in_several_shards)
{
	struct index_env *env = index_env_new();
	struct am_index_stats stats;
	struct am_error err;

	/* Sizes that are left apart: each less than half of the one before. */
	index_env_fill(env, 0, 260);
	index_env_follow(env, 1);
	index_env_fill(env, 260, 360);
	index_env_follow(env, 1);
	index_env_fill(env, 360, 395);
	index_env_follow(env, 1);
	index_env_fill(env, 395, 400);
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_index_stats(env->index, &stats, &err), 0);
	cr_expect_gt(stats.shards, 2);
	cr_expect_eq(stats.documents, 400);
	compare_with_scan(env, 400, "several shards");
	index_env_free(&env);
}

Test(scan, follows_in_many_small_steps)
{
	struct index_env *env = index_env_new();
	struct am_index_stats stats;
	struct am_error err;

	for (unsigned i = 0; i < 40; i++) {
		index_env_fill(env, i, i + 1);
		index_env_follow(env, 1);
	}
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_index_stats(env->index, &stats, &err), 0);
	cr_expect_eq(stats.documents, 40);
	cr_expect_leq(stats.shards, 8);
	compare_with_scan(env, 40, "small steps");
	index_env_free(&env);
}
