/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/olm_sample.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <string.h>

enum { LOCAL = 30, LISTED = 46, END = 22 };

/* Fields that a header and an entry of the list have in common. */
static void common(uint8_t *to, const char *name, const GByteArray *data)
{
	am_put_le16(to, 20);
	am_put_le16(to + 2, 0x0800); /* names are UTF-8 */
	am_put_le32(to + 10, am_crc32(0, data->data, data->len));
	am_put_le32(to + 14, data->len);
	am_put_le32(to + 18, data->len);
	am_put_le16(to + 22, (uint16_t)strlen(name));
}

struct am_test_zip {
	GByteArray *to, *list;
	uint16_t n;
};

struct am_test_zip *am_test_zip_begin(void)
{
	struct am_test_zip *zip = g_new0(struct am_test_zip, 1);

	zip->to = g_byte_array_new();
	zip->list = g_byte_array_new();
	return zip;
}

void am_test_zip_add(struct am_test_zip *zip, const char *name,
                     GByteArray *data)
{
	uint8_t local[LOCAL] = {'P', 'K', 3, 4};
	uint8_t listed[LISTED] = {'P', 'K', 1, 2};

	common(local + 4, name, data);
	common(listed + 6, name, data);
	am_put_le32(listed + 42, zip->to->len);
	g_byte_array_append(zip->list, listed, sizeof(listed));
	g_byte_array_append(zip->list, (const guint8 *)name,
	                    (guint)strlen(name));
	g_byte_array_append(zip->to, local, sizeof(local));
	g_byte_array_append(zip->to, (const guint8 *)name, (guint)strlen(name));
	g_byte_array_append(zip->to, data->data, data->len);
	g_byte_array_free(data, TRUE);
	zip->n++;
}

void am_test_zip_add_text(struct am_test_zip *zip, const char *name,
                          const char *text)
{
	GByteArray *data = g_byte_array_new();

	g_byte_array_append(data, (const guint8 *)text, (guint)strlen(text));
	am_test_zip_add(zip, name, data);
}

GByteArray *am_test_zip_end(struct am_test_zip *zip, gboolean list)
{
	GByteArray *to = zip->to;
	uint8_t end[END] = {'P', 'K', 5, 6};

	am_put_le16(end + 8, zip->n);
	am_put_le16(end + 10, zip->n);
	am_put_le32(end + 12, zip->list->len);
	am_put_le32(end + 16, to->len);
	if (list) {
		g_byte_array_append(to, zip->list->data, zip->list->len);
		g_byte_array_append(to, end, sizeof(end));
	}
	g_byte_array_free(zip->list, TRUE);
	g_free(zip);
	return to;
}

GByteArray *am_test_zip(const char *const *members, gboolean list)
{
	struct am_test_zip *zip = am_test_zip_begin();

	for (; *members; members += 2)
		am_test_zip_add_text(zip, members[0], members[1]);
	return am_test_zip_end(zip, list);
}

#define ACCOUNT "Accounts/ann@a.example/"
#define INBOX   ACCOUNT "com.microsoft.__Messages/Inbox/"
#define FILES   INBOX "com.microsoft.__Attachments/"

/* The mail, with or without an attachment that is not there. */
#define BEFORE                                                           \
	"<emails elementCount=\"1\"><email "                             \
	"xml:space=\"preserve\"><OPFMessageCopyAttachmentList>"          \
	"<messageAttachment OPFAttachmentContentType=\"image/png\" "     \
	"OPFAttachmentContentID=\"dot@a.example\" "                      \
	"OPFAttachmentName=\"dot.png\" "                                 \
	"OPFAttachmentURL=\"" FILES                                      \
	"one_0000\"/><messageAttachment OPFAttachmentName=\"Liste für " \
	"Bob.txt\" OPFAttachmentURL=\"" FILES "one_0001\"/>"
#define GONE                                             \
	"<messageAttachment OPFAttachmentName=\"gone\" " \
	"OPFAttachmentURL=\"" FILES "nowhere\"/>"
#define BEHIND                                                                   \
	"</"                                                                     \
	"OPFMessageCopyAttachmentList><OPFMessageCopyBody>&lt;html&gt;Grüße</" \
	"OPFMessageCopyBody>"                                                    \
	"<OPFMessageCopyHTMLBody>&lt;html&gt;Grüße &lt;img "                   \
	"src=\"cid:dot@a.example\"&gt;</OPFMessageCopyHTMLBody>"                 \
	"<OPFMessageCopyCategoryList><category OPFCategoryCopyName=\"Rot\"/>"    \
	"</OPFMessageCopyCategoryList><OPFMessageCopyFromAddresses>"             \
	"<emailAddress OPFContactEmailAddressAddress=\"ann@a.example\" "         \
	"OPFContactEmailAddressName=\"Ann\"/></OPFMessageCopyFromAddresses>"     \
	"<OPFMessageCopyToAddresses><emailAddress "                              \
	"OPFContactEmailAddressAddress=\"bob@b.example\"/>"                      \
	"</"                                                                     \
	"OPFMessageCopyToAddresses><OPFMessageCopyCCAddresses><emailAddress "    \
	"OPFContactEmailAddressAddress=\"zoe@z.example\" "                       \
	"OPFContactEmailAddressName=\"Zoë\"/>"                                  \
	"</OPFMessageCopyCCAddresses><OPFMessageCopyReplyToAddresses>"           \
	"<emailAddress OPFContactEmailAddressAddress=\"list@a.example\" "        \
	"OPFContactEmailAddressName=\"List\"/><emailAddress "                    \
	"OPFContactEmailAddressAddress=\"eve@a.example\"/>"                      \
	"</OPFMessageCopyReplyToAddresses><OPFMessageCopyMeetingData>" FILES     \
	"event.ics</OPFMessageCopyMeetingData>"                                  \
	"<OPFMessageCopyMessageID>one@a.example</"                               \
	"OPFMessageCopyMessageID>"                                               \
	"<OPFMessageCopyReceivedTime>2020-01-02T03:04:05</"                      \
	"OPFMessageCopyReceivedTime>"                                            \
	"<OPFMessageCopySentTime>2020-01-02T03:04:00</OPFMessageCopySentTime>"   \
	"<OPFMessageCopySubject>Grüße &amp; mehr</OPFMessageCopySubject>"      \
	"<OPFMessageCopyGetFlagStatus>1</OPFMessageCopyGetFlagStatus>"           \
	"<OPFMessageGetIsRead>1E0</"                                             \
	"OPFMessageGetIsRead><OPFMessageGetPriority>"                            \
	"1</OPFMessageGetPriority></email></emails>"

GByteArray *am_test_olm(gboolean list, gboolean damaged)
{
	const char *const members[] = {
		"Categories.xml",
		"<categories elementCount=\"1\"><category "
		"OPFCategoryCopyName=\"Rot\"/></categories>",
		INBOX "message_00000.xml",
		damaged ? BEFORE GONE BEHIND : BEFORE BEHIND,
		FILES "one_0000",
		"not really a picture",
		FILES "one_0001",
		"file bytes",
		FILES "event.ics",
		"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
		FILES "alone_0000",
		"of no message",
		ACCOUNT "com.microsoft.__Messages/Empty/",
		"",
		"Local/Address Book/Contacts.xml",
		"<contacts elementCount=\"2\"><contact>"
		"<OPFContactCopyDisplayName>Eva Möller"
		"</OPFContactCopyDisplayName><OPFContactCopyLastName>Möller"
		"</OPFContactCopyLastName><OPFContactCopyEmailAddressList>"
		"<contactEmailAddress "
		"OPFContactEmailAddressAddress=\"eva@garden.example\"/>"
		"</OPFContactCopyEmailAddressList><OPFContactCopyHomeCity>"
		"Bremen</OPFContactCopyHomeCity></contact><contact>"
		"<OPFContactCopyDisplayName>Second</OPFContactCopyDisplayName>"
		"</contact></contacts>",
		"Local/Calendar/Calendar.xml",
		"<appointments elementCount=\"1\"><appointment>"
		"<OPFCalendarEventCopySummary>Planning"
		"</OPFCalendarEventCopySummary><OPFCalendarEventCopyStartTime>"
		"2020-01-02T04:00:00</OPFCalendarEventCopyStartTime>"
		"<OPFCalendarEventCopyEndTime>2020-01-02T05:00:00"
		"</OPFCalendarEventCopyEndTime><OPFCalendarEventCopyLocation>"
		"Room 7</OPFCalendarEventCopyLocation>"
		"<OPFCalendarEventCopyUUID>event-1</OPFCalendarEventCopyUUID>"
		"</appointment></appointments>",
		"Local/Tasks/Tasks.xml",
		"<tasks elementCount=\"1\"><task><OPFTaskCopyName>Water the "
		"garden</OPFTaskCopyName><OPFTaskCopyOwn>kept "
		"too</OPFTaskCopyOwn></task></tasks>",
		NULL};

	return am_test_zip(members, list);
}
