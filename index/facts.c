/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/content.h"

#include <glib.h>

#include <string.h>

/* What a message has and is, from the types of its parts and where it has
 * text: for has: and is:. */

const char *const am_fact_names[AM_FACT_COUNT] = {
	[AM_FACT_ATTACHMENT] = "attachment",
	[AM_FACT_LIST] = "list",
	[AM_FACT_CC] = "cc",
	[AM_FACT_BCC] = "bcc",
	[AM_FACT_SUBJECT] = "subject",
	[AM_FACT_QUOTE] = "quote",
	[AM_FACT_SIGNATURE] = "signature",
	[AM_FACT_REPLY] = "reply",
	[AM_FACT_HTML] = "html",
	[AM_FACT_IMAGE] = "image",
	[AM_FACT_DOCUMENT] = "document",
	[AM_FACT_SPREADSHEET] = "spreadsheet",
	[AM_FACT_PRESENTATION] = "presentation",
	[AM_FACT_PDF] = "pdf",
	[AM_FACT_AUDIO] = "audio",
	[AM_FACT_VIDEO] = "video",
	[AM_FACT_ARCHIVE] = "archive",
	[AM_FACT_CALENDAR] = "calendar",
	[AM_FACT_CONTACT] = "contact",
	[AM_FACT_MESSAGE] = "message",
	[AM_FACT_SIGNED] = "signed",
	[AM_FACT_ENCRYPTED] = "encrypted",
};

/* Other words for them: Gmail's, mu's, people's. */
static const struct {
	const char *name;
	enum am_fact fact;
} aliases[] = {
	{"attach", AM_FACT_ATTACHMENT},
	{"file", AM_FACT_ATTACHMENT},
	{"photo", AM_FACT_IMAGE},
	{"picture", AM_FACT_IMAGE},
	{"word", AM_FACT_DOCUMENT},
	{"excel", AM_FACT_SPREADSHEET},
	{"powerpoint", AM_FACT_PRESENTATION},
	{"zip", AM_FACT_ARCHIVE},
	{"invitation", AM_FACT_CALENDAR},
	{"invite", AM_FACT_CALENDAR},
	{"vcard", AM_FACT_CONTACT},
	{"quotation", AM_FACT_QUOTE},
	{"movie", AM_FACT_VIDEO},
	{"sound", AM_FACT_AUDIO},
};

static bool same(const char *name, size_t len, const char *other)
{
	return strlen(other) == len &&
	       g_ascii_strncasecmp(name, other, len) == 0;
}

static enum am_fact find(const char *name, size_t len)
{
	for (size_t i = 0; i < AM_FACT_COUNT; i++)
		if (same(name, len, am_fact_names[i]))
			return (enum am_fact)i;
	for (size_t i = 0; i < AM_COUNT(aliases); i++)
		if (same(name, len, aliases[i].name))
			return aliases[i].fact;
	return AM_FACT_COUNT;
}

enum am_fact am_fact_find(const char *name)
{
	size_t len = strlen(name);
	enum am_fact fact = find(name, len);

	if (fact == AM_FACT_COUNT && len &&
	    g_ascii_tolower(name[len - 1]) == 's')
		fact = find(name, len - 1);
	return fact;
}

/* Types as am_facts has them: whole, half, and extensions of file names. */
static const struct {
	const char *type;
	enum am_fact fact;
} types[] = {
	{"html", AM_FACT_HTML},
	{"image", AM_FACT_IMAGE},
	{"pdf", AM_FACT_PDF},
	{"audio", AM_FACT_AUDIO},
	{"video", AM_FACT_VIDEO},
	{"calendar", AM_FACT_CALENDAR},
	{"ics", AM_FACT_CALENDAR},
	{"vcard", AM_FACT_CONTACT},
	{"x-vcard", AM_FACT_CONTACT},
	{"directory", AM_FACT_CONTACT},
	{"vcf", AM_FACT_CONTACT},
	{"rfc822", AM_FACT_MESSAGE},
	{"global", AM_FACT_MESSAGE},
	{"eml", AM_FACT_MESSAGE},
	{"pgp-signature", AM_FACT_SIGNED},
	{"pkcs7-signature", AM_FACT_SIGNED},
	{"x-pkcs7-signature", AM_FACT_SIGNED},
	{"p7s", AM_FACT_SIGNED},
	{"pgp-encrypted", AM_FACT_ENCRYPTED},
	{"p7m", AM_FACT_ENCRYPTED},
	{"pkcs7-mime", AM_FACT_ENCRYPTED},
	{"x-pkcs7-mime", AM_FACT_ENCRYPTED},
	{"doc", AM_FACT_DOCUMENT},
	{"docx", AM_FACT_DOCUMENT},
	{"odt", AM_FACT_DOCUMENT},
	{"rtf", AM_FACT_DOCUMENT},
	{"pages", AM_FACT_DOCUMENT},
	{"msword", AM_FACT_DOCUMENT},
	{"vnd.openxmlformats-officedocument.wordprocessingml.document",
         AM_FACT_DOCUMENT},
	{"vnd.oasis.opendocument.text", AM_FACT_DOCUMENT},
	{"xls", AM_FACT_SPREADSHEET},
	{"xlsx", AM_FACT_SPREADSHEET},
	{"ods", AM_FACT_SPREADSHEET},
	{"csv", AM_FACT_SPREADSHEET},
	{"numbers", AM_FACT_SPREADSHEET},
	{"vnd.ms-excel", AM_FACT_SPREADSHEET},
	{"vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         AM_FACT_SPREADSHEET},
	{"vnd.oasis.opendocument.spreadsheet", AM_FACT_SPREADSHEET},
	{"ppt", AM_FACT_PRESENTATION},
	{"pptx", AM_FACT_PRESENTATION},
	{"odp", AM_FACT_PRESENTATION},
	{"key", AM_FACT_PRESENTATION},
	{"vnd.ms-powerpoint", AM_FACT_PRESENTATION},
	{"vnd.openxmlformats-officedocument.presentationml.presentation",
         AM_FACT_PRESENTATION},
	{"vnd.oasis.opendocument.presentation", AM_FACT_PRESENTATION},
	{"zip", AM_FACT_ARCHIVE},
	{"x-zip-compressed", AM_FACT_ARCHIVE},
	{"rar", AM_FACT_ARCHIVE},
	{"7z", AM_FACT_ARCHIVE},
	{"tar", AM_FACT_ARCHIVE},
	{"gz", AM_FACT_ARCHIVE},
	{"tgz", AM_FACT_ARCHIVE},
	{"bz2", AM_FACT_ARCHIVE},
	{"xz", AM_FACT_ARCHIVE},
};

uint32_t am_facts_of(const struct am_facts *facts, uint32_t regions)
{
	static const struct {
		enum am_region region;
		enum am_fact fact;
	} texts[] = {
		{AM_REGION_LIST, AM_FACT_LIST},
		{AM_REGION_CC, AM_FACT_CC},
		{AM_REGION_BCC, AM_FACT_BCC},
		{AM_REGION_SUBJECT, AM_FACT_SUBJECT},
		{AM_REGION_QUOTED, AM_FACT_QUOTE},
		{AM_REGION_SIGNATURE, AM_FACT_SIGNATURE},
	};
	uint32_t out = 0;

	if (facts->has_attachment)
		out |= 1u << AM_FACT_ATTACHMENT;
	if (facts->reply)
		out |= 1u << AM_FACT_REPLY;
	for (size_t i = 0; i < AM_COUNT(texts); i++)
		if (regions & AM_REGION_BIT(texts[i].region))
			out |= 1u << texts[i].fact;
	for (size_t i = 0; i < facts->n_types; i++)
		for (size_t k = 0; k < AM_COUNT(types); k++)
			if (!strcmp(facts->types[i], types[k].type))
				out |= 1u << types[k].fact;
	return out;
}
