#!/usr/bin/env python3
"""The ledger's members over `atoma up`: what they revoke gets no verdict and no secret, at once; who has
no such key changes nothing; and what a label's newest entry is can be proved to anybody.
Usage: govern_test.py ATOMA"""
import json
import pathlib
import subprocess
import sys
import tempfile

from served import Served, soon

ATOMA = sys.argv[1]


def atoma(*arguments, expect=0):
    done = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


class World:
    def __init__(self, data, up):
        self.data, self.up = data, up

    def attest(self, name, expect=0):
        return atoma("attest", "--server", self.up.url, "--platform", self.data / "sample", "--out",
                     self.data / name, "--tee", "tdx", expect=expect)

    def get(self, name, expect=0):
        return atoma("secret", "get", "db", "--server", self.up.url, "--attestation", self.data / name,
                     expect=expect)

    def registry(self, command, *arguments, key="operator", expect=0):
        return atoma("registry", command, *arguments, "--server", self.up.url, "--key",
                     self.data / "keys" / f"{key}.key", expect=expect)

    def lookup(self, space, label):
        """The answer of the command, whatever it ends with."""
        done = subprocess.run(
            [ATOMA, "registry", "lookup", "--server", self.up.url, "--namespace", space, "--label",
             label, "--log-key", self.up.ready["log_key"], "--sequencer", self.up.ready["sequencer"],
             "--json"], capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) | {"exit": done.returncode}

    def change(self, change, value):
        proposal = self.registry("propose", change, value)["index"]
        self.registry("vote", proposal)
        self.registry("activate", proposal, key="broker")

    def entry(self, index):
        return json.loads(self.up.ask("GET", f"/v1/log/entries/{index}")[1])["json"]


with tempfile.TemporaryDirectory() as folder:
    data = pathlib.Path(folder) / "data"
    with Served(ATOMA, "up", "--data", data, "--sample", "--listen", "127.0.0.1:0") as up:
        world = World(data, up)
        accepted = world.attest("good")
        said = world.entry(accepted["index"])
        policy, measurement = said["body"]["policy"], said["body"]["measurement"]
        assert said["label"] == policy and said["body"]["verdict"] == "accepted", said
        secret = data / "secret"
        secret.write_text("x")
        atoma("secret", "put", "db", "--server", up.url, "--file", secret, "--rule",
              data / "sample-rule.json", "--token-file", data / "admin.token")
        world.get("good")

        # The newest entry of each label, proved under the log's key and the sequencer's.
        found = soon("the index has it",
                     lambda: (got := world.lookup("attestations", policy)).get("found") and got)
        assert found["type"] == "attestation" and found["index"] == accepted["index"], found
        assert found["entry"] == said, found
        absent = world.lookup("releases", "nothing")
        assert absent["exit"] == 1 and not absent["found"], absent

        # Only members propose and vote; a proposal must be one.
        for key, reason in (("broker", "rule.role"), ("verifier", "rule.role")):
            refused = world.registry("propose", "measurement.remove", measurement, key=key, expect=1)
            assert refused["error"]["reason"] == reason, refused
        refused = world.registry("vote", accepted["index"], expect=2)
        assert refused["error"]["reason"] == "usage.vote", refused
        for change, value in (("measurement.remove", "xyz"), ("thresholds", "1,2"),
                              ("thresholds", "1,1,0,"), ("thresholds", "a,1,1")):
            refused = world.registry("propose", change, value, expect=2)
            assert refused["error"]["reason"] == "usage.propose", refused
        proposal = world.registry("propose", "measurement.remove", measurement)["index"]
        refused = world.registry("activate", proposal, expect=1)
        assert refused["error"]["reason"] == "rule.threshold", refused
        world.get("good")

        # Revoked: no verdict, and no secret for a verdict from before.
        world.change("measurement.remove", measurement)
        refused = world.attest("late", expect=1)
        assert refused["error"]["reason"] == "rule.revoked", refused
        refused = world.get("good", expect=1)
        assert refused["error"]["reason"] == "rule.revoked", refused
        entries = json.loads(up.ask("GET", "/v1/log/entries?limit=64")[1])["entries"]
        refusals = [e["json"]["body"] for e in entries if e["json"]["type"] == "refusal"]
        assert [r["reason"] for r in refusals] == ["rule.revoked"], refusals

        # Trusted again; and members can be added by those there are.
        world.change("measurement.add", measurement)
        world.attest("again")
        world.get("again")
        anna = atoma("registry", "keygen", data / "keys" / "anna.key")
        world.change("issuer.add", json.dumps({"name": "anna", "key": anna["key"],
                                               "roles": ["member"], "weight": 1}))
        world.change("thresholds", "2,1,0")
        proposal = world.registry("propose", "policy.remove", policy, key="anna")["index"]
        world.registry("vote", proposal, key="anna")
        world.registry("activate", proposal)
        assert world.attest("late", expect=1)["error"]["reason"] == "rule.revoked"
        proposal = world.registry("propose", "policy.add", policy, key="anna")["index"]
        world.registry("vote", proposal, key="anna")
        refused = world.registry("activate", proposal, expect=1)
        assert refused["error"]["reason"] == "rule.threshold", refused
    # All of it again from the disk.
    with Served(ATOMA, "up", "--data", data, "--sample", "--listen", "127.0.0.1:0") as up:
        world = World(data, up)
        assert world.attest("late", expect=1)["error"]["reason"] == "rule.revoked"
        world.registry("vote", proposal)
        world.registry("activate", proposal)
        world.attest("again")
