/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder whose UIDVALIDITY changed: its messages have other numbers, and
 * mostly are the same.  What agrees in size and INTERNALDATE is looked at by
 * its Message-ID, and if that agrees too it is the one we have: no byte of it
 * is fetched.
 */
#include "formats/imap/fetch_line.h"
#include "formats/imap/sync.h"

#include <string.h>

enum { AHEAD = 100 }; /* so many UIDs fit a line */

/* Message-IDs asked for: uid -> hash. */
struct asking {
	GHashTable *ids;
};

static guint key_of(uint64_t size, int64_t received)
{
	uint64_t k = (size + 1) * UINT64_C(0x9E3779B97F4A7C15) ^
	             (uint64_t)received * UINT64_C(0xC2B2AE3D27D4EB4F);

	return (guint)(k >> 32) | 1;
}

/* key -> index of the first + 1; the rest by looking on from there. */
static void build(struct am_imap_sync *y)
{
	GArray *old = y->stored.old;

	y->by_date = g_hash_table_new_full(NULL, NULL, NULL,
	                                   (GDestroyNotify)g_array_unref);
	for (guint i = 0; i < old->len; i++) {
		const struct am_imap_stored_old *o =
			&g_array_index(old, struct am_imap_stored_old, i);
		gpointer key = GUINT_TO_POINTER(key_of(o->size, o->received));
		GArray *list = g_hash_table_lookup(y->by_date, key);
		if (!list) {
			list = g_array_new(FALSE, FALSE, sizeof i);
			g_hash_table_insert(y->by_date, key, list);
		}
		g_array_append_val(list, i);
	}
}

/* The one it may be, by size and date; with `id` also by that. */
static struct am_imap_stored_old *
find(struct am_imap_sync *y, const struct am_message *msg, const uint64_t *id)
{
	gpointer key = GUINT_TO_POINTER(key_of(msg->size, msg->received.sec));
	GArray *list = msg->received.known && msg->size != AM_SIZE_UNKNOWN
	                       ? g_hash_table_lookup(y->by_date, key)
	                       : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		struct am_imap_stored_old *o =
			&g_array_index(y->stored.old, struct am_imap_stored_old,
		                       g_array_index(list, guint, i));
		if (!o->found && o->size == msg->size &&
		    o->received == msg->received.sec &&
		    (!id || *id == o->message_id))
			return o;
	}
	return NULL;
}

/* "Message-ID: <a@b>\r\n\r\n", folded as it may be. */
static uint64_t read_id(const struct am_imap_value *v)
{
	const char *text = am_imap_text(v);
	const char *colon = text ? memchr(text, ':', v->len) : NULL;

	if (!colon)
		return 0;
	return am_imap_stored_id(colon + 1,
	                         v->len - (size_t)(colon + 1 - text));
}

static int take_id(struct am_imap_command *cmd, const struct am_imap_line *line,
                   struct am_error *err)
{
	struct asking *a = cmd->user;
	struct am_imap_fetch f;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid || line->damage)
		return AM_END;
	const struct am_imap_value *list = &line->values[2];
	for (size_t i = 0; list->type == AM_IMAP_LIST && i + 1 < list->n_items;
	     i++) {
		const char *key = am_imap_text(&list->items[i]);
		if (!key || g_ascii_strncasecmp(key, "BODY[HEADER", 11) != 0)
			continue;
		uint64_t *id = g_new(uint64_t, 1);
		*id = read_id(&list->items[i + 1]);
		g_hash_table_replace(a->ids, GUINT_TO_POINTER(f.uid), id);
		return AM_OK;
	}
	return AM_END;
}

static int ask_ids(struct am_imap_sync *y, const struct am_imap_set *uids,
                   struct asking *a, struct am_error *err)
{
	struct am_imap_session *s;
	char text[AHEAD * 12];
	int r;

	do {
		struct am_imap_command cmd = {.untagged = take_id, .user = a};
		size_t next = 0;
		r = am_imap_control_open(y->control, y->box, &s, err);
		if (!r)
			r = am_imap_set_print(uids, &next, text, sizeof text);
		if (r)
			return r;
		am_imap_put(am_imap_session_out(s),
		            "UID FETCH %s (UID "
		            "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])",
		            text);
		r = am_imap_session_run(s, &cmd, "FETCH", err);
		r = am_imap_link_judge(y->control->link, r, &cmd.reply, err);
	} while (r == AM_RETRY);
	/* Who does not say is not known again. */
	return r == AM_FAILED ? AM_OK : r;
}

static void known_again(struct am_imap_sync *y, struct am_imap_stored_old *o,
                        const struct am_message *msg)
{
	struct am_imap_stored_one one = {msg->uid, o->flags, o->words, false};

	o->found = true;
	y->already++;
	am_imap_sync_named(y, msg->uid);
	am_imap_sync_change(y, AM_NEWS_UID, o->uidvalidity, o->uid, msg);
	am_imap_changes_flags(y, &one, msg);
}

static int look_ahead(struct am_imap_sync *y, struct am_error *err)
{
	struct asking a = {g_hash_table_new_full(NULL, NULL, NULL, g_free)};
	struct am_imap_set *uids = am_imap_set_new();
	int r = AM_OK;

	while (!y->ahead_status && y->ahead.length < AHEAD) {
		struct am_message *msg = NULL;
		y->ahead_status = am_imap_walk_next(
			y->walk, &msg, &y->ahead_uid, &y->ahead_why);
		if (y->ahead_status)
			break;
		if (find(y, msg, NULL))
			am_imap_set_add(uids, msg->uid, msg->uid);
		g_queue_push_tail(&y->ahead, msg);
	}
	if (am_imap_set_count(uids))
		r = ask_ids(y, uids, &a, err);
	for (GList *l = y->ahead.head, *next; !r && l; l = next) {
		struct am_message *msg = l->data;
		next = l->next;
		uint64_t *id =
			g_hash_table_lookup(a.ids, GUINT_TO_POINTER(msg->uid));
		struct am_imap_stored_old *o = id ? find(y, msg, id) : NULL;
		if (!o)
			continue;
		known_again(y, o, msg);
		am_message_free(&msg);
		g_queue_delete_link(&y->ahead, l);
	}
	am_imap_set_free(&uids);
	g_hash_table_destroy(a.ids);
	return r;
}

int am_imap_renumber_next(struct am_imap_sync *y, struct am_message **out,
                          uint32_t *uid, struct am_error *err)
{
	int r = AM_OK;

	if (!y->by_date)
		build(y);
	while (!r && !y->ahead.length && !y->ahead_status)
		r = look_ahead(y, err);
	if (r)
		return r;
	*out = g_queue_pop_head(&y->ahead);
	if (*out) {
		*uid = (*out)->uid;
		return AM_OK;
	}
	r = y->ahead_status;
	*err = y->ahead_why;
	*uid = y->ahead_uid;
	if (r == AM_FAILED)
		y->ahead_status = AM_OK;
	return r;
}

void am_imap_renumber_finish(struct am_imap_sync *y)
{
	GArray *old = y->stored.old;

	for (guint i = 0; i < old->len; i++) {
		const struct am_imap_stored_old *o =
			&g_array_index(old, struct am_imap_stored_old, i);
		if (!o->found)
			am_imap_sync_change(y, AM_NEWS_GONE, o->uidvalidity,
			                    o->uid, NULL);
	}
}
