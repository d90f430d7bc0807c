/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/autoconfig.h"

#include "cmd/serve/settings.h"
#include "serving.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(autoconfig, .timeout = 120);

#define expect_in(text, what) \
	cr_expect(strstr((text), (what)), "no %s in %s", (what), (text))
#define expect_not_in(text, what) \
	cr_expect(!strstr((text), (what)), "%s in %s", (what), (text))

static const struct serve_settings wide = {
	.host = "mail.example.org", .imap = 143, .imaps = 993, .pop3s = 995};
static const struct serve_settings here = {.host = "localhost",
                                           .local = true,
                                           .imap = 1143,
                                           .imaps = 1993,
                                           .user = "mailark"};

/* Every document is XML to somebody else's parser. */
static void expect_xml(const char *text)
{
	GMarkupParser none = {NULL, NULL, NULL, NULL, NULL};
	GMarkupParseContext *context =
		g_markup_parse_context_new(&none, 0, NULL, NULL);
	GError *why = NULL;

	cr_expect(g_markup_parse_context_parse(context, text, -1, &why) &&
	                  g_markup_parse_context_end_parse(context, &why),
	          "%s: %s", why ? why->message : "", text);
	g_clear_error(&why);
	g_markup_parse_context_free(context);
}

Test(autoconfig, mozilla_is_told_the_safest_first)
{
	char *text = autoconfig_mozilla(&wide, "ann@example.org");

	expect_xml(text);
	expect_in(text, "<domain>example.org</domain>");
	const char *ssl = strstr(text, "<port>993</port>\n"
	                               "      <socketType>SSL</socketType>");
	const char *starttls =
		strstr(text, "<port>143</port>\n"
	                     "      <socketType>STARTTLS</socketType>");
	cr_expect(ssl && starttls && ssl < starttls, "%s", text);
	expect_in(text, "<incomingServer type=\"pop3\">");
	expect_in(text, "<username>%EMAILLOCALPART%</username>");
	expect_in(text, "<outgoingServer type=\"smtp\">");
	g_free(text);
	text = autoconfig_mozilla(&here, NULL);
	expect_in(text, "<username>mailark</username>");
	expect_in(text, "<port>1143</port>\n"
	                "      <socketType>plain</socketType>");
	expect_not_in(text, "pop3");
	g_free(text);
	struct serve_settings addresses = wide;
	addresses.by_address = true;
	text = autoconfig_mozilla(&addresses, NULL);
	expect_in(text, "<username>%EMAILADDRESS%</username>");
	g_free(text);
}

#define ASKS(address, schema)                                                \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\""   \
	"http://schemas.microsoft.com/exchange/autodiscover/outlook/"        \
	"requestschema/2006\"><Request><EMailAddress>" address               \
	"</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft." \
	"com/exchange/autodiscover/" schema "</AcceptableResponseSchema>"    \
	"</Request></Autodiscover>"
#define OUTLOOK "outlook/responseschema/2006a"

static const struct {
	const char *request, *holds;
} outlook[] = {
	{ASKS("ann@example.org", OUTLOOK), "<LoginName>ann</LoginName>"},
	{"\xEF\xBB\xBF" ASKS("ann@example.org", OUTLOOK), "<Port>993</Port>"},
	{ASKS("a&amp;b@example.org", OUTLOOK),
         "<LoginName>a&amp;b</LoginName>"},
	{ASKS("ann@example.org", "mobilesync/responseschema/2006"),
         "<ErrorCode>601</ErrorCode>"},
	{ASKS("", OUTLOOK), "<ErrorCode>600</ErrorCode>"},
	{ASKS("a\nb@example.org", OUTLOOK), "<ErrorCode>600</ErrorCode>"},
	{"<Autodiscover><Request></Wrong>", "<ErrorCode>600</ErrorCode>"},
	{"", "<ErrorCode>600</ErrorCode>"},
	{"no XML at all", "<ErrorCode>600</ErrorCode>"},
};

Test(autoconfig, outlook_is_answered_whatever_it_asks)
{
	for (size_t i = 0; i < AM_COUNT(outlook); i++) {
		char *text = autoconfig_outlook(&wide, outlook[i].request,
		                                strlen(outlook[i].request));
		expect_xml(text);
		expect_in(text, outlook[i].holds);
		g_free(text);
	}
	char *text = autoconfig_outlook(&here, outlook[0].request,
	                                strlen(outlook[0].request));
	expect_in(text, "<Encryption>None</Encryption>");
	expect_in(text, "<LoginName>mailark</LoginName>");
	g_free(text);
}

Test(autoconfig, apple_gets_a_profile_that_replaces_the_one_before)
{
	char *one = autoconfig_apple(&wide, "ann@example.org");
	char *two = autoconfig_apple(&wide, "ann@example.org");
	char *other = autoconfig_apple(&wide, "bob@example.org");

	cr_expect_str_eq(one, two);
	cr_expect_str_neq(one, other);
	expect_in(one, "<string>com.apple.mail.managed</string>");
	expect_in(one, "<key>IncomingMailServerUsername</key>\n"
	               "      <string>ann</string>");
	expect_in(one, "<integer>993</integer>");
	g_free(one);
	g_free(two);
	g_free(other);
	/* What a stranger writes into an address stays text. */
	one = autoconfig_apple(&wide, "<x>&\"@example.org");
	expect_xml(strstr(one, "<plist"));
	expect_in(one, "&lt;x&gt;&amp;");
	g_free(one);
	one = autoconfig_apple(&here, "a b");
	expect_in(one, "<string>mailark@localhost</string>");
	g_free(one);
}

/* ---- by HTTP ---- */

static char *get(uint16_t port, const char *path)
{
	char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\n"
	                                "Connection: close\r\n\r\n",
	                                path);
	char *answer = serving_ask(port, request);

	g_free(request);
	return answer;
}

static const struct {
	const char *path, *status, *holds;
} pages[] = {
	{"/mail/config-v1.1.xml?emailaddress=ann%40example.org", " 200 ",
         "<domain>example.org</domain>"},
	{"/.well-known/autoconfig/mail/config-v1.1.xml", " 200 ",
         "<clientConfig"},
	{"/mailark.mobileconfig", " 200 ",
         "Content-Type: application/x-apple-aspen-config"},
	{"/", " 200 ", "Thunderbird"},
	{"/", " 200 ", "user name mailark, Advanced config"},
	{"/Autodiscover/Autodiscover.xml", " 200 ",
         "<ErrorCode>600</ErrorCode>"},
	{"/etc/passwd", " 404 ", ""},
	{"/../../../etc/passwd", " 404 ", ""},
};

Test(autoconfig, is_served)
{
	struct serving s;

	serving_init(&s);
	serving_start(&s, "--imap 127.0.0.1:0 --autoconfig 127.0.0.1:0");
	uint16_t port = serving_port(&s, "Web");
	char *imap =
		g_strdup_printf("<port>%u</port>", serving_port(&s, "IMAP"));
	for (size_t i = 0; i < AM_COUNT(pages); i++) {
		char *page = get(port, pages[i].path);
		expect_in(page, pages[i].status);
		expect_in(page, pages[i].holds);
		expect_not_in(page, "secret");
		g_free(page);
	}
	char *page = get(port, pages[0].path);
	expect_in(page, imap);
	g_free(page);
	GString *post = g_string_new("");
	const char *xml = outlook[0].request;
	g_string_printf(post,
	                "POST /autodiscover/autodiscover.xml HTTP/1.1\r\n"
	                "Host: x\r\nContent-Length: %zu\r\n"
	                "Connection: close\r\n\r\n%s",
	                strlen(xml), xml);
	page = serving_ask(port, post->str);
	expect_in(page, "<Type>IMAP</Type>");
	g_free(page);
	/* More than any program asks: cut off, and the next one is served. */
	g_string_printf(post, "POST /autodiscover/autodiscover.xml HTTP/1.1\r\n"
	                      "Host: x\r\nContent-Length: 70000\r\n"
	                      "Connection: close\r\n\r\n");
	for (int i = 0; i < 7000; i++)
		g_string_append(post, "0123456789");
	page = serving_ask(port, post->str);
	expect_not_in(page, " 200 ");
	g_free(page);
	page = get(port, "/");
	expect_in(page, " 200 ");
	g_free(page);
	page = serving_ask(port, "DELETE / HTTP/1.1\r\nHost: x\r\n"
	                         "Connection: close\r\n\r\n");
	expect_in(page, " 405 ");
	g_free(page);
	cr_expect_eq(serving_stop(&s), 0, "%s", s.cli.err);
	g_string_free(post, TRUE);
	g_free(imap);
	serving_end(&s);
}
