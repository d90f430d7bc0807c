/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/proof.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/body_hash.h"
#include "mime/part.h"
#include "mime/proof_impl.h"
#include "mime/walk.h"
#include "model/ctx.h"

#include <glib.h>
#include <openssl/evp.h>

#include <string.h>

#define READ_MAX (64u << 20)
#define MD5_LEN  16

const char *const am_proof_names[AM_PROOF_KINDS] = {"body_hash", "smime", "pgp",
                                                    "content_md5"};

const char *am_proof_word(enum am_proof_verdict verdict)
{
	static const char *const words[] = {"none", "wrong", "right",
	                                    "unknown"};

	return words[verdict];
}

enum am_proof_verdict am_proof_get(const struct am_proof *p, unsigned kind)
{
	return kind == 0   ? p->body
	       : kind == 1 ? p->smime
	       : kind == 2 ? p->pgp
	                   : p->content_md5;
}

struct mail {
	const struct am_blob *raw;
	const uint8_t *bytes;
	struct am_scan scan;
	size_t header_max;
};

/* A part holds, another does not: it does not. */
static void join(enum am_proof_verdict *all, enum am_proof_verdict one)
{
	if (*all == AM_PROOF_WRONG || one == AM_PROOF_NONE)
		return;
	if (one == AM_PROOF_UNKNOWN && *all != AM_PROOF_NONE)
		return;
	*all = one;
}

/* With CRLF at the end of each line, whatever was there; a lone CR is text. */
static GByteArray *with_crlf(const uint8_t *p, const uint8_t *end)
{
	GByteArray *out = g_byte_array_sized_new((guint)(end - p));

	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf ? lf : end;
		if (lf && stop > p && stop[-1] == '\r')
			stop--;
		g_byte_array_append(out, p, (guint)(stop - p));
		if (lf)
			g_byte_array_append(out, (const uint8_t *)"\r\n", 2);
		p = lf ? lf + 1 : end;
	}
	return out;
}

/* A part's content as it is when its encoding is undone. */
static GByteArray *decoded(const struct mail *m, size_t part,
                           struct am_error *err)
{
	GByteArray *out = g_byte_array_new();
	struct am_reader *reader = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&reader, m->raw, &m->scan, part, err);

	while (!r && !(r = am_reader_peek(reader, 1, &data, &len, err))) {
		g_byte_array_append(out, data, (guint)len);
		am_reader_skip(reader, len);
	}
	am_reader_close(&reader);
	if (r == AM_END)
		return out;
	g_byte_array_unref(out);
	return NULL;
}

/* ---- signatures ---- */

typedef enum am_proof_verdict check_fn(const struct am_proof_bytes *content,
                                       const struct am_proof_bytes *signature);

static check_fn *check_of(const char *type)
{
	if (!strcmp(type, "application/pkcs7-signature") ||
	    !strcmp(type, "application/x-pkcs7-signature"))
		return am_proof_smime;
	return strcmp(type, "application/pgp-signature") ? NULL : am_proof_pgp;
}

/* The two children of a multipart/signed; 0: it has not just these. */
static size_t second_child(const struct am_scan *scan, size_t of)
{
	size_t n = 0, second = 0;

	for (size_t i = of + 1; i < scan->n_parts; i++) {
		if (scan->parts[i].parent != of)
			continue;
		if (++n == 2)
			second = i;
	}
	return n == 2 ? second : 0;
}

static int check_detached(struct am_proof *out, const struct mail *m, size_t of,
                          struct am_error *err)
{
	size_t second = second_child(&m->scan, of);
	const struct am_part *part = &m->scan.parts[of + 1];

	if (!second)
		return AM_OK;
	check_fn *check = check_of(m->scan.parts[second].type);
	if (!check)
		return AM_OK;
	GByteArray *signature = decoded(m, second, err);
	if (!signature)
		return AM_FAILED;
	GByteArray *content =
		with_crlf(m->bytes + part->header, m->bytes + part->end);
	const struct am_proof_bytes a = {content->data, content->len};
	const struct am_proof_bytes b = {signature->data, signature->len};
	join(check == am_proof_pgp ? &out->pgp : &out->smime, check(&a, &b));
	g_byte_array_unref(content);
	g_byte_array_unref(signature);
	return AM_OK;
}

/* A signature with what it signs within. */
static int check_opaque(struct am_proof *out, const struct mail *m, size_t part,
                        const struct am_part_fields *fields,
                        struct am_arena *arena, struct am_error *err)
{
	const char *kind =
		fields->type.name
			? am_param_get(arena, fields->type.value,
	                               fields->type.value_len, "smime-type")
			: NULL;

	if (!kind || g_ascii_strcasecmp(kind, "signed-data") != 0)
		return AM_OK;
	GByteArray *signature = decoded(m, part, err);
	if (!signature)
		return AM_FAILED;
	const struct am_proof_bytes b = {signature->data, signature->len};
	join(&out->smime, am_proof_smime(NULL, &b));
	g_byte_array_unref(signature);
	return AM_OK;
}

/* ---- Content-MD5 ---- */

static bool find_md5(const struct am_part_header *head, uint8_t out[MD5_LEN])
{
	struct am_fields fields;
	struct am_field field;

	am_fields_init(&fields, head->block, head->len, 0);
	while (am_fields_next(&fields, &field)) {
		if (!am_field_is(&field, "Content-MD5"))
			continue;
		char *text = g_strndup(field.value, field.value_len);
		gsize len;
		guchar *md5 = g_base64_decode(text, &len);
		bool good = len == MD5_LEN;
		if (good)
			memcpy(out, md5, MD5_LEN);
		g_free(md5);
		g_free(text);
		return good;
	}
	return false;
}

static bool is_md5(const uint8_t *data, size_t len, const uint8_t md5[MD5_LEN])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n;

	return EVP_Digest(data, len, digest, &n, EVP_md5(), NULL) &&
	       n == MD5_LEN && !memcmp(digest, md5, MD5_LEN);
}

/* Of text with the line ends it has on its way; some count those it has not. */
static int check_md5(struct am_proof *out, const struct mail *m, size_t part,
                     const struct am_part_header *head, struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[part];
	uint8_t md5[MD5_LEN];

	if (p->kind != AM_PART_LEAF || !find_md5(head, md5))
		return AM_OK;
	GByteArray *content = decoded(m, part, err);
	if (!content)
		return AM_FAILED;
	bool good = is_md5(content->data, content->len, md5);
	if (!good) {
		GByteArray *text =
			with_crlf(content->data, content->data + content->len);
		good = is_md5(text->data, text->len, md5);
		/* The end of the last line belongs to the boundary, or not. */
		g_byte_array_append(text, (const uint8_t *)"\r\n", 2);
		good |= is_md5(text->data, text->len, md5);
		g_byte_array_unref(text);
	}
	join(&out->content_md5, good ? AM_PROOF_RIGHT : AM_PROOF_WRONG);
	g_byte_array_unref(content);
	return AM_OK;
}

/* ---- all of it ---- */

static int check_part(struct am_proof *out, const struct mail *m, size_t i,
                      struct am_arena *arena, struct am_error *err)
{
	const struct am_part *part = &m->scan.parts[i];
	struct am_part_header head;
	struct am_part_fields fields;
	int r = am_part_header_read(&head, m->raw, part, m->header_max, err);

	if (r)
		return r;
	am_part_fields_find(&fields, &head);
	if (!strcmp(part->type, "multipart/signed"))
		r = check_detached(out, m, i, err);
	else if (!strcmp(part->type, "application/pkcs7-mime") ||
	         !strcmp(part->type, "application/x-pkcs7-mime"))
		r = check_opaque(out, m, i, &fields, arena, err);
	if (!r)
		r = check_md5(out, m, i, &head, err);
	am_part_header_drop(&head);
	return r;
}

int am_proof_read(struct am_proof *out, const struct am_blob *raw,
                  const struct am_limits *given, struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(given);
	struct am_arena *arena = NULL;
	size_t size = (size_t)am_blob_size(raw), got = size;
	struct mail m = {.raw = raw,
	                 .bytes = am_blob_bytes(raw),
	                 .header_max = limits.header_bytes};
	uint8_t *own = NULL;
	int r = AM_OK;

	*out = (struct am_proof){0};
	if (am_blob_size(raw) > READ_MAX)
		return AM_OK;
	if (!m.bytes) {
		m.bytes = own = g_malloc(size + 1);
		r = am_blob_read(raw, 0, own, size, &got, err);
	}
	if (!r)
		out->body =
			(enum am_proof_verdict)am_body_hash_check(m.bytes, got);
	if (!r) {
		arena = am_arena_new();
		r = am_scan_message(&m.scan, raw, &limits, arena, err);
		for (size_t i = 0; !r && i < m.scan.n_parts; i++)
			r = check_part(out, &m, i, arena, err);
		am_arena_free(&arena);
	}
	g_free(own);
	return r;
}
