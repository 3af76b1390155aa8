# SPDX-License-Identifier: BSD-2-Clause
# make            builds build/faultline
# make run        installs what is missing, builds, runs the sensor on this host
# make test       installs what is missing, builds, runs every test
# make vm         the same sensor under the kernels of Debian 11, 12, 13 and unstable, in guests
#                 make test SUITES="unit cli" runs only these suites
# make vm-score   how right the verdicts are, in two guests; MINUTES=30, goes on where it ended
# make lab        faults made on purpose, a fast selection: is the verdict right? (under 5 minutes)
# make lab-full   every fault in several topologies; SEED=4 LAB_RUNS=3 adds the seeds 4 to 6
# make fuzz       every input language under libFuzzer; SECONDS=60 for each
# make sanitize   every unit and command test under ASan, UBSan and LeakSanitizer, and valgrind
# make torture    every call that can fail fails once (an hour)
# make soak       a sensor under load for MINUTES=60: what it holds must stay as it is
# make lint       clang-tidy and cppcheck over everything
# make bench      what the sensor costs, against nothing and against other tools
# make scale      what 100,000 sockets, 10,000 far ends and 1,000 links cost
# make install    PREFIX=/usr/local, DESTDIR=
# make deb        a Debian package, in build/
# make tarball    for hosts without our libraries, with all of them in it, in build/

VERSION := 0.1.0
BUILD   := build
PREFIX  ?= /usr/local
DESTDIR ?=

CC      ?= gcc
CLANG   ?= clang
# Ubuntu's own bpftool is a wrapper that may refuse; the tools themselves are beside it.
BPFTOOL ?= $(firstword $(wildcard /usr/lib/linux-tools/*/bpftool /usr/sbin/bpftool /usr/bin/bpftool) bpftool)
ARCH    := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
MULTIARCH := $(shell $(CC) -print-multiarch)

PACKAGES := libbpf libelf zlib libnl-3.0 libnl-route-3.0 jansson libcyaml yaml-0.1 libmicrohttpd ncursesw libsystemd libcap libseccomp sqlite3 libcrypto libcurl
# Expanded when a recipe runs, so that `make deps` works before anything is installed.
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS   = $(shell pkg-config --libs $(PACKAGES))

WARN     := -Wall -Wextra -Werror
CPPFLAGS += -D_GNU_SOURCE -DFAULTLINE_VERSION=\"$(VERSION)\" -Iinclude -Iuser -I$(BUILD)
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu11 $(WARN) $(SANITIZE)
LDFLAGS  += $(SANITIZE)
BPF_CFLAGS := -g -O2 -std=gnu11 $(WARN) -Wno-unused-parameter -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) \
	      -Iinclude -isystem /usr/include/$(MULTIARCH)

BPF_SRC   := $(wildcard bpf/*.bpf.c)
BPF_OBJ   := $(BPF_SRC:%.c=$(BUILD)/%.o)
SKELETON  := $(BUILD)/faultline.skel.h
USER_SRC  := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c))
USER_OBJ  := $(USER_SRC:%.c=$(BUILD)/%.o)
LIBRARY   := $(BUILD)/libfaultline.a
BINARY    := $(BUILD)/faultline

UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT_BIN  := $(UNIT_SRC:%.c=$(BUILD)/%)
# Programs that tests run: each .c is one program of its own.
TOOL_SRC  := $(filter-out tests/lab/line/%,$(wildcard tests/bpf/*.c tests/lab/*.c tests/lab/*/*.c tests/bench/*.c))
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
CLI_SRC   := $(wildcard tests/cli/*.c)
FUZZ      := -DFUZZ_REPLAY
TOOL_BIN  := $(BUILD)/tests/torture/fail_nth.so $(CLI_SRC:%.c=$(BUILD)/%) $(TOOL_SRC:%.c=$(BUILD)/%) $(FUZZ_SRC:%.c=$(BUILD)/%) $(BUILD)/tests/lab/line $(BUILD)/tests/self/clock_shim.so
# A workload for the lab that is built where the QuickFIX library is.
TOOL_BIN  += $(if $(wildcard /usr/include/quickfix/Application.h),$(BUILD)/tests/lab/workload/fix_session)
LAB_RUNS  ?= 1
LAB_JOBS  ?= 4

.DELETE_ON_ERROR:
.PHONY: sanitized fuzz sanitize torture soak lint all run test vm vm-score lab lab-full bench scale install uninstall deb tarball clean deps tools format

all: $(BINARY)

deps:
	@scripts/deps.sh

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/faultline.bpf.o: $(BPF_OBJ)
	$(BPFTOOL) gen object $@ $^

$(SKELETON): $(BUILD)/faultline.bpf.o
	$(BPFTOOL) gen skeleton $< name faultline_bpf > $@

$(BUILD)/user/%.o: user/%.c | $(SKELETON)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c $< -o $@

# The files of the status page become part of it.
$(BUILD)/user/tell/page_assets.o: $(wildcard user/tell/page/*)
$(BUILD)/user/cmd_completion.o: scripts/completion.bash

$(LIBRARY): $(USER_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BINARY): $(BUILD)/user/main.o $(LIBRARY)
	$(CC) $(LDFLAGS) $^ $(PKG_LIBS) -lm -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $< $(LIBRARY) $(LDFLAGS) $(PKG_LIBS) -lcmocka -lm -o $@

# The lab's line is the one tool of several files.
$(BUILD)/tests/lab/line: $(wildcard tests/lab/line/*.c tests/lab/line/*.h)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(filter %.c,$^) $(LDFLAGS) -o $@

$(BUILD)/tests/lab/workload/fix_session: tests/lab/workload/fix_session.cpp
	@mkdir -p $(@D)
	$(CXX) -std=gnu++14 -O1 $(WARN) -Wno-deprecated $< -lquickfix -lpthread -o $@

# Decoders under a fuzzer; built like this they replay the inputs of a corpus.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(FUZZ) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $< $(LIBRARY) $(LDFLAGS) $(PKG_LIBS) -lm -o $@

# A library that a program is started with, so that calls of it fail.
$(BUILD)/tests/torture/%.so: tests/torture/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out -fsanitize%,$(CFLAGS)) -fPIC -shared $< -o $@

# Parts of the sensor without the rest of it, for tests that need no kernel.
$(BUILD)/tests/cli/%: tests/cli/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $< $(LIBRARY) $(LDFLAGS) $(PKG_LIBS) -lm -o $@

# What the judge costs needs the judge, and so does a clean day; an hour the writer of recordings, and
# the floor of hooks libbpf.
$(BUILD)/tests/bench/empty_hooks $(BUILD)/tests/bench/judge_cost $(BUILD)/tests/bench/recording_hour $(BUILD)/tests/bench/clean_day: $(BUILD)/tests/bench/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $< $(LIBRARY) $(LDFLAGS) $(PKG_LIBS) -lm -o $@

# The judge with a part of its evidence taken away: a function is put before its own.
$(BUILD)/tests/lab/rejudge: tests/lab/rejudge.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $< $(LIBRARY) $(LDFLAGS) -Wl,--wrap=evidence__speaking $(PKG_LIBS) -lm -o $@

# A clock that is wrong for one process.
$(BUILD)/tests/self/%.so: tests/self/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -O2 -std=gnu11 $(WARN) -shared -fPIC $< -o $@

$(BUILD)/tests/%: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $< $(LDFLAGS) -lm -lpthread -o $@

tools: $(TOOL_BIN)

run: deps
	@$(MAKE) --no-print-directory all
	@exec $(BINARY) run

# SUITES="..." runs only these; vm, the other kernels, is left to `make vm` unless it is named.
test:
	@scripts/deps.sh $(if $(filter vm,$(SUITES)),--vm,--test)
	@$(MAKE) --no-print-directory all tools $(UNIT_BIN)
	@tests/run $(SUITES)

vm:
	@scripts/deps.sh --vm
	@$(MAKE) --no-print-directory all tools
	@tests/run vm

vm-score: MINUTES ?= 30
vm-score:
	@scripts/deps.sh --vm
	@$(MAKE) --no-print-directory all tools
	tests/vm/score --minutes $(MINUTES) $(if $(RUNS),--runs $(RUNS))

# The proofs come first: a verdict about a fault that did not happen says nothing.
lab lab-full: SELECT = $(if $(filter lab-full,$@),full,fast)
lab lab-full:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory all tools
	tests/lab/run prove $(SELECT) --seed $${SEED:-1} --jobs $(LAB_JOBS)
	$(if $(filter lab-full,$@),tests/lab/run real)
	$(if $(filter lab-full,$@),$(BUILD)/tests/bench/clean_day --days 7 $(firstword $(wildcard tests/replay/D9-*.rec)))
	tests/lab/run all --select $(SELECT) --runs $(LAB_RUNS) --seed $${SEED:-1} --jobs $(LAB_JOBS) \
		$(if $(filter lab-full,$@),--longest 900) \
		--results $(BUILD)/$@.jsonl --svg $(BUILD)/$@.svg --record $(BUILD)/$@; status=$$?; \
		echo "all runs so far:"; tests/lab/run score $(BUILD)/$@.jsonl; exit $$status

bench:
	@scripts/deps.sh --bench
	@$(MAKE) --no-print-directory all tools
	@tests/bench/run

# The same sources under clang's sanitizers, for which fuzz targets are built, too.  The definition
# is what gcc says of itself: there is no system call filter then, which the sanitizers would fall over.
SANITIZERS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	      -fno-omit-frame-pointer -D__SANITIZE_ADDRESS__=1
SANITIZED   = CFLAGS="-O1 -g" $(MAKE) --no-print-directory BUILD=build/sanitize CC=$(CLANG) \
	      WARN="$(WARN) -Wno-missing-field-initializers" FUZZ=-fsanitize=fuzzer \
	      SANITIZE="$(SANITIZERS)"

# What the suite torture needs besides.
sanitized:
	@$(SANITIZED) all $(FUZZ_SRC:%.c=build/sanitize/%) build/sanitize/tests/cli/feed_store

fuzz: SECONDS ?= 60
fuzz:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory sanitized
	tests/fuzz/run $(SECONDS) $(FUZZ_TARGETS)

sanitize:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory all tools $(UNIT_BIN)
	@$(SANITIZED) all $(UNIT_SRC:%.c=build/sanitize/%) $(CLI_SRC:%.c=build/sanitize/%) \
		$(FUZZ_SRC:%.c=build/sanitize/%) build/sanitize/tests/bench/clean_day build/sanitize/tests/bench/recording_hour
	tests/torture/sanitize

torture:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory all tools
	tests/torture/fail_nth --every check replay
	tests/torture/fail_nth incidents explain history audit doctor completion run

soak: MINUTES ?= 60
soak:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory all tools
	tests/torture/soak --minutes $(MINUTES)

lint:
	@scripts/deps.sh --test
	@$(MAKE) --no-print-directory $(SKELETON)
	tests/torture/lint

scale:
	@scripts/deps.sh --bench
	@$(MAKE) --no-print-directory all tools
	@tests/bench/scale

install: all
	@scripts/install.sh "$(DESTDIR)" "$(PREFIX)" $(BINARY)

uninstall:
	@scripts/install.sh --remove "$(DESTDIR)" "$(PREFIX)"

deb: all
	@scripts/debian/build $(VERSION) $(BINARY) $(BUILD)

# The same objects, linked so that they need nothing but the C library.
tarball: all
	@scripts/tarball/build $(VERSION) $(BUILD) $(PKG_LIBS)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
