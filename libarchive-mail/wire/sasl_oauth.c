/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>

#include <string.h>

/*
 * OAuth access tokens: OAUTHBEARER (RFC 7628) and Google's XOAUTH2.
 *
 *   C: n,a=user,^Ahost=…^Aport=…^Aauth=Bearer token^A^A    OAUTHBEARER
 *   C: user=name^Aauth=Bearer token^A^A                    XOAUTH2
 *   S: {"status":"invalid_token",…}     only when it does not believe
 *   C: ^A  or nothing
 *   S: NO
 */

/* ---- the server's reasons ---- */

/* The value of a key of a flat JSON object, if a string or a number. */
static char *json_value(const char *in, size_t len, const char *key)
{
	const char *end = in + len;
	bool value = false, ours = false;

	for (const char *p = in; p < end; p++) {
		const char *start = p;
		if (*p == ':') {
			value = true;
		} else if (*p == ',' || *p == '{') {
			value = ours = false;
		} else if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				if (*p == '\\')
					p++;
			if (p >= end)
				return NULL;
			size_t n = (size_t)(p - start) - 1;
			if (value && ours)
				return g_strndup(start + 1, n);
			if (!value)
				ours = n == strlen(key) &&
				       !memcmp(start + 1, key, n);
		} else if (value && ours && g_ascii_isdigit(*p)) {
			while (p < end && g_ascii_isdigit(*p))
				p++;
			return g_strndup(start, (gsize)(p - start));
		}
	}
	return NULL;
}

static void note_trouble(struct am_sasl *s, const char *in, size_t len)
{
	char *status = json_value(in, len, "status");
	char *scope = json_value(in, len, "scope");

	g_free(s->trouble);
	if (!status)
		s->trouble = g_strdup_printf(
			"the server does not accept the token: %.*s",
			(int)(len < 100 ? len : 100), in);
	else if (!strcmp(status, "insufficient_scope") ||
	         !strcmp(status, "403"))
		s->trouble = g_strdup_printf(
			"the token does not allow this use of mail (%.30s); "
			"the scope must be %.80s",
			status, scope ? scope : "another");
	else
		s->trouble = g_strdup_printf(
			"the token has expired, or was not made for this kind "
			"of access (%.30s%s%.80s)",
			status, scope ? "; scope " : "", scope ? scope : "");
	for (char *p = s->trouble; *p; p++)
		if (!g_ascii_isprint(*p))
			*p = '?';
	g_free(status);
	g_free(scope);
}

/* Whatever comes after the token is a "no"; answer it, so that the server can
 * end the exchange. */
static int take_no(struct am_sasl *s, const char *in, size_t len,
                   const char *answer, struct am_error *err)
{
	if (s->done > 1)
		return am_sasl_garbled(s, err);
	note_trouble(s, in, len);
	s->satisfied = false;
	am_wiped_text(&s->out, answer);
	return AM_OK;
}

/* ---- the client ---- */

static void add_bearer(struct am_sasl *s)
{
	am_wiped_text(&s->out, "auth=Bearer ");
	am_wiped_add(&s->out, s->token.data, s->token.len);
	am_wiped_text(&s->out, "\1\1");
	/* No proof is owed: the token went to a peer that TLS vouches for. */
	s->satisfied = true;
}

static bool holds_control(const char *s)
{
	for (; *s; s++)
		if (g_ascii_iscntrl(*s))
			return true;
	return false;
}

static int check_token(const struct am_sasl *s, struct am_error *err)
{
	if (!holds_control(s->token.data) && !holds_control(s->user))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "control characters in the token or the user name");
}

static int xoauth2_client(struct am_sasl *s, const char *in, size_t len,
                          struct am_error *err)
{
	if (s->done)
		return take_no(s, in, len, "", err);
	int r = check_token(s, err);
	if (r)
		return r;
	if (len)
		return am_sasl_garbled(s, err);
	am_wiped_text(&s->out, "user=");
	am_wiped_text(&s->out, s->user);
	am_wiped_text(&s->out, "\1");
	add_bearer(s);
	return AM_OK;
}

static int bearer_client(struct am_sasl *s, const char *in, size_t len,
                         struct am_error *err)
{
	char port[16];

	if (s->done)
		return take_no(s, in, len, "\1", err);
	int r = check_token(s, err);
	if (r)
		return r;
	if (len)
		return am_sasl_garbled(s, err);
	/* The name stands in the header: RFC 7628 has no other place. */
	const char *name = *s->authzid ? s->authzid : s->user;
	am_wiped_text(&s->out, *name ? "n,a=" : "n,");
	for (; *name; name++) {
		if (*name == '=' || *name == ',')
			am_wiped_text(&s->out, *name == '=' ? "=3D" : "=2C");
		else
			am_wiped_add(&s->out, name, 1);
	}
	am_wiped_text(&s->out, ",\1");
	if (s->host) {
		am_wiped_text(&s->out, "host=");
		am_wiped_text(&s->out, s->host);
		(void)g_snprintf(port, sizeof port, "%u", (unsigned)s->port);
		am_wiped_text(&s->out, "\1port=");
		am_wiped_text(&s->out, port);
		am_wiped_text(&s->out, "\1");
	}
	add_bearer(s);
	return AM_OK;
}

/* ---- the server ---- */

/* The value of key= among fields that ^A ends. */
static bool field(const char *in, size_t len, const char *key,
                  const char **value, size_t *n)
{
	const char *end = in + len;
	size_t key_len = strlen(key);

	for (const char *at = in; at < end;) {
		const char *stop = memchr(at, 1, (size_t)(end - at));
		if (!stop)
			return false;
		size_t have = (size_t)(stop - at);
		if (have > key_len && !memcmp(at, key, key_len) &&
		    at[key_len] == '=') {
			*value = at + key_len + 1;
			*n = have - key_len - 1;
			return true;
		}
		at = stop + 1;
	}
	return false;
}

static int check_bearer(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	const char *v;
	size_t n;

	if (!field(in, len, "auth", &v, &n) || n < 7 ||
	    g_ascii_strncasecmp(v, "Bearer ", 7))
		return am_sasl_garbled(s, err);
	struct am_error why;
	int r = am_sasl_check(s, v + 7, n - 7, &why);
	if (!r)
		return AM_END;
	if (why.kind != AM_E_AUTH)
		return am_fail(err, AM_FAILED, why.kind, "%s", why.text);
	am_wiped_text(&s->out, "{\"status\":\"invalid_token\"}");
	s->trouble = g_strdup("told");
	return AM_OK;
}

static int xoauth2_server(struct am_sasl *s, const char *in, size_t len,
                          struct am_error *err)
{
	const char *v;
	size_t n;

	if (!s->done && !in)
		return AM_OK;
	if (s->trouble)
		return am_sasl_wrong(err);
	if (!in || !field(in, len, "user", &v, &n) ||
	    am_sasl_take_name(&s->user, v, n))
		return am_sasl_garbled(s, err);
	return check_bearer(s, in, len, err);
}

static int bearer_server(struct am_sasl *s, const char *in, size_t len,
                         struct am_error *err)
{
	if (!s->done && !in)
		return AM_OK;
	if (s->trouble)
		return am_sasl_wrong(err);
	const char *end = in ? in + len : in;
	const char *comma = in ? memchr(in, 1, len) : NULL;
	if (!comma || len < 5 || memcmp(in, "n,a=", 4) || comma[-1] != ',')
		return am_sasl_garbled(s, err);
	GString *name = g_string_new(NULL);
	for (const char *p = in + 4; p < comma - 1; p++) {
		if (comma - p > 3 && !memcmp(p, "=2C", 3)) {
			g_string_append_c(name, ',');
			p += 2;
		} else if (comma - p > 3 && !memcmp(p, "=3D", 3)) {
			g_string_append_c(name, '=');
			p += 2;
		} else {
			g_string_append_c(name, *p);
		}
	}
	int r = am_sasl_take_name(&s->user, name->str, name->len);
	g_string_free(name, TRUE);
	if (r)
		return am_sasl_garbled(s, err);
	return check_bearer(s, comma + 1, (size_t)(end - comma) - 1, err);
}

const struct am_sasl_mech am_sasl_xoauth2 = {
	.name = "XOAUTH2",
	.client_first = true,
	.token = true,
	.clear = true,
	.client = xoauth2_client,
	.server = xoauth2_server,
};

const struct am_sasl_mech am_sasl_oauthbearer = {
	.name = "OAUTHBEARER",
	.client_first = true,
	.token = true,
	.clear = true,
	.nameless = true,
	.client = bearer_client,
	.server = bearer_server,
};
