/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile.h"

#include "base/file.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GUARD_SECONDS 60

static uint32_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* Up to and without `n`; small numbers more often than great ones. */
static guint below(uint64_t *state, guint n)
{
	guint top = n;

	if (draw(state) % 2 && n > 16)
		top = 16;
	return top ? draw(state) % top : 0;
}

static void insert(GByteArray *b, guint at, const void *data, guint len)
{
	guint behind = b->len - at;

	g_byte_array_set_size(b, b->len + len);
	memmove(b->data + at + len, b->data + at, behind);
	memcpy(b->data + at, data, len);
}

static void turn_bits(GByteArray *b, uint64_t *state)
{
	for (guint n = 1 + draw(state) % 8; n; n--)
		b->data[draw(state) % b->len] ^=
			(uint8_t)(1u << draw(state) % 8);
}

static void overwrite(GByteArray *b, uint64_t *state)
{
	static const uint8_t fills[] = {0, 0xFF, '\n', ' ', 0x80, '='};
	guint at = draw(state) % b->len, len = below(state, b->len - at);
	guint kind = draw(state) % (AM_COUNT(fills) + 1);

	for (guint i = 0; i < len; i++)
		b->data[at + i] = kind < AM_COUNT(fills) ? fills[kind]
		                                         : (uint8_t)draw(state);
}

static void splice(GByteArray *b, uint64_t *state)
{
	guint from = draw(state) % b->len, to = draw(state) % b->len;
	guint len = below(state, b->len - MAX(from, to));

	memmove(b->data + to, b->data + from, len);
}

static void cut_out(GByteArray *b, uint64_t *state)
{
	guint at = draw(state) % b->len, len = below(state, b->len - at);

	g_byte_array_remove_range(b, at, len);
}

static void repeat(GByteArray *b, uint64_t *state)
{
	guint at = draw(state) % b->len, len = below(state, b->len - at);
	uint8_t *piece = g_memdup2(b->data + at, MAX(len, 1));

	insert(b, draw(state) % b->len, piece, len);
	g_free(piece);
}

/* What formats obey, in places where nobody expects it. */
static void put_words(GByteArray *b, uint64_t *state)
{
	static const char *const words[] = {
		"\nFrom a@b Thu Jan  2 03:04:05 2020\n",
		"\n\nFrom ",
		"\n>>>>>From \n",
		"\nContent-Length: 18446744073709551615\n",
		"\nContent-Length: -1\n",
		"\nContent-Length: 7\n\n",
		"\nX-IMAP: 99999999999999999999 4294967296\n",
		"\nX-UID: 4294967295\n",
		"\nStatus: \xff\nX-Status: ADFT\n",
		"\nX-Gmail-Labels: =?utf-8?q?=00=ff?=,,\"\n",
		"\nX-Mozilla-Status: ffffffffffff\n",
		"\nDate: Fri, 99 Foo 99999 99:99:99 +9999\n",
		"\nSubject: =?utf-8?b?////?= =?x-none?q?=?=\n",
		"\nContent-Type: multipart/mixed; boundary=\"\"\n\n--\n",
		"\r",
		"\r\n\r\n",
		"\nV1 999999999999 0\n",
	};
	const char *word = words[draw(state) % AM_COUNT(words)];

	insert(b, draw(state) % b->len, word, (guint)strlen(word));
}

void hostile_corrupt(GByteArray *bytes, uint32_t seed)
{
	static void (*const ways[])(GByteArray * b, uint64_t * state) = {
		turn_bits, overwrite, splice, cut_out, repeat, put_words,
	};
	uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;

	/* Each way is as often the first, and one in four is not alone. */
	ways[seed % AM_COUNT(ways)](bytes, &state);
	for (guint n = draw(&state) % 4 ? 0 : 1 + draw(&state) % 4; n; n--)
		if (bytes->len)
			ways[draw(&state) % AM_COUNT(ways)](bytes, &state);
}

char *hostile_name(const char *name, uint32_t seed)
{
	GByteArray *b = g_byte_array_new();

	g_byte_array_append(b, (const guint8 *)name, (guint)strlen(name));
	hostile_corrupt(b, seed);
	for (guint i = 0; i < b->len; i++)
		if (!b->data[i] || b->data[i] == '/')
			b->data[i] = '&';
	g_byte_array_set_size(b, MIN(b->len, 200));
	char *out = g_strndup((char *)b->data, b->len);
	g_byte_array_free(b, TRUE);
	if (!*out || !strcmp(out, ".") || !strcmp(out, "..")) {
		g_free(out);
		out = g_strdup("...");
	}
	return out;
}

static char what[400];

static void on_alarm(int number)
{
	static const char says[] = "hostile: took too long: ";

	(void)number;
	(void)!write(STDERR_FILENO, says, sizeof says - 1);
	(void)!write(STDERR_FILENO, what, strlen(what));
	abort();
}

void hostile_guard(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	g_vsnprintf(what, sizeof what - 1, fmt, args);
	va_end(args);
	g_strlcat(what, "\n", sizeof what);
	signal(SIGALRM, on_alarm);
	alarm(GUARD_SECONDS);
}

void hostile_guard_end(void)
{
	alarm(0);
}

char *hostile_dir(void)
{
	char *dir = g_strdup("/dev/shm/am-hostile-XXXXXX");

	if (!mkdtemp(dir)) {
		g_free(dir);
		dir = g_strdup("/tmp/am-hostile-XXXXXX");
		cr_assert(mkdtemp(dir), "no temporary directory");
	}
	return dir;
}

/* Without the sync that g_file_set_contents() makes: there are thousands. */
void hostile_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f, "%s", path);
	cr_assert(fwrite(data, 1, len, f) == len, "%s", path);
	cr_assert(fclose(f) == 0, "%s", path);
}

GByteArray *hostile_read(const char *path)
{
	char *data;
	gsize len;

	cr_assert(g_file_get_contents(path, &data, &len, NULL), "%s", path);
	return g_byte_array_new_take((guint8 *)data, len);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *hostile_files(const char *root)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	GQueue dirs = G_QUEUE_INIT;

	g_queue_push_tail(&dirs, g_strdup(""));
	for (char *dir; (dir = g_queue_pop_head(&dirs)); g_free(dir)) {
		char *path = g_strconcat(root, dir, NULL);
		GDir *d = g_dir_open(path, 0, NULL);
		const char *name;
		if (!d)
			g_ptr_array_add(files, g_strdup(dir));
		while (d && (name = g_dir_read_name(d)))
			g_queue_push_tail(&dirs,
			                  g_strdup_printf("%s/%s", dir, name));
		if (d)
			g_dir_close(d);
		g_free(path);
	}
	g_ptr_array_sort(files, by_name);
	return files;
}

void hostile_copy(const char *from, const char *to)
{
	GPtrArray *files = hostile_files(from);

	for (guint i = 0; i < files->len; i++) {
		char *source = g_strconcat(from, files->pdata[i], NULL);
		char *target = g_strconcat(to, files->pdata[i], NULL);
		char *dir = g_path_get_dirname(target);
		GByteArray *bytes = hostile_read(source);
		cr_assert(g_mkdir_with_parents(dir, 0777) == 0);
		hostile_write(target, bytes->data, bytes->len);
		g_byte_array_free(bytes, TRUE);
		g_free(dir);
		g_free(source);
		g_free(target);
	}
	g_ptr_array_free(files, TRUE);
}
