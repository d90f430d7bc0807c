/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one list of commands, in the order `mailark help` shows. */
#include "cmd/cmd.h"

extern const struct cmd cmd_copy, cmd_list, cmd_search, cmd_browse, cmd_show,
	cmd_index, cmd_verify, cmd_compare, cmd_dedup, cmd_sign, cmd_repair,
	cmd_rebuild, cmd_compact, cmd_serve, cmd_passwd, cmd_accounts,
	cmd_formats, cmd_help;

const struct cmd *const commands[] = {
	&cmd_copy,     &cmd_list,    &cmd_search,  &cmd_browse, &cmd_show,
	&cmd_index,    &cmd_verify,  &cmd_compare, &cmd_dedup,  &cmd_sign,
	&cmd_repair,   &cmd_rebuild, &cmd_compact, &cmd_serve,  &cmd_passwd,
	&cmd_accounts, &cmd_formats, &cmd_help,    NULL,
};
