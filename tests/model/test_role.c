/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/folder.h"

#include <criterion/criterion.h>

Test(role, has_names)
{
	for (int r = AM_ROLE_INBOX; r <= AM_ROLE_ARCHIVE; r++) {
		const char *name = am_role_name((enum am_role)r);
		cr_assert_not_null(name);
	}
	cr_assert_null(am_role_name(AM_ROLE_NONE));
	cr_assert_null(am_role_name((enum am_role)99));
}

Test(role, is_guessed_from_the_names_mail_programs_use)
{
	static const struct {
		const char *name;
		enum am_role role;
	} cases[] = {
		{"INBOX", AM_ROLE_INBOX},
		{"Posteingang", AM_ROLE_INBOX},
		{"Sent Items", AM_ROLE_SENT},
		{"Gesendet", AM_ROLE_SENT},
		{"Gesendete Elemente", AM_ROLE_SENT},
		{"INBOX.Sent", AM_ROLE_SENT},
		{"INBOX/Drafts", AM_ROLE_DRAFTS},
		{"Entwürfe", AM_ROLE_DRAFTS},
		{"ENTWÜRFE", AM_ROLE_DRAFTS},
		{"Entwu\xcc\x88rfe", AM_ROLE_DRAFTS}, /* decomposed */
		{"Corbeille", AM_ROLE_TRASH},
		{"Deleted Messages", AM_ROLE_TRASH},
		{"[Gmail]/All Mail", AM_ROLE_ARCHIVE},
		{"[Google Mail]/Spam", AM_ROLE_JUNK},
		{"Отправленные", AM_ROLE_SENT},
		{"ОТПРАВЛЕННЫЕ", AM_ROLE_SENT},
		{"迷惑メール", AM_ROLE_JUNK},
		{"Archive", AM_ROLE_ARCHIVE},
		{"Sent 2019", AM_ROLE_NONE},
		{"Inbox.", AM_ROLE_NONE},
		{"", AM_ROLE_NONE},
		{"\xff", AM_ROLE_NONE},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_assert_eq(am_role_guess(cases[i].name), cases[i].role, "%s",
		             cases[i].name);
	cr_assert_eq(am_role_guess(NULL), AM_ROLE_NONE);
}
