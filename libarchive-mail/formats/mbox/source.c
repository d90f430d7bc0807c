/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file after the other, one message after the other.  A message is held
 * back until the next one is there: what the mbox has behind its last message
 * (a skipped one, NULs) is part of that message's way back to the stored
 * bytes.
 */
#include "formats/mbox/source.h"

#include "base/arena.h"
#include "base/file.h"
#include "formats/eml/gyb.h"
#include "formats/mbox/eudora.h"
#include "formats/mbox/names.h"
#include "formats/mbox/remark.h"
#include "formats/mbox/sidecar.h"
#include "formats/mbox/source_impl.h"
#include "formats/mbox/tree.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of a prop that keeps bytes around a message. */
#define AROUND_MAX (1024 * 1024)

static struct am_mbox_source *source_of(struct am_source *base)
{
	return AM_CONTAINER(base, struct am_mbox_source, base);
}

static int failed(struct am_mbox_source *s, struct am_item *out, int r,
                  const char *origin)
{
	g_free(s->origin);
	s->origin = g_strdup(origin);
	out->folder = s->folder;
	out->message = NULL;
	out->origin = s->origin;
	return r;
}

/* Bytes that go with a message without being it. */
static void keep_around(struct am_mbox_source *s, GByteArray *to,
                        const uint8_t *bytes, uint64_t len)
{
	if (!bytes || len > AROUND_MAX - MIN(to->len, AROUND_MAX))
		s->lost |= len > 0;
	else
		g_byte_array_append(to, bytes, (guint)len);
}

/* The same for what is no longer in the window. */
static void keep_range(struct am_mbox_source *s, GByteArray *to, uint64_t at,
                       uint64_t len)
{
	uint8_t *buf = NULL;
	if (len <= AROUND_MAX && !s->scan.window.reader) {
		buf = g_malloc((size_t)len);
		if (am_file_read_all(s->scan.window.file, at, buf, (size_t)len,
		                     NULL))
			g_clear_pointer(&buf, g_free);
	}
	keep_around(s, to, buf, len);
	g_free(buf);
}

static void note_lost(struct am_mbox_source *s)
{
	if (s->lost)
		am_ctx_note(s->base.ctx, AM_NOTE_INFO, "mbox.as-imported-lost",
		            s->folder, s->name,
		            "too much between messages to keep it for "
		            "as-imported");
	s->lost = false;
}

static void tell_left_out(struct am_mbox_source *s,
                          const struct am_mbox_left_out *out,
                          enum am_note_level level, const char *code,
                          const char *what)
{
	if (out->n)
		am_ctx_note(s->base.ctx, level, code, NULL, NULL,
		            "%" PRIu64
		            " files %s: no mail, passed over (first: "
		            "%s)",
		            out->n, what, out->first);
}

/* What the walk has seen and not given; and what lay in Eudora's directories,
 * once it is known what became of it. */
static int end_of_tree(struct am_mbox_source *s)
{
	GHashTableIter iter;
	gpointer key;
	unsigned n = g_hash_table_size(s->detached), back = 0;

	g_hash_table_iter_init(&iter, s->detached);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		back += g_hash_table_contains(s->put_back, key) ? 1 : 0;
	if (n)
		am_ctx_note(s->base.ctx, back < n ? AM_NOTE_WARN : AM_NOTE_INFO,
		            "mbox.detached", NULL, NULL,
		            "%u files that Eudora had taken out of mails: %u "
		            "are put back, %u passed over, for no mail names "
		            "them",
		            n, back, n - back);
	g_hash_table_remove_all(s->detached);
	tell_left_out(s, am_mbox_tree_in_profile(s->tree), AM_NOTE_WARN,
	              "mbox.profile-not-mail",
	              "or caches of a Mozilla profile, beside its mail");
	tell_left_out(s, am_mbox_tree_beside(s->tree), AM_NOTE_INFO,
	              "mbox.beside-not-mail",
	              "of what programs keep beside mailboxes");
	return AM_END;
}

static int open_single(struct am_mbox_source *s, const char *path,
                       struct am_error *err)
{
	char *name = g_path_get_basename(path);
	char *part = am_mbox_name_of_file(name);
	int r = am_mbox_source_file_open(s, path, name,
	                                 (const char *const *)&part, 1, err);
	g_free(part);
	g_free(name);
	return r;
}

static int next_file(struct am_mbox_source *s, struct am_item *out,
                     struct am_error *err)
{
	int r;
	if (s->tree) {
		struct am_mbox_entry entry;
		do {
			if (am_ctx_cancelled(s->base.ctx))
				return am_ctx_fail_cancelled(err);
			r = am_mbox_tree_next(s->tree, &entry, err);
			s->numbered = !r && entry.numbered;
			if (!r)
				r = am_mbox_source_file_open(
					s, entry.path, entry.relative,
					entry.parts, entry.n_parts, err);
			else if (r == AM_END)
				return end_of_tree(s);
			else
				am_folder_unref(&s->folder);
		} while (r == AM_END);
		if (r)
			return failed(s, out, r, entry.relative);
	} else {
		char *path = g_steal_pointer(&s->single);
		if (!path)
			return AM_END;
		out->already = 0;
		r = s->stream ? am_mbox_source_stream_open(s, path, err)
		              : open_single(s, path, err);
		if (r)
			(void)failed(s, out, r, s->name);
		g_free(path);
		if (r)
			return r;
		out->already = am_mbox_source_file_go_on(s);
	}
	out->folder = s->folder;
	out->origin = NULL;
	out->parcel = s->found.path ? &s->found : NULL;
	/* Several mails may lie in one directory: it is announced once. */
	if (s->lone &&
	    !g_hash_table_add(s->folders, am_folder_print(s->folder)))
		out->message = g_steal_pointer(&s->lone);
	else
		out->message = NULL;
	return AM_OK;
}

/* [line, end) of a message that is left out. */
static void skip_message(struct am_mbox_source *s)
{
	const struct am_mbox_cut *cut = &s->scan.cut;
	uint64_t len = cut->end - cut->line;
	if (cut->data)
		keep_around(s, s->before, cut->sep, len);
	else
		keep_range(s, s->before, cut->line, len);
}

/* The last `len` bytes of the cut, into what the message has behind it. */
static void keep_after(struct am_mbox_source *s, uint64_t len)
{
	const struct am_mbox_cut *cut = &s->scan.cut;
	bool nul = len && !cut->tail[cut->tail_len - 1];
	if (nul)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "mbox.nul-bytes",
		            s->folder, s->name,
		            "%" PRIu64 " bytes after a message are NULs, "
		            "before byte %" PRIu64,
		            len, cut->end);
	if (len <= cut->tail_len) {
		keep_around(s, s->after, cut->tail + cut->tail_len - len, len);
	} else {
		keep_range(s, s->after, cut->end - len, len);
	}
}

static void add_bytes(struct am_message *msg, const char *name,
                      const GByteArray *bytes)
{
	if (bytes->len)
		am_message_add_prop(msg, name, bytes->data, bytes->len);
}

/* The held message goes out, whatever comes behind it is known. */
static void let_go(struct am_mbox_source *s, struct am_item *out)
{
	add_bytes(s->held, "mbox.after", s->after);
	g_byte_array_set_size(s->after, 0);
	out->folder = s->folder;
	out->message = g_steal_pointer(&s->held);
	out->origin = NULL;
	s->n_messages++;
}

/* The file is through: what is held, then what went wrong with it. */
static int end_of_file(struct am_mbox_source *s, struct am_item *out,
                       struct am_error *err)
{
	const struct am_mbox_window *w = &s->scan.window;
	if (s->held) {
		g_byte_array_append(s->after, s->before->data, s->before->len);
		g_byte_array_set_size(s->before, 0);
		note_lost(s);
		let_go(s, out);
		return AM_OK;
	}
	int r = AM_END;
	am_mbox_remark_expunged(s->base.ctx, &s->box);
	if (w->status < 0) {
		r = am_fail(err, AM_FAILED, w->error.kind,
		            "cut short at byte %" PRIu64 ": %s",
		            am_mbox_window_end(w), w->error.text);
		if (err)
			err->sys = w->error.sys;
		if (s->box.n_cuts)
			am_wrap(err, r,
			        "message %" PRIu64 " at offset %" PRIu64,
			        s->box.n_cuts, s->scan.cut.line);
		am_wrap(err, r, "%s", s->name);
		(void)failed(s, out, r, s->name);
	} else if (!s->n_messages && !s->box.n_cuts &&
	           am_mbox_window_end(w) > s->scan.first && !s->tree) {
		/* Named by the user, and not a message in it. */
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: no From_ line in %" PRIu64 " bytes", s->name,
		            am_mbox_window_end(w));
		(void)failed(s, out, r, s->name);
	}
	am_mbox_source_file_close(s);
	return r;
}

/* AM_END: the file is through. */
static int next_message(struct am_mbox_source *s, struct am_item *out,
                        struct am_error *err)
{
	for (;;) {
		struct am_message *msg = NULL;
		uint64_t after = 0;
		bool begun = s->scan.begun;
		if (am_ctx_cancelled(s->base.ctx))
			return am_ctx_fail_cancelled(err);
		int r = am_mbox_scan_next(&s->scan, err);
		/* The last one is no message, but its beginning. */
		if (s->scan.window.error.kind == AM_E_CANCELLED)
			return am_ctx_fail_cancelled(err);
		if (!begun && !r) {
			keep_around(s, s->before, s->scan.junk,
			            s->scan.junk_len);
			am_mbox_remark_junk(s->base.ctx, &s->box, &s->scan);
		}
		if (r == AM_END)
			return end_of_file(s, out, err);
		if (r == AM_FAILED) { /* the scanner cannot go on */
			(void)failed(s, out, r, s->name);
			am_mbox_source_file_close(s);
			return r;
		}
		if (!r)
			r = am_mbox_deliver(&msg, &after, &s->box, &s->scan,
			                    err);
		if (r < 0) {
			am_wrap(err, r,
			        "message %" PRIu64 " at offset %" PRIu64,
			        s->box.n_cuts, s->scan.cut.line);
			return failed(s, out, r, s->name);
		}
		if (!msg) {
			skip_message(s);
			continue;
		}
		am_mbox_remark_ending(s->base.ctx, &s->box, &s->scan);
		bool clean = !s->before->len && !s->lost;
		add_bytes(msg, "mbox.before", s->before);
		g_byte_array_set_size(s->before, 0);
		bool ready = s->held != NULL;
		if (ready)
			let_go(s, out);
		s->held = msg;
		keep_after(s, after);
		note_lost(s);
		if (!ready)
			continue;
		if (clean && !s->tree)
			am_mbox_checkpoint_reach(
				&s->checkpoint, s->scan.window.file,
				&s->box.dialect, s->scan.cut.line,
				s->n_messages, s->box.n_cuts - 1);
		return AM_OK;
	}
}

static int source_next(struct am_source *base, struct am_item *out,
                       struct am_error *err)
{
	struct am_mbox_source *s = source_of(base);
	for (;;) {
		int r;
		if (s->checkpoint.text && s->folder) {
			g_free(s->origin);
			s->origin = g_steal_pointer(&s->checkpoint.text);
			out->folder = s->root;
			out->cursor = s->origin;
			return AM_OK;
		}
		if (s->lone) {
			out->folder = s->folder;
			out->message = g_steal_pointer(&s->lone);
			out->origin = NULL;
			return AM_OK;
		}
		if (!s->open && !s->tree && !s->single)
			am_mbox_checkpoint_end(&s->checkpoint);
		if (s->checkpoint.text && s->folder)
			continue;
		if (!s->open) {
			r = next_file(s, out, err);
			if (r || !s->silent)
				return r;
		}
		r = next_message(s, out, err);
		if (r != AM_END)
			return r;
	}
}

static void source_close(struct am_source *base)
{
	struct am_mbox_source *s = source_of(base);
	am_mbox_source_file_close(s);
	am_message_free(&s->lone);
	am_mbox_tree_close(&s->tree);
	am_gyb_free(s->gyb);
	am_folder_unref(&s->folder);
	am_folder_unref(&s->root);
	am_mbox_checkpoint_clear(&s->checkpoint);
	g_byte_array_free(s->before, TRUE);
	g_byte_array_free(s->after, TRUE);
	am_mbox_settings_clear(&s->set);
	am_mbox_sidecar_free(&s->box.sidecar);
	am_mbox_eudora_free(&s->box.eudora);
	g_hash_table_destroy(s->folders);
	g_hash_table_unref(s->put_back);
	g_hash_table_unref(s->detached);
	g_free(s->single);
	g_free(s->name);
	g_free(s->origin);
	g_free(s);
}

/* "x.mbox:1234", of a single file. */
static int source_find(struct am_source *base, const char *origin,
                       struct am_message **out, struct am_error *err)
{
	struct am_mbox_source *s = source_of(base);
	const char *colon = strrchr(origin, ':');
	const char *digits = colon ? colon + 1 : origin;
	struct am_item item = {0};
	uint64_t after;
	char *end;

	*out = NULL;
	uint64_t offset = g_ascii_strtoull(digits, &end, 10);
	if (*end || end == digits)
		return AM_END;
	int r = s->open ? AM_OK : next_file(s, &item, err);
	if (r || !s->open)
		return r ? r : AM_END;
	if (!s->box.n_cuts)
		r = am_mbox_source_file_go(s, offset, err);
	else
		r = am_mbox_scan_seek(&s->scan, offset, err);
	if (!r)
		r = am_mbox_scan_next(&s->scan, err);
	if (!r && s->scan.cut.line != offset)
		r = AM_END;
	if (!r)
		r = am_mbox_deliver(out, &after, &s->box, &s->scan, err);
	return !r && !*out ? AM_END : r;
}

static int source_resume(struct am_source *base, struct am_memory *memory,
                         struct am_error *err)
{
	return am_mbox_checkpoint_resume(&source_of(base)->checkpoint, memory,
	                                 err);
}

static const struct am_source_ops ops = {
	.next = source_next,
	.close = source_close,
};

static const struct am_source_ops single_ops = {
	.next = source_next,
	.find = source_find,
	.resume = source_resume,
	.close = source_close,
};

/* What there is to read, for the progress display. */
static void sum_tree(struct am_mbox_source *s, const char *path)
{
	struct am_mbox_tree *tree = NULL;
	struct am_mbox_entry entry;
	int r = am_mbox_tree_open(&tree, path, s->set.leave_maildirs, NULL);
	if (r)
		return;
	while ((r = am_mbox_tree_next(tree, &entry, NULL)) != AM_END)
		if (!r)
			s->base.total_bytes += entry.size;
	am_mbox_tree_close(&tree);
}

int am_mbox_source_open(struct am_source **out, const struct am_location *where,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct stat st = {0};
	int r;
	*out = NULL;
	if (!where->path)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "an mbox is a file or a directory");
	bool in = !strcmp(where->path, "-");
	if (!in && stat(where->path, &st))
		return am_fail_sys(err, AM_FAILED, "%s", where->path);
	struct am_mbox_source *s = g_new0(struct am_mbox_source, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->before = g_byte_array_new();
	s->after = g_byte_array_new();
	s->put_back =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->detached =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->folders =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r = am_mbox_settings_read(&s->set, where, err);
	if (r)
		goto out;
	if (S_ISDIR(st.st_mode)) {
		if (s->set.n_split || s->set.n_join)
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "split-at and join-at are for one file");
		else
			r = am_mbox_tree_open(&s->tree, where->path,
			                      s->set.leave_maildirs, err);
		s->gyb = am_gyb_new(where->path);
		if (!r && !s->set.leave_mail)
			sum_tree(s, where->path);
	} else if (in || S_ISFIFO(st.st_mode)) {
		s->stream = true;
		s->single = g_strdup(where->path);
	} else {
		struct am_file *file = NULL;
		r = am_file_open(&file, where->path, err); /* no FIFO, say */
		am_file_unref(&file);
		struct am_folder *root = NULL;
		if (!r)
			r = am_folder_new(&root, NULL, 0, AM_ROLE_NONE, err);
		s->root = root;
		am_mbox_checkpoint_init(&s->checkpoint, where->path,
		                        s->set.checkpoint);
		s->base.identity = s->checkpoint.identity;
		s->single = g_strdup(where->path);
		s->base.ops = &single_ops;
		s->base.total_bytes = (uint64_t)st.st_size;
	}
out:
	if (r)
		source_close(&s->base);
	else
		*out = &s->base;
	return r;
}
