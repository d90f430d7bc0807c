/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/gmail.h"

#include "mime/words.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

enum state { OPENED, UNREAD, STARRED, DRAFT, SPAM, TRASH, ARCHIVED };

/* What Takeout calls them in German, English, Spanish, French, Italian, Dutch,
 * Portuguese, Catalan, Polish and Swedish accounts. */
static const struct {
	enum state state;
	const char *names;
} states[] = {
	{OPENED, "Opened|Geöffnet|Abierto|Abiertos|Ouvert|Ouverts|Aperto|"
                 "Aperti|Geopend|Aberto|Aberta|Abertos|Obert|Oberts|Otwarte|"
                 "Otwarto|Öppnad|Öppnat"},
	{UNREAD, "Unread|Ungelesen|No leído|No leídos|Non lu|Non lus|Non letto|"
                 "Da leggere|Non letti|Ongelezen|Não lido|Não lidas|Não lida|"
                 "Não lidos|No llegit|No llegits|Nieprzeczytane|Oläst|Olästa"},
	{STARRED, "Starred|Markiert|Destacado|Destacados|Suivi|Suivis|"
                  "Messages suivis|Favoris|Speciali|Speciale|Met ster|"
                  "Com estrela|Marcado com estrela|Destacat|Destacats|"
                  "Oznaczone gwiazdką|Stjärnmärkt|Stjärnmärkta"},
	{DRAFT, "Draft|Drafts|Entwurf|Entwürfe|Borrador|Borradores|Brouillon|"
                "Brouillons|Bozza|Bozze|Concept|Concepten|Rascunho|Rascunhos|"
                "Esborrany|Esborranys|Wersja robocza|Wersje robocze|Utkast"},
	{SPAM, "Spam|Correu brossa|Skräppost"},
	{TRASH, "Trash|Bin|Papierkorb|Papelera|Corbeille|Cestino|Prullenbak|"
                "Lixeira|Lixo|Paperera|Kosz|Papperskorg|Papperskorgen"},
	{ARCHIVED, "Archived|Archiviert|Archivado|Archivados|Archivé|Archivés|"
                   "Messages archivés|Archiviato|Archiviati|Gearchiveerd|"
                   "Arquivado|Arquivada|Arquivados|Arxivat|Arxivats|"
                   "Zarchiwizowane|Arkiverad|Arkiverat"},
};

static bool among(const char *names, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = names; p; p = strchr(p, '|')) {
		if (*p == '|')
			p++;
		if (!strncmp(p, word, len) && (p[len] == '|' || !p[len]))
			return true;
	}
	return false;
}

static void add(struct am_message *msg, const char *label, bool *unread)
{
	for (size_t i = 0; i < AM_COUNT(states); i++) {
		if (!among(states[i].names, label))
			continue;
		switch (states[i].state) {
		case OPENED:
			msg->flags |= AM_SEEN;
			return;
		case UNREAD:
			*unread = true;
			return;
		case STARRED:
			msg->flags |= AM_FLAGGED;
			return;
		case DRAFT:
			msg->flags |= AM_DRAFT;
			return;
		case SPAM:
			msg->flags |= AM_JUNK;
			break; /* a place as well */
		case TRASH:
			break;
		case ARCHIVED:
			return; /* said of everything and of nothing */
		}
		break;
	}
	am_message_add_label(msg, label);
}

void am_mbox_gmail_labels(struct am_message *msg, const char *value, size_t len)
{
	char *text = am_words_decode(msg->arena, value, len);
	bool unread = false;
	for (char *p = text; *p;) {
		char *to = p, *word = p;
		bool quoted = false;
		for (; *p && (quoted || *p != ','); p++) {
			if (*p == '"')
				quoted = !quoted;
			else
				*to++ = *p;
		}
		if (*p)
			p++;
		*to = 0;
		g_strstrip(word);
		if (*word)
			add(msg, word, &unread);
	}
	/* "Opened" came late; older exports say only what is unread. */
	if (unread)
		msg->flags &= ~(uint32_t)AM_SEEN;
	else
		msg->flags |= AM_SEEN;
}
