/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/settings.h"

#include <glib.h>

#include <string.h>

uint16_t serve_port_of(const char *where)
{
	const char *colon = where ? strrchr(where, ':') : NULL;

	return colon ? (uint16_t)g_ascii_strtoull(colon + 1, NULL, 10) : 0;
}

/*
 * On this machine the plain port: nobody can listen in, and hardly a program
 * asks whether it may believe a certificate.  From elsewhere TLS, from the
 * first byte on where there is that.
 *
 * Thunderbird's form does not let go of people who name no server for mail that
 * goes out, and tries that one; "Advanced config" leads past it, as long as
 * nothing is chosen for security there.
 */
char *serve_settings_text(const struct serve_settings *s)
{
	GString *out = g_string_new("");
	bool tls = !s->imap || (!s->local && s->imaps);
	unsigned port = tls ? s->imaps : s->imap;
	const char *user = s->user ? s->user : "USER";
	const char *how = tls ? "SSL/TLS" : s->local ? "none" : "STARTTLS";

	if (!port)
		return g_string_free(out, FALSE);
	g_string_append_printf(
		out,
		"Thunderbird   New account, any name and address; then IMAP, "
		"server %s,\n"
		"              port %u, user name %s, Advanced config, OK; and "
		"there:\n"
		"              connection security %s, authentication by "
		"normal "
		"password.\n",
		s->host, port, user, how);
	g_string_append_printf(
		out,
		"Outlook       File > Add account > Advanced > let me set up "
		"manually > IMAP:\n"
		"              %s, port %u, encryption %s, the same for "
		"SMTP;\n"
		"              user name %s.\n",
		s->host, port, how, user);
	if (s->local)
		g_string_append(
			out,
			"              The web's Outlook and the new Outlook "
			"fetch mail from Microsoft's\n"
			"              servers and cannot reach this "
			"machine.\n");
	g_string_append_printf(
		out,
		"Apple Mail    Add other mail account: IMAP, %s, port %u, "
		"%s,\n"
		"              user name %s, password.\n",
		s->host, port, tls || !s->local ? "TLS" : "no TLS", user);
	g_string_append_printf(
		out, "mutt          mutt -f imap%s://%s@%s:%u/INBOX\n",
		tls ? "s" : "", user, s->host, port);
	return g_string_free(out, FALSE);
}
