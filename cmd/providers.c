/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers, limits and first steps of mail providers, as they publish them.
 */
#include "cmd/providers.h"

#include <glib.h>

#include <string.h>

const struct provider providers[] = {
	/* 2,500 MB a day by IMAP and 15 connections are its limits; beyond
         * the first it locks the account for a day. */
	{"gmail", "Gmail and Google Workspace", "imaps://imap.gmail.com",
         "pop3s://pop.gmail.com", "connections=4 budget=2400M/day",
         "make an app password at https://myaccount.google.com/apppasswords "
         "(2-step verification must be on), or register an application of "
         "your own and set oauth=google and oauth-client-id"},
	{"microsoft365", "Microsoft 365 (work and school)",
         "imaps://outlook.office365.com", "pop3s://outlook.office365.com",
         "oauth=microsoft connections=4",
         "passwords do not work here: register an application at "
         "https://entra.microsoft.com (public client, redirect "
         "http://localhost, IMAP.AccessAsUser.All), set oauth-client-id, then "
         "mailark accounts login"},
	{"outlook", "Outlook.com, Hotmail, Live",
         "imaps://outlook.office365.com", "pop3s://outlook.office365.com",
         "oauth=microsoft oauth-tenant=consumers connections=2",
         "passwords do not work here: register an application for personal "
         "accounts at https://entra.microsoft.com, set oauth-client-id, then "
         "mailark accounts login"},
	{"yahoo", "Yahoo Mail", "imaps://imap.mail.yahoo.com",
         "pop3s://pop.mail.yahoo.com", "connections=2",
         "make an app password at "
         "https://login.yahoo.com/account/security"},
	{"aol", "AOL Mail", "imaps://imap.aol.com", "pop3s://pop.aol.com",
         "connections=2",
         "make an app password at https://login.aol.com/account/security"},
	{"icloud", "iCloud Mail", "imaps://imap.mail.me.com", NULL,
         "connections=2",
         "make an app-specific password at https://account.apple.com; the user "
         "is the part of the address before the @"},
	{"fastmail", "Fastmail", "imaps://imap.fastmail.com",
         "pop3s://pop.fastmail.com", "connections=4",
         "make an app password in Settings, Privacy & Security"},
	{"proton", "Proton Mail, by its Bridge", "imap://127.0.0.1:1143", NULL,
         "connections=1",
         "start Proton Mail Bridge and let it finish syncing; user and "
         "password are those it shows, and tls-ca is the certificate it "
         "exports (Settings, Advanced)"},
	{"gmx", "GMX", "imaps://imap.gmx.net", "pop3s://pop.gmx.net",
         "connections=2",
         "switch on POP3 & IMAP in the settings of its web mail"},
	{"web.de", "WEB.DE", "imaps://imap.web.de", "pop3s://pop3.web.de",
         "connections=2",
         "switch on POP3 & IMAP in the settings of its web mail"},
	{"dovecot", "A server of your own (host says which)", "imaps://%s",
         "pop3s://%s", "connections=4",
         "nothing, if mail clients get in by name and password"},
	{NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct provider *provider_find(const char *name)
{
	static const char *const also[][2] = {
		{"google", "gmail"},           {"googlemail", "gmail"},
		{"office365", "microsoft365"}, {"o365", "microsoft365"},
		{"hotmail", "outlook"},        {"outlook.com", "outlook"},
		{"webde", "web.de"},
	};

	for (size_t i = 0; i < AM_COUNT(also); i++)
		if (!g_ascii_strcasecmp(also[i][0], name))
			name = also[i][1];
	for (const struct provider *p = providers; p->name; p++)
		if (!g_ascii_strcasecmp(p->name, name))
			return p;
	return NULL;
}
