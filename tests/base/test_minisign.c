/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key and the signatures that are written down here are minisign 0.11's. */
#include "helpers.h"

#include "base/file.h"
#include "base/minisign.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>

#define PUBLIC "RWTqDBGZQKCx7gy0RCAYJtTgh6AKJb4mOSPhgpFM9ig6/rjEoz8vBCK+"

static const char secret_key[] =
	"untrusted comment: minisign encrypted secret key\n"
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AA"
	"6gwRmUCgse43X7CbctUU25MDsl4J8a3E86DPZXEpr8Rr9d1c06znVwy0RCAYJtTgh6AKJb"
	"4m"
	"OSPhgpFM9ig6/"
	"rjEoz8vBCK+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char new_signature[] =
	"untrusted comment: signature from minisign secret key\n"
	"RUTqDBGZQKCx7iAPEi7bcvWuc0JZKlHeltvFV28Ocy3YFjBdTsrW7u3oEZEd/"
	"7ORtoOi/uopkhvYwnwrkGcObo9rrdcYPUZiQwQ=\n"
	"trusted comment: a comment\n"
	"9cBJQje13FH+s4DyiT4r9iAkvMYxueenNZZvN7nH4vo8mcrWZAmoiMpRFQHb6WMt71Z6fF"
	"1TrzLvLTruYsRFDQ==\n";
static const char old_signature[] =
	"untrusted comment: signature from minisign secret key\n"
	"RWTqDBGZQKCx7sGwXCOZmvCUExh0szTEmZs97T8FwIWWbKffRgmqDC6H4qwDCp6EE4/"
	"QiHQTuLZUJTjaG50y192cC7ZEjbJ88gw=\n"
	"trusted comment: old\n"
	"4w8l6935DvZYoDX6ZXwbPFggoAsWk6blH1RIMqss1lqQsiWUYrOODto/"
	"FOzXuWXaz9gDuPh+XJNM2/vJDYetDQ==\n";

struct place {
	char *dir, *file, *signature, *secret, *public_key;
};

static void write_file(const char *path, const char *text)
{
	cr_assert_eq(am_file_replace(path, text, strlen(text), NULL), AM_OK);
}

static void place_init(struct place *p)
{
	p->dir = test_dir();
	p->file = g_build_filename(p->dir, "f", NULL);
	p->signature = g_build_filename(p->dir, "f.minisig", NULL);
	p->secret = g_build_filename(p->dir, "me.key", NULL);
	p->public_key = g_build_filename(p->dir, "me.pub", NULL);
	write_file(p->file, "hello\n");
}

static void place_end(struct place *p)
{
	test_dir_remove(&p->dir);
	g_free(p->file);
	g_free(p->signature);
	g_free(p->secret);
	g_free(p->public_key);
}

static int verify(const struct place *p, const char *key, char **comment,
                  struct am_error *err)
{
	return am_minisign_verify(key, p->file, comment, err);
}

Test(minisign, takes_what_minisign_signed)
{
	static const char *const signatures[] = {new_signature, old_signature};
	static const char *const comments[] = {"a comment", "old"};
	struct am_error err = {0};
	struct place p;
	char *comment;

	place_init(&p);
	for (size_t i = 0; i < AM_COUNT(signatures); i++) {
		write_file(p.signature, signatures[i]);
		cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_OK, "%s",
		             err.text);
		cr_expect_str_eq(comment, comments[i]);
		g_free(comment);
		/* One byte of the file, or of the comment, is enough. */
		write_file(p.file, "hullo\n");
		cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_FAILED);
		cr_expect_eq(err.kind, AM_E_CORRUPT, "%s", err.text);
		cr_expect_null(comment);
		write_file(p.file, "hello\n");
		char **lines = g_strsplit(signatures[i], comments[i], 2);
		char *other = g_strjoinv("another", lines);
		write_file(p.signature, other);
		cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_FAILED);
		cr_expect_eq(err.kind, AM_E_CORRUPT, "%s", err.text);
		g_free(other);
		g_strfreev(lines);
	}
	place_end(&p);
}

Test(minisign, signs_with_its_key)
{
	struct am_error err = {0};
	struct place p;
	char *comment;

	place_init(&p);
	write_file(p.secret, secret_key);
	cr_assert_eq(am_minisign_check(p.secret, &err), AM_OK, "%s", err.text);
	cr_assert_eq(am_minisign_sign(p.secret, p.file, &err), AM_OK, "%s",
	             err.text);
	cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_OK, "%s", err.text);
	cr_expect(g_str_has_prefix(comment, "timestamp:"), "%s", comment);
	cr_expect(g_str_has_suffix(comment, "\tfile:f\thashed"), "%s", comment);
	g_free(comment);
	place_end(&p);
}

Test(minisign, makes_keys_that_nobody_else_has)
{
	struct am_error err = {0};
	struct place p;
	struct stat st;
	char *comment;

	place_init(&p);
	cr_assert_eq(am_minisign_generate(p.secret, p.public_key, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(stat(p.secret, &st), 0);
	cr_expect_eq(st.st_mode & 077, 0);
	cr_assert_eq(am_minisign_sign(p.secret, p.file, &err), AM_OK);
	cr_expect_eq(verify(&p, p.public_key, &comment, &err), AM_OK, "%s",
	             err.text);
	g_free(comment);
	cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_FAILED);
	cr_expect(strstr(err.text, "another key"), "%s", err.text);
	/* What is there is not written over. */
	cr_expect_eq(am_minisign_generate(p.secret, p.public_key, &err),
	             AM_FAILED);
	cr_expect_eq(err.kind, AM_E_EXISTS);
	place_end(&p);
}

Test(minisign, refuses_what_is_no_key_and_no_signature)
{
	static const char *const bad[] = {"", "x\n", "x\nAAAA\n",
	                                  "untrusted comment: x\n" PUBLIC "\n"};
	struct am_error err = {0};
	struct place p;
	char *comment;

	place_init(&p);
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		write_file(p.secret, bad[i]);
		cr_expect_eq(am_minisign_check(p.secret, &err), AM_FAILED);
		cr_expect_eq(err.kind, AM_E_FORMAT, "%zu: %s", i, err.text);
		write_file(p.signature, bad[i]);
		cr_expect_eq(verify(&p, PUBLIC, &comment, &err), AM_FAILED);
		cr_expect_eq(err.kind, AM_E_FORMAT, "%zu: %s", i, err.text);
	}
	/* One with a password, and one that was damaged. */
	char *other = g_strdup(secret_key);
	char *at = strstr(other, "RWQAAE");
	cr_assert(at);
	memcpy(at, "RWRTY0", 6);
	write_file(p.secret, other);
	cr_expect_eq(am_minisign_check(p.secret, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED, "%s", err.text);
	g_free(other);
	other = g_strdup(secret_key);
	at = strstr(other, "X7Cbct");
	cr_assert(at);
	*at = 'Y';
	write_file(p.secret, other);
	cr_expect_eq(am_minisign_check(p.secret, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_CORRUPT, "%s", err.text);
	g_free(other);
	cr_expect_eq(verify(&p, "/nowhere", &comment, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_NOTFOUND, "%s", err.text);
	place_end(&p);
}
