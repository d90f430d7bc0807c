/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_RTF_RTF_WORDS_H
#define AM_OUTLOOK_RTF_RTF_WORDS_H

#include "base/compiler.h"

/* The control words that matter to somebody who wants the text. */
enum am_rtf_word {
	AM_RTF_W_OTHER,
	AM_RTF_W_ANSICPG,
	AM_RTF_W_BIN,
	AM_RTF_W_DEFF,
	AM_RTF_W_F,
	AM_RTF_W_FCHARSET,
	AM_RTF_W_FONTTBL,
	AM_RTF_W_FROMHTML,
	AM_RTF_W_FROMTEXT,
	AM_RTF_W_HTMLRTF,
	AM_RTF_W_HTMLTAG,
	AM_RTF_W_PLAIN,
	AM_RTF_W_U,
	AM_RTF_W_UC
};

struct am_rtf_meaning {
	const char *name;
	const char *text; /* what it stands for, UTF-8 */
	enum am_rtf_word word;
	bool destination; /* what follows is no text of the document */
};

/* NULL: a word without a meaning here. */
const struct am_rtf_meaning *am_rtf_find_word(const char *name, size_t len);
/* The code page of a font's \fcharset; 0: the document's. */
unsigned am_rtf_charset(int charset);

#endif
