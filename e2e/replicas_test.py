"""Two replicas behind a plain TCP balancer, under load, one of them killed every second: no request
fails after its one retry, and at least 99.99 % are answered.

Replicas share configuration, the key of nonces and the key that signs results, and nothing else. A
nonce of one is answered at the other, and each verdict verifies against the same key.

Usage: replicas_test.py ATOMA [SECONDS]
"""

import base64
import http.client
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from served import pump

ATOMA = sys.argv[1]
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 60
CLIENTS = 4
STARTED_WITHIN = 60
NEEDED = 0.9999
# A killed process takes connections until the kernel has closed its socket: trying again at once
# may meet it a second time.
RETRY_AFTER = 0.1
REPORT_DATA = slice(48 + 520, 48 + 584)  # of a TDX quote


class Replica:
    """A process that is started again after each kill, over the same data."""

    def __init__(self, data):
        self.data = data
        self.port = 0
        self.process = None

    def start(self):
        (self.data / "address").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [ATOMA, "up", "--data", self.data, "--sample", "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + STARTED_WITHIN
        while not (self.data / "address").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.data} does not start: exit {self.process.poll()}")
            time.sleep(0.01)
        self.port = int((self.data / "address").read_text().strip().rsplit(":", 1)[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Balancer:
    """Bytes between a client and the next replica that accepts a connection; it looks at nothing."""

    def __init__(self, replicas):
        self.replicas = replicas
        self.turn = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def connect(self):
        for _ in self.replicas:
            self.turn += 1
            port = self.replicas[self.turn % len(self.replicas)].port
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=5)
            except OSError:
                continue
        return None

    def run(self):
        while True:
            client, _ = self.socket.accept()
            server = self.connect()
            if server is None:
                client.close()
                continue
            server.settimeout(None)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=pump, args=ends, daemon=True).start()


class Client(threading.Thread):
    """Asks without pause: challenges, and appraisals of one quote."""

    def __init__(self, port, quote):
        super().__init__(daemon=True)
        self.port = port
        self.subject = {"evidence": base64.b64encode(quote).decode(),
                        "report_data": base64.b64encode(quote[REPORT_DATA]).decode()}
        self.connection = None
        self.answered, self.retried, self.failures = 0, 0, []
        self.stopping = False

    def once(self, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            self.connection.request("POST", path, json.dumps(body),
                                    {"Content-Type": "application/json"})
            response = self.connection.getresponse()
            text = response.read()
            if response.will_close:
                self.connection = None
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise
        if response.status != 200:
            raise AssertionError(f"{path}: {response.status} {text[:300]!r}")
        return json.loads(text)

    def ask(self, path, body):
        try:
            answer = self.once(path, body)
        except (OSError, http.client.HTTPException):
            self.retried += 1
            time.sleep(RETRY_AFTER)
            try:
                answer = self.once(path, body)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{path}: {error!r}")
                return None
        self.answered += 1
        return answer

    def run(self):
        try:
            while not self.stopping:
                challenge = self.ask("/v1/challenge", {})
                nonce = challenge["nonce"] if challenge else base64.b64encode(bytes(32)).decode()
                for _ in range(4):
                    verdict = self.ask("/v1/appraise", {"nonce": nonce, **self.subject})
                    assert verdict is None or verdict["verdict"] == "accepted"
        except Exception as error:  # whatever it is, the test must hear of it
            self.failures.append(repr(error))


def keys_of(replica):
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=10)
    connection.request("GET", "/.well-known/jwks.json")
    return connection.getresponse().read()


def make_replicas(work):
    first, second = Replica(work / "one"), Replica(work / "two")
    first.start()
    # Configuration: what vouches for platforms, which policy, which keys. Not the log.
    for name in ("keys/ear.seed", "keys/nonce.key", "sample", "sample-policy.yaml"):
        source, target = first.data / name, second.data / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
    second.start()
    return first, second


def log_keys_of(replicas):
    return {(r.data / "registry/log.vkey").read_text().split("+")[0] for r in replicas}


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    replicas = []
    try:
        replicas = make_replicas(work)
        assert keys_of(replicas[0]) == keys_of(replicas[1]), "one key signs the verdicts of both"
        assert len(log_keys_of(replicas)) == 2, "two logs under one name would be a split view"
        balancer = Balancer(replicas)
        # The challenge is one's and the answer may well be the other's.
        for _ in range(4):
            subprocess.run([ATOMA, "attest", "--platform", replicas[0].data / "sample", "--out",
                            work / "workload", "--server", f"http://127.0.0.1:{balancer.port}"],
                           check=True, stdout=subprocess.DEVNULL)
        bundle = json.loads((work / "workload" / "bundle.json").read_text())
        quote = base64.b64decode(bundle["evidence"])
        clients = [Client(balancer.port, quote) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        kills, started = 0, time.monotonic()
        while time.monotonic() - started < SECONDS:
            victim = replicas[kills % 2]
            victim.kill()
            victim.start()
            kills += 1
            time.sleep(max(0, started + kills - time.monotonic()))
        for client in clients:
            client.stopping = True
        for client in clients:
            client.join()
        report(clients, kills, time.monotonic() - started)
    finally:
        for replica in replicas:
            if replica.process:
                replica.kill()
        shutil.rmtree(work)


def report(clients, kills, seconds):
    answered = sum(c.answered for c in clients)
    failures = [f for c in clients for f in c.failures]
    availability = answered / (answered + len(failures))
    print(f"{answered} requests answered in {seconds:.0f} s, {sum(c.retried for c in clients)} at "
          f"the second try, {len(failures)} not; {kills} kills; availability {availability:.6f}, "
          f"needed {NEEDED}")
    for failure in failures[:10]:
        print(failure)
    assert kills >= SECONDS / 3, "replicas were too slow to come back to be killed each second"
    assert answered > 100 * kills / 10, "hardly any load"
    assert not failures and availability >= NEEDED


main()
