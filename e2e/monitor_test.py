#!/usr/bin/env python3
"""`atoma monitor` beside a real `atoma registry serve`: an honest log, a restart, and each lie.

The evidence of a fork is checked here anew: RFC 9162 consistency in Python, nothing of ours.
Usage: monitor_test.py ATOMA"""
import base64
import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from served import Served, WITHIN, soon

ATOMA = sys.argv[1]
ORIGIN = "test.example/monitored"
FOLDER = pathlib.Path(tempfile.mkdtemp())


def atoma(*arguments, expect=0):
    done = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True, text=True,
                          timeout=WITHIN)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Process(Served):
    def __init__(self, *command):
        super().__init__(ATOMA, *command)

    def size(self):
        return int(self.ask("GET", "/checkpoint")[1].split(b"\n")[1])


class Ledger(Process):
    def __init__(self, data, listen="127.0.0.1:0"):
        super().__init__("registry", "serve", "--data", data, "--origin", ORIGIN, "--key",
                         FOLDER / "sequencer", "--genesis", FOLDER / "genesis.yaml", "--listen",
                         listen)

    def submit(self, label, count=1):
        for _ in range(count):
            atoma("registry", "submit", "--server", self.url, "--key", FOLDER / "broker", "--type",
                  "deployment", "--namespace", "test", "--label", label)
        return self

    def read(self, what, label, *more, expect=0, watcher=None, key=0):
        """`registry lookup` or `registry history`, where a map cosigner is named with its word."""
        cosigned = ["--map-cosigner", watcher.ready["keys"][key], "--monitor", watcher.url] if watcher else []
        return atoma("registry", what, "--server", self.url, "--namespace", "test", "--label", label,
                     "--log-key", LOG_KEY, "--sequencer", self.ready["sequencer"], *cosigned, *more,
                     expect=expect)[0]

    def settled(self):
        """Until nothing is appended any more: the index root is on the log."""
        size = self.size()
        time.sleep(1.2)
        while self.size() != size:
            size = self.size()
            time.sleep(1.2)
        return size


def monitor(url, *more, state="state", expect=0):
    """The findings by id, and what was concluded."""
    lines = atoma("monitor", url, "--log-key", LOG_KEY, "--state", FOLDER / state, "--once", *more,
                  expect=expect)
    assert lines[-1]["ok"] is (expect == 0), lines
    return {line["finding"]: line for line in lines[:-1]}, lines[-1]


class Monitor(Process):
    """One that goes on, cosigns and answers."""
    NAME = "monitor.example/m"

    def __init__(self, url, state, interval=1):
        super().__init__("monitor", url, "--log-key", LOG_KEY, "--state", FOLDER / state,
                         "--cosign-as", self.NAME, "--listen", "127.0.0.1:0", "--interval", interval)

    def line(self):
        return json.loads(self.process.stdout.readline())

    def shown(self):
        """The size it shows with its own two cosignatures, or the refusal."""
        status, body, _ = self.ask("GET", "/checkpoint")
        if status != 200:
            return json.loads(body)["reason"]
        lines = body.decode().split("\n")
        assert sum(line.startswith("\u2014 " + self.NAME) for line in lines) == 2, lines
        return int(lines[1])

    def health(self):
        status, body, _ = self.ask("GET", "/healthz")
        answer = json.loads(body)
        assert (status == 200) is answer["ok"], answer
        return answer.get("reason", "")

    def metric(self, name):
        text = self.ask("GET", "/metrics")[1].decode()
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name)))


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def consistent(first, second, first_root, second_root, proof):
    """RFC 9162 section 2.1.4.2, as written."""
    proof = list(proof)
    if first & (first - 1) == 0:
        proof.insert(0, first_root)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def check_evidence(files):
    """Two notes of one log that no one tree can have: anybody can see it."""
    notes = [pathlib.Path(file).read_text().split("\n") for file in files[:2]]
    assert notes[0][0] == notes[1][0] == ORIGIN
    sizes = [int(note[1]) for note in notes]
    roots = [base64.b64decode(note[2]) for note in notes]
    assert all(line.startswith("\u2014 " + ORIGIN) for line in (notes[0][4], notes[1][4])), notes
    if sizes[0] == sizes[1]:
        assert roots[0] != roots[1] and len(files) == 2
        return
    proof = json.loads(pathlib.Path(files[2]).read_text())
    root = base64.b64decode(proof["root"])
    growth = [base64.b64decode(part) for part in proof["growth"]]
    assert root != roots[0]
    assert consistent(sizes[0], sizes[1], root, roots[1], growth), proof
    assert not consistent(sizes[0], sizes[1], roots[0], roots[1], growth)


KEYS = {name: atoma("registry", "keygen", FOLDER / name)[0] for name in ("sequencer", "anna", "broker")}
(FOLDER / "genesis.yaml").write_text(
    "issuers:\n"
    f'  - {{name: anna, key: "{KEYS["anna"]["key"]}", roles: [member], weight: 1}}\n'
    f'  - {{name: broker, key: "{KEYS["broker"]["key"]}", roles: [service]}}\n'
    "thresholds: {add: 1, remove: 1, delay_seconds: 0}\n")

# Honest, again after more, and over restarts of both sides.
ledger = Ledger(FOLDER / "data").submit("shop", 5)
LOG_KEY = ledger.ready["log_key"]
size = ledger.settled()
found, end = monitor(ledger.url)
assert not found and end["verified"] == size and end["index_at"] > 0, end
ledger.submit("shop", 3)
ledger.stop(signal.SIGKILL)
shutil.copytree(FOLDER / "data", FOLDER / "early")
ledger = Ledger(FOLDER / "data").submit("shop", 2)
size = ledger.settled()
assert monitor(ledger.url)[1]["verified"] == size
wrong = atoma("monitor", ledger.url, "--log-key", ledger.ready["log_key"].replace("+", "+0", 1),
              "--state", FOLDER / "none", "--once", expect=2)
assert wrong[0]["error"]["reason"] == "file.unreadable", wrong

# One that follows: it cosigns what it replayed, knows it again after a kill, and says what ends.
address = ledger.url.removeprefix("http://")
follower = Monitor(ledger.url, "following")
soon("a cosigned checkpoint", lambda: follower.shown() == size)
soon("all is well", lambda: follower.health() == "")
assert follower.metric("atoma_monitor_verified_entries") == size
assert follower.metric("atoma_monitor_lag_entries") == 0
assert not monitor(ledger.url, "--peer", follower.url, state="compares")[0]
ledger.submit("shop")
size = ledger.settled()
soon("it goes on", lambda: follower.shown() == size)
keys = follower.ready["keys"]
follower.stop(signal.SIGKILL)
follower = Monitor(ledger.url, "following")
assert follower.ready["keys"] == keys and follower.shown() == size
soon("all is well again", lambda: follower.health() == "")
# Lookups and histories that a map cosigner vouches for; one that stands still vouches for the past.
for key in (0, 1):
    found = ledger.read("lookup", "shop", watcher=follower, key=key)
    assert found["versions"] == 11 and found["cosigned_size"] == size, found
frozen = Monitor(ledger.url, "frozen", 86400)
soon("a cosigned checkpoint", lambda: frozen.shown() == size)
ledger.submit("shop", 2)
ledger.settled()
assert ledger.read("lookup", "shop")["versions"] == 13
old = ledger.read("lookup", "shop", watcher=frozen)
assert old["versions"] == 11 and old["cosigned_size"] == size and old["behind"] > 2, old
assert ledger.read("lookup", "nothing", watcher=frozen, expect=1)["found"] is False
entries = ledger.read("history", "shop", watcher=frozen)["entries"]
assert len(entries) == 11 and all(a["index"] < b["index"] for a, b in zip(entries, entries[1:]))
assert len(ledger.read("history", "shop")["entries"]) == 13
assert ledger.read("history", "nothing", expect=1)["entries"] == []
stranger = atoma("registry", "lookup", "--server", ledger.url, "--namespace", "test", "--label", "shop",
                 "--log-key", LOG_KEY, "--sequencer", ledger.ready["sequencer"], "--map-cosigner",
                 follower.ready["keys"][0], "--monitor", frozen.url, expect=1)[0]
assert stranger["error"]["reason"] == "cosignature.missing", stranger
late = ledger.read("lookup", "shop", "--max-lag", 1, watcher=frozen, expect=1)
assert late["error"]["reason"] == "lookup.lag", late
size = ledger.settled()
soon("it goes on", lambda: follower.shown() == size)

ledger.stop(signal.SIGKILL)
assert follower.line()["finding"] == "monitor.unreachable"
assert follower.health() == "monitor.unreachable" and follower.shown() == size
assert follower.metric('atoma_monitor_findings{finding="monitor.unreachable"}') == 1
ledger = Ledger(FOLDER / "data", address)
assert follower.line() == {"cleared": "monitor.unreachable"}
# Another history at the same address: it is told once, and nothing is shown any more.
ledger.stop()
shutil.copytree(FOLDER / "early", FOLDER / "fork")
fork = Ledger(FOLDER / "fork", address).submit("fork", 20)
fork.settled()
lie = fork.read("lookup", "shop", watcher=frozen, expect=1)
assert lie["error"]["reason"] == "lookup.fork", lie
frozen.stop()
finding = soon("the fork", lambda: next((line for line in [follower.line()] if line.get("finding") ==
                                         "monitor.equivocation"), None))
check_evidence(finding["files"])
soon("nothing is shown", lambda: follower.shown() == "monitor.equivocation")
assert follower.health() == "monitor.equivocation"
follower.stop(signal.SIGKILL)
fork.stop()
ledger = Ledger(FOLDER / "data", address)
follower = Monitor(ledger.url, "following")
assert follower.shown() == "monitor.equivocation", "after a restart too"
follower.stop()
assert follower.process.returncode == 0
assert monitor(ledger.url)[1]["verified"] == size

# The data directory of before is put back: smaller first, then grown otherwise.
ledger.stop()
early = Ledger(FOLDER / "early")
found, end = monitor(early.url, expect=1)
assert list(found) == ["monitor.rollback"] and end["size"] == size, found
assert [int(pathlib.Path(file).read_text().split("\n")[1])
        for file in found["monitor.rollback"]["files"]] == [early.size(), size]
early.submit("other", 12)
early.settled()
found, _ = monitor(early.url, expect=1)
assert "monitor.equivocation" in found, found
check_evidence(found["monitor.equivocation"]["files"])

# It stays known, even if the log then shows what it showed first.
ledger = Ledger(FOLDER / "data")
found, _ = monitor(ledger.url, expect=1)
assert list(found) == ["monitor.equivocation"] and "found before" in found["monitor.equivocation"]["text"]

# The fork is seen by whoever compares two URLs, or a URL with a note that was kept; each of its
# sides alone is complete in itself.
assert not monitor(early.url, state="fork-alone")[0]
found, _ = monitor(ledger.url, "--peer", early.url, state="fork-peer", expect=1)
assert found["monitor.equivocation"]["source"] == early.url, found
check_evidence(found["monitor.equivocation"]["files"])
(FOLDER / "kept.note").write_bytes(early.ask("GET", "/checkpoint")[1])
early.stop()
longer = early_size = int((FOLDER / "kept.note").read_text().split("\n")[1])
while longer <= early_size:
    ledger.submit("shop", 3)
    longer = ledger.settled()
found, _ = monitor(ledger.url, "--note", FOLDER / "kept.note", state="fork-note", expect=1)
assert list(found) == ["monitor.equivocation"], found
check_evidence(found["monitor.equivocation"]["files"])

# Nobody there; and a log of another key.
found, _ = monitor("http://127.0.0.1:1", state="nobody", expect=1)
assert list(found) == ["monitor.unreachable"], found
generic = Process("log", "serve", "--data", FOLDER / "generic", "--origin", ORIGIN, "--listen",
                  "127.0.0.1:0")
found, _ = monitor(generic.url, state="stranger", expect=1)
assert list(found) == ["monitor.checkpoint"], found
generic.stop()

# A writer without rules puts an entry on it: the sequencer does not start, the monitor says where.
ledger.stop()
size_before = longer
(FOLDER / "data/log.generic").touch()  # who owns the disk can do that
writer = Process("log", "serve", "--data", FOLDER / "data", "--origin", ORIGIN, "--listen",
                 "127.0.0.1:0")
found, _ = monitor(writer.url, state="rule")
assert not found
status, index, _ = writer.ask("POST", "/add", b"anything")
assert status == 200 and int(index) == size_before
found, end = monitor(writer.url, state="rule", expect=1)
assert list(found) == ["monitor.rule"], found
assert found["monitor.rule"]["index"] == int(index), found
assert not found["monitor.rule"]["rule"].startswith("rule."), found  # no entry at all
assert monitor(writer.url, "--opaque", state="opaque")[1]["verified"] == int(index) + 1
writer.stop()

# Witnesses: a quorum must have cosigned, and not long ago.
data = FOLDER / "witnessed"
first = Process("up", "--data", data, "--sample", "--listen", "127.0.0.1:0")
LOG_KEY = (data / "registry/log.vkey").read_text().strip()
first.stop()
witness = Process("witness", "--data", FOLDER / "w", "--name", "witness.example/w", "--log", LOG_KEY,
                  "--listen", "127.0.0.1:0")
policy = FOLDER / "witnesses.txt"
policy.write_text(f"log {LOG_KEY}\n" + "".join(
    f"witness w{i} {key} {witness.url}\n" for i, key in enumerate(witness.ready["keys"])) +
    "group all all w0 w1\nquorum all\n")
witnessed = Process("up", "--data", data, "--sample", "--listen", "127.0.0.1:0", "--witness-policy",
                    policy)
soon("a cosigned checkpoint", lambda: witnessed.ask("GET", "/checkpoint")[0] == 200)
found, _ = monitor(witnessed.url, "--opaque", "--policy", policy, state="witnessed")
assert not found, found
witness.stop()
time.sleep(2.2)
found, _ = monitor(witnessed.url, "--opaque", "--policy", policy, "--max-cosignature-age", "1",
                   state="witnessed", expect=1)
assert list(found) == ["monitor.witness_stale"] and "w0" in found["monitor.witness_stale"]["text"]
witnessed.stop()
print("a monitor: honest, following, cosigning, restarted, rolled back, forked, against the rules, without witnesses")
