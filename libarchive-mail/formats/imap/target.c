/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder to mailbox: names (RFC 3501 §5.1, RFC 2342), CREATE with a use (RFC
 * 6154), SUBSCRIBE, and what SELECT says a mailbox can hold.
 */
#include "formats/imap/target.h"

#include "formats/imap/mailboxes.h"
#include "formats/imap/target_name.h"

#include <string.h>

enum { BUSY_TRIES = 4 };

/* How long nothing has to come, and how often that is waited for. */
enum { CALM_MS = 700, CALM_MOST = 60 };

struct am_imap_targets {
	struct am_imap_account *account;
	struct am_imap_link *link;
	GPtrArray *all;        /* struct am_imap_target */
	GHashTable *by_name;   /* wire name -> target */
	GHashTable *by_folder; /* several may be one mailbox */
	unsigned busy;         /* refusals in a row that were to pass */
	bool listed, utf8;
	char separator;
	char *prefix;   /* of the personal namespace, wire form, or "" */
	uint32_t roles; /* bits of roles that some mailbox has */
};

static void target_free(void *data)
{
	struct am_imap_target *t = data;

	am_folder_unref(&t->folder);
	am_imap_present_free(&t->present);
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
	t->acked = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	t->spoken = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	t->there = is_inbox(name);
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
	r = am_imap_mailboxes_list(s, false, &boxes, err);
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
	}
	g_ptr_array_unref(boxes);
	ts->listed = true;
	return AM_OK;
}

static int name_of(struct am_imap_targets *ts, const struct am_folder *folder,
                   bool plain, char **out, struct am_error *err)
{
	const struct am_imap_naming how = {
		.separator = ts->separator,
		.prefix = ts->prefix,
		.utf8 = ts->utf8,
		.plain = plain,
	};
	bool changed = false;

	*out = am_imap_target_name(&how, folder, &changed, err);
	if (!*out)
		return AM_FAILED;
	if (!changed)
		return AM_OK;
	char *shown = am_folder_print(folder);
	am_ctx_note(ts->account->ctx, AM_NOTE_LOSS, "imap.folder-renamed",
	            folder, NULL,
	            "the server cannot name a folder \"%s\": it is \"%s\" "
	            "there",
	            shown, *out);
	g_free(shown);
	return AM_OK;
}

static int find_or_add(struct am_imap_targets *ts,
                       const struct am_folder *folder,
                       struct am_imap_target **out, struct am_error *err)
{
	char *name;

	*out = g_hash_table_lookup(ts->by_folder, folder);
	if (*out)
		return AM_OK;
	int r = name_of(ts, folder, false, &name, err);
	if (r)
		return r;
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

int am_imap_targets_get(struct am_imap_targets *ts,
                        const struct am_folder *folder,
                        struct am_imap_target **out, struct am_error *err)
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
	const struct am_folder *there = NULL;
	int r = am_imap_target_place(ts->account->parts, folder, &there, err);
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
static int judge(struct am_imap_targets *ts, int status,
                 const struct am_imap_reply *reply, struct am_error *err)
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

/* A name without the characters that servers mostly refuse.  false: it has
 * none of them. */
static bool rename_plain(struct am_imap_targets *ts, struct am_imap_target *t)
{
	struct am_error ignored;
	char *name;

	if (t->plain)
		return false;
	t->plain = true;
	if (name_of(ts, t->folder, true, &name, &ignored))
		return false;
	if (!strcmp(name, t->name)) {
		g_free(name);
		return false;
	}
	if (g_hash_table_lookup(ts->by_name, t->name) == t)
		g_hash_table_remove(ts->by_name, t->name);
	g_free(t->name);
	t->name = name;
	const struct am_imap_target *other =
		g_hash_table_lookup(ts->by_name, name);
	t->there = other && other->there;
	if (!other)
		g_hash_table_insert(ts->by_name, t->name, t);
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

int am_imap_target_create(struct am_imap_targets *ts, struct am_imap_target *t,
                          struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;

	if (t->there)
		return AM_OK;
	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	bool plain = t->plain;
	r = create(ts, s, t, &cmd.reply, err);
	/* The same again under another name. */
	if (r == AM_RETRY && t->plain != plain)
		return r;
	if (r)
		return judge(ts, r, &cmd.reply, err);
	r = put_name(s, "SUBSCRIBE", t->name, err);
	if (!r)
		r = am_imap_session_run(s, &cmd, "SUBSCRIBE", err);
	/* Mail in a folder nobody subscribed to is still there. */
	if (r && r != AM_FAILED)
		return judge(ts, r, NULL, err);
	t->there = true;
	t->ready = false;
	ts->busy = 0;
	return AM_OK;
}

/* ---- looking ---- */

static bool has_system_flag(const char *permanent)
{
	const char *at = permanent;

	while ((at = strchr(at, '\\')))
		if (*++at != '*')
			return true;
	return false;
}

static void take_permanent(struct am_imap_target *t, const char *flags)
{
	g_free(t->permanent);
	t->permanent = NULL;
	t->any_keyword = !flags;
	if (!flags)
		return;
	char *lower = g_ascii_strdown(flags, -1);
	t->permanent = g_strdup_printf(" %s ", lower);
	t->any_keyword = strstr(t->permanent, " \\* ") != NULL;
	/* "(\\*)" alone: what keeps any keyword keeps the others too. */
	if (t->any_keyword && !has_system_flag(t->permanent))
		g_clear_pointer(&t->permanent, g_free);
	g_free(lower);
}

bool am_imap_target_take(struct am_imap_target *t, uint64_t fingerprint)
{
	if (!am_imap_present_take(t->present, fingerprint))
		return false;
	g_array_append_val(t->spoken, fingerprint);
	return true;
}

bool am_imap_target_is_empty(const struct am_imap_target *t)
{
	return am_imap_present_is_empty(t->present);
}

static void take_all(struct am_imap_target *t, const GArray *fingerprints)
{
	for (guint i = 0; i < fingerprints->len; i++)
		(void)am_imap_present_take(
			t->present, g_array_index(fingerprints, uint64_t, i));
}

static int read_all(struct am_imap_target *t, struct am_imap_session *s,
                    struct am_error *err)
{
	const struct am_imap_mailbox *box = am_imap_session_mailbox(s);
	uint32_t uidvalidity = box->uidvalidity, next;
	bool anew = t->uidvalidity && uidvalidity != t->uidvalidity;

	take_permanent(t, box->permanent_flags);
	if (anew) {
		/* Numbered anew under our hands: look at everything. */
		am_imap_present_free(&t->present);
		t->present = am_imap_present_new();
		t->seen = 0;
	}
	int r = am_imap_present_read(t->present, s, t->seen, &next, err);
	if (r)
		return r;
	if (anew)
		take_all(t, t->spoken);
	take_all(t, t->acked);
	g_array_append_vals(t->spoken, t->acked->data, t->acked->len);
	g_array_set_size(t->acked, 0);
	t->uidvalidity = uidvalidity;
	t->seen = next;
	t->held = box->exists;
	t->looks++;
	t->ready = true;
	return AM_OK;
}

int am_imap_target_look(struct am_imap_targets *ts, struct am_imap_target *t,
                        struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;
	bool sent;

	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	r = am_imap_session_select_send(s, &cmd, t->name, true, &sent, err);
	if (!r && sent)
		r = am_imap_session_wait(s, &cmd, "opening the folder", err);
	if (!r) {
		r = read_all(t, s, err);
		cmd.reply.trouble = r == AM_FAILED && err->kind == AM_E_BUSY
		                            ? AM_IMAP_UNAVAILABLE
		                            : AM_IMAP_REFUSED;
	}
	return judge(ts, r, &cmd.reply, err);
}

/* Whether mail came into the mailbox within so long. */
static int grows(struct am_imap_targets *ts, bool *out, struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;

	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	uint64_t before = am_imap_session_mailbox(s)->exists;
	r = am_imap_account_sleep(ts->account, CALM_MS, err);
	if (r)
		return r;
	am_imap_put(am_imap_session_out(s), "NOOP");
	r = am_imap_session_run(s, &cmd, "NOOP", err);
	*out = am_imap_session_mailbox(s)->exists != before;
	/* A server that does not do even this is as calm as it gets. */
	return r == AM_FAILED ? AM_OK : judge(ts, r, &cmd.reply, err);
}

int am_imap_target_calm(struct am_imap_targets *ts, struct am_imap_target *t,
                        struct am_error *err)
{
	bool grew = true;
	int r = AM_OK;

	for (unsigned i = 0; grew && i < CALM_MOST; i++) {
		do {
			r = am_imap_target_look(ts, t, err);
		} while (r == AM_RETRY);
		if (r || t->seen <= 1)
			return r;
		do {
			r = grows(ts, &grew, err);
		} while (r == AM_RETRY);
		if (r)
			return r;
	}
	return r;
}

/* ---- flags ---- */

static bool holds(const struct am_imap_target *t, const char *word)
{
	if (!t->permanent)
		return true;
	char *lower = g_ascii_strdown(word, -1);
	char *wanted = g_strdup_printf(" %s ", lower);
	bool has = strstr(t->permanent, wanted) ||
	           (t->any_keyword && *word != '\\');
	g_free(wanted);
	g_free(lower);
	return has;
}

static void add_word(const struct am_imap_target *t, GString *to,
                     const char *word, unsigned *lost)
{
	if (!holds(t, word) || (*word != '\\' && !am_imap_keyword_ok(word))) {
		++*lost;
		return;
	}
	if (to->len > 1)
		g_string_append_c(to, ' ');
	g_string_append(to, word);
}

char *am_imap_target_flags(const struct am_imap_target *t,
                           const struct am_message *msg, bool labels, bool bare,
                           unsigned *lost)
{
	GString *to = g_string_new("(");

	*lost = 0;
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++) {
		uint32_t bit = UINT32_C(1) << i;
		const char *word = am_imap_flag_word(bit);
		if (!(msg->flags & bit) || !word)
			continue;
		if (bare && (bit == AM_DELETED || *word != '\\'))
			++*lost;
		else
			add_word(t, to, word, lost);
	}
	if (bare)
		*lost += (unsigned)(msg->n_keywords +
		                    (labels ? msg->n_labels : 0));
	for (size_t i = 0; !bare && i < msg->n_keywords; i++)
		add_word(t, to, msg->keywords[i], lost);
	for (size_t i = 0; !bare && labels && i < msg->n_labels; i++)
		add_word(t, to, msg->labels[i], lost);
	g_string_append_c(to, ')');
	return g_string_free(to, FALSE);
}
