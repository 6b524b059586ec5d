#!/usr/bin/env python3
"""Three organisations anchor one log together, two of three: each signs at its own site, somebody posts
what they signed. A real EVM (anvil), a running Atoma, a witness.
Usage: anchor_sites_test.py ATOMA CONTRACTS-FOLDER"""
import json
import pathlib
import shlex
import shutil
import sys
import tempfile
import urllib.request

from anchor_world import (ATOMA, Sites, atoma, expect, failures, fetch, need_anvil, refuses, size_of,
                          succeeds)
from served import Served, sample_server, soon

NOTE_LINE = "\u2014 "


def changed(file, name, change):
    """A copy of a file of signatures, with one member changed."""
    made = json.loads(file.read_text())
    made[name] = change(made[name])
    out = file.with_suffix(f".{name}.json")
    out.write_text(json.dumps(made))
    return out


def two_of_three(world, url, at):
    proposal = world.save("proposal.note", fetch(url + "/checkpoint"))
    first = world.signed(1, url, "--checkpoint", proposal)
    world.grow(url, world.data)  # the others sign what was proposed all the same
    world.refuses_unpaid("anchor.too_few", *world.join(first), *at, says="1 signed, and 2 must")
    world.refuses_unpaid("anchor.too_few", *world.join(first, first), *at)
    stranger = world.signed(4, url, "--checkpoint", first)
    world.refuses_unpaid("anchor.stranger", *world.join(first, stranger), *at, says="0x1eff47bc3a10")
    second = world.signed(2, url, "--checkpoint", first)  # 3 is down
    world.refuses_unpaid("registry.issuer_key", *world.join(first, second), *at, "--issuer",
                         world.secret("short", "seed"), code=2)
    posted = succeeds(*world.join(second, first), *at, "--issuer", world.data / "keys/broker.key")
    entry = json.loads(fetch(f"{url}/v1/log/entries/{posted['index']}"))["json"]
    expect("the receipt on the log", (entry["type"], entry["body"]), ("anchor-receipt", posted["receipt"]))
    note = proposal.read_text()
    expect("what was proposed", posted["anchored"]["size"], size_of(note))
    expect("the receipt holds the checkpoint", posted["receipt"]["checkpoint"], note)
    before = world.paid()
    expect("replayed", succeeds(*world.join(first, second), *at)["new"], False)
    expect("replayed for nothing", world.paid(), before)
    return first, second


def later(world, url, at, old):
    """The newest is signed without a proposal; what was signed before it is stale."""
    third = world.signed(3, url)
    first = world.signed(1, url, "--checkpoint", third)
    world.refuses_unpaid("anchor.heads", *world.join(old[1], third), *at)
    both = world.signed(2, url, "--checkpoint", third)
    merged = json.loads(both.read_text())
    merged["signatures"] = sorted(merged["signatures"] + json.loads(first.read_text())["signatures"],
                                  key=lambda one: one["signer"])
    unrecorded(world, url, *world.join(world.save("merged.json", json.dumps(merged))), *at)
    refuses(1, "monitor.rollback", *world.sign(1, url, "--checkpoint", world.work / "proposal.note"))
    expect("signed again, as it was", world.signed(1, url, "--checkpoint", third).read_text(),
           first.read_text())
    return first


def unrecorded(world, url, *post):
    """A receipt that the log refuses, of a stranger: what to type instead is told, and works."""
    stranger = world.secret("stranger", "s" * 32)
    code, answer = atoma(*post, "--issuer", stranger)
    message = answer["error"]["message"]
    transaction = "anchored by transaction 0x"
    expect("the stranger's receipt", (code, answer["error"]["reason"], transaction in message),
           (1, "rule.issuer", True))
    typed = shlex.split(message[message.index("atoma registry submit"):])[1:]
    typed[typed.index("KEY")] = world.data / "keys/broker.key"
    entry = succeeds(*typed, "--server", url)["index"]
    body = json.loads(fetch(f"{url}/v1/log/entries/{entry}"))["json"]["body"]
    expect("the receipt, put there later", body["size"], json.loads(typed[typed.index("--body") + 1])["size"])


def old_signatures(world, at, old):
    for file, number in zip(old, (1, 2)):
        shutil.copy(file, world.work / f"old{number}.json")
    return [world.work / "old1.json", world.work / "old2.json"]


def damaged(world, url, at):
    """Each is refused before anything is paid, and says which file."""
    world.grow(url, world.data)
    good = world.signed(1, url)
    other = world.signed(2, url, "--checkpoint", good)
    flip = lambda hexed: hexed[:-4] + ("0" if hexed[-4] != "0" else "1") + hexed[-3:]
    broken = changed(good, "signatures", lambda all: [all[0] | {"signature": flip(all[0]["signature"])}])
    world.refuses_unpaid("anchor.signature", *world.join(broken, other), *at, says=broken.name)
    moved = changed(good, "chain_id", lambda chain: chain + 1)
    world.refuses_unpaid("anchor.place", *world.join(moved, other), *at, says=moved.name)
    noted = changed(good, "checkpoint", lambda _: (world.work / "proposal.note").read_text())
    world.refuses_unpaid("anchor.checkpoint", *world.join(noted, other), *at, says=noted.name)
    forged = changed(good, "checkpoint", lambda note: note[:-6] + "AAAA" + note[-2:])
    refuses(2, "note.signature", *world.join(forged, other), *at, says=forged.name)
    refuses(2, "anchor.signature_file", *world.join(world.save("no.json", "{}"), other), *at)
    refuses(2, "anchor.signature_file", *world.sign(1, url, "--checkpoint", world.work / "no.json"))
    lied = changed(good, "size", lambda size: size + 1)
    world.refuses_unpaid("anchor.signature", *world.join(lied, other), *at)
    return succeeds(*world.join(good, other), *at)["anchored"]["size"]


def mirror(world, url):
    """Signing from a copy of the tiles: who signs need not reach the log."""
    world.grow(url, world.data)
    folder = world.work / "mirror"
    note = fetch(url + "/checkpoint")
    tile = folder / f"tile/0/000.p/{size_of(note)}"
    tile.parent.mkdir(parents=True)
    (folder / "checkpoint").write_text(note)
    refuses(3, "monitor.unreachable", *world.sign(1, folder))
    with urllib.request.urlopen(f"{url}/tile/0/000.p/{size_of(note)}", timeout=30) as answer:
        tile.write_bytes(answer.read())
    good = tile.read_bytes()
    tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    refuses(1, "monitor.data", *world.sign(1, folder))
    tile.write_bytes(good)
    succeeds(*world.sign(1, folder))
    refuses(2, "file.unreadable", *world.sign(1, world.work / "nowhere"))
    refuses(3, "http.client.connect", *world.sign(1, "http://127.0.0.1:1"))


def remembered_first(world, url):
    """What can't be handed out was remembered all the same: the other order would forget."""
    world.grow(url, world.data)
    note = world.save("before.note", fetch(url + "/checkpoint"))
    world.grow(url, world.data)
    refuses(2, "store.missing", *world.sign(3, url, out="none/signature.json"))
    refuses(1, "monitor.rollback", *world.sign(3, url, "--checkpoint", note))


def another_history(world, old):
    """A log put back to an earlier state, and then grown another way."""
    with sample_server(ATOMA, old) as url:
        refuses(1, "monitor.rollback", *world.sign(1, url), says="not signed")
        refuses(1, "anchor.ahead", *world.sign(1, url, "--rpc", world.chain.url, state="fresh"))
        while size_of(fetch(url + "/checkpoint")) <= world.anchored:
            world.grow(url, old)
        at = ["--rpc", world.chain.url]
        refuses(1, "anchor.fork", *world.sign(1, url, *at, state="fresh"), says="rewritten")
        while size_of(fetch(url + "/checkpoint")) <= world.newest:
            world.grow(url, old)
        refuses(1, "monitor.equivocation", *world.sign(1, url), says="kept: ")
        refuses(1, "monitor.equivocation", *world.sign(2, url))
        # Anchorers who never saw the other history sign this one: all they could know.
        world.forked = [world.signed(number, url, state="fresh", out="fork.json") for number in (3,)]
        evidence = list((world.site(1) / "state/evidence").glob("equivocation-*"))
        expect("two notes and a proof", len(evidence), 3)


def frozen_for_good(world, url):
    refuses(1, "anchor.alarm", *world.sign(1, url), says="two histories")


def witnessed(world, data):
    """Receipts and signatures carry the checkpoint with its cosignatures, and nothing less is signed."""
    with sample_server(ATOMA, data) as url:
        world.learn(url)
        bare = world.save("bare.note", fetch(url + "/checkpoint"))
    succeeds(*world.create())
    with Served(ATOMA, "witness", "--data", world.work / "w", "--name", "witness.example/w", "--log",
                world.vkey.read_text().strip(), "--listen", "127.0.0.1:0") as witness:
        policy = world.save("witnesses.txt", "".join(
            f"witness w{i} {key} {witness.url}\n" for i, key in enumerate(witness.ready["keys"])) +
            "group all all w0 w1\nquorum all\n")
        serve = [ATOMA, "up", "--data", data, "--sample", "--listen", "127.0.0.1:0", "--index-interval",
                 "24h", "--witness-policy", policy]
        with Served(*serve) as up:
            seen = lambda: up.ask("GET", "/checkpoint")
            soon("a cosigned checkpoint", lambda: seen()[0] == 200)
            refuses(1, "anchor.unwitnessed", *world.sign(1, up.url, "--policy", policy, "--checkpoint", bare,
                                state="witnessed"), says="w0 (cosignature.missing)")
            refuses(2, "tlog_policy.line", *world.sign(1, up.url, "--policy", bare, state="witnessed"))
            refuses(2, "monitor.state", *world.sign(1, up.url, "--policy", policy))  # another log's
            first = world.signed(1, up.url, "--policy", policy, state="witnessed")
            second = world.signed(2, up.url, "--policy", policy, "--checkpoint", first, state="witnessed")
            posted = succeeds(*world.join(first, second), "--server", up.url, "--log-key", world.vkey)
    cosigned = lambda note: note.count(NOTE_LINE + "witness.example/w ")
    expect("witnessed", cosigned(posted["receipt"]["checkpoint"]), 2)
    # The log goes on while its witness is away: what is anchored has its cosignatures all the same.
    shown = (data / "witnesses/published").read_text()
    with Served(*serve) as up:
        world.grow(up.url, data)
    expect("only what is witnessed", succeeds(*world.post("--data", data))["new"], False)
    with sample_server(ATOMA, data) as url:
        expect("and there is more", size_of(fetch(url + "/checkpoint")) > size_of(shown), True)


def main(work):
    world = Sites(work)
    old = work / "old"
    try:
        with sample_server(ATOMA, world.data) as url:
            world.learn(url)
            succeeds(*world.create())
            at = ["--server", url, "--log-key", world.vkey]
            refuses(2, "anchor.origin", *world.sign(1, url, rules=other_rules(world)))
            first = two_of_three(world, url, at)
            kept = old_signatures(world, at, first)
        shutil.copytree(world.data, old)
        with sample_server(ATOMA, world.data) as url:
            at = ["--server", url, "--log-key", world.vkey]
            later(world, url, at, kept)
            world.refuses_unpaid("anchor.stale", *world.join(*kept), *at)
            world.anchored = damaged(world, url, at)
            mirror(world, url)
            remembered_first(world, url)
            world.signed(2, url)
            world.newest = size_of(fetch(url + "/checkpoint"))
        another_history(world, old)
        with sample_server(ATOMA, world.data) as url:
            frozen_for_good(world, url)
        (work / "with-witness").mkdir()
        witnessed(world, work / "with-witness" / "data")
    finally:
        world.chain.process.kill()
        world.chain.process.wait()


def other_rules(world):
    return world.save("other.yaml", world.rules.read_text().replace("origin: ", "origin: x"))


need_anvil()
with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
if failures:
    sys.exit("\n".join(failures))
