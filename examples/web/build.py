#!/usr/bin/env python3
"""build.py r0.wasm OUT: one page that holds the program, the tiny model and its sets. Nothing else is needed."""
import base64, json, pathlib, sys

here = pathlib.Path(__file__).resolve().parent
tiny = here.parent / "tiny"
wasm = pathlib.Path(sys.argv[1]).read_bytes()
if len(wasm) > 2 << 20:
    sys.exit(f"build.py: {sys.argv[1]} has {len(wasm)} bytes, and the page promises less than 2 MiB")
files = {f"examples/tiny/{file.name}": base64.b64encode(file.read_bytes()).decode()
         for file in sorted(tiny.iterdir()) if file.suffix in (".json", ".jsonl", ".safetensors")}
page = (here / "page.html").read_text()
for name, value in (("@WORKER@", (here / "worker.js").read_text()), ("@FILES@", json.dumps(files)),
                    ("@WASM@", base64.b64encode(wasm).decode())):
    page = page.replace(name, value)
pathlib.Path(sys.argv[2]).write_text(page)
print(f"{sys.argv[2]}: {len(page) / 1e6:.1f} MB, of which r0.h and the program are {len(wasm) / 1e6:.2f} as WebAssembly")
