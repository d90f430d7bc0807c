/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first stage: items of the source become entries, with their bytes.
 *
 * A window of entries stands between next() and load(): as long as it is not
 * full, next() goes on and ask() tells the source what will be wanted.  Order
 * is kept: what needs no bytes waits in the window too.
 */
#include "transfer/pump.h"

#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

struct am_pump_reader {
	struct am_source *src;
	const struct am_transfer_opts *opts;
	struct am_entry *window;
	unsigned room, first, n;
	uint64_t taken;
	int ended; /* AM_OK while there is more */
	struct am_error end_err;
};

void am_entry_clear(const struct am_sink *sink, struct am_entry *entry)
{
	if (sink)
		am_sink_discard(sink, &entry->prepared);
	am_message_free(&entry->msg);
	am_folder_unref(&entry->folder);
	am_change_free(&entry->change);
	g_free(entry->cursor);
	g_free(entry->origin);
	g_free(entry->err);
	*entry = (struct am_entry){0};
}

void am_entry_fail(struct am_entry *entry, enum am_stage stage,
                   const struct am_error *err)
{
	if (!entry->err)
		entry->err = g_new(struct am_error, 1);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): clearing sets it NULL */
	*entry->err = *err;
	entry->stage = stage;
}

bool am_pump_again(const struct am_ctx *ctx, unsigned *tries, int *status)
{
	if (*status != AM_RETRY)
		return false;
	if (*tries == 6 || am_ctx_cancelled(ctx)) {
		*status = AM_FAILED;
		return false;
	}
	/* 0.05 s, 0.1 s, … 1.6 s: passing trouble has passed by then. */
	g_usleep(50000ul << (*tries)++);
	return true;
}

struct am_pump_reader *am_pump_reader_new(struct am_source *src,
                                          const struct am_transfer_opts *opts)
{
	struct am_pump_reader *reader = g_new0(struct am_pump_reader, 1);

	reader->src = src;
	reader->opts = opts;
	/* Nothing to gain from asking ahead where nobody listens.  A server
	 * bounds by itself how many bytes are under way; what waits here is
	 * what is known of a message before its bytes. */
	reader->room = !src->ops->ask    ? 1
	               : opts->ask_ahead ? opts->ask_ahead
	                                 : 1024;
	reader->window = g_new0(struct am_entry, reader->room);
	return reader;
}

void am_pump_reader_free(struct am_pump_reader **reader)
{
	struct am_pump_reader *r = *reader;

	*reader = NULL;
	if (!r)
		return;
	for (; r->n; r->n--) {
		am_entry_clear(NULL, &r->window[r->first]);
		r->first = (r->first + 1) % r->room;
	}
	g_free(r->window);
	g_free(r);
}

static void fail_message(struct am_entry *entry, const struct am_error *err)
{
	entry->kind = AM_ENTRY_FAILED;
	am_entry_fail(entry, AM_STAGE_SOURCE, err);
	if (entry->msg && !entry->origin)
		entry->origin = g_strdup(entry->msg->origin);
	am_message_free(&entry->msg);
}

static void leave_out(struct am_entry *entry)
{
	entry->kind = AM_ENTRY_FILTERED;
	am_message_free(&entry->msg);
}

/* What the caller wants of this message.  A fatal status is the only one that
 * leaves. */
static int judge(struct am_pump_reader *reader, struct am_entry *entry,
                 int (*want)(void *user, const struct am_message *msg,
                             struct am_error *err),
                 struct am_error *err)
{
	if (!want)
		return AM_OK;
	int r = want(reader->opts->user, entry->msg, err);
	if (r == AM_END)
		leave_out(entry);
	else if (r == AM_FAILED || r == AM_RETRY)
		fail_message(entry, err);
	return r == AM_FATAL ? r : AM_OK;
}

/* One item into *entry; AM_END and AM_FATAL end the source. */
static int pull(struct am_pump_reader *reader, struct am_entry *entry,
                struct am_error *err)
{
	struct am_source *src = reader->src;
	struct am_item item = {0};
	unsigned tries = 0;

	*entry = (struct am_entry){0};
	int r = am_source_next(src, &item, err);
	while (am_pump_again(src->ctx, &tries, &r))
		r = am_source_next(src, &item, err);
	/* Not an item that failed but a source that is stuck: the same call
	 * would come to the same point for ever. */
	if (r == AM_FAILED && tries)
		return AM_FATAL;
	if (r == AM_FAILED) {
		entry->folder = item.folder ? am_folder_ref(item.folder) : NULL;
		entry->origin = g_strdup(item.origin);
		entry->failed = item.messages ? item.messages - 1 : 0;
		fail_message(entry, err);
		return AM_OK;
	}
	if (r)
		return r;
	if (!item.message && reader->opts->want_folder &&
	    !reader->opts->want_folder(reader->opts->user, item.folder)) {
		entry->kind = AM_ENTRY_NOTHING;
		return AM_OK;
	}
	entry->msg = item.message;
	entry->kind = item.message  ? AM_ENTRY_MESSAGE
	              : item.change ? AM_ENTRY_CHANGE
	              : item.cursor ? AM_ENTRY_CURSOR
	                            : AM_ENTRY_FOLDER;
	if (item.change)
		entry->change = am_change_copy(item.change);
	entry->cursor = g_strdup(item.cursor);
	entry->already = item.already;
	const struct am_folder *folder = item.message && item.message->folder
	                                         ? item.message->folder
	                                         : item.folder;
	entry->folder = folder ? am_folder_ref(folder) : NULL;
	if (!item.message)
		return AM_OK;
	r = judge(reader, entry, reader->opts->want, err);
	if (r || entry->kind != AM_ENTRY_MESSAGE)
		return r;
	tries = 0;
	r = am_source_ask(src, entry->msg, err);
	while (am_pump_again(src->ctx, &tries, &r))
		r = am_source_ask(src, entry->msg, err);
	if (r == AM_FAILED) {
		fail_message(entry, err);
		r = AM_OK;
	}
	return r;
}

static void fill_window(struct am_pump_reader *reader)
{
	while (!reader->ended && reader->n < reader->room) {
		unsigned at = (reader->first + reader->n) % reader->room;
		struct am_entry *entry = &reader->window[at];
		reader->ended = pull(reader, entry, &reader->end_err);
		if (reader->ended)
			am_entry_clear(NULL, entry);
		else if (entry->kind != AM_ENTRY_NOTHING)
			reader->n++;
	}
}

/*
 * What an entry weighs while it is under way.  Bytes in a file weigh little
 * themselves, but what a sink makes of them may lie in memory.
 */
uint64_t am_pump_weigh(const struct am_message *msg)
{
	uint64_t size = am_blob_size(msg->raw);

	if (!am_blob_bytes(msg->raw) && size > (128u << 10))
		size = 128u << 10;
	return size + 1024;
}

/* The same before the bytes are there: what is too large for memory does not
 * stay there, and a mail is a third larger than what is encoded in it. */
static uint64_t guess(const struct am_message *msg)
{
	const uint64_t much = 1u << 20;
	uint64_t size = msg->size != AM_SIZE_UNKNOWN ? msg->size
	                : msg->size_about            ? msg->size_about
	                                             : 64u << 10;

	return (size > much ? much : size + size / 3) + 1024;
}

int am_pump_load(struct am_source *src, struct am_entry *entry,
                 struct am_error *err)
{
	unsigned tries = 0;

	int r = am_source_load(src, entry->msg, err);
	while (am_pump_again(src->ctx, &tries, &r))
		r = am_source_load(src, entry->msg, err);
	if (r == AM_FAILED) {
		fail_message(entry, err);
		return AM_OK;
	}
	if (r == AM_END) {
		am_ctx_note(src->ctx, AM_NOTE_INFO, "source.gone",
		            entry->folder, entry->msg->origin,
		            "taken away while it was asked for");
		entry->kind = AM_ENTRY_NOTHING;
		return AM_OK;
	}
	return r;
}

static int load(struct am_pump_reader *reader, struct am_entry *entry,
                struct am_error *err)
{
	/* Several can do it at once, and nobody here has to look into it. */
	if (entry->msg->loads_anywhere && reader->opts->workers &&
	    !reader->opts->want_loaded && !entry->msg->raw) {
		entry->unloaded = true;
		entry->cost = guess(entry->msg);
		return AM_OK;
	}
	int r = am_pump_load(reader->src, entry, err);
	if (!r && entry->kind == AM_ENTRY_MESSAGE)
		r = judge(reader, entry, reader->opts->want_loaded, err);
	if (!r && entry->kind == AM_ENTRY_MESSAGE)
		entry->cost = am_pump_weigh(entry->msg);
	return r;
}

int am_pump_reader_next(struct am_pump_reader *reader, struct am_entry *out,
                        struct am_error *err)
{
	int r = AM_OK;

	do {
		if (reader->opts->limit && reader->taken == reader->opts->limit)
			return AM_END;
		fill_window(reader);
		if (!reader->n) {
			*err = reader->end_err;
			return reader->ended;
		}
		*out = reader->window[reader->first];
		reader->window[reader->first] = (struct am_entry){0};
		reader->first = (reader->first + 1) % reader->room;
		reader->n--;
		if (out->kind == AM_ENTRY_MESSAGE)
			r = load(reader, out, err);
		if (r || out->kind == AM_ENTRY_NOTHING)
			am_entry_clear(NULL, out);
	} while (!r && out->kind == AM_ENTRY_NOTHING);
	if (!r && out->kind == AM_ENTRY_MESSAGE)
		reader->taken++;
	return r;
}
