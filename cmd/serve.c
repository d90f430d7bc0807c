/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark serve: archives as an IMAP server. */
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/serve/http.h"
#include "cmd/serve/log.h"
#include "cmd/serve/own.h"
#include "cmd/serve/searches.h"
#include "cmd/serve/settings.h"
#include "cmd/serve/system.h"
#include "cmd/serve_index.h"
#include "cmd/session.h"
#include "serve/server.h"
#include "serve/users.h"
#include "serve/vault.h"
#include "wire/conn.h"
#include "wire/secret.h"
#include "wire/tls_selfsigned.h"

#include <glib.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	struct opt_list imap, imaps, pop3, pop3s, autoconfig, autoconfigs;
	const char *users, *tls_cert, *tls_key, *log, *host, *user;
	bool read_only, virtual, quiet, verbose;
	uint64_t append_limit, connections, message_limit;
};

#define DEFAULT_IMAP  "127.0.0.1:1143"
#define DEFAULT_IMAPS "127.0.0.1:1993"
#define DEFAULT_USER  "mailark"
/* A client may count on as many (RFC 9738 §3). */
enum { MESSAGES_LEAST = 1000 };

struct serving {
	struct session *s;
	const struct options *o;
	struct am_house house;
	struct am_server *server;
	struct serve_index *index;
	struct serve_searches *searches;   /* NULL: not wanted */
	char *cert;                        /* the file it is in */
	char *password;                    /* one that we made up, or NULL */
	GPtrArray *old_users, *old_tls;    /* sessions may still hold them */
	struct serve_log *log;             /* NULL: none */
	char *imap, *imaps, *pop3, *pop3s; /* where */
	char *autoconfig, *autoconfigs;
	struct serve_settings settings;
	struct serve_http *http;
};

/* ---- signals: the one thing a handler may reach ---- */

static struct serving *volatile signal_target;

static void reload(void *user)
{
	struct serving *v = user;
	struct am_users *users;
	struct am_tls_server *tls;
	struct am_error err = {0};
	bool all = true;

	if (v->o->users) {
		if (am_users_read(&users, v->o->users, &err)) {
			session_error(v->s, v->o->users, &err);
			all = false;
		} else {
			g_ptr_array_add(v->old_users, v->house.users);
			v->house.users = users;
		}
	}
	if (v->cert && v->house.tls) {
		if (am_tls_server_new(&tls, v->cert, v->o->tls_key, &err)) {
			session_error(v->s, v->cert, &err);
			all = false;
		} else {
			g_ptr_array_add(v->old_tls, v->house.tls);
			v->house.tls = tls;
			if (serve_http_reload(v->http, v->cert, v->o->tls_key,
			                      &err)) {
				session_error(v->s, v->cert, &err);
				all = false;
			}
		}
	}
	if (v->log && serve_log_reopen(v->log, &err))
		session_error(v->s, NULL, &err);
	serve_log_note(v->log, "reload");
	session_say(v->s, all ? "users and certificate were read again"
	                      : "what could not be read stays as it was");
}

static void on_signal(int number)
{
	struct serving *v = signal_target;

	if (!v)
		return;
	if (number == SIGHUP)
		am_server_call(v->server, reload, v);
	else
		am_server_stop(v->server);
}

static void catch_signals(struct serving *v)
{
	struct sigaction action = {.sa_handler = on_signal,
	                           .sa_flags = SA_RESTART};

	signal_target = v;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- what is needed before anybody may come ---- */

static int open_users(struct serving *v, struct am_error *err)
{
	const char *given = g_getenv("MAILARK_PASSWORD");

	if (v->o->users)
		return am_users_read(&v->house.users, v->o->users, err);
	if (given && *given)
		return am_users_one(&v->house.users, DEFAULT_USER, given, err);
	int r = serve_own_password(&v->password, v->o->user, err);
	return r ? r
	         : am_users_one(&v->house.users, DEFAULT_USER, v->password,
	                        err);
}

/* The certificate that was named, or one of our own, made once. */
static int open_tls(struct serving *v, struct am_error *err)
{
	int r = AM_OK;

	if (v->o->tls_cert)
		v->cert = g_strdup(v->o->tls_cert);
	else
		r = serve_own_certificate(&v->cert, v->o->host, v->o->user,
		                          err);
	return r ? r
	         : am_tls_server_new(&v->house.tls, v->cert, v->o->tls_key,
	                             err);
}

/* A mail program that is refused each mark of what was read asks again and
 * again; of a mailbox that is read-only it asks for none. */
static bool is_fixed(struct serving *v, const char *path)
{
	char *dir = g_path_get_dirname(path);
	bool fixed = v->o->read_only;

	if (!fixed && (access(path, W_OK) || access(dir, W_OK))) {
		session_say(v->s,
		            "%s: %s: it cannot be written, so it is served "
		            "read-only",
		            path, g_strerror(errno));
		fixed = true;
	}
	g_free(dir);
	return fixed;
}

/* The first archive is on top; the others below their names. */
static int open_vaults(struct serving *v, int argc, char **argv,
                       struct am_error *err)
{
	const struct am_virtual_source *searches = NULL;
	int r = AM_OK;

	if (v->o->virtual) {
		v->searches = serve_searches_new(v->s);
		searches = serve_searches_source(v->searches);
	}
	v->house.vaults = g_new0(struct am_vault *, (gsize)argc);
	for (int i = 0; i < argc && !r; i++) {
		const char *path = session_archive(v->s, argv[i]);
		if (!path)
			return AM_FATAL;
		char *base = g_path_get_basename(path);
		if (g_str_has_suffix(base, ".mailark"))
			base[strlen(base) - strlen(".mailark")] = '\0';
		for (char *p = base; *p; p++)
			if (*p == '/')
				*p = '_';
		char *prefix = i ? g_strdup(base) : NULL;
		struct am_vault_opts opts = {.path = path,
		                             .prefix = prefix,
		                             .read_only = is_fixed(v, path),
		                             .virtual = v->o->virtual,
		                             .searches = searches,
		                             .ctx = &v->s->ctx};
		v->s->subject = path;
		r = am_vault_open(&v->house.vaults[i], &opts, err);
		if (!r)
			v->house.n_vaults++;
		g_free(prefix);
		g_free(base);
	}
	v->s->subject = NULL;
	return r;
}

static int listen_all(struct serving *v, const struct opt_list *list,
                      const char *otherwise, enum am_protocol protocol,
                      char **where, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < list->n && !r; i++)
		r = am_server_listen(v->server, list->items[i], protocol,
		                     *where ? NULL : where, err);
	if (!list->n && otherwise)
		r = am_server_listen(v->server, otherwise, protocol, where,
		                     err);
	/* Another server of ours, or a bridge that chose the same number. */
	if (r && !list->n)
		r = am_wrap(err, r,
		            "the usual port is not to be had (--imap and "
		            "--imaps name others)");
	return r;
}

/* Sockets that systemd listens at already, named by what is spoken there. */
static int take_given(struct serving *v, struct am_error *err)
{
	const struct {
		const char *name;
		enum am_protocol protocol;
		char **where;
	} all[] = {{"imap", AM_SERVE_IMAP, &v->imap},
	           {"imaps", AM_SERVE_IMAPS, &v->imaps},
	           {"pop3", AM_SERVE_POP3, &v->pop3},
	           {"pop3s", AM_SERVE_POP3S, &v->pop3s}};
	char **names;
	int n = serve_given_sockets(&names), r = AM_OK;

	for (int i = 0; i < n && !r; i++) {
		const char *name =
			i < (int)g_strv_length(names) ? names[i] : "";
		size_t k = 0;
		while (k < AM_COUNT(all) && strcmp(name, all[k].name) != 0)
			k++;
		r = k < AM_COUNT(all)
		            ? am_server_adopt(v->server, SD_FIRST + i,
		                              all[k].protocol, all[k].where,
		                              err)
		            : am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		                      "the socket that was given is called "
		                      "\"%s\", not imap, imaps, pop3 or "
		                      "pop3s",
		                      name);
	}
	g_strfreev(names);
	return r;
}

static int open_server(struct serving *v, struct am_error *err)
{
	const struct options *o = v->o;
	struct am_server_limits limits = {.connections =
	                                          (unsigned)o->connections};

	int r = am_server_new(&v->server, &v->house, &limits,
	                      v->log ? serve_log_event : NULL, v->log, err);
	if (!r)
		r = take_given(v, err);
	bool none = !o->imap.n && !o->imaps.n && !o->pop3.n && !o->pop3s.n &&
	            !v->imap && !v->imaps && !v->pop3 && !v->pop3s;
	if (!r)
		r = listen_all(v, &o->imap, none ? DEFAULT_IMAP : NULL,
		               AM_SERVE_IMAP, &v->imap, err);
	if (!r)
		r = listen_all(v, &o->imaps, none ? DEFAULT_IMAPS : NULL,
		               AM_SERVE_IMAPS, &v->imaps, err);
	if (!r)
		r = listen_all(v, &o->pop3, NULL, AM_SERVE_POP3, &v->pop3, err);
	if (!r)
		r = listen_all(v, &o->pop3s, NULL, AM_SERVE_POP3S, &v->pop3s,
		               err);
	if (!r && !o->users && !am_server_is_local(v->server))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "without --users only this machine may connect: "
		            "listen at 127.0.0.1, or name a file that mailark "
		            "passwd wrote");
	return r;
}

/* ---- what to type ---- */

static void know_settings(struct serving *v)
{
	bool local = am_server_is_local(v->server);

	v->settings = (struct serve_settings){
		.host = v->o->host ? v->o->host
	                : local    ? "localhost"
	                           : g_get_host_name(),
		.local = local,
		.imap = serve_port_of(v->imap),
		.imaps = serve_port_of(v->imaps),
		.pop3 = serve_port_of(v->pop3),
		.pop3s = serve_port_of(v->pop3s),
		.user = v->o->users ? NULL : DEFAULT_USER,
		.by_address = am_users_are_addresses(v->house.users),
	};
}

static int listen_http(struct serving *v, const struct opt_list *list,
                       const char *cert, char **where, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < list->n && !r; i++)
		r = serve_http_listen(v->http, list->items[i], cert,
		                      cert ? v->o->tls_key : NULL, where, err);
	return r;
}

static int open_http(struct serving *v, struct am_error *err)
{
	v->http = serve_http_new(&v->settings);
	int r = listen_http(v, &v->o->autoconfig, NULL, &v->autoconfig, err);
	return r ? r
	         : listen_http(v, &v->o->autoconfigs, v->cert, &v->autoconfigs,
	                       err);
}

static void print_settings(const struct serving *v)
{
	static const char here[] = "or no encryption, from this machine alone";
	const struct {
		const char *name, *scheme, *where, *tls, * or ;
	} all[] = {
		{"IMAP", "", v->imap, "STARTTLS; ", here},
		{"IMAPS", "", v->imaps, "SSL/TLS", ""},
		{"POP3", "", v->pop3, "STLS; ", here},
		{"POP3S", "", v->pop3s, "SSL/TLS", ""},
		{"Web", "http://", v->autoconfig, "settings", ""},
		{"Web", "https://", v->autoconfigs, "settings", ""},
	};
	char fingerprint[AM_TLS_FINGERPRINT] = "";

	if (v->o->quiet)
		return;
	for (size_t i = 0; i < AM_COUNT(all); i++)
		if (all[i].where)
			printf("%-6s %s%s  (%s%s)\n", all[i].name,
			       all[i].scheme, all[i].where, all[i].tls,
			       all[i].or);
	if (v->house.tls && !am_tls_fingerprint(v->cert, fingerprint, NULL))
		printf("Certificate SHA-256 %s\n", fingerprint);
	printf("User name  %s\n",
	       v->o->users ? "(one of --users)" : DEFAULT_USER);
	/* One that somebody keeps elsewhere is not for a terminal or a log. */
	if (!v->o->users)
		printf("Password   %s\n",
		       v->password ? v->password : "(MAILARK_PASSWORD)");
	char *text = serve_settings_text(&v->settings);
	if (*text)
		printf("\n%s\nCtrl-C ends it.\n", text);
	g_free(text);
	(void)fflush(stdout);
}

/* ---- the command ---- */

static void close_all(struct serving *v)
{
	signal_target = NULL;
	serve_http_free(&v->http);
	am_server_free(&v->server);
	serve_index_free(&v->index);
	for (size_t i = 0; i < v->house.n_vaults; i++)
		am_vault_close(&v->house.vaults[i]);
	serve_searches_free(&v->searches);
	g_free(v->house.vaults);
	for (guint i = 0; i < v->old_users->len; i++)
		am_users_unref((struct am_users **)&v->old_users->pdata[i]);
	for (guint i = 0; i < v->old_tls->len; i++)
		am_tls_server_free(
			(struct am_tls_server **)&v->old_tls->pdata[i]);
	g_ptr_array_free(v->old_users, TRUE);
	g_ptr_array_free(v->old_tls, TRUE);
	am_users_unref(&v->house.users);
	am_tls_server_free(&v->house.tls);
	serve_log_note(v->log, "stop");
	serve_log_close(&v->log);
	g_free(v->cert);
	am_secret_free(&v->password);
	g_free(v->imap);
	g_free(v->imaps);
	g_free(v->pop3);
	g_free(v->pop3s);
	g_free(v->autoconfig);
	g_free(v->autoconfigs);
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct serving v = {.s = s, .o = o};
	struct am_error err = {0};

	session_voice(s, o->quiet, o->verbose);
	if (!argc)
		return session_usage(s, "an archive is needed");
	if (o->message_limit && (o->message_limit < MESSAGES_LEAST ||
	                         o->message_limit > UINT32_MAX))
		return session_usage(s, "--message-limit is 1000 or more");
	v.old_users = g_ptr_array_new();
	v.old_tls = g_ptr_array_new();
	v.house =
		(struct am_house){.ctx = &s->ctx,
	                          .name = "mailark",
	                          .version = AM_VERSION,
	                          .append_limit = o->append_limit,
	                          .message_limit = (uint32_t)o->message_limit};
	int r = AM_OK;
	if (o->user)
		r = serve_move_in(o->user, &err);
	if (!r && o->log)
		r = serve_log_open(&v.log, o->log, &err);
	if (!r)
		r = open_users(&v, &err);
	if (!r)
		r = open_tls(&v, &err);
	if (!r)
		r = open_server(&v, &err);
	if (!r) {
		know_settings(&v);
		r = open_http(&v, &err);
	}
	/* Ports and keys are had; all else is done as who owns the archives. */
	if (!r && o->user)
		r = serve_become(o->user, &err);
	if (!r)
		r = open_vaults(&v, argc, argv, &err);
	if (!r && !o->user && !geteuid())
		session_say(s, "this runs as root; --user NAME does not");
	if (!r) {
		v.index = serve_index_new(&v.house, !o->read_only, &s->ctx);
		if (v.searches)
			serve_searches_index(v.searches, v.index);
		serve_raise_limits();
		catch_signals(&v);
		print_settings(&v);
		serve_log_note(v.log, "start");
		serve_tell_manager("READY=1");
		r = am_server_run(v.server, &err);
		serve_tell_manager("STOPPING=1");
	}
	if (r && err.text[0])
		session_error(s, NULL, &err);
	close_all(&v);
	return r ? EXIT_COULD_NOT : EXIT_DONE;
}

static const struct opt table[] = {
	{0, "imap", "ADDRESS:PORT",
         "listen here for IMAP, STARTTLS (127.0.0.1:1143)", OPT_MANY,
         offsetof(struct options, imap)},
	{0, "imaps", "ADDRESS:PORT",
         "listen here for IMAP under TLS (127.0.0.1:1993)", OPT_MANY,
         offsetof(struct options, imaps)},
	{0, "pop3", "ADDRESS:PORT", "listen here for POP3 and STLS", OPT_MANY,
         offsetof(struct options, pop3)},
	{0, "pop3s", "ADDRESS:PORT", "listen here for POP3 under TLS", OPT_MANY,
         offsetof(struct options, pop3s)},
	{0, "autoconfig", "ADDRESS:PORT",
         "tell mail programs their settings here, by HTTP", OPT_MANY,
         offsetof(struct options, autoconfig)},
	{0, "autoconfigs", "ADDRESS:PORT", "the same by HTTPS", OPT_MANY,
         offsetof(struct options, autoconfigs)},
	{0, "host", "NAME", "the name this machine is reached by", OPT_STRING,
         offsetof(struct options, host)},
	{0, "users", "FILE", "who may log in: what mailark passwd wrote",
         OPT_STRING, offsetof(struct options, users)},
	{0, "tls-cert", "FILE", "certificate chain, PEM (one of its own)",
         OPT_STRING, offsetof(struct options, tls_cert)},
	{0, "tls-key", "FILE", "its key, PEM (in the same file)", OPT_STRING,
         offsetof(struct options, tls_key)},
	{0, "user", "NAME", "be this user, once the ports are open", OPT_STRING,
         offsetof(struct options, user)},
	{0, "read-only", NULL, "refuse every change", OPT_SWITCH,
         offsetof(struct options, read_only)},
	{0, "virtual", NULL, "show All Mail, Flagged and saved searches, too",
         OPT_SWITCH, offsetof(struct options, virtual)},
	{0, "message-limit", "N", "handle so many messages in one command",
         OPT_COUNT, offsetof(struct options, message_limit)},
	{0, "append-limit", "SIZE", "take no larger message", OPT_SIZE,
         offsetof(struct options, append_limit)},
	{0, "connections", "N", "so many at once (4096)", OPT_COUNT,
         offsetof(struct options, connections)},
	{0, "log", "FILE", "a line for each connection and login", OPT_STRING,
         offsetof(struct options, log)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_serve = {
	.name = "serve",
	.usage = "[options] ARCHIVE…",
	.summary = "Let mail programs open archives, as an IMAP server",
	.examples = "  mailark serve mail.mailark\n"
		    "  mailark serve --read-only old.mailark older.mailark\n"
		    "  mailark serve --users users --imaps :993 "
		    "--tls-cert cert.pem --tls-key key.pem mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
