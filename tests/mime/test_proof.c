/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures are made here, with keys that are made here. */
#include "mime/proof.h"

#include "base/blob.h"
#include "mail.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string.h>

#define PART "Content-Type: text/plain\r\n\r\nHello,\r\nworld \r\n"

static struct am_proof proof_of(const char *text)
{
	struct am_blob *raw = mail_blob(text, strlen(text));
	struct am_proof out;
	struct am_error err;

	cr_assert_eq(am_proof_read(&out, raw, NULL, &err), AM_OK, "%s",
	             err.text);
	am_blob_unref(&raw);
	return out;
}

/* A mail with a signed part and its signature, with LF or CRLF ends. */
static char *signed_mail(const char *protocol, const char *part,
                         const char *signature, bool lf)
{
	char *crlf = g_strdup_printf(
		"From: a@b\r\nContent-Type: multipart/signed; boundary=x;\r\n"
		" protocol=\"%s\"\r\n\r\n--x\r\n%s\r\n--x\r\n"
		"Content-Type: %s\r\n%s\r\n--x--\r\n",
		protocol, part, protocol, signature);
	char **parts = g_strsplit(crlf, lf ? "\r\n" : "\n", -1);
	char *out = g_strjoinv("\n", parts);

	g_strfreev(parts);
	g_free(crlf);
	return out;
}

static char *encode(const uint8_t *data, size_t len)
{
	char *base64 = g_base64_encode(data, len);
	char *out = g_strdup_printf(
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", base64);

	g_free(base64);
	return out;
}

/* ---- S/MIME ---- */

struct signer {
	EVP_PKEY *key;
	X509 *cert;
};

static void signer_new(struct signer *s)
{
	s->key = EVP_EC_gen("P-256");
	s->cert = X509_new();
	X509_set_version(s->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(s->cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(s->cert), 0);
	/* Long over: nobody asks. */
	X509_gmtime_adj(X509_getm_notAfter(s->cert), 1);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(s->cert), "CN",
	                           MBSTRING_ASC, (const unsigned char *)"a", -1,
	                           -1, 0);
	X509_set_issuer_name(s->cert, X509_get_subject_name(s->cert));
	X509_set_pubkey(s->cert, s->key);
	cr_assert(X509_sign(s->cert, s->key, EVP_sha256()));
}

static void signer_end(struct signer *s)
{
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
}

static char *smime(const struct signer *s, const char *content, unsigned flags)
{
	BIO *in = BIO_new_mem_buf(content, -1);
	CMS_ContentInfo *cms =
		CMS_sign(s->cert, s->key, NULL, in, flags | CMS_BINARY);
	unsigned char *der = NULL;

	cr_assert(cms);
	int len = i2d_CMS_ContentInfo(cms, &der);
	char *out = encode(der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return out;
}

Test(proof, smime_digests_and_signatures_are_checked)
{
	static const struct {
		unsigned flags;
		bool changed;
		enum am_proof_verdict want;
	} rows[] = {
		{CMS_DETACHED, false, AM_PROOF_RIGHT},
		{CMS_DETACHED, true, AM_PROOF_WRONG},
		/* Its digest tells where no certificate is in it. */
		{CMS_DETACHED | CMS_NOCERTS, false, AM_PROOF_RIGHT},
		{CMS_DETACHED | CMS_NOCERTS, true, AM_PROOF_WRONG},
		/* Without attributes the signature alone can. */
		{CMS_DETACHED | CMS_NOATTR, false, AM_PROOF_RIGHT},
		{CMS_DETACHED | CMS_NOATTR, true, AM_PROOF_WRONG},
		{CMS_DETACHED | CMS_NOATTR | CMS_NOCERTS, true,
	         AM_PROOF_UNKNOWN},
	};
	struct signer s;

	signer_new(&s);
	for (size_t i = 0; i < 2 * AM_COUNT(rows); i++) {
		char *signature = smime(&s, PART, rows[i / 2].flags);
		char *mail = signed_mail(
			"application/pkcs7-signature",
			rows[i / 2].changed
				? "Content-Type: text/plain\r\n\r\nHullo\r\n"
				: PART,
			signature, i % 2);
		struct am_proof p = proof_of(mail);
		cr_expect_eq(p.smime, rows[i / 2].want, "%zu: %s", i,
		             am_proof_word(p.smime));
		cr_expect_eq(p.pgp, AM_PROOF_NONE);
		cr_expect_eq(p.body, AM_PROOF_NONE);
		g_free(mail);
		g_free(signature);
	}
	signer_end(&s);
}

Test(proof, smime_with_what_it_signs_within)
{
	struct signer s;

	signer_new(&s);
	char *signature = smime(&s, PART, 0);
	char *mail = g_strdup_printf("Content-Type: application/pkcs7-mime; "
	                             "smime-type=signed-data\r\n%s",
	                             signature);
	cr_expect_eq(proof_of(mail).smime, AM_PROOF_RIGHT);
	g_free(mail);
	g_free(signature);
	signer_end(&s);
	cr_expect_eq(proof_of("Content-Type: application/pkcs7-mime; "
	                      "smime-type=signed-data\n\nnonsense\n")
	                     .smime,
	             AM_PROOF_UNKNOWN);
	cr_expect_eq(proof_of("Content-Type: application/pkcs7-mime; "
	                      "smime-type=enveloped-data\n\nAAAA\n")
	                     .smime,
	             AM_PROOF_NONE);
}

/* ---- PGP ---- */

/* A signature packet over content, with the digest's first bytes right. */
static char *pgp(const char *content, unsigned version, unsigned type,
                 bool armoured)
{
	static const uint8_t four[] = {4, 0, 17, 8, 0, 6, 5, 2, 1, 2, 3, 4};
	static const uint8_t three[] = {0, 1, 2, 3, 4};
	static const uint8_t end4[] = {4, 0xFF, 0, 0, 0, sizeof four};
	uint8_t digest[EVP_MAX_MD_SIZE], tail[sizeof four];
	GByteArray *packet = g_byte_array_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n;

	memcpy(tail, four, sizeof four);
	tail[1] = (uint8_t)type;
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, content, strlen(content));
	if (version == 4) {
		EVP_DigestUpdate(ctx, tail, sizeof tail);
		EVP_DigestUpdate(ctx, end4, sizeof end4);
	} else {
		uint8_t old[sizeof three];
		memcpy(old, three, sizeof old);
		old[0] = (uint8_t)type;
		EVP_DigestUpdate(ctx, old, sizeof old);
	}
	EVP_DigestFinal_ex(ctx, digest, &n);
	EVP_MD_CTX_free(ctx);
	if (version == 4) {
		static const uint8_t unhashed[] = {0, 0};
		g_byte_array_append(packet, tail, sizeof tail);
		g_byte_array_append(packet, unhashed, 2);
	} else {
		uint8_t old[] = {3,  5, (uint8_t)type,
		                 1,  2, 3,
		                 4,  9, 9,
		                 9,  9, 9,
		                 9,  9, 9,
		                 17, 8};
		g_byte_array_append(packet, old, sizeof old);
	}
	g_byte_array_append(packet, digest, 2);
	g_byte_array_append(packet, (const uint8_t *)"\0\1\1", 3);
	uint8_t head[] = {0xC2, (uint8_t)packet->len};
	if (version != 4) { /* the old way of saying it */
		head[0] = 0x88;
	}
	g_byte_array_prepend(packet, head, sizeof head);
	char *base64 = g_base64_encode(packet->data, packet->len);
	char *out = armoured ? g_strdup_printf(
				       "\r\n-----BEGIN PGP SIGNATURE-----\r\n"
				       "Version: x\r\n\r\n%s\r\n=AAAA\r\n"
				       "-----END PGP SIGNATURE-----\r\n",
				       base64)
	                     : encode(packet->data, packet->len);
	g_free(base64);
	g_byte_array_unref(packet);
	return out;
}

Test(proof, pgp_digests_are_checked_as_far_as_they_stand_there)
{
	static const char trimmed[] =
		"Content-Type: text/plain\r\n\r\nHello,\r\nworld\r\n";

	for (unsigned i = 0; i < 16; i++) {
		unsigned version = i & 1 ? 4 : 3, type = i >> 1 & 1;
		bool lf = i & 4, armoured = i & 8;
		char *signature = pgp(PART, version, type, armoured);
		char *mail = signed_mail("application/pgp-signature", PART,
		                         signature, lf);
		cr_expect_eq(proof_of(mail).pgp, AM_PROOF_RIGHT, "%u", i);
		g_free(mail);
		mail = signed_mail("application/pgp-signature",
		                   "Content-Type: text/plain\r\n\r\nNo\r\n",
		                   signature, lf);
		cr_expect_eq(proof_of(mail).pgp, AM_PROOF_WRONG, "%u", i);
		g_free(mail);
		g_free(signature);
		/* Old text signatures do not count blanks at line ends. */
		signature = pgp(trimmed, version, type, armoured);
		mail = signed_mail("application/pgp-signature", PART, signature,
		                   lf);
		cr_expect_eq(proof_of(mail).pgp,
		             type ? AM_PROOF_RIGHT : AM_PROOF_WRONG, "%u", i);
		g_free(mail);
		g_free(signature);
	}
}

Test(proof, pgp_nonsense_cannot_be_checked)
{
	static const char *const rows[] = {
		"\r\nnothing\r\n",
		"\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nwv8AAAD/AAAA\r\n",
		"\r\n-----BEGIN PGP SIGNATURE-----",
		"\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nwgEG\r\n"};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		char *mail = signed_mail("application/pgp-signature", PART,
		                         rows[i], false);
		cr_expect_eq(proof_of(mail).pgp, AM_PROOF_UNKNOWN, "%zu", i);
		g_free(mail);
	}
}

/* ---- Content-MD5 ---- */

Test(proof, content_md5_is_that_of_the_content)
{
	/* RFC 1864 has no example of use; these are of "Hello\r\n" and "Hello".
	 */
	static const struct {
		const char *mail;
		enum am_proof_verdict want;
	} rows[] = {
		{"Content-MD5: tzv307oaUXZEZhvEvNhfmg==\r\n\r\nHello\r\n",
	         AM_PROOF_RIGHT},
		{"Content-MD5: tzv307oaUXZEZhvEvNhfmg==\n\nHello\n",
	         AM_PROOF_RIGHT},
		{"Content-MD5: tzv307oaUXZEZhvEvNhfmg==\n\nHullo\n",
	         AM_PROOF_WRONG},
		{"Content-MD5: ixqZU8RhEpaoJ6v4xHgE1w==\n\nHello",
	         AM_PROOF_RIGHT},
		{"Content-MD5: ixqZU8RhEpaoJ6v4xHgE1w==\n"
	         "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n",
	         AM_PROOF_RIGHT},
		{"Content-MD5: ixqZU8RhEpaoJ6v4xHgE1w==\n"
	         "Content-Transfer-Encoding: base64\n\nSGVsbG9v\n",
	         AM_PROOF_WRONG},
		{"Content-MD5: tooShort\n\nHello", AM_PROOF_NONE},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++)
		cr_expect_eq(proof_of(rows[i].mail).content_md5, rows[i].want,
		             "%zu", i);
}
