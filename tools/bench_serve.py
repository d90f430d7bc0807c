#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server beside Dovecot, on the same mail: `make bench-serve`.

usage: bench_serve.py BUILD [MAIL]

A plain client in the clear reads and throws away what each server sends; the
best of three, after a first run that warms both (Dovecot: Maildir with its
default indexes).  Without MAIL, generated list mail.
"""
import os, socket, subprocess, sys, tempfile, time

build = sys.argv[1]
mailark = os.path.join(build, 'mailark')
tmp = tempfile.mkdtemp(prefix='mailark-bench-')
env = dict(os.environ, XDG_CONFIG_HOME=tmp, HOME=tmp, MAILARK_PASSWORD='secret')


class Client:
    def __init__(self, port, user):
        self.s = socket.create_connection(('127.0.0.1', port))
        self.f = self.s.makefile('rb', 1 << 20)
        self.f.readline()
        self.run(b'LOGIN ' + user + b' secret')

    def run(self, command):
        self.s.sendall(b'x ' + command + b'\r\n')
        n = 0
        while True:
            line = self.f.readline()
            n += len(line)
            if line.startswith(b'x '):
                assert line.startswith(b'x OK'), line
                return n
            while line.endswith(b'}\r\n'):
                left = int(line[line.rindex(b'{') + 1:-3].rstrip(b'+'))
                while left:
                    got = len(self.f.read(min(left, 1 << 20)))
                    left -= got
                    n += got
                line = self.f.readline()
                n += len(line)


def main():
    mail = sys.argv[2] if len(sys.argv) > 2 else None
    if not mail:
        mail = os.path.join(tmp, 'list')
        with open(mail, 'wb') as out:
            subprocess.run([os.path.join(build, 'gen-mail'), '-n', '20000'],
                           stdout=out, check=True)
    archive = os.path.join(tmp, 'a.mailark')
    subprocess.run([mailark, 'copy', '-q', mail, archive], check=True, env=env)
    lab = subprocess.Popen([os.path.join(build, 'imap-lab'), 'serve'],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    dovecot = int(lab.stdout.readline().split()[1])
    password = os.path.join(tmp, 'password')
    with open(os.open(password, os.O_CREAT | os.O_WRONLY, 0o600), 'w') as f:
        f.write('secret\n')
    subprocess.run([mailark, 'copy', '-q', '--to',
                    'imap,tls=off,password-file=' + password, archive,
                    'imap://user1@127.0.0.1:%d' % dovecot], check=True, env=env)
    serve, port = start(archive)
    box = max(((int(c.split(b'MESSAGES ')[1].split(b')')[0]), c)
               for c in statuses(port)), key=lambda x: x[0])
    name = box[1].split(b' (MESSAGES')[0].split(b'STATUS ')[1]
    print('%d messages in %s' % (box[0], name.decode()))
    ours = Client(port, b'mailark')
    first(ours, name, 'the first SELECT there was')
    serve.terminate()
    serve.wait()
    serve, port = start(archive)
    ours, theirs = Client(port, b'mailark'), Client(dovecot, b'user1')
    first(ours, name, 'the first of another server')
    jobs = [
        ('SELECT', b'SELECT ' + name),
        ('FLAGS', b'FETCH 1:* (FLAGS)'),
        ('FLAGS UID ENVELOPE BODYSTRUCTURE',
         b'FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE)'),
        ('UID FLAGS RFC822.SIZE', b'FETCH 1:* (UID FLAGS RFC822.SIZE)'),
        ('some header fields', b'FETCH 1:* (BODY.PEEK[HEADER.FIELDS '
                               b'(FROM TO CC SUBJECT DATE MESSAGE-ID)])'),
        ('every body', b'FETCH 1:* (BODY.PEEK[])'),
        ('SEARCH TEXT, one word', b'SEARCH TEXT committee'),
        ('SEARCH BODY, one word', b'SEARCH BODY zebra'),
        ('SEARCH SUBJECT', b'SEARCH SUBJECT report'),
        ('SORT (DATE)', b'SORT (DATE) UTF-8 ALL'),
        ('SORT (SUBJECT)', b'SORT (SUBJECT) UTF-8 ALL'),
        ('THREAD REFERENCES', b'THREAD REFERENCES UTF-8 ALL'),
    ]
    print('%-34s %10s %10s %8s' % ('', 'mailark', 'Dovecot', 'times'))
    for what, command in jobs:
        best = []
        for client in (ours, theirs):
            if not what.startswith('SELECT'):
                client.run(jobs[0][1])
            client.run(command)
            t = []
            for _ in range(3):
                begin = time.perf_counter()
                client.run(command)
                t.append(time.perf_counter() - begin)
            best.append(min(t))
        print('%-34s %8.1f ms %8.1f ms %8.1f' % (
            what, best[0] * 1e3, best[1] * 1e3, best[1] / best[0]))
    serve.terminate()
    lab.stdin.close()
    serve.wait()
    lab.wait()
    subprocess.run(['rm', '-rf', tmp], check=True)


def start(archive):
    serve = subprocess.Popen([mailark, 'serve', '--imap', '127.0.0.1:0',
                              archive], stdout=subprocess.PIPE, env=env)
    return serve, int(serve.stdout.readline().split()[1].split(b':')[1])


def first(client, name, what):
    begin = time.perf_counter()
    client.run(b'SELECT ' + name)
    print('%s: %.1f ms' % (what, (time.perf_counter() - begin) * 1e3))


def statuses(port):
    s = socket.create_connection(('127.0.0.1', port))
    f = s.makefile('rb')
    f.readline()
    s.sendall(b'a LOGIN mailark secret\r\n'
              b'b LIST "" * RETURN (STATUS (MESSAGES))\r\n')
    for line in f:
        if line.startswith(b'* STATUS'):
            yield line
        if line.startswith(b'b '):
            return


main()
