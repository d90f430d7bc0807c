/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a mailbox of the target holds: SELECT, and then what is there from the
 * UID on where we looked last.
 */
#include "formats/imap/target_impl.h"

/* How long nothing has to come, and how often that is waited for. */
enum { CALM_MS = 700, CALM_MOST = 60 };

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

	am_imap_target_permanent(t, box->permanent_flags);
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
	return am_imap_targets_judge(ts, r, &cmd.reply, err);
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
	return r == AM_FAILED ? AM_OK
	                      : am_imap_targets_judge(ts, r, &cmd.reply, err);
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
