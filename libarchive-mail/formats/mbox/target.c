/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/target.h"

#include "base/file.h"
#include "base/file_replace.h"
#include "base/unpack.h"
#include "formats/mbox/lock.h"
#include "model/ctx.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER (512 * 1024)
/* From here on a write is cheaper than a copy. */
#define DIRECT (32 * 1024)

struct am_mbox_target {
	char *path;
	char *temp; /* a new file's name until it is committed */
	char *lock; /* the dotlock's */
	struct am_ctx *ctx;
	bool found; /* it has been looked for, and what is below is known */
	int fd;
	uint8_t *buf;
	size_t len;
	uint64_t filed;     /* bytes in the file */
	uint64_t committed; /* of these, safe */
	bool dirty;
	struct am_mbox_manner manner;
	uint64_t n, n_like; /* unmarked messages, and those of them that look
	                     * as if they had storage fields */
	uint8_t tail[4];    /* the last bytes, to know how the file ends */
	size_t tail_len;
};

struct am_mbox_target *am_mbox_target_new(const char *path, bool mmdf,
                                          struct am_ctx *ctx)
{
	struct am_mbox_target *t = g_new0(struct am_mbox_target, 1);
	t->path = g_strdup(path);
	t->ctx = ctx;
	t->fd = -1;
	t->manner.blank = !mmdf;
	t->manner.mmdf = mmdf;
	return t;
}

/* What was not committed goes; best effort, there is nobody left to tell. */
static void roll_back(struct am_mbox_target *t)
{
	if (t->temp && t->fd < 0) { /* it rests */
		(void)unlink(t->temp);
		g_clear_pointer(&t->temp, g_free);
		return;
	}
	if (t->temp) {
		am_file_replace_drop(&t->fd, &t->temp);
		return;
	}
	if (t->found && t->filed > t->committed) {
		int r = t->fd >= 0 ? ftruncate(t->fd, (off_t)t->committed)
		                   : truncate(t->path, (off_t)t->committed);
		if (r)
			am_ctx_note(t->ctx, AM_NOTE_ERROR,
			            "mbox.not-rolled-back", NULL, t->path,
			            "what was not committed stays behind byte "
			            "%" PRIu64 ": %s",
			            t->committed, g_strerror(errno));
	}
}

void am_mbox_target_free(struct am_mbox_target **target)
{
	struct am_mbox_target *t = *target;
	if (!t)
		return;
	roll_back(t);
	if (t->fd >= 0)
		close(t->fd);
	am_mbox_unlock_dot(&t->lock);
	g_free(t->buf);
	g_free(t->path);
	g_free(t);
	*target = NULL;
}

static int open_new(struct am_mbox_target *t, struct am_error *err)
{
	char *directory = g_path_get_dirname(t->path);
	int r = am_make_dirs(directory, err);
	g_free(directory);
	/* Under the lock of the name it will have: who is working on it. */
	if (!r)
		r = am_mbox_lock_dot(t->path, &t->lock, err);
	if (!r)
		r = am_file_replace_open(&t->fd, &t->temp, t->path, err);
	t->dirty = !r;
	return r;
}

/* Which manner of mbox is it that we are to go on with? */
static int look_at_existing(struct am_mbox_target *t, struct am_error *err)
{
	struct am_file *file = NULL;
	struct am_mbox_dialect d;
	uint8_t head[8192];
	size_t got;
	int r = am_file_open(&file, t->path, err);
	if (r)
		return r;
	uint64_t size = am_file_size(file);
	r = am_file_read(file, 0, head, sizeof(head), &got, err);
	if (!r && size && am_unpack_sniff(head, got))
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: packed, cannot be appended to", t->path);
	else if (!r && size && !am_mbox_head_fits(head, got, got == size))
		r = am_fail(err, AM_FAILED, AM_E_EXISTS,
		            "%s: is there and is no mailbox", t->path);
	if (!r)
		r = am_mbox_dialect_sample(&d, file, t->path, AM_MBOX_AUTO,
		                           t->ctx, err);
	if (!r && size && d.mmdf != t->manner.mmdf)
		r = am_fail(err, AM_FAILED, AM_E_EXISTS,
		            "%s: is there and is %s", t->path,
		            d.mmdf ? "in MMDF" : "no MMDF");
	if (!r && size && d.eol != '\n')
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: has CR line ends, cannot be appended to",
		            t->path);
	t->tail_len = (size_t)MIN(size, sizeof(t->tail));
	if (!r)
		r = am_file_read_all(file, size - t->tail_len, t->tail,
		                     t->tail_len, err);
	am_file_unref(&file);
	if (r)
		return r;
	t->filed = t->committed = size;
	t->manner.blank = !t->manner.mmdf && d.blank;
	t->manner.vouch = size > 0;
	/* Unmarked messages among its own would change what the majority of
	 * them says about the rest. */
	t->manner.foreign =
		size > 0 && ((!d.mmdf && d.quote != AM_MBOX_QUOTE_RD) ||
	                     d.lengths || d.status || d.mozilla || d.evolution);
	return AM_OK;
}

static int open_existing(struct am_mbox_target *t, struct am_error *err)
{
	struct stat st;
	int r = AM_OK;
	if (!t->lock && !t->found)
		r = am_mbox_lock_dot(t->path, &t->lock, err);
	if (r)
		return r;
	t->fd = open(t->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0 || fstat(t->fd, &st))
		return am_fail_sys(err, AM_FAILED, "%s", t->path);
	if (!S_ISREG(st.st_mode))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s: not a regular file", t->path);
	r = am_mbox_lock_fd(t->fd, t->path, err);
	if (!r && !t->found)
		return look_at_existing(t, err);
	if (!r && (uint64_t)st.st_size != t->filed)
		r = am_fail(err, AM_FAILED, AM_E_BUSY,
		            "%s: another program has changed it", t->path);
	return r;
}

/* Ready to be written to. */
static int wake(struct am_mbox_target *t, struct am_error *err)
{
	int r;
	struct stat st;
	if (t->fd >= 0)
		return AM_OK;
	if (t->temp) {
		t->fd = open(t->temp, O_WRONLY | O_APPEND | O_CLOEXEC);
		return t->fd < 0 ? am_fail_sys(err, AM_FATAL, "%s", t->temp)
		                 : AM_OK;
	}
	if (!t->found && lstat(t->path, &st) && errno == ENOENT)
		r = open_new(t, err);
	else
		r = open_existing(t, err);
	if (r) {
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		am_mbox_unlock_dot(&t->lock);
		return r;
	}
	t->found = true;
	return AM_OK;
}

int am_mbox_target_touch(struct am_mbox_target *t, struct am_error *err)
{
	struct stat st;
	/* What is there is opened when there is something to put. */
	if (t->found || !lstat(t->path, &st))
		return AM_OK;
	return wake(t, err);
}

static int write_out(struct am_mbox_target *t, const void *data, size_t len,
                     struct am_error *err)
{
	struct stat st;
	int r = AM_OK;
	/* What is only half there after a kill is known by this. */
	if (!t->temp && t->lock)
		r = am_mbox_lock_work(t->lock,
		                      &(struct am_mbox_work){
					      .safe = t->committed,
					      .from = t->filed,
					      .to = t->filed + len,
				      },
		                      false, err);
	if (r)
		return r;
	r = am_write_all(t->fd, data, len, t->path, err);
	if (!r) {
		t->filed += len;
	} else if (!fstat(t->fd, &st)) {
		/* A part may have got there: it must go when we roll back. */
		t->filed = (uint64_t)st.st_size;
	}
	return r;
}

static int flush(struct am_mbox_target *t, struct am_error *err)
{
	size_t len = t->len;
	t->len = 0;
	return len ? write_out(t, t->buf, len, err) : AM_OK;
}

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	struct am_mbox_target *t = user;
	int r = AM_OK;
	t->dirty = true;
	if (len >= sizeof(t->tail)) {
		t->tail_len = sizeof(t->tail);
		memcpy(t->tail, (const uint8_t *)data + len - t->tail_len,
		       t->tail_len);
	} else {
		size_t keep = MIN(t->tail_len, sizeof(t->tail) - len);
		memmove(t->tail, t->tail + t->tail_len - keep, keep);
		memcpy(t->tail + keep, data, len);
		t->tail_len = keep + len;
	}
	if (len > BUFFER - t->len || len >= DIRECT)
		r = flush(t, err);
	if (!r && len >= DIRECT)
		return write_out(t, data, len, err);
	if (!r) {
		memcpy(t->buf + t->len, data, len);
		t->len += len;
	}
	return r;
}

/* The separator must begin a line, behind an empty one where that is the
 * manner.  All of it is only ever missing behind what somebody else wrote. */
static int separate(struct am_mbox_target *t, const struct am_mbox_plan *plan,
                    const struct am_mbox_style *style, struct am_error *err)
{
	const char *eol = style->crlf ? "\r\n" : "\n";
	size_t n = t->tail_len;
	const uint8_t *tail = t->tail;
	int r = AM_OK;
	if (!n || plan->verbatim)
		return AM_OK;
	bool ended = tail[n - 1] == '\n';
	bool blank = ended && n > 1 &&
	             (tail[n - 2] == '\n' ||
	              (n > 2 && tail[n - 2] == '\r' && tail[n - 3] == '\n'));
	/* A last line without an end stays one for who reads it again only if
	 * a single end is put behind it. */
	if (!ended) {
		r = append(t, eol, strlen(eol), err);
		if (!r && !plan->shaped && t->manner.blank)
			r = append(t, eol, strlen(eol), err);
	} else if (!blank && t->manner.blank) {
		r = append(t, eol, strlen(eol), err);
	}
	return r;
}

int am_mbox_target_put(struct am_mbox_target *t,
                       const struct am_mbox_plan *plan,
                       const struct am_message *msg,
                       const struct am_mbox_style *style, struct am_error *err)
{
	struct am_mbox_out out = {append, t};
	int r = wake(t, err);
	if (r)
		return r;
	if (!t->buf)
		t->buf = g_malloc(BUFFER);
	struct am_mbox_manner manner = t->manner;
	/* Fields that look like an mbox's are told from them before they are
	 * so many that they look like this file's. */
	if (!manner.vouch && !am_mbox_plan_marks(plan, msg, style, &manner)) {
		t->n++;
		manner.vouch = plan->lookalike && (t->n_like + 1) * 4 > t->n;
		t->n -= manner.vouch;
		t->n_like += plan->lookalike && !manner.vouch;
	}
	uint64_t before = t->filed + t->len;
	r = separate(t, plan, style, err);
	if (!r)
		r = am_mbox_plan_write(plan, msg, style, &manner, &out, err);
	if (r && t->filed + t->len > before) {
		/* Half a message must not be followed by another. */
		if (t->filed <= before) {
			t->len = (size_t)(before - t->filed);
		} else if (ftruncate(t->fd, (off_t)before)) {
			return AM_FATAL;
		} else {
			t->filed = before;
			t->len = 0;
		}
	}
	return r;
}

int am_mbox_target_rest(struct am_mbox_target *t, struct am_error *err)
{
	int r = t->fd >= 0 ? flush(t, err) : AM_OK;
	if (r)
		return r;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	g_clear_pointer(&t->buf, g_free);
	return AM_OK;
}

bool am_mbox_target_resting(const struct am_mbox_target *t)
{
	return t->fd < 0;
}

/* The new file takes its name; whoever has made one there meanwhile keeps
 * theirs. */
static int take_name(struct am_mbox_target *t, bool synced,
                     struct am_error *err)
{
	struct stat st;
	if (!lstat(t->path, &st))
		return am_fail(err, AM_FATAL, AM_E_EXISTS,
		               "%s: has come into being meanwhile", t->path);
	int fd = dup(t->fd);
	if (fd < 0)
		return am_fail_sys(err, AM_FATAL, "%s", t->path);
	int r = (synced ? am_file_replace_place : am_file_replace_commit)(
		&t->fd, &t->temp, t->path, err);
	if (r) {
		close(fd);
		return r;
	}
	/* From now on it is a mailbox like others: appended to, and locked. */
	t->fd = fd;
	if (fcntl(fd, F_SETFL, O_APPEND))
		return am_fail_sys(err, AM_FATAL, "%s", t->path);
	return am_mbox_lock_fd(fd, t->path, err);
}

int am_mbox_target_flush(struct am_mbox_target *t, bool *dirty,
                         struct am_error *err)
{
	*dirty = t->dirty;
	if (!t->dirty)
		return AM_OK;
	int r = wake(t, err);
	return r ? r : flush(t, err);
}

bool am_mbox_target_is_on(const struct am_mbox_target *t, dev_t device)
{
	struct stat st;
	return !fstat(t->fd, &st) && st.st_dev == device;
}

int am_mbox_target_commit(struct am_mbox_target *t, bool synced,
                          struct am_error *err)
{
	bool dirty;
	int r = am_mbox_target_flush(t, &dirty, err);
	if (r || !dirty)
		return r;
	if (t->temp)
		r = take_name(t, synced, err);
	else if (!synced)
		r = am_sync_fd(t->fd, t->path, err);
	/* What is safe must not be taken for half done. */
	if (!r && t->lock)
		r = am_mbox_lock_work(t->lock,
		                      &(struct am_mbox_work){
					      .safe = t->filed,
					      .from = t->filed,
					      .to = t->filed,
				      },
		                      !synced, err);
	if (r)
		return r;
	t->committed = t->filed;
	t->dirty = false;
	return AM_OK;
}
