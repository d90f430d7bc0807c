#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give back every message of a mailark archive.

    python3 extract.py ARCHIVE OUTDIR [--list] [--expunged]

Needs Python 3 alone and, unless the archive was written with codec=zlib, the program
"zstd".  Section numbers are those of the text in front of it in the archive.

Messages go to OUTDIR/<folder>/<n>.eml, byte for byte, each checked against its SHA-256;
all that is known beside the bytes to OUTDIR/metadata.jsonl.  Damage is told on standard
error and makes the exit status 1; a message that cannot be had whole is left as
<n>.eml.damaged.  --list only prints the metadata; --expunged gives expunged mail too.
"""
import base64, collections, hashlib, json, os, re, struct, subprocess, sys, zlib

MAGIC = bytes.fromhex("8a4d41524b0d0a1a")
SPEC, EXTRACTOR, HEAD, BLOCK, BLOB, ITEMS, COMMIT, SEAL = range(1, 9)
FLAGS = ["seen", "answered", "flagged", "deleted", "draft", "forwarded", "junk"]
EXACTNESS = ["exact", "unquoted", "guessed", "synthesised"]
BATCH, KEEP, WINDOW = 8 << 20, 64 << 20, 1 << 20  # unpacked at once, kept; searched at once
Record = collections.namedtuple(
    "Record", "magic type flags codec version crc stored raw pos id archive zero check")
damages = []

class Damage(Exception): pass

def damage(text):
    damages.append(text)
    print("damage: %s" % text, file=sys.stderr)

class Log:
    """Section 2: records by position, segment << 44 | offset."""

    def __init__(self, path):
        self.names, self.archive, self.file, self.at = [path], None, None, None
        if os.path.isdir(path):
            found = [int(n[:6]) for n in os.listdir(path) if re.fullmatch(r"\d{6}\.seg", n)]
            self.names = [os.path.join(path, "%06d.seg" % i)
                          for i in range(max(found, default=-1) + 1)]
        self.sizes = [os.path.getsize(n) if os.path.exists(n) else 0 for n in self.names]

    def read(self, pos, length):
        segment, offset = pos >> 44, pos & (1 << 44) - 1
        if segment >= len(self.names) or offset > self.sizes[segment]:
            return b""
        if self.at != segment:
            self.file, self.at = open(self.names[segment], "rb"), segment
        self.file.seek(offset)
        return self.file.read(length)

    def header(self, pos):
        """The record that begins at pos, or None: it must say so itself."""
        data = self.read(pos, 64)
        if len(data) < 64 or data[:8] != MAGIC:
            return None
        rec = Record(*struct.unpack("<8s4BI5QII", data))
        if zlib.crc32(data[:60]) != rec.check or rec.pos != pos:
            return None
        self.archive = self.archive or rec.archive
        return rec if rec.archive == self.archive else None

    def search(self, pos, end):
        """Where in [pos, end) the next record begins, or end."""
        while pos < end:
            for found in re.finditer(re.escape(MAGIC), self.read(pos, WINDOW)):
                if pos + found.start() < end and self.header(pos + found.start()):
                    return pos + found.start()
            pos += WINDOW - 7
        return end

    def scan(self, pos, limit, gap):
        """The records of [pos, limit), over gaps and over segments."""
        while pos < limit and pos >> 44 < len(self.names):
            end = (pos >> 44 << 44) + self.sizes[pos >> 44]
            if pos >= end:
                pos = ((pos >> 44) + 1 << 44) + 128
                continue
            rec = self.header(pos)
            behind = pos + 64 + rec.stored if rec else 0
            if rec and (behind == end or behind < end and self.header(behind)):
                yield rec
                pos = behind
                continue
            found = self.search(pos + 1, min(behind or limit, end))
            # Whole, with damage behind it, if no other begins in what it claims.
            if rec and found == behind:
                yield rec
            else:
                gap(pos, found - pos)
            pos = found

    def unpack(self, recs):
        """{pos: bytes} of those of the records that can be had."""
        out, packed = {}, []
        for rec in recs:
            data = self.read(rec.pos + 64, rec.stored)
            if len(data) != rec.stored or zlib.crc32(data) != rec.crc:
                damage("the record at %d does not match its checksum" % rec.pos)
            elif rec.codec == 2:
                packed.append((rec, data[40 if rec.type == BLOB else 0:]))
            else:
                data = data[40 if rec.type == BLOB else 0:]
                out[rec.pos] = zlib.decompress(data) if rec.codec == 1 else data
        # zstd frames one behind the other are one file, cut by known lengths.
        at, text = 0, packed and subprocess.run(
            ["zstd", "-dcq"], input=b"".join(data for _, data in packed),
            stdout=subprocess.PIPE, check=True).stdout
        for rec, _ in packed:
            out[rec.pos] = text[at:at + rec.raw]
            at += rec.raw
        return out

class Cursor:
    """Section 3: the fields of an item, one by one."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, length):
        if length > len(self.data) - self.at:
            raise Damage("an item is cut short")
        self.at += length
        return self.data[self.at - length:self.at]
    def byte(self):
        return self.bytes(1)[0]
    def varint(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value
    def svarint(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)
    def string(self):
        return self.bytes(self.varint()).decode("utf-8", "surrogateescape")
    def list(self, one):
        return [one() for _ in range(self.varint())]
    def when(self):
        return {"unix": self.svarint(), "zone": self.svarint()}
    def step(self):
        kind, form, blob = self.byte(), None, None
        if kind in (1, 3):
            form = self.varint(), self.byte(), self.varint(), self.varint()
        if kind in (2, 3):
            blob = self.bytes(32)
        return form, blob, self.varint()

def parse_message(data):
    c = Cursor(data)
    m = {"id": c.varint(), "size": c.varint(), "hash": c.bytes(32)}
    c.bytes(32 if c.byte() else 0)  # the hash in LF form finds twins; not needed here
    m["crlf"], m["content"] = c.byte() == 1, c.varint()
    if m["content"] == m["id"]:
        m["steps"] = c.list(c.step)
        m["extents"] = c.list(lambda: (c.varint(), c.varint(), c.varint()))
    return m

def parse_placement(data):
    c = Cursor(data)
    p = {"placement": c.varint(), "message": c.varint(), "folder": c.varint(),
         "uid": c.varint(), "flags": c.varint(), "exactness": EXACTNESS[c.byte() & 3]}
    p["received"] = c.when() if c.byte() else None
    p["received_from"] = c.string()
    chosen = (p["received_from"], p["received"])
    p["dates"] = c.list(lambda: (lambda s: (s, c.when()) if s else chosen)(c.string()))
    p["origin"] = c.string()
    p["envelope_sender"] = c.string() if c.byte() else None
    p["keywords"], p["labels"] = c.list(c.string), c.list(c.string)
    p["props"] = c.list(lambda: (c.string(), c.string()))
    p["accession"] = c.varint()
    return p

def apply_change(p, data):
    c = Cursor(data)
    _, sec, kind = c.varint(), c.svarint(), c.varint()
    if kind == 1:
        p["flags"], p["keywords"] = c.varint(), c.list(c.string)
    elif kind == 2:
        p["folder"], p["uid"] = c.varint(), c.varint()
    elif kind == 3:
        p["expunged"] = sec
    elif kind == 4:
        p["labels"] = c.list(c.string)
    elif kind == 7:
        p["expunged"] = sec
    elif kind == 8:
        p.pop("expunged", None)
        _, p["folder"], p["uid"] = c.varint(), c.varint(), c.varint()
    elif kind == 9:
        c.varint()
        for _ in range(2):
            p["received"], p["received_from"] = c.when() if c.byte() else None, c.string()

class Archive:
    def __init__(self, path):
        self.log = Log(path)
        self.blocks, self.blobs, self.order, items = {}, {}, [], []
        self.cache = collections.OrderedDict()
        self.folders, self.messages, self.placements = {}, {}, {}
        self.changes = collections.defaultdict(list)
        for start, end in self.ranges():
            for rec in self.log.scan(start, end, lambda pos, n: damage(
                    "%d bytes at %d are no record" % (n, pos))):
                self.take(rec, items)
        self.index = {rec.pos: i for i, rec in enumerate(self.order)}
        for i in range(0, len(items), 16):
            for pos, data in self.log.unpack(items[i:i + 16]).items():
                try:
                    self.take_items(data)
                except Damage as problem:
                    damage("items at %d: %s" % (pos, problem))

    def ranges(self):
        """Section 4: what the commits cover; the rest is what crashes left."""
        before, behind = 0, 128
        for rec in self.log.scan(128, 1 << 63, lambda pos, n: None):
            data = self.log.unpack([rec]).get(rec.pos) if rec.type == COMMIT else None
            if not data or rec.id <= before:
                continue
            c = Cursor(data)
            number, since = c.varint(), struct.unpack("<Q", c.bytes(8))[0]
            # A commit that is gone leaves what it covered.
            yield (since if number == before + 1 else behind), rec.pos
            before, behind = number, rec.pos + 64 + rec.stored
        if not before:
            sys.exit("no commit found: not a mailark archive, or nothing is left of it")

    def take(self, rec, items):
        if rec.type == BLOCK:
            self.blocks[rec.id] = rec
        elif rec.type == BLOB:  # its frames follow each other, the first has id 0
            key = self.log.read(rec.pos + 64, 32)
            self.blobs[key] = (self.blobs.get(key, []) if rec.id else []) + [rec]
        elif rec.type == ITEMS:
            items.append(rec)
        elif rec.type == HEAD:
            c = Cursor(self.log.unpack([rec]).get(rec.pos, bytes(3)))
            c.string(), c.svarint()
            for name, bits in c.list(lambda: (c.string(), c.varint())):
                if name == "elsewhere":
                    sys.exit("a catalog of mail that lies elsewhere: no message is in it")
                if bits & 1:
                    sys.exit("a later program is needed: feature %s" % name)
        elif rec.type > SEAL and not rec.flags & 1:
            sys.exit("a later program is needed: record type %d" % rec.type)
        if rec.type in (BLOCK, BLOB):
            self.order.append(rec)

    def take_items(self, data):
        c = Cursor(data)
        while c.at < len(data):
            kind, item = c.byte(), c.bytes(c.varint())
            fields = Cursor(item)
            key = fields.varint()
            if kind == 1:
                self.folders[key] = fields.list(fields.string)
            elif kind == 2:
                self.messages[key] = item
            elif kind == 3:
                self.placements[key] = item
            elif kind == 4:
                self.changes[key].append(item)
            elif kind not in (5, 6) and kind < 128:
                sys.exit("a later program is needed: item type %d" % kind)

    def unpacked(self, rec):
        """A block or frame; those behind it come along, they are next."""
        if rec.pos not in self.cache:
            i, batch = self.index[rec.pos], []
            while i < len(self.order) and sum(r.raw for r in batch) < BATCH:
                if self.order[i].pos not in self.cache:
                    batch.append(self.order[i])
                i += 1
            self.cache.update(self.log.unpack(batch))
            while sum(map(len, self.cache.values())) > KEEP:
                self.cache.popitem(last=False)
        if rec.pos not in self.cache:
            raise Damage("the record at %d cannot be had" % rec.pos)
        return self.cache[rec.pos]

    def steps(self, message):
        """Section 5: the stored bytes of a message, step by step."""
        text = (self.unpacked(self.blocks[block])[offset:offset + length]
                for block, offset, length in message["extents"])
        rest = b""
        for form, blob, length in message["steps"]:
            if blob:
                data = b"".join(map(self.unpacked, self.blobs.get(blob, [])))
            else:
                while len(rest) < length and (more := next(text, b"")):
                    rest += more
                data, rest = rest[:length], rest[length:]
            if len(data) != length:
                raise Damage("a part of the message is missing")
            yield encode(data, *form) if form else data

def encode(data, line, crlf, lead, trail):
    text, end = base64.b64encode(data), b"\r\n" if crlf else b"\n"
    if line:
        text = end.join(text[i:i + line] for i in range(0, len(text), line))
    return end * lead + text + end * trail

def safe(part):
    """A folder's name as the name of a directory."""
    name = re.sub(r"[/%\x00-\x1f\x7f]|^\.", lambda m: "%%%02X" % ord(m[0]), part)
    return name[:60] + ("%" + hashlib.sha256(os.fsencode(part)).hexdigest()[:16]) * (len(name) > 60)

def write(archive, number, path):
    """One message into a file; it has its name only when its hash is right."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    digest = hashlib.sha256()
    with open(path + ".damaged", "wb") as out:
        message = parse_message(archive.messages[number])
        content = parse_message(archive.messages[message["content"]])
        for piece in archive.steps(content):
            piece = piece.replace(b"\n", b"\r\n") if message["crlf"] else piece
            digest.update(piece)
            out.write(piece)
    if digest.digest() != message["hash"]:
        raise Damage("message %d does not match its hash" % number)
    os.replace(path + ".damaged", path)
    return {"size": message["size"], "sha256": message["hash"].hex()}

def main(args):
    switches = {a for a in args if a.startswith("--")}
    places = [a for a in args if a not in switches]
    if len(places) != 2 or switches - {"--list", "--expunged"}:
        sys.exit(__doc__)
    archive, counts, out = Archive(places[0]), collections.Counter(), sys.stdout
    if "--list" not in switches:
        os.makedirs(places[1], exist_ok=True)
        out = open(os.path.join(places[1], "metadata.jsonl"), "w", encoding="ascii")
    known = [parse_placement(item) for item in archive.placements.values()]
    # A message that lost its place to damage is still a message.
    for number in archive.messages.keys() - {p["message"] for p in known}:
        known.append({"placement": 0, "message": number, "folder": 0, "flags": 0})
    for p in known:
        for change in archive.changes.get(p["placement"], []):
            apply_change(p, change)
        p["folder"] = archive.folders.get(p["folder"], ["%unplaced"])
        p["flags"] = [name for i, name in enumerate(FLAGS) if p["flags"] >> i & 1]
        folder = os.path.join("", *map(safe, p["folder"]))
        if "expunged" not in p or "--expunged" in switches:
            counts[folder] += 1
            p["file"] = os.path.join(folder, "%d.eml" % counts[folder])
        if "file" in p and out is not sys.stdout:
            try:
                p.update(write(archive, p["message"], os.path.join(places[1], p["file"])))
            except (Damage, KeyError) as problem:  # a KeyError: what is missing
                p["damaged"] = repr(problem)
                damage("%s: %r" % (p["file"], problem))
        print(json.dumps(p), file=out)
    print("%d messages, %d damages" % (sum(counts.values()), len(damages)), file=sys.stderr)
    return 1 if damages else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# The end of extract.py.
