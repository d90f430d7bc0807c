/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that are members of a zip or tar.  They are read as they come by.
 * A tar stores a file with several names once, and then only its name: such
 * links are remembered and their messages read in a second pass, when there
 * are any, because a message under two names is one in two folders.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/eml.h"
#include "formats/eml/foreign.h"
#include "formats/eml/member_folders.h"
#include "formats/folder_file.h"
#include "formats/mail_head.h"
#include "formats/mbox/stream.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>
#include <unistd.h>

#define MAX_MEMBERS 20000000
/* Mail shrinks to a tenth, the same mail a thousand times over to less; what
 * grows more than this is made to fill a disk.  One such member is left out,
 * some of them end the reading. */
#define MAX_BOMBS  4
#define FREE_BYTES (UINT64_C(256) << 20)
#define MAX_RATIO  200
#define MAX_NOTE   65536 /* of an AM_FOLDER_FILE */
#define HEAD       16384 /* of a member that may be a mailbox */

struct container_source {
	struct am_source base;
	struct am_file *file;
	struct am_container *container;
	bool all;   /* not only *.eml */
	bool leave; /* others read what is no mail but holds some */
	uint64_t n_members, unpacked, allowed;
	uint64_t n_others; /* members that are not mail */
	char *first_other;
	struct am_member_folders *folders;
	struct am_mbox_stream *stream; /* a member that is a mailbox */
	char *streamed;                /* its name */
	char *origin;
	/* A message, or a parcel, whose folder had to be announced first. */
	struct am_message *waiting;
	const struct am_folder *parcel_waits; /* its folder; NULL: none does */
	struct am_parcel parcel;
	char *parcel_path, *parcel_name, *parcel_origin;
	int parcel_fd;     /* its bytes, an unlinked file; -1: none */
	GHashTable *links; /* member -> GPtrArray of further names; or NULL */
	bool again;        /* the second pass */
	/* The names of one that are to come, and its bytes. */
	GPtrArray *names;
	struct am_blob *linked;
	int64_t linked_mtime;
	bool bad, over; /* the last member was cut short; all is */
};

static struct container_source *container_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct container_source, base);
}

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

static int spool(struct container_source *s, struct am_reader *reader,
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
static bool is_mailbox(const struct container_source *s, const char *base,
                       struct am_reader *reader)
{
	const uint8_t *data;
	size_t len;

	return s->all && *base != '.' && !am_mail_head_eml_name(base) &&
	       !am_reader_peek(reader, HEAD, &data, &len, NULL) &&
	       am_mbox_stream_fits(data, MIN(len, HEAD));
}

static bool wanted(struct container_source *s, const char *base,
                   struct am_reader *reader)
{
	const uint8_t *data;
	size_t len;

	/* Apple's copies leave "._x.eml" that are no mail. */
	if (am_mail_head_eml_name(base) && *base != '.')
		return true;
	if (!s->all)
		return false;
	if (am_reader_peek(reader, AM_MAIL_HEAD_BYTES, &data, &len, NULL))
		return false;
	return am_mail_head_bits(data, MIN(len, AM_MAIL_HEAD_BYTES)) >=
	       AM_MAIL_HEAD_ENOUGH;
}

/* The file that tells a folder's true name comes before its messages. */
static int read_folder_file(struct container_source *s, const char *name,
                            struct am_reader *reader, struct am_item *out,
                            struct am_error *err)
{
	char **named = NULL;
	const uint8_t *data;
	size_t len;
	bool fresh = false;
	int r;

	r = am_reader_peek(reader, MAX_NOTE, &data, &len, NULL);
	if (r == AM_OK && len <= MAX_NOTE)
		named = am_folder_file_parse((const char *)data, len);
	if (!named)
		return AM_END;
	r = am_member_folders_get(s->folders, name, named, false, &out->folder,
	                          &fresh, err);
	g_strfreev(named);
	return r ? r : fresh ? AM_OK : AM_END;
}

/* Takes raw. */
static int make_message(struct container_source *s, const char *name,
                        int64_t stamp, struct am_blob *raw,
                        const struct am_folder *folder, struct am_message **out,
                        struct am_error *err)
{
	struct am_message *msg = NULL;
	struct am_received headers;
	struct am_when mtime = {0};
	int r;

	r = am_message_new(&msg, folder, err);
	if (r) {
		am_blob_unref(&raw);
		return r;
	}
	msg->origin = am_utf8_repair(msg->arena, name, strlen(name));
	msg->exactness = AM_EXACT;
	msg->raw = raw;
	r = am_received_read(&headers, msg->raw, s->base.ctx, err);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	msg->size = am_blob_size(msg->raw);
	if (stamp != INT64_MIN)
		mtime = am_received_stamp(stamp);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	*out = msg;
	return AM_OK;
}

static int fail_member(struct container_source *s, struct am_item *out,
                       const char *name)
{
	struct am_arena *arena = am_arena_new();

	g_free(s->origin);
	s->origin = g_strdup(name ? am_utf8_repair(arena, name, strlen(name))
	                          : am_file_path(s->file));
	out->origin = s->origin;
	am_arena_free(&arena);
	return AM_FAILED;
}

static void pass_over(struct container_source *s, const char *name)
{
	struct am_arena *arena = am_arena_new();
	const char *shown = am_utf8_repair(arena, name, strlen(name));

	am_ctx_note(s->base.ctx, AM_NOTE_INFO, "eml.not-mail", NULL, shown,
	            "no message: passed over");
	if (!s->n_others++)
		s->first_other = g_strdup(shown);
	am_arena_free(&arena);
}

/* All of them in a line, however many. */
static void note_others(struct container_source *s)
{
	char *name = g_path_get_basename(am_file_path(s->file));

	if (s->n_others)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "eml.members-not-mail",
		            NULL, name,
		            s->n_others > 1
		                    ? "%" PRIu64 " members are not mail "
		                      "(first: %s)"
		                    : "%" PRIu64 " member is not mail: %s",
		            s->n_others, s->first_other);
	s->n_others = 0;
	g_free(name);
}

static void free_names(void *names)
{
	g_ptr_array_unref(names);
}

static void remember_link(struct container_source *s,
                          const struct am_member *member)
{
	if (!s->links)
		s->links = g_hash_table_new_full(g_str_hash, g_str_equal,
		                                 g_free, free_names);
	GPtrArray *names = g_hash_table_lookup(s->links, member->link);
	if (!names) {
		names = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(s->links, g_strdup(member->link), names);
	}
	g_ptr_array_add(names, g_strdup(member->name));
}

/* The folder and the message of a member, or the folder alone when it is new
 * and the message next time.  Takes raw. */
static int give(struct container_source *s, const char *name, int64_t stamp,
                struct am_blob *raw, struct am_item *out, struct am_error *err)
{
	struct am_message *msg = NULL;
	bool fresh = false;
	int r = am_member_folders_get(s->folders, name, NULL, false,
	                              &out->folder, &fresh, err);

	if (r)
		am_blob_unref(&raw);
	else
		r = make_message(s, name, stamp, raw, out->folder, &msg, err);
	if (r)
		return r;
	if (fresh)
		s->waiting = msg;
	else
		out->message = msg;
	return AM_OK;
}

/* The next of the names that the member read last has besides its own. */
static int give_linked(struct container_source *s, struct am_item *out,
                       struct am_error *err)
{
	char *name = g_ptr_array_steal_index(s->names, s->names->len - 1);
	int r = give(s, name, s->linked_mtime, am_blob_ref(s->linked), out,
	             err);

	if (r == AM_FAILED)
		(void)fail_member(s, out, name);
	g_free(name);
	if (!s->names->len) {
		am_blob_unref(&s->linked);
		g_clear_pointer(&s->names, g_ptr_array_unref);
	}
	return r;
}

/* A member in the second pass: AM_OK when it has names to give. */
static int look_again(struct container_source *s,
                      const struct am_member *member, struct am_error *err)
{
	struct am_reader *reader = NULL;
	void *key, *names;

	if (member->link ||
	    !g_hash_table_steal_extended(s->links, member->name, &key, &names))
		return AM_END;
	g_free(key);
	int r = am_container_reader(s->container, &reader, err);
	const char *slash = strrchr(member->name, '/');
	if (!r && !wanted(s, slash ? slash + 1 : member->name, reader))
		r = AM_END;
	if (!r)
		r = spool(s, reader, &s->linked, err);
	am_reader_close(&reader);
	s->linked_mtime = member->mtime;
	if (r)
		g_ptr_array_unref(names);
	else
		s->names = names;
	return r;
}

/* The first pass is through.  AM_END: all is. */
static int begin_again(struct container_source *s, struct am_error *err)
{
	note_others(s);
	if (s->again && g_hash_table_size(s->links))
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "eml.link-lost", NULL,
		            NULL, "%u names of members that are not there",
		            g_hash_table_size(s->links));
	if (s->again || !s->links)
		return AM_END;
	s->again = true;
	s->over = false;
	am_container_close(&s->container);
	return am_container_open(&s->container, s->file, err);
}

static void drop_parcel(struct container_source *s)
{
	if (s->parcel_fd >= 0)
		close(s->parcel_fd);
	s->parcel_fd = -1;
	g_clear_pointer(&s->parcel_path, g_free);
	g_clear_pointer(&s->parcel_name, g_free);
	g_clear_pointer(&s->parcel_origin, g_free);
}

/* A member that another format reads, which wants a file to read. */
static int give_parcel(struct container_source *s, const char *name,
                       struct am_reader *reader, bool single,
                       struct am_item *out, struct am_error *err)
{
	const char *slash = strrchr(name, '/');
	struct am_arena *arena = am_arena_new();
	char **named = single ? am_foreign_folder(name) : NULL;
	bool fresh = false;
	int r = am_file_temp(&s->parcel_fd, am_ctx_tmpdir(s->base.ctx), err);

	if (!r)
		r = drain(s, reader, NULL, s->parcel_fd, err);
	if (!r)
		r = am_member_folders_get(s->folders, name, named, false,
		                          &out->folder, &fresh, err);
	g_strfreev(named);
	s->parcel_path = g_strdup_printf("/proc/self/fd/%d", s->parcel_fd);
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

/* Its messages come one by one, behind the folder it is.  Takes the reader. */
static int begin_stream(struct container_source *s, const char *name,
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

/* AM_END: that mailbox is through. */
static int next_of_stream(struct container_source *s, struct am_item *out,
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
		(void)fail_member(s, out, s->streamed);
	if (r != AM_FAILED) {
		am_mbox_stream_close(&s->stream);
		g_clear_pointer(&s->streamed, g_free);
	}
	/* A mailbox that is a bomb is one member, and left. */
	if (r == AM_FATAL && !am_ctx_cancelled(s->base.ctx))
		r = AM_FAILED;
	return r;
}

/* One member: AM_OK with an item, AM_END when it gives none. */
static int look(struct container_source *s, const struct am_member *member,
                struct am_item *out, struct am_error *err)
{
	const char *slash = strrchr(member->name, '/');
	const char *base = slash ? slash + 1 : member->name, *what;
	struct am_reader *reader = NULL;
	struct am_blob *raw = NULL;
	int r;

	if (member->link) {
		remember_link(s, member);
		return AM_END;
	}
	r = am_container_reader(s->container, &reader, err);
	if (r)
		return r;
	if (!strcmp(base, AM_FOLDER_FILE)) {
		r = read_folder_file(s, member->name, reader, out, err);
		goto out;
	}
	if (is_mailbox(s, base, reader)) {
		r = begin_stream(s, member->name, &reader, out, err);
		goto out;
	}
	enum am_foreign foreign =
		am_foreign_look(base, reader, s->leave, &what);
	if (foreign) {
		r = s->leave ? give_parcel(s, member->name, reader,
		                           foreign == AM_FOREIGN_MESSAGE, out,
		                           err)
		             : am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		                       "%s: it is read when no format is named",
		                       what);
		goto out;
	}
	if (!wanted(s, base, reader)) {
		pass_over(s, member->name);
		r = AM_END;
		goto out;
	}
	r = spool(s, reader, &raw, err);
	if (!r)
		r = give(s, member->name, member->mtime, raw, out, err);
out:
	am_reader_close(&reader);
	return r;
}

static bool damage(int r, const struct am_error *err)
{
	return r == AM_FATAL &&
	       (!err || err->kind == AM_E_FORMAT || err->kind == AM_E_CORRUPT);
}

static int container_next(struct am_source *src, struct am_item *out,
                          struct am_error *err)
{
	struct container_source *s = container_of(src);
	struct am_member member;
	int r;

	if (s->waiting) {
		out->folder = s->waiting->folder;
		out->message = s->waiting;
		s->waiting = NULL;
		return AM_OK;
	}
	if (s->parcel_waits) {
		out->folder = s->parcel_waits;
		out->parcel = &s->parcel;
		s->parcel_waits = NULL;
		return AM_OK;
	}
	drop_parcel(s);
	for (;;) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->names)
			return give_linked(s, out, err);
		if (s->stream) {
			r = next_of_stream(s, out, err);
			if (r != AM_END)
				return r;
		}
		member = (struct am_member){0};
		r = s->over ? AM_END
		            : am_container_next(s->container, &member, err);
		if (r == AM_FAILED)
			return fail_member(s, out, member.name);
		if (damage(r, err)) {
			/* All before it has been read.  That a member was cut
			 * short has been told; what else there was is gone. */
			s->over = true;
			if (s->bad || s->again)
				continue;
			am_wrap(err, AM_FAILED, "behind member %" PRIu64,
			        s->n_members);
			return fail_member(s, out, NULL);
		}
		if (r == AM_END)
			r = begin_again(s, err);
		else if (!r && ++s->n_members > MAX_MEMBERS)
			return am_fail(err, AM_FATAL, AM_E_LIMIT,
			               "more than %d members", MAX_MEMBERS);
		if (r)
			return r;
		if (!member.name)
			continue;
		r = s->again ? look_again(s, &member, err)
		             : look(s, &member, out, err);
		if (r == AM_END || (!r && s->again))
			continue;
		/* A member cut short or damaged costs that member; whether the
		 * container goes on, its own next() knows. */
		s->bad = damage(r, err);
		if (s->bad)
			r = AM_FAILED;
		return r == AM_FAILED ? fail_member(s, out, member.name) : r;
	}
}

static void container_close(struct am_source *src)
{
	struct container_source *s = container_of(src);

	drop_parcel(s);
	am_message_free(&s->waiting);
	am_blob_unref(&s->linked);
	g_clear_pointer(&s->names, g_ptr_array_unref);
	g_clear_pointer(&s->links, g_hash_table_unref);
	am_mbox_stream_close(&s->stream);
	g_free(s->streamed);
	am_container_close(&s->container);
	am_file_unref(&s->file);
	am_member_folders_free(&s->folders);
	g_free(s->origin);
	g_free(s->first_other);
	g_free(s);
}

static const struct am_source_ops container_ops = {
	.next = container_next,
	.close = container_close,
};

int am_eml_container_open(struct am_source **out, struct am_file *file,
                          bool all, bool leave, struct am_ctx *ctx,
                          struct am_error *err)
{
	struct container_source *s = g_new0(struct container_source, 1);
	int r;

	s->base.ops = &container_ops;
	s->base.ctx = ctx;
	s->file = am_file_ref(file);
	s->all = all;
	s->leave = leave;
	s->parcel_fd = -1;
	s->allowed = FREE_BYTES + am_file_size(file) * MAX_RATIO;
	s->folders = am_member_folders_new();
	r = am_container_open(&s->container, file, err);
	if (r) {
		container_close(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
