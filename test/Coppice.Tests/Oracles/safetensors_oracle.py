"""Reads a safetensors file by its specification, with the standard library alone: prints the metadata, then name, shape and values of each tensor."""
import json
import struct
import sys

content = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", content[:8])
header, data = json.loads(content[8:8 + length]), content[8 + length:]
print(json.dumps(header.pop("__metadata__", {}), sort_keys=True))
for name, entry in header.items():
    start, end = entry["data_offsets"]
    assert entry["dtype"] == "F32"
    print(name, entry["shape"], list(struct.unpack(f"<{(end - start) // 4}f", data[start:end])))
assert max(entry["data_offsets"][1] for entry in header.values()) == len(data)
