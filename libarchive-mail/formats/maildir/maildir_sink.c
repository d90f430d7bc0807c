/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir.h"

#include "base/blob.h"
#include "base/file.h"
#include "formats/batch.h"
#include "formats/maildir/maildir_box.h"
#include "formats/maildir/maildir_name.h"
#include "formats/maildir/maildir_subs.h"
#include "formats/maildir/maildir_tree.h"
#include "formats/old_mail.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What becomes of the further places a message is filed under. */
enum labels { LABELS_KEYWORDS, LABELS_FOLDERS, LABELS_FIRST };

struct maildir_sink {
	struct am_sink base;
	char *root, *host;
	enum labels labels;
	struct am_batch *batch;
	struct am_maildir_boxes *boxes;
	struct am_maildir_subs *subs; /* read when the first is added */
	bool subs_read, subs_changed;
	uint64_t count;
};

/* What prepare() leaves for put(): the file is written, under a temporary
 * name in the root's tmp/, as its folder may not be there yet. */
struct prepared {
	const struct am_batch *batch;
	struct am_batch_file file;
};

static struct maildir_sink *maildir_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct maildir_sink, base);
}

static int subscribe(struct maildir_sink *s, const struct am_folder *folder)
{
	if (!s->subs_read) {
		s->subs = am_maildir_subs_read(am_batch_root(s->batch), "");
		s->subs_read = true;
	}
	if (s->subs && am_maildir_subs_has(s->subs, folder, 0))
		return AM_OK;
	am_maildir_subs_add(&s->subs, folder);
	s->subs_changed = true;
	return AM_OK;
}

static int maildir_folder(struct am_sink *sink, const struct am_folder *folder,
                          struct am_error *err)
{
	struct maildir_sink *s = maildir_of(sink);
	struct am_maildir_box *box;

	if (folder->subscribed && folder->depth)
		subscribe(s, folder);
	return am_maildir_boxes_get(s->boxes, folder, &box, err);
}

static int maildir_prepare(const struct am_sink *sink,
                           const struct am_message *msg, void **prepared,
                           struct am_error *err)
{
	const struct maildir_sink *s =
		AM_CONTAINER(sink, struct maildir_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	int r;

	p->batch = s->batch;
	r = am_batch_write(s->batch, &p->file, msg->raw, &msg->received, err);
	if (r) {
		g_free(p);
		return r;
	}
	*prepared = p;
	return AM_OK;
}

static void maildir_discard(void *prepared)
{
	struct prepared *p = prepared;

	if (p)
		am_batch_discard(p->batch, &p->file);
	g_free(p);
}

static void add_letter(struct maildir_sink *s, struct am_maildir_box *box,
                       const struct am_message *msg, const char *keyword,
                       uint32_t *letters)
{
	bool added;
	int n = am_maildir_keywords_number(&box->keywords, keyword, &added);

	if (n < 0)
		am_ctx_note(s->base.ctx, AM_NOTE_LOSS,
		            "maildir.keywords-over-26", msg->folder,
		            msg->origin,
		            "no letter left for the keyword \"%s\"", keyword);
	else
		*letters |= UINT32_C(1) << n;
	box->keywords_changed |= added;
}

/* The letters of a message in this folder; "" when it has none. */
static void make_info(struct maildir_sink *s, struct am_maildir_box *box,
                      const struct am_message *msg, char out[AM_MAILDIR_OTHER])
{
	const struct am_prop *other = am_message_prop(msg, "maildir.flags");
	char *kept = other ? g_strndup(other->value, other->len) : NULL;
	uint32_t letters = 0;

	for (size_t i = 0; i < msg->n_keywords; i++)
		add_letter(s, box, msg, msg->keywords[i], &letters);
	if (msg->flags & AM_JUNK)
		add_letter(s, box, msg, "$Junk", &letters);
	/* Dovecot shows the keyword and knows no P; mutt and isync the other
	 * way round.  Without a letter left, P alone says it. */
	if (msg->flags & AM_FORWARDED) {
		bool added;
		int n = am_maildir_keywords_number(&box->keywords, "$Forwarded",
		                                   &added);

		if (n >= 0)
			letters |= UINT32_C(1) << n;
		box->keywords_changed |= added;
	}
	if (s->labels == LABELS_KEYWORDS)
		for (size_t i = 0; i < msg->n_labels; i++)
			add_letter(s, box, msg, msg->labels[i], &letters);
	am_maildir_name_info(out, msg->flags, letters, kept);
	g_free(kept);
}

/* new/ is for what nobody has looked at. */
static bool is_new(const struct am_message *msg, const char *info)
{
	return !*info && !am_old_mail(msg);
}

static char *final_path(const struct am_maildir_box *box, bool fresh,
                        const char *name)
{
	return g_strconcat(box->dir, *box->dir ? "/" : "",
	                   fresh ? "new/" : "cur/", name, NULL);
}

/* "A/B" is a folder within a folder, as Gmail writes it. */
static int link_label(struct maildir_sink *s, const struct am_message *msg,
                      const char *label, const char *path, const char *name,
                      struct am_error *err)
{
	char **parts = g_strsplit(label, "/", 0);
	struct am_folder *folder = NULL;
	struct am_maildir_box *box;
	char *further;
	int r;

	r = am_folder_new(&folder, (const char *const *)parts,
	                  g_strv_length(parts), am_role_guess(label), NULL);
	g_strfreev(parts);
	if (r)
		r = am_folder_new(&folder, &label, 1, AM_ROLE_NONE, err);
	if (r)
		return r;
	if (!am_folder_equal(folder, msg->folder)) {
		r = am_maildir_boxes_get(s->boxes, folder, &box, err);
		if (!r) {
			char info[AM_MAILDIR_OTHER];
			size_t base = strcspn(name, ":");
			char *own;

			make_info(s, box, msg, info);
			own = g_strdup_printf("%.*s%s%s", (int)base, name,
			                      is_new(msg, info) ? "" : ":2,",
			                      info);
			further = final_path(box, is_new(msg, info), own);
			r = am_batch_link(s->batch, path, further, err);
			g_free(further);
			g_free(own);
		}
	}
	const struct am_folder *unref = folder;
	am_folder_unref(&unref);
	return r;
}

static int flush(struct maildir_sink *s, struct am_error *err)
{
	/* A letter must mean something by the time a name has it. */
	int r = am_maildir_boxes_save(s->boxes, s->root, err);

	return r ? r : am_batch_flush(s->batch, err);
}

/* What the source over this Maildir will call it: flags come and go. */
static void tell_name(struct maildir_sink *s, const struct am_maildir_box *box,
                      const struct am_message *msg, const char *name,
                      uint64_t size)
{
	if (!s->base.placed)
		return;
	char *origin =
		g_strdup_printf("%s%s%.*s", box->dir, *box->dir ? "/" : "",
	                        (int)strcspn(name, ":"), name);
	s->base.placed(s->base.late_user,
	               &(struct am_placed){
			       .folder = msg->folder,
			       .uidvalidity = msg->uidvalidity,
			       .uid = msg->uid,
			       .name = origin,
			       .size = size,
		       });
	g_free(origin);
}

static int maildir_put(struct am_sink *sink, const struct am_message *msg,
                       void *prepared, enum am_outcome *outcome,
                       struct am_error *err)
{
	struct maildir_sink *s = maildir_of(sink);
	struct prepared *p = prepared;
	struct am_maildir_unique unique = {.usec = g_get_real_time(),
	                                   .pid = getpid(),
	                                   .count = ++s->count,
	                                   .host = s->host};
	char name[AM_MAILDIR_NAME_ROOM], info[AM_MAILDIR_OTHER];
	struct am_maildir_box *box;
	char *path = NULL;
	int r = AM_OK;

	if (!p) {
		void *made = NULL;

		r = maildir_prepare(sink, msg, &made, err);
		if (r)
			return r;
		p = made;
	}
	if (am_batch_full(s->batch))
		r = flush(s, err);
	if (!r)
		r = am_maildir_boxes_get(s->boxes, msg->folder, &box, err);
	if (r)
		goto out;
	make_info(s, box, msg, info);
	am_maildir_name_make(name, &unique, &msg->received, p->file.size,
	                     p->file.crlf_size,
	                     is_new(msg, info) ? NULL : info);
	path = final_path(box, is_new(msg, info), name);
	tell_name(s, box, msg, name, p->file.size);
	r = am_batch_put(s->batch, &p->file, path, err);
	if (!r && s->labels == LABELS_FOLDERS)
		for (size_t i = 0; !r && i < msg->n_labels; i++)
			r = link_label(s, msg, msg->labels[i], path, name, err);
	*outcome = AM_STORED;
out:
	g_free(path);
	maildir_discard(p);
	return r;
}

static int save_subscriptions(struct maildir_sink *s, struct am_error *err)
{
	char *text, *path;
	int r;

	if (!s->subs_changed)
		return AM_OK;
	text = am_maildir_subs_text(s->subs);
	path = g_build_filename(s->root, "subscriptions", NULL);
	r = am_file_replace(path, text, strlen(text), err);
	g_free(path);
	g_free(text);
	s->subs_changed = r != AM_OK;
	return r ? AM_FATAL : AM_OK;
}

static int maildir_commit(struct am_sink *sink, struct am_error *err)
{
	struct maildir_sink *s = maildir_of(sink);
	int r = am_maildir_boxes_finish(s->boxes, err);

	if (!r)
		r = am_maildir_boxes_save(s->boxes, s->root, err);
	if (!r)
		r = save_subscriptions(s, err);
	return r ? r : am_batch_commit(s->batch, err);
}

static void maildir_close(struct am_sink *sink)
{
	struct maildir_sink *s = maildir_of(sink);

	am_maildir_boxes_close(&s->boxes);
	am_maildir_subs_free(&s->subs);
	am_batch_close(&s->batch);
	g_free(s->root);
	g_free(s->host);
	g_free(s);
}

static const struct am_sink_ops maildir_sink_ops = {
	.folder = maildir_folder,
	.prepare = maildir_prepare,
	.put = maildir_put,
	.discard = maildir_discard,
	.commit = maildir_commit,
	.close = maildir_close,
};

/* auto: as the target already is, else Maildir++. */
static enum am_maildir_layout find_layout(const char *root, struct am_ctx *ctx)
{
	enum am_maildir_layout layout = AM_MAILDIR_PLUSPLUS;
	struct am_maildir_tree tree;

	if (am_maildir_tree_read(&tree, root, AM_MAILDIR_AUTO, ctx, NULL))
		return layout;
	for (size_t i = 0; i < tree.n_dirs; i++) {
		if (tree.dirs[i].bad || !*tree.dirs[i].path)
			continue;
		if (*tree.dirs[i].path != '.')
			layout = AM_MAILDIR_FS;
		break;
	}
	am_maildir_tree_clear(&tree);
	return layout;
}

static int read_options(struct maildir_sink *s, const struct am_location *where,
                        enum am_maildir_layout *layout,
                        enum am_durability *durability, enum am_batch_eol *eol,
                        struct am_error *err)
{
	const struct am_option *t = am_maildir_options;
	const char *word;

	word = am_location_option(where, t, "layout");
	if (!am_maildir_path_layout(word, layout))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "layout=%s: ++, fs or auto is meant", word);
	word = am_location_option(where, t, "durable");
	if (!am_batch_durability(word, durability))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "durable=%s: yes, no or each is meant", word);
	word = am_location_option(where, t, "eol");
	if (!am_batch_eol_parse(word, eol))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "eol=%s: keep, lf or crlf is meant", word);
	word = am_location_option(where, t, "labels");
	if (!strcmp(word, "keywords"))
		s->labels = LABELS_KEYWORDS;
	else if (!strcmp(word, "folders"))
		s->labels = LABELS_FOLDERS;
	else if (!strcmp(word, "first"))
		s->labels = LABELS_FIRST;
	else
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "labels=%s: keywords, folders or first is meant",
		               word);
	return AM_OK;
}

/* In a folder of other things nothing says yet that it is a Maildir; who reads
 * it, to learn what it holds, has to see one. */
static int found_among(const char *root, int fd, struct am_error *err)
{
	GDir *dir = g_dir_open(root, 0, NULL);
	bool others = false;
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		others |= strcmp(name, "tmp") != 0;
	if (dir)
		g_dir_close(dir);
	if (others && mkdirat(fd, "new", 0777) && errno != EEXIST)
		return am_fail_sys(err, AM_FATAL, "%s/new", root);
	return AM_OK;
}

int am_maildir_sink_open(struct am_sink **out, const struct am_location *where,
                         struct am_ctx *ctx, struct am_error *err)
{
	struct maildir_sink *s = g_new0(struct maildir_sink, 1);
	enum am_maildir_layout layout = AM_MAILDIR_PLUSPLUS;
	enum am_durability durability = AM_DURABLE_BATCH;
	enum am_batch_eol eol = AM_EOL_KEEP;
	int r;

	s->base.ops = &maildir_sink_ops;
	s->base.names = true;
	s->base.ctx = ctx;
	r = am_location_check(where, am_maildir_options, "maildir", err);
	if (!r)
		r = read_options(s, where, &layout, &durability, &eol, err);
	if (r)
		goto out;
	s->root = g_strdup(where->path);
	s->host = am_maildir_name_host(g_get_host_name());
	if (layout == AM_MAILDIR_AUTO)
		layout = find_layout(s->root, ctx);
	r = am_batch_open(&s->batch, s->root, "tmp", durability, eol, err);
	if (!r)
		am_batch_tell_cleared(s->batch, ctx, "maildir.leftovers");
	if (!r)
		r = am_maildir_boxes_open(&s->boxes, am_batch_root(s->batch),
		                          layout, err);
	if (!r && layout == AM_MAILDIR_PLUSPLUS)
		r = found_among(s->root, am_batch_root(s->batch), err);
out:
	if (r) {
		maildir_close(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
