/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/users.h"

#include "base/file.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEME "{SCRAM-SHA-256}"

enum { FILE_MOST = 16 * 1024 * 1024, KEY = 32, SALT = 16 };

struct user {
	char *name;
	struct am_sasl_secret secret;
	bool read_only;
};

struct am_users {
	GHashTable *by_name; /* struct user */
	uint8_t fake[KEY];
	int refs;
};

static void free_user(void *data)
{
	struct user *user = data;

	OPENSSL_cleanse(&user->secret, sizeof user->secret);
	g_free(user->name);
	g_free(user);
}

static struct am_users *new_users(void)
{
	struct am_users *users = g_new0(struct am_users, 1);

	users->refs = 1;
	users->by_name =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_user);
	if (RAND_bytes(users->fake, KEY) != 1)
		g_error("no random numbers to be had");
	return users;
}

struct am_users *am_users_ref(struct am_users *users)
{
	g_atomic_int_inc(&users->refs);
	return users;
}

void am_users_unref(struct am_users **users)
{
	struct am_users *u = *users;

	*users = NULL;
	if (!u || !g_atomic_int_dec_and_test(&u->refs))
		return;
	g_hash_table_destroy(u->by_name);
	g_free(u);
}

bool am_users_are_addresses(const struct am_users *users)
{
	GHashTableIter all;
	gpointer name;
	bool so = true;

	g_hash_table_iter_init(&all, users->by_name);
	while (so && g_hash_table_iter_next(&all, &name, NULL))
		so = strchr(name, '@') != NULL;
	return so;
}

const uint8_t *am_users_fake_key(const struct am_users *users)
{
	return users->fake;
}

static bool is_name(const char *name)
{
	if (!*name || strlen(name) > 255 || !g_utf8_validate(name, -1, NULL))
		return false;
	for (const char *p = name; *p; p++)
		if ((uint8_t)*p < 0x20 || *p == 0x7F || *p == ':' || *p == '#')
			return false;
	return true;
}

static bool take_bytes(const char *text, uint8_t *out, size_t want, size_t *len)
{
	gsize n;
	guchar *bytes = g_base64_decode(text, &n);
	bool good = n && n <= want && (len || n == want);

	if (good)
		memcpy(out, bytes, n);
	if (len)
		*len = good ? n : 0;
	g_free(bytes);
	return good;
}

static bool parse_secret(const char *text, struct am_sasl_secret *out)
{
	char **parts = g_strsplit(text, ",", -1);
	bool good = g_strv_length(parts) == 4;
	guint64 n = 0;

	*out = (struct am_sasl_secret){.password = NULL};
	good = good &&
	       g_ascii_string_to_unsigned(parts[0], 10, AM_SASL_MIN_ITERATIONS,
	                                  AM_SASL_MAX_ITERATIONS, &n, NULL) &&
	       take_bytes(parts[1], out->salt, sizeof out->salt,
	                  &out->salt_len) &&
	       take_bytes(parts[2], out->stored_key, KEY, NULL) &&
	       take_bytes(parts[3], out->server_key, KEY, NULL);
	out->iterations = (unsigned)n;
	g_strfreev(parts);
	return good;
}

/* "name:{…}…[:ro]" */
static struct user *parse_line(const char *line)
{
	char **parts = g_strsplit(line, ":", 4);
	guint n = g_strv_length(parts);
	struct user *user = NULL;
	struct am_sasl_secret secret;

	if ((n == 2 || (n == 3 && !strcmp(parts[2], "ro"))) &&
	    is_name(parts[0]) && g_str_has_prefix(parts[1], SCHEME) &&
	    parse_secret(parts[1] + strlen(SCHEME), &secret)) {
		user = g_new0(struct user, 1);
		user->name = g_strdup(parts[0]);
		user->secret = secret;
		user->read_only = n == 3;
	}
	g_strfreev(parts);
	return user;
}

static int read_text(const char *path, char **out, struct am_error *err)
{
	struct am_file *file;
	int r = am_file_open(&file, path, err);

	*out = NULL;
	if (r)
		return r;
	uint64_t size = am_file_size(file);
	if (size > FILE_MOST)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT, "%s: too long", path);
	if (!r) {
		*out = g_malloc0((size_t)size + 1);
		r = am_file_read_all(file, 0, *out, (size_t)size, err);
	}
	if (r)
		g_clear_pointer(out, g_free);
	am_file_unref(&file);
	return r;
}

int am_users_read(struct am_users **out, const char *path, struct am_error *err)
{
	char *text;

	*out = NULL;
	int r = read_text(path, &text, err);
	if (r)
		return r;
	struct am_users *users = new_users();
	char **lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] && !r; i++) {
		g_strchomp(lines[i]);
		if (!*lines[i] || *lines[i] == '#')
			continue;
		struct user *user = parse_line(lines[i]);
		if (user)
			g_hash_table_replace(users->by_name, user->name, user);
		else
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "%s line %u: that is no user (mailark "
			            "passwd writes them)",
			            path, i + 1);
	}
	if (!r && !g_hash_table_size(users->by_name))
		r = am_fail(err, AM_FAILED, AM_E_FORMAT, "%s: no user in it",
		            path);
	g_strfreev(lines);
	g_free(text);
	if (r)
		am_users_unref(&users);
	*out = users;
	return r;
}

int am_users_one(struct am_users **out, const char *name, const char *password,
                 struct am_error *err)
{
	struct am_sasl_secret secret;
	int r = am_sasl_secret_make(&secret, password, 0, err);

	*out = NULL;
	if (r)
		return r;
	struct am_users *users = new_users();
	struct user *user = g_new0(struct user, 1);
	user->name = g_strdup(name);
	user->secret = secret;
	g_hash_table_replace(users->by_name, user->name, user);
	*out = users;
	return AM_OK;
}

int am_users_find(const struct am_users *users, const char *name,
                  struct am_sasl_secret *out, bool *read_only)
{
	const struct user *user = g_hash_table_lookup(users->by_name, name);

	*out = (struct am_sasl_secret){.iterations = AM_SASL_ITERATIONS};
	*read_only = user && user->read_only;
	if (!user)
		return AM_END;
	*out = user->secret;
	return AM_OK;
}

/* ---- writing ---- */

static char *line_of(const char *name, const struct am_sasl_secret *s,
                     bool read_only)
{
	char *salt = g_base64_encode(s->salt, s->salt_len);
	char *stored = g_base64_encode(s->stored_key, KEY);
	char *server = g_base64_encode(s->server_key, KEY);
	char *line = g_strdup_printf("%s:" SCHEME "%u,%s,%s,%s%s\n", name,
	                             s->iterations, salt, stored, server,
	                             read_only ? ":ro" : "");

	g_free(salt);
	g_free(stored);
	g_free(server);
	return line;
}

/* The file anew, with this line instead of the user's. */
static GString *replace_line(const char *text, const char *name,
                             const char *line)
{
	GString *all = g_string_new("");
	size_t len = strlen(name);
	char **lines = g_strsplit(text, "\n", -1);
	bool done = false;

	for (char **l = lines; *l; l++) {
		if (!l[1] && !**l)
			break;
		bool his = !strncmp(*l, name, len) && (*l)[len] == ':';
		if (his && !done)
			g_string_append(all, line);
		else if (!his)
			g_string_append_printf(all, "%s\n", *l);
		done |= his;
	}
	if (!done)
		g_string_append(all, line);
	g_strfreev(lines);
	return all;
}

/* Nobody but the owner reads it, from the first byte on. */
static int make_private(const char *path, struct am_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	if (fd >= 0)
		close(fd);
	return AM_OK;
}

/* The new file is whose the old one was, as far as we can give it away: root
 * sets passwords for a server that reads them as another.  By the descriptor,
 * since a folder of somebody else's may hold a link by now. */
static int keep_owner(const char *path, const struct stat *was,
                      struct am_error *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = AM_OK;

	if (fd < 0 || (!geteuid() && fchown(fd, was->st_uid, was->st_gid)) ||
	    fchmod(fd, was->st_mode & 07777))
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	if (fd >= 0)
		close(fd);
	return r;
}

int am_users_set(const char *path, const char *name, const char *password,
                 bool read_only, struct am_error *err)
{
	struct am_sasl_secret secret;
	char *text = NULL;

	if (!is_name(name))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a user's name has no colon, no # and no "
		               "control characters");
	int r = am_sasl_secret_make(&secret, password, 0, err);
	if (!r)
		r = make_private(path, err);
	if (!r)
		r = read_text(path, &text, err);
	if (r)
		return r;
	char *line = line_of(name, &secret, read_only);
	GString *all = replace_line(text, name, line);
	struct stat st;
	bool known = !stat(path, &st);
	mode_t old = umask(0077);
	r = am_file_replace(path, all->str, all->len, err);
	umask(old);
	if (!r && known)
		r = keep_owner(path, &st, err);
	g_string_free(all, TRUE);
	g_free(line);
	g_free(text);
	return r;
}
