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
#include "formats/eml/eml_container_impl.h"
#include "formats/eml/eml_sidecar.h"
#include "formats/eml/foreign.h"
#include "formats/eml/member_apple.h"
#include "formats/eml/member_maildir.h"
#include "formats/eml/member_mh.h"
#include "formats/folder_file.h"
#include "formats/mail_head.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

#define MAX_MEMBERS 20000000
#define MAX_NOTE    65536 /* of an AM_FOLDER_FILE */

static struct container_source *container_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct container_source, base);
}

static bool wanted(struct container_source *s, const char *name,
                   struct am_reader *reader)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	const uint8_t *data;
	size_t len;

	/* Apple's copies leave "._x.eml" that are no mail. */
	if (am_mail_head_eml_name(base) && *base != '.')
		return true;
	if (!s->all)
		return false;
	if (am_member_maildir_message(name))
		return true;
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

/* The date of a message that has its bytes. */
static int choose_date(struct container_source *s, struct am_message *msg,
                       int64_t stamp, struct am_error *err)
{
	struct am_received headers;
	struct am_when mtime = {0};
	int r = am_received_read(&headers, msg->raw, s->base.ctx, err);

	if (r)
		return r;
	msg->size = am_blob_size(msg->raw);
	if (stamp != INT64_MIN)
		mtime = am_received_stamp(stamp);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	return AM_OK;
}

/* Takes raw. */
static int make_message(struct container_source *s, const char *name,
                        int64_t stamp, struct am_blob *raw,
                        const struct am_folder *folder, struct am_message **out,
                        struct am_error *err)
{
	struct am_message *msg = NULL;
	int r;

	r = am_message_new(&msg, folder, err);
	if (r) {
		am_blob_unref(&raw);
		return r;
	}
	msg->origin = am_utf8_repair(msg->arena, name, strlen(name));
	msg->exactness = AM_EXACT;
	msg->raw = raw;
	if (s->all && am_member_maildir_message(name))
		r = am_member_maildir_apply(s->maildir, name, msg, stamp,
		                            s->file, s->base.ctx, err);
	else
		r = choose_date(s, msg, stamp, err);
	if (!r && s->all)
		am_member_mh_apply(s->mh, name, msg);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	if (s->sidecar && !strcmp(s->sidecar_of, name))
		am_eml_sidecar_apply(msg, s->sidecar, s->base.ctx);
	*out = msg;
	return AM_OK;
}

int am_eml_member_failed(struct container_source *s, struct am_item *out,
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

static void count_own(struct container_source *s, const char *name)
{
	if (!s->n_own++)
		s->first_own = g_strdup(name);
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
	if (s->n_own)
		am_ctx_note(s->base.ctx, AM_NOTE_INFO, "eml.maildirs-own", NULL,
		            name,
		            "%" PRIu64
		            " %s looked at, no mail, and as a Maildir, "
		            "MH or Apple Mail keeps beside mail (first: %s)",
		            s->n_own, s->n_own > 1 ? "members" : "member",
		            s->first_own);
	s->n_others = s->n_own = 0;
	g_free(name);
}

static void free_names(void *names)
{
	g_ptr_array_unref(names);
}

static void drop_sidecar(struct container_source *s)
{
	json_decref(s->sidecar);
	s->sidecar = NULL;
	g_clear_pointer(&s->sidecar_of, g_free);
}

/* x.eml.json stands before x.eml; true: it is one. */
static bool take_sidecar(struct container_source *s, const char *name,
                         struct am_reader *reader)
{
	size_t len = strlen(name), ending = strlen(AM_EML_SIDECAR);
	char *of = len > ending ? g_strndup(name, len - ending) : NULL;
	bool yes = of && g_str_has_suffix(name, AM_EML_SIDECAR) &&
	           am_mail_head_eml_name(of);
	json_t *object = yes ? am_eml_sidecar_read(reader) : NULL;

	if (object) {
		drop_sidecar(s);
		s->sidecar = object;
		s->sidecar_of = g_steal_pointer(&of);
	}
	g_free(of);
	return object != NULL;
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
	bool fresh = false, maildir = s->all && am_member_maildir_message(name);
	char *as = NULL;
	char **named = maildir ? am_member_maildir_folder(name, &as) : NULL;
	int r = am_member_folders_get(s->folders, as ? as : name, named, false,
	                              &out->folder, &fresh, err);

	g_strfreev(named);
	g_free(as);
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
		(void)am_eml_member_failed(s, out, name);
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
	if (!r && !wanted(s, member->name, reader))
		r = AM_END;
	if (!r)
		r = am_eml_member_spool(s, reader, &s->linked, err);
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

/* One member: AM_OK with an item, AM_END when it gives none. */
static int look(struct container_source *s, const struct am_member *member,
                struct am_item *out, struct am_error *err)
{
	const char *slash = strrchr(member->name, '/');
	const char *base = slash ? slash + 1 : member->name, *what;
	struct am_reader *reader = NULL;
	struct am_blob *raw = NULL;
	bool numbered = false, part = false;
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
	if (take_sidecar(s, member->name, reader)) {
		r = AM_END;
		goto out;
	}
	r = s->leave ? am_member_apple_part(s->apple, member->name, &part,
	                                    s->base.ctx, err)
	             : AM_OK;
	if (!r && part) {
		count_own(s, member->name);
		r = AM_END;
	}
	if (r)
		goto out;
	bool maildir = s->all && am_member_maildir_message(member->name);

	if (!maildir && am_eml_member_is_mailbox(s, base, reader)) {
		r = am_eml_member_stream(s, member->name, &reader, out, err);
		goto out;
	}
	enum am_foreign foreign =
		maildir ? AM_FOREIGN_NONE
			: am_foreign_look(base, reader, s->leave, &what);
	if (foreign) {
		r = s->leave ? am_eml_member_parcel(
				       s, member->name, reader,
				       foreign == AM_FOREIGN_MESSAGE, out, err)
		             : am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		                       "%s: it is read when no format is named",
		                       what);
		goto out;
	}
	r = s->all ? am_member_mh_message(s->mh, member->name, &numbered,
	                                  s->base.ctx, err)
	           : AM_OK;
	if (r)
		goto out;
	if (!numbered && (am_member_mh_own(s->mh, member->name) ||
	                  !wanted(s, member->name, reader))) {
		if (!am_member_maildir_own(s->maildir, member->name, reader) &&
		    !am_member_mh_own(s->mh, member->name))
			pass_over(s, member->name);
		else
			count_own(s, member->name);
		r = AM_END;
		goto out;
	}
	r = am_eml_member_spool(s, reader, &raw, err);
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
	am_eml_member_drop_parcel(s);
	for (;;) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->names)
			return give_linked(s, out, err);
		if (s->stream) {
			r = am_eml_member_next(s, out, err);
			if (r != AM_END)
				return r;
		}
		member = (struct am_member){0};
		r = s->over ? AM_END
		            : am_container_next(s->container, &member, err);
		if (r == AM_FAILED)
			return am_eml_member_failed(s, out, member.name);
		if (damage(r, err)) {
			/* All before it has been read.  That a member was cut
			 * short has been told; what else there was is gone. */
			s->over = true;
			if (s->bad || s->again)
				continue;
			am_wrap(err, AM_FAILED, "behind member %" PRIu64,
			        s->n_members);
			return am_eml_member_failed(s, out, NULL);
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
		return r == AM_FAILED
		               ? am_eml_member_failed(s, out, member.name)
		               : r;
	}
}

static void container_close(struct am_source *src)
{
	struct container_source *s = container_of(src);

	am_eml_member_drop_parcel(s);
	drop_sidecar(s);
	am_message_free(&s->waiting);
	am_blob_unref(&s->linked);
	g_clear_pointer(&s->names, g_ptr_array_unref);
	g_clear_pointer(&s->links, g_hash_table_unref);
	am_mbox_stream_close(&s->stream);
	g_free(s->streamed);
	am_container_close(&s->container);
	am_file_unref(&s->file);
	am_member_folders_free(&s->folders);
	am_member_maildir_free(&s->maildir);
	am_member_mh_free(&s->mh);
	am_member_apple_free(&s->apple);
	g_free(s->origin);
	g_free(s->first_other);
	g_free(s->first_own);
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
	s->maildir = am_member_maildir_new();
	s->mh = am_member_mh_new(file);
	s->apple = am_member_apple_new(file, s->allowed);
	r = am_container_open(&s->container, file, err);
	if (r) {
		container_close(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
