/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/envelope.h"

#include "mime/part.h"
#include "model/ctx.h"
#include "serve/session_impl.h"

#include <string.h>

GString *am_field_unfold(const char *value, size_t len)
{
	GString *out = g_string_sized_new(len);

	while (len && (*value == ' ' || *value == '\t' || *value == '\r' ||
	               *value == '\n'))
		value++, len--;
	for (size_t i = 0; i < len; i++)
		if (value[i] != '\r' && value[i] != '\n' && value[i])
			g_string_append_c(out, value[i]);
	while (out->len && (out->str[out->len - 1] == ' ' ||
	                    out->str[out->len - 1] == '\t'))
		g_string_truncate(out, out->len - 1);
	return out;
}

enum {
	DATE,
	SUBJECT,
	FROM,
	SENDER,
	REPLY_TO,
	TO,
	CC,
	BCC,
	IN_REPLY_TO,
	MESSAGE_ID,
	N_FIELDS
};
static const char *const names[N_FIELDS] = {
	"Date", "Subject", "From", "Sender",      "Reply-To",
	"To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};

static bool is_address(unsigned field)
{
	return field >= FROM && field <= BCC;
}

/* The first of each text; all of an address field that came twice. */
static void gather(const struct am_part_header *header,
                   GString *values[N_FIELDS])
{
	struct am_fields walk;
	struct am_field field;

	am_fields_init(&walk, header->block, header->len, 0);
	while (am_fields_next(&walk, &field)) {
		for (unsigned i = 0; i < N_FIELDS; i++) {
			if (!am_field_is(&field, names[i]))
				continue;
			GString *v =
				am_field_unfold(field.value, field.value_len);
			if (!values[i]) {
				values[i] = v;
			} else {
				if (is_address(i) && v->len) {
					g_string_append(values[i], ", ");
					g_string_append_len(values[i], v->str,
					                    (gssize)v->len);
				}
				g_string_free(v, TRUE);
			}
		}
	}
}

int am_envelope_put(GString *out, const struct am_blob *raw,
                    const struct am_part *part, const struct am_limits *limits,
                    struct am_error *err)
{
	GString *values[N_FIELDS] = {NULL};
	struct am_part_header header;

	int r = am_part_header_read(&header, raw, part, limits->header_bytes,
	                            err);
	if (r)
		return r;
	gather(&header, values);
	am_part_header_drop(&header);
	g_string_append_c(out, '(');
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const GString *v = values[i];
		/* Who does not say who sends, or where to answer, is From. */
		if ((i == SENDER || i == REPLY_TO) && (!v || !v->len))
			v = values[FROM];
		if (i)
			g_string_append_c(out, ' ');
		if (!v)
			g_string_append(out, "NIL");
		else if (is_address(i))
			am_addresses_put(out, v->str, v->len);
		else
			am_put_bytes(out, v->str, v->len);
	}
	g_string_append_c(out, ')');
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (values[i])
			g_string_free(values[i], TRUE);
	return AM_OK;
}
