/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration of Dovecot 2.3 that needs nothing outside its folder.
 */
#include "tests/support/dovecot_config.h"

#include "tests/support/certificate.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* @SELF@ is who Dovecot itself runs as, @LOGIN@ who its logins do. */
static const char general[] =
	"base_dir = @DIR@/run\n"
	"state_dir = @DIR@/run\n"
	"instance_name = mailark-lab\n"
	"log_path = @DIR@/log\n"
	"protocols = imap pop3\n"
	"listen = 127.0.0.1\n"
	"default_internal_user = @SELF@\n"
	"default_internal_group = @GROUP@\n"
	"default_login_user = @LOGIN@\n"
	"default_vsz_limit = 1G\n"
	"mail_max_userip_connections = 100\n"
	"disable_plaintext_auth = no\n"
	"auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256\n"
	"auth_failure_delay = 0\n"
	"ssl = yes\n"
	"ssl_cert = <@DIR@/cert.pem\n"
	"ssl_key = <@DIR@/key.pem\n"
	"passdb {\n"
	"  driver = passwd-file\n"
	"  args = username_format=%u @DIR@/users\n"
	"}\n"
	"userdb {\n"
	"  driver = passwd-file\n"
	"  args = username_format=%u @DIR@/users\n"
	"}\n"
	"first_valid_uid = 1\n"
	"first_valid_gid = 1\n"
	"mail_location = maildir:~/Maildir:LAYOUT=fs\n"
	"mail_fsync = never\n"
	"mail_plugins = zlib quota\n"
	"mail_attribute_dict = file:%h/attributes\n"
	"plugin {\n"
	"  quota = count:User quota\n"
	"  quota_vsizes = yes\n"
	"}\n"
	"namespace inbox {\n"
	"  inbox = yes\n"
	"  separator = /\n"
	"  mailbox Drafts {\n"
	"    special_use = \\Drafts\n"
	"  }\n"
	"  mailbox Junk {\n"
	"    special_use = \\Junk\n"
	"  }\n"
	"  mailbox Sent {\n"
	"    special_use = \\Sent\n"
	"  }\n"
	"  mailbox Trash {\n"
	"    special_use = \\Trash\n"
	"  }\n"
	"}\n"
	"protocol imap {\n"
	"  mail_plugins = zlib imap_zlib quota imap_quota\n"
	"  imap_metadata = yes\n"
	"  rawlog_dir = %h/rawlog\n"
	"}\n";

/* No chroot: that takes root.  No penalty for wrong passwords: it takes time.
 */
static const char services[] = "service imap-login {\n"
			       "  inet_listener imap {\n"
			       "    port = %u\n"
			       "  }\n"
			       "  inet_listener imaps {\n"
			       "    port = %u\n"
			       "  }\n"
			       "  chroot =\n"
			       "  service_count = 0\n"
			       "}\n"
			       "service pop3-login {\n"
			       "  inet_listener pop3 {\n"
			       "    port = %u\n"
			       "  }\n"
			       "  inet_listener pop3s {\n"
			       "    port = %u\n"
			       "  }\n"
			       "  chroot =\n"
			       "  service_count = 0\n"
			       "}\n"
			       "service imap {\n"
			       "  service_count = 100\n"
			       "}\n"
			       "service auth {\n"
			       "  client_limit = 2000\n"
			       "}\n"
			       "service anvil {\n"
			       "  chroot =\n"
			       "  unix_listener anvil-auth-penalty {\n"
			       "    mode = 0\n"
			       "  }\n"
			       "}\n"
			       "service stats {\n"
			       "  chroot =\n"
			       "  unix_listener stats-writer {\n"
			       "    mode = 0666\n"
			       "  }\n"
			       "}\n";

static void write_file(const struct dovecot *d, const char *name,
                       const GString *text)
{
	char *path = g_build_filename(d->dir, name, NULL);

	if (!g_file_set_contents(path, text->str, (gssize)text->len, NULL) ||
	    g_chmod(path, 0644)) {
		perror(path);
		abort();
	}
	g_free(path);
}

static uid_t mail_user(gid_t *group)
{
	struct passwd *nobody = geteuid() ? NULL : getpwnam("nobody");

	*group = nobody ? nobody->pw_gid : getegid();
	return nobody ? nobody->pw_uid : geteuid();
}

void dovecot_own(const char *path)
{
	gid_t group;
	uid_t user = mail_user(&group);

	if (!geteuid() && lchown(path, user, group)) {
		perror(path);
		abort();
	}
}

static void make_dir(const char *path)
{
	if (g_mkdir(path, 0755) && errno != EEXIST) {
		perror(path);
		abort();
	}
	dovecot_own(path);
}

static void add_user(const struct dovecot *d, GString *users, const char *name,
                     const char *more)
{
	gid_t group;
	uid_t user = mail_user(&group);
	char *home = g_build_filename(d->dir, "home", name, NULL);
	char *rawlog = g_build_filename(home, "rawlog", NULL);

	make_dir(home);
	make_dir(rawlog);
	g_string_append_printf(users, "%s:{PLAIN}secret:%u:%u::%s::%s\n", name,
	                       (unsigned)user, (unsigned)group, home, more);
	g_free(rawlog);
	g_free(home);
}

static void add_users(const struct dovecot *d)
{
	GString *users = g_string_new(NULL);
	char *homes = g_build_filename(d->dir, "home", NULL);

	make_dir(homes);
	for (int i = 1; i <= 9; i++) {
		char name[16];
		g_snprintf(name, sizeof(name), "user%d", i);
		add_user(d, users, name, "");
	}
	add_user(d, users, "full", "userdb_quota_rule=*:storage=200k");
	write_file(d, "users", users);
	g_string_free(users, TRUE);
	g_free(homes);
}

void dovecot_configure(struct dovecot *d, const char *more)
{
	GString *conf = g_string_new(NULL);
	char *key = g_build_filename(d->dir, "key.pem", NULL);
	struct passwd *me = getpwuid(geteuid());
	const char *name = me ? me->pw_name : "nobody";
	bool root = !geteuid();
	struct group *ours = getgrgid(getegid());

	g_string_append(conf, general);
	g_string_replace(conf, "@DIR@", d->dir, 0);
	g_string_replace(conf, "@SELF@", root ? "dovecot" : name, 0);
	g_string_replace(conf, "@LOGIN@", root ? "dovenull" : name, 0);
	g_string_replace(conf, "@GROUP@",
	                 root || !ours ? "dovecot" : ours->gr_name, 0);
	g_string_append_printf(conf, services, d->imap, d->imaps, d->pop3,
	                       d->pop3s);
	g_string_append(conf, more ? more : "");
	write_file(d, "dovecot.conf", conf);
	g_string_free(conf, TRUE);
	add_users(d);
	d->cert = g_build_filename(d->dir, "cert.pem", NULL);
	certificate_make("DNS:localhost,IP:127.0.0.1", d->cert, key);
	g_free(key);
}
