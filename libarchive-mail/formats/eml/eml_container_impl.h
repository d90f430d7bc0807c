/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_EML_CONTAINER_IMPL_H
#define AM_FORMATS_EML_EML_CONTAINER_IMPL_H

#include "formats/eml/member_folders.h"
#include "formats/mbox/stream.h"
#include "model/source.h"

#include <glib.h>
#include <jansson.h>

struct am_blob;
struct am_container;
struct am_file;
struct am_reader;

/* What eml_container.c, which goes from member to member, and eml_member.c,
 * which reads one, share. */
#define MAX_RATIO  200
#define FREE_BYTES (UINT64_C(256) << 20)
#define HEAD       16384 /* of a member that may be a mailbox */

struct container_source {
	struct am_source base;
	struct am_file *file;
	struct am_container *container;
	bool all;   /* not only *.eml */
	bool leave; /* others read what is no mail but holds some */
	uint64_t n_members, unpacked, allowed;
	uint64_t n_others; /* members that are not mail */
	char *first_other;
	uint64_t n_own; /* members that are a mail program's own files */
	char *first_own;
	struct am_member_folders *folders;
	struct am_member_maildir *maildir;
	struct am_member_mh *mh;
	struct am_member_apple *apple;
	struct am_mbox_stream *stream; /* a member that is a mailbox */
	char *streamed;                /* its name */
	char *origin;
	/* A message, or a parcel, whose folder had to be announced first. */
	struct am_message *waiting;
	const struct am_folder *parcel_waits; /* its folder; NULL: none does */
	struct am_parcel parcel;
	char *parcel_path, *parcel_name, *parcel_origin;
	int parcel_fd;     /* its bytes, an unlinked file; -1: none */
	bool parcel_lies;  /* it is no unlinked one but lies at its path */
	GHashTable *links; /* member -> GPtrArray of further names; or NULL */
	bool again;        /* the second pass */
	/* The names of one that are to come, and its bytes. */
	GPtrArray *names;
	struct am_blob *linked;
	int64_t linked_mtime;
	/* What lay beside a message that is to come: its name, less the ending.
	 */
	json_t *sidecar;
	char *sidecar_of;
	bool bad, over; /* the last member was cut short; all is */
};

/* All of a member as a message's bytes. */
AM_MUST_USE int am_eml_member_spool(struct container_source *s,
                                    struct am_reader *reader,
                                    struct am_blob **out, struct am_error *err);
/* A member that another format reads, which wants a file to read: it is the
 * item's parcel, or becomes s->parcel when its folder comes first. */
AM_MUST_USE int am_eml_member_parcel(struct container_source *s,
                                     const char *name, struct am_reader *reader,
                                     bool single, struct am_item *out,
                                     struct am_error *err);
void am_eml_member_drop_parcel(struct container_source *s);
/* A mailbox whose messages come one by one, behind the folder it is.  Takes the
 * reader. */
bool am_eml_member_is_mailbox(const struct container_source *s,
                              const char *base, struct am_reader *reader);
AM_MUST_USE int am_eml_member_stream(struct container_source *s,
                                     const char *name,
                                     struct am_reader **reader,
                                     struct am_item *out, struct am_error *err);
/* AM_END: that mailbox is through. */
AM_MUST_USE int am_eml_member_next(struct container_source *s,
                                   struct am_item *out, struct am_error *err);
/* The item is that this member could not be had; AM_FAILED. */
int am_eml_member_failed(struct container_source *s, struct am_item *out,
                         const char *name);

#endif
