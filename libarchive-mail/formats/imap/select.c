/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailbox that is selected (RFC 3501 §6.3.1), and what the server says of
 * it unasked (§7.3, §7.4.1, RFC 7162 §3.2.10).  Missing and zero values are
 * common: Courier sends no UIDNEXT, others UIDVALIDITY 0.
 */
#include "formats/imap/session_impl.h"

#include <glib.h>

#include <string.h>

void am_imap_session_mailbox_clear(struct am_imap_session *s)
{
	g_free(s->mailbox.name);
	g_free(s->mailbox.permanent_flags);
	s->mailbox = (struct am_imap_mailbox){0};
}

const struct am_imap_mailbox *
am_imap_session_mailbox(const struct am_imap_session *s)
{
	return &s->mailbox;
}

static uint32_t small(const struct am_imap_value *v)
{
	uint64_t n;

	return am_imap_number(v, &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static void read_permanent(struct am_imap_mailbox *m,
                           const struct am_imap_value *list)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; list->type == AM_IMAP_LIST && i < list->n_items;
	     i++) {
		const char *flag = am_imap_text(&list->items[i]);
		if (flag)
			g_string_append_printf(out, "%s%s", out->len ? " " : "",
			                       flag);
	}
	g_free(m->permanent_flags);
	m->permanent_flags = g_string_free(out, FALSE);
}

static void read_code(struct am_imap_mailbox *m,
                      const struct am_imap_value *code, size_t n)
{
	if (am_imap_is(code, "READ-ONLY"))
		m->read_only = true;
	else if (am_imap_is(code, "READ-WRITE"))
		m->read_only = false;
	else if (am_imap_is(code, "NOMODSEQ"))
		m->no_modseq = true;
	else if (am_imap_is(code, "UIDNOTSTICKY"))
		m->uid_not_sticky = true;
	else if (n < 2)
		return; /* "[HIGHESTMODSEQ]" without its number (iCloud) */
	else if (am_imap_is(code, "UIDVALIDITY"))
		m->uidvalidity = small(&code[1]);
	else if (am_imap_is(code, "UIDNEXT"))
		m->uidnext = small(&code[1]);
	else if (am_imap_is(code, "HIGHESTMODSEQ"))
		(void)am_imap_number(&code[1], &m->highestmodseq);
	else if (am_imap_is(code, "PERMANENTFLAGS"))
		read_permanent(m, &code[1]);
}

/* "VANISHED 41,43:116"; EARLIER ones were gone before and do not count. */
static void read_vanished(struct am_imap_mailbox *m,
                          const struct am_imap_value *set)
{
	struct am_imap_set *uids = am_imap_set_new();
	const char *text = am_imap_text(set);

	if (text && !am_imap_set_parse(uids, text, set->len, 0, NULL)) {
		uint64_t n = am_imap_set_count(uids);
		m->exists -= MIN(n, m->exists);
		m->expunged += n;
	}
	am_imap_set_free(&uids);
}

bool am_imap_session_mailbox_line(struct am_imap_session *s,
                                  const struct am_imap_line *line)
{
	struct am_imap_mailbox *m = &s->mailbox;
	const struct am_imap_value *v = line->values;
	uint64_t n;

	if (line->n_code)
		read_code(m, line->code, line->n_code);
	if (line->n_values < 2)
		return line->n_code > 0;
	if (am_imap_number(&v[0], &n)) {
		if (am_imap_is(&v[1], "EXISTS")) {
			m->exists = n;
		} else if (am_imap_is(&v[1], "EXPUNGE")) {
			m->exists -= m->exists > 0;
			m->expunged++;
		} else {
			return am_imap_is(&v[1], "RECENT");
		}
		return true;
	}
	if (am_imap_is(&v[0], "VANISHED") && v[1].type != AM_IMAP_LIST) {
		read_vanished(m, &v[1]);
		return true;
	}
	return am_imap_is(&v[0], "FLAGS") || line->n_code > 0;
}

void am_imap_session_mailbox_turn(struct am_imap_session *s)
{
	struct am_imap_command *cmd = s->head;

	if (!cmd || !cmd->opens || s->selecting == cmd)
		return;
	am_imap_session_mailbox_clear(s);
	s->mailbox.name = g_strdup(cmd->opens);
	s->selecting = cmd;
}

void am_imap_session_mailbox_ended(struct am_imap_session *s,
                                   const struct am_imap_command *cmd)
{
	if (!cmd->opens)
		return;
	if (cmd->reply.end != AM_IMAP_END_OK) {
		am_imap_session_mailbox_clear(s);
		if (s->aim && !strcmp(s->aim, cmd->opens))
			g_clear_pointer(&s->aim, g_free);
	}
	if (s->selecting == cmd)
		s->selecting = NULL;
}

int am_imap_session_select_send(struct am_imap_session *s,
                                struct am_imap_command *cmd, const char *name,
                                bool read_write, bool *sent,
                                struct am_error *err)
{
	*sent = false;
	if (s->aim && !strcmp(s->aim, name) &&
	    !(read_write && s->mailbox.read_only))
		return AM_OK;
	am_imap_put(&s->out, "%s ",
	            read_write || !s->examine ? "SELECT" : "EXAMINE");
	int r = am_imap_put_string(&s->out, name, strlen(name), err);
	/* Where ENABLE did it for all mailboxes, it need not be said. */
	if (am_imap_session_has(s, "CONDSTORE") &&
	    !am_imap_session_has(s, "ENABLE"))
		am_imap_put(&s->out, " (CONDSTORE)");
	cmd->opens = name;
	if (r)
		am_imap_out_clear(&s->out);
	else
		r = am_imap_session_send(s, cmd, err);
	*sent = !r;
	g_clear_pointer(&s->aim, g_free);
	s->aim = r ? NULL : g_strdup(name);
	return r;
}

int am_imap_session_select(struct am_imap_session *s, const char *name,
                           bool read_write, struct am_error *err)
{
	struct am_imap_command cmd = {0};
	bool sent;

	int r = am_imap_session_select_send(s, &cmd, name, read_write, &sent,
	                                    err);
	if (!r && sent)
		r = am_imap_session_wait(s, &cmd, "opening the folder", err);
	if (r) {
		am_imap_session_mailbox_clear(s);
		g_clear_pointer(&s->aim, g_free);
		s->selecting = NULL;
	}
	return r;
}

void am_imap_session_doubt(struct am_imap_session *s)
{
	g_clear_pointer(&s->aim, g_free);
}

int am_imap_session_unselect(struct am_imap_session *s, struct am_error *err)
{
	struct am_imap_command cmd = {0};

	if (!s->aim || s->head || !am_imap_session_has(s, "UNSELECT"))
		return AM_OK;
	am_imap_out_clear(&s->out);
	am_imap_put(&s->out, "UNSELECT");
	int r = am_imap_session_run(s, &cmd, "UNSELECT", err);
	if (r == AM_FAILED) {
		am_imap_session_distrust(s, "UNSELECT");
		return AM_OK;
	}
	am_imap_session_mailbox_clear(s);
	g_clear_pointer(&s->aim, g_free);
	return r;
}
