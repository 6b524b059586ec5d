#!/usr/bin/env python3
"""A ledger of typed entries from the command line: begin, write, look up, vote, refuse, restart.
Usage: registry_test.py ATOMA"""
import base64
import hashlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from served import Served

ATOMA = sys.argv[1]
ORIGIN = "test.example/registry"
FOLDER = pathlib.Path(tempfile.mkdtemp())


def atoma(*arguments, expect=0):
    done = subprocess.run([ATOMA, *arguments, "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


class Ledger(Served):
    def __init__(self, *more):
        super().__init__(ATOMA, "registry", "serve", "--data", FOLDER / "data", "--origin", ORIGIN,
                         "--key", FOLDER / "sequencer", "--listen", "127.0.0.1:0", *more)
        self.log_key, self.sequencer = self.ready["log_key"], self.ready["sequencer"]
        self.size = self.ready["log_size"]

    def submit(self, who, entry_type, label, body="{}", *more, expect=0):
        return atoma("registry", "submit", "--server", self.url, "--key", str(FOLDER / who),
                     "--type", entry_type, "--namespace", "test", "--label", label, "--body",
                     body if isinstance(body, str) else json.dumps(body), *more, expect=expect)

    def lookup(self, label, expect=0, **changed):
        options = {"log-key": self.log_key, "sequencer": self.sequencer} | changed
        flags = [part for name, value in options.items() for part in ("--" + name, value)]
        return atoma("registry", "lookup", "--server", self.url, "--namespace", "test", "--label",
                     label, *flags, expect=expect)

    def settled(self, label, versions):
        """The lookup once the index on the log has caught up."""
        for _ in range(100):
            done = subprocess.run(
                [ATOMA, "registry", "lookup", "--server", self.url, "--namespace", "test", "--label",
                 label, "--log-key", self.log_key, "--sequencer", self.sequencer, "--json"],
                capture_output=True, text=True, timeout=60)
            answer = json.loads(done.stdout)
            if answer.get("versions", 0) >= versions:
                return answer
            time.sleep(0.1)
        raise AssertionError((label, versions, answer))


def digest(data):
    return "hex:" + hashlib.sha256(data).hexdigest()


keys = {name: atoma("registry", "keygen", str(FOLDER / name))
        for name in ("sequencer", "anna", "ben", "verifier", "registrar", "broker", "model")}
again = atoma("registry", "keygen", str(FOLDER / "anna"), expect=2)
assert again["error"]["reason"] == "registry.key_exists", again
roles = {"anna": "[member], weight: 1", "ben": "[member], weight: 1", "verifier": "[verifier]",
         "registrar": "[registrar]", "broker": "[service]"}
genesis = "issuers:\n" + "".join(
    f'  - {{name: {name}, key: "{keys[name]["key"]}", roles: {role}}}\n' for name, role in roles.items()
) + "thresholds: {add: 2, remove: 1, delay_seconds: 0}\n"
(FOLDER / "genesis.yaml").write_text(genesis)
(FOLDER / "bad.yaml").write_text(genesis.replace("[service]", "[king]"))
bad = subprocess.run([ATOMA, "registry", "serve", "--data", FOLDER / "bad", "--origin", ORIGIN, "--key",
                      FOLDER / "sequencer", "--genesis", FOLDER / "bad.yaml", "--json"],
                     capture_output=True, text=True, timeout=60)
assert bad.returncode == 2 and "registry.genesis" in bad.stdout, bad

ledger = Ledger("--genesis", str(FOLDER / "genesis.yaml"))

# Whatever breaks a rule leaves the ledger as it was, and says which rule.
for who, entry_type, body, rule in [
        ("model", "deployment", "{}", "rule.issuer"), ("verifier", "deployment", "{}", "rule.role"),
        ("broker", "wish", "{}", "rule.type"),
        ("registrar", "key.register", {"1": -8, "2": "base64:" + keys["model"]["key"], "3": 0, "4": 1},
         "rule.attestation")]:
    answer = ledger.submit(who, entry_type, "shop", body, expect=1)
    assert answer["error"]["reason"] == rule, (rule, answer)
wrong = ledger.submit("broker", "deployment", "shop", '{"1": "hex:0"}', expect=2)
assert wrong["error"]["reason"] == "registry.body", wrong

(FOLDER / "short").write_bytes(bytes(31))
short = ledger.submit("short", "deployment", "shop", expect=2)
assert short["error"]["reason"] == "registry.issuer_key", short

# A verdict that binds a key, then the key, then the proof that it is the newest of its label.
model = base64.b64decode(keys["model"]["key"])
verdict = {"1": "accepted", "2": digest(b"evidence"), "3": digest(b"policy"), "4": None,
           "5": digest(model), "6": digest(b"ear"), "7": "tdx", "8": digest(b"image"), "9": True, "10": [[digest(b"evidence"), 8, "a/b"]]}
at = ledger.submit("verifier", "attestation", "evidence 1", verdict, "--expires-in", "600")["index"]
ledger.submit("registrar", "key.register", "llama",
              {"1": -8, "2": "base64:" + keys["model"]["key"], "3": at, "4": 1})
found = ledger.settled("llama", 1)
assert found["type"] == "key.register" and found["issuer"] == keys["registrar"]["key_id"], found
assert model in base64.b64decode(found["body"]), found

# There is none, and that is proved too; another's keys prove nothing.
assert ledger.lookup("mistral", expect=1)["found"] is False
stranger = ledger.lookup("llama", expect=1, sequencer=keys["broker"]["key"])
assert stranger["error"]["reason"] == "lookup.map_head", stranger

# The members withdraw the image: one vote of two is enough to remove, nothing names it any more.
checkpoint = subprocess.run(["curl", "-sf", ledger.url + "/checkpoint"], capture_output=True,
                            text=True, check=True).stdout.splitlines()
root = "base64:" + checkpoint[2]
proposal = ledger.submit("anna", "policy.propose", "trust",
                         {"1": "measurement.remove", "2": digest(b"image"),
                          "3": [int(checkpoint[1]), root]})
ledger.submit("ben", "policy.vote", "trust",
              {"1": proposal["index"], "2": "base64:" + proposal["leaf_hash"]})
ledger.submit("broker", "policy.activate", "trust", {"1": proposal["index"]})
refused = ledger.submit("verifier", "attestation", "evidence 2", verdict, "--expires-in", "600",
                        expect=1)
assert refused["error"]["reason"] == "rule.revoked", refused

# A kill loses nothing; the replay finds the same ledger. Another sequencer can't take it over.
ledger.submit("broker", "deployment", "shop")
ledger.submit("broker", "deployment", "shop")
ledger.stop(signal.SIGKILL)
ledger = Ledger()
assert ledger.settled("shop", 2)["versions"] == 2
assert ledger.lookup("llama")["found"] is True
ledger.stop()
other = subprocess.run([ATOMA, "registry", "serve", "--data", FOLDER / "data", "--origin", ORIGIN,
                        "--key", FOLDER / "broker", "--json"], capture_output=True, text=True,
                       timeout=60)
assert other.returncode != 0 and "sequencer.key" in other.stdout, other
print("a ledger of typed entries: rules, lookups, votes, restart")
