#!/usr/bin/env python3
"""Recorded evidence of real platforms, sent to a running Atoma: GPUs, an Azure vTPM, a CCA realm, each
under its tenant's policy. Today's clock will do for them: their certificates live for years.
Usage: kinds_test.py ATOMA SOURCE_DIR. Ends with 77 where the vectors are not there."""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ATOMA, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
VECTORS = pathlib.Path(os.environ.get("ATOMA_VECTORS", "/nonexistent"))
DEADLINE_S = 120
ANY = '{accept_any: "a test"}'
failures = []


def b64(data):
    return base64.b64encode(data).decode()


def vector(name):
    return (VECTORS / name).read_bytes()


def policy(example, changes):
    """An example with some fields changed; each must be there."""
    text = (ROOT / "examples" / example).read_text()
    for pattern, value in changes:
        text, count = re.subn(pattern, value, text, flags=re.M)
        if count == 0:
            sys.exit(f"{example} has no {pattern}")
    return text


def policies():
    gpus = policy("policy-nvidia.yaml", [
        (r"(driver|vbios|ocsp): require", rf"\1: {ANY}"), (r"modes: \[.*\]", f"modes: {ANY}"),
        (r"devices: 8", f"devices: {ANY}")])
    azure = policy("policy-azure-vtpm.yaml", [
        (r"report_versions: .*", "report_versions: [2, 3, 5]"), (r"pcrs_selected: .*", "pcrs_selected: [7]"),
        (r"vcek_not_before: require", f"vcek_not_before: {ANY}")])
    cca = policy("policy-cca.yaml", [
        (r"report_data: require", f"report_data: {ANY}"), (r'(platform_keys|rim): \[.*\]', rf"\1: {ANY}"),
        (r"(implementation_id|software_signers): \[.*\]", rf"\1: {ANY}")])
    return {"": gpus, "azure": azure, "cca": cca}


def ask(url, path, body=None):
    request = urllib.request.Request(url + path, data=body and json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"} if body else {})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def outcome(answer):
    """"refused id id …" of a verdict, "400 id" of a problem."""
    status, body = answer
    if status != 200:
        return f"{status} {body.get('reason')}"
    payload = body["ear"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    bad = [f["id"] for f in claims["atoma"]["findings"] if f["outcome"] in ("fail", "missing")]
    return " ".join([body["verdict"], *bad])


def expect(wanted, answer, what):
    got = outcome(answer)
    if got != wanted and not (wanted.endswith("…") and got.startswith(wanted[:-1])):
        failures.append(f"{what}: expected {wanted}, got {got}: {str(answer[1])[:300]}")


def gpu(name):
    return {"report": b64(vector(f"nvidia/{name}/report.bin")),
            "cert_chain": vector(f"nvidia/{name}/cert_chain.pem").decode()}


def try_gpus(appraise, attest):
    nonce = bytes.fromhex("e97b23a1718095a0e9e35edca810768c70a6a5a389b705e753b197912bc11576")
    four = {"gpus": [gpu(f"multi_gpu_{i}") for i in range(4)], "challenge": b64(nonce),
            "gpus_expected": 4}
    expect("accepted", appraise(four), "four GPUs of one host")
    expect("refused nvidia.devices.count", appraise(four | {"gpus": four["gpus"][:3]}), "three of four")
    twice = four | {"gpus": [*four["gpus"][:3], four["gpus"][0]]}
    expect("refused nvidia.devices.distinct", appraise(twice), "one GPU twice")
    expect("refused nvidia.nonce…", appraise(four | {"challenge": b64(bytes(32))}), "another nonce")
    expect("400 attest.gpus_alone", attest({"gpus": four["gpus"]}), "GPUs for a key")


def try_tpm(appraise, attest):
    folder = "vtpm/az_snp_v2/"
    quote = json.loads(vector(folder + "evidence.json"))["tpm_quote"]
    nonce = bytes.fromhex("982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9aa398f647caa"
                          "2338748cd0fd9f5f819ef")
    tpm = {"hcl_report": b64(vector(folder + "hcl_report.bin")), "vcek": b64(vector(folder + "vcek.der")),
           "quote": quote}
    request = {"tenant": "azure", "tpm": tpm, "challenge": b64(nonce)}
    expect("accepted", appraise(request), "an Azure vTPM")
    expect("refused policy.vtpm.nonce", appraise(request | {"challenge": b64(nonce[:-1])}), "another nonce")
    expect("refused policy.tee…", appraise({"tpm": tpm, "challenge": b64(nonce)}),
           "a vTPM under the policy for GPUs")
    # It was made for another challenge than the server's, and for nobody's key.
    expect("refused policy.vtpm.nonce", attest({"tenant": "azure", "tpm": tpm}), "a recorded quote")


def try_cca(appraise, attest):
    token = {"tenant": "cca", "evidence": b64(vector("cca/cca_example_token.cbor"))}
    keys = {"platform_keys": json.loads(vector("cca/cpak_pub.json"))}
    expect("accepted", appraise(token | keys), "a CCA realm")
    expect("unappraisable cca.…", appraise(token), "a CCA realm of an unknown platform")
    expect("400 attest.platform_keys", attest(token | keys), "a platform that vouches for itself")


def main():
    if not VECTORS.exists():
        print("no vectors: skipped")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        arguments = []
        for name, text in policies().items():
            file = work / f"{name or 'default'}.yaml"
            file.write_text(text)
            arguments += ["--tenant", f"{name}={file}"] if name else ["--policy", file]
        process = subprocess.Popen([ATOMA, "up", "--data", work / "data", "--listen", "127.0.0.1:0",
                                    *arguments, "--json"], stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(process.stdout.readline())["url"]
            run(url)
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


def run(url):
    own = b64(bytes(16))

    def appraise(members):
        return ask(url, "/v1/appraise", {"nonce": own, **members})

    def attest(members):
        return ask(url, "/v1/attest", {"nonce": challenge(url), "key": b64(bytes(1216)), **members})

    try_gpus(appraise, attest)
    try_tpm(appraise, attest)
    try_cca(appraise, attest)
    expect("404 tenant.unknown", appraise({"tenant": "nobody", "evidence": "AAAA"}), "an unknown tenant")


def challenge(url):
    request = urllib.request.Request(url + "/v1/challenge", data=b"{}",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
        return json.load(answer)["nonce"]


main()
