#!/usr/bin/env python3
"""api/policy.schema.json and the reader in src/appraisal must agree: both accept every example,
and both refuse an example with any one member left out."""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml

atoma, root = sys.argv[1], pathlib.Path(sys.argv[2])
schema = json.loads((root / "api/policy.schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)
failures = []


class Loader(yaml.SafeLoader):
    """Times stay text, as in Atoma."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def atoma_reads(policy):
    """Exit code 2 means that the policy did not parse: the evidence is one byte, so any other
    answer is about that byte."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "policy.json")
        path.write_text(json.dumps(policy))
        byte = pathlib.Path(folder, "evidence.bin")
        byte.write_bytes(b"\0")
        run = subprocess.run([atoma, "verify", byte, "--policy", path], capture_output=True)
        return run.returncode != 2


def without_each_member(node, path=()):
    if not isinstance(node, dict):
        return
    for key in node:
        yield path + (key,)
        yield from without_each_member(node[key], path + (key,))


def agree(name, policy, expected):
    by_schema, by_atoma = validator.is_valid(policy), atoma_reads(policy)
    if (by_schema, by_atoma) != (expected, expected):
        failures.append(f"{name}: expected {expected}, schema says {by_schema}, atoma {by_atoma}")


OPTIONAL = (("tdx",), ("snp",), ("vtpm",), ("event_log",), ("composite",),
            ("nvidia",))
checked = 0
for example in sorted((root / "examples").glob("policy-*.yaml")):
    policy = yaml.load(example.read_text(), Loader)
    agree(example.name, policy, True)
    for path in without_each_member(policy):
        if path[:1] == ("accept",) and path[1:] in OPTIONAL and len(policy["accept"]) > 1:
            continue  # a policy may do without a TEE
        damaged = copy.deepcopy(policy)
        node = damaged
        for key in path[:-1]:
            node = node[key]
        del node[path[-1]]
        agree(f"{example.name} without {'.'.join(path)}", damaged, False)
        checked += 1
print(f"{checked} damaged policies refused by both" if not failures else "\n".join(failures))
sys.exit(bool(failures) or checked == 0)
