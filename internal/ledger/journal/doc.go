// Package journal is the append-only record in which every capability writes what happened, in the same transaction as
// the state it changed. It is the audit trail and the outbox in one.
//
// Invariants: sequence is the order of commits, without gaps; each record's hash covers the record and the hash before it;
// bodies hold ids, never names, so that erasing a person leaves the chain valid. Consumers follow it with durable cursors:
// effect and cursor move in one transaction, so that a crash loses no effect and doubles none. An entry a consumer fails on
// is parked and becomes a task.
package journal
