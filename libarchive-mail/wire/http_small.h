/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_HTTP_SMALL_H
#define AM_WIRE_HTTP_SMALL_H

#include "base/error.h"

struct am_cancel;

/*
 * As much HTTP/1.1 (RFC 9112) as talking to a token endpoint takes: one POST of
 * a form, one answer, connection closed.  No redirects (a token endpoint that
 * moves has to be looked at by a person), no cookies, no proxies.
 */

/* A form being filled in (application/x-www-form-urlencoded). */
struct am_http_form;
struct am_http_form *am_http_form_new(void);
void am_http_form_free(struct am_http_form **form); /* wipes it */
/* Appends "name=value", escaped; does nothing when value is NULL. */
void am_http_form_add(struct am_http_form *form, const char *name,
                      const char *value);
const char *am_http_form_text(const struct am_http_form *form);

struct am_http_answer {
	unsigned status;
	char *body; /* NUL behind it */
	size_t len; /* at most 1 MiB: more is an error */
};
void am_http_answer_clear(struct am_http_answer *answer); /* wipes it */

/* https everywhere; http only to 127.0.0.1, [::1] and localhost.  AM_E_ARGUMENT
 * says what is wrong with it. */
AM_MUST_USE int am_http_check_url(const char *what, const char *url,
                                  struct am_error *err);

/* AM_OK for every status the server answers with.  `ca`: PEM beside the
 * system's certificates, or NULL.  Statuses as am_conn's. */
AM_MUST_USE int am_http_post(struct am_http_answer *out, const char *url,
                             const struct am_http_form *form, const char *ca,
                             const struct am_cancel *cancel,
                             struct am_error *err);

#endif
