/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tells how a mailbox quotes: all of the file, and each signed mail. */
#include "test_mbox_help.h"

#include "base/compiler.h"

#include <criterion/criterion.h>

#include <string.h>

#define DATE "Mon Jan  1 00:00:00 2001"
#define SEP  "From a@b.example " DATE "\n"

/* Who quoted a '>' may show long after the sample. */
Test(mbox_dialect, evidence_behind_the_sample)
{
	static const char quoted[] =
		SEP "A: b\nC: d\n\ntext\n\n>From what they say\n\n";
	static const char mail[] = "A: b\nC: d\n\nx\n\n";
	static const struct {
		const char *separator, *later, *raw;
	} rows[] = {
		{SEP, SEP "A: b\nC: d\n\ntext\n\nFrom now on\n\n",
	         "A: b\nC: d\n\ntext\n\n>From what they say\n"},
		{SEP, SEP "A: b\nC: d\n\ntext\n\n>>From now on\n\n",
	         "A: b\nC: d\n\ntext\n\nFrom what they say\n"},
		/* Thunderbird's separators are a guess at its quoting. */
		{"From \n", SEP "A: b\nC: d\n\ntext\n\nFrom now on\n\n",
	         "A: b\nC: d\n\ntext\n\n>From what they say\n"},
		{"From \n", SEP "A: b\nC: d\n\ntext\n\nas before\n\n",
	         "A: b\nC: d\n\ntext\n\nFrom what they say\n"},
	};
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		GString *file = g_string_new(NULL);
		unsigned n = 0;
		for (; file->len < 4300000; n++) {
			g_string_append(file, rows[i].separator);
			g_string_append(file, mail);
		}
		g_string_append(file, quoted);
		g_string_append(file, rows[i].later);
		struct run *run =
			mbox_run_bytes("m.mbox", file->str, file->len, NULL, 0);
		const struct got *got = mbox_got(run, n);
		cr_expect(mbox_raw_is(got, rows[i].raw, strlen(rows[i].raw)),
		          "row %zu", i);
		cr_expect_eq(got->exactness, i % 2 ? AM_UNQUOTED : AM_EXACT);
		cr_expect(run->whole->len == file->len);
		mbox_run_free(&run);
		g_string_free(file, TRUE);
	}
}

/* Enough mails that agree are not asked what the rest of the file is like; any
 * number of lines in one mail are not enough. */
Test(mbox_dialect, a_look_ahead_ends_when_it_is_settled)
{
	static const char first[] =
		SEP "A: b\nC: d\n\ntext\n\n>From what they say\n\n";
	static const char mail[] = "A: b\nC: d\n\nx\n\n";
	static const char later[] = SEP "A: b\nC: d\n\ntext\n\nFrom now on\n\n";
	for (int one = 0; one < 2; one++) {
		GString *file = g_string_new(first);
		while (file->len < 4300000)
			g_string_append_printf(file, "%s%s", SEP, mail);
		if (one)
			g_string_append_printf(file, "%sA: b\nC: d\n\n", SEP);
		for (unsigned i = 0; i < 12; i++)
			g_string_append_printf(file, "%s>>From %u\n\n",
			                       one ? "" : SEP "A: b\nC: d\n\n",
			                       i);
		for (unsigned i = 0; i < 100; i++)
			g_string_append(file, later);
		struct run *run =
			mbox_run_bytes("m.mbox", file->str, file->len, NULL, 0);
		const char *raw = one ? "A: b\nC: d\n\ntext\n\n"
		                        ">From what they say\n"
		                      : "A: b\nC: d\n\ntext\n\n"
		                        "From what they say\n";
		cr_expect(mbox_raw_is(mbox_got(run, 0), raw, strlen(raw)), "%d",
		          one);
		cr_expect(run->whole->len == file->len);
		mbox_run_free(&run);
		g_string_free(file, TRUE);
	}
}

/* A mail of that body, signed as far as the body goes. */
static char *signed_mail(const char *body)
{
	GString *canon = g_string_new(body);
	uint8_t digest[32];
	gsize len = sizeof(digest);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_string_replace(canon, "\n", "\r\n", 0);
	g_checksum_update(sum, (const guchar *)canon->str, (gssize)canon->len);
	g_checksum_get_digest(sum, digest, &len);
	char *bh = g_base64_encode(digest, len);
	char *mail = g_strdup_printf(
		"A: b\nDKIM-Signature: a=rsa-sha256; bh=%s\n\n%s", bh, body);
	g_checksum_free(sum);
	g_string_free(canon, TRUE);
	g_free(bh);
	return mail;
}

/* Whoever wrote the mailbox, a signed mail knows its own lines. */
Test(mbox_dialect, signatures_tell_whose_quoting_it_is)
{
	static const struct {
		const char *body, *stored, *file;
		enum am_exactness exactness;
		bool noted;
	} rows[] = {
		/* mboxo leaves a '>' of the mail's own as it is */
		{"x\n>From us\n", "x\n>From us\n", "m", AM_EXACT, true},
		{"x\nFrom me\n", "x\n>From me\n", "m", AM_UNQUOTED, false},
		{"x\nFrom me\n>>From us\n", "x\n>From me\n>>From us\n", "m",
	         AM_UNQUOTED, true},
		{">>From us\n", ">>>From us\n", "m", AM_UNQUOTED, false},
		/* whatever the file is called */
		{"x\n>From us\n", "x\n>From us\n", "m.mboxrd", AM_EXACT, true},
		{"x\n>From us\n", "x\n>>From us\n", "m.mboxo", AM_UNQUOTED,
	         true},
		/* a signature that does not hold is of no use */
		{"y\n", "x\n>From us\n", "m", AM_GUESSED, false},
	};
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		char *mail = signed_mail(rows[i].body);
		size_t head = strlen(mail) - strlen(rows[i].body);
		GString *file = g_string_new(SEP);
		g_string_append_len(file, mail, (gssize)head);
		g_string_append(file, rows[i].stored);
		g_string_append(file, "\n" SEP "A: b\nC: d\n\nz\n\n");
		struct run *run = mbox_run_bytes(rows[i].file, file->str,
		                                 file->len, NULL, 0);
		const struct got *got = mbox_got(run, 0);
		cr_expect_eq(got->exactness, rows[i].exactness, "row %zu", i);
		if (rows[i].exactness != AM_GUESSED)
			cr_expect(mbox_raw_is(got, mail, strlen(mail)),
			          "row %zu", i);
		cr_expect_eq(mbox_noted(run, "mbox.quoting-proved"),
		             rows[i].noted, "row %zu", i);
		cr_expect(g_string_equal(run->whole, file), "row %zu", i);
		mbox_run_free(&run);
		g_string_free(file, TRUE);
		g_free(mail);
	}
}

/* Two mailboxes in one: what the first dozen said holds until others say
 * something else, and that is told. */
Test(mbox_dialect, later_mails_may_say_something_else)
{
	static const char quoted[] =
		SEP "A: b\nC: d\n\ntext\n\n>>From what they say\n\n";
	static const char plain[] = SEP "A: b\nC: d\n\ntext\n\nFrom now on\n\n";
	static const char last[] =
		SEP "A: b\nC: d\n\ntext\n\n>From what they say\n\n";
	static const struct {
		const char *first, *then, *raw;
	} rows[] = {
		{quoted, plain, "A: b\nC: d\n\ntext\n\n>From what they say\n"},
		{plain, quoted, "A: b\nC: d\n\ntext\n\nFrom what they say\n"},
	};
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		GString *file = g_string_new(NULL);
		size_t n = 0;
		for (int k = 0; k < 20; k++, n++)
			g_string_append(file, rows[i].first);
		for (; file->len < 4300000; n++)
			g_string_append(file, SEP "A: b\nC: d\n\nx\n\n");
		for (int k = 0; k < 20; k++, n++)
			g_string_append(file, rows[i].then);
		g_string_append(file, last);
		struct run *run =
			mbox_run_bytes("m.mbox", file->str, file->len, NULL, 0);
		cr_expect(mbox_raw_is(mbox_got(run, n), rows[i].raw,
		                      strlen(rows[i].raw)),
		          "row %zu", i);
		cr_expect(mbox_noted(run, "mbox.quoting-changes"));
		/* And all of it can be written again as it was. */
		cr_expect(run->whole->len == file->len &&
		          !memcmp(run->whole->str, file->str, file->len));
		mbox_run_free(&run);
		/* Who was told keeps to it, and says so. */
		run = mbox_run_bytes("m.mbox", file->str, file->len,
		                     "dialect=mboxrd", 0);
		const char *raw = "A: b\nC: d\n\ntext\n\nFrom what they say\n";
		cr_expect(mbox_raw_is(mbox_got(run, n), raw, strlen(raw)),
		          "row %zu, told", i);
		cr_expect(mbox_noted(run, "mbox.quoting-changes"));
		mbox_run_free(&run);
		g_string_free(file, TRUE);
	}
}

/* Three signed mails in a row speak for those without a signature behind. */
Test(mbox_dialect, signatures_speak_for_what_follows)
{
	char *mail = signed_mail("text\n\n>From what they say\n");
	GString *file = g_string_new(NULL);

	for (int i = 0; i < 5; i++)
		g_string_append_printf(file,
		                       SEP "A: b\n\ntext\n\n>From me\n\n");
	for (int i = 0; i < 3; i++)
		g_string_append_printf(file, SEP "%s\n", mail);
	g_string_append(file, SEP "A: b\n\ntext\n\n>From me\n\n");
	struct run *run =
		mbox_run_bytes("m.mbox", file->str, file->len, NULL, 0);
	static const char before[] = "A: b\n\ntext\n\nFrom me\n";
	static const char behind[] = "A: b\n\ntext\n\n>From me\n";
	cr_expect(mbox_raw_is(mbox_got(run, 0), before, strlen(before)));
	cr_expect(mbox_raw_is(mbox_got(run, 5), mail, strlen(mail)));
	cr_expect(mbox_raw_is(mbox_got(run, 8), behind, strlen(behind)));
	cr_expect(mbox_noted(run, "mbox.quoting-changes"));
	cr_expect(run->whole->len == file->len);
	mbox_run_free(&run);
	g_string_free(file, TRUE);
	g_free(mail);
}
