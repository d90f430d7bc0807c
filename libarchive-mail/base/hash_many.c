/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-256 (FIPS 180-4) of what lies in memory, several pieces side by side.
 *
 * The processor's SHA instructions wait for one another within one piece; with
 * several in turn they do not.  OpenSSL has such a thing for its TLS records
 * alone, so here it is: three lanes, each working through the 64-byte blocks of
 * a piece and then taking the next piece; or two, of a stream each.  A
 * processor without the instructions hashes one piece after another through
 * OpenSSL.
 */
#include "base/hash.h"

#include <glib.h>

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

enum { BLOCK = 64, LANES = 3 };

static const uint32_t rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

struct lane {
	__m128i abef, cdgh;  /* the state, as the instructions want it */
	const uint8_t *at;   /* what is hashed now: */
	size_t n;            /* so many blocks */
	const uint8_t *next; /* and then this: */
	size_t n_next;
	uint8_t end[2 * BLOCK];
	size_t piece; /* whose hash it will be */
	bool busy;
};

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

/* n_blocks of each of the first n_lanes, which is a constant where it is
 * called: all loops over lanes and rounds are straight code. */
SHA __attribute__((always_inline)) static inline void
run(struct lane **lanes, int n_lanes, size_t n_blocks)
{
	const __m128i swap =
		_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i s0[LANES], s1[LANES];
	const uint8_t *at[LANES];

	for (int k = 0; k < n_lanes; k++) {
		s0[k] = lanes[k]->abef;
		s1[k] = lanes[k]->cdgh;
		at[k] = lanes[k]->at;
	}
	while (n_blocks--) {
		__m128i was0[LANES], was1[LANES], w[LANES][4];
		for (int k = 0; k < n_lanes; k++) {
			was0[k] = s0[k];
			was1[k] = s1[k];
			for (int i = 0; i < 4; i++)
				w[k][i] = _mm_shuffle_epi8(
					_mm_loadu_si128(
						(const void *)(at[k] + 16 * i)),
					swap);
			at[k] += BLOCK;
		}
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			const __m128i four =
				_mm_loadu_si128((const void *)(rounds + 4 * i));
#pragma GCC unroll 3
			for (int k = 0; k < n_lanes; k++) {
				__m128i *now = &w[k][i % 4];
				__m128i m = _mm_add_epi32(*now, four);
				s1[k] = _mm_sha256rnds2_epu32(s1[k], s0[k], m);
				m = _mm_shuffle_epi32(m, 0x0E);
				s0[k] = _mm_sha256rnds2_epu32(s0[k], s1[k], m);
				if (i >= 12)
					continue;
				/* The word of 16 rounds on. */
				__m128i t = _mm_sha256msg1_epu32(
					*now, w[k][(i + 1) % 4]);
				__m128i seven =
					_mm_alignr_epi8(w[k][(i + 3) % 4],
				                        w[k][(i + 2) % 4], 4);
				*now = _mm_sha256msg2_epu32(
					_mm_add_epi32(t, seven),
					w[k][(i + 3) % 4]);
			}
		}
		for (int k = 0; k < n_lanes; k++) {
			s0[k] = _mm_add_epi32(s0[k], was0[k]);
			s1[k] = _mm_add_epi32(s1[k], was1[k]);
		}
	}
	for (int k = 0; k < n_lanes; k++) {
		lanes[k]->abef = s0[k];
		lanes[k]->cdgh = s1[k];
		lanes[k]->at = at[k];
	}
}

SHA static void run_lanes(struct lane **lanes, size_t n_lanes, size_t n_blocks)
{
	if (n_lanes == 1)
		run(lanes, 1, n_blocks);
	else if (n_lanes == 2)
		run(lanes, 2, n_blocks);
	else
		run(lanes, LANES, n_blocks);
	for (size_t k = 0; k < n_lanes; k++)
		lanes[k]->n -= n_blocks;
}

static void begin(struct lane *lane)
{
	/* A to H: F E B A and H G D C, from the low end. */
	lane->abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f,
	                           (int)0x9b05688c);
	lane->cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab,
	                           0x5be0cd19);
	lane->n = lane->n_next = 0;
}

/* The last bytes, fewer than a block, of so many in all come next. */
static void put_end(struct lane *lane, const uint8_t *last, size_t n,
                    uint64_t total)
{
	uint64_t bits = GUINT64_TO_BE(total * 8);

	lane->next = lane->end;
	lane->n_next = n + 9 <= BLOCK ? 1 : 2;
	memset(lane->end, 0, sizeof lane->end);
	if (n)
		memcpy(lane->end, last, n);
	lane->end[n] = 0x80;
	memcpy(lane->end + lane->n_next * BLOCK - 8, &bits, 8);
}

static void start(struct lane *lane, const struct am_piece *piece, size_t i)
{
	size_t rest = piece->len % BLOCK;

	begin(lane);
	lane->at = piece->data;
	lane->n = piece->len / BLOCK;
	put_end(lane, piece->len ? piece->data + (piece->len - rest) : NULL,
	        rest, piece->len);
	lane->piece = i;
	lane->busy = true;
}

static void store(const struct lane *lane, uint8_t out[AM_SHA256_LEN])
{
	uint32_t low[4], high[4];

	_mm_storeu_si128((void *)low, lane->abef);
	_mm_storeu_si128((void *)high, lane->cdgh);
	const uint32_t words[8] = {low[3], low[2], high[3], high[2],
	                           low[1], low[0], high[1], high[0]};
	for (int i = 0; i < 8; i++) {
		uint32_t word = GUINT32_TO_BE(words[i]);
		memcpy(out + 4 * i, &word, 4);
	}
}

/* Over to what comes next; false when that is done too. */
static bool go_on(struct lane *lane)
{
	if (lane->n)
		return true;
	lane->at = lane->next;
	lane->n = lane->n_next;
	lane->n_next = 0;
	return lane->n > 0;
}

/* As far as the shortest goes; false when none has anything left. */
static bool turn(struct lane *lanes, size_t n_lanes)
{
	struct lane *busy[LANES];
	size_t n_busy = 0, least = SIZE_MAX;

	for (size_t k = 0; k < n_lanes; k++) {
		if (!go_on(&lanes[k]))
			continue;
		busy[n_busy++] = &lanes[k];
		least = lanes[k].n < least ? lanes[k].n : least;
	}
	if (n_busy)
		run_lanes(busy, n_busy, least);
	return n_busy > 0;
}

static void hash_in_lanes(const struct am_piece *pieces, size_t n,
                          uint8_t (*out)[AM_SHA256_LEN])
{
	struct lane lanes[LANES];
	size_t next = 0;

	for (size_t k = 0; k < LANES; k++) {
		begin(&lanes[k]);
		lanes[k].busy = false;
	}
	do {
		for (size_t k = 0; k < LANES; k++) {
			struct lane *lane = &lanes[k];
			if (lane->busy && !lane->n && !lane->n_next) {
				store(lane, out[lane->piece]);
				lane->busy = false;
			}
			if (!lane->busy && next < n) {
				start(lane, &pieces[next], next);
				next++;
			}
		}
	} while (turn(lanes, LANES));
}

/* ---- two streams ---- */

struct pair {
	struct lane lanes[2];
	uint8_t carry[2][BLOCK]; /* less than a block, till more comes */
	size_t n_carry[2];
	uint64_t total[2];
};

/* The carried block, when this makes it whole, and then the whole blocks of
 * this; returns what is left behind them. */
static struct am_piece line_up(struct pair *p, size_t k, struct am_piece piece)
{
	struct lane *lane = &p->lanes[k];
	size_t take = BLOCK - p->n_carry[k];

	if (!piece.len)
		return piece;
	p->total[k] += piece.len;
	if (p->n_carry[k]) {
		take = take < piece.len ? take : piece.len;
		memcpy(p->carry[k] + p->n_carry[k], piece.data, take);
		p->n_carry[k] += take;
		piece.len -= take;
		piece.data += take;
	}
	if (p->n_carry[k] == BLOCK) {
		lane->at = p->carry[k];
		lane->n = 1;
		p->n_carry[k] = 0;
	}
	lane->next = piece.data;
	lane->n_next = piece.len / BLOCK;
	piece.data += piece.len - piece.len % BLOCK;
	piece.len %= BLOCK;
	return piece;
}

static void hash_pair(struct pair *p, const struct am_piece both[2])
{
	struct am_piece left[2];

	for (size_t k = 0; k < 2; k++)
		left[k] = line_up(p, k, both[k]);
	while (turn(p->lanes, 2))
		;
	for (size_t k = 0; k < 2; k++) {
		if (!left[k].len)
			continue;
		memcpy(p->carry[k], left[k].data, left[k].len);
		p->n_carry[k] = left[k].len;
	}
}

static struct pair *pair_new(void)
{
	struct pair *p = g_new0(struct pair, 1);

	for (size_t k = 0; k < 2; k++)
		begin(&p->lanes[k]);
	return p;
}

static void end_pair(struct pair *p, uint8_t (*out)[AM_SHA256_LEN])
{
	for (size_t k = 0; k < 2; k++)
		put_end(&p->lanes[k], p->carry[k], p->n_carry[k], p->total[k]);
	while (turn(p->lanes, 2))
		;
	for (size_t k = 0; k < 2; k++)
		store(&p->lanes[k], out[k]);
}

/* Asked once: the instruction that tells takes long in a virtual machine. */
static bool has_instructions(void)
{
	enum { YES = 1, NO = 2 };
	static gsize known;

	if (g_once_init_enter(&known)) {
		unsigned a, b = 0, c, d;
		bool yes = __builtin_cpu_supports("sse4.1") &&
		           __builtin_cpu_supports("ssse3") &&
		           __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
		           (b & 1u << 29);
		g_once_init_leave(&known, yes ? YES : NO);
	}
	return known == YES;
}

#else

static bool has_instructions(void)
{
	return false;
}

static void hash_in_lanes(const struct am_piece *pieces, size_t n,
                          uint8_t (*out)[AM_SHA256_LEN])
{
	(void)pieces;
	(void)n;
	(void)out;
}

static struct pair *pair_new(void)
{
	return NULL;
}

static void hash_pair(struct pair *p, const struct am_piece both[2])
{
	(void)p;
	(void)both;
}

static void end_pair(struct pair *p, uint8_t (*out)[AM_SHA256_LEN])
{
	(void)p;
	(void)out;
}

#endif

void am_sha256(const void *data, size_t len, uint8_t out[AM_SHA256_LEN])
{
	const struct am_piece piece = {data, len};
	uint8_t hash[1][AM_SHA256_LEN];

	/* As fast as OpenSSL's, which has to read its configuration before its
	 * first: 0.8 ms, longer than hashing a small mailbox. */
	if (has_instructions()) {
		hash_in_lanes(&piece, 1, hash);
		memcpy(out, hash[0], AM_SHA256_LEN);
		return;
	}
	struct am_sha256 *sha = am_sha256_new();
	am_sha256_update(sha, data, len);
	am_sha256_final(sha, out);
	am_sha256_free(&sha);
}

void am_sha256_many(const struct am_piece *pieces, size_t n,
                    uint8_t (*out)[AM_SHA256_LEN])
{
	if (has_instructions()) {
		hash_in_lanes(pieces, n, out);
		return;
	}
	for (size_t i = 0; i < n; i++)
		am_sha256(pieces[i].data, pieces[i].len, out[i]);
}

/* One of them: through the instructions, or through OpenSSL. */
struct am_sha256_pair {
	struct pair *lanes;
	struct am_sha256 *each[2];
};

struct am_sha256_pair *am_sha256_pair_new(void)
{
	struct am_sha256_pair *pair = g_new0(struct am_sha256_pair, 1);

	if (has_instructions())
		pair->lanes = pair_new();
	for (size_t k = 0; k < 2 && !pair->lanes; k++)
		pair->each[k] = am_sha256_new();
	return pair;
}

void am_sha256_pair_update(struct am_sha256_pair *pair,
                           const struct am_piece both[2])
{
	if (pair->lanes)
		hash_pair(pair->lanes, both);
	for (size_t k = 0; k < 2 && !pair->lanes; k++)
		am_sha256_update(pair->each[k], both[k].data, both[k].len);
}

void am_sha256_pair_end(struct am_sha256_pair **pair,
                        uint8_t (*out)[AM_SHA256_LEN])
{
	struct am_sha256_pair *p = *pair;

	*pair = NULL;
	if (p->lanes)
		end_pair(p->lanes, out);
	for (size_t k = 0; k < 2 && !p->lanes; k++) {
		am_sha256_final(p->each[k], out[k]);
		am_sha256_free(&p->each[k]);
	}
	g_free(p->lanes);
	g_free(p);
}
