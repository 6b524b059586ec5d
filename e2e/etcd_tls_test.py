"""A replica of an etcd that lets in only those who show a certificate of its authority (the way etcd
stands in Kubernetes): with it the replica runs and writes; without one, or with a stranger's, it does not
start and says why.

Usage: etcd_tls_test.py ATOMA. Ends with 77 where etcd is not installed.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from failover_world import get, need
from served import Served, own_port, soon

ATOMA = sys.argv[1]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name):
        """Certificate and key of whoever is at 127.0.0.1, as server and as client."""
        request, certificate = self.folder / f"{name}.csr", self.folder / f"{name}.pem"
        key, extensions = self.folder / f"{name}.key", self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n"
                              "extendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", 2,
                "-extfile", extensions, "-out", certificate)
        return certificate, key


class Etcd:
    def __init__(self, work, authority):
        certificate, key = authority.issue("etcd")
        self.url = f"https://127.0.0.1:{own_port()}"
        peer = f"http://127.0.0.1:{own_port()}"
        self.log = work / "etcd.log"
        self.process = subprocess.Popen(
            ["etcd", "--name", "e", "--data-dir", work / "etcd", "--listen-client-urls", self.url,
             "--advertise-client-urls", self.url, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster", f"e={peer}",
             "--client-cert-auth", "--trusted-ca-file", authority.certificate, "--cert-file",
             certificate, "--key-file", key, "--log-level", "error"],
            stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)

    def answers(self, authority, who):
        certificate, key = who
        done = subprocess.run(["curl", "-s", "--cacert", authority.certificate, "--cert", certificate,
                               "--key", key, self.url + "/health"], capture_output=True, check=False)
        return done.stdout and json.loads(done.stdout).get("health") == "true"

    def stop(self):
        self.process.kill()
        self.process.wait()


def up(etcd, data, *identity):
    return ["up", "--data", data, "--sample", "--listen", "127.0.0.1:0", "--node", "a", "--etcd",
            etcd.url, *identity]


def refused(etcd, data, *identity):
    done = subprocess.run([ATOMA, *map(str, up(etcd, data, *identity)), "--found-log"], timeout=60,
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0, "it started"
    return done.stderr


def check(work):
    ours, other = Authority(work, "ours"), Authority(work, "other")
    replica, stranger = ours.issue("replica"), other.issue("stranger")
    etcd = Etcd(work, ours)
    try:
        soon("etcd", lambda: etcd.answers(ours, replica))
        trusted = ["--etcd-ca", ours.certificate]
        data = work / "data"

        def shown(who):
            return [*trusted, "--etcd-cert", who[0], "--etcd-key", who[1]]
        assert "tls.failed" in refused(etcd, data, *trusted)
        assert "tls.failed" in refused(etcd, data, *shown(stranger))
        assert "tls.certificate" in refused(etcd, data, "--etcd-ca", other.certificate)
        assert "tls.identity" in refused(etcd, data, *shown((replica[0], stranger[1])))
        assert "--etcd-key" in refused(etcd, data, *trusted, "--etcd-cert", replica[0])
        with Served(ATOMA, *up(etcd, data, *shown(replica)), "--found-log") as served:
            soon("a leader", lambda: json.loads(get(served.url + "/v1/log/leader")[1]).get("leads"))
            token = (data / "admin.token").read_text().strip()
            rule = json.loads((data / "sample-rule.json").read_text())
            body = json.dumps({"secret": "c2VjcmV0", "rule": rule}).encode()
            status, answer = get(served.url + "/v1/secrets/one", 10, body,
                                 {"Content-Type": "application/json",
                                  "Authorization": f"Bearer {token}"}, "PUT")
            assert status == 201, answer
    finally:
        etcd.stop()


def main():
    need("etcd", "openssl", "curl")
    work = pathlib.Path(tempfile.mkdtemp())
    try:
        check(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("with its certificate a replica writes through etcd; without one, or with another, none starts")


main()
