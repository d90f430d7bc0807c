/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of the source: whose it is, and what dialect it is in.
 */
#include "formats/mbox/source_impl.h"

#include "base/file.h"
#include "formats/eml/gyb.h"
#include "formats/mail_head.h"
#include "formats/mbox/lone.h"
#include "formats/mbox/remark.h"
#include "formats/mbox/sidecar.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <string.h>

static void on_doubt(void *user, enum am_mbox_doubt doubt, uint64_t offset)
{
	struct am_mbox_source *s = user;
	am_mbox_remark_doubt(s->base.ctx, &s->box, doubt, offset);
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
	if (r == AM_END)
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

int am_mbox_source_file_open(struct am_mbox_source *s, const char *path,
                             const char *relative, const char *const *parts,
                             size_t n_parts, struct am_error *err)
{
	struct am_file *file = NULL;
	struct am_mbox_dialect *d = &s->box.dialect;
	struct am_mbox_looks looks = {0};
	uint64_t from = 0;
	am_folder_unref(&s->folder);
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
	r = make_folder(s, parts, n_parts, err);
	if (!r)
		r = am_mbox_dialect_sample(d, file, s->name, s->set.flavour,
		                           s->base.ctx, err);
	if (r)
		goto out;
	struct am_limits limits =
		am_limits_or_default(s->base.ctx ? &s->base.ctx->limits : NULL);
	struct am_mbox_rules rules = {
		.eol = d->eol,
		.wide = d->wide,
		.patches = d->patches,
		.trust_length = d->trust_length,
		.tight = !d->blank,
		.mmdf = d->mmdf,
		.keep = limits.spool_memory,
		.n_split = s->set.n_split,
		.n_join = s->set.n_join,
		.split = s->set.split,
		.join = s->set.join,
		.doubt = on_doubt,
		.user = s,
	};
	r = am_mbox_scan_open(&s->scan, file, UINT64_MAX, &rules, s->base.ctx,
	                      err);
	if (r)
		goto out;
	s->open = true;
	s->box.sidecar = am_mbox_sidecar_open(path, s->box.sidecar);
	s->box.folder = s->folder;
	s->box.name = s->name;
	s->box.from_tz = s->set.from_tz;
	s->box.include_deleted = s->set.include_deleted;
	s->box.n_cuts = s->box.n_expunged = 0;
	s->box.evidence = (struct am_mbox_evidence){0};
	if (!looks.empty)
		am_mbox_remark_dialect(s->base.ctx, &s->box);
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
