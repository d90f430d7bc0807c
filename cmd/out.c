/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/out.h"

#include "base/json.h"
#include "model/message_json.h"

#include <glib.h>

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool out_colours(void)
{
	const char *term = g_getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") &&
	       !g_getenv("NO_COLOR");
}

size_t out_width(void)
{
	const char *columns = g_getenv("COLUMNS");
	struct winsize size;
	uint64_t n = 0;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		n = size.ws_col;
	if (!n && columns)
		n = g_ascii_strtoull(columns, NULL, 10);
	return n ? (size_t)CLAMP(n, 20, 1000) : 80;
}

/* C0, DEL, C1, and the marks that turn the direction of writing: all that can
 * make a terminal show what is not there. */
static bool is_control(gunichar c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
	       (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0x2028 || c == 0x2029;
}

char *out_clean(const char *s, bool lines)
{
	char *valid = g_utf8_make_valid(s ? s : "", -1);
	GString *clean = g_string_sized_new(strlen(valid));

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (lines && c == '\r' && p[1] == '\n')
			continue;
		if (is_control(c) && !(lines && (c == '\n' || c == '\t')))
			g_string_append_c(clean, ' ');
		else
			g_string_append_unichar(clean, c);
	}
	g_free(valid);
	return g_string_free(clean, FALSE);
}

static size_t width_of(gunichar c)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

char *out_fit(const char *s, size_t columns)
{
	char *clean = out_clean(s, false);
	size_t used = 0;
	char *cut = clean; /* where the "…" would stand */

	for (char *p = clean; *p; p = g_utf8_next_char(p)) {
		size_t w = width_of(g_utf8_get_char(p));
		if (used + w > columns) {
			*cut = '\0';
			char *short_one = g_strconcat(clean, "…", NULL);
			g_free(clean);
			return short_one;
		}
		used += w;
		if (used < columns)
			cut = g_utf8_next_char(p);
	}
	return clean;
}

void out_padded(const char *s, size_t columns)
{
	size_t used = 0;

	for (const char *p = s; *p; p = g_utf8_next_char(p))
		used += width_of(g_utf8_get_char(p));
	fputs(s, stdout);
	for (; used < columns; used++)
		putchar(' ');
}

void out_size(uint64_t bytes, char out[OUT_ROOM])
{
	static const char *const units[] = {"B",   "KiB", "MiB",
	                                    "GiB", "TiB", "PiB"};
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 1023.95 && u + 1 < AM_COUNT(units)) {
		n /= 1024;
		u++;
	}
	if (u)
		g_snprintf(out, OUT_ROOM, "%.1f %s", n, units[u]);
	else
		g_snprintf(out, OUT_ROOM, "%" PRIu64 " B", bytes);
}

void out_count(uint64_t n, char out[OUT_ROOM])
{
	char digits[24];
	int len = g_snprintf(digits, sizeof digits, "%" PRIu64, n);
	char *to = out;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}

void out_duration(double seconds, char out[OUT_ROOM])
{
	unsigned long s = (unsigned long)(seconds < 0 ? 0 : seconds + 0.5);

	if (seconds < 60)
		g_snprintf(out, OUT_ROOM, "%.1f s", seconds);
	else if (s < 3600)
		g_snprintf(out, OUT_ROOM, "%lu min %lu s", s / 60, s % 60);
	else
		g_snprintf(out, OUT_ROOM, "%lu h %lu min", s / 3600,
		           s % 3600 / 60);
}

void out_when(const struct am_when *when, char out[OUT_ROOM])
{
	char iso[AM_TIME_ROOM];

	am_time_iso(when, iso);
	if (!*iso) {
		g_strlcpy(out, "                ", OUT_ROOM);
		return;
	}
	char *t = strchr(iso, 'T');
	if (t && strlen(t) >= 6) {
		*t = ' ';
		t[6] = '\0';
	}
	g_strlcpy(out, iso, OUT_ROOM);
}

void out_json_folder(struct am_json *json, const struct am_folder *folder)
{
	am_message_json_folder(json, folder);
}

void out_json_flags(struct am_json *json, uint32_t flags)
{
	am_message_json_flags(json, flags);
}

void out_json_words(struct am_json *json, const char *const *words, size_t n)
{
	am_message_json_words(json, words, n);
}

void out_json_text(struct am_json *json, const char *key, const char *s)
{
	am_message_json_text(json, key, s);
}

void out_json_when(struct am_json *json, const char *key,
                   const struct am_when *when)
{
	am_message_json_when(json, key, when);
}

void out_json_line(struct am_json *json)
{
	size_t len;
	const char *text = am_json_text(json, &len);

	fwrite(text, 1, len, stdout);
	putchar('\n');
	am_json_reset(json);
}
