/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/reference.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* Text literals may hold NULs, so each goes with its length. */
#define BYTES(s) s, sizeof(s) - 1

struct reference {
	const char *folder[4];
	const char *bytes;
	size_t len;
	uint32_t flags;
	const char *keywords[4];
	const char *labels[3];
	int64_t received;
	int16_t zone;
	const char *sender;
};

#define INBOX           \
	{               \
		"INBOX" \
	}
#define HEAD                                                   \
	"From: Ann <ann@a.example>\nTo: Bob <bob@b.example>\n" \
	"Date: Mon, 3 Feb 2020 04:05:06 +0100\n"
#define PLAIN HEAD "Message-ID: <1@a.example>\nSubject: plain\n\nA line.\n"

static const struct reference messages[] = {
	{INBOX,
         BYTES(PLAIN),
         AM_SEEN,
         {"urgent", "Ablage"},
         {"Work"},
         1580699106,
         60,
         "ann@a.example"},
	{INBOX,
         BYTES(PLAIN),
         AM_SEEN | AM_FLAGGED,
         {0},
         {0},
         1580699107,
         0,
         ""},
	{INBOX,
         BYTES("From: a@a.example\r\nSubject: crlf\r\n\r\nline\r\n\r\nFrom "
               "b\r\n"),
         0,
         {0},
         {0},
         1580699108,
         -330,
         "a@a.example"},
	{INBOX,
         BYTES("Subject: mixed\n\nunix\ndos\r\nunix\n"),
         AM_ANSWERED,
         {0},
         {0},
         1580699109,
         0,
         "x@y.example"},
	{INBOX,
         BYTES("Subject: no final end\n\nthe last line"),
         AM_DRAFT,
         {0},
         {0},
         1580699110,
         0,
         "x@y.example"},
	{INBOX,
         BYTES("Subject: from\n\nFrom here on\n>From there\n>>From both\n"
               "From a@b.example Mon Jan  1 00:00:00 2001\nnot a header\n"),
         AM_FORWARDED,
         {0},
         {0},
         1580699111,
         0,
         "x@y.example"},
	{INBOX,
         BYTES("Subject: nul\n\nbefore\0after\n"),
         AM_JUNK,
         {0},
         {0},
         1580699112,
         0,
         "x@y.example"},
	{{"INBOX", "a.b/c"},
         BYTES("Subject: header only\n\n"),
         0,
         {0},
         {0},
         1580699113,
         0,
         "x@y.example"},
	{{"INBOX", "a.b/c"},
         BYTES("\nbody only\n\n\n"),
         AM_SEEN,
         {0},
         {0},
         1580699114,
         0,
         "x@y.example"},
	{{"Entwürfe", "日本語", ".hidden "},
         BYTES(PLAIN),
         AM_SEEN,
         {"Wörter"},
         {0},
         1580699115,
         0,
         "x@y.example"},
	{{"Entwürfe", "日本語", ".hidden "},
         BYTES("Subject: =?utf-8?q?gr=C3=BCn?=\nMIME-Version: 1.0\n"
               "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"
               "Content-Type: image/png; name=x.png\n"
               "Content-Transfer-Encoding: base64\n\n"
               "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAA"
               "AAAYAAj\n"
               "CB0C8AAAAASUVORK5CYII=\n--b--\n"),
         AM_DELETED,
         {0},
         {"One", "Zwei"},
         1580699116,
         0,
         "x@y.example"},
	{{"Empty message"},
         BYTES(""),
         0,
         {0},
         {0},
         1580699117,
         0,
         "x@y.example"},
	{{"Old Mac"},
         BYTES("Subject: cr\r\rbare\rlines\r"),
         AM_SEEN,
         {0},
         {0},
         1580699118,
         0,
         "x@y.example"},
	{{"CON"},
         BYTES("Subject: 8bit \xe4\xf6\n\n\xff\xfe\n"),
         AM_SEEN,
         {0},
         {0},
         1580699119,
         0,
         "x@y.example"},
};

struct reference_source {
	struct am_source base;
	size_t at, fail_at;
	const struct am_folder *folder;
	bool announced;
};

static struct reference_source *reference_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct reference_source, base);
}

static struct am_message *make_message(const struct reference *ref, size_t n,
                                       const struct am_folder *folder)
{
	struct am_message *msg = NULL;
	char origin[32];
	if (am_message_new(&msg, folder, NULL) ||
	    am_blob_copy(&msg->raw, ref->bytes, ref->len, NULL))
		g_error("no memory for a reference message");
	g_snprintf(origin, sizeof origin, "ref:%zu", n + 1);
	msg->origin = am_arena_strdup(msg->arena, origin);
	msg->size = ref->len;
	msg->exactness = AM_EXACT;
	msg->flags = ref->flags;
	for (size_t i = 0; i < 4 && ref->keywords[i]; i++)
		am_message_add_keyword(msg, ref->keywords[i]);
	for (size_t i = 0; i < 3 && ref->labels[i]; i++)
		am_message_add_label(msg, ref->labels[i]);
	msg->received = (struct am_when){ref->received, ref->zone, true};
	msg->received_from = "imap";
	am_message_add_date(msg, "imap", &msg->received);
	msg->envelope_sender = ref->sender;
	am_message_add_prop(msg, "test.number", origin, strlen(origin));
	return msg;
}

static int reference_next(struct am_source *src, struct am_item *out,
                          struct am_error *err)
{
	struct reference_source *s = reference_of(src);
	*out = (struct am_item){0};
	if (s->at == AM_COUNT(messages))
		return AM_END;
	const struct reference *ref = &messages[s->at];
	if (!s->announced) {
		size_t depth = 0;
		const struct am_folder *folder = NULL;
		while (depth < 4 && ref->folder[depth])
			depth++;
		if (am_folder_new((struct am_folder **)(void *)&folder,
		                  ref->folder, depth, AM_ROLE_NONE, err))
			return AM_FATAL;
		s->announced = true;
		if (!s->folder || !am_folder_equal(folder, s->folder)) {
			am_folder_unref(&s->folder);
			s->folder = folder;
			out->folder = folder;
			return AM_OK;
		}
		am_folder_unref(&folder);
	}
	out->folder = s->folder;
	s->announced = false;
	if (++s->at == s->fail_at) {
		out->origin = "ref:broken";
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "made to fail");
	}
	out->message = make_message(ref, s->at - 1, s->folder);
	return AM_OK;
}

static void reference_close(struct am_source *src)
{
	struct reference_source *s = reference_of(src);
	am_folder_unref(&s->folder);
	g_free(s);
}

static const struct am_source_ops reference_ops = {
	.next = reference_next,
	.close = reference_close,
};

struct am_source *am_reference_open(struct am_ctx *ctx, size_t fail_at)
{
	struct reference_source *s = g_new0(struct reference_source, 1);
	s->base.ops = &reference_ops;
	s->base.ctx = ctx;
	s->base.total = AM_COUNT(messages);
	s->fail_at = fail_at;
	return &s->base;
}

size_t am_reference_count(void)
{
	return AM_COUNT(messages);
}
