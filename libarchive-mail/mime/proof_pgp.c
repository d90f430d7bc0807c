/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 4880: armor (section 6.2), packets (4.2), signatures of version 3 (5.2.2)
 * and 4 (5.2.3), and what is hashed (5.2.4).
 */
#include "mime/proof_impl.h"

#include "base/bytes.h"

#include <glib.h>
#include <openssl/evp.h>

#include <string.h>

/* ---- armor ---- */

/* The base64 between the header's empty line and the checksum. */
static uint8_t *dearmor(const struct am_proof_bytes *in, size_t *len)
{
	static const char begin[] = "-----BEGIN PGP ";
	const char *text = (const char *)in->data, *end = text + in->len;
	const char *at = g_strstr_len(text, (gssize)in->len, begin);
	gint state = 0;
	guint save = 0;
	*len = 0;

	if (!at)
		return NULL;
	/* Its headers end with an empty line. */
	const char *body = NULL;
	for (const char *lf = at;
	     (lf = memchr(lf, '\n', (size_t)(end - lf)));) {
		lf++;
		const char *p = lf;
		while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
		if (p < end && *p == '\n') {
			body = p + 1;
			break;
		}
	}
	if (!body)
		return NULL;
	uint8_t *out = g_malloc((size_t)(end - body) + 3);
	while (body < end && *body != '-' && *body != '=') {
		const char *lf = memchr(body, '\n', (size_t)(end - body));
		const char *stop = lf ? lf + 1 : end;
		*len += g_base64_decode_step(body, (gsize)(stop - body),
		                             out + *len, &state, &save);
		body = stop;
	}
	return out;
}

/* ---- packets ---- */

struct signature {
	uint8_t hash;
	uint8_t left[2];
	const uint8_t *tail; /* hashed behind the content */
	size_t tail_len;
	bool v4, text;
};

/* The next packet's body; false at the end, or where it makes no sense. */
static bool next_packet(struct am_cursor *c, unsigned *tag,
                        struct am_cursor *body)
{
	uint64_t len = 0;
	uint8_t first = am_get_u8(c);

	if (c->bad || !(first & 0x80))
		return false;
	if (first & 0x40) {
		uint64_t n = am_get_u8(c);
		*tag = first & 0x3F;
		if (n < 192)
			len = n;
		else if (n < 224)
			len = ((n - 192) << 8) + am_get_u8(c) + 192;
		else if (n == 255)
			for (int i = 0; i < 4; i++)
				len = len << 8 | am_get_u8(c);
		else
			return false; /* in parts: no signature is */
	} else {
		*tag = first >> 2 & 15;
		if ((first & 3) == 3)
			return false;
		for (int i = 1 << (first & 3); i > 0; i--)
			len = len << 8 | am_get_u8(c);
	}
	const uint8_t *data = am_get_bytes(c, len);
	if (!data)
		return false;
	*body = am_cursor(data, (size_t)len);
	return true;
}

static size_t get_be16(struct am_cursor *c)
{
	size_t high = am_get_u8(c);

	return high << 8 | am_get_u8(c);
}

/* AM_PROOF_UNKNOWN for what is of another kind. */
static bool read_signature(struct signature *out, struct am_cursor c)
{
	const uint8_t *start = c.at;
	uint8_t version = am_get_u8(&c);
	uint8_t type;

	*out = (struct signature){.v4 = version == 4};
	if (version == 4) {
		type = am_get_u8(&c);
		am_get_u8(&c); /* the key's algorithm */
		out->hash = am_get_u8(&c);
		size_t hashed = get_be16(&c);
		if (!am_get_bytes(&c, hashed))
			return false;
		out->tail = start;
		out->tail_len = (size_t)(c.at - start);
		size_t unhashed = get_be16(&c);
		if (!am_get_bytes(&c, unhashed))
			return false;
	} else if (version == 2 || version == 3) {
		if (am_get_u8(&c) != 5)
			return false;
		out->tail = c.at;
		out->tail_len = 5;
		type = am_get_u8(&c);
		if (!am_get_bytes(&c, 4 + 8)) /* time, key id */
			return false;
		am_get_u8(&c);
		out->hash = am_get_u8(&c);
	} else {
		return false;
	}
	out->left[0] = am_get_u8(&c);
	out->left[1] = am_get_u8(&c);
	out->text = type == 1;
	return !c.bad && type <= 1; /* of a document, binary or text */
}

static const EVP_MD *digest_of(uint8_t id)
{
	static const char *const names[] = {
		[1] = "MD5",    [2] = "SHA1",   [3] = "RIPEMD160",
		[8] = "SHA256", [9] = "SHA384", [10] = "SHA512",
		[11] = "SHA224"};

	return id < AM_COUNT(names) && names[id]
	               ? EVP_get_digestbyname(names[id])
	               : NULL;
}

static bool is_right(const struct signature *s, const EVP_MD *md,
                     const uint8_t *data, size_t len, bool *done)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t end[6] = {4, 0xFF};
	unsigned n;

	for (int i = 0; i < 4; i++)
		end[2 + i] = (uint8_t)(s->tail_len >> (24 - 8 * i));
	*done = EVP_DigestInit_ex(ctx, md, NULL) &&
	        EVP_DigestUpdate(ctx, data, len) &&
	        EVP_DigestUpdate(ctx, s->tail, s->tail_len) &&
	        (!s->v4 || EVP_DigestUpdate(ctx, end, sizeof end)) &&
	        EVP_DigestFinal_ex(ctx, digest, &n);
	EVP_MD_CTX_free(ctx);
	return *done && !memcmp(digest, s->left, sizeof s->left);
}

/* As text was hashed before RFC 4880: without blanks at the ends of lines. */
static GByteArray *trimmed(const struct am_proof_bytes *content)
{
	const uint8_t *p = content->data, *end = p + content->len;
	GByteArray *out = g_byte_array_sized_new((guint)content->len);

	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf ? lf : end;
		while (stop > p && strchr(" \t\r", stop[-1]) && stop[-1])
			stop--;
		g_byte_array_append(out, p, (guint)(stop - p));
		if (lf)
			g_byte_array_append(out, (const uint8_t *)"\r\n", 2);
		p = lf ? lf + 1 : end;
	}
	return out;
}

static enum am_proof_verdict check(const struct signature *s,
                                   const struct am_proof_bytes *content)
{
	const EVP_MD *md = digest_of(s->hash);
	bool done = false;

	if (!md)
		return AM_PROOF_UNKNOWN;
	bool good = is_right(s, md, content->data, content->len, &done);
	if (!good && done && s->text) {
		GByteArray *text = trimmed(content);
		good = is_right(s, md, text->data, text->len, &done);
		g_byte_array_unref(text);
	}
	if (!done)
		return AM_PROOF_UNKNOWN;
	return good ? AM_PROOF_RIGHT : AM_PROOF_WRONG;
}

/* Several may have signed: each must be right that can be checked. */
enum am_proof_verdict am_proof_pgp(const struct am_proof_bytes *content,
                                   const struct am_proof_bytes *signature)
{
	enum am_proof_verdict out = AM_PROOF_UNKNOWN;
	struct am_cursor c, body;
	size_t len = signature->len;
	uint8_t *own = dearmor(signature, &len);
	unsigned tag;

	c = own ? am_cursor(own, len)
	        : am_cursor(signature->data, signature->len);
	while (out != AM_PROOF_WRONG && c.at < c.end &&
	       next_packet(&c, &tag, &body)) {
		struct signature s;
		if (tag != 2 || !read_signature(&s, body))
			continue;
		enum am_proof_verdict v = check(&s, content);
		if (v != AM_PROOF_UNKNOWN)
			out = v;
	}
	g_free(own);
	return out;
}
