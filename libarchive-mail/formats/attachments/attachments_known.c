/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "formats/attachments/attachments.h"
#include "formats/csv_text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_ROW (1u << 20)

const char am_attachments_head[] =
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

/* Quotes come in pairs in whole records. */
static bool is_whole(const GString *text)
{
	size_t quotes = 0;

	for (gsize i = 0; i < text->len; i++)
		quotes += text->str[i] == '"';
	return quotes % 2 == 0;
}

static void take_row(struct am_attachments_known *k, GString *text, int dir_fd)
{
	const char *at = text->str;
	char **cells = am_csv_parse(&at, at + text->len);

	if (cells && g_strv_length(cells) == AM_ATTACHMENTS_COLUMNS)
		know(k, cells, dir_fd);
	g_strfreev(cells);
	g_string_truncate(text, 0);
}

int am_attachments_known_read(struct am_attachments_known *known,
                              const char *path, uint64_t size, int dir_fd,
                              struct am_error *err)
{
	GString *text = g_string_new(NULL);
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	const uint8_t *line;
	bool head = true;
	size_t len;
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_reader_file(&reader, file, 0, size, err);
	while (!r) {
		r = am_reader_line(reader, MAX_ROW, &line, &len, err);
		if (r)
			break;
		g_string_append_len(text, (const char *)line, (gssize)len);
		if (head) {
			if (strcmp(text->str, am_attachments_head) != 0)
				break;
			head = false;
			g_string_truncate(text, 0);
		} else if (is_whole(text)) {
			take_row(known, text, dir_fd);
		} else if (text->len > MAX_ROW) {
			g_string_truncate(text, 0);
		}
	}
	if (r == AM_END)
		r = AM_OK;
	if (!r && head)
		r = am_fail(err, AM_FATAL, AM_E_EXISTS,
		            "%s is there already and no table written here: "
		            "name another directory",
		            path);
	am_reader_close(&reader);
	am_file_unref(&file);
	g_string_free(text, TRUE);
	return r ? AM_FATAL : AM_OK;
}
