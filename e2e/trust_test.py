#!/usr/bin/env python3
"""Why a key is trusted: `atoma registry trust` over a ledger with votes, and `atoma audit --url`.

Usage: trust_test.py ATOMA [--show]     --show prints what a person sees"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

ATOMA = sys.argv[1]
FOLDER = pathlib.Path(tempfile.mkdtemp())
WITHIN = 60


def run(*arguments, expect=0):
    done = subprocess.run([ATOMA, *map(str, arguments)], capture_output=True, text=True,
                          timeout=WITHIN)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def atoma(*arguments, expect=0):
    return json.loads(run(*arguments, "--json", expect=expect))


def digest(data):
    return "hex:" + hashlib.sha256(data).hexdigest()


def show(text):
    if "--show" in sys.argv:
        print(text)
    return text


KEYS = {name: atoma("registry", "keygen", FOLDER / name)
        for name in ("sequencer", "anna", "ben", "verifier", "registrar", "broker", "model")}
roles = {"anna": "[member], weight: 1", "ben": "[member], weight: 1", "verifier": "[verifier]",
         "registrar": "[registrar]", "broker": "[service]"}
(FOLDER / "genesis.yaml").write_text("issuers:\n" + "".join(
    f'  - {{name: {name}, key: "{KEYS[name]["key"]}", roles: {role}}}\n'
    for name, role in roles.items()) + "thresholds: {add: 2, remove: 1, delay_seconds: 0}\n")
process = subprocess.Popen(
    [ATOMA, "registry", "serve", "--data", FOLDER / "data", "--origin", "test.example/trust", "--key",
     FOLDER / "sequencer", "--genesis", FOLDER / "genesis.yaml", "--listen", "127.0.0.1:0", "--json"],
    stdout=subprocess.PIPE, text=True)
ready = json.loads(process.stdout.readline())
LOG = ["--log-key", ready["log_key"]]


def submit(who, entry_type, label, body="{}", *more):
    return atoma("registry", "submit", "--server", ready["url"], "--key", FOLDER / who, "--type",
                 entry_type, "--namespace", "models", "--label", label, "--body",
                 body if isinstance(body, str) else json.dumps(body), *more)


def decide(change, value, voters):
    # What the log shows at this moment, as a proposer sees it.
    size, root = subprocess.run(["curl", "-sf", ready["url"] + "/checkpoint"], capture_output=True,
                                text=True, check=True).stdout.splitlines()[1:3]
    proposal = submit("anna", "policy.propose", "governance",
                      {"1": change, "2": value, "3": [int(size), "base64:" + root]})
    for voter in voters:
        submit(voter, "policy.vote", "governance",
               {"1": proposal["index"], "2": "base64:" + proposal["leaf_hash"]})
    submit("broker", "policy.activate", "governance", {"1": proposal["index"]})


def trust(label="llama", expect=0):
    arguments = ["registry", "trust", "--server", ready["url"], "--namespace", "models", "--label",
                 label, *LOG]
    show(run(*arguments, expect=expect))
    return atoma(*arguments, expect=expect)


def below(node, kind):
    return [child for child in node.get("rests_on", []) if child["kind"] == kind]


try:
    decide("measurement.add", digest(b"image"), ["anna", "ben"])
    decide("policy.add", digest(b"policy"), ["anna", "ben"])
    model = base64.b64decode(KEYS["model"]["key"])
    verdict = {"1": "accepted", "2": digest(b"evidence"), "3": digest(b"policy"), "4": None,
               "5": digest(model), "6": digest(b"ear"), "7": "tdx", "8": digest(b"image"), "9": False,
               "10": [[digest(b"evidence"), 8, "a/b"]]}
    at = submit("verifier", "attestation", "evidence 1", verdict, "--expires-in", "600")["index"]
    submit("registrar", "key.register", "llama",
           {"1": -8, "2": "base64:" + KEYS["model"]["key"], "3": at, "4": 1})

    tree = trust()
    assert tree["good"] is True
    key = tree["trust"]
    assert key["kind"] == "key" and key["public_key"] == KEYS["model"]["key"], key
    attestation = below(key, "attestation")[0]
    assert attestation["index"] == at and attestation["tee"] == "tdx"
    assert attestation["by_key_id"] == KEYS["verifier"]["key_id"]
    for kind, what in (("measurement", b"image"), ("policy", b"policy")):
        approved = below(attestation, kind)[0]
        assert "hex:" + approved["digest"] == digest(what)
        approval = below(approved, "decision")[0]
        assert [vote["by"] for vote in below(approval, "vote")] == ["anna", "ben"]
        assert approval["weight"] == approval["needed"] == "2"
    assert below(key, "genesis")[0]["log_key"] == ready["log_key"]
    checkpoint = below(key, "checkpoint")[0]
    assert below(checkpoint, "log key")[0]["good"] is True

    # The members withdraw the image: the key's tree says so.
    decide("measurement.remove", digest(b"image"), ["ben"])
    tree = trust(expect=1)
    measurement = below(below(tree["trust"], "attestation")[0], "measurement")[0]
    assert tree["good"] is False and measurement["good"] is False and "REVOKED" in measurement["title"]
    nothing = atoma("registry", "trust", "--server", ready["url"], "--namespace", "models", "--label",
                    "mistral", *LOG, expect=1)
    assert nothing["error"]["reason"] == "chain.none", nothing

    # The whole log by its URL.
    show(run("audit", "--url", ready["url"], *LOG))
    steps = atoma("audit", "--url", ready["url"], *LOG)
    assert steps["ok"] and [step["id"] for step in steps["steps"]] == [
        "checkpoint", "entries", "rules", "index", "time"], steps
    other = FOLDER / "other.note"
    other.write_bytes(b"nonsense")
    refused = atoma("audit", "--url", ready["url"], *LOG, "--note", other, expect=1)
    assert refused["steps"][0]["ok"] is False, refused
    show(run("audit", "--url", "http://127.0.0.1:1", *LOG, expect=3))
    assert atoma("audit", "--url", "http://127.0.0.1:1", expect=2)["error"]["reason"] == "usage.audit"
finally:
    process.terminate()
    process.wait(WITHIN)
    process.stdout.close()
print("a key's chain of trust: approved, attested, withdrawn; a log audited by its URL")
