/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSL, loaded when one of its functions is called for the first time.
 *
 * Its two libraries take a fifth of the time in which a search starts, finds
 * and ends, for five thousand names are looked up in them, and a search needs
 * none of them.  It is not linked in like others (Makefile) because of its
 * security updates.  So here each function that the program calls has a few
 * instructions under its name, which jump to where it lies, and load all of
 * them when that is not known yet; who calls it sees no difference.
 *
 * For x86-64; elsewhere the program is linked with the libraries.  A name that
 * is lacking here is an error when it is linked.
 */
#ifdef __x86_64__

#include <glib.h>
#include <openssl/opensslv.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#define LIBRARY(name) name ".so." G_STRINGIFY(OPENSSL_SHLIB_VERSION)

#define FUNCTIONS(X)                              \
	X(ASN1_STRING_get0_data)                  \
	X(ASN1_STRING_length)                     \
	X(ASN1_TIME_to_tm)                        \
	X(BIO_clear_flags)                        \
	X(BIO_ctrl)                               \
	X(BIO_free)                               \
	X(BIO_get_data)                           \
	X(BIO_meth_free)                          \
	X(BIO_meth_new)                           \
	X(BIO_meth_set_create)                    \
	X(BIO_meth_set_ctrl)                      \
	X(BIO_meth_set_read)                      \
	X(BIO_meth_set_write)                     \
	X(BIO_new)                                \
	X(BIO_new_mem_buf)                        \
	X(BIO_s_mem)                              \
	X(BIO_set_data)                           \
	X(BIO_set_flags)                          \
	X(BIO_set_init)                           \
	X(BN_bin2bn)                              \
	X(BN_free)                                \
	X(BN_to_ASN1_INTEGER)                     \
	X(CMS_ContentInfo_free)                   \
	X(CMS_SignerInfo_cert_cmp)                \
	X(CMS_SignerInfo_get0_algs)               \
	X(CMS_get0_SignerInfos)                   \
	X(CMS_get0_content)                       \
	X(CMS_get0_type)                          \
	X(CMS_get1_certs)                         \
	X(CMS_signed_get0_data_by_OBJ)            \
	X(CMS_verify)                             \
	X(CRYPTO_memcmp)                          \
	X(ERR_clear_error)                        \
	X(ERR_get_error)                          \
	X(ERR_peek_error)                         \
	X(ERR_peek_last_error)                    \
	X(ERR_reason_error_string)                \
	X(EVP_DecodeBlock)                        \
	X(EVP_Digest)                             \
	X(EVP_DigestFinal_ex)                     \
	X(EVP_DigestInit_ex)                      \
	X(EVP_DigestInit_ex2)                     \
	X(EVP_DigestSign)                         \
	X(EVP_DigestSignInit)                     \
	X(EVP_DigestUpdate)                       \
	X(EVP_DigestVerify)                       \
	X(EVP_DigestVerifyInit)                   \
	X(EVP_MD_CTX_free)                        \
	X(EVP_MD_CTX_new)                         \
	X(EVP_MD_fetch)                           \
	X(EVP_MD_get_size)                        \
	X(EVP_PKEY_Q_keygen)                      \
	X(EVP_PKEY_free)                          \
	X(EVP_PKEY_get_raw_public_key)            \
	X(EVP_PKEY_new_raw_private_key)           \
	X(EVP_PKEY_new_raw_public_key)            \
	X(EVP_blake2b512)                         \
	X(EVP_get_digestbyname)                   \
	X(EVP_md5)                                \
	X(EVP_sha1)                               \
	X(EVP_sha256)                             \
	X(GENERAL_NAMES_free)                     \
	X(HMAC)                                   \
	X(OBJ_nid2obj)                            \
	X(OBJ_nid2sn)                             \
	X(OBJ_obj2nid)                            \
	X(OPENSSL_cleanse)                        \
	X(OPENSSL_sk_num)                         \
	X(OPENSSL_sk_pop_free)                    \
	X(OPENSSL_sk_value)                       \
	X(PEM_read_X509)                          \
	X(PEM_write_bio_PrivateKey)               \
	X(PEM_write_bio_X509)                     \
	X(PKCS5_PBKDF2_HMAC)                      \
	X(RAND_bytes)                             \
	X(SHA256)                                 \
	X(SSL_CIPHER_get_name)                    \
	X(SSL_CTX_check_private_key)              \
	X(SSL_CTX_ctrl)                           \
	X(SSL_CTX_free)                           \
	X(SSL_CTX_get0_param)                     \
	X(SSL_CTX_load_verify_dir)                \
	X(SSL_CTX_load_verify_file)               \
	X(SSL_CTX_new)                            \
	X(SSL_CTX_set_cert_verify_callback)       \
	X(SSL_CTX_set_default_passwd_cb)          \
	X(SSL_CTX_set_default_passwd_cb_userdata) \
	X(SSL_CTX_set_default_read_buffer_len)    \
	X(SSL_CTX_set_default_verify_paths)       \
	X(SSL_CTX_set_num_tickets)                \
	X(SSL_CTX_set_options)                    \
	X(SSL_CTX_set_verify)                     \
	X(SSL_CTX_use_PrivateKey_file)            \
	X(SSL_CTX_use_certificate_chain_file)     \
	X(SSL_accept)                             \
	X(SSL_connect)                            \
	X(SSL_ctrl)                               \
	X(SSL_export_keying_material)             \
	X(SSL_free)                               \
	X(SSL_get0_param)                         \
	X(SSL_get0_peer_certificate)              \
	X(SSL_get_certificate)                    \
	X(SSL_get_current_cipher)                 \
	X(SSL_get_error)                          \
	X(SSL_get_version)                        \
	X(SSL_has_pending)                        \
	X(SSL_new)                                \
	X(SSL_read_ex)                            \
	X(SSL_set1_host)                          \
	X(SSL_set_bio)                            \
	X(SSL_shutdown)                           \
	X(SSL_version)                            \
	X(SSL_write_ex)                           \
	X(TLS_client_method)                      \
	X(TLS_server_method)                      \
	X(X509V3_EXT_conf_nid)                    \
	X(X509V3_set_ctx)                         \
	X(X509_ALGOR_get0)                        \
	X(X509_EXTENSION_free)                    \
	X(X509_NAME_add_entry_by_txt)             \
	X(X509_NAME_get_text_by_NID)              \
	X(X509_STORE_CTX_get0_cert)               \
	X(X509_STORE_CTX_get_current_cert)        \
	X(X509_STORE_CTX_get_error)               \
	X(X509_STORE_CTX_set_error)               \
	X(X509_VERIFY_PARAM_set1_ip_asc)          \
	X(X509_VERIFY_PARAM_set_flags)            \
	X(X509_VERIFY_PARAM_set_hostflags)        \
	X(X509_add_ext)                           \
	X(X509_digest)                            \
	X(X509_free)                              \
	X(X509_get0_notAfter)                     \
	X(X509_get0_notBefore)                    \
	X(X509_get_ext_d2i)                       \
	X(X509_get_issuer_name)                   \
	X(X509_get_serialNumber)                  \
	X(X509_get_signature_info)                \
	X(X509_get_subject_name)                  \
	X(X509_getm_notAfter)                     \
	X(X509_getm_notBefore)                    \
	X(X509_gmtime_adj)                        \
	X(X509_new)                               \
	X(X509_set_issuer_name)                   \
	X(X509_set_pubkey)                        \
	X(X509_set_version)                       \
	X(X509_sign)                              \
	X(X509_verify_cert)                       \
	X(X509_verify_cert_error_string)          \
	X(d2i_CMS_ContentInfo)

/*
 * Where they lie, each in a variable of its own, which its instructions name.
 * These end in a jump: arguments and the way back stay as they are.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses): names that are declared */
#define LIES_AT(name) __attribute__((used)) static void *late_##name;
/* NOLINTEND(bugprone-macro-parentheses) */
FUNCTIONS(LIES_AT)

#define JUMP(name)                                         \
	__asm__(".text\n"                                  \
	        ".p2align 4\n"                             \
	        ".globl " #name "\n"                       \
	        ".type " #name ", @function\n" #name ":\n" \
	        ".cfi_startproc\n"                         \
	        "endbr64\n"                                \
	        "leaq late_" #name "(%rip), %r11\n"        \
	        "cmpq $0, (%r11)\n"                        \
	        "je late_first\n"                          \
	        "jmp *(%r11)\n"                            \
	        ".cfi_endproc\n"                           \
	        ".size " #name ", . - " #name "\n");
FUNCTIONS(JUMP)

/* The first call: whatever holds arguments is kept.  None of the functions
 * takes a floating-point number. */
__asm__(".text\n"
        ".p2align 4\n"
        ".type late_first, @function\n"
        "late_first:\n"
        ".cfi_startproc\n"
        "pushq %rdi\n"
        "pushq %rsi\n"
        "pushq %rdx\n"
        "pushq %rcx\n"
        "pushq %r8\n"
        "pushq %r9\n"
        "pushq %rax\n"
        "pushq %r11\n"
        "subq $8, %rsp\n"
        ".cfi_adjust_cfa_offset 72\n"
        "call late_load\n"
        "addq $8, %rsp\n"
        "popq %r11\n"
        "popq %rax\n"
        "popq %r9\n"
        "popq %r8\n"
        "popq %rcx\n"
        "popq %rdx\n"
        "popq %rsi\n"
        "popq %rdi\n"
        ".cfi_adjust_cfa_offset -72\n"
        "jmp *(%r11)\n"
        ".cfi_endproc\n"
        ".size late_first, . - late_first\n");

static void load(void)
{
	static const struct {
		const char *name;
		void **at;
	} wanted[] = {
#define NAMED(name) {#name, &late_##name},
		FUNCTIONS(NAMED)};
	/* Who has the one has the other, too. */
	void *library = dlopen(LIBRARY("libssl"), RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		void *found = library ? dlsym(library, wanted[i].name) : NULL;
		/* As when it had not started for the lack of it. */
		if (!found)
			g_error("%s", dlerror());
		*wanted[i].at = found;
	}
}

__attribute__((used)) static void late_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}

#else
typedef int late_openssl_is_for_x86_64; /* ISO C wants something here */
#endif
