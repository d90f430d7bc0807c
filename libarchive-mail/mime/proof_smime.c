/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 5652, section 5.4: the message digest attribute of each signer against
 * the content, then the signature itself under the certificates it brings.
 */
#include "mime/proof_impl.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include <limits.h>
#include <string.h>

/* What a signer says the digest of the content is, and by which algorithm. */
static enum am_proof_verdict check_digest(CMS_SignerInfo *signer,
                                          const uint8_t *data, size_t len)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	const ASN1_OBJECT *oid;
	X509_ALGOR *algorithm = NULL;
	unsigned n = 0;

	const ASN1_OCTET_STRING *said = CMS_signed_get0_data_by_OBJ(
		signer, OBJ_nid2obj(NID_pkcs9_messageDigest), -3,
		V_ASN1_OCTET_STRING);
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &algorithm, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	const EVP_MD *md = EVP_get_digestbyobj(oid);
	/* Without attributes it is the signature that tells. */
	if (!said || !md || !EVP_Digest(data, len, digest, &n, md, NULL))
		return AM_PROOF_UNKNOWN;
	return (int)n == ASN1_STRING_length(said) &&
	                       !memcmp(digest, ASN1_STRING_get0_data(said), n)
	               ? AM_PROOF_RIGHT
	               : AM_PROOF_WRONG;
}

static enum am_proof_verdict check_signers(CMS_ContentInfo *cms,
                                           const uint8_t *data, size_t len)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	enum am_proof_verdict out = AM_PROOF_UNKNOWN;

	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++) {
		enum am_proof_verdict v = check_digest(
			sk_CMS_SignerInfo_value(signers, i), data, len);
		if (v == AM_PROOF_WRONG)
			return v;
		if (v == AM_PROOF_RIGHT)
			out = v;
	}
	return out;
}

/* Does it bring the certificate of each signer along? */
static bool has_certificates(CMS_ContentInfo *cms)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	bool all = certs != NULL;

	for (int i = 0; all && i < sk_CMS_SignerInfo_num(signers); i++) {
		bool found = false;
		for (int k = 0; !found && k < sk_X509_num(certs); k++)
			found = !CMS_SignerInfo_cert_cmp(
				sk_CMS_SignerInfo_value(signers, i),
				sk_X509_value(certs, k));
		all = found;
	}
	sk_X509_pop_free(certs, X509_free);
	return all;
}

/* content: NULL where it is in the signature.  `known` is what the digests
 * said, and stays where OpenSSL cannot tell. */
static enum am_proof_verdict
check_signature(CMS_ContentInfo *cms, const struct am_proof_bytes *content,
                enum am_proof_verdict known)
{
	BIO *in = content ? BIO_new_mem_buf(content->data, (int)content->len)
	                  : NULL;

	ERR_clear_error();
	if (CMS_verify(cms, NULL, NULL, in, NULL,
	               CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1)
		known = AM_PROOF_RIGHT;
	else if (ERR_GET_REASON(ERR_peek_last_error()) ==
	         CMS_R_CONTENT_VERIFY_ERROR)
		known = AM_PROOF_WRONG;
	else
		for (unsigned long e; (e = ERR_get_error());)
			if (ERR_GET_LIB(e) == ERR_LIB_CMS &&
			    ERR_GET_REASON(e) == CMS_R_VERIFICATION_FAILURE)
				known = AM_PROOF_WRONG;
	BIO_free(in);
	return known;
}

enum am_proof_verdict am_proof_smime(const struct am_proof_bytes *content,
                                     const struct am_proof_bytes *signature)
{
	const unsigned char *der = signature->data;
	enum am_proof_verdict out = AM_PROOF_UNKNOWN;
	CMS_ContentInfo *cms =
		signature->len <= LONG_MAX
			? d2i_CMS_ContentInfo(NULL, &der, (long)signature->len)
			: NULL;
	const uint8_t *data = content ? content->data : NULL;
	size_t len = content ? content->len : 0;

	if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		goto out;
	if (!content) {
		ASN1_OCTET_STRING **own = CMS_get0_content(cms);
		if (!own || !*own)
			goto out;
		data = ASN1_STRING_get0_data(*own);
		len = (size_t)ASN1_STRING_length(*own);
	}
	if (len > INT_MAX)
		goto out;
	out = check_signers(cms, data, len);
	if (out != AM_PROOF_WRONG && has_certificates(cms))
		out = check_signature(cms, content, out);
out:
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return out;
}
