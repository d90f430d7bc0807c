/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders called like what programs keep for themselves, or like nothing a
 * file system takes: they come back as they were, read by looking, as a user
 * reads them. */
#include "base/hash.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* As JSON. */
static const char *const folders[] = {
	"\"new\"",
	"\"cur\"",
	"\"tmp\"",
	"\"A\", \"new\"",
	"\"A\"",
	"\"new\", \"cur\", \"tmp\"",
	"\"%6Eew\", \"x\"",
	"\"courierimapkeywords\", \"x\"",
	"\"mailark-folder\"",
	"\"a/b\", \"c/d\"",
	"\"a\\\\b\"",
	"\"a.b\", \"c\"",
	"\"..\", \"..\"",
	"\"...\"",
	"\"~\"",
	"\".hidden\"",
	"\"CON\"",
	"\"con.mbox\"",
	"\"x.sbd\", \"y\"",
	"\"trailing \"",
	"\"trailing.\"",
	"\" leading\"",
	"\"case\"",
	"\"Case\"",
	"\"caf\\u00e9\"",
	"\"cafe\\u0301\"",
	"\"\\ud83d\\udce7 <mail>\"",
	"\"tab\\tline\\nfeed\"",
	"\"&amp\"",
	"\"17\"",
	"\"A\", \"17_\"",
};

static void write_source(struct cli *cli)
{
	GString *json = g_string_new(NULL);

	for (size_t i = 0; i < AM_COUNT(folders); i++) {
		uint8_t hash[AM_SHA256_LEN];
		char hex[AM_SHA256_HEX];
		char *mail = g_strdup_printf("From: a@a.example\n"
		                             "Subject: %zu\n\nx\n",
		                             i);
		size_t len = strlen(mail);
		char *raw = g_base64_encode((const uint8_t *)mail, len);

		am_sha256(mail, len, hash);
		am_hex(hash, sizeof(hash), hex);
		g_string_append_printf(
			json,
			"{\"mailark\":\"message/1\",\"sha256\":\"%s\","
			"\"size\":%zu,\"folder\":[%s],\"flags\":[],"
			"\"keywords\":[],\"labels\":[],\"raw\":\"%s\"}\n",
			hex, len, folders[i], raw);
		g_free(raw);
		g_free(mail);
	}
	cli_write(cli, "in.jsonl", json->str, json->len);
	g_string_free(json, TRUE);
}

Test(folder_names, come_back_out_of_every_format, .timeout = 120)
{
	static const char *const targets[][2] = {
		{"archive", "out.mailark"},
		{"pst", "out.pst"},
		{"maildir", "maildir/"},
		{"maildir,layout=fs", "nested/"},
		{"mbox", "mbox/"},
		{"mmdf", "mmdf/"},
		{"mh", "mh/"},
		{"eml", "eml/"},
		{"eml", "out.zip"},
		{"eml", "out.tar"},
		{"eml,sidecar=yes", "s/"},
		{"msg", "msg/"},
		{"mailbag", "bag/"},
	};
	struct cli c;

	cli_init(&c);
	write_source(&c);
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		const char *to = targets[i][0], *name = targets[i][1];

		cr_expect_eq(cli_run(&c, "copy", "--to", to, "--no-index",
		                     "in.jsonl", name, NULL),
		             0, "%s: %s", to, c.err);
		/* Dates may differ; nothing else. */
		(void)cli_run(&c, "compare", "--strict", "in.jsonl", name,
		              NULL);
		cr_expect_eq(cli_count(c.out, " 0 only in "), 2, "%s: %s", to,
		             c.out);
		cr_expect_not(strstr(c.out, "another folder"), "%s: %s", to,
		              c.out);
		if (!g_str_has_suffix(name, ".zip") &&
		    !g_str_has_suffix(name, ".tar")) {
			cr_expect_eq(cli_run(&c, "copy", "--to", to,
			                     "--no-index", "in.jsonl", name,
			                     NULL),
			             0);
			cr_expect(strstr(c.out, "stored 0 ") ||
			                  strstr(c.err, "stored 0 "),
			          "%s: %s%s", to, c.out, c.err);
		}
	}
	cli_end(&c);
}
