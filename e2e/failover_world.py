"""Three etcds and three Atomas, with TCP proxies between each Atoma and the etcds, and between the
etcds, that can hold all bytes back, as a network that is cut does; on loopback, or each on a host of its
own that can be cut from everybody. For failover_test.py, restore_test.py and replica_witness_test.py."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import namespaces
from served import own_port, pump

STARTED_WITHIN_S = 60
NODES = 3


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"SKIPPED LOUDLY: no {', '.join(missing)} (packages etcd-server, etcd-client)")
        sys.exit(1 if os.environ.get("CI") else 77)


def get(url, timeout=2.0, body=None, headers=None, method=None):
    """Status and JSON of an answer; an answer of any status counts."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def get_or_why(ask):
    try:
        return ask()
    except (OSError, ValueError) as error:
        return repr(error)


class Process:
    """Started, killed, stopped and let go on by its own id."""

    def __init__(self, name, host):
        self.name, self.host, self.process = name, host, None

    def spawn(self, command, log):
        self.process = subprocess.Popen(self.host.command(*command), stdout=log,
                                        stderr=subprocess.STDOUT)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.send_signal(signal.SIGCONT)
        if self.process:
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Etcd(Process):
    def __init__(self, number, work, host):
        super().__init__(f"etcd{number}", host)
        self.number, self.work = number, work
        self.client, self.peer = own_port(), own_port()
        self.data = work / self.name
        self.reachable = threading.Event()  # by the other members; clients reach it all the same
        self.reachable.set()
        self.proxy = None

    def url(self):
        return f"http://{self.host.address}:{self.client}"

    def link(self, cluster):
        """From now on others reach it through a proxy that knows who calls."""
        def gate(client):
            caller = owner_of(client, cluster)

            def wait():
                self.reachable.wait()
                if caller:
                    caller.reachable.wait()
            return wait
        self.proxy = Proxy(self.host, self.peer, gate)

    def peer_url(self):
        return self.proxy.url

    def cut(self):
        self.reachable.clear()

    def join(self):
        self.reachable.set()

    def start(self, cluster):
        self.spawn(["etcd", "--name", self.name, "--data-dir", self.data,
                    "--listen-client-urls", self.url(), "--advertise-client-urls", self.url(),
                    "--listen-peer-urls", f"http://{self.host.address}:{self.peer}",
                    "--initial-advertise-peer-urls", self.peer_url(),
                    "--initial-cluster", initial_cluster(cluster), "--log-level", "error"],
                   open(self.work / f"{self.name}.log", "ab"))

    def status(self):
        return json.loads(get(self.url() + "/v3/maintenance/status", 1, b"{}")[1])

    def leads(self):
        try:
            answer = self.status()
            return answer.get("leader") == answer["header"]["member_id"]
        except (OSError, ValueError, KeyError):
            return False


def initial_cluster(etcds):
    return ",".join(f"{e.name}={e.peer_url()}" for e in etcds)


def owner_of(client, processes):
    """Whose end of this connection it is: by its address, or on one host by its inode, which is among
    the process's files."""
    address = client.getpeername()[0]
    if address != namespaces.Loopback.address:
        return next((one for one in processes if one.host.address == address), None)
    ports = [f":{end[1]:04X}" for end in (client.getpeername(), client.getsockname())]
    inodes = [fields[9] for fields in map(str.split, open("/proc/net/tcp"))
              if fields[1].endswith(ports[0]) and fields[2].endswith(ports[1])]
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for one in processes:
        try:
            files = pathlib.Path(f"/proc/{one.process.pid}/fd")
            if any(os.readlink(file) in wanted for file in files.iterdir()):
                return one
        except OSError:
            continue  # it has ended, or the file was closed meanwhile
    return None


class Proxy:
    """Bytes to one etcd, from an Atoma or another etcd; while it holds, none pass and nobody is told.
    `gate` gives for a connection what waits while it is held; otherwise `open` holds all."""

    def __init__(self, host, port, gate=None):
        self.target = host.address, port
        self.gate = gate
        self.open = threading.Event()
        self.open.set()
        self.socket = socket.create_server((host.here, 0))
        self.url = f"http://{host.here}:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        wait = self.gate(client) if self.gate else self.open.wait
        wait()
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        threading.Thread(target=pump, args=(server, client, wait), daemon=True).start()
        pump(client, server, wait)


class Replica(Process):
    def __init__(self, atoma, number, work, host, etcds):
        super().__init__(f"node{number}", host)
        self.atoma, self.work, self.port = atoma, work, own_port()
        self.data = work / self.name
        self.always = ()  # what each start is told
        self.proxies = [Proxy(etcd.host, etcd.client) for etcd in etcds]

    def url(self):
        return f"http://{self.host.address}:{self.port}"

    def command(self, peers, *more):
        command = [self.atoma, "up", "--data", self.data, "--sample", "--listen",
                   f"{self.host.address}:{self.port}", "--node", self.name]
        if isinstance(self.host, namespaces.Host):
            command += ["--allow-non-loopback"]
        for proxy in self.proxies:
            command += ["--etcd", proxy.url]
        for peer in peers:
            if peer is not self:
                command += ["--peer", peer.url()]
        return command + list(more)

    def start(self, peers, *more):
        more += self.always
        (self.data / "address").unlink(missing_ok=True)
        self.spawn(self.command(peers, *more), open(self.work / f"{self.name}.log", "ab"))

    def wait_ready(self):
        deadline = time.monotonic() + STARTED_WITHIN_S
        while not (self.data / "address").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} does not start: exit {self.process.poll()}\n"
                                 + (self.work / f"{self.name}.log").read_text()[-2000:])
            time.sleep(0.02)

    def standing(self, timeout=1.0):
        try:
            return json.loads(get(self.url() + "/v1/log/leader", timeout)[1])
        except (OSError, ValueError):
            return {}

    def cut(self):
        for proxy in self.proxies:
            proxy.open.clear()

    def join(self):
        for proxy in self.proxies:
            proxy.open.set()


class World:
    def __init__(self, atoma, work, separate=False):
        """`separate`: each on a host of its own, after namespaces.enter()."""
        self.work = pathlib.Path(work)
        hosts = [namespaces.Host(i + 1) if separate else namespaces.Loopback()
                 for i in range(2 * NODES)]
        self.etcds = [Etcd(i, self.work, hosts[i]) for i in range(NODES)]
        for etcd in self.etcds:
            etcd.link(self.etcds)
        for etcd in self.etcds:
            etcd.start(self.etcds)
        self.replicas = [Replica(atoma, i, self.work, hosts[NODES + i], self.etcds)
                         for i in range(NODES)]
        self.wait("an etcd that leads", lambda: self.etcd_leader())
        first = self.replicas[0]
        first.start(self.replicas, "--found-log")
        first.wait_ready()
        for other in self.replicas[1:]:
            share(first.data, other.data)
            other.start(self.replicas)
            other.wait_ready()
        self.wait("a replica that leads", lambda: self.leader())
        self.token = (first.data / "admin.token").read_text().strip()
        self.rule = json.loads((first.data / "sample-rule.json").read_text())

    def wait(self, what, ready, seconds=60):
        deadline = time.monotonic() + seconds
        while not (got := ready()):
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {seconds} s for {what}: "
                                 f"{[r.standing() for r in self.replicas]}\n" + self.of_etcds())
            time.sleep(0.05)
        return got

    def of_etcds(self):
        """What one asks first when nothing goes on: does each run, what did it say last."""
        return "\n".join(f"{e.name}: exit {e.process.poll()}, {get_or_why(e.status)}\n"
                         + (self.work / f"{e.name}.log").read_text()[-1500:] for e in self.etcds)

    def etcd_leader(self):
        return next((e for e in self.etcds if e.leads()), None)

    def leader(self):
        return next((r for r in self.replicas if r.standing().get("leads")), None)

    def put(self, replica, name, timeout=8.0):
        """Appends one entry to the log: ("acknowledged", index), ("refused", reason) where nothing
        was written, or ("unknown", why)."""
        body = json.dumps({"secret": "c2VjcmV0", "rule": self.rule}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            status, text = get(f"{replica.url()}/v1/secrets/{name}", timeout, body, headers, "PUT")
            answer = json.loads(text)
        except (OSError, ValueError) as error:
            return "unknown", repr(error)
        if status == 201:
            return "acknowledged", answer["index"]
        if answer.get("reason") in ("ledger.not_leader", "ledger.stopped", "ledger.busy",
                                    "sequencer.settling"):
            return "refused", answer["reason"]
        return "unknown", answer.get("reason", str(status))

    def close(self):
        for process in self.replicas + self.etcds:
            process.kill()
            process.host.close()


def share(source, target):
    """What replicas have in common: who they are, what they sign with, what they believe."""
    for name in ("keys", "log_id", "admin.token", "registry/log.key", "registry/log.vkey", "sample",
                 "sample-policy.yaml", "sample-rule.json"):
        here, there = source / name, target / name
        there.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (shutil.copytree if here.is_dir() else shutil.copy2)(here, there)


def entries_of(replica, size):
    """Entries in order, as a replica shows them: bytes, and what they say."""
    import base64
    out = []
    while len(out) < size:
        page = json.loads(get(f"{replica.url()}/v1/log/entries?start={len(out)}&limit=64", 10)[1])
        out += [(base64.b64decode(entry["entry"]), entry["json"]) for entry in page["entries"]]
    return out[:size]


def checkpoint_of(replica, timeout=1.0):
    """Size and root of the newest checkpoint that a replica shows; the note itself."""
    note = get(replica.url() + "/v1/log/checkpoint", timeout)[1].decode()
    match = re.match(r"[^\n]+\n(\d+)\n([^\n]+)\n\n", note)
    return int(match[1]), match[2], note
