/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rights (RFC 4314, and 8440 in LIST), for mail programs that show what can be
 * done.  They follow from how the archive is served and who logged in; nobody
 * may see those of others or change any: nobody has the right "a".
 */
#include "serve/commands.h"

/*
 * k, x, t and e go together, as RIGHTS= says.  "c" and "d" are what they were
 * called before, and have to be told with any of them (RFC 4314 §2.1.1).  INBOX
 * has "x", too: RENAME takes what is in it elsewhere, which needs that right;
 * and Balsa takes what lacks one of them for read-only.
 */
static const char *rights_of(const struct am_session *s,
                             const struct am_vault *v,
                             const struct am_mailbox *box)
{
	if (s->user_read_only || am_vault_read_only(v))
		return "lr";
	if (box->id < 0)
		return "lrsw";
	return "lrswikxtecd";
}

void am_rights_line(struct am_session *s, struct am_vault *v,
                    const struct am_mailbox *box)
{
	am_say(s, "* MYRIGHTS ");
	am_put_name(s, s->out, box->name);
	am_say(s, " %s\r\n", rights_of(s, v, box));
}

AM_COMMAND(myrights)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;

	(void)uid;
	char *name = n == 1 ? am_arg_name(s, &args[0]) : NULL;
	if (n != 1)
		am_bad(s, "MYRIGHTS takes a mailbox");
	if (name && am_find_box(s, name, &v, &boxes, &box)) {
		am_rights_line(s, v, box);
		am_ok(s, "done");
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

/* The other commands, with so many arguments. */
static void refuse(struct am_session *s, am_args args, size_t n, size_t wanted)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;

	char *name = n == wanted ? am_arg_name(s, &args[0]) : NULL;
	if (n != wanted)
		am_bad(s, "a mailbox was expected, and whom and what it is "
		          "about");
	if (name && am_find_box(s, name, &v, &boxes, &box)) {
		am_no(s, "[NOPERM] rights are not shown or changed here");
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

AM_COMMAND(getacl)
{
	(void)uid;
	refuse(s, args, n, 1);
}

AM_COMMAND(listrights)
{
	(void)uid;
	refuse(s, args, n, 2);
}

AM_COMMAND(deleteacl)
{
	(void)uid;
	refuse(s, args, n, 2);
}

AM_COMMAND(setacl)
{
	(void)uid;
	refuse(s, args, n, 3);
}
