/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account as a sink.  What decides whether a message goes over the wire at
 * all is what the mailbox holds already (fingerprint.h); that is read once for
 * each folder, when its first message comes.
 */
#include "formats/imap/sink.h"

#include "base/blob.h"
#include "formats/imap/fingerprint.h"
#include "formats/imap/imap.h"
#include "formats/imap/mend.h"
#include "formats/imap/upload.h"

#include <string.h>

enum labels { LABELS_FOLDERS, LABELS_KEYWORDS, LABELS_FIRST };

struct imap_sink {
	struct am_sink base;
	struct am_imap_account *account;
	struct am_imap_link *link;
	struct am_imap_targets *targets;
	struct am_imap_upload *upload;
	enum labels labels;
	bool repair;
	bool last; /* the next commit is */
	bool calm; /* nothing of an earlier run is under way any more */
};

static struct imap_sink *imap_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct imap_sink, base);
}

/* Until the connection holds for the whole of it. */
static int make_ready(struct imap_sink *s, struct am_imap_target *t,
                      bool to_look, struct am_error *err)
{
	int r = AM_OK;

	if (t->there && !(t->unsubscribed && t->subscribe) &&
	    (t->ready || !to_look))
		return AM_OK;
	r = am_imap_upload_settle(s->upload, false, err);
	if (r)
		return r;
	do {
		r = am_imap_target_create(s->targets, t, err);
		if (!r && to_look && !t->ready)
			r = am_imap_target_look(s->targets, t, err);
	} while (r == AM_RETRY);
	return r;
}

static int imap_begin(struct am_sink *sink, const struct am_job_info *info,
                      struct am_error *err)
{
	struct imap_sink *s = imap_of(sink);
	struct am_imap_session *session;

	(void)info;
	/* A wrong password is told before anything is read. */
	return am_imap_link_session(s->link, &session, err);
}

static int imap_folder(struct am_sink *sink, const struct am_folder *folder,
                       struct am_error *err)
{
	struct imap_sink *s = imap_of(sink);
	struct am_imap_target *t;

	if (!folder->depth)
		return AM_OK;
	int r = am_imap_targets_get(s->targets, folder, &t, err);
	if (r)
		return r;
	am_imap_target_follow(t, folder);
	return make_ready(s, t, false, err);
}

static int imap_prepare(const struct am_sink *sink,
                        const struct am_message *msg, void **out,
                        struct am_error *err)
{
	struct am_imap_print *p = g_new(struct am_imap_print, 1);

	(void)sink;
	int r = am_imap_print_of(msg->raw, p, err);
	if (r)
		g_free(p);
	else
		*out = p;
	return r;
}

/* As an earlier run may have had to change it for the server; AM_END: this step
 * changes nothing. */
static int mended(struct imap_sink *s, const struct am_message *msg,
                  unsigned step, struct am_blob **out, struct am_imap_print *as)
{
	struct am_error ignored;
	char *changed = NULL;

	int r = am_imap_mend(msg->raw, step, s->base.ctx, out, &changed,
	                     &ignored);
	g_free(changed);
	return r ? AM_END : am_imap_print_of(*out, as, &ignored);
}

/* As it is, or as it had to be changed for the server in an earlier run. */
static bool is_there(struct imap_sink *s, const struct am_message *msg,
                     struct am_imap_target *target,
                     const struct am_imap_print *p, uint32_t *uid)
{
	struct am_imap_marks marks = am_imap_print_marks(p, msg);
	const struct am_imap_marks tidied = {.fingerprint = p->tidied};
	const struct am_imap_marks bared = {.fingerprint = p->bared};
	bool there = am_imap_target_take(target, &marks, uid) ||
	             (p->tidied != p->fingerprint &&
	              am_imap_target_take(target, &tidied, uid)) ||
	             (p->bared != p->fingerprint &&
	              am_imap_target_take(target, &bared, uid));
	unsigned last =
		p->mends && s->repair && !am_imap_target_is_empty(target)
			? AM_IMAP_MEND_MOST
			: 0;

	for (unsigned step = 1; step <= last && !there; step++) {
		struct am_imap_print as;
		struct am_blob *bytes = NULL;
		if (!mended(s, msg, step, &bytes, &as)) {
			marks = am_imap_print_marks(&as, msg);
			there = am_imap_target_take(target, &marks, uid);
		}
		am_blob_unref(&bytes);
	}
	return there;
}

/* By its lines, with these bytes. */
static int take_alike(struct imap_sink *s, const struct am_message *msg,
                      const struct am_blob *bytes,
                      struct am_imap_target *target,
                      const struct am_imap_print *p, bool *there, uint32_t *uid,
                      struct am_error *err)
{
	int r;

	do {
		r = am_imap_target_take_alike(s->targets, target, msg, bytes, p,
		                              there, uid, err);
	} while (r == AM_RETRY);
	return r;
}

static int take_mended_alike(struct imap_sink *s, const struct am_message *msg,
                             struct am_imap_target *target, bool *there,
                             uint32_t *uid, struct am_error *err)
{
	int r = AM_OK;

	for (unsigned step = 1; step <= AM_IMAP_MEND_MOST && !r && !*there;
	     step++) {
		struct am_imap_print as = {0};
		struct am_blob *bytes = NULL;
		int has = mended(s, msg, step, &bytes, &as);
		const struct am_imap_marks marks =
			am_imap_print_marks(&as, msg);
		if (!has && as.bare)
			r = take_alike(s, msg, bytes, target, &as, there, uid,
			               err);
		else if (!has)
			*there = am_imap_target_take(target, &marks, uid);
		am_blob_unref(&bytes);
	}
	return r;
}

/* The same, and where its header says too little, by its lines: of those that
 * have no header their size alone would say that one is the other. */
static int look_for(struct imap_sink *s, const struct am_message *msg,
                    struct am_imap_target *target,
                    const struct am_imap_print *p, bool *there, uint32_t *uid,
                    struct am_error *err)
{
	bool like = p->weak && !am_imap_target_is_empty(target) &&
	            am_imap_alike_any(target->alike, p->size);
	bool by_lines = p->bare && like;
	int r = AM_OK;

	*there = !by_lines && is_there(s, msg, target, p, uid);
	if (!*there && am_imap_target_may_be_other(target, p)) {
		r = am_imap_upload_settle(s->upload, false, err);
		while (!r) {
			r = am_imap_target_take_other(s->targets, target, msg,
			                              p, there, uid, err);
			if (r != AM_RETRY)
				break;
			r = AM_OK;
		}
	}
	if (r || *there || !like)
		return r;
	r = am_imap_upload_settle(s->upload, false, err);
	if (!r)
		r = take_alike(s, msg, msg->raw, target, p, there, uid, err);
	if (!r && !*there && by_lines && p->mends && s->repair)
		r = take_mended_alike(s, msg, target, there, uid, err);
	if (!r && !*there && by_lines &&
	    am_imap_alike_unknown(target->alike, p->size))
		*there = is_there(s, msg, target, p, uid);
	return r;
}

static int put_into(struct imap_sink *s, const struct am_message *msg,
                    struct am_imap_target *target,
                    const struct am_imap_print *p, bool copy,
                    enum am_outcome *outcome, struct am_error *err)
{
	struct am_imap_parcel parcel = {
		.msg = msg,
		.target = target,
		.print = p,
		.labels = s->labels == LABELS_KEYWORDS,
		.copy = copy,
	};

	bool there = false;
	uint32_t uid = 0;

	int r = make_ready(s, target, true, err);
	if (r)
		return r;
	r = look_for(s, msg, target, p, &there, &uid, err);
	/* The first one to be sent: a run that was killed a moment ago may have
	 * sent it, and the server be about to file it. */
	if (!r && !there && !s->calm) {
		r = am_imap_upload_settle(s->upload, false, err);
		if (!r && s->base.unsettled)
			r = am_imap_targets_calm(s->targets, err);
		if (!r && s->base.unsettled)
			r = make_ready(s, target, true, err);
		else if (!r)
			r = am_imap_target_calm(s->targets, target, err);
		s->calm = !r;
		if (!r)
			r = look_for(s, msg, target, p, &there, &uid, err);
	}
	if (!r && there) {
		*outcome = AM_DUPLICATE;
		if (!copy)
			am_imap_target_tell(target, &s->base, msg->folder,
			                    msg->uidvalidity, msg->uid, uid);
	}
	if (r || there)
		return r;
	return am_imap_upload_put(s->upload, &parcel, err);
}

/* "A/B" is a folder within a folder, as Gmail writes it. */
static int label_folder(const char *label, struct am_folder **out,
                        struct am_error *err)
{
	char **parts = g_strsplit(label, "/", 0);
	int r = am_folder_new(out, (const char *const *)parts,
	                      g_strv_length(parts), am_role_guess(label), NULL);

	g_strfreev(parts);
	return r ? am_folder_new(out, &label, 1, AM_ROLE_NONE, err) : AM_OK;
}

/* One more copy, where it is not yet; what goes wrong with it is not the
 * message's failure. */
static int put_label(struct imap_sink *s, const struct am_message *msg,
                     const char *label, const struct am_imap_print *p,
                     GPtrArray *places, struct am_error *err)
{
	struct am_imap_target *target = NULL;
	struct am_folder *folder = NULL;
	enum am_outcome outcome;

	int r = label_folder(label, &folder, err);
	if (!r)
		r = am_imap_targets_get(s->targets, folder, &target, err);
	if (!r && !g_ptr_array_find(places, target, NULL)) {
		g_ptr_array_add(places, target);
		r = put_into(s, msg, target, p, true, &outcome, err);
	}
	const struct am_folder *unref = folder;
	am_folder_unref(&unref);
	if (r != AM_FAILED)
		return r;
	am_ctx_note_error(s->base.ctx, "imap.copy-refused", msg->folder,
	                  msg->origin, err);
	return AM_OK;
}

/* What the server took stays taken; the rest is told one by one. */
static int over(struct imap_sink *s, int r, const struct am_error *err)
{
	if (r != AM_FATAL)
		return r;
	am_imap_upload_abandon(s->upload, err);
	s->base.settled = true;
	return r;
}

static int imap_put(struct am_sink *sink, const struct am_message *msg,
                    void *prepared, enum am_outcome *outcome,
                    struct am_error *err)
{
	struct imap_sink *s = imap_of(sink);
	struct am_imap_print *p = prepared;
	struct am_imap_target *target = NULL;
	int r = AM_OK;

	if (!p) {
		void *made = NULL;
		r = imap_prepare(sink, msg, &made, err);
		if (r)
			return r;
		p = made;
	}
	r = am_imap_targets_get(s->targets, msg->folder, &target, err);
	if (!r)
		r = put_into(s, msg, target, p, false, outcome, err);
	if (!r && s->labels == LABELS_FOLDERS && msg->n_labels) {
		/* Two labels may be one mailbox, or the folder's own. */
		GPtrArray *places = g_ptr_array_new();
		g_ptr_array_add(places, target);
		for (size_t i = 0; !r && i < msg->n_labels; i++)
			r = put_label(s, msg, msg->labels[i], p, places, err);
		g_ptr_array_unref(places);
	}
	g_free(p);
	return over(s, r, err);
}

static int imap_missing(struct am_sink *sink, struct am_missing *what,
                        struct am_error *err)
{
	struct imap_sink *s = imap_of(sink);

	return am_imap_targets_missing(s->targets, what, err);
}

static int imap_finish(struct am_sink *sink, const struct am_ledger *ledger,
                       bool complete, struct am_error *err)
{
	(void)ledger;
	(void)err;
	imap_of(sink)->last = complete;
	return AM_OK;
}

static int imap_commit(struct am_sink *sink, struct am_error *err)
{
	struct imap_sink *s = imap_of(sink);

	return over(s, am_imap_upload_settle(s->upload, s->last, err), err);
}

static void imap_close(struct am_sink *sink)
{
	struct imap_sink *s = imap_of(sink);

	am_imap_upload_free(&s->upload);
	am_imap_targets_free(&s->targets);
	am_imap_link_free(&s->link, true);
	am_imap_account_free(&s->account);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.begin = imap_begin,
	.folder = imap_folder,
	.prepare = imap_prepare,
	.put = imap_put,
	.discard = g_free,
	.missing = imap_missing,
	.finish = imap_finish,
	.commit = imap_commit,
	.close = imap_close,
};

static int read_labels(struct imap_sink *s, const struct am_location *where,
                       struct am_error *err)
{
	static const char *const words[] = {"folders", "keywords", "first"};
	const char *word = am_location_option(where, am_imap_options, "labels");

	for (size_t i = 0; word && i < AM_COUNT(words); i++)
		if (!strcmp(word, words[i])) {
			s->labels = (enum labels)i;
			return AM_OK;
		}
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "labels=%.40s: folders, keywords or first",
	               word ? word : "");
}

int am_imap_open_sink(struct am_sink **out, const struct am_location *where,
                      struct am_ctx *ctx, struct am_error *err)
{
	const struct am_option *table = am_imap_options;
	struct imap_sink *s;
	bool repair, back;

	int r = am_location_check(where, table, "imap", err);
	if (!r)
		r = am_location_switch(where, table, "repair", &repair, err);
	/* Whoever keeps the state asks for it. */
	if (!r)
		r = am_location_switch(where, table, "bring-back", &back, err);
	if (r)
		return r;
	s = g_new0(struct imap_sink, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	r = read_labels(s, where, err);
	if (!r)
		r = am_imap_account_new(&s->account, where, table, ctx, err);
	if (r) {
		g_free(s);
		return r;
	}
	s->repair = repair;
	s->link = am_imap_link_new(s->account);
	s->targets = am_imap_targets_new(s->account, s->link);
	s->upload = am_imap_upload_new(s->account, s->link, s->targets,
	                               &s->base, repair);
	*out = &s->base;
	return AM_OK;
}
