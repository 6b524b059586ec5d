"""What tests of `atoma anchor` share: a real EVM (anvil) with the contract, nodes that lie, keys and
rules, and a log that grows. A script that imports this is called with ATOMA and CONTRACTS-FOLDER."""
import hashlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.request

ATOMA, CONTRACTS = sys.argv[1], pathlib.Path(sys.argv[2])
DEADLINE_S = 120
# The accounts of the private keys 1, 2 and 3.
ANCHORERS = ["0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
             "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf",
             "0x6813eb9362372eef6200f3b1dbc3f819671cba69"]
# What every anvil has, published in its own help: rich on chains for tests alone.
PAYERS = ["ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
          "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"]
# The account of the first key that pays.
PAYER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
RULES = """origin: {}
anchorers: ["{}", "{}", "{}"]
threshold: 2
change_threshold: 3
delay_s: 86400
"""
failures = []


def need_anvil():
    pins = CONTRACTS / "node_modules" / ".pins"
    lock = (CONTRACTS / "package-lock.json").read_bytes()
    if pins.exists() and pins.read_text().split()[0] == hashlib.sha256(lock).hexdigest():
        return
    print("════ NO ANVIL: atoma anchor is NOT TESTED. Type:  scripts/contracts-packages ════")
    sys.exit(1 if os.environ.get("CI") else 77)


def atoma(*arguments):
    run = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True,
                         timeout=DEADLINE_S)
    try:
        return run.returncode, json.loads(run.stdout)
    except ValueError:
        return run.returncode, {"text": run.stdout.decode() + run.stderr.decode()}


def refuses(code, reason, *arguments, says=""):
    got, answer = atoma(*arguments)
    error = answer.get("error", {})
    if got != code or error.get("reason") != reason or says not in error.get("message", ""):
        failures.append(f"{' '.join(map(str, arguments))}\n"
                        f"  expected exit {code} and {reason} {says!r}, got {got}: {answer}")


def succeeds(*arguments):
    code, answer = atoma(*arguments)
    if code != 0:
        sys.exit(f"atoma {' '.join(map(str, arguments))}: exit {code}: {answer}")
    return answer


def expect(what, found, expected):
    if found != expected:
        failures.append(f"{what}: expected {expected}, got {found}")


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def size_of(note):
    return int(note.split("\n")[1])


class Chain:
    def __init__(self, work):
        log = work / "anvil.log"
        self.process = subprocess.Popen(
            [CONTRACTS / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil", "--host", "127.0.0.1",
             "--port", "0", "--hardfork", "prague"], stdout=log.open("w"), stderr=subprocess.STDOUT)
        end = time.monotonic() + DEADLINE_S
        while not (found := re.search(r"Listening on (\S+)", log.read_text())):
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(log.read_text())
            time.sleep(0.05)
        self.url = "http://" + found[1]

    def post(self, body):
        request = urllib.request.Request(self.url, data=body,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def ask(self, method, *parameters):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return json.loads(self.post(json.dumps(body).encode()))["result"]

    def deploy(self):
        subprocess.run(["node", "build.mjs"], cwd=CONTRACTS, check=True)
        bytecode = json.loads((CONTRACTS / "build/LogAnchor.json").read_text())["bytecode"]
        sender = self.ask("eth_accounts")[9]
        sent = self.ask("eth_sendTransaction", {"from": sender, "data": bytecode})
        while (receipt := self.ask("eth_getTransactionReceipt", sent)) is None:
            time.sleep(0.05)
        return receipt["contractAddress"]


class LyingNode(http.server.ThreadingHTTPServer):
    """Passes everything on to the chain; `lie` gets (method, answer) and returns the answer to give."""

    def __init__(self, chain):
        super().__init__(("127.0.0.1", 0), Passing)
        self.chain, self.lie = chain, lambda method, answer: answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Passing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.chain.post(body)
        answer = self.server.lie(json.loads(body)["method"], json.loads(answer))
        out = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *_):
        pass


class World:
    """A chain with the contract, keys and rules, and a log that grows."""

    def __init__(self, work):
        self.work, self.chain = work, Chain(work)
        self.contract = self.chain.deploy()
        self.data = work / "data"
        for number in range(1, 5):
            self.secret(f"{number}.key", f"{number:064x}\n")
        for number, key in enumerate(PAYERS):
            self.secret(f"payer{number}.key", "0x" + key)
        self.vkey = self.rules = None

    def secret(self, name, text):
        path = self.work / name
        path.touch(0o600)
        path.write_text(text)
        return path

    def learn(self, url):
        self.vkey = self.work / "log.vkey"
        self.vkey.write_text(fetch(url + "/v1/log/key"))
        self.rules = self.work / "rules.yaml"
        self.rules.write_text(RULES.format(self.vkey.read_text().split("+")[0], *ANCHORERS))

    def grow(self, url, data):
        out = self.work / f"grown{time.monotonic_ns()}"
        succeeds("attest", "--server", url, "--platform", data / "sample", "--out", out, "--tee", "tdx")

    def place(self, **changed):
        options = {"rules": self.rules, "rpc": self.chain.url, "chain-id": 31337,
                   "contract": self.contract} | {k.replace("_", "-"): v for k, v in changed.items()}
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def post(self, *more, keys=(1, 2), payer=0, **changed):
        signing = [part for key in keys for part in ("--key", self.work / f"{key}.key")]
        return ["anchor", "post", *self.place(**changed), *signing, "--payer",
                self.work / f"payer{payer}.key", *more]

    def status(self, *more, **changed):
        return ["anchor", "status", *self.place(**changed), *more]

    def create(self, *more, **changed):
        return ["anchor", "create", *self.place(**changed), "--payer", self.work / "payer0.key", *more]


class Sites(World):
    """Anchorers 1, 2 and 3, each with a folder of its own; 4 is none."""

    def site(self, number):
        folder = self.work / f"site{number}"
        folder.mkdir(exist_ok=True)
        return folder

    def offline(self, **changed):
        """The place without a node: who signs needs none."""
        place = self.place(**changed)
        at = place.index("--rpc")
        return place[:at] + place[at + 2:]

    def sign(self, number, log, *more, out="signature.json", state="state", **changed):
        site = self.site(number)
        return ["anchor", "sign", *self.offline(**changed), "--key", self.work / f"{number}.key",
                "--log", log, "--log-key", self.vkey, "--state", site / state, "--out", site / out, *more]

    def signed(self, number, log, *more, **changed):
        """The signature's file, once it is there."""
        return pathlib.Path(succeeds(*self.sign(number, log, *more, **changed))["file"])

    def join(self, *signatures):
        files = [part for file in signatures for part in ("--signature", file)]
        return ["anchor", "post", *self.place(), *files, "--payer", self.work / "payer0.key"]

    def paid(self):
        """Transactions that the payer has sent."""
        return int(self.chain.ask("eth_getTransactionCount", PAYER, "pending"), 16)

    def refuses_unpaid(self, reason, *command, says="", code=1):
        before = self.paid()
        refuses(code, reason, *command, says=says)
        expect(f"nothing is paid: {reason}", self.paid(), before)

    def save(self, name, text):
        path = self.work / name
        path.write_text(text)
        return path
