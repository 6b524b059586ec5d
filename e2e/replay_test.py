#!/usr/bin/env python3
"""`atoma verify --replay`: what a running Atoma decided is judged again from what it gives out; with any
input altered it is refused, by the name of that input. Usage: replay_test.py ATOMA"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ATOMA = sys.argv[1]
PARTS = {"tcb_info": "tcb_info.json", "qe_identity": "qe_identity.json",
         "tcb_signing_chain": "tcb_signing_chain.pem", "root_crl": "root_crl.der",
         "pck_crl": "pck_crl.der", "pck_chain": "pck_chain.pem"}
failures = []


def atoma(*arguments):
    run = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True, timeout=120)
    try:
        return run.returncode, json.loads(run.stdout)
    except ValueError:
        return run.returncode, {"text": run.stdout.decode() + run.stderr.decode()}


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def replays(code, outcome, names, *arguments):
    """Exit code, "replay" (or the reason of an error), and the names of what differs."""
    got, answer = atoma("verify", *arguments)
    said = answer.get("replay", answer.get("error", {}).get("reason"))
    named = [d["name"] for d in answer.get("inputs", []) + answer.get("differences", [])]
    if (got, said, named) != (code, outcome, names):
        failures.append(f"{arguments}: expected {code} {outcome} {names}, got {got} {answer}")


class Attested:
    """A result, and what it names, as an auditor gets it."""

    def __init__(self, work, url, name, tee, *more):
        self.out = work / name
        code, answer = atoma("attest", "--server", url, "--platform", work / "data" / "sample", "--out",
                             self.out, "--tee", tee, *more)
        if code not in (0, 1):
            sys.exit(f"attest {name}: {answer}")
        bundle = json.loads((self.out / "bundle.json").read_text())
        entry = fetch(f"{url}/v1/log/entries/{bundle['index']}")["json"]["body"]
        self.evidence = self.out / "evidence.bin"
        self.evidence.write_bytes(base64.b64decode(bundle["evidence"]))
        self.policy = self.out / "policy.yaml"
        self.policy.write_text(fetch(f"{url}/v1/policy/{entry['policy']}")["text"])
        self.collateral = entry["collateral"]
        used = fetch(f"{url}/v1/collateral/{self.collateral}")
        if "collateral" in used:
            folder = self.out / "collateral"
            folder.mkdir()
            for part, contents in used["collateral"].items():
                (folder / PARTS[part]).write_bytes(base64.b64decode(contents))
            self.trust = ["--collateral", folder]
        else:
            files = []
            for i, contents in enumerate(used["endorsements"]):
                files.append(self.out / f"endorsement{i}.der")
                files[-1].write_bytes(base64.b64decode(contents))
            self.trust = ["--endorsements", *files]
        self.keys = ["--replay-keys", self.out / "jwks.json"]
        self.token = next(self.out.glob("ear.*"))

    def arguments(self, evidence=None, policy=None, trust=None, token=None, keys=None):
        return [evidence or self.evidence, "--replay", token or self.token, "--policy",
                policy or self.policy, *(self.trust if trust is None else trust),
                *(self.keys if keys is None else keys)]


def altered(path, change):
    other = path.with_name("altered-" + path.name)
    other.write_bytes(change(path.read_bytes()))
    return other


def flipped(contents):
    return contents[:200] + bytes([contents[200] ^ 1]) + contents[201:]


def check_inputs(case):
    replays(0, "same", [], *case.arguments())
    replays(1, "other_input", ["evidence"],
            *case.arguments(evidence=altered(case.evidence, flipped)))
    replays(1, "other_input", ["evidence"],
            *case.arguments(evidence=altered(case.evidence, lambda b: b[:100])))
    replays(1, "other_input", ["policy"],
            *case.arguments(policy=altered(case.policy, lambda b: b + b"# \n")))
    replays(3, "missing_input", ["collateral"], *case.arguments(trust=[]))
    replays(1, "replay.token", [], *case.arguments(token=altered(case.token, flipped)))
    replays(2, "replay.keys", [], *case.arguments(keys=[]))
    replays(2, "usage.replay", [], *case.arguments(), "--at", "2026-01-01T00:00:00Z")


def check_collateral(case):
    folder = case.trust[1]
    for part in folder.iterdir():
        before = part.read_bytes()
        part.write_bytes(before + b"\n" if part.suffix != ".der" else before[:-1])
        replays(1, "other_input", ["collateral"], *case.arguments())
        part.write_bytes(before)
    replays(0, "same", [], *case.arguments())


def check_bundle(case, stranger):
    bundle = ["--replay", case.out / "bundle.json", "--policy", case.policy, *case.trust]
    replays(0, "same", [], *bundle, *case.keys)
    code, answer = atoma("verify", *bundle)
    if code != 0 or answer["keys_given"]:
        failures.append(f"a bundle with its own key: {code} {answer}")
    replays(1, "replay.token", [], *bundle, "--replay-keys", stranger)
    empty = json.loads((case.out / "bundle.json").read_text())
    del empty["ear"]
    (case.out / "no-ear.json").write_text(json.dumps(empty))
    replays(2, "replay.token", [], "--replay", case.out / "no-ear.json")
    replays(2, "usage.evidence", [], "--policy", case.policy)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def b64(contents):
    return base64.b64encode(contents).decode()


def check_batch(work, url, tdx, snp, refused, form, detail):
    """One token about several: each result is found by its evidence, and judged again alone."""
    quote, report = tdx.evidence.read_bytes(), snp.evidence.read_bytes()
    items = [{"evidence": b64(quote), "report_data": b64(quote[568:632])},
             {"evidence": b64(report), "report_data": b64(report[0x50:0x90])},
             {"evidence": "AAAA"},
             {"evidence": b64(refused.evidence.read_bytes()), "report_data": b64(bytes(64))},
             {"evidence": b64(report)}]
    answer = post(f"{url}/v1/appraise/batch", {"nonce": b64(bytes(16)), "format": form,
                                               "detail": detail, "items": items})
    verdicts = [item["verdict"] for item in answer["items"]]
    assert verdicts == ["accepted", "accepted", "refused", "refused", "unappraisable"], verdicts
    token = work / f"batch-{form}-{detail}"
    token.write_text(answer["ear"])
    keys = work / "batch.jwks"
    keys.write_text(json.dumps(fetch(f"{url}/.well-known/jwks.json")))
    common = dict(token=token, keys=["--replay-keys", keys])
    for case in (tdx, snp, refused):
        replays(0, "same", [], *case.arguments(**common))
        replays(1, "other_input", ["policy"],
                *case.arguments(policy=altered(case.policy, lambda b: b + b"# \n"), **common))
        replays(3, "missing_input", ["collateral"], *case.arguments(trust=[], **common))
    replays(1, "other_input", ["evidence"],
            *tdx.arguments(evidence=altered(tdx.evidence, flipped), **common))
    replays(1, "replay.token", [], *tdx.arguments(**{**common, "token": altered(token, flipped)}))
    check_folder(work / f"folder-{form}-{detail}", tdx, snp, refused, common)
    # Report data that nobody expected: another outcome, and named.
    code, answer = atoma("verify", *tdx.arguments(**common), "--report-data", "00" * 64)
    names = [d["name"] for d in answer["differences"]]
    if (code, answer["replay"], answer["item"]) != (1, "other_outcome", 0) or "verdict" not in names:
        failures.append(f"batch, other report data: {code} {answer}")


def check_folder(folder, tdx, snp, refused, common):
    """A whole batch at once, its evidence in a folder."""
    folder.mkdir()
    files = {"a-quote": tdx.evidence.read_bytes(), "b-report": snp.evidence.read_bytes(),
             "c-nothing": bytes(3), "d-refused": refused.evidence.read_bytes()}
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    trust = [*tdx.trust, *snp.trust]

    def folder_replays(code, said, unseen, *more, policy=tdx.policy):
        got, answer = atoma("verify", *tdx.arguments(evidence=folder, policy=policy, trust=trust, **common), *more)
        items = [(item.get("item"), item["replay"]) for item in answer.get("items", [])]
        if (got, items, answer.get("without_evidence")) != (code, said, unseen):
            failures.append(f"{folder.name}: expected {code} {said} {unseen}, got {got} {answer}")

    every = [(0, "same"), (1, "same"), (4, "same"), (2, "same"), (3, "same")]
    folder_replays(0, every, [])
    other = altered(tdx.policy, lambda b: b + b"# \n")
    folder_replays(0, every, [], "--policy", other)
    folder_replays(1, [(item, "other_input") for item, _ in every], [], policy=other)
    (folder / "a-quote").write_bytes(flipped(files["a-quote"]))
    folder_replays(1, [(None, "other_input"), *every[1:]], [0])
    (folder / "a-quote").write_bytes(files["a-quote"])
    (folder / "b-report").unlink()
    folder_replays(3, [every[0], *every[3:]], [1, 4])


def start(work, log):
    address = work / "data" / "address"
    address.unlink(missing_ok=True)
    up = subprocess.Popen([ATOMA, "up", "--data", work / "data", "--sample", "--listen", "127.0.0.1:0"],
                          stdout=log, stderr=log)
    for _ in range(1200):
        if address.exists() or up.poll() is not None:
            break
        time.sleep(0.1)
    return up, address.read_text().strip()


def check_restart(work, url, used):
    """What results name is there after a restart, and has the digest that they name."""
    for sha256, before in used.items():
        if fetch(f"{url}/v1/collateral/{sha256}") != before:
            failures.append(f"{sha256} is another set after a restart")


def main(work):
    log = (work / "log").open("w")
    up, url = start(work, log)
    try:
        tdx = Attested(work, url, "tdx", "tdx")
        snp = Attested(work, url, "snp", "snp", "--format", "cwt", "--alg", "ML-DSA-65")
        refused = Attested(work, url, "refused", "tdx", "--measurement", "ee" * 48)
        stolen = Attested(work, url, "stolen", "tdx", "--replay", tdx.out / "bundle.json")
        stranger = work / "stranger.jwks"
        stranger.write_text('{"keys":[]}')
        check_inputs(tdx)
        check_inputs(snp)
        check_collateral(tdx)
        check_bundle(tdx, stranger)
        replays(0, "same", [], *refused.arguments())
        for form, detail in (("jwt", "verdict"), ("cwt", "claims"), ("cwt", "all")):
            check_batch(work, url, tdx, snp, refused, form, detail)
        # What was expected of the report data stands in the result.
        replays(0, "same", [], *stolen.arguments())
        used = {case.collateral: fetch(f"{url}/v1/collateral/{case.collateral}") for case in (tdx, snp)}
        up.kill()
        up.wait()
        up, url = start(work, log)
        check_restart(work, url, used)
    finally:
        up.terminate()
        up.wait()


with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
if failures:
    sys.exit("\n".join(failures))
