/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LIST with its extensions (RFC 5258, 5819, 6154, 8440) and LSUB.
 *
 * A mailbox whose parent is not there still has one for the client: names that
 * are only on the way are \NonExistent.
 */
#include "serve/commands.h"

#include "serve/pattern.h"

#include <string.h>

enum { PATTERNS_MOST = 50, PATTERN_MOST = 2000 };

struct name {
	char *name;
	struct am_vault *vault;
	const struct am_mailbox *box; /* NULL: only on the way */
	bool children;
	bool met, met_below; /* what was selected: it is, or one below it is */
};

struct listing {
	struct am_session *s;
	GPtrArray *boxes; /* struct am_mailboxes, kept */
	GHashTable *by_name;
	GPtrArray *names; /* struct name, in order */
	GPtrArray *patterns;
	bool only_subscribed, recursive, only_special;
	bool tell_subscribed, tell_rights, lsub;
	const struct am_imap_value *status; /* a list */
};

/* ---- all names ---- */

static void free_name(void *data)
{
	struct name *name = data;

	g_free(name->name);
	g_free(name);
}

static struct name *get_name(struct listing *l, const char *text)
{
	struct name *name = g_hash_table_lookup(l->by_name, text);

	if (!name) {
		name = g_new0(struct name, 1);
		name->name = g_strdup(text);
		g_hash_table_insert(l->by_name, name->name, name);
		g_ptr_array_add(l->names, name);
	}
	return name;
}

/* The one above, whose name `way` becomes; NULL at the top. */
static struct name *parent_of(struct listing *l, char *way)
{
	char *slash = strrchr(way, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return get_name(l, way);
}

static void add_box(struct listing *l, struct am_vault *v,
                    const struct am_mailbox *box)
{
	struct name *name = get_name(l, box->name), *parent;
	char *way = g_strdup(box->name);

	name->box = box;
	name->vault = v;
	while ((parent = parent_of(l, way)))
		parent->children = true;
	g_free(way);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	const struct name *const *x = a, *const *y = b;
	bool x_inbox = !strcmp((*x)->name, "INBOX");
	bool y_inbox = !strcmp((*y)->name, "INBOX");

	if (x_inbox != y_inbox)
		return x_inbox ? -1 : 1;
	return strcmp((*x)->name, (*y)->name);
}

static void unref_boxes(void *data)
{
	struct am_mailboxes *boxes = data;

	am_boxes_unref(&boxes);
}

static void begin(struct listing *l, struct am_session *s)
{
	*l = (struct listing){.s = s};
	l->boxes = g_ptr_array_new_with_free_func(unref_boxes);
	l->names = g_ptr_array_new_with_free_func(free_name);
	l->patterns = g_ptr_array_new_with_free_func(g_free);
	l->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < s->house->n_vaults; i++) {
		struct am_mailboxes *boxes =
			am_vault_boxes(s->house->vaults[i]);
		g_ptr_array_add(l->boxes, boxes);
		for (size_t b = 0; b < boxes->n; b++)
			add_box(l, s->house->vaults[i], &boxes->boxes[b]);
	}
	g_ptr_array_sort(l->names, by_text);
}

static void end(struct listing *l)
{
	g_hash_table_destroy(l->by_name);
	g_ptr_array_free(l->names, TRUE);
	g_ptr_array_free(l->patterns, TRUE);
	g_ptr_array_free(l->boxes, TRUE);
}

/* ---- arguments ---- */

static bool add_pattern(struct listing *l, const char *reference,
                        const struct am_imap_value *v)
{
	/* "NIL" is a name here. */
	char *name = am_arg_name(l->s, v);

	if (!name)
		return false;
	char *whole = g_strconcat(reference, name, NULL);
	g_free(name);
	if (strlen(whole) > PATTERN_MOST || l->patterns->len >= PATTERNS_MOST) {
		g_free(whole);
		am_no(l->s, "[LIMIT] too long a pattern, or too many");
		return false;
	}
	if (!g_ascii_strncasecmp(whole, "INBOX", 5) &&
	    (!whole[5] || whole[5] == '/'))
		memcpy(whole, "INBOX", 5);
	g_ptr_array_add(l->patterns, whole);
	return true;
}

static bool read_selection(struct listing *l, const struct am_imap_value *v)
{
	for (size_t i = 0; i < v->n_items; i++) {
		if (am_imap_is(&v->items[i], "SUBSCRIBED"))
			l->only_subscribed = l->tell_subscribed = true;
		else if (am_imap_is(&v->items[i], "RECURSIVEMATCH"))
			l->recursive = true;
		else if (am_imap_is(&v->items[i], "SPECIAL-USE"))
			l->only_special = true;
		else if (!am_imap_is(&v->items[i], "REMOTE"))
			return false;
	}
	return !l->recursive || l->only_subscribed || l->only_special;
}

static bool read_return(struct listing *l, const struct am_imap_value *v)
{
	for (size_t i = 0; i < v->n_items; i++) {
		const struct am_imap_value *item = &v->items[i];
		if (am_imap_is(item, "SUBSCRIBED")) {
			l->tell_subscribed = true;
		} else if (am_imap_is(item, "STATUS") && i + 1 < v->n_items &&
		           item[1].type == AM_IMAP_LIST &&
		           am_status_items_ok(item[1].items, item[1].n_items)) {
			l->status = &item[1];
			i++;
		} else if (am_imap_is(item, "MYRIGHTS")) {
			l->tell_rights = true;
		} else if (!am_imap_is(item, "CHILDREN") &&
		           !am_imap_is(item, "SPECIAL-USE")) {
			return false;
		}
	}
	return true;
}

static bool read_args(struct listing *l, am_args args, size_t n)
{
	size_t at = 0;

	if (n && args[0].type == AM_IMAP_LIST)
		if (!read_selection(l, &args[at++]))
			goto bad;
	if (n < at + 2)
		goto bad;
	char *reference = am_arg_name(l->s, &args[at++]);
	if (!reference)
		return false;
	bool good = true;
	if (args[at].type == AM_IMAP_LIST) {
		good = args[at].n_items > 0;
		if (!good)
			am_bad(l->s, "a pattern was expected");
		for (size_t i = 0; i < args[at].n_items && good; i++)
			good = add_pattern(l, reference, &args[at].items[i]);
	} else {
		good = add_pattern(l, reference, &args[at]);
	}
	g_free(reference);
	at++;
	if (!good)
		return false;
	if (at < n) {
		if (n != at + 2 || !am_imap_is(&args[at], "RETURN") ||
		    args[at + 1].type != AM_IMAP_LIST ||
		    !read_return(l, &args[at + 1]))
			goto bad;
	}
	return true;
bad:
	am_bad(l->s, "LIST takes a reference and a pattern");
	return false;
}

/* ---- answers ---- */

static const char *use_of(const struct name *name)
{
	if (name->box && name->box->use)
		return name->box->use;
	switch (name->box ? name->box->role : AM_ROLE_NONE) {
	case AM_ROLE_SENT:
		return "\\Sent";
	case AM_ROLE_DRAFTS:
		return "\\Drafts";
	case AM_ROLE_TRASH:
		return "\\Trash";
	case AM_ROLE_JUNK:
		return "\\Junk";
	case AM_ROLE_ARCHIVE:
		return "\\Archive";
	default:
		return NULL;
	}
}

static void tell(struct listing *l, const struct name *name, bool child_info)
{
	struct am_session *s = l->s;
	const char *use = use_of(name);
	GString *out = s->out;

	am_say(s, "* %s (%s", l->lsub ? "LSUB" : "LIST",
	       name->children ? "\\HasChildren" : "\\HasNoChildren");
	if (!name->box)
		g_string_append(out, " \\NonExistent \\Noselect");
	else if (l->lsub && !name->box->subscribed)
		g_string_append(out, " \\Noselect");
	if (l->tell_subscribed && name->box && name->box->subscribed)
		g_string_append(out, " \\Subscribed");
	if (use)
		am_say(s, " %s", use);
	g_string_append(out, ") \"/\" ");
	am_put_name(s, out, name->name);
	if (child_info)
		am_say(s, " (\"CHILDINFO\" (%s%s%s))",
		       l->only_subscribed ? "\"SUBSCRIBED\"" : "",
		       l->only_subscribed && l->only_special ? " " : "",
		       l->only_special ? "\"SPECIAL-USE\"" : "");
	g_string_append(out, "\r\n");
	if (l->tell_rights && name->box)
		am_rights_line(s, name->vault, name->box);
	if (l->status && name->box)
		(void)am_status_line(s, name->vault, name->box,
		                     l->status->items, l->status->n_items);
	am_say_turn(s);
}

static bool matches(const struct listing *l, const char *name)
{
	for (guint i = 0; i < l->patterns->len; i++)
		if (am_pattern_matches(g_ptr_array_index(l->patterns, i), name))
			return true;
	return false;
}

static bool is_met(const struct listing *l, const struct name *name)
{
	return (!l->only_subscribed || (name->box && name->box->subscribed)) &&
	       (!l->only_special || use_of(name));
}

static void meet_all(struct listing *l)
{
	for (guint i = 0; i < l->names->len; i++) {
		struct name *name = g_ptr_array_index(l->names, i), *parent;
		name->met = is_met(l, name);
		if (!name->met)
			continue;
		char *way = g_strdup(name->name);
		while ((parent = parent_of(l, way)))
			parent->met_below = true;
		g_free(way);
	}
}

static void tell_all(struct listing *l)
{
	meet_all(l);
	for (guint i = 0; i < l->names->len; i++) {
		const struct name *name = g_ptr_array_index(l->names, i);
		bool below = (l->recursive || l->lsub) && name->met_below &&
		             !name->met;
		if ((!name->met && !below) || !matches(l, name->name))
			continue;
		/* LSUB tells of a parent only where '%' ends. */
		if (l->lsub && below) {
			const char *p = g_ptr_array_index(l->patterns, 0);
			if (!g_str_has_suffix(p, "%"))
				continue;
		}
		tell(l, name, l->recursive && name->met_below);
	}
}

static void run(struct am_session *s, am_args args, size_t n, bool lsub)
{
	struct listing l;

	begin(&l, s);
	if (read_args(&l, args, n)) {
		l.lsub = lsub;
		l.only_subscribed |= lsub;
		const char *pattern = n == 2 ? am_imap_text(&args[1]) : NULL;
		if (pattern && !*pattern && !lsub)
			am_say(s, "* LIST (\\Noselect) \"/\" \"\"\r\n");
		else
			tell_all(&l);
		if (!s->answer->len)
			am_ok(s, "that is all");
	}
	end(&l);
}

AM_COMMAND(list)
{
	(void)uid;
	run(s, args, n, false);
}

AM_COMMAND(lsub)
{
	(void)uid;
	if (n != 2 || args[0].type == AM_IMAP_LIST ||
	    args[1].type == AM_IMAP_LIST)
		am_bad(s, "LSUB takes a reference and a pattern");
	else
		run(s, args, n, true);
}
