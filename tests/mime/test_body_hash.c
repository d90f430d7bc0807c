/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/body_hash.h"

#include <criterion/criterion.h>

#include <string.h>

/* The body of RFC 6376, appendix A.1, and its hash; those of nothing. */
#define GAME       "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"
#define GAME_LF    "Hi.\n\nWe lost the game. Are you hungry yet?\n\nJoe.\n"
#define GAME_HASH  "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
#define NO_SIMPLE  "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
#define NO_RELAXED "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SIGN(tags) "From: a@b\nDKIM-Signature: v=1; a=rsa-sha256; " tags "\n\n"

static const struct {
	const char *shows, *mail;
	enum am_body_hash want;
} cases[] = {
	{"nobody signed", "From: a@b\n\nx\n", AM_BODY_HASH_NONE},
	{"simple", SIGN("c=simple/simple; bh=" GAME_HASH) GAME,
         AM_BODY_HASH_RIGHT},
	{"LF counts as CRLF", SIGN("bh=" GAME_HASH) GAME_LF,
         AM_BODY_HASH_RIGHT},
	{"empty lines at the end do not count",
         SIGN("bh=" GAME_HASH) GAME_LF "\n\r\n\n", AM_BODY_HASH_RIGHT},
	{"a missing line end is put there",
         SIGN("bh=" GAME_HASH) "Hi.\n\nWe lost the game. Are you hungry "
                               "yet?\n\nJoe.",
         AM_BODY_HASH_RIGHT},
	{"simple minds blanks", SIGN("bh=" GAME_HASH) "Hi. " GAME,
         AM_BODY_HASH_WRONG},
	{"relaxed does not",
         SIGN("c=relaxed/relaxed; bh=" GAME_HASH) "Hi.  \n\t\nWe  lost\tthe "
                                                  "game. Are you hungry yet?\n "
                                                  "\nJoe.\t\n  \n",
         AM_BODY_HASH_RIGHT},
	{"c= of the header alone leaves the body simple",
         SIGN("c=relaxed; bh=" GAME_HASH) "Hi.\n\nWe  lost the game. Are you "
                                          "hungry yet?\n\nJoe.\n",
         AM_BODY_HASH_WRONG},
	{"folded",
         SIGN("c=simple/simple;\n\tbh = 2jUSOH9NhtVGCQWNr9Br\n\t"
              "IAPreKQjO6Sn7XIkfJVOzv8=; b=x") GAME,
         AM_BODY_HASH_RIGHT},
	{"l= of a body that a list has added to",
         SIGN("l=54; bh=" GAME_HASH) GAME "-- \r\nlist footer\r\n",
         AM_BODY_HASH_RIGHT},
	{"no body, simple", SIGN("bh=" NO_SIMPLE), AM_BODY_HASH_RIGHT},
	{"no body, relaxed",
         SIGN("c=relaxed/relaxed; bh=" NO_RELAXED) " \n\t\n",
         AM_BODY_HASH_RIGHT},
	{"one of several is enough",
         "DKIM-Signature: a=rsa-sha256; bh=" NO_SIMPLE "\n"
         "ARC-Message-Signature: i=1; a=rsa-sha256; bh=" GAME_HASH "\n"
         "DKIM-Signature: a=ed25519-sha256; bh=" NO_RELAXED "\n\n" GAME,
         AM_BODY_HASH_RIGHT},
	{"SHA-1 is not computed",
         "DKIM-Signature: a=rsa-sha1; bh=" GAME_HASH "\n\n" GAME,
         AM_BODY_HASH_NONE},
	{"a tag that begins alike is another",
         SIGN("xbh=" GAME_HASH "; bhx=" GAME_HASH) GAME, AM_BODY_HASH_NONE},
	{"a value too long for a hash", SIGN("bh=" GAME_HASH GAME_HASH) GAME,
         AM_BODY_HASH_NONE},
	{"text that looks like a signature is none",
         "From: a@b\n\nDKIM-Signature: a=rsa-sha256; bh=" GAME_HASH "\n\n" GAME,
         AM_BODY_HASH_NONE},
};

Test(body_hash, holds_for_the_body_that_was_signed)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_expect_eq(am_body_hash_check((const uint8_t *)cases[i].mail,
		                                strlen(cases[i].mail)),
		             cases[i].want, "%s", cases[i].shows);
}

Test(body_hash, every_prefix_is_safe)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++)
		for (size_t n = 0; n <= strlen(cases[i].mail); n++) {
			char *copy = strndup(cases[i].mail, n);
			(void)am_body_hash_check((const uint8_t *)copy, n);
			free(copy);
		}
}
