#!/usr/bin/env python3
"""`atoma measure` against a second, naive implementation of the same chains: on the firmware builds
of Debian's package ovmf, for direct boots, vCPUs and both page orders. Usage: measure_test.py ATOMA
"""
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import uuid

atoma = sys.argv[1]
FIRMWARE = pathlib.Path("/usr/share/ovmf")
FOOTER, SNP, TDX, HASHES, RESET = (uuid.UUID(u).bytes_le for u in (
    "96b582de-1fb2-45f7-baea-a366c55a082d", "dc886566-984a-4798-a75e-5585a7bf67cc",
    "e47a6535-984a-4798-865e-4685a7bf8ec2", "7255371f-3a3b-4b04-927b-1da6efa8d454",
    "00f771de-1a7e-4fcb-890e-68c77e2fb44e"))
PAGE = 4096


def sha384(data):
    return hashlib.sha384(data).digest()


def sha256(data):
    return hashlib.sha256(data).digest()


def entries(image):
    end = len(image) - 32
    if image[end - 16:end] != FOOTER:
        return {}
    start = end - int.from_bytes(image[end - 18:end - 16], "little")
    found, at = {}, end - 18
    while at > start:
        size = int.from_bytes(image[at - 18:at - 16], "little")
        found[image[at - 16:at]] = image[at - size:at - 18]
        at -= size
    return found


def u32(data):
    return int.from_bytes(data[:4], "little")


def snp_sections(image, table):
    at = len(image) - u32(table[SNP])
    _, _, _, count = struct.unpack_from("<IIII", image, at)
    return [struct.unpack_from("<III", image, at + 16 + 12 * i) for i in range(count)]


def tdx_sections(image, table):
    at = len(image) - u32(table[TDX])
    _, _, _, count = struct.unpack_from("<IIII", image, at)
    return [struct.unpack_from("<IIQQII", image, at + 16 + 32 * i) for i in range(count)]


def hashes_page(table, boot):
    kernel, initrd, line = boot
    entry = lambda u, d: uuid.UUID(u).bytes_le + struct.pack("<H", 50) + sha256(d)
    body = (entry("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", line.encode() + b"\0") +
            entry("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd) +
            entry("4de79437-abd2-427f-b835-d5b172d2045b", kernel))
    whole = (uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le +
             struct.pack("<H", 18 + len(body)) + body)
    offset = u32(table[HASHES]) % PAGE
    return (bytes(offset) + whole).ljust(PAGE, b"\0")


def vmsa(reset, signature):
    page = bytearray(PAGE)
    flat = lambda selector, attributes, base=0: struct.pack("<HHIQ", selector, attributes, 0xFFFF, base)
    for at, segment in ((0x00, flat(0, 0x93)), (0x10, flat(0xF000, 0x9B, reset & 0xFFFF0000)),
                        (0x20, flat(0, 0x93)), (0x30, flat(0, 0x93)), (0x40, flat(0, 0x93)),
                        (0x50, flat(0, 0x93)), (0x60, flat(0, 0)), (0x70, flat(0, 0x82)),
                        (0x80, flat(0, 0)), (0x90, flat(0, 0x8B))):
        page[at:at + 16] = segment
    for at, value in ((0xD0, 0x1000), (0x148, 0x40), (0x158, 0x10), (0x160, 0x400),
                      (0x168, 0xFFFF0FF0), (0x170, 2), (0x178, reset & 0xFFFF),
                      (0x268, 0x7040600070406), (0x310, signature), (0x3B0, 1), (0x3E8, 1),
                      (0x408, 0x1F80)):
        struct.pack_into("<Q", page, at, value)
    struct.pack_into("<H", page, 0x410, 0x37F)
    return bytes(page)


def snp_digest(image, vcpus, signature, boot):
    table = entries(image)
    digest = bytes(48)

    def update(kind, address, contents):
        nonlocal digest
        digest = sha384(digest + contents + struct.pack("<HBBBBBBQ", 0x70, kind, 0, 0, 0, 0, 0, address))

    for at in range(0, len(image), PAGE):
        update(1, (1 << 32) - len(image) + at, sha384(image[at:at + PAGE]))
    for address, size, kind in snp_sections(image, table):
        if kind == 0x10 and boot:
            update(1, address, sha384(hashes_page(table, boot)))
            continue
        for at in range(0, size, PAGE):
            update({1: 3, 2: 5, 3: 6, 4: 3, 0x10: 3}[kind], address + at, bytes(48))
    for i in range(vcpus):
        reset = 0xFFFFFFF0 if i == 0 else u32(table[RESET])
        update(2, 0xFFFFFFFFF000, sha384(vmsa(reset, signature)))
    return digest.hex()


def mrtd(image, by_page):
    stream = hashlib.sha384()
    for offset, size, address, memory, _, attributes in tdx_sections(image, entries(image)):
        contents = image[offset:offset + size].ljust(memory, b"\0")
        adds, extends = [], []
        for page in range(0, memory, PAGE):
            adds.append([(b"MEM.PAGE.ADD".ljust(16, b"\0") +
                          struct.pack("<Q", address + page)).ljust(128, b"\0")])
            extends.append([(b"MR.EXTEND".ljust(16, b"\0") + struct.pack("<Q", address + at)
                             ).ljust(128, b"\0") + contents[at:at + 256]
                            for at in range(page, page + PAGE, 256)] if attributes & 1 else [])
        if attributes & 2:
            continue
        order = [x for pair in zip(adds, extends) for x in pair] if by_page else adds + extends
        for blocks in order:
            for block in blocks:
                stream.update(block)
    return stream.hexdigest()


def run(*arguments, code=0):
    done = subprocess.run([atoma, "measure", *arguments, "--json"], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def small_firmware():
    """Two pages with SEV metadata, a place for hashes and an address for APs; no Debian build of
    ovmf has such a place."""
    image = bytearray(b"\xA5" * 2 * PAGE)
    sections = ((0x800000, PAGE, 1), (0x801000, PAGE, 2), (0x802000, PAGE, 3),
                (0x803000, PAGE, 4), (0x804000, PAGE, 0x10))
    metadata = struct.pack("<4sIII", b"ASEV", 76, 1, len(sections))
    metadata += b"".join(struct.pack("<III", *section) for section in sections)
    image[0x100:0x100 + len(metadata)] = metadata
    entry = lambda guid, data: data + struct.pack("<H", len(data) + 18) + guid
    table = (entry(SNP, struct.pack("<I", 2 * PAGE - 0x100)) +
             entry(HASHES, struct.pack("<II", 0x804C00, 0x400)) +
             entry(RESET, struct.pack("<I", 0x80B004)))
    table += struct.pack("<H", len(table) + 18) + FOOTER
    image[-32 - len(table):-32] = table
    return bytes(image)


def main():
    work = tempfile.TemporaryDirectory()
    folder = pathlib.Path(work.name)
    kernel, initrd, line = b"a kernel", b"an initrd", "console=ttyS0 quiet"
    (folder / "kernel").write_bytes(kernel)
    (folder / "initrd").write_bytes(initrd)
    boot = ["--kernel", folder / "kernel", "--initrd", folder / "initrd", "--append", line]
    compared = {"snp": 0, "boot": 0, "tdx": 0}
    (folder / "small.fd").write_bytes(small_firmware())
    for path in [folder / "small.fd", *sorted(FIRMWARE.glob("*.fd"))]:
        image = path.read_bytes()
        table = entries(image)
        if SNP in table:
            for vcpus, model, signature in ((1, "EPYC-v4", 0x800F12), (4, "EPYC-Milan", 0xA00F11)):
                found = run(path, "--vcpus", str(vcpus), "--vcpu-type", model)
                if found["snp"]["measurement"] != snp_digest(image, vcpus, signature, None):
                    sys.exit(f"{path}: another SNP digest")
                compared["snp"] += 1
            if any(kind == 0x10 for _, _, kind in snp_sections(image, table)) and TDX not in table:
                found = run(path, "--vcpus", "2", *boot)
                expected = snp_digest(image, 2, 0x800F12, (kernel, initrd, line))
                if found["snp"]["measurement"] != expected:
                    sys.exit(f"{path}: another SNP digest of a direct boot")
                compared["boot"] += 1
        if TDX in table:
            for order in ("page", "section"):
                found = run(path, "--page-order", order)
                if found["tdx"]["mrtd"] != mrtd(image, order == "page"):
                    sys.exit(f"{path}: another MRTD")
                compared["tdx"] += 1
    if run(folder / "kernel", code=2)["error"]["reason"] != "firmware.size":
        sys.exit("a kernel was taken for firmware")
    some = next(p for p in sorted(FIRMWARE.glob("*.fd")) if SNP in entries(p.read_bytes()))
    if run(some, "--vcpu-type", "Opteron", code=2)["error"]["reason"] != "usage.vcpu_type":
        sys.exit("an unknown vCPU model was taken")
    print("compared with the second implementation:",
          ", ".join(f"{n} × {what}" for what, n in compared.items()))
    sys.exit(0 in compared.values())


main()
