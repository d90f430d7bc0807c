/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>
#include <openssl/crypto.h>

#include <string.h>

/* Best first.  Under TLS, PLAIN goes before CRAM-MD5, which many a server
 * offers and cannot do, because it keeps no plain passwords. */
static const struct am_sasl_mech *const mechs[] = {
	&am_sasl_oauthbearer,
	&am_sasl_xoauth2,
	&am_sasl_scram_sha256_plus,
	&am_sasl_scram_sha1_plus,
	&am_sasl_scram_sha256,
	&am_sasl_scram_sha1,
	&am_sasl_plain,
	&am_sasl_login,
	&am_sasl_cram_md5,
	&am_sasl_external,
};

/* ---- bytes that are wiped ---- */

void am_wiped_add(struct am_wiped *w, const void *data, size_t len)
{
	if (w->room < w->len + len + 1) {
		size_t room = (w->len + len + 1) * 2;
		char *bigger = g_malloc(room);
		if (w->len)
			memcpy(bigger, w->data, w->len);
		if (w->data)
			OPENSSL_cleanse(w->data, w->room);
		g_free(w->data);
		w->data = bigger;
		w->room = room;
	}
	assert(w->data);
	if (len)
		memcpy(w->data + w->len, data, len);
	w->len += len;
	w->data[w->len] = '\0';
}

void am_wiped_text(struct am_wiped *w, const char *text)
{
	am_wiped_add(w, text, strlen(text));
}

void am_wiped_clear(struct am_wiped *w)
{
	if (w->data)
		OPENSSL_cleanse(w->data, w->room);
	g_free(w->data);
	*w = (struct am_wiped){.data = NULL};
}

/* ---- what mechanisms say ---- */

int am_sasl_wrong(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_AUTH, "user or password is wrong");
}

int am_sasl_garbled(const struct am_sasl *s, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
	               "%s: the %s's answer makes no sense", s->mech->name,
	               s->server ? "client" : "server");
}

int am_sasl_take_name(char **to, const char *from, size_t len)
{
	g_clear_pointer(to, g_free);
	if (len > 1024 || !g_utf8_validate(from, (gssize)len, NULL) ||
	    memchr(from, '\0', len))
		return AM_FAILED;
	*to = g_strndup(from, len);
	return AM_OK;
}

/* ---- choice ---- */

static bool offers(const char *offered, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = offered; *at;) {
		size_t n = strcspn(at, " ");
		if (n == len && !g_ascii_strncasecmp(at, name, len))
			return true;
		at += n;
		at += strspn(at, " ");
	}
	return false;
}

/* What is lacking for it; NULL when nothing is. */
static const char *lacking(const struct am_sasl_mech *m,
                           const struct am_sasl_client_opts *o)
{
	if (!m->nameless && (!o->user || !*o->user))
		return "there is no user name";
	if (m->token && (!o->token || !*o->token))
		return "there is no access token";
	if (m->external && !o->certificate)
		return "there is no client certificate";
	if (!m->token && !m->external && !o->password)
		return "there is no password";
	if (m->clear && !o->clear_ok)
		return "the connection is not encrypted";
	if (m->binding && !o->binding_len)
		return "the connection has no channel binding";
	return NULL;
}

/* A server's words in an error of ours. */
static char *clean(const char *text)
{
	char *s = g_strndup(text, 90);

	for (char *p = s; *p; p++)
		if (!g_ascii_isprint(*p))
			*p = '?';
	return s;
}

static int choose(const struct am_sasl_mech **out, const char *offered,
                  const char *only, const struct am_sasl_client_opts *o,
                  struct am_error *err)
{
	const char *why = NULL;
	char *list;
	int r = AM_OK;

	*out = NULL;
	for (size_t i = 0; i < AM_COUNT(mechs) && !*out; i++) {
		const struct am_sasl_mech *m = mechs[i];
		if (only ? g_ascii_strcasecmp(only, m->name)
		         : !offers(offered, m->name))
			continue;
		const char *lack = lacking(m, o);
		if (!lack)
			*out = m;
		else if (!why || !m->binding)
			why = lack;
	}
	list = clean(*offered ? offered : "nothing");
	if (only && !offers(offered, only)) {
		char *name = clean(only);
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "the server does not offer %s, but %s", name, list);
		g_free(name);
	} else if (!*out && only) {
		char *name = clean(only);
		r = am_fail(err, AM_FAILED, AM_E_AUTH, "%s: %s", name,
		            why ? why : "not a mechanism known here");
		g_free(name);
	} else if (!*out) {
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "the server offers %s: %s", list,
		            why ? why : "nothing of that is known here");
	}
	g_free(list);
	return r;
}

/* ---- the two ends ---- */

static void copy_binding(struct am_sasl *s, const char *name,
                         const uint8_t *data, size_t len)
{
	if (!len)
		return;
	s->binding_name = g_strdup(name);
	am_wiped_add(&s->binding, data, len);
}

int am_sasl_client_new(struct am_sasl **out, const char *offered,
                       const char *only, const struct am_sasl_client_opts *opts,
                       struct am_error *err)
{
	const struct am_sasl_mech *mech;

	*out = NULL;
	int r = choose(&mech, offered, only, opts, err);
	if (r)
		return r;
	struct am_sasl *s = g_new0(struct am_sasl, 1);
	s->mech = mech;
	s->user = g_strdup(opts->user ? opts->user : "");
	s->authzid = g_strdup(opts->authzid ? opts->authzid : "");
	s->host = g_strdup(opts->host);
	s->port = opts->port;
	if (opts->password)
		am_wiped_text(&s->password, opts->password);
	if (opts->token)
		am_wiped_text(&s->token, opts->token);
	copy_binding(s, opts->binding_name, opts->binding, opts->binding_len);
	s->scram.plus_offered = offers(offered, "SCRAM-SHA-256-PLUS") ||
	                        offers(offered, "SCRAM-SHA-1-PLUS");
	*out = s;
	return AM_OK;
}

int am_sasl_server_new(struct am_sasl **out, const char *mechanism,
                       const struct am_sasl_server_opts *opts,
                       struct am_error *err)
{
	const struct am_sasl_mech *mech = NULL;

	*out = NULL;
	for (size_t i = 0; i < AM_COUNT(mechs); i++)
		if (!g_ascii_strcasecmp(mechanism, mechs[i]->name))
			mech = mechs[i];
	if (!mech || (mech->binding && !opts->binding_len) ||
	    (mech->external && !opts->certificate_user))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "authentication mechanism is not offered");
	struct am_sasl *s = g_new0(struct am_sasl, 1);
	s->mech = mech;
	s->server = true;
	s->opts = *opts;
	s->certificate_user = g_strdup(opts->certificate_user);
	copy_binding(s, opts->binding_name, opts->binding, opts->binding_len);
	*out = s;
	return AM_OK;
}

int am_sasl_step(struct am_sasl *s, const void *in, size_t len,
                 const uint8_t **out, size_t *out_len, struct am_error *err)
{
	int r;

	*out = (const uint8_t *)"";
	*out_len = 0;
	am_wiped_clear(&s->out);
	if (s->over || len > 256 * 1024)
		r = am_sasl_garbled(s, err);
	else if (s->server)
		r = s->mech->server(s, in, len, err);
	else
		r = s->mech->client(s, in ? in : "", len, err);
	s->done++;
	if (r < 0) {
		s->over = AM_FAILED;
		s->satisfied = false;
		am_wiped_clear(&s->out);
		if (s->server)
			g_clear_pointer(&s->user, g_free);
		return r;
	}
	if (r == AM_END) {
		s->over = AM_END;
		s->satisfied = true;
	}
	if (s->out.len) {
		*out = (const uint8_t *)s->out.data;
		*out_len = s->out.len;
	}
	return r;
}

/* ---- asked ---- */

const char *am_sasl_name(const struct am_sasl *s)
{
	return s->mech->name;
}

bool am_sasl_client_first(const struct am_sasl *s)
{
	return s->mech->client_first;
}

bool am_sasl_satisfied(const struct am_sasl *s)
{
	return s->satisfied;
}

const char *am_sasl_trouble(const struct am_sasl *s)
{
	return s->trouble ? s->trouble : "";
}

const char *am_sasl_user(const struct am_sasl *s)
{
	if (s->server && s->over != AM_END)
		return "";
	return s->user ? s->user : "";
}

const char *am_sasl_authzid(const struct am_sasl *s)
{
	if (!s->authzid || (s->user && !strcmp(s->user, s->authzid)))
		return "";
	return s->authzid;
}

void am_sasl_free(struct am_sasl **sasl)
{
	struct am_sasl *s = *sasl;

	*sasl = NULL;
	if (!s)
		return;
	am_wiped_clear(&s->out);
	am_wiped_clear(&s->password);
	am_wiped_clear(&s->token);
	am_wiped_clear(&s->binding);
	am_scram_clear(&s->scram);
	g_free(s->user);
	g_free(s->authzid);
	g_free(s->host);
	g_free(s->binding_name);
	g_free(s->certificate_user);
	g_free(s->challenge);
	g_free(s->trouble);
	g_free(s);
}
