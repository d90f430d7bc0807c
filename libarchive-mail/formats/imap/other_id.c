/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/other_id.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/fetch_line.h"
#include "mime/scan.h"

#include <glib.h>

#include <string.h>

enum {
	SIZE_MOST = 64 << 10, /* larger ones are not compared */
	ID_MOST = 2000        /* by so much two Message-IDs may differ */
};

struct one {
	uint64_t nameless, fingerprint;
	uint32_t uid, size;
};

struct am_imap_other_ids {
	GArray *all; /* struct one */
	bool sorted;
};

struct am_imap_other_ids *am_imap_other_ids_new(void)
{
	struct am_imap_other_ids *ids = g_new0(struct am_imap_other_ids, 1);

	ids->all = g_array_new(FALSE, FALSE, sizeof(struct one));
	return ids;
}

void am_imap_other_ids_free(struct am_imap_other_ids **ids)
{
	if (*ids)
		g_array_unref((*ids)->all);
	g_clear_pointer(ids, g_free);
}

void am_imap_other_ids_add(struct am_imap_other_ids *ids, uint32_t uid,
                           uint64_t size, uint64_t fingerprint,
                           uint64_t nameless)
{
	const struct one one = {nameless, fingerprint, uid, (uint32_t)size};

	if (size > SIZE_MOST)
		return;
	g_array_append_val(ids->all, one);
	ids->sorted = false;
}

static gint by_nameless(gconstpointer a, gconstpointer b)
{
	uint64_t x = ((const struct one *)a)->nameless;
	uint64_t y = ((const struct one *)b)->nameless;

	return (x > y) - (x < y);
}

static const struct one *one_at(const struct am_imap_other_ids *ids, size_t i)
{
	return &g_array_index(ids->all, struct one, i);
}

/* The first that is not below. */
static size_t first_of(const struct am_imap_other_ids *ids, uint64_t nameless)
{
	size_t from = 0, to = ids->all->len;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (one_at(ids, mid)->nameless < nameless)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

bool am_imap_other_ids_find(struct am_imap_other_ids *ids, uint64_t nameless,
                            uint64_t size, size_t *at, uint32_t *uid,
                            uint64_t *fingerprint)
{
	if (!ids->sorted)
		g_array_sort(ids->all, by_nameless);
	ids->sorted = true;
	for (size_t first = first_of(ids, nameless);
	     first + *at < ids->all->len;) {
		const struct one *one = one_at(ids, first + *at);
		if (one->nameless != nameless)
			return false;
		++*at;
		if (size > SIZE_MOST || one->size > size + ID_MOST ||
		    one->size + ID_MOST < size)
			continue;
		*uid = one->uid;
		*fingerprint = one->fingerprint;
		return true;
	}
	return false;
}

/* ---- comparing ---- */

/* Without the Message-ID, blank lines, and what is blank at the end of
 * others. */
static void add_lines(GString *out, const uint8_t *p, size_t len, bool header)
{
	static const char name[] = "Message-ID:";
	const uint8_t *end = p + len;
	bool id = false;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		bool folded = n && (*p == ' ' || *p == '\t');
		while (n && memchr(" \t\r", p[n - 1], 3))
			n--;
		if (header && !folded)
			id = n >= sizeof name - 1 &&
			     !g_ascii_strncasecmp((const char *)p, name,
			                          sizeof name - 1);
		if (n && !id) {
			g_string_append_len(out, (const char *)p, (gssize)n);
			g_string_append_c(out, '\n');
		}
		p = eol ? eol + 1 : end;
	}
}

static GString *lines_of(const uint8_t *p, size_t len)
{
	GString *out = g_string_new(NULL);
	size_t head = am_header_len(p, len);

	add_lines(out, p, head, true);
	add_lines(out, p + head, len - head, false);
	return out;
}

struct fetched {
	uint32_t uid;
	GString *lines;
};

static int take_body(struct am_imap_command *cmd,
                     const struct am_imap_line *line, struct am_error *err)
{
	struct fetched *f = cmd->user;
	struct am_imap_fetch fetch;
	uint64_t origin;
	bool partial;
	size_t nth;

	(void)err;
	if (!am_imap_fetch_read(&fetch, line) || fetch.uid != f->uid)
		return AM_END;
	const struct am_imap_value *v =
		am_imap_fetch_body(&fetch, &origin, &partial, &nth);
	const char *text = v && !line->damage ? am_imap_text(v) : NULL;
	if (text && !f->lines)
		f->lines = lines_of((const uint8_t *)text, (size_t)v->len);
	return v ? AM_OK : AM_END;
}

static GString *lines_sent(const struct am_blob *raw)
{
	uint8_t *buf = g_malloc(SIZE_MOST);
	struct am_reader *in = NULL;
	GString *lines = NULL;
	size_t got = 0;

	int r = am_blob_open(raw, &in, NULL);
	if (!r)
		r = am_reader_read(in, buf, SIZE_MOST, &got, NULL);
	am_reader_close(&in);
	if (!r && got == am_blob_size(raw))
		lines = lines_of(buf, got);
	g_free(buf);
	return lines;
}

int am_imap_other_ids_same(struct am_imap_session *s, uint32_t uid,
                           const struct am_blob *raw, bool *same,
                           struct am_error *err)
{
	struct fetched f = {.uid = uid};
	struct am_imap_command cmd = {.untagged = take_body, .user = &f};
	GString *sent = lines_sent(raw);
	int r = AM_OK;

	*same = false;
	if (!sent)
		return AM_OK;
	am_imap_out_clear(am_imap_session_out(s));
	am_imap_put(am_imap_session_out(s),
	            "UID FETCH %" PRIu32 " (UID BODY.PEEK[])", uid);
	r = am_imap_session_run(s, &cmd, "FETCH", err);
	*same = !r && f.lines && g_string_equal(f.lines, sent);
	g_string_free(sent, TRUE);
	if (f.lines)
		g_string_free(f.lines, TRUE);
	return r == AM_FAILED ? AM_OK : r;
}
