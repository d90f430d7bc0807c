/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/tables.h"

#include <glib.h>

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TABLES    "/usr/share/poppler"
#define BYTES_MAX ((gsize)64 << 20)
#define FOLDERS   3 /* deep */

struct table {
	gsize at, len;
};

static GHashTable *tables; /* path -> struct table; NULL: none */
static const char *bytes;

static void add_file(GByteArray *all, const char *path)
{
	struct table *table;
	char *data = NULL;
	gsize len = 0;

	if (!g_file_get_contents(path, &data, &len, NULL))
		return;
	if (len && all->len + len <= BYTES_MAX) {
		table = g_new(struct table, 1);
		*table = (struct table){all->len, len};
		g_hash_table_insert(tables, g_strdup(path), table);
		g_byte_array_append(all, (const guint8 *)data, (guint)len);
	}
	g_free(data);
}

static void add_folder(GByteArray *all, const char *path, int depth)
{
	GDir *dir = depth < FOLDERS ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;

	while (dir && (name = g_dir_read_name(dir)) != NULL) {
		char *inner = g_build_filename(path, name, NULL);
		if (g_file_test(inner, G_FILE_TEST_IS_DIR))
			add_folder(all, inner, depth + 1);
		else
			add_file(all, inner);
		g_free(inner);
	}
	if (dir)
		g_dir_close(dir);
}

/* Shared, so that a fork copies nothing of it. */
static const char *map(const GByteArray *all)
{
	void *to = mmap(NULL, all->len, PROT_READ | PROT_WRITE,
	                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED)
		return NULL;
	memcpy(to, all->data, all->len);
	/* No reader can change what another will read. */
	if (mprotect(to, all->len, PROT_READ))
		return NULL;
	return to;
}

void am_tables_load(void)
{
	GByteArray *all = g_byte_array_new();

	tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	add_folder(all, TABLES, 0);
	bytes = all->len ? map(all) : NULL;
	if (!bytes)
		g_clear_pointer(&tables, g_hash_table_unref);
	g_byte_array_unref(all);
}

FILE *am_tables_open(const char *path, const char *mode)
{
	const struct table *table = tables && *mode == 'r'
	                                    ? g_hash_table_lookup(tables, path)
	                                    : NULL;

	return table ? fmemopen((char *)(uintptr_t)(bytes + table->at),
	                        table->len, "r")
	             : NULL;
}
