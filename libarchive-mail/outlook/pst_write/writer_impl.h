/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_WRITER_IMPL_H
#define AM_OUTLOOK_PST_WRITE_WRITER_IMPL_H

#include "outlook/pst_write/names_out.h"
#include "outlook/pst_write/row_log.h"
#include "outlook/pst_write/writer.h"

/* What the files of the writer share: writer*.c, and nobody else. */
enum {
	AM_PST_NID_STORE = 0x21,
	AM_PST_NID_NAMES = 0x61,
	AM_PST_NID_ROOT = 0x122,
	AM_PST_NID_SPAM = 0x2223,
	AM_PST_NID_TOP = 0x8022,
	AM_PST_NID_FINDER = 0x8042,
	AM_PST_NID_TRASH = 0x8062,
	AM_PST_NID_ATTACHMENTS = 0x671,
	AM_PST_NID_RECIPIENTS = 0x692,
	AM_PST_TYPE_FOLDER = 2,
	AM_PST_TYPE_MESSAGE = 4,
	AM_PST_TYPE_ATTACHMENT = 5,
	AM_PST_TYPE_ASSOCIATED = 8,
	AM_PST_TYPE_HIERARCHY = 0xd,
	AM_PST_TYPE_CONTENTS = 0xe,
	AM_PST_TYPE_ASSOCIATED_CONTENTS = 0xf,
	AM_PST_FOLDER_FIRST = 0x401 /* index of AM_PST_NID_TOP */
};

struct am_pst_folder_out {
	am_pst_nid nid, parent;
	enum am_role role;
	size_t name_len, class_len;
	uint8_t *name, *class; /* UTF-16LE; class NULL: none */
	uint32_t n_unread, n_children;
	uint64_t table[2];             /* bytes the two tables come to */
	uint32_t n_long[2];            /* values that will be subnodes */
	struct am_pst_row_log rows[2]; /* of contents, of what is hidden */
};

/* An item in the making; one for each level of items within items. */
struct am_pst_level {
	struct am_pst_bag item, attachment;
	GArray *rows; /* struct am_pst_attachment_row */
};

struct am_pst_writer {
	struct am_ctx *ctx;
	char *path, *temp, *name, *tmpdir;
	int fd;
	bool broken;      /* after AM_FATAL */
	bool trash_named; /* somebody has asked for Deleted Items */
	bool have_key;
	uint8_t key[16]; /* of the store */
	uint64_t max_size;
	struct am_pst_out out;
	struct am_pst_context_out context;
	struct am_pst_names_out names;
	struct am_pst_row_file rows;
	struct am_pst_columns columns[AM_PST_TABLES];
	struct am_pst_columns recipients; /* of the item at work */
	am_pst_bid empty[AM_PST_TABLES];  /* tables without a row */
	struct am_arena *arena;           /* of the item at work */
	struct am_sha256 *sha;
	GPtrArray *levels;  /* struct am_pst_level */
	GPtrArray *folders; /* struct am_pst_folder_out, by nid */
	struct am_pst_bag row;
	bool in_recipient, quiet; /* while properties are taken */
	uint64_t pending;         /* bytes that folders and rows will come to */
};

/* writer_props.c: a bag of its own, sorted, each id once; */
AM_MUST_USE int am_pst_writer_take(struct am_pst_writer *w,
                                   struct am_pst_bag *bag,
                                   const struct am_mapi_props *props,
                                   struct am_error *err);
/* the value of a field, which stays a blob if it is large; */
AM_MUST_USE int am_pst_writer_blob(struct am_pst_writer *w,
                                   struct am_pst_field *field,
                                   const struct am_blob *blob,
                                   struct am_error *err);
/* a number for an id that has no value yet; */
void am_pst_writer_default(struct am_pst_bag *bag, uint32_t tag,
                           uint64_t value);
/* whatever an item must have; unsorted then; */
void am_pst_writer_complete(struct am_pst_writer *w, struct am_pst_bag *bag,
                            bool associated, bool attachments);
/* and a word on what is left out. */
void am_pst_writer_left(struct am_pst_writer *w, uint32_t tag, const char *why);

/* writer_item.c: all of an item but its node; its bag is that of level 0. */
AM_MUST_USE int am_pst_writer_item(struct am_pst_writer *w,
                                   const struct am_mapi_item *item,
                                   unsigned depth, bool associated,
                                   struct am_pst_sl_entry *where,
                                   uint64_t *size, struct am_error *err);
void am_pst_level_free(void *level);

/* writer_folders.c */
struct am_pst_folder_out *am_pst_writer_find(struct am_pst_writer *w,
                                             am_pst_nid nid);
struct am_pst_folder_out *am_pst_writer_add(struct am_pst_writer *w,
                                            am_pst_nid parent, const char *name,
                                            const char *class,
                                            enum am_role role);
void am_pst_writer_name(struct am_pst_writer *w,
                        struct am_pst_folder_out *folder, const char *name,
                        const char *class);
/* The last one is not to be after all. */
void am_pst_writer_take_back(struct am_pst_writer *w);
void am_pst_folder_out_free(void *folder);
AM_MUST_USE int am_pst_writer_folders(struct am_pst_writer *w,
                                      struct am_error *err);
/* A table without rows; all of a kind are one block. */
AM_MUST_USE int am_pst_writer_empty(struct am_pst_writer *w,
                                    enum am_pst_table table, am_pst_bid *data,
                                    struct am_error *err);
/* Writes a bag of small values and starts it anew. */
AM_MUST_USE int am_pst_writer_bag(struct am_pst_writer *w, am_pst_nid nid,
                                  am_pst_nid parent, struct am_error *err);
/* The entry id of a node of this store, 24 bytes. */
void am_pst_writer_entry_id(const uint8_t key[16], am_pst_nid nid,
                            uint8_t out[24]);

/* writer_store.c: every node that is neither a folder's nor an item's. */
void am_pst_writer_key(struct am_pst_writer *w, uint8_t key[16]);
AM_MUST_USE int am_pst_writer_store(struct am_pst_writer *w,
                                    struct am_error *err);

#endif
