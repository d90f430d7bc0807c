/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy --manifest and verify --manifest: what came in, what is there. */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <unistd.h>

#define SEP "From a@b.example Mon Jan  1 00:00:00 2001\n"

/* The RFC's own example of an empty body, relaxed, and another. */
#define SIGNED                                                       \
	"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=x;\n" \
	" s=y; h=from; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=z\n"

static void make_source(struct cli *c)
{
	static const char mbox[] =
		SEP "From: a@b.example\nSubject: one\n\nx\n\n" SEP SIGNED
		    "From: a@b.example\nSubject: signed\n\n\n" SEP
		    "From: a@b.example\r\nSubject: crlf\r\n\r\nz\r\n\n";
	cli_write(c, "in.mbox", mbox, sizeof mbox - 1);
}

static char *line_with(const char *text, const char *word)
{
	const char *at = strstr(text, word), *start = at;
	cr_assert(at, "no %s in %s", word, text);
	while (start > text && start[-1] != '\n')
		start--;
	return g_strndup(start, strcspn(start, "\n"));
}

Test(manifest, says_of_each_message_what_became_of_it, .timeout = 60)
{
	static const char *const targets[] = {"out/", "out.mailark", "out.mbox",
	                                      "mh:mh/"};
	struct cli c;
	cli_init(&c);
	make_source(&c);
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		char *copy = g_strdup_printf(
			"copy --no-index --manifest m.jsonl in.mbox %s",
			targets[i]);
		char *verify = g_strdup_printf("verify --manifest m.jsonl %s",
		                               targets[i]);
		cr_expect_eq(cli_line(&c, copy), 0, "%s", c.err);
		char *text = cli_read(&c, "m.jsonl", NULL);
		cr_expect_eq(cli_lines(text), 5, "%s", text);
		cr_expect(g_str_has_prefix(text, "{\"manifest\":1,"));
		cr_expect_eq(cli_count(text, "\"class\":\"identical\""), 3,
		             "%s: %s", targets[i], text);
		cr_expect(strstr(text, "{\"messages\":3,\"identical\":3,"));
		cr_expect_eq(cli_line(&c, verify), 0, "%s", c.err);
		cr_expect(strstr(c.out, "3 are there byte for byte"));
		g_free(text);
		g_free(verify);
		g_free(copy);
	}
	cli_end(&c);
}

Test(manifest, line_ends_are_a_class_of_their_own, .timeout = 60)
{
	struct cli c;
	cli_init(&c);
	make_source(&c);
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl --to maildir,eol=lf "
	                          "in.mbox out/"),
	             0, "%s", c.err);
	char *text = cli_read(&c, "m.jsonl", NULL);
	cr_expect_eq(cli_count(text, "\"class\":\"line-ends\""), 1, "%s", text);
	cr_expect_eq(cli_count(text, "\"class\":\"identical\""), 2, "%s", text);
	cr_expect_eq(cli_line(&c, "verify --manifest m.jsonl out/"), 0, "%s",
	             c.err);
	g_free(text);
	cli_end(&c);
}

Test(manifest, what_a_signature_proves_is_told, .timeout = 60)
{
	struct cli c;
	cli_init(&c);
	make_source(&c);
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl in.mbox out/"), 0);
	char *text = cli_read(&c, "m.jsonl", NULL);
	char *last = line_with(text, "\"messages\"");
	cr_expect(strstr(text, "\"body_hash\":\"none\""), "%s", text);
	cr_expect(strstr(last, "\"body_hash_right\":"), "%s", last);
	/* The same number there as here, whatever it is. */
	char *in = strstr(last, "\"body_hash_right\":");
	char *out = strstr(last, "\"output_body_hash_right\":");
	cr_assert(in && out);
	cr_expect_eq(atoi(strchr(in, ':') + 1), 1, "%s", last);
	cr_expect_eq(atoi(strchr(out, ':') + 1), 1, "%s", last);
	g_free(last);
	g_free(text);
	cli_end(&c);
}

Test(manifest, what_is_gone_is_named, .timeout = 60)
{
	struct cli c;
	cli_init(&c);
	make_source(&c);
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl in.mbox out.mbox"),
	             0);
	cli_write(&c, "out.mbox", SEP "From: a@b.example\nSubject: one\n\nx\n",
	          strlen(SEP "From: a@b.example\nSubject: one\n\nx\n"));
	cr_expect_eq(cli_line(&c, "verify --manifest m.jsonl out.mbox"), 1);
	cr_expect(strstr(c.out, "NOT WHOLE"), "%s", c.out);
	cr_expect_eq(cli_count(c.err, "missing: in.mbox:"), 2, "%s", c.err);
	cr_expect_eq(cli_line(&c, "verify --json --manifest m.jsonl out.mbox"),
	             1);
	cr_expect(strstr(c.out, "\"missing\":2"), "%s", c.out);
	cli_end(&c);
}

Test(manifest, a_file_that_is_none_is_told, .timeout = 60)
{
	static const char *const texts[] = {
		"",
		"x\n",
		"{}\n",
		"{\"manifest\":1}\n",
		"{\"manifest\":1}\n{\"sha256\":\"\",\"output\":\"12\"}\n",
		"{\"manifest\":1}\n{\"messages\":7}\n"};
	struct cli c;
	cli_init(&c);
	make_source(&c);
	for (size_t i = 0; i < AM_COUNT(texts); i++) {
		cli_write(&c, "m.jsonl", texts[i], strlen(texts[i]));
		cr_expect_eq(cli_line(&c, "verify --manifest m.jsonl in.mbox"),
		             2, "%zu: %s", i, c.err);
	}
	cr_expect_eq(cli_line(&c, "verify --manifest none in.mbox"), 2);
	cr_expect_eq(cli_line(&c, "verify --full --manifest m in.mbox"), 2);
	cr_expect_eq(cli_line(&c, "copy --dry-run --manifest m in.mbox x/"), 2);
	cr_expect_not(cli_exists(&c, "m"));
	cli_end(&c);
}

/* A manifest says so for S/MIME, PGP and Content-MD5 too, and a place that lost
 * it is told of. */
Test(manifest, what_a_checksum_proves_is_told, .timeout = 60)
{
	static const char mail[] = SEP "From: a@b.example\nContent-MD5: "
				       "tzv307oaUXZEZhvEvNhfmg==\n\nHello\n\n";
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in.mbox", mail, sizeof mail - 1);
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl in.mbox out/"), 0);
	char *text = cli_read(&c, "m.jsonl", NULL);
	cr_expect(strstr(text, "\"content_md5\":\"right\""), "%s", text);
	cr_expect(strstr(text, "\"output_content_md5\":\"right\""));
	cr_expect(strstr(text, "\"content_md5_right\":1,"), "%s", text);
	g_free(text);
	cr_expect_eq(cli_line(&c, "verify --proof out/"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "of 1 messages 1 hold something"), "%s", c.out);
	cr_expect(strstr(c.out, "Content-MD5         1 right"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --proof --json in.mbox"), 0);
	cr_expect(strstr(c.out, "\"content_md5\":{\"wrong\":0,\"right\":1,"),
	          "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --proof --full in.mbox"), 2);
	cli_end(&c);
}

Test(manifest, what_does_not_hold_is_named, .timeout = 60)
{
	static const char mail[] =
		SEP "From: a@b.example\nSubject: spoilt\nContent-MD5: "
		    "tzv307oaUXZEZhvEvNhfmg==\n\nHullo\n\n";
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in.mbox", mail, sizeof mail - 1);
	cr_expect_eq(cli_line(&c, "verify --proof in.mbox"), 0, "%s", c.err);
	cr_expect(strstr(c.err, "Content-MD5 does not hold: spoilt"), "%s",
	          c.err);
	cli_end(&c);
}

Test(manifest, is_signed_and_the_signature_asked_first, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_source(&c);
	cr_expect_eq(cli_line(&c, "sign --new me"), 0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "sign --new me"), 2);
	cr_expect_eq(cli_line(&c, "copy --sign me.key in.mbox out/"), 2);
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl --sign no.key "
	                          "in.mbox out/"),
	             2);
	cr_expect_not(cli_exists(&c, "out"));
	cr_expect_eq(cli_line(&c, "copy --manifest m.jsonl --sign me.key "
	                          "in.mbox out/"),
	             0, "%s", c.err);
	cr_expect(cli_exists(&c, "m.jsonl.minisig"));
	cr_expect_eq(cli_line(&c, "sign --pubkey me.pub m.jsonl"), 0, "%s",
	             c.err);
	cr_expect(strstr(c.out, "the signature holds"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --manifest m.jsonl --pubkey me.pub "
	                          "out/"),
	             0, "%s", c.err);
	cr_expect(strstr(c.err, "signed with this key"), "%s", c.err);

	/* Somebody makes it say that what is gone was never there. */
	size_t len;
	char *text = cli_read(&c, "m.jsonl", &len);
	char *at = strstr(text, "\"absent\":0");
	cr_assert(at);
	at[9] = '1';
	cli_write(&c, "m.jsonl", text, len);
	g_free(text);
	cr_expect_eq(cli_line(&c, "verify --manifest m.jsonl --pubkey me.pub "
	                          "out/"),
	             2);
	cr_expect(strstr(c.err, "does not hold"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "sign --pubkey me.pub m.jsonl"), 1);
	cr_expect_eq(cli_line(&c, "sign --key me.key m.jsonl"), 0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "sign --pubkey me.pub m.jsonl"), 0);
	cr_expect_eq(cli_line(&c, "sign m.jsonl"), 2);
	cli_end(&c);
}
