/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POP3 in the list of formats.
 */
#include "formats/pop3/pop3.h"

const struct am_option am_pop3_options[] = {
	AM_SERVER_LOGIN_OPTIONS,
	{"delete-after-verify", "YES/NO",
         "delete on the server what an earlier run stored in the archive",
         "no"},
	{NULL, NULL, NULL, NULL},
};

const struct am_server_scheme am_pop3_schemes[] = {
	{"pop3s", 995, AM_TLS_NOW},
	{"pop3", 110, AM_TLS_STARTTLS},
	{NULL, 0, AM_TLS_OFF},
};

const struct am_format am_format_pop3 = {
	.name = "pop3",
	.title = "A mailbox on a POP3 server (pop3s://user@host)",
	.keeps = AM_KEEPS_BYTES,
	.remote = true,
	.options = am_pop3_options,
	.about = "POP3 shows one folder and neither flags nor the time mail "
		 "came, which is then taken from its header: where the server "
		 "has IMAP, take that.  pop3:// starts TLS (STLS) or stops; "
		 "pop3s:// is TLS from the start.  Into an archive only new "
		 "messages are fetched.  Nothing is deleted unless "
		 "delete-after-verify=yes; then what an earlier run stored "
		 "goes, when its header on the server is still the same.  "
		 "Gmail shows each message to POP3 once, and may archive it "
		 "then: its settings say so.",
	.reads = "a mailbox on a server: `pop3s://user@host`",
	.kept = "bytes",
	.open_source = am_pop3_source_open,
};
