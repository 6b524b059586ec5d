"""A log that shows a checkpoint only with its witnesses' cosignatures: `atoma up --witness-policy`
with two `atoma witness` and, where scripts/make-litewitness has fetched it, litewitness.

Shown is what all of them cosigned, by Ed25519 and ML-DSA-44. A witness that is down and needed keeps
checkpoints back, and no append. After a restart the log finds out by 409 what each knows. A log that
was put back to an earlier state halts, and stays so.

Usage: publish_test.py ATOMA
"""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from served import Served, WITHIN, own_port, soon

ATOMA = sys.argv[1]
TORCHWOOD = pathlib.Path(os.environ.get("ATOMA_CACHE", "/nonexistent"), "torchwood-0.9.0/usr/bin")


def witness(folder, name, log, listen="127.0.0.1:0"):
    return Served(ATOMA, "witness", "--data", folder / name, "--name",
                  f"witness.example/{name}", "--log", log, "--listen", listen)


class Log(Served):
    def __init__(self, data, policy=None):
        extra = ["--witness-policy", policy] if policy else []
        super().__init__(ATOMA, "up", "--data", data, "--sample", "--listen", "127.0.0.1:0",
                         "--index-interval", "24h", *extra)
        self.data = data

    def ask(self, method, target, body=None):
        token = (self.data / "admin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        status, answer, _ = super().ask(method, target, body, headers if body else None)
        return status, answer.decode()

    def append(self):
        rule = json.loads((self.data / "sample-rule.json").read_text())
        secret = {"secret": base64.b64encode(b"x").decode(), "rule": rule}
        return self.ask("PUT", "/v1/secrets/password", json.dumps(secret))

    def health(self):
        return json.loads(self.ask("GET", "/healthz")[1])

    def shown(self):
        status, text = self.ask("GET", "/v1/log/checkpoint")
        return int(text.split("\n")[1]) if status == 200 else (status, json.loads(text)["reason"])

    def grow(self, count):
        for _ in range(count):
            status, answer = self.append()
            assert status in (200, 201, 204), (status, answer)
        return self.health()["log_size"]


class Litewitness:
    """The witness of torchwood; its key is held by an ssh-agent, as it wants."""

    def __init__(self, folder, log):
        folder.mkdir()
        self.folder = folder
        self.environment = dict(os.environ, SSH_AUTH_SOCK=str(folder / "agent.sock"))
        origin = log.split("+")[0]
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key")
        self.agent = subprocess.Popen([TORCHWOOD / "ssh-agent", "-D", "-a", folder / "agent.sock"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        soon("ssh-agent", (folder / "agent.sock").exists)
        self.run("ssh-add", folder / "key")
        self.run("witnessctl", "add-log", "-db", folder / "w.db", "-origin", origin)
        self.run("witnessctl", "add-key", "-db", folder / "w.db", "-origin", origin, "-key", log)
        # It does not say which port it took.
        self.authority = f"127.0.0.1:{own_port()}"
        self.start()

    def run(self, tool, *args):
        return subprocess.run([TORCHWOOD / tool, *args], check=True, capture_output=True,
                              text=True, env=self.environment).stdout

    def start(self):
        fingerprint = self.run("ssh-keygen", "-lf", self.folder / "key.pub").split()[1]
        output = self.folder / "output"
        with open(output, "w") as file:
            self.process = subprocess.Popen(
                [TORCHWOOD / "litewitness", "-db", self.folder / "w.db", "-name",
                 "witness.example/lite", "-key", fingerprint, "-ssh-agent",
                 self.folder / "agent.sock", "-listen", self.authority],
                stdout=file, stderr=file, env=self.environment)
        soon("litewitness", lambda: "msg=listening" in output.read_text())
        self.key = re.search(r"vkey=(\S+)", output.read_text())[1]

    def down(self):
        self.process.terminate()
        self.process.wait(WITHIN)

    def stop(self):
        self.down()
        self.agent.terminate()
        self.agent.wait(WITHIN)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        running = []
        try:
            check(folder, running)
        finally:
            for process in running:
                if process.process.poll() is None:
                    process.stop()


def check(folder, running):
    def keep(process):
        running.append(process)
        return process

    data = folder / "data"
    first = Log(data)
    key = first.ready["log_key"]
    first.stop()
    one = keep(witness(folder, "one", key))
    two = keep(witness(folder, "two", key))
    policy = folder / "witnesses.txt"
    text = (f"log {key}\n"
            f"witness one-ed25519 {one.ready['keys'][0]} {one.ready['url']}\n"
            f"witness one-ml-dsa {one.ready['keys'][1]} {one.ready['url']}\n"
            f"witness two {two.ready['keys'][1]} {two.ready['url']}/\n")
    members = ["one-ed25519", "one-ml-dsa", "two"]
    policy.write_text(text + f"group all all {' '.join(members)}\nquorum all\n")

    log = keep(Log(data, policy))
    size = log.grow(3)
    soon("shown", lambda: log.shown() == size)
    note = log.ask("GET", "/v1/log/checkpoint")[1]
    assert note == log.ask("GET", "/checkpoint")[1]
    names = [line.split()[1] for line in note.split("\n\n")[1].splitlines()]
    origin = key.split("+")[0]
    expected = [origin, origin, *["witness.example/one"] * 2, "witness.example/two"]
    assert names == expected, names
    assert log.ready["log_ml_dsa_key"].startswith(origin + "+"), log.ready
    print(f"shown with cosignatures by both algorithms: {size} entries")

    two.stop(signal.SIGKILL)
    behind = size
    size = log.grow(5)
    soon("the first witness cosigns", lambda: log.health()["witnesses"][0]["size"] > behind)
    assert log.shown() == behind, "shown without the second witness"
    assert log.health()["witnesses"][2]["error"].startswith("http.client."), log.health()
    metrics = log.ask("GET", "/metrics")[1]
    assert f'atoma_witness_lag_entries{{witness="3"}} {size - behind}' in metrics, metrics
    two = keep(witness(folder, "two", key, two.authority))
    soon("shown again", lambda: log.shown() == size)
    print(f"kept back while a witness was down, then shown: {size} entries")

    log.stop()
    backup = folder / "backup"
    shutil.copytree(data, backup)
    log = keep(Log(data, policy))
    size = log.grow(2)
    soon("shown after a restart", lambda: log.shown() == size)
    log.stop()
    print(f"asked again after 409: {size} entries")

    with_litewitness(folder, data, backup, key, keep)

    shutil.rmtree(data)
    shutil.copytree(backup, data)
    for attempt in ("put back", "started again"):
        log = keep(Log(data, policy))
        soon("halt", lambda: log.health()["status"] == "failing")
        assert log.health()["reason"] == "ledger.halted", log.health()
        assert "publisher.witness_ahead" in log.health()["halted"], log.health()
        status, answer = log.append()
        assert (status, json.loads(answer)["reason"]) == (503, "ledger.halted"), answer
        assert log.shown() < size
        log.stop()
        print(f"halted when {attempt}")


def with_litewitness(folder, data, backup, key, keep):
    if not (TORCHWOOD / "litewitness").exists():
        print("*** NOT TESTED against litewitness: scripts/make-litewitness fetches it",
              file=sys.stderr)
        if os.environ.get("CI"):
            sys.exit(1)
        return
    lite = keep(Litewitness(folder / "lite", key))
    policy = folder / "lite.txt"
    policy.write_text(f"witness lite {lite.key} http://{lite.authority}\nquorum lite\n")
    log = keep(Log(data, policy))
    size = log.grow(2)
    soon("shown with litewitness", lambda: log.shown() == size)
    assert "\n\u2014 witness.example/lite " in log.ask("GET", "/v1/log/checkpoint")[1]
    lite.down()
    behind = size
    size = log.grow(3)
    time.sleep(0.5)
    assert log.shown() == behind, "shown without litewitness"
    lite.start()
    soon("shown with litewitness again", lambda: log.shown() == size)
    log.stop()
    log = keep(Log(data, policy))
    size = log.grow(1)
    soon("shown after a 409 of litewitness", lambda: log.shown() == size)
    log.stop()
    for what, expected in (("behind", "publisher.witness_ahead"),
                           ("forked", "publisher.witness_fork")):
        copy = folder / what
        shutil.copytree(backup, copy)
        if what == "forked":
            log = keep(Log(copy))
            while log.health()["log_size"] < size:
                log.grow(1)
            log.stop()
        log = keep(Log(copy, policy))
        soon("halt", lambda: log.health()["status"] == "failing")
        assert expected in log.health()["halted"], log.health()
        log.stop()
    print(f"litewitness: shown with it, not without; asked again after 409; halted when put back "
          f"and when forked ({size} entries)")


main()
