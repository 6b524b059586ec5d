#!/usr/bin/env python3
"""Recorded evidence of real platforms, sent to a running Atoma: GPUs, an Azure vTPM, a CCA realm, each
under its tenant's policy. Today's clock will do for them: their certificates live for years. Every
verdict, on these and on CPUs with their logs and GPUs, is judged again with `atoma verify --replay`.
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

from served import Served

ATOMA, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
VECTORS = pathlib.Path(os.environ.get("ATOMA_VECTORS", "/nonexistent"))
DEADLINE_S = 120
FOUR_GPUS_NONCE = bytes.fromhex("e97b23a1718095a0e9e35edca810768c70a6a5a389b705e753b197912bc11576")
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
    others = {"nitro": "policy-nitro.yaml", "tdx": "policy-tdx.yaml",
              "sgx": "policy-sgx-windows.yaml", "host": "policy-cpu-and-gpus.yaml"}
    return {"": gpus, "azure": azure, "cca": cca} | {
        name: policy(example, []) for name, example in others.items()}


def ask(url, path, body=None):
    request = urllib.request.Request(url + path, data=body and json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"} if body else {})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def claims_of(body):
    payload = body["ear"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def outcome(answer):
    """"refused id id …" of a verdict, "400 id" of a problem."""
    status, body = answer
    if status != 200:
        return f"{status} {body.get('reason')}"
    claims = claims_of(body)
    bad = [f["id"] for f in claims["atoma"]["findings"] if f["outcome"] in ("fail", "missing")]
    return " ".join([body["verdict"], *bad])


def expect(wanted, answer, what):
    got = outcome(answer)
    if got != wanted and not (wanted.endswith("…") and got.startswith(wanted[:-1])):
        failures.append(f"{what}: expected {wanted}, got {got}: {str(answer[1])[:300]}")


def atoma(*arguments):
    done = subprocess.run([ATOMA, *map(str, arguments), "--json"], capture_output=True, timeout=DEADLINE_S)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"text": done.stdout.decode() + done.stderr.decode()}


class Replay:
    """A signed result, and the arguments with which an auditor judges it again: its policy is fetched by
    the digest that the result names."""

    def __init__(self, work, url, answer, what):
        self.what, self.folder = what, work / what.replace(" ", "-")
        self.folder.mkdir()
        if answer[0] != 200:
            sys.exit(f"{what}: {answer}")
        self.verdict = answer[1]["verdict"]
        claims = claims_of(answer[1])
        status, policy_text = ask(url, "/v1/policy/" + claims["atoma"]["policy_sha256"])
        assert status == 200, policy_text
        keys = json.dumps(ask(url, "/.well-known/jwks.json")[1])
        self.common = ["--replay", self.file("ear.jwt", answer[1]["ear"].encode()),
                       "--replay-keys", self.file("jwks", keys.encode()),
                       "--policy", self.file("policy.yaml", policy_text["text"].encode())]

    def file(self, name, contents):
        path = self.folder / name
        path.write_bytes(contents)
        return path

    def gives(self, code, outcome, names, *arguments):
        """Exit code, what "replay" says (or an error's reason), and which inputs differ; of other
        outcomes, that `names` are among the claims that do."""
        got, answer = atoma("verify", *arguments, *self.common)
        said = answer.get("replay", answer.get("error", {}).get("reason"))
        inputs = [d["name"] for d in answer.get("inputs", [])]
        claims = [d["name"] for d in answer.get("differences", [])]
        named = inputs if outcome != "other_outcome" else [name for name in names if name in claims]
        if (got, said, named) != (code, outcome, names):
            failures.append(f"{self.what}, {arguments}: expected {code} {outcome} {names}, got {got} "
                            f"{json.dumps(answer)[:600]}")
        if said == "same" and answer["verdict"] != self.verdict:
            failures.append(f"{self.what}: {self.verdict} became {answer['verdict']}")


def flipped(data, at=200):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def gpu(name):
    return {"report": b64(vector(f"nvidia/{name}/report.bin")),
            "cert_chain": vector(f"nvidia/{name}/cert_chain.pem").decode()}


def try_gpus(appraise, attest):
    nonce = FOUR_GPUS_NONCE
    four = {"gpus": [gpu(f"multi_gpu_{i}") for i in range(4)], "challenge": b64(nonce),
            "gpus_expected": 4}
    expect("accepted", appraise(four), "four GPUs of one host")
    expect("refused nvidia.devices.count", appraise(four | {"gpus": four["gpus"][:3]}), "three of four")
    twice = four | {"gpus": [*four["gpus"][:3], four["gpus"][0]]}
    expect("refused nvidia.devices.distinct", appraise(twice), "one GPU twice")
    expect("refused nvidia.nonce…", appraise(four | {"challenge": b64(bytes(32))}), "another nonce")
    expect("400 attest.gpus_alone", attest({"gpus": four["gpus"]}), "GPUs for a key")


def azure_vtpm():
    folder = "vtpm/az_snp_v2/"
    quote = json.loads(vector(folder + "evidence.json"))["tpm_quote"]
    nonce = bytes.fromhex("982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9aa398f647caa"
                          "2338748cd0fd9f5f819ef")
    return {"hcl_report": b64(vector(folder + "hcl_report.bin")), "vcek": b64(vector(folder + "vcek.der")),
            "quote": quote}, nonce


def try_tpm(appraise, attest):
    tpm, nonce = azure_vtpm()
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


def replay_gpus(replay):
    nonce = FOUR_GPUS_NONCE
    one = replay("four GPUs", {"gpus": [gpu(f"multi_gpu_{i}") for i in range(4)], "challenge": b64(nonce),
                               "gpus_expected": 4})
    files = [(VECTORS / f"nvidia/multi_gpu_{i}/report.bin", VECTORS / f"nvidia/multi_gpu_{i}/cert_chain.pem")
             for i in range(4)]
    more = [part for report, chain in files[1:] for part in ("--device", report, chain)]
    first = [files[0][0], "--cert-chain", files[0][1], "--devices", "4"]
    one.gives(0, "same", [], *first, *more, "--nonce", nonce.hex())
    one.gives(1, "other_input", ["evidence"], *first, *more[:6], "--nonce", nonce.hex())
    one.gives(1, "other_input", ["evidence"], one.file("other.bin", flipped(files[0][0].read_bytes())),
              *first[1:], *more, "--nonce", nonce.hex())
    one.gives(1, "other_outcome", ["verdict"], *first, *more, "--nonce", bytes(32).hex())
    # In another order they are other evidence.
    swapped = [part for at in (2, 1, 3) for part in ("--device", *files[at])]
    one.gives(1, "other_input", ["evidence"], *first, *swapped, "--nonce", nonce.hex())


def replay_rims(replay):
    """A manifest is a part of what the verdict stands on."""
    folder = VECTORS / "nvidia"
    device = folder / "hopper_550_90_07"
    rims = [folder / "rims" / name for name in ("NV_GPU_DRIVER_GH100_550.144.03.xml",
                                                "1010_0200_882_96005E0001_PROD.swidtag")]
    one = replay("a GPU and manifests", {"gpus": [gpu("hopper_550_90_07")], "challenge": b64(bytes(32)),
                                         "rims": [b64(rim.read_bytes()) for rim in rims]})
    given = [device / "report.bin", "--cert-chain", device / "cert_chain.pem", "--nonce", "00" * 32]
    one.gives(0, "same", [], *given, "--rim", rims[0], "--rim", rims[1])
    one.gives(1, "other_input", ["collateral"], *given, "--rim", rims[0])
    one.gives(3, "missing_input", ["collateral"], *given)


def replay_tpm(replay):
    folder = "vtpm/az_snp_v2/"
    tpm, nonce = azure_vtpm()
    one = replay("an Azure vTPM", {"tenant": "azure", "tpm": tpm, "challenge": b64(nonce)})
    file = one.file("tpm.json", json.dumps(tpm).encode())
    one.gives(0, "same", [], file, "--nonce", nonce.hex())
    one.gives(1, "other_outcome", ["verdict"], file, "--nonce", nonce[:-1].hex())
    other = tpm | {"hcl_report": b64(flipped(vector(folder + "hcl_report.bin")))}
    one.gives(1, "other_input", ["evidence"], one.file("other.json", json.dumps(other).encode()),
              "--nonce", nonce.hex())
    bare = {name: tpm[name] for name in tpm if name != "vcek"}
    # What is left of the chain is built in.
    one.gives(1, "other_input", ["collateral"], one.file("bare.json", json.dumps(bare).encode()),
              "--nonce", nonce.hex())


def replay_cca(replay):
    token, list_of_keys = VECTORS / "cca/cca_example_token.cbor", json.loads(vector("cca/cpak_pub.json"))
    one = replay("a CCA realm", {"tenant": "cca", "evidence": b64(token.read_bytes()),
                                 "platform_keys": list_of_keys})
    # The bytes count, as they were sent.
    keys = one.file("keys.json", json.dumps(list_of_keys).encode())
    other = one.file("other.json", json.dumps(list_of_keys, indent=1).encode())
    one.gives(0, "same", [], token, "--endorsements", keys)
    one.gives(3, "missing_input", ["collateral"], token)
    one.gives(1, "other_input", ["collateral"], token, "--endorsements", other)
    one.gives(1, "other_input", ["evidence"], one.file("other.cbor", flipped(token.read_bytes())),
              "--tee", "cca", "--endorsements", keys)
    unknown = replay("a CCA realm of an unknown platform", {"tenant": "cca", "evidence": b64(token.read_bytes())})
    unknown.gives(0, "same", [], token)
    unknown.gives(1, "other_input", ["collateral"], token, "--endorsements", keys)


def replay_nitro(replay):
    """Refused, for its certificate is of another day: that, too, is judged again."""
    document = VECTORS / "nitro/evervault/beta_valid-attestation-doc-bytes"
    data = bytes(range(64))
    one = replay("a Nitro document", {"tenant": "nitro", "evidence": b64(document.read_bytes()),
                                      "report_data": b64(data)})
    one.gives(0, "same", [], document)
    # findings[0] is about its time, which is the result's.
    one.gives(1, "other_outcome", ["findings[1]"], document, "--report-data", "ff" * 64)
    one.gives(1, "other_input", ["evidence"], one.file("other.bin", flipped(document.read_bytes())),
              "--tee", "nitro")


def collateral_of(folder):
    """As a request has it, of a folder as --collateral has it."""
    files = {"tcb_info": "tcb_info.json", "qe_identity": "qe_identity.json",
             "tcb_signing_chain": "tcb_signing_chain.pem", "root_crl": "root_crl.der",
             "pck_crl": "pck_crl.der"}
    return {part: b64((folder / name).read_bytes()) for part, name in files.items()}


def replay_cpus(replay):
    for name, tenant, quote, collateral in (
            ("a TD", "tdx", "tdx/v4_b0c06f_uptodate/quote.bin", "tdx/collateral/b0c06f_2025-06"),
            ("an enclave", "sgx", "sgx/v3_00606a_automata/quote.bin", "sgx/collateral/00606a_2025-08")):
        quote, collateral = VECTORS / quote, VECTORS / collateral
        one = replay(name, {"tenant": tenant, "evidence": b64(quote.read_bytes()),
                            "collateral": collateral_of(collateral)})
        one.gives(0, "same", [], quote, "--collateral", collateral)
        one.gives(3, "missing_input", ["collateral"], quote)


def replay_event_log(replay):
    """Another machine's log beside a vTPM's quote. A result names no logs: with others, or none, another
    outcome follows."""
    tpm, nonce = azure_vtpm()
    log = VECTORS / "eventlog/tpm_ubuntu2404_snp/log.bin"
    one = replay("a vTPM and a log", {"tenant": "azure", "tpm": tpm, "challenge": b64(nonce),
                                      "event_logs": [b64(log.read_bytes())]})
    given = [one.file("tpm.json", json.dumps(tpm).encode()), "--nonce", nonce.hex()]
    one.gives(0, "same", [], *given, "--event-log", log)
    one.gives(1, "other_outcome", ["checks"], *given)


def replay_composite(replay):
    quote, collateral = VECTORS / "tdx/v4_b0c06f_uptodate/quote.bin", VECTORS / "tdx/collateral/b0c06f_2025-06"
    nonce = bytes(range(32))
    composite = {"atoma_composite": 1, "cpu": {"tee": "tdx", "evidence": b64(quote.read_bytes())},
                 "gpus": [gpu(f"multi_gpu_{i}") for i in range(2)], "key": b64(bytes(1216))}
    one = replay("a TD and two GPUs", {"tenant": "host", "composite": composite, "challenge": b64(nonce),
                                       "collateral": collateral_of(collateral)})
    file = one.file("composite.json", json.dumps(composite).encode())
    given = ["--collateral", collateral, "--nonce", nonce.hex()]
    one.gives(0, "same", [], file, *given)
    one.gives(3, "missing_input", ["collateral"], file, *given[2:])
    fewer = one.file("fewer.json", json.dumps(composite | {"gpus": composite["gpus"][:1]}).encode())
    one.gives(1, "other_input", ["evidence"], fewer, *given)
    one.gives(1, "other_outcome", ["findings[4]"], file, *given[:2], "--nonce", bytes(32).hex())


def replay_all(replay):
    for one in (replay_gpus, replay_rims, replay_tpm, replay_cca, replay_nitro, replay_cpus, replay_event_log,
                replay_composite):
        one(replay)


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
        with Served(ATOMA, "up", "--data", work / "data", "--listen", "127.0.0.1:0", *arguments) as up:
            run(work, up.url)
        with Served(ATOMA, "up", "--data", work / "data", "--listen", "127.0.0.1:0", "--collateral",
                    at_hand(work / "sets"), *arguments) as up:
            judge_from_the_log(work, up.url)
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


def attest_at(url):
    return lambda members: ask(url, "/v1/attest",
                               {"nonce": challenge(url), "key": b64(bytes(1216)), **members})


def at_hand(sets):
    """A firmware's manifest and a CCA platform's key, as a server has them."""
    for name, file in (("nvidia/vbios.xml", "nvidia/rims/1010_0200_882_96005E0001_PROD.swidtag"),
                       ("arm/platform_keys.json", "cca/cpak_pub.json")):
        (sets / name).parent.mkdir(parents=True)
        (sets / name).write_bytes(vector(file))
    return sets


def judge_from_the_log(work, url):
    """What a verdict stood on that nobody sent is kept, too: the log is enough to judge again, no option
    needs to be known."""
    attest, tpm = attest_at(url), azure_vtpm()[0]
    quote, collateral = vector("tdx/v4_b0c06f_uptodate/quote.bin"), VECTORS / "tdx/collateral/b0c06f_2025-06"
    composite = {"atoma_composite": 1, "cpu": {"tee": "tdx", "evidence": b64(quote)},
                 "gpus": [gpu("hopper_535_86_09")], "key": b64(bytes(1216))}
    # Recorded evidence answers nobody's challenge: refused for that, and for nothing else of CCA's.
    cases = {"composite": ("rim+xml", {"tenant": "host", "composite": composite,
                                       "collateral": collateral_of(collateral)}),
             "tpm": ("tpm-evidence+json", {"tenant": "azure", "tpm": tpm}),
             "cca": ("platform-keys+json",
                     {"tenant": "cca", "evidence": b64(vector("cca/cca_example_token.cbor"))})}
    for name, (kept, members) in cases.items():
        status, answer = attest(members)
        assert (status, answer.get("verdict")) == (200, "refused"), (name, outcome((status, answer)))
        index = answer["index"]
        code, case = atoma("log", "evidence", index, "--server", url, "--log-key",
                           work / "data/registry/log.vkey", "--evidence-token",
                           work / "data/keys/evidence.token", "--out", work / f"kept-{name}")
        assert code == 0, case
        types = [one["media_type"] for one in case["evidence"]]
        assert f"application/vnd.atoma.{kept}" in types, (name, types)
        code, again = atoma("verify", *case["verify"])
        assert (code, again.get("replay"), again.get("verdict")) == (0, "same", "refused"), (name, again)
        if name == "composite":
            manifest = case["verify"].index("--rim")
            code, again = atoma("verify", *case["verify"][:manifest], *case["verify"][manifest + 2:])
            named = [difference["name"] for difference in again["inputs"]]
            assert (code, again["replay"], named) == (1, "other_input", ["collateral"]), again


def run(work, url):
    own = b64(bytes(16))
    attest = attest_at(url)

    def appraise(members):
        return ask(url, "/v1/appraise", {"nonce": own, **members})

    try_gpus(appraise, attest)
    try_tpm(appraise, attest)
    try_cca(appraise, attest)
    replay_all(lambda what, members: Replay(work, url, appraise(members), what))
    expect("404 tenant.unknown", appraise({"tenant": "nobody", "evidence": "AAAA"}), "an unknown tenant")


def challenge(url):
    request = urllib.request.Request(url + "/v1/challenge", data=b"{}",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
        return json.load(answer)["nonce"]


main()
