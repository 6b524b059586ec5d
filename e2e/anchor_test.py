#!/usr/bin/env python3
"""`atoma anchor` against a real EVM (anvil) and a running Atoma: growth is anchored and its receipt
comes back onto the log; a log that was rolled back or rewritten is refused, and so is a node that lies.
Usage: anchor_test.py ATOMA CONTRACTS-FOLDER"""
import json
import pathlib
import shutil
import sys
import tempfile

from anchor_world import (ANCHORERS, ATOMA, LyingNode, RULES, World, expect, failures, fetch, need_anvil,
                          refuses, succeeds)
from served import sample_server


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
