"""The machine code of object files, compared: addresses, names and debug information apart."""

import hashlib
import os
import re
import struct

ALLOC, NOBITS, SYMTAB, RELA, NOTE = 2, 8, 2, 4, 7
UNWINDING = ".eh_frame"
SECTION_SYMBOL = 3

# Objects of a module (LIBRARY/FILE) of which no launch runs anything: they judge, explain, or are
# the ceilings that a launch is compared with.
BESIDE = re.compile(r"core/(compare|judge|rules|reference|least_operations|problem_text|refusal)|"
                    r"openmp\w*/openmp/ceilings")
KERNEL = re.compile(r"openmp\w*/openmp/(\w+)")


def code_of_object(data):
    """Returns two digests of an ELF file (64 bits, little-endian): of what the program gets from
    it, and of the names in it. What is defined here is told by its place, whatever its name."""
    head = struct.unpack_from("<16s HHIQQQIHHHHHH", data)
    if head[0][:6] != b"\x7fELF\x02\x01":
        raise ValueError("is no ELF file of 64 bits, little-endian")
    at, size, count, strings = head[6], head[11], head[12], head[13]
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]

    def contents(section):
        return b"" if section[1] == NOBITS else data[section[4]:section[4] + section[5]]

    def string(table, offset):
        return table[offset:table.index(b"\0", offset)].decode()

    section_names = [string(contents(sections[strings]), s[0]) for s in sections]
    kept = [i for i, s in enumerate(sections)
            if s[2] & ALLOC and s[1] != NOTE and section_names[i] != UNWINDING]
    place = {index: order for order, index in enumerate(kept)}
    symbols, names = {}, [section_names[i] for i in kept]
    for index, section in enumerate(sections):
        if section[1] != SYMTAB:
            continue
        table = contents(sections[section[6]])
        symbols[index] = []
        for name, kind, _, where, value, length in struct.iter_unpack("<IBBHQQ", contents(section)):
            here = where in place
            symbols[index].append((place[where], value) if here else string(table, name))
            if here and kind & 15 != SECTION_SYMBOL:
                names.append(f"{string(table, name)} {place[where]} {value} {length}")
    code = hashlib.sha256()
    for index in kept:
        _, kind, flags, _, _, length, _, _, alignment, entry = sections[index]
        code.update(repr((kind, flags, length, alignment, entry)).encode())
        code.update(contents(sections[index]))
        for relocations in sections:
            if relocations[1] != RELA or relocations[7] != index:
                continue
            for offset, info, addend in struct.iter_unpack("<QQq", contents(relocations)):
                target = symbols[relocations[6]][info >> 32]
                code.update(repr((offset, info & 0xffffffff, target, addend)).encode())
    return code.hexdigest(), hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def code_of_build(build, module_map):
    """The objects that the linker took into a module, by library and file: {"core/lower": digests}.
    `module_map`: the text of the linker's map. Throws ValueError if it tells of none, or of one
    that is not there."""
    taken = set(re.findall(r"libpoolbench_(\w+)\.a\(([^)]+)\)", module_map))
    libraries = {library for library, _ in taken}
    found, seen = {}, set()
    for folder, _, files in os.walk(build):
        match = re.search(r"CMakeFiles/poolbench_(\w+)\.dir(/.*|$)", folder)
        if not match:
            continue
        # The openmp library holds the objects of openmp_avx2 and its like.
        library = match[1] if match[1] in libraries else match[1].rpartition("_")[0]
        for file in files:
            if (library, file) not in taken:
                continue
            with open(os.path.join(folder, file), "rb") as data:
                key = match[1] + match[2] + "/" + file.split(".")[0]
                found[key] = code_of_object(data.read())
            seen.add((library, file))
    if not taken or taken != seen:
        raise ValueError(f"the linker's map and the objects in {build} differ: {taken ^ seen}")
    return found


def compare(base, head, kernels):
    """Returns what became of each kernel, "identical", "renamed" or "changed", and the objects that
    every launch goes through and that changed. Who is on one side alone, or stands in a file of
    another name, has changed: in doubt a case is raced."""
    fates = {}
    shared = []
    for key in sorted(base.keys() | head.keys()):
        if BESIDE.fullmatch(key):
            continue
        match = KERNEL.fullmatch(key)
        name = match[1] if match and match[1] in kernels else None
        old, new = base.get(key), head.get(key)
        fate = ("changed" if old is None or new is None or old[0] != new[0]
                else "identical" if old[1] == new[1] else "renamed")
        if name is None:
            if fate == "changed":
                shared.append(key)
            continue
        order = ("identical", "renamed", "changed")
        fates[name] = max(fates.get(name, fate), fate, key=order.index)
    return {name: fates.get(name, "changed") for name in kernels}, shared
