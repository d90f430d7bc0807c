/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * https://jedisct1.github.io/minisign/, "Signature format".
 *
 *   public     "Ed", key id (8), key (32)
 *   secret     "Ed", "\0\0" (no password), "B2", 48 bytes for one, key id (8),
 *              seed and public key (64), 32 bytes of checksum: zero without
 *              a password
 *   signature  "ED", key id (8), Ed25519 of the file's BLAKE2b-512 (64); the
 *              last line: Ed25519 of that and the trusted comment.  "Ed": of
 *              the file itself, as before 2021
 */
#include "base/minisign.h"

#include "base/file.h"
#include "base/file_replace.h"
#include "base/time.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ID_LEN = 8,
	KEY_LEN = 32,
	SIG_LEN = 64,
	DIGEST_LEN = 64,
	PUBLIC_LEN = 2 + ID_LEN + KEY_LEN,
	ID_AT = 2 + 2 + 2 + 32 + 8 + 8,
	SECRET_LEN = ID_AT + ID_LEN + 2 * KEY_LEN + 32,
	SIGNATURE_LEN = 2 + ID_LEN + SIG_LEN,
	TEXT_MAX = 16 * 1024, /* of a file of ours */
	LEGACY_MAX = 1024 * 1024 * 1024
};

#define UNTRUSTED "untrusted comment: "
#define TRUSTED   "trusted comment: "

/* ---- text ---- */

static int read_text(char **out, const char *path, struct am_error *err)
{
	struct am_file *file = NULL;
	size_t got = 0;

	*out = NULL;
	int r = am_file_open(&file, path, err);
	if (r)
		return r;
	*out = g_malloc0(TEXT_MAX + 1);
	r = am_file_read(file, 0, *out, TEXT_MAX, &got, err);
	am_file_unref(&file);
	return r;
}

/* Base64 of just so many bytes. */
static bool decode(const char *text, uint8_t *out, size_t len)
{
	gsize n;
	guchar *bytes = g_base64_decode(text, &n);
	bool good = n == len;

	if (good)
		memcpy(out, bytes, len);
	OPENSSL_cleanse(bytes, n);
	g_free(bytes);
	return good;
}

static int fail_format(const char *path, const char *what, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT, "%s: no minisign %s", path,
	               what);
}

/* Line n of a text; "" when there is none.  g_strfreev(lines). */
static const char *line(char **lines, guint n)
{
	return n < g_strv_length(lines) ? g_strchomp(lines[n]) : "";
}

/* ---- keys ---- */

struct secret {
	uint8_t bytes[SECRET_LEN];
};

static const uint8_t *id_of(const struct secret *s)
{
	return s->bytes + ID_AT;
}

static const uint8_t *seed_of(const struct secret *s)
{
	return id_of(s) + ID_LEN;
}

/* The public half of what the seed makes. */
static bool derive(const struct secret *s, uint8_t out[KEY_LEN])
{
	size_t len = KEY_LEN;
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	                                              seed_of(s), KEY_LEN);
	bool good = pair && EVP_PKEY_get_raw_public_key(pair, out, &len) == 1;

	EVP_PKEY_free(pair);
	return good;
}

static int make(struct secret *s, struct am_error *err)
{
	uint8_t *id = s->bytes + ID_AT;

	memcpy(s->bytes, "Ed\0\0B2", 6);
	if (RAND_bytes(id, ID_LEN + KEY_LEN) != 1 ||
	    !derive(s, id + ID_LEN + KEY_LEN))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "OpenSSL cannot make an Ed25519 key");
	return AM_OK;
}

static int write_new(const char *path, const char *text, mode_t mode,
                     struct am_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	int r = am_write_all(fd, text, strlen(text), path, err);
	if (!r)
		r = am_sync_fd(fd, path, err);
	close(fd);
	if (r)
		unlink(path);
	return r;
}

int am_minisign_generate(const char *secret, const char *public_key,
                         struct am_error *err)
{
	uint8_t public_bytes[PUBLIC_LEN] = "Ed";
	struct secret s = {0};
	int r = make(&s, err);

	if (r)
		return r;
	memcpy(public_bytes + 2, id_of(&s), ID_LEN);
	memcpy(public_bytes + 2 + ID_LEN, seed_of(&s) + KEY_LEN, KEY_LEN);
	uint64_t id = 0;
	for (int i = ID_LEN; i-- > 0;)
		id = id << 8 | id_of(&s)[i];
	char *a = g_base64_encode(s.bytes, sizeof s.bytes);
	char *b = g_base64_encode(public_bytes, sizeof public_bytes);
	char *a_text = g_strdup_printf(
		UNTRUSTED "mailark: a secret key without a password\n%s\n", a);
	char *b_text = g_strdup_printf(
		UNTRUSTED "minisign public key %016" PRIX64 "\n%s\n", id, b);
	r = write_new(secret, a_text, 0600, err);
	if (!r) {
		r = write_new(public_key, b_text, 0666, err);
		if (r)
			unlink(secret);
	}
	OPENSSL_cleanse(a, strlen(a));
	OPENSSL_cleanse(a_text, strlen(a_text));
	OPENSSL_cleanse(&s, sizeof s);
	g_free(a);
	g_free(b);
	g_free(a_text);
	g_free(b_text);
	return r;
}

static int read_secret(struct secret *out, const char *path,
                       struct am_error *err)
{
	uint8_t check[KEY_LEN];
	char *text;
	int r = read_text(&text, path, err);

	if (r)
		return r;
	char **lines = g_strsplit(text, "\n", 3);
	if (!decode(line(lines, 1), out->bytes, sizeof out->bytes) ||
	    memcmp(out->bytes, "Ed", 2) != 0)
		r = fail_format(path, "secret key", err);
	else if (memcmp(out->bytes + 2, "\0\0", 2) != 0)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: a key with a password; only such without are "
		            "taken (minisign -G -W)",
		            path);
	OPENSSL_cleanse(text, TEXT_MAX);
	for (char **l = lines; *l; l++)
		OPENSSL_cleanse(*l, strlen(*l));
	g_strfreev(lines);
	g_free(text);
	if (r)
		return r;
	/* Without a password there is no other checksum. */
	if (!derive(out, check) ||
	    CRYPTO_memcmp(check, seed_of(out) + KEY_LEN, sizeof check) != 0)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the key is damaged", path);
	return AM_OK;
}

int am_minisign_check(const char *secret, struct am_error *err)
{
	struct secret s;
	int r = read_secret(&s, secret, err);

	OPENSSL_cleanse(&s, sizeof s);
	return r;
}

/* A file, or what stands in its second line. */
static int read_public(uint8_t out[PUBLIC_LEN], const char *key,
                       struct am_error *err)
{
	char *text = NULL;
	int r = AM_OK;

	if (decode(key, out, PUBLIC_LEN) && !memcmp(out, "Ed", 2))
		return AM_OK;
	r = read_text(&text, key, err);
	if (r)
		return r;
	char **lines = g_strsplit(text, "\n", 3);
	if (!decode(line(lines, 1), out, PUBLIC_LEN) ||
	    memcmp(out, "Ed", 2) != 0)
		r = fail_format(key, "public key", err);
	g_strfreev(lines);
	g_free(text);
	return r;
}

/* ---- what is signed ---- */

static int digest(const char *path, uint8_t out[DIGEST_LEN],
                  struct am_error *err)
{
	const size_t room = 256 * 1024;
	struct am_file *file = NULL;
	uint64_t at = 0;
	size_t got = 1;
	int r = am_file_open(&file, path, err);

	if (r)
		return r;
	uint8_t *buf = g_malloc(room);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = EVP_DigestInit_ex(ctx, EVP_blake2b512(), NULL) == 1;
	while (good && !r && got) {
		r = am_file_read(file, at, buf, room, &got, err);
		good = r || EVP_DigestUpdate(ctx, buf, got) == 1;
		at += got;
	}
	good = good && !r && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	am_file_unref(&file);
	g_free(buf);
	if (!r && !good)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "OpenSSL has no BLAKE2b");
	return r;
}

static bool sign(const struct secret *s, const uint8_t *data, size_t len,
                 uint8_t out[SIG_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = SIG_LEN;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	                                             seed_of(s), KEY_LEN);
	bool good = key &&
	            EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestSign(ctx, out, &n, data, len) == 1;

	EVP_PKEY_free(key);
	EVP_MD_CTX_free(ctx);
	return good;
}

static bool holds(const uint8_t key_bytes[KEY_LEN], const uint8_t *data,
                  size_t len, const uint8_t signature[SIG_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	                                            key_bytes, KEY_LEN);
	bool good = key &&
	            EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestVerify(ctx, signature, SIG_LEN, data, len) == 1;

	EVP_PKEY_free(key);
	EVP_MD_CTX_free(ctx);
	return good;
}

/* The signature and the comment in a row: what the last line signs. */
static uint8_t *with_comment(const uint8_t signature[SIG_LEN],
                             const char *comment, size_t *len)
{
	*len = SIG_LEN + strlen(comment);
	uint8_t *out = g_malloc(*len);
	memcpy(out, signature, SIG_LEN);
	memcpy(out + SIG_LEN, comment, *len - SIG_LEN);
	return out;
}

int am_minisign_sign(const char *secret, const char *file, struct am_error *err)
{
	uint8_t bytes[SIGNATURE_LEN] = "ED", global[SIG_LEN];
	uint8_t hash[DIGEST_LEN];
	struct secret s;
	int r = read_secret(&s, secret, err);

	if (!r)
		r = digest(file, hash, err);
	if (r)
		return r;
	char *base = g_path_get_basename(file);
	for (char *p = base; *p; p++)
		if ((uint8_t)*p < ' ')
			*p = '?';
	char *comment = g_strdup_printf(
		"timestamp:%" PRId64 "\tfile:%s\thashed", am_time_now(), base);
	uint8_t *signature = bytes + 2 + ID_LEN;
	memcpy(bytes + 2, id_of(&s), ID_LEN);
	bool good = sign(&s, hash, sizeof hash, signature);
	size_t len;
	uint8_t *all = with_comment(signature, comment, &len);
	good = good && sign(&s, all, len, global);
	OPENSSL_cleanse(&s, sizeof s);
	if (!good) {
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "OpenSSL cannot sign with Ed25519");
	} else {
		char *a = g_base64_encode(bytes, sizeof bytes);
		char *b = g_base64_encode(global, sizeof global);
		char *path = g_strconcat(file, ".minisig", NULL);
		char *text = g_strdup_printf(
			UNTRUSTED "signature by mailark\n%s\n" TRUSTED
				  "%s\n%s\n",
			a, comment, b);
		r = am_file_replace(path, text, strlen(text), err);
		g_free(a);
		g_free(b);
		g_free(path);
		g_free(text);
	}
	g_free(all);
	g_free(comment);
	g_free(base);
	return r;
}

/* The bytes themselves, as was signed before 2021. */
static int read_whole(const char *path, uint8_t **out, size_t *len,
                      struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (!r && am_file_size(file) > LEGACY_MAX)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "%s: too large for a signature of the old kind",
		            path);
	if (!r) {
		*len = (size_t)am_file_size(file);
		*out = g_malloc(*len + 1);
		r = am_file_read_all(file, 0, *out, *len, err);
	}
	am_file_unref(&file);
	return r;
}

static int check_signature(const uint8_t key[PUBLIC_LEN],
                           const uint8_t bytes[SIGNATURE_LEN], const char *file,
                           struct am_error *err)
{
	uint8_t hash[DIGEST_LEN];
	uint8_t *whole = NULL;
	size_t len = sizeof hash;
	bool old = !memcmp(bytes, "Ed", 2);

	if (memcmp(bytes + 2, key + 2, ID_LEN) != 0)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: signed with another key", file);
	int r = old ? read_whole(file, &whole, &len, err)
	            : digest(file, hash, err);
	if (!r && !holds(key + 2 + ID_LEN, old ? whole : hash, len,
	                 bytes + 2 + ID_LEN))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s: the signature does not hold: it is not what "
		            "was signed",
		            file);
	g_free(whole);
	return r;
}

int am_minisign_verify(const char *public_key, const char *file, char **comment,
                       struct am_error *err)
{
	uint8_t key[PUBLIC_LEN], bytes[SIGNATURE_LEN], global[SIG_LEN];
	char *path = g_strconcat(file, ".minisig", NULL);
	char *text = NULL;
	char **lines = NULL;

	*comment = NULL;
	int r = read_public(key, public_key, err);
	if (!r)
		r = read_text(&text, path, err);
	if (r)
		goto out;
	lines = g_strsplit(text, "\n", 5);
	const char *trusted = line(lines, 2);
	if (!decode(line(lines, 1), bytes, sizeof bytes) ||
	    g_ascii_strncasecmp((const char *)bytes, "ed", 2) != 0 ||
	    !g_str_has_prefix(trusted, TRUSTED) ||
	    !decode(line(lines, 3), global, sizeof global)) {
		r = fail_format(path, "signature", err);
		goto out;
	}
	trusted += strlen(TRUSTED);
	r = check_signature(key, bytes, file, err);
	size_t len;
	uint8_t *all = with_comment(bytes + 2 + ID_LEN, trusted, &len);
	if (!r && !holds(key + 2 + ID_LEN, all, len, global))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s: the comment is not what was signed", path);
	g_free(all);
	if (!r)
		*comment = g_strdup(trusted);
out:
	g_strfreev(lines);
	g_free(text);
	g_free(path);
	return r;
}
