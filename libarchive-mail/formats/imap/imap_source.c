/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The source: folder after folder, of each first what changed, then what is
 * new, then what to remember.
 */
#include "formats/imap/imap.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/imap/ahead.h"
#include "formats/imap/fetch_line.h"
#include "formats/imap/spent.h"
#include "formats/imap/sync.h"
#include "formats/imap/watch.h"
#include "formats/received.h"

#include <string.h>

enum { CURSOR_EVERY = 5000 }; /* messages, in the middle of a folder */

enum stage {
	LISTING, /* not asked yet which folders there are */
	CHOOSING,
	BEGINNING,
	READING,
	FINISHING,
	CLOSING
};

struct imap_source {
	struct am_source base;
	struct am_imap_account *account;
	struct am_imap_control control;
	struct am_memory *memory;
	GPtrArray *boxes; /* of struct am_imap_box */
	GHashTable *by_folder;
	guint next_box;
	enum stage stage;
	bool in_folder; /* sync is that of a folder */
	int begun;      /* how its begin() ended */
	struct am_error begun_why;
	struct am_imap_sync sync;
	uint64_t since_cursor;
	bool looked; /* ahead, to the next one */
	struct am_imap_spent spent;
	const struct am_folder *root;
	struct am_message *held; /* until the changes before it are told */
	/* What the last item points at. */
	struct am_change *change;
	char *cursor, *origin;
	char *rest; /* what was spent, when it ends */
};

static struct imap_source *source_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct imap_source, base);
}

/* ---- the budget of the day ---- */

/* Items are told long before their bytes come: what was spent at the end. */
static void keep_spent(struct imap_source *s)
{
	if (!s->account->budget)
		return;
	g_free(s->rest);
	s->rest = am_imap_spent_print(&s->spent);
	s->base.rest = s->rest;
	s->base.rest_folder = s->root;
}

/* Now and then, so that the next run today knows. */
static bool give_budget(struct imap_source *s, struct am_item *out)
{
	if (!am_imap_spent_is_due(&s->spent, s->stage != READING))
		return false;
	s->cursor = am_imap_spent_print(&s->spent);
	out->folder = s->root;
	out->cursor = s->cursor;
	return true;
}

/* ---- which folders ---- */

static bool below_path(const struct imap_source *s,
                       const struct am_folder *folder)
{
	char **parts = s->account->parts;

	for (size_t i = 0; parts[i]; i++)
		if (i >= folder->depth ||
		    ((i || g_ascii_strcasecmp(parts[i], "INBOX") ||
		      g_ascii_strcasecmp(folder->parts[i], "INBOX")) &&
		     strcmp(parts[i], folder->parts[i]) != 0))
			return false;
	return true;
}

static bool matches(const struct am_folder *folder, char **patterns)
{
	for (; *patterns; patterns++)
		if (am_folder_matches(folder, *patterns))
			return true;
	return false;
}

/* Gmail's folders are views of one; three hold all there is. */
static bool is_view(const struct imap_source *s, const struct am_imap_box *box,
                    bool gmail)
{
	return gmail && !box->all && !box->trash && !box->junk &&
	       !s->account->parts[0] && !s->account->only;
}

static bool is_wanted(const struct imap_source *s,
                      const struct am_imap_box *box, bool gmail)
{
	const struct am_imap_account *a = s->account;

	return box->selectable && !is_view(s, box, gmail) &&
	       below_path(s, box->folder) &&
	       (!a->only || matches(box->folder, a->only)) &&
	       (!a->skip || !matches(box->folder, a->skip)) &&
	       (!a->subscribed || box->subscribed);
}

static void choose(struct imap_source *s, GPtrArray *all, bool gmail)
{
	bool any_all = false;

	for (guint i = 0; i < all->len; i++)
		any_all |= ((struct am_imap_box *)all->pdata[i])->all;
	for (guint i = 0; i < all->len; i++) {
		struct am_imap_box *box = all->pdata[i];
		if (!is_wanted(s, box, gmail && any_all)) {
			am_imap_box_free(box);
			continue;
		}
		g_ptr_array_add(s->boxes, box);
		g_hash_table_insert(s->by_folder, (gpointer)box->folder, box);
		if (box->told)
			s->base.total += box->messages;
	}
	g_ptr_array_set_free_func(all, NULL);
}

static int list(struct imap_source *s, struct am_error *err)
{
	struct am_imap_session *session;
	GPtrArray *all = NULL;
	int r;

	do {
		r = am_imap_control_open(&s->control, NULL, &session, err);
		if (!r)
			r = am_imap_mailboxes_list(session, true, &all, err);
		if (r == AM_RETRY)
			r = am_imap_link_judge(s->control.link, r, NULL, err);
	} while (r == AM_RETRY);
	/* There is a list where nothing failed, and only there. */
	if (!all)
		return AM_FATAL;
	am_imap_link_progress(s->control.link);
	r = am_imap_spent_read(&s->spent, s->memory, s->root, err);
	if (!r)
		choose(s, all, am_imap_session_has(session, "X-GM-EXT-1"));
	else
		g_ptr_array_set_size(all, 0);
	g_ptr_array_unref(all);
	if (r)
		return AM_FATAL;
	if (!s->boxes->len && (s->account->parts[0] || s->account->only))
		return am_fail(err, AM_FATAL, AM_E_NOTFOUND,
		               "%.80s: no folder is called so",
		               s->account->host);
	/* Numbers one by one are worth it only where they may save opening
	 * the folder. */
	if (s->memory && (am_imap_session_has(session, "CONDSTORE") ||
	                  am_imap_session_has(session, "QRESYNC")))
		r = am_imap_mailboxes_status(session, s->boxes, err);
	if (r == AM_RETRY)
		r = am_imap_link_judge(s->control.link, r, NULL, err);
	return r == AM_FATAL ? r : AM_OK;
}

/* ---- next ---- */

static void begin_box(struct imap_source *s)
{
	if (s->in_folder)
		am_imap_sync_clear(&s->sync);
	s->control.at = s->next_box;
	s->sync = (struct am_imap_sync){.control = &s->control,
	                                .memory = s->memory,
	                                .box = s->boxes->pdata[s->next_box++]};
	s->in_folder = true;
	s->since_cursor = 0;
	s->looked = false;
	s->stage = BEGINNING;
	s->begun = am_imap_sync_begin(&s->sync, &s->begun_why);
}

/* A folder that is refused may be locked just now: it is asked for once more,
 * when all others have been. */
static bool put_off(struct imap_source *s)
{
	struct am_imap_box *box = s->sync.box;

	if (box->again)
		return false;
	box->again = true;
	(void)g_ptr_array_steal_index(s->boxes, --s->next_box);
	g_ptr_array_add(s->boxes, box);
	return true;
}

/* What is to be told of it is known before the folder itself is told. */
static int next_box(struct imap_source *s, struct am_item *out,
                    struct am_error *err)
{
	if (s->in_folder)
		am_imap_sync_clear(&s->sync);
	s->in_folder = false;
	if (s->next_box >= s->boxes->len)
		return AM_END;
	do {
		begin_box(s);
	} while (s->begun == AM_FAILED && put_off(s));
	out->folder = s->sync.box->folder;
	if (s->begun == AM_FATAL) {
		*err = s->begun_why;
		return AM_FATAL;
	}
	if (s->begun)
		am_imap_sync_refused(&s->sync);
	if (s->begun || (s->sync.unchanged && !am_imap_sync_news(&s->sync)))
		out->already = s->sync.already;
	return AM_OK;
}

static int fail_folder(struct imap_source *s, struct am_item *out,
                       struct am_error *err)
{
	*err = s->begun_why;
	s->stage = CHOOSING;
	out->messages = s->sync.lacking;
	out->folder = s->sync.box->folder;
	s->origin = g_strdup(s->sync.box->name);
	out->origin = s->origin;
	return AM_FAILED;
}

static int fail_message(struct imap_source *s, uint32_t uid,
                        struct am_item *out)
{
	const struct am_imap_box *box = s->sync.box;

	out->folder = box->folder;
	s->origin =
		uid ? am_imap_meta_origin(box->folder, box->uidvalidity, uid)
		    : g_strdup(box->name);
	out->origin = s->origin;
	return AM_FAILED;
}

/* Counted and not named: the next run asks for it again. */
static int fail_lacking(struct imap_source *s, struct am_item *out,
                        struct am_error *err)
{
	struct am_imap_sync *y = &s->sync;
	uint64_t named = y->told + y->already;

	out->messages = y->lacking;
	y->lacking = 0;
	(void)fail_message(s, 0, out);
	return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
	               "the server counts %" PRIu64
	               " messages in this folder and shows %" PRIu64
	               ", asked twice; the next run asks again",
	               named + out->messages, named);
}

static bool give_change(struct imap_source *s, struct am_item *out)
{
	s->change = g_queue_pop_head(&s->sync.changes);
	out->folder = s->sync.box->folder;
	out->change = s->change;
	return s->change;
}

static bool give_cursor(struct imap_source *s, char *text, uint64_t already,
                        struct am_item *out)
{
	if (!text)
		return false;
	s->cursor = text;
	out->folder = s->sync.box->folder;
	out->cursor = text;
	out->already = already;
	return true;
}

/* When all of this folder is known, the next one is asked for while its bodies
 * come. */
static int look_ahead(struct imap_source *s, struct am_error *err)
{
	if (s->looked || s->next_box >= s->boxes->len ||
	    !am_imap_walk_all_asked(s->sync.walk) ||
	    !am_imap_fetcher_is_apart(s->control.fetcher))
		return AM_OK;
	s->looked = true;
	am_imap_sync_leave(&s->sync);
	return am_imap_ahead_start(s->control.ahead, &s->control, s->memory,
	                           s->boxes, s->next_box, err);
}

static int read_next(struct imap_source *s, struct am_item *out,
                     struct am_error *err)
{
	uint32_t uid;

	if (give_change(s, out) || give_budget(s, out))
		return AM_OK;
	out->message = g_steal_pointer(&s->held);
	if (out->message)
		return AM_OK;
	if (s->since_cursor >= CURSOR_EVERY &&
	    give_cursor(s, am_imap_sync_cursor_here(&s->sync), 0, out)) {
		s->since_cursor = 0;
		return AM_OK;
	}
	int r = am_imap_sync_next(&s->sync, &out->message, &uid, err);
	if (r == AM_END) {
		s->stage = FINISHING;
		r = am_imap_sync_finish(&s->sync, err);
		return r ? r : AM_RETRY;
	}
	if (r == AM_FAILED)
		return fail_message(s, uid, out);
	if (r)
		return r;
	s->since_cursor++;
	r = look_ahead(s, err);
	if (r) {
		am_message_free(&out->message);
		return r;
	}
	/* What was found out on the way to it comes first. */
	s->held = g_steal_pointer(&out->message);
	if (!give_change(s, out))
		out->message = g_steal_pointer(&s->held);
	return AM_OK;
}

static int imap_next(struct am_source *src, struct am_item *out,
                     struct am_error *err)
{
	struct imap_source *s = source_of(src);
	int r = AM_RETRY;

	am_change_free(&s->change);
	g_clear_pointer(&s->cursor, g_free);
	g_clear_pointer(&s->origin, g_free);
	while (r == AM_RETRY) {
		switch (s->stage) {
		case LISTING:
			r = list(s, err);
			s->stage = CHOOSING;
			if (!r)
				r = AM_RETRY;
			break;
		case CHOOSING:
			return next_box(s, out, err);
		case BEGINNING:
			if (s->begun)
				return fail_folder(s, out, err);
			s->stage = READING;
			break;
		case READING:
			r = read_next(s, out, err);
			break;
		case FINISHING:
			if (give_change(s, out) || give_budget(s, out))
				return AM_OK;
			if (s->sync.lacking)
				return fail_lacking(s, out, err);
			s->stage = CHOOSING;
			r = AM_RETRY;
			if (give_cursor(s, am_imap_sync_cursor(&s->sync),
			                s->sync.already, out))
				return AM_OK;
			break;
		case CLOSING:
			return AM_END;
		}
	}
	return r;
}

/* ---- bytes ---- */

static const struct am_imap_box *box_of(struct imap_source *s,
                                        const struct am_message *msg)
{
	return g_hash_table_lookup(s->by_folder, msg->folder);
}

static int imap_ask(struct am_source *src, struct am_message *msg,
                    struct am_error *err)
{
	struct imap_source *s = source_of(src);
	const struct am_imap_box *box = box_of(s, msg);

	(void)err;
	if (!box || !msg->uid || !am_imap_spent_ask(&s->spent, msg->size))
		return AM_OK;
	msg->for_load = s;
	am_imap_fetcher_ask(s->control.fetcher, box, msg);
	return AM_OK;
}

static int imap_load(struct am_source *src, struct am_message *msg,
                     struct am_error *err)
{
	struct imap_source *s = source_of(src);
	const struct am_imap_box *box = box_of(s, msg);
	struct am_received headers;

	if (!box || !msg->uid)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "not a message of this account");
	/* What was asked for comes, and is not thrown away. */
	int r = msg->for_load == s ? AM_OK
	                           : am_imap_spent_check(&s->spent, err);
	if (!r)
		r = am_imap_fetcher_load(s->control.fetcher, box, msg,
		                         &msg->raw, err);
	keep_spent(s);
	if (r == AM_FAILED && err->kind == AM_E_NOTFOUND)
		return AM_END; /* deleted on the server meanwhile */
	if (r || msg->received.known)
		return r;
	/* No INTERNALDATE: the header is the next best. */
	r = am_received_read(&headers, msg->raw, s->base.ctx, err);
	if (!r) {
		struct am_when none = {0};
		am_received_choose_file(msg, &headers, &none, "import");
	}
	return r;
}

static int imap_resume(struct am_source *src, struct am_memory *memory,
                       struct am_error *err)
{
	(void)err;
	source_of(src)->memory = memory;
	return AM_OK;
}

static int imap_watch(struct am_source *src, unsigned ms, struct am_error *err)
{
	return am_imap_watch(source_of(src)->control.link, ms, err);
}

static void imap_close(struct am_source *src)
{
	struct imap_source *s = source_of(src);

	if (s->in_folder)
		am_imap_sync_clear(&s->sync);
	am_message_free(&s->held);
	am_folder_unref(&s->root);
	am_imap_fetcher_free(&s->control.fetcher);
	am_imap_ahead_free(&s->control.ahead);
	am_imap_link_free(&s->control.link, true);
	g_ptr_array_unref(s->boxes);
	g_hash_table_destroy(s->by_folder);
	am_imap_account_free(&s->account);
	am_change_free(&s->change);
	g_free(s->cursor);
	g_free(s->origin);
	g_free(s->rest);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = imap_next,
	.ask = imap_ask,
	.load = imap_load,
	.resume = imap_resume,
	.watch = imap_watch,
	.close = imap_close,
};

int am_imap_source_open(struct am_source **out, const struct am_location *where,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct am_imap_account *account = NULL;
	struct am_imap_session *session;

	int r = am_imap_account_new(&account, where, am_imap_options, ctx, err);
	if (r)
		return r;
	struct imap_source *s = g_new0(struct imap_source, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.identity = account->identity;
	s->account = account;
	s->boxes = g_ptr_array_new_with_free_func(am_imap_box_free);
	s->by_folder = g_hash_table_new(NULL, NULL);
	s->control.account = account;
	s->control.link = am_imap_link_new(account);
	s->control.fetcher = am_imap_fetcher_new(account, s->control.link);
	s->spent.account = account;
	s->spent.fetcher = s->control.fetcher;
	s->control.ahead = am_imap_ahead_new();
	s->control.boxes = s->boxes;
	/* Whether it can be reached and lets us in is known at once. */
	struct am_folder *root = NULL;
	r = am_folder_new(&root, NULL, 0, AM_ROLE_NONE, err);
	s->root = root;
	if (!r)
		r = am_imap_link_session(s->control.link, &session, err);
	if (r)
		imap_close(&s->base);
	else
		*out = &s->base;
	return r;
}
