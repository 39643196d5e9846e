# livealter: change the schema of a live table.
#
#	make			build ./livealter
#	make deps		install the packages that are missing (apt-get)
#	make demo		one migration under live writes, on a throwaway server
#	make check		unit tests, then tests on a throwaway MariaDB
#	make check-mysql	the same tests on a throwaway MySQL
#	make lint		gcc -fanalyzer, clang, cppcheck, shellcheck, the manual
#	make fuzz		a minute each for the scanner, the DSN and the YAML loader
#	make bench		native ALTER, pt-online-schema-change and livealter
#	make install		program, manual and examples (DESTDIR, PREFIX)
#	make uninstall dist clean help
#
#	SAN=address,undefined or SAN=thread builds and tests with sanitizers.
#	T="t/10-basic.t" runs only these tests.

PROG    = livealter
VERSION = 0.1
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/$(PROG)
PKG     = libmariadb yaml-0.1

CC      = gcc
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
PC_CFLAGS := $(shell pkg-config --cflags $(PKG) 2>/dev/null)
PC_LIBS   := $(shell pkg-config --libs $(PKG) 2>/dev/null)
ALL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DVERSION='"$(VERSION)"' -Iinclude \
	  $(patsubst -I%,-isystem %,$(PC_CFLAGS)) $(CPPFLAGS)
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
ALL_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)
LIBS    = $(PC_LIBS) -lpthread -lm

SRC     = $(wildcard src/*.c src/*/*.c)
# One build tree for each sanitizer, so that switching rebuilds nothing.
comma   = ,
B       = build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
OBJ     = $(SRC:src/%.c=$B/%.o)
MODS    = $(filter-out $B/main.o,$(OBJ))
UNIT    = $(patsubst t/unit/%.c,$B/t/unit/%,$(wildcard t/unit/*.c))

all: $(PROG)

$(PROG): $B/$(PROG)
	cp $< $@

$B/$(PROG): $(OBJ)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$B/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$B/t/unit/%: t/unit/%.c $(MODS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -It $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP \
	    -o $@ $< $(MODS) -lcmocka $(LIBS)

unit: $(UNIT)
	CMOCKA_MESSAGE_OUTPUT=TAP prove -e "" $(UNIT)

clean:
	rm -rf build build-* $(PROG)

help:
	@sed -n 's/^#	//p' Makefile

.PHONY: all unit clean help
.SECONDARY:
-include $(shell find $B -name '*.d' 2>/dev/null)
