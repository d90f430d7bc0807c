/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/stream.h"

#include "base/reader.h"
#include "formats/mbox/deliver.h"
#include "formats/mbox/eudora.h"
#include "formats/mbox/remark.h"
#include "formats/mbox/sidecar.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

struct am_mbox_stream {
	struct am_ctx *ctx;
	struct am_mbox_scan scan;
	struct am_mbox_mailbox box;
	char *name;
	uint64_t allowed;
	bool told; /* what ended it early */
};

static void on_doubt(void *user, enum am_mbox_doubt doubt, uint64_t offset)
{
	struct am_mbox_stream *s = user;

	am_mbox_remark_doubt(s->ctx, &s->box, doubt, offset);
}

bool am_mbox_stream_fits(const uint8_t *head, size_t len)
{
	int fits = am_mbox_head_fits(head, len, false);

	/* What may stand before the first separator is text: a zip that holds
	 * a mailbox, stored and not packed, is none. */
	return fits == 2 || (fits && !memchr(head, 0, len));
}

static int sample(struct am_mbox_stream *s, struct am_reader *reader,
                  struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = am_reader_peek(reader, AM_MBOX_SAMPLE, &data, &len, err);

	if (r == AM_END) {
		len = 0;
		data = (const uint8_t *)"";
	} else if (r) {
		return r;
	}
	return am_mbox_dialect_sample_bytes(&s->box.dialect, data, len,
	                                    len >= AM_MBOX_SAMPLE, s->name,
	                                    AM_MBOX_AUTO, s->ctx, err);
}

int am_mbox_stream_open(struct am_mbox_stream **out, struct am_reader *reader,
                        const char *name, const struct am_folder *folder,
                        const char *beside, uint64_t allowed,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_mbox_stream *s = g_new0(struct am_mbox_stream, 1);
	const struct am_mbox_dialect *d = &s->box.dialect;

	s->ctx = ctx;
	s->name = g_strdup(name);
	s->allowed = allowed;
	s->box.name = s->name;
	s->box.folder = am_folder_ref(folder);
	s->box.include_deleted = true;
	/* No files lie beside it: then that is told. */
	s->box.eudora = am_mbox_eudora_open(NULL, NULL, NULL, NULL);
	if (beside)
		s->box.sidecar = am_mbox_sidecar_open(beside, NULL);
	int r = sample(s, reader, err);
	struct am_mbox_rules rules = am_mbox_dialect_rules(d);
	rules.keep = limits.spool_memory;
	rules.doubt = on_doubt;
	rules.user = s;
	am_mbox_scan_open_reader(&s->scan, reader, UINT64_MAX, &rules, ctx);
	if (r) {
		am_mbox_stream_close(&s);
		return r;
	}
	am_mbox_remark_dialect(ctx, &s->box);
	*out = s;
	return AM_OK;
}

void am_mbox_stream_close(struct am_mbox_stream **stream)
{
	struct am_mbox_stream *s = *stream;

	*stream = NULL;
	if (!s)
		return;
	am_mbox_scan_close(&s->scan);
	am_mbox_imap_clear(&s->box.imap);
	am_mbox_sidecar_free(&s->box.sidecar);
	am_mbox_eudora_free(&s->box.eudora);
	am_folder_unref(&s->box.folder);
	g_free(s->name);
	g_free(s);
}

/* All messages are given: was it the end? */
static int end(struct am_mbox_stream *s, struct am_error *err)
{
	const struct am_mbox_window *w = &s->scan.window;

	if (s->told)
		return AM_END;
	s->told = true;
	am_mbox_remark_expunged(s->ctx, &s->box);
	if (w->status < 0)
		return am_fail(err, AM_FAILED, w->error.kind,
		               "cut short at byte %" PRIu64 ": %s",
		               am_mbox_window_end(w), w->error.text);
	return AM_END;
}

int am_mbox_stream_next(struct am_mbox_stream *s, struct am_message **out,
                        struct am_error *err)
{
	for (;;) {
		uint64_t after;
		bool begun = s->scan.begun;
		if (am_ctx_cancelled(s->ctx))
			return am_ctx_fail_cancelled(err);
		int r = am_mbox_scan_next(&s->scan, err);
		if (!begun && !r)
			am_mbox_remark_junk(s->ctx, &s->box, &s->scan);
		if (r == AM_END)
			return end(s, err);
		if (!r && am_mbox_window_end(&s->scan.window) > s->allowed)
			return am_fail(err, AM_FATAL, AM_E_LIMIT,
			               "unpacks to more than %" PRIu64
			               " MB: a bomb, not mail",
			               s->allowed >> 20);
		if (!r)
			r = am_mbox_deliver(out, &after, &s->box, &s->scan,
			                    err);
		if (r < 0)
			return am_wrap(err, r,
			               "message %" PRIu64 " at offset %" PRIu64,
			               s->box.n_cuts, s->scan.cut.line);
		if (!*out)
			continue; /* the mailbox's own record */
		am_mbox_remark_ending(s->ctx, &s->box, &s->scan);
		return AM_OK;
	}
}
