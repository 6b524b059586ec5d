"""An etcd that was put back to an earlier snapshot, the one operation that silently takes back what
it had acknowledged: running replicas stop, and none starts, each saying why. A checkpoint that was seen
elsewhere is enough, also for a replica that has lost all it knew.

Usage: restore_test.py ATOMA. Ends with 77 where etcd is not installed.
"""
import shutil
import subprocess
import sys
import tempfile
import time

from failover_world import World, checkpoint_of, initial_cluster, need

ATOMA = sys.argv[1]
REASON = "replica.queue_behind"


def restore(world, snapshot):
    """All three etcds begin anew from the snapshot, as etcd's manual says."""
    for etcd in world.etcds:
        shutil.rmtree(etcd.data)
        subprocess.run(["etcdutl", "snapshot", "restore", snapshot, "--name", etcd.name,
                        "--data-dir", etcd.data, "--initial-cluster", initial_cluster(world.etcds),
                        "--initial-advertise-peer-urls", etcd.peer_url()],
                       check=True, capture_output=True)
    for etcd in world.etcds:
        etcd.start(world.etcds)
    world.wait("an etcd that leads", world.etcd_leader)


def refusal(world, replica, *more):
    done = subprocess.run(replica.command(world.replicas, *more), capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode != 0, "it started"
    return done.stderr + done.stdout


def put(world, name):
    for _ in range(200):
        what, detail = world.put(world.leader() or world.replicas[0], name)
        if what == "acknowledged":
            return detail
        time.sleep(0.05)
    raise SystemExit(f"{name}: {what} {detail}")


def main():
    need("etcd", "etcdctl", "etcdutl")
    work = tempfile.mkdtemp()
    world = None
    try:
        world = World(ATOMA, work)
        for i in range(5):
            put(world, f"before-{i}")
        snapshot = f"{work}/snapshot"
        subprocess.run(["etcdctl", "--endpoints", world.etcds[0].url(), "snapshot", "save", snapshot],
                       check=True, capture_output=True)
        for i in range(5):
            put(world, f"after-{i}")
        world.wait("all to have it", lambda: len({checkpoint_of(r)[0] for r in world.replicas}) == 1)
        # Nothing is appended without them: what replicas write of themselves would count, too.
        for etcd in world.etcds:
            etcd.kill()
        sizes = {replica: checkpoint_of(replica)[0] for replica in world.replicas}
        size, _, note = checkpoint_of(world.replicas[0])
        known = world.work / "known.txt"
        known.write_text(note)

        restore(world, snapshot)
        for replica in world.replicas:
            world.wait(f"{replica.name} to notice", lambda r=replica: r.standing().get("failure") == REASON)
            assert not replica.standing()["leads"]
            shown = checkpoint_of(replica)[0]
            assert shown >= sizes[replica], f"what was shown is still shown: {shown} of {sizes}"
            what, _ = world.put(replica, "later")
            assert what == "refused", what
        for replica in world.replicas:
            replica.kill()
            said = refusal(world, replica)
            assert REASON in said and "put back" in said, said
        # Its log put back as well: what it signed is remembered beside it.
        lost = world.replicas[0]
        shutil.rmtree(lost.data / "registry" / "log")
        said = refusal(world, lost)
        assert REASON in said and "the signer's memory" in said, said
        # All of it lost: only somebody else's checkpoint knows more.
        (lost.data / "signer").unlink()
        said = refusal(world, lost, "--known", known)
        assert REASON in said and "a known checkpoint" in said, said
        print(f"etcd put back behind {size} entries: 3 running replicas stopped, none started")
    finally:
        if world:
            world.close()
        shutil.rmtree(work, ignore_errors=True)


main()
