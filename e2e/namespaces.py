"""Hosts that tests can cut from each other: network namespaces of Linux, each with an address of its
own on one bridge, where the test's process is, too. No rights are needed but to make user namespaces."""
import ipaddress
import os
import subprocess
import sys
import time

HERE = "10.77.0.254"
ENTERED = "ATOMA_TEST_NAMESPACES"


def ip(*arguments, inside=()):
    subprocess.run([*inside, "ip", *map(str, arguments)], check=True, capture_output=True)


def enter():
    """Begins this program again inside a network of its own. False where the system forbids that."""
    if ENTERED in os.environ:
        ip("link", "set", "lo", "up")
        ip("link", "add", "hub", "type", "bridge")
        ip("address", "add", HERE + "/24", "dev", "hub")
        ip("link", "set", "hub", "up")
        return True
    isolated = ["unshare", "--user", "--map-root-user", "--net"]
    probe = "ip link add hub type bridge && ip link add v type veth peer name w"
    try:
        if subprocess.run([*isolated, "sh", "-c", probe], capture_output=True, check=False).returncode:
            return False
    except FileNotFoundError:
        return False
    os.environ[ENTERED] = "1"
    os.execvp(isolated[0], [*isolated, sys.executable, *sys.argv])


class Host:
    """Stays while what runs on it ends and starts again."""
    here = HERE

    def __init__(self, number):
        self.address = str(ipaddress.ip_address("10.77.0.0") + number)
        self.link = f"host{number}"
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == mine:
            time.sleep(0.01)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        ip("link", "set", self.link, "master", "hub", "up")
        ip("address", "add", self.address + "/24", "dev", "eth0", inside=self.command())
        for device in ("lo", "eth0"):
            ip("link", "set", device, "up", inside=self.command())

    def command(self, *command):
        """Becomes the command, under the same process id."""
        return ["nsenter", "--target", str(self.holder.pid), "--net", *map(str, command)]

    def cut(self):
        ip("link", "set", self.link, "down")

    def join(self):
        ip("link", "set", self.link, "up")

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Loopback:
    """All on one host, which nothing cuts."""
    address = here = "127.0.0.1"

    def command(self, *command):
        return list(map(str, command))

    def close(self):
        pass
