/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What servers mean by NO.  Evidence for each: RFC 5530 codes; Exchange Online
 * "Request is throttled. Suggested Backoff Time: 12345 milliseconds"; Gmail
 * "[THROTTLED]" at the end of a line and "[OVERQUOTA] Account exceeded command
 * or bandwidth limits"; Yahoo "[LIMIT] Rate limit hit"; Exchange "User is
 * authenticated but not connected".
 */
#include "formats/imap/reply.h"

#include "wire/imap.h"

#include <glib.h>

#include <string.h>

static const struct {
	const char *code;
	enum am_imap_trouble trouble;
} codes[] = {
	{"THROTTLED", AM_IMAP_WAIT},
	{"LIMIT", AM_IMAP_WAIT},
	{"OVERQUOTA", AM_IMAP_SPENT},
	{"UNAVAILABLE", AM_IMAP_UNAVAILABLE},
	{"SERVERBUG", AM_IMAP_UNAVAILABLE},
	{"INUSE", AM_IMAP_IN_USE},
	{"NONEXISTENT", AM_IMAP_MISSING},
	{"TRYCREATE", AM_IMAP_MISSING},
	{"AUTHENTICATIONFAILED", AM_IMAP_DENIED},
	{"AUTHORIZATIONFAILED", AM_IMAP_DENIED},
	{"EXPIRED", AM_IMAP_DENIED},
	{"PRIVACYREQUIRED", AM_IMAP_DENIED},
	{"NOPERM", AM_IMAP_DENIED},
	{"CLIENTBUG", AM_IMAP_UNKNOWN_COMMAND},
	{"MESSAGELIMIT", AM_IMAP_REFUSED},
};

/* Lower case; the first that is found decides. */
static const struct {
	const char *words;
	enum am_imap_trouble trouble;
} phrases[] = {
	{"[throttled]", AM_IMAP_WAIT},
	{"suggested backoff time", AM_IMAP_WAIT},
	{"request is throttled", AM_IMAP_WAIT},
	{"rate limit", AM_IMAP_WAIT},
	{"too many simultaneous connections", AM_IMAP_WAIT},
	{"exceeded command or bandwidth limits", AM_IMAP_SPENT},
	{"bandwidth limit", AM_IMAP_SPENT},
	{"over quota", AM_IMAP_SPENT}, /* Cyrus */
	{"quota exceeded", AM_IMAP_SPENT},
	{"mailbox is full", AM_IMAP_SPENT},
	{"server unavailable", AM_IMAP_UNAVAILABLE},
	{"authenticated but not connected", AM_IMAP_UNAVAILABLE},
	{"temporar", AM_IMAP_UNAVAILABLE},
	{"try again", AM_IMAP_UNAVAILABLE},
	{"invalid credentials", AM_IMAP_DENIED},
	{"authentication failed", AM_IMAP_DENIED},
	{"unknown command", AM_IMAP_UNKNOWN_COMMAND},
};

void am_imap_reply_clean(const char *text, char *out, size_t room)
{
	char *valid = g_utf8_make_valid(text ? text : "", -1);
	size_t n = 0;

	for (const char *s = valid; *s; s = g_utf8_next_char(s)) {
		size_t len = (size_t)(g_utf8_next_char(s) - s);
		if (n + len + 1 > room)
			break;
		if (g_unichar_iscntrl(g_utf8_get_char(s)))
			out[n++] = ' ';
		else
			for (size_t i = 0; i < len; i++)
				out[n++] = s[i];
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	g_free(valid);
}

/* "Suggested Backoff Time: 12345 milliseconds". */
static uint64_t suggested(const char *lower)
{
	const char *at = strstr(lower, "backoff time:");
	uint64_t ms = 0;

	if (!at)
		return 0;
	at += strlen("backoff time:");
	at += strspn(at, " ");
	for (; g_ascii_isdigit(*at) && ms < 100000000; at++)
		ms = ms * 10 + (uint64_t)(*at - '0');
	at += strspn(at, " ");
	if (!strncmp(at, "sec", 3))
		ms *= 1000;
	return MIN(ms, 24u * 3600 * 1000);
}

static enum am_imap_trouble judge(const struct am_imap_reply *reply,
                                  const char *lower)
{
	for (size_t i = 0; i < AM_COUNT(codes); i++)
		if (!strcmp(codes[i].code, reply->code))
			return codes[i].trouble;
	for (size_t i = 0; i < AM_COUNT(phrases); i++)
		if (strstr(lower, phrases[i].words))
			return phrases[i].trouble;
	return AM_IMAP_REFUSED;
}

/* "[MESSAGELIMIT 1000 23221]" */
void am_imap_reply_limit(struct am_imap_reply *out,
                         const struct am_imap_line *line)
{
	uint64_t uid;

	if (!line->n_code || !am_imap_is(line->code, "MESSAGELIMIT"))
		return;
	out->limited = true;
	if (line->n_code > 2 && am_imap_number(&line->code[2], &uid) &&
	    uid <= UINT32_MAX)
		out->limit_uid = (uint32_t)uid;
}

void am_imap_reply_read(struct am_imap_reply *out,
                        const struct am_imap_line *line)
{
	const struct am_imap_value *word = line->n_values ? line->values : NULL;
	const char *code = line->n_code ? am_imap_text(line->code) : NULL;

	*out = (struct am_imap_reply){0};
	out->end = word && am_imap_is(word, "OK")        ? AM_IMAP_END_OK
	           : word && am_imap_is(word, "PREAUTH") ? AM_IMAP_END_OK
	           : word && am_imap_is(word, "NO")      ? AM_IMAP_END_NO
	                                                 : AM_IMAP_END_BAD;
	if (code) {
		am_imap_reply_clean(code, out->code, sizeof out->code);
		for (char *c = out->code; *c; c++)
			*c = g_ascii_toupper(*c);
	}
	am_imap_reply_limit(out, line);
	am_imap_reply_clean(line->human, out->text, sizeof out->text);
	if (out->end == AM_IMAP_END_OK)
		return;
	char *lower = g_ascii_strdown(out->text, -1);
	out->trouble = judge(out, lower);
	out->wait_ms = suggested(lower);
	if (out->wait_ms)
		out->trouble = AM_IMAP_WAIT;
	g_free(lower);
}

static enum am_kind kind_of(enum am_imap_trouble trouble)
{
	switch (trouble) {
	case AM_IMAP_DENIED:
		return AM_E_AUTH;
	case AM_IMAP_MISSING:
		return AM_E_NOTFOUND;
	case AM_IMAP_WAIT:
	case AM_IMAP_UNAVAILABLE:
	case AM_IMAP_IN_USE:
		return AM_E_BUSY;
	case AM_IMAP_SPENT:
		return AM_E_LIMIT;
	default:
		return AM_E_PROTOCOL;
	}
}

int am_imap_reply_status(const struct am_imap_reply *reply, const char *host,
                         const char *what, struct am_error *err)
{
	const char *text = *reply->text ? reply->text : reply->code;

	switch (reply->end) {
	case AM_IMAP_END_OK:
		return AM_OK;
	case AM_IMAP_END_NO:
	case AM_IMAP_END_BAD:
		return am_fail(err, AM_FAILED, kind_of(reply->trouble),
		               "%.80s: %s refused%s%s", host, what,
		               *text ? ": " : "", text);
	default:
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%.80s: the connection was lost during %s", host,
		               what);
	}
}
