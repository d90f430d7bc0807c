/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device flow (RFC 8628): a code to type in anywhere, and asking until that
 * was done.
 */
#include "wire/oauth_impl.h"

#include <glib.h>

#include <string.h>

/* How much longer to wait between questions when told to slow down, and at most
 * after network trouble (section 3.5). */
enum { SLOWER = 5, SLOWEST = 60 };

static int start(struct am_oauth *oauth, struct am_oauth_device *device,
                 struct am_error *err)
{
	if (!oauth->device_url)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "the provider has no login by code for mail: "
		               "use the browser");
	struct am_http_form *form = am_oauth_form(oauth);
	am_http_form_add(form, "scope", oauth->scope);
	int r = am_oauth_ask_device(oauth, form, device, err);
	am_http_form_free(&form);
	return r;
}

/* One question; AM_END: not yet, and *interval says how soon to ask again. */
static int poll_once(struct am_oauth *oauth,
                     const struct am_oauth_device *device, int64_t *interval,
                     struct am_oauth_tokens *out, struct am_error *err)
{
	char code[AM_OAUTH_CODE_ROOM];
	struct am_http_form *form = am_oauth_form(oauth);

	am_http_form_add(form, "grant_type",
	                 "urn:ietf:params:oauth:grant-type:device_code");
	am_http_form_add(form, "device_code", device->device_code);
	int r = am_oauth_ask_tokens(oauth, form, out, code, err);
	am_http_form_free(&form);
	if (r == AM_RETRY) {
		*interval = MIN(*interval * 2, SLOWEST);
		return AM_END;
	}
	if (r != AM_FAILED)
		return r;
	if (!strcmp(code, "authorization_pending"))
		return AM_END;
	if (!strcmp(code, "slow_down")) {
		*interval += SLOWER;
		return AM_END;
	}
	if (!strcmp(code, "access_denied") ||
	    !strcmp(code, "authorization_declined"))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "the login was declined");
	return r;
}

int am_oauth_login_device(struct am_oauth *oauth,
                          void (*show)(void *user, const char *code,
                                       const char *url),
                          void *user, struct am_error *err)
{
	struct am_oauth_device device;
	struct am_oauth_tokens tokens = {0};

	int r = start(oauth, &device, err);
	if (r)
		return r;
	show(user, device.user_code, device.url);
	int64_t until =
		g_get_monotonic_time() + device.expires_in * G_USEC_PER_SEC;
	int64_t interval = device.interval;
	for (r = AM_END; r == AM_END;) {
		if (g_get_monotonic_time() >= until) {
			r = am_fail(err, AM_FAILED, AM_E_AUTH,
			            "nobody typed in the code in time");
			break;
		}
		r = am_oauth_sleep(oauth, interval * 1000, err);
		if (!r)
			r = poll_once(oauth, &device, &interval, &tokens, err);
	}
	if (!r)
		r = am_oauth_file_write(oauth->token_file, &tokens, err);
	am_oauth_tokens_clear(&tokens);
	am_oauth_device_clear(&device);
	return r;
}
