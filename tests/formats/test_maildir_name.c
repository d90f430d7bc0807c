/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_name.h"

#include "model/message.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct {
	const char *name, *base, *info;
	int64_t time;
	uint64_t size, crlf;
	uint32_t uid;
} names[] = {
	{"1567804750.M1P2Q3.h,S=41,W=42:2,FS", "1567804750.M1P2Q3.h,S=41,W=42",
         "FS", 1567804750, 41, 42, 0},
	{"1567804750.M1P2Q3.h", "1567804750.M1P2Q3.h", NULL, 1567804750,
         UINT64_MAX, UINT64_MAX, 0},
	{"encrypted!2,S", "encrypted", "S", -1, UINT64_MAX, UINT64_MAX, 0},
	{"1305664394.2171_402.cthulhu!2,", "1305664394.2171_402.cthulhu", "",
         1305664394, UINT64_MAX, UINT64_MAX, 0},
	{"1.h;2,RS", "1.h", "RS", 1, UINT64_MAX, UINT64_MAX, 0},
	{"1.h-2,abS", "1.h", "abS", 1, UINT64_MAX, UINT64_MAX, 0},
	{"1379857166.25979_3.hottie,2,S", "1379857166.25979_3.hottie", "S",
         1379857166, UINT64_MAX, UINT64_MAX, 0},
	{"1.h_2,S", "1.h", "S", 1, UINT64_MAX, UINT64_MAX, 0},
	{"1.h\xef\x80\xba"
         "2,FT",
         "1.h", "FT", 1, UINT64_MAX, UINT64_MAX, 0},
	/* the last one counts, and only ':' lets anything follow */
	{"1.h:2,F:2,S", "1.h:2,F", "S", 1, UINT64_MAX, UINT64_MAX, 0},
	{"1.h:2,S,x=1", "1.h", "S,x=1", 1, UINT64_MAX, UINT64_MAX, 0},
	{"part-2,5.eml", "part-2,5.eml", NULL, -1, UINT64_MAX, UINT64_MAX, 0},
	/* isync and OfflineIMAP */
	{"1.2_3.h,U=77:2,S", "1.2_3.h,U=77", "S", 1, UINT64_MAX, UINT64_MAX,
         77},
	{"1.2_3.h,U=77,FMD5=0:2,S", "1.2_3.h,U=77,FMD5=0", "S", 1, UINT64_MAX,
         UINT64_MAX, 77},
	{"1.h,S=1x,W=:2,", "1.h,S=1x,W=", "", 1, UINT64_MAX, UINT64_MAX, 0},
	{"1.h,S=99999999999999999999:2,", "1.h,S=99999999999999999999", "", 1,
         UINT64_MAX, UINT64_MAX, 0},
	{"20200101.eml", "20200101.eml", NULL, 20200101, UINT64_MAX, UINT64_MAX,
         0},
	{"123456789012.x", "123456789012.x", NULL, -1, UINT64_MAX, UINT64_MAX,
         0},
	{"", "", NULL, -1, UINT64_MAX, UINT64_MAX, 0},
	{":2,", "", "", -1, UINT64_MAX, UINT64_MAX, 0},
	{"2,S", "2,S", NULL, -1, UINT64_MAX, UINT64_MAX, 0},
};

Test(maildir_name, takes_names_apart)
{
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		struct am_maildir_name n;

		am_maildir_name_parse(&n, names[i].name);
		cr_expect(n.base_len == strlen(names[i].base), "%s: base %zu",
		          names[i].name, n.base_len);
		cr_expect(!g_strcmp0(n.info, names[i].info), "%s: info %s",
		          names[i].name, n.info ? n.info : "(none)");
		cr_expect(n.time == names[i].time, "%s: time", names[i].name);
		cr_expect(n.size == names[i].size, "%s: S", names[i].name);
		cr_expect(n.crlf_size == names[i].crlf, "%s: W", names[i].name);
		cr_expect(n.uid == names[i].uid, "%s: U", names[i].name);
		cr_expect(!n.dated);
	}
}

Test(maildir_name, reads_its_own_names_back)
{
	static const struct am_when when[] = {
		{1580699106, 60, true},
		{1580699106, -330, true},
		{0, 0, true},
		{INT64_C(4102444800), 0, true},
	};
	char *host = am_maildir_name_host("a:b/c,d.example");
	struct am_maildir_unique unique = {INT64_C(1600000000123456), 42, 7,
	                                   host};
	char out[AM_MAILDIR_NAME_ROOM];
	struct am_maildir_name n;

	cr_expect_str_eq(host, "a\\072b\\057cd.example");
	for (size_t i = 0; i < AM_COUNT(when); i++) {
		am_maildir_name_make(out, &unique, &when[i], 10, 12, "FSa");
		am_maildir_name_parse(&n, out);
		cr_expect(n.dated && n.time == when[i].sec, "%s", out);
		cr_expect(n.zone_min == when[i].offset_min, "%s", out);
		cr_expect(n.size == 10 && n.crlf_size == 12, "%s", out);
		cr_expect_str_eq(n.info, "FSa");
	}
	/* no date known: the clock in front, and no claim */
	struct am_when none = {0};
	am_maildir_name_make(out, &unique, &none, 1, 1, NULL);
	am_maildir_name_parse(&n, out);
	cr_expect(!n.dated && n.time == 1600000000 && !n.info, "%s", out);
	g_free(host);
}

Test(maildir_name, letters_are_a_set)
{
	char other[AM_MAILDIR_OTHER], info[AM_MAILDIR_OTHER];
	uint32_t flags, keywords;

	am_maildir_name_letters("TSRPFDSzaXYX", &flags, &keywords, other);
	cr_expect(flags == (AM_DRAFT | AM_FLAGGED | AM_FORWARDED | AM_ANSWERED |
	                    AM_SEEN | AM_DELETED));
	cr_expect(keywords == (1u | 1u << 25));
	cr_expect_str_eq(other, "XY");
	am_maildir_name_info(info, flags, keywords, other);
	cr_expect_str_eq(info, "DFPRSTXYaz");
	am_maildir_name_letters(NULL, &flags, &keywords, other);
	cr_expect(!flags && !keywords && !*other);
	/* A letter that is no letter is not written into a name. */
	am_maildir_name_info(info, 0, 0, "a/:X");
	cr_expect_str_eq(info, "X");
}

Test(maildir_name, a_host_name_is_never_empty)
{
	static const struct {
		const char *in, *out;
	} hosts[] = {
		{NULL, "localhost"}, {"", "localhost"}, {" \t", "localhost"}};

	for (size_t i = 0; i < AM_COUNT(hosts); i++) {
		char *host = am_maildir_name_host(hosts[i].in);

		cr_expect_str_eq(host, hosts[i].out);
		g_free(host);
	}
}
