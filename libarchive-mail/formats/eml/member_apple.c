/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/member_apple.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "model/ctx.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PARTIAL ".partial.emlx"
#define PART    ".emlxpart"

struct am_member_apple {
	struct am_file *file;
	uint64_t allowed, laid_out;
	GHashTable *boxes; /* what stands before "Messages/" */
	char *dir;         /* NULL: nothing has been laid out */
	bool searched, partial, told;
	unsigned n_files;
};

/* A member taken apart; pieces are of its name. */
struct piece {
	size_t box;            /* length of what stands before Messages/ */
	const char *number;    /* of the message */
	size_t number_len;     /* 0: none */
	const char *section;   /* of the part */
	size_t section_len;    /* 0: it is a message */
	bool beside, is_empty; /* beside the message; Apple's copies */
};

struct am_member_apple *am_member_apple_new(struct am_file *file,
                                            uint64_t allowed)
{
	struct am_member_apple *a = g_new0(struct am_member_apple, 1);

	a->file = am_file_ref(file);
	a->allowed = allowed;
	a->boxes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return a;
}

void am_member_apple_free(struct am_member_apple **apple)
{
	struct am_member_apple *a = *apple;

	*apple = NULL;
	if (!a)
		return;
	/* What cannot be removed stays, as with any temporary file. */
	if (a->dir && am_remove_tree(a->dir, NULL))
		(void)rmdir(a->dir);
	g_free(a->dir);
	g_hash_table_unref(a->boxes);
	am_file_unref(&a->file);
	g_free(a);
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* "2", "1.3": how long, with nothing but numbers between dots. */
static size_t section_len(const char *s)
{
	size_t n = digits(s);

	while (n && s[n] == '.' && digits(s + n + 1))
		n += 1 + digits(s + n + 1);
	return n;
}

/* Does `end` of the name, a directory with its slash, stand alone? */
static bool ends_with_dir(const char *member, size_t len, const char *dir)
{
	size_t n = strlen(dir);

	return len >= n && !memcmp(member + len - n, dir, n) &&
	       (len == n || member[len - n - 1] == '/');
}

/* "7.partial.emlx", "7.2.emlxpart", "7.emlx" in Messages/ */
static bool in_messages(struct piece *p, const char *member, const char *base)
{
	static const char dir[] = "Messages/";
	size_t len = (size_t)(base - member), n = digits(base), s;

	if (!ends_with_dir(member, len, dir) || !n || n > 20)
		return false;
	*p = (struct piece){.box = len - (sizeof dir - 1),
	                    .number = base,
	                    .number_len = n,
	                    .beside = true};
	if (!strcmp(base + n, PARTIAL) || !strcmp(base + n, ".emlx"))
		return true;
	s = base[n] == '.' ? section_len(base + n + 1) : 0;
	p->section = base + n + 1;
	p->section_len = s;
	return s && s < 60 && !strcmp(p->section + s, PART);
}

/* "Attachments/7/2/name" */
static bool in_attachments(struct piece *p, const char *member,
                           const char *base)
{
	static const char dir[] = "Attachments/";
	const char *at = base;
	const char *slashes[3] = {0};

	for (int i = 0; i < 3; i++) {
		at = at > member ? memrchr(member, '/', (size_t)(at - member))
		                 : NULL;
		if (!at)
			return false;
		slashes[i] = at;
	}
	*p = (struct piece){.number = slashes[2] + 1,
	                    .section = slashes[1] + 1,
	                    .is_empty = *base == '.'};
	p->number_len = digits(p->number);
	p->section_len = section_len(p->section);
	size_t len = (size_t)(p->number - member);
	if (!ends_with_dir(member, len, dir) || !p->number_len ||
	    p->number_len > 20 || p->section_len > 60 ||
	    p->number + p->number_len != slashes[1] ||
	    p->section + p->section_len != slashes[0])
		return false;
	p->box = len - (sizeof dir - 1);
	return p->section_len > 0;
}

static bool take_apart(struct piece *p, const char *member)
{
	const char *slash = strrchr(member, '/');
	const char *base = slash ? slash + 1 : member;

	return in_messages(p, member, base) || in_attachments(p, member, base);
}

/* Of names that anybody may have made up nothing but digits becomes a path. */
static char *box_dir(const struct am_member_apple *a, const char *member,
                     const struct piece *p)
{
	uint8_t hash[AM_SHA256_LEN];
	char hex[33];

	am_sha256(member, p->box, hash);
	am_hex(hash, 16, hex);
	return g_build_filename(a->dir, hex, NULL);
}

static int lay_out(struct am_member_apple *a, const char *path,
                   struct am_reader *reader, struct am_ctx *ctx,
                   struct am_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const uint8_t *data;
	size_t len;
	int r = AM_OK;

	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	while (!r) {
		r = am_reader_peek(reader, 1, &data, &len, err);
		if (r)
			break;
		a->laid_out += len;
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		else if (a->laid_out > a->allowed)
			r = am_fail(err, AM_FAILED, AM_E_LIMIT, "too large");
		else
			r = am_write_all(fd, data, len, "temporary file", err);
		am_reader_skip(reader, len);
	}
	close(fd);
	if (r == AM_END)
		return AM_OK;
	(void)unlink(path);
	return r;
}

/* A part of a message, to where reading it will look. */
static int lay_out_part(struct am_member_apple *a, const char *member,
                        const struct piece *p, struct am_reader *reader,
                        struct am_ctx *ctx, struct am_error *err)
{
	char *box = box_dir(a, member, p), *dir, *name;

	if (p->beside) {
		dir = g_build_filename(box, "Messages", NULL);
		name = g_strdup_printf("%.*s.%.*s" PART, (int)p->number_len,
		                       p->number, (int)p->section_len,
		                       p->section);
	} else {
		dir = g_strdup_printf("%s/Attachments/%.*s/%.*s", box,
		                      (int)p->number_len, p->number,
		                      (int)p->section_len, p->section);
		name = g_strdup_printf("%u", a->n_files++);
	}
	char *path = g_build_filename(dir, name, NULL);
	int r = am_make_dirs(dir, err);
	if (!r)
		r = lay_out(a, path, reader, ctx, err);
	g_free(path);
	g_free(name);
	g_free(dir);
	g_free(box);
	return r;
}

static int look_at(struct am_member_apple *a, struct am_container *container,
                   const struct am_member *member, bool again,
                   struct am_ctx *ctx, struct am_error *err)
{
	struct am_reader *reader = NULL;
	struct piece p;

	if (!member->name || member->link || !take_apart(&p, member->name))
		return AM_OK;
	if (!again && !p.section_len) {
		g_hash_table_add(a->boxes, g_strndup(member->name, p.box));
		a->partial |= g_str_has_suffix(member->name, PARTIAL);
	}
	if (!again || !p.section_len || p.is_empty ||
	    am_container_reader(container, &reader, NULL))
		return AM_OK;
	int r = lay_out_part(a, member->name, &p, reader, ctx, err);
	am_reader_close(&reader);
	return r;
}

/* Once for the names, again for the parts of messages. */
static int go_through(struct am_member_apple *a, bool again, struct am_ctx *ctx,
                      struct am_error *err)
{
	struct am_container *container = NULL;
	struct am_error why = {0};
	int r = am_container_open(&container, a->file, NULL);
	int bad = AM_OK;

	/* What is damaged is told by who reads the messages. */
	while (!bad && (!r || r == AM_FAILED)) {
		struct am_member member = {0};
		if (am_ctx_cancelled(ctx)) {
			bad = am_ctx_fail_cancelled(&why);
			break;
		}
		r = am_container_next(container, &member, NULL);
		if (!r)
			bad = look_at(a, container, &member, again, ctx, &why);
	}
	am_container_close(&container);
	if (bad && why.kind == AM_E_CANCELLED) {
		if (err)
			*err = why;
		return bad;
	}
	if (bad && !a->told)
		am_ctx_note(ctx, AM_NOTE_WARN, "eml.parts-not-laid-out", NULL,
		            am_file_path(a->file),
		            "attachments that lie beside their messages are "
		            "not put back from here on: %s",
		            why.text);
	a->told |= bad != AM_OK;
	return AM_OK;
}

static int search(struct am_member_apple *a, struct am_ctx *ctx,
                  struct am_error *err)
{
	if (a->searched)
		return AM_OK;
	a->searched = true;
	int r = go_through(a, false, ctx, err);
	if (r || !a->partial)
		return r;
	const char *tmp = am_ctx_tmpdir(ctx);
	a->dir = g_build_filename(tmp ? tmp : "/tmp", "mailark-XXXXXX", NULL);
	if (!g_mkdtemp(a->dir)) {
		r = am_fail_sys(err, AM_FAILED, "%s", a->dir);
		g_clear_pointer(&a->dir, g_free);
		return r;
	}
	return go_through(a, true, ctx, err);
}

int am_member_apple_part(struct am_member_apple *a, const char *member,
                         bool *yes, struct am_ctx *ctx, struct am_error *err)
{
	struct piece p;

	*yes = false;
	if (!take_apart(&p, member) || !p.section_len)
		return AM_OK;
	int r = search(a, ctx, err);
	char *box = g_strndup(member, p.box);
	*yes = !r && g_hash_table_contains(a->boxes, box);
	g_free(box);
	return r;
}

int am_member_apple_place(struct am_member_apple *a, const char *member,
                          char **path, struct am_ctx *ctx, struct am_error *err)
{
	struct piece p;

	*path = NULL;
	if (!g_str_has_suffix(member, PARTIAL) || !take_apart(&p, member))
		return AM_OK;
	int r = search(a, ctx, err);
	if (r || !a->dir)
		return r;
	char *box = box_dir(a, member, &p);
	char *dir = g_build_filename(box, "Messages", NULL);
	r = am_make_dirs(dir, err);
	if (!r)
		*path = g_strdup_printf("%s/%.*s" PARTIAL, dir,
		                        (int)p.number_len, p.number);
	g_free(dir);
	g_free(box);
	return r;
}
