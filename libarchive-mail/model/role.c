/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles of folders: their names in our own files, and the guess from what
 * mail programs call them.  The lists are the default names of Gmail, Outlook,
 * Exchange, Apple Mail, Thunderbird and the large providers in the languages
 * these come in; they are compared whole and case folded.
 */
#include "model/folder.h"

#include <glib.h>

#include <string.h>

static const char *const role_names[] = {
	[AM_ROLE_INBOX] = "inbox",   [AM_ROLE_SENT] = "sent",
	[AM_ROLE_DRAFTS] = "drafts", [AM_ROLE_TRASH] = "trash",
	[AM_ROLE_JUNK] = "junk",     [AM_ROLE_ARCHIVE] = "archive",
};

const char *am_role_name(enum am_role role)
{
	return (size_t)role < AM_COUNT(role_names) ? role_names[role] : NULL;
}

static const char *const inbox[] = {
	"inbox",
	"posteingang",
	"boîte de réception",
	"bandeja de entrada",
	"posta in arrivo",
	"in arrivo",
	"caixa de entrada",
	"postvak in",
	"inkorgen",
	"innboks",
	"indbakke",
	"saapuneet",
	"skrzynka odbiorcza",
	"odebrane",
	"doručená pošta",
	"doručené",
	"beérkezett üzenetek",
	"входящие",
	"вхідні",
	"受信トレイ",
	"受信箱",
	"收件箱",
	"收件匣",
	"받은 편지함",
	"gelen kutusu",
	"εισερχόμενα",
	"דואר נכנס",
	"البريد الوارد",
	"mesaje primite",
	NULL,
};
static const char *const sent[] = {
	"sent",
	"sent mail",
	"sent items",
	"sent messages",
	"sent-mail",
	"outbox/sent",
	"gesendet",
	"gesendete objekte",
	"gesendete elemente",
	"gesendete nachrichten",
	"postausgang/gesendet",
	"envoyés",
	"éléments envoyés",
	"messages envoyés",
	"courrier envoyé",
	"enviados",
	"elementos enviados",
	"mensajes enviados",
	"correo enviado",
	"posta inviata",
	"inviata",
	"inviati",
	"posta in uscita/inviata",
	"itens enviados",
	"e-mails enviados",
	"mensagens enviadas",
	"verzonden",
	"verzonden items",
	"verzonden berichten",
	"skickat",
	"skickade objekt",
	"skickade meddelanden",
	"sendt",
	"sendte elementer",
	"sendt post",
	"sendte objekter",
	"lähetetyt",
	"lähetetyt kohteet",
	"wysłane",
	"elementy wysłane",
	"odeslaná pošta",
	"odeslané",
	"odoslaná pošta",
	"elküldött elemek",
	"elküldött üzenetek",
	"отправленные",
	"надіслані",
	"送信済み",
	"送信済みアイテム",
	"送信済みメール",
	"已发送",
	"已发送邮件",
	"已傳送的郵件",
	"寄件備份",
	"보낸 편지함",
	"gönderilmiş öğeler",
	"gönderilmiş postalar",
	"σταλμένα",
	"απεσταλμένα",
	"פריטים שנשלחו",
	"العناصر المرسلة",
	"elemente trimise",
	"mesaje trimise",
	NULL,
};
static const char *const drafts[] = {
	"drafts",         "draft",     "entwürfe",  "brouillons",
	"borradores",     "bozze",     "rascunhos", "concepten",
	"utkast",         "kladder",   "kladde",    "luonnokset",
	"wersje robocze", "szkice",    "koncepty",  "piszkozatok",
	"черновики",      "чернетки",  "下書き",    "草稿",
	"임시 보관함",    "taslaklar", "πρόχειρα",  "טיוטות",
	"المسودات",       "ciorne",    "schițe",    NULL,
};
static const char *const trash[] = {
	"trash",
	"deleted",
	"deleted items",
	"deleted messages",
	"bin",
	"wastebasket",
	"papierkorb",
	"gelöschte objekte",
	"gelöschte elemente",
	"gelöschte nachrichten",
	"corbeille",
	"éléments supprimés",
	"messages supprimés",
	"papelera",
	"elementos eliminados",
	"mensajes eliminados",
	"cestino",
	"posta eliminata",
	"lixeira",
	"lixo",
	"itens eliminados",
	"itens excluídos",
	"mensagens excluídas",
	"prullenbak",
	"verwijderde items",
	"papperskorgen",
	"borttagna objekt",
	"papirkurv",
	"papirkurven",
	"slettede elementer",
	"slettet post",
	"roskakori",
	"poistetut",
	"kosz",
	"elementy usunięte",
	"koš",
	"odstraněná pošta",
	"kôš",
	"odstránená pošta",
	"kuka",
	"törölt elemek",
	"корзина",
	"удаленные",
	"удалённые",
	"кошик",
	"видалені",
	"ゴミ箱",
	"削除済みアイテム",
	"已删除",
	"已删除邮件",
	"垃圾桶",
	"刪除的郵件",
	"휴지통",
	"지운 편지함",
	"çöp kutusu",
	"silinmiş öğeler",
	"κάδος απορριμμάτων",
	"διαγραμμένα",
	"אשפה",
	"פריטים שנמחקו",
	"سلة المهملات",
	"العناصر المحذوفة",
	"coș de gunoi",
	"elemente șterse",
	NULL,
};
static const char *const junk[] = {
	"junk",
	"spam",
	"junk e-mail",
	"junk email",
	"junk mail",
	"bulk mail",
	"bulk",
	"spamverdacht",
	"junk-e-mail",
	"unerwünscht",
	"werbung",
	"courrier indésirable",
	"indésirables",
	"pourriel",
	"correo no deseado",
	"correo basura",
	"posta indesiderata",
	"lixo eletrônico",
	"lixo electrónico",
	"ongewenste e-mail",
	"ongewenst",
	"skräppost",
	"skräp",
	"søppelpost",
	"uønsket e-post",
	"uønsket mail",
	"uønsket post",
	"roskaposti",
	"wiadomości-śmieci",
	"niechciane",
	"nevyžádaná pošta",
	"levélszemét",
	"нежелательная почта",
	"спам",
	"небажана пошта",
	"迷惑メール",
	"垃圾邮件",
	"垃圾郵件",
	"스팸",
	"스팸함",
	"정크 메일",
	"istenmeyen posta",
	"gereksiz e-posta",
	"ανεπιθύμητα",
	"ανεπιθύμητη αλληλογραφία",
	"דואר זבל",
	"البريد غير الهام",
	"mesaje nedorite",
	NULL,
};
static const char *const archive[] = {
	"archive",
	"archives",
	"all mail",
	"archiv",
	"alle nachrichten",
	"archiv/alle",
	"tous les messages",
	"archivo",
	"archivados",
	"todos",
	"archivio",
	"archiviati",
	"tutti i messaggi",
	"arquivo",
	"arquivo morto",
	"todos os e-mails",
	"archief",
	"alle e-mail",
	"alle berichten",
	"arkiv",
	"alla mejl",
	"all e-post",
	"al post",
	"arkisto",
	"kaikki viestit",
	"archiwum",
	"wszystkie",
	"archív",
	"všechny zprávy",
	"archívum",
	"архив",
	"вся почта",
	"архів",
	"アーカイブ",
	"すべてのメール",
	"存档",
	"所有邮件",
	"封存",
	"所有郵件",
	"보관",
	"전체보관함",
	"arşiv",
	"tüm postalar",
	"αρχειοθήκη",
	"όλα τα μηνύματα",
	"ארכיון",
	"כל הדואר",
	"الأرشيف",
	"كل البريد",
	"arhivă",
	"toate mesajele",
	NULL,
};

static bool has(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

enum am_role am_role_guess(const char *name)
{
	static const char *const prefixes[] = {"[gmail]/", "[google mail]/",
	                                       "inbox/", "inbox."};
	static const struct {
		const char *const *names;
		enum am_role role;
	} lists[] = {
		{inbox, AM_ROLE_INBOX},   {sent, AM_ROLE_SENT},
		{drafts, AM_ROLE_DRAFTS}, {trash, AM_ROLE_TRASH},
		{junk, AM_ROLE_JUNK},     {archive, AM_ROLE_ARCHIVE},
	};
	enum am_role role = AM_ROLE_NONE;

	if (!name || !g_utf8_validate(name, -1, NULL))
		return AM_ROLE_NONE;
	/* NFC first: macOS writes decomposed names. */
	char *nfc = g_utf8_normalize(name, -1, G_NORMALIZE_NFC);
	char *down = g_utf8_strdown(nfc ? nfc : name, -1);
	const char *s = down;
	for (size_t i = 0; i < AM_COUNT(prefixes); i++) {
		size_t len = strlen(prefixes[i]);
		if (!strncmp(s, prefixes[i], len) && s[len]) {
			s += len;
			break;
		}
	}
	for (size_t i = 0; i < AM_COUNT(lists) && role == AM_ROLE_NONE; i++)
		if (has(lists[i].names, s))
			role = lists[i].role;
	g_free(down);
	g_free(nfc);
	return role;
}
