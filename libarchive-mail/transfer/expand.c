/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/expand.h"

#include "base/blob.h"
#include "formats/mapi/tnef_expand.h"

#include <glib.h>

struct expand_source {
	struct am_source base;
	struct am_source *inner;
};

static struct expand_source *expand_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct expand_source, base);
}

static int expand(struct am_source *src, struct am_message *msg,
                  struct am_error *err)
{
	struct am_blob *opened = NULL;
	int r = am_tnef_expand(msg, src->ctx, &opened, err);

	if (r || !opened)
		return r;
	am_blob_unref(&msg->raw);
	msg->raw = opened;
	msg->size = am_blob_size(opened);
	msg->exactness = AM_SYNTHESISED;
	am_ctx_note(src->ctx, AM_NOTE_INFO, "tnef.expanded", msg->folder,
	            msg->origin, "its winmail.dat was opened");
	return AM_OK;
}

static int expand_next(struct am_source *src, struct am_item *out,
                       struct am_error *err)
{
	int r = am_source_next(expand_of(src)->inner, out, err);

	if (!r && out->message && out->message->raw) {
		r = expand(src, out->message, err);
		if (r)
			am_message_free(&out->message);
	}
	return r;
}

static int expand_ask(struct am_source *src, struct am_message *msg,
                      struct am_error *err)
{
	return am_source_ask(expand_of(src)->inner, msg, err);
}

static int expand_load(struct am_source *src, struct am_message *msg,
                       struct am_error *err)
{
	int r = am_source_load(expand_of(src)->inner, msg, err);

	return r ? r : expand(src, msg, err);
}

static int expand_resume(struct am_source *src, struct am_memory *memory,
                         struct am_error *err)
{
	return am_source_resume(expand_of(src)->inner, memory, err);
}

static int expand_watch(struct am_source *src, unsigned ms,
                        struct am_error *err)
{
	struct am_source *inner = expand_of(src)->inner;

	return inner->ops->watch ? inner->ops->watch(inner, ms, err) : AM_END;
}

static void expand_close(struct am_source *src)
{
	struct expand_source *s = expand_of(src);

	am_source_close(&s->inner);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = expand_next,
	.ask = expand_ask,
	.load = expand_load,
	.resume = expand_resume,
	.watch = expand_watch,
	.close = expand_close,
};

/* The same without what it would take for a promise of the source's. */
static const struct am_source_ops ops_without_watch = {
	.next = expand_next,
	.ask = expand_ask,
	.load = expand_load,
	.resume = expand_resume,
	.close = expand_close,
};

struct am_source *am_expand_new(struct am_source *inner)
{
	struct expand_source *s = g_new0(struct expand_source, 1);

	s->base = *inner; /* what it says of itself */
	s->base.ops = inner->ops->watch ? &ops : &ops_without_watch;
	s->inner = inner;
	return &s->base;
}
