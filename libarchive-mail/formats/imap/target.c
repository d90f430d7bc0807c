/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder to mailbox: names (RFC 3501 §5.1, RFC 2342), CREATE with a use (RFC
 * 6154), SUBSCRIBE.
 */
#include "formats/imap/target_impl.h"

#include "formats/imap/mailboxes.h"
#include "formats/imap/target_name.h"

#include <string.h>

enum { BUSY_TRIES = 4 };

static void target_free(void *data)
{
	struct am_imap_target *t = data;

	am_folder_unref(&t->folder);
	am_imap_present_free(&t->present);
	am_imap_look_free(&t->look);
	am_imap_alike_free(&t->alike);
	am_imap_other_ids_free(&t->others);
	g_array_free(t->acked, TRUE);
	g_array_free(t->spoken, TRUE);
	g_free(t->permanent);
	g_free(t->name);
	g_free(t);
}

static guint hash_folder(gconstpointer folder)
{
	return (guint)am_folder_hash(folder);
}

static gboolean same_folder(gconstpointer a, gconstpointer b)
{
	return am_folder_equal(a, b);
}

static void unref_folder(gpointer folder)
{
	const struct am_folder *f = folder;

	am_folder_unref(&f);
}

struct am_imap_targets *am_imap_targets_new(struct am_imap_account *account,
                                            struct am_imap_link *link)
{
	struct am_imap_targets *ts = g_new0(struct am_imap_targets, 1);

	ts->account = account;
	ts->link = link;
	ts->prefix = g_strdup("");
	ts->all = g_ptr_array_new_with_free_func(target_free);
	ts->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	ts->by_folder = g_hash_table_new_full(hash_folder, same_folder,
	                                      unref_folder, NULL);
	return ts;
}

void am_imap_targets_free(struct am_imap_targets **targets)
{
	struct am_imap_targets *ts = *targets;

	*targets = NULL;
	if (!ts)
		return;
	g_hash_table_destroy(ts->by_name);
	g_hash_table_destroy(ts->by_folder);
	g_clear_pointer(&ts->renamed, g_hash_table_destroy);
	g_ptr_array_free(ts->all, TRUE);
	g_free(ts->prefix);
	g_free(ts);
}

static void remember(struct am_imap_targets *ts, const struct am_folder *folder,
                     struct am_imap_target *t)
{
	if (!g_hash_table_contains(ts->by_folder, folder))
		g_hash_table_insert(ts->by_folder,
		                    (gpointer)am_folder_ref(folder), t);
}

static bool is_inbox(const char *name)
{
	return !g_ascii_strcasecmp(name, "INBOX");
}

static struct am_imap_target *add_target(struct am_imap_targets *ts,
                                         const struct am_folder *folder,
                                         char *name)
{
	struct am_imap_target *t = g_new0(struct am_imap_target, 1);

	t->folder = am_folder_ref(folder);
	t->name = name;
	t->present = am_imap_present_new();
	t->alike = am_imap_alike_new();
	t->others = am_imap_other_ids_new();
	t->acked = g_array_new(FALSE, FALSE, sizeof(struct am_imap_marks));
	t->spoken = g_array_new(FALSE, FALSE, sizeof(struct am_imap_marks));
	t->there = is_inbox(name);
	t->subscribe = !t->there;
	g_ptr_array_add(ts->all, t);
	g_hash_table_replace(ts->by_name,
	                     t->there ? (gpointer) "INBOX" : t->name, t);
	remember(ts, folder, t);
	return t;
}

/* ---- what is there ---- */

static int list(struct am_imap_targets *ts, struct am_imap_session *s,
                struct am_error *err)
{
	GPtrArray *boxes = NULL;
	int r = AM_OK;

	if (ts->listed)
		return AM_OK;
	ts->utf8 = am_imap_session_utf8(s);
	g_free(ts->prefix);
	ts->prefix = NULL;
	r = am_imap_mailboxes_prefix(s, &ts->prefix, &ts->separator, err);
	if (!ts->prefix)
		ts->prefix = g_strdup("");
	if (r)
		return r;
	r = am_imap_mailboxes_list(s, true, &boxes, err);
	if (r)
		return r;
	for (guint i = 0; i < boxes->len; i++) {
		const struct am_imap_box *box = g_ptr_array_index(boxes, i);
		if (!ts->separator && box->separator)
			ts->separator = box->separator;
		ts->roles |= UINT32_C(1) << box->folder->role;
		if (!box->selectable)
			continue;
		struct am_imap_target *t =
			add_target(ts, box->folder, g_strdup(box->name));
		t->there = true;
		t->told = box->told;
		t->unsubscribed = !box->subscribed;
		t->box = (struct am_box){.name = t->name,
		                         .uidvalidity = box->uidvalidity,
		                         .uidnext = box->uidnext,
		                         .messages = box->messages};
	}
	g_ptr_array_unref(boxes);
	ts->listed = true;
	return AM_OK;
}

static int name_of(struct am_imap_targets *ts, const struct am_folder *folder,
                   enum am_imap_plain plain, char **out, bool *changed,
                   struct am_error *err)
{
	const struct am_imap_naming how = {
		.separator = ts->separator,
		.prefix = ts->prefix,
		.utf8 = ts->utf8,
		.plain = plain,
	};

	*changed = false;
	*out = am_imap_target_name(&how, folder, changed, err);
	return *out ? AM_OK : AM_FAILED;
}

static void tell_name(struct am_imap_targets *ts,
                      const struct am_folder *folder, const char *name)
{
	char *shown = am_folder_print(folder);

	am_ctx_note(ts->account->ctx, AM_NOTE_LOSS, "imap.folder-renamed",
	            folder, NULL,
	            "the server cannot name a folder \"%s\": it is \"%s\" "
	            "there",
	            shown, name);
	g_free(shown);
}

static void tell_untold(struct am_imap_targets *ts, struct am_imap_target *t)
{
	if (t->untold)
		tell_name(ts, t->folder, t->name);
	t->untold = false;
}

static int find_or_add(struct am_imap_targets *ts,
                       const struct am_folder *folder,
                       struct am_imap_target **out, struct am_error *err)
{
	bool changed;
	char *name;

	*out = g_hash_table_lookup(ts->by_folder, folder);
	if (*out)
		return AM_OK;
	int r = name_of(ts, folder, AM_IMAP_NAME_ANY, &name, &changed, err);
	if (r)
		return r;
	if (changed)
		tell_name(ts, folder, name);
	/* A folder whose name came out as another's: they are one there. */
	*out = g_hash_table_lookup(ts->by_name, name);
	if (*out) {
		remember(ts, folder, *out);
		g_free(name);
		return AM_OK;
	}
	*out = add_target(ts, folder, name);
	return AM_OK;
}

int am_imap_targets_list(struct am_imap_targets *ts, struct am_error *err)
{
	struct am_imap_session *s;

	while (!ts->listed) {
		int r = am_imap_link_session(ts->link, &s, err);
		if (r)
			return r;
		r = am_imap_link_judge(ts->link, list(ts, s, err), NULL, err);
		if (r && r != AM_RETRY)
			return r == AM_FAILED ? AM_FATAL : r;
	}
	return AM_OK;
}

/* What somebody has renamed there since mail was put into it. */
static struct am_imap_target *renamed(const struct am_imap_targets *ts,
                                      const struct am_folder *folder)
{
	if (!ts->renamed)
		return NULL;
	char *path = am_folder_print(folder);
	struct am_imap_target *t = g_hash_table_lookup(ts->renamed, path);
	g_free(path);
	return t;
}

int am_imap_targets_get(struct am_imap_targets *ts,
                        const struct am_folder *folder,
                        struct am_imap_target **out, struct am_error *err)
{
	const struct am_folder *there = NULL;
	int r = am_imap_targets_list(ts, err);

	if (r)
		return r;
	*out = renamed(ts, folder);
	if (*out)
		return AM_OK;
	r = am_imap_target_place(ts->account->parts, folder, &there, err);
	if (!r)
		r = find_or_add(ts, there, out, err);
	am_folder_unref(&there);
	return r;
}

/* ---- making ---- */

static const char *use_of(enum am_role role)
{
	static const char *const uses[] = {
		[AM_ROLE_SENT] = "\\Sent",       [AM_ROLE_DRAFTS] = "\\Drafts",
		[AM_ROLE_TRASH] = "\\Trash",     [AM_ROLE_JUNK] = "\\Junk",
		[AM_ROLE_ARCHIVE] = "\\Archive",
	};

	return (size_t)role < AM_COUNT(uses) ? uses[role] : NULL;
}

static int put_name(struct am_imap_session *s, const char *verb,
                    const char *name, struct am_error *err)
{
	struct am_imap_out *out = am_imap_session_out(s);

	am_imap_out_clear(out);
	am_imap_put(out, "%s ", verb);
	return am_imap_put_string(out, name, strlen(name), err);
}

/* A refusal that passes is waited out: the same again, but not for ever. */
int am_imap_targets_judge(struct am_imap_targets *ts, int status,
                          const struct am_imap_reply *reply,
                          struct am_error *err)
{
	bool busy = status == AM_FAILED && reply &&
	            (reply->trouble == AM_IMAP_UNAVAILABLE ||
	             reply->trouble == AM_IMAP_IN_USE);
	int r = am_imap_link_judge(ts->link, status, reply, err);

	if (r == AM_OK)
		ts->busy = 0;
	if (r != AM_FAILED || !busy || ts->busy >= BUSY_TRIES)
		return r;
	if (am_imap_account_sleep(ts->account, 200u << ts->busy++, err))
		return AM_FATAL;
	return AM_RETRY;
}

/* Servers without response codes say "exists" in words of their own. */
static int is_there(struct am_imap_session *s, const struct am_imap_target *t)
{
	struct am_imap_command cmd = {0};
	struct am_error ignored;

	int r = put_name(s, "STATUS", t->name, &ignored);
	if (r)
		return r;
	am_imap_put(am_imap_session_out(s), " (UIDNEXT)");
	return am_imap_session_run(s, &cmd, "STATUS", &ignored);
}

/* The next name without characters that servers refuse.  false: there is none.
 */
static bool rename_plain(struct am_imap_targets *ts, struct am_imap_target *t)
{
	struct am_error ignored;
	char *name = NULL;
	bool changed;

	do {
		g_free(name);
		if (t->plain == AM_IMAP_NAME_DOTLESS ||
		    name_of(ts, t->folder, ++t->plain, &name, &changed,
		            &ignored))
			return false;
	} while (!strcmp(name, t->name));
	if (g_hash_table_lookup(ts->by_name, t->name) == t)
		g_hash_table_remove(ts->by_name, t->name);
	g_free(t->name);
	t->name = name;
	const struct am_imap_target *other =
		g_hash_table_lookup(ts->by_name, name);
	t->there = other && other->there;
	if (!other)
		g_hash_table_insert(ts->by_name, t->name, t);
	t->untold = true;
	return true;
}

/* CREATE, with a use where the server can and no other mailbox has it. */
static int create(struct am_imap_targets *ts, struct am_imap_session *s,
                  struct am_imap_target *t, struct am_imap_reply *reply,
                  struct am_error *err)
{
	struct am_imap_command cmd = {0};
	const char *use = use_of(t->folder->role);
	uint32_t bit = UINT32_C(1) << t->folder->role;
	bool with = use && !(ts->roles & bit) &&
	            am_imap_session_has(s, "CREATE-SPECIAL-USE");

	int r = put_name(s, "CREATE", t->name, err);
	if (!r && with)
		am_imap_put(am_imap_session_out(s), " (USE (%s))", use);
	if (!r)
		r = am_imap_session_run(s, &cmd, "CREATE", err);
	if (r == AM_FAILED && with && cmd.reply.trouble == AM_IMAP_REFUSED &&
	    strcmp(cmd.reply.code, "ALREADYEXISTS") != 0) {
		/* It may not like the use: the folder matters more. */
		cmd = (struct am_imap_command){0};
		r = put_name(s, "CREATE", t->name, err);
		if (!r)
			r = am_imap_session_run(s, &cmd, "CREATE", err);
	} else if (!r && with) {
		ts->roles |= bit;
	}
	*reply = cmd.reply;
	if (r != AM_FAILED || reply->trouble != AM_IMAP_REFUSED)
		return r;
	if (!strcmp(reply->code, "ALREADYEXISTS"))
		return AM_OK;
	int there = is_there(s, t);
	if (there != AM_FAILED)
		return there;
	return rename_plain(ts, t) ? AM_RETRY : r;
}

/* Mail in a folder nobody subscribed to is still there: no failure. */
static int subscribe(struct am_imap_session *s, const struct am_imap_target *t,
                     struct am_error *err)
{
	struct am_imap_command cmd = {0};

	int r = put_name(s, "SUBSCRIBE", t->name, err);
	if (!r)
		r = am_imap_session_run(s, &cmd, "SUBSCRIBE", err);
	return r == AM_FAILED ? AM_OK : r;
}

void am_imap_target_follow(struct am_imap_target *t,
                           const struct am_folder *folder)
{
	/* What is there is as somebody wants it, unless the source has it
	 * subscribed. */
	t->subscribe = t->there ? folder->subscribed : !folder->unsubscribed;
}

int am_imap_target_create(struct am_imap_targets *ts, struct am_imap_target *t,
                          struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;

	if (t->there)
		tell_untold(ts, t);
	if (t->there && !(t->unsubscribed && t->subscribe))
		return AM_OK;
	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	enum am_imap_plain plain = t->plain;
	if (!t->there)
		r = create(ts, s, t, &cmd.reply, err);
	/* The same again under another name. */
	if (r == AM_RETRY && t->plain != plain)
		return r;
	if (r)
		return am_imap_targets_judge(ts, r, &cmd.reply, err);
	if (t->subscribe)
		r = subscribe(s, t, err);
	if (r)
		return am_imap_targets_judge(ts, r, NULL, err);
	t->unsubscribed = false;
	if (t->there)
		return AM_OK;
	tell_untold(ts, t);
	t->there = true;
	t->ready = false;
	ts->busy = 0;
	return AM_OK;
}
