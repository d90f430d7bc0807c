/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packing in parallel, appending in order.
 *
 * The queue is a ring of jobs, some more than there are workers: while the
 * oldest is waited for, all workers have something to do, also where every
 * other job is a few items, soon packed.  A job of a blob
 * reads its own frame out of the message (where a frame of a base64 text begins
 * is arithmetic), so that a large attachment is read, decoded and packed by
 * all workers, a frame each.  The one kind of blob without such arithmetic,
 * text in LF form, is read by the writer's thread.
 */
#include "store/content_pack.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/pool.h"
#include "base/reader.h"
#include "mime/base64_form.h"

#include <glib.h>

#include <string.h>

enum {
	TEXT_WINDOW = 64 * 1024,
	/* A block, or a frame with the bytes before and behind it that come
	 * with whole groups of base64. */
	BUFFER = (4 << 20) + TEXT_WINDOW + 16,
	SMALL_FRAME = 512 * 1024,
	SMALL_JOBS = 1 << 20
};
static_assert(AM_FRAME_MAX <= 4 << 20 && AM_BLOCK_MAX <= 4 << 20,
              "a buffer holds either");

struct pack_job {
	struct am_job base;
	struct am_pack_queue *queue;
	enum am_record_type type;
	enum am_codec codec;
	int level;
	uint64_t id; /* block number, or the frame's offset in its blob */
	struct am_pack_buffer buffer; /* its bytes, raw_len of them */
	bool loaded;                  /* they are in it */
	size_t raw_len;
	uint8_t *room; /* to pack into; stays with the place in the ring */
	size_t room_len;
	bool packed; /* false: stored as it is */
	size_t packed_len;
	struct am_pack_blob blob; /* of a frame */
	int status;
	struct am_error why;
};

struct am_pack_queue {
	struct am_log *log;
	const struct am_content_index *index;
	struct am_pool *pool;
	struct am_coder **coders; /* one for each worker */
	unsigned n_coders;
	struct pack_job *ring;
	size_t n_ring, first, n_under_way;
	uint64_t blob_pos;      /* of the first frame of the blob whose frames
	                         * are being appended */
	struct am_sha256 *hash; /* of that blob, when it is to be checked */
	struct am_pack_buffer *spare;
	size_t n_spare; /* no more than n_ring + 1 */
	/* Bytes under way, and how many there may be: a full job for each
	 * worker and one that waits.  The other places are for small ones. */
	uint64_t bytes, most;
	bool dead;
};

/* ---- on a worker ---- */

static int read_exactly(const struct am_blob *raw, uint64_t at, void *buf,
                        size_t len, struct am_error *err)
{
	size_t got;
	int r = am_blob_read(raw, at, buf, len, &got, err);

	if (!r && got < len)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message ends early, at %" PRIu64, at + got);
	return r;
}

/* The frame's bytes from the base64 text: from the group that holds the first
 * of them to the group that holds the last. */
static int decode_frame(struct pack_job *job)
{
	const struct am_pack_blob *b = &job->blob;
	uint64_t from = job->id / 3 * 3;
	size_t skip = (size_t)(job->id - from);
	uint64_t at = am_base64_text_at(&b->form, from);
	struct am_base64_decoder decoder = {.n_carry = 0};
	uint8_t window[TEXT_WINDOW], *raw = job->buffer.data;
	size_t done = 0, want = skip + job->raw_len;

	while (done < want) {
		uint64_t left = b->len - at;
		size_t n = (want - done) / 3 * 4 + 8;
		size_t got;
		n = n < sizeof window ? n : sizeof window;
		n = n < left ? n : (size_t)left;
		int r = n ? read_exactly(b->raw, b->at + at, window, n,
		                         &job->why)
		          : AM_FAILED;
		if (!n || (!r && !am_base64_decode(&decoder, raw + done, &got,
		                                   window, n)))
			return am_fail(&job->why, AM_FAILED, AM_E_IO,
			               "the message changed while it was read");
		if (r)
			return r;
		at += n;
		done += got;
	}
	memmove(raw, raw + skip, job->raw_len);
	return AM_OK;
}

static int load_frame(struct pack_job *job)
{
	if (job->loaded)
		return AM_OK; /* the writer's thread has read it */
	if (job->blob.base64)
		return decode_frame(job);
	return read_exactly(job->blob.raw, job->blob.at + job->id,
	                    job->buffer.data, job->raw_len, &job->why);
}

/* Packing must save 3 %, or reading would pay for nothing. */
static int pack(struct pack_job *job, struct am_coder *coder)
{
	if (job->codec == AM_CODEC_STORED)
		return AM_OK;
	size_t bound = am_codec_bound(job->codec, job->raw_len);
	if (bound > job->room_len) {
		g_free(job->room);
		job->room = g_malloc(bound);
		job->room_len = bound;
	}
	job->packed_len = job->room_len;
	int r = am_codec_pack(coder, job->codec, job->level, job->buffer.data,
	                      job->raw_len, job->room, &job->packed_len,
	                      &job->why);
	job->packed = !r && job->packed_len <= job->raw_len - job->raw_len / 33;
	return r;
}

static void run(struct am_job *base, unsigned worker)
{
	struct pack_job *job = AM_CONTAINER(base, struct pack_job, base);

	job->status = load_frame(job);
	if (!job->status)
		job->status = pack(job, job->queue->coders[worker]);
}

/* ---- on the writer's thread ---- */

static int check_hash(struct am_pack_queue *q, const struct pack_job *job,
                      bool last, struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];

	if (!job->blob.check)
		return AM_OK;
	am_sha256_update(q->hash, job->buffer.data, job->raw_len);
	if (!last)
		return AM_OK;
	am_sha256_final(q->hash, hash);
	if (memcmp(hash, job->blob.hash, sizeof hash))
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "an attachment changed while it was read");
	return AM_OK;
}

static int append_frame(struct am_pack_queue *q, struct pack_job *job,
                        const uint8_t *data, size_t len, struct am_error *err)
{
	bool last = job->id + job->raw_len == job->blob.size;
	uint8_t prefix[AM_BLOB_PREFIX];
	uint64_t pos;

	memcpy(prefix, job->blob.hash, AM_SHA256_LEN);
	am_put_le64(prefix + AM_SHA256_LEN, job->blob.size);
	int r = check_hash(q, job, last, err);
	if (!r)
		r = am_log_append(q->log, AM_REC_BLOB, job->codec, job->id,
		                  prefix, sizeof prefix, data, len,
		                  job->raw_len, &pos, err);
	if (r)
		return r;
	if (!job->id)
		q->blob_pos = pos;
	if (!last)
		return AM_OK;
	return q->index->add_blob(q->index->user, job->blob.hash,
	                          job->blob.size, q->blob_pos, err);
}

static int append(struct am_pack_queue *q, struct pack_job *job,
                  struct am_error *err)
{
	const uint8_t *data = job->packed ? job->room : NULL;
	size_t len = job->packed_len;
	uint64_t pos;

	if (job->status) {
		if (err)
			*err = job->why;
		return job->status;
	}
	if (!data) {
		job->codec = AM_CODEC_STORED;
		data = job->buffer.data;
		len = job->raw_len;
	}
	if (job->type == AM_REC_BLOB)
		return append_frame(q, job, data, len, err);
	int r = am_log_append(q->log, job->type, job->codec, job->id, NULL, 0,
	                      data, len, job->raw_len, &pos, err);
	if (r || job->type == AM_REC_ITEMS)
		return r;
	return q->index->add_block(q->index->user, job->id, pos, err);
}

struct am_pack_buffer am_pack_queue_buffer(struct am_pack_queue *q, size_t room)
{
	struct am_pack_buffer b;

	if (room <= BUFFER && q->n_spare)
		return q->spare[--q->n_spare];
	b.room = MAX(room, BUFFER);
	b.data = g_malloc(b.room);
	return b;
}

static void clear(struct am_pack_queue *q, struct pack_job *job)
{
	am_blob_unref(&job->blob.raw);
	if (job->buffer.room == BUFFER && q->n_spare <= q->n_ring)
		q->spare[q->n_spare++] = job->buffer;
	else
		g_free(job->buffer.data);
	job->buffer = (struct am_pack_buffer){NULL, 0};
	q->bytes -= job->raw_len;
}

/* The oldest job into the log.  Others rely on it by now, so a failure is the
 * end of the run. */
static int finish_oldest(struct am_pack_queue *q, struct am_error *err)
{
	struct pack_job *job = &q->ring[q->first];
	int r = AM_OK;

	am_pool_wait(q->pool, &job->base);
	if (!q->dead)
		r = append(q, job, err);
	clear(q, job);
	q->first = (q->first + 1) % q->n_ring;
	q->n_under_way--;
	if (r) {
		q->dead = true;
		return AM_FATAL;
	}
	return AM_OK;
}

/* A free place in the ring for so many bytes, as new. */
static int next_job(struct am_pack_queue *q, size_t len, struct pack_job **out,
                    struct am_error *err)
{
	if (q->dead)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "an earlier part of this run could not be "
		               "written");
	while (q->n_under_way == q->n_ring ||
	       (q->n_under_way && q->bytes + len > q->most)) {
		int r = finish_oldest(q, err);
		if (r)
			return r;
	}
	struct pack_job *job =
		&q->ring[(q->first + q->n_under_way) % q->n_ring];
	*job = (struct pack_job){
		.base = {.run = run},
		.room = job->room,
		.room_len = job->room_len,
		.queue = q,
		.codec = am_log_codec(q->log),
		.level = am_log_level(q->log),
		.raw_len = len,
	};
	q->bytes += len;
	*out = job;
	return AM_OK;
}

static void submit(struct am_pack_queue *q, struct pack_job *job)
{
	q->n_under_way++;
	am_pool_submit(q->pool, &job->base);
}

int am_pack_queue_block(struct am_pack_queue *q, uint64_t block,
                        struct am_pack_buffer buffer, size_t len,
                        struct am_error *err)
{
	struct pack_job *job;
	int r = next_job(q, len, &job, err);

	if (r) {
		g_free(buffer.data);
		return r;
	}
	job->type = AM_REC_BLOCK;
	job->id = block;
	job->buffer = buffer;
	job->loaded = true;
	submit(q, job);
	return AM_OK;
}

int am_pack_queue_items(struct am_pack_queue *q, uint8_t *data, size_t len,
                        struct am_error *err)
{
	struct pack_job *job;
	int r = next_job(q, len, &job, err);

	if (r) {
		g_free(data);
		return r;
	}
	job->type = AM_REC_ITEMS;
	job->buffer = (struct am_pack_buffer){data, len};
	job->loaded = true;
	job->level = AM_LEVEL_FACTS;
	submit(q, job);
	return AM_OK;
}

static int read_frame(struct am_reader *reader, uint8_t *to, size_t len,
                      struct am_error *err)
{
	size_t got;
	int r = am_reader_read(reader, to, len, &got, err);

	if (!r && got < len)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message changed while it was read");
	return r;
}

static int queue_frame(struct am_pack_queue *q, const struct am_pack_blob *blob,
                       uint64_t offset, struct am_reader *reader,
                       struct am_error *err)
{
	uint64_t left = blob->size - offset;
	size_t len = left < AM_FRAME_MAX ? (size_t)left : AM_FRAME_MAX;
	struct pack_job *job;
	int r = next_job(q, len, &job, err);

	if (r)
		return r;
	job->type = AM_REC_BLOB;
	job->id = offset;
	/* Small frames leave the large buffers to blocks: what one was filled
	 * with once stays in memory. */
	if (len <= SMALL_FRAME)
		job->buffer = (struct am_pack_buffer){
			g_malloc(SMALL_FRAME + TEXT_WINDOW + 16), 0};
	else
		job->buffer = am_pack_queue_buffer(q, BUFFER);
	if (reader) {
		job->loaded = true;
		r = read_frame(reader, job->buffer.data, job->raw_len, err);
		if (r) {
			/* Frames before this one may be in the log. */
			clear(q, job);
			q->dead = q->dead || offset;
			return offset ? AM_FATAL : r;
		}
	}
	job->blob = *blob;
	job->blob.raw = am_blob_ref(blob->raw);
	submit(q, job);
	return AM_OK;
}

int am_pack_queue_blob(struct am_pack_queue *queue,
                       const struct am_pack_blob *blob,
                       struct am_reader *reader, struct am_error *err)
{
	int r = AM_OK;

	for (uint64_t at = 0; at < blob->size && !r; at += AM_FRAME_MAX)
		r = queue_frame(queue, blob, at, reader, err);
	return r;
}

int am_pack_queue_flush(struct am_pack_queue *queue, struct am_error *err)
{
	int r = AM_OK;

	while (queue->n_under_way) {
		int one = finish_oldest(queue, r ? NULL : err);
		r = r ? r : one;
	}
	if (!r && queue->dead)
		r = am_fail(err, AM_FATAL, AM_E_IO,
		            "an earlier part of this run could not be written");
	return r;
}

int am_pack_queue_new(struct am_pack_queue **out, struct am_log *log,
                      const struct am_content_index *index, unsigned workers,
                      struct am_error *err)
{
	struct am_pack_queue *q = g_new0(struct am_pack_queue, 1);

	*out = NULL;
	q->log = log;
	q->index = index;
	q->hash = am_sha256_new();
	int r = am_pool_new(&q->pool, workers, err);
	if (r) {
		am_pack_queue_free(&q);
		return r;
	}
	q->n_coders = am_pool_slots(q->pool);
	q->coders = g_new0(struct am_coder *, q->n_coders);
	for (unsigned i = 0; i < q->n_coders; i++)
		q->coders[i] = am_coder_new();
	q->n_ring = (size_t)workers + 3;
	q->most = ((uint64_t)workers + 1) * AM_FRAME_MAX + SMALL_JOBS;
	q->ring = g_new0(struct pack_job, q->n_ring);
	q->spare = g_new0(struct am_pack_buffer, q->n_ring + 1);
	*out = q;
	return AM_OK;
}

void am_pack_queue_free(struct am_pack_queue **queue)
{
	struct am_pack_queue *q = *queue;

	*queue = NULL;
	if (!q)
		return;
	/* Not flushed: nobody waits for it in the log any more. */
	q->dead = true;
	while (q->n_under_way)
		(void)finish_oldest(q, NULL);
	am_pool_free(&q->pool);
	for (unsigned i = 0; i < q->n_coders; i++)
		am_coder_free(&q->coders[i]);
	g_free(q->coders);
	while (q->n_spare)
		g_free(q->spare[--q->n_spare].data);
	g_free(q->spare);
	am_sha256_free(&q->hash);
	for (size_t i = 0; i < q->n_ring; i++)
		g_free(q->ring[i].room);
	g_free(q->ring);
	g_free(q);
}
