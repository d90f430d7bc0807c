/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/credential.h"

#include "wire/secret.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

enum { COMMAND_MS = 300 * 1000 }; /* it may ask a person */

struct am_credential {
	struct am_ctx *ctx;
	char *password_command, *password_file, *token_command, *token_file;
	char *prompt;
	pthread_mutex_t lock;
	char *password;
	GPtrArray *tokens; /* all there were: threads may still look at one */
};

static void wipe(gpointer s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	g_free(s);
}

int am_credential_new(struct am_credential **out, const struct am_credential_places *places,
                  struct am_ctx *ctx, struct am_error *err)
{
	int n = !!places->password_command + !!places->password_file +
	        !!places->token_command + !!places->token_file;

	*out = NULL;
	if (n > 1)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "more than one of password-command, "
		               "password-file, token-command and token-file");
	struct am_credential *s = g_new0(struct am_credential, 1);
	s->ctx = ctx;
	s->password_command = g_strdup(places->password_command);
	s->password_file = g_strdup(places->password_file);
	s->token_command = g_strdup(places->token_command);
	s->token_file = g_strdup(places->token_file);
	s->prompt = g_strdup(places->prompt);
	s->tokens = g_ptr_array_new_with_free_func(wipe);
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return AM_OK;
}

void am_credential_free(struct am_credential **secret)
{
	struct am_credential *s = *secret;

	*secret = NULL;
	if (!s)
		return;
	wipe(s->password);
	g_ptr_array_free(s->tokens, TRUE);
	pthread_mutex_destroy(&s->lock);
	g_free(s->password_command);
	g_free(s->password_file);
	g_free(s->token_command);
	g_free(s->token_file);
	g_free(s->prompt);
	g_free(s);
}

/* Nobody can go on without it. */
static int final(int r)
{
	return r == AM_FAILED ? AM_FATAL : r;
}

static int ask_command(char **out, const struct am_credential *s,
                       const char *command, const char *whose,
                       struct am_error *err)
{
	return final(am_secret_command(out, whose, command, COMMAND_MS,
	                               s->ctx ? s->ctx->cancel : NULL, err));
}

static int ask_file(char **out, const char *path, const char *whose,
                    struct am_error *err)
{
	return final(am_secret_file(out, whose, path, err));
}

static int ask_person(char **out, struct am_credential *s, struct am_error *err)
{
	char buf[1024] = "";
	int r = AM_FAILED;

	if (s->ctx && s->ctx->ask)
		r = s->ctx->ask(s->ctx->user, s->prompt, buf, sizeof buf);
	if (!r && *buf)
		*out = g_strdup(buf);
	explicit_bzero(buf, sizeof buf);
	return *out ? AM_OK
	            : am_fail(err, AM_FATAL, AM_E_AUTH,
	                      "no password: name a password-command, a "
	                      "password-file or a token-command");
}

static int get(struct am_credential *s, bool again, const char **password,
               const char **token, struct am_error *err)
{
	char *fresh = NULL;
	int r = AM_OK;

	if (s->token_command || s->token_file) {
		r = s->token_command ? ask_command(&fresh, s, s->token_command,
		                                   "token-command", err)
		                     : ask_file(&fresh, s->token_file,
		                                "token-file", err);
		if (r)
			return r;
		g_ptr_array_add(s->tokens, fresh);
		*token = fresh;
		return AM_OK;
	}
	/* A person is not asked twice: scripts and threads call this. */
	if (!s->password || (again && s->password_command)) {
		r = s->password_command ? ask_command(&fresh, s,
		                                      s->password_command,
		                                      "password-command", err)
		    : s->password_file  ? ask_file(&fresh, s->password_file,
		                                   "password-file", err)
		                        : ask_person(&fresh, s, err);
		if (r)
			return r;
		if (s->password)
			g_ptr_array_add(s->tokens, s->password);
		s->password = fresh;
	}
	*password = s->password;
	return AM_OK;
}

int am_credential_get(struct am_credential *secret, bool again, const char **password,
                  const char **token, struct am_error *err)
{
	*password = NULL;
	*token = NULL;
	pthread_mutex_lock(&secret->lock);
	int r = get(secret, again, password, token, err);
	pthread_mutex_unlock(&secret->lock);
	return r;
}
