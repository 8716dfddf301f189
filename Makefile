# Gatehouse. `make help` lists what there is.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# One thing after the other, but for what `test` says.
ifndef AT_ONCE
.NOTPARALLEL:
endif
.PHONY: help run release products parquet test all-clients clients-on-postgres test-swift test-clients test-clients-postgres test-postgres audit bench z3 format lint docs generate operations fuzz package test-package image screenshots clean

# LLVM's linker, which comes with Swift, is several times as fast as the one that is used otherwise, and knows more.
LINKER := -Xswiftc -use-ld=lld
# Linked statically, a program runs where there is no Swift, starts in a third of the time and takes less memory. Types that are known
# when it is compiled need not be looked for by name among 25,000 conformances: that was a fifth of a start's time.
OPTIMIZED := swift build -c release --static-swift-stdlib \
    -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors $(LINKER)
# The 260,000 places that the dynamic loader has to fill with addresses are told by bits instead of 24 bytes each. The program then
# takes glibc 2.36 or later, so it is done only where that is.
PACKED = $(shell getconf GNU_LIBC_VERSION 2>/dev/null | awk '{ split($$2, v, "."); \
    if (v[1] > 2 || v[1] == 2 && v[2] >= 36) print "-Xlinker -z -Xlinker pack-relative-relocs" }')
# It exports no names: 135,000 would be a tenth of the program, which the dynamic loader has to go through.
RELEASE = $(OPTIMIZED) --product gatehouse -Xlinker --version-script=$(CURDIR)/Packaging/exports.map $(PACKED)
GATEHOUSE := .build/release/gatehouse
VENV := .venv
PYTHON := $(VENV)/bin/python
AUDITORS := .venv-audit
# How many client tests run at once. They wait more than they work.
WORKERS ?= 4
# Which of the clients' tests `make test` runs on PostgreSQL, too.
POSTGRES_TESTS ?= test_access_advisor.py test_account.py test_credential_report.py test_delegation.py test_lab1_users_and_groups.py \
    test_lab2_least_privilege.py test_lab4_assuming_a_role.py test_lab6_what_happened.py test_last_used.py \
    test_limits_and_conflicts.py test_organizations.py test_paginators.py test_passwords.py test_policy_versions.py \
    test_config_crash.py test_cost_metering_crash.py test_ec2_crash.py test_guardduty_crash.py test_reviews_crash.py \
    test_events_targets.py::test_what_is_accepted_survives_kill_9 test_logs_crash.py \
    test_sns_queues.py::test_nothing_acknowledged_is_lost
CLIENTS = Tools/run-client-tests all $(WORKERS)
CLIENTS_ON_POSTGRES = GATEHOUSE_REHEARSE=1 GATEHOUSE_TEST_DATABASE=postgres Tools/run-client-tests postgres $(WORKERS) $(POSTGRES_TESTS)
# Further options of `swift build` for the tests.
BUILD_OPTIONS ?=
# How many questions about whole policies Z3 is asked.
QUESTIONS ?= 1000
# Seconds for each fuzz target.
SECONDS ?= 60
# Which fuzz targets; without any, all.
TARGETS ?=
# Modules whose documentation is built.
DOCUMENTED := Policy Reasoning Catalogue Mapping Lint Signature SAML Wire Keyring KeyMaterial HardwareToken WebAuthn Ledger Directory Platform Simulation

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: release ## Install what is missing, build, start on 127.0.0.1:4566 (ARGS="…" is passed to serve)
	@exec $(GATEHOUSE) serve $(ARGS)

release: ## Build the program: .build/release/gatehouse
	@Tools/install-dependencies build
	$(RELEASE)

# The clients' environment comes over the network while the compiler works. What `test-swift` builds has the programs in it: to
# ask `swift build` again takes twenty seconds each time. The part on PostgreSQL runs beside the whole, as tests wait for much of
# their time; what it prints is shown when it is over.
test: ## Run every test, a quarter of the clients' on PostgreSQL as well
	@Tools/install-dependencies build test
	@($(MAKE) $(VENV)/installed && $(MAKE) parquet) & installing=$$!; $(MAKE) test-swift && wait $$installing
	@$(MAKE) AT_ONCE=yes --jobs=2 all-clients clients-on-postgres

all-clients:
	$(CLIENTS) $(TESTS)

clients-on-postgres: WORKERS = 2
clients-on-postgres:
	@($(CLIENTS_ON_POSTGRES)) >.build/on-postgres.txt 2>&1; code=$$?; echo "On PostgreSQL:"; cat .build/on-postgres.txt; exit $$code

test-swift: ## Run the Swift tests
	@Tools/install-dependencies build test
	swift build --build-tests $(LINKER) $(BUILD_OPTIONS)
	Tools/run-swift-tests

products:
	@Tools/install-dependencies build test
	swift build $(LINKER) --product gatehouse
	swift build $(LINKER) --product probe-server
	swift build $(LINKER) --product core-rules
	swift build $(LINKER) --product package-tool

parquet: ## Make the program that writes bills as Parquet: .build/parquet/gatehouse-parquet (fetches 45 MB)
	@Tools/install-dependencies build parquet
	Tools/make-parquet-writer

test-clients: $(VENV)/installed products parquet ## Run real clients against the debug build (TESTS="…" selects some)
	$(CLIENTS) $(TESTS)

test-postgres: ## Run all of the clients' tests with servers on PostgreSQL
	@$(MAKE) test-clients-postgres POSTGRES_TESTS=

test-clients-postgres: $(VENV)/installed products parquet
	$(CLIENTS_ON_POSTGRES)

audit: $(VENV)/installed $(AUDITORS)/prowler/installed $(AUDITORS)/readers/installed $(AUDITORS)/attackers/installed ## Run Prowler, cloudsplaining, Cloud Custodian and pacu against it (installs 2.6 GB)
	@Tools/install-dependencies build test
	swift build $(LINKER) --product gatehouse
	cd Tests/Audit && ../../$(PYTHON) -m pytest -n 2 -p no:cacheprovider

bench: release $(VENV)/installed parquet ## Measure, and print ratios that hold on any machine
	@Tools/install-dependencies bench
	$(OPTIMIZED) --product BareHTTP
	$(PYTHON) Benchmarks/bench.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/nodes.py $(GATEHOUSE)
	$(OPTIMIZED) --product probe-server
	$(PYTHON) Benchmarks/transfers.py .build/release/probe-server
	$(PYTHON) Benchmarks/objects.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/trails.py $(GATEHOUSE) 100000
	$(PYTHON) Benchmarks/insights.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/logs.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/metrics.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/queues.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/topics.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/instances.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/config_rules.py $(GATEHOUSE) 10000
	$(PYTHON) Benchmarks/metering.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/cost_report.py $(GATEHOUSE) 1000000
	$(PYTHON) Benchmarks/gate.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/console.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/cognito.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/analysis.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/web_front.py $(GATEHOUSE)
	$(PYTHON) Benchmarks/web_front_detection.py $(GATEHOUSE) 1
	$(PYTHON) Benchmarks/floods.py $(GATEHOUSE)
	if [ "$$(id -u)" = 0 ]; then $(PYTHON) Benchmarks/instance_network.py $(GATEHOUSE); fi
	$(OPTIMIZED) --product PolicyBench
	.build/release/PolicyBench
	$(OPTIMIZED) --product WAFBench
	.build/release/WAFBench
	$(OPTIMIZED) --product EventsBench
	.build/release/EventsBench
	$(OPTIMIZED) --product AdvisoriesBench
	.build/release/AdvisoriesBench
	$(OPTIMIZED) --product ReachBench
	.build/release/ReachBench
	$(OPTIMIZED) --product ReasonBench
	.build/release/ReasonBench
	$(PYTHON) Benchmarks/z3_policies.py .build/release/ReasonBench 60
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement Benchmarks/requirements.txt
	$(PYTHON) Benchmarks/cedar.py

z3: ## Have Z3 answer QUESTIONS about whole policies as well, and compare
	@Tools/install-dependencies build bench
	$(OPTIMIZED) --product ReasonBench
	python3 Benchmarks/z3_policies.py .build/release/ReasonBench $(QUESTIONS)

format: ## Format the Swift sources
	swift format --in-place --recursive --parallel Package.swift Sources Tests

lint: ## Check format and style, and change nothing
	swift format lint --recursive --parallel --strict Package.swift Sources Tests

docs: ## Build the API documentation of the engine's modules into docs/
	@Tools/install-dependencies build
	swift package --allow-writing-to-directory docs generate-documentation \
	    --enable-experimental-combined-documentation $(DOCUMENTED:%=--target %) --output-path docs

generate: $(VENV)/installed ## Regenerate Sources/API and the bundled data from their pinned sources
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-api
	Tests/Probe/make-shape-models
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-api --model Tests/Probe/models --output Tests/Probe/API
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-managed-policies
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-service-catalogue
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-service-schemas
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" Tools/generate-operation-map

operations: ## Regenerate OPERATIONS.md and the gate's coverage from the code
	swift build $(LINKER) --product gatehouse
	.build/debug/gatehouse operations --format markdown > OPERATIONS.md
	.build/debug/gatehouse map --report --format markdown > Documentation/reference/gate-coverage.md

fuzz: ## Fuzz the parsers that untrusted input reaches, SECONDS each (TARGETS="…" selects some)
	Tools/fuzz $(SECONDS) $(TARGETS)

package: release ## Make a Debian package and a tarball of it, with checksums: .build/package/
	@Tools/install-dependencies package
	Tools/package $(GATEHOUSE) .build/package

test-package: $(VENV)/installed package ## Install the Debian package in a clean Debian 12, and try it there (as root)
	@Tools/install-dependencies package test test-package
	cd Tests/Package && ../../$(PYTHON) -m pytest

image: package ## Make an OCI image of the Debian package, without a daemon: .build/package/image (as root)
	@Tools/install-dependencies package image
	Tools/image .build/package

screenshots: products $(VENV)/installed ## Take the pictures of the console that the documentation shows
	$(PYTHON) Tools/screenshots Documentation/images

clean: ## Remove everything that was built or installed here
	rm -rf .build .venv .venv-audit docs

$(VENV)/installed: Tests/Clients/requirements.txt Tests/Clients/requirements-signer.txt \
    Tests/Clients/requirements-trailscraper.txt Tests/Clients/requirements-moto.txt \
    Tests/Clients/requirements-certbot.txt Tests/Clients/requirements-newer.txt Tests/Clients/requirements-pkilint.txt \
    Tests/Clients/requirements-awslogs.txt Tests/Clients/requirements-bills.txt Tests/Clients/requirements-oscal.txt
	@Tools/install-dependencies test
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement Tests/Clients/requirements.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --target $(VENV)/awscrt \
	    --requirement Tests/Clients/requirements-signer.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/trailscraper --requirement Tests/Clients/requirements-trailscraper.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/moto --requirement Tests/Clients/requirements-moto.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/certbot --requirement Tests/Clients/requirements-certbot.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/newer --requirement Tests/Clients/requirements-newer.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/pkilint --requirement Tests/Clients/requirements-pkilint.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/awslogs --requirement Tests/Clients/requirements-awslogs.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/bills --requirement Tests/Clients/requirements-bills.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    --target $(VENV)/oscal --requirement Tests/Clients/requirements-oscal.txt
	mkdir -p $(VENV)/newer/models
	ln -sfn ../botocore/data/acm $(VENV)/newer/models/acm
	@touch $@

$(AUDITORS)/%/installed: Tests/Audit/%.txt
	@Tools/install-dependencies test
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
