/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of our own that a hand, a crash or another program may have been at:
 * the configuration, a netrc, the state of a copy, tokens.  The first byte says
 * which.
 */
#include "base/file.h"
#include "cmd/config.h"
#include "cmd/netrc.h"
#include "model/folder.h"
#include "model/memory.h"
#include "transfer/state.h"
#include "wire/oauth_impl.h"
#include "wire/secret.h"

#include <glib.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *dir, *config, *other;

/* Before anybody asks GLib where the configuration lies. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	dir = g_strdup_printf("%s/fuzz-settings-%ld", g_get_tmp_dir(),
	                      (long)getpid());
	char *inside = g_build_filename(dir, "mailark", NULL);
	if (am_make_dirs(inside, NULL))
		abort();
	g_setenv("XDG_CONFIG_HOME", dir, TRUE);
	config = g_build_filename(inside, "config", NULL);
	other = g_build_filename(dir, "other", NULL);
	g_free(inside);
	return 0;
}

static void put(const char *path, const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || am_write_all(fd, data, len, path, NULL))
		abort();
	close(fd);
}

static void read_config(void)
{
	struct config *c = NULL;
	struct am_error err;

	if (config_open(&c, &err)) {
		if (!*err.text)
			abort();
		return;
	}
	char **names = config_accounts(c);
	for (size_t i = 0; names[i]; i++) {
		struct account *a = NULL;
		if (!config_has(c, names[i]))
			abort();
		int r = config_account(c, names[i], i % 2 ? "A/B" : NULL, &a,
		                       &err);
		if (r ? !*err.text : !a->url)
			abort();
		account_free(&a);
	}
	config_free(&c);
}

static void read_netrc(void)
{
	static const char *const users[] = {NULL, "me", ""};

	for (size_t i = 0; i < G_N_ELEMENTS(users); i++) {
		char *secret = NULL;
		int r = netrc_find(&secret, other, "host.example", users[i],
		                   NULL);
		if (!r && !secret)
			abort();
		am_secret_free(&secret);
	}
}

static int on_message(void *user, const struct am_remembered *what,
                      struct am_error *err)
{
	unsigned *n = user;

	(void)err;
	if (!what->uid)
		abort();
	return ++*n < 1000 ? AM_OK : AM_END;
}

static void read_state(void)
{
	static const char *const parts[] = {"INBOX"};
	struct am_folder *folder = NULL;
	struct am_state *state = NULL;
	char *cursor = NULL;
	unsigned n = 0;

	if (am_state_open(&state, other, NULL))
		return;
	(void)am_state_is_clean(state);
	(void)am_state_size(state);
	(void)am_state_knows(state, "imap:me@host");
	if (am_folder_new(&folder, parts, 1, AM_ROLE_INBOX, NULL))
		abort();
	struct am_memory *memory = am_state_memory(state);
	(void)memory->ops->cursor(memory, "imap:me@host", folder, &cursor,
	                          NULL);
	g_free(cursor);
	(void)memory->ops->each(memory, "imap:me@host", folder, on_message, &n,
	                        NULL);
	/* What was kept of it can be written again. */
	am_state_remember(state, "imap:me@host", folder, "cursor");
	if (am_state_save(state, true, 0, NULL))
		abort();
	am_state_free(&state);
	if (am_state_open(&state, other, NULL) || !am_state_is_clean(state))
		abort();
	memory = am_state_memory(state);
	if (memory->ops->cursor(memory, "imap:me@host", folder, &cursor,
	                        NULL) ||
	    strcmp(cursor, "cursor"))
		abort();
	g_free(cursor);
	am_state_free(&state);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
}

static void read_tokens(void)
{
	struct am_oauth_tokens tokens = {0};

	(void)!am_oauth_file_read(other, &tokens, NULL);
	am_oauth_tokens_clear(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const read[])(void) = {read_config, read_netrc,
	                                     read_state, read_tokens};

	if (!len)
		return 0;
	size_t which = *data % G_N_ELEMENTS(read);
	put(which ? other : config, data + 1, len - 1);
	read[which]();
	return 0;
}
