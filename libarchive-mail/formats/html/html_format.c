/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/html/html.h"

const struct am_option am_html_options[] = {
	{"title", "TEXT", "what the site is called", "Mail"},
	{"search", "yes|no", "a search in the page", "yes"},
	{"originals", "yes|no", "each message as an .eml file, too", "no"},
	{"durable", "yes|no|each",
         "on disk: at each commit, whenever the system likes, or file by file",
         "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"A directory of pages to look around in with any browser, from a disk "
	"or a web server: folders, lists of a hundred messages, newest first, "
	"conversations, messages with their attachments as files, and a search "
	"over all they say that runs in the page.  Start with index.html.\n"
	"HTML in mail is written anew from what is harmless: no scripts, no "
	"forms, nothing that is fetched from the network (pictures that would "
	"be are counted), and a content security policy on each page says so "
	"again.  Pictures that came with the mail are shown.  Attachments that "
	"a browser would run as a page get .txt behind their names.\n"
	"Messages are written as they come; what the lists and the search are "
	"made of lies in a database in the directory, so memory does not grow "
	"with the mail, and a second run adds what is new and makes the lists "
	"anew.  A run that was broken off is finished by the next.";

const struct am_format am_format_html = {
	.name = "html",
	.title = "A static site to look around in with a browser",
	.options = am_html_options,
	.about = about,
	.writes = "folders, lists, conversations, messages, attachments, and a "
		  "search in the page",
	.kept = "for reading; nothing is read back",
	.open_sink = am_html_sink_open,
};
