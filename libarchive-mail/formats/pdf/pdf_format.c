/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/pdf/pdf.h"

const struct am_option am_pdf_options[] = {
	{"program", "auto|PATH",
         "what prints: weasyprint, chromium or the like, or a program that "
         "makes of one file, HTML, another, PDF",
         "auto"},
	{"timeout", "SECONDS", "how long that may take for one message", "60"},
	{"name", "TEMPLATE", "file names, as those of eml",
         "{date:%Y%m%d-%H%M%S}_{from}_{subject:60}_{id8}.pdf"},
	{"profile", "windows|posix|portable",
         "names that Windows takes, that Unix takes, or of ASCII alone",
         "windows"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"A directory of PDFs, one a message, in directories for the folders, "
	"and "
	"a table index.csv of them; for selected mail, for each takes about a "
	"second: mailark search --copy-to, or copy --folder, --since …  What "
	"prints them is WeasyPrint or Chromium, whichever is installed; "
	"without "
	"either it says so.  The page is the one that html writes: nothing "
	"runs "
	"in it and nothing is fetched; pictures that came with the mail are "
	"shown, other files named.\n"
	"A message that takes longer than timeout, or that the program cannot "
	"print, counts as failed, and the rest goes on.  A second run prints "
	"what is new.";

const struct am_format am_format_pdf = {
	.name = "pdf",
	.title = "PDF of messages, by WeasyPrint or Chromium",
	.options = am_pdf_options,
	.about = about,
	.writes = "a PDF a message, and `index.csv`, where WeasyPrint or "
		  "Chromium is installed",
	.kept = "for reading; nothing is read back",
	.open_sink = am_pdf_sink_open,
};
