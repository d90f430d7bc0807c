/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "formats/attachments/attachments.h"
#include "formats/csv_file.h"
#include "formats/csv_text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char head[] =
	"file,name,type,size,sha256,date,from,subject,message_id,folder,"
	"section,message_sha256\r\n";

struct am_attachments_known {
	GHashTable *files; /* SHA-256 -> path */
	GHashTable *keys;  /* the first bytes of a hash */
};

struct am_attachments_known *am_attachments_known_new(void)
{
	struct am_attachments_known *k = g_new0(struct am_attachments_known, 1);

	k->files =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	k->keys = g_hash_table_new(g_direct_hash, g_direct_equal);
	return k;
}

void am_attachments_known_free(struct am_attachments_known **known)
{
	struct am_attachments_known *k = *known;

	*known = NULL;
	if (!k)
		return;
	g_hash_table_destroy(k->files);
	g_hash_table_destroy(k->keys);
	g_free(k);
}

const char *am_attachments_known_file(const struct am_attachments_known *known,
                                      const char *sha256)
{
	return g_hash_table_lookup(known->files, sha256);
}

void am_attachments_known_add_file(struct am_attachments_known *known,
                                   const char *sha256, const char *path)
{
	g_hash_table_replace(known->files, g_strdup(sha256), g_strdup(path));
}

uint64_t am_attachments_known_key(const char *message, const char *folder,
                                  const char *section)
{
	char *text = g_strjoin(" ", message, section, folder, NULL);
	uint8_t digest[AM_SHA256_LEN];
	uint64_t key;

	am_sha256(text, strlen(text), digest);
	memcpy(&key, digest, sizeof(key));
	g_free(text);
	return key;
}

bool am_attachments_known_add(struct am_attachments_known *known, uint64_t key)
{
	return g_hash_table_add(known->keys, GSIZE_TO_POINTER(key));
}

/* A row of a run that was killed may speak of a file that never came. */
static void know(struct am_attachments_known *k, char **cells, int dir_fd)
{
	const char *path = am_csv_unguard(cells[AM_ATTACHMENTS_FILE]);

	if (faccessat(dir_fd, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return;
	am_attachments_known_add_file(k, cells[AM_ATTACHMENTS_SHA256], path);
	am_attachments_known_add(
		k, am_attachments_known_key(
			   cells[AM_ATTACHMENTS_MESSAGE_SHA256],
			   am_csv_unguard(cells[AM_ATTACHMENTS_FOLDER]),
			   cells[AM_ATTACHMENTS_SECTION]));
}

struct reading {
	struct am_attachments_known *known;
	int dir_fd;
};

static void take_row(void *user, char **cells)
{
	struct reading *reading = user;

	if (g_strv_length(cells) == AM_ATTACHMENTS_COLUMNS)
		know(reading->known, cells, reading->dir_fd);
}

int am_attachments_known_open(struct am_attachments_known *known,
                              struct am_append **out, const char *path,
                              int dir_fd, struct am_error *err)
{
	struct reading reading = {known, dir_fd};

	return am_csv_file_open(out, path, head, take_row, &reading, err);
}
