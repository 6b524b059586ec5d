"""What tests of whole commands share: servers as processes, ready once they say so, and waiting."""
import atexit
import contextlib
import fcntl
import http.client
import json
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time

WITHIN = 60
FIXED_PORTS = range(10240, 32768)


class Served:
    """`atoma COMMAND… --json`, from the line that says it is ready until it is stopped."""

    def __init__(self, atoma, *command):
        self.process = subprocess.Popen([atoma, "--json", *map(str, command)], text=True,
                                        stdout=subprocess.PIPE)
        # A test that fails leaves nobody behind who holds its output open.
        atexit.register(self.process.kill)
        line = self.process.stdout.readline()
        self.ready = json.loads(line or "{}")
        assert self.ready.get("ready"), (command, line)
        self.url = self.ready["url"]
        self.authority = self.url.removeprefix("http://")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(WITHIN)
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None):
        """Status, body and headers."""
        if body and not headers:
            headers = {"Content-Type": "application/octet-stream"}
        connection = http.client.HTTPConnection(self.authority, timeout=WITHIN)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        out = answer.status, answer.read(), answer.headers
        connection.close()
        return out


@contextlib.contextmanager
def sample_server(atoma, data):
    """The URL of `atoma up --sample` over a data directory. Tests count entries: no index comes."""
    with Served(atoma, "up", "--data", data, "--sample", "--listen", "127.0.0.1:0",
                "--index-interval", "24h") as up:
        yield up.url


def own_port(held=[]):
    """A port for a server that is told its own and may start again on it. It lies below those that
    systems hand out, so that no connection takes it meanwhile, and its lock (as in
    src/etcd/test_cluster.h) keeps it from other tests until this process ends."""
    locks = pathlib.Path(tempfile.gettempdir()) / "atoma-ports"
    locks.mkdir(exist_ok=True)
    while True:
        port = random.choice(FIXED_PORTS)
        lock = open(locks / str(port), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        held.append(lock)
        return port


def soon(what, holds, within=WITHIN):
    """Waits until it holds, and returns what did."""
    deadline = time.monotonic() + within
    while not (value := holds()):
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {within} s: {what}")
        time.sleep(0.05)
    return value


def pump(source, sink, may_pass=lambda: None):
    """Bytes one way between two sockets until either ends; `may_pass` can hold them up."""
    try:
        while data := source.recv(65536):
            may_pass()
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
