/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes samples/pst/ and seeds of fuzz_pst and fuzz_ltp: pst_sample SAMPLES
 * SEEDS SEEDS. */
#include "support/pst_sample.h"
#include "outlook/pst/ndb.h"

#include "model/ctx.h"

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

static void add_piece(GByteArray *to, struct am_pst_ndb *ndb, am_pst_bid bid)
{
	struct am_pst_data data = {0};
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (!am_pst_data_open(&data, ndb, bid, NULL))
		(void)!am_pst_data_all(&data, 0xffff, &bytes, &len, NULL);
	const uint8_t head[2] = {(uint8_t)len, (uint8_t)(len >> 8)};
	g_byte_array_append(to, head, 2);
	g_byte_array_append(to, bytes, (guint)len);
	am_pst_data_close(&data);
	g_free(bytes);
}

/* What is in the first message of that file, as fuzz_ltp takes it. */
static bool save_message(const char *folder, const char *name, const char *path,
                         enum am_pst_kind kind)
{
	GByteArray *seed = g_byte_array_new();
	const uint8_t first = (uint8_t)kind;
	struct am_pst_ndb *ndb = NULL;
	struct am_pst_nbt_entry node;
	struct am_pst_sl_entry sub;
	struct am_ctx ctx = {0};

	g_byte_array_append(seed, &first, 1);
	if (!am_pst_ndb_open(&ndb, path, &ctx, NULL) &&
	    !am_pst_ndb_node(ndb, 0x200024, &node, NULL)) {
		add_piece(seed, ndb, node.data);
		if (!am_pst_sub_find(ndb, node.sub, 0x692, &sub, NULL))
			add_piece(seed, ndb, sub.data);
		if (!am_pst_sub_find(ndb, node.sub, 0x8005, &sub, NULL))
			add_piece(seed, ndb, sub.data);
	}
	am_pst_ndb_close(&ndb);
	return save(folder, name, seed);
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

	if (argc != 4) {
		(void)fprintf(stderr, "usage: pst_sample SAMPLES PST-SEEDS "
		                      "LTP-SEEDS\n");
		return 2;
	}
	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		good &= save(argv[1], kinds[i].name,
		             am_test_pst_sample(kinds[i].kind, kinds[i].crypt));
		good &= save(argv[2], kinds[i].seed,
		             am_test_pst_many(kinds[i].kind, 1, 1));
		char *path = g_build_filename(argv[1], kinds[i].name, NULL);
		good &= save_message(argv[3], kinds[i].seed, path,
		                     kinds[i].kind);
		g_free(path);
	}
	good &= save(argv[2], "loop", am_test_pst_loop());
	return good ? 0 : 1;
}
