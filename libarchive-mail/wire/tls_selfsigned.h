/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_TLS_SELFSIGNED_H
#define AM_WIRE_TLS_SELFSIGNED_H

#include "base/error.h"

/* A certificate of our own and its key in one PEM file, readable by its owner
 * alone; names: "DNS:localhost,IP:127.0.0.1".  Ten years. */
AM_MUST_USE int am_tls_selfsign(const char *path, const char *names,
                                struct am_error *err);
/* SHA-256 of the first certificate in a PEM file, "AB:CD:…". */
#define AM_TLS_FINGERPRINT 96
AM_MUST_USE int am_tls_fingerprint(const char *path,
                                   char out[AM_TLS_FINGERPRINT],
                                   struct am_error *err);

#endif
