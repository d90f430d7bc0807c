/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_TRANSFER_FAKES_H
#define TESTS_TRANSFER_FAKES_H

#include "model/sink.h"
#include "model/source.h"

#include <stdatomic.h>

/*
 * A source that makes mail up and a sink that remembers what it got, each with
 * faults to order.  Message i says "Subject: i" and has origin "i"; every
 * `folder_every` of them a new folder "fN" begins.
 */
#define NEVER (-1)

struct fake_source {
	struct am_source base;
	int n, folder_every; /* 0: one folder */
	int size;            /* of each message, at least 64 */
	int size_about;      /* what is said of it before */
	int fail_next, fail_load, fatal_next, fatal_load; /* of message i */
	int retry_load; /* AM_RETRY the first time */
	int gone_load;  /* AM_END */
	bool vary;      /* load takes now longer, now shorter */
	int cancel_at;  /* ask ctx->cancel to stop at message i */
	bool lazy;      /* the bytes come with load() */
	bool asks;      /* has ask() */
	int delay_usec;
	/* What happened. */
	int at, n_asked, max_ahead, retried;
	_Atomic int n_loaded, n_loading, max_loading; /* at once */
	bool folder_given;
	int folder_at;
	const struct am_folder *folder;
};

struct fake_sink {
	struct am_sink base;
	int n_max;
	int *order; /* numbers of the messages put */
	int n_put, n_folders, n_commits, n_begun, n_finished;
	bool finished_complete;
	bool duplicate_odd; /* says AM_DUPLICATE of odd ones */
	int fail_prepare, fail_put, fatal_put, whole_put, fatal_prepare,
		fail_commit;
	int put_usec;
	bool vary; /* prepare takes now longer, now shorter */
	int retry_put;
	_Atomic int prepared; /* made and neither put nor discarded */
	_Atomic uint64_t held, max_held; /* bytes between prepare and put */
	int last_commit_at;              /* how many were put by then */
};

void fake_source_init(struct fake_source *src, struct am_ctx *ctx, int n);
void fake_source_end(struct fake_source *src);
void fake_sink_init(struct fake_sink *sink, struct am_ctx *ctx, int n);
void fake_sink_end(struct fake_sink *sink);

#endif
