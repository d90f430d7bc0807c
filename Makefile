# SPDX-License-Identifier: GPL-3.0-or-later
# One Makefile, non-recursive; sources are found by wildcard, so a new file
# needs no edit here.  `make help` lists the targets.

CC     ?= gcc
CXX    ?= g++
AR     ?= ar
ifeq ($(origin CC),default)
CC     = gcc
endif
BUILD  ?= build
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

LIB    := libarchive-mail
# Bottom first; the same order as libarchive-mail/floors.
FLOORS := base model mime wire outlook formats store extract transfer serve
PKGS   := glib-2.0 gthread-2.0 gmime-3.0 sqlite3 zlib libdeflate libzstd liblzma libarchive libssl libcrypto jansson
XPKGS  := xapian-core
# Of mailark-extract alone.
EPKGS  := poppler-cpp expat libseccomp libarchive

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef \
          -Wwrite-strings -Wformat=2
CWARN  := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -fstack-protector-strong -fPIE
OPT    ?= -O2 -g
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
# Linked in where there is a static library: starting the program is a third of
# what a search takes, and most of that is loading libraries.  Of GMime only the
# charsets are used, but its shared library brings sixteen others along.
# OpenSSL stays shared, for its security updates, and like libarchive is opened
# when it is needed: cmd/late_openssl.c, base/libarchive.h.
static_lib = $(or $(wildcard $(shell $(CC) -print-file-name=lib$(1).a)),-l$(1))
PKG_SHARED := $(filter-out -larchive,$(shell pkg-config --libs $(PKGS) 2>/dev/null)) -lbz2
STATIC_LIBS := $(foreach l,gmime-3.0 sqlite3 deflate zstd jansson ncursesw tinfo fribidi,$(call static_lib,$(l)))
PKG_LIBS   := $(STATIC_LIBS) $(PKG_SHARED)
# The program itself has GLib and the rest linked in too: a tenth of its start.
MAILARK_LIBS := $(STATIC_LIBS) $(foreach l,glib-2.0 pcre2-8 z lzma bz2,$(call static_lib,$(l))) -lssl -lcrypto
X_CFLAGS   := $(shell pkg-config --cflags $(XPKGS) 2>/dev/null | sed 's/-I/-isystem /g')
X_LIBS     := $(shell pkg-config --libs $(XPKGS) 2>/dev/null)
E_CFLAGS   := $(shell pkg-config --cflags $(EPKGS) 2>/dev/null | sed 's/-I/-isystem /g')
E_LIBS     := $(shell pkg-config --libs $(EPKGS) 2>/dev/null)
CPPFLAGS_ALL = -D_GNU_SOURCE -DAM_VERSION='"$(VERSION)"' -D_FILE_OFFSET_BITS=64 \
               -I$(LIB) -I. $(CPPFLAGS)
CFLAGS_ALL   = -std=c17 $(OPT) $(CWARN) $(HARDEN) $(SAN) $(CFLAGS)
CXXFLAGS_ALL = -std=c++17 $(OPT) $(WARN) $(HARDEN) $(SAN) $(CXXFLAGS)
LDFLAGS_ALL  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN) $(LDFLAGS)
ifneq ($(WERROR),0)
CFLAGS_ALL   += -Werror
CXXFLAGS_ALL += -Werror
endif
ifeq ($(SAN),)
CPPFLAGS_ALL += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
BANNED := -include $(LIB)/base/banned.h

# ---- sources ---------------------------------------------------------------
srcs     = $(sort $(wildcard $(LIB)/$(1)/*.c $(LIB)/$(1)/*/*.c))
INDEX_C  := $(sort $(wildcard index/*.c))
INDEX_CC := $(sort $(wildcard index/*.cc))
EXTRACTOR_C  := $(filter-out $(LIB)/extractor/main.c,$(sort $(wildcard $(LIB)/extractor/*.c)))
EXTRACTOR_CC := $(sort $(wildcard $(LIB)/extractor/*.cc))
CMD_C    := $(filter-out cmd/mailark.c cmd/late_openssl.c,$(sort $(wildcard cmd/*.c cmd/browse/*.c cmd/serve/*.c)))
obj      = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

$(foreach f,$(FLOORS),$(eval LIB_$(f) := $(BUILD)/libam-$(f).a))
LIB_index := $(BUILD)/libam-index.a
LIB_cmd   := $(BUILD)/libam-cmd.a
XAPIAN_SO := $(BUILD)/mailark-xapian.so
LIB_extractor := $(BUILD)/libam-extractor.a
# What a floor links with: itself, then every floor below, top first.
BELOW_base      := base
BELOW_model     := model base
BELOW_mime      := mime model base
BELOW_wire      := wire model base
BELOW_outlook   := outlook model base
BELOW_formats   := formats outlook wire mime model base
BELOW_store     := store mime model base
BELOW_extract    := extract mime model base
BELOW_transfer  := transfer store formats outlook wire mime model base
BELOW_serve     := serve store wire mime model base
BELOW_index     := index extract $(BELOW_transfer)
BELOW_extractor := extractor extract formats outlook wire mime model base
BELOW_cmd       := cmd serve $(BELOW_index)
BELOW_contract  := $(BELOW_transfer)
BELOW_crash     := $(BELOW_transfer)
BELOW_lab       := base
HAVE = $(if $(call srcs,$(1))$(filter index cmd extractor,$(1)),$(LIB_$(1)))
libs_for = $(foreach f,$(BELOW_$(1)),$(HAVE_$(f)))
$(foreach f,$(FLOORS),$(eval HAVE_$(f) := $(if $(call srcs,$(f)),$(LIB_$(f)))))
HAVE_index := $(if $(INDEX_C),$(LIB_index))
HAVE_cmd   := $(if $(CMD_C),$(LIB_cmd))
HAVE_extractor := $(LIB_extractor)

.PHONY: all help deps test-deps lint-deps demo check tests asan tsan fuzz lint floors format \
        bench install clean dist-man test-list samples
.DELETE_ON_ERROR:
# Not .SECONDARY: make would then not miss the object of a new file that is older than its library.
.PRECIOUS: $(BUILD)/obj/%.o

all: $(BUILD)/mailark $(BUILD)/mailark-extract

help:
	@sed -n 's/^## //p' Makefile

## make               build build/mailark
## make demo          install what it needs, build, convert samples/, index, search
## make check         install what tests need, build, run all tests (T=base/blob for one)
## make asan          the same tests under AddressSanitizer and UBSan
## make tsan          the threaded parts under ThreadSanitizer
## make fuzz F=name   fuzz one parser (SECONDS=60); without F each for a while
## make bench         speed, size and memory beside peers (MAIL=path for your own mail)
## make bench-imap    IMAP beside peers, on a real Dovecot (RIVALS=all: slow ones too)
## make bench-search search beside notmuch and mu (N=100000, MAIL=path, WORK=DIR)
## make bench-serve  the IMAP server beside Dovecot (MAIL=path for your own mail)
## make stress-serve  what the IMAP server has to bear: a few minutes
## make bench-pst     PST beside peers (PST=path for your own file)
## make outlook-kit   five PSTs to try in a real Outlook, and what to look for
## make picture       take the README's picture of mailark browse anew
## make readme        write README's table of formats anew
## make samples       write those of samples/ that a program makes (Outlook's)
## make lint          format, floors, static analysis, man pages against options
## make install       PREFIX=/usr/local, DESTDIR=
## make deps, test-deps   only the installing

# ---- objects and libraries ---------------------------------------------------
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) $(if $(filter tests/%,$<),-Itests,$(BANNED)) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(X_CFLAGS) $(E_CFLAGS) $(CXXFLAGS_ALL) -MMD -MP -c -o $@ $<

define floor_lib
$(LIB_$(1)): $(call obj,$(call srcs,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach f,$(FLOORS),$(eval $(call floor_lib,$(f))))
$(LIB_index): $(call obj,$(INDEX_C))
	@rm -f $@
	$(AR) rcs $@ $^
$(LIB_extractor): $(call obj,$(EXTRACTOR_C) $(EXTRACTOR_CC))
	@rm -f $@
	$(AR) rcs $@ $^
$(LIB_cmd): $(call obj,$(CMD_C))
	@rm -f $@
	$(AR) rcs $@ $^

LATE := $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-lssl -lcrypto)
$(BUILD)/mailark: $(call obj,cmd/mailark.c cmd/late_openssl.c) $(call libs_for,cmd) | floors $(XAPIAN_SO)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(filter-out $(LATE),$(MAILARK_LIBS)) -lpthread -lm

# What is C++, and Xapian: opened when an index is (index/xapian_door.h).
$(BUILD)/obj/pic/%.o: HARDEN := -fstack-protector-strong -fPIC
$(BUILD)/obj/pic/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) $(BANNED) -MMD -MP -c -o $@ $<
$(BUILD)/obj/pic/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(X_CFLAGS) $(CXXFLAGS_ALL) -MMD -MP -c -o $@ $<
$(XAPIAN_SO): $(patsubst %,$(BUILD)/obj/pic/%.o,$(basename $(INDEX_CC)) $(LIB)/base/error)
	$(CXX) -shared $(filter-out -pie,$(LDFLAGS_ALL)) -o $@ $^ $(X_LIBS)

$(BUILD)/mailark-extract: $(call obj,$(LIB)/extractor/main.c) $(call libs_for,extractor) | floors
	$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) $(E_LIBS) -lpthread -lm

# Files the program carries inside itself: text to a C array.
EMBED := $(LIB)/store/FORMAT.md $(LIB)/store/extract.py
$(BUILD)/gen/store/embedded.h: $(wildcard $(EMBED)) tools/embed.sh
	@mkdir -p $(@D)
	sh tools/embed.sh $(wildcard $(EMBED)) > $@
$(call obj,$(call srcs,store)): | $(BUILD)/gen/store/embedded.h
ASSETS := $(wildcard $(LIB)/formats/html/assets/*)
$(BUILD)/gen/formats/html/assets.h: $(ASSETS) tools/embed.sh
	@mkdir -p $(@D)
	sh tools/embed.sh $(ASSETS) > $@
$(call obj,$(LIB)/formats/html/html_sink.c): | $(BUILD)/gen/formats/html/assets.h
CPPFLAGS_ALL += -I$(BUILD)/gen

floors:
	@sh tools/check-floors.sh

# ---- tests -----------------------------------------------------------------------
TEST_DIRS := $(filter-out support fuzz stress data,$(patsubst tests/%/,%,$(sort $(dir $(wildcard tests/*/test_*.c)))))
SUPPORT_C := $(sort $(wildcard tests/support/*.c))
# tests/support may use any floor below the one under test; it is linked as
# single objects so that each test binary takes only what it calls.
LIB_support := $(if $(SUPPORT_C),$(BUILD)/tests/libsupport.a)
$(BUILD)/tests/libsupport.a: $(call obj,$(SUPPORT_C))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

CRASH_WRAP := write pwrite pwritev fdatasync fsync rename ftruncate
WRAP_crash := $(foreach w,$(CRASH_WRAP),-Wl,--wrap=$(w))
# Other people's ends of a protocol, to talk to in tests.
TEST_LIBS_wire := -lgsasl
TEST_LIBS_contract := -larchive
TEST_LIBS_extractor := $(E_LIBS)
# The whole of GMime, as the oracle of our scanner.
PKG_LIBS_mime  := $(PKG_SHARED)
define test_bin
$(BUILD)/tests/$(1): $(call obj,$(sort $(wildcard tests/$(1)/*.c))) $(LIB_support) $(foreach f,$(BELOW_$(1)),$(HAVE_$(f)))
	@mkdir -p $$(@D)
	$(CXX) $(LDFLAGS_ALL) $$(WRAP_$(1)) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(or $$(PKG_LIBS_$(1)),$(PKG_LIBS)) $$(TEST_LIBS_$(1)) -lcriterion -lpthread -lm
endef
$(foreach d,$(TEST_DIRS),$(eval $(call test_bin,$(d))))
TEST_BINS := $(foreach d,$(TEST_DIRS),$(BUILD)/tests/$(d))
# They run the program.
$(foreach d,cmd lab index,$(BUILD)/tests/$(d)): | $(BUILD)/mailark
$(foreach d,cmd index extract,$(BUILD)/tests/$(d)): | $(BUILD)/mailark-extract
STRESS    := $(patsubst tests/stress/%.c,$(BUILD)/tests/stress-%,$(sort $(wildcard tests/stress/*.c)))
$(BUILD)/tests/stress-%: $(BUILD)/obj/tests/stress/%.o $(call libs_for,transfer)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread -lm

# `make check T=base/blob` runs tests/base/test_blob.c alone.
tests: $(BUILD)/mailark $(TEST_BINS) $(STRESS)
JOBS ?= $(shell nproc)
check: test-deps
	@$(MAKE) --no-print-directory $(if $(filter -j% j%,$(MAKEFLAGS)),,-j$(JOBS)) \
	 run-tests
.PHONY: run-tests
run-tests: $(if $(T),$(BUILD)/tests/$(firstword $(subst /, ,$(T))),tests)
	@MAILARK=$(abspath $(BUILD))/mailark SAMPLES=$(abspath samples) \
	 sh tools/run-tests.sh $(BUILD) $(if $(T),-t $(T))
asan:
	@$(MAKE) --no-print-directory run-tests BUILD=build-asan \
	 OPT='-O1 -g -fno-omit-frame-pointer' \
	 SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' T=$(T)
## make damage F=msg PATHS='x.msg …'   read files cut and changed, sanitizers on
CUTS ?= 1000
CHANGES ?= 10000
damage:
	@$(MAKE) --no-print-directory BUILD=build-asan \
	 OPT='-O1 -g -fno-omit-frame-pointer' \
	 SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' \
	 build-asan/damage
	@build-asan/damage $(F) $(CUTS) $(CHANGES) $(PATHS)
.PHONY: damage
tsan:
	@$(MAKE) --no-print-directory run-stress BUILD=build-tsan OPT='-O1 -g' SAN=-fsanitize=thread \
	 CPPFLAGS='$(CPPFLAGS) -include tools/tsan.h'
.PHONY: run-stress
run-stress: $(BUILD)/mailark $(STRESS) $(BUILD)/gen-mail
	@sh tools/tsan.sh $(BUILD) $(STRESS)

# ---- fuzzing (clang's libFuzzer) ------------------------------------------------------
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SECONDS ?= 30
fuzz:
	@sh tools/fuzz.sh '$(F)' $(SECONDS) $(FUZZ)
.PHONY: fuzz-bin
fuzz-bin: $(BUILD)/fuzz-$(F)
$(BUILD)/fuzz-%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(LIB_support) $(call libs_for,cmd) $(LIB_extractor) | $(XAPIAN_SO)
	$(CXX) $(SAN) -fsanitize=fuzzer -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) $(E_LIBS) -lpthread -lm

# ---- lint ------------------------------------------------------------------------------
ALL_C := $(foreach f,$(FLOORS),$(call srcs,$(f))) $(INDEX_C) $(EXTRACTOR_C) $(LIB)/extractor/main.c \
         $(CMD_C) cmd/mailark.c
ALL_H := $(sort $(shell find $(LIB) index cmd tests -name '*.h'))
lint: all lint-deps
	@BUILD='$(BUILD)' \
	 CPPFLAGS='$(filter-out -DAM_VERSION=%,$(CPPFLAGS_ALL)) $(PKG_CFLAGS)' \
	 sh tools/lint.sh $(ALL_C)
format:
	clang-format -i $(ALL_C) $(INDEX_CC) $(EXTRACTOR_CC) $(ALL_H) $(wildcard tests/*/*.c)

# ---- bench, demo, install ------------------------------------------------------------------
$(BUILD)/gen-mail: samples/generator/gen_mail.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $<
bench: all $(BUILD)/gen-mail
	@BUILD=$(BUILD) bash tools/bench.sh
# The tests' Dovecot, for a shell and for the benchmark.
$(BUILD)/imap-lab: $(BUILD)/obj/tools/imap_lab.o $(LIB_support) $(LIB_base)
	$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread
$(BUILD)/obj/tools/imap_lab.o: BANNED :=
# What of samples/ is Outlook's, made by the library's own encoders.
$(BUILD)/%-sample: $(BUILD)/obj/tools/%_sample.o $(LIB_support) $(call libs_for,outlook)
	$(CXX) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) -lpthread
$(BUILD)/obj/tools/pst_sample.o $(BUILD)/obj/tools/msg_sample.o: BANNED := -Itests
# And a large one of the same make, for the benchmark.
$(BUILD)/gen-pst: $(BUILD)/obj/tools/gen_pst.o $(LIB_support) $(call libs_for,outlook)
	$(CXX) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) -lpthread
$(BUILD)/obj/tools/gen_pst.o: BANNED := -Itests
$(BUILD)/damage: $(BUILD)/obj/tools/damage.o $(LIB_support) $(call libs_for,transfer)
	$(CXX) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) -lpthread -lm
# How long the index takes to answer, without starting a program.
$(BUILD)/search-clock: $(BUILD)/obj/tools/search_clock.o $(call libs_for,cmd) | $(XAPIAN_SO)
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) -lpthread -lm
# How long whole programs take to answer, side by side.
$(BUILD)/command-clock: tools/command_clock.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $<
# Does an archive's index find exactly what is in its mail?
$(BUILD)/search-complete: $(BUILD)/obj/tools/search_complete.o $(BUILD)/obj/tests/index/complete.o $(call libs_for,cmd) | $(XAPIAN_SO)
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS) -lpthread -lm
samples: $(BUILD)/pst-sample $(BUILD)/msg-sample
	$(BUILD)/pst-sample samples/pst tests/fuzz/pst tests/fuzz/ltp
	$(BUILD)/msg-sample samples/msg tests/fuzz/cfb tests/fuzz/tnef samples/olm
# The picture in the README.
.PHONY: picture
picture: all
	@sh tools/browse-picture.sh $(BUILD)/mailark cmd/browse/browse.svg

# README's table of formats is what the program says.
.PHONY: readme
readme: all
	@$(BUILD)/mailark formats --markdown > $(BUILD)/formats.md
	@awk -v table=$(BUILD)/formats.md '/^\| name \| in \|/ { \
	    while ((getline line < table) > 0) print line; skip = 1 } \
	  !/^\|/ { skip = 0 } !skip' README.md > $(BUILD)/README.md
	@cmp -s $(BUILD)/README.md README.md || cp $(BUILD)/README.md README.md

.PHONY: bench-imap bench-pst bench-search bench-serve
bench-search: all $(BUILD)/gen-mail $(BUILD)/search-clock $(BUILD)/command-clock
	@BUILD=$(BUILD) bash tools/bench-search.sh
bench-serve: all $(BUILD)/gen-mail $(BUILD)/imap-lab
	@python3 tools/bench_serve.py $(BUILD) $(MAIL)
.PHONY: stress-serve
stress-serve: all $(BUILD)/gen-mail
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(BUILD)/gen-mail -n 5000 >"$$dir/INBOX" && \
	$(BUILD)/mailark copy -q "$$dir/INBOX" "$$dir/a.mailark" && \
	python3 tools/stress_serve.py $(BUILD)/mailark "$$dir/a.mailark"
bench-pst: all $(BUILD)/gen-pst $(BUILD)/gen-mail
	@BUILD=$(BUILD) bash tools/bench-pst.sh
.PHONY: outlook-kit
outlook-kit: all $(BUILD)/gen-mail
	@sh tools/outlook-kit.sh $(BUILD)/mailark $(BUILD)/gen-mail outlook-kit
bench-imap: all $(BUILD)/gen-mail $(BUILD)/imap-lab
	@BUILD=$(BUILD) bash tools/bench-imap.sh
demo: deps
	@$(MAKE) --no-print-directory all
	@sh tools/demo.sh $(BUILD)/mailark
deps:
	@sh tools/install-deps.sh build
lint-deps:
	@sh tools/install-deps.sh build test lint
test-deps:
	@sh tools/install-deps.sh build test
install: all
	install -D -m 755 $(BUILD)/mailark $(DESTDIR)$(PREFIX)/bin/mailark
	install -D -m 644 $(XAPIAN_SO) $(DESTDIR)$(PREFIX)/libexec/mailark/mailark-xapian.so
	install -D -m 755 $(BUILD)/mailark-extract $(DESTDIR)$(PREFIX)/libexec/mailark/mailark-extract
	for p in $(wildcard cmd/man/*.1); do install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man1/$$(basename $$p); done
	for p in $(wildcard cmd/man/*.5); do install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man5/$$(basename $$p); done
	install -D -m 644 $(LIB)/store/FORMAT.md $(DESTDIR)$(PREFIX)/share/doc/mailark/FORMAT.md
	sed 's|@PREFIX@|$(PREFIX)|g' cmd/systemd/mailark.service.in > $(BUILD)/mailark.service
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system $(BUILD)/mailark.service cmd/systemd/mailark-imap.socket cmd/systemd/mailark-imaps.socket
	install -D -m 644 cmd/systemd/mailark.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/mailark.conf
clean:
	rm -rf build build-asan build-tsan build-fuzz

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
