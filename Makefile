# livealter: change the schema of a live table.
#
#	make			build ./livealter
#	make deps		install what building and testing need (apt-get)
#	make demo		one migration under live writes, on a new server
#	make check		unit tests, and quick tests on a new MariaDB
#	make check-all		the long ones, too
#	make check-mysql	all of them on MySQL
#	make check-mariadb-11.8	all of them on MariaDB 11.8
#	make unit		the unit tests alone
#	make oracle		random tables and ALTERs against ALTER TABLE
#	make lint		compilers' and other tools' complaints
#	make fuzz		a minute each of strange ALTERs, DSNs, YAML ...
#	make bench		against ALTER TABLE and pt-online-schema-change
#	make install		program, manual and examples (DESTDIR, PREFIX)
#	make uninstall		take them away again
#	make deb		a Debian package, in build
#	make dist		livealter-VERSION.tar.gz of this tree
#	make distcheck		build, test, install and uninstall from that
#	make clean		remove what was built
#	make help		print this
#
#	demo, check and its kin, oracle, lint, fuzz, bench and deb install
#	the packages they need first, and say so.  DEPS=no leaves that to you.
#
#	SAN=address,undefined or SAN=thread builds and tests with sanitizers.
#	T="t/11-names.t" runs only these tests.  FUZZ_SECONDS=60 is for each.
#	N=1000 SEED=1 are the oracle's seeds; LIVEALTER_SERVER=mysql its server,
#	or mariadb-11.8.
#	V=1 shows the commands.

PROG    = livealter
VERSION = 0.1
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/$(PROG)
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
PKG     = libmariadb yaml-0.1

CC      = gcc
PKG_CONFIG ?= pkg-config
CFLAGS  ?= -O2 -g
WARN    = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wstrict-prototypes \
	  -Wmissing-prototypes -Wold-style-definition -Wwrite-strings \
	  -Wpointer-arith -Wcast-qual -Wundef -Wvla -Wconversion \
	  -Wswitch-enum -Wimplicit-fallthrough
# gcc 12 with -fsanitize=undefined warns of null formats that are not there.
ifneq ($(findstring undefined,$(SAN)),)
WARN   += -Wno-format-overflow -Wno-format-truncation
endif
HARDEN  = -fstack-protector-strong -fno-common -fPIE \
	  $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
PC_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKG) 2>/dev/null)
PC_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKG) 2>/dev/null)
ALL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DVERSION='"$(VERSION)"' -Iinclude \
	  $(patsubst -I%,-isystem %,$(PC_CFLAGS)) $(CPPFLAGS)
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
	  -fno-sanitize-recover=all)
ALL_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)
LIBS    = $(PC_LIBS) -lpthread -lm

# What is being made; with V=1, by which command.
say     = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2);)

SRC     = $(wildcard src/*.c src/*/*.c)
# One build tree for each sanitizer, so that switching rebuilds nothing.
comma   = ,
B       = build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
OBJ     = $(SRC:src/%.c=$B/%.o)
MODS    = $(filter-out $B/main.o,$(OBJ))
UNIT    = $(patsubst t/unit/%.c,$B/t/unit/%,$(wildcard t/unit/*.c)) \
	  $(patsubst t/fuzz/%.c,$B/t/fuzz/%,$(wildcard t/fuzz/*.c))

MANUALS = $(wildcard man/*.[1-9])
PAGES   = $(MANUALS:man/%=$B/man/%)

all: $(PROG) $(PAGES)

ifeq ($(PC_LIBS),)
$(OBJ): no-libraries
endif
no-libraries:
	@echo "pkg-config does not find $(PKG); see make deps" >&2; exit 1

# The program that is installed; the tests run the other one, which obeys the
# variables of the tests as well: see include/cli/testing.h.
$(PROG): $B/shipped/$(PROG) $B/$(PROG)
	@cp $< $@

$B/$(PROG): $(OBJ)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$B/shipped/$(PROG): $(filter-out $B/cli/testing.o,$(OBJ)) $B/shipped/testing.o
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$B/cli/testing.o: ALL_CPPFLAGS += -DLIVEALTER_TEST
$B/shipped/testing.o: src/cli/testing.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP \
	    -c -o $@ $<

$B/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP \
	    -c -o $@ $<

# Manuals that say of which version they are.
$B/man/%: man/% Makefile
	@mkdir -p $(@D)
	@sed 's/^\.Os$$/.Os $(PROG) $(VERSION)/' $< >$@

$B/t/unit/%: t/unit/%.c $(MODS)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    -MMD -MP -o $@ $< $(MODS) -lcmocka $(LIBS)

$B/t/fuzz/%: t/fuzz/%.c t/fuzz/replay/replay.c $(MODS)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CPPFLAGS) -DCORPUS='"t/fuzz/corpus/$*"' \
	    $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< t/fuzz/replay/replay.c \
	    $(MODS) $(LIBS)

# --- packages ----------------------------------------------------------------

# mariadb-server would start a server; the -core package is only the program.
DEPS_BUILD = gcc libc6-dev pkg-config libmariadb-dev libyaml-dev
DEPS_TEST  = perl libcmocka-dev libdbd-mysql-perl mariadb-server-core \
	  mariadb-client-core mariadb-client tzdata jq python3-jsonschema \
	  python3-yaml
DEPS_LINT  = clang cppcheck shellcheck mandoc groff
DEPS_ROOT  = mmdebstrap
DEPS_FUZZ  = clang libclang-rt-dev
DEPS_BENCH = percona-toolkit
DEPS_DEB   = build-essential debhelper lintian
DEPS_ANSIBLE = ansible-core ansible-lint git pycodestyle \
	  python3-voluptuous yamllint
DEPS_BROWSER = chromium tidy
DEPS_MONITOR = systemd prometheus

need = $(if $(filter no,$(DEPS)),@:,@t/lib/deps.sh)

deps:
	$(need) "building and testing" $(DEPS_BUILD) $(DEPS_TEST)
deps-root:
	$(need) "testing with a server of another release" $(DEPS_ROOT)
deps-lint:
	$(need) "make lint" $(DEPS_LINT)
deps-fuzz:
	$(need) "make fuzz" $(DEPS_FUZZ)
deps-bench:
	$(need) "make bench" $(DEPS_BENCH)
deps-deb:
	$(need) "make deb" $(DEPS_DEB)
deps-ansible:
	$(need) "testing with Ansible" $(DEPS_ANSIBLE)
deps-browser:
	$(need) "looking at reports" $(DEPS_BROWSER)
deps-monitor:
	$(need) "testing units of systemd and metrics" $(DEPS_MONITOR)

# Only a make that starts afterwards sees the libraries: hence the -now ones.
AGAIN = +@$(MAKE) --no-print-directory

demo: deps
	$(AGAIN) demo-now
check: deps $(if $(findstring 96-report,$(T)),deps-browser) \
	    $(if $(findstring 99-,$(T)),deps-monitor)
	$(AGAIN) check-now
check-all: deps deps-root deps-deb deps-ansible deps-browser deps-monitor
	$(AGAIN) check-all-now
check-mysql check-mariadb-11.8: check-%: deps deps-deb deps-ansible \
	    deps-browser deps-monitor root-%
	$(AGAIN) check-all-now LIVEALTER_SERVER=$*; passed=$$?; \
	t/lib/server-root.sh --unmount $*; exit $$passed
root-mysql root-mariadb-11.8: root-%: deps-root
	t/lib/server-root.sh $*
bench: deps deps-bench
	$(AGAIN) bench-now
oracle: deps $(if $(filter-out mariadb,$(LIVEALTER_SERVER)),deps-root)
	$(AGAIN) oracle-now
lint: deps deps-lint
	$(AGAIN) lint-now
deb: deps deps-deb
	$(AGAIN) deb-now
distcheck: deps
	$(AGAIN) distcheck-now
fuzz: deps deps-fuzz
	$(AGAIN) fuzz-now

# --- tests -------------------------------------------------------------------

# Two more than there are processors: tests wait as much as they work.
JOBS     ?= $(shell expr $$(nproc) + 2)
LIVEALTER_SERVER ?= mariadb
SUITE     = $(sort $(wildcard t/*.t))
# Those that say in their head "# long: why" are for make check-all.  They come
# first, so that none is left over when all others are done.
LONG      = $(shell grep -l '^\# long: ' $(SUITE))
QUICK     = $(filter-out $(LONG),$(SUITE))
# Those of the client library.
LEAKS     = $(CURDIR)/t/lib/leaks.supp
TEST_ENV  = LIVEALTER=$(CURDIR)/$B/$(PROG) LIVEALTER_BUILD=$B \
	  LIVEALTER_SERVER=$(LIVEALTER_SERVER) CMOCKA_MESSAGE_OUTPUT=TAP \
	  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  LSAN_OPTIONS=suppressions=$(LEAKS):print_suppressions=0 \
	  TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1

unit: $(UNIT)
	@$(TEST_ENV) prove -j$(JOBS) $(UNIT)

# All that the tests run, of this build tree.
programs: $B/$(PROG) $(UNIT)

check-now: TESTS = $(or $(T),$(UNIT) $(QUICK))
check-all-now: TESTS = $(or $(T),$(UNIT) $(LONG) $(QUICK))
check-now check-all-now: $(PROG) $(if $(T),$(filter $(UNIT),$(T)),$(UNIT))
	@$(TEST_ENV) prove --timer -j$(JOBS) $(TESTS)

demo-now: $B/$(PROG)
	@$(TEST_ENV) perl t/demo.pl

bench-now: $B/$(PROG)
	@$(TEST_ENV) perl t/bench.pl

N        ?= 1000
SEED     ?= 1
oracle-now: $B/$(PROG)
	@$(TEST_ENV) N=$(N) SEED=$(SEED) perl t/oracle.pl

# --- lint --------------------------------------------------------------------

SCRIPTS   = .ci/run examples/livealter.sh $(wildcard examples/hooks/*) \
	    examples/completion/livealter \
	    examples/debian/tests/installed $(wildcard t/lib/*.sh)
CLANG_OFF = -Wno-padded -Wno-format-nonliteral -Wno-disabled-macro-expansion \
	  -Wno-declaration-after-statement -Wno-reserved-identifier \
	  -Wno-unknown-warning-option -Wno-unsafe-buffer-usage
CPPCHECK  = --std=c11 --enable=warning,portability,performance \
	  --inline-suppr --quiet --error-exitcode=1

$B/lint/%.gcc.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,GCC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -Werror \
	    -fanalyzer -MMD -MP -c -o $@ $<

$B/lint/%.clang.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CLANG,$<)clang $(ALL_CPPFLAGS) -std=c11 $(CFLAGS) -Werror \
	    -Weverything $(CLANG_OFF) -MMD -MP -c -o $@ $<

lint-now: $(SRC:src/%.c=$B/lint/%.gcc.o) $(SRC:src/%.c=$B/lint/%.clang.o)
	cppcheck $(CPPCHECK) -DVERSION='"$(VERSION)"' -Iinclude src
	shellcheck $(SCRIPTS)
	mandoc -T lint -W warning $(MANUALS)
	for m in $(MANUALS); do \
	    out=$$(groff -mdoc -Tutf8 -ww -z $$m 2>&1); \
	    test -z "$$out" || { echo "$$out"; exit 1; }; done
	@echo "lint: nothing to complain about"

# --- fuzzing -----------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZERS   = $(patsubst t/fuzz/%.c,%,$(wildcard t/fuzz/*.c))
FUZZ_SAN  = address,undefined

$B/fuzz/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CLANG,$<)clang $(ALL_CPPFLAGS) -std=c11 $(CFLAGS) -MMD -MP \
	    -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -fno-sanitize-recover=all \
	    -c -o $@ $<

$B/fuzz/%: t/fuzz/%.c $(MODS:$B/%=$B/fuzz/obj/%)
	@mkdir -p $B/fuzz/new/$*
	$(call say,CLANG,$<)clang $(ALL_CPPFLAGS) -std=c11 $(CFLAGS) -MMD -MP \
	    -fsanitize=fuzzer,$(FUZZ_SAN) -fno-sanitize-recover=all \
	    -o $@ $< $(MODS:$B/%=$B/fuzz/obj/%) $(LIBS)

# New finds are kept in build/fuzz/new, what crashes in build/fuzz.
fuzz-%: $B/fuzz/%
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 \
	    -verbosity=0 -artifact_prefix=$B/fuzz/$*- \
	    $B/fuzz/new/$* $(wildcard t/fuzz/corpus/$*)

fuzz-now: $(FUZZERS:%=fuzz-%)
	@echo "fuzz: $(FUZZ_SECONDS) s each of $(FUZZERS): nothing found"

# --- installing --------------------------------------------------------------

# What is in these two directories is put elsewhere, or nowhere.
EXAMPLES  = $(shell find examples \( -path examples/completion -o \
	    -path examples/debian \) -prune -o -type f -print | sort)
DOCS      = README COPYING man/CHANGES

install: all
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(DOCDIR)" \
	    "$(DESTDIR)$(COMPDIR)"
	install -m 755 $(PROG) "$(DESTDIR)$(BINDIR)"
	for m in $(PAGES); do \
	    install -D -m 644 -t "$(DESTDIR)$(MANDIR)/man$${m##*.}" $$m \
	    || exit 1; done
	install -m 644 $(DOCS) "$(DESTDIR)$(DOCDIR)"
	for f in $(EXAMPLES); do \
	    install -D -m 644 $$f "$(DESTDIR)$(DOCDIR)/$$f" || exit 1; done
	install -m 644 examples/completion/$(PROG) "$(DESTDIR)$(COMPDIR)"

# What is not from here stays, whatever the directories are.
uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/$(PROG)" "$(DESTDIR)$(COMPDIR)/$(PROG)"
	for m in $(MANUALS:man/%=%); do \
	    rm -f "$(DESTDIR)$(MANDIR)/man$${m##*.}/$$m"; done
	for f in $(DOCS:man/%=%) $(EXAMPLES); do \
	    rm -f "$(DESTDIR)$(DOCDIR)/$$f"; done
	d="$(DESTDIR)$(DOCDIR)"; test ! -d "$$d/examples" || \
	    find "$$d/examples" -depth -type d -empty -delete; \
	    test ! -d "$$d" || rmdir --ignore-fail-on-non-empty "$$d"

# --- releases ----------------------------------------------------------------

TARBALL ?= $(PROG)-$(VERSION).tar.gz

dist:
	@t/lib/tarball.sh $(TARBALL) $(PROG)-$(VERSION)

distcheck-now:
	@t/lib/distcheck.sh $(PROG)-$(VERSION)

deb-now:
	@t/lib/deb.sh $(VERSION) $B

# The servers of the tests may have /proc mounted in them, which is not to be
# deleted; a link to one elsewhere is only a link.
clean:
	@for k in mysql mariadb-11.8; do \
	    if [ -d build/$$k ] && [ ! -L build/$$k ]; then \
	    t/lib/server-root.sh --remove $$k; fi; done
	rm -rf --one-file-system build build-* $(PROG) $(PROG)-*.tar.gz

help:
	@sed -n 's/^#	//p' Makefile

.PHONY: all no-libraries deps deps-root deps-lint deps-fuzz deps-bench \
	deps-deb deps-ansible deps-browser deps-monitor demo deb deb-now \
	distcheck distcheck-now \
	check check-all check-mysql check-mariadb-11.8 root-mysql \
	root-mariadb-11.8 bench oracle lint fuzz unit programs check-now \
	check-all-now demo-now bench-now oracle-now \
	lint-now fuzz-now install uninstall dist clean help
.SECONDARY: $(OBJ)
# Not those of servers, which may be just unpacked, in mysql.new.PID.
-include $(shell find $B \( -name 'mysql*' -o -name 'mariadb-*' -o \
    -name deb \) -prune -o -name '*.d' -type f -print 2>/dev/null)
