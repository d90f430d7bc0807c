/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sink of files writes to: a tree, a zip or tar, or one file. */
#include "base/unpack.h"
#include "formats/files/files_sink_impl.h"
#include "formats/mail_head.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool am_files_beside_ours(const struct files_sink *s, const char *path)
{
	static const char begin[] = "{\"mailark\":\"message/";
	char head[sizeof(begin) - 1];
	int fd = openat(am_batch_root(s->batch), path,
	                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : -1;

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(head) && !memcmp(head, begin, sizeof(head));
}

static int open_tree(struct files_sink *s, const char *path,
                     enum am_durability durability, struct am_error *err)
{
	s->target = TO_TREE;
	s->path = g_strdup(path);
	return am_batch_open(&s->batch, path, AM_BATCH_TMP, durability,
	                     AM_EOL_KEEP, err);
}

static int exists_already(const char *path, struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_EXISTS,
	               "%s is there already, and nothing can be added to it",
	               path);
}

int am_files_sink_target(struct files_sink *s, const char *path,
                         enum am_durability durability, struct am_error *err)
{
	size_t len = strlen(path);
	struct stat st;
	bool there = !stat(path, &st);

	if ((len && path[len - 1] == '/') || (there && S_ISDIR(st.st_mode)))
		return open_tree(s, path, durability, err);
	if (am_mail_head_pack_name(path) && !s->kind->packs)
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "%s: .msg files are not packed: name a "
		               "directory (\"%s/\")",
		               path, path);
	if (am_mail_head_pack_name(path)) {
		s->target = TO_PACK;
		s->base.whole_at_end = true;
		s->path = g_strdup(path);
		if (there)
			return exists_already(path, err);
		return am_pack_open(&s->pack, path, err) ? AM_FATAL : AM_OK;
	}
	if (!s->kind->named(path))
		return open_tree(s, path, durability, err);
	if (there)
		return exists_already(path, err);
	s->target = TO_ONE;
	s->path = g_path_get_dirname(path);
	s->one = g_path_get_basename(path);
	return am_batch_open(&s->batch, s->path, AM_BATCH_TMP, durability,
	                     AM_EOL_KEEP, err);
}

int am_files_sink_options(struct files_sink *s, const struct am_location *where,
                          const struct am_option *t,
                          enum am_durability *durability, struct am_error *err)
{
	const char *word = am_location_option(where, t, "durable");
	int r = AM_OK;

	if (s->kind->beside)
		r = am_location_switch(where, t, "sidecar", &s->beside, err);
	if (r)
		return AM_FATAL;

	if (!am_batch_durability(word, durability))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "durable=%s: yes, no or each is meant", word);
	word = am_location_option(where, t, "profile");
	if (!am_safe_name_profile(word, &s->profile))
		return am_fail(
			err, AM_FATAL, AM_E_ARGUMENT,
			"profile=%s: windows, posix or portable is meant",
			word);
	word = am_location_option(where, t, "labels");
	/* Labels that stand in the files beside need no copies. */
	if (s->beside && !am_location_option(where, NULL, "labels"))
		word = "first";
	s->label_folders = !strcmp(word, "folders");
	if (!s->label_folders && strcmp(word, "first") != 0)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "labels=%s: folders or first is meant", word);
	word = am_location_option(where, t, "name");
	r = am_name_template_parse(&s->name, word, err);
	return r ? AM_FATAL : AM_OK;
}
