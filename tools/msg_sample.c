/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes samples/msg/, the seeds of fuzz_cfb and fuzz_tnef, and samples/olm/:
 * msg_sample FOLDER FOLDER FOLDER FOLDER. */
#include "support/msg_sample.h"
#include "support/olm_sample.h"
#include "support/tnef_sample.h"

#include <stdio.h>
#include <string.h>

static bool save(const char *folder, const char *name, GByteArray *file)
{
	char *path = g_build_filename(folder, name, NULL);
	GError *error = NULL;
	bool good = g_file_set_contents(path, (const char *)file->data,
	                                (gssize)file->len, &error);

	if (!good)
		(void)fprintf(stderr, "%s\n", error->message);
	g_clear_error(&error);
	g_byte_array_free(file, TRUE);
	g_free(path);
	return good;
}

/* A mail that has it; the argument is freed. */
static GByteArray *mail_with(GByteArray *tnef)
{
	char *base64 = am_test_tnef_base64(tnef);
	char *text = g_strdup_printf(
		"Subject: x\r\nContent-Type: multipart/mixed; boundary=xx\r\n"
		"\r\n--xx\r\nContent-Type: application/ms-tnef\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--xx--\r\n",
		base64);
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
	g_byte_array_free(tnef, TRUE);
	g_free(base64);
	g_free(text);
	return out;
}

int main(int argc, char **argv)
{
	bool good = true;

	if (argc != 5) {
		(void)fprintf(
			stderr,
			"usage: msg_sample SAMPLES SEEDS SEEDS SAMPLES\n");
		return 2;
	}
	for (int i = 0; i < AM_TEST_MSG_COUNT; i++) {
		enum am_test_msg which = (enum am_test_msg)i;
		char *name = g_strconcat(am_test_msg_name(which), ".msg", NULL);
		good &= save(argv[1], name, am_test_msg_file(which));
		g_free(name);
	}
	good &= save(
		argv[1], "japanese.msg",
		am_test_msg_narrow(932, AM_TEST_SAYS_CODEPAGE, "日本語の件名"));
	good &= save(argv[1], "object.msg", am_test_msg_object());
	good &= save(argv[2], "nested", am_test_msg_file(AM_TEST_MSG_NESTED));
	good &= save(argv[2], "object", am_test_msg_object());
	good &= save(argv[3], "whole", am_test_tnef());
	good &= save(argv[3], "text", am_test_tnef_text());
	good &= save(argv[3], "mail", mail_with(am_test_tnef()));
	good &= save(argv[4], "mac.olm", am_test_olm(TRUE, FALSE));
	return good ? 0 : 1;
}
