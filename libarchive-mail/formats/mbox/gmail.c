/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/gmail.h"

#include "mime/words.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

enum state { OPENED, UNREAD, STARRED, DRAFT, SPAM, TRASH, ARCHIVED };

/* What Takeout calls them in accounts of the languages that Gmail speaks most;
 * a state that is not among these stays a label, and nothing is lost. */
/* clang-format off */
static const struct {
	enum state state;
	const char *names;
} states[] = {
	{OPENED,
	 "Opened|Geöffnet|Abierto|Abiertos|Ouvert|Ouverts|"
	 "Aperto|Aperti|Geopend|Aberto|Aberta|Abertos|Obert|"
	 "Oberts|Otwarte|Otwarto|Öppnad|Öppnat|Åbnet|Åpnet|"
	 "Avattu|Otevřené|Megnyitva|Deschis|Deschise|Açıldı|"
	 "Открытые|Открыто|Відкриті|Ανοιγμένα|開封済み|已打开|已開啟|열림"},
	{UNREAD,
	 "Unread|Ungelesen|No leído|No leídos|Non lu|Non lus|"
	 "Non letto|Da leggere|Non letti|Ongelezen|Não lido|"
	 "Não lidas|Não lida|Não lidos|No llegit|No llegits|"
	 "Nieprzeczytane|Oläst|Olästa|Ulæst|Ulæste|Ulest|"
	 "Uleste|Lukematon|Lukemattomat|Nepřečtené|Olvasatlan|"
	 "Necitit|Necitite|Okunmamış|Непрочитанные|"
	 "Непрочитані|Μη αναγνωσμένα|未読|未读|未讀|읽지 않음"},
	{STARRED,
	 "Starred|Markiert|Destacado|Destacados|Suivi|Suivis|"
	 "Messages suivis|Favoris|Speciali|Speciale|Met ster|"
	 "Com estrela|Marcado com estrela|Destacat|Destacats|"
	 "Oznaczone gwiazdką|Stjärnmärkt|Stjärnmärkta|"
	 "Stjernemarkeret|Stjernemerket|Tähdellä merkitty|"
	 "Tähdellä merkityt|S hvězdičkou|Csillagozott|Cu stea|"
	 "Yıldızlı|Помеченные|Із зірочкою|Με αστέρι|スター付き|"
	 "已加星标|已加星號|별표편지함"},
	{DRAFT,
	 "Draft|Drafts|Entwurf|Entwürfe|Borrador|Borradores|"
	 "Brouillon|Brouillons|Bozza|Bozze|Concept|Concepten|"
	 "Rascunho|Rascunhos|Esborrany|Esborranys|"
	 "Wersja robocza|Wersje robocze|Utkast|Kladde|Kladder|"
	 "Luonnos|Luonnokset|Koncept|Koncepty|Piszkozat|"
	 "Piszkozatok|Mesaje nefinalizate|Taslak|Taslaklar|"
	 "Черновики|Чернетки|Πρόχειρα|下書き|草稿|임시보관함"},
	{SPAM,
	 "Spam|Correu brossa|Skräppost|Søppelpost|Roskaposti|"
	 "Спам|Ανεπιθύμητα|迷惑メール|垃圾邮件|垃圾郵件|스팸함"},
	{TRASH,
	 "Trash|Bin|Papierkorb|Papelera|Corbeille|Cestino|"
	 "Prullenbak|Lixeira|Lixo|Paperera|Kosz|Papperskorg|"
	 "Papperskorgen|Papirkurv|Roskakori|Koš|Kuka|"
	 "Coș de gunoi|Çöp Kutusu|Корзина|Кошик|Κάδος|ゴミ箱|"
	 "已删除邮件|垃圾桶|휴지통"},
	{ARCHIVED,
	 "Archived|Archiviert|Archivado|Archivados|Archivé|"
	 "Archivés|Messages archivés|Archiviato|Archiviati|"
	 "Gearchiveerd|Arquivado|Arquivada|Arquivados|Arxivat|"
	 "Arxivats|Zarchiwizowane|Arkiverad|Arkiverat|"
	 "Arkiveret|Arkivert|Arkistoitu|Archivované|Archivált|"
	 "Arhivat|Arhivate|Arşivlendi|Архивированные|"
	 "Архівовані|Αρχειοθετημένα|アーカイブ済み|已归档|已封存"},
};
/* clang-format on */

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
