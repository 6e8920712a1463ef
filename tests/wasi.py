"""wasi.py PROGRAM.wasm ARGUMENTS: runs it by wasmtime's Python package, with this folder as its own."""
import sys
import wasmtime

engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()
config = wasmtime.WasiConfig()
config.argv = ["r0", *sys.argv[2:]]
config.inherit_stdout()
config.inherit_stderr()
config.preopen_dir(".", "/")
store = wasmtime.Store(engine)
store.set_wasi(config)
try:
    linker.instantiate(store, wasmtime.Module.from_file(engine, sys.argv[1])).exports(store)["_start"](store)
except wasmtime.ExitTrap as end:
    sys.exit(end.code)
