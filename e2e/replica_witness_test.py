"""Three replicas of one log on three etcds, and three witnesses of which two must cosign what is shown.

- every checkpoint that any replica ever shows has the quorum, by cosignatures that are verified, and is
  of the one history there is; none of a replica ever shrinks;
- the leader is killed under load, again and again: publication goes on, also at whoever was killed;
- replicas that don't lead show what is new soon, also under load;
- a witness that is dead changes nothing; with two dead nothing newer is shown, and appends go on;
- a replica that was behind for long does not halt; /healthz, /v1/log/leader and metrics say how it stands;
- all put back to an earlier state, etcd and logs, halts: only the witnesses know that there was more.

Usage: replica_witness_test.py ATOMA. Ends with 77 where etcd is not installed.
"""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from failover_world import World, checkpoint_of, entries_of, get, need
from served import Served, soon

ATOMA = sys.argv[1]
KILLS = 4
LOADED_S = 4.0
BEHIND_S = 3.0  # a replica under load shows what was new so long ago, at the latest


def start_witness(folder, name, log, listen="127.0.0.1:0"):
    return Served(ATOMA, "witness", "--data", folder / name, "--name", f"witness.example/{name}",
                  "--log", log, "--listen", listen)


class Witnessed:
    """A world whose replicas were started again with a policy of witnesses."""

    def __init__(self, work):
        self.world = World(ATOMA, work)
        self.work = pathlib.Path(work)
        self.key = (self.world.replicas[0].data / "registry/log.vkey").read_text().strip()
        self.witnesses = {name: start_witness(self.work, name, self.key) for name in "xyz"}
        lines = [f"witness {name} {w.ready['keys'][0]} {w.ready['url']}"
                 for name, w in self.witnesses.items()]
        self.policy = self.work / "witnesses.txt"
        self.policy.write_text("\n".join([f"log {self.key}", *lines, "group two 2 x y z",
                                          "quorum two\n"]))
        # One that signs what its log does not hold yet, when it is killed, founds no log with it.
        self.append("before-the-witnesses")
        size = self.size()
        soon("the same log everywhere",
             lambda: all(self.health(r)["log_size"] == size for r in self.world.replicas))
        self.restart_all()

    def before(self, replica):
        """Its data before there were witnesses."""
        return self.work / f"{replica.name}.before"

    def restart_all(self):
        replicas = self.world.replicas
        for replica in replicas:
            replica.kill()
            replica.always = ("--witness-policy", self.policy)
            if not self.before(replica).exists():
                shutil.copytree(replica.data, self.before(replica))
        for replica in replicas:
            replica.start(replicas)
        for replica in replicas:
            replica.wait_ready()
        self.world.wait("a replica that leads", self.world.leader)

    def down(self, name):
        self.witnesses[name].stop()

    def up(self, name):
        authority = self.witnesses[name].authority
        self.witnesses[name] = start_witness(self.work, name, self.key, authority)

    def append(self, name):
        def done():
            leader = self.world.leader()
            return leader and self.world.put(leader, name)[0] == "acknowledged"
        soon(f"{name} is acknowledged", done)

    def shown(self, replica):
        """0 when nothing is shown yet, None when nobody answers."""
        try:
            status, note = get(replica.url() + "/v1/log/checkpoint", 1)
        except OSError:
            return None
        if status != 200:
            assert json.loads(note)["reason"] == "publisher.unwitnessed", note
            return 0
        return int(note.split(b"\n")[1])

    def health(self, replica):
        return json.loads(get(replica.url() + "/healthz")[1])

    def wait_all_show(self, least, which=None):
        for replica in which or self.world.replicas:
            soon(f"{replica.name} shows {least} entries: {replica.standing()}",
                 lambda r=replica: (self.shown(r) or 0) >= least)

    def size(self):
        return max(self.health(r)["log_size"] for r in self.world.replicas)

    def close(self):
        self.world.close()
        for witness in self.witnesses.values():
            if witness.process.poll() is None:
                witness.stop()


class Reader(threading.Thread):
    """Every checkpoint that any replica shows, and when."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.notes, self.last, self.failures = world, {}, {}, []
        self.first = {}  # by replica: (time, size) where it showed more than before
        self.stopping = False

    def run(self):
        while not self.stopping:
            for replica in self.world.replicas:
                try:
                    size, root, note = checkpoint_of(replica, 0.3)
                except (OSError, TypeError):
                    continue
                if size < self.last.get(replica.name, 0):
                    self.failures.append(f"{replica.name} went back to {size}")
                if size > self.last.get(replica.name, 0):
                    self.first.setdefault(replica.name, []).append((time.monotonic(), size))
                self.last[replica.name] = size
                self.notes.setdefault((size, root), note)
            time.sleep(0.01)


class Writer(threading.Thread):
    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.number = world, number
        self.acknowledged, self.stopping = 0, False

    def run(self):
        at, count = 0, 0
        while not self.stopping:
            count += 1
            what, _ = self.world.put(self.world.replicas[at], f"w{self.number}-{count}", 1.0)
            self.acknowledged += what == "acknowledged"
            if what != "acknowledged":
                at = (at + 1) % len(self.world.replicas)
                time.sleep(0.02)


def load(witnessed, number, during):
    writers = [Writer(witnessed.world, f"{number}-{i}") for i in range(4)]
    for writer in writers:
        writer.start()
    try:
        return during(writers)
    finally:
        for writer in writers:
            writer.stopping = True
        for writer in writers:
            writer.join()


def check_under_load(witnessed, reader):
    begin, size = time.monotonic(), witnessed.size()
    load(witnessed, "steady", lambda _: time.sleep(LOADED_S))
    written = witnessed.size() - size
    gaps = {}
    for replica in witnessed.world.replicas:
        times = [t for t, _ in reader.first.get(replica.name, []) if begin <= t <= begin + LOADED_S]
        ends = [begin, *times, begin + LOADED_S]
        gaps[replica.name] = max(b - a for a, b in zip(ends, ends[1:]))
    print(f"under load ({written} entries in {LOADED_S:.0f} s) each showed something new at least every "
          + ", ".join(f"{gap:.2f} s" for gap in gaps.values()), flush=True)
    assert max(gaps.values()) < BEHIND_S, gaps
    witnessed.wait_all_show(witnessed.size())


def kill_leader(witnessed, number):
    world = witnessed.world

    def during(writers):
        time.sleep(0.5)
        old = world.wait("a leader", world.leader)
        old.kill()
        begin = time.monotonic()
        others = [r for r in world.replicas if r is not old]
        new = soon("another leader", lambda: world.leader())
        # What the old one left is in its log now.
        before = witnessed.health(new)["log_size"]
        for replica in others:
            soon("published after a kill", lambda r=replica: (witnessed.shown(r) or 0) > before)
        took = time.monotonic() - begin
        old.start(world.replicas)
        old.wait_ready()
        now = witnessed.size()
        witnessed.wait_all_show(now)
        return old.name, took

    name, took = load(witnessed, number, during)
    print(f"killed {name}, which led: after {took:.2f} s the others show what came since, and all do "
          f"once it is back", flush=True)


def check_minority(witnessed):
    for name in "xyz":
        witnessed.down(name)
        witnessed.append(f"without-{name}")
        witnessed.wait_all_show(witnessed.size())
        leader = witnessed.world.wait("a leader", witnessed.world.leader)
        place = "xyz".index(name)
        error = soon("its error", lambda: witnessed.health(leader)["witnesses"][place].get("error"))
        assert error.startswith("http.client."), error
        witnessed.up(name)
    print("each witness was dead once: all was shown", flush=True)


def check_no_quorum(witnessed):
    world = witnessed.world
    witnessed.down("x")
    witnessed.down("y")
    # What had its quorum before may still be on its way to a replica.
    shown, before = {r.name: witnessed.shown(r) for r in world.replicas}, None
    while shown != before:
        time.sleep(1)
        before, shown = shown, {r.name: witnessed.shown(r) for r in world.replicas}
    for i in range(10):
        witnessed.append(f"unwitnessed-{i}")
    size = witnessed.size()
    time.sleep(2)
    for replica in world.replicas:
        assert witnessed.shown(replica) == shown[replica.name] < size, "shown without the quorum"
        health = witnessed.health(replica)
        assert health["status"] == "ok" and health["published_size"] == shown[replica.name], health
        metrics = get(replica.url() + "/metrics")[1].decode()
        published = re.search(r"^atoma_registry_published_entries (\S+)$", metrics, re.M)
        assert float(published[1]) == shown[replica.name], published
        lag = re.search(r'^atoma_witness_lag_entries\{witness="1"\} (\S+)$', metrics, re.M)
        assert float(lag[1]) > 0, lag
    # Also not by one that starts again meanwhile.
    leader = world.wait("a leader", world.leader)
    leader.kill()
    leader.start(world.replicas)
    leader.wait_ready()
    witnessed.append("unwitnessed-after-restart")
    for replica in world.replicas:
        assert witnessed.shown(replica) == shown[replica.name], "shown without the quorum"
    witnessed.up("y")
    witnessed.wait_all_show(size + 1)
    witnessed.up("x")
    print(f"without a quorum {size - max(shown.values())} entries were kept back, then shown", flush=True)


def check_lagging(witnessed):
    """Witnesses know far more than a replica that has no way to etcd, or was stopped."""
    world = witnessed.world
    leader = world.wait("a leader", world.leader)
    cut, stopped = [r for r in world.replicas if r is not leader]
    cut.cut()
    for i in range(5):
        witnessed.append(f"cut-{i}")
    witnessed.wait_all_show(witnessed.size(), [leader, stopped])
    assert witnessed.health(cut)["status"] == "ok"
    cut.join()
    witnessed.wait_all_show(witnessed.size())
    stopped.stop()
    for i in range(5):
        witnessed.append(f"stopped-{i}")
    stopped.go_on()
    # And one that comes back without its log, with what it signed, as far behind as can be.
    cut.kill()
    keep = {"log.key", "log.vkey"}
    for path in (cut.data / "registry").iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    cut.start(world.replicas)
    cut.wait_ready()
    witnessed.wait_all_show(witnessed.size())
    for replica in world.replicas:
        health = witnessed.health(replica)
        assert health["status"] == "ok" and "halted" not in health, health
    print("cut off, stopped, and started without its log: none halted", flush=True)


def root_after(peaks):
    root = None
    for _, peak in reversed(peaks):
        root = peak if root is None else hashlib.sha256(b"\x01" + peak + root).digest()
    return root


def check_all_shown(witnessed, reader):
    """RFC 6962 roots of the log's entries, written anew here; the quorum as `atoma` verifies it."""
    assert not reader.failures, reader.failures
    size = witnessed.size()
    witnessed.wait_all_show(size)
    entries = entries_of(witnessed.world.replicas[0], size)
    notes, peaks, checked = dict(reader.notes), [], 0
    for index, (entry, _) in enumerate(entries):
        node, width = hashlib.sha256(b"\x00" + entry).digest(), 1
        while peaks and peaks[-1][0] == width:
            node, width = hashlib.sha256(b"\x01" + peaks.pop()[1] + node).digest(), width * 2
        peaks.append((width, node))
        root = base64.b64encode(root_after(peaks)).decode()
        note = notes.pop((index + 1, root), None)
        checked += note is not None
        if note:
            check_quorum(witnessed, note)
    assert not notes, f"shown, and not of this log: {list(notes)}"
    print(f"{checked} checkpoints shown, {len(entries)} entries: each has its quorum, one history",
          flush=True)
    return checked


def check_quorum(witnessed, note):
    """Distinct witnesses of the policy, each signature verified by OpenSSL's Ed25519."""
    text, lines = note.split("\n\n", 1)
    good = set()
    for line in lines.splitlines():
        name, signature = line.split()[1:]
        raw = base64.b64decode(signature)
        for short, witness in witnessed.witnesses.items():
            key_name, key_id, key = witness.ready["keys"][0].split("+", 2)
            if name != key_name or raw[:4].hex() != key_id:
                continue
            when = int.from_bytes(raw[4:12], "big")
            message = f"cosignature/v1\ntime {when}\n{text}\n".encode()
            assert verifies(base64.b64decode(key)[1:], message, raw[12:], witnessed.work), note
            good.add(short)
    assert len(good) >= 2, f"{good}: {note}"


def verifies(key, message, signature, work):
    der = bytes.fromhex("302a300506032b6570032100") + key
    (work / "key.der").write_bytes(der)
    (work / "message").write_bytes(message)
    (work / "signature").write_bytes(signature)
    return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                           work / "key.der", "-rawin", "-in", work / "message", "-sigfile",
                           work / "signature"], capture_output=True).returncode == 0


def check_halt(witnessed):
    """Everybody's log is put back to what one replica alone once was: the witnesses know more."""
    world = witnessed.world
    for replica in world.replicas:
        replica.kill()
    for etcd in world.etcds:
        etcd.kill()
        shutil.rmtree(etcd.data)
        etcd.start(world.etcds)
    world.wait("an etcd that leads", world.etcd_leader)
    first = world.replicas[0]
    for replica in world.replicas:
        shutil.rmtree(replica.data)
        shutil.copytree(witnessed.before(replica), replica.data)
    first.start(world.replicas, "--found-log")
    first.wait_ready()
    soon("a halt", lambda: witnessed.health(first)["status"] == "failing")
    health = witnessed.health(first)
    assert health["reason"] == "ledger.halted", health
    assert "publisher.witness_ahead" in health["halted"], health
    status, standing = get(first.url() + "/v1/log/leader")
    standing = json.loads(standing)
    assert (status, standing["leads"], standing["failure"]) == (503, False, "ledger.halted"), standing
    what = world.put(first, "after-the-halt")
    assert what == ("unknown", "ledger.halted"), what
    assert "\natoma_registry_log_failing 1" in get(first.url() + "/metrics")[1].decode()
    print("put back as a whole, etcd and all: halted", flush=True)


def main():
    need("etcd", "openssl")
    work = tempfile.mkdtemp()
    witnessed = None
    try:
        witnessed = Witnessed(work)
        world = witnessed.world
        reader = Reader(world)
        reader.start()
        witnessed.append("first")
        witnessed.wait_all_show(witnessed.size())
        check_under_load(witnessed, reader)
        for number in range(KILLS):
            kill_leader(witnessed, number)
        check_minority(witnessed)
        check_no_quorum(witnessed)
        check_lagging(witnessed)
        witnessed.restart_all()
        witnessed.append("after-a-restart-of-all")
        witnessed.wait_all_show(witnessed.size())
        reader.stopping = True
        reader.join()
        assert check_all_shown(witnessed, reader) > 10 * KILLS
        check_halt(witnessed)
    except BaseException:
        if witnessed:
            for replica in witnessed.world.replicas:
                print(f"--- {replica.name}",
                      (witnessed.work / f"{replica.name}.log").read_text()[-800:])
        raise
    finally:
        if witnessed:
            witnessed.close()
        shutil.rmtree(work, ignore_errors=True)


main()
