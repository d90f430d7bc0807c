/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/member_mh.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/mh/mh.h"
#include "formats/mh/mh_marks.h"
#include "formats/mh/mh_sequences.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

/* Of a file that tells of messages, and how many of them. */
#define MAX_BYTES   (4 * 1024 * 1024)
#define MAX_FOLDERS 100000

struct folder {
	struct am_mh_sequences *sequences; /* or NULL */
	struct am_mh_marks *marks;         /* or NULL */
};

struct am_member_mh {
	struct am_file *file;
	GHashTable *folders; /* directory -> struct folder */
	bool searched;
};

static void folder_free(void *user)
{
	struct folder *f = user;

	am_mh_sequences_free(&f->sequences);
	am_mh_marks_free(&f->marks);
	g_free(f);
}

struct am_member_mh *am_member_mh_new(struct am_file *file)
{
	struct am_member_mh *mh = g_new0(struct am_member_mh, 1);

	mh->file = am_file_ref(file);
	mh->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                    folder_free);
	return mh;
}

void am_member_mh_free(struct am_member_mh **handle)
{
	struct am_member_mh *mh = *handle;

	*handle = NULL;
	if (!mh)
		return;
	g_hash_table_unref(mh->folders);
	am_file_unref(&mh->file);
	g_free(mh);
}

static const char *base_of(const char *member)
{
	const char *slash = strrchr(member, '/');

	return slash ? slash + 1 : member;
}

static char *dir_of(const char *member)
{
	return g_strndup(member, (gsize)(base_of(member) - member));
}

static bool tells(const char *base)
{
	return !strcmp(base, AM_MH_SEQUENCES) || am_mh_marks_file(base);
}

static void take(struct am_member_mh *mh, const char *member,
                 struct am_reader *reader)
{
	const char *base = base_of(member);
	const uint8_t *data = NULL;
	size_t len = 0;

	if (am_reader_peek(reader, MAX_BYTES, &data, &len, NULL) ||
	    len >= MAX_BYTES || g_hash_table_size(mh->folders) >= MAX_FOLDERS)
		return;
	char *dir = dir_of(member);
	struct folder *f = g_hash_table_lookup(mh->folders, dir);
	if (!f) {
		f = g_new0(struct folder, 1);
		g_hash_table_insert(mh->folders, g_strdup(dir), f);
	}
	g_free(dir);
	if (!strcmp(base, AM_MH_SEQUENCES) && !f->sequences) {
		f->sequences = am_mh_sequences_new();
		am_mh_sequences_parse(f->sequences, (const char *)data, len);
	} else if (am_mh_marks_file(base) && !f->marks) {
		f->marks = am_mh_marks_parse(data, len);
	}
}

static int search(struct am_member_mh *mh, const struct am_ctx *ctx,
                  struct am_error *err)
{
	struct am_container *container = NULL;
	int r = am_container_open(&container, mh->file, NULL);

	mh->searched = true;
	while (!r || r == AM_FAILED) {
		struct am_member member = {0};
		struct am_reader *reader = NULL;
		if (am_ctx_cancelled(ctx)) {
			am_container_close(&container);
			return am_ctx_fail_cancelled(err);
		}
		/* What is damaged is told by who reads the messages. */
		r = am_container_next(container, &member, NULL);
		if (!r && member.name && !member.link &&
		    tells(base_of(member.name)) &&
		    !am_container_reader(container, &reader, NULL))
			take(mh, member.name, reader);
		am_reader_close(&reader);
	}
	am_container_close(&container);
	return AM_OK;
}

int am_member_mh_message(struct am_member_mh *mh, const char *member, bool *yes,
                         const struct am_ctx *ctx, struct am_error *err)
{
	const char *base = base_of(member);

	*yes = false;
	if (!am_box_mh.owns(base))
		return AM_OK;
	int r = mh->searched ? AM_OK : search(mh, ctx, err);
	char *dir = dir_of(member);
	*yes = !r && am_mh_number(base) &&
	       g_hash_table_contains(mh->folders, dir);
	g_free(dir);
	return r;
}

void am_member_mh_apply(const struct am_member_mh *mh, const char *member,
                        struct am_message *msg)
{
	char *dir = dir_of(member);
	const struct folder *f = g_hash_table_lookup(mh->folders, dir);
	uint32_t n = am_mh_number(base_of(member));

	g_free(dir);
	if (!f || !n)
		return;
	if (!(f->marks && am_mh_marks_apply(f->marks, n, msg)) && f->sequences)
		am_mh_sequences_apply(f->sequences, n, msg);
}

bool am_member_mh_own(const struct am_member_mh *mh, const char *member)
{
	const char *base = base_of(member);

	if (am_mh_number(base) || !am_box_mh.owns(base))
		return false;
	char *dir = dir_of(member);
	bool own = g_hash_table_contains(mh->folders, dir);
	g_free(dir);
	return own;
}
