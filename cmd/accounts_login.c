/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark accounts login: a person's consent, once. */
#include "cmd/accounts.h"

#include "cmd/config.h"
#include "cmd/session.h"
#include "formats/server_login.h"

#include <glib.h>

#include <stdio.h>

/* To where the person looks, whatever standard output is. */
static void show_code(void *user, const char *code, const char *url)
{
	session_before_output(user);
	fprintf(stderr, "Open %s and type in the code %s\n", url, code);
}

/* Where there is a desktop, its browser; the address is shown in any case. */
static void show_url(void *user, const char *url)
{
	char *argv[] = {(char *)(uintptr_t) "xdg-open", (char *)(uintptr_t)url,
	                NULL};

	session_before_output(user);
	fprintf(stderr, "Open this page in a browser of this machine:\n%s\n",
	        url);
	if (g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY"))
		(void)g_spawn_async(NULL, argv, NULL,
		                    G_SPAWN_SEARCH_PATH |
		                            G_SPAWN_STDOUT_TO_DEV_NULL |
		                            G_SPAWN_STDERR_TO_DEV_NULL,
		                    NULL, NULL, NULL, NULL);
}

int accounts_login(struct session *s, const struct account *account,
                   const char *how, struct am_error *err)
{
	struct am_oauth *oauth = NULL;
	const struct am_location where = {
		.url = account->url,
		.options = (const char *const *)account->options};
	struct am_oauth_opts opts = am_server_login_oauth(&where, NULL);

	opts.user = account->user;
	opts.cancel = &s->cancel;
	if (!opts.provider)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "logs in by password: nothing to do (oauth=… "
		               "would say otherwise)");
	int r = am_oauth_new(&oauth, &opts, err);
	if (r)
		return r;
	bool device = how ? *how == 'd' : am_oauth_has_device(oauth);
	r = device ? am_oauth_login_device(oauth, show_code, s, err)
	           : am_oauth_login_loopback(oauth, show_url, s, err);
	am_oauth_free(&oauth);
	return r;
}
