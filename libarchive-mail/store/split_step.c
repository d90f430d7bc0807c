/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stored bytes of one step, streamed from the raw message. */
#include "store/split.h"

#include "base/blob.h"
#include "base/reader.h"
#include "mime/base64_form.h"
#include "store/canon.h"

#include <glib.h>

#include <string.h>

enum { WINDOW = 64 * 1024, SMALL = 64 };

struct step_source {
	struct am_blob *raw;
	uint64_t at, end; /* in the raw bytes */
	bool base64, to_lf, cr;
	struct am_base64_decoder decoder;
	size_t n_spare, spare_at; /* made for a reader with little room */
	uint8_t spare[SMALL];
	uint8_t window[WINDOW];
};

/* A window's worth of raw bytes. */
static int read_window(struct step_source *s, size_t most, size_t *len,
                       struct am_error *err)
{
	uint64_t left = s->end - s->at;
	size_t want = left < most ? (size_t)left : most;

	int r = am_blob_read(s->raw, s->at, s->window, want, len, err);
	if (r)
		return r;
	if (*len < want)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "the message ends early, at %" PRIu64,
		               s->at + *len);
	s->at += want;
	return AM_OK;
}

/* Some stored bytes; *got 0 at the end.  room is SMALL at least. */
static int make(struct step_source *s, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	/* The output is no longer than the input and what was carried. */
	size_t most = room - 8 < WINDOW ? room - 8 : WINDOW;
	size_t len;

	*got = 0;
	while (s->at < s->end && !*got) {
		int r = read_window(s, most, &len, err);
		if (r)
			return r;
		if (s->base64) {
			if (!am_base64_decode(&s->decoder, buf, got, s->window,
			                      len))
				return am_fail(err, AM_FATAL, AM_E_IO,
				               "the message changed while it "
				               "was read");
		} else if (s->to_lf) {
			*got = am_canon_to_lf(buf, s->window, len, &s->cr);
		} else {
			memcpy(buf, s->window, len);
			*got = len;
		}
	}
	if (!*got && s->cr) {
		s->cr = false;
		buf[0] = '\r';
		*got = 1;
	}
	return AM_OK;
}

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct step_source *s = self;
	int r = AM_OK;

	*got = 0;
	if (!s->n_spare && room >= SMALL) {
		r = make(s, buf, room, got, err);
	} else {
		if (!s->n_spare) {
			s->spare_at = 0;
			r = make(s, s->spare, SMALL, &s->n_spare, err);
		}
		*got = s->n_spare < room ? s->n_spare : room;
		memcpy(buf, s->spare + s->spare_at, *got);
		s->spare_at += *got;
		s->n_spare -= *got;
	}
	if (r)
		return r;
	return *got ? AM_OK : AM_END;
}

static void close_source(void *self)
{
	struct step_source *s = self;

	am_blob_unref(&s->raw);
	g_free(s);
}

struct am_base64_form am_split_raw_form(const struct am_split *split,
                                        size_t step)
{
	struct am_base64_form form = split->recipe.steps[step].form;

	if (split->eol == AM_EOL_CRLF_FROM_LF)
		form.crlf = true;
	return form;
}

static void drop_blob(void *owner)
{
	struct am_blob *blob = owner;

	am_blob_unref(&blob);
}

int am_split_step(struct am_reader **out, const struct am_blob *raw,
                  const struct am_split *split, size_t step,
                  struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_source};
	const struct am_split_source *from = &split->from[step];
	enum am_step_kind kind = split->recipe.steps[step].kind;

	*out = NULL;
	if (split->held)
		raw = split->held;
	/* Counting is not changing. */
	struct am_blob *mine = am_blob_ref((struct am_blob *)(uintptr_t)raw);
	bool base64 = kind == AM_STEP_BASE64 || kind == AM_STEP_BLOB_BASE64;
	bool to_lf = split->eol == AM_EOL_CRLF_FROM_LF;
	const uint8_t *bytes = am_blob_bytes(raw);
	if (bytes && !base64 && !to_lf)
		return am_reader_held(out, bytes + from->offset,
		                      (size_t)from->len, drop_blob, mine, err);

	struct step_source *s = g_malloc(sizeof *s);
	memset(s, 0, offsetof(struct step_source, window));
	s->raw = mine;
	s->at = from->offset;
	s->end = from->offset + from->len;
	s->base64 = base64;
	s->to_lf = to_lf && !base64;
	return am_reader_new(out, &ops, s, err);
}
