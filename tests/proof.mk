# What proves the engine beyond its unit tests: simulated networks, fuzzers. Included by the Makefile.

.PHONY: soak fuzz fuzzers kernels

# The simulation is no part of cmocka's tests: the soak uses it too.
SIM := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/sim/test_%.c tests/sim/soak.c,$(wildcard tests/sim/*.c)))
SOAK := $(BUILD)/tests/sim/soak

RULE := $(BUILD)/tests/help/rule.o

# Of the program's rooms the simulation needs those that judge packets of others.
SIM_ROOMS := $(filter $(BUILD)/src/trace/% $(BUILD)/src/capture/%,$(ROOM_OBJECTS))

$(filter $(BUILD)/tests/sim/%,$(TESTS)): %: %.o $(SIM) $(RULE) $(SIM_ROOMS) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(SIM) $(RULE) $(SIM_ROOMS) $(LIB_OBJECTS) -lcmocka

$(SOAK): %: %.o $(SIM) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(SIM) $(LIB_OBJECTS)

FUZZ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ROOMS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/capture/*.c src/trace/*.c) \
	$(addprefix src/net/,address.c error.c habits.c maxseg.c) $(addprefix src/run/,call.c choices.c filter.c judge.c special.c wanted.c) \
	tests/help/bpf.c)
$(FUZZ) $(BUILD)/tests/fuzz/%.o: ALL_CFLAGS += -iquote tests/sim
$(FUZZ) $(SIM): ALL_CFLAGS += $(WATCHER_CFLAGS)

$(filter $(BUILD)/tests/fuzz/%,$(TESTS)): %: %.o $(FUZZ) $(FUZZ_ROOMS) $(SIM) $(RULE) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(FUZZ) $(FUZZ_ROOMS) $(SIM) $(RULE) $(LIB_OBJECTS) -lcmocka

.SECONDARY: $(SIM) $(SOAK).o $(FUZZ)
-include $(SIM:.o=.d) $(SOAK).d $(FUZZ:.o=.d)

SEEDS ?= 100000
soak: $(SOAK) ## SEEDS=100000 simulated networks on all processors; SEED=N tells one, packet by packet
	$(Q)$(SOAK) $(if $(SEED),-v $(SEED),$(SEEDS) $(FIRST))

# The fuzzers are built by clang, in a place of their own. Fast ones find more: comparisons are not reported (a script's
# numbers count from those of the connection, so there is nothing to guess), nor which way those go who only watch.
FUZZ_CC ?= clang
FUZZ_S ?= 60
FUZZ_BUILD := build/fuzz
fuzz: ## libFuzzer on the parsers and the engine, FUZZ_S=60 seconds each; needs clang
	$(Q)echo 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return b && n > 9 && *b == 9; }' | \
		$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -xc - -o /dev/null 2>/dev/null || \
		{ echo "fuzz: $(FUZZ_CC) cannot link its fuzzer (libFuzzer): install clang and its compiler-rt ('make deps-all'), or name another with FUZZ_CC="; exit 1; }
	$(Q)$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC='$(FUZZ_CC)' SANITIZE=address,undefined \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp' \
		WATCHER_CFLAGS=-fno-sanitize=fuzzer-no-link fuzzers
	$(Q)BUILD=$(FUZZ_BUILD) FUZZ_S='$(FUZZ_S)' tests/fuzz/run

FUZZERS := $(BUILD)/fuzz_packet $(BUILD)/fuzz_conn $(BUILD)/fuzz_capture $(BUILD)/fuzz_wanted \
	$(BUILD)/fuzz_notification
fuzzers: $(FUZZERS)

$(FUZZERS): $(BUILD)/fuzz_%: $(FUZZ) $(FUZZ_ROOMS) $(SIM) $(LIB_OBJECTS) tests/fuzz/main.c
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -DFUZZ=fuzz_$* -o $@ tests/fuzz/main.c \
		$(FUZZ) $(FUZZ_ROOMS) $(SIM) $(LIB_OBJECTS)

# Unit tests and simulation alone, without optimization, in a place of their own.
.PHONY: coverage
coverage: ## what unit tests and simulation reach of the library (gcov); COVERAGE_LINES=1 lists the rest
	$(Q)rm -rf build/coverage
	$(Q)$(MAKE) --no-print-directory BUILD=build/coverage CC=gcc CFLAGS='-O0 -g --coverage -DSLOW=1' LDFLAGS=--coverage \
		build/coverage/run
	$(Q)BUILD=build/coverage tests/coverage

# The manual page's test runs the program, which is not built here.
UNIT_AND_SIM := $(filter-out %/test_man,$(filter $(BUILD)/tests/unit/% $(BUILD)/tests/sim/%,$(TESTS)))
.PHONY: $(BUILD)/run
$(BUILD)/run: $(UNIT_AND_SIM)
	$(Q)BUILD=$(BUILD) tests/run $(UNIT_AND_SIM)

# One planted bug after the other: the tests must notice each.
.PHONY: mutants mutants-here
mutants: ## plants one bug after the other into the library: the tests must notice each
	$(Q)$(MAKE) --no-print-directory BUILD=build/mutants CFLAGS='-O1 -fPIC -DSLOW=1' mutants-here

ENGINE_TESTS := $(filter-out %/test_man %/test_text %/test_escape,$(filter $(BUILD)/tests/unit/%,$(TESTS)))
mutants-here: $(LIB_OBJECTS) $(ROOM_OBJECTS) $(TEST_HELP) $(SIM) $(ENGINE_TESTS:=.o) $(BUILD)/tests/sim/test_network.o
	$(Q)BUILD='$(BUILD)' CC='$(CC)' CFLAGS_NOW='$(filter-out -MMD -MP,$(ALL_CFLAGS))' SIM_OBJECTS='$(SIM) $(RULE)' \
		OTHER_OBJECTS='$(TEST_HELP) $(ROOM_OBJECTS)' UNIT_TESTS='$(ENGINE_TESTS)' tests/sim/mutants/run

.PHONY: linux-doc
linux-doc: $(PROGRAM) $(BUILD)/tests/live/test_compare ## plays the exchanges of docs/linux.md, and writes it anew
	$(Q)REWRITE=1 RAWSHAKE=$(CURDIR)/$(PROGRAM) $(BUILD)/tests/live/test_compare

.PHONY: page-picture
page-picture: $(PROGRAM) ## draws docs/page.png anew, of a demo's page; needs chromium and its driver
	$(Q)$(CURDIR)/$(PROGRAM) demo --html $(BUILD)/page.html >/dev/null
	$(Q)python3 -B tests/page/screenshot.py $(BUILD)/page.html docs/page.png

.PHONY: lab-doc
lab-doc: $(PROGRAM) ## plays the lab's experiments, and writes docs/lab.md and docs/lab/*.md anew where they differ
	$(Q)RAWSHAKE=$(CURDIR)/$(PROGRAM) python3 -B tests/docs/lab.py write

.PHONY: programs-doc
programs-doc: $(PROGRAM) ## runs real programs without rawshake and under it, and writes the table of docs/programs.md
	$(Q)RAWSHAKE=$(CURDIR)/$(PROGRAM) tests/programs/inside.sh tests/programs/programs.py --write

# Not a part of check: it downloads, and takes about ten minutes a kernel.
kernels: ## Debian's kernels in qemu, with lab and live tests; KERNELS='bookworm/arm64 ...' (docs/kernels.md)
	$(Q)tests/kernels/run $(KERNELS)
