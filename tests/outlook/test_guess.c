/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/guess.h"

#include "model/ctx.h"
#include "support/pst_builder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static char told[400];

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (g_str_has_prefix(note->code, "pst.codepage"))
		g_snprintf(told, sizeof(told), "%s %s", note->code, note->text);
}

static struct am_ctx ctx = {.on_note = on_note};

TestSuite(guess, .fini = am_test_tmpdir_end);

/* The name that a store shows of a folder of these bytes. */
static char *name_of(enum am_pst_kind kind, const char *bytes,
                     unsigned codepage)
{
	struct am_test_pst *p = am_test_pst_new(kind, AM_PST_CRYPT_NONE);
	const struct am_test_prop props[] = {
		{0x3001001e, 0, bytes, strlen(bytes)}};
	struct am_pst_store *store = NULL;
	struct am_error err = {0};

	*told = '\0';
	am_test_pst_node(p, 0x122, 0x122, am_test_pst_pc(p, props, 1, NULL), 0);
	GByteArray *file = am_test_pst_finish(p);
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	cr_assert(am_pst_store_open(&store, path, codepage, &ctx, &err) == 0,
	          "%s", err.text);
	char *name = g_strdup(am_pst_store_folder(store, 0)->name);
	am_pst_store_close(&store);
	g_free(path);
	return name;
}

Test(guess, folders_of_mail_programs_tell)
{
	static const struct {
		const char *bytes, *want, *told;
	} cases[] = {
		/* Japanese, Russian, Chinese, Czech */
		{"\x8e\xf3\x90\x4d\x83\x67\x83\x8c\x83\x43", "受信トレイ",
	         "pst.codepage-guessed"},
		{"\xc2\xf5\xee\xe4\xff\xf9\xe8\xe5", "Входящие",
	         "pst.codepage-guessed"},
		{"\xca\xd5\xbc\xfe\xcf\xe4", "收件箱", "pst.codepage-guessed"},
		{"Doru\xe8"
	         "en\xe1 po\x9a"
	         "ta",
	         "Doručená pošta", "pst.codepage-guessed"},
		/* As it always was, and nothing to tell */
		{"Gel\xf6schte Elemente", "Gelöschte Elemente", ""},
		{"M\xfcller", "Müller", ""},
		{"Inbox", "Inbox", ""},
		/* What nobody calls his inbox: no proof, and said */
		{"\xcf\xee\xe5\xe7\xe4\xea\xe0", "Ïîåçäêà",
	         "pst.codepage-unknown"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *name = name_of(AM_PST_ANSI, cases[i].bytes, 0);
		cr_expect_str_eq(name, cases[i].want);
		cr_expect(g_str_has_prefix(told, cases[i].told) &&
		                  (*cases[i].told || !*told),
		          "%s: %s", cases[i].want, told);
		g_free(name);
	}
}

Test(guess, who_says_it_is_believed)
{
	static const char russian[] = "\xc2\xf5\xee\xe4\xff\xf9\xe8\xe5";
	char *name = name_of(AM_PST_ANSI, russian, 1252);
	cr_expect_str_eq(name, "Âõîäÿùèå");
	cr_expect_str_eq(told, "");
	g_free(name);
	/* Text of newer files is in Unicode; what is not is not looked at. */
	name = name_of(AM_PST_UNICODE, russian, 0);
	cr_expect_str_eq(name, "Âõîäÿùèå");
	cr_expect_str_eq(told, "");
	g_free(name);
}
