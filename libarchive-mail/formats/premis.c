/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/premis.h"

#include "base/file.h"
#include "base/time.h"
#include "formats/xml_text.h"
#include "model/sink.h"

#include <string.h>

#define MAX_LOG   (64u << 20)
#define AGENT_ID  "mailark"
#define EVENT_END "</event>\n"

struct am_premis {
	char *id, *detail;
	GString *events;
};

struct am_premis *am_premis_new(const char *id)
{
	struct am_premis *p = g_new0(struct am_premis, 1);

	p->id = g_strdup(id);
	p->events = g_string_new(NULL);
	return p;
}

void am_premis_free(struct am_premis **premis)
{
	struct am_premis *p = *premis;

	*premis = NULL;
	if (!p)
		return;
	g_string_free(p->events, TRUE);
	g_free(p->id);
	g_free(p->detail);
	g_free(p);
}

void am_premis_job(struct am_premis *p, const struct am_job_info *info)
{
	g_free(p->detail);
	p->detail = g_strdup_printf("%s from %s: %s",
	                            info->format ? info->format : "mail",
	                            info->source ? info->source : "",
	                            info->command ? info->command : "");
}

static void identifier(GString *out, const char *what, const char *value)
{
	g_string_append_printf(out, "<%sIdentifier><%sIdentifierType>", what,
	                       what);
	g_string_append(out, g_str_has_prefix(value, "urn:uuid:") ? "UUID"
	                                                          : "local");
	g_string_append_printf(out, "</%sIdentifierType><%sIdentifierValue>",
	                       what, what);
	am_xml_text(out, value, strlen(value));
	g_string_append_printf(out, "</%sIdentifierValue></%sIdentifier>\n",
	                       what, what);
}

/* Of a linked thing the names are longer, and its types stand in the middle. */
static void link_to(GString *out, const char *what, const char *value)
{
	g_string_append_printf(
		out,
		"<linking%sIdentifier><linking%sIdentifierType>%s"
		"</linking%sIdentifierType><linking%sIdentifierValue>",
		what, what,
		g_str_has_prefix(value, "urn:uuid:") ? "UUID" : "local", what,
		what);
	am_xml_text(out, value, strlen(value));
	g_string_append_printf(out,
	                       "</linking%sIdentifierValue>"
	                       "</linking%sIdentifier>\n",
	                       what, what);
}

void am_premis_event(struct am_premis *p, const char *type, const char *detail,
                     const char *outcome, const char *note)
{
	struct am_when now = {am_time_now(), 0, true};
	char *uuid = g_uuid_string_random();
	char *id = g_strconcat("urn:uuid:", uuid, NULL);
	char iso[AM_TIME_ROOM];
	GString *out = p->events;

	am_time_iso(&now, iso);
	g_string_append(out, "<event>\n");
	identifier(out, "event", id);
	am_xml_element(out, "eventType", type);
	am_xml_element(out, "eventDateTime", iso);
	if (detail) {
		g_string_append(out, "<eventDetailInformation>\n");
		am_xml_element(out, "eventDetail", detail);
		g_string_append(out, "</eventDetailInformation>\n");
	}
	g_string_append(out, "<eventOutcomeInformation>\n");
	am_xml_element(out, "eventOutcome", outcome);
	if (note) {
		g_string_append(out, "<eventOutcomeDetail>\n");
		am_xml_element(out, "eventOutcomeDetailNote", note);
		g_string_append(out, "</eventOutcomeDetail>\n");
	}
	g_string_append(out, "</eventOutcomeInformation>\n");
	link_to(out, "Agent", AGENT_ID);
	link_to(out, "Object", p->id);
	g_string_append(out, EVENT_END);
	g_free(id);
	g_free(uuid);
}

void am_premis_ingested(struct am_premis *p, const struct am_ledger *l,
                        bool complete)
{
	char *note = g_strdup_printf("found %" PRIu64 " = stored %" PRIu64
	                             " + duplicates %" PRIu64
	                             " + filtered %" PRIu64 " + failed %" PRIu64
	                             "; %" PRIu64 " bytes stored",
	                             l->found, l->stored, l->duplicates,
	                             l->filtered, l->failed, l->bytes);

	am_premis_event(p, "ingestion", p->detail,
	                !complete   ? "broken off"
	                : l->failed ? "warning"
	                            : "success",
	                note);
	g_free(note);
}

/* The events of a file of ours. */
static char *earlier_events(const char *path)
{
	char *text = NULL, *begin, *end = NULL;
	gsize len = 0;

	if (!g_file_get_contents(path, &text, &len, NULL) || len > MAX_LOG) {
		g_free(text);
		return g_strdup("");
	}
	begin = strstr(text, "<event>\n");
	if (begin)
		end = g_strrstr(begin, EVENT_END);
	char *out =
		end ? g_strndup(begin, (gsize)(end - begin) + strlen(EVENT_END))
		    : g_strdup("");
	g_free(text);
	return out;
}

int am_premis_write(struct am_premis *p, const char *path, struct am_error *err)
{
	char *earlier = earlier_events(path);
	GString *out = g_string_new(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<premis xmlns=\"http://www.loc.gov/premis/v3\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		"version=\"3.0\">\n"
		"<object xsi:type=\"intellectualEntity\">\n");

	identifier(out, "object", p->id);
	g_string_append(out, "</object>\n");
	g_string_append(out, earlier);
	g_string_append_len(out, p->events->str, (gssize)p->events->len);
	g_string_append(out, "<agent>\n");
	identifier(out, "agent", AGENT_ID);
	g_string_append(out, "<agentName>mailark</agentName>\n"
	                     "<agentType>software</agentType>\n"
	                     "<agentVersion>" AM_VERSION "</agentVersion>\n"
	                     "</agent>\n</premis>\n");
	int r = am_file_replace(path, out->str, out->len, err);
	if (!r)
		g_string_truncate(p->events, 0);
	g_string_free(out, TRUE);
	g_free(earlier);
	return r ? AM_FATAL : AM_OK;
}
