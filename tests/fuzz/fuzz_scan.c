/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scanner: ranges nest and stay inside the message, a message in a file
 * gives the same parts as in memory, every part has a section that leads back
 * to it, and all of its readers come to an end.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/walk.h"
#include "model/ctx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_ranges(const struct am_scan *scan, uint64_t size)
{
	for (size_t i = 0; i < scan->n_parts; i++) {
		const struct am_part *p = &scan->parts[i];
		const struct am_part *parent = &scan->parts[p->parent];
		check(p->header <= p->body && p->body <= p->end &&
		      p->end <= size);
		check(i == 0 || p->parent < i);
		check(i == 0 ||
		      (p->header >= parent->body && p->end <= parent->end));
		check(i == 0 || p->depth == parent->depth + 1);
		check(p->type != NULL);
		check(p->kind != AM_PART_MULTIPART || p->boundary);
		if (p->kind == AM_PART_MESSAGE)
			check(i + 1 < scan->n_parts &&
			      scan->parts[i + 1].parent == i);
	}
}

static void read_all(struct am_reader *reader)
{
	const uint8_t *data;
	size_t len;

	while (am_reader_peek(reader, 1, &data, &len, NULL) == AM_OK)
		am_reader_skip(reader, len);
	am_reader_close(&reader);
}

static void check_parts(const struct am_blob *blob, const struct am_scan *scan,
                        struct am_arena *arena)
{
	for (size_t i = 0; i < scan->n_parts && i < 50; i++) {
		struct am_part_info info;
		struct am_reader *reader;
		check(!am_part_info_read(&info, blob, scan, i, arena, NULL));
		check(am_part_by_section(scan, info.section) == i);
		check(!am_part_decoded(&reader, blob, scan, i, NULL));
		read_all(reader);
	}
}

static void check_same(const struct am_scan *a, const struct am_scan *b)
{
	check(a->n_parts == b->n_parts && a->capped == b->capped);
	for (size_t i = 0; i < a->n_parts; i++) {
		const struct am_part *p = &a->parts[i], *q = &b->parts[i];
		check(p->header == q->header && p->body == q->body &&
		      p->end == q->end && p->kind == q->kind &&
		      p->closed == q->closed && !strcmp(p->type, q->type));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_limits limits = {0};
	struct am_blob *blob = NULL, *filed = NULL;
	struct am_spool *spool = NULL;
	struct am_scan scan, again;

	if (len && data[len - 1] % 4 == 1)
		limits = (struct am_limits){
			.header_bytes = 64, .mime_depth = 3, .mime_parts = 10};
	check(!am_blob_copy(&blob, data, len, NULL));
	check(!am_scan_message(&scan, blob, &limits, arena, NULL));
	check_ranges(&scan, len);
	check_parts(blob, &scan, arena);
	if (len && data[len / 2] % 16 == 0) {
		check(!am_spool_open(&spool, 0, "/tmp", NULL));
		check(!am_spool_write(spool, data, len, NULL));
		check(!am_spool_seal(&spool, &filed, NULL));
		check(!am_scan_message(&again, filed, &limits, arena, NULL));
		check_same(&scan, &again);
		am_blob_unref(&filed);
	}
	am_blob_unref(&blob);
	am_arena_free(&arena);
	return 0;
}
