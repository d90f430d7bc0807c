/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Synthetic mail, deterministic: the same arguments give the same bytes on any
 * machine.  For benchmarks and wide tests; every word in it is made up here.
 *
 *   gen-mail [-n MESSAGES] [-s SEED] [-a PERCENT] [-m DIR] [-l BYTES]
 *
 * What it imitates, because indexing and compression depend on it: words drawn
 * by Zipf's law from a vocabulary that keeps growing, threads whose replies
 * quote, long trace headers, HTML alternatives, and attachments of which many
 * are sent again and again.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;

static uint64_t rnd(void) /* splitmix64 */
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
	return rnd() % n;
}

struct text {
	char *s;
	size_t len, room;
};

static void put(struct text *t, const char *s, size_t len)
{
	if (t->len + len + 1 > t->room) {
		t->room = (t->len + len + 1) * 2;
		t->s = realloc(t->s, t->room);
		if (!t->s)
			abort();
	}
	memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = 0;
}

static void puts_to(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

__attribute__((format(printf, 2, 3))) static void
printf_to(struct text *t, const char *fmt, ...)
{
	char buf[2048];
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	__builtin_va_end(ap);
	put(t, buf, (size_t)n < sizeof buf ? (size_t)n : sizeof buf - 1);
}

/* Word number n of an endless vocabulary: syllables of its digits. */
static size_t word(uint64_t n, char out[40])
{
	static const char *const syllables[] = {
		"ka",  "re",  "ton", "mi",  "sal", "ver", "do",  "lin",
		"pas", "ne",  "gra", "tu",  "bel", "com", "ri",  "sta",
		"fo",  "den", "lu",  "pro", "es",  "mar", "in",  "ter",
		"al",  "con", "di",  "que", "per", "or",  "ble", "ing"};
	size_t len = 0;
	n = n * 7 + 3;
	do {
		const char *s = syllables[n % 32];
		size_t l = strlen(s);
		if (len + l > 36)
			break;
		memcpy(out + len, s, l);
		len += l;
		n /= 32;
	} while (n);
	out[len] = 0;
	return len;
}

/* Rank by a discrete power law: rank r about 1/r as often as the first. */
static uint64_t zipf(uint64_t max)
{
	double u = (double)(rnd() >> 11) / 9007199254740992.0;
	double r = 1;
	/* inverse of log-uniform: exp(u * ln max) by repeated squaring */
	double base = (double)max, e = u;
	for (int i = 0; i < 24; i++) {
		e *= 2;
		/* base^(2^-(i+1)) by Newton's square root */
		double x = base > 1 ? base : 1, y = x;
		for (int k = 0; k < 40 && y > 0; k++) {
			double z = (y + x / y) / 2;
			if (z >= y)
				break;
			y = z;
		}
		base = y;
		if (e >= 1) {
			r *= base;
			e -= 1;
		}
	}
	return (uint64_t)r - 1;
}

static uint64_t ranks[1 << 16]; /* zipf() drawn beforehand: it is slow */

static size_t some_word(char out[40])
{
	uint64_t r = ranks[below(1 << 16)];
	if (below(40) == 0) /* names, numbers: rare words never end */
		r = 200000 + below(2000000);
	return word(r, out);
}

static void sentence(struct text *t, size_t *column, const char *indent)
{
	size_t n = 4 + below(14);
	for (size_t i = 0; i < n; i++) {
		char w[40];
		size_t len = some_word(w);
		if (i == 0)
			w[0] = (char)(w[0] - 'a' + 'A');
		if (*column + len + 1 > 72) {
			puts_to(t, "\n");
			puts_to(t, indent);
			*column = strlen(indent);
		} else if (*column > strlen(indent)) {
			puts_to(t, " ");
			++*column;
		}
		put(t, w, len);
		*column += len;
	}
	puts_to(t, ".");
	++*column;
}

static void paragraphs(struct text *t, size_t n, const char *indent)
{
	for (size_t i = 0; i < n; i++) {
		size_t column = strlen(indent);
		puts_to(t, indent);
		for (size_t k = 1 + below(6); k; k--)
			sentence(t, &column, indent);
		puts_to(t, "\n");
		puts_to(t, indent);
		puts_to(t, "\n");
	}
}

static void base64(struct text *t, const uint8_t *data, size_t len)
{
	static const char a[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
				"uvwxyz0123456789+/";
	char line[80];
	size_t n = 0;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;
		if (i + 1 < len)
			v |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			v |= data[i + 2];
		line[n++] = a[v >> 18];
		line[n++] = a[v >> 12 & 63];
		line[n++] = i + 1 < len ? a[v >> 6 & 63] : '=';
		line[n++] = i + 2 < len ? a[v & 63] : '=';
		if (n == 76 || i + 3 >= len) {
			line[n++] = '\n';
			put(t, line, n);
			n = 0;
		}
	}
}

/* Attachment k: half noise (a picture), half text (a document). */
static void attachment(struct text *t, uint64_t k)
{
	uint64_t keep = state;
	state = k * 0x5851f42d4c957f2du + 77;
	size_t len = 2000 + below(60000);
	if (below(20) == 0)
		len *= 10;
	uint8_t *data = malloc(len + 8);
	if (!data)
		abort();
	bool noise = below(2);
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = rnd();
		if (!noise)
			v = (v & 0x0707070707070707u) | 0x6060606060606060u;
		memcpy(data + i, &v, 8);
	}
	printf_to(t,
	          "Content-Type: %s; name=\"file-%" PRIu64 ".%s\"\n"
	          "Content-Disposition: attachment; filename=\"file-%" PRIu64
	          ".%s\"\nContent-Transfer-Encoding: base64\n\n",
	          noise ? "image/jpeg" : "application/pdf", k,
	          noise ? "jpg" : "pdf", k, noise ? "jpg" : "pdf");
	base64(t, data, len);
	free(data);
	state = keep;
}

struct message {
	uint64_t thread, person, subject;
	time_t date;
	uint64_t depth;
};

static void person(uint64_t n, struct text *t)
{
	char first[40], last[40];
	word(n * 31 + 11, first);
	word(n * 17 + 1009, last);
	first[0] = (char)(first[0] - 32);
	last[0] = (char)(last[0] - 32);
	printf_to(t, "%s %s <%s.%" PRIu64 "@%s.example>", first, last, first, n,
	          n % 3 ? "lists" : "corp");
}

static void compose(struct text *t, uint64_t n, unsigned percent)
{
	/* Threads: message n answers one of the last 200, or begins one. */
	uint64_t root = n;
	bool reply = n > 20 && below(100) < 65;
	uint64_t parent = reply ? n - 1 - below(n < 200 ? n - 1 : 200) : n;
	if (reply)
		root = parent - parent % 7;
	time_t date = (time_t)(1000000000 + n * 97);
	struct tm tm;
	char when[64], trace[64];
	gmtime_r(&date, &tm);
	strftime(when, sizeof when, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	time_t later = date + 3;
	gmtime_r(&later, &tm);
	strftime(trace, sizeof trace, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	uint64_t who = ranks[below(1 << 16)] % 3000;
	printf_to(t,
	          "Return-Path: <bounce-%" PRIu64 "@lists.example>\n"
	          "Received: from mx%" PRIu64
	          ".relay.example (mx.relay.example [192.0.2.%" PRIu64 "])\n"
	          "\tby mail.lists.example (Postfix) with ESMTPS id %012" PRIX64
	          "\n\tfor <all@lists.example>; %s\n"
	          "Received: from desk.corp.example (localhost [127.0.0.1])\n"
	          "\tby mx%" PRIu64 ".relay.example with ESMTP id %016" PRIx64
	          ";\n\t%s\n",
	          who, below(9), below(250), rnd() & 0xffffffffffffu, trace,
	          below(9), rnd(), when);
	puts_to(t, "From: ");
	person(who, t);
	puts_to(t, "\nTo: ");
	person(ranks[below(1 << 16)] % 3000, t);
	if (below(3) == 0) {
		puts_to(t, ",\n ");
		person(below(3000), t);
	}
	puts_to(t, reply ? "\nSubject: Re: " : "\nSubject: ");
	uint64_t keep = state;
	state = root * 0x2545f4914f6cdd1du + 5;
	for (size_t i = 3 + below(5); i; i--) {
		char w[40];
		size_t len = some_word(w);
		put(t, w, len);
		if (i > 1)
			puts_to(t, " ");
	}
	state = keep;
	printf_to(t,
	          "\nDate: %s\nMessage-ID: <%" PRIu64 ".%08" PRIx64
	          "@corp.example>\n",
	          when, n, n * 2654435761u & 0xffffffff);
	if (reply)
		printf_to(t,
		          "In-Reply-To: <%" PRIu64 ".%08" PRIx64
		          "@corp.example>\nReferences: <%" PRIu64 ".%08" PRIx64
		          "@corp.example>\n",
		          parent, parent * 2654435761u & 0xffffffff, parent,
		          parent * 2654435761u & 0xffffffff);
	puts_to(t,
	        "List-Id: All of us <all.lists.example>\nMIME-Version: 1.0\n");

	bool attach = below(100) < percent;
	bool html = below(4) == 0;
	char mark[48];
	snprintf(mark, sizeof mark, "=_part_%" PRIu64 "_%08" PRIx64, n,
	         rnd() & 0xffffffff);
	if (attach)
		printf_to(t,
		          "Content-Type: multipart/mixed; boundary=\"%s\"\n"
		          "\n--%s\n",
		          mark, mark);
	if (html)
		printf_to(t,
		          "Content-Type: multipart/alternative; "
		          "boundary=\"%s_a\"\n\n--%s_a\n",
		          mark, mark);
	puts_to(t, "Content-Type: text/plain; charset=utf-8\n"
	           "Content-Transfer-Encoding: 8bit\n\n");
	size_t start = t->len;
	if (reply) {
		puts_to(t, "On a day someone wrote:\n");
		keep = state;
		state = parent * 0x9e3779b97f4a7c15u;
		paragraphs(t, 1 + below(3), "> ");
		state = keep;
	}
	paragraphs(t, 1 + below(6), "");
	puts_to(t, "Grüße\n-- \n");
	person(who, t);
	puts_to(t, "\n");
	if (html) {
		size_t len = t->len - start;
		char *body = malloc(len + 1);
		if (!body)
			abort();
		memcpy(body, t->s + start, len);
		body[len] = 0;
		printf_to(t,
		          "\n--%s_a\nContent-Type: text/html; "
		          "charset=utf-8\nContent-Transfer-Encoding: "
		          "8bit\n\n<html><head><style>p { margin: 0 }</style>"
		          "</head><body>\n",
		          mark);
		for (char *line = strtok(body, "\n"); line;
		     line = strtok(NULL, "\n")) {
			puts_to(t, "<p class=\"MsoNormal\"><span "
			           "style=\"font-size:11pt\">");
			puts_to(t, line[0] == '>' ? line + 1 : line);
			puts_to(t, "</span></p>\n");
		}
		free(body);
		printf_to(t, "</body></html>\n\n--%s_a--\n", mark);
	}
	if (attach) {
		for (size_t i = 1 + below(2); i; i--) {
			printf_to(t, "\n--%s\n", mark);
			/* four in ten were sent before */
			attachment(t, below(10) < 4 ? below(300)
			                            : 1000 + below(1u << 30));
		}
		printf_to(t, "\n--%s--\n", mark);
	}
}

static void write_mbox(const struct text *t, uint64_t n)
{
	time_t date = (time_t)(1000000000 + n * 97 + 3);
	struct tm tm;
	char when[64];
	gmtime_r(&date, &tm);
	strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm);
	printf("From bounce@lists.example %s\n", when);
	const char *at = t->s, *end = t->s + t->len;
	while (at < end) { /* mboxrd */
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *next = nl ? nl + 1 : end;
		const char *p = at;
		while (p < next && *p == '>')
			p++;
		if (next - p >= 5 && !memcmp(p, "From ", 5))
			putchar('>');
		fwrite(at, 1, (size_t)(next - at), stdout);
		at = next;
	}
	putchar('\n');
}

static void write_maildir(const struct text *t, uint64_t n, const char *dir)
{
	char path[4096];
	snprintf(path, sizeof path,
	         "%s/cur/%" PRIu64 ".M%" PRIu64 "P1.host.example:2,S", dir,
	         1000000000 + n * 97, n);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(t->s, 1, t->len, f) != t->len || fclose(f)) {
		perror(path);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	uint64_t n = 1000, seed = 1;
	unsigned percent = 0;
	const char *maildir = NULL;
	int c;
	while ((c = getopt(argc, argv, "n:s:a:m:")) != -1) {
		switch (c) {
		case 'n':
			n = strtoull(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'a':
			percent = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			maildir = optarg;
			break;
		default:
			fprintf(stderr,
			        "usage: gen-mail [-n messages] [-s seed] "
			        "[-a percent with attachments] "
			        "[-m maildir] > mbox\n");
			return 2;
		}
	}
	state = 42;
	for (size_t i = 0; i < 1 << 16; i++)
		ranks[i] = zipf(150000);
	if (maildir) {
		static const char *const subs[] = {"", "/cur", "/new", "/tmp"};
		for (size_t i = 0; i < 4; i++) {
			char path[4096];
			snprintf(path, sizeof path, "%s%s", maildir, subs[i]);
			mkdir(path, 0777);
		}
	}
	static char buffer[1 << 20];
	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	struct text t = {0};
	for (uint64_t i = 0; i < n; i++) {
		state = seed * 0x9e3779b97f4a7c15u + i * 0xd1342543de82ef95u;
		t.len = 0;
		compose(&t, i, percent);
		if (maildir)
			write_maildir(&t, i, maildir);
		else
			write_mbox(&t, i);
	}
	free(t.s);
	return fflush(stdout) ? 2 : 0;
}
