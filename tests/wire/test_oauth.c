/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OAuth against a server of our own that keeps the books. */
#include "wire/oauth.h"

#include "base/cancel.h"
#include "base/hash.h"
#include "base/time.h"
#include "support/http_server.h"
#include "support/tmpdir.h"
#include "wire/secret.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>

/* What the provider does next, and what it was asked. */
struct provider {
	const char *const *answers; /* bodies; "NNN body" with a status */
	unsigned asked;
	GHashTable *last; /* the form */
	char *challenge;  /* of the loopback flow */
	char *redirect;
	unsigned page; /* status of the page the browser came back to */
	bool wrong_state, refuse;
};

static struct http_server *server;
static struct provider provider;
static char *shown; /* to the person */

static char *answer(void *user, const char *path, GHashTable *form)
{
	struct provider *p = user;
	const char *text = p->answers[p->asked];

	(void)path;
	p->asked++;
	if (p->last)
		g_hash_table_unref(p->last);
	p->last = g_hash_table_ref(form);
	if (!text)
		return NULL;
	if (!strncmp(text, "HTTP", 4))
		return g_strdup(text);
	return http_answer((unsigned)g_ascii_strtoull(text, NULL, 10),
	                   text + 4);
}

static void begin(void)
{
	server = http_server_start(answer, &provider);
}

static void end(void)
{
	http_server_stop(server);
	g_clear_pointer(&shown, g_free);
	am_test_tmpdir_end();
}

TestSuite(oauth, .init = begin, .fini = end, .timeout = 30);

static struct am_oauth *open_oauth(void)
{
	char *file = am_test_path("tokens.json");
	char *token = http_server_url(server, "/token");
	char *device = http_server_url(server, "/device");
	char *auth = http_server_url(server, "/auth");
	struct am_oauth_opts opts = {
		.provider = "custom",
		.client_id = "my app",
		.client_secret = "s&cret",
		.scope = "mail offline",
		.auth_url = auth,
		.device_url = device,
		.token_url = token,
		.token_file = file,
		.user = "me@example.org",
	};
	struct am_oauth *oauth = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_oauth_new(&oauth, &opts, &err), AM_OK, "%s", err.text);
	g_free(file);
	g_free(token);
	g_free(device);
	g_free(auth);
	return oauth;
}

static const char *asked(const char *name)
{
	const char *value = g_hash_table_lookup(provider.last, name);

	return value ? value : "";
}

static void put_tokens(const char *access, int64_t life)
{
	char *text = g_strdup_printf("{\"access_token\":\"%s\","
	                             "\"refresh_token\":\"again\","
	                             "\"expires_at\":%" PRId64 "}",
	                             access, am_time_now() + life);
	char *path = am_test_path("tokens.json");

	am_test_write_text("tokens.json", text);
	chmod(path, 0600);
	g_free(path);
	g_free(text);
}

static char *get_tokens(void)
{
	char *path = am_test_path("tokens.json");
	struct stat st;

	cr_assert(!stat(path, &st));
	cr_assert_eq(st.st_mode & 0777, 0600);
	char *text = am_test_read("tokens.json", NULL);
	g_free(path);
	return text;
}

/* ---- tokens from the file ---- */
Test(oauth, a_good_token_comes_from_the_file_without_asking)
{
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	char *token;

	put_tokens("good", 3600);
	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_OK, "%s",
	             err.text);
	cr_assert_str_eq(token, "good");
	cr_assert_eq(provider.asked, 0);
	am_secret_free(&token);
	am_oauth_free(&oauth);
}

Test(oauth, a_token_near_its_end_is_renewed_and_the_file_replaced)
{
	static const char *const answers[] = {
		"200 {\"access_token\":\"fresh\",\"expires_in\":3600,"
		"\"refresh_token\":\"rotated\"}",
		NULL};
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	char *token;

	provider.answers = answers;
	put_tokens("old", 200);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_OK,
		             "%s", err.text);
		cr_assert_str_eq(token, "fresh");
		am_secret_free(&token);
	}
	cr_assert_eq(provider.asked, 1);
	cr_assert_str_eq(asked("grant_type"), "refresh_token");
	cr_assert_str_eq(asked("refresh_token"), "again");
	cr_assert_str_eq(asked("client_id"), "my app");
	cr_assert_str_eq(asked("client_secret"), "s&cret");
	char *text = get_tokens();
	cr_assert(strstr(text, "rotated") && strstr(text, "fresh"));
	g_free(text);
	am_oauth_free(&oauth);
}

Test(oauth, a_refused_token_is_renewed_whatever_its_time)
{
	static const char *const answers[] = {
		"200 {\"access_token\":\"fresh\",\"expires_in\":\"3600\"}",
		NULL};
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	char *token;

	provider.answers = answers;
	put_tokens("old", 3600);
	cr_assert_eq(am_oauth_token(oauth, "old", &token, &err), AM_OK, "%s",
	             err.text);
	cr_assert_str_eq(token, "fresh");
	am_secret_free(&token);
	/* One that somebody else had renewed already is taken. */
	cr_assert_eq(am_oauth_token(oauth, "old", &token, &err), AM_OK);
	cr_assert_str_eq(token, "fresh");
	cr_assert_eq(provider.asked, 1);
	/* What may renew stays where no other is given. */
	char *text = get_tokens();
	cr_assert(strstr(text, "again"));
	g_free(text);
	am_secret_free(&token);
	am_oauth_free(&oauth);
}

static gpointer renew(gpointer arg)
{
	struct am_oauth *oauth = open_oauth();
	char *token = NULL;

	(void)arg;
	cr_expect_eq(am_oauth_token(oauth, NULL, &token, NULL), AM_OK);
	cr_expect(token && !strcmp(token, "fresh"));
	am_secret_free(&token);
	am_oauth_free(&oauth);
	return NULL;
}

Test(oauth, several_at_once_renew_it_once)
{
	static const char *const answers[] = {
		"200 {\"access_token\":\"fresh\",\"expires_in\":3600}", NULL};
	GThread *threads[4];

	provider.answers = answers;
	put_tokens("old", 10);
	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("renew", renew, NULL);
	for (int i = 0; i < 4; i++)
		g_thread_join(threads[i]);
	cr_assert_eq(provider.asked, 1);
}

/* What may come back, and what is said of it. */
Test(oauth, bad_answers_have_one_clear_line_each)
{
	static const struct {
		const char *answer;
		int status;
		const char *words;
	} rows[] = {
		{"400 {\"error\":\"invalid_grant\","
	         "\"error_description\":\"gone\\u001b[2J\\r\\nTrace\"}",
	         AM_FAILED, "log in again: "},
		{"401 {\"error\":\"invalid_client\"}", AM_FAILED,
	         "says invalid_client"},
		{"503 busy", AM_RETRY, "not available"},
		{"429 {}", AM_RETRY, "not available"},
		{"200 <html>", AM_FAILED, "not what OAuth says"},
		{"200 [1,2]", AM_FAILED, "not what OAuth says"},
		{"200 {\"access_token\":7}", AM_FAILED, "not what OAuth says"},
		{"200 {\"access_token\":\"a\\nb\"}", AM_FAILED,
	         "not what OAuth says"},
		{"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n"
	         "Content-Length: 0\r\n\r\n",
	         AM_FAILED, "not what OAuth says"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
	         AM_FAILED, "longer than"},
		{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", AM_FAILED,
	         "no number"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", AM_RETRY,
	         "ended too early"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	         AM_FAILED, "chunks"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
	         AM_FAILED, "gzip"},
		{"HTTP/9 nonsense\r\n\r\n", AM_FAILED, "no HTTP server"},
		{NULL, AM_RETRY, "ended too early"},
	};
	const char *answers[2] = {NULL, NULL};

	provider.answers = answers;
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_oauth *oauth = open_oauth();
		struct am_error err = {0};
		char *token;
		answers[0] = rows[i].answer;
		provider.asked = 0;
		put_tokens("old", 0);
		int r = am_oauth_token(oauth, NULL, &token, &err);
		cr_expect_eq(r, rows[i].status, "row %zu: %d %s", i, r,
		             err.text);
		cr_expect(strstr(err.text, rows[i].words), "row %zu: %s", i,
		          err.text);
		cr_expect_not(strpbrk(err.text, "\r\n\033"));
		cr_expect_null(token);
		/* What was there is there still. */
		char *text = get_tokens();
		cr_expect(strstr(text, "again"));
		g_free(text);
		am_oauth_free(&oauth);
	}
}

Test(oauth, answers_come_in_any_wrapping)
{
	static const char *const answers[] = {
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
		"Transfer-Encoding: Chunked\r\n\r\n"
		"12;x=y\r\n{\"access_token\":\"f\r\n9\r\nresh\"    \r\n"
		"1\r\n}\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n{\"access_token\":\"fresh\"}", NULL};

	provider.answers = answers;
	for (int i = 0; i < 2; i++) {
		struct am_oauth *oauth = open_oauth();
		struct am_error err = {0};
		char *token;
		put_tokens("old", 0);
		cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_OK,
		             "%s", err.text);
		cr_assert_str_eq(token, "fresh");
		am_secret_free(&token);
		am_oauth_free(&oauth);
	}
}

Test(oauth, files_that_others_can_read_are_not_believed)
{
	struct am_oauth *oauth = open_oauth();
	char *path = am_test_path("tokens.json");
	struct am_error err = {0};
	char *token;

	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_AUTH);
	cr_assert(strstr(err.text, "no token yet"), "%s", err.text);
	put_tokens("good", 3600);
	chmod(path, 0640);
	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_FAILED);
	cr_assert(strstr(err.text, "chmod 600"), "%s", err.text);
	chmod(path, 0600);
	am_test_write_text("tokens.json", "{\"access_token\":");
	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_FAILED);
	cr_assert(strstr(err.text, "not a file of tokens"), "%s", err.text);
	am_test_write_text("tokens.json", "{}");
	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_FAILED);
	cr_assert(strstr(err.text, "log in again"), "%s", err.text);
	g_free(path);
	am_oauth_free(&oauth);
}

/* ---- the flows ---- */
static void show_code(void *user, const char *code, const char *url)
{
	(void)user;
	g_free(shown);
	shown = g_strdup_printf("%s at %s", code, url);
}

Test(oauth, a_device_login_asks_until_the_code_was_typed_in)
{
	static const char *const answers[] = {
		"200 {\"device_code\":\"dev\",\"user_code\":\"ABCD-EFGH\","
		"\"verification_uri\":\"https://example.org/device\","
		"\"expires_in\":60,\"interval\":0}",
		"400 {\"error\":\"authorization_pending\"}",
		"200 {\"access_token\":\"mine\",\"refresh_token\":\"r\","
		"\"expires_in\":3600}",
		NULL};
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	char *token;

	provider.answers = answers;
	cr_assert_eq(am_oauth_login_device(oauth, show_code, NULL, &err), AM_OK,
	             "%s", err.text);
	cr_assert_str_eq(shown, "ABCD-EFGH at https://example.org/device");
	cr_assert_eq(provider.asked, 3);
	cr_assert_str_eq(asked("device_code"), "dev");
	cr_assert_str_eq(asked("grant_type"),
	                 "urn:ietf:params:oauth:grant-type:device_code");
	cr_assert_eq(am_oauth_token(oauth, NULL, &token, &err), AM_OK);
	cr_assert_str_eq(token, "mine");
	am_secret_free(&token);
	am_oauth_free(&oauth);
}

Test(oauth, a_device_login_ends_when_declined_or_too_late)
{
	static const char *const rows[][4] = {
		{"400 {\"error\":\"access_denied\"}", NULL, "declined"},
		{"400 {\"error\":\"expired_token\"}", NULL, "expired_token"},
		{"400 {\"error\":\"authorization_pending\"}",
	         "400 {\"error\":\"authorization_pending\"}", "in time"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		const char *const answers[] = {
			"200 {\"device_code\":\"dev\",\"user_code\":\"A\","
			"\"verification_url\":\"https://example.org/d\","
			"\"expires_in\":2,\"interval\":1}",
			rows[i][0], rows[i][1], NULL};
		struct am_oauth *oauth = open_oauth();
		struct am_error err = {0};
		provider.answers = answers;
		provider.asked = 0;
		cr_expect_eq(
			am_oauth_login_device(oauth, show_code, NULL, &err),
			AM_FAILED);
		cr_expect_eq(err.kind, AM_E_AUTH);
		cr_expect(strstr(err.text, rows[i][2]), "%s", err.text);
		am_oauth_free(&oauth);
	}
}

/* A browser: comes back at once with what the provider made of it. */
static gpointer browse(gpointer arg)
{
	struct provider *p = &provider;
	char *url = arg;
	GHashTable *q = g_uri_parse_params(strchr(url, '?') + 1, -1, "&",
	                                   G_URI_PARAMS_NONE, NULL);
	const char *state = g_hash_table_lookup(q, "state");

	p->challenge = g_strdup(g_hash_table_lookup(q, "code_challenge"));
	p->redirect = g_strdup(g_hash_table_lookup(q, "redirect_uri"));
	cr_expect_str_eq(g_hash_table_lookup(q, "code_challenge_method"),
	                 "S256");
	cr_expect_str_eq(g_hash_table_lookup(q, "login_hint"),
	                 "me@example.org");
	cr_expect_str_eq(g_hash_table_lookup(q, "scope"), "mail offline");
	char *icon = g_strconcat(p->redirect, "/favicon.ico", NULL);
	char *forged =
		g_strconcat(p->redirect, "/?state=guess&code=evil", NULL);
	char *back = g_strconcat(
		p->redirect, "/?state=", state,
		p->refuse ? "&error=access_denied" : "&code=the%2Fcode", NULL);
	cr_expect_eq(http_visit(icon), 404);
	cr_expect_eq(http_visit(forged), 404);
	p->page = http_visit(back);
	g_free(icon);
	g_free(forged);
	g_free(back);
	g_hash_table_unref(q);
	g_free(url);
	return NULL;
}

static void show_url(void *user, const char *url)
{
	GThread **thread = user;

	*thread = g_thread_new("browser", browse, g_strdup(url));
}

Test(oauth, a_loopback_login_proves_that_it_began_it)
{
	static const char *const answers[] = {
		"200 {\"access_token\":\"mine\",\"expires_in\":3600}", NULL};
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	uint8_t digest[AM_SHA256_LEN];
	GThread *browser = NULL;

	provider.answers = answers;
	cr_assert_eq(am_oauth_login_loopback(oauth, show_url, &browser, &err),
	             AM_OK, "%s", err.text);
	g_thread_join(browser);
	cr_assert_eq(provider.page, 200);
	cr_assert_str_eq(asked("code"), "the/code");
	cr_assert_str_eq(asked("redirect_uri"), provider.redirect);
	const char *verifier = asked("code_verifier");
	cr_assert_eq(strlen(verifier), 43);
	am_sha256(verifier, 43, digest);
	char *text = g_base64_encode(digest, sizeof digest);
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	cr_assert(!strncmp(text, provider.challenge, 43));
	g_free(text);
	g_free(get_tokens());
	am_oauth_free(&oauth);
}

Test(oauth, a_loopback_login_can_be_declined_and_cancelled)
{
	struct am_oauth *oauth = open_oauth();
	struct am_error err = {0};
	GThread *browser = NULL;

	provider.refuse = true;
	cr_assert_eq(am_oauth_login_loopback(oauth, show_url, &browser, &err),
	             AM_FAILED);
	g_thread_join(browser);
	cr_assert(strstr(err.text, "access_denied"), "%s", err.text);
	am_oauth_free(&oauth);
}

/* ---- options ---- */
Test(oauth, what_is_missing_or_unsafe_is_named)
{
	static const struct {
		struct am_oauth_opts opts;
		const char *words;
	} rows[] = {
		{{.provider = "aol"}, "google, microsoft or custom"},
		{{.provider = "google"}, "needs oauth-client-id"},
		{{.provider = "google", .client_id = "i"}, "needs token-file"},
		{{.provider = "custom", .client_id = "i"}, "needs oauth-scope"},
		{{.provider = "custom", .client_id = "i", .scope = "s"},
	         "needs oauth-token-url"},
		{{.provider = "custom",
	          .client_id = "i",
	          .scope = "s",
	          .token_file = "/x",
	          .token_url = "http://example.org/t"},
	         "is not https"},
		{{.provider = "custom",
	          .client_id = "i",
	          .scope = "s",
	          .token_file = "/x",
	          .token_url = "https://me:pw@example.org/t"},
	         "user or password"},
		{{.provider = "custom",
	          .client_id = "i",
	          .scope = "s",
	          .token_file = "/x",
	          .token_url = "file:///etc/passwd"},
	         "oauth-token-url"},
		{{.provider = "microsoft",
	          .client_id = "i",
	          .token_file = "/x",
	          .tenant = "../evil"},
	         "oauth-tenant"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_oauth *oauth;
		struct am_error err = {0};
		cr_expect_eq(am_oauth_new(&oauth, &rows[i].opts, &err),
		             AM_FAILED);
		cr_expect_eq(err.kind, AM_E_ARGUMENT);
		cr_expect(strstr(err.text, rows[i].words), "row %zu: %s", i,
		          err.text);
	}
}

Test(oauth, providers_say_which_flows_they_have)
{
	struct am_oauth_opts opts = {.client_id = "i", .token_file = "/x"};
	struct am_oauth *oauth;

	opts.provider = "Google";
	cr_assert_eq(am_oauth_new(&oauth, &opts, NULL), AM_OK);
	cr_assert_not(am_oauth_has_device(oauth));
	am_oauth_free(&oauth);
	opts.provider = "microsoft";
	cr_assert_eq(am_oauth_new(&oauth, &opts, NULL), AM_OK);
	cr_assert(am_oauth_has_device(oauth));
	am_oauth_free(&oauth);
}
