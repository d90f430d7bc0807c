/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thin callers: members a sink left NULL do nothing and succeed.
 */
#include "model/sink.h"

int am_sink_begin(struct am_sink *sink, const struct am_job_info *info,
                  struct am_error *err)
{
	return sink->ops->begin ? sink->ops->begin(sink, info, err) : AM_OK;
}

int am_sink_folder(struct am_sink *sink, const struct am_folder *folder,
                   struct am_error *err)
{
	return sink->ops->folder ? sink->ops->folder(sink, folder, err) : AM_OK;
}

int am_sink_prepare(const struct am_sink *sink, const struct am_message *msg,
                    void **prepared, struct am_error *err)
{
	*prepared = NULL;
	if (!sink->ops->prepare)
		return AM_OK;
	return sink->ops->prepare(sink, msg, prepared, err);
}

int am_sink_put(struct am_sink *sink, const struct am_message *msg,
                void **prepared, enum am_outcome *outcome, struct am_error *err)
{
	*outcome = AM_STORED;
	if (!sink->ops->put) {
		am_sink_discard(sink, prepared);
		return AM_OK;
	}
	void *taken = *prepared;
	*prepared = NULL;
	return sink->ops->put(sink, msg, taken, outcome, err);
}

void am_sink_discard(const struct am_sink *sink, void **prepared)
{
	if (*prepared && sink->ops->discard)
		sink->ops->discard(*prepared);
	*prepared = NULL;
}

int am_sink_change(struct am_sink *sink, const char *source,
                   const struct am_change *change, struct am_error *err)
{
	if (!sink->ops->change)
		return AM_OK;
	return sink->ops->change(sink, source, change, err);
}

int am_sink_remember(struct am_sink *sink, const char *source,
                     const struct am_folder *folder, const char *cursor,
                     struct am_error *err)
{
	if (!sink->ops->remember)
		return AM_OK;
	return sink->ops->remember(sink, source, folder, cursor, err);
}

int am_sink_finish(struct am_sink *sink, const struct am_ledger *ledger,
                   bool complete, struct am_error *err)
{
	if (!sink->ops->finish)
		return AM_OK;
	return sink->ops->finish(sink, ledger, complete, err);
}

int am_sink_commit(struct am_sink *sink, struct am_error *err)
{
	return sink->ops->commit ? sink->ops->commit(sink, err) : AM_OK;
}

void am_sink_close(struct am_sink **sink)
{
	if (!*sink)
		return;
	if ((*sink)->ops->close)
		(*sink)->ops->close(*sink);
	*sink = NULL;
}
