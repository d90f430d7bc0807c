/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/certificate.h"

#include "base/file.h"
#include "cmd/serve/system.h"
#include "wire/tls_selfsigned.h"

#include <glib.h>

#include <unistd.h>

struct wanted {
	const char *path, *host;
};

static int make(void *data, struct am_error *err)
{
	const struct wanted *w = data;
	char *dir = g_path_get_dirname(w->path);
	int r = am_make_dirs(dir, err);

	if (!r && access(w->path, F_OK)) {
		GString *names = g_string_new(NULL);
		if (w->host)
			g_string_append_printf(names, "%s:%s,",
			                       g_hostname_is_ip_address(w->host)
			                               ? "IP"
			                               : "DNS",
			                       w->host);
		g_string_append_printf(
			names, "DNS:localhost,DNS:%s,IP:127.0.0.1,IP:::1",
			g_get_host_name());
		r = am_tls_selfsign(w->path, names->str, err);
		g_string_free(names, TRUE);
	}
	g_free(dir);
	return r;
}

int serve_own_certificate(char **path, const char *host, const char *user,
                          struct am_error *err)
{
	char *name = host ? g_strdup_printf("serve-%s.pem", host)
	                  : g_strdup("serve.pem");
	g_strdelimit(name, "/", '_');
	*path = g_build_filename(g_get_user_config_dir(), "mailark", name,
	                         NULL);
	struct wanted wanted = {*path, host};
	int r = serve_as(user, make, &wanted, err);
	g_free(name);

	return r ? am_wrap(err, r,
	                   "no certificate of its own can be kept (name one by "
	                   "--tls-cert, or by XDG_CONFIG_HOME a folder that "
	                   "can "
	                   "be written)")
	         : r;
}
