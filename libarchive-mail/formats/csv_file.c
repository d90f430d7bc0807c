/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/csv_file.h"

#include "base/file.h"
#include "base/reader.h"
#include "formats/append_file.h"
#include "formats/csv_text.h"

#include <string.h>

#define MAX_ROW (1u << 20)

/* Quotes come in pairs in whole records. */
static bool is_whole(const GString *text)
{
	size_t quotes = 0;

	for (gsize i = 0; i < text->len; i++)
		quotes += text->str[i] == '"';
	return quotes % 2 == 0;
}

static void give(const GString *text, void (*row)(void *user, char **cells),
                 void *user)
{
	const char *at = text->str;
	char **cells = am_csv_parse(&at, at + text->len);

	if (cells)
		row(user, cells);
	g_strfreev(cells);
}

static int not_ours(const char *path, struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_EXISTS,
	               "%s is there already and no table written here: name "
	               "another directory",
	               path);
}

/* The first `size` bytes, which end in a line end. */
static int read_rows(const char *path, uint64_t size, const char *head,
                     void (*row)(void *user, char **cells), void *user,
                     struct am_error *err)
{
	GString *text = g_string_new(NULL);
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	const uint8_t *line;
	bool first = true;
	size_t len;
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_reader_file(&reader, file, 0, size, err);
	while (!r) {
		r = am_reader_line(reader, MAX_ROW, &line, &len, err);
		if (r)
			break;
		g_string_append_len(text, (const char *)line, (gssize)len);
		if (first && strcmp(text->str, head) != 0)
			break;
		if (!is_whole(text) && text->len < MAX_ROW)
			continue;
		if (!first)
			give(text, row, user);
		first = false;
		g_string_truncate(text, 0);
	}
	if (r == AM_END)
		r = AM_OK;
	if (!r && first)
		r = not_ours(path, err);
	am_reader_close(&reader);
	am_file_unref(&file);
	g_string_free(text, TRUE);
	return r ? AM_FATAL : AM_OK;
}

/* Bytes without a line end, and nothing else: our head cut short, or not
 * ours. */
static int check_torn(const char *path, const char *head, struct am_error *err)
{
	size_t len = strlen(head), got = 0;
	struct am_file *file = NULL;
	char *bytes = g_malloc(len);
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_file_read(file, 0, bytes, len, &got, err);
	if (!r && (am_file_size(file) > len || memcmp(bytes, head, got) != 0))
		r = not_ours(path, err);
	am_file_unref(&file);
	g_free(bytes);
	return r ? AM_FATAL : AM_OK;
}

int am_csv_file_open(struct am_append **out, const char *path, const char *head,
                     void (*row)(void *user, char **cells), void *user,
                     struct am_error *err)
{
	int r = am_append_open(out, path, err);

	if (r)
		return r;
	if (am_append_size(*out))
		r = read_rows(path, am_append_size(*out), head, row, user, err);
	else if (am_append_torn(*out))
		r = check_torn(path, head, err);
	if (!r && !am_append_size(*out))
		r = am_append_write(*out, head, strlen(head), err);
	if (r)
		am_append_close(out);
	return r;
}
