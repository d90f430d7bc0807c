/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/hint.h"

#include <glib.h>

#include <string.h>

static bool is_any(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!g_ascii_strcasecmp(s, *list))
			return true;
	return false;
}

static enum am_extract_hint by_extension(const char *name)
{
	static const char *const text[] = {
		"txt",  "text", "csv",   "tsv",  "log",  "md",    "rst",
		"json", "yml",  "yaml",  "ini",  "conf", "cfg",   "toml",
		"c",    "h",    "cc",    "cpp",  "hpp",  "java",  "py",
		"rb",   "pl",   "sh",    "js",   "ts",   "go",    "rs",
		"sql",  "diff", "patch", "tex",  "bib",  "srt",   "vtt",
		"ics",  "vcs",  "vcf",   "ldif", "asc",  "nfo",   "bat",
		"cmd",  "ps1",  "lua",   "dts",  "dtsi", "dmesg", NULL};
	static const char *const markup[] = {"htm",   "html", "xhtml", "xml",
	                                     "shtml", "svg",  "fodt",  "fods",
	                                     "kml",   "rss",  NULL};
	static const char *const mail[] = {"eml", "msg", "mht", "mhtml", NULL};
	static const char *const nothing[] = {
		"jpg",  "jpeg", "png",  "gif",  "bmp", "tif", "tiff",
		"webp", "ico",  "heic", "mp3",  "mp4", "wav", "avi",
		"mov",  "mkv",  "ogg",  "flac", "m4a", "exe", "dll",
		"so",   "o",    "iso",  "img",  "deb", "rpm", "p7s",
		"sig",  "ttf",  "woff", "psd",  NULL};
	const char *dot = name ? strrchr(name, '.') : NULL;

	if (!dot)
		return AM_HINT_LOOK;
	if (is_any(dot + 1, text))
		return AM_HINT_TEXT;
	if (is_any(dot + 1, markup))
		return AM_HINT_MARKUP;
	if (is_any(dot + 1, mail))
		return AM_HINT_MAIL;
	return is_any(dot + 1, nothing) ? AM_HINT_NOTHING : AM_HINT_LOOK;
}

enum am_extract_hint am_extract_hint_of(const char *type, const char *name)
{
	static const char *const text[] = {
		"application/json",       "application/x-sh",
		"application/javascript", "application/x-javascript",
		"application/x-tex",      "application/x-latex",
		"application/sql",        "application/x-patch",
		"application/csv",        "application/x-yaml",
		"application/x-perl",     "application/x-python",
		"application/ics",        NULL};
	static const char *const markup[] = {"text/html", "text/xml",
	                                     "application/xml",
	                                     "application/xhtml+xml", NULL};
	static const char *const mail[] = {"message/rfc822", "message/global",
	                                   NULL};
	static const char *const nothing[] = {
		"application/pgp-signature",     "application/pkcs7-signature",
		"application/x-pkcs7-signature", "application/pgp-keys",
		"application/applefile",         NULL};

	if (!type)
		return by_extension(name);
	if (is_any(type, nothing) || !strncmp(type, "image/", 6) ||
	    !strncmp(type, "audio/", 6) || !strncmp(type, "video/", 6) ||
	    !strncmp(type, "font/", 5))
		return AM_HINT_NOTHING;
	if (is_any(type, mail))
		return AM_HINT_MAIL;
	if (is_any(type, markup))
		return AM_HINT_MARKUP;
	if (is_any(type, text) || !strncmp(type, "text/", 5))
		return AM_HINT_TEXT;
	return by_extension(name);
}

/* ---- by the bytes ----------------------------------------------------------
 */

static bool begins(const uint8_t *head, size_t len, const char *with, size_t n)
{
	return len >= n && !memcmp(head, with, n);
}
#define BEGINS(with) begins(head, len, with, sizeof(with) - 1)

static bool begins_word(const uint8_t *head, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !g_ascii_strncasecmp((const char *)head, word, n);
}

/* CMS ([RFC 5652] 3): SEQUENCE, OID 1.2.840.113549.1.7.n.  3 is enveloped, 2
 * signed with the content inside. */
static enum am_extract_kind cms_kind(const uint8_t *head, size_t len)
{
	static const char oid[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
	const uint8_t *at = NULL;

	if (len > 24 && head[0] == 0x30)
		at = memmem(head, 20, oid, sizeof(oid) - 1);
	if (!at)
		return AM_KIND_UNKNOWN;
	return at[sizeof(oid) - 1] == 3 ? AM_KIND_CIPHER : AM_KIND_KNOWN;
}

static bool is_packed(const uint8_t *head, size_t len)
{
	return BEGINS("7z\xbc\xaf\x27\x1c") || BEGINS("Rar!\x1a\x07") ||
	       BEGINS("\x1f\x8b\x08") || BEGINS("BZh") ||
	       BEGINS("\xfd"
	              "7zXZ") ||
	       BEGINS("\x28\xb5\x2f\xfd") ||
	       (len > 262 && !memcmp(head + 257, "ustar", 5));
}

/* What is text begins with a mark or a tag, after white space. */
static enum am_extract_kind text_kind(const uint8_t *head, size_t len)
{
	static const char *const tags[] = {"<!doctype html", "<html", "<head",
	                                   "<body",          "<?xml", NULL};

	if (BEGINS("\xef\xbb\xbf"))
		head += 3, len -= 3;
	while (len && g_ascii_isspace(*head))
		head++, len--;
	if (begins_word(head, len, "BEGIN:VCALENDAR") ||
	    begins_word(head, len, "BEGIN:VCARD"))
		return AM_KIND_CARD;
	if (BEGINS("-----BEGIN PGP MESSAGE"))
		return AM_KIND_CIPHER;
	for (const char *const *tag = tags; *tag; tag++)
		if (begins_word(head, len, *tag))
			return AM_KIND_MARKUP;
	return AM_KIND_UNKNOWN;
}

enum am_extract_kind am_extract_kind_of(const uint8_t *head, size_t len)
{
	len = MIN(len, AM_KIND_HEAD);
	if (BEGINS("PK\3\4") || BEGINS("PK\5\6") || BEGINS("PK\7\10"))
		return AM_KIND_ZIP;
	if (BEGINS("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
		return AM_KIND_CFB;
	if (BEGINS("{\\rtf"))
		return AM_KIND_RTF;
	if (BEGINS("\x78\x9f\x3e\x22"))
		return AM_KIND_TNEF;
	if (is_packed(head, len))
		return AM_KIND_PACKED;
	if (cms_kind(head, len) != AM_KIND_UNKNOWN)
		return cms_kind(head, len);
	/* PostScript, DjVu, WordPerfect, OneNote. */
	if (BEGINS("%!PS") || BEGINS("AT&TFORM") || BEGINS("\xffWPC") ||
	    BEGINS("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"))
		return AM_KIND_KNOWN;
	/* Readers take a PDF with a little rubbish in front. */
	if (memmem(head, len, "%PDF-", 5))
		return AM_KIND_PDF;
	return text_kind(head, len);
}
