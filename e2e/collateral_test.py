#!/usr/bin/env python3
"""`atoma collateral` against a local source: fetch, status, export, import, and what it refuses.

The source serves what vendors published, from the vector folders: certificates of AMD's that are
good for decades.
usage: collateral_test.py ATOMA
"""
import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading

ATOMA = sys.argv[1]
VECTORS = os.environ.get("ATOMA_VECTORS")
if not VECTORS:
    print("NO VECTORS: ../shared/vectors is not there, so no real collateral was fetched.")
    sys.exit(1 if os.environ.get("CI") else 77)


def read(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


CHAIN = read("snp/roots/ask_ark_milan.pem")
ANSWERS = {"/vcek/v1/Milan/cert_chain": (200, CHAIN, {"ETag": '"1"'}),
           "/vcek/v1/Genoa/cert_chain": (429, b"", {"Retry-After": "3600"}),
           "/vcek/v1/Turin/cert_chain": (200, CHAIN, {})}
ASKED = []


class Source(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ASKED.append(self.path)
        status, body, fields = ANSWERS.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def run(*args, code=0):
    done = subprocess.run([ATOMA, "--json", "collateral", *args], capture_output=True, text=True,
                          check=False)
    assert code is None or done.returncode == code, f"{args}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def reason(*args, code=2):
    return run(*args, code=code)["error"]["reason"]


def item_of(answer, name):
    return next(item for item in answer["items"] if item["item"] == name)


def over_tls(work):
    """https: by an authority that is named, for the right host, and not otherwise."""
    cert, key = f"{work}/cert.pem", f"{work}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = "amd/cert_chain/milan"

    def fetch(host, *more, code=0):
        store = f"{work}/tls{len(os.listdir(work))}"
        return item_of(run("fetch", "--store", store, "--wait", "0", "--item", name, "--url",
                           f"amd=https://{host}:{server.server_port}", *more, code=code), name)

    assert fetch("localhost", "--ca", cert)["freshness"] == "fresh"
    assert fetch("localhost", code=3)["error"] == "tls.certificate"
    assert fetch("127.0.0.1", "--ca", cert, code=3)["error"] == "tls.certificate"
    assert fetch("localhost", "--ca", key, code=3)["error"] == "tls.authorities"
    server.shutdown()


def main(work, url):
    store = ["--store", f"{work}/store"]
    fetch = ["fetch", *store, "--url", f"amd={url}", "--wait", "0"]
    milan = item_of(run(*fetch, "--item", "amd/cert_chain/milan"), "amd/cert_chain/milan")
    assert milan["freshness"] == "fresh" and not milan["sample"], milan
    run(*fetch)
    assert len(ASKED) == 1, "what is fresh is not asked for again"
    assert item_of(run("status", *store), "amd/cert_chain/milan")["freshness"] == "fresh"

    # A source may refuse, or serve another item's bytes: what is there stays.
    genoa = item_of(run(*fetch, "--item", "amd/cert_chain/genoa", code=3), "amd/cert_chain/genoa")
    assert genoa["error"] == "collateral.rate_limited" and genoa["freshness"] == "missing", genoa
    turin = item_of(run(*fetch, "--item", "amd/cert_chain/turin", code=3), "amd/cert_chain/turin")
    assert turin["error"] == "collateral.mismatch", turin

    # Through a folder to another machine.
    assert run("export", *store, "--to", f"{work}/bundle")["sets"] == ["amd-milan"]
    other = ["--store", f"{work}/other"]
    taken = run("import", *other, f"{work}/bundle")
    assert [item["taken"] for item in taken["items"]] == [True], taken
    assert item_of(run("status", *other), "amd/cert_chain/milan")["freshness"] == "fresh"

    # Recorded collateral of Intel's is good at its own time and at no other.
    intel = os.path.join(VECTORS, "tdx/collateral/b0c06f_2025-06")
    late = run("import", *other, intel, code=1)
    assert all("collateral.validity" in item["why"] for item in late["items"]), late
    at = ["--at", "2025-06-20T00:00:00Z"]
    early = run("import", *other, *at, intel, code=None)
    assert early["items"], early
    run("status", *other, *at)

    assert reason("export", *store, "--to", f"{work}/bundle") == "collateral.export"
    assert reason("export", *store, "--to", f"{work}/x", "--at", "1999-01-01T00:00:00Z",
                  code=3) == "collateral.nothing"
    assert reason("import", *other, f"{work}/absent") == "collateral.import"
    assert reason("status", "--store", f"{work}/absent") == "store.missing"
    assert reason("fetch", *store, "--url", "arm=http://localhost") == "collateral.url"
    assert reason("fetch", *store, "--item", "arm/root") == "collateral.item"


with tempfile.TemporaryDirectory() as folder:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    main(folder, f"http://127.0.0.1:{server.server_port}")
    over_tls(folder)
    server.shutdown()
print("collateral: fetched, shown, exported, imported, refused")
