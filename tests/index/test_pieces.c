/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index_env.h"

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
         .bytes = MAIL("none", "na\xC3\xAFve caf\xC3\xA9")},
};

static const struct {
	const char *piece;
	bool anywhere;
	const char *ids; /* '!' behind what is sure */
} asked[] = {
	{"fox", false, "1 2 3!"}, /* of 1 and 2 the subject may be meant */
	{"fox", true, "1! 2! 3!"},
	{"FOX", true, "1! 2! 3!"},
	{"uic", false, "1! 3!"},
	{"irefo", false, "1!"},
	{"quick brown", false, "1 3"},
	{"uick, bro", false, "1 3"},
	{"ick brown f", false, "1 3"},
	{" fox", true, "1 2 3"}, /* begins a word */
	{"oxes", true, "3!"},
	{"zzz", true, ""},
	{"caf\xC3\xA9", true, "4"}, /* folded: not sure */
	{"cafe", true, "4!"},
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
		                             asked[i].anywhere, &pieces, &err),
		             AM_OK, "%s: %s", asked[i].piece, err.text);
		cr_expect_eq(pieces.last, 4);
		for (size_t k = 0; k < pieces.n; k++)
			g_string_append_printf(got, "%s%d%s", k ? " " : "",
			                       (int)pieces.ids[k],
			                       pieces.sure[k] ? "!" : "");
		cr_expect_str_eq(got->str, asked[i].ids, "\"%s\": %s",
		                 asked[i].piece, got->str);
		g_string_free(got, TRUE);
		am_index_pieces_clear(&pieces);
	}
	cr_expect_eq(am_index_pieces(env->index, " - ", true, &pieces, &err),
	             AM_END);
	cr_expect_eq(am_index_pieces(env->index, "", true, &pieces, &err),
	             AM_END);
	index_env_free(&env);
}
