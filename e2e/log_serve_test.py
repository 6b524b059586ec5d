#!/usr/bin/env python3
"""A log read by another reader: tlog-tiles and RFC 6962 written here anew, nothing of ours but HTTP.
Every tile, every entry's inclusion, consistency between checkpoints; a kill; concurrent writers.
Usage: log_serve_test.py ATOMA"""
import base64
import concurrent.futures
import hashlib
import json
import signal
import sys
import tempfile

from served import Served

ATOMA = sys.argv[1]
ORIGIN = "test.example/generic"


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    """RFC 6962 section 2.1, as written."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node(root_of(hashes[:k]), root_of(hashes[k:]))


class Log(Served):
    def __init__(self, data):
        super().__init__(ATOMA, "log", "serve", "--data", data, "--origin", ORIGIN, "--listen",
                         "127.0.0.1:0")
        self.key = self.ready["log_key"]

    def get(self, path):
        status, body, _ = self.ask("GET", path)
        assert status == 200, (path, status, body)
        return body


def checkpoint(log):
    """Size and root. Signatures are checked elsewhere: this Python has no Ed25519."""
    text, _, signatures = log.get("/checkpoint").decode().partition("\n\n")
    origin, size, root = text.split("\n")
    assert origin == ORIGIN and signatures.startswith("\u2014 " + ORIGIN + " "), text
    assert str(int(size)) == size
    return int(size), base64.b64decode(root, validate=True)


def index_path(n):
    out = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        out = f"x{n % 1000:03}/{out}"
    return out


def tile_path(level, index, width):
    return f"/tile/{level}/{index_path(index)}" + ("" if width == 256 else f".p/{width}")


def rows(size):
    """Of each level: (index, width)."""
    level = 0
    while size >> 8 * level:
        row = size >> 8 * level
        yield level, [(i, min(256, row - 256 * i)) for i in range((row + 255) // 256)]
        level += 1


def read_tiles(log, size):
    """Every tile of the tree, each checked against the level below; the leaf hashes."""
    below = []
    leaves = []
    for level, tiles in rows(size):
        row = []
        for index, width in tiles:
            body = log.get(tile_path(level, index, width))
            assert len(body) == 32 * width, (level, index, width, len(body))
            row += [body[i:i + 32] for i in range(0, len(body), 32)]
        if level == 0:
            leaves = row
        for i, value in enumerate(row if level else []):
            assert value == root_of(below[256 * i:256 * (i + 1)]), (level, i)
        below = row
    return leaves


def read_entries(log, size):
    out = []
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        body = log.get(tile_path("entries", index, width))
        count = 0
        while body:
            length = int.from_bytes(body[:2], "big")
            assert len(body) >= 2 + length
            out.append(body[2:2 + length])
            body = body[2 + length:]
            count += 1
        assert count == width, (index, width, count)
    return out


def inclusion_root(index, size, entry, proof):
    """RFC 9162 section 2.1.3.2."""
    fn, sn, value = index, size - 1, leaf(entry)
    for sibling in proof:
        assert sn != 0
        if fn & 1 or fn == sn:
            value = node(sibling, value)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            value = node(value, sibling)
        fn >>= 1
        sn >>= 1
    assert sn == 0
    return value


def check_all(log, expected):
    size, root = checkpoint(log)
    assert size == len(expected), (size, len(expected))
    leaves = read_tiles(log, size)
    entries = read_entries(log, size)
    assert entries == expected
    assert [leaf(e) for e in entries] == leaves
    assert root_of(leaves) == root
    for index in range(0, size, 1 if size < 400 else 37):
        answer = json.loads(log.get(f"/v1/log/inclusion?index={index}&size={size}"))
        proof = [base64.b64decode(h) for h in answer["proof"]]
        assert inclusion_root(index, size, entries[index], proof) == root, index
    return leaves


def bundle(entries):
    return b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def main():
    with tempfile.TemporaryDirectory() as data:
        log = Log(data)
        assert checkpoint(log) == (0, hashlib.sha256(b"").digest())
        assert log.get("/log/verifier-key").decode() == log.key + "\n"
        entries, roots = [], {}
        for i in range(300):
            entry = f"entry {i}".encode() + b"\0" * (i % 7)
            status, body, _ = log.ask("POST", "/add", entry)
            assert (status, body) == (200, str(i).encode()), (status, body)
            entries.append(entry)
            size, roots[i + 1] = checkpoint(log)
            assert size == i + 1
        leaves = check_all(log, entries)
        # Consistency: each checkpoint that was shown is of a prefix of what is there now.
        for size, root in roots.items():
            assert root_of(leaves[:size]) == root, size
        # A partial tile stays for each size that was shown.
        for width in range(1, 256):
            assert log.get(tile_path(0, 0, width)) == b"".join(leaves[:width])

        more = [b"batch %d" % i for i in range(4000)]
        status, body, _ = log.ask("POST", "/v1/log/entries", bundle(more))
        assert (status, json.loads(body)) == (200, {"first": 300, "count": 4000}), body
        entries += more

        def add(i):
            status, body, _ = log.ask("POST", "/add", b"writer %d" % i)
            assert status == 200, (status, body)
            return int(body), b"writer %d" % i
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            placed = sorted(pool.map(add, range(400)))
        assert [p for p, _ in placed] == list(range(4300, 4700))
        entries += [e for _, e in placed]
        leaves = check_all(log, entries)

        log.stop(signal.SIGKILL)  # what was acknowledged is there
        log = Log(data)
        assert check_all(log, entries) == leaves

        for path in ("/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/0", "/tile/0/018.p/93",
                     "/tile/3/000", "/tile/entries/019"):
            assert log.ask("GET", path)[0] == 404, path
        assert log.ask("POST", "/add", b"")[0] == 400
        assert log.ask("POST", "/add", b"x" * 65536)[0] == 413
        assert log.ask("POST", "/v1/log/entries", b"\0\1")[0] == 400
        assert log.ask("GET", "/tile/0/000")[2]["Cache-Control"].endswith("immutable")
        log.stop()
        assert log.process.returncode == 0
    print("a log of", len(entries), "entries, read from outside")


main()
