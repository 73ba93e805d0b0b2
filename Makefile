# rawshake: a TCP handshake by hand. `make help` lists what can be made.

CC ?= cc
AR ?= ar
NM ?= nm
OBJCOPY ?= objcopy
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
BUILD ?= build$(if $(SANITIZE),/sanitize)

WARNINGS := -Wall -Wextra
ifdef WERROR
WARNINGS += -Wpedantic -Wconversion -Wshadow -Wcast-align -Wcast-qual -Wmissing-prototypes -Wvla -Werror
endif
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -Iinclude -iquote src -iquote $(BUILD) $(WARNINGS) -fstack-protector-strong -MMD -MP $(CFLAGS)
ifdef SANITIZE
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS := -fsanitize=$(SANITIZE)
endif
ALL_LDFLAGS += $(LDFLAGS)
Q := $(if $(V),,@)

PROGRAM := $(if $(SANITIZE),$(BUILD)/rawshake,rawshake)
VERSION := $(shell sed -n 's/^\#define RS_VERSION "\(.*\)"/\1/p' include/rawshake/rawshake.h)
LIBRARY := $(BUILD)/librawshake.a
LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/wire/*.c src/tcp/*.c))
APP_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out src/wire/% src/tcp/%,$(wildcard src/*.c src/*/*.c)))
MAIN_OBJECT := $(BUILD)/src/main.o
ROOM_OBJECTS := $(filter-out $(MAIN_OBJECT),$(APP_OBJECTS))

TEST_HELP := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/help/*.c))
TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c tests/sim/test_*.c tests/fuzz/test_*.c tests/golden/test_*.c tests/live/test_*.c))
RULE_TESTS := $(filter $(BUILD)/tests/unit/% $(BUILD)/tests/sim/%,$(TESTS))
TEST_SCRIPTS := $(wildcard tests/*/test_*.sh)
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
SOURCES := $(wildcard include/rawshake/*.h src/*.c src/*/*.[ch] tests/*/*.[ch] tests/*/*.cpp docs/*.c)

.PHONY: all benches demo check table deps deps-all bench install uninstall setcap format format-check lint clean help tests
.DEFAULT_GOAL := all

all: $(PROGRAM) $(LIBRARY) ## the program ./rawshake and the library build/librawshake.a

demo: $(PROGRAM) ## the lesson: a connection by hand in a private network, no root needed
	$(Q)./$(PROGRAM) demo

# ---- building

$(PROGRAM): $(APP_OBJECTS) $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(APP_OBJECTS) $(LIBRARY)

# One object, in which only what include/rawshake declares is global: what the files share among themselves cannot meet
# a name of somebody else's program. The tests link the files one by one, and see all of it.
$(LIBRARY): $(LIB_OBJECTS)
	@echo "  AR    $@"
	$(Q)$(LD) -r -o $(@:.a=.o) $(LIB_OBJECTS)
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='rs_*' $(@:.a=.o)
	$(Q)NM='$(NM)' tests/symbols $(@:.a=.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $(@:.a=.o)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What the page and the drawings have in them as it is becomes rows of C strings, a line each.
STRING_LINES = @mkdir -p $(@D); sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n",/' $< > $@
$(BUILD)/view/%css.h: src/view/%.css
	$(STRING_LINES)
$(BUILD)/view/%js.h: src/view/%.js
	$(STRING_LINES)
$(BUILD)/src/view/drawing.o: $(BUILD)/view/drawingcss.h
$(BUILD)/src/view/html_style.o: $(BUILD)/view/pagecss.h $(BUILD)/view/pagejs.h

# Another compiler or other flags: everything is built anew; the same: nothing is.
FLAGS_NOW := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@
.PHONY: force

-include $(LIB_OBJECTS:.o=.d) $(APP_OBJECTS:.o=.d) $(TEST_HELP:.o=.d) $(TESTS:=.d) $(BENCHES:=.d)

# ---- testing

# `make -j deps check`: nothing of the tests is compiled before what they need is installed.
ifneq ($(filter deps deps-all,$(MAKECMDGOALS)),)
$(TESTS:=.o) $(TEST_HELP): | $(filter deps deps-all,$(MAKECMDGOALS))
endif

$(filter-out $(BUILD)/tests/sim/% $(BUILD)/tests/fuzz/%,$(TESTS)): %: %.o $(TEST_HELP) $(ROOM_OBJECTS) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_HELP) $(ROOM_OBJECTS) $(LIB_OBJECTS) -lcmocka

.SECONDARY: $(TESTS:=.o) $(TEST_HELP) $(BENCHES:=.o)

tests: $(TESTS) ## builds the tests without running them

check: $(PROGRAM) $(LIBRARY) $(TESTS) ## runs all tests; needs cmocka ('make deps'), no root
	$(Q)RAWSHAKE=$(CURDIR)/$(PROGRAM) BUILD=$(BUILD) MAKE='$(MAKE)' CC='$(CC)' SANITIZE='$(SANITIZE)' \
		tests/run $(TESTS) $(TEST_SCRIPTS)
	$(Q)if command -v python3 >/dev/null; then tests/table --check $(BUILD)/rules.log; \
		else echo "no python3 here: docs/rfc9293.md was not compared"; [ "$$CI" != true ]; fi

table: $(PROGRAM) $(RULE_TESTS) ## makes docs/rfc9293.md of what unit tests and simulation show
	$(Q)RAWSHAKE=$(CURDIR)/$(PROGRAM) RULES_LOG=$(CURDIR)/$(BUILD)/rules.log tests/run $(RULE_TESTS)
	$(Q)tests/table $(BUILD)/rules.log

include tests/proof.mk

deps: ## installs what the tests cannot do without (cmocka)
	$(Q)CC='$(CC)' tests/deps

deps-all: ## installs also what some tests use if it is there (python3, tshark ...)
	$(Q)CC='$(CC)' tests/deps all

benches: $(BENCHES)

bench: $(PROGRAM) $(BENCHES) ## times handshakes beside connect(), PUSH_MIB (1024) beside send(), read beside tcpdump
	$(Q)RAWSHAKE=$(CURDIR)/$(PROGRAM) BUILD=$(BUILD) tests/bench/run

$(BENCHES): %: %.o $(ROOM_OBJECTS) $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(ROOM_OBJECTS) $(LIBRARY)

# ---- looking after the source

format: ## puts the source into shape with clang-format
	$(Q)clang-format -i $(SOURCES)

format-check: ## fails if clang-format would change anything
	$(Q)clang-format --dry-run -Werror $(SOURCES)

lint: $(LIBRARY) ## cppcheck, and the walls between the rooms
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
		--suppress=missingIncludeSystem -Iinclude -Isrc src
	$(Q)BUILD=$(BUILD) tests/walls

# ---- installing

INSTALL_AT = $(DESTDIR)$(PREFIX)

install: all ## copies program, library, headers and man page below PREFIX (/usr/local)
	install -d $(INSTALL_AT)/bin $(INSTALL_AT)/lib/pkgconfig $(INSTALL_AT)/include/rawshake $(INSTALL_AT)/share/man/man1
	install -m 755 $(PROGRAM) $(INSTALL_AT)/bin/rawshake
	install -m 644 $(LIBRARY) $(INSTALL_AT)/lib/librawshake.a
	install -m 644 include/rawshake/*.h $(INSTALL_AT)/include/rawshake/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' rawshake.pc.in > $(INSTALL_AT)/lib/pkgconfig/rawshake.pc
	chmod 644 $(INSTALL_AT)/lib/pkgconfig/rawshake.pc
	install -m 644 docs/rawshake.1 $(INSTALL_AT)/share/man/man1/rawshake.1

uninstall: ## removes what install copied
	rm -f $(INSTALL_AT)/bin/rawshake $(INSTALL_AT)/lib/librawshake.a $(INSTALL_AT)/lib/pkgconfig/rawshake.pc \
		$(INSTALL_AT)/share/man/man1/rawshake.1
	rm -rf $(INSTALL_AT)/include/rawshake

setcap: $(PROGRAM) ## lets every user of this machine run ./rawshake without sudo (asks for sudo once)
	$(if $(filter 0,$(shell id -u)),,sudo) setcap cap_net_raw,cap_net_admin+ep $(PROGRAM)
	@echo "Now './rawshake connect' needs no sudo, until it is built anew. Undo it with: sudo setcap -r rawshake"

clean: ## removes everything that was built
	rm -rf build rawshake

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: CC CFLAGS PREFIX DESTDIR, WERROR=1 (strict), SANITIZE=address,undefined, V=1 (show commands)"
