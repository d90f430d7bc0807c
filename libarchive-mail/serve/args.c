/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strings, names and sets: from arguments and into answers.
 */
#include "serve/session_impl.h"

#include "base/utf8.h"
#include "store/archive_edit.h"

#include <string.h>

enum { QUOTED_MOST = 8000, KEYWORD_MOST = 200 };

bool am_arg_is_string(const struct am_imap_value *v)
{
	const char *text = am_imap_text(v);

	return text && !memchr(text, '\0', (size_t)v->len);
}

/* ---- strings ---- */

static bool is_quotable(const char *text, size_t len, bool utf8)
{
	if (len > QUOTED_MOST)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];
		if (c == '\r' || c == '\n' || !c || (c >= 0x80 && !utf8))
			return false;
	}
	return true;
}

static void put_string(GString *out, const char *text, size_t len, bool utf8)
{
	if (!is_quotable(text, len, utf8)) {
		g_string_append_printf(out, "{%zu}\r\n", len);
		g_string_append_len(out, text, (gssize)len);
		return;
	}
	g_string_append_c(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, text[i]);
	}
	g_string_append_c(out, '"');
}

void am_put_bytes(GString *out, const char *text, size_t len)
{
	put_string(out, text, len, false);
}

void am_put_string(GString *out, const char *text)
{
	if (text)
		put_string(out, text, strlen(text), false);
	else
		g_string_append(out, "NIL");
}

void am_put_set(GString *out, const struct am_imap_set *set)
{
	char text[1024];
	size_t next = 0;
	bool first = true;

	while (!am_imap_set_print(set, &next, text, sizeof text)) {
		if (!first)
			g_string_append_c(out, ',');
		g_string_append(out, text);
		first = false;
	}
}

/* ---- mailbox names ---- */

void am_put_name(struct am_session *s, GString *out, const char *name)
{
	bool utf8 = s->utf8 || s->rev2;
	char **parts = g_strsplit(name, "/", -1);
	char *wire = am_imap_name_wire((const char *const *)parts,
	                               g_strv_length(parts), '/', utf8, NULL);

	if (wire)
		put_string(out, wire, strlen(wire), utf8);
	else
		g_string_append(out, "\"\"");
	g_free(wire);
	g_strfreev(parts);
}

static char *read_name(struct am_session *s, const struct am_imap_value *v,
                       bool *exact)
{
	const char *text = am_imap_text(v);

	if (!text && v->type == AM_IMAP_NIL && v->text)
		text = v->text; /* a mailbox may be called so */
	if (!text || memchr(text, '\0', (size_t)v->len)) {
		am_bad(s, "a mailbox name was expected");
		return NULL;
	}
	bool utf8 = s->utf8 || s->rev2;
	/* What is UTF-8 and no modified UTF-7 is taken for what it is. */
	if (!utf8 && am_utf8_ascii(text, (size_t)v->len) < v->len)
		utf8 = true;
	char **parts =
		am_imap_name_parts(text, (size_t)v->len, '/', utf8, exact);
	char *name = g_strjoinv("/", parts);
	g_strfreev(parts);
	return name;
}

char *am_arg_name(struct am_session *s, const struct am_imap_value *v)
{
	bool exact;

	return read_name(s, v, &exact);
}

char *am_arg_new_name(struct am_session *s, const struct am_imap_value *v)
{
	bool exact = true;
	char *name = read_name(s, v, &exact);

	if (name && !exact) {
		am_no(s, "[CANNOT] that name is no modified UTF-7, or no "
		         "UTF-8");
		g_clear_pointer(&name, g_free);
	}
	return name;
}

struct am_vault *am_vault_of(struct am_session *s, const char *name)
{
	for (size_t i = 1; i < s->house->n_vaults; i++) {
		struct am_vault *v = s->house->vaults[i];
		const char *prefix = am_vault_prefix(v);
		size_t len = strlen(prefix);
		if (!strncmp(name, prefix, len) &&
		    (!name[len] || name[len] == '/'))
			return v;
	}
	return s->house->vaults[0];
}

bool am_find_box(struct am_session *s, const char *name, struct am_vault **v,
                 struct am_mailboxes **boxes, const struct am_mailbox **box)
{
	*v = am_vault_of(s, name);
	*boxes = am_vault_boxes(*v);
	*box = am_boxes_find(*boxes, name);
	if (*box)
		return true;
	am_boxes_unref(boxes);
	am_no(s, "[NONEXISTENT] no such mailbox");
	return false;
}

struct making {
	const struct am_folder *folder;
	int64_t id;
};

static int do_make(void *user, struct am_archive_edit *edit,
                   struct am_error *err)
{
	struct making *m = user;

	return am_archive_edit_folder(edit, m->folder, &m->id, err);
}

int am_make_inbox(struct am_vault *v, struct am_mailboxes **boxes,
                  const struct am_mailbox **box, struct am_error *err)
{
	struct making m = {.folder = (*box)->folder};

	if ((*box)->id)
		return AM_OK;
	int r = am_vault_edit(v, do_make, &m, err);
	if (r)
		return r;
	struct am_mailboxes *now = am_vault_boxes(v);
	const struct am_mailbox *found = am_boxes_find(now, (*box)->name);
	if (found) {
		am_boxes_unref(boxes);
		*boxes = now;
		*box = found;
	} else { /* removed again meanwhile */
		am_boxes_unref(&now);
	}
	return AM_OK;
}

bool am_may_write(struct am_session *s, struct am_vault *v)
{
	if (!s->user_read_only && !am_vault_read_only(v))
		return true;
	am_no(s, "[READ-ONLY] nothing can be changed here");
	return false;
}

bool am_is_real(struct am_session *s, const struct am_mailbox *box)
{
	if (box->id >= 0)
		return true;
	am_no(s, "[CANNOT] this mailbox only shows what lies in others");
	return false;
}

bool am_may_change(struct am_session *s)
{
	if (!s->read_only)
		return true;
	am_no(s, "[READ-ONLY] the mailbox was opened so that nothing changes");
	return false;
}

bool am_may_take(struct am_session *s)
{
	if (s->snap->box >= 0)
		return am_may_change(s);
	am_no(s, "[CANNOT] this mailbox only shows what lies in others");
	return false;
}

/* ---- flags ---- */

bool am_arg_flag(const struct am_imap_value *v, struct am_imap_flag *out)
{
	if (v->type != AM_IMAP_ATOM || !am_imap_flag_read(v, out))
		return false;
	return !out->keyword || (am_imap_keyword_ok(out->keyword) &&
	                         strlen(out->keyword) <= KEYWORD_MOST);
}

/* ---- sets ---- */

static void add_numbers(const struct am_snap *snap, struct am_imap_set *out,
                        const struct am_imap_set *numbers)
{
	for (size_t i = 0; i < am_imap_set_ranges(numbers); i++) {
		uint32_t first, last;
		am_imap_set_range(numbers, i, &first, &last);
		for (size_t n = first; n <= last && n <= snap->n; n++)
			am_imap_set_add(out, snap->rows[n - 1].uid,
			                snap->rows[n - 1].uid);
	}
}

/* Of "2,$" the numbers, g_free(); NULL: it is nothing but "$". */
static char *without_saved(const char *text, bool *saved)
{
	char **words = g_strsplit(text, ",", -1);
	GString *rest = NULL;

	for (char **w = words; *w; w++) {
		if (!strcmp(*w, "$")) {
			*saved = true;
			continue;
		}
		rest = rest ? g_string_append_c(rest, ',') : g_string_new("");
		g_string_append(rest, *w);
	}
	g_strfreev(words);
	return rest ? g_string_free(rest, FALSE) : NULL;
}

/* Numbers alone. */
static struct am_imap_set *numbers_as_uids(struct am_session *s,
                                           const char *text, bool uid)
{
	const struct am_snap *snap = s->snap;
	struct am_imap_set *set = am_imap_set_new();
	uint32_t star = (uint32_t)snap->n;

	if (uid)
		star = snap->n ? snap->rows[snap->n - 1].uid : 0;
	/* In an empty mailbox "*" is no message, and stands for no UID. */
	if (am_imap_set_parse(set, text, strlen(text), star ? star : 1, NULL)) {
		am_imap_set_free(&set);
		am_bad(s, "that is no set of messages");
		return NULL;
	}
	if (uid)
		return set;
	struct am_imap_set *uids = am_imap_set_new();
	uint32_t first, last = 0;
	if (am_imap_set_ranges(set))
		am_imap_set_range(set, am_imap_set_ranges(set) - 1, &first,
		                  &last);
	if (last > snap->n) {
		am_imap_set_free(&uids);
		am_bad(s, "there is no message %" PRIu32, last);
	} else {
		add_numbers(snap, uids, set);
	}
	am_imap_set_free(&set);
	return uids;
}

struct am_imap_set *am_arg_uids(struct am_session *s,
                                const struct am_imap_value *v, bool uid)
{
	const char *text = v->type == AM_IMAP_ATOM ? am_imap_text(v) : NULL;
	struct am_imap_set *uids = NULL;
	bool saved = false;

	if (!text || !strchr(text, '$'))
		return numbers_as_uids(s, text ? text : "", uid);
	char *rest = without_saved(text, &saved);
	uids = rest ? numbers_as_uids(s, rest, uid) : am_imap_set_new();
	if (uids && saved && s->saved)
		am_imap_set_add_all(uids, s->saved);
	g_free(rest);
	return uids;
}
