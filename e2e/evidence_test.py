#!/usr/bin/env python3
"""What a ledger's entries name and do not hold: kept before the entry, found by its digest after restarts and
kills, refused when its bytes were changed, missed when it is away, and enough to judge a verdict again.

Usage: evidence_test.py ATOMA"""
import base64
import hashlib
import http.server
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from served import Served

ATOMA = sys.argv[1]
WORK = pathlib.Path(tempfile.mkdtemp())
DATA = WORK / "data"
WITHIN = 120


def atoma(*arguments, expect=0):
    done = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True, text=True,
                          timeout=WITHIN)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def refused(reason, *arguments, expect=1):
    answer = atoma(*arguments, expect=expect)
    assert answer["error"]["reason"] == reason, answer


def up(*more):
    return Served(ATOMA, "up", "--data", DATA, "--sample", "--listen", "127.0.0.1:0",
                  "--index-interval", "24h", *more)


def attest(server, name, *more, expect=0):
    return atoma("attest", "--server", server.url, "--platform", DATA / "sample", "--out", WORK / name,
                 *more, expect=expect)


def log_size(server):
    return int(server.ask("GET", "/checkpoint")[1].split(b"\n")[1])


def kept_of(server, index):
    """What entry `index` names: [[digest, size, media type], …]."""
    return json.loads(server.ask("GET", f"/v1/log/entries/{index}")[1])["json"]["body"]["kept"]


def token():
    return (DATA / "keys" / "evidence.token").read_text().strip()


def read(server, digest, bearer=None):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return server.ask("GET", f"/v1/evidence/{digest}", headers=headers)


def path_of(digest):
    return DATA / "evidence" / digest[:2] / digest


def audit(server, *more, expect=0):
    """The step "evidence" of an audit by URL."""
    steps = atoma("audit", "--url", server.url, "--log-key", DATA / "registry" / "log.vkey", "--evidence",
                  "--evidence-token", DATA / "keys" / "evidence.token", *more, expect=expect)["steps"]
    assert [step["id"] for step in steps if not step["ok"]] == (["evidence"] if expect else []), steps
    return steps[-1]["text"]


def fetch(server, index, name, *more, **expected):
    return atoma("log", "evidence", index, "--server", server.url, "--log-key",
                 DATA / "registry" / "log.vkey", "--evidence-token", DATA / "keys" / "evidence.token",
                 "--out", WORK / name, *more, **expected)


def check_reading(server, index):
    """Each file that an entry names, to those who may have it."""
    kept = kept_of(server, index)
    assert kept[0][2] == "application/vnd.atoma.cpu-evidence", kept
    for digest, size, media_type in kept:
        status, body, headers = read(server, digest, token())
        assert (status, len(body), hashlib.sha256(body).hexdigest()) == (200, size, digest)
        assert headers["Content-Type"] == media_type and "immutable" in headers["Cache-Control"]
        assert read(server, digest)[0] == 401 and read(server, digest, "x")[0] == 401
    assert read(server, "0" * 64, token())[0] == 404
    return kept


def check_judging(server, cases):
    """From the log alone: what it names is fetched, and the verdict follows from it again."""
    for name, (index, verdict) in cases.items():
        case = fetch(server, index, "case-" + name)
        again = atoma("verify", *case["verify"])
        assert again["replay"] == "same" and again["verdict"] == verdict, again
        # With another policy it does not: the digests on the log say so.
        policy = WORK / ("case-" + name) / "policy.yaml"
        policy.write_text(policy.read_text() + "# \n")
        assert atoma("verify", *case["verify"], expect=1)["replay"] == "other_input"


class Mirror(http.server.BaseHTTPRequestHandler):
    """Has bytes for every digest: never the right ones."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"false")

    def log_message(self, *_):
        pass


def check_liar(server, index):
    mirror = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{mirror.server_address[1]}"
    assert "came, with the digest" in audit(server, "--evidence-from", url, expect=1)
    refused("evidence.changed", "log", "evidence", index, "--server", server.url, "--evidence-from", url,
            "--out", WORK / "lies", "--log-key", DATA / "registry" / "log.vkey")
    mirror.shutdown()
    mirror.server_close()


def check_damage(server, index):
    """Changed on disk it is refused; taken away it is missed; brought again it is whole."""
    digest = kept_of(server, index)[0][0]
    path = path_of(digest)
    whole = path.read_bytes()
    for place in (0, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        status, body, _ = read(server, digest, token())
        assert status == 500 and json.loads(body)["reason"] == "evidence.corrupt", (status, body)
    text = audit(server, expect=1)
    assert f"entry {index}: " in text and digest in text, text
    path.unlink()
    assert digest in audit(server, expect=1)
    post = server.ask("POST", "/v1/evidence", base64.b64decode(
        json.loads((WORK / "tdx" / "bundle.json").read_text())["evidence"]),
        {"Authorization": "Bearer " + (DATA / "admin.token").read_text().strip(),
         "Content-Type": "application/octet-stream"})
    assert post[0] == 201 and json.loads(post[1])["sha256"] == digest, post
    assert "are there" in audit(server)
    # Back with the type that it had.
    path.write_bytes(whole)
    assert read(server, digest, token())[0] == 200


def check_submitting(server):
    """What others write on the log may name only what is kept; and what is kept may be anything."""
    admin = {"Authorization": "Bearer " + (DATA / "admin.token").read_text().strip(),
             "Content-Type": "application/vnd.atoma.ocsp+json"}
    body = b'{"certificates":[]}'
    digest = hashlib.sha256(body).hexdigest()
    hexed = "hex:" + "5a" * 32
    entry = {"1": "refused", "2": hexed, "3": hexed, "4": None, "5": hexed, "6": hexed, "7": "tdx",
             "8": None, "9": True,
             "10": [["hex:" + digest, len(body), "application/vnd.atoma.ocsp+json"]]}
    submit = ("registry", "submit", "--server", server.url, "--key", DATA / "keys" / "verifier.key",
              "--type", "attestation", "--namespace", "attestations", "--label", "of another",
              "--body", json.dumps(entry))
    size = log_size(server)
    answer = atoma(*submit, expect=1)
    assert "evidence.missing" in json.dumps(answer), answer
    assert log_size(server) == size
    assert server.ask("POST", "/v1/evidence", body, admin)[0] == 201
    index = atoma(*submit)["index"]
    refused("evidence.form", "log", "evidence", index, "--server", server.url, "--evidence-token",
            DATA / "keys" / "evidence.token", "--log-key", DATA / "registry" / "log.vkey", "--out",
            WORK / "odd")


def check_full():
    """No room: 429, and nothing is on the log."""
    with up("--evidence-bytes-max", "16MB") as server:
        filler = WORK / "filler"
        while True:
            filler.write_bytes(random.randbytes(200_000))
            status, body, _ = server.ask(
                "POST", "/v1/evidence", filler.read_bytes(),
                {"Authorization": "Bearer " + (DATA / "admin.token").read_text().strip(),
                 "Content-Type": "a/b"})
            if status != 201:
                break
        assert (status, json.loads(body)["reason"]) == (429, "evidence.full"), body
        size = log_size(server)
        # What is left is less than attestations take.
        for n in range(40):
            done = subprocess.run([ATOMA, "attest", "--server", server.url, "--platform", DATA / "sample",
                                   "--out", WORK / "full", "--json"], capture_output=True, text=True)
            if done.returncode != 0:
                break
            size += 1
        assert "evidence.full" in done.stdout, done
        assert log_size(server) == size
        assert read(server, kept_of(server, 1)[0][0], token())[0] == 200


def check_kills():
    """kill -9 at any moment: every entry's evidence is there, and nothing that is there is cut short."""
    for round in range(6):
        server = up()
        stop = threading.Event()

        def load():
            n = 0
            while not stop.is_set():
                n += 1
                subprocess.run([ATOMA, "attest", "--server", server.url, "--platform", DATA / "sample",
                                "--out", WORK / f"load-{round}-{n % 2}"], capture_output=True)

        thread = threading.Thread(target=load)
        thread.start()
        time.sleep(0.3 + random.random())
        server.stop(signal.SIGKILL)
        stop.set()
        thread.join()
    # A crash between a file and its entry leaves a file that nothing names, and perhaps half of one.
    orphan = path_of(hashlib.sha256(b"orphan").hexdigest())
    orphan.parent.mkdir(exist_ok=True)
    half = orphan.with_name(orphan.name + ".new")
    half.write_bytes(b"half")
    with up() as server:
        assert not half.exists()
        assert "are there" in audit(server)
        named = {digest for index in range(log_size(server))
                 for digest, _, _ in json.loads(server.ask("GET", f"/v1/log/entries/{index}")[1])
                 ["json"]["body"].get("kept", [])}
        there = {path.name for path in (DATA / "evidence").glob("??/*")}
        assert named <= there
        for digest in there:
            assert read(server, digest, token())[0] == 200, digest
        return len(named), len(there - named)


def main():
    with up() as server:
        cases = {"tdx": (attest(server, "tdx", "--tee", "tdx")["index"], "accepted"),
                 "snp": (attest(server, "snp", "--tee", "snp", "--format", "cwt", "--alg", "ML-DSA-65")["index"],
                         "accepted"),
                 "refused": (attest(server, "refused", "--measurement", "ee" * 48, expect=1)["index"],
                             "refused")}
        for index, _ in cases.values():
            kept = check_reading(server, index)
        assert "are there" in audit(server)
        check_judging(server, cases)
        check_liar(server, cases["tdx"][0])
        check_damage(server, cases["tdx"][0])
        atoma("audit", "--url", server.url, "--log-key", DATA / "registry" / "log.vkey", "--evidence", expect=1)
    with up("--open-evidence") as server:
        assert kept == kept_of(server, cases["refused"][0])
        assert read(server, kept[0][0])[0] == 200, "after a restart, without a token"
    named, orphans = check_kills()
    check_full()
    with up() as server:
        check_submitting(server)
    print(f"evidence of {len(cases)} verdicts judged again from the log; six kills, {named} files named, "
          f"{orphans} orphans; changed, missing, full and false ones told apart")


main()
