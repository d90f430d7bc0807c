/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/member_maildir.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/maildir/maildir_keywords.h"
#include "formats/maildir/maildir_message.h"
#include "formats/maildir/maildir_name.h"
#include "formats/maildir/maildir_path.h"
#include "formats/maildir_shape.h"
#include "formats/old_mail.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

#define HEAD      16     /* enough for every compressor's magic */
#define MAX_TEXT  65536  /* of a file of keywords: 26 lines */
#define MAX_TEXTS 100000 /* of them */
#define MIN_TIME                                                     \
	100000000 /* 1973: before, it is a number of some other kind \
	           */

struct am_member_maildir {
	GHashTable *texts; /* member's name -> its text */
	bool searched;     /* the whole container, for more of them */
};

struct am_member_maildir *am_member_maildir_new(void)
{
	struct am_member_maildir *m = g_new0(struct am_member_maildir, 1);

	m->texts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return m;
}

void am_member_maildir_free(struct am_member_maildir **maildir)
{
	struct am_member_maildir *m = *maildir;

	*maildir = NULL;
	if (!m)
		return;
	g_hash_table_unref(m->texts);
	g_free(m);
}

static const char *base_of(const char *member)
{
	const char *slash = strrchr(member, '/');

	return slash ? slash + 1 : member;
}

/* Of "a/.Sent/cur/x" the length of "a/.Sent"; -1: x does not lie in a cur or a
 * new. */
static ssize_t dir_len(const char *member, bool *fresh)
{
	const char *base = base_of(member);
	size_t n = (size_t)(base - member);

	*fresh = false;
	if (n < 4 || (n > 4 && member[n - 5] != '/'))
		return -1;
	*fresh = !memcmp(base - 4, "new/", 4);
	if (!*fresh && memcmp(base - 4, "cur/", 4) != 0)
		return -1;
	return n > 4 ? (ssize_t)n - 5 : 0;
}

bool am_member_maildir_message(const char *member)
{
	const char *base = base_of(member);
	struct am_maildir_name name;
	bool fresh;

	if (dir_len(member, &fresh) < 0 || *base == '.' || !*base ||
	    am_mail_head_eml_name(base))
		return false;
	am_maildir_name_parse(&name, base);
	return name.info || (name.time >= MIN_TIME && strchr(base, '.'));
}

char **am_member_maildir_folder(const char *member, char **as)
{
	struct am_arena *arena = am_arena_new();
	bool fresh;
	char *dir = g_strndup(member, (size_t)dir_len(member, &fresh));
	char **words = g_strsplit(dir, "/", 0);
	GPtrArray *parts = g_ptr_array_new();

	for (char **w = words; *w; w++) {
		bool dots = !w[1] && **w == '.' && (*w)[1] && (*w)[1] != '.';
		char **inner =
			g_strsplit(dots ? *w + 1 : *w, dots ? "." : "/", 0);

		for (char **p = inner; *p; p++)
			if (**p && strcmp(*p, ".") != 0 &&
			    strcmp(*p, "..") != 0)
				g_ptr_array_add(parts,
				                g_strdup(am_maildir_path_decode(
							arena, *p)));
		g_strfreev(inner);
	}
	if (!parts->len)
		g_ptr_array_add(parts, g_strdup("INBOX"));
	g_ptr_array_add(parts, NULL);
	*as = *dir ? g_strconcat(dir, "/cur", NULL) : g_strdup("cur");
	g_strfreev(words);
	g_free(dir);
	am_arena_free(&arena);
	return (char **)g_ptr_array_free(parts, FALSE);
}

static bool is_keywords(const char *base)
{
	return !strcmp(base, "dovecot-keywords") ||
	       !strcmp(base, "mailark-keywords");
}

static void keep_text(struct am_member_maildir *m, const char *member,
                      struct am_reader *reader)
{
	const uint8_t *data;
	size_t len;

	if (g_hash_table_size(m->texts) < MAX_TEXTS &&
	    !g_hash_table_contains(m->texts, member) &&
	    !am_reader_peek(reader, MAX_TEXT, &data, &len, NULL))
		g_hash_table_insert(
			m->texts, g_strdup(member),
			g_strndup((const char *)data, MIN(len, MAX_TEXT)));
}

bool am_member_maildir_own(struct am_member_maildir *maildir,
                           const char *member, struct am_reader *reader)
{
	const char *base = base_of(member);

	if (is_keywords(base)) {
		keep_text(maildir, member, reader);
		return true;
	}
	return am_maildir_own_file(base);
}

/* The rest of the container may have what a name stands for. */
static int search(struct am_member_maildir *m, struct am_file *file,
                  const struct am_ctx *ctx, struct am_error *err)
{
	struct am_container *container = NULL;
	struct am_member member;
	int r = am_container_open(&container, file, NULL);

	m->searched = true;
	while (!r) {
		if (am_ctx_cancelled(ctx)) {
			am_container_close(&container);
			return am_ctx_fail_cancelled(err);
		}
		member = (struct am_member){0};
		/* What is damaged is told by who reads the messages. */
		r = am_container_next(container, &member, NULL);
		struct am_reader *reader = NULL;

		if (!r && member.name && is_keywords(base_of(member.name)) &&
		    !am_container_reader(container, &reader, NULL))
			keep_text(m, member.name, reader);
		am_reader_close(&reader);
		if (r == AM_FAILED)
			r = AM_OK;
	}
	am_container_close(&container);
	return AM_OK;
}

static const char *text_of(const struct am_member_maildir *m, const char *dir,
                           const char *base)
{
	char *name = *dir ? g_strconcat(dir, "/", base, NULL) : g_strdup(base);
	const char *text = g_hash_table_lookup(m->texts, name);

	g_free(name);
	return text;
}

/* A folder's own, then its account's, which is the directory it lies in. */
static void read_keywords(const struct am_member_maildir *m, const char *dir,
                          struct am_maildir_keywords *out)
{
	const char *slash = strrchr(dir, '/');
	char *above = g_strndup(dir, slash ? (size_t)(slash - dir) : 0);

	am_maildir_keywords_parse(out, text_of(m, dir, "dovecot-keywords"),
	                          text_of(m, dir, "mailark-keywords"));
	if (strcmp(above, dir) != 0)
		am_maildir_keywords_parse(
			out, text_of(m, above, "dovecot-keywords"),
			text_of(m, above, "mailark-keywords"));
	g_free(above);
}

static bool all_known(const struct am_maildir_keywords *keywords,
                      uint32_t letters)
{
	for (int i = 0; i < AM_MAILDIR_KEYWORDS; i++)
		if ((letters & UINT32_C(1) << i) && !keywords->names[i])
			return false;
	return true;
}

static int add_keywords(struct am_member_maildir *m, const char *member,
                        struct am_message *msg, const char *info,
                        struct am_file *file, const struct am_ctx *ctx,
                        struct am_error *err)
{
	struct am_maildir_keywords keywords = {0};
	char other[AM_MAILDIR_OTHER];
	uint32_t flags, letters;
	bool fresh;
	char *dir = g_strndup(member, (size_t)dir_len(member, &fresh));
	int r = AM_OK;

	am_maildir_name_letters(info, &flags, &letters, other);
	if (letters)
		read_keywords(m, dir, &keywords);
	if (!all_known(&keywords, letters) && !m->searched) {
		r = search(m, file, ctx, err);
		read_keywords(m, dir, &keywords);
	}
	am_maildir_message_letters(msg, info, fresh, &keywords);
	if (!fresh)
		am_old_mail_tell(msg);
	am_maildir_keywords_clear(&keywords);
	g_free(dir);
	return r;
}

int am_member_maildir_apply(struct am_member_maildir *maildir,
                            const char *member, struct am_message *msg,
                            int64_t stamp, struct am_file *file,
                            struct am_ctx *ctx, struct am_error *err)
{
	const char *base = base_of(member);
	struct am_loaded_file loaded = {.blob = g_steal_pointer(&msg->raw),
	                                .mtime = stamp};
	struct am_maildir_name name;
	uint8_t head[HEAD];
	size_t got = 0;
	int r = am_blob_read(loaded.blob, 0, head, sizeof(head), &got, err);

	am_maildir_name_parse(&name, base);
	/* Dovecot's zlib plugin. */
	if (!r && am_unpack_sniff(head, got))
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "compressed within a zip or tar: unpack that, and "
		            "the Maildir can be read");
	if (!r)
		r = add_keywords(maildir, member, msg, name.info, file, ctx,
		                 err);
	if (!r)
		r = am_maildir_message_complete(msg, &loaded, base, ctx, err);
	am_blob_unref(&loaded.blob);
	return r;
}
