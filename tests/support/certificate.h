/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_CERTIFICATE_H
#define AM_TESTS_CERTIFICATE_H

/* Write a fresh key and a certificate signed with it for a day, for these names
 * ("DNS:localhost,IP:127.0.0.1"), as PEM. */
void certificate_make(const char *names, const char *cert_path,
                      const char *key_path);

#endif
