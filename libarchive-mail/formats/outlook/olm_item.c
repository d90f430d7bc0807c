/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/olm_item.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/time.h"
#include "outlook/mapi/entryid.h"
#include "outlook/mapi/names.h"
#include "outlook/mapi/tags.h"

#include <string.h>

/* Which property a field is. */
struct field {
	const char *name;
	unsigned id;
};

static const struct field contact_texts[] = {
	{"OPFContactCopyDisplayName", AM_PR_DISPLAY_NAME},
	{"OPFContactCopyFirstName", 0x3a06},
	{"OPFContactCopyLastName", 0x3a11},
	{"OPFContactCopyMiddleName", 0x3a44},
	{"OPFContactCopyTitle", 0x3a45},
	{"OPFContactCopySuffix", 0x3a05},
	{"OPFContactCopyNickName", 0x3a4f},
	{"OPFContactCopyBusinessCompany", 0x3a16},
	{"OPFContactCopyBusinessDepartment", 0x3a18},
	{"OPFContactCopyBusinessTitle", 0x3a17},
	{"OPFContactCopyBusinessPhone", 0x3a08},
	{"OPFContactCopyBusinessPhone2", 0x3a1b},
	{"OPFContactCopyHomePhone", 0x3a09},
	{"OPFContactCopyHomePhone2", 0x3a2f},
	{"OPFContactCopyCellPhone", 0x3a1c},
	{"OPFContactCopyBusinessFax", 0x3a24},
	{"OPFContactCopyHomeFax", 0x3a25},
	{"OPFContactCopyPager", 0x3a21},
	{"OPFContactCopyHomeStreetAddress", 0x3a5d},
	{"OPFContactCopyHomeCity", 0x3a59},
	{"OPFContactCopyHomeState", 0x3a5c},
	{"OPFContactCopyHomeZip", 0x3a5b},
	{"OPFContactCopyHomeCountry", 0x3a5a},
	{"OPFContactCopyHomeWebPage", 0x3a50},
	{"OPFContactCopyBusinessHomePage", 0x3a51},
	{"OPFContactCopyNotesPlain", AM_PR_BODY},
	{NULL, 0}};
/* In the set of addresses. */
static const struct field contact_named[] = {
	{"OPFContactCopyBusinessStreetAddress", 0x8045},
	{"OPFContactCopyBusinessCity", 0x8046},
	{"OPFContactCopyBusinessState", 0x8047},
	{"OPFContactCopyBusinessZip", 0x8048},
	{"OPFContactCopyBusinessCountry", 0x8049},
	{NULL, 0}};
static const struct field contact_times[] = {
	{"OPFContactCopyBirthday", 0x3a42},
	{"OPFContactCopyAnniversary", 0x3a41},
	{"OPFContactCopyModDate", AM_PR_MODIFIED},
	{NULL, 0}};
static const struct field mail_texts[] = {
	{"OPFMessageCopySubject", AM_PR_SUBJECT},
	{"OPFMessageCopyThreadTopic", AM_PR_CONVERSATION_TOPIC},
	{NULL, 0}};
static const struct field mail_times[] = {
	{"OPFMessageCopySentTime", AM_PR_SUBMIT_TIME},
	{"OPFMessageCopyReceivedTime", AM_PR_DELIVERY_TIME},
	{"OPFMessageCopyModDate", AM_PR_MODIFIED},
	{NULL, 0}};
static const struct field event_texts[] = {
	{"OPFCalendarEventCopySummary", AM_PR_SUBJECT},
	{"OPFCalendarEventCopyDescriptionPlain", AM_PR_BODY},
	{"OPFCalendarEventCopyOrganizer", AM_PR_SENT_REPRESENTING_ADDRESS},
	{NULL, 0}};
static const struct field other_texts[] = {
	{"OPFTaskCopyName", AM_PR_SUBJECT},
	{"OPFTaskCopyNotePlain", AM_PR_BODY},
	{"OPFNoteCopyTitle", AM_PR_SUBJECT},
	{"OPFNoteCopyTextPlain", AM_PR_BODY},
	{"OPFGroupCopyDisplayName", AM_PR_DISPLAY_NAME},
	{"OPFTaskCopyNote", AM_PR_HTML},
	{"OPFNoteCopyText", AM_PR_HTML},
	{NULL, 0}};
static const struct field other_times[] = {
	{"OPFTaskCopyStartDateTime", AM_PR_START_DATE},
	{"OPFTaskCopyDueDateTime", AM_PR_END_DATE},
	{"OPFTaskCopyModDate", AM_PR_MODIFIED},
	{"OPFNoteCopyModDate", AM_PR_MODIFIED},
	{"OPFNoteCopyCreationDate", AM_PR_CREATED},
	{"OPFGroupCopyModDate", AM_PR_MODIFIED},
	{NULL, 0}};

static void put_texts(struct am_mapi_props *to, const struct am_olm_node *node,
                      const struct field *fields)
{
	for (const struct field *f = fields; f->name; f++) {
		const char *text = am_olm_text(node, f->name);
		if (text && *text)
			am_mapi_put_text(to, f->id, text);
	}
}

/* "2011-06-21T23:51:07", which is UTC. */
static bool read_time(const char *text, struct am_when *out)
{
	if (!text || !*text)
		return false;
	bool zone = strchr(text, 'Z') || strchr(text, '+');
	char *full = zone ? g_strdup(text) : g_strconcat(text, "Z", NULL);
	bool good = am_time_parse_iso(full, out);
	g_free(full);
	return good;
}

static void put_times(struct am_mapi_props *to, const struct am_olm_node *node,
                      const struct field *fields)
{
	struct am_when when;

	for (const struct field *f = fields; f->name; f++)
		if (read_time(am_olm_text(node, f->name), &when))
			am_mapi_put_time(to, f->id, &when);
}

/* Numbers come as "1", "1E0" and "3.8557E4". */
static double number(const struct am_olm_node *node, const char *name)
{
	const char *text = am_olm_text(node, name);

	return text ? g_ascii_strtod(text, NULL) : 0;
}

static const struct am_mapi_name *name_in(struct am_arena *arena,
                                          enum am_mapi_set set, uint32_t n,
                                          const char *string)
{
	static const uint8_t tail[12] = {0, 0, 0, 0, 0xc0, 0,
	                                 0, 0, 0, 0, 0,    0x46};
	static const uint8_t meeting[12] = {0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda,
	                                    0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05};
	struct am_mapi_name *name = am_arena_alloc(arena, sizeof(*name));

	am_put_le32(name->set, set);
	memcpy(name->set + 4, set == AM_PSETID_MEETING ? meeting : tail, 12);
	name->number = n;
	name->string = string ? am_arena_strdup(arena, string) : NULL;
	return name;
}

static void put_named(struct am_mapi_props *to, const struct am_mapi_name *name,
                      unsigned type, const void *data, size_t len)
{
	const struct am_mapi_prop prop = {
		.tag = type,
		.name = name,
		.data = (const uint8_t *)am_arena_strndup(to->arena,
	                                                  len ? data : "", len),
		.len = len};

	am_mapi_props_add(to, &prop);
}

static void put_named_text(struct am_mapi_props *to,
                           const struct am_mapi_name *name, const char *text)
{
	size_t len;
	const uint8_t *wide =
		am_mapi_utf16_of(to->arena, text, strlen(text), &len);

	put_named(to, name, AM_MAPI_STRING, wide, len);
}

static void put_categories(struct am_mapi_item *item,
                           const struct am_olm_node *node, const char *field)
{
	const struct am_olm_node *list = am_olm_child(node, field);
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; list && list->children && i < list->children->len;
	     i++) {
		const char *name = am_olm_attribute(list->children->pdata[i],
		                                    "OPFCategoryCopyName");
		if (name && *name)
			g_ptr_array_add(names, (char *)(uintptr_t)name);
	}
	if (names->len)
		am_mapi_put_named_texts(
			&item->props,
			name_in(item->props.arena, AM_PS_PUBLIC_STRINGS, 0,
		                "Keywords"),
			(const char *const *)names->pdata, names->len);
	g_ptr_array_free(names, TRUE);
}

/* ---- mail ---- */

struct person {
	const char *name, *address;
};

static bool person_at(const struct am_olm_node *list, guint i,
                      struct person *out)
{
	if (!list || !list->children || i >= list->children->len)
		return false;
	const struct am_olm_node *one = list->children->pdata[i];
	out->name = am_olm_attribute(one, "OPFContactEmailAddressName");
	out->address = am_olm_attribute(one, "OPFContactEmailAddressAddress");
	if (!out->name)
		out->name = am_olm_attribute(one, "OPFCalendarAttendeeName");
	if (!out->address)
		out->address =
			am_olm_attribute(one, "OPFCalendarAttendeeAddress");
	return true;
}

static void put_sender(struct am_mapi_props *to, const struct am_olm_node *list,
                       unsigned name, unsigned type, unsigned address)
{
	struct person who;

	if (!person_at(list, 0, &who))
		return;
	am_mapi_put_text(to, name, who.name ? who.name : who.address);
	am_mapi_put_text(to, type, "SMTP");
	am_mapi_put_text(to, address, who.address);
}

static void put_recipients(struct am_mapi_item *item,
                           const struct am_olm_node *list, int kind)
{
	struct person who;

	for (guint i = 0; person_at(list, i, &who); i++) {
		struct am_mapi_props *row = am_mapi_item_recipient(item);
		am_mapi_put_int(row, AM_PR_RECIPIENT_TYPE, kind);
		am_mapi_put_text(row, AM_PR_DISPLAY_NAME,
		                 who.name ? who.name : who.address);
		am_mapi_put_text(row, AM_PR_ADDRESS_TYPE, "SMTP");
		am_mapi_put_text(row, AM_PR_EMAIL_ADDRESS, who.address);
	}
}

static void put_reply_to(struct am_mapi_props *to,
                         const struct am_olm_node *list)
{
	GByteArray *ids = am_mapi_entry_list_new();
	struct person who;
	bool any = false;

	for (guint i = 0; person_at(list, i, &who); i++) {
		size_t len;
		if (!who.address)
			continue;
		uint8_t *id = am_mapi_one_off_of(
			to->arena, who.name ? who.name : who.address,
			who.address, &len);
		am_mapi_entry_list_add(ids, id, len);
		any = true;
	}
	if (any)
		am_mapi_put_binary(to, AM_PR_REPLY_TO_ENTRIES, ids->data,
		                   ids->len);
	g_byte_array_free(ids, TRUE);
}

static void put_ids(struct am_mapi_props *to, const struct am_olm_node *node)
{
	static const struct field ids[] = {
		{"OPFMessageCopyMessageID", AM_PR_MESSAGE_ID},
		{"OPFMessageCopyInReplyTo", AM_PR_IN_REPLY_TO},
		{"OPFMessageCopyReferences", AM_PR_REFERENCES},
		{NULL, 0}};

	for (const struct field *f = ids; f->name; f++) {
		const char *text = am_olm_text(node, f->name);
		if (!text || !*text)
			continue;
		char *id = strchr(text, '<') ? g_strdup(text)
		                             : g_strdup_printf("<%s>", text);
		am_mapi_put_text(to, f->id, id);
		g_free(id);
	}
}

static bool is_html(const char *text)
{
	text += strspn(text, " \t\r\n");
	return !g_ascii_strncasecmp(text, "<html", 5) ||
	       !g_ascii_strncasecmp(text, "<!doctype", 9);
}

/* The one body is often the other one once more. */
static void put_bodies(struct am_mapi_props *to, const struct am_olm_node *node)
{
	const char *html = am_olm_text(node, "OPFMessageCopyHTMLBody");
	const char *body = am_olm_text(node, "OPFMessageCopyBody");

	if (body && *body && is_html(body)) {
		if (!html || !*html)
			html = body;
		body = NULL;
	}
	if (body && *body && !(html && !strcmp(body, html)))
		am_mapi_put_text(to, AM_PR_BODY, body);
	if (html && *html)
		am_mapi_put_text(to, AM_PR_HTML, html);
}

static void put_flags(struct am_mapi_props *to, const struct am_olm_node *node)
{
	bool unsent = number(node, "OPFMessageIsOutgoing") > 0 &&
	              !(number(node, "OPFMessageGetWasSent") > 0);
	double priority = number(node, "OPFMessageGetPriority");

	am_mapi_put_int(to, AM_PR_MESSAGE_FLAGS,
	                (number(node, "OPFMessageGetIsRead") > 0 ? 1 : 0) |
	                        (unsent ? 8 : 0));
	if (number(node, "OPFMessageCopyGetFlagStatus") == 1)
		am_mapi_put_int(to, AM_PR_FLAG_STATUS, 2);
	if (priority > 0 && priority < 3)
		am_mapi_put_int(to, AM_PR_IMPORTANCE, 2);
	if (priority > 3)
		am_mapi_put_int(to, AM_PR_IMPORTANCE, 0);
}

static void put_attachments(struct am_mapi_item *item,
                            const struct am_olm_node *list,
                            const struct am_olm_files *files)
{
	for (guint i = 0; list && list->children && i < list->children->len;
	     i++) {
		const struct am_olm_node *one = list->children->pdata[i];
		struct am_mapi_attachment *att = am_mapi_item_attachment(item);
		const char *place = am_olm_attribute(one, "OPFAttachmentURL");
		const char *type =
			am_olm_attribute(one, "OPFAttachmentContentType");
		am_mapi_put_int(&att->props, AM_PR_ATTACH_METHOD,
		                AM_ATTACH_BY_VALUE);
		am_mapi_put_text(&att->props, AM_PR_ATTACH_LONG_NAME,
		                 am_olm_attribute(one, "OPFAttachmentName"));
		am_mapi_put_text(&att->props, AM_PR_ATTACH_MIME_TYPE, type);
		am_mapi_put_text(
			&att->props, AM_PR_ATTACH_CONTENT_ID,
			am_olm_attribute(one, "OPFAttachmentContentID"));
		if (place &&
		    files->attachment(files->user, place, &att->data, NULL))
			att->data = NULL;
	}
}

/* Of an invitation: the event lies beside the mail. */
static void put_meeting(struct am_mapi_item *item, const char *place,
                        const struct am_olm_files *files)
{
	size_t len = place ? strlen(place) : 0;

	if (len < 4 || g_ascii_strcasecmp(place + len - 4, ".ics") != 0)
		return;
	struct am_mapi_attachment *att = am_mapi_item_attachment(item);
	am_mapi_put_int(&att->props, AM_PR_ATTACH_METHOD, AM_ATTACH_BY_VALUE);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_LONG_NAME, "meeting.ics");
	am_mapi_put_text(&att->props, AM_PR_ATTACH_MIME_TYPE, "text/calendar");
	if (files->attachment(files->user, place, &att->data, NULL))
		att->data = NULL;
}

static void fill_mail(struct am_mapi_item *item, const struct am_olm_node *node,
                      const struct am_olm_files *files)
{
	struct am_mapi_props *p = &item->props;
	const char *source = am_olm_text(node, "OPFMessageCopySource");
	const char *index = am_olm_text(node, "OPFMessageCopyThreadIndex");

	am_mapi_put_text(p, AM_PR_MESSAGE_CLASS, "IPM.Note");
	put_texts(p, node, mail_texts);
	put_times(p, node, mail_times);
	if (source && strchr(source, ':') && strchr(source, '\n'))
		am_mapi_put_text(p, AM_PR_TRANSPORT_HEADERS, source);
	put_sender(p, am_olm_child(node, "OPFMessageCopyFromAddresses"),
	           AM_PR_SENT_REPRESENTING_NAME, AM_PR_SENT_REPRESENTING_TYPE,
	           AM_PR_SENT_REPRESENTING_ADDRESS);
	put_sender(p, am_olm_child(node, "OPFMessageCopySenderAddress"),
	           AM_PR_SENDER_NAME, AM_PR_SENDER_TYPE, AM_PR_SENDER_ADDRESS);
	put_recipients(item, am_olm_child(node, "OPFMessageCopyToAddresses"),
	               1);
	put_recipients(item, am_olm_child(node, "OPFMessageCopyCCAddresses"),
	               2);
	put_recipients(item, am_olm_child(node, "OPFMessageCopyBCCAddresses"),
	               3);
	put_reply_to(p, am_olm_child(node, "OPFMessageCopyReplyToAddresses"));
	put_ids(p, node);
	put_bodies(p, node);
	put_flags(p, node);
	put_categories(item, node, "OPFMessageCopyCategoryList");
	if (index && *index) {
		gsize len;
		guchar *bytes = g_base64_decode(index, &len);
		am_mapi_put_binary(p, AM_PR_CONVERSATION_INDEX, bytes, len);
		g_free(bytes);
	}
	put_attachments(item,
	                am_olm_child(node, "OPFMessageCopyAttachmentList"),
	                files);
	put_meeting(item, am_olm_text(node, "OPFMessageCopyMeetingData"),
	            files);
}

/* ---- everything else ---- */

static void fill_contact(struct am_mapi_item *item,
                         const struct am_olm_node *node)
{
	static const uint32_t emails[] = {0x8083, 0x8093, 0x80a3};
	struct am_mapi_props *p = &item->props;
	const struct am_olm_node *list =
		am_olm_child(node, "OPFContactCopyEmailAddressList");
	struct person who;

	if (!list)
		list = am_olm_child(node, "OPFContactCopyDefaultEmailAddress");
	am_mapi_put_text(p, AM_PR_MESSAGE_CLASS, "IPM.Contact");
	put_texts(p, node, contact_texts);
	put_times(p, node, contact_times);
	for (const struct field *f = contact_named; f->name; f++) {
		const char *text = am_olm_text(node, f->name);
		if (text && *text)
			put_named_text(p,
			               name_in(p->arena, AM_PSETID_ADDRESS,
			                       f->id, NULL),
			               text);
	}
	for (guint i = 0; i < AM_COUNT(emails) && person_at(list, i, &who); i++)
		if (who.address)
			put_named_text(p,
			               name_in(p->arena, AM_PSETID_ADDRESS,
			                       emails[i], NULL),
			               who.address);
	put_categories(item, node, "OPFContactCopyCategoryList");
}

static void fill_event(struct am_mapi_item *item,
                       const struct am_olm_node *node)
{
	static const struct field times[] = {
		{"OPFCalendarEventCopyStartTime", 0x820d},
		{"OPFCalendarEventCopyEndTime", 0x820e},
		{NULL, 0}};
	struct am_mapi_props *p = &item->props;
	const char *place = am_olm_text(node, "OPFCalendarEventCopyLocation");
	const char *uuid = am_olm_text(node, "OPFCalendarEventCopyUUID");
	struct am_when when;
	uint8_t ticks[8];

	am_mapi_put_text(p, AM_PR_MESSAGE_CLASS, "IPM.Appointment");
	put_texts(p, node, event_texts);
	for (const struct field *f = times; f->name; f++) {
		if (!read_time(am_olm_text(node, f->name), &when))
			continue;
		am_put_le64(ticks, am_mapi_ticks(&when));
		put_named(p,
		          name_in(p->arena, AM_PSETID_APPOINTMENT, f->id, NULL),
		          AM_MAPI_TIME, ticks, sizeof(ticks));
	}
	if (place && *place)
		put_named_text(
			p,
			name_in(p->arena, AM_PSETID_APPOINTMENT, 0x8208, NULL),
			place);
	if (uuid && *uuid)
		put_named(p, name_in(p->arena, AM_PSETID_MEETING, 0x23, NULL),
		          AM_MAPI_BINARY, uuid, strlen(uuid));
	if (number(node, "OPFCalendarEventGetIsAllDayEvent") > 0)
		put_named(
			p,
			name_in(p->arena, AM_PSETID_APPOINTMENT, 0x8215, NULL),
			AM_MAPI_BOOL, "\1", 1);
	if (read_time(am_olm_text(node, "OPFCalendarEventCopyModDate"), &when))
		am_mapi_put_time(p, AM_PR_MODIFIED, &when);
	put_recipients(item,
	               am_olm_child(node, "OPFCalendarEventCopyAttendeeList"),
	               1);
	put_categories(item, node, "OPFCalendarEventCopyCategoryList");
}

static void fill_other(struct am_mapi_item *item,
                       const struct am_olm_node *node)
{
	static const char *const classes[][2] = {{"task", "IPM.Task"},
	                                         {"note", "IPM.StickyNote"},
	                                         {"group", "IPM.DistList"}};
	struct am_mapi_props *p = &item->props;
	char *class = g_strdup_printf("IPM.OutlookForMac.%.40s", node->name);

	for (size_t i = 0; i < AM_COUNT(classes); i++)
		if (!strcmp(node->name, classes[i][0])) {
			g_free(class);
			class = g_strdup(classes[i][1]);
		}
	am_mapi_put_text(p, AM_PR_MESSAGE_CLASS, class);
	g_free(class);
	put_texts(p, node, other_texts);
	put_times(p, node, other_times);
}

/* Fields and what they list, under their names. */
static void put_all_fields(struct am_mapi_props *to,
                           const struct am_olm_node *node)
{
	for (guint i = 0; node->children && i < node->children->len; i++) {
		const struct am_olm_node *one = node->children->pdata[i];
		GString *text = g_string_new(one->text->str);
		for (guint k = 0; one->children && k < one->children->len;
		     k++) {
			const struct am_olm_node *sub = one->children->pdata[k];
			for (char **a = sub->attributes; *a && a[1]; a += 2)
				if (strcmp(a[0], "xml:space") != 0)
					g_string_append_printf(text, "%s%s=%s",
					                       text->len ? "; "
					                                 : "",
					                       a[0], a[1]);
			if (sub->text->len)
				g_string_append_printf(text, "%s%s",
				                       text->len ? "; " : "",
				                       sub->text->str);
		}
		if (text->len)
			put_named_text(to,
			               name_in(to->arena, AM_PS_PUBLIC_STRINGS,
			                       0, one->name),
			               text->str);
		g_string_free(text, TRUE);
	}
}

struct am_mapi_item *am_olm_item(const struct am_olm_node *node,
                                 const struct am_olm_files *files,
                                 struct am_arena *arena)
{
	struct am_mapi_item *item = am_mapi_item_new(arena);

	if (!strcmp(node->name, "email")) {
		fill_mail(item, node, files);
		return item;
	}
	if (!strcmp(node->name, "contact"))
		fill_contact(item, node);
	else if (!strcmp(node->name, "appointment"))
		fill_event(item, node);
	else
		fill_other(item, node);
	put_all_fields(&item->props, node);
	/* Whatever they are of, attachments are listed alike. */
	for (guint i = 0; node->children && i < node->children->len; i++) {
		const struct am_olm_node *one = node->children->pdata[i];
		if (g_str_has_suffix(one->name, "AttachmentList"))
			put_attachments(item, one, files);
	}
	return item;
}
