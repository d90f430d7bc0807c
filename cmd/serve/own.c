/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/own.h"

#include "base/file.h"
#include "cmd/serve/system.h"
#include "wire/secret.h"
#include "wire/tls_selfsigned.h"

#include <glib.h>
#include <openssl/rand.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char *own_file(const char *name)
{
	return g_build_filename(g_get_user_config_dir(), "mailark", name, NULL);
}

/* ---- the certificate ---- */

struct wanted {
	const char *path, *host;
};

static int make_certificate(void *data, struct am_error *err)
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
	*path = own_file(name);
	struct wanted wanted = {*path, host};
	int r = serve_as(user, make_certificate, &wanted, err);
	g_free(name);

	return r ? am_wrap(err, r,
	                   "no certificate of its own can be kept (name one by "
	                   "--tls-cert, or by XDG_CONFIG_HOME a folder that "
	                   "can "
	                   "be written)")
	         : r;
}

/* ---- the password ---- */

/* No letters and digits that look alike; 80 bits. */
static char *make_up(void)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t bytes[16];
	GString *out = g_string_new("");

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		g_error("no random numbers to be had");
	for (size_t i = 0; i < sizeof bytes; i++) {
		if (i && i % 4 == 0)
			g_string_append_c(out, '-');
		g_string_append_c(out, letters[bytes[i] % 32]);
	}
	return g_string_free(out, FALSE);
}

static int keep(const char *path, const char *password, struct am_error *err)
{
	char *dir = g_path_get_dirname(path);
	int r = am_make_dirs(dir, err);

	g_free(dir);
	if (r)
		return r;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	r = am_write_all(fd, password, strlen(password), path, err);
	if (!r)
		r = am_write_all(fd, "\n", 1, path, err);
	close(fd);
	if (r)
		unlink(path);
	return r;
}

static int make_password(void *data, struct am_error *err)
{
	char **out = data, *path = own_file("serve.password");
	int r = AM_OK;

	if (!access(path, F_OK)) {
		r = am_secret_file(out, "password", path, err);
	} else {
		*out = make_up();
		/* A folder that cannot be written is no reason not to serve. */
		(void)!keep(path, *out, NULL);
	}
	g_free(path);
	return r;
}

int serve_own_password(char **out, const char *user, struct am_error *err)
{
	*out = NULL;
	return serve_as(user, make_password, out, err);
}
