/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes samples/msg/ and the seeds of fuzz_cfb: msg_sample FOLDER FOLDER. */
#include "support/msg_sample.h"

#include <stdio.h>

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

int main(int argc, char **argv)
{
	bool good = true;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: msg_sample SAMPLES SEEDS\n");
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
	return good ? 0 : 1;
}
