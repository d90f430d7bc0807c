/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes samples/pst/: pst_sample FOLDER. */
#include "support/pst_sample.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum am_pst_kind kind;
		enum am_pst_crypt crypt;
	} samples[] = {
		{"unicode.pst", AM_PST_UNICODE, AM_PST_CRYPT_PERMUTE},
		{"ansi.pst", AM_PST_ANSI, AM_PST_CRYPT_CYCLIC},
		{"outlook2013.ost", AM_PST_OST4K, AM_PST_CRYPT_NONE},
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: pst_sample FOLDER\n");
		return 2;
	}
	for (size_t i = 0; i < AM_COUNT(samples); i++) {
		GByteArray *file =
			am_test_pst_sample(samples[i].kind, samples[i].crypt);
		char *path = g_build_filename(argv[1], samples[i].name, NULL);
		GError *error = NULL;
		if (!g_file_set_contents(path, (const char *)file->data,
		                         (gssize)file->len, &error)) {
			(void)fprintf(stderr, "%s\n", error->message);
			return 1;
		}
		g_byte_array_free(file, TRUE);
		g_free(path);
	}
	return 0;
}
