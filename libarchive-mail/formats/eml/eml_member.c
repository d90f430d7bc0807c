/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One member of a zip or tar: a message, a mailbox that is read as it comes by,
 * or a parcel for another format.
 */
#include "formats/eml/eml_container_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/file.h"
#include "base/reader.h"
#include "formats/eml/foreign.h"
#include "formats/eml/member_apple.h"
#include "formats/mail_head.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Mail shrinks to a tenth, the same mail a thousand times over to less; what
 * grows more than this is made to fill a disk.  One such member is left out,
 * some of them end the reading. */
#define MAX_BOMBS 4

static int too_large(const struct container_source *s, enum am_status status,
                     struct am_error *err)
{
	return am_fail(err, status, AM_E_LIMIT,
	               "unpacks to more than %" PRIu64
	               " MB, %d times the size of what it is in: a bomb, not "
	               "mail",
	               s->allowed >> 20, MAX_RATIO);
}

/* All of a member, into a spool or, where there is none, a file. */
static int drain(struct container_source *s, struct am_reader *reader,
                 struct am_spool *sp, int fd, struct am_error *err)
{
	const uint8_t *data;
	uint64_t before = s->unpacked;
	size_t len;
	int r = AM_OK;

	while (!r) {
		r = am_reader_peek(reader, 1, &data, &len, err);
		if (r)
			break;
		s->unpacked += len;
		if (s->unpacked - before > s->allowed)
			r = too_large(s, AM_FAILED, err);
		else if (s->unpacked / MAX_BOMBS > s->allowed)
			r = too_large(s, AM_FATAL, err);
		else if (am_ctx_cancelled(s->base.ctx))
			r = am_ctx_fail_cancelled(err);
		else if (sp)
			r = am_spool_write(sp, data, len, err);
		else
			r = am_write_all(fd, data, len, "temporary file", err);
		am_reader_skip(reader, len);
	}
	return r == AM_END ? AM_OK : r;
}

int am_eml_member_spool(struct container_source *s, struct am_reader *reader,
                        struct am_blob **out, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(s->base.ctx ? &s->base.ctx->limits : NULL);
	struct am_spool *sp = NULL;
	int r = am_spool_open(&sp, limits.spool_memory,
	                      am_ctx_tmpdir(s->base.ctx), err);

	if (!r)
		r = drain(s, reader, sp, -1, err);
	if (!r)
		r = am_spool_seal(&sp, out, err);
	am_spool_drop(&sp);
	return r;
}

/* A mailbox, as Google's Takeout and many others pack them.  What is called
 * .eml is a mail, though it begins with a separator. */
bool am_eml_member_is_mailbox(const struct container_source *s,
                              const char *base, struct am_reader *reader)
{
	const uint8_t *data;
	size_t len;

	return s->all && *base != '.' && !am_mail_head_eml_name(base) &&
	       !am_reader_peek(reader, HEAD, &data, &len, NULL) &&
	       am_mbox_stream_fits(data, MIN(len, HEAD));
}

void am_eml_member_drop_parcel(struct container_source *s)
{
	if (s->parcel_fd >= 0)
		close(s->parcel_fd);
	if (s->parcel_lies)
		(void)unlink(s->parcel_path);
	s->parcel_lies = false;
	s->parcel_fd = -1;
	g_clear_pointer(&s->parcel_path, g_free);
	g_clear_pointer(&s->parcel_name, g_free);
	g_clear_pointer(&s->parcel_origin, g_free);
}

/* A file of its name, with others beside it. */
static int make_lying(struct container_source *s, struct am_error *err)
{
	s->parcel_fd = open(s->parcel_path,
	                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->parcel_fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", s->parcel_path);
	s->parcel_lies = true;
	return AM_OK;
}

int am_eml_member_parcel(struct container_source *s, const char *name,
                         struct am_reader *reader, bool single,
                         struct am_item *out, struct am_error *err)
{
	const char *slash = strrchr(name, '/');
	struct am_arena *arena = am_arena_new();
	char **named = single ? am_foreign_folder(name) : NULL;
	bool fresh = false;
	int r = am_member_apple_place(s->apple, name, &s->parcel_path,
	                              s->base.ctx, err);

	if (!r && s->parcel_path)
		r = make_lying(s, err);
	else if (!r)
		r = am_file_temp(&s->parcel_fd, am_ctx_tmpdir(s->base.ctx),
		                 err);
	if (!r)
		r = drain(s, reader, NULL, s->parcel_fd, err);
	if (!r)
		r = am_member_folders_get(s->folders, name, named, false,
		                          &out->folder, &fresh, err);
	g_strfreev(named);
	if (!s->parcel_path)
		s->parcel_path =
			g_strdup_printf("/proc/self/fd/%d", s->parcel_fd);
	s->parcel_name = g_strdup(slash ? slash + 1 : name);
	s->parcel_origin = g_strdup(am_utf8_repair(arena, name, strlen(name)));
	s->parcel = (struct am_parcel){s->parcel_path, s->parcel_name,
	                               s->parcel_origin, single};
	if (!r && fresh)
		s->parcel_waits = out->folder;
	else
		out->parcel = r ? NULL : &s->parcel;
	am_arena_free(&arena);
	return r;
}

int am_eml_member_stream(struct container_source *s, const char *name,
                         struct am_reader **reader, struct am_item *out,
                         struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	bool fresh;
	int r = am_member_folders_get(s->folders, name, NULL, true,
	                              &out->folder, &fresh, err);

	if (!r)
		r = am_mbox_stream_open(
			&s->stream, g_steal_pointer(reader),
			am_utf8_repair(arena, name, strlen(name)), out->folder,
			am_file_path(s->file), s->allowed, s->base.ctx, err);
	if (!r)
		s->streamed = g_strdup(name);
	am_arena_free(&arena);
	return r;
}

int am_eml_member_next(struct container_source *s, struct am_item *out,
                       struct am_error *err)
{
	struct am_message *msg = NULL;
	int r = am_mbox_stream_next(s->stream, &msg, err);

	if (!r) {
		out->folder = msg->folder;
		out->message = msg;
		return AM_OK;
	}
	if (r == AM_FAILED || r == AM_FATAL)
		(void)am_eml_member_failed(s, out, s->streamed);
	if (r != AM_FAILED) {
		am_mbox_stream_close(&s->stream);
		g_clear_pointer(&s->streamed, g_free);
	}
	/* A mailbox that is a bomb is one member, and left. */
	if (r == AM_FATAL && !am_ctx_cancelled(s->base.ctx))
		r = AM_FAILED;
	return r;
}
