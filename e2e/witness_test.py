"""`atoma witness` as a process: another witness's transcript, killed after every answer.

What it cosigned it knows again after kill -9, and it answers as tlog-witness says. Refusals of the
command itself: a directory of another name, keys without their state, an address that is not
loopback.

Usage: witness_test.py ATOMA
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from served import Served

ATOMA = sys.argv[1]
NAME = "witness.example/e2e"
TRANSCRIPT = pathlib.Path(os.environ.get("ATOMA_VECTORS", ""), "tlog/witness-add-checkpoint.json")


def vkey(name, kind, key):
    body = bytes([kind]) + key
    key_id = hashlib.sha256(name.encode() + b"\n" + body).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(body).decode()}"


class Witness(Served):
    def __init__(self, data, log):
        super().__init__(ATOMA, "witness", "--data", data, "--name", NAME, "--log", log, "--listen",
                         "127.0.0.1:0")
        self.keys = self.ready["keys"]

    def post(self, body):
        status, answer, headers = self.ask("POST", "/add-checkpoint", body.encode())
        return status, headers["Content-Type"], answer.decode()


def refusal(*args):
    done = subprocess.run([ATOMA, "--json", "witness", *args], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 2, done
    return json.loads(done.stdout)["error"]["reason"]


def main():
    if not TRANSCRIPT.exists():
        print(f"*** SKIPPED, NOT TESTED: no {TRANSCRIPT}", file=sys.stderr)
        sys.exit(1 if "CI" in os.environ else 77)
    transcript = json.loads(TRANSCRIPT.read_text())
    log = vkey(transcript["log_origin"], 1, bytes.fromhex(transcript["log_ed25519_pub_hex"]))
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "w"
        keys = None
        known = 0
        for number, step in enumerate(transcript["steps"]):
            witness = Witness(data, log)
            keys = keys or witness.keys
            assert witness.keys == keys and len(keys) == 2
            status, kind, body = witness.post(step["body"])
            # The transcript is older than the 404 of the specification.
            expected = 404 if "unknown log" in step["assert"] else step["status"]
            assert status == expected, (number, status, expected, body)
            if status == 200:
                assert body.count(f"\u2014 {NAME} ") == 2 and body.endswith("\n"), body
                known = int(step["body"].split("\n\n")[1].split("\n")[1])
            if status == 409:
                assert (kind, body) == ("text/x.tlog.size", f"{known}\n"), (kind, body)
            witness.stop(signal.SIGKILL)
        print(f"{len(transcript['steps'])} requests, killed after each: known size {known}")

        common = ["--log", log, "--listen", "127.0.0.1:0"]
        assert refusal("--data", data, "--name", "other", *common) == "witness.name"
        assert refusal("--data", data, "--name", "a b", *common) == "witness.name"
        assert refusal("--data", data, "--name", NAME, "--log", "x") == "vkey.format"
        outside = ["--log", log, "--listen", "192.0.2.1:1"]
        assert refusal("--data", data, "--name", NAME, *outside) == "http.server.not_loopback"
        shutil.rmtree(data / "state")
        assert refusal("--data", data, "--name", NAME, *common) == "witness.state_missing"
    print("refusals as expected")


main()
