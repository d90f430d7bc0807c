/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_AUTOCONFIG_H
#define MAILARK_SERVE_AUTOCONFIG_H

#include <stddef.h>

/*
 * The same settings for mail programs that ask for them: documents without any
 * secret in them, g_free().  `address` is what the user gave as his own, from
 * outside, or NULL.
 */
struct serve_settings;

/* config-v1.1.xml: Thunderbird, K-9, Evolution, KMail. */
char *autoconfig_mozilla(const struct serve_settings *s, const char *address);
/* Autodiscover, "plain old XML": the answer to this request, which may be one
 * that says what was wrong with it. */
char *autoconfig_outlook(const struct serve_settings *s, const char *request,
                         size_t len);
/* A .mobileconfig: Apple Mail on a Mac, an iPhone, an iPad. */
char *autoconfig_apple(const struct serve_settings *s, const char *address);
/* A page for people. */
char *autoconfig_page(const struct serve_settings *s);

#endif
