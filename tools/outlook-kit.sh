#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Five PSTs to open in a real Outlook, which nobody who wrote this had, and a
# page that says what to look for.
# usage: outlook-kit.sh build/mailark build/gen-mail outlook-kit/
set -eu
mailark=$1
gen=$2
kit=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$kit"
rm -f "$kit"/*.pst

# to NAME SOURCE: one PST, checked as it is written.
to() {
	printf '\n%s.pst\n' "$1"
	"$mailark" copy --to pst,verify=yes "$2" "$kit/$1.pst"
}

# ---- empty: folders, and no mail in them ----
mkdir -p "$work/empty"
for folder in . .Sent .Drafts .Trash .Projects .Projects.2024; do
	mkdir -p "$work/empty/$folder/cur" "$work/empty/$folder/new" "$work/empty/$folder/tmp"
	[ "$folder" = . ] || : >"$work/empty/$folder/maildirfolder"
done
to 1-empty "$work/empty/"

# ---- ten mails, each with something else to look at ----
mail=$work/ten/cur
mkdir -p "$mail" "$work/ten/new" "$work/ten/tmp"
n=0
# put FLAGS SUBJECT: a mail of standard input, whose header it ends.
put() {
	n=$((n + 1))
	{
		printf 'From: "Ada Lovelace" <ada@example.org>\r\nTo: Charles Babbage <charles@example.com>\r\n'
		printf 'Subject: %s\r\nDate: Tue, %d Mar 2024 10:0%d:00 +0100\r\n' "$2" "$((n + 4))" "$((n % 10))"
		printf 'Message-ID: <kit-%d@example.org>\r\nMIME-Version: 1.0\r\n' "$n"
		sed 's/$/\r/'
	} >"$mail/170971$(printf %04d "$n").M${n}P1.kit:2,$1"
}
pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
put S "1 plain text, read" <<'MAIL'
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Umlauts: äöü ÄÖÜ ß. Greek: Ελληνικά. Japanese: 日本語. Emoji: 📬
MAIL
put "" "2 unread, HTML" <<'MAIL'
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><body><h1>A heading</h1><p>Some <b>bold</b> text, and ümläuts.</p></body></html>
MAIL
put S "3 text and HTML" <<'MAIL'
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

The plain text.
--b
Content-Type: text/html

<p>The <i>HTML</i>.</p>
--b--
MAIL
put S "4 an image in the text" <<MAIL
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html

<p>A red dot: <img src="cid:dot@example.org" width=20 height=20></p>
--b
Content-Type: image/png; name=dot.png
Content-Transfer-Encoding: base64
Content-ID: <dot@example.org>
Content-Disposition: inline; filename=dot.png

$pixel
--b--
MAIL
put S "5 two attachments, one of a long name" <<MAIL
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Two files.
--b
Content-Type: text/plain; name=notes.txt
Content-Disposition: attachment; filename=notes.txt

Notes.
--b
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''ein%20sehr%20langer%20Name%20mit%20%C3%84.png

$pixel
--b--
MAIL
put S "6 a mail in a mail" <<'MAIL'
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See the mail that comes along.
--b
Content-Type: message/rfc822

From: Grace Hopper <grace@example.net>
To: ada@example.org
Subject: The mail within
Date: Mon, 4 Mar 2024 08:00:00 +0000

Its text.
--b--
MAIL
put RS "7 answered" <<'MAIL'
In-Reply-To: <kit-1@example.org>
References: <kit-1@example.org>

The reply arrow should be there.
MAIL
put FS "8 flagged, and of high importance" <<'MAIL'
Importance: high
X-Priority: 1

A red flag, an exclamation mark.
MAIL
put PS "9 forwarded, with Cc and Reply-To" <<'MAIL'
Cc: "Hopper, Grace" <grace@example.net>, =?utf-8?q?J=C3=BCrgen?= <j@example.net>
Reply-To: answers@example.org

Two in Cc; a reply goes to answers@example.org.
MAIL
put S "10 =?utf-8?B?44GT44KT44Gr44Gh44Gv?= of windows-1251" <<'MAIL'
Content-Type: text/html; charset=windows-1251
Content-Transfer-Encoding: quoted-printable

<p>=CF=F0=E8=E2=E5=F2 (the Russian for hello)</p>
MAIL
to 2-ten-mails "$work/ten/"

# ---- many rows, a large attachment, more than 32 MB ----
"$gen" -n 3000 -s 3 >"$work/rows.mbox"
to 3-rows "$work/rows.mbox"
{
	printf 'From ada@example.org Tue Mar  5 10:00:00 2024\n'
	printf 'From: ada@example.org\nTo: charles@example.com\nSubject: 100 MB come along\n'
	printf 'Date: Tue, 5 Mar 2024 10:00:00 +0000\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLarge.\n--b\n'
	printf 'Content-Type: application/octet-stream; name=zeros.bin\n'
	printf 'Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=zeros.bin\n\n'
	head -c 104857600 /dev/zero | base64
	printf -- '--b--\n\n'
} >"$work/attachment.mbox"
to 4-attachment "$work/attachment.mbox"
"$gen" -n 6000 -s 5 -a 20 >"$work/large.mbox"
to 5-large "$work/large.mbox"

cat >"$kit/LOOK.md" <<'PAGE'
# Five PSTs to open in Outlook

No Outlook was at hand when their writer was made: it was held against the published format, against
Microsoft's own samples, and against three other readers. Whoever has an Outlook can help with ten
minutes. File > Open & Export > Open Outlook Data File, one after the other.

| file | what should be seen |
|---|---|
| 1-empty.pst | it opens without a question; Inbox, Sent, Drafts, Projects with 2024 in it, Deleted Items |
| 2-ten-mails.pst | ten mails; each subject says what to look for; Properties > Internet headers are there |
| 3-rows.pst | 3,000 mails in one folder; scrolling, sorting by sender and by date, searching |
| 4-attachment.pst | one mail; its attachment, zeros.bin, can be saved and has 104,857,600 bytes |
| 5-large.pst | more than 32 MB; move a mail to another folder, delete one, close Outlook, open it again |

Then, with Outlook closed, `scanpst.exe` on a copy of each: "No errors were found" is what is hoped
for. If it says otherwise, or Outlook asks for a password, repairs or refuses, its log (NAME.log beside
the file) is what is needed, with the version of Outlook (File > Office Account).
PAGE
printf '\n'
ls -l "$kit"
