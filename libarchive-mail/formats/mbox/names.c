/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/names.h"

#include "base/hash.h"
#include "formats/folder_file.h"
#include "formats/maildir_shape.h"

#include <glib.h>

#include <string.h>

/* Of a file name, what the file system's 255 leave beside ".mbox" and the
 * ".XXXXXX" of a temporary one. */
#define NAME_MAX_BYTES 230

static const char *const packers[] = {".gz",  ".bz2",  ".xz", ".zst",
                                      ".lz4", ".lzma", ".Z"};
static const char *const suffixes[] = {
	".mbox", ".mbx", ".mboxrd", ".mboxo", ".mboxcl", ".mboxcl2", ".mmdf"};
static const char *const beside[] = {".msf",
                                     ".dat",
                                     ".json",
                                     ".html",
                                     ".lock",
                                     ".tmp",
                                     ".cmeta",
                                     ".ev-summary",
                                     ".ibex.index",
                                     ".ibex.index.data",
                                     ".ev-summary-meta",
                                     ".index",
                                     ".index.ids",
                                     ".index.sorted"};

/* The length without one of these endings, len when it has none. */
static size_t without(const char *s, size_t len, const char *const *endings,
                      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t e = strlen(endings[i]);
		if (len > e && !g_ascii_strncasecmp(s + len - e, endings[i], e))
			return len - e;
	}
	return len;
}

static char *unescape(const char *s, size_t len)
{
	GString *out = g_string_sized_new(len);
	for (size_t i = 0; i < len; i++) {
		int c = -1;
		if (s[i] == '%' && len - i > 2 && g_ascii_isxdigit(s[i + 1]) &&
		    g_ascii_isxdigit(s[i + 2]) && !g_ascii_islower(s[i + 1]) &&
		    !g_ascii_islower(s[i + 2]))
			c = g_ascii_xdigit_value(s[i + 1]) * 16 +
			    g_ascii_xdigit_value(s[i + 2]);
		bool ours = c == '%' || c == '/' || (c > 0 && c < ' ') ||
		            c == 0x7f || c == '.';
		if (ours) {
			g_string_append_c(out, (char)c);
			i += 2;
		} else {
			g_string_append_c(out, s[i]);
		}
	}
	char *valid = g_utf8_make_valid(out->str, (gssize)out->len);
	g_string_free(out, TRUE);
	return valid;
}

char *am_mbox_name_of_file(const char *file)
{
	size_t len = strlen(file);
	len = without(file, len, packers, AM_COUNT(packers));
	len = without(file, len, suffixes, AM_COUNT(suffixes));
	return unescape(file, len);
}

char *am_mbox_name_hide(const char *directory)
{
	return g_strdup_printf("%%%02X%s", (unsigned)(uint8_t)*directory,
	                       directory + 1);
}

/* NULL: it is not such a name. */
static char *unhide(const char *directory)
{
	char *name = g_strdup(directory), *hidden = NULL;

	if (strlen(name) > 3 && *name == '%' && g_ascii_isxdigit(name[1]) &&
	    g_ascii_isxdigit(name[2])) {
		name[2] = (char)(g_ascii_xdigit_value(name[1]) * 16 +
		                 g_ascii_xdigit_value(name[2]));
		if (am_maildir_own_dir(name + 2))
			hidden = am_mbox_name_hide(name + 2);
	}
	if (hidden && !strcmp(hidden, directory))
		memmove(name, name + 2, strlen(name + 2) + 1);
	else
		g_clear_pointer(&name, g_free);
	g_free(hidden);
	return name;
}

char *am_mbox_name_of_directory(const char *directory, bool package)
{
	static const char *const sbd[] = {".sbd"};
	size_t len = strlen(directory);
	char *hidden = unhide(directory);
	if (hidden)
		return hidden;
	len = without(directory, len, sbd, 1);
	if (package)
		len = without(directory, len, suffixes, 1);
	return unescape(directory, len);
}

/* Endings that would be taken off a name again need their dot hidden when
 * nothing is put behind it: a directory "x.sbd". */
static bool needs_escape(const char *part, size_t i, size_t len)
{
	uint8_t c = (uint8_t)part[i];
	if (c < ' ' || c == 0x7f || c == '/' || c == '%')
		return true;
	return c == '.' && (i == 0 || (len - i == 4 &&
	                               !g_ascii_strcasecmp(part + i, ".sbd")));
}

char *am_mbox_name_to_file(const char *part, bool *changed)
{
	GString *out = g_string_new(NULL);
	size_t len = strlen(part);
	*changed = false;
	for (size_t i = 0; i < len; i++)
		if (needs_escape(part, i, len))
			g_string_append_printf(out, "%%%02X",
			                       (unsigned)(uint8_t)part[i]);
		else
			g_string_append_c(out, part[i]);
	if (out->len > NAME_MAX_BYTES) {
		uint8_t hash[AM_SHA256_LEN];
		char hex[17];
		size_t cut = NAME_MAX_BYTES - 20;
		while (cut && ((uint8_t)out->str[cut] & 0xc0) == 0x80)
			cut--;
		/* Not within an escape either. */
		for (size_t back = 1; back <= 2 && back <= cut; back++)
			if (out->str[cut - back] == '%')
				cut -= back;
		am_sha256(part, len, hash);
		am_hex(hash, 8, hex);
		g_string_truncate(out, cut);
		g_string_append_printf(out, "~%s", hex);
		*changed = true;
	}
	return g_string_free(out, FALSE);
}

bool am_mbox_name_ignored(const char *file)
{
	size_t len = strlen(file);
	return without(file, len, beside, AM_COUNT(beside)) != len ||
	       !strcmp(file, AM_FOLDER_FILE);
}

bool am_mbox_name_typical(const char *file)
{
	size_t len = without(file, strlen(file), packers, AM_COUNT(packers));
	return without(file, len, suffixes, AM_COUNT(suffixes)) != len;
}
