/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive as a target's memory.  Asked by the reader's thread while the
 * sink writes on its own, so through a connection of its own; it sees what was
 * committed.
 */
#include "store/archive_sink.h"

#include "model/folder.h"
#include "store/catalog_remote.h"

struct archive_memory {
	struct am_memory base;
	char *cache;
	struct am_catalog *catalog; /* opened when first asked */
};

static struct archive_memory *memory_of(struct am_memory *memory)
{
	return AM_CONTAINER(memory, struct archive_memory, base);
}

static int open_catalog(struct archive_memory *m, struct am_error *err)
{
	return m->catalog ? AM_OK
	                  : am_catalog_open(&m->catalog, m->cache, false, err);
}

static int cursor(struct am_memory *memory, const char *source,
                  const struct am_folder *folder, char **value,
                  struct am_error *err)
{
	struct archive_memory *m = memory_of(memory);
	int r = open_catalog(m, err);

	*value = NULL;
	if (r)
		return r;
	char *name = folder ? am_folder_print(folder) : g_strdup("");
	r = am_catalog_cursor(m->catalog, source, name, value, err);
	g_free(name);
	return r;
}

static int each(struct am_memory *memory, const char *source,
                const struct am_folder *folder,
                int (*one)(void *user, const struct am_remembered *what,
                           struct am_error *err),
                void *user, struct am_error *err)
{
	struct archive_memory *m = memory_of(memory);
	struct am_catalog_folder *row = NULL;
	int r = open_catalog(m, err);

	if (!r)
		r = am_catalog_folder_at(m->catalog, folder, &row, err);
	if (r || !row)
		return r;
	return am_catalog_remote_each(m->catalog, source, row->id, one, user,
	                              err);
}

static const struct am_memory_ops ops = {.cursor = cursor, .each = each};

struct am_memory *am_archive_memory_new(struct am_archive *archive)
{
	struct archive_memory *m = g_new0(struct archive_memory, 1);

	m->base.ops = &ops;
	m->cache = g_strdup(archive->cache);
	return &m->base;
}

void am_archive_memory_free(struct am_memory **memory)
{
	if (!*memory)
		return;
	struct archive_memory *m = memory_of(*memory);
	*memory = NULL;
	am_catalog_close(&m->catalog);
	g_free(m->cache);
	g_free(m);
}
