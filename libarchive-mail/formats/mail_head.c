/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mail_head.h"

#include "outlook/cfb/cfb_layout.h"
#include "outlook/tnef/tnef.h"

#include <glib.h>

#include <string.h>

/* Bits by how rarely anything but a mail begins a line like this. */
static const struct {
	const char *name;
	int bits;
} known[] = {
	{"Received", 8},     {"Message-ID", 10}, {"Return-Path", 10},
	{"MIME-Version", 8}, {"From", 6},        {"To", 5},
	{"Subject", 5},      {"Date", 5},        {"Delivered-To", 10},
	{"Content-Type", 4}, {"Reply-To", 8},    {"DKIM-Signature", 10},
	{"Sender", 6},       {"Cc", 6},          {"References", 5},
	{"In-Reply-To", 10}, {"X-Mailer", 10},   {"X-Originating-IP", 8},
};

bool am_mail_head_eml_name(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !g_ascii_strcasecmp(name + len - 4, ".eml");
}

bool am_mail_head_msg_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(name, '.');

	if (slash)
		name = slash + 1;
	if (!dot || dot <= name)
		return false;
	return !g_ascii_strcasecmp(dot, ".msg") ||
	       !g_ascii_strcasecmp(dot, ".oft") ||
	       !g_ascii_strcasecmp(dot, ".tnef") ||
	       (!g_ascii_strncasecmp(name, "winmail", 7) &&
	        !g_ascii_strcasecmp(dot, ".dat"));
}

bool am_mail_head_msg(const uint8_t *head, size_t len)
{
	return am_cfb_sniff(head, len) || am_tnef_sniff(head, len);
}

bool am_mail_head_mailbox(const char *name, const uint8_t *head, size_t len)
{
	if (len >= 3 && !memcmp(head, "\xef\xbb\xbf", 3)) {
		head += 3;
		len -= 3;
	}
	return !am_mail_head_eml_name(name) && len >= 5 &&
	       !memcmp(head, "From ", 5);
}

static bool has_end(const char *name, const char *const ends[], size_t n_ends)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < n_ends; i++) {
		size_t n = strlen(ends[i]);

		if (len > n && !g_ascii_strcasecmp(name + len - n, ends[i]))
			return true;
	}
	return false;
}

bool am_mail_head_pack_name(const char *name)
{
	static const char *const ends[] = {".zip", ".tar",     ".tar.gz",
	                                   ".tgz", ".tar.zst", ".tar.xz"};
	return has_end(name, ends, AM_COUNT(ends));
}

bool am_mail_head_container_name(const char *name)
{
	static const char *const ends[] = {".tar.bz2", ".tbz2", ".tbz",
	                                   ".txz",     ".tzst", ".tar.lz4",
	                                   ".tar.lzma"};
	if (am_mail_head_pack_name(name))
		return true;
	return has_end(name, ends, AM_COUNT(ends));
}

const char *am_mail_head_closed(const uint8_t *head, size_t len)
{
	if (len >= 6 && !memcmp(head, "7z\xBC\xAF\x27\x1C", 6))
		return "a 7-Zip archive";
	if (len >= 6 && !memcmp(head, "Rar!\x1A\x07", 6))
		return "a RAR archive";
	return NULL;
}

/* Length of the field name that starts this line; 0 when none does. */
static size_t field_name(const uint8_t *line, size_t len)
{
	for (size_t i = 0; i < len && i < 77; i++) {
		if (line[i] == ':')
			return i;
		/* "Subject : x" was allowed once (RFC 822). */
		if (line[i] == ' ' && i && i + 1 < len && line[i + 1] == ':')
			return i;
		if (line[i] < 33 || line[i] > 126)
			return 0;
	}
	return 0;
}

static int bits_for(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < AM_COUNT(known); i++)
		if (strlen(known[i].name) == len &&
		    !g_ascii_strncasecmp(known[i].name, (const char *)name,
		                         len))
			return known[i].bits;
	return len > 2 && (name[0] == 'X' || name[0] == 'x') && name[1] == '-'
	               ? 2
	               : 0;
}

static bool from_line(const uint8_t *line, size_t len)
{
	size_t skip = len && line[0] == '>' ? 1 : 0;

	return len >= skip + 5 && !memcmp(line + skip, "From ", 5);
}

int am_mail_head_bits(const uint8_t *head, size_t len)
{
	const uint8_t *at = head, *end = head + len;
	size_t n_fields = 0;
	int bits = 0;

	if (len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	while (at < end) {
		const uint8_t *nl = memchr(at, '\n', (size_t)(end - at));
		size_t line = nl ? (size_t)(nl - at) : (size_t)(end - at);
		size_t name;

		if (memchr(at, '\0', line))
			return 0;
		if (!line || (line == 1 && *at == '\r'))
			break;
		name = field_name(at, line);
		if (name) {
			bits += bits_for(at, name);
			n_fields++;
		} else if (*at == ' ' || *at == '\t') {
			if (!n_fields)
				return 0;
		} else if (!from_line(at, line) || n_fields) {
			/* The window may cut the last line. */
			if (nl && n_fields < 3)
				return 0;
			break;
		}
		at = nl ? nl + 1 : end;
	}
	return n_fields ? MIN(bits, 28) : 0;
}

bool am_mail_head_outlook(const uint8_t *head, size_t len)
{
	return len >= 10 && !memcmp(head, "!BDN", 4) &&
	       (head[8] == 'S' || head[8] == 'A');
}

bool am_mail_head_outlook_name(const char *name)
{
	static const char *const packed[] = {"", ".gz", ".bz2", ".xz", ".zst"};
	char *lower = g_ascii_strdown(name, -1);
	bool yes = false;

	for (size_t i = 0; !yes && i < AM_COUNT(packed); i++) {
		size_t n = strlen(lower), end = strlen(packed[i]) + 4;
		yes = n > end && g_str_has_suffix(lower, packed[i]) &&
		      (!strncmp(lower + n - end, ".pst", 4) ||
		       !strncmp(lower + n - end, ".ost", 4));
	}
	g_free(lower);
	return yes;
}

bool am_mail_head_olm_name(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !g_ascii_strcasecmp(name + len - 4, ".olm");
}
