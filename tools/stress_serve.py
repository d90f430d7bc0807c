#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server has to bear: `make stress-serve`.

usage: stress_serve.py MAILARK ARCHIVE [IDLE [CYCLES [CROWD]]]

The program serves the archive, which has mail in INBOX, and its process' memory
is looked at.

 1. IDLE clients log in, select and idle; how much memory is one of them?
 2. One asks for all mail and reads nothing: others are answered meanwhile.
 3. CROWD clients at a time come and go, CYCLES in all, every other one of them
    hostile: the good ones hear nothing but OK.  Memory at the end is what it
    was after a quarter of them.  CYCLES may be a time: 60m.

Ends with 1 and says why when something does not hold.
"""
import os, random, select, socket, subprocess, sys, tempfile, threading, time

program, archive = sys.argv[1:3]
idle = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
cycles = sys.argv[4] if len(sys.argv) > 4 else '20000'
minutes = float(cycles[:-1]) if cycles.endswith('m') else 0
cycles = sys.maxsize if minutes else int(cycles)
crowd = int(sys.argv[5]) if len(sys.argv) > 5 else 1000
# KiB; a build with sanitizers takes what it wants and keeps what was freed.
any_memory = os.environ.get('STRESS_MEMORY') == 'any'
IDLE_KB = 1 << 20 if any_memory else 150      # 300 MB for 2,000
GROWTH_KB = 1 << 20 if any_memory else 24 << 10  # what is not a leak yet
SETTLE_S = 12          # until it gives back what a crowd took
wrong = []


def memory():
    """Resident, in KiB."""
    for line in open('/proc/%d/status' % pid):
        if line.startswith('VmRSS'):
            return int(line.split()[1])


def hold(good, what):
    print('%s: %s' % ('holds' if good else 'FALLS SHORT', what), flush=True)
    if not good:
        wrong.append(what)


class Client:
    def __init__(self):
        self.s = socket.create_connection(('127.0.0.1', port), 120)
        self.buf = b''
        self.heard = time.monotonic()
        self.line()

    def line(self):
        while b'\n' not in self.buf:
            got = self.s.recv(65536)
            if not got:
                raise EOFError('the connection ended')
            self.buf += got
        line, self.buf = self.buf.split(b'\n', 1)
        return line

    def run(self, command):
        paused = time.monotonic() - self.heard
        self.s.sendall(b'g ' + command + b'\r\n')
        while True:
            line = self.line()
            if line.startswith(b'+ ') and command == b'IDLE':
                return
            if line.startswith(b'g '):
                self.heard = time.monotonic()
                if not line.startswith(b'g OK'):
                    raise ValueError('%r: %r' % (command, line))
                return
            if line.startswith(b'* BYE') and command != b'LOGOUT':
                raise ValueError('%r, said %.0f s after the last answer: %r' % (
                    command, paused, line))

    def login(self):
        self.run(b'LOGIN mailark secret')
        return self


def sit():
    before = memory()
    all = [Client().login() for _ in range(idle)]
    for c in all:
        c.run(b'SELECT INBOX')
        c.run(b'IDLE')
    time.sleep(2)
    each = (memory() - before) / max(idle, 1)
    hold(each < IDLE_KB, '%d idle clients, %.1f KiB each, %d MB in all' % (
        idle, each, memory() / 1024))
    # All of them hear of a change.
    c = Client().login()
    c.run(b'APPEND INBOX {19+}\r\nSubject: new\r\n\r\n.\r\n')
    heard = 0
    end = time.monotonic() + 120
    for s in all:
        s.s.settimeout(max(1, end - time.monotonic()))
        try:
            heard += b'EXISTS' in s.line()
        except OSError:
            break
    hold(heard == len(all), '%d of them hear of a new message' % heard)
    for s in all:
        s.s.close()


def slow_reader():
    slow = [Client().login() for _ in range(8)]
    for s in slow:
        s.run(b'SELECT INBOX')
        s.s.sendall(b'a FETCH 1:* (BODY.PEEK[])\r\n' * 20)
    begin = time.monotonic()
    for _ in range(50):
        c = Client().login()
        c.run(b'SELECT INBOX')
        c.run(b'FETCH 1:5 (FLAGS UID ENVELOPE)')
        c.run(b'LOGOUT')
    took = time.monotonic() - begin
    hold(True, '50 clients beside 8 that read nothing, %.1f s' % took)
    for s in slow:
        s.s.close()


def good(rnd):
    c = Client().login()
    c.run(b'SELECT INBOX')
    c.run(rnd.choice([b'NOOP', b'FETCH 1:10 (FLAGS UID RFC822.SIZE)',
                      b'SEARCH SUBJECT the', b'SORT (DATE) UTF-8 ALL',
                      b'FETCH 1 BODY.PEEK[]', b'STATUS INBOX (MESSAGES)',
                      b'LIST "" *', b'THREAD REFERENCES UTF-8 ALL',
                      b'UID STORE 1 +FLAGS (\\Flagged)']))
    c.run(b'LOGOUT')


WORDS = [b'FETCH', b'1:*', b'(', b')', b'"', b'\\', b'BODY[', b']', b'{3}',
         b'{99999999999}', b'UID', b'SEARCH', b'NOT', b'OR', b'APPEND',
         b'INBOX', b'NIL', b'*', b'%', b'~{2+}', b'STORE', b'+FLAGS', b'LOGIN',
         b'AUTHENTICATE', b'PLAIN', b'=', b'IDLE', b'DONE', b'\0', b'\xff',
         b'LIST', b'%*' * 20, b'a' * 2000, b'((((' * 50]


def hostile(rnd):
    s = socket.create_connection(('127.0.0.1', port), 120)
    what = rnd.randrange(7)
    if what == 0:  # TLS garbage
        s.sendall(b'a STARTTLS\r\n')
        s.sendall(os.urandom(rnd.randrange(2000)))
    elif what == 1:  # half a literal
        s.sendall(b'a LOGIN mailark secret\r\nb APPEND INBOX {100000+}\r\n' +
                  b'x' * rnd.randrange(60000))
    elif what == 2:  # a flood that nobody reads answers to
        s.setblocking(False)
        try:
            s.sendall(b'a LOGIN mailark secret\r\n' + b'b NOOP\r\n' * 5000)
        except BlockingIOError:
            pass
    elif what == 3:  # commands by chance
        s.sendall(b'a LOGIN mailark secret\r\nb SELECT INBOX\r\n')
        for _ in range(40):
            s.sendall(b'c ' + b' '.join(
                rnd.choice(WORDS) for _ in range(rnd.randrange(1, 9))) +
                      b'\r\n')
    elif what == 4:  # noise
        s.sendall(os.urandom(rnd.randrange(20000)))
    elif what == 5:  # gone at once
        pass
    else:  # bad logins
        s.sendall(b'a LOGIN mailark wrong\r\n')
    if rnd.randrange(2):
        select.select([s], [], [], 0.2)
    s.close()


def crowd_of(n, seed):
    rnd = random.Random(seed)
    came = [0]
    end = time.monotonic() + minutes * 15 if minutes else float('inf')
    lock = threading.Lock()
    errors = []

    def run(own):
        while True:
            with lock:
                if came[0] == n or time.monotonic() > end:
                    return
                i = came[0]
                came[0] += 1
            try:
                (hostile if i % 2 else good)(own)
            except (OSError, EOFError, ValueError) as e:
                if not i % 2:
                    errors.append(repr(e)[:200])

    threads = [threading.Thread(target=run,
                                args=(random.Random(rnd.random()),))
               for _ in range(min(crowd, n))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return came[0], errors


def storm():
    errors, seen, came = [], [], 0
    for quarter in range(4):
        n, wrong_ones = crowd_of(cycles // 4, quarter)
        came += n
        errors += wrong_ones
        time.sleep(SETTLE_S if cycles >= 4000 else 0)
        seen.append(memory())
    hold(not errors, 'of %d clients, half of them hostile, %d good ones saw '
         'an error %s' % (came, len(errors), errors[:3] or ''))
    hold(seen[3] - seen[0] < GROWTH_KB,
         'memory after each quarter of them: %s KiB' % seen)


with tempfile.TemporaryDirectory() as home:
    serve = subprocess.Popen(
        [program, 'serve', '--imap', '127.0.0.1:0', '--imaps',
         '127.0.0.1:0', archive], stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, HOME=home, XDG_CONFIG_HOME=home,
                 MAILARK_PASSWORD='secret'))
    port = int(serve.stdout.readline().split()[1].split(':')[1])
    pid = serve.pid
    try:
        sit()
        slow_reader()
        storm()
    finally:
        serve.terminate()
    hold(serve.wait() == 0, 'it ends well')
sys.exit(1 if wrong else 0)
