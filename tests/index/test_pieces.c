/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index_env.h"

#include "base/blob.h"
#include "index/unkept.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(pieces, .timeout = 120);

#define MAIL(subject, body) \
	"From: a@example.org\nSubject: " subject "\n\n" body "\n"

static const struct am_test_message mails[] = {
	{.folder = {"INBOX"}, .bytes = MAIL("fox", "The quick brown firefox")},
	{.folder = {"INBOX"}, .bytes = MAIL("fox", "nothing of the kind")},
	{.folder = {"INBOX"}, .bytes = MAIL("none", "foxes; quick, brown")},
	{.folder = {"INBOX"},
         .bytes = MAIL("none",
                       "na\xC3\xAFve caf\xC3\xA9 \xD0\x9B\xD1\x83\xD0\xBA")},
	{.folder = {"INBOX"},
         .bytes = "Subject: none\nContent-Type: multipart/mixed; "
                  "boundary=b\n\n--b\nContent-Type: text/plain; "
                  "name=a.txt\n\na parrot\n--b--\n"},
};

static const struct {
	const char *piece;
	const char *ids; /* '!' behind what is sure */
} asked[] = {
	{"fox", "1! 3!"}, /* of 2 it is the subject */
	{"uic", "1! 3!"},
	{"irefo", "1!"},
	{"quick brown", "1 3"},
	{"uick, bro", "1 3"},
	/* In a row, and of which words it may be that they are. */
	{"ick brown f", "1"},
	{"e quick brown f", "1"},
	{"n fire", "1"},
	{"es; q", "3"},
	{"k, b", "1 3"},
	{"g of th", "2"},
	{"thing kind", ""},
	{"e brown quick f", ""}, /* whole ones stand in a row */
	{" fox", "1 2 3"},       /* begins a word */
	{"oxes", "3!"},
	{"zzz", ""},
	{"cafe", "4!"},
	{"\xD0\xBB\xD1\x83", "4!"},
	{"arro", "5!"}, /* of an attached text that is the message's own */
	{"plain", ""},
};

Test(pieces, are_found_within_words)
{
	struct index_env *env = index_env_new();
	struct am_index_pieces pieces;
	struct am_error err = {0};

	index_env_put(env, mails, AM_COUNT(mails));
	index_env_follow(env, 1);
	index_env_search(env, "fox", AM_SORT_DATE); /* opens it */
	for (size_t i = 0; i < AM_COUNT(asked); i++) {
		GString *got = g_string_new("");
		cr_assert_eq(am_index_pieces(env->index, asked[i].piece,
		                             &pieces, &err),
		             AM_OK, "%s: %s", asked[i].piece, err.text);
		cr_expect_eq(pieces.last, 5);
		for (size_t k = 0; k < pieces.n; k++)
			g_string_append_printf(got, "%s%d%s", k ? " " : "",
			                       (int)pieces.ids[k],
			                       pieces.sure[k] ? "!" : "");
		cr_expect_str_eq(got->str, asked[i].ids, "\"%s\": %s",
		                 asked[i].piece, got->str);
		g_string_free(got, TRUE);
		am_index_pieces_clear(&pieces);
	}
	cr_expect_eq(am_index_pieces(env->index, " - ", &pieces, &err), AM_END);
	cr_expect_eq(am_index_pieces(env->index, "", &pieces, &err), AM_END);
	index_env_free(&env);
}

/* ---- what no word holds ---- */

static const struct {
	const char *body, *unkept;
} texts[] = {
	{"Plain words, short lines.\n", ""},
	{"one\n"
         "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBi"
         "\n"
         "eSB0aGlzIHNpbmd1bGFyIHBhc3Npb24gZnJvbSBvdGhlciBhbmltYWxzLCB3aGljaCBp"
         "\n"
         "cyBhIGx1c3Qgb2YgdGhlIG1pbmQsIHRoYXQgYnkgYSBwZXJzZXZlcmFuY2Ugb2YgZGVs"
         "\n"
         "two\n",
         "TWFuIGlzIGRpc3Rpbmd1aXNoZWQ"},
	/* A word of 70 letters, and a key. */
	{"see "
         "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggggggg"
         "g"
         " there\n",
         "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggggggg"
         "g"
         "\n"},
};

Test(pieces, what_no_word_holds_is_told)
{
	for (size_t i = 0; i < AM_COUNT(texts); i++) {
		char *mail = g_strconcat("Subject: TWFuIGlz\n\n", texts[i].body,
		                         NULL);
		struct am_blob *raw;
		GString *out = g_string_new("");
		cr_assert_eq(am_blob_copy(&raw, mail, strlen(mail), NULL),
		             AM_OK);
		cr_assert_eq(am_index_unkept(raw, NULL, out, NULL), AM_OK);
		cr_expect(*texts[i].unkept
		                  ? strstr(out->str, texts[i].unkept) != NULL
		                  : !out->len,
		          "%zu: %s", i, out->str);
		am_blob_unref(&raw);
		g_string_free(out, TRUE);
		g_free(mail);
	}
}
