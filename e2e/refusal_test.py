#!/usr/bin/env python3
"""Each refusal that a command itself makes, provoked: bad arguments, spoilt files, and a server that
lies. The liar is the real server behind a proxy which changes one answer.
Usage: refusal_test.py ATOMA"""
import base64
import contextlib
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

from served import sample_server

ATOMA = sys.argv[1]
DEADLINE_S = 120
failures = []


def atoma(*arguments, stdin=b""):
    """Exit code, and what --json printed."""
    run = subprocess.run([ATOMA, *map(str, arguments), "--json"], input=stdin, capture_output=True,
                         timeout=DEADLINE_S)
    try:
        return run.returncode, json.loads(run.stdout)
    except ValueError:
        return run.returncode, run.stdout.decode(errors="replace") + run.stderr.decode()


def refuses(code, reason, *arguments, stdin=b"", says=""):
    got, answer = atoma(*arguments, stdin=stdin)
    error = answer.get("error", {}) if isinstance(answer, dict) else {}
    if got != code or error.get("reason") != reason or says not in error.get("message", ""):
        failures.append(f"atoma {' '.join(map(str, arguments))}\n"
                        f"  expected exit {code} and {reason} {says!r}, got {got}: {answer}")


def succeeds(*arguments, stdin=b""):
    code, answer = atoma(*arguments, stdin=stdin)
    if code != 0:
        sys.exit(f"atoma {' '.join(map(str, arguments))}: exit {code}: {answer}")
    return answer


class Liar(http.server.ThreadingHTTPServer):
    """Passes everything on to `upstream`; `lie`, where set, gets (method, path, status, body) and
    returns the (status, body) to answer with instead."""

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), Passing)
        self.upstream = upstream
        self.lie = None
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @contextlib.contextmanager
    def lying(self, lie):
        self.lie = lie
        yield
        self.lie = None


class Passing(http.server.BaseHTTPRequestHandler):
    def pass_on(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = urllib.request.Request(self.server.upstream + self.path, method=self.command,
                                         data=self.rfile.read(length) if length else None)
        for name in ("Content-Type", "Authorization"):
            if name in self.headers:
                request.add_header(name, self.headers[name])
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        if self.server.lie:
            status, body = self.server.lie(self.command, self.path, status, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = pass_on

    def log_message(self, *_):
        pass


def answering(path_start, change):
    """A lie about answers under one path: `change` gets and returns (status, body)."""
    def lie(_, path, status, body):
        return change(status, body) if path.startswith(path_start) else (status, body)
    return lie


def with_member(name, value):
    """Changes a member of a JSON answer; None removes it."""
    def change(status, body):
        answer = json.loads(body)
        if value is None:
            answer.pop(name)
        else:
            answer[name] = value(answer[name]) if callable(value) else value
        return status, json.dumps(answer).encode()
    return change


def instead(status, body):
    return lambda *_: (status, body)


def other_bytes(text):
    """Base64 of the same bytes but for one bit of the last."""
    changed = bytearray(base64.b64decode(text))
    changed[-1] ^= 1
    return base64.b64encode(changed).decode()


def bad_arguments(work):
    empty = work / "empty"
    empty.write_bytes(b"\0")
    refuses(2, "usage.audit", "audit")
    for listen in ("127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:port", "127.0.0.1:70000"):
        refuses(2, "usage.listen", "up", "--data", work / "none", "--listen", listen)
        refuses(2, "usage.listen", "log", "serve", "--data", work / "none", "--origin", "a",
                "--listen", listen)
    key = work / "sequencer.key"
    succeeds("registry", "keygen", key)
    refuses(2, "registry.genesis", "registry", "serve", "--origin", "a", "--key", key, "--data",
            work / "registry", "--listen", "127.0.0.1:0", says="--genesis")
    genesis = pathlib.Path(__file__).parent.parent / "examples" / "genesis.yaml"
    for serve in (("log", "serve", "--origin", "a"),
                  ("registry", "serve", "--origin", "a", "--key", key, "--genesis", genesis)):
        refuses(2, "http.server.not_loopback", *serve, "--data", work / serve[0], "--listen", "0.0.0.0:0",
                says="--allow-non-loopback")
    for tenant in ("acme", "acme="):
        refuses(2, "usage.tenant", "up", "--data", work / "none", "--tenant", tenant)
    for period in ("5", "h", "1w", "-1h", "5000000000h", "1h "):
        refuses(2, "usage.period", "up", "--data", work / "none", "--ear-key-period", period)
        refuses(2, "usage.period", "up", "--data", work / "none", "--index-interval", period)
    for period in ("599s", "0d", "367d"):
        refuses(2, "up.ear_key_period", "up", "--data", work / "none", "--ear-key-period", period)
    refuses(2, "usage.report_data", "verify", empty, "--report-data", "00" * 65)
    refuses(2, "usage.endorsements", "verify", empty, "--tee", "cca", "--endorsements", empty, empty)
    for folder, cases, reason in (
            ("format", {"format": 2, "tee": "tdx", "cases": []}, "conformance.format"),
            ("tee", {"format": 1, "tee": "abacus", "cases": []}, "conformance.tee")):
        (work / folder).mkdir()
        (work / folder / "cases.json").write_text(json.dumps(cases))
        refuses(2, reason, "conformance", work / folder)
    refuses(2, "file.unreadable", "conformance", work / "none")
    refuses(2, "trace.file", "up", "--data", work / "traced", "--sample", "--listen",
            "127.0.0.1:0", "--trace-file", work / "none" / "spans.jsonl")
    refuses(2, "bench.peer", "bench", "peers", work, "--program", "/bin/false",
            "--tdx-at", "2026-01-01T00:00:00Z", "--snp-at", "2026-01-01T00:00:00Z")


def unreadable_case(work):
    """A case that can't be run is a wrong answer, and says why."""
    case = {"name": "x", "at": "2025-01-01T00:00:00Z", "inputs": {}, "expect": {}}
    for number, (change, reason) in enumerate((
            ({"allow": ["everything"]}, "conformance.unknown_allow"),
            ({"inputs": {"mutate": [{"input": "evidence"}]}}, "conformance.format"))):
        folder = work / f"case{number}"
        folder.mkdir()
        cases = {"format": 1, "tee": "tdx", "cases": [case | change]}
        (folder / "cases.json").write_text(json.dumps(cases))
        code, answer = atoma("conformance", folder)
        if code != 1 or not answer["results"][0]["actual"].startswith(reason + ": "):
            failures.append(f"a case with {change}: expected {reason}, got {code}: {answer}")


def attest_refusals(work, data, liar):
    out = ("--out", work / "unused")
    attest = ("attest", "--server", liar.url, *out)
    platform = ("--platform", data / "sample")
    refuses(2, "usage.platform", *attest)
    refuses(2, "usage.measurement", *attest, *platform, "--measurement", "00" * 47)
    no_evidence = work / "no-evidence.json"
    bundle = json.loads((work / "workload" / "bundle.json").read_text())
    bundle.pop("evidence")
    no_evidence.write_text(json.dumps(bundle))
    refuses(2, "attest.replay", *attest, "--replay", no_evidence)

    kept = []  # the answer to an earlier attestation

    def keep(status, body):
        kept.append(body)
        return status, body
    with liar.lying(answering("/v1/attest", keep)):
        succeeds("attest", "--server", liar.url, *platform, "--out", work / "earlier")
    with liar.lying(answering("/v1/attest", instead(200, kept[0]))):
        refuses(1, "proof.ear", *attest, *platform)
    earlier_bundle = json.loads(kept[0])["bundle"]
    with liar.lying(answering("/v1/attest", with_member("bundle", earlier_bundle))):
        refuses(1, "proof.bundle", *attest, *platform, says="another result")
    with liar.lying(answering("/v1/attest", with_member("bundle", None))):
        refuses(3, "remote.failed", *attest, *platform, says='no member "bundle"')
    with liar.lying(answering("/v1/attest", with_member("bundle", lambda b: b | {
            "entry": other_bytes(b["entry"])}))):
        refuses(1, "proof.bundle", *attest, *platform, says="does not hold")


def release_refusals(work, data, liar):
    get = ("secret", "get", "db-password", "--server", liar.url, "--out", work / "stolen")
    mine = ("--attestation", work / "workload")
    for member, value, code, reason in (
            ("ciphertext", other_bytes, 1, "proof.entry"),
            ("aad", "another secret", 1, "proof.aad"),
            ("version", 7, 1, "proof.aad"),
            ("enc", other_bytes, 2, "hpke.open"),
            ("bundle", lambda b: b | {"entry": other_bytes(b["entry"])}, 1, "proof.bundle"),
            ("enc", None, 3, "remote.failed")):
        with liar.lying(answering("/v1/secrets/", with_member(member, value))):
            refuses(code, reason, *get, *mine)
    for status, body, code, reason in (
            (403, b"no", 1, "remote.refused"), (403, b'{"reason": 1}', 1, "remote.refused"),
            (500, b"no", 3, "remote.failed"), (302, b"no", 3, "remote.failed")):
        with liar.lying(answering("/v1/secrets/", instead(status, body))):
            refuses(code, reason, *get, *mine, says=f"status {status}")
    cut = work / "cut"
    succeeds("attest", "--server", liar.url, "--platform", data / "sample", "--out", cut)
    (cut / "key").write_bytes((cut / "key").read_bytes()[:31])
    refuses(2, "attestation.incomplete", *get, "--attestation", cut)
    if (work / "stolen").exists():
        failures.append("a refused release left a secret behind")


def log_refusals(work, data, liar):
    """A log that shows or proves something else than it signed."""
    server = ("--server", liar.url, "--log-key", data / "registry" / "log.vkey")
    show, prove = ("log", "show", "1", *server), ("log", "prove", *server)
    inclusion, consistency = "/v1/log/inclusion", "/v1/log/consistency"
    first = with_member("proof", lambda p: [other_bytes(p[0]), *p[1:]])
    shorter = with_member("proof", lambda p: p[1:])
    other_leaf = with_member("leaf_hash", other_bytes)
    entry = with_member("entry", other_bytes)
    proof, grown = "proof.inclusion", "proof.consistency"
    for path, lie, command, reason in (
            ("/v1/log/entries/", entry, show, proof), (inclusion, first, show, proof),
            (inclusion, first, (*prove, "1"), proof), (inclusion, shorter, (*prove, "1"), proof),
            (inclusion, other_leaf, (*prove, "1"), proof),
            # A size that nobody signed: the root is told by one answer and proved by another.
            (inclusion, other_leaf, (*prove, "1", "--size", "3"), grown),
            (inclusion, shorter, (*prove, "1", "--size", "2"), proof),
            (consistency, first, (*prove, "1", "--size", "3"), grown),
            (consistency, first, (*prove, "--from", "2", "--to", "3"), grown),
            (consistency, shorter, (*prove, "--from", "3"), grown)):
        with liar.lying(answering(path, lie)):
            refuses(1, reason, *command, says="does not hold")
    for path, lie, says in (
            (inclusion, with_member("proof", ["AAAA"]), "a hash"),
            (inclusion, with_member("proof", ["A" * 43 + "="] * 65), "a proof"),
            (inclusion, with_member("leaf_hash", None), "a hash"),
            (inclusion, instead(200, b"{"), "JSON"),
            ("/v1/log/entries/", with_member("entry", "?"), "an entry")):
        with liar.lying(answering(path, lie)):
            refuses(3, "remote.failed", *show, says="the answer is not " + says)

    _, earlier = get_text(liar, "/v1/log/checkpoint")
    succeeds("attest", "--server", liar.url, "--platform", data / "sample", "--out", work / "later")
    kept = work / "checkpoint.txt"
    kept.write_text(get_text(liar, "/v1/log/checkpoint")[1])
    with liar.lying(answering("/v1/log/checkpoint", instead(200, earlier.encode()))):
        refuses(1, grown, *prove, "--known", kept, says="log.shrunk")
    origin, size, rest = earlier.split("\n", 2)
    forged = f"{origin}\n{int(size) - 1}\n{rest}".encode()
    with liar.lying(answering("/v1/log/checkpoint", instead(200, forged))):
        refuses(1, "proof.checkpoint", *show, says="note.signature")
    kept.write_bytes(forged)
    refuses(2, "note.signature", *prove, "--known", kept)


def get_text(liar, path):
    with urllib.request.urlopen(liar.url + path, timeout=DEADLINE_S) as answer:
        return answer.status, answer.read().decode()


def other_answers(data, liar):
    """Lists that are none, and a secret that is too long."""
    admin = ("--server", liar.url, "--token-file", data / "admin.token")
    for path, body, command in (("/v1/secrets", b"[]", ("secret", "list", *admin)),
                                ("/v1/log/entries", b"{}", ("log", "entries", *admin[:2]))):
        with liar.lying(answering(path, instead(200, body))):
            run = subprocess.run([ATOMA, *command], capture_output=True, timeout=DEADLINE_S)
        if run.returncode != 3 or b"remote.failed: " not in run.stderr:
            failures.append(f"atoma {command[0]} {command[1]} of {body}: {run}")
    refuses(2, "file.too_large", "secret", "put", "x", "--file", "-", "--rule",
            data / "sample-rule.json", *admin, stdin=bytes(1 << 20))


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        data = work / "data"
        bad_arguments(work)
        unreadable_case(work)
        with sample_server(ATOMA, data) as url:
            liar = Liar(url)
            succeeds("attest", "--server", liar.url, "--platform", data / "sample",
                     "--out", work / "workload")
            (work / "secret").write_text("correct horse")
            succeeds("secret", "put", "db-password", "--file", work / "secret", "--rule",
                     data / "sample-rule.json", "--server", liar.url, "--token-file",
                     data / "admin.token")
            succeeds("secret", "get", "db-password", "--server", liar.url, "--attestation",
                     work / "workload")
            attest_refusals(work, data, liar)
            release_refusals(work, data, liar)
            log_refusals(work, data, liar)
            other_answers(data, liar)
            liar.shutdown()
    if failures:
        print("\n".join(failures))
        sys.exit(f"{len(failures)} refusals are not as they should be")


main()
