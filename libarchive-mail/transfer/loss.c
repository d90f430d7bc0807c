/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/loss.h"

#include "model/ctx.h"
#include "model/folder.h"
#include "model/source.h"

#include <glib.h>

#include <string.h>

static const struct {
	enum am_keeps bit;
	const char *code;
	const char *word; /* in the table of formats */
	const char *lost; /* "maildir: " … */
} table[] = {
	{AM_KEEPS_BYTES, "loss.bytes", "bytes",
         "messages do not come back byte for byte"},
	{AM_KEEPS_FOLDERS, "loss.folders", "folders",
         "folders are not kept: all mail ends up in one place"},
	{AM_KEEPS_EMPTY_FOLDERS, "loss.empty-folders", "empty folders",
         "folders without mail are not kept"},
	{AM_KEEPS_FLAGS, "loss.flags", "flags",
         "flags (seen, answered, flagged …) are not kept"},
	{AM_KEEPS_KEYWORDS, "loss.keywords", "keywords",
         "keywords are not kept"},
	{AM_KEEPS_LABELS, "loss.labels", "labels", "labels are not kept"},
	{AM_KEEPS_RECEIVED, "loss.received", "received date",
         "the date a message was received is not kept"},
	{AM_KEEPS_SENDER, "loss.sender", "envelope sender",
         "the envelope sender is not kept"},
	{AM_KEEPS_PROPS, "loss.props", "source details",
         "details of the source (separator lines, UIDs …) are not kept"},
};

/* What a target that knows folders only makes of labels: the words of its
 * option "labels". */
static const struct {
	const char *value, *code, *becomes;
} label_ways[] = {
	{"folders", "loss.labels-copied",
         "with labels will be written once more for each label"},
	{"first", "loss.labels",
         "with labels will be written once; their labels are not kept"},
	{"keywords", "loss.labels-keywords",
         "with labels will have them as keywords"},
};

/* true: the target has a way of its own with labels, and it is said. */
static bool say_labels(const struct am_source *src, const struct am_format *to,
                       uint32_t keeps, const struct am_location *options,
                       am_loss_fn *say, void *user)
{
	const char *way =
		options && to->options
			? am_location_option(options, to->options, "labels")
			: NULL;

	for (size_t i = 0; way && i < AM_COUNT(label_ways); i++) {
		if (strcmp(way, label_ways[i].value) != 0)
			continue;
		/* A message with its labels in a header keeps them. */
		if (!strcmp(way, "keywords") && keeps & AM_KEEPS_LABELS)
			return true;
		/* It could, and was told not to. */
		if (!strcmp(way, "keywords") &&
		    to->keeps & ~keeps & AM_KEEPS_LABELS)
			return false;
		uint64_t n = src->n_with_labels;
		char *count =
			n ? g_strdup_printf("%" PRIu64 " ", n) : g_strdup("");
		char *sentence = g_strdup_printf("%s: %smessage%s %s", to->name,
		                                 count, n == 1 ? "" : "s",
		                                 label_ways[i].becomes);
		say(user, label_ways[i].code, sentence);
		g_free(sentence);
		g_free(count);
		return true;
	}
	return false;
}

uint32_t am_loss_keeps(const struct am_format *to,
                       const struct am_location *where)
{
	return where && to->keeps_with ? to->keeps_with(where) : to->keeps;
}

void am_loss_explain(const struct am_format *from, const struct am_source *src,
                     const struct am_format *to,
                     const struct am_location *options, am_loss_fn *say,
                     void *user)
{
	uint32_t keeps = am_loss_keeps(to, options);
	uint32_t lost = from->keeps & ~keeps;

	if (from->keeps & AM_KEEPS_LABELS &&
	    say_labels(src, to, keeps, options, say, user))
		lost &= ~(uint32_t)AM_KEEPS_LABELS;
	for (size_t i = 0; i < AM_COUNT(table); i++) {
		if (!(lost & (uint32_t)table[i].bit))
			continue;
		uint64_t n =
			table[i].bit == AM_KEEPS_KEYWORDS ? src->n_with_keywords
			: table[i].bit == AM_KEEPS_LABELS ? src->n_with_labels
							  : 0;
		char *sentence =
			n ? g_strdup_printf("%s: the %s of %" PRIu64
		                            " message%s are not kept",
		                            to->name, table[i].word, n,
		                            n == 1 ? "" : "s")
			  : g_strdup_printf("%s: %s", to->name, table[i].lost);
		say(user, table[i].code, sentence);
		g_free(sentence);
	}
}

char *am_keeps_words(uint32_t keeps)
{
	GString *words = g_string_new(NULL);

	for (size_t i = 0; i < AM_COUNT(table); i++)
		if (keeps & (uint32_t)table[i].bit)
			g_string_append_printf(words, "%s%s",
			                       words->len ? ", " : "",
			                       table[i].word);
	return g_string_free(words, FALSE);
}

void am_loss_count(struct am_ctx *ctx, uint32_t keeps,
                   const struct am_message *msg)
{
	const struct {
		enum am_keeps bit;
		bool has;
		const char *code, *what;
	} losses[] = {
		{AM_KEEPS_FLAGS, msg->flags != 0, "loss.flags", "flags"},
		{AM_KEEPS_KEYWORDS, msg->n_keywords > 0, "loss.keywords",
	         "keywords"},
		{AM_KEEPS_LABELS, msg->n_labels > 0, "loss.labels", "labels"},
		{AM_KEEPS_RECEIVED, msg->received.known, "loss.received",
	         "received date"},
		{AM_KEEPS_SENDER, msg->envelope_sender != NULL, "loss.sender",
	         "envelope sender"},
		{AM_KEEPS_FOLDERS, msg->folder && msg->folder->depth > 0,
	         "loss.folders", "folder"},
	};

	for (size_t i = 0; i < AM_COUNT(losses); i++)
		if (losses[i].has && !(keeps & (uint32_t)losses[i].bit))
			am_ctx_note(ctx, AM_NOTE_LOSS, losses[i].code,
			            msg->folder, msg->origin,
			            "its %s cannot be kept", losses[i].what);
}
