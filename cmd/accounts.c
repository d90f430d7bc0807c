/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark accounts: what the configuration file knows of servers. */
#include "cmd/accounts.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/config.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/providers.h"
#include "cmd/session.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

struct options {
	bool json, device, browser, quiet, verbose;
};

/* ---- list ---- */
static const char *way_of(const struct account *a)
{
	return account_option(a, "token-command")      ? "token-command"
	       : account_option(a, "oauth")            ? "oauth"
	       : account_option(a, "password-command") ? "password-command"
	       : account_option(a, "password-file")    ? "password-file"
	       : a->password                           ? "password"
	                                               : "asks";
}

static void list_one(struct session *s, const struct config *config,
                     const char *name, struct am_json *json)
{
	struct account *a = NULL;
	struct am_error err = {0};

	int r = config_account(config, name, NULL, &a, &err);
	if (json) {
		am_json_open(json, '{');
		out_json_text(json, "name", name);
		out_json_text(json, "url", a ? a->url : NULL);
		out_json_text(json, "user", a ? a->user : NULL);
		out_json_text(json, "login", a ? way_of(a) : NULL);
		out_json_text(json, "provider",
		              a && a->provider ? a->provider->name : NULL);
		out_json_text(json, "error", r ? err.text : NULL);
		am_json_close(json, '}');
		out_json_line(json);
	} else if (!r) {
		char *url = out_clean(a->url, false);
		char *user = out_clean(a->user ? a->user : "-", false);
		out_padded(name, 12);
		printf("  ");
		out_padded(user, 28);
		printf("  %-16s  %s\n", way_of(a), url);
		g_free(url);
		g_free(user);
	}
	if (r) {
		s->n_errors++;
		session_error(s, NULL, &err);
	}
	account_free(&a);
}

static int list(struct session *s, const struct config *config, bool as_json)
{
	struct am_json *json = as_json ? am_json_new() : NULL;
	char **names = config_accounts(config);

	if (!*names && !as_json)
		printf("no accounts in %s (man mailark-accounts shows how to "
		       "name one)\n",
		       config_path(config));
	else if (!as_json)
		printf("%-12s  %-28s  %-16s  %s\n", "name", "user", "login",
		       "server");
	for (char **n = names; *n; n++)
		list_one(s, config, *n, json);
	am_json_free(&json);
	return s->n_errors ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int list_providers(bool as_json)
{
	struct am_json *json = am_json_new();

	for (const struct provider *p = providers; p->name; p++) {
		if (as_json) {
			am_json_open(json, '{');
			out_json_text(json, "name", p->name);
			out_json_text(json, "title", p->title);
			out_json_text(json, "imap", p->imap);
			out_json_text(json, "pop3", p->pop3);
			out_json_text(json, "options", p->options);
			out_json_text(json, "first", p->first);
			am_json_close(json, '}');
			out_json_line(json);
			continue;
		}
		printf("%s: %s\n", p->name, p->title);
		if (!strstr(p->imap, "%s"))
			printf("  server:   %s%s%s\n", p->imap,
			       p->pop3 ? ", " : "", p->pop3 ? p->pop3 : "");
		printf("  options:  %s\n  first:    %s\n", p->options,
		       p->first);
	}
	am_json_free(&json);
	return EXIT_DONE;
}

/* ---- test ---- */
/* What is most often in the way, where the server says no. */
static void say_first(struct session *s, const struct account *a)
{
	if (a && a->provider)
		session_say(s, "%s: before the first login: %s",
		            a->provider->title, a->provider->first);
}

static int test(struct session *s, const struct config *config,
                const char *name, bool as_json)
{
	struct server_report report = {.json = as_json ? am_json_new() : NULL};
	char *text = g_strconcat(name, ":", NULL);
	struct account *account = NULL;
	struct am_error err = {0};
	int status = EXIT_COULD_NOT;

	struct am_place *place = session_place(s, text, NULL, false);
	if (!place)
		goto out;
	const struct am_format *format = am_place_format(place);
	if (report.json)
		am_json_open(report.json, '{');
	int r = (!strcmp(format->name, "pop3") ? accounts_test_pop3
	                                       : accounts_test_imap)(
		s, am_place_location(place), format->options, &report, &err);
	if (r) {
		session_error(s, text, &err);
		if (err.kind == AM_E_AUTH &&
		    !config_account(config, name, NULL, &account, NULL))
			say_first(s, account);
	} else {
		if (report.json) {
			am_json_close(report.json, '}');
			out_json_line(report.json);
		}
		status = EXIT_DONE;
	}
out:
	account_free(&account);
	am_place_free(&place);
	am_json_free(&report.json);
	g_free(text);
	return status;
}

/* ---- login ---- */
static int login(struct session *s, const struct config *config,
                 const char *name, const struct options *o)
{
	struct account *account = NULL;
	struct am_error err = {0};
	const char *how = o->device ? "device" : o->browser ? "browser" : NULL;

	int r = config_account(config, name, NULL, &account, &err);
	if (!r)
		r = accounts_login(s, account, how, &err);
	if (r) {
		session_error(s, name, &err);
		if (err.kind == AM_E_ARGUMENT)
			say_first(s, account);
	} else {
		printf("%s: logged in; tokens are kept in %s\n", name,
		       account_option(account, "token-file"));
	}
	account_free(&account);
	return r ? EXIT_COULD_NOT : EXIT_DONE;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	const char *verb = argc ? argv[0] : "list";
	struct config *config = NULL;
	struct am_error err = {0};
	int status;

	session_voice(s, o->quiet, o->verbose);
	if (o->device && o->browser)
		return session_usage(s, "--device and --browser exclude each "
		                        "other");
	if (!strcmp(verb, "providers") && argc == 1)
		return list_providers(o->json);
	bool named = !strcmp(verb, "test") || !strcmp(verb, "login");
	if (!named && strcmp(verb, "list"))
		return session_usage(s,
		                     "list, test, login or providers, not "
		                     "\"%s\"",
		                     verb);
	if (argc > (named ? 2 : 1) || (named && argc < 2))
		return session_usage(s, "%s takes %s", verb,
		                     named ? "the name of one account"
		                           : "nothing more");
	if (config_open(&config, &err))
		return session_error(s, NULL, &err);
	if (named)
		session_catch_signals(s);
	/* "work:" is what locations say, and means the same. */
	char *name = named ? g_strdup(argv[1]) : NULL;
	if (name && g_str_has_suffix(name, ":"))
		name[strlen(name) - 1] = '\0';
	status = !named                  ? list(s, config, o->json)
	         : !strcmp(verb, "test") ? test(s, config, name, o->json)
	                                 : login(s, config, name, o);
	g_free(name);
	config_free(&config);
	return status;
}

static const struct opt options[] = {
	{0, "json", NULL, "print JSON, one object a line", OPT_SWITCH,
         offsetof(struct options, json)},
	{0, "device", NULL, "login: by a code typed in anywhere", OPT_SWITCH,
         offsetof(struct options, device)},
	{0, "browser", NULL, "login: by a browser of this machine", OPT_SWITCH,
         offsetof(struct options, browser)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0, NULL, NULL, NULL, OPT_SWITCH, 0},
};

const struct cmd cmd_accounts = {
	.name = "accounts",
	.usage = "[options] [list | test NAME | login NAME | providers]",
	.summary = "mail accounts of the configuration file",
	.examples = "  mailark accounts\n"
		    "  mailark accounts test work\n"
		    "  mailark accounts login work\n"
		    "  mailark copy work: work.mailark\n",
	.options = options,
	.options_size = sizeof(struct options),
	.run = run,
};
