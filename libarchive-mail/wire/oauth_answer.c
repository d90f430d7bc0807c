/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What OAuth endpoints answer: JSON objects of a few fields (RFC 6749 sections
 * 5.1, 5.2; RFC 8628 section 3.2).
 */
#include "wire/oauth_impl.h"

#include "base/time.h"
#include "wire/secret.h"

#include <glib.h>
#include <jansson.h>

#include <string.h>

/* More than any token; a server's whole header line is 16 KiB as a rule. */
enum { TOKEN_MAX = 16 * 1024, LIFE_MAX = 366 * 24 * 3600 };

void am_oauth_tokens_clear(struct am_oauth_tokens *tokens)
{
	am_secret_free(&tokens->access);
	am_secret_free(&tokens->refresh);
	tokens->ends = 0;
}

void am_oauth_device_clear(struct am_oauth_device *device)
{
	am_secret_free(&device->device_code);
	g_free(device->user_code);
	g_free(device->url);
	*device = (struct am_oauth_device){0};
}

/* A field's text where it is fit to be sent on and shown: printable ASCII. */
static char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));
	size_t len = s ? strlen(s) : 0;

	if (!len || len > TOKEN_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7F)
			return NULL;
	return g_strdup(s);
}

/* Some servers put their numbers into strings. */
static int64_t number_of(const json_t *object, const char *name,
                         int64_t otherwise)
{
	const json_t *v = json_object_get(object, name);
	double n = (double)otherwise;

	if (json_is_number(v))
		n = json_number_value(v);
	else if (json_is_string(v))
		n = g_ascii_strtod(json_string_value(v), NULL);
	return n >= 0 && n <= LIFE_MAX ? (int64_t)n : otherwise;
}

/* The server's words without what a terminal could be driven by. */
static char *sentence_of(const json_t *object)
{
	const char *s =
		json_string_value(json_object_get(object, "error_description"));
	char *text = g_strndup(s ? s : "", 160);
	char *end;

	/* Microsoft's goes on with trace numbers on further lines. */
	text[strcspn(text, "\r\n")] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = ' ';
	if (!g_utf8_validate(text, -1, (const char **)&end))
		*end = '\0';
	return text;
}

static int fail_answer(const json_t *object, unsigned status, char *code,
                       struct am_error *err)
{
	char *error = text_of(object, "error");
	char *words = sentence_of(object);
	int r;

	if (error && code)
		g_strlcpy(code, error, AM_OAUTH_CODE_ROOM);
	if (status >= 500 || status == 429 ||
	    (error && (!strcmp(error, "temporarily_unavailable") ||
	               !strcmp(error, "server_error"))))
		r = am_fail(err, AM_RETRY, AM_E_BUSY,
		            "the token server is not available (HTTP %u)",
		            status);
	else if (error)
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "the token server says %.60s%s%s", error,
		            *words ? ": " : "", words);
	else
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		            "the token server's answer is not what OAuth says "
		            "(HTTP %u)",
		            status);
	g_free(error);
	g_free(words);
	return r;
}

/* The JSON object a POST comes back with; *out NULL where it is none. */
static int post(struct am_oauth *oauth, const char *url,
                const struct am_http_form *form, json_t **out, unsigned *status,
                struct am_error *err)
{
	struct am_http_answer answer;

	*out = NULL;
	int r = am_http_post(&answer, url, form, oauth->ca, oauth->cancel, err);
	if (r)
		return r;
	*status = answer.status;
	/* Not deeper than its parser's own limit, not longer than an answer
	 * may be. */
	*out = json_loadb(answer.body, answer.len, 0, NULL);
	if (*out && !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
	}
	am_http_answer_clear(&answer);
	return AM_OK;
}

int am_oauth_ask_tokens(struct am_oauth *oauth, const struct am_http_form *form,
                        struct am_oauth_tokens *out,
                        char code[AM_OAUTH_CODE_ROOM], struct am_error *err)
{
	unsigned status = 0;
	json_t *object;

	*out = (struct am_oauth_tokens){0};
	*code = '\0';
	int r = post(oauth, oauth->token_url, form, &object, &status, err);
	if (r)
		return r;
	out->access = text_of(object, "access_token");
	if (status != 200 || !out->access) {
		r = fail_answer(object, status, code, err);
		am_oauth_tokens_clear(out);
	} else {
		out->refresh = text_of(object, "refresh_token");
		int64_t life = number_of(object, "expires_in", 0);
		out->ends = life ? am_time_now() + life : 0;
	}
	json_decref(object);
	return r;
}

int am_oauth_ask_device(struct am_oauth *oauth, const struct am_http_form *form,
                        struct am_oauth_device *out, struct am_error *err)
{
	unsigned status = 0;
	json_t *object;

	*out = (struct am_oauth_device){0};
	int r = post(oauth, oauth->device_url, form, &object, &status, err);
	if (r)
		return r;
	out->device_code = text_of(object, "device_code");
	out->user_code = text_of(object, "user_code");
	out->url = text_of(object, "verification_uri");
	if (!out->url) /* what it was called in the drafts */
		out->url = text_of(object, "verification_url");
	out->expires_in = number_of(object, "expires_in", 900);
	out->interval = MAX(number_of(object, "interval", 5), 1);
	if (status != 200 || !out->device_code || !out->user_code ||
	    !out->url) {
		r = fail_answer(object, status, NULL, err);
		am_oauth_device_clear(out);
	}
	json_decref(object);
	return r;
}
