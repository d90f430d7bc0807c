/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_VAULT_H
#define AM_FORMATS_MBOX_VAULT_H

#include "base/compiler.h"

struct am_message;

/*
 * The list that Google Vault puts beside what it exports, "…-metadata.xml":
 *
 *     <Document DocID='…'>
 *       <Tags>
 *         <Tag TagName='Labels' … TagValue='^INBOX,^UNREAD,Work'/>
 *         <Tag TagName='#DateReceived' … TagValue='2019-04-15T17:00:40-07:00'/>
 *       </Tags>
 *       <Files>… <ExternalFile FileName='1630926631156851975-….mbox' …/>
 *
 * The file's name is the word in the From_ line, before "@xxx".
 */
struct am_mbox_vault;

bool am_mbox_vault_name(const char *name);
/* All lists in a directory; NULL: there is none. */
struct am_mbox_vault *am_mbox_vault_read(const char *dir);
void am_mbox_vault_free(struct am_mbox_vault **vault);
void am_mbox_vault_apply(const struct am_mbox_vault *vault, const char *sender,
                         size_t len, struct am_message *msg);

#endif
