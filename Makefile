# R0. `make run` evolves the embedded tiny model, `make test` tests everything, `make` builds build/r0.
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -pedantic
# Bits are promised: no contraction of a*b+c behind our back (kernels ask for fma where they want it).
EXACT    = -ffp-contract=off
LIBS     = -lm -lpthread -ldl

all: build/r0

build:
	@mkdir -p build

build/r0: examples/r0.c $(wildcard examples/*.h) r0.h | build
	$(CC) -std=c11 $(CFLAGS) $(EXACT) $(WARN) -o $@ $< $(LIBS)

TEST_FILES := $(sort $(wildcard tests/test_*.c))
TEST_NAMES := $(patsubst tests/test_%.c,%,$(TEST_FILES))

build/groups.h: $(TEST_FILES) Makefile | build
	@{ for n in $(TEST_NAMES); do echo "#include \"../tests/test_$$n.c\""; done; \
	   printf '#define TEST_GROUPS(X)'; for n in $(TEST_NAMES); do printf ' X(%s)' $$n; done; echo; } > $@

build/test: tests/test.c tests/test.h build/groups.h r0.h $(TEST_FILES) | build
	$(CC) -std=gnu11 $(CFLAGS) $(EXACT) $(WARN) -DR0_TEST -Ibuild -Itests -o $@ $< $(LIBS)

test: build/test
	build/test

clean:
	rm -rf build

.PHONY: all test run clean
