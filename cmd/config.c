/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts from the configuration file.
 */
#include "cmd/config.h"

#include "base/file.h"
#include "cmd/providers.h"
#include "transfer/registry.h"
#include "wire/secret.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define GROUP "account "

struct config {
	char *path;
	GKeyFile *keys;
	char **accounts;
	bool open_to_others;
};

static const char *const name_letters =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* ---- the file ---- */
static int check_groups(struct config *c, struct am_error *err)
{
	char **groups = g_key_file_get_groups(c->keys, NULL);
	GPtrArray *names = g_ptr_array_new();
	int r = AM_OK;

	for (char **g = groups; *g && !r; g++) {
		const char *name = *g + strlen(GROUP);
		if (!g_str_has_prefix(*g, GROUP))
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "%s: [%.60s]: groups are called [account "
			            "NAME]",
			            c->path, *g);
		else if (!*name || strspn(name, name_letters) != strlen(name))
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "%s: [%.60s]: a name has letters, digits, "
			            "'.', '_' and '-'",
			            c->path, *g);
		else if (am_format_find(name))
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "%s: [%.60s]: a format is called so",
			            c->path, *g);
		else if (c->open_to_others &&
		         g_key_file_has_key(c->keys, *g, "password", NULL))
			r = am_fail(err, AM_FAILED, AM_E_AUTH,
			            "%s: others can read it and it holds a "
			            "password: chmod 600 it, or better say "
			            "password-command",
			            c->path);
		else
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_add(names, NULL);
	c->accounts = (char **)g_ptr_array_free(names, FALSE);
	g_strfreev(groups);
	return r;
}

int config_open(struct config **out, struct am_error *err)
{
	struct config *c = g_new0(struct config, 1);
	GError *why = NULL;
	struct stat st;
	int r = AM_OK;

	*out = NULL;
	c->path = g_build_filename(g_get_user_config_dir(), "mailark", "config",
	                           NULL);
	c->keys = g_key_file_new();
	if (!stat(c->path, &st)) {
		c->open_to_others = st.st_mode & (S_IRWXG | S_IRWXO);
		if (!g_key_file_load_from_file(c->keys, c->path,
		                               G_KEY_FILE_NONE, &why)) {
			r = am_fail(err, AM_FAILED, AM_E_FORMAT, "%s: %s",
			            c->path, why->message);
			g_error_free(why);
		}
	} else if (errno != ENOENT && errno != ENOTDIR) {
		r = am_fail_sys(err, AM_FAILED, "%s", c->path);
	}
	if (!r)
		r = check_groups(c, err);
	if (r)
		config_free(&c);
	*out = c;
	return r;
}

void config_free(struct config **config)
{
	struct config *c = *config;

	*config = NULL;
	if (!c)
		return;
	g_key_file_unref(c->keys);
	g_strfreev(c->accounts);
	g_free(c->path);
	g_free(c);
}

const char *config_path(const struct config *config)
{
	return config->path;
}

char **config_accounts(const struct config *config)
{
	return config->accounts;
}

bool config_has(const struct config *config, const char *name)
{
	return g_strv_contains((const char *const *)config->accounts, name);
}

/* ---- an account ---- */
void account_free(struct account **account)
{
	struct account *a = *account;

	*account = NULL;
	if (!a)
		return;
	am_secret_free(&a->password);
	g_free(a->name);
	g_free(a->protocol);
	g_free(a->url);
	g_free(a->user);
	g_strfreev(a->options);
	g_free(a);
}

const char *account_option(const struct account *account, const char *key)
{
	const struct am_location where = {
		.options = (const char *const *)account->options};

	return am_location_option(&where, NULL, key);
}

/* The file's own escapes would be in the way of the shell's. */
static char *value_of(const struct config *c, const char *group,
                      const char *key)
{
	char *value = g_key_file_get_value(c->keys, group, key, NULL);

	return value ? g_strstrip(value) : NULL;
}

/* Nobody expands a '~' that stands in a file. */
static char *expand_home(const char *key, const char *value)
{
	static const char *const files[] = {"password-file", "token-file",
	                                    "tls-ca", "tls-cert", "tls-key"};

	for (size_t i = 0; i < AM_COUNT(files); i++)
		if (!strcmp(key, files[i]) && g_str_has_prefix(value, "~/"))
			return g_build_filename(g_get_home_dir(), value + 2,
			                        NULL);
	return g_strdup(value);
}

static bool knows(const struct am_format *format, const char *key)
{
	for (const struct am_option *o = format->options; o && o->name; o++)
		if (!strcmp(o->name, key))
			return true;
	return false;
}

/* "imaps://HOST:PORT/PATH" of what the group and the provider say. */
static int make_url(const struct config *c, const char *group,
                    struct account *a, struct am_error *err)
{
	char *url = value_of(c, group, "url");
	char *host = value_of(c, group, "host");
	char *port = value_of(c, group, "port");
	char *protocol = value_of(c, group, "protocol");
	int r = AM_OK;

	if (!protocol)
		protocol = g_strdup(
			url && g_str_has_prefix(url, "pop3") ? "pop3" : "imap");
	bool pop3 = !strcmp(protocol, "pop3");
	const char *preset = !a->provider ? NULL
	                     : pop3       ? a->provider->pop3
	                                  : a->provider->imap;
	if (!pop3 && strcmp(protocol, "imap"))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "protocol is imap or pop3, not \"%.40s\"",
		            protocol);
	else if (url && (host || port))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "url says host and port already");
	else if (!url && !host && a->provider && !preset)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s has no POP3",
		            a->provider->title);
	else if (!url && !host && (!preset || strstr(preset, "%s")))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "says no url, no host and no provider that has "
		            "one");
	else if (url)
		a->url = g_strdup(url);
	else if (host)
		a->url = g_strdup_printf(strchr(host, ':') ? "%ss://[%s]"
		                                           : "%ss://%s",
		                         protocol, host);
	else
		a->url = g_strdup(preset);
	if (!r && port) {
		char *with = g_strdup_printf("%s:%s", a->url, port);
		g_free(a->url);
		a->url = with;
	}
	g_free(url);
	g_free(host);
	g_free(port);
	a->protocol = protocol;
	return r;
}

/* What the group says goes behind what the provider says, and so before it. */
static int add_options(const struct config *c, const char *group,
                       struct account *a, struct am_error *err)
{
	static const char *const own[] = {"url",     "host",     "port",
	                                  "user",    "provider", "protocol",
	                                  "password"};
	const struct am_format *format = am_format_find(a->protocol);
	GPtrArray *options = g_ptr_array_new();
	char **keys = g_key_file_get_keys(c->keys, group, NULL, NULL);
	int r = AM_OK;

	if (!format)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s is not built in", a->protocol);
	if (!r && a->provider && a->provider->options) {
		char **words = g_strsplit(a->provider->options, " ", -1);
		for (char **w = words; *w; w++) {
			char *key = g_strndup(*w, strcspn(*w, "="));
			/* An own password goes before the provider's OAuth. */
			bool own_way =
				g_str_has_prefix(key, "oauth") &&
				(g_key_file_has_key(c->keys, group,
			                            "token-command", NULL) ||
			         g_key_file_has_key(c->keys, group,
			                            "password-command", NULL) ||
			         g_key_file_has_key(c->keys, group, "password",
			                            NULL));
			if (knows(format, key) && !own_way)
				g_ptr_array_add(options, g_strdup(*w));
			g_free(key);
		}
		g_strfreev(words);
	}
	for (char **k = keys; k && *k && !r; k++) {
		bool skip = false;
		for (size_t i = 0; i < AM_COUNT(own); i++)
			skip = skip || !strcmp(*k, own[i]);
		if (skip)
			continue;
		if (!knows(format, *k)) {
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "%s has no option \"%.40s\" (mailark "
			            "formats %s)",
			            a->protocol, *k, a->protocol);
			break;
		}
		char *value = value_of(c, group, *k);
		char *full = expand_home(*k, value);
		g_ptr_array_add(options, g_strdup_printf("%s=%s", *k, full));
		g_free(full);
		g_free(value);
	}
	if (a->user)
		g_ptr_array_add(options, g_strdup_printf("user=%s", a->user));
	g_ptr_array_add(options, NULL);
	a->options = (char **)g_ptr_array_free(options, FALSE);
	g_strfreev(keys);
	return r;
}

/* Tokens of an account without a place of its own for them. */
static void default_token_file(struct account *a)
{
	if (!account_option(a, "oauth") || account_option(a, "token-file"))
		return;
	guint n = g_strv_length(a->options);
	char *file = g_strdup_printf("%s.json", a->name);
	char *path = g_build_filename(g_get_user_state_dir(), "mailark",
	                              "tokens", file, NULL);
	a->options = g_renew(char *, a->options, n + 2);
	a->options[n] = g_strdup_printf("token-file=%s", path);
	a->options[n + 1] = NULL;
	g_free(path);
	g_free(file);
}

/* The folder behind "NAME:", in the URL's own escapes. */
static int add_path(struct account *a, const char *path, struct am_error *err)
{
	if (!path || !*path)
		return AM_OK;
	const char *behind = strstr(a->url, "://");
	const char *slash = behind ? strchr(behind + 3, '/') : NULL;
	if (slash && slash[1])
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "its url names a folder already");
	char *escaped = g_uri_escape_string(path, "/", TRUE);
	char *url = g_strdup_printf(
		"%.*s/%s", slash ? (int)(slash - a->url) : (int)strlen(a->url),
		a->url, escaped);
	g_free(escaped);
	g_free(a->url);
	a->url = url;
	return AM_OK;
}

int config_account(const struct config *config, const char *name,
                   const char *path, struct account **out, struct am_error *err)
{
	struct account *a = g_new0(struct account, 1);
	char *group = g_strconcat(GROUP, name, NULL);
	int r = AM_OK;

	*out = NULL;
	a->name = g_strdup(name);
	char *provider = value_of(config, group, "provider");
	if (!config_has(config, name))
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "no account is called \"%.40s\" in %s", name,
		            config->path);
	else if (provider && !(a->provider = provider_find(provider)))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "no provider is called \"%.40s\" (mailark accounts "
		            "providers)",
		            provider);
	if (!r) {
		a->user = value_of(config, group, "user");
		a->password = value_of(config, group, "password");
		r = make_url(config, group, a, err);
	}
	if (!r)
		r = add_path(a, path, err);
	if (!r)
		r = add_options(config, group, a, err);
	if (!r)
		default_token_file(a);
	else if (config_has(config, name))
		(void)am_wrap(err, r, "account %s", name);
	if (r)
		account_free(&a);
	g_free(provider);
	g_free(group);
	*out = a;
	return r;
}

char *config_account_name(const char *text, const char **path)
{
	size_t n = strspn(text, name_letters);
	struct stat st;

	if (!n || text[n] != ':' || g_str_has_prefix(text + n, "://") ||
	    !lstat(text, &st))
		return NULL;
	char *name = g_strndup(text, n);
	if (am_format_find(name))
		g_clear_pointer(&name, g_free);
	else
		*path = text + n + 1;
	return name;
}
