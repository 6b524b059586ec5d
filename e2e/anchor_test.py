#!/usr/bin/env python3
"""`atoma anchor` against a real EVM (anvil) and a running Atoma: growth is anchored and its receipt
comes back onto the log; a log that was rolled back or rewritten is refused, and so is a node that lies.
Usage: anchor_test.py ATOMA CONTRACTS-FOLDER"""
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from served import sample_server

ATOMA, CONTRACTS = sys.argv[1], pathlib.Path(sys.argv[2])
DEADLINE_S = 120
# The accounts of the private keys 1, 2 and 3.
ANCHORERS = ["0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
             "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf",
             "0x6813eb9362372eef6200f3b1dbc3f819671cba69"]
# What every anvil has, published in its own help: rich on chains for tests alone.
PAYERS = ["ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
          "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"]
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


def bad_arguments(world, at):
    refuses(2, "anchor.address", *world.status(*at, contract="0x12"))
    refuses(2, "anchor.chain", *world.status(*at, chain_id=1), says="31337")
    refuses(3, "anchor.answer", *world.status(*at, contract=ANCHORERS[0]))
    other = world.work / "other.yaml"
    other.write_text(RULES.format("example.org/other", *ANCHORERS))
    refuses(2, "anchor.origin", *world.status(*at, rules=other), says="example.org/other")
    other.write_text("origin: x")
    refuses(2, "anchor.rules", *world.status(*at, rules=other))
    refuses(2, "file.unreadable", *world.status(*at, rules=world.work / "none"))
    world.secret("5.key", "not a key")
    refuses(2, "anchor.key", *world.post(*at, keys=[5]))
    world.secret("6.key", "0" * 64)
    refuses(2, "key.scalar", *world.post(*at, keys=[6]))
    (world.work / "6.key").chmod(0o644)
    refuses(1, "data.permissions", *world.post(*at, keys=[6]))
    refuses(3, "http.client.connect", *world.status(*at, rpc="http://127.0.0.1:1"))


def first_anchoring(world, at):
    refuses(1, "rpc.reverted", *world.status(*at), says="UnknownLog")
    created = succeeds(*world.create())
    refuses(1, "rpc.reverted", *world.create(), says="LogExists")
    expect("nothing is anchored", succeeds(*world.status(*at))["anchored"]["size"], 0)
    refuses(1, "rpc.reverted", *world.post(*at, keys=[1]), says="TooFewSigners")
    refuses(1, "rpc.reverted", *world.post(*at, keys=[1, 1]), says="SignersNotAscending")
    refuses(1, "rpc.reverted", *world.post(*at, keys=[1, 4]), says="NotAnchorer")
    refuses(2, "anchor.fee", *world.post(*at, "--fee-max", 0))
    posted = succeeds(*world.post(*at))
    expect("the log's id", posted["log"], created["log"])
    expect("receipt", posted["receipt"]["size"], posted["anchored"]["size"])
    expect("not on the log: it runs elsewhere", posted.get("index"), None)
    standing = succeeds(*world.status(*at))
    expect("status", (standing["anchored"], standing["now"]), (posted["anchored"],) * 2)
    expect("again", succeeds(*world.post(*at))["new"], False)


def growth(world, url, at):
    before = succeeds(*world.status(*at))["anchored"]["size"]
    world.grow(url, world.data)
    standing = succeeds(*world.status(*at))
    expect("anchored, and more now", standing["anchored"]["size"] < standing["now"]["size"], True)
    posted = succeeds(*world.post(*at, keys=[3, 1]))
    expect("grown", posted["anchored"]["size"] > before, True)
    world.grow(url, world.data)
    refuses(2, "store.locked", *world.post("--data", world.data))


def receipts_on_the_log(world):
    posted = succeeds(*world.post("--data", world.data))
    expect("the receipt's place", posted.get("index"), posted["anchored"]["size"])
    again = succeeds(*world.post("--data", world.data))
    expect("the receipt itself is anchored by the next", again["anchored"]["size"], posted["index"] + 1)
    with sample_server(ATOMA, world.data) as url:
        entry = json.loads(fetch(f"{url}/v1/log/entries/{posted['index']}"))["json"]
        expect("entry on the log", (entry["type"], entry["body"]),
               ("anchor-receipt", posted["receipt"]))
        at = ["--server", url, "--log-key", world.vkey]
        expect("status", succeeds(*world.status(*at))["anchored"]["size"], again["anchored"]["size"])


def slow_blocks(world, url, at):
    """Blocks come when they are asked for: what is under way is not paid for twice."""
    world.grow(url, world.data)
    world.chain.ask("evm_setAutomine", False)
    refuses(3, "anchor.pending", *world.post(*at, "--wait", 0))
    refuses(1, "rpc.reverted", *world.post(*at, payer=1), says="NotGrown")
    world.chain.ask("evm_mine")
    world.chain.ask("evm_setAutomine", True)
    standing = succeeds(*world.status(*at))
    expect("mined after all", standing["anchored"], standing["now"])


def lying_nodes(world, at):
    node = LyingNode(world.chain)

    def lie(about, change, code, reason, command, says=""):
        node.lie = lambda method, answer: change(answer) if method == about else answer
        refuses(code, reason, *command, says=says)

    status, post = world.status(*at, rpc=node.url), world.post(*at, rpc=node.url)
    expect("no lie", succeeds(*status)["chain_id"], 31337)
    frozen = lambda answer: answer | {"result": answer["result"][:-1] + "1"}
    lie("eth_call", frozen, 1, "anchor.frozen", status)
    lie("eth_call", frozen, 1, "anchor.frozen", post)
    lie("eth_call", lambda _: {"jsonrpc": "2.0", "id": 1, "result": "0x"}, 3, "anchor.answer", status)
    lie("eth_call", lambda _: {"result": "0x"}, 3, "rpc.answer", status)
    down = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "down"}}
    lie("eth_chainId", lambda _: down, 3, "rpc.refused", status, says="down")
    lie("eth_gasPrice", lambda answer: answer | {"result": hex(2**64 - 1)}, 2, "anchor.fee", post)
    lie("eth_estimateGas", lambda answer: answer | {"result": hex(2**63)}, 2, "anchor.fee", post)
    # Lower than what is anchored: the contract itself has the last word.
    nothing = lambda answer: answer | {"result": "0x" + "00" * 128}
    node.lie = lambda method, answer: nothing(answer) if method == "eth_call" else answer
    refuses(1, "rpc.reverted", *post)
    another = lambda answer: answer | {"result": answer["result"] | {"transactionHash": "0x" + "00" * 32}}
    failed = lambda answer: answer | {"result": answer["result"] | {"status": "0x0"}}
    for lie_about, code, reason in ((another, 3, "rpc.answer"), (failed, 1, "anchor.reverted")):
        world.grow(world.url, world.data)
        node.lie = lambda method, answer: lie_about(answer) if answer.get("result") and \
            method == "eth_getTransactionReceipt" else answer
        refuses(code, reason, *post)


def rewritten(world, old):
    """A copy of the data from before the last anchorings: what a restored backup is."""
    with sample_server(ATOMA, old) as url:
        at = ["--server", url, "--log-key", world.vkey]
        refuses(1, "anchor.ahead", *world.status(*at), says="ROLLED BACK")
        refuses(1, "anchor.ahead", *world.post(*at))
        anchored = int(world.anchored)
        while int(json.loads(fetch(url + "/v1/log/entries"))["size"]) <= anchored:
            world.grow(url, old)
        refuses(1, "anchor.fork", *world.status(*at), says="REWRITTEN")
        refuses(1, "anchor.fork", *world.post(*at))
    refuses(1, "anchor.fork", *world.post("--data", old))


def main(work):
    world = World(work)
    old = work / "old"
    try:
        with sample_server(ATOMA, world.data) as url:
            world.learn(url)
            at = ["--server", url, "--log-key", world.vkey]
            first_anchoring(world, at)
            bad_arguments(world, at)
        shutil.copytree(world.data, old)
        with sample_server(ATOMA, world.data) as url:
            growth(world, url, ["--server", url, "--log-key", world.vkey])
        receipts_on_the_log(world)
        with sample_server(ATOMA, world.data) as url:
            at = ["--server", url, "--log-key", world.vkey]
            slow_blocks(world, url, at)
            world.url = url
            world.grow(url, world.data)
            lying_nodes(world, at)
            world.anchored = succeeds(*world.status(*at))["anchored"]["size"]
        rewritten(world, old)
    finally:
        world.chain.process.kill()
        world.chain.process.wait()


need_anvil()
with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
if failures:
    sys.exit("\n".join(failures))
