/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_EML_SIDECAR_H
#define AM_FORMATS_EML_EML_SIDECAR_H

#include "model/message.h"

#include <jansson.h>

struct am_ctx;
struct am_reader;

/*
 * x.eml.json beside x.eml: what the message has beside its bytes, as JSON
 * (mailark-jsonl(5)).
 */
#define AM_EML_SIDECAR ".json"

AM_MUST_USE int am_eml_sidecar_compose(const struct am_message *msg,
                                       const char *sha256, struct am_blob **out,
                                       struct am_error *err);

/* That of the mail at this path; of a member; NULL: there is none that can be
 * understood.  json_decref() it. */
json_t *am_eml_sidecar_open(const char *path);
json_t *am_eml_sidecar_read(struct am_reader *reader);
/* Into a message that has its bytes.  A note where they are other bytes. */
void am_eml_sidecar_apply(struct am_message *msg, const json_t *sidecar,
                          struct am_ctx *ctx);

#endif
