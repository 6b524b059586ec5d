#!/usr/bin/env python3
"""A log with two histories, each of which a quorum of anchorers signed, is frozen on a real EVM (anvil) by
whoever shows both: heads of one size, heads of two sizes, and one that is anchored already.
Usage: anchor_report_test.py ATOMA CONTRACTS-FOLDER"""
import pathlib
import shutil
import sys
import tempfile

from anchor_world import (ANCHORERS, LyingNode, RULES, Sites, ATOMA, expect, failures, fetch, need_anvil,
                          refuses, size_of, succeeds)
from served import sample_server


class History:
    """A running log and its notes by size, as it grew."""

    def __init__(self, name, world, url, data, upto):
        self.name, self.url, self.notes = name, url, {}
        while not self.notes or max(self.notes) < upto:
            world.grow(url, data)
            note = fetch(url + "/checkpoint")
            self.notes[size_of(note)] = world.save(f"{name}-{size_of(note)}.note", note)


class Reports(Sites):
    logs = 0

    def another_log(self):
        """The same log under other rules: on the chain, another one."""
        self.logs += 1
        self.rules = self.save(f"rules{self.logs}.yaml", RULES.format(
            self.vkey.read_text().split("+")[0], *ANCHORERS).replace("86400", str(86400 + self.logs)))
        succeeds(*self.create())

    def signed_by(self, numbers, history, size):
        """By anchorers who saw nothing else: all states are their own."""
        name = f"{history.name}-{size}"
        return [self.signed(number, history.url, "--checkpoint", history.notes[size], state=name,
                            out=f"{name}-{self.logs}.json") for number in numbers]

    def report(self, *files, logs=(), **changed):
        given = [part for file in files for part in ("--signature", file)]
        given += [part for log in logs for part in ("--log", log)]
        return ["anchor", "report", *self.place(**changed), *given, "--payer", self.work / "payer0.key"]

    def is_frozen(self, at, *roots):
        for root in roots:
            refuses(1, "anchor.frozen", *self.status(*at), says=root)
            refuses(1, "anchor.frozen", *self.post(*at), says=root)


def root_of(note):
    return note.read_text().split("\n")[2]


def one_size(world, one, other, at, size):
    """Two heads of one size, neither of which is anchored."""
    world.another_log()
    mine, theirs = world.signed_by((1, 2), one, size), world.signed_by((2, 3), other, size)
    world.refuses_unpaid("anchor.too_few", *world.report(*mine, theirs[0]), says="1 signed, and 2 must")
    world.refuses_unpaid("anchor.stranger", *world.report(*mine, theirs[0],
                                                          *world.signed_by([4], other, size)))
    smaller = world.signed_by([1], one, min(one.notes))
    world.refuses_unpaid("anchor.heads", *world.report(*mine, *theirs, *smaller), code=2,
                         says="of 3 heads")
    expect("nothing is frozen yet", succeeds(*world.status(*at))["anchored"]["size"], 0)
    said = succeeds(*world.report(*mine, *theirs))
    expect("frozen", (said["frozen"], said["one"]["size"], said["other"]["size"]), (True, size, size))
    world.is_frozen(at, root_of(one.notes[size]), root_of(other.notes[size]))
    world.refuses_unpaid("anchor.frozen", *world.report(*mine, *theirs))
    refuses(1, "anchor.frozen", *world.sign(1, one.url, "--rpc", world.chain.url, state="last"))


def one_anchored(world, one, other, at, size):
    """A head that is anchored needs no quorum, or to be given, also when the ring has newer ones."""
    for given in (1, 0):
        world.another_log()
        mine = world.signed_by((1, 2), one, size)
        world.refuses_unpaid("anchor.logs", *world.report(*mine), code=2)
        succeeds(*world.join(*mine), *at)
        world.refuses_unpaid("anchor.consistent", *world.report(*mine))
        succeeds(*world.join(*world.signed_by((1, 2), one, max(one.notes))), *at)
        said = succeeds(*world.report(*world.signed_by((1, 3), other, size), *mine[:given]))
        expect("the anchored one", said["other"], {"size": size, "root": root_of(one.notes[size])})
        world.is_frozen(at, root_of(other.notes[size]), root_of(one.notes[size]))


def two_sizes(world, one, other, at, small, large):
    """Of two sizes: a leaf that differs is found in the two logs, whichever is named first."""
    for turned in (False, True):
        world.another_log()
        mine = world.signed_by((1, 2), one, small)
        succeeds(*world.join(*mine), *at)
        theirs = world.signed_by((2, 3), other, large)
        world.refuses_unpaid("anchor.logs", *world.report(*theirs), code=2)
        world.refuses_unpaid("anchor.logs", *world.report(*theirs, logs=[one.url]), code=2)
        world.refuses_unpaid("anchor.history", *world.report(*theirs, logs=[one.url, one.url]), code=2)
        grown = world.signed_by((1, 2), one, large)
        world.refuses_unpaid("anchor.consistent", *world.report(*grown, logs=[one.url, one.url]))
        logs = [one.url, other.url]
        said = succeeds(*world.report(*theirs, logs=logs[::-1] if turned else logs))
        expect("frozen", (said["one"]["size"], said["other"]["size"]), (large, small))
        world.is_frozen(at, root_of(other.notes[large]), root_of(one.notes[small]))


def nodes_that_forgot(world, at):
    """A node that does not keep or tells nonsense of old events: frozen all the same."""
    node = LyingNode(world.chain)
    down = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "too far back"}}
    for answer in (down, {"jsonrpc": "2.0", "id": 1, "result": []},
                   {"jsonrpc": "2.0", "id": 1, "result": [{"data": "0x00"}]}):
        node.lie = lambda method, true: answer if method == "eth_getLogs" else true
        refuses(1, "anchor.frozen", *world.status(*at, rpc=node.url), says="two heads were shown")


def main(work):
    world = Reports(work)
    other_data = work / "other"
    try:
        with sample_server(ATOMA, world.data) as url:
            world.learn(url)
            start = size_of(fetch(url + "/checkpoint"))
        shutil.copytree(world.data, other_data)
        with sample_server(ATOMA, world.data) as url, sample_server(ATOMA, other_data) as other_url:
            one = History("one", world, url, world.data, start + 8)
            other = History("other", world, other_url, other_data, start + 8)
            sizes = sorted(one.notes.keys() & other.notes.keys())
            expect("sizes that both histories had", len(sizes) > 2, True)
            at = ["--server", url, "--log-key", world.vkey]
            one_size(world, one, other, at, sizes[1])
            nodes_that_forgot(world, at)
            one_anchored(world, one, other, at, sizes[1])
            two_sizes(world, one, other, at, sizes[1], sizes[-1])
    finally:
        world.chain.process.kill()
        world.chain.process.wait()


need_anvil()
with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
if failures:
    sys.exit("\n".join(failures))
