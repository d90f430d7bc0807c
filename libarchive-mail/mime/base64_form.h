/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_BASE64_FORM_H
#define AM_MIME_BASE64_FORM_H

#include "base/compiler.h"

/*
 * Base64 text that is nothing but its bytes and a form (store/FORMAT.md,
 * section 3): lines of one length, one kind of line end, standard padding.
 */

/* How the base64 text of a part was laid out. */
struct am_base64_form {
	uint32_t line_chars; /* 0: one line */
	bool crlf;
	uint32_t lead, trail; /* line ends before and after */
};

/*
 * Is this text exactly base64 in some form?  Fed in pieces cut anywhere.  What
 * is fed is decoded, encoded again and compared before it is believed, and the
 * decoded bytes are handed to `out` as they come, in pieces of some KiB.
 */
struct am_base64_probe;
typedef void am_base64_fn(void *user, const uint8_t *data, size_t len);

struct am_base64_probe *am_base64_probe_new(am_base64_fn *out, void *user);
void am_base64_probe_free(struct am_base64_probe **probe);
void am_base64_probe_reset(struct am_base64_probe *probe, am_base64_fn *out,
                           void *user);
/* false: it is not; nothing more need be fed. */
bool am_base64_probe_feed(struct am_base64_probe *probe, const uint8_t *data,
                          size_t len);
/* All was fed.  Of a single line line_chars is 0. */
bool am_base64_probe_end(struct am_base64_probe *probe,
                         struct am_base64_form *form, uint64_t *decoded);

/* How long the text of `decoded` bytes in this form is; false: too long for 64
 * bits. */
bool am_base64_text_len(const struct am_base64_form *form, uint64_t decoded,
                        uint64_t *out);
/* Where in the text the four characters begin that hold the decoded byte at
 * this offset, a multiple of 3. */
uint64_t am_base64_text_at(const struct am_base64_form *form, uint64_t offset);

/*
 * Text to bytes: characters of some lines of a text known to be of a form.
 * Line ends are passed over.  Carries what is left of four characters from
 * piece to piece; false when something is no base64 after all.
 */
struct am_base64_decoder {
	uint8_t carry[4];
	unsigned n_carry;
	bool ended; /* padding was seen */
};
/* `to` has room for len / 4 * 3 + 3. */
bool am_base64_decode(struct am_base64_decoder *decoder, uint8_t *to,
                      size_t *to_len, const uint8_t *text, size_t len);

/* Bytes to text in a form, in pieces of any size; the line ends before the
 * first character and behind the last are the caller's. */
struct am_base64_encoder {
	struct am_base64_form form;
	uint8_t carry[3];
	unsigned n_carry;
	uint32_t column;
};
void am_base64_encoder_init(struct am_base64_encoder *encoder,
                            const struct am_base64_form *form);
/* Room that the text of len more bytes needs at most, the end included. */
size_t am_base64_encode_room(const struct am_base64_encoder *encoder,
                             size_t len);
size_t am_base64_encode(struct am_base64_encoder *encoder, uint8_t *to,
                        const uint8_t *data, size_t len);
/* What is left, padded; room for 8. */
size_t am_base64_encode_end(struct am_base64_encoder *encoder, uint8_t *to);

#endif
