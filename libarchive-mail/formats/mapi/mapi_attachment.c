/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_attachment.h"

#include "base/arena.h"
#include "base/reader.h"
#include "formats/mapi/mapi_body.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

/* A token/token that says nothing about how the part is built? */
static bool is_leaf_type(const char *type)
{
	size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
	                        "TUVWXYZ0123456789!#$&-^_.+/");
	const char *slash = strchr(type, '/');

	return slash && slash > type && slash[1] && !strchr(slash + 1, '/') &&
	       !type[n] && g_ascii_strncasecmp(type, "multipart/", 10) != 0 &&
	       g_ascii_strncasecmp(type, "message/", 8) != 0;
}

/* What the ending of a name says, where nothing else does. */
static const char *type_of_name(const char *name)
{
	static const char *const list[][2] = {
		{".txt", "text/plain"},      {".htm", "text/html"},
		{".html", "text/html"},      {".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"},     {".png", "image/png"},
		{".gif", "image/gif"},       {".pdf", "application/pdf"},
		{".zip", "application/zip"}, {".doc", "application/msword"},
		{".ics", "text/calendar"},   {".vcf", "text/vcard"},
	};
	const char *dot = name ? strrchr(name, '.') : NULL;

	for (size_t i = 0; dot && i < AM_COUNT(list); i++)
		if (!g_ascii_strcasecmp(dot, list[i][0]))
			return list[i][1];
	return "application/octet-stream";
}

static const char *name_of(const struct am_mapi_enclosure *att)
{
	static const unsigned ids[] = {AM_PR_ATTACH_LONG_NAME,
	                               AM_PR_ATTACH_SHORT_NAME,
	                               AM_PR_DISPLAY_NAME};

	for (size_t i = 0; i < AM_COUNT(ids); i++) {
		const char *name = am_mapi_text(&att->props, ids[i]);
		if (name && *name)
			return name;
	}
	return NULL;
}

/* Without < and >, where it is one. */
static const char *content_id(const struct am_mapi_enclosure *att)
{
	const char *id = am_mapi_text(&att->props, AM_PR_ATTACH_CONTENT_ID);

	if (!id || !*id || id[strcspn(id, " \t\r\n<>")])
		return NULL;
	return id;
}

bool am_mapi_attachment_shown(const struct am_mapi_enclosure *att,
                              const char *html, size_t len)
{
	const char *id = content_id(att);
	int64_t flags = 0;

	if (!id || att->why.kind || att->method == AM_ATTACH_EMBEDDED)
		return false;
	if (html) {
		char *link = g_strdup_printf("cid:%s", id);
		bool there = memmem(html, len, link, strlen(link)) != NULL;
		g_free(link);
		return there;
	}
	(void)am_mapi_int(&att->props, AM_PR_ATTACH_FLAGS, &flags);
	return (flags & 4) ||
	       am_mapi_bool(&att->props, AM_PR_HIDDEN_ATTACHMENT);
}

/* Where the bytes are. */
static const struct am_mapi_prop *data_of(const struct am_mapi_enclosure *att)
{
	const struct am_mapi_prop *p =
		am_mapi_find(&att->props, AM_PR_ATTACH_DATA);

	if (p && am_mapi_type_of(p) == AM_MAPI_OBJECT && p->data)
		return NULL; /* the record of an object that was not found */
	return p;
}

static int put_data(struct am_mail_out *out, const struct am_mapi_prop *p,
                    struct am_mapi_container *in, struct am_error *err)
{
	return am_mapi_stream_base64(out, in, p, err);
}

static void put_names(struct am_mail_out *out,
                      const struct am_mapi_enclosure *att, bool shown,
                      const char *name)
{
	const char *id = content_id(att);
	const char *location = am_mapi_text(&att->props, AM_PR_ATTACH_LOCATION);

	if (id)
		am_mail_out_printf(out, "Content-ID: <%s>\r\n", id);
	if (location && *location && g_str_is_ascii(location) &&
	    !strpbrk(location, " \r\n\t"))
		am_mail_out_printf(out, "Content-Location: %s\r\n", location);
	am_mail_out_printf(out, "Content-Disposition: %s",
	                   shown ? "inline" : "attachment");
	if (name)
		am_mail_out_param(out, "filename", name);
	am_mail_out_text(out, "\r\n");
}

/* Somewhere else on a disk or on the web: its name is all there is. */
static void put_reference(struct am_mail_out *out,
                          const struct am_mapi_enclosure *att)
{
	const char *path = am_mapi_text(&att->props, AM_PR_ATTACH_LONG_PATH);
	bool web = att->method == AM_ATTACH_WEB_REFERENCE;

	if (!path || !*path)
		path = am_mapi_text(&att->props, AM_PR_ATTACH_PATH);
	am_mail_out_printf(out,
	                   "Content-Type: message/external-body;\r\n "
	                   "access-type=%s",
	                   web ? "URL" : "local-file");
	am_mail_out_param(out, web ? "URL" : "name", path ? path : "");
	am_mail_out_text(out, "\r\n");
	put_names(out, att, false, name_of(att));
	am_mail_out_printf(out, "\r\nContent-Type: %s\r\n\r\n\r\n",
	                   type_of_name(name_of(att)));
}

static void put_lost(struct am_mail_out *out,
                     const struct am_mapi_enclosure *att, const char *why)
{
	const char *name = name_of(att);
	char *text = g_strdup_printf("Here was an attachment%s%s%s that "
	                             "could not be read: %s\r\n",
	                             name ? ", " : "", name ? name : "",
	                             name ? "," : "", why);

	am_mail_out_text(out, "Content-Type: text/plain; charset=utf-8\r\n");
	am_mail_out_body(out, (const uint8_t *)text, strlen(text));
	g_free(text);
}

static bool is_reference(const struct am_mapi_enclosure *att)
{
	return att->method == AM_ATTACH_BY_REFERENCE ||
	       att->method == AM_ATTACH_BY_REF_RESOLVE ||
	       att->method == AM_ATTACH_BY_REF_ONLY ||
	       att->method == AM_ATTACH_WEB_REFERENCE;
}

int am_mapi_attachment_put(struct am_mail_out *out,
                           const struct am_mapi_enclosure *att, bool shown,
                           struct am_mapi_container *in,
                           const struct am_mapi_ole *ole, struct am_error *err)
{
	const struct am_mapi_prop *p = data_of(att);
	const char *type = am_mapi_text(&att->props, AM_PR_ATTACH_MIME_TYPE);
	const char *name = name_of(att);
	bool document = ole && ole->type;
	struct am_error why = att->why;

	if (!why.kind && !p && is_reference(att)) {
		put_reference(out, att);
		return AM_OK;
	}
	if (!why.kind && !p)
		(void)am_fail(&why, AM_FAILED, AM_E_FORMAT, "it has no data");
	if (why.kind) {
		put_lost(out, att, why.text);
		if (err)
			*err = why;
		return AM_FAILED;
	}
	if (document && name && !strchr(name, '.'))
		name = am_arena_printf(att->props.arena, "%s%s", name,
		                       ole->ending);
	if (!type || !is_leaf_type(type))
		type = document ? ole->type
		       : att->method == AM_ATTACH_OLE
		               ? "application/x-ole-storage"
		               : type_of_name(name);
	am_mail_out_printf(out, "Content-Type: %s", type);
	if (name)
		am_mail_out_param(out, "name", name);
	am_mail_out_text(out, "\r\nContent-Transfer-Encoding: base64\r\n");
	put_names(out, att, shown, name);
	am_mail_out_text(out, "\r\n");
	return put_data(out, p, in, err);
}

bool am_mapi_attachment_ole(struct am_mapi_ole *out,
                            const struct am_mapi_enclosure *att,
                            struct am_mapi_container *in,
                            const struct am_ctx *ctx)
{
	const struct am_mapi_prop *p = data_of(att);

	*out = (struct am_mapi_ole){.type = NULL};
	if (att->method != AM_ATTACH_OLE || att->why.kind || !p ||
	    !am_mapi_ole_open(out, in, p, name_of(att), ctx))
		return false;
	if (out->from && !out->file_type)
		out->file_type = type_of_name(out->file_name);
	return true;
}

/* ---- what a whole mail is wrapped into ---- */

static bool has_type(const struct am_mapi_enclosure *att, const char *want)
{
	const char *type = am_mapi_text(&att->props, AM_PR_ATTACH_MIME_TYPE);

	return type && !g_ascii_strncasecmp(type, want, strlen(want));
}

/* The beginning of its bytes in lower case; g_free() it. */
static char *head_of(const struct am_mapi_enclosure *att,
                     struct am_mapi_container *in)
{
	enum { HEAD = 1000 };
	const struct am_mapi_prop *p = data_of(att);
	struct am_reader *from = NULL;
	const uint8_t *data = NULL;
	size_t len = 0;

	if (!p || am_mapi_value_open(in, p, &from, NULL) ||
	    am_reader_peek(from, HEAD, &data, &len, NULL))
		len = 0;
	char *head = g_ascii_strdown(len ? (const char *)data : "",
	                             (gssize)MIN(len, HEAD));
	am_reader_close(&from);
	return head;
}

/* Is there a field of this name (with its colon) in the header? */
static bool has_field(const char *head, const char *name)
{
	const char *end = strstr(head, "\r\n\r\n");
	char *line = g_strdup_printf("\n%s", name);
	const char *at = strstr(head, line);
	bool yes = !strncmp(head, name, strlen(name)) ||
	           (at && (!end || at < end));

	g_free(line);
	return yes;
}

bool am_mapi_attachment_is_entity(const struct am_mapi_enclosure *att,
                                  struct am_mapi_container *in)
{
	if (att->why.kind)
		return false;
	char *head = head_of(att, in);
	bool yes = (!strncmp(head, "content-", 8) ||
	            !strncmp(head, "mime-version:", 13)) &&
	           has_field(head, "content-type:");
	g_free(head);
	return yes;
}

bool am_mapi_attachment_has_version(const struct am_mapi_enclosure *att,
                                    struct am_mapi_container *in)
{
	char *head = head_of(att, in);
	bool yes = has_field(head, "mime-version:");

	g_free(head);
	return yes;
}

int am_mapi_attachment_raw(struct am_mail_out *out,
                           const struct am_mapi_enclosure *att,
                           struct am_mapi_container *in, struct am_error *err)
{
	const struct am_mapi_prop *p = data_of(att);

	return am_mapi_stream_raw(out, in, p, err);
}

bool am_mapi_attachment_is_cms(const struct am_mapi_enclosure *att)
{
	const struct am_mapi_prop *p = data_of(att);

	return !att->why.kind && p &&
	       (has_type(att, "application/pkcs7-mime") ||
	        has_type(att, "application/x-pkcs7-mime")) &&
	       (!p->data || (p->len > 2 && p->data[0] == 0x30));
}

/* signedData or envelopedData, by the object id it begins with. */
static const char *cms_kind(const struct am_mapi_prop *p)
{
	static const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86,
	                              0xf7, 0x0d, 0x01, 0x07};
	const uint8_t *at =
		p->data ? memmem(p->data, MIN(p->len, 40), oid, sizeof(oid))
			: NULL;
	size_t n = at ? (size_t)(at - p->data) + sizeof(oid) : 0;

	if (!at || n >= p->len)
		return NULL;
	return at[sizeof(oid)] == 2   ? "signed-data"
	       : at[sizeof(oid)] == 3 ? "enveloped-data"
	                              : NULL;
}

int am_mapi_attachment_cms(struct am_mail_out *out,
                           const struct am_mapi_enclosure *att,
                           struct am_mapi_container *in, struct am_error *err)
{
	const struct am_mapi_prop *p = data_of(att);
	const char *kind = cms_kind(p);

	am_mail_out_text(out, "MIME-Version: 1.0\r\n"
	                      "Content-Type: application/pkcs7-mime");
	if (kind)
		am_mail_out_param(out, "smime-type", kind);
	am_mail_out_param(out, "name", "smime.p7m");
	am_mail_out_text(out, "\r\nContent-Transfer-Encoding: base64\r\n"
	                      "Content-Disposition: attachment");
	am_mail_out_param(out, "filename", "smime.p7m");
	am_mail_out_text(out, "\r\n\r\n");
	return put_data(out, p, in, err);
}
