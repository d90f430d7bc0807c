/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/plan_lines.h"
#include "formats/old_mail.h"

#include "base/blob.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* More than this in one header is not carried: a reader could not take it out
 * again within the limit of a recipe. */
#define WORDS_MAX (24 * 1024)

bool am_mbox_plan_has_length(const struct am_mbox_plan *plan,
                             const struct am_mbox_style *style,
                             const struct am_mbox_header *header)
{
	return style->state &&
	       (style->flavour == AM_MBOX_CL ||
	        style->flavour == AM_MBOX_CL2) &&
	       plan->place == AM_MBOX_PLACE_END && header->blank &&
	       !header->n_lengths;
}

static void add_word(GString *to, const char *word)
{
	char *escaped = am_mbox_word_escape(word);
	g_string_append_c(to, ' ');
	/* A keyword that reads like one of the flags is kept from being it. */
	if (!g_ascii_strcasecmp(escaped, "$forwarded") ||
	    !g_ascii_strcasecmp(escaped, "$junk") ||
	    !g_ascii_strcasecmp(escaped, "junk"))
		g_string_append_printf(to, "%%%02X%s",
		                       (unsigned)(uint8_t)escaped[0],
		                       escaped + 1);
	else
		g_string_append(to, escaped);
	g_free(escaped);
}

static void add_line(struct am_mbox_plan *plan, GString *to, const char *name,
                     const char *value)
{
	g_string_append_printf(to, "%s:%s\n", name, value);
	plan->n_lines++;
}

static void add_words(struct am_mbox_plan *plan, GString *to, const char *name,
                      const char *flags, const char *const *words, size_t n,
                      const struct am_message *msg, struct am_ctx *ctx)
{
	GString *value = g_string_new(flags);
	size_t left = 0;
	for (size_t i = 0; i < n; i++) {
		if (value->len + 3 * strlen(words[i]) > WORDS_MAX)
			left++;
		else if (*words[i])
			add_word(value, words[i]);
	}
	if (left)
		am_ctx_note(ctx, AM_NOTE_LOSS, "mbox.too-many-words",
		            msg->folder, msg->origin,
		            "%zu keywords or labels do not fit into %s", left,
		            name);
	if (value->len)
		add_line(plan, to, name, value->str);
	g_string_free(value, TRUE);
}

static void add_state(struct am_mbox_plan *plan, GString *to,
                      const struct am_message *msg,
                      const struct am_mbox_style *style, struct am_ctx *ctx)
{
	bool labels = msg->n_labels && style->labels == AM_MBOX_LABELS_KEYWORDS;
	if (!msg->flags && !msg->n_keywords && !labels && !am_old_mail(msg))
		return;
	add_line(plan, to, "Status", msg->flags & AM_SEEN ? " RO" : " O");
	char letters[8] = " ";
	size_t n = 1;
	if (msg->flags & AM_ANSWERED)
		letters[n++] = 'A';
	if (msg->flags & AM_FLAGGED)
		letters[n++] = 'F';
	if (msg->flags & AM_DRAFT)
		letters[n++] = 'T';
	if (msg->flags & AM_DELETED)
		letters[n++] = 'D';
	letters[n] = 0;
	if (n > 1)
		add_line(plan, to, "X-Status", letters);
	char *flags =
		g_strconcat(msg->flags & AM_FORWARDED ? " $Forwarded" : "",
	                    msg->flags & AM_JUNK ? " $Junk" : "", NULL);
	add_words(plan, to, "X-Keywords", flags, msg->keywords, msg->n_keywords,
	          msg, ctx);
	g_free(flags);
	if (labels)
		add_words(plan, to, "X-Label", "", msg->labels, msg->n_labels,
		          msg, ctx);
}

/* Stored bytes of the body, the line end that is added to it included. */
static int body_length(uint64_t *out, const struct am_mbox_plan *plan,
                       const struct am_message *msg,
                       const struct am_mbox_style *style,
                       const struct am_mbox_header *h, struct am_error *err)
{
	struct am_mbox_found found = {0};
	uint64_t body = h->len + h->blank;
	uint64_t size = am_blob_size(msg->raw);
	if (plan->quotes) {
		int r = am_mbox_quote_blob(msg->raw, body, size, plan->quote,
		                           '\n', NULL, &found, err);
		if (r)
			return r;
	}
	*out = size - body + found.added;
	if (plan->open_end)
		*out += style->crlf ? 2 : 1;
	return AM_OK;
}

/* What the target was told not to hold, or cannot. */
static void note_losses(const struct am_mbox_plan *plan,
                        const struct am_message *msg,
                        const struct am_mbox_style *style, struct am_ctx *ctx)
{
	if (style->labels == AM_MBOX_LABELS_FIRST && msg->n_labels)
		am_ctx_note(ctx, AM_NOTE_LOSS, "mbox.labels-lost", msg->folder,
		            msg->origin, "%zu labels left behind",
		            msg->n_labels);
	if (style->state)
		return;
	if (msg->flags || msg->n_keywords)
		am_ctx_note(ctx, AM_NOTE_LOSS, "mbox.state-lost", msg->folder,
		            msg->origin, "flags and keywords left behind");
	if (style->labels == AM_MBOX_LABELS_KEYWORDS && msg->n_labels)
		am_ctx_note(ctx, AM_NOTE_LOSS, "mbox.labels-lost", msg->folder,
		            msg->origin, "%zu labels left behind",
		            msg->n_labels);
	if (plan->open_end && am_blob_size(msg->raw))
		am_ctx_note(ctx, AM_NOTE_LOSS, "mbox.final-eol-added",
		            msg->folder, msg->origin,
		            "its last line has no end and gets one");
}

int am_mbox_plan_lines(struct am_mbox_plan *plan, const struct am_message *msg,
                       const struct am_mbox_style *style,
                       const struct am_mbox_header *header, struct am_ctx *ctx,
                       struct am_error *err)
{
	GString *lines = g_string_new(NULL);
	int r = AM_OK;
	note_losses(plan, msg, style, ctx);
	if (style->state)
		add_state(plan, lines, msg, style, ctx);
	bool ours = am_mbox_plan_has_length(plan, style, header);
	uint64_t len = 0;
	if (ours || header->length != UINT64_MAX)
		r = body_length(&len, plan, msg, style, header, err);
	if (!r && ours) {
		g_string_append_printf(lines, "Content-Length: %" PRIu64 "\n",
		                       len);
		plan->n_lines++;
	} else if (!r && header->length != UINT64_MAX) {
		plan->claims = header->length != len;
	}
	plan->lines = g_string_free(lines, FALSE);
	return r;
}
