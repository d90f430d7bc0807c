/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as XML, in the order of elements that the schema wants. */
#include "base/blob.h"
#include "base/charset.h"
#include "base/reader.h"
#include "formats/eaxs/eaxs.h"
#include "formats/mail_facts.h"
#include "formats/xml_text.h"
#include "mime/part.h"
#include "mime/recode.h"
#include "mime/words.h"
#include "model/ctx.h"
#include "model/message.h"

#include <string.h>

struct writing {
	GString *out;
	const struct am_message *msg;
	const struct am_mail_facts *facts;
	struct am_limits limits;
	const struct am_ctx *ctx;
};

/* ---- header ---- */

static void element_n(GString *out, const char *name, const char *s, size_t len)
{
	g_string_append_printf(out, "<%s>", name);
	am_xml_text(out, s, len);
	g_string_append_printf(out, "</%s>\n", name);
}

/* Every field of that name, decoded; max of them. */
static void fields_as(struct writing *w, const struct am_part_header *header,
                      const char *field, const char *element, unsigned max)
{
	struct am_fields fields;
	struct am_field f;

	am_fields_init(&fields, header->block, header->len, 0);
	while (max && am_fields_next(&fields, &f)) {
		if (!am_field_is(&f, field))
			continue;
		const char *text =
			am_words_decode(w->facts->arena, f.value, f.value_len);
		while (*text == ' ')
			text++;
		am_xml_element(w->out, element, text);
		max--;
	}
}

/* As they stand, which is what the schema asks for. */
static unsigned all_fields(struct writing *w,
                           const struct am_part_header *header)
{
	struct am_fields fields;
	struct am_field f;
	unsigned n = 0;

	am_fields_init(&fields, header->block, header->len, 0);
	for (; am_fields_next(&fields, &f); n++) {
		const char *value = f.value;
		size_t len = f.value_len;
		if (len && *value == ' ') {
			value++;
			len--;
		}
		g_string_append(w->out, "<Header>");
		element_n(w->out, "Name", f.name, f.name_len);
		element_n(w->out, "Value", value, len);
		g_string_append(w->out, "</Header>\n");
	}
	return n;
}

/* xs:dateTime has zones up to 14 hours and years of four digits. */
static void date(struct writing *w, const struct am_part_header *header)
{
	struct am_fields fields;
	struct am_field f;
	struct am_when when = {0};
	char iso[AM_TIME_ROOM];

	am_fields_init(&fields, header->block, header->len, 0);
	while (!when.known && am_fields_next(&fields, &f))
		if (am_field_is(&f, "Date"))
			am_time_parse_mail(f.value, f.value_len, &when);
	if (when.offset_min > 14 * 60 || when.offset_min < -14 * 60)
		when.offset_min = 0;
	am_time_iso(&when, iso);
	if (strlen(iso) == 25 && g_ascii_isdigit(*iso) &&
	    strncmp(iso, "0000", 4) != 0)
		am_xml_element(w->out, "OrigDate", iso);
}

static void message_id(struct writing *w, const struct am_part_header *header)
{
	struct am_fields fields;
	struct am_field f;

	am_fields_init(&fields, header->block, header->len, 0);
	while (am_fields_next(&fields, &f))
		if (am_field_is(&f, "Message-ID")) {
			const char *id = am_words_decode(w->facts->arena,
			                                 f.value, f.value_len);
			am_xml_element(w->out, "MessageId",
			               id + strspn(id, " "));
			return;
		}
	g_string_append_printf(w->out,
	                       "<MessageId Supplied=\"true\">%s</MessageId>\n",
	                       w->facts->sha256);
}

/* From LocalId to the last Header: the same of a message and of one in it. */
static unsigned header_elements(struct writing *w,
                                const struct am_part_header *header)
{
	g_string_append(w->out, "<LocalId>" AM_EAXS_LOCAL_ID "</LocalId>\n");
	message_id(w, header);
	fields_as(w, header, "MIME-Version", "MimeVersion", 1);
	date(w, header);
	fields_as(w, header, "From", "From", UINT_MAX);
	fields_as(w, header, "Sender", "Sender", 1);
	fields_as(w, header, "To", "To", UINT_MAX);
	fields_as(w, header, "Cc", "Cc", UINT_MAX);
	fields_as(w, header, "Bcc", "Bcc", UINT_MAX);
	fields_as(w, header, "In-Reply-To", "InReplyTo", UINT_MAX);
	fields_as(w, header, "References", "References", UINT_MAX);
	fields_as(w, header, "Subject", "Subject", 1);
	fields_as(w, header, "Comments", "Comments", UINT_MAX);
	fields_as(w, header, "Keywords", "Keywords", UINT_MAX);
	return all_fields(w, header);
}

static void read_header(struct writing *w, size_t part,
                        struct am_part_header *out)
{
	/* Too long or not to be had: an empty one. */
	if (am_part_header_read(out, w->msg->raw, &w->facts->scan.parts[part],
	                        w->limits.header_bytes, NULL))
		*out = (struct am_part_header){0};
}

/* ---- bodies ---- */

static void add_text(void *user, const char *s, size_t len)
{
	g_string_append_len(user, s, (gssize)len);
}

static int read_decoded(struct writing *w, size_t part, GString *bytes,
                        struct am_error *err)
{
	struct am_reader *reader = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&reader, w->msg->raw, &w->facts->scan, part,
	                        err);

	while (!r && !(r = am_reader_peek(reader, 1, &data, &len, err))) {
		g_string_append_len(bytes, (const char *)data, (gssize)len);
		am_reader_skip(reader, len);
	}
	am_reader_close(&reader);
	return r == AM_END ? AM_OK : r;
}

/* Text as text in UTF-8; what XML cannot hold, and all else, in base64. */
static int body_content(struct writing *w, size_t part, const char *charset,
                        struct am_error *err)
{
	GString *bytes = g_string_new(NULL), *text = g_string_new(NULL);
	bool is_text =
		g_str_has_prefix(w->facts->scan.parts[part].type, "text/");
	int r = read_decoded(w, part, bytes, err);

	if (!r && is_text) {
		struct am_recode *recode =
			am_recode_new(charset, add_text, text);
		am_recode_feed(recode, bytes->str, bytes->len);
		am_recode_finish(recode);
		am_recode_free(&recode);
	}
	g_string_append(w->out, "<BodyContent>\n");
	if (!r && is_text && am_xml_can(text->str, text->len)) {
		element_n(w->out, "Content", text->str, text->len);
	} else if (!r) {
		gchar *coded =
			g_base64_encode((const guchar *)bytes->str, bytes->len);
		g_string_append_printf(w->out,
		                       "<Content>%s</Content>\n"
		                       "<TransferEncoding>base64"
		                       "</TransferEncoding>\n",
		                       coded);
		g_free(coded);
	}
	g_string_append(w->out, "</BodyContent>\n");
	g_string_free(bytes, TRUE);
	g_string_free(text, TRUE);
	return r;
}

static void part_elements(struct writing *w, const struct am_part *part,
                          const struct am_part_info *info)
{
	bool multi = part->kind == AM_PART_MULTIPART;

	am_xml_element(w->out, "ContentType", part->type);
	am_xml_element(w->out, "Charset", info->charset);
	am_xml_element(w->out, "ContentName", info->name);
	if (multi)
		am_xml_element(w->out, "BoundaryString",
		               part->boundary ? part->boundary : "");
	am_xml_element(w->out, "TransferEncoding", info->encoding);
	am_xml_element(w->out, "ContentId", info->content_id);
	am_xml_element(w->out, "Disposition", info->disposition);
	if (info->disposition)
		am_xml_element(w->out, "DispositionFileName", info->name);
}

/* What has to be closed again: parts are walked, not recursed into. */
enum open_kind { OPEN_MULTI, OPEN_CHILD };
struct open {
	enum open_kind kind;
	uint16_t depth;
	bool any; /* something is in it */
};

static void close_one(struct writing *w, GArray *stack)
{
	struct open *o = &g_array_index(stack, struct open, stack->len - 1);

	if (o->kind == OPEN_CHILD)
		g_string_append(w->out, "</ChildMessage>\n</SingleBody>\n");
	else
		/* The schema wants at least one body in it. */
		g_string_append_printf(w->out, "%s</MultiBody>\n",
		                       o->any ? "" : "<SingleBody/>\n");
	g_array_set_size(stack, stack->len - 1);
}

static int one_part(struct writing *w, GArray *stack, size_t i,
                    struct am_error *err)
{
	const struct am_part *part = &w->facts->scan.parts[i];
	const struct am_part *next =
		i + 1 < w->facts->scan.n_parts ? part + 1 : NULL;
	struct am_part_info info = {0};
	struct am_part_header header = {0};
	int r = AM_OK;

	if (stack->len)
		g_array_index(stack, struct open, stack->len - 1).any = true;
	(void)!am_part_info_read(&info, w->msg->raw, &w->facts->scan, i,
	                         w->facts->arena, NULL);
	if (part->kind == AM_PART_MULTIPART) {
		struct open o = {OPEN_MULTI, part->depth, false};
		g_string_append(w->out, "<MultiBody>\n");
		part_elements(w, part, &info);
		g_array_append_val(stack, o);
		return AM_OK;
	}
	g_string_append(w->out, "<SingleBody>\n");
	part_elements(w, part, &info);
	bool child = part->kind == AM_PART_MESSAGE && next &&
	             next->depth > part->depth;
	if (child)
		read_header(w, i + 1, &header);
	/* A message without a field is no ChildMessage. */
	struct am_fields fields;
	struct am_field f;
	am_fields_init(&fields, header.block, header.len, 0);
	if (child && am_fields_next(&fields, &f)) {
		struct open o = {OPEN_CHILD, part->depth, true};
		g_string_append(w->out, "<ChildMessage>\n");
		header_elements(w, &header);
		g_array_append_val(stack, o);
	} else {
		r = body_content(w, i, info.charset, err);
		g_string_append(w->out, "</SingleBody>\n");
	}
	am_part_header_drop(&header);
	return r;
}

/* Was the message that this part is the content of written as its bytes? */
static bool is_in(const struct am_scan *scan, size_t part, size_t skipped)
{
	return skipped != SIZE_MAX &&
	       scan->parts[part].depth > scan->parts[skipped].depth;
}

static int bodies(struct writing *w, struct am_error *err)
{
	const struct am_scan *scan = &w->facts->scan;
	GArray *stack = g_array_new(FALSE, FALSE, sizeof(struct open));
	size_t skipped = SIZE_MAX;
	int r = AM_OK;

	for (size_t i = 0; !r && i < scan->n_parts; i++) {
		if (is_in(scan, i, skipped))
			continue;
		skipped = SIZE_MAX;
		while (stack->len &&
		       g_array_index(stack, struct open, stack->len - 1)
		                       .depth >= scan->parts[i].depth)
			close_one(w, stack);
		guint before = stack->len;
		r = one_part(w, stack, i, err);
		if (stack->len == before)
			skipped = i;
	}
	while (stack->len)
		close_one(w, stack);
	g_array_free(stack, TRUE);
	return r;
}

/* ---- the whole ---- */

static void status(struct writing *w)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} flags[] = {{AM_SEEN, "Seen"},
	             {AM_ANSWERED, "Answered"},
	             {AM_FLAGGED, "Flagged"},
	             {AM_DELETED, "Deleted"},
	             {AM_DRAFT, "Draft"}};

	for (size_t i = 0; i < AM_COUNT(flags); i++)
		if (w->msg->flags & flags[i].flag)
			am_xml_element(w->out, "StatusFlag", flags[i].name);
}

/* That of the first line. */
static const char *line_end(const struct am_blob *raw)
{
	uint8_t buf[4096];
	size_t got = 0;

	if (am_blob_read(raw, 0, buf, sizeof(buf), &got, NULL))
		return "LF";
	const uint8_t *lf = memchr(buf, '\n', got);
	if (lf)
		return lf > buf && lf[-1] == '\r' ? "CRLF" : "LF";
	return memchr(buf, '\r', got) ? "CR" : "LF";
}

int am_eaxs_message(GString *out, const struct am_message *msg,
                    const struct am_mail_facts *facts, const struct am_ctx *ctx,
                    struct am_error *err)
{
	struct writing w = {
		.out = out,
		.msg = msg,
		.facts = facts,
		.limits = am_limits_or_default(ctx ? &ctx->limits : NULL),
		.ctx = ctx};
	struct am_part_header header = {0};
	char *upper = g_ascii_strup(facts->sha256, -1);
	int r;

	g_string_append(out, "<Message>\n");
	read_header(&w, 0, &header);
	header_elements(&w, &header);
	am_part_header_drop(&header);
	status(&w);
	r = bodies(&w, err);
	if (msg->incomplete)
		g_string_append(out, "<Incomplete><ErrorType>a part of the "
		                     "message could not be had"
		                     "</ErrorType></Incomplete>\n");
	g_string_append_printf(out,
	                       "<Eol>%s</Eol>\n<Hash><Value>%s</Value>"
	                       "<Function>SHA256</Function></Hash>\n"
	                       "</Message>\n",
	                       line_end(msg->raw), upper);
	g_free(upper);
	return r;
}
