/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings as documents:
 *   Mozilla
 * https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
 *   Outlook  [MS-OXDSCLI] 2.2.3 and 2.2.4
 *   Apple    Configuration Profile Reference, com.apple.mail.managed
 */
#include "cmd/serve/autoconfig.h"

#include "cmd/serve/settings.h"

#include <glib.h>

#include <string.h>

enum { ADDRESS_MOST = 320 };

/* What may be put into a document as somebody's address. */
static bool is_address(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!len || len > ADDRESS_MOST || !g_utf8_validate(text, -1, NULL))
		return false;
	for (const char *p = text; *p; p++)
		if ((guchar)*p <= ' ' || *p == 0x7F || *p == '%')
			return false;
	return true;
}

static char *domain_of(const struct serve_settings *s, const char *address)
{
	const char *at = is_address(address) ? strrchr(address, '@') : NULL;

	return g_strdup(at && at[1] ? at + 1 : s->host);
}

/* The name to log in by. */
static char *login_of(const struct serve_settings *s, const char *address)
{
	if (s->user || !address)
		return g_strdup(s->user ? s->user : "");
	const char *at = strrchr(address, '@');
	return s->by_address || !at ? g_strdup(address)
	                            : g_strndup(address, (gsize)(at - address));
}

static void add(GString *out, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static void add(GString *out, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = g_markup_vprintf_escaped(fmt, args);
	va_end(args);
	g_string_append(out, text);
	g_free(text);
}

/* ---- Mozilla ---- */

static void mozilla_server(GString *out, const struct serve_settings *s,
                           const char *type, unsigned port, const char *socket)
{
	const char *user = s->user         ? s->user
	                   : s->by_address ? "%EMAILADDRESS%"
	                                   : "%EMAILLOCALPART%";

	if (port)
		add(out,
		    "    <incomingServer type=\"%s\">\n"
		    "      <hostname>%s</hostname>\n"
		    "      <port>%u</port>\n"
		    "      <socketType>%s</socketType>\n"
		    "      <authentication>password-cleartext"
		    "</authentication>\n"
		    "      <username>%s</username>\n"
		    "    </incomingServer>\n",
		    type, s->host, port, socket, user);
}

/* The best first; programs take the first they can use. */
char *autoconfig_mozilla(const struct serve_settings *s, const char *address)
{
	GString *out =
		g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	                     "<clientConfig version=\"1.1\">\n");
	char *domain = domain_of(s, address);
	const char *open = s->local ? "plain" : "STARTTLS";

	add(out,
	    "  <emailProvider id=\"%s\">\n"
	    "    <domain>%s</domain>\n"
	    "    <displayName>mailark at %s</displayName>\n"
	    "    <displayShortName>mailark</displayShortName>\n",
	    s->host, domain, s->host);
	if (s->local)
		mozilla_server(out, s, "imap", s->imap, open);
	mozilla_server(out, s, "imap", s->imaps, "SSL");
	if (!s->local)
		mozilla_server(out, s, "imap", s->imap, open);
	mozilla_server(out, s, "pop3", s->pop3s, "SSL");
	mozilla_server(out, s, "pop3", s->pop3, open);
	/* An archive sends nothing, but without this element Thunderbird takes
	 * none of the others. */
	add(out,
	    "    <outgoingServer type=\"smtp\">\n"
	    "      <hostname>%s</hostname>\n"
	    "      <port>587</port>\n"
	    "      <socketType>STARTTLS</socketType>\n"
	    "      <authentication>none</authentication>\n"
	    "    </outgoingServer>\n"
	    "  </emailProvider>\n"
	    "</clientConfig>\n",
	    s->host);
	g_free(domain);
	return g_string_free(out, FALSE);
}

/* ---- Outlook ---- */

struct request {
	GString *text; /* of the element at hand */
	char *address, *schema;
};

static void begin_element(GMarkupParseContext *context, const char *element,
                          const char **names, const char **values,
                          gpointer user, GError **error)
{
	struct request *q = user;

	(void)context;
	(void)element;
	(void)names;
	(void)values;
	(void)error;
	g_string_truncate(q->text, 0);
}

static void take_text(GMarkupParseContext *context, const char *text, gsize len,
                      gpointer user, GError **error)
{
	struct request *q = user;

	(void)context;
	(void)error;
	if (q->text->len < 4096)
		g_string_append_len(q->text, text, (gssize)MIN(len, 4096));
}

static void end_element(GMarkupParseContext *context, const char *element,
                        gpointer user, GError **error)
{
	struct request *q = user;
	const char *colon = strchr(element, ':');
	const char *name = colon ? colon + 1 : element;
	char **to = !strcmp(name, "EMailAddress")               ? &q->address
	            : !strcmp(name, "AcceptableResponseSchema") ? &q->schema
	                                                        : NULL;

	(void)context;
	(void)error;
	if (!to)
		return;
	g_free(*to);
	*to = g_strstrip(g_strdup(q->text->str));
}

static void read_request(struct request *q, const char *text, size_t len)
{
	static const GMarkupParser parser = {.start_element = begin_element,
	                                     .end_element = end_element,
	                                     .text = take_text};
	GMarkupParseContext *context =
		g_markup_parse_context_new(&parser, 0, q, NULL);

	if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
		text += 3;
		len -= 3;
	}
	if (!g_markup_parse_context_parse(context, text, (gssize)len, NULL))
		g_clear_pointer(&q->address, g_free);
	g_markup_parse_context_free(context);
}

#define AUTODISCOVER                                                   \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"                 \
	"<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/" \
	"autodiscover/responseschema/2006\">\n"
#define SETTINGS                                              \
	"http://schemas.microsoft.com/exchange/autodiscover/" \
	"outlook/responseschema/2006a"

static void outlook_error(GString *out, unsigned code, const char *why)
{
	GDateTime *now = g_date_time_new_now_utc();
	char *time = g_date_time_format(now, "%H:%M:%S.0000000");

	add(out,
	    AUTODISCOVER "  <Response>\n"
	                 "    <Error Time=\"%s\" Id=\"1\">\n"
	                 "      <ErrorCode>%u</ErrorCode>\n"
	                 "      <Message>%s</Message>\n"
	                 "      <DebugData />\n"
	                 "    </Error>\n"
	                 "  </Response>\n"
	                 "</Autodiscover>\n",
	    time, code, why);
	g_free(time);
	g_date_time_unref(now);
}

static void outlook_server(GString *out, const struct serve_settings *s,
                           const char *type, unsigned port, bool tls,
                           const char *login)
{
	const char *how = tls ? "SSL" : s->local ? "None" : "TLS";

	if (port)
		add(out,
		    "      <Protocol>\n"
		    "        <Type>%s</Type>\n"
		    "        <Server>%s</Server>\n"
		    "        <Port>%u</Port>\n"
		    "        <DomainRequired>off</DomainRequired>\n"
		    "        <LoginName>%s</LoginName>\n"
		    "        <SPA>off</SPA>\n"
		    "        <SSL>%s</SSL>\n"
		    "        <Encryption>%s</Encryption>\n"
		    "        <AuthRequired>on</AuthRequired>\n"
		    "      </Protocol>\n",
		    type, s->host, port, login, tls ? "on" : "off", how);
}

char *autoconfig_outlook(const struct serve_settings *s, const char *request,
                         size_t len)
{
	struct request q = {.text = g_string_new("")};
	GString *out = g_string_new("");

	read_request(&q, request, len);
	if (!is_address(q.address)) {
		outlook_error(out, 600, "Invalid Request");
	} else if (q.schema && strcmp(q.schema, SETTINGS) != 0) {
		outlook_error(out, 601, "Provider is not available");
	} else {
		char *login = login_of(s, q.address);
		bool tls_first = !s->local || !s->imap;
		add(out,
		    AUTODISCOVER "  <Response xmlns=\"" SETTINGS "\">\n"
		                 "    <Account>\n"
		                 "      <AccountType>email</AccountType>\n"
		                 "      <Action>settings</Action>\n%s",
		    "");
		if (tls_first)
			outlook_server(out, s, "IMAP", s->imaps, true, login);
		if (!tls_first || !s->imaps)
			outlook_server(out, s, "IMAP", s->imap, false, login);
		if (s->pop3s)
			outlook_server(out, s, "POP3", s->pop3s, true, login);
		else
			outlook_server(out, s, "POP3", s->pop3, false, login);
		add(out,
		    "    </Account>\n"
		    "  </Response>\n"
		    "</Autodiscover>\n%s",
		    "");
		g_free(login);
	}
	g_string_free(q.text, TRUE);
	g_free(q.address);
	g_free(q.schema);
	return g_string_free(out, FALSE);
}

/* ---- Apple ---- */

/* The same for the same account, so that a second one replaces the first. */
static char *uuid_of(const char *kind, const char *host, const char *login)
{
	char *all = g_strjoin("\n", kind, host, login, NULL);
	char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
	char *uuid = g_strdup_printf("%.8s-%.4s-5%.3s-8%.3s-%.12s", hash,
	                             hash + 8, hash + 12, hash + 15, hash + 18);

	g_free(hash);
	g_free(all);
	return uuid;
}

char *autoconfig_apple(const struct serve_settings *s, const char *address)
{
	GString *out = g_string_new("");
	bool tls = s->imaps && (!s->local || !s->imap);
	bool given = is_address(address);
	char *login =
		given ? login_of(s, address) : g_strdup(s->user ? s->user : "");
	char *mail = given && strchr(address, '@')
	                     ? g_strdup(address)
	                     : g_strdup_printf("%s@%s", login, s->host);
	char *outer = uuid_of("profile", s->host, login);
	char *inner = uuid_of("account", s->host, login);

	add(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	    "<plist version=\"1.0\">\n"
	    "<dict>\n"
	    "  <key>PayloadContent</key>\n"
	    "  <array>\n"
	    "    <dict>\n"
	    "      <key>EmailAccountDescription</key>\n"
	    "      <string>mailark at %s</string>\n"
	    "      <key>EmailAccountType</key>\n"
	    "      <string>EmailTypeIMAP</string>\n"
	    "      <key>EmailAddress</key>\n"
	    "      <string>%s</string>\n",
	    s->host, mail);
	add(out,
	    "      <key>IncomingMailServerAuthentication</key>\n"
	    "      <string>EmailAuthPassword</string>\n"
	    "      <key>IncomingMailServerHostName</key>\n"
	    "      <string>%s</string>\n"
	    "      <key>IncomingMailServerPortNumber</key>\n"
	    "      <integer>%u</integer>\n"
	    "      <key>IncomingMailServerUseSSL</key>\n"
	    "      <%s/>\n",
	    s->host, tls ? s->imaps : s->imap,
	    tls || !s->local ? "true" : "false");
	if (*login)
		add(out,
		    "      <key>IncomingMailServerUsername</key>\n"
		    "      <string>%s</string>\n",
		    login);
	add(out,
	    "      <key>OutgoingMailServerAuthentication</key>\n"
	    "      <string>EmailAuthNone</string>\n"
	    "      <key>OutgoingMailServerHostName</key>\n"
	    "      <string>%s</string>\n"
	    "      <key>PayloadIdentifier</key>\n"
	    "      <string>mailark.%s.account</string>\n"
	    "      <key>PayloadType</key>\n"
	    "      <string>com.apple.mail.managed</string>\n"
	    "      <key>PayloadUUID</key>\n"
	    "      <string>%s</string>\n"
	    "      <key>PayloadVersion</key>\n"
	    "      <integer>1</integer>\n"
	    "    </dict>\n"
	    "  </array>\n",
	    s->host, inner, inner);
	add(out,
	    "  <key>PayloadDisplayName</key>\n"
	    "  <string>mailark at %s</string>\n"
	    "  <key>PayloadIdentifier</key>\n"
	    "  <string>mailark.%s</string>\n"
	    "  <key>PayloadType</key>\n"
	    "  <string>Configuration</string>\n"
	    "  <key>PayloadUUID</key>\n"
	    "  <string>%s</string>\n"
	    "  <key>PayloadVersion</key>\n"
	    "  <integer>1</integer>\n"
	    "</dict>\n"
	    "</plist>\n",
	    s->host, outer, outer);
	g_free(login);
	g_free(mail);
	g_free(outer);
	g_free(inner);
	return g_string_free(out, FALSE);
}

/* ---- people ---- */

char *autoconfig_page(const struct serve_settings *s)
{
	GString *out = g_string_new("");
	char *text = serve_settings_text(s);

	add(out,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>mailark at %s</title></head><body>\n"
	    "<h1>A mail archive</h1>\n"
	    "<p>What to type into a mail program:</p>\n"
	    "<pre>%s</pre>\n"
	    "<p><a href=\"/mailark.mobileconfig\">For Apple Mail on this "
	    "device</a></p>\n"
	    "</body></html>\n",
	    s->host, text);
	g_free(text);
	return g_string_free(out, FALSE);
}
