# What one types. `make help` lists it.
PYTHON ?= /usr/bin/python3
CONVOY ?= scripts/convoy
BOOTSTRAP ?= scripts/bootstrap
CMAKE ?= cmake
SUITE ?= quick
FILTER ?=
OUT ?= results/latest.json
CHARTS ?=
BASE ?=
CONTENDER ?= worktree
GATE_OPTIONS ?=
CLAIMS_OPTIONS ?=
ADVISE_OPTIONS ?=
BUILD := build/release

# Recipes read these from the environment, unexpanded, so that no quote, blank or $ in them matters.
override SUITE := $(value SUITE)
override FILTER := $(value FILTER)
override OUT := $(value OUT)
override CHARTS := $(value CHARTS)
override BASE := $(value BASE)
override CONTENDER := $(value CONTENDER)
override GATE_OPTIONS := $(value GATE_OPTIONS)
override CLAIMS_OPTIONS := $(value CLAIMS_OPTIONS)
override ADVISE_OPTIONS := $(value ADVISE_OPTIONS)
export PYTHON SUITE FILTER OUT CHARTS BASE CONTENDER GATE_OPTIONS CLAIMS_OPTIONS ADVISE_OPTIONS
charts_folder = "$${CHARTS:-$$(dirname "$$OUT")/charts}"
report_file = "$$(dirname "$$OUT")/report.html"
export PYTHONDONTWRITEBYTECODE := 1
.NOTPARALLEL:
.SUFFIXES:

ifneq ($(filter bench,$(MAKECMDGOALS)),)
ifeq ($(filter smoke quick full,$(SUITE)),)
$(error SUITE=$(SUITE) is not a suite: type make bench SUITE=smoke (a minute), quick (five) or full)
endif
endif

# A dozen that are quick: computing, under three models and two locks, and waiting.
gate_filter := ^(cpu_(json|pi|sort|sha256)/model:single/gil:none|cpu_pi/model:(threads|coroutines)/gil:(none|cpython32)|io_(pipe|unix_echo)/model:(threads|coroutines)/gil:none)/.*workers:1/

ifneq ($(filter gate,$(MAKECMDGOALS)),)
ifeq ($(BASE),)
$(error BASE is missing: type make gate BASE=main, or any commit that this tree is to be compared with)
endif
endif

.PHONY: build bench charts report fidelity claims advise gate gate-study test check lint format docs bench-self bench-loops bench-peers runtimes clean help

build: ## Build convoy-bench into build/release (the default)
	@$(BOOTSTRAP) build
	@[ -e $(BUILD)/build.ninja ] || $(CMAKE) --preset release
	@$(CMAKE) --build $(BUILD) --target convoy-bench

bench: ## Measure, draw charts, print a summary, write a report: SUITE=smoke|quick|full FILTER=regex OUT=results/latest.json
	@$(BOOTSTRAP) bench
	@$(MAKE) --no-print-directory build BOOTSTRAP=:
	@# Failed rows (1) and unproven ones (3) are still drawn and told; anything else ends here.
	@status=0; \
	$(CONVOY) run --suite "$$SUITE" $${FILTER:+--filter "$$FILTER"} --json "$$OUT" || status=$$?; \
	case $$status in 0|1|3) ;; *) exit $$status ;; esac; \
	$(CONVOY) plot "$$OUT" -o $(charts_folder) && $(CONVOY) summary "$$OUT" \
	  && $(CONVOY) report -q "$$OUT" -o $(report_file) >/dev/null || exit $$?; \
	echo "open "$(report_file); \
	exit $$status

charts: ## Draw the charts of OUT again, into the folder charts beside it
	@$(BOOTSTRAP) charts
	@$(CONVOY) plot "$$OUT" -o $(charts_folder)

report: ## Write OUT as one page of HTML, report.html beside it
	@$(BOOTSTRAP) report
	@$(CONVOY) report "$$OUT" -o $(report_file)

fidelity: ## Compare the emulated locks with real interpreters; takes an hour or two
	@$(BOOTSTRAP) fidelity
	@$(MAKE) --no-print-directory build BOOTSTRAP=:
	@$(CONVOY) fidelity

advise: ## Which model suits your work? ADVISE_OPTIONS='--cpu 50us --wait 5ms --concurrency 200'
	@$(BOOTSTRAP) bench
	@$(MAKE) --no-print-directory build BOOTSTRAP=:
	@$(CONVOY) advise $$ADVISE_OPTIONS

claims: ## Which textbook claims hold on this machine? CLAIMS_OPTIONS='--interpreter python3'
	@$(BOOTSTRAP) bench
	@$(MAKE) --no-print-directory build BOOTSTRAP=:
	@$(CONVOY) claims $$CLAIMS_OPTIONS

gate: ## Test whether this tree is slower than BASE: BASE=ref CONTENDER=worktree FILTER=regex GATE_OPTIONS=...
	@$(BOOTSTRAP) gate
	@# GATE_OPTIONS are words for the shell to part: make gate BASE=main GATE_OPTIONS='--budget 10min --all'
	@$(CONVOY) gate --base-ref "$$BASE" --contender-ref "$$CONTENDER" --program $(BUILD)/convoy-bench \
	  --build '$(CMAKE) --preset release && $(CMAKE) --build $(BUILD) --target convoy-bench' \
	  --filter "$${FILTER:-$(gate_filter)}" --json results/gate.json --junit results/gate.xml \
	  --markdown results/gate.md --openmetrics results/gate.om $$GATE_OPTIONS

gate-study: ## Count how often the regression gate is wrong on recorded runs; takes minutes
	@$(PYTHON) tests/gate/study.py

test: ## Run all tests, or those that match FILTER=regex; the last line counts them
	@$(BOOTSTRAP) test
	@$(PYTHON) scripts/run-tests release $${FILTER:+--filter "$$FILTER"}

check: ## Run lint, tests, sanitizers, clang-tidy and mypy; stop at the first failure
	@$(BOOTSTRAP) check
	@scripts/check

lint: ## Check the law of the house: includes, imports, names, coroutines, layout
	@$(PYTHON) scripts/lint

format: ## Format the C++ sources with clang-format
	@$(BOOTSTRAP) format
	@$(PYTHON) scripts/lint --list '*.cpp' '*.hpp' | xargs -r clang-format-19 -i

docs: ## Generate parts of the documentation: workloads, counters, figures, files, charts
	@$(BOOTSTRAP) bench
	@$(MAKE) --no-print-directory build BOOTSTRAP=:
	@$(PYTHON) scripts/generate_docs.py

bench-self: ## Measure the harness itself
	@$(BOOTSTRAP) build
	@[ -e $(BUILD)/build.ninja ] || $(CMAKE) --preset release
	@$(CMAKE) --build $(BUILD) --target convoy-self-bench
	@$(BUILD)/convoy-self-bench

runtimes: ## Build what does workloads' jobs with other libraries and interpreters, for run --runtime
	@$(BOOTSTRAP) peers
	@# Configured anew, since a library that has just been installed is looked for only then.
	@$(CMAKE) --preset release >/dev/null
	@$(CMAKE) --build $(BUILD) --target convoy-bench convoy-runtimes

# All on one CPU, which is what a runtime has. A number of workers for each job: --workers holds for
# all of them, so the names choose. Ten thousand processes, or threads of CPython, take minutes and
# are left out.
peers_out := results/peers.json
bench-peers: runtimes ## Measure other libraries and interpreters at the same jobs, into results/peers.json
	@status=0; \
	$(CONVOY) run --runtime all --gil none --no-overhead --passes 8 --workers 1,2,3,64,1000,10000 \
	  --policy list:0 --overload wrap --peer same \
	  --filter '^server_echo/.*/workers:(64|1000)$$' \
	  --filter '^fanout_sleep/.*/workers:1000$$' \
	  --filter '^fanout_sleep/(model:[cft]|runtime:[^t]).*/workers:10000$$' \
	  --filter '^switch_pingpong/.*/workers:2$$' \
	  --filter '^skynet/(model:coroutines|runtime).*/workers:1$$' \
	  --filter '^pool_submit/.*/workers:3(/task:10us)?$$' --json $(peers_out) || status=$$?; \
	case $$status in 0|1|3) ;; *) exit $$status ;; esac; \
	$(CONVOY) plot $(peers_out) -o results/peers && $(CONVOY) summary $(peers_out) || exit $$?; \
	exit $$status

bench-loops: ## Compare event loops and timers with Asio and with hand-written loops, one job after another
	@$(BOOTSTRAP) peers
	@# Configured anew, since a library that has just been installed is looked for only then.
	@$(CMAKE) --preset release >/dev/null
	@$(CMAKE) --build $(BUILD) --target convoy-peers-bench
	@$(BUILD)/convoy-peers-bench

clean: ## Remove the build folder; results stay
	rm -rf build

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | while IFS=: read -r target what; do \
	  printf '  make %-11s%s\n' "$$target" "$$what"; done
