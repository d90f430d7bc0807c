/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/certificate.h"

#include "base/file.h"
#include "cmd/serve/system.h"
#include "wire/tls_selfsigned.h"

#include <glib.h>

#include <unistd.h>

static int make(void *user, struct am_error *err)
{
	const char *path = user;
	char *dir = g_path_get_dirname(path);
	int r = am_make_dirs(dir, err);

	if (!r && access(path, F_OK)) {
		char *names = g_strdup_printf(
			"DNS:localhost,DNS:%s,IP:127.0.0.1,IP:::1",
			g_get_host_name());
		r = am_tls_selfsign(path, names, err);
		g_free(names);
	}
	g_free(dir);
	return r;
}

int serve_own_certificate(char **path, const char *user, struct am_error *err)
{
	*path = g_build_filename(g_get_user_config_dir(), "mailark",
	                         "serve.pem", NULL);
	int r = serve_as(user, make, *path, err);

	return r ? am_wrap(err, r,
	                   "no certificate of its own can be kept (name one by "
	                   "--tls-cert, or by XDG_CONFIG_HOME a folder that "
	                   "can "
	                   "be written)")
	         : r;
}
