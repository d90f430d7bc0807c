/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes samples/pst/ and the seeds of fuzz_pst: pst_sample FOLDER FOLDER. */
#include "support/pst_sample.h"

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
	static const struct {
		const char *name, *seed;
		enum am_pst_kind kind;
		enum am_pst_crypt crypt;
	} kinds[] = {
		{"unicode.pst", "one-unicode", AM_PST_UNICODE,
	         AM_PST_CRYPT_PERMUTE},
		{"ansi.pst", "one-ansi", AM_PST_ANSI, AM_PST_CRYPT_CYCLIC},
		{"outlook2013.ost", "one-ost", AM_PST_OST4K, AM_PST_CRYPT_NONE},
	};
	bool good = true;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: pst_sample SAMPLES SEEDS\n");
		return 2;
	}
	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		good &= save(argv[1], kinds[i].name,
		             am_test_pst_sample(kinds[i].kind, kinds[i].crypt));
		good &= save(argv[2], kinds[i].seed,
		             am_test_pst_many(kinds[i].kind, 1, 1));
	}
	good &= save(argv[2], "loop", am_test_pst_loop());
	return good ? 0 : 1;
}
