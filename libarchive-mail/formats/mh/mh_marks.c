/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mh/mh_marks.h"

#include "base/bytes.h"
#include "formats/old_mail.h"
#include "model/message.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64 * 1024 * 1024)

enum {
	MARK_NEW = 1,
	MARK_UNREAD = 2,
	MARK_MARKED = 4,
	MARK_DELETED = 8,
	MARK_REPLIED = 16,
	MARK_FORWARDED = 32
};

struct am_mh_marks {
	GHashTable *flags; /* number -> flags, both as pointers */
};

static const char *const names[] = {".claws_mark", ".sylpheed_mark"};

bool am_mh_marks_file(const char *name)
{
	return !strcmp(name, names[0]) || !strcmp(name, names[1]);
}

static uint32_t get(const uint8_t *p, bool big)
{
	struct am_cursor c = am_cursor(p, 4);

	uint32_t v = am_get_le32(&c);

	return big ? __builtin_bswap32(v) : v;
}

struct am_mh_marks *am_mh_marks_parse(const uint8_t *data, size_t len)
{
	if (len < 4)
		return NULL;
	bool big = get(data, false) > 0xffff;
	if (big && get(data, true) > 0xffff)
		return NULL;
	struct am_mh_marks *marks = g_new0(struct am_mh_marks, 1);
	marks->flags = g_hash_table_new(NULL, NULL);
	for (size_t at = 4; len - at >= 8; at += 8)
		/* The last one counts. */
		g_hash_table_insert(marks->flags,
		                    GUINT_TO_POINTER(get(data + at, big)),
		                    GUINT_TO_POINTER(get(data + at + 4, big)));
	return marks;
}

static struct am_mh_marks *read_one(int dir_fd, const char *name)
{
	struct am_mh_marks *marks = NULL;
	struct stat st;
	int fd = openat(dir_fd, name,
	                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= FILE_MAX) {
		size_t room = (size_t)st.st_size, len = 0;
		uint8_t *data = g_malloc(room + 1);
		ssize_t n;
		while (len < room && (n = read(fd, data + len, room - len)) > 0)
			len += (size_t)n;
		marks = am_mh_marks_parse(data, len);
		g_free(data);
	}
	if (fd >= 0)
		close(fd);
	return marks;
}

struct am_mh_marks *am_mh_marks_read(int dir_fd)
{
	struct am_mh_marks *marks = NULL;

	for (size_t i = 0; i < AM_COUNT(names) && !marks; i++)
		marks = read_one(dir_fd, names[i]);
	return marks;
}

void am_mh_marks_free(struct am_mh_marks **marks)
{
	if (*marks)
		g_hash_table_destroy((*marks)->flags);
	g_clear_pointer(marks, g_free);
}

bool am_mh_marks_apply(const struct am_mh_marks *marks, uint32_t n,
                       struct am_message *msg)
{
	void *value;

	if (!g_hash_table_lookup_extended(marks->flags, GUINT_TO_POINTER(n),
	                                  NULL, &value))
		return false;
	uint32_t bits = GPOINTER_TO_UINT(value);
	msg->flags |= (bits & (MARK_NEW | MARK_UNREAD) ? 0u : AM_SEEN) |
	              (bits & MARK_MARKED ? AM_FLAGGED : 0u) |
	              (bits & MARK_DELETED ? AM_DELETED : 0u) |
	              (bits & MARK_REPLIED ? AM_ANSWERED : 0u) |
	              (bits & MARK_FORWARDED ? AM_FORWARDED : 0u);
	if (!(bits & MARK_NEW))
		am_old_mail_tell(msg);
	return true;
}
