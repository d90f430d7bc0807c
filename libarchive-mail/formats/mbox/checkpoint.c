/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/checkpoint.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/unpack.h"
#include "model/memory.h"
#include "model/source.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AROUND (64 * 1024) /* bytes before the place that must be the same */

static bool is_packed(const char *path)
{
	struct am_file *file = NULL;
	uint8_t head[64];
	size_t got = 0;
	bool packed = am_file_open(&file, path, NULL) ||
	              am_file_read(file, 0, head, sizeof head, &got, NULL) ||
	              am_unpack_sniff(head, got);

	am_file_unref(&file);
	return packed;
}

void am_mbox_checkpoint_init(struct am_mbox_checkpoint *c, const char *path,
                             uint64_t step)
{
	struct stat st;

	*c = (struct am_mbox_checkpoint){.step = step};
	if (!step || stat(path, &st) || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size <= step || is_packed(path))
		return;
	char *real = realpath(path, NULL);
	if (!real)
		return;
	c->identity = g_strconcat(AM_SOURCE_LOCAL, real, NULL);
	c->size = (uint64_t)st.st_size;
	c->mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	free(real);
}

void am_mbox_checkpoint_clear(struct am_mbox_checkpoint *c)
{
	g_clear_pointer(&c->identity, g_free);
	g_clear_pointer(&c->text, g_free);
}

static bool hash_around(const struct am_file *file, uint64_t offset,
                        char out[AM_SHA256_HEX])
{
	size_t len = (size_t)MIN(offset, AROUND);
	uint8_t *buf = g_malloc(len + 1);
	uint8_t hash[AM_SHA256_LEN];
	bool good = !am_file_read_all(file, offset - len, buf, len, NULL);

	if (good) {
		am_sha256(buf, len, hash);
		am_hex(hash, sizeof hash, out);
	}
	g_free(buf);
	return good;
}

/* The numbers of a cursor; the hash behind them is looked at later. */
enum { OFFSET, MESSAGES, CUTS, SIZE, MTIME, QUOTE, SURE, FAR, N_NUMBERS };

static bool parse(const char *text, uint64_t out[N_NUMBERS])
{
	for (int i = 0; i < N_NUMBERS; i++) {
		char *end;
		out[i] = g_ascii_strtoull(text, &end, 10);
		if (end == text || *end != ' ')
			return false;
		text = end + 1;
	}
	return true;
}

int am_mbox_checkpoint_resume(struct am_mbox_checkpoint *c,
                              struct am_memory *memory, struct am_error *err)
{
	uint64_t n[N_NUMBERS];
	char *value = NULL;

	if (!c->identity)
		return AM_OK;
	int r = memory->ops->cursor(memory, c->identity, NULL, &value, err);
	if (r || !value)
		return r;
	if (parse(value, n) && n[SIZE] == c->size &&
	    n[MTIME] == (uint64_t)c->mtime && n[OFFSET] < c->size &&
	    n[QUOTE] <= AM_MBOX_QUOTE_BACKUP) {
		c->at = n[OFFSET];
		c->messages = n[MESSAGES];
		c->cuts = n[CUTS];
		c->quote = (enum am_mbox_quote)n[QUOTE];
		c->sure = n[SURE] != 0;
		c->far = n[FAR] != 0;
		c->text = g_steal_pointer(&value);
	}
	g_free(value);
	return AM_OK;
}

bool am_mbox_checkpoint_holds(struct am_mbox_checkpoint *c,
                              const struct am_file *file)
{
	char hash[AM_SHA256_HEX];

	if (!c->at)
		return false;
	if (hash_around(file, c->at, hash) && g_str_has_suffix(c->text, hash)) {
		c->last = c->at;
		c->told = true;
		return true;
	}
	c->at = 0;
	g_clear_pointer(&c->text, g_free);
	return false;
}

void am_mbox_checkpoint_reach(struct am_mbox_checkpoint *c,
                              const struct am_file *file,
                              const struct am_mbox_dialect *d, uint64_t offset,
                              uint64_t messages, uint64_t cuts)
{
	char hash[AM_SHA256_HEX];

	if (!c->identity || d->imap || offset < c->last + c->step ||
	    !hash_around(file, offset, hash))
		return;
	g_free(c->text);
	c->text = g_strdup_printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	                          " %" PRIu64 " %d %d %d %s",
	                          offset, messages, cuts, c->size,
	                          (uint64_t)c->mtime, (int)d->quote, d->sure,
	                          d->far, hash);
	c->last = offset;
	c->told = true;
}

void am_mbox_checkpoint_end(struct am_mbox_checkpoint *c)
{
	if (!c->told)
		return;
	c->told = false;
	g_free(c->text);
	c->text = g_strdup("");
}
