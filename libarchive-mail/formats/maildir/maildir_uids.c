/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_uids.h"

#include "formats/maildir/maildir_lines.h"
#include "formats/maildir/maildir_list.h"
#include "formats/maildir/maildir_name.h"

#include <glib.h>

#include <string.h>

/*
 *   version 3:  3 V<uidvalidity> N<next uid> G<guid>
 *               <uid> [S<size> W<size> …] :<file name>
 *   version 1:  1 <uidvalidity> <next uid>
 *               <uid> <file name>                       (Courier's as well)
 */
struct reading {
	struct am_maildir_list *list;
	uint32_t validity, last;
	bool headed, old;
};

static uint32_t number(const char *s, char **end)
{
	guint64 n = g_ascii_isdigit(*s) ? g_ascii_strtoull(s, end, 10) : 0;

	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static void read_header(struct reading *r, const char *line)
{
	char *end = NULL;

	r->headed = true;
	if (line[0] == '1' && line[1] == ' ') {
		r->old = true;
		r->validity = number(line + 2, &end);
	} else if (line[0] == '3' && line[1] == ' ') {
		const char *v = strstr(line, " V");

		if (v)
			r->validity = number(v + 2, &end);
	}
}

static void read_line(void *user, char *line)
{
	struct reading *r = user;
	struct am_maildir_name parsed;
	char *name = NULL;
	uint32_t uid;

	if (!r->headed) {
		read_header(r, line);
		return;
	}
	uid = number(line, &name);
	/* They ascend; what does not is damage. */
	if (!uid || !name || *name != ' ' || uid <= r->last || !r->validity)
		return;
	if (r->old) {
		name++;
	} else {
		name = strstr(name, " :");
		if (!name)
			return;
		name += 2;
	}
	r->last = uid;
	am_maildir_name_parse(&parsed, name);
	am_maildir_list_set_uid(r->list, name, parsed.base_len, uid);
}

uint32_t am_maildir_uids_read(struct am_maildir_list *list, int root_fd,
                              const char *dir)
{
	struct reading r = {.list = list};

	if (!am_maildir_lines_read(root_fd, dir, "dovecot-uidlist", read_line,
	                           &r))
		am_maildir_lines_read(root_fd, dir, "courierimapuiddb",
		                      read_line, &r);
	return r.validity;
}
