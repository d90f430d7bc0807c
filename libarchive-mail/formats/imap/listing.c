/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LIST, LSUB and STATUS lines taken in (RFC 3501 §7.2.2-4), and what the
 * mailboxes are called for people.
 *
 * Seen in the wild: names unquoted with spaces and tabs in them, raw UTF-8, a
 * separator NIL (seznam.cz), "inbox" in any case, the same name twice, two
 * names that decode alike, STATUS without a list (163.com).
 */
#include "formats/imap/mailboxes.h"

#include <string.h>

enum { BOXES_MOST = 200000 };

void am_imap_box_free(void *box)
{
	struct am_imap_box *b = box;

	if (!b)
		return;
	am_folder_unref(&b->folder);
	g_free(b->name);
	g_free(b);
}

/* The name: all that follows the separator, for want of quotes. */
static char *read_name(const struct am_imap_line *line, size_t at)
{
	GString *name = g_string_new(NULL);

	for (size_t i = at; i < line->n_values; i++) {
		const struct am_imap_value *v = &line->values[i];
		const char *text = am_imap_text(v);
		if (!text || (i > at && v->type != AM_IMAP_ATOM))
			break;
		/* A NUL cannot be sent back, so it cannot be opened. */
		if (memchr(text, 0, v->len)) {
			g_string_truncate(name, 0);
			break;
		}
		g_string_append_printf(name, "%s%s", i > at ? " " : "", text);
	}
	return g_string_free(name, name->len == 0);
}

static struct am_imap_box *find(struct am_imap_listing *l, const char *name)
{
	struct am_imap_box *box = g_hash_table_lookup(l->by_name, name);

	return box || g_ascii_strcasecmp(name, "INBOX") != 0
	               ? box
	               : g_hash_table_lookup(l->by_name, "INBOX");
}

static struct am_imap_box *find_or_add(struct am_imap_listing *l, char *name,
                                       char separator)
{
	struct am_imap_box *box = find(l, name);

	if (box || l->boxes->len >= BOXES_MOST) {
		l->beyond += !box;
		g_free(name);
		return box;
	}
	box = g_new0(struct am_imap_box, 1);
	box->name = name;
	box->separator = separator;
	box->selectable = true;
	g_ptr_array_add(l->boxes, box);
	g_ptr_array_add(l->roles, (gpointer)AM_ROLE_NONE);
	g_hash_table_insert(
		l->by_name,
		g_ascii_strcasecmp(name, "INBOX") ? name : (gpointer) "INBOX",
		box);
	return box;
}

static void set_role(struct am_imap_listing *l, const struct am_imap_box *box,
                     enum am_role role)
{
	for (guint i = l->boxes->len; i-- > 0;) {
		if (l->boxes->pdata[i] != box)
			continue;
		l->roles->pdata[i] = GINT_TO_POINTER((int)role);
		l->any_role = true;
		return;
	}
}

static void read_attribute(struct am_imap_listing *l, struct am_imap_box *box,
                           const struct am_imap_value *v)
{
	static const struct {
		const char *word;
		enum am_role role;
	} roles[] = {
		{"\\Sent", AM_ROLE_SENT},   {"\\Drafts", AM_ROLE_DRAFTS},
		{"\\Trash", AM_ROLE_TRASH}, {"\\Junk", AM_ROLE_JUNK},
		{"\\Spam", AM_ROLE_JUNK},   {"\\Archive", AM_ROLE_ARCHIVE},
		{"\\All", AM_ROLE_ARCHIVE}, {"\\AllMail", AM_ROLE_ARCHIVE},
		{"\\Inbox", AM_ROLE_INBOX},
	};

	if (am_imap_is(v, "\\Noselect") || am_imap_is(v, "\\NonExistent"))
		box->selectable = false;
	if (am_imap_is(v, "\\Subscribed"))
		box->subscribed = l->any_subscribed = true;
	box->all |= am_imap_is(v, "\\All") || am_imap_is(v, "\\AllMail");
	box->trash |= am_imap_is(v, "\\Trash");
	box->junk |= am_imap_is(v, "\\Junk") || am_imap_is(v, "\\Spam");
	for (size_t i = 0; i < AM_COUNT(roles); i++)
		if (am_imap_is(v, roles[i].word))
			set_role(l, box, roles[i].role);
}

/* {"LIST", (attributes), "/", name}; LSUB the same. */
static int read_list(struct am_imap_listing *l, const struct am_imap_line *line,
                     bool lsub)
{
	const struct am_imap_value *v = line->values;
	size_t at = 1;
	char separator = 0;

	if (at < line->n_values && v[at].type == AM_IMAP_LIST)
		at++;
	if (at + 1 >= line->n_values)
		return AM_OK;
	const char *text = am_imap_text(&v[at]);
	if (text && v[at].len == 1)
		separator = *text;
	char *name = read_name(line, at + 1);
	if (!name)
		return AM_OK;
	struct am_imap_box *box;
	if (lsub) {
		/* What is subscribed need not be there. */
		box = find(l, name);
		g_free(name);
		if (box)
			box->subscribed = l->any_subscribed = true;
		return AM_OK;
	}
	box = find_or_add(l, name, separator);
	for (size_t i = 0; box && at == 2 && i < v[1].n_items; i++)
		read_attribute(l, box, &v[1].items[i]);
	return AM_OK;
}

/* {"STATUS", name, (MESSAGES 3 UIDNEXT 4 …)}. */
static int read_status(struct am_imap_listing *l,
                       const struct am_imap_line *line)
{
	const struct am_imap_value *list = &line->values[line->n_values - 1];
	uint64_t n;
	bool messages = false;

	char *name = line->n_values > 1 ? read_name(line, 1) : NULL;
	struct am_imap_box *box = name ? find(l, name) : NULL;
	g_free(name);
	if (!box || list->type != AM_IMAP_LIST)
		return AM_OK;
	for (size_t i = 0; i + 1 < list->n_items; i += 2) {
		const struct am_imap_value *key = &list->items[i];
		if (!am_imap_number(&list->items[i + 1], &n))
			continue;
		if (am_imap_is(key, "MESSAGES")) {
			box->messages = n;
			messages = true;
		} else if (am_imap_is(key, "UIDNEXT") && n <= UINT32_MAX) {
			box->uidnext = (uint32_t)n;
		} else if (am_imap_is(key, "UIDVALIDITY") && n <= UINT32_MAX) {
			box->uidvalidity = (uint32_t)n;
		} else if (am_imap_is(key, "HIGHESTMODSEQ")) {
			box->highestmodseq = n;
			box->told_modseq = n > 0;
		}
	}
	box->told = messages && box->uidnext && box->uidvalidity;
	return AM_OK;
}

int am_imap_listing_line(struct am_imap_listing *l,
                         const struct am_imap_line *line)
{
	if (!line->n_values)
		return AM_END;
	if (am_imap_is(&line->values[0], "LIST"))
		return read_list(l, line, false);
	if (am_imap_is(&line->values[0], "LSUB"))
		return read_list(l, line, true);
	if (am_imap_is(&line->values[0], "STATUS"))
		return read_status(l, line);
	return AM_END;
}

/* ---- names for people ---- */

/* Without the empty parts of "/a//b", INBOX in its one spelling. */
static char **tidy_parts(char **parts)
{
	GPtrArray *out = g_ptr_array_new();

	for (char **p = parts; *p; p++)
		if (**p)
			g_ptr_array_add(out, *p);
		else
			g_free(*p);
	g_free(parts);
	if (out->len && !g_ascii_strcasecmp(out->pdata[0], "INBOX")) {
		g_free(out->pdata[0]);
		out->pdata[0] = g_strdup("INBOX");
	}
	if (!out->len)
		g_ptr_array_add(out, g_strdup("(no name)"));
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

static enum am_role guess(const struct am_imap_listing *l, char **parts,
                          enum am_role told)
{
	if (told != AM_ROLE_NONE)
		return told;
	if (!parts[1] && !strcmp(parts[0], "INBOX"))
		return AM_ROLE_INBOX;
	/* A server that names roles names all it has. */
	if (l->any_role)
		return AM_ROLE_NONE;
	char *path = g_strjoinv("/", parts);
	enum am_role role = am_role_guess(path);
	g_free(path);
	return role == AM_ROLE_INBOX ? AM_ROLE_NONE : role;
}

/* Where two look the same, all but the first get a number. */
static void tell_apart(struct am_imap_listing *l, GHashTable *taken,
                       char **parts, const struct am_imap_box *box)
{
	guint last = g_strv_length(parts) - 1;
	char *plain = g_strdup(parts[last]);
	char *key = g_strjoinv("\n", parts);

	for (unsigned n = 2; g_hash_table_contains(taken, key); n++) {
		g_free(key);
		g_free(parts[last]);
		parts[last] = g_strdup_printf("%s (%u)", plain, n);
		key = g_strjoinv("\n", parts);
	}
	if (strcmp(plain, parts[last]) != 0)
		am_ctx_note(am_imap_session_account(l->session)->ctx,
		            AM_NOTE_WARN, "imap.folder-twice", NULL, box->name,
		            "two mailboxes look the same; this one is called "
		            "\"%s\"",
		            parts[last]);
	g_hash_table_add(taken, key);
	g_free(plain);
}

static int by_inbox(const void *a, const void *b)
{
	const struct am_imap_box *const *x = a, *const *y = b;

	return ((*y)->folder->role == AM_ROLE_INBOX) -
	       ((*x)->folder->role == AM_ROLE_INBOX);
}

/* "INBOX.Sent" is "Sent" where all of one's own begins so; there is one inbox
 * only. */
static const char *own_name(const struct am_imap_listing *l, const char *name)
{
	size_t n = l->prefix ? strlen(l->prefix) : 0;
	bool own = n && !g_ascii_strncasecmp(name, l->prefix, n) && name[n] &&
	           g_ascii_strcasecmp(name + n, "INBOX") != 0;

	return own ? name + n : name;
}

static int name_one(struct am_imap_listing *l, GHashTable *taken, guint i,
                    struct am_error *err)
{
	struct am_ctx *ctx = am_imap_session_account(l->session)->ctx;
	struct am_imap_box *box = l->boxes->pdata[i];
	enum am_role role = (enum am_role)GPOINTER_TO_INT(l->roles->pdata[i]);
	bool exact = true;
	const char *name = own_name(l, box->name);
	char **parts = tidy_parts(
		am_imap_name_parts(name, strlen(name), box->separator,
	                           am_imap_session_utf8(l->session), &exact));

	if (!exact)
		am_ctx_note(ctx, AM_NOTE_INFO, "imap.folder-name", NULL,
		            box->name,
		            "the mailbox name is in no known encoding");
	tell_apart(l, taken, parts, box);
	struct am_folder *folder = NULL;
	int r = am_folder_new(&folder, (const char *const *)parts,
	                      g_strv_length(parts), guess(l, parts, role), err);
	/* Where nothing at all is, nobody makes use of it. */
	box->unsubscribed =
		l->subscriptions && l->any_subscribed && !box->subscribed;
	if (!r) {
		folder->subscribed = box->subscribed;
		folder->unsubscribed = box->unsubscribed;
	}
	box->folder = folder;
	g_strfreev(parts);
	return r;
}

int am_imap_listing_name(struct am_imap_listing *l, struct am_error *err)
{
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int r = AM_OK;

	for (guint i = 0; !r && i < l->boxes->len; i++)
		r = name_one(l, taken, i, err);
	g_hash_table_destroy(taken);
	/* g_ptr_array_sort is stable: the rest stays as it came. */
	if (!r)
		g_ptr_array_sort(l->boxes, by_inbox);
	if (!r && l->beyond)
		am_ctx_note(am_imap_session_account(l->session)->ctx,
		            AM_NOTE_ERROR, "imap.folders-many", NULL, NULL,
		            "the server names more than %d mailboxes; %" PRIu64
		            " are left out",
		            BOXES_MOST, l->beyond);
	return r;
}
