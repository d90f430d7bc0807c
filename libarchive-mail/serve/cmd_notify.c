/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NOTIFY (RFC 5465).
 *
 * What is told is the difference between the lists of mailboxes as they were
 * when last told and as they are now.  Of the mailbox that is open, it is what
 * view.c tells anyway, only without waiting for a command.
 */
#include "serve/commands.h"

#include "serve/fetch_items.h"
#include "serve/notify.h"

#include <string.h>

enum { GROUPS_MOST = 50, NAMES_MOST = 500 };

enum event {
	NEW = 1,
	EXPUNGE = 2,
	FLAGS = 4,
	NAME = 8,
	SUBSCRIPTION = 16,
	MESSAGES = NEW | EXPUNGE | FLAGS
};
static const struct {
	const char *word;
	enum event event; /* 0: known, but not here */
} events[] = {
	{"MessageNew", NEW},
	{"MessageExpunge", EXPUNGE},
	{"FlagChange", FLAGS},
	{"MailboxName", NAME},
	{"SubscriptionChange", SUBSCRIPTION},
	{"AnnotationChange", 0},
	{"MailboxMetadataChange", 0},
	{"ServerMetadataChange", 0},
};

enum which {
	SELECTED,
	DELAYED,
	INBOXES,
	PERSONAL,
	SUBSCRIBED,
	SUBTREE,
	MAILBOXES,
	N_WHICH
};
static const char *const which_words[N_WHICH] = {
	"SELECTED",   "SELECTED-DELAYED", "INBOXES",  "PERSONAL",
	"SUBSCRIBED", "SUBTREE",          "MAILBOXES"};

struct group {
	enum which which;
	unsigned events;
	char **names; /* of SUBTREE and MAILBOXES */
};

struct am_notify {
	GArray *groups;        /* struct group: the first that fits counts */
	struct am_fetch fetch; /* of new messages; no items: nothing */
	size_t n_vaults;
	struct am_mailboxes **told; /* as they were */
	struct am_watch *watches;
	bool status; /* tell how all are at first */
};

/* ---- what is asked for ---- */

static void clear_group(void *data)
{
	g_strfreev(((struct group *)data)->names);
}

static struct am_notify *new_notify(void)
{
	struct am_notify *n = g_new0(struct am_notify, 1);

	n->groups = g_array_new(FALSE, FALSE, sizeof(struct group));
	g_array_set_clear_func(n->groups, clear_group);
	return n;
}

static void free_notify(struct am_notify *n)
{
	g_array_free(n->groups, TRUE);
	if (n->fetch.items)
		am_fetch_clear(&n->fetch);
	g_free(n);
}

static bool is_selected(enum which which)
{
	return which == SELECTED || which == DELAYED;
}

/* (MessageNew (FLAGS) MessageExpunge) or NONE; false: it was said why not. */
static bool read_events(struct am_session *s, struct am_notify *n,
                        struct group *g, const struct am_imap_value *v)
{
	if (am_imap_is(v, "NONE"))
		return true;
	if (v->type != AM_IMAP_LIST || !v->n_items)
		goto bad;
	for (size_t i = 0; i < v->n_items; i++) {
		size_t k = 0;
		while (k < AM_COUNT(events) &&
		       !am_imap_is(&v->items[i], events[k].word))
			k++;
		if (k == AM_COUNT(events) || !events[k].event) {
			am_no(s, "[BADEVENT (MessageNew MessageExpunge "
			         "FlagChange MailboxName SubscriptionChange)] "
			         "nothing else is told");
			return false;
		}
		g->events |= events[k].event;
		if (events[k].event != NEW || i + 1 == v->n_items ||
		    v->items[i + 1].type != AM_IMAP_LIST)
			continue;
		if (!is_selected(g->which) || n->fetch.items)
			goto bad;
		if (!am_fetch_parse(&n->fetch, s, &v->items[++i], 1, true)) {
			n->fetch.items = NULL;
			return false;
		}
	}
	/* §5: these three only together, and of the open one nothing else. */
	if (!(g->events & NEW) != !(g->events & EXPUNGE) ||
	    ((g->events & FLAGS) && !(g->events & NEW)) ||
	    (is_selected(g->which) && (g->events & ~(unsigned)MESSAGES)))
		goto bad;
	return true;
bad:
	am_bad(s, "those events do not go together");
	return false;
}

static const struct group *selected_group(const struct am_notify *n)
{
	for (guint i = 0; i < n->groups->len; i++) {
		const struct group *g =
			&g_array_index(n->groups, struct group, i);
		if (is_selected(g->which))
			return g;
	}
	return NULL;
}

static char **read_names(struct am_session *s, const struct am_imap_value *v)
{
	const struct am_imap_value *items = v;
	size_t n = 1;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	if (v->type == AM_IMAP_LIST) {
		items = v->items;
		n = v->n_items;
	}
	for (size_t i = 0; i < n && i < NAMES_MOST; i++) {
		char *name = am_arg_name(s, &items[i]);
		if (!name) {
			g_ptr_array_free(names, TRUE);
			return NULL;
		}
		g_ptr_array_add(names, name);
	}
	g_ptr_array_set_free_func(names, NULL);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static bool read_group(struct am_session *s, struct am_notify *n,
                       const struct am_imap_value *v)
{
	struct group g = {.which = 0};
	size_t at = 1;

	if (v->type != AM_IMAP_LIST || v->n_items < 2)
		goto bad;
	while (g.which < N_WHICH &&
	       !am_imap_is(&v->items[0], which_words[g.which]))
		g.which++;
	if (g.which == N_WHICH)
		goto bad;
	/* The open one is told of in one way. */
	if (is_selected(g.which) && selected_group(n))
		goto bad;
	if (g.which >= SUBTREE) {
		g.names = read_names(s, &v->items[at++]);
		if (!g.names)
			return false;
	}
	bool good = at + 1 == v->n_items;
	if (good && !read_events(s, n, &g, &v->items[at])) {
		g_strfreev(g.names);
		return false;
	}
	if (!good) {
		g_strfreev(g.names);
		goto bad;
	}
	g_array_append_val(n->groups, g);
	return true;
bad:
	am_bad(s, "which mailboxes and what of them was expected");
	return false;
}

/* ---- what is told ---- */

static bool is_below(const char *name, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(name, top, len) && (!name[len] || name[len] == '/');
}

static bool names_it(const struct group *g, const struct am_mailbox *box)
{
	for (char **n = g->names; n && *n; n++)
		if (g->which == SUBTREE ? is_below(box->name, *n)
		                        : !strcmp(box->name, *n))
			return true;
	return false;
}

static bool fits(const struct group *g, const struct am_mailbox *box)
{
	switch (g->which) {
	case INBOXES:
		return box->role == AM_ROLE_INBOX;
	case PERSONAL:
		return true;
	case SUBSCRIBED:
		return box->subscribed;
	default:
		return names_it(g, box);
	}
}

static unsigned events_of(const struct am_notify *n,
                          const struct am_mailbox *box)
{
	for (guint i = 0; i < n->groups->len; i++) {
		const struct group *g =
			&g_array_index(n->groups, struct group, i);
		if (!is_selected(g->which) && fits(g, box))
			return g->events;
	}
	return 0;
}

static void tell_status(struct am_session *s, struct am_vault *v,
                        const struct am_mailbox *box)
{
	static const char *const words[] = {"MESSAGES", "UIDNEXT",
	                                    "UIDVALIDITY", "UNSEEN",
	                                    "HIGHESTMODSEQ"};
	struct am_imap_value items[AM_COUNT(words)];

	for (size_t i = 0; i < AM_COUNT(words); i++)
		items[i] = (struct am_imap_value){.type = AM_IMAP_ATOM,
		                                  .text = words[i],
		                                  .len = strlen(words[i])};
	(void)am_status_line(s, v, box, items, AM_COUNT(words) - !s->condstore);
	am_say_turn(s);
}

static void tell_name(struct am_session *s, const struct am_mailbox *box,
                      const char *attributes, const char *old)
{
	am_say(s, "* LIST (%s) \"/\" ", attributes);
	am_put_name(s, s->out, box->name);
	if (old) {
		am_say(s, " (\"OLDNAME\" (");
		am_put_name(s, s->out, old);
		am_say(s, "))");
	}
	am_say(s, "\r\n");
	am_say_turn(s);
}

static bool is_open(const struct am_session *s, const struct am_vault *v,
                    const struct am_mailbox *box)
{
	return s->snap && s->vault == v && s->snap->box == box->id;
}

static void tell_box(struct am_session *s, struct am_vault *v,
                     const struct am_mailbox *old, const struct am_mailbox *now)
{
	unsigned wanted = events_of(s->notify, now);
	bool came_or_went = !old || old->uidnext != now->uidnext ||
	                    old->messages != now->messages;
	bool flags = old && (old->unseen != now->unseen ||
	                     old->changed != now->changed);

	if ((wanted & NAME) && (!old || strcmp(old->name, now->name) != 0))
		tell_name(s, now, now->subscribed ? "\\Subscribed" : "",
		          old ? old->name : NULL);
	else if ((wanted & SUBSCRIPTION) && old &&
	         old->subscribed != now->subscribed)
		tell_name(s, now, now->subscribed ? "\\Subscribed" : "", NULL);
	if (is_open(s, v, now))
		return;
	if ((came_or_went && (wanted & NEW)) || (flags && (wanted & FLAGS)))
		tell_status(s, v, now);
}

static const struct am_mailbox *by_id(const struct am_mailboxes *boxes,
                                      GHashTable **ids, int64_t id)
{
	if (!*ids) {
		*ids = g_hash_table_new(g_int64_hash, g_int64_equal);
		for (size_t i = 0; i < boxes->n; i++)
			g_hash_table_insert(*ids, &boxes->boxes[i].id,
			                    &boxes->boxes[i]);
	}
	return g_hash_table_lookup(*ids, &id);
}

/* Virtual ones show what is told of others. */
static void tell_vault(struct am_session *s, size_t i)
{
	struct am_notify *n = s->notify;
	struct am_vault *v = s->house->vaults[i];
	struct am_mailboxes *now = am_vault_boxes(v), *old = n->told[i];
	GHashTable *old_ids = NULL, *now_ids = NULL;

	for (size_t k = 0; now != old && k < now->n; k++)
		if (now->boxes[k].id > 0)
			tell_box(s, v, by_id(old, &old_ids, now->boxes[k].id),
			         &now->boxes[k]);
	for (size_t k = 0; now != old && k < old->n; k++)
		if (old->boxes[k].id > 0 &&
		    !by_id(now, &now_ids, old->boxes[k].id) &&
		    (events_of(n, &old->boxes[k]) & NAME))
			tell_name(s, &old->boxes[k], "\\NonExistent", NULL);
	if (old_ids)
		g_hash_table_destroy(old_ids);
	if (now_ids)
		g_hash_table_destroy(now_ids);
	am_boxes_unref(&n->told[i]);
	n->told[i] = now;
}

/* What came into the open one, as it was asked for. */
static void tell_new(struct am_session *s, uint32_t from)
{
	if (s->notify->fetch.items && s->snap)
		am_fetch_tell(s, &s->notify->fetch,
		              am_snap_from(s->snap, from));
}

static void tell_open(struct am_session *s)
{
	const struct group *g = selected_group(s->notify);

	if (!s->snap || !g || !g->events)
		return;
	uint32_t uidnext = s->snap->uidnext;
	am_view_sync(s, g->which == DELAYED);
	if (s->snap->uidnext != uidnext)
		tell_new(s, uidnext);
}

void am_notify_sync(struct am_session *s)
{
	struct am_notify *n = s->notify;

	if (!n)
		return;
	tell_open(s);
	for (size_t i = 0; i < n->n_vaults; i++)
		tell_vault(s, i);
}

/* ---- beginning and end ---- */

void am_notify_end(struct am_session *s)
{
	struct am_notify *n = s->notify;

	s->notify = NULL;
	if (!n)
		return;
	for (size_t i = 0; i < n->n_vaults; i++) {
		am_vault_unwatch(s->house->vaults[i], &n->watches[i]);
		am_boxes_unref(&n->told[i]);
	}
	g_free(n->told);
	g_free(n->watches);
	free_notify(n);
}

static void start(struct am_session *s, struct am_notify *n)
{
	n->n_vaults = s->house->n_vaults;
	n->told = g_new0(struct am_mailboxes *, n->n_vaults);
	n->watches = g_new0(struct am_watch, n->n_vaults);
	for (size_t i = 0; i < n->n_vaults; i++) {
		struct am_vault *v = s->house->vaults[i];
		n->watches[i] = s->watch;
		n->watches[i].box = 0;
		am_vault_watch(v, &n->watches[i]);
		n->told[i] = am_vault_boxes(v);
		for (size_t k = 0; n->status && k < n->told[i]->n; k++) {
			const struct am_mailbox *box = &n->told[i]->boxes[k];
			if (box->id > 0 && !is_open(s, v, box) &&
			    (events_of(n, box) & MESSAGES))
				tell_status(s, v, box);
		}
	}
	s->notify = n;
}

AM_COMMAND(notify)
{
	(void)uid;
	if (n == 1 && am_imap_is(&args[0], "NONE")) {
		am_notify_end(s);
		am_ok(s, "silence, then");
		return;
	}
	size_t at = n > 1 && am_imap_is(&args[1], "STATUS") ? 2 : 1;
	if (n <= at || n - at > GROUPS_MOST || !am_imap_is(&args[0], "SET")) {
		am_bad(s, "NOTIFY takes NONE, or SET and what to tell of");
		return;
	}
	struct am_notify *notify = new_notify();
	notify->status = at == 2;
	for (; at < n; at++)
		if (!read_group(s, notify, &args[at])) {
			free_notify(notify);
			return;
		}
	am_notify_end(s);
	start(s, notify);
	am_ok(s, "so be it");
}
