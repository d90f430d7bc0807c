/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of the source: whose it is, and what dialect it is in.
 */
#include "formats/mbox/source_impl.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/gyb.h"
#include "formats/mail_head.h"
#include "formats/mbox/eudora.h"
#include "formats/mbox/lone.h"
#include "formats/mbox/names.h"
#include "formats/mbox/remark.h"
#include "formats/mbox/sidecar.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_doubt(void *user, enum am_mbox_doubt doubt, uint64_t offset)
{
	struct am_mbox_source *s = user;
	am_mbox_remark_doubt(s->base.ctx, &s->box, doubt, offset);
}

static bool stopped(void *user)
{
	return am_ctx_cancelled(user);
}

void am_mbox_source_file_close(struct am_mbox_source *s)
{
	if (s->open)
		am_mbox_scan_close(&s->scan);
	s->open = false;
	am_mbox_imap_clear(&s->box.imap);
	am_message_free(&s->held);
	g_byte_array_set_size(s->before, 0);
	g_byte_array_set_size(s->after, 0);
	s->lost = false;
	s->n_messages = 0;
}

/* The folder of a file; two files that mean the same one stay apart. */
static int make_folder(struct am_mbox_source *s, const char *const *parts,
                       size_t n, struct am_error *err)
{
	const char **copy = g_new(const char *, n);
	char *last = NULL;
	memcpy(copy, parts, n * sizeof(*copy));
	int r;
	for (int twin = 1;; twin++) {
		if (twin > 1) {
			g_free(last);
			last = g_strdup_printf("%s (%d)", parts[n - 1], twin);
			copy[n - 1] = last;
		}
		struct am_folder *folder = NULL;
		am_folder_unref(&s->folder);
		r = am_folder_new(&folder, copy, n, am_role_guess(copy[n - 1]),
		                  err);
		s->folder = folder;
		if (r)
			break;
		if (g_hash_table_add(s->folders, am_folder_print(s->folder)))
			break;
	}
	g_free(last);
	g_free(copy);
	return r;
}

/* Of a file with one mail among many such: its directory's, told of once. */
static int join_folder(struct am_mbox_source *s, const char *const *parts,
                       size_t n, struct am_error *err)
{
	struct am_folder *folder = NULL;
	int r = am_folder_new(&folder, parts, n,
	                      n ? am_role_guess(parts[n - 1]) : AM_ROLE_NONE,
	                      err);

	s->folder = folder;
	if (r)
		return r;
	s->silent = !g_hash_table_add(s->folders, am_folder_print(folder));
	if (!s->silent)
		am_ctx_note(s->base.ctx, AM_NOTE_INFO, "mbox.single-mails",
		            folder, s->name,
		            "files named by numbers with one mail each are "
		            "one folder, that of their directory");
	return AM_OK;
}

/* A file of the tree that is no mailbox: a mail of its own, then s->lone is
 * it, or AM_END, and a note, for anything else. */
static int open_lone(struct am_mbox_source *s, const char *path,
                     const char *const *parts, size_t n_parts,
                     const struct am_mbox_looks *looks, struct am_error *err)
{
	struct am_folder *folder = NULL;
	int r = am_folder_new(&folder, parts, n_parts,
	                      n_parts ? am_role_guess(parts[n_parts - 1])
	                              : AM_ROLE_NONE,
	                      err);
	if (r)
		return r;
	s->folder = folder;
	if (s->set.leave_maildirs && am_mbox_lone_others(path))
		return AM_END;
	r = am_mbox_lone_read(&s->lone, folder, path, s->name, s->base.ctx,
	                      err);
	if (!r)
		am_gyb_apply(s->gyb, s->name, s->lone);
	char *key = r == AM_END ? am_mbox_eudora_key(path) : NULL;
	if (key)
		g_hash_table_add(s->detached, key);
	else if (r == AM_END)
		am_mbox_lone_pass_over(s->base.ctx, s->name, looks,
		                       s->set.leave_maildirs);
	return r;
}

/* What others read, where they do. */
static int give_parcel(struct am_mbox_source *s, const char *path,
                       const char *const *parts, size_t n_parts,
                       struct am_error *err)
{
	const char *slash = strrchr(path, '/');

	if (s->set.leave_mail)
		return AM_END;
	if (!s->set.leave_maildirs)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s: %s",
		               s->name, AM_MAIL_HEAD_CONTAINER);
	s->found = (struct am_parcel){.path = path,
	                              .name = slash ? slash + 1 : path,
	                              .origin = s->name};
	struct am_folder *folder = NULL;
	int r = am_folder_new(&folder, parts, n_parts, AM_ROLE_NONE, err);
	s->folder = folder;
	return r;
}

int am_mbox_source_file_go(struct am_mbox_source *s, uint64_t offset,
                           struct am_error *err)
{
	struct am_message *msg = NULL;
	uint64_t after;

	int r = am_mbox_scan_next(&s->scan, err);
	if (!r)
		r = am_mbox_deliver(&msg, &after, &s->box, &s->scan, err);
	am_message_free(&msg);
	if (r < 0)
		return r;
	r = r ? r : am_mbox_scan_seek(&s->scan, offset, err);
	/* Nothing there: next() will find the end. */
	return r == AM_END ? AM_OK : r;
}

static struct am_mbox_rules rules_of(struct am_mbox_source *s)
{
	struct am_limits limits =
		am_limits_or_default(s->base.ctx ? &s->base.ctx->limits : NULL);
	const struct am_mbox_dialect *d = &s->box.dialect;

	struct am_mbox_rules rules = am_mbox_dialect_rules(d);

	rules.keep = limits.spool_memory;
	rules.n_split = s->set.n_split;
	rules.n_join = s->set.n_join;
	rules.split = s->set.split;
	rules.join = s->set.join;
	rules.doubt = on_doubt;
	rules.user = s;
	return rules;
}

/* Dovecot writes flags into an mbox when it likes to, and until then they are
 * in DIRECTORY/.imap/NAME/dovecot.index.log. */
static void tell_index(struct am_mbox_source *s, const char *path)
{
	char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
	char *log =
		g_build_filename(dir, ".imap", base, "dovecot.index.log", NULL);
	struct stat box, index;

	if (!stat(log, &index) && !stat(path, &box) &&
	    index.st_mtime > box.st_mtime)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "mbox.dovecot-index",
		            s->folder, s->name,
		            "Dovecot's index is newer than the mailbox: flags "
		            "that it has not written there yet are not read");
	g_free(log);
	g_free(base);
	g_free(dir);
}

/* The scan of s->folder's file is open; path: beside which there may be more
 * to be known, or NULL. */
static void begin(struct am_mbox_source *s, const char *path, bool something)
{
	s->open = true;
	if (path)
		tell_index(s, path);
	if (path)
		s->box.sidecar = am_mbox_sidecar_open(path, s->box.sidecar);
	if (s->set.rebuild)
		s->box.eudora = am_mbox_eudora_open(
			s->box.eudora, path, s->set.attachments, s->put_back);
	s->box.folder = s->folder;
	s->box.name = s->name;
	s->box.from_tz = s->set.from_tz;
	s->box.include_deleted = s->set.include_deleted;
	s->box.n_cuts = s->box.n_expunged = 0;
	s->box.evidence = (struct am_mbox_evidence){0};
	if (something)
		am_mbox_remark_dialect(s->base.ctx, &s->box);
}

int am_mbox_source_file_open(struct am_mbox_source *s, const char *path,
                             const char *relative, const char *const *parts,
                             size_t n_parts, struct am_error *err)
{
	struct am_file *file = NULL;
	struct am_mbox_dialect *d = &s->box.dialect;
	struct am_mbox_looks looks = {0};
	uint64_t from = 0;
	am_folder_unref(&s->folder);
	s->silent = false;
	g_free(s->name);
	s->name = g_strdup(relative);
	s->found.path = NULL;
	if (s->set.leave_mail && am_mail_head_eml_name(relative))
		return AM_END;
	int r = am_file_open(&file, path, err);
	if (r)
		return r;
	int fits = am_mbox_head_look(file, relative, &looks, err);
	/* What begins with a separator is a mailbox, whatever its name. */
	if (fits != 2 && s->tree && *relative != '.' &&
	    !strstr(relative, "/.") &&
	    (am_mail_head_container_name(relative) ||
	     (s->set.leave_maildirs && am_mail_head_olm_name(relative)))) {
		r = give_parcel(s, path, parts, n_parts - 1, err);
		goto out;
	}
	/* Outlook's, packed: others read it, where they do. */
	if (fits < 0 && looks.outlook && s->set.leave_maildirs) {
		r = AM_END;
		goto out;
	}
	if (fits < 0) {
		r = fits;
		goto out;
	}
	/* A mail quotes a separator, and a file of another kind holds it. */
	if (fits == 1 && s->set.leave_maildirs && am_mbox_lone_others(path)) {
		r = AM_END;
		goto out;
	}
	if (!fits && s->set.leave_mail && looks.mail) {
		r = AM_END;
		goto out;
	}
	if (!fits && s->tree &&
	    (!looks.empty ||
	     (s->set.leave_mail && !am_mbox_sidecar_mozilla(path)))) {
		r = open_lone(s, path, parts, n_parts - 1, &looks, err);
		goto out;
	}
	if (!am_ctx_reads(s->base.ctx, path, &from)) {
		r = AM_END;
		goto out;
	}
	r = am_mbox_dialect_sample(d, file, s->name, s->set.flavour,
	                           s->base.ctx, err);
	if (!r && s->numbered && d->n_messages == 1 && d->far)
		r = join_folder(s, parts, n_parts - 1, err);
	else if (!r)
		r = make_folder(s, parts, n_parts, err);
	if (r)
		goto out;
	struct am_mbox_rules rules = rules_of(s);
	r = am_mbox_scan_open(&s->scan, file, UINT64_MAX, &rules, s->base.ctx,
	                      err);
	if (r)
		goto out;
	begin(s, path, !looks.empty);
	if (from)
		r = am_mbox_source_file_go(s, from, err);
out:
	am_file_unref(&file);
	/* Dead is what reads this file; the others are still to come. */
	if (r == AM_FATAL && !am_ctx_cancelled(s->base.ctx))
		r = AM_FAILED;
	return r;
}

uint64_t am_mbox_source_file_go_on(struct am_mbox_source *s)
{
	struct am_mbox_checkpoint *c = &s->checkpoint;
	struct am_mbox_dialect *d = &s->box.dialect;

	if (!s->open || s->scan.window.reader || d->imap ||
	    !am_mbox_checkpoint_holds(c, s->scan.window.file))
		return 0;
	am_mbox_scan_from(&s->scan, c->at);
	s->n_messages = c->messages;
	s->box.n_cuts = c->cuts;
	d->quote = c->quote;
	d->sure = c->sure;
	d->far = c->far;
	return c->messages;
}

/* Where a stream comes from: "-" is standard input. */
static int open_stream(struct am_reader **out, const char *path,
                       struct am_ctx *ctx, struct am_error *err)
{
	bool in = !strcmp(path, "-");
	struct am_reader *raw = NULL;
	/* O_NONBLOCK: one may end it while nobody writes. */
	int fd = in ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
	            : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	if (isatty(fd)) {
		close(fd);
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a terminal: a mailbox is to be piped in");
	}
	/* As much at once as there may be; less is no failure. */
	(void)fcntl(fd, F_SETPIPE_SZ, 1024 * 1024);
	int r = am_reader_fd(&raw, fd, stopped, ctx, err);
	return r ? r : am_unpack_reader(out, raw, err);
}

int am_mbox_source_stream_open(struct am_mbox_source *s, const char *path,
                               struct am_error *err)
{
	struct am_reader *reader = NULL;
	const char *named = s->set.name;
	char *base = named                    ? g_strdup(named)
	             : strcmp(path, "-") != 0 ? g_path_get_basename(path)
	                                      : g_strdup("stdin");
	char *part = named ? g_strdup(named) : am_mbox_name_of_file(base);
	const char *const parts[] = {part};
	const uint8_t *data = (const uint8_t *)"";
	size_t len = 0;

	am_folder_unref(&s->folder);
	g_free(s->name);
	s->name = base;
	int r = make_folder(s, parts, 1, err);
	g_free(part);
	if (!r)
		r = open_stream(&reader, path, s->base.ctx, err);
	/* The dialect is told by its first megabytes, which are waited for. */
	if (!r)
		r = am_reader_peek(reader, AM_MBOX_SAMPLE, &data, &len, err);
	if (r >= 0)
		r = am_mbox_dialect_sample_bytes(
			&s->box.dialect, len ? (const void *)data : "", len,
			len >= AM_MBOX_SAMPLE, s->name, s->set.flavour,
			s->base.ctx, err);
	if (r) {
		am_reader_close(&reader);
		return r == AM_FATAL && !am_ctx_cancelled(s->base.ctx)
		               ? AM_FAILED
		               : r;
	}
	struct am_mbox_rules rules = rules_of(s);
	am_mbox_scan_open_reader(&s->scan, reader, UINT64_MAX, &rules,
	                         s->base.ctx);
	begin(s, NULL, len > 0);
	return AM_OK;
}
