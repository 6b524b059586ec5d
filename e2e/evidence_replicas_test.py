#!/usr/bin/env python3
"""Evidence of a replicated log: it lies where it was taken, others get it from there when somebody with the
token asks them, and have it when that one is gone.

Usage: evidence_replicas_test.py ATOMA. Ends with 77 where etcd is not installed.
"""
import hashlib
import json
import subprocess
import sys
import tempfile

from failover_world import World, get, need
from served import soon

ATOMA = sys.argv[1]


def read(replica, digest, token="", local=False):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return get(f"{replica.url()}/v1/evidence/{digest}" + ("?local=true" if local else ""), 10,
               headers=headers)


def attest(world):
    """At whoever leads; gives that replica and the entry's index."""
    def done():
        leader = world.leader()
        if not leader:
            return None
        run = subprocess.run([ATOMA, "attest", "--server", leader.url(), "--platform",
                              leader.data / "sample", "--out", world.work / "workload", "--json"],
                             capture_output=True, text=True, timeout=60)
        return run.returncode == 0 and (leader, json.loads(run.stdout)["index"])
    return soon("an attestation is recorded", done)


def main(work):
    world = World(ATOMA, work)
    try:
        taken_by, index = attest(world)
        token = (taken_by.data / "keys" / "evidence.token").read_text().strip()
        entry = json.loads(get(f"{taken_by.url()}/v1/log/entries/{index}")[1])
        kept = entry["json"]["body"]["kept"]
        others = [replica for replica in world.replicas if replica is not taken_by]
        for digest, size, _ in kept:
            assert read(others[0], digest, token, local=True)[0] == 404
            assert read(others[0], digest)[0] == 401
            status, body = read(others[0], digest, token)
            assert (status, len(body), hashlib.sha256(body).hexdigest()) == (200, size, digest)
        # Nobody has it, and two replicas that ask each other end all the same.
        assert read(others[0], "0" * 64, token)[0] == 404
        taken_by.kill()
        for digest, size, _ in kept:
            assert read(others[0], digest, token, local=True)[0] == 200
            assert len(read(others[1], digest, token)[1]) == size, "from a replica that got it itself"
    finally:
        world.close()
    print(f"{len(kept)} files of an attestation: taken at one of three replicas, read at the others")


need("etcd", "etcdctl")
with tempfile.TemporaryDirectory() as folder:
    main(folder)
