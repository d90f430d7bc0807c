/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl.h"

#include "wire/sasl_impl.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_error err;

/* ---- a server's users: "user" with "pencil", "other" with a verifier ---- */

static struct am_sasl_secret verifier;
static bool fake_password;

static int find(void *user, const char *name, struct am_sasl_secret *out,
                struct am_error *e)
{
	(void)user;
	(void)e;
	if (!strcmp(name, "user")) {
		out->password = "pencil";
	} else if (!strcmp(name, "a=b,c")) {
		out->password = "\xE2\x85\xA8"; /* IX, as one character */
	} else if (!strcmp(name, "other")) {
		if (!verifier.iterations)
			cr_assert_eq(am_sasl_secret_make(&verifier, "pencil",
			                                 4096, &err),
			             AM_OK);
		*out = verifier;
	} else {
		if (fake_password)
			out->password = "nobody's";
		return AM_END;
	}
	return AM_OK;
}

static const struct am_sasl_server_opts server_opts = {
	.find = find,
	.binding_name = "tls-exporter",
	.binding = (const uint8_t *)"0123456789abcdef",
	.binding_len = 16,
	.certificate_user = "certified",
};
static const struct am_sasl_server_opts unbound_opts = {.find = find};

static struct am_sasl_client_opts client_opts(void)
{
	return (struct am_sasl_client_opts){
		.user = "user",
		.password = "pencil",
		.clear_ok = true,
		.binding_name = "tls-exporter",
		.binding = (const uint8_t *)"0123456789abcdef",
		.binding_len = 16,
	};
}

/* One against the other until one has an opinion: both must end well. */
static bool converse(struct am_sasl *c, struct am_sasl *s, bool initial)
{
	const uint8_t *out = NULL;
	size_t len = 0;
	int cr = AM_OK, sr;

	if (am_sasl_client_first(c) && initial) {
		cr = am_sasl_step(c, NULL, 0, &out, &len, &err);
		if (cr < 0)
			return false;
		sr = am_sasl_step(s, out ? out : (const uint8_t *)"", len, &out,
		                  &len, &err);
	} else {
		sr = am_sasl_step(s, NULL, 0, &out, &len, &err);
	}
	for (int i = 0; i < 10 && sr == AM_OK; i++) {
		cr = am_sasl_step(c, out, len, &out, &len, &err);
		if (cr < 0)
			return false;
		sr = am_sasl_step(s, out, len, &out, &len, &err);
	}
	cr_assert_neq(sr, AM_OK, "it comes to an end");
	return sr == AM_END && am_sasl_satisfied(c);
}

static struct am_sasl *client(const char *mech,
                              const struct am_sasl_client_opts *o)
{
	struct am_sasl *c;

	cr_assert_eq(am_sasl_client_new(&c, mech, mech, o, &err), AM_OK,
	             "%s: %s", mech, err.text);
	cr_assert_str_eq(am_sasl_name(c), mech);
	return c;
}

static struct am_sasl *server(const char *mech,
                              const struct am_sasl_server_opts *o)
{
	struct am_sasl *s;

	cr_assert_eq(am_sasl_server_new(&s, mech, o, &err), AM_OK, "%s: %s",
	             mech, err.text);
	return s;
}

static const char *const with_password[] = {
	"PLAIN",
	"LOGIN",
	"CRAM-MD5",
	"SCRAM-SHA-1",
	"SCRAM-SHA-256",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256-PLUS",
};

static bool logs_in(const char *mech, const struct am_sasl_client_opts *o,
                    bool initial, char *who, size_t room)
{
	bool bound = strstr(mech, "PLUS");
	struct am_sasl_client_opts mine = *o;

	/* Without -PLUS neither knows of a binding: else the client says "y"
	 * and is turned down, as it should be. */
	if (!bound)
		mine.binding_len = 0;
	struct am_sasl *c = client(mech, &mine);
	struct am_sasl *s = server(mech, bound || !strcmp(mech, "EXTERNAL")
	                                         ? &server_opts
	                                         : &unbound_opts);
	bool ok = converse(c, s, initial);
	(void)g_strlcpy(who, am_sasl_user(s), room);
	cr_assert(ok || !*who, "nobody is anybody who failed");
	am_sasl_free(&c);
	am_sasl_free(&s);
	return ok;
}

Test(sasl, every_mechanism_lets_the_right_one_in)
{
	char who[100];

	for (size_t i = 0; i < AM_COUNT(with_password); i++) {
		const char *m = with_password[i];
		for (int initial = 0; initial < 2; initial++) {
			struct am_sasl_client_opts o = client_opts();
			cr_assert(logs_in(m, &o, initial, who, sizeof who),
			          "%s: %s", m, err.text);
			cr_assert_str_eq(who, "user");
			o.password = "Pencil";
			cr_assert_not(logs_in(m, &o, initial, who, sizeof who),
			              "%s", m);
			cr_assert_eq(err.kind, AM_E_AUTH, "%s: %s", m,
			             err.text);
			o.password = "";
			cr_assert_not(logs_in(m, &o, initial, who, sizeof who));
			o = client_opts();
			o.user = "nobody";
			fake_password = initial;
			cr_assert_not(logs_in(m, &o, initial, who, sizeof who));
			cr_assert_str_eq(err.text, "user or password is wrong");
		}
	}
}

Test(sasl, a_verifier_serves_where_it_can)
{
	static const struct {
		const char *mech;
		bool ok;
	} rows[] = {{"PLAIN", true},         {"LOGIN", true},
	            {"SCRAM-SHA-256", true}, {"SCRAM-SHA-256-PLUS", true},
	            {"SCRAM-SHA-1", false},  {"CRAM-MD5", false}};
	char who[100];

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_sasl_client_opts o = client_opts();
		o.user = "other";
		cr_assert_eq(logs_in(rows[i].mech, &o, true, who, sizeof who),
		             rows[i].ok, "%s: %s", rows[i].mech, err.text);
		o.password = "pen";
		cr_assert_not(logs_in(rows[i].mech, &o, true, who, sizeof who));
	}
	cr_assert_eq(am_sasl_secret_make(&verifier, "x", 100, &err), AM_FAILED);
}

Test(sasl, names_with_commas_and_passwords_of_other_forms)
{
	static const char *const mechs[] = {"PLAIN", "SCRAM-SHA-256",
	                                    "SCRAM-SHA-1"};
	char who[100];

	for (size_t i = 0; i < AM_COUNT(mechs); i++) {
		struct am_sasl_client_opts o = client_opts();
		o.user = "a=b,c";
		o.password = "I\xC2\xADX"; /* a soft hyphen in IX */
		cr_assert(logs_in(mechs[i], &o, true, who, sizeof who),
		          "%s: %s", mechs[i], err.text);
		cr_assert_str_eq(who, "a=b,c");
	}
}

Test(sasl, one_may_act_as_another)
{
	static const char *const mechs[] = {"PLAIN", "SCRAM-SHA-256",
	                                    "SCRAM-SHA-1-PLUS"};

	for (size_t i = 0; i < AM_COUNT(mechs); i++) {
		struct am_sasl_client_opts o = client_opts();
		bool bound = strstr(mechs[i], "PLUS");
		o.authzid = "boss, the";
		if (!bound)
			o.binding_len = 0;
		struct am_sasl *c = client(mechs[i], &o);
		struct am_sasl *s =
			server(mechs[i], bound ? &server_opts : &unbound_opts);
		cr_assert(converse(c, s, true), "%s", err.text);
		cr_assert_str_eq(am_sasl_user(s), "user");
		cr_assert_str_eq(am_sasl_authzid(s), "boss, the");
		am_sasl_free(&c);
		am_sasl_free(&s);
	}
}

Test(sasl, tokens_and_certificates)
{
	static const char *const mechs[] = {"XOAUTH2", "OAUTHBEARER"};
	char who[100];

	for (size_t i = 0; i < AM_COUNT(mechs); i++) {
		struct am_sasl_client_opts o = {.user = "a=b,c",
		                                .token = "\xE2\x85\xA8",
		                                .host = "imap.example.org",
		                                .port = 993,
		                                .clear_ok = true};
		cr_assert(logs_in(mechs[i], &o, true, who, sizeof who),
		          "%s: %s", mechs[i], err.text);
		cr_assert_str_eq(who, "a=b,c");
		o.token = "old";
		struct am_sasl *c = client(mechs[i], &o);
		struct am_sasl *s = server(mechs[i], &unbound_opts);
		cr_assert_not(converse(c, s, true));
		cr_assert_not(am_sasl_satisfied(c));
		cr_assert(strstr(am_sasl_trouble(c), "expired") &&
		                  strstr(am_sasl_trouble(c), "invalid_token"),
		          "%s", am_sasl_trouble(c));
		am_sasl_free(&c);
		am_sasl_free(&s);
	}
	struct am_sasl_client_opts o = {.certificate = true};
	cr_assert(logs_in("EXTERNAL", &o, false, who, sizeof who));
	cr_assert_str_eq(who, "certified");
}

Test(sasl, what_google_says_is_told_in_words)
{
	static const struct {
		const char *says, *words;
	} rows[] = {
		{"{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":"
	         "\"https://mail.google.com/\"}",
	         "expired"},
		{"{ \"schemes\" : [\"a\"], \"status\" : 401 }", "(401)"},
		{"{\"status\":\"insufficient_scope\",\"scope\":\"mail.read\"}",
	         "scope must be mail.read"},
		{"what is this\r\n", "what is this??"},
		{"{\"status\":\"unterminated", "does not accept"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_sasl_client_opts o = {
			.user = "u", .token = "t", .clear_ok = true};
		const uint8_t *out;
		size_t len;
		struct am_sasl *c = client("XOAUTH2", &o);
		cr_assert_eq(am_sasl_step(c, NULL, 0, &out, &len, &err), AM_OK);
		cr_assert(len == 22 &&
		          !memcmp(out, "user=u\1auth=Bearer t\1\1", 22));
		cr_assert(am_sasl_satisfied(c), "a bare OK is fine");
		cr_assert_eq(am_sasl_step(c, rows[i].says, strlen(rows[i].says),
		                          &out, &len, &err),
		             AM_OK);
		cr_assert_eq(len, 0);
		cr_assert(strstr(am_sasl_trouble(c), rows[i].words), "%s",
		          am_sasl_trouble(c));
		am_sasl_free(&c);
	}
}

/* ---- the vectors of the RFCs ---- */

static void expect(struct am_sasl *s, const char *in, int status,
                   const char *answer)
{
	const uint8_t *out;
	size_t len;

	cr_assert_eq(am_sasl_step(s, in, in ? strlen(in) : 0, &out, &len, &err),
	             status, "%s", err.text);
	cr_assert(len == strlen(answer) && !memcmp(out, answer, len), "%.*s",
	          (int)len, (const char *)out);
}

Test(sasl, the_examples_of_the_rfcs)
{
	struct am_sasl_client_opts o = client_opts();

	o.binding_len = 0;
	struct am_sasl *c = client("SCRAM-SHA-1", &o); /* RFC 5802 §5 */
	c->scram.nonce = g_strdup("fyko+d2lbbFgONRv9qkxdawL");
	expect(c, NULL, AM_OK, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
	expect(c,
	       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92"
	       ",i=4096",
	       AM_OK,
	       "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2"
	       "T0CJGbJQyF0X+HI4Ts=");
	cr_assert_not(am_sasl_satisfied(c));
	expect(c, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", AM_END, "");
	cr_assert(am_sasl_satisfied(c));
	am_sasl_free(&c);

	c = client("SCRAM-SHA-256", &o); /* RFC 7677 §3 */
	c->scram.nonce = g_strdup("rOprNGfwEbeRWgbNEkqO");
	expect(c, NULL, AM_OK, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	expect(c,
	       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0S"
	       "NY7soEsUEjb6gQ==,i=4096",
	       AM_OK,
	       "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=d"
	       "HzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	expect(c, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", AM_END, "");
	am_sasl_free(&c);

	o.user = "tim";
	o.password = "tanstaaftanstaaf";
	c = client("CRAM-MD5", &o); /* RFC 2195 §2 */
	expect(c, "<1896.697170952@postoffice.reston.mci.net>", AM_END,
	       "tim b913a602c7eda7a495b4e6e7334d3890");
	am_sasl_free(&c);

	struct am_sasl_client_opts t = {.user = "user@example.com",
	                                .token = "vF9dft4qmTc2Nvb3RlckBhbHR",
	                                .host = "server.example.com",
	                                .port = 143,
	                                .clear_ok = true};
	c = client("OAUTHBEARER", &t); /* RFC 7628 §4.1 */
	expect(c, NULL, AM_OK,
	       "n,a=user@example.com,\1host=server.example.com\1port=143\1"
	       "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHR\1\1");
	expect(c, "{\"status\":\"invalid_token\"}", AM_OK, "\1");
	am_sasl_free(&c);
}

/* ---- peers that lie ---- */

Test(sasl, a_scram_client_turns_down_a_server_that_is_none)
{
	static const struct {
		const char *first, *final, *says;
	} rows[] = {
		{"r=other,s=QSXCR+Q6sek8bf92,i=4096", NULL, "nonce"},
		{"r=mine,s=QSXCR+Q6sek8bf92,i=4096", NULL, "nonce"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=4095", NULL, "4095 iterations"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=1000001", NULL, "1000001"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=99999999999", NULL,
	         "iterations"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=-1", NULL, "iterations"},
		{"r=mine+,s=Q,i=4096", NULL, "no sense"},
		{"r=mine+,s=,i=4096", NULL, "no sense"},
		{"r=mine+,i=4096", NULL, "no sense"},
		{"m=x,r=mine+,s=QSXCR+Q6sek8bf92,i=4096", NULL, "no sense"},
		{"", NULL, "no sense"},
		{"e=unknown-user", NULL, "wrong"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=4096",
	         "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "not who it says"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=4096", "v=", "no sense"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=4096", "", "no sense"},
		{"r=mine+,s=QSXCR+Q6sek8bf92,i=4096", "e=invalid-proof",
	         "wrong"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_sasl_client_opts o = client_opts();
		const uint8_t *out;
		size_t len;
		o.binding_len = 0;
		struct am_sasl *c = client("SCRAM-SHA-1", &o);
		c->scram.nonce = g_strdup("mine");
		expect(c, NULL, AM_OK, "n,,n=user,r=mine");
		int r = am_sasl_step(c, rows[i].first, strlen(rows[i].first),
		                     &out, &len, &err);
		if (rows[i].final) {
			cr_assert_eq(r, AM_OK, "%zu: %s", i, err.text);
			r = am_sasl_step(c, rows[i].final,
			                 strlen(rows[i].final), &out, &len,
			                 &err);
		}
		cr_assert_eq(r, AM_FAILED, "%zu", i);
		cr_assert(strstr(err.text, rows[i].says), "%zu: %s", i,
		          err.text);
		cr_assert_not(am_sasl_satisfied(c));
		cr_assert_eq(am_sasl_step(c, "", 0, &out, &len, &err),
		             AM_FAILED, "it is over");
		am_sasl_free(&c);
	}
}

Test(sasl, somebody_in_between_is_noticed)
{
	struct am_sasl_client_opts o = client_opts();
	struct am_sasl *c, *s;
	const uint8_t *out;
	size_t len;

	/* The offer of -PLUS was taken away. */
	cr_assert_eq(am_sasl_client_new(&c, "SCRAM-SHA-256", NULL, &o, &err),
	             AM_OK);
	s = server("SCRAM-SHA-256", &server_opts);
	cr_assert_not(converse(c, s, true));
	cr_assert(strstr(err.text, "in between"), "%s", err.text);
	am_sasl_free(&c);
	am_sasl_free(&s);
	/* The user did not want it: that is another matter. */
	cr_assert_eq(am_sasl_client_new(&c, "SCRAM-SHA-256 SCRAM-SHA-256-PLUS",
	                                "SCRAM-SHA-256", &o, &err),
	             AM_OK);
	s = server("SCRAM-SHA-256", &server_opts);
	cr_assert(converse(c, s, true), "%s", err.text);
	am_sasl_free(&c);
	am_sasl_free(&s);
	/* Two channels. */
	o.binding = (const uint8_t *)"0123456789abcdeX";
	c = client("SCRAM-SHA-256-PLUS", &o);
	s = server("SCRAM-SHA-256-PLUS", &server_opts);
	cr_assert_not(converse(c, s, true));
	cr_assert(strstr(err.text, "channel"), "%s", err.text);
	am_sasl_free(&c);
	am_sasl_free(&s);
	o.binding_name = "tls-unique";
	c = client("SCRAM-SHA-256-PLUS", &o);
	s = server("SCRAM-SHA-256-PLUS", &server_opts);
	cr_assert_not(converse(c, s, true));
	am_sasl_free(&c);
	am_sasl_free(&s);
	/* A proof with a bit turned. */
	o = client_opts();
	c = client("SCRAM-SHA-1-PLUS", &o);
	s = server("SCRAM-SHA-1-PLUS", &server_opts);
	cr_assert_eq(am_sasl_step(c, NULL, 0, &out, &len, &err), AM_OK);
	cr_assert_eq(am_sasl_step(s, out, len, &out, &len, &err), AM_OK);
	cr_assert_eq(am_sasl_step(c, out, len, &out, &len, &err), AM_OK);
	char *bent = g_strndup((const char *)out, len);
	bent[len - 5] = bent[len - 5] == 'A' ? 'B' : 'A';
	cr_assert_eq(am_sasl_step(s, bent, len, &out, &len, &err), AM_FAILED);
	cr_assert_str_eq(am_sasl_user(s), "");
	g_free(bent);
	am_sasl_free(&c);
	am_sasl_free(&s);
}

Test(sasl, who_does_not_exist_has_the_same_salt_each_time)
{
	static const uint8_t key[32] = {7};
	struct am_sasl_server_opts o = {.find = find, .fake_key = key};
	char *first[3];

	for (int i = 0; i < 3; i++) {
		const uint8_t *out;
		size_t len;
		const char *hello = i < 2 ? "n,,n=ghost,r=x" : "n,,n=spook,r=x";
		struct am_sasl *s = server("SCRAM-SHA-256", &o);
		cr_assert_eq(
			am_sasl_step(s, hello, strlen(hello), &out, &len, &err),
			AM_OK);
		first[i] = g_strndup(strstr((const char *)out, ",s="), 20);
		cr_assert(strstr((const char *)out, ",i=10000"));
		am_sasl_free(&s);
	}
	cr_assert_str_eq(first[0], first[1]);
	cr_assert_str_neq(first[0], first[2]);
	for (int i = 0; i < 3; i++)
		g_free(first[i]);
}

Test(sasl, a_server_takes_no_nonsense)
{
	static const struct {
		const char *mech, *in;
		size_t len;
	} rows[] = {
		{"PLAIN", "", 0},
		{"PLAIN", "user", 4},
		{"PLAIN", "\0user", 5},
		{"PLAIN", "\0user\0pencil\0", 13},
		{"PLAIN", "\0us\xFFr\0pencil", 12},
		{"CRAM-MD5", "user 1234", 9},
		{"SCRAM-SHA-256", "", 0},
		{"SCRAM-SHA-256", "n", 1},
		{"SCRAM-SHA-256", "n,", 2},
		{"SCRAM-SHA-256", "x,,n=user,r=x", 13},
		{"SCRAM-SHA-256", "n,,n=,r=x", 9},
		{"SCRAM-SHA-256", "n,,n=us=er,r=x", 14},
		{"SCRAM-SHA-256", "n,,n=user,r=", 12},
		{"SCRAM-SHA-256", "n,,m=1,n=user,r=x", 17},
		{"SCRAM-SHA-256", "p=tls-exporter,,n=user,r=x", 26},
		{"SCRAM-SHA-256-PLUS", "n,,n=user,r=x", 13},
		{"XOAUTH2", "user=user\1auth=Basic x\1\1", 24},
		{"XOAUTH2", "user=user", 9},
		{"OAUTHBEARER", "n,,\1auth=Bearer x\1\1", 19},
		{"OAUTHBEARER", "\1", 1},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		const uint8_t *out;
		size_t len;
		struct am_sasl *s =
			server(rows[i].mech, strstr(rows[i].mech, "PLUS")
		                                     ? &server_opts
		                                     : &unbound_opts);
		cr_assert_eq(am_sasl_step(s, rows[i].in, rows[i].len, &out,
		                          &len, &err),
		             AM_FAILED, "%zu", i);
		cr_assert_eq(len, 0);
		am_sasl_free(&s);
	}
}

/* ---- choosing ---- */

Test(sasl, the_best_of_what_is_offered)
{
	static const struct {
		const char *offered, *only;
		bool token, no_password, clear, bound;
		const char *gets; /* or what the error says */
		bool fails;
	} rows[] = {
		{"PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS",
	         NULL, false, false, true, true, "SCRAM-SHA-256-PLUS", false},
		{"PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS",
	         NULL, false, false, true, false, "SCRAM-SHA-256", false},
		{"login plain cram-md5", NULL, false, false, true, true,
	         "PLAIN", false},
		{"LOGIN PLAIN CRAM-MD5", NULL, false, false, false, false,
	         "CRAM-MD5", false},
		{"XOAUTH2 OAUTHBEARER PLAIN", NULL, true, true, true, false,
	         "OAUTHBEARER", false},
		{"XOAUTH2 PLAIN", NULL, false, false, true, false, "PLAIN",
	         false},
		{"PLAIN LOGIN", "LOGIN", false, false, true, false, "LOGIN",
	         false},
		{"PLAIN LOGIN", NULL, false, false, false, false,
	         "offers PLAIN LOGIN: the connection is not encrypted", true},
		{"XOAUTH2", NULL, false, false, true, false, "no access token",
	         true},
		{"PLAIN", NULL, false, true, true, false, "no password", true},
		{"GSSAPI NTLM", NULL, false, false, true, false,
	         "GSSAPI NTLM: nothing of that is known", true},
		{"", NULL, false, false, true, false, "offers nothing", true},
		{"PLAIN", "SCRAM-SHA-1", false, false, true, false,
	         "does not offer SCRAM-SHA-1, but PLAIN", true},
		{"GSSAPI", "GSSAPI", false, false, true, false,
	         "GSSAPI: not a mechanism", true},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_sasl_client_opts o = client_opts();
		struct am_sasl *c;
		o.token = rows[i].token ? "t" : NULL;
		o.password = rows[i].no_password ? NULL : "pencil";
		o.clear_ok = rows[i].clear;
		if (!rows[i].bound)
			o.binding_len = 0;
		int r = am_sasl_client_new(&c, rows[i].offered, rows[i].only,
		                           &o, &err);
		cr_assert_eq(r, rows[i].fails ? AM_FAILED : AM_OK, "%zu: %s", i,
		             err.text);
		if (r)
			cr_assert(err.kind == AM_E_AUTH &&
			                  strstr(err.text, rows[i].gets),
			          "%zu: %s", i, err.text);
		else
			cr_assert_str_eq(am_sasl_name(c), rows[i].gets);
		am_sasl_free(&c);
	}
}
