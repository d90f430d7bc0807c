/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thin callers: what every source would otherwise have to remember.
 */
#include "model/source.h"

#include "base/blob.h"

#include <string.h>

int am_source_next(struct am_source *src, struct am_item *out,
                   struct am_error *err)
{
	*out = (struct am_item){0};
	if (am_ctx_cancelled(src->ctx))
		return am_ctx_fail_cancelled(err);
	return src->ops->next(src, out, err);
}

int am_source_ask(struct am_source *src, struct am_message *msg,
                  struct am_error *err)
{
	if (!src->ops->ask || msg->raw)
		return AM_OK;
	return src->ops->ask(src, msg, err);
}

int am_source_load(struct am_source *src, struct am_message *msg,
                   struct am_error *err)
{
	if (!msg->raw && src->ops->load) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		int r = src->ops->load(src, msg, err);
		if (r)
			return r;
	}
	if (!msg->raw)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "the source has no bytes for %s",
		               msg->origin ? msg->origin : "this message");
	msg->size = am_blob_size(msg->raw);
	return AM_OK;
}

int am_source_resume(struct am_source *src, struct am_memory *memory,
                     struct am_error *err)
{
	if (!src->ops->resume || !memory)
		return AM_OK;
	return src->ops->resume(src, memory, err);
}

void am_source_close(struct am_source **src)
{
	if (!*src)
		return;
	(*src)->ops->close(*src);
	*src = NULL;
}

bool am_source_is_local(const char *identity)
{
	return identity &&
	       !strncmp(identity, AM_SOURCE_LOCAL, strlen(AM_SOURCE_LOCAL));
}
