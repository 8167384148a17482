# What a developer runs. Users need none of this: `go run ./cmd/breakwater demo` and `go test ./...` are enough.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
.PHONY: attack build test race lint bench bench-linelist bench-screening crash screens demo ci

help: ## this list
	@grep -E '^[a-z-]+: ## ' Makefile | sed 's/: ## /\t/'

build: ## one static file
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/breakwater ./cmd/breakwater

test: ## the whole suite, on both databases and with a browser where they are installed
	go test ./...

race: ## needs a C compiler
	CGO_ENABLED=1 go test -race -shuffle=on ./...

lint: ## formatting and analysis
	gofmt -l cmd internal protocols
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

bench: ## ratios against a named reference in the same run
	go test -run '^$$' -bench . -skip 'Screening|List|Duplicates|Cases|Reconcile' -benchtime 2s ./internal/store ./internal/engine/... ./internal/ledger/... ./internal/view/exchange ./internal/drill

bench-screening: ## rounds against servers of both databases, beside a bare log in the same run; BREAKWATER_PEOPLE=24000000 is a province
	go test -run '^$$' -bench Screening -benchtime 1x -timeout 90m ./internal/drill
	go test -run '^$$' -bench FollowTheIntake -benchtime 1x ./internal/response/supplies

bench-linelist: ## lists, imports, duplicates, changes of many and lists of others, on both databases; BREAKWATER_CASES=1000000 is a large outbreak
	go test -run '^$$' -bench 'List|Duplicates|Cases|Reconcile|Columns|Pairs|Linkage' -benchtime 1x -timeout 120m -p 1 ./internal/engine/... ./internal/ledger/registry ./internal/response/cases ./internal/response/reconcile ./internal/view/...

crash: ## on each database: a server killed 40 times under load, two servers, the database server killed, disks that break or are full
	BREAKWATER_KILLS=$${BREAKWATER_KILLS:-40} go test -count=1 -v -timeout 90m -run "TestKilling|TestABrokenDisk|TestAFullDisk|TestSeveralServers" ./internal/drill | awk -v of=crash -f .ci/figures.awk

attack: ## what somebody would try on a house, and that each attack succeeds once the check against it is taken away
	go test -count=1 -v -timeout 40m -run TestAttack ./internal/app | awk -v of=attack -f .ci/figures.awk

screens: ## a picture of every page in both languages, desktop and phone, into screens/
	BREAKWATER_SCREENS=$(CURDIR)/screens go test -count=1 -run 'TestPagesInABrowser' ./internal/door/web

demo: ## one round of a synthetic city, as fast as it goes, with a report
	go run ./cmd/breakwater demo --exit

ci: ## what a submission has to pass
	bash .ci/run
