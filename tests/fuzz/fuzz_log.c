/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An archive with anything done to it.  The input is a list of edits on a small
 * archive that is made first; headers hit by an edit get good checksums again,
 * or the fuzzer would never get past them.
 *
 *   edit: place (2 bytes) | what (1: set, 2: cut here, 3: repeat) | value
 */
#include "base/blob.h"
#include "base/bytes.h"
#include "store/content.h"
#include "store/log_layout.h"

#include <glib.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char path[64];
static uint8_t *archive;
static size_t archive_len, spec_end;
static uint64_t places[2];     /* of a block and a blob */
static struct am_split *split; /* of the one message in it */
static uint8_t blob_hash[AM_SHA256_LEN];

static int find_block(void *user, uint64_t block, uint64_t *pos,
                      struct am_error *err)
{
	(void)user;
	(void)block;
	(void)err;
	*pos = places[0];
	return AM_OK;
}

static int find_blob(void *user, const uint8_t key[AM_SHA256_LEN],
                     uint64_t *pos, struct am_error *err)
{
	(void)user;
	(void)key;
	(void)err;
	*pos = places[1];
	return places[1] ? AM_OK : AM_END;
}

static int add_block(void *user, uint64_t block, uint64_t pos,
                     struct am_error *err)
{
	(void)user;
	(void)block;
	(void)err;
	places[0] = pos;
	return AM_OK;
}

static int add_blob(void *user, const uint8_t key[AM_SHA256_LEN],
                    uint64_t total, uint64_t pos, struct am_error *err)
{
	(void)user;
	(void)total;
	(void)err;
	places[1] = pos;
	memcpy(blob_hash, key, sizeof blob_hash);
	return AM_OK;
}

static const struct am_content_index content_index = {
	.find_block = find_block,
	.find_blob = find_blob,
	.add_block = add_block,
	.add_blob = add_blob,
};

static void must(int r)
{
	if (r)
		abort();
}

static void write_file(const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void make_archive(void)
{
	struct am_log_options options = {.codec = AM_CODEC_ZSTD,
	                                 .no_sync = true};
	static char text[60000];
	struct am_content_writer *w;
	struct am_commit commit = {0};
	struct am_blob *blob;
	struct am_ctx ctx = {0};
	struct am_log *log;
	gsize len;
	char *bytes;

	g_snprintf(path, sizeof path, "/tmp/fuzz-log-%ld.mailark",
	           (long)getpid());
	int n = g_snprintf(text, sizeof text,
	                   "Content-Type: x/y\nContent-Transfer-Encoding: "
	                   "base64\n\n");
	for (int i = n; i < (int)sizeof text - 3; i++)
		text[i] = (i - n) % 77 == 76 ? '\n' : (char)('A' + i % 26);
	must(am_log_create(&log, path, &options, &ctx, NULL));
	spec_end = (size_t)am_log_last(log)->pos;
	must(am_content_writer_new(&w, log, &content_index, 1, 0, NULL));
	size_t used = (size_t)n + 77 * 700 - 1;
	must(am_blob_copy(&blob, text, used, NULL));
	must(am_split_message(&split, blob, NULL, NULL));
	must(am_content_put(w, blob, split, NULL));
	must(am_content_flush(w, NULL));
	must(am_log_commit(log, &commit, NULL));
	must(am_log_commit(log, &commit, NULL));
	am_content_writer_free(&w);
	am_log_close(&log);
	am_blob_unref(&blob);
	if (!g_file_get_contents(path, &bytes, &len, NULL))
		abort();
	archive = (uint8_t *)bytes;
	archive_len = len;
}

/* Checksums of the headers as they now are, and of their payloads. */
static void seal(uint8_t *data, size_t len)
{
	uint8_t *at = data;

	while ((at = memmem(at, (size_t)(data + len - at), am_log_magic, 8)) &&
	       (size_t)(data + len - at) >= AM_RECORD_HEADER) {
		struct am_cursor c = am_cursor(at + 16, 8);
		uint64_t n = am_get_le64(&c);
		if (n <= (size_t)(data + len - at) - AM_RECORD_HEADER)
			am_put_le32(at + 12, am_crc32(0, at + AM_RECORD_HEADER,
			                              (size_t)n));
		am_put_le32(at + 60, am_crc32(0, at, 60));
		at += 8;
	}
}

static int see_record(void *user, const struct am_record *rec,
                      struct am_error *err)
{
	struct am_coder *coder = am_coder_new();
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *data;

	(void)err;
	if (!am_log_unpack(user, coder, rec, &data, prefix, NULL))
		g_free(data);
	am_coder_free(&coder);
	return AM_OK;
}

static void read_everything(struct am_log *log)
{
	struct am_log_walk walk = {.record = see_record,
	                           .user = log,
	                           .payloads = true,
	                           .tail = true};
	struct am_content_reader *reader;
	struct am_record rec;
	struct am_blob *blob;
	uint64_t pos = AM_LOG_PREAMBLE;

	(void)!am_log_walk(log, 0, &walk, NULL);
	for (int i = 0; i < 100 && !am_log_header(log, pos, &rec, NULL); i++)
		if (am_log_after(log, &rec, &pos, NULL))
			break;
	must(am_content_reader_new(&reader, log, &content_index, NULL, NULL,
	                           NULL));
	if (!am_content_get(reader, &split->recipe, split->eol, split->size,
	                    split->hash, &blob, NULL))
		am_blob_unref(&blob);
	(void)!am_content_check_blob(reader, blob_hash, places[1], NULL);
	am_content_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_ctx ctx = {0};
	struct am_log *log;

	if (!archive)
		make_archive();
	/* The specification is only in the way: mostly not touched. */
	size_t n = archive_len, room = archive_len * 2;
	uint8_t *copy = g_malloc0(room);
	memcpy(copy, archive, n);
	for (; len >= 4 && n; data += 4, len -= 4) {
		size_t at = (size_t)data[0] << 8 | data[1];
		at = (spec_end - 300 + at) % n;
		if (data[2] % 4 == 2)
			n = at;
		else if (data[2] % 4 == 3 && n + 300 < room && at > 300)
			memcpy(copy + n, copy + at - 300, 300), n += 300;
		else
			copy[at] = data[3];
	}
	seal(copy, n);
	write_file(copy, n);
	g_free(copy);
	if (!am_log_open(&log, path, false, NULL, &ctx, NULL)) {
		read_everything(log);
		am_log_close(&log);
	}
	if (!am_log_open(&log, path, true, NULL, &ctx, NULL)) {
		struct am_commit commit = {0};
		must(am_log_commit(log, &commit, NULL));
		uint64_t number = commit.number;
		am_log_close(&log);
		must(am_log_open(&log, path, false, NULL, &ctx, NULL));
		if (am_log_last(log)->number != number)
			abort();
		am_log_close(&log);
	}
	unlink(path);
	return 0;
}
