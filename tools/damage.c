/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads files as damage leaves them: cut at a thousand places (small ones at
 * each byte), and with bytes changed.  Built with sanitizers it ends at the
 * first fault; else it tells what was given and what failed.
 *
 *   damage FORMAT CUTS CHANGES FILE…      FORMAT: msg, olm, pst …, or tnef
 *
 * CHANGES is for all files together; each is a run of 1 to 8 bytes.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/mapi/mapi_to_mail.h"
#include "model/message.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/tnef/tnef.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* What takes longer hangs. */
enum { SECONDS = 60, MIB = 1 << 20 };

static struct {
	uint64_t runs, refused, items, failed, notes;
} seen;

static void note(void *user, const struct am_note *n)
{
	(void)user;
	seen.notes += n->text != NULL;
}

static void damage_told(void *user, const char *text)
{
	(void)user;
	seen.notes += text != NULL;
}

static void read_bytes(const struct am_blob *blob)
{
	uint8_t *buf = g_malloc(MIB);
	size_t got = 0;

	for (uint64_t at = 0; at < am_blob_size(blob); at += got)
		if (am_blob_read(blob, at, buf, MIB, &got, NULL) || !got)
			break;
	g_free(buf);
}

static void read_with(const struct am_format *format, int fd,
                      struct am_ctx *ctx)
{
	static const char *const outlook[] = {"deleted=yes", "associated=yes",
	                                      NULL};
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item = {0};
	char path[64];
	int r;

	(void)g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct am_location where = {.path = path};
	if (!strcmp(format->name, "pst"))
		where.options = outlook;
	if (format->open_source(&src, &where, ctx, &err)) {
		seen.refused++;
		return;
	}
	while ((r = am_source_next(src, &item, &err)) != AM_END &&
	       r != AM_FATAL) {
		if (!r && item.message) {
			r = am_source_load(src, item.message, &err);
			seen.items += !r;
			seen.failed += r == AM_FAILED;
			if (!r)
				read_bytes(item.message->raw);
			am_message_free(&item.message);
		} else {
			seen.failed += r == AM_FAILED;
		}
		memset(&item, 0, sizeof(item));
	}
	am_source_close(&src);
}

static void read_tnef(const uint8_t *data, size_t len, struct am_ctx *ctx)
{
	const struct am_tnef_options options = {.codepage = 1252,
	                                        .damage = damage_told};
	const struct am_mapi_to_mail job = {.ctx = ctx, .origin = "x"};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = NULL;
	struct am_blob *blob = NULL, *mail = NULL;

	if (am_blob_copy(&blob, data, len, NULL))
		abort();
	if (am_tnef_read(&item, blob, &options, arena, NULL)) {
		seen.refused++;
	} else {
		struct am_mapi_message msg;
		struct am_mapi_item_reading *door = am_mapi_item_reading_new(
			item, "tnef", len, arena, &msg);
		if (am_mapi_to_mail(&job, &msg, &mail, NULL)) {
			seen.failed++;
		} else {
			seen.items++;
			read_bytes(mail);
		}
		am_blob_unref(&mail);
		am_mapi_item_reading_free(&door);
		am_mapi_item_clear(item);
	}
	am_blob_unref(&blob);
	am_arena_free(&arena);
}

static void read_damaged(const struct am_format *format, const uint8_t *data,
                         size_t len)
{
	struct am_ctx ctx = {.on_note = note};
	int fd = memfd_create("damaged", MFD_CLOEXEC);

	seen.runs++;
	alarm(SECONDS);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	if (format)
		read_with(format, fd, &ctx);
	else
		read_tnef(data, len, &ctx);
	alarm(0);
	close(fd);
}

static void cut(const struct am_format *format, const uint8_t *data, size_t len,
                size_t cuts)
{
	size_t n = MIN(cuts, len);

	for (size_t i = 0; i < n; i++)
		read_damaged(format, data,
		             (size_t)((double)len * (double)i / (double)n));
}

static void change(const struct am_format *format, const uint8_t *data,
                   size_t len, size_t changes, GRand *random)
{
	uint8_t *copy = g_malloc(len + 1);

	for (size_t i = 0; len && i < changes; i++) {
		memcpy(copy, data, len);
		size_t at = (size_t)(g_rand_double(random) * (double)len);
		int n = g_rand_int_range(random, 1, 9);
		for (int k = 0; k < n && at < len; k++)
			copy[at++] = (uint8_t)g_rand_int(random);
		read_damaged(format, copy, len);
	}
	g_free(copy);
}

int main(int argc, char **argv)
{
	GRand *random = g_rand_new_with_seed(4);
	struct rusage used;

	if (argc < 5) {
		(void)fprintf(stderr,
		              "usage: damage FORMAT CUTS CHANGES FILE…\n");
		return 2;
	}
	const struct am_format *format = am_format_find(argv[1]);
	size_t cuts = (size_t)g_ascii_strtoull(argv[2], NULL, 10);
	size_t all = (size_t)g_ascii_strtoull(argv[3], NULL, 10);
	size_t files = (size_t)argc - 4;
	for (size_t i = 0; i < files; i++) {
		char *data = NULL;
		gsize len = 0;
		if (!g_file_get_contents(argv[4 + i], &data, &len, NULL)) {
			(void)fprintf(stderr, "%s: cannot be read\n",
			              argv[4 + i]);
			return 1;
		}
		/* Where it stands when a sanitizer ends it. */
		(void)fprintf(stderr, "%s\n", argv[4 + i]);
		cut(format, (const uint8_t *)data, len, cuts);
		change(format, (const uint8_t *)data, len,
		       all / files + (i < all % files), random);
		g_free(data);
	}
	g_rand_free(random);
	(void)getrusage(RUSAGE_SELF, &used);
	(void)printf("%zu files, %" PRIu64 " runs: %" PRIu64
	             " refused, %" PRIu64 " items, %" PRIu64 " failed, %" PRIu64
	             " notes; peak %ld KB, %ld s\n",
	             files, seen.runs, seen.refused, seen.items, seen.failed,
	             seen.notes, used.ru_maxrss,
	             (long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec));
	return 0;
}
