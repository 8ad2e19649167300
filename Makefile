# `make demo` and `make test` work on a machine that has Rust and nothing else: what is missing is installed with apt.

.PHONY: demo run test check bench compiler tools postgres conformance
.DEFAULT_GOAL := check

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
CONFORMANCE := target/conformance

# Installs packages; the lists are fetched only when something is missing.
define install
{ echo "installing $(1)" && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get update -qq && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }
endef

# In CI what cannot be had is a failure; elsewhere the tests that need it say so and do nothing.
define or-without
{ [ "$$CI" != true ] && echo "going on without $(1)"; }
endef

## One spoken call through the whole gateway, without any account.
demo: compiler
	@echo "Building (minutes the first time; cargo shows how far it is), then one call in real time, some 40 seconds."
	cargo run --locked -- demo

## The gateway, with the settings of the environment, .env and switchboard.toml.
run: compiler
	cargo run --locked -- serve

## Everything that must hold, in the order in which it is cheap to find out.
test: tools postgres conformance
	@echo "Lints, then the build of the tests, then the tests: some ten minutes on two cores, more the first time."
	cargo fmt --check
	cargo clippy --locked -- -D warnings
	cargo clippy --locked --all-targets --features plant -- -D warnings
	cargo test --locked --features plant --no-fail-fast

## What is quick: format, lints, the rules of the tree.
check: tools
	cargo fmt --check
	cargo clippy --locked --all-targets --features plant -- -D warnings
	cargo test --locked --features plant --test it tidy::

## Micro-benchmarks of the audio path and of the call core.
bench: tools
	cargo bench --locked

# A C compiler: TLS and SQLite are partly C.
compiler:
	@command -v cc >/dev/null || $(call install,build-essential)

# The two cargo components that a minimal Rust lacks.
tools: compiler
	@cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	@cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

# The tests start servers of their own from these binaries.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || $(call install,postgresql) || $(call or-without,Postgres)

# The checkers that are built on the official SDKs.
conformance: $(CONFORMANCE)/installed

$(CONFORMANCE)/installed: tests/conformance/requirements.txt
	@{ python3 -c 'import ensurepip, venv' 2>/dev/null || $(call install,python3 python3-venv); } && \
	python3 -m venv --clear $(CONFORMANCE) && \
	$(CONFORMANCE)/bin/pip install --quiet --disable-pip-version-check -r $< && \
	touch $@ || $(call or-without,the conformance checks)
